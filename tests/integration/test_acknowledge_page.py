"""The page behind a push's link: GET changes nothing, the button records, names are asked."""

import asyncio
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select, update
from starlette.applications import Starlette

from dashboard import acknowledge
from domain.level import Level
from pipelines import push
from pipelines.wiring import App
from store import source_alerts
from store import tables as t
from tests.conftest import NOON
from tests.pushes import PERSONAL, close, town

BASE = "http://testserver"
OURS = {"Origin": BASE}
NUMBER = "W-20261120-0001"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    app = town(tmp_path / "town", Level.CRITICAL)

    def same(_settings: object) -> App:
        return app

    monkeypatch.setattr(acknowledge, "open_app", same)
    yield app
    close(app)


class Web:
    """The routes without a server: each call is one request."""

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=Starlette(routes=acknowledge.ROUTES))
            async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
                return await client.request(method, path, **more)

        return asyncio.run(ask())

    def get(self, path: str) -> httpx.Response:
        return self.request("GET", path)

    def post(self, path: str, **more: Any) -> httpx.Response:
        return self.request("POST", path, **more)


@pytest.fixture
def web() -> Web:
    return Web()


def link(app: App, key: str = "", version: int = 1, number: str = NUMBER) -> str:
    return push.ack_link(app, number, version, key).removeprefix("https://fenghuo.yunlu.example")


def recorded(app: App) -> list[tuple[str, str, int]]:
    with app.db.read() as connection:
        found = connection.execute(
            select(t.acknowledgement.c.by, t.acknowledgement.c.via, t.acknowledgement.c.version)
        )
        return [(row[0], row[1], row[2]) for row in found]


def audited(app: App) -> int:
    with app.db.read() as connection:
        count = select(func.count()).select_from(t.audit).where(t.audit.c.action == "acknowledged")
        return connection.scalar(count) or 0


def test_looking_at_the_link_acknowledges_nothing(home: App, web: Web) -> None:
    for method in ("GET", "HEAD", "OPTIONS", "PUT"):
        answer = web.request(method, link(home, "wangmin"))
        assert answer.status_code in (200, 405)
    assert recorded(home) == []
    assert audited(home) == 0


def test_the_page_is_small_plain_and_without_quotes(home: App, web: Web) -> None:
    answer = web.get(link(home, "wangmin"))
    assert answer.headers["cache-control"] == "no-store"
    page = answer.text
    assert len(page) < 4000
    for part in (
        "云麓·望江府",
        "疑似重大（一级）",
        f"{NUMBER}-v1",
        "确认已知悉",
        "width=device-width",
    ):
        assert part in page
    assert "<script" not in page
    assert "渗水" not in page
    assert not any(secret in page for secret in PERSONAL)
    assert 'name="name"' not in page


def test_a_personal_link_records_its_reader_once(home: App, web: Web) -> None:
    first = web.post(link(home, "wangmin"), headers=OURS)
    assert first.status_code == 200
    assert "已记录：王敏 于 2026-11-20 12:00 确认已知悉第 1 版" in first.text
    again = web.post(link(home, "zhaolei"), headers=OURS)
    assert again.status_code == 200
    assert "王敏 已于 2026-11-20 12:00 确认，无需重复" in again.text
    assert recorded(home) == [("王敏", "link", 1)]
    assert audited(home) == 1
    assert "<button" not in web.get(link(home, "zhaolei")).text


def test_a_group_link_asks_who_you_are_and_shows_no_list(home: App, web: Web) -> None:
    page = web.get(link(home)).text
    assert 'name="name"' in page
    assert "王敏" not in page
    assert web.post(link(home), headers=OURS).status_code == 400
    wrong = web.post(link(home), data={"name": "<b>路人</b>"}, headers=OURS)
    assert wrong.status_code == 403
    assert "不在这个对象的收件人中" in wrong.text
    assert "<b>路人" not in wrong.text
    assert "王敏" not in wrong.text
    assert recorded(home) == []
    assert "已记录：赵磊" in web.post(link(home), data={"name": " 赵磊 "}, headers=OURS).text
    assert recorded(home) == [("赵磊", "group", 1)]


def test_who_left_may_no_longer_acknowledge(home: App, web: Web) -> None:
    with home.db.write() as connection:
        connection.execute(
            update(t.person).where(t.person.c.key == "wangmin").values(retired_at=NOON)
        )
    assert web.post(link(home, "wangmin"), headers=OURS).status_code == 403
    assert recorded(home) == []


@pytest.mark.parametrize(
    "headers",
    [
        {}, {"Origin": "null"}, {"Origin": "http://evil.example"},
        {"Origin": "http://testserver.evil.example"}, {"Sec-Fetch-Site": "cross-site"},
    ],
)  # fmt: skip
def test_only_our_own_page_may_send_the_form(home: App, web: Web, headers: dict[str, str]) -> None:
    assert web.post(link(home, "wangmin"), headers=headers).status_code == 403
    assert recorded(home) == []


def test_a_browser_that_hides_the_origin_is_believed_when_it_says_same_site(
    home: App, web: Web
) -> None:
    headers = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
    assert web.post(link(home, "wangmin"), headers=headers).status_code == 200


def test_a_changed_link_opens_nothing(home: App, web: Web) -> None:
    good = link(home, "wangmin")
    token = re.search(r"t=(.+)$", good)
    assert token
    bad = (
        good.replace("wangmin", "zhaolei"), good.replace("v=1", "v=2"), good.replace("v=1", "v=-1"),
        good[:-1], good.split("?")[0], good.replace("0001", "0002"), f"{good}%00",
        good.replace("v=1", "v=%EF%BC%91"), good.replace(token[1], "."),
    )  # fmt: skip
    for path in bad:
        assert web.get(path).status_code == 404, path
        assert web.post(path, headers=OURS).status_code == 404, path
    assert recorded(home) == []


def test_too_much_is_not_read(home: App, web: Web) -> None:
    answer = web.post(link(home), content=b"name=" + b"x" * 9000, headers=OURS)
    assert answer.status_code == 413


def test_a_link_of_an_older_version_says_that_it_rose(home: App, web: Web) -> None:
    with home.db.write() as connection:
        connection.execute(update(t.alert_change).values(level="major"))
    page = web.get(link(home, "wangmin")).text
    assert "疑似较大（二级）" in page
    assert "已升为疑似重大（一级）" in page
    web.post(link(home, "wangmin"), headers=OURS)
    with home.db.read() as connection:
        assert connection.scalar(select(t.acknowledgement.c.level)) == "major"


def test_an_acknowledgement_that_expired_can_be_given_again(home: App, web: Web) -> None:
    web.post(link(home, "wangmin"), headers=OURS)
    with home.db.write() as connection:
        connection.execute(update(t.acknowledgement).values(at=NOON - timedelta(hours=9)))
    assert "已记录" in web.post(link(home, "zhaolei"), headers=OURS).text
    assert len(recorded(home)) == 2


def test_the_link_of_an_interrupted_source_suggests_no_level(home: App, web: Web) -> None:
    with home.db.write() as connection:
        source_id = connection.scalar(select(t.source.c.id).limit(1))
        assert source_id is not None
        number = source_alerts.open_alert(
            connection, source_id=source_id, subject_id=None, level=Level.MODERATE,
            reason="数据中断", now=NOON,
        )  # fmt: skip
    page = web.get(link(home, number=number)).text
    assert "数据中断：这期间那里的帖子看不到" in page
    assert "疑似" not in page
    assert "由人定级" not in page
