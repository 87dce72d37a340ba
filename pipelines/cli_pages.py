"""The verbs on saved pages, `forum` and `extract` (design §5): JSONL out, nothing is stored."""

import json
import sys
from collections.abc import Iterator
from typing import Annotated, Any

import typer
from rich.console import Console

err = Console(stderr=True, highlight=False, soft_wrap=True)
#: Exit code when a file could not be read; the other files are printed all the same.
FAILED = 1


def register(app: typer.Typer) -> None:
    """Add the verbs to the `fenghuo` command."""
    app.command(epilog="例：fenghuo forum 保存的网页/*.html > posts.jsonl")(forum)
    app.command(epilog="例：fenghuo extract 报道.html --url https://news.example/1.html")(extract)


def forum(
    paths: Annotated[list[str], typer.Argument(metavar="FILE…", help="保存的论坛网页，可为 .gz")],
    engine: Annotated[
        str, typer.Option(help="网站程序；auto 按内容识别，如 discuzx、phpbb、spirit")
    ] = "auto",
    fetched_at: Annotated[
        str | None,
        typer.Option(help="网页保存的时刻，用来算“3 天前”；默认取文件的修改时间"),
    ] = None,
) -> None:
    """保存的论坛网页 → JSONL：主题页一行一层楼，版块页一行一个主题；不写库。"""
    from pipelines import forum_pages  # noqa: PLC0415 (parsers load only when asked for)

    _print_rows(forum_pages.read_files(paths, engine=engine, fetched_at=fetched_at))


def extract(
    path: Annotated[str, typer.Argument(metavar="FILE|-", help="保存的文章网页，- 为标准输入")],
    url: Annotated[str, typer.Option(help="网页的网址，帮助判断媒体与相对时间")] = "",
) -> None:
    """一张文章网页 → 一行 JSON：标题、作者、发布时间、正文、网站、类别；不写库。"""
    from pipelines import extract as extracting  # noqa: PLC0415 (extractors take a second to load)

    _print_rows(iter([extracting.extract_file(path, url=url)]))


def _print_rows(rows: Iterator[dict[str, Any]]) -> None:
    """Print JSONL; what could not be read became {"id", "error"} rows and fails the command."""
    bad = 0
    for row in rows:
        bad += "error" in row
        sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")
    sys.stdout.flush()
    if bad:
        err.print(f"[yellow]{bad} 个文件或记录有问题，已逐行标出 error，其余照常处理[/yellow]")
        raise typer.Exit(FAILED)
