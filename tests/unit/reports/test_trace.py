"""The trace of a post shows no personal number in what it quotes."""

from typing import Any

import pytest

from reports.trace import _revision

REVISION: dict[str, Any] = {
    "n": 1, "title": "望江府", "text": "漏水", "deleted": False, "hidden": None, "sha256": None,
}  # fmt: skip
ANALYSIS: dict[str, Any] = {
    "version": "v", "active": True, "negativity": 0.9, "severity": 0.1, "relevant": True,
}  # fmt: skip


def shown(text: str = "漏水", alias: str = "望江府", why: str = "漏水") -> str:
    details = {"categories": [], "why": [{"text": why, "weight": 1.0}]}
    mention = {"name": "云麓·望江府", "via": "text", "alias": alias, "negativity": 0.9}
    analysis = {**ANALYSIS, "details": details, "mentions": [mention]}
    return "\n".join(_revision({**REVISION, "text": text, "analyses": [analysis]}))


@pytest.mark.parametrize("where", ["text", "alias", "why"])
def test_rooms_and_phones_are_masked_wherever_they_are_quoted(where: str) -> None:
    lines = shown(**{where: "望江府3栋一五零一，打一三八零零一三八零零零"})
    assert "望江府3栋****，打一三八********" in lines
    assert "一五零一" not in lines
