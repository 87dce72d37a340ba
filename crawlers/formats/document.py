"""One whole JSON document: read it or say exactly where it breaks off."""

import json
from typing import Any

from domain.errors import ParseError


def load_document(text: str, *, name: str) -> dict[str, Any]:
    """Return the object; raise ParseError naming line and column of a broken document."""
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        broken_off = error.pos >= len(text.rstrip()) - 1 or "Unterminated" in error.msg
        what = "没有写完（可能还在导出或复制中断）" if broken_off else "有错误"
        raise ParseError(
            f"{name} 第 {error.lineno} 行第 {error.colno} 列：JSON {what}，请重新导出整个文件"
        ) from error
    if not isinstance(document, dict):
        raise ParseError(f"{name}：JSON 最外层应是对象，请确认是聊天导出文件")
    return document


def messages_of(document: dict[str, Any], *, name: str) -> list[Any]:
    """Return its list of messages; raise ParseError if there is none."""
    rows = document.get("messages")
    if not isinstance(rows, list):
        raise ParseError(f"{name}：找不到消息列表（messages），请确认是聊天导出文件")
    if not rows:
        raise ParseError(f"{name}：消息列表是空的，请重新导出")
    return rows
