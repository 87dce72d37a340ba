"""Forms in one call: a case becomes F3 or F4, as fields, text and Word; saved with audit (A6)."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from alerts.clocks import WARN_AT
from config import facts as fact_files
from domain.access import Actor
from domain.case import Due, Pack, StartedClock
from domain.clock import SHANGHAI, say_time
from domain.errors import CaseError, FactsError
from pipelines.wiring import App
from reports import form_word
from reports import forms as words
from reports.forms import FormDraft
from reports.text import clean_text
from store import clocks, forms
from store.db import Connection
from store.forms import KINDS, Saved

#: Clock of the next report, started where the form says when it will come.
NEXT, SAVED = "next-report", "form-saved-F4"
_DAY, _HOUR = "下份报告日期", "下份报告时间"


def prefill(app: App, case_number: str, kind: str, actor: Actor, now: datetime) -> FormDraft:
    """Return form `kind` (F3, F4) of a case filled with what is known; nothing is written.

    What a person wrote in an earlier one and is lasting stays. Raises CaseError, AccessError.
    """
    _known(kind)
    with app.db.read() as connection:
        return _draft(connection, case_number, kind, actor, now)


def save_form(
    app: App,
    case_number: str,
    kind: str,
    values: Mapping[str, str],
    *,
    n: int,
    actor: Actor,
    now: datetime,
) -> int:
    """Store form n with these values (label → value) and return n; audited on the case.

    F4 stops the clock of this report and starts that of the next where a time is given.
    Raises ConflictError when n is taken, CaseError naming the field that is wrong.
    """
    _known(kind)
    with app.db.write() as connection:
        draft = _draft(connection, case_number, kind, actor, now)
        unknown = [label for label in values if label not in draft.values]
        if unknown:
            raise CaseError(f"{KINDS[kind]}没有“{unknown[0]}”这一项：请刷新后重做")
        final = {**draft.values, **{key: clean_text(value) for key, value in values.items()}}
        following = _following(final, now) if kind == "F4" else None
        forms.save(
            connection, case_number, kind, n, values=final, filled=draft.values, actor=actor,
            now=now,
        )  # fmt: skip
        if kind == "F4":
            clocks.stop(connection, f"case:{case_number}", SAVED, actor.name, now)
            if following is not None:
                _start(connection, case_number, n + 1, now, following)
        return n


def history(app: App, case_number: str, kind: str, actor: Actor) -> list[Saved]:
    """Return the saved forms of a kind, oldest first."""
    _known(kind)
    with app.db.read() as connection:
        return forms.saved(connection, actor, case_number, kind)


def text(draft: FormDraft) -> str:
    """Return the copy-ready text of a form."""
    return words.as_text(draft)


def word(draft: FormDraft) -> bytes:
    """Return the form as a Word file."""
    return form_word.render(draft)


def with_values(draft: FormDraft, values: Mapping[str, str]) -> FormDraft:
    """Return the draft as a person filled it in, for text and Word."""
    return words.filled_in(draft, values)


def _draft(
    connection: Connection, case_number: str, kind: str, actor: Actor, now: datetime
) -> FormDraft:
    known = forms.facts(connection, actor, case_number)
    before = forms.saved(connection, actor, case_number, kind)
    if kind == "F3":
        return words.f3(known, actor.name, now, before)
    return words.f4(known, actor.name, now, before, _pack(known.pack_copy))


def _pack(text: str) -> Pack:
    """Return the pack frozen with the case; one without limits where it cannot be read."""
    try:
        return fact_files.pack(text, "个案冻结的程序包")
    except FactsError:
        return Pack(name="", version=0, title="", numbering="", levels={}, clocks=())


def _following(values: Mapping[str, str], now: datetime) -> datetime | None:
    day, hour = values.get(_DAY, "").strip(), values.get(_HOUR, "").strip()
    if not day and not hour:
        return None
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", day):
        raise CaseError(f"{_DAY}“{day}”不对：请写成 2026-11-22，或与时间一起留空")
    if not re.fullmatch(r"\d{1,2}:\d{2}", hour):
        raise CaseError(f"{_HOUR}“{hour}”不对：请写成 09:00，或与日期一起留空")
    try:
        at = datetime.strptime(f"{day} {hour}", "%Y-%m-%d %H:%M").replace(tzinfo=SHANGHAI)
    except ValueError:
        raise CaseError(f"下份报告的日期时间“{day} {hour}”不存在：请核对") from None
    if at <= now:
        raise CaseError(f"下份报告时间 {say_time(at)} 已过：请改为将来的时间")
    return at


def _start(connection: Connection, case_number: str, n: int, now: datetime, due: datetime) -> None:
    length: timedelta = due - now
    clocks.start(
        connection,
        f"case:{case_number}",
        StartedClock(
            definition=f"{NEXT}-{n}", name=f"第 {n} 次情况报告", role="记录人", started_at=now,
            start_event=SAVED, stop_event=SAVED, calendar="wall",
            due=Due(at=due, steps=(f"上一份报告写明：{say_time(due)}",)),
            warn_at={percent: now + length * percent / 100 for percent in WARN_AT},
        ),
    )  # fmt: skip


def _known(kind: str) -> None:
    if kind not in KINDS:
        raise CaseError(f"没有表格“{kind}”：可用 {'、'.join(KINDS)}")
