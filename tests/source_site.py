"""A town's web on loopback for adding sources: a paper, a forum, a wall, a door robots.txt shuts.

Invented content only.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from config.clock import FixedClock
from tests import discuz_html
from tests.conftest import NOON
from tests.discuz_site import DiscuzSite
from tests.loopback import served

HEADLINES = (
    "东湖新居电梯停运居民盼维修", "二期交付推迟半年业主要说法", "物业费调整方案投票没有通过",
    "地下车库漏水今年第三次出现", "学区划片调整方案公开征求意见", "供暖季前多个小区检修管网",
)  # fmt: skip
PHONE = "13812345678"


@dataclass
class Town:
    """What is served; `asked` are the paths in order, robots.txt left out."""

    base: str = ""
    forum: DiscuzSite = field(default_factory=lambda: DiscuzSite(clock=FixedClock(NOON)))
    asked: list[str] = field(default_factory=list)
    #: Articles and lists answer with this status instead, to break a source.
    broken: int = 0

    def answer(self, path: str) -> tuple[int, str, bytes] | str:
        """Return status, content type and body, or the address to redirect to."""
        if path == "/robots.txt":
            return 200, "text/plain", b"User-agent: *\nDisallow: /secret/\n"
        self.asked.append(path)
        if path.startswith(("/forum.php?", "/thread-")):
            return self.forum.answer(path)
        if self.broken:
            return self.broken, "text/html", b"broken"
        page = self._page(path)
        return (404, "text/html", b"gone") if page is None else (
            200, "text/html; charset=utf-8", page.encode(),
        )  # fmt: skip

    def _page(self, path: str) -> str | None:
        pages: dict[str, Callable[[], str]] = {
            "/rss.xml": self._feed, "/list.html": self._list, "/secret/list.html": self._list,
            "/login.html": _login, "/bbs/": _home,
        }  # fmt: skip
        if path in pages:
            return pages[path]()
        number = path.removeprefix("/n/").removesuffix(".html")
        return self._article(int(number)) if number.isdecimal() and int(number) < 6 else None

    def _feed(self) -> str:
        items = "".join(
            f"<item><guid>{n}</guid><title>{title}</title><link>{self.base}/n/{n}.html</link>"
            f"<pubDate>Fri, 20 Nov 2026 0{n}:00:00 +0800</pubDate></item>"
            for n, title in enumerate(HEADLINES)
        )
        return f"<rss version='2.0'><channel><title>江城日报</title>{items}</channel></rss>"

    def _list(self) -> str:
        rows = "".join(
            f'<li><a href="/n/{n}.html">{title}</a><span>2026-11-20 0{n}:00</span></li>'
            for n, title in enumerate(HEADLINES)
        )
        return f"<title>江城民生 - 江城在线</title><ul class='news_list'>{rows}</ul>"

    def _article(self, n: int) -> str:
        title = HEADLINES[n]
        return (
            f"<html><head><title>{title}</title></head><body><h1>{title}</h1>"
            f"<div>2026-11-20 0{n}:00 来源：江城日报</div>"
            f"<p>{title}，住户拨打{PHONE}反映了情况，昨天上午居民又开会讨论费用由谁承担。</p>"
            "<p>物业公司说，下月可以动工，居民都希望快一点修好，住得安心一些。</p></body></html>"
        )


def _login() -> str:
    return '<title>会员登录</title><form><input type="password" name="p"></form>'


def _home() -> str:
    boards = (
        '<a href="/forum.php?mod=forumdisplay&amp;fid=2">业主之家</a>'
        '<a href="/login.html">登录</a><a href="/forum-9-1.html">站务</a>'
    )
    return discuz_html.frame("江城论坛", boards)


@contextmanager
def town() -> Iterator[Town]:
    """Serve the town on a free loopback port."""
    told = Town()
    for n in range(3):
        told.forum.open("老槐", HEADLINES[n], f"{HEADLINES[n]}，电话{PHONE}，请大家说说。")
        told.forum.clock = FixedClock(NOON + timedelta(minutes=n))

    with served(told.answer) as told.base:
        yield told
