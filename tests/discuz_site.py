"""A Discuz!-like forum in memory, served on loopback: GBK or UTF-8, dynamic or rewritten URLs.

Threads and posts are added, edited, deleted and blocked while it runs; floors renumber, lists sort
by last post, times are shown as the site's clock has them. Invented content only.
"""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html import escape
from typing import Any
from urllib.parse import parse_qs, urlsplit

from domain.clock import SHANGHAI, Clock
from tests import discuz_html as html

ROBOTS = "User-agent: *\nDisallow: /api/\nDisallow: /forum.php?mod=redirect\n"


@dataclass(slots=True, kw_only=True)
class SitePost:
    """One post; a deleted one is taken out of its thread."""

    pid: str
    author: str
    text: str
    at: datetime
    edited_at: datetime | None = None
    quotes: "SitePost | None" = None
    blocked: bool = False


@dataclass(slots=True, kw_only=True)
class SiteThread:
    """A thread; its first post is the opening one."""

    tid: str
    title: str
    posts: list[SitePost]
    sticky: bool = False
    last_at: datetime
    views: int = 0
    #: Comments (点评), which Discuz! counts among the replies of its lists.
    comments: int = 0
    readperm: bool = False
    #: The board keeps a stub that points to this thread.
    moved: bool = False
    #: No list names it any more: its stub has ended, or it was moved without one.
    unlisted: bool = False
    #: Discuz! redirects the first guest view after a deletion to the same address.
    redirect: bool = False


@dataclass(slots=True, kw_only=True)
class DiscuzSite:
    """One board of a forum; `answer` is pure but for the counters."""

    clock: Clock
    charset: str = "utf-8"
    rewritten: bool = False
    floors_a_page: int = 10
    rows_a_page: int = 20
    threads: dict[str, SiteThread] = field(default_factory=dict)
    #: Requests answered, by kind: board, thread, other; and each path asked for.
    asked: Counter[str] = field(default_factory=Counter)
    paths: list[str] = field(default_factory=list)
    #: Discuz! shows crawlers that name themselves no floor labels.
    labelled: bool = True
    down: bool = False
    #: Message of a 提示信息 page in place of the board or of everything, "" for none.
    board_message: str = ""
    #: A page in place of every thread (anti-CC), "" for none.
    wall: str = ""
    _next: int = 100

    def open(self, author: str, title: str, text: str, **facts: Any) -> SiteThread:
        """Open a thread now."""
        now = self.clock.now()
        post = SitePost(pid=self._id(), author=author, text=text, at=now)
        thread = SiteThread(tid=self._id(), title=title, posts=[post], last_at=now, **facts)
        self.threads[thread.tid] = thread
        return thread

    def reply(
        self, thread: SiteThread, author: str, text: str, quotes: SitePost | None = None
    ) -> SitePost:
        """Add a reply now."""
        post = SitePost(
            pid=self._id(), author=author, text=text, at=self.clock.now(), quotes=quotes
        )
        thread.posts.append(post)
        thread.last_at = post.at
        return post

    def edit(self, post: SitePost, text: str) -> None:
        """Let the author edit: the list does not tell."""
        post.text, post.edited_at = text, self.clock.now()

    def delete(self, thread: SiteThread, post: SitePost) -> None:
        """Take a post out: later floors renumber, the list counts one reply less."""
        thread.posts.remove(post)
        thread.redirect = True
        thread.last_at = thread.posts[-1].at if thread.posts else thread.last_at

    def remove(self, thread: SiteThread) -> None:
        """Delete a whole thread."""
        del self.threads[thread.tid]

    def order(self) -> list[SiteThread]:
        """Return the threads as the lists have them: stickies, then the last post first."""
        listed = [thread for thread in self.threads.values() if not thread.unlisted]
        return sorted(listed, key=lambda t: (t.sticky, t.last_at), reverse=True)

    def board_path(self, page: int = 1) -> str:
        """Return the address of a list page."""
        if self.rewritten:
            return f"/forum-2-{page}.html"
        return "/forum.php?mod=forumdisplay&fid=2" + (f"&page={page}" if page > 1 else "")

    def answer(self, path: str) -> tuple[int, str, bytes] | str:
        """Return (status, content type, body), or the address to redirect to."""
        parts = urlsplit(path)
        if parts.path == "/robots.txt":
            return 200, "text/plain", ROBOTS.encode()
        self.paths.append(path)
        if self.down:
            self.asked["down"] += 1
            return 502, "text/html", b"<h1>502 Bad Gateway</h1>"
        what, number, page = self._route(path)
        if what == "thread":
            thread = self.threads.get(number)
            if thread is not None and thread.redirect:
                thread.redirect = False
                return path
            self.asked["thread"] += 1
            return self._page(self.wall or self._thread(thread, page))
        self.asked["board"] += 1
        return self._page(
            html.notice(self.board_message) if self.board_message else self._board(page)
        )

    def _route(self, path: str) -> tuple[str, str, int]:
        parts = urlsplit(path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        if query.get("mod") == "viewthread":
            return "thread", query.get("tid", ""), int(query.get("page", "1"))
        if parts.path.startswith("/thread-"):
            _, tid, page, _ = parts.path.removesuffix(".html").split("-")
            return "thread", tid, int(page)
        if parts.path.startswith("/forum-"):
            return "board", "2", int(parts.path.removesuffix(".html").split("-")[2])
        return "board", "2", int(query.get("page", "1"))

    def _page(self, page: str) -> tuple[int, str, bytes]:
        page = page.replace("4fa6e21c", f"{random.getrandbits(32):08x}")
        page = page.replace("charset=utf-8", f"charset={self.charset}")
        return 200, f"text/html; charset={self.charset}", page.encode(self.charset)

    def _board(self, page: int) -> str:
        order = self.order()
        first = (page - 1) * self.rows_a_page
        shown = order[first : first + self.rows_a_page]
        pages = max(1, -(-len(order) // self.rows_a_page))
        links = {n: escape(self.board_path(n).lstrip("/")) for n in range(1, pages + 1)}
        return html.board(
            [self._row(thread) for thread in shown], name="东岸花园业主",
            pages=html.pager(page, pages, links),
        )  # fmt: skip

    def _row(self, thread: SiteThread) -> str:
        first, last = thread.posts[0], thread.posts[-1]
        local = first.at.astimezone(SHANGHAI)
        replies = len(thread.posts) - 1 + thread.comments
        return html.row(
            thread.tid, thread.title, href=escape(self._link(thread.tid, 1, extra=True)),
            author=self._written(first.author), uid=uid_of(first.author),
            replies="-" if thread.moved else replies,
            views="-" if thread.moved else self._large(thread.views + 7 * replies),
            created=f"{local.year}-{local.month}-{local.day}", last_author=last.author,
            last=self._when(thread.last_at, seconds=False), sticky=thread.sticky,
            moved=thread.moved,
        )  # fmt: skip

    def _thread(self, thread: SiteThread | None, page: int) -> str:
        if thread is None:
            return html.notice("抱歉，指定的主题不存在或已被删除或正在被审核")
        if thread.readperm:
            return html.notice("抱歉，本帖要求阅读权限高于 50 才能浏览")
        pages = -(-len(thread.posts) // self.floors_a_page)
        page = min(max(page, 1), pages)
        first = (page - 1) * self.floors_a_page
        shown = thread.posts[first : first + self.floors_a_page]
        links = {n: escape(self._link(thread.tid, n)) for n in range(1, pages + 1)}
        corner = html.counts(thread.views, len(thread.posts) - 1 + thread.comments)
        return html.thread(
            [self._floor(thread, post, first + n) for n, post in enumerate(shown, start=1)],
            tid=thread.tid, title=self._written(thread.title, markup=False),
            counts=corner if page == 1 else "", pages=html.pager(page, pages, links),
        )  # fmt: skip

    def _floor(self, thread: SiteThread, post: SitePost, number: int) -> str:
        content = (
            '<div class="locked">提示: <em>该帖被管理员或版主屏蔽</em></div>'
            if post.blocked
            else html.body(post.pid, self._message(thread, post))
        )
        return html.floor(
            post.pid, content, left=html.member(post.author, uid_of(post.author), post.pid),
            number=html.label(number) if self.labelled else None,
            at=self._when(post.at, seconds=self.charset == "utf-8"),
            tid=thread.tid, uid=uid_of(post.author),
        )  # fmt: skip

    def _message(self, thread: SiteThread, post: SitePost) -> str:
        words = "<br />\r\n".join(self._written(line) for line in post.text.split("\n"))
        jam = "".join(random.choices("abc #$*(!;:)", k=7))
        noise = f'<font class="jammer">{escape(jam)}</font>'
        return f"{self._notice(post)}{self._quote(thread, post)}{words}{noise}"

    def _notice(self, post: SitePost) -> str:
        if post.edited_at is None:
            return ""
        stamp = self._exact(post.edited_at, seconds=False)
        return (
            f'<i class="pstatus"> 本帖最后由 {self._written(post.author)} 于 {stamp} 编辑 </i>'
            "<br />\r\n<br />\r\n"
        )

    def _quote(self, thread: SiteThread, post: SitePost) -> str:
        if post.quotes is None:
            return ""
        link = f"forum.php?mod=redirect&amp;goto=findpost&amp;pid={post.quotes.pid}"
        head = f"{self._written(post.quotes.author)} 发表于 {self._exact(post.quotes.at)}"
        return (
            f'<div class="quote"><blockquote><font size="2"><a href="{link}&amp;ptid={thread.tid}" '
            f'target="_blank"><font color="#999999">{head}</font></a></font><br />\r\n'
            f"{self._written(post.quotes.text[:60])}</blockquote></div><br />\r\n"
        )

    def _link(self, tid: str, page: int, *, extra: bool = False) -> str:
        if self.rewritten:
            return f"thread-{tid}-{page}-1.html"
        more = f"&extra=page%3D1&r={random.randrange(10**6)}" if extra else ""
        return f"forum.php?mod=viewthread&tid={tid}{more}" + (f"&page={page}" if page > 1 else "")

    def _written(self, text: str, *, markup: bool = True) -> str:
        known = "".join(
            char if char.encode(self.charset, "ignore") else f"&#{ord(char)};" for char in text
        )
        return escape(known) if markup else known

    def _when(self, at: datetime, *, seconds: bool) -> str:
        """Return the time as shown: words with a title for a week, then the time itself."""
        exact = self._exact(at, seconds=seconds)
        age = self.clock.now() - at
        if age >= timedelta(days=7):
            return exact
        words = f"{age.days}&nbsp;天前" if age.days else f"{age.seconds // 60}&nbsp;分钟前"
        return f'<span title="{exact}">{words}</span>'

    @staticmethod
    def _exact(at: datetime, *, seconds: bool = False) -> str:
        local = at.astimezone(SHANGHAI)
        shape = "%H:%M:%S" if seconds else "%H:%M"
        return f"{local.year}-{local.month}-{local.day} {local.strftime(shape)}"

    @staticmethod
    def _large(count: int) -> str:
        return str(count) if count < 10_000 else f'<span title="{count}">{count // 10_000}万</span>'

    def _id(self) -> str:
        self._next += 1
        return str(self._next)


def uid_of(author: str) -> str:
    """Return a stable user id of an invented name."""
    return str(1000 + sum(ord(char) * (place + 1) for place, char in enumerate(author)) % 9000)
