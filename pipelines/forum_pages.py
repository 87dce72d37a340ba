"""Forum pages saved as files → contract rows (design §5); nothing is stored."""

import gzip
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crawlers.decode import declared_charset, decode
from crawlers.engines import engine_named, recognise
from crawlers.pages.discuz_archiver import is_archiver, read_archiver
from crawlers.pages.forum import ForumEngine, ThreadPage, ThreadRow
from crawlers.pages.walls import refuse_wall
from crawlers.times import read_time
from domain.clock import iso_shanghai
from domain.errors import BlockedError, FactsError, FenghuoError, ParseError
from domain.post import SourceKind
from pipelines import records

#: A file is named after its thread by most tools: thread-731-1-1.html, tid_731.htm, 731.html.
_NAMED = re.compile(r"(?:thread|tid|topic|t)[-_=]?(\d+)|^(\d+)(?=\D|$)", re.IGNORECASE)


def read_files(
    paths: list[str], *, engine: str, fetched_at: str | None
) -> Iterator[dict[str, Any]]:
    """Yield one row for each floor or list row; a file that cannot be read is an error row."""
    at = _moment(fetched_at)
    for path in paths:
        try:
            yield from _read(path, engine=engine, at=at)
        except FenghuoError as error:
            yield {"id": None, "file": Path(path).name, "error": str(error)}


def _moment(text: str | None) -> datetime | None:
    found = read_time(text) if text else None
    if text and found is None:
        raise FactsError(f"--fetched-at {text} 看不懂：请写成 2026-11-20T10:00")
    return found[0] if found else None


def _read(path: str, *, engine: str, at: datetime | None) -> Iterator[dict[str, Any]]:
    data, now = _load(path, at)
    html = decode(data, where=Path(path).name, declared=declared_charset("", data))
    name = recognise(html) if engine == "auto" else engine
    if name is None:
        refuse_wall(html, url=Path(path).name)
        _refuse_message(html, path, now)
        raise ParseError(
            f"{Path(path).name}：看不出是哪种论坛程序，请用 --engine 指明；登录页、验证页没有帖子"
        )
    if name == "discuzx" and is_archiver(html):
        yield from _floors(read_archiver(html, url=Path(path).name, now=now), path)
        return
    reader = engine_named(name)
    try:
        thread = reader.read_thread(html, url=Path(path).name, now=now)
    except (BlockedError, ParseError) as error:
        yield from _list(reader, html, path, now, error)
        return
    if thread.gone:
        raise ParseError(f"{Path(path).name}：论坛提示主题不存在或已被删除，没有帖子可读")
    yield from _floors(thread, path)


def _refuse_message(html: str, path: str, now: datetime) -> None:
    """Raise what a message page (提示信息) says, where nothing else tells the engine."""
    try:
        gone = engine_named("discuzx").read_thread(html, url=Path(path).name, now=now).gone
    except ParseError:
        return
    if gone:
        raise ParseError(f"{Path(path).name}：论坛提示主题不存在或已被删除，没有帖子可读")


def _load(path: str, at: datetime | None) -> tuple[bytes, datetime]:
    """Return the bytes and the moment of saving, which relative times count from."""
    try:
        data = Path(path).read_bytes()
        data = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
        saved = datetime.fromtimestamp(Path(path).stat().st_mtime, tz=UTC)
    except FileNotFoundError:
        raise ParseError(f"找不到文件 {path}：请核对路径") from None
    except IsADirectoryError:
        raise ParseError(f"{path} 是文件夹：请给出其中的文件") from None
    except (OSError, EOFError) as error:
        raise ParseError(f"读不了文件 {path}：{error}；请重新保存网页") from error
    return data, at or saved


def _floors(thread: ThreadPage, path: str) -> Iterator[dict[str, Any]]:
    found = _NAMED.search(Path(path).name)
    tid = thread.tid or next((text for text in (found.groups() if found else ()) if text), None)
    for seq, post in enumerate(thread.posts):
        row = records.parsed_out(post, site=None, kind=SourceKind.FORUM, seq=seq)
        row.setdefault("thread_id", tid)
        # A saved page has no address of its own, so links made from it would point nowhere.
        row.pop("url", None)
        row |= {"quote": row.get("quote"), "hidden": post.hidden, "thread_title": thread.title}
        yield row


def _list(
    reader: ForumEngine, html: str, path: str, now: datetime, error: FenghuoError
) -> Iterator[dict[str, Any]]:
    """Yield the rows of a list page; what is neither thread nor list fails as a thread did."""
    try:
        board = reader.read_board(html, url=Path(path).name, now=now)
    except ParseError:
        raise error from None
    if not board.rows:
        raise error
    for row in board.rows:
        yield _listed(row)


def _listed(row: ThreadRow) -> dict[str, Any]:
    facts = {
        "id": f"thread:{row.tid}", "kind": "thread", "thread_id": row.tid, "title": row.title,
        "author": row.author, "sender_id": row.author_id, "replies": row.replies,
        "views": row.views, "sticky": row.sticky,
        "last_at": iso_shanghai(row.last_at) if row.last_at else None,
    }  # fmt: skip
    return {name: value for name, value in facts.items() if value is not None}
