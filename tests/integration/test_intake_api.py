"""POST /api/intake: once and whole, refused field by field, never telling what was sent."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select
from starlette.applications import Starlette

from config.clock import FixedClock
from dashboard import app as web_app
from dashboard import intake_api as route
from domain.access import Actor, Role
from domain.errors import AccessError, CaseError
from pipelines import complaints, intake_api
from pipelines.wiring import App
from store import audit, intake_keys
from store import tables as t
from tests.conftest import NOON
from tests.posts import prepare

CLI = Actor(name="测试员", via="cli")
PHONE = "13900001234"
FORM = {
    "order_no": "CRM-1", "text": "望江府3-2-1501外墙渗水", "category": "工程质量", "way": "来电",
    "project": "wangjiangfu", "name": "陈某", "phone": PHONE, "building": "3", "unit": "2",
    "room": "1501", "received_at": "2026-11-20T09:00:00+08:00",
    "reply_due_at": "2026-11-25T18:00:00+08:00",
}  # fmt: skip


class Api:
    """The route without a server, asked with one key."""

    def __init__(self, key: str) -> None:
        self.key = key

    def post(
        self, body: object, *, idempotency: str | None = "r-1", host: str = "127.0.0.1",
        **headers: str,
    ) -> httpx.Response:  # fmt: skip
        sent = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        if idempotency is not None:
            sent["Idempotency-Key"] = idempotency
        content = body if isinstance(body, bytes) else json.dumps(body).encode()

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=Starlette(routes=route.ROUTES), client=(host, 5))
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as web:
                return await web.post(
                    route.PATH, content=content,
                    headers=sent | {name.replace("_", "-"): said for name, said in headers.items()},
                )  # fmt: skip

        return asyncio.run(ask())


@pytest.fixture
def town(app: App, monkeypatch: pytest.MonkeyPatch) -> App:
    prepare(app)
    monkeypatch.setattr(route, "open_app", lambda _settings: app)
    monkeypatch.setattr(route, "_PACE", intake_api.Pace())
    return app


@pytest.fixture
def api(town: App) -> Api:
    return Api(intake_api.add_key(town, "crm", source_name="客服系统", actor=CLI, now=NOON))


def rows(app: App, table: Any) -> int:
    with app.db.read() as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


def test_a_complaint_is_registered_with_its_post_clock_and_audit_row(town: App, api: Api) -> None:
    answer = api.post(FORM)
    assert answer.status_code == 201
    assert answer.json() == {
        "ok": True, "order_no": "CRM-1", "number": "C-20261120-0001", "created": True,
    }  # fmt: skip
    with town.db.read() as connection:
        row = connection.execute(select(t.complaint)).one()
        post = connection.execute(select(t.post).where(t.post.c.id == row.post_id)).one()
        acted = connection.execute(
            select(t.audit.c.actor, t.audit.c.via).where(t.audit.c.action == "complaint-registered")
        ).one()
        everything = repr(connection.execute(select(t.audit)).all())
    assert (row.channel, row.order_no, row.contact["phone"]) == ("客服系统", "CRM-1", PHONE)
    assert (post.site, post.native_id) == ("客服系统", "CRM-1")
    assert post.household_key is not None
    assert tuple(acted) == ("crm", "import")
    assert PHONE not in everything
    assert "陈某" not in everything
    assert rows(town, t.clock) == 1


def test_the_same_request_gets_the_same_answer_and_another_body_a_conflict(
    town: App, api: Api
) -> None:
    first = api.post(FORM)
    second = api.post(FORM)
    assert (second.status_code, second.json()) == (200, first.json())
    other = api.post(FORM | {"order_no": "CRM-2"})
    assert other.status_code == 409
    assert rows(town, t.complaint) == 1


def test_an_order_that_is_in_the_book_is_named_and_not_doubled(town: App, api: Api) -> None:
    api.post(FORM)
    again = api.post(FORM, idempotency="r-2")
    assert again.json()["created"] is False
    assert again.json()["number"] == "C-20261120-0001"
    complaints.withdraw_complaint(town, "C-20261120-0001", "误录", CLI, NOON)
    assert api.post(FORM, idempotency="r-3").json()["created"] is True
    assert rows(town, t.complaint) == 1


def test_a_list_is_stored_as_a_whole_or_not_at_all(town: App, api: Api) -> None:
    good = [FORM | {"order_no": f"CRM-{n}"} for n in range(100)]
    bad = [*good[:99], FORM | {"order_no": "CRM-0", "category": "别的"}]
    refused = api.post({"items": bad})
    assert refused.status_code == 422
    assert [item["field"] for item in refused.json()["fields"]] == [
        "items[99].category", "items[99].order_no",
    ]  # fmt: skip
    assert (rows(town, t.complaint), rows(town, t.intake_request), rows(town, t.post)) == (0, 0, 0)
    taken = api.post({"items": good})
    assert taken.status_code == 201
    assert len({item["number"] for item in taken.json()["items"]}) == 100
    assert api.post({"items": [*good, FORM]}, idempotency="r-9").status_code == 422


def test_what_breaks_in_the_middle_leaves_nothing_and_no_trace_outside(
    town: App, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError(PHONE)

    monkeypatch.setattr(intake_keys, "remember", broken)
    answer = api.post(FORM)
    assert answer.status_code == 500
    assert PHONE not in answer.text
    assert "Traceback" not in answer.text
    assert (rows(town, t.complaint), rows(town, t.post), rows(town, t.clock)) == (0, 0, 0)
    monkeypatch.undo()


WRONG: list[tuple[dict[str, object], str, str]] = [
    ({"text": ""}, "text", "没有填"),
    ({"order_no": None}, "order_no", "没有填"),
    ({"phone": 13900001234}, "phone", "应是文字"),
    ({"text": "长" * 20_001}, "text", "太长"),
    ({"colour": "红"}, "colour", "不认识的字段"),
    ({"received_at": "昨天下午"}, "received_at", "时间读不懂"),
    ({"received_at": "2027-01-01 09:00"}, "received_at", "晚于现在"),
    ({"reply_due_at": "2026-11-19 09:00"}, "reply_due_at", "不晚于受理时间"),
    ({"way": "飞鸽"}, "way", "不在可选之列"),
    ({"project": "别处花园"}, "project", "没有这个监测对象"),
    ({"text": "漏\ud800水"}, "text", "残缺字符"),
    ({"order_no": "A\0"}, "order_no", "空字符"),
    ({"name": "陈某\udc00"}, "name", "残缺字符"),
    ({"\ud800": "红"}, "?", "不认识的字段"),
]


@pytest.mark.parametrize(("change", "field", "word"), WRONG)
def test_each_wrong_field_is_named_and_its_content_not_repeated(
    town: App, api: Api, change: dict[str, object], field: str, word: str
) -> None:
    answer = api.post(FORM | change)
    assert answer.status_code == 422
    (told,) = answer.json()["fields"]
    assert told["field"] == field
    assert word in told["problem"]
    for said in ("飞鸽", "别处花园", "昨天下午", PHONE, "陈某"):
        assert said not in answer.text
    assert rows(town, t.complaint) == 0


@pytest.mark.parametrize(
    ("body", "status", "word"),
    [
        (b"{", 400, "JSON"),
        (b"[]", 400, "JSON 对象"),
        (b"\xff\xfe{}", 400, "JSON"),
        (b"[" * 100_000, 400, "JSON"),
        (b'{"items": []}', 422, "字段不对"),
        (b'{"items": [1]}', 422, "字段不对"),
        (b'{"text": "' + b"x" * 1_000_001 + b'"}', 413, "1 MB"),
    ],
)
def test_bodies_that_are_no_request(api: Api, body: bytes, status: int, word: str) -> None:
    answer = api.post(body)
    assert answer.status_code == status
    assert word in answer.json()["error"]


def test_a_body_without_length_is_cut_off_at_the_limit(town: App, api: Api) -> None:
    async def ask() -> tuple[int, int]:
        sent = 0

        async def endless() -> Any:
            nonlocal sent
            while sent < 50_000_000:
                sent += 65_536
                yield b" " * 65_536

        transport = httpx.ASGITransport(app=Starlette(routes=route.ROUTES))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as web:
            answer = await web.post(
                route.PATH, content=endless(), headers={"Content-Type": "application/json"}
            )
        return answer.status_code, sent

    status, sent = asyncio.run(ask())
    assert status == 413
    assert sent < 2_000_000


def test_headers_are_required(town: App, api: Api) -> None:
    assert api.post(FORM, idempotency=None).status_code == 400
    assert api.post(FORM, idempotency="x" * 129).status_code == 400
    assert api.post(FORM, Content_Type="text/plain").status_code == 415
    assert rows(town, t.complaint) == 0


@pytest.mark.parametrize("shown", ["", "Bearer ", "Bearer fh_wrong", "Basic abc", "fh_wrong"])
def test_a_wrong_key_is_refused(town: App, api: Api, shown: str) -> None:
    answer = api.post(FORM, Authorization=shown)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert rows(town, t.complaint) == 0


def test_a_key_is_seen_once_kept_as_a_hash_and_revoked_for_good(town: App, api: Api) -> None:
    with town.db.read() as connection:
        kept = repr(connection.execute(select(t.intake_key)).all())
        (shown,) = intake_keys.listing(connection)
        trail = [row.action for row in connection.execute(select(t.audit))]
    assert api.key not in kept
    assert (shown.name, shown.source, shown.revoked_at) == ("crm", "客服系统", None)
    assert "intake-key-made" in trail
    with pytest.raises(CaseError, match="已有名为“crm”"):
        intake_api.add_key(town, "crm", source_name="客服系统", actor=CLI, now=NOON)
    with town.db.write() as connection:
        intake_keys.revoke(connection, "crm", actor=CLI, now=NOON)
    assert api.post(FORM).status_code == 401
    with town.db.read() as connection:
        assert all(verdict.broken_at is None for verdict in audit.verify(connection))


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.ADMIN}))
def test_only_administrators_of_the_company_may_make_keys(town: App, role: Role) -> None:
    actor = Actor(name="某人", via="web", roles=frozenset({role}), entities=None)
    with pytest.raises(AccessError):
        intake_api.add_key(town, "crm", source_name="客服系统", actor=actor, now=NOON)
    assert rows(town, t.intake_key) == 0
    admin = Actor(name="管理员", via="web", roles=frozenset({Role.ADMIN}), entities=None)
    assert intake_api.add_key(town, "crm", source_name="客服系统", actor=admin, now=NOON)


def test_more_than_sixty_a_minute_wait(town: App, api: Api) -> None:
    answers = [api.post(FORM).status_code for _ in range(61)]
    assert answers == [201, *[200] * 59, 429]
    assert isinstance(town.clock, FixedClock)
    pace = intake_api.Pace()
    assert all(pace.allows(1, NOON) for _ in range(60))
    assert not pace.allows(1, NOON + timedelta(seconds=59))
    assert pace.allows(2, NOON)
    assert pace.allows(1, NOON + timedelta(seconds=60))


def test_other_machines_wait_until_there_are_accounts(town: App, api: Api) -> None:
    assert api.post(FORM, host="10.1.2.3").status_code == 403
    assert rows(town, t.complaint) == 0


def test_the_route_is_wired_and_needs_no_browser_session() -> None:
    assert route.PATH.startswith(web_app.OPEN)
    assert route.PATH in {getattr(item, "path", "") for item in route.ROUTES}
    source = (web_app.__file__ or "").strip()
    with open(source, encoding="utf-8") as text:  # noqa: PTH123
        assert "*intake_api.ROUTES" in text.read()
