"""The `fenghuo report` verbs: documents written into a folder, their paths on stdout."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from domain.access import Actor
from domain.errors import FenghuoError
from pipelines.usage import plain
from pipelines.wiring import open_app
from store.weekly import Scope

report_app = typer.Typer(help="报告与表格：周报、危机表格。", no_args_is_help=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

OutOption = Annotated[Path, typer.Option("--out", help="写到哪个目录，没有则新建")]


@report_app.command("weekly", epilog="例：fenghuo report weekly --out 报告")
def weekly_command(
    out: OutOption,
    until: Annotated[
        str | None, typer.Option(help="截止时刻，如 2026-11-20T12:00；不写则取最近一次截止")
    ] = None,
    region: Annotated[str | None, typer.Option(help="只报一个区域")] = None,
    subject: Annotated[str | None, typer.Option(help="只报一个监测对象（名称或键）")] = None,
) -> None:
    """生成周报（Word）与依据附件（Excel），并留存本期数字供下期更正比对。"""
    from pipelines import weekly  # noqa: PLC0415 (its charts take half a second to load)

    opened = open_app()
    actor = Actor(name=opened.settings.actor, via="cli")
    made = weekly.make(
        opened, until=until, actor=actor, now=opened.clock.now(),
        scope=Scope(region=region, subject=subject),
    )  # fmt: skip
    name = "周报-" + made.report.removeprefix("weekly:")
    _write(out / f"{name}.docx", made.docx)
    _write(out / f"{name}-依据.xlsx", made.annex)
    err.print(plain(made.summary))


@report_app.command("form", epilog="例：fenghuo report form G-20261121-001 F4 --out 表格 --save")
def form_command(
    case: Annotated[str, typer.Argument(metavar="CASE", help="个案编号")],
    kind: Annotated[
        str, typer.Argument(metavar="KIND", help="F3 危机状况信息表，F4 情况报告跟进表")
    ],
    out: OutOption,
    save: Annotated[bool, typer.Option("--save", help="同时存为本个案的一份表格")] = False,
) -> None:
    """从个案预填表格（Word 与可复制的文字）；系统不知道的项留空。"""
    from pipelines import forms  # noqa: PLC0415

    opened = open_app()
    actor, now = Actor(name=opened.settings.actor, via="cli"), opened.clock.now()
    draft = forms.prefill(opened, case, kind.upper(), actor, now)
    if save:
        forms.save_form(opened, case, draft.kind, draft.values, n=draft.n, actor=actor, now=now)
    name = f"{case}-{draft.kind}-{draft.n}"
    _write(out / f"{name}.docx", forms.word(draft))
    _write(out / f"{name}.txt", forms.text(draft).encode())


def _write(path: Path, content: bytes) -> None:
    """Write a whole file or none; a report of this name is replaced."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.part")
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        raise FenghuoError(f"{path} 写不进去（{error.strerror}）：请检查目录与权限") from error
    typer.echo(str(path))
