"""The `fenghuo` command (design §5): thin verbs over the pipelines; messages go to stderr."""

import json
import logging
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from typer.exceptions import TyperException

from config import log
from config.clock import SystemClock
from config.settings import read_settings
from domain.errors import FenghuoError
from pipelines import (
    cli_company,
    cli_intake,
    cli_model,
    cli_pages,
    cli_people,
    cli_rules,
    cli_sources,
    heads,
    home,
    process,
    rulebook,
    serve,
    streams,
    usage,
)
from pipelines import doctor as doctor_checks
from pipelines.cli_report import report_app
from pipelines.usage import plain
from pipelines.wiring import open_app, open_database
from reports.trace import trace_post
from store import audit as audit_chain
from store import backup, evidence, migrate

app = typer.Typer(
    name="fenghuo",
    help="烽火：业主舆情早预警。数据目录由 FENGHUO_HOME 指定（默认 ./var）。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
db_app = typer.Typer(help="数据库：升级、备份、恢复。", no_args_is_help=True)
audit_app = typer.Typer(help="审计链：核验与导出。", no_args_is_help=True)
app.add_typer(db_app, name="db")
app.add_typer(audit_app, name="audit")
app.add_typer(cli_sources.sources_app, name="sources")
app.add_typer(cli_company.projects_app, name="projects")
app.add_typer(cli_company.recipients_app, name="recipients")
app.add_typer(cli_company.orders_app, name="orders")
app.add_typer(cli_people.user_app, name="user")
app.add_typer(cli_people.labels_app, name="labels")
app.add_typer(cli_model.model_app, name="model")
app.add_typer(report_app, name="report")
app.add_typer(cli_rules.rules_app, name="rules")
cli_pages.register(app)
cli_intake.register(app)
app.add_typer(cli_intake.keys_app, name="keys")

err = Console(stderr=True, highlight=False, soft_wrap=True)


class Role(StrEnum):
    """Which process of the application to run."""

    ALL = "all"
    SCHEDULER = "scheduler"
    WORKER = "worker"
    WEB = "web"


#: Exit codes: failed, wrong usage, stopped by Ctrl-C.
FAILED, USAGE, STOPPED = 1, 2, 130


def main() -> None:
    """Run the command line: expected failures print one Chinese line and exit 1."""
    os.umask(0o077)  # homes, exports and logs hold what owners wrote: nobody else's business
    try:
        code = app(standalone_mode=False) or 0  # Typer gives Ctrl-C back as 130, without a word
    except TyperException as error:
        if said := usage.wrong(error):
            err.print(plain(said))
        code = USAGE
    except FenghuoError as error:
        err.print(f"[red]出错：[/red]{plain(error)}")
        code = FAILED
    except BrokenPipeError:
        sys.stderr.close()
        code = 0
    except OSError as error:
        err.print(f"[red]出错：[/red]{plain(usage.refused(error))}")
        code = FAILED
    except (KeyboardInterrupt, typer.Abort):
        code = STOPPED
    if code == STOPPED:
        logging.disable()  # libraries that were cut short complain on the way out
        err.print("已停止。")
    sys.exit(code)


@app.callback()
def _prepare() -> None:
    log.configure(read_settings().log)


@app.command(epilog="例：fenghuo init --company 云麓地产 --pack project-002")
def init(
    directory: Annotated[
        Path | None, typer.Argument(metavar="DIR", help="数据目录，默认 FENGHUO_HOME")
    ] = None,
    company: Annotated[str, typer.Option(help="公司名称，写在通知与报告上")] = "",
    pack: Annotated[str, typer.Option(help="公司采用的程序包，默认 group-000")] = "",
    zone: Annotated[str, typer.Option(help="显示用的时区，默认 Asia/Shanghai")] = "",
) -> None:
    """建立数据目录：数据库、密钥、规则与程序包；在终端里没给的会问；重复运行不改变已有内容。"""
    settings = read_settings()
    fresh = not ((directory or settings.home) / "secret.key").exists()
    if fresh and sys.stdin.isatty() and not (company and pack):
        company, pack, zone = cli_company.ask(company, pack)
    pack = pack or "group-000"
    made = home.create(settings, directory, company=company, procedure=pack, zone=zone)
    with open_database(made).read() as connection:
        _, _, chosen = rulebook.procedure(connection)
    err.print(f"数据目录已就绪：{made.home}（程序包 {chosen.name}）")
    if chosen.name != pack:
        err.print(f"[yellow]已选定的程序包不因重复 init 而改变[/yellow]，{pack} 未启用")
    if made.home != settings.home:
        err.print(f"[yellow]以后的命令要用到它[/yellow]，请先运行：export FENGHUO_HOME={made.home}")
    err.print("下一步：fenghuo projects import 项目.xlsx 导入监测对象，再 fenghuo serve 启动看板。")


@app.command(epilog="例：FENGHUO_HOME=./var fenghuo demo")
def demo(
    fresh: Annotated[bool, typer.Option("--fresh", help="删除旧的演示数据，重新播放")] = False,
    play_only: Annotated[
        bool, typer.Option("--play-only", help="只播放过去几周，不启动看板")
    ] = False,
) -> None:
    """演示：虚构的江城，先在模拟时钟上播放过去三周，再接着实时运行并打开看板。"""
    serve.demo(read_settings(), err, fresh=fresh, play_only=play_only)


@app.command("serve", epilog="例：fenghuo serve --role worker")
def serve_command(
    role: Annotated[Role, typer.Option(help="运行哪一个进程；all 由它管理其余")] = Role.ALL,
    parent: Annotated[int | None, typer.Option(hidden=True, help="父进程消失时随之结束")] = None,
) -> None:
    """启动：看板、调度、流水线与采集；Ctrl-C 停止。"""
    settings = read_settings()
    if role is Role.ALL:
        serve.supervise(settings, err)
    else:
        process.die_with(parent)
        serve.ROLES[role](settings)


@app.command(epilog="例：fenghuo crawl 江城论坛-江城生活")
def crawl(
    source: Annotated[
        list[str] | None, typer.Argument(metavar="SOURCE…", help="来源名称，默认全部启用的来源")
    ] = None,
    sweep: Annotated[
        bool, typer.Option("--sweep", help="全部重读一遍：找出列表上看不见的修改与删除")
    ] = False,
    child: Annotated[bool, typer.Option(hidden=True, help="由采集进程启动：限制内存")] = False,
) -> None:
    """采集一次：访问来源，新帖与改动入库；名称以 - 开头的来源写在 -- 之后。"""
    from pipelines import crawl as crawling  # noqa: PLC0415 (Scrapy takes a second to load)

    opened = open_app()
    if child:
        process.limit_memory(opened.settings.crawl_limit_mb)
    items = crawling.choose(opened, source or [], sweep=sweep)
    if not items:
        err.print("没有启用的来源，什么也没有采集。")
    good = True
    for name, outcome in crawling.visit(opened, items).items():
        good &= outcome.finished and not (outcome.blocked or outcome.errors)
        state = outcome.blocked or ("完成" if outcome.finished else "没有采成")
        err.print(
            f"{plain(name)}：{outcome.pages} 页，{outcome.posts} 帖，"
            f"其中新帖 {outcome.new_posts}，新修订 {outcome.new_revisions}，{plain(state)}"
        )
        for problem in outcome.errors[:20]:
            err.print(f"  [yellow]问题[/yellow] {plain(problem)}")
    if not good:
        raise typer.Exit(FAILED)


FileArgument = Annotated[str, typer.Argument(metavar="[FILE|-]", help="JSONL 文件，- 为标准输入")]
ProjectsOption = Annotated[
    Path | None, typer.Option("--projects", help="监测对象 YAML/JSONL/CSV，默认取数据目录")
]


class Scorer(StrEnum):
    """Which scorer gives `negativity`."""

    DEFAULT = "default"
    SNOWNLP = "snownlp"


@app.command(epilog="例：fenghuo analyse posts.jsonl --why > analyses.jsonl")
def analyse(
    file: FileArgument = "-",
    why: Annotated[bool, typer.Option("--why", help="附上依据的词句与权重")] = False,
    projects: ProjectsOption = None,
    scorer: Annotated[Scorer, typer.Option(help="snownlp = 未经改动的 SnowNLP，仅供对照")] = (
        Scorer.DEFAULT
    ),
) -> None:
    """分析文本：JSONL 帖子进，JSONL 分析出。"""
    _print_rows(streams.analyse(file, why=why, projects=projects, snownlp=scorer is Scorer.SNOWNLP))


@app.command(epilog="例：fenghuo relate posts.jsonl > relations.jsonl")
def relate(file: FileArgument = "-", projects: ProjectsOption = None) -> None:
    """关联：谁转载了谁，哪些帖子说的是同一件事。"""
    _print_rows(streams.relate(file, projects=projects))


@app.command(epilog="例：fenghuo replay posts.jsonl --step 15m > alerts.jsonl")
def replay(
    file: FileArgument,
    analysed: Annotated[
        bool, typer.Option("--analysed", help="帖子自带 project、category、negative，跳过分析")
    ] = False,
    step: Annotated[str, typer.Option(help="模拟时钟的步长：15m、1h")] = "15m",
    lag: Annotated[
        str, typer.Option(help="published = 发布即知；fetched = 采集到才知")
    ] = "published",
    projects: ProjectsOption = None,
    packs: Annotated[
        Path | None, typer.Option(help="放 rules.yml 的文件夹，默认取数据目录的规则，再取自带的")
    ] = None,
) -> None:
    """回放：在模拟时钟上重走一遍，打印当时会发出的预警。"""
    _print_rows(
        streams.replay(file, analysed=analysed, step=step, lag=lag, projects=projects, packs=packs)
    )


@app.command(epilog="例：fenghuo trace 1532，或 fenghuo trace 'bbs.example|98123'")
def trace(
    post_id: Annotated[str, typer.Argument(metavar="POST_ID", help="帖子编号，或 站点|原帖号")],
) -> None:
    """追踪一帖：来源、各版原文、分析、事件、预警与送达。"""
    opened = open_app()
    with opened.db.read() as connection:
        typer.echo(trace_post(connection, post_id))


@app.command(epilog="例：fenghuo doctor")
def doctor() -> None:
    """体检：数据库、规则、来源、收件人、词库、未送出的消息；有问题时退出码为 1。"""
    bad = 0
    for check in doctor_checks.run(read_settings()):
        mark = "[green]正常[/green]" if check.ok else "[red]问题[/red]"
        err.print(f"{mark} {check.name}：{plain(check.found)}")
        if not check.ok:
            err.print(f"     → {plain(check.cure)}")
            bad += 1
    if bad:
        raise typer.Exit(FAILED)


@audit_app.command("verify", epilog="例：fenghuo audit verify --heads 链头.jsonl")
def audit_verify(
    kept: Annotated[
        Path | None, typer.Option("--heads", help="以前用 audit heads 另存的链头文件")
    ] = None,
) -> None:
    """重算每条审计链与每次采集的取证清单；被改动或缺失的一步会被指出。

    从末尾截去的步骤，以及整条删去的链，只有与另存的链头（--heads）比对才能发现。
    """
    opened = open_app()
    known = heads.read(kept) if kept else []
    with opened.db.read() as connection:
        verdicts = list(audit_chain.verify(connection))
        compared = list(audit_chain.compare(connection, known))
        links, torn = evidence.verify(connection)
    broken = [verdict for verdict in [*verdicts, *compared] if verdict.broken_at is not None]
    for verdict in broken:
        where = f"{verdict.object} 第 {verdict.broken_at} 步{verdict.problem}"
        err.print(f"[red]{plain(where)}[/red]")
    for link in torn:
        where = f"采集 {link.crawl_id} 的取证清单第 {link.n} 项（{link.url}）{link.problem}"
        err.print(f"[red]{plain(where)}[/red]")
    total = sum(verdict.entries for verdict in verdicts)
    bad = len({verdict.object for verdict in broken})
    err.print(f"共 {total} 步，{bad} 条链有问题；取证清单 {links} 项，{len(torn)} 项有问题")
    if kept is None:
        err.print("没有给出 --heads：末尾是否被截去，这次没有核对。")
    else:
        err.print(f"已与 {plain(kept)} 中的 {len(known)} 个链头比对")
    if broken or torn:
        raise typer.Exit(FAILED)


@audit_app.command("heads", epilog="例：fenghuo audit heads > 链头.jsonl")
def audit_heads() -> None:
    """以 JSONL 打印每条链的链头；定期存到别人管的地方，日后可证明末尾没有被截去。"""
    opened = open_app()
    with opened.db.read() as connection:
        _print_rows(asdict(head) for head in audit_chain.heads(connection))


@audit_app.command("export", epilog="例：fenghuo audit export alert:W-20261121-0001")
def audit_export(
    obj: Annotated[str | None, typer.Argument(metavar="[OBJECT]", help="只导出一个对象")] = None,
) -> None:
    """以 JSONL 导出审计链。"""
    opened = open_app()
    with opened.db.read() as connection:
        _print_rows(audit_chain.export(connection, obj))


@db_app.command("upgrade", epilog="例：fenghuo db upgrade")
def db_upgrade() -> None:
    """把数据库结构升级到本程序的版本；规则与程序包有新内容时存为新版本。"""
    made = home.create(read_settings(), None, company="", procedure="")
    err.print(f"数据库已是最新结构（{migrate.current(open_database(made))}）")


@db_app.command("backup", epilog="例：fenghuo db backup 备份.db")
def db_backup(target: Annotated[Path, typer.Argument(metavar="FILE", help="备份文件")]) -> None:
    """在线备份 SQLite 数据库（运行中也可以）。"""
    opened = open_app()
    backup.write(opened.db, target)
    err.print(f"已备份到 {target}（{target.stat().st_size / 1e6:.1f} MB）")


@db_app.command("restore", epilog="例：fenghuo db restore 备份.db")
def db_restore(
    origin: Annotated[Path, typer.Argument(metavar="FILE", help="备份文件")],
    yes: Annotated[bool, typer.Option("--yes", help="确认覆盖现有数据库")] = False,
) -> None:
    """用备份覆盖现有数据库；先停止服务。原数据库以 .before-restore-日期-时间 另存。"""
    if not yes:
        raise FenghuoError("恢复会覆盖现有数据库：确认后请加 --yes")
    with process.only_one(read_settings().home):
        kept = backup.restore(read_settings().db_url, origin, now=SystemClock().now())
    err.print(f"已恢复；原数据库保留为 {kept.name}")


def _print_rows(rows: Iterator[dict[str, Any]]) -> None:
    """Print JSONL; bad lines became {"id", "error"} rows and are counted at the end."""
    bad = 0
    for row in rows:
        bad += "error" in row
        sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")
    sys.stdout.flush()
    if bad:
        err.print(f"[yellow]{bad} 行有问题，已逐行标出 error，其余照常处理[/yellow]")
