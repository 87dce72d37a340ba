"""Files people bring: import stores them like a crawled Page, parse only shows them."""

import gzip
import hashlib
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from crawlers.files import parse_file
from domain.access import Act, Actor
from domain.errors import ParseError
from domain.post import BadRecord, EvidenceIn, Page, ParsedFile, ParsedPost, SourceKind
from domain.source import Source
from pipelines import ingest
from pipelines.wiring import App
from store import access, audit, sources
from store.posts import Stored


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What importing one file came to."""

    file: str
    format: str
    messages: int
    stored: Stored
    bad: tuple[BadRecord, ...]


def read(
    path: str, *, format_name: str, mapping: dict[str, str], need_time: bool = True
) -> ParsedFile:
    """Parse a file or "-" (standard input); raises ParseError naming it."""
    return _parse(
        read_bytes(path), path, format_name=format_name, mapping=mapping, need_time=need_time
    )


def _parse(
    data: bytes, path: str, *, format_name: str, mapping: dict[str, str], need_time: bool = True
) -> ParsedFile:
    name = "标准输入" if path == "-" else Path(path).name
    return parse_file(
        data, name=name, format=format_name, mapping=mapping or None, need_time=need_time
    )


def read_bytes(path: str) -> bytes:
    """Return the bytes of a file or standard input; raises ParseError naming the file."""
    try:
        data = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
        return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    except FileNotFoundError:
        raise ParseError(f"找不到文件 {path}：请核对路径") from None
    except IsADirectoryError:
        raise ParseError(f"{path} 是文件夹：请给出其中的文件") from None
    except (OSError, EOFError) as error:
        raise ParseError(f"读不了文件 {path}：{error}；压缩包可能不完整，请重新导出") from error


def import_file(
    app: App,
    path: str,
    *,
    source_name: str | None,
    format_name: str,
    mapping: dict[str, str],
    backfill: bool = False,
) -> Imported:
    """Store one file under a source; importing it again changes nothing (B-ID2)."""
    data = read_bytes(path)
    parsed = _parse(data, path, format_name=format_name, mapping=mapping)
    return _store(app, path, data, parsed, source_name=source_name, backfill=backfill)


def import_upload(
    app: App,
    data: bytes,
    *,
    name: str,
    source_name: str | None = None,
    mapping: dict[str, str] | None = None,
    backfill: bool = False,
    actor: Actor,
    now: datetime,
) -> Imported:
    """Store a file somebody uploaded; the right is asked and the audit row written first.

    A crash later leaves a file half imported at most; the same file again brings the rest.
    """
    parsed = _parse(data, name, format_name="auto", mapping=mapping or {})
    with app.db.write() as connection:
        access.require_subject(connection, actor, Act.INTAKE, None)
        audit.append(
            connection, f"source:{source_name or name}"[:64], "imported", actor=actor, at=now,
            reason=f"导入文件 {name}",
            payload={"sha256": hashlib.sha256(data).hexdigest(), "messages": len(parsed.posts)},
        )  # fmt: skip
    return _store(app, name, data, parsed, source_name=source_name, backfill=backfill)


def _store(
    app: App, path: str, data: bytes, parsed: ParsedFile, *, source_name: str | None, backfill: bool
) -> Imported:
    name = source_name or f"导入 {parsed.site or Path(path).name}"
    now = app.clock.now()
    source = Source(
        name=name[:64], engine="file", url=Path(path).name, kind=parsed.kind,
        site=parsed.site or name, every=timedelta(days=1),
    )  # fmt: skip
    with app.db.write() as connection:
        known = sources.find(connection, source.name)
        if known is None:
            sources.put(connection, source)
    posts = [replace(post, backfill=True) for post in parsed.posts] if backfill else parsed.posts
    page = Page(
        source=source.name, site=parsed.site or (known.site if known else source.site),
        kind=parsed.kind, posts=tuple(posts), bad=parsed.bad,
        evidence=EvidenceIn(
            url=Path(path).name, fetched_at=now, body=data,
            private=_is_private(parsed, known),
        ),
    )  # fmt: skip
    stored = ingest.store_page(app, page)
    return Imported(
        file=path, format=parsed.format, messages=len(parsed.posts), stored=stored,
        bad=parsed.bad,
    )  # fmt: skip


def _is_private(parsed: ParsedFile, known: Source | None) -> bool:
    """Whether any line is from an owner group: then the raw file is not kept (A12)."""
    kinds = {parsed.kind, known.kind if known else parsed.kind}
    return SourceKind.GROUP in kinds | {post.source_kind for post in parsed.posts}


def posts_of(parsed: Iterable[ParsedFile]) -> Iterator[ParsedPost]:
    """Yield posts with site and kind filled in from their file."""
    for item in parsed:
        for post in item.posts:
            yield replace(
                post, site=post.site or item.site or "replay",
                source_kind=post.source_kind or item.kind,
            )  # fmt: skip
