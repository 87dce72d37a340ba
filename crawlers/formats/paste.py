"""Pasted chat (粘贴群聊): what people copy from WeChat and QQ, line by line, nothing lost."""

import re
from dataclasses import replace
from datetime import date, datetime

from crawlers.formats.chat import kind_of
from crawlers.formats.paste_times import CLOCK, DAY, WHEN, date_of, moment
from domain.clock import SHANGHAI
from domain.homes import home_in_name
from domain.post import ParsedPost, Precision, Quote

#: A line that is a time and nothing else: stands below the speaker, or above a group of lines.
_TIME = re.compile(rf"\s*[\[【(（]?(?P<when>{WHEN})[\])】）]?\s*")
#: "——— 2026-11-21 ———": the day of the clocks below it.
_RULE = re.compile(rf"\s*(?P<rule>[-—–=_*·•\s]*)(?P<day>{DAY})[-—–=_*·•\s]*")
#: "[09:08] 张三：…", "张三 2026-11-21 09:08", "张三: 2026-11-21 09:08:33", "张三:", "张三: …".
_TIMED = re.compile(
    rf"\s*[\[【](?P<when>{WHEN})[\]】]\s*(?P<who>[^:：\n]{{1,40}})[:：]\s*(?P<text>.*)"
)
_HEAD = re.compile(
    rf"\s*(?P<who>\S[^\n]{{0,39}}?)(?P<colon>[:：]?)\s+[(（]?(?P<when>{WHEN})[)）]?\s*"
)
_BARE = re.compile(r"\s*(?P<who>[^\s:：，。！？,!?「“][^:：，。！？,!?\n]{0,39}?)\s*[:：]\s*")
#: "2026-11-21 9:08:33 张三(123456)": QQ puts the time first, and the number or mail behind.
_NUMBERED = re.compile(
    rf"\s*(?P<when>{DAY}\s*{CLOCK})\s+(?P<who>\S[^\n]{{0,39}}(?:\(\d{{5,}}\)|<[^<>\s]+@[^<>\s]+>))\s*"
)
_SAID = re.compile(
    r"\s*(?P<who>[^\s:：，。！？,!?「“][^:：，。！？,!?\n]{0,23})[:：](?!\d\d(?!\d))\s*(?P<text>\S.*)"
)
#: What begins like a speaker and is none: links, times, and words that announce a list.
_NO_SPEAKER = re.compile(
    r"https?$|^\d{1,2}$|电话|地址|时间|地点|链接|微信|内容|主题|诉求|标题|备注|原文"
)
#: What announces the lines below it ("我的要求：") rather than who says them.
_ANNOUNCES = re.compile(
    r"如下|以下|注意|要求|说明|通知|公告|问题|方案|原因|情况|建议|结论|总结|例如|比如|包括|其中"
    r"|大家|各位|我们|你们|他们|我的|^请|谢谢|回复|答复|反馈|投诉|步骤|流程|联系|亲爱的|尊敬的|您好|你好"
    r"|事项|材料|清单|名单|依据|楼栋|房号|姓名|照片|图片|视频|汇总|证据|记录|经过|进展|安排|费用|金额"
    r"|^(?:所以|但是|因为|如果|关于|另外|还有|首先|其次|最后|第[一二三四五])|(?:说|称|表示|承诺)$"
    r"|^注$|^PS$|^\d+[、.．)）]|^[一二三四五六七八九十]+、|^[(（]"
)
#: What the program itself writes between messages; it names people and says nothing.
_NOTICE = re.compile(
    r"\s*(?:以下为新消息|.{1,40}撤回了一条消息"
    r'|(?=.*["“”]).{1,60}(?:(?:加入|退出|移出)了?群聊|拍了拍.{1,30}))\s*'
)
#: The line between what is quoted and what is answered.
_RULED = re.compile(r"\s*(?:[-—–_]\s*){5,}")
_QUOTED = re.compile(
    r"\s*[「“]?(?P<who>[^\s:：「][^:：，。！？\n]{0,39})[:：]\s*(?P<text>.*)", re.S
)
#: A bare nickname without a home in it is no longer than this.
_LONGEST = 20
#: What no nickname holds.
_SENTENCE = re.compile(r"[，。！？；：,!?;:]")
_BLANKS = re.compile(r"[^\S\n]{20,}")


def parse(text: str, *, now: datetime) -> list[ParsedPost]:
    """Return the messages of a pasted chat in order, ids not yet derived.

    A message without a time has none (precision none); a message without a speaker is anonymous.
    Times later than `now` by over a day are not believed. What a reply quotes is its quote.
    """
    reader = _Reader(now=now)
    # Endless blanks say nothing, and would make every expression above try them all.
    lines = _BLANKS.sub(" ", text.replace("\r\n", "\n")).split("\n")
    below = [""] * len(lines)
    for place in range(len(lines) - 2, -1, -1):
        below[place] = lines[place + 1] if lines[place + 1].strip() else below[place + 1]
    for number, line in enumerate(lines, start=1):
        reader.take(line, number, below=below[number - 1])
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
        #: Whether the paste names speakers on lines of their own; then "甲：乙" is a sentence.
        self._headed = False
        self._spoke: set[str] = set()
        #: Whether a speaker was named together with a time.
        self._timed = False
        #: The day that the last rule between messages named.
        self._day: date | None = None

    def take(self, line: str, number: int, *, below: str) -> None:
        """Take one line; `below` is the next line that is not blank."""
        if _NOTICE.fullmatch(line) or self._is_rule(line, below):
            return
        alone = _TIME.fullmatch(line)
        if alone:
            self._time_alone(alone["when"], number)
        elif not self._begins(line, number):
            if not line.strip() and self._who is None and self._lines:
                self._close()  # plain paragraphs are one message each
                self._at = None
            self._lines.append(line)

    def _is_rule(self, line: str, below: str) -> bool:
        """Take a day on its own line: drawn as a rule, or standing above a speaker or time."""
        found = _RULE.fullmatch(line)
        if found is None:
            return False
        drawn = bool(re.search(r"[-—–=_*·•]{2}", found["rule"]))
        if not drawn and self._waiting:
            return False
        if not drawn and not any(form.fullmatch(below) for form in (_TIME, _HEAD, _TIMED, _BARE)):
            return False
        day = date_of(found["day"], self._now)
        if day is None or day > self._now.astimezone(SHANGHAI).date():
            return False
        self._open(None, None, 0)
        self._day = day
        return True

    def _begins(self, line: str, number: int) -> bool:
        """Open a message if the line begins one; return whether it did."""
        timed = _TIMED.fullmatch(line)
        if timed:
            self._open(timed["who"], timed["when"], number)
            self._lines, self._inline, self._headed = [timed["text"]], True, True
            return True
        head = _NUMBERED.fullmatch(line)
        if head and self._moment(head["when"]):
            self._open(head["who"], head["when"], number)
            self._headed = True
            return True
        head = _HEAD.fullmatch(line)
        if head and self._is_head(head):
            self._open(head["who"], head["when"], number)
            self._doubtful = "" if re.search(DAY, head["when"]) else line.strip()
            self._headed = True
            return True
        bare = _BARE.fullmatch(line)
        if bare and self._is_speaker(bare["who"]):
            at = self._at if self._who is None and not "".join(self._lines).strip() else None
            self._open(bare["who"], None, number, at=at)
            self._headed = True
            return True
        said = _SAID.fullmatch(line)
        if said and self._is_said(said["who"]):
            self._open(said["who"], None, number, at=self._at if self._who is None else None)
            self._lines, self._inline = [said["text"]], True
            return True
        return False

    @property
    def _waiting(self) -> bool:
        """Whether a speaker is named and has said nothing yet."""
        return self._who is not None and not "".join(self._lines).strip()

    def _is_head(self, head: re.Match[str]) -> bool:
        """Whether "who when" begins a message; "几点开会 14:00" below a speaker does not."""
        who, when = head["who"], head["when"]
        if self._moment(when) is None or (head["colon"] and _NO_SPEAKER.search(who)):
            return False
        return bool(re.search(DAY, when)) or not self._waiting or self._is_member(who)

    def _is_speaker(self, who: str) -> bool:
        """Whether "who:" names who says the lines below, and does not announce them."""
        if self._is_member(who):
            return True
        if _NO_SPEAKER.search(who) or _ANNOUNCES.search(who) or len(who) > _LONGEST:
            return False
        return not self._timed or bool(self._lines and not self._lines[-1].strip())

    def _is_said(self, who: str) -> bool:
        """Whether "who: text" begins a message; where speakers have lines, only known ones do."""
        if _NO_SPEAKER.search(who):
            return False
        if self._headed:
            return who.strip() in self._spoke and not self._waiting
        return self._is_member(who) or not _ANNOUNCES.search(who)

    def _is_member(self, who: str) -> bool:
        """Whether this is certainly somebody's name: it spoke before, or states a home."""
        return who.strip() in self._spoke or home_in_name(who) is not None

    def _time_alone(self, when: str, number: int) -> None:
        """Take a time on its own line: the line above it is its speaker, if it looks like one."""
        if self._waiting and self._at is None:
            self._at = self._moment(when)
            return
        last = self._lines[-1].strip() if self._lines else ""
        taken = self._inline and len(self._lines) == 1
        if last and not taken and len(last) <= 40 and not _SENTENCE.search(last):
            self._lines.pop()
            self._open(last, when, number - 1)
            self._headed = True
            return
        self._open(None, when, number)

    def _open(
        self, who: str | None, when: str | None, number: int,
        at: tuple[datetime, Precision] | None = None,
    ) -> None:  # fmt: skip
        self._close()
        self._doubtful, self._inline = "", False
        self._who = who.strip() if who else None
        self._at = self._moment(when) if when else at
        self._timed = self._timed or (self._who is not None and self._at is not None)
        self._start = number

    def _close(self) -> None:
        quote, lines, answers = _quoted(self._lines, inline=self._who if self._inline else None)
        said = "\n".join(lines).strip()
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
        if answers:
            self._who = None  # the name in front was whom the reply quotes
        at, precision = self._at or (None, Precision.NONE)
        self._spoke |= {self._who} if self._who else set()
        self._posts.append(
            ParsedPost(
                native_id=None, text=said, author=self._who, author_id=self._who,
                published_at=at, precision=precision, kind=kind_of(said), line=self._start,
                household=home_in_name(self._who) if self._who else None, quote=quote,
            )
        )  # fmt: skip

    def done(self) -> list[ParsedPost]:
        """Return the messages read so far, the open one included."""
        self._close()
        return self._posts

    def _moment(self, when: str) -> tuple[datetime, Precision] | None:
        return moment(when, self._now, self._day)


def _quoted(lines: list[str], *, inline: str | None) -> tuple[Quote | None, list[str], bool]:
    """Return what a message quotes, its own lines, and whether `inline` is who is quoted.

    "甲：旧话 / - - - - - / 新话" and "「甲：旧话」/ 新话": the old words are not the speaker's.
    """
    start = next((number for number, line in enumerate(lines) if line.strip()), len(lines))
    own = lines[start:]
    ruled = next((number for number, line in enumerate(own) if _RULED.fullmatch(line)), None)
    opened = bool(own) and own[0].lstrip().startswith("「")
    if ruled is None and not opened:
        return None, lines, False
    end = ruled if ruled is not None else next(
        (number + 1 for number, line in enumerate(own) if line.rstrip().endswith("」")), 0
    )  # fmt: skip
    before = "\n".join(own[:end]).strip()
    after = own[end + 1 :] if ruled is not None else own[end:]
    if not before or not "".join(after).strip():
        return None, lines, False
    if inline is not None and not opened:
        return Quote(author=inline, text=before), after, True
    found = _QUOTED.fullmatch(before)
    if found is None:
        return None, lines, False
    return Quote(author=found["who"].strip(), text=found["text"].rstrip("」 \n")), after, False
