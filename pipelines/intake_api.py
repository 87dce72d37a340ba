"""Intake API (接入接口): complaints that CRM and hotline hand in, each request once and whole.

One request is one transaction: its complaints, their audit rows and the answer that is given again
to the same idempotency key. What is wrong is said field by field, without repeating what was sent.
"""

import hashlib
import json
import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from crawlers.times import read_time
from domain.access import Actor
from domain.errors import CaseError
from domain.post import SourceKind
from domain.source import Source
from pipelines import complaints
from pipelines.complaints import CATEGORIES, WAYS, ComplaintForm
from pipelines.wiring import App
from store import complaints as complaint_rows
from store import intake_keys, sources, subjects
from store.db import Connection
from store.intake_keys import IntakeKey

#: Limits of one request: bytes, complaints, requests of one key in a minute.
MOST_BYTES = 1_000_000
MOST_ITEMS = 100
MOST_A_MINUTE = 60
_MINUTE = timedelta(minutes=1)
_KEY_LENGTH = 128
_CHANNEL = 32
#: Field → (Chinese name, most characters); all are text.
_TEXTS: dict[str, tuple[str, int]] = {
    "text": ("诉求内容", 20_000),
    "category": ("投诉类别", 32),
    "way": ("投诉方式", 32),
    "project": ("项目", 64),
    "name": ("姓名", 64),
    "phone": ("电话", 32),
    "phase": ("分期", 16),
    "building": ("楼栋", 16),
    "unit": ("单元", 16),
    "room": ("房号", 16),
    "order_no": ("工单编号", 64),
    "received_at": ("受理时间", 40),
    "reply_due_at": ("回复期限", 40),
}
#: What JSON may say and no database or answer can carry.
_HALF_OR_NUL = re.compile(r"[\x00\ud800-\udfff]")
_TIMES = ("received_at", "reply_due_at")
_NEEDED = ("text", "order_no")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What is answered: the HTTP status and a JSON object."""

    status: int
    body: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """One field that cannot be taken as it is; never says what stood there."""

    field: str
    problem: str


@dataclass(slots=True)
class Pace:
    """Requests of each key within the last minute, known ones and wrong ones included."""

    times: dict[int, deque[datetime]] = field(default_factory=dict)

    def allows(self, key_id: int, now: datetime) -> bool:
        """Whether one more request is within the limit; it is counted if so."""
        mine = self.times.setdefault(key_id, deque())
        while mine and mine[0] <= now - _MINUTE:
            mine.popleft()
        if len(mine) >= MOST_A_MINUTE:
            return False
        mine.append(now)
        return True


def add_key(app: App, name: str, *, source_name: str, actor: Actor, now: datetime) -> str:
    """Make a key whose complaints belong to this source; return it, the only time it is seen."""
    source_name = source_name.strip()
    if not 0 < len(source_name) <= _CHANNEL:
        raise CaseError(f"来源名应有 1 到 {_CHANNEL} 个字：登记簿里它就是来单渠道")
    with app.db.write() as connection:
        if sources.find(connection, source_name) is None:
            item = Source(
                name=source_name, engine="file", url="接口", site=source_name,
                kind=SourceKind.COMPLAINT, every=timedelta(days=1),
            )  # fmt: skip
            sources.put(connection, item)
        source_id = sources.get_id(connection, source_name)
        return intake_keys.make(connection, name, source_id=source_id, actor=actor, now=now)


def key_of(app: App, authorization: str) -> IntakeKey | None:
    """Return the key an Authorization header shows, None if it shows none in use."""
    scheme, _, key = authorization.partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        return None
    with app.db.read() as connection:
        return intake_keys.find(connection, key.strip())


def take_in(app: App, key: IntakeKey, idempotency_key: str, body: bytes, now: datetime) -> Reply:
    """Store the complaints of one request and return what to answer; nothing is half stored."""
    if not (0 < len(idempotency_key) <= _KEY_LENGTH and idempotency_key.isprintable()):
        problem = f"请给出请求头 Idempotency-Key：每个请求自己的编号，最多 {_KEY_LENGTH} 个字符"
        return _refused(400, problem)
    digest = hashlib.sha256(body).hexdigest()
    with app.db.read() as connection:
        known = intake_keys.answered(connection, key.id, idempotency_key)
    if known is not None:
        return _again(known, digest)
    parsed = _items(body)
    if isinstance(parsed, Reply):
        return parsed
    items, listed = parsed
    with app.db.read() as connection:
        projects = _projects(connection)
    forms, wrong = _forms(items, projects, channel=key.source, now=now, listed=listed)
    if wrong:
        return _wrong(wrong)
    return _store(app, key, idempotency_key, digest, forms, now, listed=listed)


def _again(known: intake_keys.Answered, digest: str) -> Reply:
    """Give the stored answer again; another body under the same number is a mistake."""
    if known.body_sha256 != digest:
        problem = "这个 Idempotency-Key 已用于另一份内容：新的投诉请用新的编号"
        return _refused(409, problem)
    return Reply(status=200, body=known.answer)


def _store(
    app: App, key: IntakeKey, idempotency_key: str, digest: str, forms: list[ComplaintForm],
    now: datetime, *, listed: bool,
) -> Reply:  # fmt: skip
    actor = Actor(name=key.name, via="import")
    with app.db.write(bulk=len(forms) > 1) as connection:
        known = intake_keys.answered(connection, key.id, idempotency_key)
        if known is not None:  # the same request came twice at once
            return _again(known, digest)
        done = [_register(app, connection, form, actor, now) for form in forms]
        answer: dict[str, Any] = {"ok": True, "items": done} if listed else {"ok": True, **done[0]}
        intake_keys.remember(
            connection, key.id, idempotency_key, body_sha256=digest, answer=answer, now=now
        )
    return Reply(status=201, body=answer)


def _register(
    app: App, connection: Connection, form: ComplaintForm, actor: Actor, now: datetime
) -> dict[str, Any]:
    """Store one complaint; an order that is in the book already is named and left as it is."""
    assert form.order_no is not None
    known = complaint_rows.by_order(connection, form.channel, form.order_no)
    if known is not None and known.withdrawn_at is None:
        return {"order_no": form.order_no, "number": known.number, "created": False}
    number = complaints.store_form(app, connection, form, actor, now, reason="接口登记")
    return {"order_no": form.order_no, "number": number, "created": True}


# ---- checking -----------------------------------------------------------------------------------


def _items(body: bytes) -> tuple[list[Any], bool] | Reply:
    """Return the complaints of a body and whether they came as a list, or why it is none."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return _refused(400, "请求正文不是正确的 JSON（UTF-8）")
    if not isinstance(said, dict):
        return _refused(400, '请求正文应是一个 JSON 对象：一条投诉，或 {"items": […]}')
    return _listed(said) if "items" in said else ([said], False)


def _listed(said: dict[str, Any]) -> tuple[list[Any], bool] | Reply:
    items = said["items"]
    extra = [name for name in said if name != "items"]
    if extra:
        return _wrong([Wrong(field=_shown(extra[0]), problem="与 items 并列的字段不认识，请去掉")])
    if not isinstance(items, list) or not items:
        return _wrong([Wrong(field="items", problem="应是至少一条投诉的列表")])
    if len(items) > MOST_ITEMS:
        return _wrong([Wrong(field="items", problem=f"一次最多 {MOST_ITEMS} 条，请分几次提交")])
    return items, True


def _forms(
    items: list[Any], projects: Mapping[str, str], *, channel: str, now: datetime, listed: bool
) -> tuple[list[ComplaintForm], list[Wrong]]:
    """Return the complaints as forms and every field that is wrong."""
    forms: list[ComplaintForm] = []
    wrong: list[Wrong] = []
    seen: set[str] = set()
    for place, item in enumerate(items):
        where = f"items[{place}]." if listed else ""
        if not isinstance(item, dict):
            wrong.append(Wrong(field=where.rstrip(".") or "正文", problem="应是一个 JSON 对象"))
            continue
        problems = _problems(item, projects, now)
        number = str(item.get("order_no") or "").strip()
        if number and number in seen:
            problems.append(Wrong(field="order_no", problem="与同一请求里的另一条重复"))
        seen.add(number)
        wrong += [Wrong(field=where + one.field, problem=one.problem) for one in problems]
        if not problems:
            forms.append(_form(item, projects, channel=channel, now=now))
    return forms, wrong


def _problems(item: Mapping[str, Any], projects: Mapping[str, str], now: datetime) -> list[Wrong]:
    found = [
        Wrong(field=_shown(name), problem=f"不认识的字段，可用：{'、'.join(_TEXTS)}")
        for name in item
        if name not in _TEXTS
    ]
    for name, (title, most) in _TEXTS.items():
        value = item.get(name)
        if value is None or (isinstance(value, str) and not value.strip()):
            if name in _NEEDED:
                found.append(Wrong(field=name, problem=f"没有填：请给出{title}"))
        elif not isinstance(value, str):
            found.append(Wrong(field=name, problem=f"{title}应是文字（加引号）"))
        elif _HALF_OR_NUL.search(value):
            problem = f"{title}含有残缺字符或空字符（\\u0000、半个代理对），请去掉"
            found.append(Wrong(field=name, problem=problem))
        elif len(value) > most:
            found.append(Wrong(field=name, problem=f"{title}太长：最多 {most} 个字"))
    return found or _meanings(item, projects, now)


def _meanings(item: Mapping[str, Any], projects: Mapping[str, str], now: datetime) -> list[Wrong]:
    """Return what is wrong with fields that have the right shape."""
    found: list[Wrong] = []
    moments = {name: _moment(item.get(name)) for name in _TIMES}
    for name in _TIMES:
        if _said(item, name) and moments[name] is None:
            problem = "时间读不懂：请写 2026-11-21T09:08:00+08:00 这样"
            found.append(Wrong(field=name, problem=problem))
    received, due = moments["received_at"] or now, moments["reply_due_at"]
    if received > now + timedelta(minutes=5):
        found.append(Wrong(field="received_at", problem="受理时间晚于现在：请核对时区"))
    elif due is not None and due <= received:
        found.append(Wrong(field="reply_due_at", problem="回复期限不晚于受理时间：请核对"))
    for name, allowed in (("category", CATEGORIES), ("way", WAYS)):
        if _said(item, name) and _said(item, name) not in allowed:
            found.append(Wrong(field=name, problem=f"不在可选之列：{'、'.join(allowed)}"))
    if _said(item, "project") and _said(item, "project") not in projects:
        problem = "没有这个监测对象：请写对象的编号或全名，不确定时不写这个字段"
        found.append(Wrong(field="project", problem=problem))
    return found


def _form(
    item: Mapping[str, Any], projects: Mapping[str, str], *, channel: str, now: datetime
) -> ComplaintForm:
    said = {name: _said(item, name) for name in _TEXTS}
    return ComplaintForm(
        text=said["text"], category=said["category"] or "其他", way=said["way"] or "网上",
        subject=projects.get(said["project"]), name=said["name"], phone=said["phone"],
        phase=said["phase"], building=said["building"], unit=said["unit"], room=said["room"],
        received_at=min(_moment(said["received_at"]) or now, now), channel=channel,
        order_no=said["order_no"], reply_due_at=_moment(said["reply_due_at"]),
    )  # fmt: skip


def _shown(name: str) -> str:
    """Return the name of a foreign field as an answer can carry it."""
    return _HALF_OR_NUL.sub("?", name)[:32]


def _said(item: Mapping[str, Any], name: str) -> str:
    return str(item.get(name) or "").strip()


def _moment(value: object) -> datetime | None:
    found = read_time(value) if value else None
    return found[0] if found else None


def _projects(connection: Connection) -> dict[str, str]:
    """Return subject key by key and by full name; a name of two subjects is nobody's."""
    watched = subjects.load(connection)
    names = [item.name for item in watched]
    found = {item.name: item.key for item in watched if names.count(item.name) == 1}
    return found | {item.key: item.key for item in watched}


def _wrong(problems: list[Wrong]) -> Reply:
    told = [{"field": one.field, "problem": one.problem} for one in problems[:200]]
    return Reply(
        status=422, body={"ok": False, "error": "有字段不对，一条也没有登记", "fields": told}
    )


def _refused(status: int, problem: str) -> Reply:
    return Reply(status=status, body={"ok": False, "error": problem})
