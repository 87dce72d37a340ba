"""The `fenghuo sources` commands: add by address, check, list, switch, import, export."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from config import catalogue as templates
from domain.access import Actor
from domain.clock import say_time
from domain.errors import FactsError
from pipelines import files, source_questions
from pipelines.source_questions import err
from pipelines.usage import plain
from pipelines.wiring import App, open_app
from store import board_health, sources
from store.board_health import SourceLine

sources_app = typer.Typer(help="来源：按网址新增、检查、启停、导入、导出。", no_args_is_help=True)

FAILED = 1


def _actor(app: App) -> Actor:
    return Actor(name=app.settings.actor, via="cli")


@sources_app.command(
    "add",
    help="按网址新增来源：认出是订阅、论坛版块还是列表页，先预览会采到什么，确认后保存。",
    epilog="例：fenghuo sources add https://bbs.example.cn/forum-12-1.html --subject yunlu",
)
def add(
    url: Annotated[str, typer.Argument(metavar="URL", help="版块页、栏目页、订阅地址")],
    name: Annotated[str, typer.Option(help="来源名称，默认取网页标题")] = "",
    subject: Annotated[str, typer.Option(help="整个来源只说一个项目时：它的代号")] = "",
    every: Annotated[int, typer.Option(help="间隔分钟", min=2, max=10080)] = 15,
    min_posts: Annotated[int, typer.Option(help="每天至少应有几帖，少于即告警", min=0)] = 0,
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="允许内网或本机地址（只用于自己的网站）")
    ] = False,
    kind: Annotated[str, typer.Option(help="类别：论坛、新闻、投诉、社交（默认按网页识别）")] = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="预览成功就保存，不再询问")] = False,
) -> None:
    """Look, show, ask, save."""
    from pipelines import source_book  # noqa: PLC0415 (Scrapy takes a second to load)

    opened = open_app()
    source_questions.known_subject(opened, subject)
    wanted = source_book.kind_of(kind) if kind else None
    asks = source_questions.somebody_there() and not yes
    found = source_questions.proposed(url, allow_private=allow_private, asks=asks)
    assert found.source is not None
    assert found.preview is not None
    source_questions.show(found.preview)
    if not found.preview.good:
        raise FactsError(f"没有保存：{found.preview.problem}")
    if asks and not name:
        name = source_questions.asked_name(found.source.name)
    if asks and not subject:
        subject = source_questions.asked_subject(opened) or ""
    item = replace(
        found.source, name=name or found.source.name, subject=subject or None,
        every=timedelta(minutes=every), min_posts=min_posts, kind=wanted or found.source.kind,
    )  # fmt: skip
    if asks and not typer.confirm(
        f"保存来源“{item.name}”，每 {every} 分钟访问一次？", default=True
    ):
        err.print("没有保存。")
        raise typer.Exit(FAILED)
    source_book.add(opened, item, actor=_actor(opened), now=opened.clock.now())
    about = f"，整个来源归到 {item.subject}" if item.subject else "，按正文识别项目"
    err.print(f"已保存来源“{plain(item.name)}”（{item.engine}）{about}；serve 运行时会自动采集。")


@sources_app.command(
    "check",
    help="逐个检查来源：现在访问一次看能采到什么，并说明状态、节奏、延迟与拒收原因；不写帖子。",
    epilog="例：fenghuo sources check 江城论坛-江城生活",
)
def check(
    source: Annotated[
        list[str] | None, typer.Argument(metavar="SOURCE…", help="来源名称，默认全部")
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="只看记录，不访问网站")] = False,
) -> None:
    """Explain each source; exit 1 if one gives nothing."""
    from pipelines import source_book  # noqa: PLC0415

    opened = open_app()
    now = opened.clock.now()
    with opened.db.read() as connection:
        for name in source or []:
            sources.get_id(connection, name)
    seen = {} if offline else {
        one.source.name: one.preview for one in source_book.check(opened, source or [], now=now)
    }  # fmt: skip
    with opened.db.read() as connection:
        lines = board_health.sources(connection, _actor(opened), now)
    good = True
    for line in lines:
        if source and line.name not in source:
            continue
        _explain(line, now)
        found = seen.get(line.name)
        if found is not None and found.good:
            err.print(f"  现在访问：读到 {found.outcome.posts} 帖，[green]可用[/green]")
        elif found is not None:
            err.print(f"  现在访问：[red]没有采到[/red] {plain(found.problem)}")
        good &= not line.issues and (found is None or found.good)
    if not lines:
        err.print("还没有来源：fenghuo sources add URL 新增，或 fenghuo sources catalogue 挑选。")
    if not good:
        raise typer.Exit(FAILED)


def _explain(line: SourceLine, now: datetime) -> None:
    from pipelines import source_words as w  # noqa: PLC0415

    err.print(f"{plain(line.name)}（{line.engine}，{line.site}）：{w.STATES[line.state]}")
    if line.alert:
        err.print(f"  [red]数据中断[/red] 预警 {line.alert}")
    if line.last_at:
        err.print(
            f"  上次访问 {say_time(line.last_at)}：{line.last_outcome}，{line.last_posts} 帖，"
            f"新 {line.last_new} {plain(line.last_message)}"
        )
    if line.engine != "file":
        minutes = line.every.total_seconds() / 60
        next_at = say_time(line.next_at) if line.next_at else "未排"
        pace = plain(w.pace_words(line.pace, line.pace_reason))
        err.print(f"  节奏 {pace}，正常每 {minutes:g} 分钟；下次 {next_at}")
    if line.lag:
        err.print(f"  发布到入库：中位 {line.lag.median:.0f} 分钟，九成 {line.lag.p90:.0f} 分钟内")
    if line.min_posts:
        err.print(f"  应有产量：每天至少 {line.min_posts} 帖；近 24 小时取得 {line.taken_day} 帖")
    if line.rejected:
        err.print(f"  近 7 天没有收下：{w.rejected_line(line.rejected)}")
    for issue in line.issues:
        err.print(f"  [yellow]问题[/yellow] {say_time(issue.at)} {plain(issue.message)}")


@sources_app.command("list", help="列出来源。", epilog="例：fenghuo sources list")
def list_sources() -> None:
    """Print one line a source."""
    opened = open_app()
    with opened.db.read() as connection:
        found = sources.everything(connection)
    for item in found:
        state = "启用" if item.enabled else "停用"
        print(f"{item.name}\t{item.engine}\t{state}\t{item.subject or ''}\t{item.url}")
    if not found:
        err.print("还没有来源：fenghuo sources add URL 新增，或 fenghuo sources catalogue 挑选。")


NameArgument = Annotated[str, typer.Argument(metavar="SOURCE", help="来源名称")]


@sources_app.command("on", help="启用来源。", epilog="例：fenghuo sources on 江城日报")
def switch_on(source: NameArgument) -> None:
    """Switch a source on."""
    _switch(source, on=True)


@sources_app.command(
    "off", help="停用来源；已采到的不动。", epilog="例：fenghuo sources off 江城日报"
)
def switch_off(source: NameArgument) -> None:
    """Switch a source off."""
    _switch(source, on=False)


def _switch(name: str, *, on: bool) -> None:
    from pipelines import source_book  # noqa: PLC0415

    opened = open_app()
    source_book.switch(opened, name, on=on, actor=_actor(opened), now=opened.clock.now())
    err.print(f"来源“{plain(name)}”已{'启用' if on else '停用'}。")


@sources_app.command(
    "import",
    help="导入来源（YAML）：全部写入，或有一处不对就都不写。",
    epilog="例：fenghuo sources import 来源.yml",
)
def import_sources(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="来源文件（YAML）")],
) -> None:
    """Read, check, save all."""
    from pipelines import source_book  # noqa: PLC0415

    opened = open_app()
    items = source_book.from_yaml(files.read_bytes(str(file)), name=file.name)
    new, changed = source_book.import_all(
        opened, items, actor=_actor(opened), now=opened.clock.now()
    )
    err.print(f"已导入：新增 {new}，更新 {changed}。")


@sources_app.command(
    "export", help="导出来源（YAML），可再导入。", epilog="例：fenghuo sources export 来源.yml"
)
def export_sources(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="写到哪个文件（YAML）")],
) -> None:
    """Write all sources."""
    from pipelines import source_book  # noqa: PLC0415

    opened = open_app()
    with opened.db.read() as connection:
        found = [item for item in sources.everything(connection) if item.engine != "file"]
    file.write_text(source_book.to_yaml(found), encoding="utf-8")
    err.print(f"已写入 {plain(file)}（{len(found)} 个来源）")


@sources_app.command(
    "catalogue",
    help="来源目录：按城市挑选媒体、留言板、住建部门、本地论坛；--enable 先检查再启用可用的。",
    epilog="例：fenghuo sources catalogue 江城 --enable",
)
def catalogue(
    city: Annotated[
        list[str] | None, typer.Argument(metavar="CITY…", help="城市或省份，默认只列全国")
    ] = None,
    enable: Annotated[
        bool, typer.Option("--enable", help="访问一次，采得到的就登记并启用")
    ] = False,
) -> None:
    """Show templates; look at each and enable what works."""
    book = templates.load()
    unknown = [
        name for name in city or [] if len(book.of_places([name])) == len(book.of_places([]))
    ]
    found = book.of_places(city or [])
    opened = open_app()
    for name in unknown:
        err.print(f"目录里没有“{plain(name)}”的来源：请用 fenghuo sources add URL 逐个新增。")
    if enable:
        _enable(opened, found)
        return
    for item in found:
        state = "按文件导入" if item.by_hand else "未验证"
        told = (item.name, item.place, item.group, item.kind, item.url, state, item.note)
        print("\t".join(told).rstrip())


def _enable(app: App, found: list[templates.Template]) -> None:
    """Visit all, several sites at once; register and enable what works."""
    from pipelines import catalogue_check  # noqa: PLC0415
    from pipelines import source_words as w  # noqa: PLC0415

    actor = _actor(app)
    for seen in (one for several in catalogue_check.visits(found) for one in several):
        name, status = plain(seen.template.name), w.STATUSES[seen.status]
        added, refused = catalogue_check.enable(app, [seen], actor=actor, now=app.clock.now())
        if added:
            err.print(f"[green]已启用[/green] {name}：读到 {seen.posts} 帖")
        elif seen.source is not None and not refused:
            err.print(f"已登记过 {name}：{plain(seen.source.url)}")
        else:
            told = w.status_told(seen.status, seen.why, seen.template.url)
            why = "；".join(refused) or f"{status}。{told}"
            err.print(f"[yellow]未启用[/yellow] {name}：{plain(why)}")
