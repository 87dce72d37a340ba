"""Saved, invented pages against what they say; a field that changes is named by its test.

A folder without expected.json gets one written and fails until somebody has reviewed it.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, is_dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

from crawlers.decode import declared_charset, decode
from crawlers.pages.article import read_article
from crawlers.pages.discuz import read_board, read_thread
from crawlers.pages.feed import read_feed
from domain.clock import iso_shanghai
from domain.errors import BlockedError

PAGES = Path(__file__).parent / "pages"
READERS: dict[str, Any] = {
    "thread": read_thread, "board": read_board, "feed": read_feed, "article": read_article,
}  # fmt: skip


def plain(value: Any) -> Any:
    """Return a value as JSON holds it, empty fields left out so that files read well."""
    if is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items() if told(inner)}
    if isinstance(value, tuple | list):
        return [plain(inner) for inner in value]
    if isinstance(value, datetime):
        return iso_shanghai(value)
    return str(value) if isinstance(value, StrEnum) else value


def told(value: Any) -> bool:
    return not (value is None or value is False or value in ("", ()))


def read(folder: Path) -> dict[str, Any]:
    meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
    body = (folder / "page.html").read_bytes()
    declared = declared_charset(meta["content_type"], body)
    html = decode(body, where=meta["url"], declared=declared)
    now = datetime.fromisoformat(meta["now"])
    try:
        found = READERS[meta["reader"]](html, url=meta["url"], now=now)
    except BlockedError as error:
        return {"blocked": str(error)}
    result = plain(found)
    assert isinstance(result, dict)
    return result


def cases() -> Iterator[Any]:
    for folder in sorted(path.parent for path in PAGES.glob("*/*/meta.json")):
        name = folder.relative_to(PAGES).as_posix()
        expected = folder / "expected.json"
        if not expected.exists():
            yield pytest.param(folder, None, id=name)
            continue
        for field in json.loads(expected.read_text(encoding="utf-8")):
            yield pytest.param(folder, field, id=f"{name}:{field}")


@pytest.mark.parametrize(("folder", "field"), list(cases()))
def test_page_says(folder: Path, field: str | None) -> None:
    path = folder / "expected.json"
    got = read(folder)
    if field is None:
        path.write_text(json.dumps(got, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        pytest.fail(f"{path.name} written for {folder.name}: review it, then run again")
    expected = json.loads(path.read_text(encoding="utf-8"))
    assert got.get(field) == expected[field]
    assert got.keys() == expected.keys()
