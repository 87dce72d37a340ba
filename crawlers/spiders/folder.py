"""Drop folder (投放目录): files put there by people entitled to them; no bots (N-06).

A long file comes as many Pages, so that it never stands in memory; only the last one settles it.
Names are not trusted: what leads out of the folder or cannot be shown is refused with a reason.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote, urlsplit

from crawlers.files import MOST_RAW, Checked, check, open_stream, worthwhile
from crawlers.formats.outcome import Opened
from crawlers.spiders.base import SourceSpider
from domain.errors import ParseError
from domain.post import BadRecord, EvidenceIn, Mark, Page, ParsedPost, SourceKind

#: Names of files that are still being written or are not meant.
_UNFINISHED = (".part", ".tmp", ".crdownload", "~")
#: What tells about the files beside it: who gave them, on what basis (read by pipelines.files).
SIDE_CARS = ("来源说明.yml", "README.yml")
#: A file that changed within this time is looked at again after it: somebody may be copying.
SETTLED = timedelta(seconds=2)
#: Folders below the folder, and characters of a path below it.
DEEPEST, LONGEST_NAME = 5, 200
#: Posts of one Page; ingest cuts it into transactions.
PART = 2_000
#: Refused records told one by one; of the others the number.
TOLD = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One file of the folder, or why its name is refused."""

    path: Path
    #: Path below the folder, shown in messages and remembered.
    name: str
    refused: str = ""


class FolderSpider(SourceSpider):
    """Files new or changed since the last visit → Pages; the others are left alone."""

    name = "folder"

    async def start(self) -> AsyncIterator[Any]:
        """Go through the folder by name; nothing is requested over the network."""
        folder = folder_of(self.source.url)
        if not folder.is_dir():
            self.note(f"{folder}：目录不存在，请检查来源“{self.source.name}”的路径")
            return
        self.tally.read += 1
        for found in walk(folder):
            if found.refused:
                bad = BadRecord(where=found.name, problem=found.refused)
                yield self.page((), bad=(bad,))
                continue
            try:
                if await self._is_settled(found.path):
                    for page in self._pages(found):
                        yield self.counted(page)
                        await asyncio.sleep(0)  # other sources get their turn
            except OSError as error:
                self.note(f"{found.name}：读不了（{error.strerror or error}），请检查权限")

    async def _is_settled(self, path: Path) -> bool:
        """Whether nobody writes the file: it is older than SETTLED, or the same after it."""
        before = path.stat()
        age = abs(self.clock.now().timestamp() - before.st_mtime)
        if age >= SETTLED.total_seconds():
            return True
        await asyncio.sleep(SETTLED.total_seconds())
        after = path.stat()
        return (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)

    def _pages(self, found: Found) -> Iterator[Page]:
        kept = self.state(f"file:{found.name}") or {}
        at = found.path.stat()
        if (kept.get("size"), kept.get("mtime")) == (at.st_size, at.st_mtime_ns):
            return
        with found.path.open("rb") as stream:
            seen: dict[str, Any] = {"size": at.st_size, "mtime": at.st_mtime_ns}
            try:
                checked = check(stream, name=found.name)
                seen["sha256"] = checked.sha256
                if kept.get("sha256") == checked.sha256:  # copied again, nothing new in it
                    yield self.page((), settles=(_mark(found, kept | seen),))
                    return
                stream.seek(0)
                yield from self._read(stream, found, checked, seen)
            except ParseError as error:
                self.note(str(error))
                problem = BadRecord(where=found.name, problem=str(error))
                # Settled as it is: said once, and read again as soon as the file changes.
                yield self.page((), settles=(_mark(found, seen),), bad=(problem,))

    def _read(
        self, stream: IO[bytes], found: Found, checked: Checked, seen: dict[str, Any]
    ) -> Iterator[Page]:
        """Yield the posts in parts; the last one settles the file and tells what was refused."""
        opened = self._open(stream, found, checked)
        head = self._head(opened, found, checked)
        posts: list[ParsedPost] = []
        told: list[BadRecord] = []
        messages, refused = 0, 0
        for item in worthwhile(opened.items, name=found.name):
            if isinstance(item, BadRecord):
                refused += 1
                told += [item] if refused <= TOLD else []
                continue
            posts.append(item)
            messages += 1
            if len(posts) == PART:
                yield replace(head, posts=tuple(posts))
                posts = []
        if refused > TOLD:
            rest = f"另有 {refused - TOLD} 条未收，原因同上类推"
            told.append(BadRecord(where=found.name, problem=rest))
        seen |= {"format": opened.format, "messages": messages, "refused": refused}
        yield replace(head, posts=tuple(posts), settles=(_mark(found, seen),), bad=tuple(told))

    def _open(self, stream: IO[bytes], found: Found, checked: Checked) -> Opened:
        options = self.source.options
        return open_stream(
            stream, name=found.name, format=str(options.get("format", "auto")),
            mapping=options.get("mapping"), tail=checked.tail,
        )  # fmt: skip

    def _has_group_lines(self, found: Found, checked: Checked) -> bool:
        """Whether a line is of an owner group, or nobody can say: then no raw file is kept (A12).

        The file is read once more to be sure of every line before any of its bytes are kept.
        """
        with found.path.open("rb") as again:
            try:
                return any(
                    not isinstance(item, BadRecord) and item.source_kind is SourceKind.GROUP
                    for item in self._open(again, found, checked).items
                )
            except ParseError:
                return True

    def _head(self, opened: Opened, found: Found, checked: Checked) -> Page:
        group = SourceKind.GROUP in (opened.kind, self.source.kind)
        small = checked.size <= MOST_RAW
        private = group or (small and self._has_group_lines(found, checked))
        whole = small and not private
        proof = EvidenceIn(
            url=f"file:{found.name}", fetched_at=self.clock.now(), private=private,
            body=found.path.read_bytes() if whole else b"", sha256=checked.sha256,
            size=checked.size,
        )  # fmt: skip
        return replace(
            self.page(()),
            site=opened.site or self.source.site,
            kind=SourceKind.GROUP if group else self.source.kind,
            evidence=proof,
        )


def walk(folder: Path) -> Iterator[Found]:
    """Yield the files of a folder by name, links not followed; hostile names with a reason."""
    for place, folders, names in os.walk(folder):
        below = Path(place).relative_to(folder)
        depth = len(below.parts)
        folders.sort()
        if depth >= DEEPEST and folders:
            yield from (
                _refused(Path(place) / name, folder, f"文件夹超过 {DEEPEST} 层，没有往下读")
                for name in folders
            )
            folders.clear()
        for name in sorted(names):
            if _meant(name):
                yield _found(Path(place) / name, folder)


def _found(path: Path, folder: Path) -> Found:
    shown = path.relative_to(folder).as_posix()
    if path.is_symlink() or not path.is_file():
        return _refused(path, folder, "是链接或特殊文件，不读：请把文件本身放进来")
    if not shown.isprintable() and not shown.replace("\u3000", "").isprintable():
        return _refused(path, folder, "文件名含控制字符或乱码，不读：请改名后再放")
    if len(shown) > LONGEST_NAME:
        return _refused(path, folder, f"文件名连同路径超过 {LONGEST_NAME} 字，不读：请改短")
    return Found(path=path, name=shown)


def _refused(path: Path, folder: Path, why: str) -> Found:
    raw = path.relative_to(folder).as_posix()
    shown = raw.encode("utf-8", "replace").decode("utf-8")
    shown = "".join(sign if sign.isprintable() else "?" for sign in shown)
    return Found(path=path, name=shown[:LONGEST_NAME], refused=why)


def _mark(found: Found, seen: dict[str, Any]) -> Mark:
    return Mark(key=f"file:{found.name}", state=seen)


def _meant(name: str) -> bool:
    return (
        not name.startswith((".", "~")) and not name.endswith(_UNFINISHED) and name not in SIDE_CARS
    )


def folder_of(url: str) -> Path:
    """Return the folder of a path or file: address."""
    parts = urlsplit(url)
    return Path(unquote(parts.path)) if parts.scheme == "file" else Path(url)
