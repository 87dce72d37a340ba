"""Sources by address, by file and from the catalogue, on the command line, against loopback."""

import asyncio
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import typer
from sqlalchemy import select

from config import catalogue
from config.catalogue import Catalogue, Status, Template
from domain.access import Act, Actor, Role
from domain.errors import AccessError, FactsError, ParseError
from domain.post import SourceKind
from domain.source import Source
from pipelines import catalogue_check, cli, home, preview, source_book, source_questions
from pipelines.wiring import App, open_app
from store import sources
from store import tables as t
from tests.conftest import NOON, settings_for
from tests.source_site import PHONE, Town, town

BOSS = Actor(name="站长", via="cli")
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def web() -> Iterator[Town]:
    with town() as told:
        yield told


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `fenghuo …` in this process on a home of its own."""
    home.create(settings_for(tmp_path / "var"), None, company="云麓", procedure="group-000")
    monkeypatch.setenv("FENGHUO_HOME", str(tmp_path / "var"))
    monkeypatch.setenv("FENGHUO_ACTOR", "测试员")
    monkeypatch.chdir(tmp_path)

    def call(*args: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["fenghuo", *args])
        code = 0
        try:
            cli.main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return call


def stored() -> dict[str, Source]:
    with open_app().db.read() as connection:
        return {item.name: item for item in sources.everything(connection)}


def posts() -> int:
    with open_app().db.read() as connection:
        return len(connection.execute(select(t.post.c.id)).all())


def item(name: str = "江城日报", **facts: Any) -> Source:
    told: dict[str, Any] = {
        "name": name, "engine": "feed", "url": "https://news.example/rss.xml",
        "site": "news.example", "kind": SourceKind.NEWS, **facts,
    }  # fmt: skip
    return Source(**told)


# ---- add -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "engine", "kind", "posts_seen"),
    [
        ("/rss.xml", "feed", SourceKind.NEWS, 4),
        ("/list.html", "listing", SourceKind.NEWS, 4),
        ("/forum.php?mod=forumdisplay&fid=2", "discuzx", SourceKind.FORUM, 3),
    ],
)
def test_an_address_alone_becomes_a_source_after_a_preview(
    run: Run, web: Town, path: str, engine: str, kind: SourceKind, posts_seen: int
) -> None:
    code, _, said = run("sources", "add", web.base + path, "--allow-private", "--name", "江城")
    assert code == 0
    assert f"读到 {posts_seen} 帖" in said
    assert "已保存来源“江城”" in said
    assert PHONE not in said
    assert len(web.asked) <= 6
    made = stored()["江城"]
    assert (made.engine, made.kind, made.url) == (engine, kind, web.base + path)
    assert posts() == 0, "a preview stores nothing"
    with open_app().db.read() as connection:
        row = connection.execute(select(t.source.c.verified_at, t.source.c.next_check_at)).one()
        [(action, by)] = connection.execute(
            select(t.audit.c.action, t.audit.c.actor).where(t.audit.c.object == "source:江城")
        ).all()
    assert row.verified_at is not None
    assert row.next_check_at is not None, "due at once"
    assert (action, by) == ("source-saved", "测试员")


def test_what_was_added_is_crawled(run: Run, web: Town) -> None:
    run("sources", "add", web.base + "/list.html", "--allow-private", "--name", "民生")
    assert run("crawl", "民生")[0] == 0
    assert posts() == 6
    code, _, said = run("sources", "check", "民生")
    assert code == 0
    assert "可用" in said
    assert "节奏" in said


def test_options_are_kept_and_a_wrong_kind_is_named(run: Run, web: Town) -> None:
    url = web.base + "/list.html"
    wrong = run("sources", "add", url, "--allow-private", "--kind", "电台")
    assert wrong[0] == 1
    assert "论坛、新闻" in wrong[2]
    assert web.asked == [], "asked nothing before the mistake was told"
    run(
        "sources", "add", url, "--allow-private", "--kind", "投诉", "--every", "45",
        "--min-posts", "3",
    )  # fmt: skip
    made = stored()["江城民生"]
    assert (made.kind, made.every, made.min_posts) == (
        SourceKind.COMPLAINT, timedelta(minutes=45), 3,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/secret/list.html", ("robots.txt", "书面同意")),
        ("/login.html", ("要求登录", "文件导入")),
        ("/n/1.html", ("像一篇文章", "栏目页")),
        ("/nowhere.html", ("HTTP 404", "浏览器")),
    ],
)
def test_what_makes_no_source_says_why_and_what_to_do(
    run: Run, web: Town, path: str, words: tuple[str, str]
) -> None:
    code, _, said = run("sources", "add", web.base + path, "--allow-private", "-y")
    assert code == 1
    for word in words:
        assert word in said
    assert stored() == {}


def test_an_inner_address_is_refused_unless_it_is_meant(run: Run, web: Town) -> None:
    code, _, said = run("sources", "add", web.base + "/rss.xml", "-y")
    assert code == 1
    assert "内网或本机地址" in said
    assert web.asked == []


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://a.example/",
        "https://u:p@a.example/",
        "http://a.example:99999/",
        "http://a.example:abc/",
        "http://a.example:0/",
        "http://[::1/",
    ],
)
def test_an_address_that_cannot_be_is_refused_unasked(run: Run, url: str) -> None:
    code, _, said = run("sources", "add", url, "-y")
    assert code == 1
    assert "网址" in said
    assert "Error" not in said


def test_the_home_of_a_forum_offers_boards_by_number(
    run: Run, web: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, _, said = run("sources", "add", web.base + "/bbs/", "--allow-private", "-y")
    assert code == 1, "nobody there to choose"
    assert "1. 业主之家" in said
    assert "2. 站务" in said
    assert "从上面选一个" in said
    answers = iter([1, "业主之家", "", True])
    monkeypatch.setattr(source_questions, "somebody_there", lambda: True)
    monkeypatch.setattr(typer, "prompt", lambda *_, **__: next(answers))
    monkeypatch.setattr(typer, "confirm", lambda *_, **__: next(answers))
    code, _, said = run("sources", "add", web.base + "/bbs/", "--allow-private")
    assert code == 0
    assert stored()["业主之家"].engine == "discuzx"


def test_a_thread_leads_to_its_board(run: Run, web: Town) -> None:
    tid = next(iter(web.forum.threads))
    url = f"{web.base}/forum.php?mod=viewthread&tid={tid}"
    code, _, said = run("sources", "add", url, "--allow-private", "-y", "--name", "版块")
    assert code == 0, said
    assert stored()["版块"].url == f"{web.base}/forum.php?mod=forumdisplay&fid=2"


def test_the_same_address_or_name_is_not_added_twice(run: Run, web: Town) -> None:
    add = ("sources", "add", web.base + "/rss.xml", "--allow-private", "-y")
    assert run(*add)[0] == 0
    assert "已有来源叫" in run(*add)[2]
    assert "已经登记为来源“江城日报”" in run(*add, "--name", "别名")[2]
    assert list(stored()) == ["江城日报"]


def test_a_source_that_breaks_is_told_by_check(run: Run, web: Town) -> None:
    run("sources", "add", web.base + "/rss.xml", "--allow-private", "-y")
    web.broken = 500
    code, _, said = run("sources", "check")
    assert code == 1
    assert "没有采到" in said
    assert "HTTP 500" in said
    assert run("sources", "check", "没有这个")[0] == 1


def test_nobody_there_is_said_in_plain_words(run: Run) -> None:
    gone = item(url="http://127.0.0.1:9/rss", allow_private=True)
    [problem] = preview.preview(gone).outcome.errors
    assert "连接不上（网站没有应答，或域名、端口不对）" in problem
    assert "ssl" not in problem.lower()
    assert "Connect call" not in problem


def test_switching_off_and_on_leaves_everything_else(run: Run, web: Town) -> None:
    run("sources", "add", web.base + "/rss.xml", "--allow-private", "-y")
    before = stored()["江城日报"]
    assert run("sources", "off", "江城日报")[0] == 0
    assert stored()["江城日报"] == replace(before, enabled=False)
    assert "停用" in run("sources", "list")[1]
    assert run("sources", "on", "江城日报")[0] == 0
    assert stored()["江城日报"] == before
    assert "没有名为" in run("sources", "off", "别处")[2]


# ---- files ---------------------------------------------------------------------------------------


def test_export_and_import_give_the_same_sources(run: Run, app: App, tmp_path: Path) -> None:
    made = [
        item(), item("业主之家", engine="discuzx", url="http://b.example/forum-2-1.html",
                     site="b.example", kind=SourceKind.FORUM, enabled=False, min_posts=4,
                     every=timedelta(minutes=7.5), options={"delay": 3, "ageing_days": [1, 3]}),
    ]  # fmt: skip
    source_book.import_all(open_app(), made, actor=BOSS, now=NOON)
    assert run("sources", "export", "来源.yml")[0] == 0
    assert source_book.from_yaml((tmp_path / "来源.yml").read_bytes(), name="来源.yml") == sorted(
        made, key=lambda one: one.name
    )
    code, _, said = run("sources", "import", "来源.yml")
    assert code == 0
    assert "新增 0，更新 2" in said
    assert sorted(stored().values(), key=lambda one: one.name) == sorted(
        made, key=lambda one: one.name
    )


def test_chinese_field_names_are_read() -> None:
    text = (
        "sources:\n"
        "  - {名称: 江城日报, 引擎: feed, 网址: 'https://a.example/r', 类别: 新闻, 启用: 否}"
    )
    [one] = source_book.from_yaml(text.encode("gb18030"), name="来源.yml")
    assert (one.name, one.site, one.enabled) == ("江城日报", "a.example", False)


GOOD = "{name: 甲, engine: feed, url: 'https://a.example/r', kind: news}"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("{name: 乙, engine: feed, url: 'https://a.example/2'}", "第 2 个来源.*缺少 类别"),
        ("{name: 乙, engine: feed, url: 'ftp://a', kind: news}", "“乙”的网址"),
        ("{name: 乙, engine: 魔法, url: 'https://a.example/2', kind: news}", "引擎“魔法”不认识"),
        ("{name: 乙, engine: feed, url: 'https://a/2', kind: 电台}", "第 2 个来源.*类别“电台”"),
        ("{name: 乙, engine: feed, url: 'https://a/2', kind: news, every_minutes: 快}", "数字"),
        ("{name: 乙, engine: feed, url: 'https://a/2', kind: news, every_minutes: 0.5}", "2 分钟"),
        ("{name: 乙, engine: feed, url: 'http://[::1/x', kind: news}", "第 2 个.*“乙”的网址"),
        ("{name: 乙, engine: feed, url: 'http://a.example:99999/', kind: news}", "端口不对"),
        ("{name: 乙, engine: feed, url: 'http://', kind: news}", "“乙”的网址"),
        ('{name: 乙, engine: feed, url: "http://a.example\\n/", kind: news}', "网址里有换行"),
        ('{name: "\\ud800", engine: feed, url: "http://a/", kind: news}', "第 3 行有半个字符"),
        ("{name: 12, engine: feed, url: 'https://a/2', kind: news}", "第 2 个来源：名称应是文字"),
        ("{name: 乙, engine: feed, url: [x], kind: news}", "第 2 个来源：网址应是文字"),
        ("{name: 乙, engine: feed, url: 'https://a/2', kind: news, every_minutes: .inf}", "间隔"),
        ("{name: 乙, engine: feed, url: 'https://a/2', kind: news, every_minutes: 1e30}", "间隔"),
        ("{name: 乙, engine: feed, url: 'https://a/2', kind: news, every_minutes: .nan}", "间隔"),
        ("{name: 乙, engine: feed, url: 'https://a/2', kind: news, min_posts: .inf}", "每日至少"),
        ("{name: 乙, engine: feed, url: 'https://a/2', kind: news, min_posts: -1}", "每日至少"),
        *(
            (f"{{name: 乙, engine: feed, url: 'https://a/2', kind: news, options: {{{key}: {v}}}}}",
             f"第 2 个来源.*选项 {key} 应是")
            for key, v in (("delay", "快"), ("max_requests", ".inf"), ("list_pages", "[2]"),
                           ("hot_every", "1e30"), ("cold_every", "yes"), ("delay", "-1"))
        ),
        ("{name: 乙, engine: feed, url: 'https://a/2', kind: news, options: {a: 2026-11-22}}",
         "第 2 个来源.*日期请加引号"),
        (f"{GOOD[:-1]}, allow_private: true, every_minutes: 900000}}", "2 分钟到 7 天"),
        ("{name: 乙, engine: feed, url: 'https://a/2', kind: news, 颜色: 红}", "不认识的字段 颜色"),
        ("{name: 乙, engine: feed, url: 'https://a/2', kind: news, options: 3}", "选项"),
        ("{name: 乙, engine: feed, url: 'https://a/2', kind: news, subject: 无此}", "无此 不存在"),
        (GOOD, "与第 1 个相同"),
        ("只是一句话", "第 2 个来源"),
    ],
)  # fmt: skip
def test_one_wrong_entry_and_nothing_is_imported(
    run: Run, tmp_path: Path, row: str, words: str
) -> None:
    (tmp_path / "来源.yml").write_text(f"sources:\n  - {GOOD}\n  - {row}\n", encoding="utf-8")
    code, _, said = run("sources", "import", "来源.yml")
    assert code == 1
    assert re.search(words, said), said
    assert stored() == {}


@pytest.mark.parametrize(
    "text",
    ["", "{", "sources: []", "sources: 3", "\x00", "[" * 5000, "a: 2026-13-45", "9" * 5000],
    ids=["empty", "open", "none", "number", "nul", "deep", "no-day", "long-number"],
)
def test_a_file_without_sources_is_refused(run: Run, tmp_path: Path, text: str) -> None:
    (tmp_path / "来源.yml").write_text(text, encoding="utf-8")
    code, _, said = run("sources", "import", "来源.yml")
    assert code == 1
    assert "来源.yml" in said


def test_anchors_are_refused_and_never_unfolded() -> None:
    bomb = "a0: &a0 [x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 30)
    )
    for text in (f"{bomb}sources:\n  - {GOOD}\n", f"sources:\n  - &a {GOOD}\n  - *a\n"):
        with pytest.raises(ParseError, match=r"来源\.yml：第 \d+ 行用了 YAML 锚点或引用"):
            source_book.from_yaml(text.encode(), name="来源.yml")


def test_what_two_sources_share_is_exported_so_that_it_can_be_imported() -> None:
    shared = {"list_pages": 3}
    made = [item("甲", options=shared), item("乙", options=shared)]
    assert source_book.from_yaml(source_book.to_yaml(made).encode(), name="来源.yml") == made


@pytest.mark.parametrize(
    "data", [b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, b"", b"# " + b"x" * 1_000_001],
    ids=["binary", "empty", "huge"],
)  # fmt: skip
def test_rubbish_is_refused_by_name(run: Run, tmp_path: Path, data: bytes) -> None:
    (tmp_path / "来源.yml").write_bytes(data)
    code, _, said = run("sources", "import", "来源.yml")
    assert code == 1
    assert "来源.yml" in said
    assert "Traceback" not in said
    assert ("1 MB" in said) == (len(data) > 1_000_000)


def test_a_source_with_a_bad_address_can_be_switched_off_but_not_on(app: App) -> None:
    bad = item(url="http://[::1/x")
    with app.db.write() as connection:  # as an earlier version took it
        sources.put(connection, bad, now=NOON)
    source_book.switch(app, bad.name, on=False, actor=BOSS, now=NOON)
    with app.db.read() as connection:
        assert not sources.everything(connection)[0].enabled
    with pytest.raises(FactsError, match="网址"):
        source_book.switch(app, bad.name, on=True, actor=BOSS, now=NOON)


# ---- rights --------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", list(Role))
def test_only_administrators_of_the_whole_company_change_sources(app: App, role: Role) -> None:
    who = Actor(name="周敏", via="web", roles=frozenset({role}), entities=None)
    if who.may(Act.CONFIGURE):
        source_book.add(app, item(), actor=who, now=NOON)
        source_book.ask_visit(app, "江城日报", actor=who, now=NOON)
        return
    with pytest.raises(AccessError):
        source_book.add(app, item(), actor=who, now=NOON)
    source_book.add(app, item(), actor=BOSS, now=NOON)
    with pytest.raises(AccessError):
        source_book.ask_visit(app, "江城日报", actor=who, now=NOON)
    with pytest.raises(AccessError):
        source_book.import_all(app, [item("乙")], actor=who, now=NOON)


@pytest.mark.parametrize(
    "facts",
    [{"allow_private": True}, {"engine": "folder", "url": "/etc", "kind": SourceKind.GROUP}],
)
def test_a_browser_opens_neither_folders_nor_the_inner_network(
    app: App, facts: dict[str, Any]
) -> None:
    who = Actor(name="周敏", via="web", roles=frozenset({Role.ADMIN}), entities=None)
    with pytest.raises(FactsError, match="不能在网页上新增"):
        source_book.import_all(app, [item("乙"), item(**facts)], actor=who, now=NOON)
    with app.db.read() as connection:
        assert sources.everything(connection) == []
    source_book.import_all(app, [item(**facts)], actor=BOSS, now=NOON)
    changed = item(**facts, min_posts=5)
    source_book.save(app, changed, actor=who, now=NOON)  # what stands may be tended
    turned = replace(changed, options={"list": {"rows": "http://10.0.0.1/"}})
    with pytest.raises(FactsError, match="不能在网页上新增"):
        source_book.save(app, turned, actor=who, now=NOON)
    with app.db.read() as connection:
        assert sources.everything(connection) == [changed]


def test_a_visit_is_asked_for_only_where_somebody_visits(app: App) -> None:
    later = NOON + timedelta(hours=5)
    source_book.add(app, item(), actor=BOSS, now=NOON)
    with app.db.write() as connection:
        connection.execute(t.source.update().values(next_check_at=later))
    source_book.ask_visit(app, "江城日报", actor=BOSS, now=NOON)
    with app.db.read() as connection:
        assert [one.name for one in sources.due(connection, NOON)] == ["江城日报"]
    source_book.switch(app, "江城日报", on=False, actor=BOSS, now=NOON)
    with pytest.raises(FactsError, match="停用"):
        source_book.ask_visit(app, "江城日报", actor=BOSS, now=NOON)
    source_book.import_all(app, [item("群", engine="file", url="群.txt")], actor=BOSS, now=NOON)
    with pytest.raises(FactsError, match="导入文件"):
        source_book.ask_visit(app, "群", actor=BOSS, now=NOON)


# ---- the catalogue -------------------------------------------------------------------------------


def template(name: str, url: str, **facts: Any) -> Template:
    return Template(
        name=name, url=url, place="江城", group="省市新闻", engine="auto",
        kind=SourceKind.NEWS, every=timedelta(minutes=30), **facts,
    )  # fmt: skip


@pytest.fixture
def book(web: Town, monkeypatch: pytest.MonkeyPatch) -> Catalogue:
    """Return a catalogue of the town, looked at with loopback allowed."""
    made = Catalogue(
        templates=(
            template("江城日报", web.base + "/rss.xml"), template("民生", web.base + "/list.html"),
            template("内部", web.base + "/secret/list.html"),
            template("会员", web.base + "/login.html"), template("死站", "http://127.0.0.1:9/"),
            template("文章", web.base + "/n/1.html"),
            template("黑名单", web.base + "/never", by_hand=True, note="导出后导入"),
        ),
        provinces={},
    )  # fmt: skip

    async def look(one: Template) -> tuple[Source, preview.Preview]:
        return await preview.of_template_async(one, allow_private=True)

    monkeypatch.setattr(catalogue, "load", lambda: made)
    monkeypatch.setattr(
        catalogue_check, "visits",
        lambda items, real=catalogue_check.visits: real(items, look=look),
    )  # fmt: skip
    return made


WANTED = {
    "江城日报": Status.WORKS, "民生": Status.WORKS, "内部": Status.ROBOTS, "会员": Status.LOGIN,
    "死站": Status.SILENT, "文章": Status.UNKNOWN, "黑名单": Status.BY_HAND,
}  # fmt: skip


def test_each_template_is_told_apart_and_asked_politely(web: Town, book: Catalogue) -> None:
    seen = [one for several in catalogue_check.visits(book.templates) for one in several]
    assert {one.template.name: one.status for one in seen} == WANTED
    assert "/never" not in web.asked
    for path in ("/rss.xml", "/list.html"):
        assert web.asked.count(path) == 2, "once to know what it is, once for the preview"
    assert len(web.asked) <= 6 * 4
    for one in seen:
        assert one.why or one.status is Status.WORKS


def test_visits_can_be_stopped_and_leave_no_task_behind(web: Town, book: Catalogue) -> None:
    rounds = catalogue_check.visits(book.templates)
    next(rounds)
    rounds.close()
    asked = len(web.asked)
    assert [*rounds] == []
    assert len(web.asked) == asked


def test_the_catalogue_enables_what_works_once(run: Run, web: Town, book: Catalogue) -> None:
    code, listed, _ = run("sources", "catalogue", "江城")
    assert code == 0
    assert len(listed.splitlines()) == len(book.templates)
    assert "未验证" in listed
    assert stored() == {}
    code, _, said = run("sources", "catalogue", "江城", "--enable")
    assert code == 0
    assert sorted(stored()) == ["民生", "江城日报"]
    for word in ("robots 不允许", "需要登录", "没有应答", "认不出", "按文件导入"):
        assert word in said
    assert "已登记过" in run("sources", "catalogue", "江城", "--enable")[2]
    assert len(stored()) == 2
    assert "没有“海市”" in run("sources", "catalogue", "海市")[2]


def test_two_templates_of_one_host_are_never_visited_at_once(web: Town) -> None:
    under_way, most = 0, 0

    async def look(one: Template) -> tuple[Source, preview.Preview]:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.01)
        under_way -= 1
        raise FactsError(one.name)

    same = [template(f"栏目{n}", f"http://one.example/{n}") for n in range(5)]
    list(catalogue_check.visits(same, look=look))
    assert most == 1
    many = [template(f"站{n}", f"http://s{n}.example/") for n in range(20)]
    done = [one for several in catalogue_check.visits(many, look=look) for one in several]
    assert most == catalogue_check.TOGETHER
    assert len(done) == 20


def test_one_odd_site_does_not_end_the_visits_of_others() -> None:
    async def look(one: Template) -> tuple[Source, preview.Preview]:
        if one.name == "怪":
            raise ZeroDivisionError
        raise FactsError(one.name)

    items = [template("怪", "http://a.example/"), template("常", "http://b.example/")]
    seen = {s.template.name: s for several in catalogue_check.visits(items, look=look)
            for s in several}  # fmt: skip
    assert set(seen) == {"怪", "常"}
    assert "程序出错" in seen["怪"].why
