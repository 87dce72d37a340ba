"""Pasted chat (粘贴群聊): what people copy from WeChat and QQ, line by line, nothing lost."""

import re
from dataclasses import replace
from datetime import datetime, timedelta

from crawlers.formats.chat import kind_of
from crawlers.times import read_time
from domain.clock import SHANGHAI
from domain.post import ParsedPost, Precision

_DAY = r"(?:\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?|\d{1,2}[-/月]\d{1,2}日?|今天|昨天|前天)"
_CLOCK = r"(?:[上下]午|凌晨|早上|中午|晚上)?\s*\d{1,2}[:：]\d{2}(?:[:：]\d{2})?"
_WHEN = rf"(?:{_DAY}\s*)?{_CLOCK}"
#: A line that is a time and nothing else: stands below the speaker, or above a group of lines.
_TIME = re.compile(rf"\s*[\[【(（]?(?P<when>{_WHEN})[\])】）]?\s*")
#: "[09:08] 张三：…" and "张三 2026-11-21 09:08" and "张三: …".
_TIMED = re.compile(
    rf"\s*[\[【](?P<when>{_WHEN})[\]】]\s*(?P<who>[^:：\n]{{1,40}})[:：]\s*(?P<text>.*)"
)
_HEAD = re.compile(rf"\s*(?P<who>\S[^\n]{{0,39}}?)\s+[(（]?(?P<when>{_WHEN})[)）]?\s*")
_SAID = re.compile(
    r"\s*(?P<who>[^\s:：，。！？,!?][^:：，。！？,!?\n]{0,23})[:：](?!\d\d(?!\d))\s*(?P<text>\S.*)"
)
#: What begins like a speaker and is none: links, times, and words that announce a list.
_NO_SPEAKER = re.compile(
    r"https?$|^\d{1,2}$|电话|地址|时间|地点|链接|微信|内容|主题|诉求|标题|备注|原文"
)
#: What no nickname holds.
_SENTENCE = re.compile(r"[，。！？；：,!?;:]")
_HALF = re.compile(r"(?P<half>[上下]午|凌晨|早上|中午|晚上)\s*(?P<H>\d{1,2})[:：]")

#: 3-2-1501, 3#2-1501, 3栋2单元1501室, 3-1501; an optional phase in front.
_HOUSE = re.compile(
    r"(?<!\d)(?:(?P<phase>[一二三四五六七八九十\d]{1,2})期[-—_ ]?)?"
    r"(?P<building>[A-Za-z]?\d{1,3})(?:(?:栋|幢|号楼|座|#)[-—_]?|[-—_])\s?"
    r"(?:(?P<unit>\d{1,2})(?:单元|-|—|_)\s?)?"
    r"(?P<room>\d{3,4})(?:室|号|房)?(?!\d|[-—_年月日:：])"
)
_DIGITS = {word: str(n) for n, word in enumerate("一二三四五六七八九十", start=1)}


def household_of(nickname: str) -> tuple[str, str, str, str] | None:
    """Return (phase, building, unit, room) a group nickname states, None if it states none."""
    found = _HOUSE.search(nickname)
    if found is None:
        return None
    phase = found["phase"] or ""
    return (
        _DIGITS.get(phase, phase), found["building"].upper().lstrip("0"),
        (found["unit"] or "").lstrip("0"), found["room"],
    )  # fmt: skip


def parse(text: str, *, now: datetime) -> list[ParsedPost]:
    """Return the messages of a pasted chat in order, ids not yet derived.

    A message without a time has none (precision none); a message without a speaker is anonymous.
    Times later than `now` by over a day are not believed.
    """
    reader = _Reader(now=now)
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), start=1):
        reader.take(line, number)
    return reader.done()


class _Reader:
    """Collects lines into messages: the open message takes every line that begins no other."""

    def __init__(self, *, now: datetime) -> None:
        self._now = now
        self._posts: list[ParsedPost] = []
        self._who: str | None = None
        self._at: tuple[datetime, Precision] | None = None
        #: A lone line that may turn out to be the speaker of the time below it.
        self._lines: list[str] = []
        self._start = 1
        #: The line that opened the message by a bare clock: perhaps no speaker, but words.
        self._doubtful = ""
        #: Whether the first line of the message stood behind its speaker.
        self._inline = False

    def take(self, line: str, number: int) -> None:
        timed = _TIMED.fullmatch(line)
        if timed:
            self._open(timed["who"], timed["when"], number)
            self._lines, self._inline = [timed["text"]], True
            return
        alone = _TIME.fullmatch(line)
        if alone:
            self._time_alone(alone["when"], number)
            return
        head = _HEAD.fullmatch(line)
        if head and self._is_head(head["who"], head["when"]):
            self._open(head["who"], head["when"], number)
            self._doubtful = "" if re.search(_DAY, head["when"]) else line.strip()
            return
        said = _SAID.fullmatch(line)
        if said and not _NO_SPEAKER.search(said["who"]):
            self._open(said["who"], None, number, at=self._at if self._who is None else None)
            self._lines, self._inline = [said["text"]], True
            return
        if not line.strip() and self._who is None and self._lines:
            self._close()  # plain paragraphs are one message each
            self._at = None
        self._lines.append(line)

    def _is_head(self, who: str, when: str) -> bool:
        """Whether "who when" begins a message; "几点开会 14:00" below a speaker does not."""
        if _moment(when, self._now) is None:
            return False
        waiting = self._who is not None and not "".join(self._lines).strip()
        return bool(re.search(_DAY, when)) or not waiting or self._is_member(who)

    def _is_member(self, who: str) -> bool:
        """Whether this is certainly somebody's name: it spoke before, or states a home."""
        spoke = any(post.author == who.strip() for post in self._posts)
        return spoke or household_of(who) is not None

    def _time_alone(self, when: str, number: int) -> None:
        """Take a time on its own line: the line above it is its speaker, if it looks like one."""
        last = self._lines[-1].strip() if self._lines else ""
        taken = self._inline and len(self._lines) == 1
        if last and not taken and len(last) <= 40 and not _SENTENCE.search(last):
            self._lines.pop()
            self._open(last, when, number - 1)
            return
        self._open(None, when, number)

    def _open(
        self, who: str | None, when: str | None, number: int,
        at: tuple[datetime, Precision] | None = None,
    ) -> None:  # fmt: skip
        self._close()
        self._doubtful, self._inline = "", False
        self._who = who.strip() if who else None
        self._at = _moment(when, self._now) if when else at
        self._start = number

    def _close(self) -> None:
        said = "\n".join(self._lines).strip()
        self._lines = []
        if not said:
            said, self._doubtful = self._doubtful, ""
            if not said or self._is_member(self._who or ""):
                return  # a picture that the clipboard left out
            self._who = None
            if self._posts:
                last = self._posts.pop()
                self._posts.append(replace(last, text=f"{last.text}\n{said}"))
                return
        at, precision = self._at or (None, Precision.NONE)
        self._posts.append(
            ParsedPost(
                native_id=None, text=said, author=self._who, author_id=self._who,
                published_at=at, precision=precision, kind=kind_of(said), line=self._start,
                household=household_of(self._who) if self._who else None,
            )
        )  # fmt: skip

    def done(self) -> list[ParsedPost]:
        """Return the messages read so far, the open one included."""
        self._close()
        return self._posts


def _moment(when: str, now: datetime) -> tuple[datetime, Precision] | None:
    """Read a chat's time; a bare clock means today, or yesterday if that is still to come."""
    text = when.replace("：", ":").strip()
    half = _HALF.search(text)
    if half:
        hour = int(half["H"])
        late = half["half"] in ("下午", "晚上") or (half["half"] == "中午" and hour < 11)
        hour += 12 if late and hour < 12 else 0
        text = text[: half.start()] + f" {hour}:" + text[half.end() :]
    if re.fullmatch(r"\s*\d{1,2}:\d{2}(?::\d{2})?\s*", text):
        found = read_time(f"今天 {text.strip()}", now=now)
        if found and found[0] > now:
            return found[0] - timedelta(days=1), found[1]
        return found
    found = read_time(text, now=now, zone=SHANGHAI)
    return found if found and found[0] <= now + timedelta(days=1) else None
