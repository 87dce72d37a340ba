"""What `fenghuo sources add` asks and shows on the terminal."""

import sys
from typing import TYPE_CHECKING

import click
import typer
from rich.console import Console

from domain.clock import say_time
from domain.errors import FactsError
from domain.mask import mask
from pipelines.usage import plain
from pipelines.wiring import App
from store import subjects

if TYPE_CHECKING:
    from pipelines.preview import Preview, Proposal

err = Console(stderr=True, highlight=False, soft_wrap=True)
#: From a thread to its board, from a forum's home to a board: never a long way.
MOST_STEPS = 4


def known_subject(app: App, key: str) -> None:
    """Raise FactsError unless a subject has this key; "" is none."""
    if not key:
        return
    with app.db.read() as connection:
        if key not in subjects.ids(connection):
            raise FactsError(f"没有代号为“{key}”的监测对象：请先用 fenghuo projects import 导入")


def somebody_there() -> bool:
    """Whether somebody is there to answer."""
    return sys.stdin.isatty()


def proposed(url: str, *, allow_private: bool, asks: bool) -> "Proposal":
    """Look at an address, and at those it leads to as far as somebody chooses; ends without one."""
    from pipelines import preview  # noqa: PLC0415

    for _ in range(MOST_STEPS):
        found = preview.propose(url, allow_private=allow_private)
        err.print(f"{plain(found.guess.url)}：{plain(found.guess.why)}")
        for number, choice in enumerate(found.choices, 1):
            err.print(f"  {number}. {plain(choice.title)}  {plain(choice.url)}")
        if found.source is not None:
            return found
        if len(found.choices) > 1 and asks:
            url = found.choices[_picked(len(found.choices))].url
        elif len(found.choices) == 1 and (asks or found.guess.what == "choices"):
            url = found.choices[0].url
        else:
            break
    hint = "请从上面选一个网址，再运行一次 fenghuo sources add" if found.choices else ""
    raise FactsError(f"没有保存：{hint or found.guess.why}")


def _picked(many: int) -> int:
    """Ask for one of the numbers shown; return its index."""
    return int(typer.prompt("选第几个", type=click.IntRange(1, many), default=1)) - 1


def asked_name(proposed: str) -> str:
    """Ask for the name."""
    return str(typer.prompt("来源名称", default=proposed))


def asked_subject(app: App) -> str | None:
    """Ask which project the whole source is about; none = found in the texts."""
    with app.db.read() as connection:
        known = {item.key: item.name for item in subjects.load(connection)}
    for number, (key, name) in enumerate(known.items(), 1):
        err.print(f"  {number}. {plain(name)}（{key}）")
    said = str(
        typer.prompt(
            "整个来源只说一个项目时写它的代号；说多个项目就直接回车", default="", show_default=False
        )
    ).strip()  # fmt: skip
    if said.isdecimal() and 1 <= int(said) <= len(known):
        return list(known)[int(said) - 1]
    known_subject(app, said)
    return said or None


def show(seen: "Preview") -> None:
    """Print what a source would collect."""
    outcome = seen.outcome
    err.print(f"预览：{outcome.requests} 次请求，读到 {outcome.posts} 帖")
    for post in seen.posts:
        at = say_time(post.published_at) if post.published_at else "时间不明"
        words = mask(" ".join(f"{post.title} {post.text}".split()))[:60]
        err.print(f"  {at}  {plain(words)}")
    for problem in outcome.errors[:5]:
        err.print(f"  [yellow]问题[/yellow] {plain(problem)}")
