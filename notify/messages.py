"""Messages: the text of a push for each channel, shortened in a stated order to its budget.

What goes first when a budget is short: quotes are shortened, then dropped from the third on, then
the copy-ready text, then the last quotes and long lists. The head never goes: level, subject,
number, next step with its limit, whom to phone.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from domain.errors import FactsError
from notify.content import LEVEL_WORDS, REASON_WORDS, Contact, PushContent, Quote
from notify.marks import BUDGET, MARKS, Marks, cut, plain, safe_url, size

__all__ = ["LEVEL_WORDS", "REASON_WORDS", "Rendered", "render"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A message ready to be queued."""

    subject_line: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """How much of the tail a message carries."""

    quotes: int = 3
    quote: int = 70
    copy: bool = True
    why: int = 400
    told: int = 8
    where: int = 60

    @property
    def shortened(self) -> bool:
        return self != _SHAPES[0]


_SHAPES = (
    _Shape(),
    _Shape(quote=40),
    _Shape(quote=24),
    _Shape(quote=24, quotes=2),
    _Shape(quote=24, quotes=2, copy=False),
    _Shape(quote=24, quotes=1, copy=False, why=200, told=4),
    _Shape(quotes=0, copy=False, why=100, told=1, where=30),
)


def render(channel: str, content: PushContent) -> Rendered:
    """Return the message for this channel within its byte budget.

    Raises FactsError for a channel nobody wrote a form for, naming it.
    """
    if channel not in MARKS:
        raise FactsError(f"没有名为 {channel} 的渠道：请在收件人表中改用 {'、'.join(MARKS)}")
    marks, budget = MARKS[channel], BUDGET[channel]
    bodies = (marks.newline.join(_lines(content, shape, marks)) for shape in _SHAPES)
    body = next((b for b in bodies if budget is None or size(b) <= budget), None)
    if body is None:  # the head alone, every part of it bounded: cannot be too long
        body = marks.newline.join(_head(content, _SHAPES[-1], marks))
    return Rendered(subject_line=_subject_line(content), body=body)


def _subject_line(content: PushContent) -> str:
    new = content.reason in ("opened", "raised")
    what = f"疑似{content.level}" if new else content.heading
    return f"【烽火】{what}：{_name(content)} {content.label}"


def _name(content: PushContent) -> str:
    return cut(plain(content.subject), 40)


def _lines(content: PushContent, shape: _Shape, marks: Marks) -> Iterator[str]:
    yield from _head(content, shape, marks)
    yield from _facts(content, shape, marks)
    yield from _quotes(content, shape, marks)
    yield from _tail(content, shape, marks)
    if shape.copy and content.level:
        yield marks.rule
        yield "可转发到普通微信群的文字："
        yield marks.words(copy_text(content))


def _head(content: PushContent, shape: _Shape, marks: Marks) -> Iterator[str]:
    """Say who, where, which number, what to do until when and whom to phone."""
    yield marks.bold(marks.words(_first_line(content)))
    if content.level and content.reason not in ("opened", "raised"):
        yield f"系统建议：疑似{marks.words(content.level)}（由人定级）"
    yield f"对象：{marks.words(_name(content))}{_where(content, shape, marks)}"
    # The two times are worded apart: the number line of a new version stands once per recipient.
    when = "时间" if content.reason in ("opened", "raised") else "本次通知"
    yield f"编号：{content.label}　{when}：{content.at}"
    yield marks.bold(f"下一步：{marks.words(cut(content.next_step, 120))}")
    if content.contacts or content.reason != "interrupted":
        yield f"联系：{marks.words(_contacts(content.contacts))}"


def _first_line(content: PushContent) -> str:
    if content.reason in ("opened", "raised"):
        return f"系统建议：疑似{content.level}　{content.heading}（由人定级）"
    return f"{content.heading}：{_name(content)}"


def _where(content: PushContent, shape: _Shape, marks: Marks) -> str:
    known = cut(plain(content.where), shape.where) or "所在城市未登记"
    company = f"{cut(plain(content.company), 30)} · " if content.company else ""
    return f"（{marks.words(company + known)}）"


def _contacts(contacts: tuple[Contact, ...]) -> str:
    known = [
        f"{cut(plain(c.role), 20)} {cut(plain(c.name), 20)} {cut(plain(c.phone), 30)}".strip()
        for c in contacts
        if c.phone
    ]
    if known:
        return "；".join(known)
    names = "、".join(cut(plain(c.name), 20) for c in contacts if c.name)
    who = f"{names} 的电话" if names else "负责人与区域客服电话"
    return f"{who}未登记：请查公司通讯录，并在“监测对象”中补登"


def _facts(content: PushContent, shape: _Shape, marks: Marks) -> Iterator[str]:
    if content.voices:
        yield f"规模：{content.voices}"
    if content.since:
        yield f"起始：{content.since}"
    yield f"为何现在：{marks.words(cut(plain(content.why), shape.why))}"
    if content.forecast:
        yield f"走势：{marks.words(plain(content.forecast))}"


def _quotes(content: PushContent, shape: _Shape, marks: Marks) -> Iterator[str]:
    if not content.level:
        return
    shown = content.quotes[: shape.quotes]
    if not content.quotes:
        yield "原话：（无可引用原文）"
    elif shown:
        yield "原话（已遮盖个人信息）："
    for quote in shown:
        yield _quote(quote, shape, marks)
    if shape.shortened:
        yield "（因渠道长度限制已删减，全文见预警详情）"


def _quote(quote: Quote, shape: _Shape, marks: Marks) -> str:
    # No program may make a link of an address a stranger wrote.
    said = plain(quote.words).replace("://", "：//")
    words = marks.words(cut(said, shape.quote))
    url = safe_url(quote.url)
    # An address longer than the words it proves would push them out of a phone's message.
    link = f" {marks.link('原帖', url)}" if url and len(url) <= 300 else " 原帖无公开链接"
    return f"· “{words}”（{marks.words(cut(plain(quote.site), 30))}，{quote.at}）{link}"


def _tail(content: PushContent, shape: _Shape, marks: Marks) -> Iterator[str]:
    told = "、".join(marks.words(cut(plain(who), 40)) for who in content.told[: shape.told])
    more = f" 等 {len(content.told)} 人" if len(content.told) > shape.told else ""
    yield f"已通知：{told}{more}" if told else "已通知：无其他收件人"
    if content.unknown:
        yield f"尚不清楚：{'；'.join(content.unknown)}"
    if content.ack_link:
        yield marks.link("确认已知悉", safe_url(content.ack_link))
    if content.page_link:
        yield marks.link("打开详情", safe_url(content.page_link))


def copy_text(content: PushContent) -> str:
    """Return the few plain words for an ordinary WeChat group (AD-5): no link, nothing personal."""
    voices = f"{content.voices}。" if content.voices else ""
    since = f"{content.since}。" if content.since else ""
    return (
        f"【烽火预警】{_name(content)}，系统建议：疑似{content.level}，由人定级；"
        f"{voices}{since}{cut(content.next_step, 60)}（{content.label}，网帖说法未经核实）"
    )
