"""The commands for the company's own tables: projects, recipients, orders (design §5)."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from config.settings import read_settings
from domain.access import Actor
from pipelines import files, home, orders, projects, recipients, subject_files
from pipelines.projects import ImportPlan, State
from pipelines.recipients import RecipientPlan
from pipelines.usage import plain
from pipelines.wiring import open_app

projects_app = typer.Typer(help="监测对象：导入、导出、模板。", no_args_is_help=True)
recipients_app = typer.Typer(help="收件人：导入、导出、模板。", no_args_is_help=True)
orders_app = typer.Typer(help="12345、热线工单：导入。", no_args_is_help=True)

err = Console(stderr=True, highlight=False, soft_wrap=True)

#: Lines of warnings shown at once.
MOST_SHOWN = 40

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="表格文件")]
DryOption = Annotated[bool, typer.Option("--dry-run", help="只预演，什么都不写")]


def _actor() -> Actor:
    return Actor(name=read_settings().actor, via="cli")


def _list(title: str, lines: list[str]) -> None:
    for line in lines[:MOST_SHOWN]:
        err.print(f"  [yellow]{title}[/yellow] {plain(line)}")
    if len(lines) > MOST_SHOWN:
        err.print(f"  [yellow]{title}[/yellow] 还有 {len(lines) - MOST_SHOWN} 条，同上类推")


def _save(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    err.print(f"已写入 {plain(path)}")


@projects_app.command(
    "import",
    help="导入监测对象（Excel、CSV、YAML）：先预演，再整批写入；有误的行逐行指出，其余照常导入。",
    epilog="例：fenghuo projects import 项目.xlsx --dry-run",
)
def projects_import(file: FileArgument, dry_run: DryOption = False) -> None:
    """Import subjects: plan, show, apply."""
    opened = open_app()
    now = opened.clock.now()
    plan = projects.plan(opened, files.read_bytes(str(file)), name=file.name, now=now)
    _show_projects(plan)
    if dry_run:
        err.print("以上是预演，什么都没有写。")
    else:
        done = projects.apply(opened, plan, _actor(), now)
        err.print(f"已导入：新增 {done.new}，改动 {done.changed}，无变化 {done.unchanged}")
    if plan.of(State.WRONG):
        raise typer.Exit(1)


def _show_projects(plan: ImportPlan) -> None:
    err.print(f"{plain(plan.file)}：{plan.summary}")
    _list("有误", [str(problem) for row in plan.of(State.WRONG) for problem in row.problems])
    changed = [f"{row.name}：{'、'.join(row.changes)}" for row in plan.of(State.CHANGED)]
    _list("改动", changed)
    _list("提醒", list(plan.warnings))
    busy = sorted((hit for hit in plan.hits if hit.posts), key=lambda hit: -hit.posts)
    _list("近 90 天命中", [f"{hit.subject} “{hit.name}”：{hit.shown}" for hit in busy])


@projects_app.command(
    "export",
    help="导出监测对象；扩展名决定格式（.xlsx、.csv、.yml）。",
    epilog="例：fenghuo projects export 项目.xlsx",
)
def projects_export(file: FileArgument) -> None:
    """Export subjects by suffix."""
    _save(file, projects.export(open_app(), file.name, _actor()))


@projects_app.command(
    "template",
    help="写一份空白的监测对象表，含一行示例与下拉选项。",
    epilog="例：fenghuo projects template 项目.xlsx",
)
def projects_template(file: FileArgument) -> None:
    """Write an empty sheet."""
    _save(file, subject_files.template())


@recipients_app.command(
    "import",
    help="导入收件人；表里写到的人以表为准，没写到的人不动，除非加 --replace。",
    epilog="例：fenghuo recipients import 收件人.xlsx --dry-run",
)
def recipients_import(
    file: FileArgument,
    dry_run: DryOption = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="表里没有的人不再接收任何消息")
    ] = False,
) -> None:
    """Import recipients: plan, show, apply."""
    opened = open_app()
    data = files.read_bytes(str(file))
    plan = recipients.plan(opened, data, name=file.name, replace_all=replace)
    _show_recipients(plan)
    if dry_run:
        err.print("以上是预演，什么都没有写。")
    else:
        done = recipients.apply(opened, plan, _actor(), opened.clock.now())
        err.print(f"已写入 {done} 人")
    if plan.problems or plan.deaf:
        raise typer.Exit(1)


def _show_recipients(plan: RecipientPlan) -> None:
    err.print(f"{plain(plan.file)}：{len(plan.people)} 人可导入")
    _list("有误", [str(problem) for problem in plan.problems])
    _list("提醒", list(plan.warnings))
    _list("停用", [item.name for item in plan.retired])
    _list("重大预警也无人接收", list(plan.deaf))


@recipients_app.command(
    "export",
    help="导出收件人；扩展名决定格式（.xlsx、.csv）。",
    epilog="例：fenghuo recipients export 收件人.xlsx",
)
def recipients_export(file: FileArgument) -> None:
    """Export recipients by suffix."""
    _save(file, recipients.export(open_app(), file.name, _actor()))


@recipients_app.command(
    "template",
    help="写一份空白的收件人表，含一行示例与下拉选项。",
    epilog="例：fenghuo recipients template 收件人.xlsx",
)
def recipients_template(file: FileArgument) -> None:
    """Write an empty sheet."""
    _save(file, recipients.template())


@orders_app.command(
    "import",
    help="导入 12345、热线工单表：一单一条投诉，编号不重复，外部回复期限自动计时。",
    epilog="例：fenghuo orders import 工单.xlsx --channel 12345 --map text=诉求描述",
)
def orders_import(
    file: FileArgument,
    channel: Annotated[str, typer.Option(help="工单来自哪个渠道")] = "12345",
    mapping: Annotated[
        list[str] | None,
        typer.Option("--map", help="列对应：字段=列名，可重复；下次同样的表头自动沿用"),
    ] = None,
    dry_run: DryOption = False,
) -> None:
    """Import orders: plan, show, apply."""
    opened = open_app()
    now = opened.clock.now()
    data = files.read_bytes(str(file))
    chosen = _with_guess(data, file.name, mapping) if mapping else None
    plan = orders.plan(opened, data, name=file.name, now=now, channel=channel, mapping=chosen)
    said = "（沿用上次的列对应）" if plan.remembered else ""
    err.print(f"{plain(plan.file)}{said}：{plan.summary}")
    _list("列", [f"{orders.FIELDS[f][0]} ← {column}" for f, column in plan.mapping.items()])
    _list("有误", [str(row.problem) for row in plan.of("wrong")])
    if dry_run:
        err.print("以上是预演，什么都没有写。")
    else:
        done = orders.apply(opened, plan, _actor(), now)
        err.print("已导入：" + "，".join(f"{orders.STATES[s]} {n}" for s, n in done.items()))
    if plan.of("wrong"):
        raise typer.Exit(1)


def _with_guess(data: bytes, name: str, pairs: list[str]) -> dict[str, str]:
    chosen = orders.guess(orders.header_of(data, name))
    for pair in pairs:
        field, equals, column = pair.partition("=")
        if not (field and equals and column):
            raise typer.BadParameter(f"--map {pair} 写法不对：请写 字段=列名，如 text=诉求描述")
        chosen = {key: value for key, value in chosen.items() if value != column}
        chosen[field] = column
    return chosen


def ask(company: str, pack: str) -> tuple[str, str, str]:
    """Ask on a terminal for what `init` was not told; return company, pack, zone."""
    company = company or typer.prompt("公司名称", err=True)
    zone = home.DEFAULT_ZONE
    if not pack:
        titles = home.pack_titles()
        for number, (name, title) in enumerate(titles.items(), start=1):
            err.print(f"  {number}. {name}  {plain(title)}")
        chosen = typer.prompt("采用哪个程序包（序号）", type=int, default=1, err=True)
        pack = list(titles)[min(max(chosen, 1), len(titles)) - 1]
        zone = typer.prompt("时区（只影响显示）", default=home.DEFAULT_ZONE, err=True)
    return company, pack, zone
