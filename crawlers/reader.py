"""TextReader: a long text file as its beginning, its lines or its characters, never as a whole."""

import io
from collections.abc import Iterable, Iterator
from itertools import chain

from domain.errors import ParseError

#: Characters a format is recognised by.
HEAD = 8000
#: No message and no record is longer; a file without line ends must not fill the memory.
LONGEST = 16 << 20


class TextReader:
    """Reads once, from the beginning; `head` may be looked at before that."""

    def __init__(self, parts: Iterable[str], *, name: str) -> None:
        self._name = name
        self._parts = iter(parts)
        begin: list[str] = []
        while sum(map(len, begin)) < HEAD and (part := next(self._parts, None)) is not None:
            begin.append(part)
        begun = "".join(begin).removeprefix("\ufeff")
        #: The beginning, for recognising the format.
        self.head = begun[:HEAD]
        self._parts = chain([begun] if begun else [], self._parts)

    def parts(self) -> Iterator[str]:
        """Yield the text in parts of any length."""
        return self._parts

    def lines(self) -> Iterator[tuple[int, str]]:
        r"""Yield (number, line) without its end; only \n and \r\n end a line, a lone \r does not.

        Chat members type lone CRs, and U+2028 stands inside JSON strings.
        """
        number, rest = 0, ""
        for part in self._parts:
            *whole, rest = (rest + part).split("\n")
            for line in whole:
                number += 1
                yield number, line.removesuffix("\r")
            self._bound(rest, number + 1)
        if rest:
            yield number + 1, rest.removesuffix("\r")

    def records(self) -> Iterator[str]:
        """Yield lines with their ends as the csv module wants them; lone CRs end a line too."""
        rest = ""
        for part in self._parts:
            text = rest + part
            cut = max(text.rfind("\n"), text.rfind("\r", 0, -1)) + 1
            yield from io.StringIO(text[:cut], newline="")
            rest = text[cut:]
            self._bound(rest, None)
        if rest:
            yield from io.StringIO(rest, newline="")

    def _bound(self, rest: str, number: int | None) -> None:
        if len(rest) > LONGEST:
            where = f" 第 {number} 行" if number else ""
            raise ParseError(f"{self._name}{where}：一行超过 1600 万字，不像导出的文件，请重新导出")
