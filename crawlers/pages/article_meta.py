"""What an article page says about itself: title and publishing time, from several claims.

A claim is believed for its place: meta tags and JSON-LD, the lines between title and body, the
page's scripts, the address. Clocks in the page's head and times of comments stand elsewhere.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawlers.times import Moment, read_time
from domain.clock import SHANGHAI
from domain.post import Precision

_TIME_META = (
    "article:published_time", "og:published_time", "og:release_date", "publishdate", "pubdate",
    "publish_time", "publish-date", "firstpublishedtime", "weibo:article:create_at",
    "datepublished", "dc.date", "dc.date.issued", "date", "og:time",
)  # fmt: skip
_UPDATE_META = ("dateupdate", "article:modified_time", "og:updated_time")
_TITLE_META = ("og:title", "articletitle", "twitter:title")
_DAY = r"(?:19|20)\d\d\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}\s*日?"
_STAMP = re.compile(
    _DAY + r"\s*(?:星期[一二三四五六日天]|[(（]?周[一二三四五六日][)）]?)?\s*(?:[T,，|]\s*)?"
    r"(?:[上下]午|凌晨|晚上?)?\s*\d{1,2}\s*[:：时]\s*\d{2}(?:\s*[:：分]\s*\d{2})?"
)
_DATE = re.compile(_DAY)
_WEEKDAY = re.compile(r"星期[一二三四五六日天]|[(（]?周[一二三四五六日][)）]?|\|")
_AFTERNOON = re.compile(r"下午|晚上?")
#: A line that says where an article comes from says also when.
_SAYS_WHOSE = re.compile(r"(?:来源|稿源|出处|发布时间|发表时间)\s*[:：]")
#: 11-20 18:30, 3小时前, 昨天 12:30.
_RECENT = re.compile(
    r"(?<![\d/.年-])\d{1,2}\s*[-/月]\s*\d{1,2}\s*日?\s+\d{1,2}:\d\d(?!\d)|"
    r"(?:\d{1,3}|半)\s*个?(?:秒|分钟|小时|天)前|(?:今天|昨天|前天)\s*\d{1,2}:\d\d(?!\d)"
)
_SHORT_LINE = 60
#: Times that are no publishing time, by what stands just before them.
_OTHER_TIME = re.compile(r"(?:更新|修改|编辑于|今天是|现在是|北京时间|截止|截至|评论|回复)\D{0,6}$")
_IN_SCRIPT = re.compile(
    r"(?:pub(?:lish(?:ed)?)?_?(?:time|date|at)|ptime|create_?time|date_?published)[\"']?\s*[:=]\s*"
    r"[\"']?(\d{4}-\d{1,2}-\d{1,2}[ T]\d{1,2}:\d{2}(?::\d{2})?(?:[+-]\d\d:?\d\d|Z)?|"
    r"1\d{9}(?:\d{3})?)"
    r"(?!\d)|\bct\s*=\s*[\"'](1\d{9})[\"']",
    re.IGNORECASE,
)
_IN_ADDRESS = re.compile(
    r"(?<!\d)(20\d\d)[-/_]?(0[1-9]|1[0-2])[-/_]?(0[1-9]|[12]\d|3[01])(?!\d{1,5}(?:\D|$))"
)
#: What divides a page title from the site's name.
_TAIL = re.compile(r"\s*[_|]\s*|\s+[-–—·]+\s+|\s*-{2,}\s*|\s*::\s*|[-–—](?=[^-–—]{2,24}$)")
_BARE = re.compile(r"[\W_]")
#: Lines of the page searched for a time that stands nowhere near the title.
_PAGE_LINES = 2000
#: Times read of one line, and of one page.
_STAMPS, _CLAIMS = 10, 60
#: Longest page title read and shortest heading that can be one.
_LONGEST, _SHORTEST = 300, 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The claims of a page's head: meta tags by lower-case name, JSON-LD, <title>."""

    meta: dict[str, str]
    linked: dict[str, Any]
    title: str
    canonical: str | None
    headings: tuple[str, ...] = field(default=())


def read_head(tree: LexborHTMLParser) -> Head:
    """Return what the page claims about itself, unjudged."""
    meta: dict[str, str] = {}
    for node in tree.css("meta[content]"):
        told = node.attributes
        key = told.get("property") or told.get("name") or told.get("itemprop") or ""
        value = (told.get("content") or "").strip()
        if value:
            meta.setdefault(re.sub(r"\s", "", key).lower(), value)
    link = tree.css_first("link[rel='canonical'][href]")
    titles = [flat(node) for node in tree.css("title")]
    return Head(
        meta=meta,
        linked=_linked(tree),
        title=next((text for text in titles if text), "")[:_LONGEST],
        canonical=(link.attributes.get("href") if link else None) or meta.get("og:url"),
        headings=tuple(
            text for node in tree.css("h1, h2, h3")[:40] if (text := flat(node)[:_LONGEST])
        ),
    )


def flat(node: LexborNode) -> str:
    """Return the words under a node on one line."""
    return " ".join(node.text(deep=True, separator="").split())


def _linked(tree: LexborHTMLParser) -> dict[str, Any]:
    """Return the first JSON-LD object with a date, else nothing."""
    for node in tree.css("script[type='application/ld+json']")[:20]:
        try:
            data = json.loads(node.text(deep=True) or "", strict=False)
        except (ValueError, RecursionError):
            continue
        rows = data.get("@graph", [data]) if isinstance(data, dict) else data
        for item in rows if isinstance(rows, list) else []:
            if isinstance(item, dict) and "datePublished" in item:
                return item
    return {}


# ---- title --------------------------------------------------------------------------------------


def read_title(head: Head, lines: Sequence[str]) -> str:
    """Return the heading or line that the page's <title> agrees with, else the best claim."""
    shown = _bare(head.title)
    agreed = [text for text in head.headings if _agree(_bare(text), shown)]
    if agreed:
        return max(agreed, key=len)
    on_page = {_bare(line): line for line in lines if _SHORTEST <= len(line) <= 100}
    for claim in (head.title, *(head.meta.get(name, "") for name in _TITLE_META)):
        for version in _versions(claim):
            if len(_bare(version)) >= _SHORTEST and _bare(version) in on_page:
                return on_page[_bare(version)]
    for name in _TITLE_META:
        if len(_bare(head.meta.get(name, ""))) >= _SHORTEST:
            return without_site(head.meta[name], head)
    if len(shown) >= _SHORTEST:
        return without_site(head.title, head)
    return next((text for text in head.headings if len(_bare(text)) >= _SHORTEST), "")


def _versions(title: str) -> Iterator[str]:
    """Yield the title whole and with one part after the other cut from its end."""
    yield title.strip()
    for cut in reversed(list(_TAIL.finditer(title))[:8]):
        yield title[: cut.start()].strip()


def _bare(text: str) -> str:
    return _BARE.sub("", text)


def _agree(heading: str, shown: str) -> bool:
    """Whether a heading is (the greater part of) the page title, or continues a cut one."""
    if len(heading) < _SHORTEST or not shown:
        return False
    if heading in shown:
        return len(heading) >= 0.3 * len(shown) and shown.index(heading) <= 0.5 * len(shown)
    return len(shown) >= 8 and heading.startswith(shown[: max(8, int(len(shown) * 0.7))])


def without_site(title: str, head: Head) -> str:
    """Return a page title without the names of site and channel behind it."""
    site = _bare(head.meta.get("og:site_name", ""))
    kept = title
    while True:
        cuts = list(_TAIL.finditer(kept))
        if not cuts or len(_bare(kept[: cuts[-1].start()])) < _SHORTEST:
            return kept.strip()
        tail = _bare(kept[cuts[-1].end() :])
        if len(tail) > 16 and tail != site:
            return kept.strip()
        kept = kept[: cuts[-1].start()]


# ---- time ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where on the page a time may stand, nearest to the title first."""

    #: Lines between title and body.
    head: Sequence[str]
    #: Lines behind the body.
    foot: Sequence[str]
    #: All lines.
    page: Sequence[str]


def read_published(
    head: Head, places: Places, html: str, *, url: str, now: datetime,
    seen_at: datetime | None = None,
) -> Moment | None:  # fmt: skip
    """Return the most exact credible time; None where the page tells none.

    `seen_at` is when the page was fetched or saved, if not now: 3小时前 counts from it.
    """
    told = _claims(head, places, html, url=url, now=now, seen_at=seen_at or now)
    claims = [
        moment for moment in islice(told, _CLAIMS)
        if moment[0] <= now + timedelta(days=2)
    ]  # fmt: skip
    if not claims:
        return None
    first = claims[0]
    if first[1] is not Precision.DAY:
        return first
    # The most credible claim names the day only: another one may know the minute of that day.
    day = first[0].astimezone(SHANGHAI).date()
    same = (m for m in claims if m[1] is not Precision.DAY and _day(m) == day)
    return next(same, first)


def _day(moment: Moment) -> Any:
    return moment[0].astimezone(SHANGHAI).date()


def _claims(
    head: Head, places: Places, html: str, *, url: str, now: datetime, seen_at: datetime
) -> Iterator[Moment]:
    """Yield claims, the most credible first."""
    days: list[Moment] = []
    for text in (*(head.meta.get(name) for name in _TIME_META), head.linked.get("datePublished")):
        yield from _exact_first(read_time(text, now=now), days)
    yield from _stamps(places.head, now=now)
    yield from days
    yield from _dates(places.head, now=now)
    named = (line for line in places.page[:_PAGE_LINES] if _SAYS_WHOSE.search(line[:120]))
    yield from _stamps(list(named), now=now)
    yield from _stamps(places.foot, now=now)
    yield from _scripted(html, now=now)
    yield from _recent(places.head, now=seen_at)
    yield from _stamps(places.page[:_PAGE_LINES], now=now)
    yield from _dates(places.foot, now=now)
    yield from _dates([line for line in places.page[:_PAGE_LINES] if len(line) < 80], now=now)
    for name in _UPDATE_META:
        yield from _told(read_time(head.meta.get(name), now=now))
    address = _IN_ADDRESS.search(url)
    if address:
        yield from _told(read_time("-".join(address.groups()), now=now))


def _told(moment: Moment | None) -> Iterator[Moment]:
    if moment:
        yield moment


def _exact_first(moment: Moment | None, days: list[Moment]) -> Iterator[Moment]:
    """Yield an exact time; keep a day (midnight counts as one) for later."""
    if moment is None:
        return
    local = moment[0].astimezone(SHANGHAI)
    if moment[1] is Precision.DAY or (local.hour, local.minute, local.second) == (0, 0, 0):
        days.append((moment[0], Precision.DAY))
    else:
        yield moment


def _stamps(lines: Sequence[str], *, now: datetime) -> Iterator[Moment]:
    """Yield the times with minutes, "更新" and page clocks after all others."""
    later: list[Moment] = []
    for line in lines:
        for found in islice(_STAMP.finditer(line), _STAMPS):
            moment = read_time(_WEEKDAY.sub(" ", _in_24_hours(found[0])), now=now)
            if moment and _OTHER_TIME.search(line[: found.start()]):
                later.append(moment)
            else:
                yield from _told(moment)
    yield from later


def _in_24_hours(stamp: str) -> str:
    plain = re.sub(r"上午|凌晨", " ", stamp)
    if not _AFTERNOON.search(plain):
        return plain
    return re.sub(
        r"(?:下午|晚上?)\s*(\d{1,2})",
        lambda found: f" {int(found[1]) % 12 + 12}",
        plain,
    )


def _dates(lines: Sequence[str], *, now: datetime) -> Iterator[Moment]:
    for line in lines:
        found = _DATE.search(line)
        if found and not _OTHER_TIME.search(line[: found.start()]):
            yield from _told(read_time(found[0], now=now))


def _recent(lines: Sequence[str], *, now: datetime) -> Iterator[Moment]:
    """Yield times without a year and relative ones, of short lines under the title."""
    for line in lines:
        found = _RECENT.search(line) if len(line) <= _SHORT_LINE else None
        if found and not _OTHER_TIME.search(line[: found.start()]):
            yield from _told(read_time(found[0], now=now))


def _scripted(html: str, *, now: datetime) -> Iterator[Moment]:
    for number, found in enumerate(_IN_SCRIPT.finditer(html)):
        if number >= 5:
            return
        yield from _told(read_time(found[1] or found[2], now=now))
