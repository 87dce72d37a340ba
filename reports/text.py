"""Texts for documents: clean, masked, short; and the words of codes (platform §6)."""

import unicodedata
from urllib.parse import urlsplit

from domain.mask import mask

#: A quote in a report is no longer than this (A12 privacy 6).
QUOTE = 40
#: Word and Excel refuse these or drop the whole text: controls, lone surrogates, private use.
_ODD = {"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"}

LEVELS = {"critical": "重大", "major": "较大", "moderate": "一般", "minor": "轻微"}
STATUS = {"open": "开放", "closed": "已关闭", "dismissed": "已排除", "merged": "已合并"}
VERDICTS = {
    "confirmed": "属实", "false_alarm": "误报", "merged": "合并", "registered": "已登记个案",
}  # fmt: skip
CASE_STATES = {
    "registered": "已登记", "graded": "已定级", "routine": "普通投诉流程", "reported": "已上报",
    "closed": "结案", "archived": "归档",
}  # fmt: skip


def clean_text(value: object) -> str:
    """Return text any document takes: line breaks stay, odd characters become U+FFFD."""
    text = str(value).replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return "".join(
        "\ufffd" if unicodedata.category(c) in _ODD and c != "\n" else c for c in text
    )  # fmt: skip


def said(value: str) -> str:
    """Return what somebody else wrote: clean, personal numbers masked, on one line."""
    return " ".join(clean_text(mask(value)).split())


def quote(value: str, limit: int = QUOTE) -> str:
    """Return a brief masked quote; masking comes first, so a cut shows no half number."""
    text = said(value)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def web_address(url: str | None) -> str | None:
    """Return an address that may become a link, None for everything else."""
    if not url:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in {"http", "https"} and parts.hostname else None
