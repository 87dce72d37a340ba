"""Two people at once on one alert and one inbox: nothing lost, the second sees what the first did.

A form of the second person's page is always older than what the first one has just done.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from sqlalchemy import select

from config.clock import FixedClock, SystemClock
from domain.access import Actor, Role
from domain.errors import AccessError
from pipelines import accounts, actions
from pipelines import home as homes
from pipelines.wiring import App, open_app
from store import tables as t
from tests.browser import chromium, open_page, served, settled, sign_in
from tests.conftest import settings_for
from tests.posts import LEAKS, feed, post, prepare, run_at

pytestmark = pytest.mark.browser

ZHOU, CHEN, HE = "周敏", "陈立", "何看"
WORD = "城南旧事三五人"
#: login, name, roles.
PEOPLE = (
    ("zhou", ZHOU, {Role.MONITOR}),
    ("chen", CHEN, {Role.MONITOR, Role.CRISIS}),
    ("he", HE, {Role.VIEWER}),
)
MAKER = Actor(name="安装", via="cli", entities=None)
PASSWORD = WORD + "x20261122"


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """A served home with two alerts and three accounts."""

    app: App
    url: str
    browser: Browser
    #: Alert numbers by subject key.
    alerts: dict[str, str]

    def page(self, login: str) -> Page:
        """Return a page of a browser of its own, signed in."""
        page = self.browser.new_context(
            viewport={"width": 1280, "height": 900}, locale="zh-CN"
        ).new_page()
        sign_in(page, self.url, login, PASSWORD)
        return page

    def verdict(self, number: str) -> tuple[str, str, str]:
        """Return status, verdict and who gave it."""
        columns = (t.alert.c.status, t.alert.c.verdict, t.alert.c.verdict_by)
        with self.app.db.read() as connection:
            row = connection.execute(select(*columns).where(t.alert.c.number == number)).one()
        return row[0], row[1] or "", row[2] or ""


def crowded(folder: Path, now: datetime) -> App:
    """Return a home whose line has raised an alert at each of two projects."""
    settings = homes.create(settings_for(folder), None, company="云麓地产", procedure="project-002")
    app = open_app(settings, clock=FixedClock(now))
    prepare(app)
    for name, start in (("望江府", 0), ("星河湾", 20)):
        feed(
            app,
            [
                post(f"{start + n}", text.replace("望江府", name), now - timedelta(minutes=30 - n),
                     author=f"业主{start + n}")
                for n, text in enumerate(LEAKS[:10])
            ],
        )  # fmt: skip
    run_at(app, now)
    return app


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    home = tmp_path_factory.mktemp("office") / "var"
    app = crowded(home, SystemClock().now())
    everybody = (("admin", "管理员", set(Role)), *PEOPLE)
    for login, name, roles in everybody:
        accounts.make(
            app, login=login, name=name, password=PASSWORD, roles=frozenset(roles), entities=None,
            actor=MAKER, now=app.clock.now(),
        )  # fmt: skip
    with app.db.read() as connection:
        query = select(t.subject.c.key, t.alert.c.number).join(
            t.alert, t.alert.c.subject_id == t.subject.c.id
        )
        numbers = {row[0]: row[1] for row in connection.execute(query)}
    with served(home) as url, sync_playwright() as playwright:
        browser = chromium(playwright)
        yield Office(app=app, url=url, browser=browser, alerts=numbers)
        browser.close()
    app.db.dispose()


def on_alert(office: Office, login: str, number: str) -> Page:
    page = office.page(login)
    open_page(page, f"{office.url}/alert?id={number}", "预警详情")
    page.get_by_text(f"{number}-v").first.wait_for()
    return page


def dismiss(page: Page, reason: str) -> None:
    page.locator("summary").filter(has_text=re.compile("^.{0,30}误报$")).click()
    page.get_by_role("radio", name=reason).locator("xpath=ancestor::label").click()
    page.get_by_role("button", name="误报", exact=True).click()
    settled(page)


def test_the_second_is_told_that_the_first_confirmed(office: Office) -> None:
    number = office.alerts["wangjiangfu"]
    first, second = on_alert(office, "zhou", number), on_alert(office, "chen", number)
    first.get_by_role("button", name="确认属实").click()
    first.get_by_text("已确认属实，研判时限已停").wait_for()
    dismiss(second, "广告或软文")
    second.get_by_text("已被他人更改").wait_for()
    second.get_by_text(re.compile(f"{ZHOU} 于 .* 确认属实")).wait_for()
    assert office.verdict(number) == ("open", "confirmed", ZHOU)
    second.reload()
    second.get_by_text(re.compile(f"{ZHOU} 于 .* 确认属实")).wait_for()


def test_the_second_is_told_that_the_first_dismissed_and_may_undo_it(office: Office) -> None:
    number = office.alerts["xinghewanli"]
    first, second = on_alert(office, "zhou", number), on_alert(office, "chen", number)
    dismiss(first, "玩笑或争吵")
    first.get_by_text(re.compile(f"{ZHOU} 于 .* 判为误报")).wait_for()
    second.get_by_role("button", name="确认属实").click()
    second.get_by_text(re.compile(f"{ZHOU} 于 .* 判为误报：玩笑或争吵")).wait_for()
    settled(second)
    assert office.verdict(number) == ("dismissed", "false_alarm", ZHOU)
    assert second.locator(".fh-note").first.inner_text().strip() != ""
    second.get_by_role("button", name="撤销误报").click()
    second.get_by_text("已撤销，预警恢复开放").wait_for()
    assert office.verdict(number) == ("open", "", ""), "as if nobody had judged"


def labels(office: Office, by: str) -> list[tuple[int, str, str, bool]]:
    with office.app.db.read() as connection:
        query = (
            select(t.revision.c.post_id, t.label.c.field, t.label.c.value, t.label.c.undone_at)
            .join(t.revision, t.revision.c.id == t.label.c.revision_id)
            .where(t.label.c.by == by)
            .order_by(t.label.c.id)
        )
        return [(row[0], row[1], row[2], row[3] is None) for row in connection.execute(query)]


def say(page: Page, verb: str, nth: int = 0) -> None:
    page.get_by_role("button", name=verb, exact=True).or_(
        page.get_by_role("radio", name=verb, exact=True)
    ).nth(nth).click()
    page.get_by_text(f"已标“{verb}”").wait_for()
    settled(page)


def test_both_read_one_inbox_and_both_labels_stay(office: Office) -> None:
    first, second = office.page("zhou"), office.page("chen")
    for page in (first, second):
        open_page(page, f"{office.url}/inbox", "今日待阅")
        page.get_by_role("radio", name="关注", exact=True).first.wait_for()
    say(first, "已阅")
    say(second, "无关")
    second.get_by_text(f"{ZHOU} 已于").wait_for()
    say(second, "负面但非危机")
    [(read, *_)] = labels(office, ZHOU)
    assert labels(office, ZHOU) == [(read, "read", "yes", True)]
    same, other = labels(office, CHEN)
    assert same == (read, "relevant", "no", True)
    assert other[0] != read
    assert other[1:] == ("verdict", "negative_not_crisis", True)
    first.reload()
    first.get_by_text(re.compile("最近处理")).click()
    first.get_by_text(f"{CHEN}：负面但非危机").wait_for()
    second.get_by_role("button", name="撤销").first.click()
    second.get_by_text("内容回到待阅").wait_for()
    assert [line[3] for line in labels(office, CHEN)] == [True, False]


def test_without_signing_in_every_page_leads_to_the_form(office: Office) -> None:
    page = office.browser.new_context(locale="zh-CN").new_page()
    for address in ("", "inbox", "alert", "accounts"):
        page.goto(f"{office.url}/{address}")
        expect(page).to_have_url(f"{office.url}/login")
    page.get_by_label("登录名").fill("zhou")
    page.get_by_label("密码").fill("不是这个密码呀呀呀")
    page.get_by_role("button", name="登录").click()
    page.get_by_text("登录名或密码不对").wait_for()
    page.close()


def test_who_only_looks_sees_no_buttons_and_is_refused(office: Office) -> None:
    number = office.alerts["wangjiangfu"]
    page = on_alert(office, "he", number)
    for name in ("确认属实", "我已知悉", "误报", "开个案", "合并到", "撤销误报"):
        assert page.get_by_role("button", name=name, exact=True).count() == 0
        assert page.locator("summary").filter(has_text=name).count() == 0
    for section in ("处置", "管理"):
        page.get_by_test_id("stTopNavSection").filter(has_text=section).first.click()
        page.wait_for_timeout(300)
        for title in ("录入", "现场上报", "监测对象", "账号"):
            assert page.get_by_role("link", name=title, exact=True).count() == 0
        page.keyboard.press("Escape")
    for address in ("inbox", "intake", "accounts"):
        page.goto(f"{office.url}/{address}")
        page.wait_for_timeout(2500)
        settled(page)
        said = page.locator("[data-testid=stMain]").inner_text()
        assert "外墙渗水，次卧" not in said
        assert page.get_by_role("button", name=re.compile("已阅|存入|建立账号")).count() == 0
    before = office.verdict(number)
    looker = Actor(name=HE, via="web", roles=frozenset({Role.VIEWER}), entities=None)
    with pytest.raises(AccessError):
        actions.confirm(office.app, number, looker, office.app.clock.now(), seen=None)
    assert office.verdict(number) == before


def test_signing_out_ends_the_session_also_for_a_copied_cookie(office: Office) -> None:
    page = office.page("he")
    cookies = {one["name"]: one["value"] for one in page.context.cookies()}
    html = {"accept": "text/html"}
    inside = httpx.get(f"{office.url}/", cookies=cookies, headers=html)
    assert inside.status_code == 200
    page.get_by_role("link", name="退出").click()
    page.get_by_role("button", name="退出").click()
    expect(page).to_have_url(f"{office.url}/login")
    page.goto(f"{office.url}/inbox")
    expect(page).to_have_url(f"{office.url}/login")
    copied = httpx.get(f"{office.url}/", cookies=cookies, headers=html)
    assert (copied.status_code, copied.headers["location"]) == (303, "/login")


def test_an_open_tab_of_a_disabled_account_can_do_nothing_more(office: Office) -> None:
    now = office.app.clock.now()
    accounts.make(
        office.app, login="wu", name="吴离职", password=PASSWORD, roles=frozenset({Role.MONITOR}),
        entities=None, actor=MAKER, now=now,
    )  # fmt: skip
    page = office.page("wu")
    open_page(page, f"{office.url}/inbox", "今日待阅")
    click = page.get_by_role("radio", name="已阅", exact=True)
    click.first.wait_for()
    accounts.disable(office.app, "wu", actor=MAKER, now=now)
    click.first.click()
    page.get_by_text("登录", exact=True).first.wait_for()
    with office.app.db.read() as connection:
        said = connection.scalars(select(t.label.c.id).where(t.label.c.by == "吴离职")).all()
    assert said == []
    expect(click).to_have_count(0)
