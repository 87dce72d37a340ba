"""Preview (预览): what an address is and what a source would collect, with nothing stored."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from typing import Any, Self
from urllib.parse import urlsplit

from scrapy.crawler import Crawler

from config.catalogue import AUTO, Template, source_of
from config.clock import SystemClock
from crawlers.pages.recognise import Choice, Guess, recognise
from crawlers.probe import Answer, look
from crawlers.run import CrawlOutcome, crawl
from domain.clock import Clock
from domain.errors import BlockedError, FactsError, ParseError
from domain.post import Mark, Page, ParsedPost
from domain.source import Source

#: Requests of one preview: a list and a few of what it lists; with the first look six in all.
REQUESTS = 5
#: Posts shown.
SAMPLE = 10
#: A person waits for the answer: seconds, and nothing is asked twice.
PATIENCE = 15
_SCHEMES = ("http", "https")
_SILENCE = {
    "no-answer": "连接不上，没有应答", "no-such-host": "域名解析不了", "timeout": "很久没有应答",
}  # fmt: skip
#: What can be done where a site wants more than a guest may give.
AT_A_WALL = "烽火不登录、不过验证：请换公开的页面或订阅地址，或由有权限的人导出后用文件导入"


class RobotsError(BlockedError):
    """robots.txt does not allow this address; nobody goes round it."""


class SilentError(ParseError):
    """Nothing answered: no such host, no connection, too slow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a source would collect now."""

    posts: tuple[ParsedPost, ...]
    outcome: CrawlOutcome

    @property
    def good(self) -> bool:
        """Whether there is anything to collect."""
        return bool(self.posts) and self.outcome.blocked is None

    @property
    def problem(self) -> str:
        """Why there is nothing, "" if there is something."""
        if self.good:
            return ""
        told = self.outcome.blocked or "；".join(self.outcome.errors[:3])
        return told or "一条也没有读到：请打开网址核对，或换一个栏目页、版块页"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """An address looked at: what it is, the source it would make, what that would collect."""

    guess: Guess
    source: Source | None = None
    preview: Preview | None = None
    choices: tuple[Choice, ...] = ()


def propose(url: str, *, allow_private: bool = False) -> Proposal:
    """Look at an address; BlockedError, ParseError or FactsError say why it makes no source."""
    return asyncio.run(propose_async(url, allow_private=allow_private))


async def propose_async(url: str, *, allow_private: bool = False) -> Proposal:
    """Do what `propose` does inside a running event loop."""
    url = checked(url)
    answer = await look(url, allow_private=allow_private, settings=_settings(0))
    if answer.problem:
        raise _refusal(answer)
    try:
        guess = recognise(answer.text, url=answer.url)
    except BlockedError as wall:
        raise BlockedError(f"{wall}；{AT_A_WALL}") from wall
    if guess.what in ("choices", "article"):
        return Proposal(guess=guess, choices=guess.choices)
    source = Source(
        name=proposed_name(guess), engine=guess.what, url=guess.url, kind=guess.kind,
        site=urlsplit(guess.url).hostname or guess.url, allow_private=allow_private,
        options=guess.options,
    )  # fmt: skip
    return Proposal(guess=guess, source=source, preview=await preview_async(source))


def _refusal(answer: Answer) -> BlockedError | ParseError:
    """Return the error that says why an address gave no page, and what to do."""
    if "robots" in answer.rejected:
        return RobotsError(
            f"{answer.url}：robots.txt 不允许程序采集，不绕过：请取得站方书面同意，"
            "或改用该站的订阅地址、文件导入"
        )
    if answer.blocked:
        return BlockedError(f"{answer.problem}；{AT_A_WALL}")
    for code, words in _SILENCE.items():
        if code in answer.rejected:
            return SilentError(f"{answer.url}：{words}：请在浏览器打开核对网址，能打开则稍后再试")
    if "private-address" in answer.rejected:
        return ParseError(
            f"{answer.url}：是内网或本机地址，不采集；自己的网站请由服务器管理员在命令行用 "
            "fenghuo sources add --allow-private 新增"
        )
    return ParseError(f"{answer.problem}；请在浏览器打开核对网址")


def preview(source: Source) -> Preview:
    """Visit a source as a first visit would, a few requests only; nothing is stored."""
    return asyncio.run(preview_async(source))


async def preview_async(source: Source) -> Preview:
    """Do what `preview` does inside a running event loop."""
    few = replace(source, options={**source.options, "max_requests": REQUESTS, "list_pages": 1})
    visit = next(_VISITS)
    _SEEN[visit] = []
    try:
        outcomes = await crawl([few], settings=_settings(visit))
    finally:
        pages = _SEEN.pop(visit)
    posts = [post for page in pages for post in page.posts if not post.deleted]
    return Preview(posts=tuple(posts[:SAMPLE]), outcome=outcomes[source.name])


def of_template(item: Template) -> tuple[Source, Preview]:
    """Look at a template of the catalogue; raises what `propose` raises when it is no source."""
    return asyncio.run(of_template_async(item))


async def of_template_async(
    item: Template, *, allow_private: bool = False
) -> tuple[Source, Preview]:
    """Do what `of_template` does inside a running event loop."""
    made = replace(source_of(item), allow_private=allow_private)
    if item.engine != AUTO:
        return made, await preview_async(made)
    found = await propose_async(item.url, allow_private=allow_private)
    if found.source is None or found.preview is None:
        raise ParseError(f"{item.url}：{found.guess.why}")
    source = replace(
        found.source, name=made.name, kind=made.kind, every=made.every,
        options={**found.source.options, **made.options},
    )  # fmt: skip
    return source, found.preview


def checked(url: str) -> str:
    """Return an address fit to be visited; raises FactsError saying what is wrong with it."""
    url = url.strip()
    if "://" not in url:
        url = f"https://{url}"
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError as error:
        raise FactsError(f"网址“{url}”写得不对：请从浏览器地址栏整行复制") from error
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise FactsError(f"网址“{url}”的端口不对：冒号后应是 1 到 65535 的数字，一般不用写")
    if parts.scheme not in _SCHEMES or not host:
        raise FactsError(f"网址“{url}”不能采集：只接受 http:// 或 https:// 开头的网址")
    if parts.username or parts.password:
        raise FactsError("网址里带有用户名或密码：烽火不登录任何网站，请给出公开页面的网址")
    return url


def proposed_name(guess: Guess) -> str:
    """Return a name people recognise: the page's title without its site's tail."""
    host = urlsplit(guess.url).hostname or ""
    title = guess.title.replace("_", "-").split(" - ")[0].split("|")[0].strip(" -")
    return (title or host)[:40]


# ---- what the spiders of a preview are given ----------------------------------------------------

#: Visit → the pages it brought; several previews may run at once.
_SEEN: dict[int, list[Page]] = {}
_VISITS = count(1)


def _settings(visit: int) -> dict[str, object]:
    return {
        "FENGHUO_MEMORY": "pipelines.preview.no_memory",
        "FENGHUO_CLOCK": "pipelines.preview.clock",
        "ITEM_PIPELINES": {"pipelines.preview.Collect": 100},
        "FENGHUO_PREVIEW": visit,
        "DOWNLOAD_TIMEOUT": PATIENCE,
        "RETRY_TIMES": 0,
    }


def clock(_settings: Mapping[str, Any]) -> Clock:
    """Return the machine's clock."""
    return SystemClock()


def no_memory(_settings: Mapping[str, Any]) -> "NoMemory":
    """Return a memory that knows nothing: everything is new."""
    return NoMemory()


class NoMemory:
    """domain.crawl.CrawlMemory of a first visit."""

    def due(self, source: str, now: datetime) -> bool:
        """Say yes."""
        return True

    def known(self, source: str, key: str) -> dict[str, Any] | None:
        """Know nothing."""
        return None

    def due_marks(
        self, source: str, prefix: str, now: datetime
    ) -> list[tuple[str, dict[str, Any]]]:
        """Have nothing to look at again."""
        return []

    def settle(self, source: str, marks: tuple[Mark, ...], now: datetime) -> None:
        """Forget."""


class Collect:
    """The item pipeline of a preview: keeps the pages in memory."""

    def __init__(self, visit: int) -> None:
        self._visit = visit

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Return the pipeline of the visit its settings name."""
        return cls(crawler.settings.getint("FENGHUO_PREVIEW"))

    def process_item(self, item: Page) -> Page:
        """Keep one page."""
        _SEEN[self._visit].append(item)
        return item
