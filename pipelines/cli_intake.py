"""The `fenghuo import`, `parse` and `keys` commands: what people and other systems bring."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from domain.access import Actor
from domain.clock import say_time
from domain.errors import FenghuoError
from pipelines import files, intake_api, streams
from pipelines.files import Terms
from pipelines.usage import plain
from pipelines.wiring import open_app
from store import intake_keys

keys_app = typer.Typer(help="接入密钥：CRM、热线经接口登记投诉用。", no_args_is_help=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)
FAILED = 1
#: Files longer than this show a progress bar on a terminal.
_LONG = 5_000_000

FormatOption = Annotated[str, typer.Option("--format", help="文件格式；auto 按内容识别")]
MapOption = Annotated[
    list[str] | None, typer.Option("--map", help="列对应：字段=列名，可重复，如 text=诉求内容")
]


def register(app: typer.Typer) -> None:
    """Add the verbs to the `fenghuo` command."""
    app.command("import", epilog="例：fenghuo import 群聊.txt --source 星河湾里业主群")(
        import_files
    )
    app.command(epilog="例：fenghuo parse 群聊.txt | head")(parse)


def import_files(  # noqa: PLR0917 (each is an option of the command)
    paths: Annotated[list[str], typer.Argument(metavar="FILE…", help="要导入的文件，- 为标准输入")],
    source: Annotated[str | None, typer.Option(help="记在哪个来源名下")] = None,
    format_name: FormatOption = "auto",
    mapping: MapOption = None,
    backfill: Annotated[bool, typer.Option("--backfill", help="作为历史回填，不触发预警")] = False,
    project: Annotated[
        str | None, typer.Option(help="整个群或版块说的是哪个监测对象（编号），记在来源上")
    ] = None,
    provider: Annotated[str, typer.Option(help="群聊由谁提供，记在来源上")] = "",
    basis: Annotated[str, typer.Option(help="提供的依据，如 群主同意、业委会授权")] = "",
    retention: Annotated[
        str, typer.Option(help="保存期限：30d、90d、180d、case（见 config/retention.yml）")
    ] = "",
    ends_on: Annotated[str, typer.Option(help="到哪天清除，如 2026-12-31")] = "",
) -> None:
    """导入文件：群聊导出、社交平台采集结果、JSONL、CSV、Excel；重复导入不产生重复。"""
    terms = Terms(provider=provider, basis=basis, retention=retention, ends_on=ends_on)
    columns = _mapping(mapping)
    opened = open_app()
    failed = 0
    for path in paths:
        try:
            with _bar(path) as progress:
                result = files.import_file(
                    opened, path, source_name=source, format_name=format_name, mapping=columns,
                    backfill=backfill, project=project, terms=terms, progress=progress,
                )  # fmt: skip
        except FenghuoError as error:
            failed += 1
            err.print(f"[red]{plain(path)} 未导入：[/red]{plain(error)}")
            continue
        _report(result)
        failed += bool(result.refused)
    if failed:
        raise typer.Exit(FAILED)


def parse(
    paths: Annotated[list[str], typer.Argument(metavar="FILE…", help="要查看的文件，- 为标准输入")],
    format_name: FormatOption = "auto",
    mapping: MapOption = None,
) -> None:
    """解析文件并以 JSONL 打印将要入库的内容；不写任何东西。"""
    rows = streams.parse(paths, format_name=format_name, mapping=_mapping(mapping))
    bad = 0
    for row in rows:
        bad += "error" in row
        sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")
    sys.stdout.flush()
    if bad:
        err.print(f"[yellow]{bad} 行有问题，已逐行标出 error，其余照常处理[/yellow]")


def _report(result: files.Imported) -> None:
    stored = result.stored
    err.print(
        f"{plain(result.file)}（{result.format}）：读到 {result.messages} 条，新增 "
        f"{stored.new_posts}，新修订 {stored.new_revisions}，已有 {stored.unchanged}"
    )
    for bad in result.bad[:20]:
        err.print(f"  [yellow]未收[/yellow] {plain(bad.where)}：{plain(bad.problem)}")
    if result.refused > 20:
        err.print(f"  [yellow]还有 {result.refused - 20} 条未收[/yellow]，原因同上类推")
    if result.without_basis:
        err.print(
            f"  [yellow]依据缺失[/yellow] 来源“{plain(result.source)}”没有写明提供人与依据："
            "不进报告，满 30 天清除；请加 --provider 与 --basis 再导入一次补全"
        )


@contextmanager
def _bar(path: str) -> Iterator[files.Progress | None]:
    """Yield what is told how far the file is read; a bar on a terminal for long files only."""
    size = Path(path).stat().st_size if path != "-" and Path(path).is_file() else 0
    if size < _LONG or not sys.stderr.isatty():
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True) as shown:
        task = shown.add_task(plain(Path(path).name), total=size)
        yield lambda at: shown.update(task, completed=at)


def _mapping(pairs: list[str] | None) -> dict[str, str]:
    found = {}
    for pair in pairs or []:
        field, equals, column = pair.partition("=")
        if not (field and equals and column):
            raise typer.BadParameter(f"--map {pair} 写法不对：请写 字段=列名，如 text=诉求内容")
        found[field] = column
    return found


# ---- keys ---------------------------------------------------------------------------------------


@keys_app.command("add", epilog="例：fenghuo keys add crm --source 客服系统")
def keys_add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="密钥的名字，写进审计")],
    source: Annotated[str, typer.Option(help="经它登记的投诉记在哪个来源名下")],
) -> None:
    """新建接入密钥：密钥只在这里打印一次，库里只存它的摘要。"""
    opened = open_app()
    actor = Actor(name=opened.settings.actor, via="cli")
    key = intake_api.add_key(opened, name, source_name=source, actor=actor, now=opened.clock.now())
    typer.echo(key)
    err.print(f"密钥 {plain(name)} 已建立（上面一行，只显示这一次），记在来源“{plain(source)}”名下")


@keys_app.command("list", epilog="例：fenghuo keys list")
def keys_list() -> None:
    """列出接入密钥：名字、来源、何时何人建立、是否作废；不显示密钥本身。"""
    opened = open_app()
    with opened.db.read() as connection:
        found = intake_keys.listing(connection)
    for item in found:
        ended = f"，{say_time(item.revoked_at)} 作废" if item.revoked_at else "，在用"
        made = f"{say_time(item.created_at)} {item.created_by} 建立"
        typer.echo(f"{item.name}  来源“{item.source}”，{made}{ended}")
    if not found:
        err.print("还没有接入密钥：用 fenghuo keys add NAME --source 来源名 建立")


@keys_app.command("revoke", epilog="例：fenghuo keys revoke crm")
def keys_revoke(
    name: Annotated[str, typer.Argument(metavar="NAME", help="密钥的名字")],
) -> None:
    """作废接入密钥：立即不能再用，不可恢复。"""
    opened = open_app()
    actor = Actor(name=opened.settings.actor, via="cli")
    with opened.db.write() as connection:
        intake_keys.revoke(connection, name, actor=actor, now=opened.clock.now())
    err.print(f"密钥 {plain(name)} 已作废")
