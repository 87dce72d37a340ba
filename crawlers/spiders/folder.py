"""Drop folder (投放目录): files put there by people entitled to them; no bots (N-06)."""

import hashlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from crawlers.files import parse_file
from crawlers.spiders.base import SourceSpider
from domain.errors import ParseError
from domain.post import BadRecord, EvidenceIn, Mark, Page, ParsedFile, SourceKind

#: Names of files that are still being written or are not meant.
_UNFINISHED = (".part", ".tmp", ".crdownload", "~")


class FolderSpider(SourceSpider):
    """Files new or changed since the last visit → Pages; the others are left alone."""

    name = "folder"

    async def start(self) -> AsyncIterator[Any]:
        """Go through the folder by name; nothing is requested over the network."""
        folder = folder_of(self.source.url)
        if not folder.is_dir():
            self.note(f"{folder}：目录不存在，请检查来源“{self.source.name}”的路径")
            return
        for path in sorted(folder.rglob("*")):
            if path.is_file() and _finished(path):
                for page in self._pages(path, name=path.relative_to(folder).as_posix()):
                    yield self.counted(page)

    def _pages(self, path: Path, *, name: str) -> Iterator[Page]:
        data = path.read_bytes()
        seen = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        if self.state(f"file:{name}") == seen:
            return
        mark = Mark(key=f"file:{name}", state=seen)
        try:
            parsed = self._read(data, name=name)
        except ParseError as error:
            self.note(str(error))
            problem = BadRecord(where=name, problem=str(error))
            # Settled by its hash: said once, and read again as soon as the file changes.
            yield self.page((), settles=(mark,), bad=(problem,))
            return
        private = parsed.kind is SourceKind.GROUP
        proof = EvidenceIn(
            url=f"file:{name}", fetched_at=self.clock.now(), body=data, private=private
        )
        yield replace(
            self.page(parsed.posts, settles=(mark,), bad=parsed.bad),
            site=parsed.site or self.source.site,
            kind=SourceKind.GROUP if private else self.source.kind,
            evidence=proof,
        )

    def _read(self, data: bytes, *, name: str) -> ParsedFile:
        options = self.source.options
        return parse_file(
            data, name=name, format=str(options.get("format", "auto")),
            mapping=options.get("mapping"),
        )  # fmt: skip


def folder_of(url: str) -> Path:
    """Return the folder of a path or file: address."""
    parts = urlsplit(url)
    return Path(unquote(parts.path)) if parts.scheme == "file" else Path(url)


def _finished(path: Path) -> bool:
    return not path.name.startswith((".", "~")) and not path.name.endswith(_UNFINISHED)
