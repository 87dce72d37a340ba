"""Read the town's YAML: every post with its place, time and story, relative to an anchor."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

import yaml

from domain.errors import FactsError
from pipelines.town.moments import dated, moment

_HERE = Path(__file__).parent
#: Ids are made from positions in the files, so that they do not depend on the anchor.
_FIRST_TID = 5001


@dataclass(frozen=True, slots=True, kw_only=True)
class TownPost:
    """One post of the town, as written at first, with what happens to it later."""

    site: str
    #: Discuz pid or feed guid; None for a chat line (as in the real export).
    native_id: str | None
    at: datetime
    author: str
    text: str
    story: str
    title: str = ""
    subject: str | None = None
    thread_id: str | None = None
    #: pid of the floor it quotes.
    reply_to: str | None = None
    edited_at: datetime | None = None
    edited_text: str | None = None
    gone_at: datetime | None = None
    blocked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """One thread of the forum; its first post opens it."""

    tid: str
    fid: int
    title: str
    views: int
    sticky: bool
    posts: tuple[TownPost, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """One member's habit of exporting the group: which file, from when, at which moments."""

    file: str
    since: datetime
    at: tuple[datetime, ...]
    #: After the last listed moment, again and again.
    then_every: timedelta

    def latest(self, now: datetime) -> datetime | None:
        """Return the moment of the newest export at `now`, None before the first."""
        past = [when for when in self.at if when <= now]
        if not past:
            return None
        if now < self.at[-1]:
            return past[-1]
        rounds = (now - self.at[-1]) // self.then_every
        return self.at[-1] + rounds * self.then_every


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """The whole town: facts as read, posts with times fixed by the anchor."""

    anchor: datetime
    facts: dict[str, Any]
    threads: tuple[Thread, ...]
    messages: tuple[TownPost, ...]
    articles: tuple[TownPost, ...]
    exports: tuple[Export, ...]
    #: Story → what a watcher should make of it (expected.yml).
    expected: dict[str, Any]

    @classmethod
    def load(cls, anchor: datetime) -> Self:
        """Return the town around the anchor; raise FactsError naming a file's broken entry."""
        facts = read_facts()
        return cls(
            anchor=anchor,
            facts=facts,
            threads=tuple(_threads(facts, anchor)),
            messages=tuple(_messages(facts, anchor)),
            articles=tuple(_articles(facts, anchor)),
            exports=tuple(_export(entry, anchor) for entry in facts["group"]["exports"]),
            expected=_yaml("expected.yml"),
        )

    @property
    def posts(self) -> tuple[TownPost, ...]:
        """Every post that ever appears, in order of time."""
        floors = (post for thread in self.threads for post in thread.posts)
        return tuple(sorted((*floors, *self.messages, *self.articles), key=lambda post: post.at))

    def posts_until(self, now: datetime) -> tuple[TownPost, ...]:
        """Return what can be read at `now`: deleted posts gone, edited ones in their new words."""
        return tuple(
            as_of(post, now)
            for post in self.posts
            if post.at <= now and not (post.gone_at and post.gone_at <= now)
        )

    def board(self, fid: int) -> dict[str, Any] | None:
        """Return a board's facts."""
        boards: list[dict[str, Any]] = self.facts["forum"]["boards"]
        return next((board for board in boards if board["fid"] == fid), None)


def as_of(post: TownPost, now: datetime) -> TownPost:
    """Return the post in the words it has at `now`."""
    if post.edited_at and post.edited_text and post.edited_at <= now:
        return replace(post, text=post.edited_text)
    return replace(post, edited_at=None, edited_text=None)


def read_facts() -> dict[str, Any]:
    """Return town.yml: names, boards, group, subjects."""
    facts: dict[str, Any] = _yaml("town.yml")
    return facts


def uid_of(name: str) -> str:
    """Return an invented member number; one name, one number."""
    return str(int(sha256(name.encode()).hexdigest()[:6], 16) + 100)


def qq_of(name: str) -> str:
    """Return an invented QQ number of 12 digits, which none really has."""
    return str(900_000_000_000 + int(sha256(name.encode()).hexdigest()[:9], 16) % 10**9)


def _yaml(name: str) -> Any:
    return yaml.safe_load((_HERE / name).read_text(encoding="utf-8"))


def _threads(facts: dict[str, Any], anchor: datetime) -> Iterator[Thread]:
    site = facts["forum"]["site"]
    subjects = {board["fid"]: board["subject"] for board in facts["forum"]["boards"]}
    for number, entry in enumerate(_yaml("forum.yml")):
        tid = str(_FIRST_TID + number)
        base = TownPost(
            site=site, native_id="", at=anchor, author="", text="", story=entry["story"],
            subject=subjects[entry["fid"]], thread_id=tid, title=dated(entry["title"], anchor),
        )  # fmt: skip
        posts = tuple(
            _floor(base, floor, row, anchor) for floor, row in enumerate(entry["posts"], start=1)
        )
        if list(posts) != sorted(posts, key=lambda post: post.at):
            raise FactsError(f"forum.yml 主题“{entry['title']}”的楼层没有按时间排列")
        yield Thread(
            tid=tid, fid=entry["fid"], title=base.title, views=entry["views"],
            sticky=bool(entry.get("sticky")), posts=posts,
        )  # fmt: skip


def _floor(base: TownPost, floor: int, row: Any, anchor: datetime) -> TownPost:
    facts: dict[str, Any] = row if isinstance(row, dict) else {"post": row}
    post = _line(base, facts["post"], anchor, where="forum.yml")
    edit = facts.get("edit")
    return replace(
        post,
        native_id=_pid(base.thread_id, floor),
        title=base.title if floor == 1 else "",
        story=facts.get("story", base.story),
        reply_to=_pid(base.thread_id, facts["reply_to"]) if "reply_to" in facts else None,
        edited_at=moment(edit[0], anchor) if edit else None,
        edited_text=dated(edit[1], anchor) if edit else None,
        gone_at=moment(facts["gone"], anchor) if "gone" in facts else None,
        blocked_at=moment(facts["blocked"], anchor) if "blocked" in facts else None,
    )


def _pid(tid: str | None, floor: int) -> str:
    return f"{tid}{floor:03d}"


def _line(base: TownPost, line: str, anchor: datetime, *, where: str) -> TownPost:
    parts = [part.strip() for part in line.split(" | ", 2)]
    if len(parts) != 3:
        raise FactsError(f"{where}：“{line[:30]}”应写成 时间 | 作者 | 正文")
    text = dated(parts[2].replace("↵", "\n"), anchor)
    return replace(base, at=moment(parts[0], anchor), author=parts[1], text=text)


def _messages(facts: dict[str, Any], anchor: datetime) -> Iterator[TownPost]:
    group = facts["group"]
    for section in _yaml("group.yml"):
        base = TownPost(
            site=group["site"], native_id=None, at=anchor, author="", text="",
            story=section["story"], subject=group["subject"],
        )  # fmt: skip
        for number, line in enumerate(section["lines"]):
            post = _line(base, line, anchor, where="group.yml")
            # Exports show seconds; members do not all write on the full minute.
            at = post.at.replace(second=7 + number * 11 % 50, microsecond=0)
            yield replace(post, at=at)


def _articles(facts: dict[str, Any], anchor: datetime) -> Iterator[TownPost]:
    for entry in _yaml("news.yml"):
        yield TownPost(
            site=facts["news"]["site"],
            native_id=entry["id"],
            at=moment(entry["at"], anchor).replace(microsecond=0),
            author=entry["by"],
            title=entry["title"],
            text=dated(entry["text"].strip(), anchor),
            story=entry["story"],
        )


def _export(entry: dict[str, Any], anchor: datetime) -> Export:
    return Export(
        file=entry["file"],
        since=moment(entry["since"], anchor),
        at=tuple(moment(when, anchor) for when in entry["at"]),
        then_every=timedelta(minutes=entry["then_every"]),
    )
