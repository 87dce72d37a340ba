"""Bytes to text without mojibake: a declared charset is a claim to verify (collection §0 #9)."""

import codecs
import re
import zlib
from collections.abc import Iterable, Iterator
from itertools import chain

from resiliparse.parse.encoding import detect_encoding

from domain.errors import ParseError

#: Bytes read at once from a long file; also the sample its charset is told from.
CHUNK = 1 << 18
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_IN_HEADER = re.compile(r"charset\s*=\s*[\"']?([\w-]+)", re.IGNORECASE)
_IN_BODY = re.compile(rb"(?:charset\s*=\s*[\"']?|encoding\s*=\s*[\"'])([\w-]+)", re.IGNORECASE)
#: The older names of the family are subsets that real pages overstep (rare hanzi in nicknames).
_WIDER = {"gb2312": "gb18030", "gbk": "gb18030", "gb-2312": "gb18030", "utf8": "utf-8"}
#: A saved page may be cut or hold a broken byte; more than this share is a wrong charset.
_TOLERATED_DAMAGE = 0.002
#: Below this many non-ASCII bytes GBK text can be valid UTF-8 by chance, so the claim decides.
_TOO_SHORT_TO_TELL = 24
_ASCII = bytes(range(128))
_GZIP = b"\x1f\x8b"
#: Guard against a decompression bomb in the drop folder (bytes).
_MAX_UNPACKED = 4 << 30
#: Control characters no text has: all but tab, line ends and escape (some charsets shift by it).
_CONTROL = bytes({*range(9), *range(14, 27), *range(28, 32)})
_BINARY = "{where}：不是文本（像图片、压缩包或程序），请换成导出的文本文件"
_NO_CHARSET = (
    "{where}：看不出文字编码（声明为 {declared}，按 UTF-8、GB18030 都读不通），"
    "请另存为 UTF-8 后再导入"
)


def decode(data: bytes, *, where: str, declared: str | None = None) -> str:
    """Return the text of a page or file; raise ParseError if no charset fits it."""
    for mark, codec in _BOMS:
        if data.startswith(mark):
            try:
                return data[len(mark) :].decode(codec)
            except UnicodeDecodeError:
                data = data[len(mark) :]
                break
    if is_binary(data):
        raise ParseError(_BINARY.format(where=where))
    for codec in _candidates(data, declared):
        if _fits(data, codec, whole=True):
            return data.decode(codec, errors="replace")
    raise ParseError(_NO_CHARSET.format(where=where, declared=declared or "无"))


def declared_charset(content_type: str, body: bytes) -> str | None:
    """Return what the response claims: the HTTP header before meta tag or XML prolog."""
    header = _IN_HEADER.search(content_type)
    if header:
        return header.group(1).lower()
    meta = _IN_BODY.search(body[:4096])
    return meta.group(1).decode("ascii").lower() if meta else None


def is_binary(data: bytes) -> bool:
    """Whether the bytes cannot be text in any charset of this field (control characters)."""
    head = data[:8192]
    control = len(head) - len(head.translate(None, _CONTROL))
    return b"\0" in head or control > len(head) * 0.02


def decoded(parts: Iterable[bytes], *, where: str, declared: str | None = None) -> Iterator[str]:
    """Yield the text of a long file part by part; raise ParseError if no charset fits its begin.

    The charset is told from the first part that is not plain ASCII. A damaged byte becomes
    U+FFFD; a part that is damage more than text ends the file there with DamagedError.
    """
    decoder: codecs.IncrementalDecoder | None = None
    lines = 1
    for number, part in enumerate(parts):
        if decoder is None and (not part.isascii() or (number == 0 and is_binary(part))):
            codec, part = _codec_of(part, where=where, declared=declared)  # noqa: PLW2901
            decoder = codecs.getincrementaldecoder(codec)("replace")
        text = part.decode("ascii") if decoder is None else decoder.decode(part)
        if text.count("\ufffd") > max(len(text) * _TOLERATED_DAMAGE, 1):
            line = lines + text.count("\n", 0, text.index("\ufffd"))
            raise DamagedError(
                f"{where} 第 {line} 行：从这里起文字编码读不通，后面的没有读；"
                "请另存为 UTF-8 后再导入整个文件",
                line=line,
            )
        lines += text.count("\n")
        yield text
    if decoder is not None and (rest := decoder.decode(b"", final=True)):
        yield rest


class DamagedError(ParseError):
    """The file becomes unreadable at this line; what stood before it was read."""

    def __init__(self, message: str, *, line: int) -> None:
        super().__init__(message)
        self.line = line


def _codec_of(part: bytes, *, where: str, declared: str | None) -> tuple[str, bytes]:
    """Return the codec of a file that begins with this part, and the part without its mark."""
    for mark, codec in _BOMS:
        if part.startswith(mark) and _fits(part[len(mark) :], codec, whole=False):
            return codec, part[len(mark) :]
    part = part.removeprefix(codecs.BOM_UTF8)
    if is_binary(part):
        raise ParseError(_BINARY.format(where=where))
    # A part may end within a character; a codec is not to blame for that.
    for codec in _candidates(part[: part.rfind(b"\n") + 1] or part, declared):
        if _fits(part, codec, whole=False):
            return codec, part
    raise ParseError(_NO_CHARSET.format(where=where, declared=declared or "无"))


def _fits(data: bytes, codec: str, *, whole: bool) -> bool:
    try:
        text = codecs.getincrementaldecoder(codec)("replace").decode(data, final=whole)
    except LookupError:
        return False
    return text.count("\ufffd") <= len(text) * _TOLERATED_DAMAGE


def unpacked(parts: Iterable[bytes], *, where: str) -> Iterator[bytes]:
    """Yield gzip content unpacked, anything else as it is; a cut archive is a ParseError."""
    rest = iter(parts)
    first = next(rest, b"")
    if not first.startswith(_GZIP):
        yield from chain([first], rest) if first else rest
        return
    size = 0
    for content in _members(chain([first], rest), where=where):
        size += len(content)
        if size > _MAX_UNPACKED:
            raise ParseError(f"{where}：解压后超过 4 GB，请分成几个文件再导入")
        yield content


def _members(parts: Iterable[bytes], *, where: str) -> Iterator[bytes]:
    """Yield the content of gzip members, one after another; other bytes behind them are padding."""
    member = zlib.decompressobj(wbits=31)
    fresh = True
    for part in parts:
        while part:
            if fresh and not part.startswith(_GZIP[:1]):
                return
            try:
                content = member.decompress(part, CHUNK)
            except zlib.error as error:
                raise ParseError(f"{where}：gz 压缩包已损坏（{error}），请重新导出") from error
            if content:
                yield content
            part, fresh = member.unconsumed_tail, False  # noqa: PLW2901
            if member.eof:
                part, fresh = member.unused_data, True  # noqa: PLW2901
                member = zlib.decompressobj(wbits=31)
    while not fresh and (content := member.decompress(b"", CHUNK)):
        yield content
    if not fresh and not member.eof:
        raise ParseError(f"{where}：gz 压缩包不完整，请等复制完再导入")


def _candidates(data: bytes, declared: str | None) -> list[str]:
    """Return the codecs to try, most credible first."""
    claim = _WIDER.get(declared, declared) if declared else None
    found = str(detect_encoding(data) or "")
    detected = _WIDER.get(found, found)
    order = [claim] if claim else []
    if _is_utf8(data):
        foreign = len(data.translate(None, delete=_ASCII))
        order.insert(len(order) if foreign < _TOO_SHORT_TO_TELL else 0, "utf-8")
    order += ["utf-8", detected, "gb18030"]
    return list(dict.fromkeys(codec for codec in order if codec))


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
