"""Marks: how each channel writes bold, links and lines; crawled words never become markup."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

#: Signs that mean something in one of the markdown dialects, or call people (@), → harmless twins.
_HARMLESS = str.maketrans("<>[]*`#_~@|\\", "＜＞［］＊｀＃＿～＠｜＼")
_LIST_START = re.compile(r"^(\s*)([-+]|\d+\.)(?=\s)", re.MULTILINE)


def plain(text: str) -> str:
    """Return one line without control, bidi and other invisible signs."""
    seen = "".join(sign if unicodedata.category(sign)[0] != "C" else " " for sign in text)
    return " ".join(seen.split())


def cut(text: str, length: int) -> str:
    """Return at most `length` signs of `text`, the loss shown by an ellipsis."""
    return text if len(text) <= length else text[: length - 1] + "…"


def safe_url(url: str | None) -> str:
    """Return a web address without signs that would end a link; empty for anything else."""
    if not url or not url.startswith(("http://", "https://")):
        return ""
    kept = "".join(sign for sign in url if unicodedata.category(sign)[0] not in ("C", "Z"))
    return re.sub(r"[()<>\[\]\"'`|\\*]", lambda m: f"%{ord(m[0]):02X}", kept)


def harmless(text: str) -> str:
    """Return words that no markdown dialect reads as markup."""
    return _LIST_START.sub(r"\1＋", text.translate(_HARMLESS))


def _same(text: str) -> str:
    return text


def _bare_link(label: str, url: str) -> str:
    return f"{label}：{url}"


def _marked_link(label: str, url: str) -> str:
    return f"[{label}]({url})"


def _bold(text: str) -> str:
    return f"**{text}**"


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """How one channel wants its text."""

    words: Callable[[str], str]
    bold: Callable[[str], str]
    link: Callable[[str, str], str]
    newline: str
    rule: str


TEXT = Marks(words=_same, bold=_same, link=_bare_link, newline="\n", rule="—" * 20)
WECOM = Marks(
    words=harmless, bold=_bold, link=_marked_link, newline="\n", rule="—" * 12
)  # its markdown knows no rule
#: One line break is a space to DingTalk.
DINGTALK = Marks(words=harmless, bold=_bold, link=_marked_link, newline="\n\n", rule="---")
FEISHU = Marks(words=harmless, bold=_bold, link=_marked_link, newline="\n", rule="---")

MARKS = {
    "console": TEXT, "email": TEXT, "wecom": WECOM, "dingtalk": DINGTALK, "feishu": FEISHU,
}  # fmt: skip

#: Bytes (UTF-8) a body may have; WeCom's own limit is 4,096, the others' about 20 kB with the
#: JSON around it (platform §7). None = the channel cuts nothing.
BUDGET: dict[str, int | None] = {
    "console": None, "email": None, "wecom": 4096, "dingtalk": 18_000, "feishu": 18_000,
}  # fmt: skip


def size(text: str) -> int:
    """Return the bytes a text takes on the wire."""
    return len(text.encode("utf-8", errors="replace"))
