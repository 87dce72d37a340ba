"""First hour (第一小时): from an empty home to the first push in a browser, steps counted.

`FENGHUO_STEPS_REPORT` names a file for the counted steps as JSON; `FENGHUO_STEPS_PICTURES` a folder
for the pictures that docs/first-hour.md shows.
"""

import email
import email.policy
import json
import os
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from openpyxl import Workbook
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import func, select

from config.clock import SystemClock
from domain.clock import SHANGHAI
from pipelines import home as homes
from pipelines.wiring import App, open_app
from store import tables as t
from tests.browser import ROOT, Hand, chromium, running, settled, shrink, until
from tests.conftest import settings_for
from tests.receivers import MailServer, mail_server

pytestmark = pytest.mark.browser

#: Wanted: an hour at most, a quarter of it for the machine and a quick hand (issue 3).
MOST_SECONDS = 15 * 60
COMPANY = "云岭置业"
SUBJECT = "云岭·梅溪台"
#: Twelve places and five kinds of houses: sixty invented projects.
PLACES = (
    "松溪",
    "竹溪",
    "梅溪",
    "兰溪",
    "柳溪",
    "荷塘",
    "枫桥",
    "桂塘",
    "杏坞",
    "桃坞",
    "云坪",
    "月坪",
)
KINDS = ("台", "里", "苑", "庐", "樾")
#: Ten owners, ten ways to say one thing.
OWNERS = (
    "梅溪台2栋外墙渗水，次卧整面墙都湿了，电话13812345678",
    "梅溪台3栋也是外墙渗水，主卧墙面发霉了",
    "我家梅溪台外墙渗水到客厅了，物业不管",
    "梅溪台外墙渗水，报修三次没人来",
    "又渗水了，梅溪台的外墙到底怎么做的防水",
    "梅溪台5栋外墙渗水，地板都泡坏了",
    "同样梅溪台，外墙渗水严重，墙皮脱落",
    "梅溪台外墙渗水，开发商推给施工方",
    "梅溪台业主，外墙渗水一下雨就漏，太差了",
    "梅溪台外墙渗水问题什么时候解决，天天漏",
)
DOC = ROOT / "docs" / "first-hour.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What the scripted hour came to."""

    steps: tuple[str, ...]
    #: Seconds since the first page was asked for.
    to_post: float
    to_push: float
    to_end: float
    mail: str
    seen: dict[str, str]
    counts: dict[str, int]


def subjects_file(path: Path) -> None:
    """Sixty subjects with 300 aliases; two rows twice, one alias that is a common word."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["类型", "名称", "法人主体", "城市", "区域", "别名", "负责人", "负责人电话",
                  "区域客服", "区域客服电话"])  # fmt: skip
    rows = []
    for place in PLACES:
        for kind in KINDS:
            name = place + kind
            aliases = [name, f"{name}小区", f"云岭{name}", f"{name}一期", f"{name}二期"]
            if name == "桃坞苑":
                aliases[4] = "花园"
            rows.append(
                ["项目", f"云岭·{name}", f"江城{place}置业有限公司", "江城", "华东",
                 "、".join(aliases), "赵工", "13900000001", "钱经理", "0510-80000001"]
            )  # fmt: skip
    for cells in (*rows, rows[3], rows[7]):
        sheet.append(cells)
    book.save(path)
    assert len(rows) == 60
    assert sum(len(cells[5].split("、")) for cells in rows) == 300


def recipients_file(path: Path) -> None:
    """One reads mail, one the console; both the whole company."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["姓名", "角色", "电话", "范围", "最低级别", "渠道", "地址"])
    sheet.append(
        ["孙组长", "危机小组", "13900000002", "全部", "较大", "邮件", "sun@yunling.example"]
    )
    sheet.append(["周监测", "客服监测员", "13900000003", "区域:华东", "一般", "控制台", ""])
    book.save(path)


def posts_file(path: Path, now: datetime) -> None:
    """A board's export: ten owners within the last hour."""
    with path.open("w", encoding="utf-8") as out:
        for number, text in enumerate(OWNERS):
            at = (now - timedelta(minutes=5 * (len(OWNERS) - number))).astimezone(SHANGHAI)
            line = {
                "id": f"p{number}", "author": f"业主{number}", "text": text,
                "published_at": at.isoformat(timespec="seconds"), "source_kind": "forum",
                "url": f"https://bbs.yunling.example/thread-{number}-1-1.html",
            }  # fmt: skip
            out.write(json.dumps(line, ensure_ascii=False) + "\n")


def chat_text(now: datetime) -> str:
    """What somebody copies out of a chat window."""
    at = now.astimezone(SHANGHAI)
    return "\n".join(
        f"{name}\n{at - timedelta(minutes=back):%Y-%m-%d %H:%M}\n{said}\n"
        for name, back, said in (
            ("梅溪小筑 3-2-1501", 20, "梅溪台外墙渗水，我家次卧墙也湿了"),
            ("早起的鸟", 15, "梅溪台的物业说再等等，都等半个月了，太气人"),
            ("阿宽", 9, "有没有人一起去找开发商要个说法"),
        )
    )


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """Play the whole hour once; every test reads what came of it."""
    folder = tmp_path_factory.mktemp("first-hour")
    home = folder / "var"
    settings = homes.create(settings_for(home), None, company="", procedure="")
    now = SystemClock().now()
    subjects_file(folder / "监测对象.xlsx")
    recipients_file(folder / "收件人.xlsx")
    posts_file(folder / "论坛导出.jsonl", now)
    app = open_app(settings)
    with mail_server() as mails, running(home) as url, sync_playwright() as playwright:
        (home / "channels.yml").write_text(
            f"email:\n  host: 127.0.0.1\n  port: {mails.port}\n  security: plain\n"
            "  sender: 烽火 <fenghuo@yunling.example>\n",
            encoding="utf-8",
        )
        browser = chromium(playwright)
        found = _hour(app, browser_hand(browser), url, folder, mails)
        browser.close()
    app.db.dispose()
    _report(found)
    return found


def browser_hand(browser: Browser) -> Hand:
    """Return a hand on a fresh desktop page."""
    pictures = os.environ.get("FENGHUO_STEPS_PICTURES", "")
    page = browser.new_page(viewport={"width": 1180, "height": 760}, locale="zh-CN")
    return Hand(page=page, pictures=Path(pictures) if pictures else None)


def _imported(page: Page, file: Path) -> None:
    """Wait for the import; where a busy machine lost the file the page says so: choose it again."""
    told, lost = page.get_by_text("读到 10 条，新增 10"), page.get_by_text("还没有文件")
    told.or_(lost).first.wait_for(timeout=60_000)
    if lost.is_visible():
        chosen = page.locator("[data-testid=stFileUploaderDropzone] input[type=file]").first
        chosen.set_input_files(file)
        page.get_by_text(file.name).first.wait_for(timeout=30_000)
        settled(page)
        page.get_by_role("button", name="导入", exact=True).first.click()
    told.wait_for(timeout=60_000)


def _hour(app: App, hand: Hand, url: str, folder: Path, mails: MailServer) -> Ran:
    page, seen = hand.page, {}
    begun = SystemClock().now()
    hand.open(url, "态势总览")
    hand.link("开始第一小时 →", "第一小时")
    hand.fill("公司名称（写在推送与报告上）", COMPANY)
    hand.choose("公司采用的程序包", "project-002")
    hand.click("保存")
    page.get_by_text("已保存公司与程序包").wait_for()

    hand.link("去导入监测对象 →", "监测对象")
    hand.upload(folder / "监测对象.xlsx", "监测对象表")
    page.get_by_text("导入 60 个对象").wait_for(timeout=60_000)
    settled(page)
    seen["dry run"] = page.locator("[data-testid=stMain]").inner_text()
    hand.click("导入 60 个对象")
    page.get_by_text("已导入：新增 60").wait_for(timeout=60_000)
    hand.link("回到第一小时 →", "第一小时")

    hand.link("去导入收件人 →", "收件人")
    hand.upload(folder / "收件人.xlsx", "收件人表")
    hand.click("导入 2 人")
    page.get_by_text("已保存 2 人").wait_for(timeout=60_000)
    hand.link("回到第一小时 →", "第一小时")

    hand.link("去录入内容 →", "录入")
    hand.pick("导入文件")
    hand.upload(folder / "论坛导出.jsonl", "论坛、群聊的导出文件")
    hand.click("导入")
    _imported(page, folder / "论坛导出.jsonl")
    hand.pick("粘贴群聊")
    hand.fill("群聊内容", chat_text(SystemClock().now()))
    page.get_by_text("认出 3 条消息，3 个说话人").wait_for()
    hand.choose("监测对象", "梅溪台")
    hand.fill("群名", "梅溪台业主群")
    hand.fill("提供人", "周监测")
    hand.fill("依据（如：群成员本人提供，用于处理投诉）", "群成员本人提供，用于处理投诉")
    hand.click("存入（3 条）")
    page.get_by_text("已存入：3 条，新增 3 条").wait_for(timeout=60_000)

    hand.link("去待阅 →", "今日待阅")
    page.get_by_text("外墙").first.wait_for(timeout=120_000)
    settled(page)
    to_post = (SystemClock().now() - begun).total_seconds()
    seen["inbox"] = page.locator("[data-testid=stMain]").inner_text()
    until(lambda: len(mails.mails) > 0, 120)
    with app.db.read() as connection:
        pushed = connection.scalar(
            select(func.min(t.outbox.c.accepted_at)).where(t.outbox.c.channel == "email")
        )
        names = ("subject", "alias", "post", "person", "outbox", "alert")
        counts = {
            name: connection.scalar(select(func.count()).select_from(t.metadata.tables[name])) or 0
            for name in names
        }
    assert pushed is not None
    if hand.pictures is not None:
        page.screenshot(path=(shot := hand.pictures / "first-hour-inbox.png"))
        shrink(shot)
    return Ran(
        steps=tuple(hand.steps), to_post=to_post, to_push=(pushed - begun).total_seconds(),
        to_end=(SystemClock().now() - begun).total_seconds(), mail=_mail(mails.mails[0]),
        seen=seen, counts=counts,
    )  # fmt: skip


def _mail(raw: bytes) -> str:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    body = message.get_body(("plain",))
    assert body is not None
    return f"{message['subject']}\n{body.get_content()}"


def _report(found: Ran) -> None:
    path = os.environ.get("FENGHUO_STEPS_REPORT", "")
    if path:
        said = {
            "steps": list(found.steps), "count": len(found.steps),
            "seconds_to_first_post": round(found.to_post, 1),
            "seconds_to_first_push": round(found.to_push, 1),
            "seconds_in_all": round(found.to_end, 1), "counts": found.counts,
        }  # fmt: skip
        Path(path).write_text(json.dumps(said, ensure_ascii=False, indent=1), encoding="utf-8")


def test_sixty_subjects_and_three_hundred_aliases_stand_in_the_database(ran: Ran) -> None:
    assert ran.counts["subject"] == 60
    assert ran.counts["alias"] == 300
    assert ran.counts["post"] == 13


def test_the_dry_run_names_doubles_and_the_homonym(ran: Ran) -> None:
    said = ran.seen["dry run"]
    assert "新增 60" in said
    assert "有误 2" in said
    assert len(re.findall(r"名称 云岭·\w+ 与 .{1,40} 重复", said)) == 2
    assert "“花园”是常用词" in said


def test_the_inbox_shows_the_post_under_its_subject(ran: Ran) -> None:
    said = ran.seen["inbox"]
    assert SUBJECT in said
    assert "外墙渗水" in said
    assert "13812345678" not in said
    assert "1501" not in said


def test_the_push_says_what_who_and_which_words(ran: Ran) -> None:
    assert SUBJECT in ran.mail
    assert "系统建议：疑似重大" in ran.mail or "系统建议：疑似较大" in ran.mail
    assert sum(text.split("，")[0] in ran.mail for text in OWNERS) >= 2
    assert "13900000001" in ran.mail
    assert "13812345678" not in ran.mail


def test_it_took_less_than_a_quarter_of_an_hour(ran: Ran) -> None:
    assert 0 < ran.to_push < MOST_SECONDS
    assert 0 < ran.to_post < MOST_SECONDS


def test_the_page_in_the_docs_lists_exactly_these_steps(ran: Ran) -> None:
    listed = re.findall(r"^\d+\. \*\*(.+?)\*\*", DOC.read_text(encoding="utf-8"), re.MULTILINE)
    assert listed == list(ran.steps)
