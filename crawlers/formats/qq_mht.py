"""MHT export of QQ for PC: the same talk as its text export, as a table in one HTML part."""

import re
from collections.abc import Iterator
from html import unescape

from crawlers.formats.chat import SYSTEM_ID, message, stamp_of
from crawlers.formats.outcome import Opened, Read, some
from crawlers.reader import TextReader
from domain.post import BadRecord, SourceKind

_ROW = re.compile(r"<tr\b[^>]*>(.*?)</tr>", re.DOTALL | re.IGNORECASE)
_DAY = re.compile(r"日期[:：]\s*(\d{4}-\d{1,2}-\d{1,2})")
_GROUP = re.compile(r"消息对象[:：]\s*([^<\r\n]+)")
#: <div …><div …>name(number)</div>9:19:50</div><div …>what was said</div>
_MESSAGE = re.compile(
    r"<div[^>]*>\s*<div[^>]*>(?P<who>.*?)</div>\s*(?P<clock>\d{1,2}:\d{2}:\d{2})\s*</div>"
    r"\s*<div[^>]*>(?P<said>.*)</div>",
    re.DOTALL | re.IGNORECASE,
)
_WHO = re.compile(r"(?P<name>.*?)(?:\((?P<number>\d{4,})\)|<(?P<mail>[^<>\s]+)>)?\s*", re.DOTALL)
_IMAGE = re.compile(r"<img\b[^>]*>", re.IGNORECASE)
_BREAK = re.compile(r"<br\s*/?>|</(?:p|div)>", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")


def looks_like(text: str) -> bool:
    """Whether the beginning is such an archive of one page."""
    return "multipart/related" in text[:2000] and ("消息记录" in text or "Tencent" in text[:2000])


def read(text: TextReader, *, name: str) -> Opened:
    """Return the messages in file order; the pictures behind the page are left alone."""
    found = _GROUP.search(text.head)
    site = unescape(found[1]).strip() if found else ""
    problem = f"{name}：是 QQ 的 MHT 导出，但一条消息也没有；请在消息管理器里选中群后重新导出"
    return Opened(
        format="qq_mht", site=f"qq:{site}" if site else None, kind=SourceKind.GROUP,
        items=some(_messages(text, name=name), problem, name=name),
    )  # fmt: skip


def _messages(text: TextReader, *, name: str) -> Iterator[Read]:
    day, number = "", 0
    for row in _rows(text):
        dated = _DAY.search(row)
        if dated and "<div" not in row.lower():
            day = dated[1]
            continue
        found = _MESSAGE.search(row)
        if found is None:
            continue
        number += 1
        yield _message(found, day, number, name=name)


def _rows(text: TextReader) -> Iterator[str]:
    """Yield the inside of each table row; what follows the page (pictures) is skipped."""
    rest = ""
    for part in text.parts():
        rest += part
        end = 0
        for found in _ROW.finditer(rest):
            end = found.end()
            yield found[1]
        rest = rest[end:]
        if "</html>" in rest.lower():
            return


def _message(found: re.Match[str], day: str, number: int, *, name: str) -> Read:
    where = f"{name} 第 {number} 条消息"
    at = stamp_of(f"{day} {found['clock']}") if day else None
    if at is None:
        problem = "时间不完整，跳过这条消息"
        return BadRecord(where=where, line=number, problem=problem)
    who = _WHO.fullmatch(unescape(_TAG.sub("", found["who"])).replace("\xa0", " "))
    if who is None or not (who["name"] or who["number"]):
        return BadRecord(where=where, line=number, problem="没有发送人，跳过这条消息")
    said = _BREAK.sub("\n", _IMAGE.sub("[图片]", found["said"]))
    return message(
        at=at, author=who["name"], author_id=who["number"] or who["mail"],
        text=unescape(_TAG.sub("", said)).replace("\xa0", " "), line=number,
        system=who["number"] == SYSTEM_ID or who["name"].strip() == "系统消息",
    )  # fmt: skip
