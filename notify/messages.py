"""Messages: fills the Chinese templates; the wording lives in notify/templates/*.md."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

LEVEL_WORDS = {"critical": "重大", "major": "较大", "moderate": "一般", "minor": "轻微"}
CHANGE_WORDS = {"opened": "新预警", "raised": "级别上升"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertMessage:
    """The values an alert message is filled with; all already masked and in Chinese."""

    level: str
    change: str
    subject: str
    number: str
    version: int
    at: str
    reason: str
    quotes: tuple[str, ...]
    next_step: str


def alert_message(values: AlertMessage) -> tuple[str, str]:
    """Return (subject line, body) of an opened or raised alert."""
    level = LEVEL_WORDS[values.level]
    quotes = "\n".join(f"· {quote}" for quote in values.quotes) or "· （无可引用原文）"
    body = _template("alert.md").format(
        level=level, change=CHANGE_WORDS[values.change], subject=values.subject,
        number=values.number, version=values.version, at=values.at, reason=values.reason,
        quotes=quotes, next_step=values.next_step,
    )  # fmt: skip
    return f"【烽火】疑似{level}：{values.subject} {values.number}-v{values.version}", body


def overdue_message(
    *, level: str, subject: str, number: str, version: int, limit: str, late: str
) -> tuple[str, str]:
    """Return (subject line, body) of a triage clock that ran out; `late` marks a catch-up."""
    body = _template("overdue.md").format(
        level=LEVEL_WORDS[level], subject=subject, number=number, version=version, limit=limit,
        late=late,
    )  # fmt: skip
    return f"【烽火】研判超时：{subject} {number}", body


@cache
def _template(name: str) -> str:
    return files("notify").joinpath("templates", name).read_text(encoding="utf-8").strip()
