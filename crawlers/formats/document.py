"""One JSON document of any length: what stands before its big list, then the list row by row."""

import json
from collections.abc import Iterator
from typing import Any

from crawlers.reader import LONGEST, TextReader
from domain.errors import ParseError

_DECODER = json.JSONDecoder(strict=False)
_BLANK = " \t\r\n"
#: A token broken by the end of a part is no longer than this (\u escapes, true, -1.5e300).
_TOKEN = 32


class Document:
    """Reads a JSON text once from the front; every error names line and column."""

    def __init__(self, text: TextReader, *, name: str) -> None:
        self._name = name
        self._parts = text.parts()
        self._buffer, self._at = "", 0
        #: Line and column of the buffer's first character.
        self._line, self._column = 1, 1

    def head(self, wanted: str) -> dict[str, Any]:
        """Return the members before the list `wanted`; ParseError if there is no such list."""
        found: dict[str, Any] = {}
        if self._next() != "{":
            raise ParseError(f"{self._name}：JSON 最外层应是对象，请确认是聊天导出文件")
        self._at += 1
        while self._next() == '"':
            key = str(self._value())
            self._expect(":")
            if key == wanted and self._next() == "[":
                return found
            found[key] = self._value()
            if self._next() == ",":
                self._at += 1
        self._expect("}")
        raise ParseError(f"{self._name}：找不到消息列表（{wanted}），请确认是聊天导出文件")

    def rows(self) -> Iterator[Any]:
        """Yield the rows of the list that begins here; ParseError where it breaks off."""
        self._expect("[")
        first = True
        while self._next() != "]":
            if not first:
                self._expect(",")
            first = False
            self._next()
            yield self._value()
        self._at += 1

    def rest(self) -> None:
        """Read the members behind the list; ParseError if the document is not complete."""
        while self._next() == ",":
            self._at += 1
            self._next()
            self._value()
            self._expect(":")
            self._next()
            self._value()
        self._expect("}")

    def _next(self) -> str:
        """Return the next character that is not blank, "" at the end."""
        while True:
            while self._at < len(self._buffer):
                if self._buffer[self._at] not in _BLANK:
                    return self._buffer[self._at]
                self._at += 1
            if not self._more():
                return ""

    def _expect(self, sign: str) -> None:
        found = self._next()
        if found != sign:
            raise self._broken(self._at, cut=not found)
        self._at += 1

    def _value(self) -> Any:
        self._next()
        while True:
            try:
                value, end = _DECODER.raw_decode(self._buffer, self._at)
            except json.JSONDecodeError as error:
                open_end = "Unterminated" in error.msg
                place = error.pos - self._at
                if open_end or error.pos >= len(self._buffer) - _TOKEN:
                    if self._more():
                        continue
                    # What was read was dropped while looking for more.
                    cut = open_end or place >= len(self._buffer.rstrip()) - 1
                    raise self._broken(place, cut=cut) from error
                raise self._broken(error.pos, cut=False) from error
            except RecursionError:
                raise self._broken(self._at, cut=False) from None
            if end < len(self._buffer) or self._buffer[end - 1] in '"}]' or not self._more():
                self._at = end
                return value

    def _more(self) -> bool:
        """Drop what was read and get at least as much again; False at the end of the text."""
        done = self._buffer[: self._at]
        breaks = done.count("\n")
        self._line += breaks
        self._column = len(done) - done.rfind("\n") if breaks else self._column + len(done)
        kept = [self._buffer[self._at :]]
        wanted, got = max(len(kept[0]), 1), 0
        while got < wanted and (part := next(self._parts, None)) is not None:
            kept.append(part)
            got += len(part)
        self._buffer, self._at = "".join(kept), 0
        if len(self._buffer) > 2 * LONGEST:
            raise ParseError(
                f"{self._name} 第 {self._line} 行：一条记录超过 1600 万字，不像聊天导出，请重新导出"
            )
        return got > 0

    def _broken(self, at: int, *, cut: bool) -> ParseError:
        before = self._buffer[:at]
        breaks = before.count("\n")
        column = len(before) - before.rfind("\n") if breaks else self._column + len(before)
        what = "没有写完（可能还在导出或复制中断）" if cut else "有错误"
        return ParseError(
            f"{self._name} 第 {self._line + breaks} 行第 {column} 列：JSON {what}，"
            "请重新导出整个文件"
        )


def part(record: Any, key: str) -> dict[str, Any]:
    """Return an inner object, empty where the file has something else there."""
    inner = record.get(key) if isinstance(record, dict) else None
    return inner if isinstance(inner, dict) else {}
