"""Pictures of every page for the docs, desktop and phone: python -m tests.screenshots [FOLDER].

They show the demo town after its playback plus what people do on a working day: complaints, media
enquiries, an on-site report, labels, accounts. Everybody and everything in it is invented.
"""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright
from rich.console import Console
from sqlalchemy import select

from config.clock import SystemClock
from domain.access import Actor, Role
from domain.clock import SHANGHAI
from domain.label import NO, YES, Field, Judgement
from domain.level import Level
from domain.source import Subject
from pipelines import accounts, actions, complaints, intake, media, push, serve
from pipelines.complaints import ComplaintForm
from pipelines.intake import Basis
from pipelines.line import run_line
from pipelines.wiring import App, open_app
from store import inbox, people, subjects
from store import tables as t
from store.people import Person, Way
from tests.browser import (
    PAGES,
    ROOT,
    chromium,
    open_page,
    running,
    settled,
    shrink,
    sign_in,
)
from tests.conftest import settings_for

SIZES = {"": (1440, 900), "-phone": (390, 844)}
#: A picture is never longer than this many pixels: more would not be looked at.
TALLEST = 2600
LOGIN, WORD = "zhoumin", "江城旧事三五人x2026"
MINE = Actor(name="周敏", via="cli", roles=frozenset(Role), entities=None)
COLLEAGUE = Actor(name="陈立", via="cli", roles=frozenset(Role), entities=None)


@contextmanager
def filled_home() -> Iterator[App]:
    """Make the demo home, play its past, and add a day of people's work."""
    with tempfile.TemporaryDirectory() as folder:
        settings = settings_for(Path(folder) / "var")
        serve.demo(settings, Console(stderr=True), fresh=False, play_only=True)
        app = open_app(settings)
        with app.db.read() as connection:
            watched = subjects.load(connection)
        now = SystemClock().now()
        _people(app, now)
        _desk(app, watched, now)
        _media(app, watched, now)
        run_line(app)
        _inbox(app, now)
        run_line(app)
        yield app
        app.db.dispose()


def _people(app: App, now: datetime) -> None:
    told = (
        ("zhou", "周敏", "客服监测员", Level.MODERATE),
        ("chen", "陈立", "危机小组组长", Level.MAJOR),
        ("lin", "林晓", "媒介主管", Level.MAJOR),
    )
    with app.db.write() as connection:
        people.put(
            connection,
            [
                Person(
                    key=key, name=name, post=post, phone="", legal_entity=None,
                    ways=(Way(channel="console", address="", min_level=least, subject=None,
                              region=None),),
                )
                for key, name, post, least in told
            ],
        )  # fmt: skip
    for login, name, roles in (
        (LOGIN, "周敏", frozenset(Role)),
        ("chenli", "陈立", frozenset({Role.MONITOR, Role.CRISIS})),
        ("linxiao", "林晓", frozenset({Role.MEDIA})),
    ):
        accounts.make(
            app, login=login, name=name, password=WORD, roles=roles, entities=None, actor=MINE,
            now=now,
        )  # fmt: skip


def _desk(app: App, watched: list[Subject], now: datetime) -> None:
    one, two = watched[0].key, watched[-1].key
    for text, subject, order, hours in (
        ("交付时承诺的地下车库充电桩一直没有装，多次来电没有答复。", one, "2026112200317", 30),
        ("电梯三天内困人两次，要求给出维修记录和安全说明。", two, "2026112200402", 6),
    ):
        complaints.register_complaint(
            app,
            ComplaintForm(
                text=text, subject=subject, category="工程质量", way="来电", name="王某",
                phone="13812345678", building="3", unit="2", room="1501", channel="12345",
                order_no=order, reply_due_at=now + timedelta(hours=hours),
            ),
            MINE, now - timedelta(minutes=50),
        )  # fmt: skip
    intake.report_onsite(
        app, kind="banner", subject_key=one, people=12, place="售楼部南门", actor=MINE,
        now=now - timedelta(minutes=3),
    )  # fmt: skip
    local = now.astimezone(SHANGHAI)
    lines = (
        ("早起的鸟", 42, "咱们小区外墙又渗水了，墙皮掉了一大块，物业还是那句再等等"),
        ("阿宽", 40, "交的钱都去哪了，质量差成这样还不给个说法"),
        ("小林", 31, "有没有人一起去投诉，算我一个"),
    )
    intake.paste_chat(
        app,
        "\n".join(
            f"{name}\n{local - timedelta(minutes=back):%Y-%m-%d %H:%M}\n{said}\n"
            for name, back, said in lines
        ),
        subject_key=None, group="邻里互助群", pictures=[], keep=False, actor=MINE, now=now,
        basis=Basis(provider="周敏", basis="群成员本人提供，用于处理投诉", ends_on="2027-02-28",
                    notice=True),
    )  # fmt: skip


def _media(app: App, watched: list[Subject], now: datetime) -> None:
    one = watched[0].key
    media.register_enquiry(
        app, outlet="江城晚报", question="外墙渗水涉及多少户？维修何时完成？", subject=one,
        reporter="李记者", phone="13912345678", actor=MINE, now=now,
        received_at=now - timedelta(hours=2), deadline_at=now + timedelta(hours=5),
    )  # fmt: skip
    done = media.register_enquiry(
        app, outlet="江城电视台", question="是否已与业主沟通？", subject=one, actor=MINE, now=now,
        received_at=now - timedelta(days=1),
    )  # fmt: skip
    media.update_enquiry(
        app,
        done,
        actor=MINE,
        now=now,
        reply="已成立专班，逐户联系。",
        wording="外墙维修 v1",
        called_back=True,
    )
    media.enter_release(
        app, at=now - timedelta(hours=20), outlet="公司公众号",
        title="关于外墙渗水集中维修的说明", actor=MINE, now=now, subject=one,
    )  # fmt: skip


def _inbox(app: App, now: datetime) -> None:
    """Let a colleague have read a few posts."""
    with app.db.read() as connection:
        groups = inbox.read(connection, COLLEAGUE, now).groups
    ids = [item.post_id for group in reversed(groups) for item in group.items][:4]
    said = (
        Judgement(field=Field.READ, value=YES),
        Judgement(field=Field.RELEVANT, value=NO),
        Judgement(field=Field.WATCH, value=YES),
        Judgement(field=Field.READ, value=YES),
    )
    for post_id, judgement in zip(ids, said, strict=False):
        actions.label_post(app, post_id, [judgement], COLLEAGUE, now)


def _grave(app: App) -> tuple[str, str]:
    """Return the gravest open alert with a triage still to do, and its acknowledge link."""
    with app.db.read() as connection:
        rows = connection.execute(
            select(t.alert.c.number, t.alert.c.level, t.alert.c.version)
            .where(t.alert.c.status == "open")
        ).all()  # fmt: skip
    number, _, version = max(rows, key=lambda row: (Level(row.level).rank, row.version))
    return number, "ack/" + push.ack_link(app, number, version, "").partition("/ack/")[2]


def shoot(browser: Browser, url: str, folder: Path, app: App) -> list[Path]:
    """Write one PNG a page and size, of the whole page, and return their paths."""
    number, link = _grave(app)
    written = []
    for size, (width, height) in SIZES.items():
        context = browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN")
        page = context.new_page()
        for name, address in (("login", "login"), ("ack", link)):
            page.goto(f"{url}/{address}")
            written.append(_picture(page, folder / f"{name}{size}.png"))
        sign_in(page, url, LOGIN, WORD)
        for address, title in PAGES:
            asked = f"alert?id={number}" if address == "alert" else address
            open_page(page, f"{url}/{asked}", title)
            page.wait_for_timeout(1200)  # charts draw after the script has ended
            _whole(page, width)
            written.append(_picture(page, folder / f"{address or 'overview'}{size}.png"))
            page.set_viewport_size({"width": width, "height": height})
        context.close()
    return written


def _picture(page: Page, path: Path) -> Path:
    page.screenshot(path=path)
    shrink(path)
    return path


def _whole(page: Page, width: int) -> None:
    """Grow the window to the page's length: Streamlit scrolls inside a box of its own."""
    tall = page.evaluate(
        "() => Math.max(...[...document.querySelectorAll('[data-testid=\"stMain\"]')]"
        ".map(box => box.scrollHeight), 600)"
    )
    page.set_viewport_size({"width": width, "height": min(int(tall) + 20, TALLEST)})
    settled(page)


def main(folder: Path) -> None:
    """Fill a home, serve it, write the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    with filled_home() as app, running(app.settings.home) as url, sync_playwright() as playwright:
        browser = chromium(playwright)
        for made in shoot(browser, url, folder, app):
            print(made)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "img")
