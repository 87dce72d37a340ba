"""Floors of generated Discuz! pages nobody has seen: how many are read exactly."""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from config.clock import FixedClock
from crawlers.decode import declared_charset, decode
from crawlers.pages.discuz import read_thread
from domain.post import ParsedPost
from tests.conftest import NOON
from tests.discuz_site import DiscuzSite, SitePost, SiteThread

WORDS = (
    "外墙渗水", "电梯停了三天", "物业费涨价", "什么时候交房", "地下室淹水了", "大家一起去", "谢谢",
    "已经打了12345", "😡气死了", "㊗️", "2026-11-20 10:00", "本帖最后由", "<b>不是标签</b>", "&amp;",
    "回复 3# 某某", "发表于", "http://a.example/x?y=1&z=2", "3号楼1单元", "“停工”", "﨑",
)  # fmt: skip
#: Stated facts of a floor, compared one by one.
FACTS = ("text", "author", "time", "floor", "quote")
Facts = dict[str, object]


def exactness(seeds: range, *, charset: str, rewritten: bool) -> tuple[int, int, Counter[str]]:
    """Return floors exact, floors in all, and the facts that were not exact."""
    exact = total = 0
    wrong: Counter[str] = Counter()
    for seed in seeds:
        for want, got in _floors(seed, charset=charset, rewritten=rewritten):
            missed = [fact for fact in FACTS if want[fact] != got[fact]]
            wrong.update(missed)
            total += 1
            exact += not missed
    return exact, total, wrong


def _floors(seed: int, *, charset: str, rewritten: bool) -> Iterator[tuple[Facts, Facts]]:
    """Yield every floor of one invented board as written and as read from its pages."""
    chance = random.Random(seed)
    clock = FixedClock(NOON)
    site = DiscuzSite(clock=clock, charset=charset, rewritten=rewritten)
    threads = [_thread(site, chance, clock) for _ in range(6)]
    clock.move(clock.now() + timedelta(days=chance.choice((0, 2, 40))))
    for thread in threads:
        read = {post.native_id: post for post in _read(site, thread, clock.now())}
        for number, post in enumerate(thread.posts, start=1):
            yield _written(post, number, seconds=charset == "utf-8"), _told(read.get(post.pid))


def _thread(site: DiscuzSite, chance: random.Random, clock: FixedClock) -> SiteThread:
    thread = site.open(_name(chance), _said(chance), _said(chance))
    for _ in range(chance.randrange(25)):
        clock.move(clock.now() + timedelta(minutes=chance.randrange(1, 900)))
        quoted = chance.choice(thread.posts) if chance.random() < 0.3 else None
        post = site.reply(thread, _name(chance), _said(chance), quotes=quoted)
        if chance.random() < 0.2:
            clock.move(clock.now() + timedelta(minutes=2))
            site.edit(post, _said(chance))
    return thread


def _name(chance: random.Random) -> str:
    return f"{chance.choice('东西南北云江')}岸{chance.choice(('业主', '阿姨', 'Mr.Z', '3-2-1501'))}"


def _said(chance: random.Random) -> str:
    lines = ["，".join(chance.choices(WORDS, k=chance.randrange(1, 6))) for _ in range(3)]
    return "\n".join(lines[: chance.randrange(1, 4)])


def _read(site: DiscuzSite, thread: SiteThread, now: datetime) -> Iterator[ParsedPost]:
    for number in range(1, -(-len(thread.posts) // site.floors_a_page) + 1):
        path = f"/{site._link(thread.tid, number)}"
        answer = site.answer(path)
        assert not isinstance(answer, str)
        _, kind, body = answer
        url = f"http://bbs.example{urlsplit(path).geturl()}"
        text = decode(body, where=url, declared=declared_charset(kind, body))
        yield from read_thread(text, url=url, now=now, per_page=site.floors_a_page).posts


def _written(post: SitePost, number: int, *, seconds: bool) -> Facts:
    at = post.at if seconds else post.at.replace(second=0)
    quote = (post.quotes.author, post.quotes.pid) if post.quotes else None
    return {
        "text": _squeezed(post.text), "author": post.author, "time": at, "floor": number,
        "quote": quote,
    }  # fmt: skip


def _told(post: ParsedPost | None) -> Facts:
    if post is None:
        return dict.fromkeys(FACTS)
    quote = (post.quote.author, post.quote.post_id) if post.quote else None
    return {
        "text": _squeezed(post.text), "author": post.author, "time": post.published_at,
        "floor": post.floor, "quote": quote,
    }  # fmt: skip


def _squeezed(text: str) -> str:
    return "\n".join(" ".join(line.split()) for line in text.split("\n"))
