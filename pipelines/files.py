"""Files people bring: import stores them like crawled Pages, parse only shows them.

A file is read twice: once to know it (SHA-256, whole archive), once as a stream of posts that are
stored part by part. A crash in between leaves a record without an end; the same file again brings
the rest, because equal lines have equal ids.
"""

import gzip
import io
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import IO

from config import retention
from crawlers.files import MOST_RAW, Checked, check, columns_of, gather, open_stream, worthwhile
from crawlers.formats.outcome import Opened, Read
from domain.access import Act, Actor
from domain.clock import shanghai_day
from domain.errors import FactsError, ParseError
from domain.post import BadRecord, EvidenceIn, Page, ParsedFile, ParsedPost, SourceKind
from domain.source import Source
from pipelines import ingest
from pipelines.wiring import App
from store import access, audit, import_files, mappings, sources
from store.db import Connection
from store.posts import Stored

#: Records read before they are stored; ingest cuts them into its transactions.
PART = 1_000
#: Refused records that are told one by one; of the others only the number is kept.
TOLD = 1_000
#: Of these, how many become issues of the source.
ISSUES = 20
#: Kind of the column maps remembered for tables of posts.
MAPPED = "posts"

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """On what terms private material was given (A12 privacy 2); "" = as the source says."""

    provider: str = ""
    basis: str = ""
    #: A code of config/retention.yml.
    retention: str = ""
    #: Day after which it is erased, as 2026-12-31.
    ends_on: str = ""

    def __post_init__(self) -> None:
        known = retention.classes()
        if self.retention and self.retention not in known:
            said = "、".join(f"{item.code}（{item.name}）" for item in known.values())
            raise FactsError(f"保存期限“{self.retention}”不认识：请写 {said} 之一")
        if self.ends_on and not _is_day(self.ends_on):
            raise FactsError(f"删除日期“{self.ends_on}”读不懂：请写成 2026-12-31 这样")


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What importing one file came to."""

    file: str
    format: str
    source: str
    messages: int
    stored: Stored
    #: The first refused records, and how many there were in all.
    bad: tuple[BadRecord, ...]
    refused: int
    #: A group without provider or basis (依据缺失): out of reports, erased after 30 days.
    without_basis: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """How a file is to be imported."""

    source_name: str | None = None
    format_name: str = "auto"
    mapping: dict[str, str] = field(default_factory=dict)
    backfill: bool = False
    #: Key of the subject the group or board is about.
    project: str | None = None
    terms: Terms = field(default_factory=Terms)


# ---- reading ------------------------------------------------------------------------------------


@contextmanager
def opened_file(path: str) -> Iterator[IO[bytes]]:
    """Yield a file or standard input ("-") open for reading twice; ParseError naming it."""
    try:
        if path == "-":
            with tempfile.TemporaryFile() as kept:
                while part := sys.stdin.buffer.read(1 << 20):
                    kept.write(part)
                kept.seek(0)
                yield kept
        else:
            with Path(path).open("rb") as stream:
                yield stream
    except FileNotFoundError:
        raise ParseError(f"找不到文件 {path}：请核对路径") from None
    except IsADirectoryError:
        raise ParseError(f"{path} 是文件夹：请给出其中的文件") from None
    except (OSError, EOFError) as error:
        raise ParseError(f"读不了文件 {path}：{error}；请核对权限，或重新导出") from error


def name_of(path: str) -> str:
    """Return how a file is called in messages."""
    return "标准输入" if path == "-" else Path(path).name


@contextmanager
def reading(
    path: str, *, format_name: str, mapping: dict[str, str], need_time: bool = True
) -> Iterator[Opened]:
    """Yield a file as a stream of posts; ParseError when it cannot be read."""
    with opened_file(path) as stream:
        yield open_stream(
            stream, name=name_of(path), format=format_name, mapping=mapping or None,
            need_time=need_time,
        )  # fmt: skip


def read(
    path: str, *, format_name: str, mapping: dict[str, str], need_time: bool = True
) -> ParsedFile:
    """Parse a whole file or "-" (standard input) into memory; raises ParseError naming it."""
    with reading(path, format_name=format_name, mapping=mapping, need_time=need_time) as opened:
        return gather(opened)


def read_bytes(path: str) -> bytes:
    """Return the bytes of a file or standard input; raises ParseError naming the file."""
    with opened_file(path) as stream:
        data = stream.read()
        return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


def posts_of(parsed: Iterable[ParsedFile]) -> Iterator[ParsedPost]:
    """Yield posts with site and kind filled in from their file."""
    for item in parsed:
        for post in item.posts:
            yield replace(
                post, site=post.site or item.site or "replay",
                source_kind=post.source_kind or item.kind,
            )  # fmt: skip


# ---- importing ----------------------------------------------------------------------------------


def import_file(
    app: App,
    path: str,
    *,
    source_name: str | None,
    format_name: str,
    mapping: dict[str, str],
    backfill: bool = False,
    project: str | None = None,
    terms: Terms | None = None,
    progress: Progress | None = None,
) -> Imported:
    """Store one file under a source; importing it again changes nothing (B-ID2)."""
    order = Order(
        source_name=source_name, format_name=format_name, mapping=mapping, backfill=backfill,
        project=project, terms=terms or Terms(),
    )  # fmt: skip
    with opened_file(path) as stream:
        work = _Import(app=app, name=name_of(path), order=order, by=app.settings.actor)
        return replace(work.run(stream, progress=progress), file=path)


def import_upload(
    app: App,
    data: bytes,
    *,
    name: str,
    source_name: str | None = None,
    mapping: dict[str, str] | None = None,
    backfill: bool = False,
    terms: Terms | None = None,
    actor: Actor,
    now: datetime,
) -> Imported:
    """Store a file somebody uploaded; the right is asked and the audit row written first.

    A crash later leaves a file half imported at most; the same file again brings the rest.
    """
    order = Order(
        source_name=source_name, mapping=mapping or {}, backfill=backfill, terms=terms or Terms()
    )

    def permit(connection: Connection, checked: Checked) -> None:
        access.require_subject(connection, actor, Act.INTAKE, None)
        audit.append(
            connection, f"source:{source_name or name}"[:64], "imported", actor=actor, at=now,
            reason=f"导入文件 {name}", payload={"sha256": checked.sha256, "bytes": checked.size},
        )  # fmt: skip

    work = _Import(app=app, name=name, order=order, by=actor.name, permit=permit)
    return work.run(io.BytesIO(data))


@dataclass(slots=True, kw_only=True)
class _Import:
    """One import under way; everything that grows with the file is a number."""

    app: App
    name: str
    order: Order
    by: str
    permit: Callable[[Connection, Checked], None] | None = None
    messages: int = 0
    refused: int = 0
    #: Whether a line says of itself that it is of an owner group.
    grouped: bool = False
    stored: Stored = field(default_factory=Stored)
    bad: list[BadRecord] = field(default_factory=list)

    def run(self, stream: IO[bytes], *, progress: Progress | None = None) -> Imported:
        """Read and store the file; raises ParseError or FactsError before anything is stored."""
        checked = check(stream, name=self.name)
        mapping, header = self._mapping(stream)
        stream.seek(0)
        opened = self._open(stream, mapping, checked)
        parts = _parts(worthwhile(opened.items, name=self.name))
        first = next(parts)
        private = self._is_private(stream, opened, mapping, checked)
        source = self._source(opened)
        with self.app.db.write() as connection:
            if self.permit is not None:
                self.permit(connection, checked)
            sources.put(connection, source)
            if header and self.order.mapping:
                mappings.remember(
                    connection, MAPPED, header, self.order.mapping, by=self.by,
                    now=self.app.clock.now(),
                )  # fmt: skip
            record = self._begin(connection, source, opened, checked)
        head = Page(
            source=source.name, site=opened.site or source.site, kind=opened.kind, posts=(),
            evidence=self._proof(stream, checked, private=private),
        )  # fmt: skip
        self._store(head, first, stream, progress)
        for part in parts:
            self._store(head, part, stream, progress)
        return self._finish(head, record, opened, source)

    def _open(self, stream: IO[bytes], mapping: dict[str, str], checked: Checked) -> Opened:
        return open_stream(
            stream, name=self.name, format=self.order.format_name, mapping=mapping or None,
            tail=checked.tail,
        )  # fmt: skip

    def _mapping(self, stream: IO[bytes]) -> tuple[dict[str, str], tuple[str, ...]]:
        """Return what the columns mean: as said now, else as remembered for this header."""
        stream.seek(0)
        header = columns_of(stream, name=self.name)
        if self.order.mapping or not header:
            return self.order.mapping, header
        with self.app.db.read() as connection:
            return mappings.find(connection, MAPPED, header) or {}, header

    def _is_private(
        self, stream: IO[bytes], opened: Opened, mapping: dict[str, str], checked: Checked
    ) -> bool:
        """Whether any line is from an owner group: then the raw file is not kept (A12).

        A file whose bytes may be kept is read once more to be sure of every line.
        """
        with self.app.db.read() as connection:
            known = sources.find(connection, self._source_name(opened))
        if opened.kind is SourceKind.GROUP or (known and known.kind is SourceKind.GROUP):
            return True
        if checked.size > MOST_RAW:
            return True
        place = stream.tell()
        stream.seek(0)
        again = self._open(io.BytesIO(stream.read()), mapping, checked)
        stream.seek(place)
        return any(
            not isinstance(item, BadRecord) and item.source_kind is SourceKind.GROUP
            for item in again.items
        )

    def _source_name(self, opened: Opened) -> str:
        return (self.order.source_name or f"导入 {opened.site or self.name}")[:64]

    def _source(self, opened: Opened) -> Source:
        """Return the source the file belongs to; terms once given stay with it."""
        name, terms = self._source_name(opened), self.order.terms
        with self.app.db.read() as connection:
            known = sources.find(connection, name)
        said = {
            "provider": terms.provider.strip(), "basis": terms.basis.strip(),
            "retention": terms.retention, "ends_on": terms.ends_on,
        }  # fmt: skip
        item = known or Source(
            name=name, engine="file", url=self.name, kind=opened.kind, site=opened.site or name,
            every=timedelta(days=1),
        )  # fmt: skip
        return replace(
            item, subject=self.order.project or item.subject,
            options=item.options | {key: value for key, value in said.items() if value},
        )  # fmt: skip

    def _begin(
        self, connection: Connection, source: Source, opened: Opened, checked: Checked
    ) -> int:
        options, now = source.options, self.app.clock.now()
        return import_files.begin(
            connection, source_id=sources.get_id(connection, source.name), name=self.name,
            sha256=checked.sha256, format_name=opened.format,
            provider=str(options.get("provider") or ""), basis=str(options.get("basis") or ""),
            retention=str(options.get("retention") or ""), ends_on=ends_on(source, now),
            by=self.by, now=now,
        )  # fmt: skip

    def _proof(self, stream: IO[bytes], checked: Checked, *, private: bool) -> EvidenceIn:
        body = b""
        if not private:
            place = stream.tell()
            stream.seek(0)
            body = stream.read()
            stream.seek(place)
        return EvidenceIn(
            url=self.name, fetched_at=self.app.clock.now(), body=body, private=private,
            sha256=checked.sha256, size=checked.size,
        )  # fmt: skip

    def _store(
        self, head: Page, part: list[Read], stream: IO[bytes], progress: Progress | None
    ) -> None:
        posts = []
        for item in part:
            if isinstance(item, BadRecord):
                self.refused += 1
                if len(self.bad) < TOLD:
                    self.bad.append(item)
            else:
                self.grouped |= item.source_kind is SourceKind.GROUP
                posts.append(replace(item, backfill=True) if self.order.backfill else item)
        done = ingest.store_page(self.app, replace(head, posts=tuple(posts)), durable=False)
        self.messages += len(posts)
        self.stored = Stored(
            new_posts=self.stored.new_posts + done.new_posts,
            new_revisions=self.stored.new_revisions + done.new_revisions,
            unchanged=self.stored.unchanged + done.unchanged,
        )
        if progress is not None:
            progress(stream.tell())

    def _finish(self, head: Page, record: int, opened: Opened, source: Source) -> Imported:
        """Tell what was refused and that the whole file is stored, in one transaction."""
        told = tuple(self.bad[:ISSUES])
        if self.refused > ISSUES:
            rest = f"另有 {self.refused - ISSUES} 条未收，原因同上类推"
            told = (*told, BadRecord(where=self.name, problem=rest))
        with self.app.db.write() as connection:
            ingest.store_in(self.app, connection, replace(head, evidence=None, bad=told))
            import_files.finish(
                connection, record, messages=self.messages, new_posts=self.stored.new_posts,
                refused=self.refused, now=self.app.clock.now(),
            )  # fmt: skip
        group = self.grouped or SourceKind.GROUP in (source.kind, head.kind)
        return Imported(
            file=self.name, format=opened.format, source=source.name, messages=self.messages,
            stored=self.stored, bad=tuple(self.bad), refused=self.refused,
            without_basis=group and not _has_basis(source),
        )  # fmt: skip


def _parts(items: Iterator[Read]) -> Iterator[list[Read]]:
    """Yield the items in lists of PART; at least one list."""
    part: list[Read] = []
    for item in items:
        part.append(item)
        if len(part) == PART:
            yield part
            part = []
    yield part


def _has_basis(source: Source) -> bool:
    return all(str(source.options.get(key) or "").strip() for key in ("provider", "basis"))


def ends_on(source: Source, now: datetime) -> str | None:
    """Return the day after which what is imported now is erased, None without one."""
    said = str(source.options.get("ends_on") or "")
    kind = retention.classes().get(str(source.options.get("retention") or ""))
    if said or kind is None or kind.days is None:
        return said or None
    return (shanghai_day(now) + timedelta(days=kind.days)).isoformat()


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
