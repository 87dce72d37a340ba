"""The dashboard in a real Chromium: drawn, quiet, inert, usable on a phone and by keyboard."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser import PAGES, chromium, open_page, served, settled
from tests.builders import Sample, sample_home

pytestmark = pytest.mark.browser


#: Streamlit asks for its own two paths below the page's first, and falls back; not ours to mend.
_PROBES = ("_stcore/health", "_stcore/host-config")


@dataclass
class Heard:
    """What a page said and asked for while it was open."""

    errors: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    def note(self, kind: str, text: str, where: str) -> None:
        """Keep an error of the console, unless it is Streamlit probing for its own paths."""
        if kind == "error" and not where.endswith(_PROBES):
            self.errors.append(f"{text} {where}")


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return sample_home(tmp_path_factory.mktemp("browser"))


@pytest.fixture(scope="module")
def url(sample: Sample) -> Iterator[str]:
    with served(sample.app.settings.home) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = chromium(playwright, named=os.environ.get("CHROMIUM", ""))
        yield found
        found.close()


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def page(browser: Browser, heard: Heard) -> Iterator[Page]:
    yield from _page(browser, heard, 1440, 900)


@pytest.fixture
def phone(browser: Browser, heard: Heard) -> Iterator[Page]:
    yield from _page(browser, heard, 390, 844)


def _page(browser: Browser, heard: Heard, width: int, height: int) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": width, "height": height}, locale="zh-CN")
    page.on("console", lambda said: heard.note(said.type, said.text, said.location.get("url", "")))
    page.on("pageerror", lambda problem: heard.errors.append(str(problem)))
    page.on("request", lambda asked: heard.hosts.add(urlsplit(asked.url).hostname or ""))
    page.on("websocket", lambda socket: heard.hosts.add(urlsplit(socket.url).hostname or ""))
    yield page
    page.close()


def quiet(heard: Heard) -> bool:
    """No error in the console, no host but ours."""
    assert heard.errors == []
    assert heard.hosts <= {"127.0.0.1", ""}
    return True


@pytest.mark.parametrize(("address", "title"), PAGES)
def test_every_page_is_drawn_quietly(
    page: Page, url: str, heard: Heard, address: str, title: str
) -> None:
    open_page(page, f"{url}/{address}", title)
    assert page.get_by_text("页面出错了").count() == 0
    assert title in page.title()
    assert quiet(heard)


def test_from_a_number_to_its_posts_in_two_clicks(page: Page, url: str, heard: Heard) -> None:
    open_page(page, url, "态势总览")
    page.get_by_role("link", name="查看帖子").nth(1).click()
    page.get_by_role("heading", name="帖子检索").wait_for()
    page.get_by_text("共 25 条").wait_for()
    assert "neg=true" in page.url
    page.get_by_role("link", name="完整记录").first.click()
    page.get_by_role("heading", name="帖子记录").wait_for()
    assert quiet(heard)


def test_from_an_alert_to_its_reason_and_back(page: Page, url: str, sample: Sample) -> None:
    open_page(page, url, "态势总览")
    page.get_by_role("link", name="查看详情").nth(2).click()
    page.get_by_role("heading", name="预警详情").wait_for()
    page.get_by_text(f"{sample.critical}-v3").first.wait_for()
    assert f"id={sample.critical}" in page.url
    page.get_by_role("tab", name="通知").click()
    page.get_by_text("errcode 93000").wait_for()


def test_hostile_posts_are_letters_and_fetch_nothing(
    page: Page, url: str, heard: Heard, sample: Sample
) -> None:
    for address in (
        f"search?post={sample.hostile}",
        f"alert?id={sample.critical}",
        "search?q=evil",
    ):
        page.goto(f"{url}/{address}")
        letters = page.get_by_text("![看图](http://evil.example/pixel.png)")
        letters.locator("visible=true").first.wait_for(timeout=30_000)
        settled(page)
    inside = page.locator("[data-testid=stHtml] :is(img, script, iframe, form, a)")
    assert inside.count() == 0
    assert page.locator("a[href^=javascript]").count() == 0
    assert page.locator("a[href*='evil.example']").count() == 0
    assert quiet(heard)


def test_even_a_slip_into_markdown_would_fetch_nothing(page: Page, url: str, heard: Heard) -> None:
    """The second wall: the policy blocks an image that got onto the page by mistake."""
    open_page(page, url, "态势总览")
    blocked = page.evaluate(
        """() => new Promise(done => {
          const heard = event => done(event.blockedURI);
          document.addEventListener('securitypolicyviolation', heard, {once: true});
          const image = new Image(); image.src = 'http://evil.example/pixel.png';
          document.body.append(image); setTimeout(() => done('fetched'), 4000); })"""
    )
    assert blocked.startswith("http://evil.example")


def test_search_filters_stay_in_the_address(page: Page, url: str) -> None:
    open_page(page, f"{url}/search", "帖子检索")
    page.get_by_label("检索词").fill("监管资金")
    page.keyboard.press("Enter")
    page.locator("mark.word").first.wait_for()
    page.get_by_text("只看负面").click()
    page.wait_for_url("**neg=true**")
    page.reload()
    page.locator("mark.word").first.wait_for(timeout=30_000)
    expect(page.get_by_label("检索词")).to_have_value("监管资金")


@pytest.mark.parametrize(("address", "title"), PAGES)
def test_a_phone_needs_no_sideways_scrolling(
    phone: Page, url: str, address: str, title: str
) -> None:
    open_page(phone, f"{url}/{address}", title)
    wide = phone.evaluate(
        "() => { const box = document.querySelector('[data-testid=stMain]');"
        " return box.scrollWidth - box.clientWidth; }"
    )
    assert wide <= 1


def test_the_keyboard_reaches_menu_and_first_link(page: Page, url: str) -> None:
    open_page(page, url, "态势总览")
    reached = []
    for _ in range(25):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("() => (document.activeElement?.textContent || '').trim()"))
    assert any(text.startswith("监测") for text in reached), "the menu's first section"
    assert any("去待阅" in text for text in reached)
    assert any("查看帖子" in text for text in reached)
    assert page.evaluate(
        "() => getComputedStyle(document.activeElement).outlineStyle !== 'none'"
        " || getComputedStyle(document.activeElement).boxShadow !== 'none'"
    )


def test_refreshing_leaves_the_visitor_alone(page: Page, url: str) -> None:
    open_page(page, url, "态势总览")
    page.evaluate("() => { document.body.dataset.seen = 'yes' }")
    page.locator("[data-testid=stMain]").evaluate("box => box.scrollTo(0, 200)")
    before = page.locator("[data-testid=stMain]").evaluate("box => box.scrollTop")
    page.wait_for_timeout(11_000)
    assert page.evaluate("() => document.body.dataset.seen") == "yes"
    assert page.locator("[data-testid=stMain]").evaluate("box => box.scrollTop") == before
