"""Bytes to text without mojibake: a declared charset is a claim to verify (collection §0 #9)."""

import codecs
import re
import zlib

from resiliparse.parse.encoding import detect_encoding

from domain.errors import ParseError

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
#: Guard against a decompression bomb in the drop folder (bytes).
_MAX_UNPACKED = 1 << 30


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
        raise ParseError(f"{where}：不是文本（像图片、压缩包或程序），请换成导出的文本文件")
    for codec in _candidates(data, declared):
        try:
            text = data.decode(codec, errors="replace")
        except LookupError:
            continue
        if text.count("\ufffd") <= len(text) * _TOLERATED_DAMAGE:
            return text
    raise ParseError(
        f"{where}：看不出文字编码（声明为 {declared or '无'}，按 UTF-8、GB18030 都读不通），"
        "请另存为 UTF-8 后再导入"
    )


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
    control = sum(byte < 9 or 13 < byte < 27 or 27 < byte < 32 for byte in head)
    return b"\0" in head or control > len(head) * 0.02


def unpack(data: bytes, *, where: str) -> bytes:
    """Return gzip content unpacked, anything else as it is; a cut archive is a ParseError."""
    if not data.startswith(b"\x1f\x8b"):
        return data
    content = b""
    while data.startswith(b"\x1f\x8b"):  # several members one after another are legal
        member = zlib.decompressobj(wbits=31)
        try:
            content += member.decompress(data, _MAX_UNPACKED)
        except zlib.error as error:
            raise ParseError(f"{where}：gz 压缩包已损坏（{error}），请重新导出") from error
        if member.unconsumed_tail or len(content) > _MAX_UNPACKED:
            raise ParseError(f"{where}：解压后超过 1 GB，请分成几个文件再导入")
        if not member.eof:
            raise ParseError(f"{where}：gz 压缩包不完整，请等复制完再导入")
        data = member.unused_data
    return content


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
