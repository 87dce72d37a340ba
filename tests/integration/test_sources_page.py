"""The page of sources as a person uses it: add by address, catalogue, tending, files (AppTest)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from config import catalogue
from config.catalogue import Catalogue, Template
from dashboard import session, source_catalogue, words
from dashboard import words_setup as ws
from dashboard import words_sources as w
from dashboard import words_triage as wt
from domain.access import Actor, Role
from domain.post import SourceKind
from domain.source import Source
from pipelines import catalogue_check, preview, source_book, watch
from pipelines.preview import Proposal
from pipelines.wiring import App
from store import sources
from store import tables as t
from store.board_health import State
from tests.builders import NOW, home
from tests.source_site import PHONE, Town, town

DASHBOARD = Path(__file__).resolve().parents[2] / "dashboard"
VIEWS = DASHBOARD / "views"
ADMIN = Actor(name="周敏", via="web", roles=frozenset({Role.ADMIN}), entities=None)
BOSS = Actor(name="站长", via="cli")


@pytest.fixture
def web() -> Iterator[Town]:
    with town() as told:
        yield told


@pytest.fixture
def desk(tmp_path: Path, web: Town, monkeypatch: pytest.MonkeyPatch) -> App:
    """Return an empty home whose visitor is the administrator; loopback may be looked at."""
    app = home(tmp_path)
    monkeypatch.setenv("FENGHUO_HOME", str(tmp_path))
    monkeypatch.setattr(session, "actor", lambda: ADMIN)
    real = preview.propose

    def propose(url: str, *, allow_private: bool = False) -> Proposal:
        assert not allow_private, "a browser never asks for the inner network"
        found = real(url, allow_private=True)
        source = found.source and replace(found.source, allow_private=False)
        return replace(found, source=source)

    monkeypatch.setattr(preview, "propose", propose)
    return app


def open_page(view: str = "sources", **params: str) -> AppTest:
    page = AppTest.from_file(str(DASHBOARD / "main.py"), default_timeout=120).run()
    page.query_params.update(params)
    page.switch_page(str(VIEWS / f"{view}.py"))
    page.run()
    return fine(page)


def fine(page: AppTest) -> AppTest:
    assert not page.exception, [problem.message for problem in page.exception]
    return page


def html_of(page: AppTest) -> str:
    return "\n".join(element.proto.body for element in page.get("html"))


def said(page: AppTest) -> str:
    told = [*page.success, *page.error, *page.info, *page.warning]
    return "\n".join(str(element.value) for element in told).replace("\\", "")


def press(page: AppTest, label: str) -> AppTest:
    found = [button for button in page.button if button.label.replace("\\", "") == label]
    assert found, [button.label for button in page.button]
    found[0].click()
    return fine(page.run())


def tab(page: AppTest, name: str) -> AppTest:
    page.button_group(key="sources-view").select(name)
    return fine(page.run())


def look(page: AppTest, url: str) -> AppTest:
    page.text_input(key="sources-url").set_value(url)
    return press(page, w.LOOK)


def stored(app: App) -> dict[str, Source]:
    with app.db.read() as connection:
        return {item.name: item for item in sources.everything(connection)}


def trail(app: App) -> list[tuple[str, str]]:
    with app.db.read() as connection:
        rows = connection.execute(select(t.audit.c.action, t.audit.c.actor).order_by(t.audit.c.id))
        return [(row.action, row.actor) for row in rows if row.actor == ADMIN.name]


def add(app: App, name: str, url: str, **facts: Any) -> None:
    told: dict[str, Any] = {
        "engine": "feed", "site": "news.example", "kind": SourceKind.NEWS, **facts,
    }  # fmt: skip
    source_book.add(app, Source(name=name, url=url, **told), actor=BOSS, now=NOW)


# ---- adding --------------------------------------------------------------------------------------


def test_an_address_is_looked_at_shown_and_saved(desk: App, web: Town) -> None:
    page = open_page()
    assert w.EMPTY not in html_of(page), "an empty home starts with adding"
    look(page, web.base + "/list.html")
    seen = html_of(page)
    assert w.ENGINES["listing"] in seen
    assert "ul.news_list" in seen
    assert "东湖新居电梯停运居民盼维修" in seen
    assert PHONE not in seen
    assert "138********" in seen
    assert stored(desk) == {}, "looking stores nothing"
    page.text_input(key="sources-name").set_value("江城民生")
    page.number_input(key="sources-every").set_value(30)
    page.number_input(key="sources-least").set_value(2)
    press(page, w.SAVE)
    assert "已保存来源“江城民生”" in said(page)
    made = stored(desk)["江城民生"]
    assert (made.engine, made.every, made.min_posts, made.subject) == (
        "listing", timedelta(minutes=30), 2, None,
    )  # fmt: skip
    assert trail(desk) == [("source-saved", ADMIN.name)]
    tab(page, w.TAB_LIST)
    assert "江城民生" in html_of(page)


def test_a_forums_home_offers_its_boards_as_buttons(desk: App, web: Town) -> None:
    page = look(open_page(), web.base + "/bbs/")
    assert "不是版块页" in html_of(page)
    board = f"{web.base}/forum.php?mod=forumdisplay&fid=2"
    [choice] = [b for b in page.button if b.key == "sources-choice-0"]
    assert "业主之家" in choice.label
    choice.click()
    fine(page.run())
    assert w.ENGINES["discuzx"] in html_of(page)
    press(page, w.SAVE)
    assert [item.url for item in stored(desk).values()] == [board]


@pytest.mark.parametrize(
    ("path", "words_of_it"),
    [
        ("/login.html", ("要求登录", "文件导入")),
        ("/secret/list.html", ("robots.txt", "书面同意")),
        ("/nowhere", ("HTTP 404", "浏览器")),
    ],
)  # fmt: skip
def test_a_wall_is_said_plainly_and_nothing_is_saved(
    desk: App, web: Town, path: str, words_of_it: tuple[str, str]
) -> None:
    page = look(open_page(), web.base + path)
    for word in words_of_it:
        assert word in html_of(page)
    assert not [button for button in page.button if button.label == w.SAVE]
    assert stored(desk) == {}


def test_a_name_that_is_taken_is_refused_and_what_was_typed_stays(desk: App, web: Town) -> None:
    add(desk, "江城日报", "https://news.example/other.xml")
    page = tab(open_page(), w.TAB_ADD)
    look(page, web.base + "/rss.xml")
    press(page, w.SAVE)
    assert "已有来源叫“江城日报”" in said(page)
    page.text_input(key="sources-name").set_value("江城日报二")
    press(page, w.SAVE)
    assert set(stored(desk)) == {"江城日报", "江城日报二"}


# ---- the catalogue -------------------------------------------------------------------------------


@pytest.fixture
def book(web: Town, monkeypatch: pytest.MonkeyPatch) -> Catalogue:
    def template(name: str, url: str, **facts: Any) -> Template:
        return Template(
            name=name, url=url, place="江城", group="省市新闻", engine="auto",
            kind=SourceKind.NEWS, every=timedelta(minutes=30), **facts,
        )  # fmt: skip

    made = Catalogue(
        templates=(
            template("江城日报", web.base + "/rss.xml"),
            template("内部", web.base + "/secret/list.html"),
            template("会员", web.base + "/login.html"),
            template("裁判文书", web.base + "/never", by_hand=True, note="导出后导入"),
        ),
        provinces={},
    )  # fmt: skip
    monkeypatch.setattr(catalogue, "load", lambda: made)
    source_catalogue.book.clear()

    async def look_at(one: Template) -> tuple[Source, preview.Preview]:
        source, seen = await preview.of_template_async(one, allow_private=True)
        return replace(source, allow_private=False), seen

    monkeypatch.setattr(
        catalogue_check, "visits", partial(catalogue_check.visits, look=look_at)
    )  # fmt: skip
    return made


def test_the_catalogue_is_checked_by_city_and_enabled_in_one_click(
    desk: App, web: Town, book: Catalogue
) -> None:
    page = tab(open_page(), w.TAB_CATALOGUE)
    assert w.NO_PLACE in html_of(page)
    page.multiselect(key="cat-places").set_value(["江城"])
    fine(page.run())
    assert html_of(page).count(f"<td>{w.UNSEEN}</td>") == 3
    assert not [b for b in page.button if b.key == "cat-enable"], "nothing seen, nothing enabled"
    press(page, w.CHECK.format(n=3))
    seen = html_of(page)
    for status in ("能采", "robots 不允许", "需要登录", "按文件导入"):
        assert f"<td>{status}</td>" in seen
    assert "/never" not in web.asked
    assert w.CHECK_AGAIN.format(n=2) in [b.label for b in page.button], "what failed, again"
    press(page, w.ENABLE.format(n=1))
    assert "已启用 1 个来源：江城日报" in said(page)
    assert f"<td>{w.REGISTERED}</td>" in html_of(page)
    assert list(stored(desk)) == ["江城日报"]
    assert trail(desk) == [("source-saved", ADMIN.name)]
    assert not [b for b in page.button if b.key == "cat-enable"]
    source_catalogue.book.clear()


def test_the_shipped_catalogue_opens(desk: App) -> None:
    source_catalogue.book.clear()
    page = tab(open_page(), w.TAB_CATALOGUE)
    page.multiselect(key="cat-places").set_value(["武汉"])
    fine(page.run())
    seen = html_of(page)
    for name in ("武汉城市留言板", "湖北省住建厅", "人民网 领导留言板", "黑猫投诉"):
        assert name in seen
    page.checkbox(key="cat-national").set_value(False)
    fine(page.run())
    assert "黑猫投诉" not in html_of(page)


# ---- what is there -------------------------------------------------------------------------------


def test_a_source_is_changed_and_changed_back(desk: App) -> None:
    add(desk, "江城日报", "https://news.example/rss.xml", options={"outlet": "江城日报"})
    before = stored(desk)["江城日报"]
    page = open_page(source="江城日报")
    assert w.STATES[State.OK] in html_of(page)
    page.checkbox(key="edit-on-江城日报").set_value(False)
    page.number_input(key="edit-江城日报-every").set_value(60)
    press(page, w.SAVE_CHANGES)
    assert "已保存“江城日报”的修改" in said(page)
    assert stored(desk)["江城日报"] == replace(
        before, enabled=False, every=timedelta(minutes=60)
    )  # fmt: skip
    assert w.STATES[State.OFF] in html_of(page)
    page.checkbox(key="edit-on-江城日报").set_value(True)
    page.number_input(key="edit-江城日报-every").set_value(15)
    press(page, w.SAVE_CHANGES)
    assert stored(desk)["江城日报"] == before
    assert trail(desk) == [("source-saved", ADMIN.name)] * 2


def test_a_visit_can_be_asked_for_and_a_check_says_what_comes(
    desk: App, web: Town
) -> None:  # fmt: skip
    item = Source(
        name="江城日报", engine="feed", url=web.base + "/rss.xml", site="a", kind=SourceKind.NEWS,
        allow_private=True,
    )  # fmt: skip
    source_book.save(desk, item, actor=BOSS, now=NOW)
    page = open_page(source="江城日报")
    assert w.NOT_VERIFIED in html_of(page)
    press(page, w.CHECK_NOW)
    assert "读到 4 条，可用" in said(page)
    web.broken = 500
    press(page, w.CHECK_NOW)
    assert "没有采到" in said(page)
    press(page, w.VISIT_NOW)
    assert "已要求马上采集" in said(page)
    assert trail(desk) == [("source-visit-asked", ADMIN.name)]
    assert w.NOT_VERIFIED not in html_of(page)


def test_a_file_is_imported_whole_or_not_at_all(desk: App) -> None:
    add(desk, "江城日报", "https://news.example/rss.xml")
    page = open_page()
    good = source_book.to_yaml([*stored(desk).values()]) + (
        "- {name: 江城晚报, engine: feed, url: 'https://b.example/r', kind: news}\n"
    )
    page.file_uploader[0].upload("来源.yml", good.encode(), "application/yaml")
    fine(page.run())
    press(page, w.IMPORT_NOW.format(n=2))
    assert "新增 1，更新 1" in said(page)
    bad = good + "- {name: 目录, engine: folder, url: /etc, kind: group}\n"
    page.file_uploader[0].upload("来源.yml", bad.encode(), "application/yaml")
    fine(page.run())
    press(page, w.IMPORT_NOW.format(n=3))
    assert "不能在网页上新增" in said(page)
    assert set(stored(desk)) == {"江城日报", "江城晚报"}
    wrong = "sources:\n  - {name: 甲}\n"
    page.file_uploader[0].upload("来源.yml", wrong.encode(), "application/yaml")
    fine(page.run())
    assert "第 1 个来源：缺少" in said(page)


# ---- from other pages ----------------------------------------------------------------------------


def links(page: AppTest) -> dict[str, str]:
    return {link.proto.label.replace("\\", ""): link.proto.page for link in page.get("page_link")}


def test_the_first_hour_and_the_empty_health_page_lead_here(desk: App) -> None:
    start = open_page("start")
    assert ws.STEPS["sources"] in html_of(start)
    assert links(start)[ws.GO["sources"]] == "sources"
    assert links(open_page("source_health"))[w.OPEN_SOURCES] == "sources"


@pytest.fixture
def interrupted(desk: App) -> str:
    """Return the number of the alert of a source whose data are interrupted."""
    add(desk, "江城日报", "https://news.example/rss.xml", every=timedelta(minutes=30))
    with desk.db.write() as connection:
        sources.raise_issue(
            connection, at=NOW - timedelta(hours=2), code="layout-changed",
            source_name="江城日报", message="江城日报 的网页多半改版了",
        )  # fmt: skip
        crawl = sources.start_crawl(connection, "江城日报", NOW - timedelta(hours=1))
        sources.finish_crawl(
            connection, crawl, NOW, "done", {"rejected": {"robots": 2, "http-404": 1}}
        )
        connection.execute(t.source.update().values(next_check_at=NOW + timedelta(hours=1)))
    watch.run(desk, NOW)
    with desk.db.read() as connection:
        number: str = connection.execute(select(t.alert.c.number)).scalar_one()
    return number


def test_an_interrupted_source_is_told_on_its_pages(desk: App, interrupted: str) -> None:
    health = open_page("source_health")
    seen = html_of(health)
    for word in (w.STATES[State.INTERRUPTED], "robots.txt 不允许 2、HTTP 404 1", words.PACE,
                 words.ADVICE["layout-changed"]):  # fmt: skip
        assert word in seen
    label = words.INTERRUPTED_BY.format(number=interrupted)
    assert links(health)[label] == "alert"
    page = open_page(source="江城日报")
    assert words.ADVICE["layout-changed"] in html_of(page)
    assert w.INTERRUPTED_BY.format(number=interrupted) in links(page)


def test_the_alert_of_a_source_shows_no_voices_and_nothing_to_register(
    desk: App, interrupted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_page("alert_detail", id=interrupted)
    seen = html_of(page)
    for word in ("江城日报", words.INTERRUPTED, "数据中断：来源"):
        assert word in seen
    for word in (words.suggested("moderate"), words.AT_LEAST_HELP, words.NO_CASE, "0 帖"):
        assert word not in seen
    assert {words.WHY_NOW, words.VOICES, words.CLOCKS}.isdisjoint(
        head.value for head in page.subheader
    )
    assert links(page)[words.OPEN_SOURCE] == "sources"
    monkeypatch.setattr(
        session, "actor",
        lambda: Actor(
            name="林", via="web", roles=frozenset({Role.MONITOR, Role.CRISIS}), entities=None
        ),
    )  # fmt: skip
    page = open_page("alert_detail", id=interrupted)
    labels = [button.label for button in page.button]
    assert wt.ACKNOWLEDGE in labels
    assert {wt.CONFIRM, wt.GRADE, wt.DISMISS, wt.MERGE}.isdisjoint(labels)
    assert links(page)[words.OPEN_HEALTH] == "health"
    press(page, wt.ACKNOWLEDGE)
    with desk.db.read() as connection:
        assert connection.execute(select(t.acknowledgement.c.by)).scalar_one() == "林"


def test_the_overview_lists_it_as_an_interruption(desk: App, interrupted: str) -> None:
    seen = html_of(open_page("overview"))
    assert f"{words.INTERRUPTED} 1" in seen, "counted apart from what was said"
    assert words.NO_ALERTS not in seen
    assert "江城日报" in seen
    assert words.suggested("moderate") not in seen
