"""Streams as texts (set B of C4): X's times and authors, invented words, crises in others' words.

A negative row becomes an invented complaint of its topic, any other row everyday talk. A crisis is
told in letters to a public message board (shared data, read at run time): one kind of trouble in as
many people's words as it has authors, their estates' names replaced by the project's.
"""

import gzip
import json
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from tests.quality.crisis_posts import FRESH, NEWS, SITE_KINDS, topic_codes
from tests.quality.crisis_rows import OUTLETS, iso
from tests.quality.crisis_streams import Crisis, Spec, Stream, stream
from tests.quality.invented_texts import (
    Estate,
    Trouble,
    chatter,
    complaint,
    estate,
    said_by,
    troubles,
)

Row = dict[str, Any]
LETTERS = (
    "civic/topic_labeled.train", "civic/with_replies.train", "civic/unlabeled.train",
    "hot_issues/messages.dev",
)  # fmt: skip
#: Kinds of trouble by the words of a letter's title: ours, not the analyser's.
KINDS = {
    "late": "延期|逾期|交房|不交付", "quality": "质量|开裂|裂缝|脱落|漏水|渗水",
    "parking": "车位|停车", "property": "物业", "noise": "噪音|扰民|噪声",
    "title": "房产证|产权证|办证|不动产证", "lift": "电梯", "water": "停水|水压|断水|无水|供水",
    "unfinished": "烂尾|停工", "waste": "垃圾", "promise": "虚假|欺骗|欺诈|学区|配套",
    "fire": "消防", "illegal": "违建|违章", "fitting": "精装|装修", "fumes": "油烟|异味",
}  # fmt: skip
_HOUSING = re.compile("小区|业主|楼盘|开发商|物业|花园|公馆|购房|房子|房屋")
_PLACE = re.compile(
    r"(?:[A-Z]\d*[市县区])*[\u4e00-\u9fff·]{2,6}?(?:小区|花园|公馆|华庭|名城|家园|国际城|新城|名邸|郡|苑)"
)
_SENTENCE = re.compile(r"[^。！？!?\n]+[。！？!?]?")
#: Characters of a letter kept, by what it is posted on.
_LENGTHS = {"forum": (40, 200), "group": (10, 60), "complaint": (60, 300), "social": (20, 120)}
_CRISIS = FRESH * 5


def streams(spec: Spec, wanted: int) -> list[Stream]:
    """Return the first streams of a spec whose crises are all fast ones of 12 authors and more."""
    found: list[Stream] = []
    for number in range(wanted * 50):
        one = stream(spec, number)
        if one.crises and all(c.kind == "fast" and c.n >= 12 for c in one.crises):
            found.append(one)
        if len(found) == wanted:
            break
    return found


def estate_of(one: Stream) -> Estate:
    """Return the estate a stream is about."""
    number = int(one.project.key[1:])
    named = estate(number)
    return Estate(key=one.project.key, name=named.name, alias=named.alias)


# ---- letters ------------------------------------------------------------------------------------


@cache
def letters(folder: Path) -> dict[str, tuple[tuple[str, str], ...]]:
    """Return (title, text) of the housing letters of each kind, one a writer."""
    found: dict[str, dict[str, tuple[str, str]]] = {name: {} for name in KINDS}
    for name in LETTERS:
        with gzip.open(folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            for row in map(json.loads, lines):
                title = str(row["title"])
                if _HOUSING.search(title + str(row["text"])[:100]):
                    kind = next((k for k, words in KINDS.items() if re.search(words, title)), None)
                    if kind:
                        found[kind].setdefault(str(row["user"]), (title, str(row["text"])))
    return {kind: tuple(written.values()) for kind, written in found.items()}


def told(rng: Random, letter: tuple[str, str], kind: str, name: str) -> tuple[str, str]:
    """Return (title, text) as an owner of the estate would post the letter there."""
    low, high = _LENGTHS[kind]
    most, text = rng.randint(low, high), ""
    for sentence in _SENTENCE.findall(letter[1].replace("\u3000", "").replace("\t", "")):
        if len(text) >= low and len(text) + len(sentence) > most:
            break
        text += sentence.strip()
    title = _PLACE.sub(name, letter[0])
    text = _PLACE.sub(name, text[: 2 * high])
    if kind in ("group", "social"):
        return "", f"{title}。{text}"[: max(most, len(title))]
    return title, text


# ---- rows ---------------------------------------------------------------------------------------


def rows(one: Stream, folder: Path) -> Iterator[Row]:
    """Yield a stream's posts in the contract of `fenghuo replay --projects`."""
    key, home, posts = one.project.key, estate_of(one), one.posts
    rng = Random(f"{key}-{posts.at.sum():.0f}")
    topics = [name for name, _ in topic_codes()]
    crises = _told(rng, one.crises, folder)
    said: list[tuple[str, str]] = []
    columns = zip(
        posts.author.tolist(), posts.site.tolist(), posts.topic.tolist(), posts.negative.tolist(),
        posts.copy_of.tolist(), iso(posts.at), iso(one.fetched), one.backfill.tolist(),
        strict=True,
    )  # fmt: skip
    for number, (author, site, topic, negative, copied, at, fetched, old) in enumerate(columns):
        kind = SITE_KINDS[site]
        implied = kind in ("forum", "group")
        name = rng.choice(("", home.name, home.alias)) if implied else home.name
        if copied >= 0:
            title, text = said[copied]
            text = rng.choice(("", "转发：", "【转自业主群】")) + text
        elif author >= _CRISIS:
            title, text = told(rng, crises[author], kind, home.name)
            text = text if implied or home.name in title + text else f"{home.name}：{text}"
        elif negative:
            title, text = "", complaint(rng, rng.choice(_about(author, topics[topic]).says), name)
        elif site == NEWS:
            title, text = said_by(rng, "news", home.name, 1)[0], ""
        else:
            title, text = "", chatter(rng, home.name)
            text = text if implied or home.name in text else f"{text} {home.name}"
        said.append((title, text))
        yield {
            "id": f"{key}-{number}", "title": title, "text": text, "source_kind": kind,
            "source": f"{kind}-{key}", "author": f"{key}a{author}" if site != NEWS else "编辑部",
            "published_at": f"{at}+08:00", "fetched_at": f"{fetched}+08:00",
            **({"project": key} if implied else {}), **({"backfill": True} if old else {}),
            **({"outlet": OUTLETS[number % len(OUTLETS)]} if site == NEWS else {}),
        }  # fmt: skip


def _about(author: int, topic: str) -> Trouble:
    """Return the trouble an author has in a topic: always the same one."""
    known = [one for one in troubles() if one.topic == topic] or list(troubles())
    return Random(f"{author}-{topic}").choice(known)


def _told(rng: Random, crises: Sequence[Crisis], folder: Path) -> dict[int, tuple[str, str]]:
    """Return author → letter of the crises: one kind of trouble a crisis, one letter a voice."""
    found: dict[int, tuple[str, str]] = {}
    for number, crisis in enumerate(crises):
        pools = [pool for pool in letters(folder).values() if len(pool) >= crisis.n]
        chosen = rng.sample(rng.choice(pools), crisis.n)
        found |= {_CRISIS + number * 100 + place: letter for place, letter in enumerate(chosen)}
    return found
