"""Forms F3 and F4 pre-filled from a case: known facts only, everything else left blank (A6).

Pure: the stored facts, the time and the person come in. Each value says where it comes from;
judgements (brand, accident, casualties counted) are never made here.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from domain.case import Pack
from domain.clock import SHANGHAI, say_time
from reports.text import LEVELS, clean_text, quote, said
from store.forms import KINDS, CaseFacts, Event, Saved, Text
from store.report_posts import Said, count

#: Where a value comes from.
CASE, POSTS, PERSON, CLOCK, HAND = "个案", "监测", "填写人", "程序包", "人工填写"
#: Fields that stay as a person once corrected them; others are about this moment.
LASTING = frozenset({
    "姓名", "职务", "工作部门/地点", "电话/移动电话", "传真", "电话", "移动电话",
    "记录人姓名", "危机职责", "地点", "品牌名称", "事件", "事故发生地点",
})  # fmt: skip
_ONSITE = {
    "banner": "横幅聚集", "reporter": "记者到场", "petition": "上访", "casualty": "人员伤亡",
    "other": "其他",
}  # fmt: skip
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a form; value "" = unknown, to be filled in by hand."""

    label: str
    value: str = ""
    #: Where the value comes from, "" for a blank.
    source: str = ""
    #: Long answers get a line of their own.
    long: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A group of fields under a heading."""

    title: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FormDraft:
    """A form ready to be read, corrected, printed and saved."""

    case_number: str
    kind: str
    title: str
    n: int
    at: datetime
    sections: tuple[Section, ...]

    @property
    def values(self) -> dict[str, str]:
        """Label → value; labels are unique within a form."""
        return {field.label: field.value for part in self.sections for field in part.fields}


def f3(facts: CaseFacts, actor: str, now: datetime, before: Sequence[Saved]) -> FormDraft:
    """Return 危机状况信息表: the first picture of a case."""
    first = min((text.published_at for text in facts.texts), default=None)
    orders = "、".join(f"{channel} {number}" for _, channel, number in facts.orders)
    petition = _onsite(facts, "petition", None)
    casualty = _onsite(facts, "casualty", None)
    media = _media(facts, None)
    sections = (
        _part(
            "通知人详细资料",
            Field(label="姓名", value=actor, source=PERSON),
            Field(label="职务", value=facts.post, source=PERSON),
            Field(label="工作部门/地点"),
            Field(label="电话/移动电话", value=facts.phone, source=PERSON),
            Field(label="传真"),
            Field(label="报告日期", value=_day(now), source=PERSON),
            Field(label="报告时间", value=_hour(now), source=PERSON),
        ),
        _part(
            "事件描述",
            Field(label="事件描述", value=_story(facts), source=POSTS, long=True),
            Field(
                label="发生日期",
                value=f"{_day(first)}（网上首见）" if first else "",
                source=POSTS,
            ),
            Field(
                label="发生时间",
                value=f"{_hour(first)}（网上首见）" if first else "",
                source=POSTS,
            ),
            Field(label="涉及公司品牌名誉与否"),
            Field(label="涉及事故与否"),
            Field(label="事故发生地点", value=_place(facts), source=CASE),
        ),
        _part(
            "经核实了解的情况",
            Field(
                label="涉及政府部门与否", value="是" if orders or petition else "", source=POSTS
            ),
            Field(
                label="部门名称及联络方式",
                value="；".join(part for part in (orders, petition) if part),
                source=POSTS,
                long=True,
            ),
            Field(
                label="是否有伤亡情况", value=f"{casualty}，待核实" if casualty else "",
                source=POSTS,
            ),
            Field(label="伤亡人数"),
            Field(label="伤亡人员姓名"),
            Field(
                label="采取了何种措施", value="；".join(_measures(facts, None)), source=CASE,
                long=True,
            ),
            Field(label="涉及紧急服务与否"),
            Field(label="服务种类(110、120等)"),
            Field(label="媒体是否已涉及此事", value="是" if media else "", source=POSTS),
            Field(label="媒体名称、姓名和联络方式", value=media, source=POSTS, long=True),
            Field(
                label="其他得知此事的人员", value="、".join(facts.told), source="送达记录",
                long=True,
            ),
        ),
    )  # fmt: skip
    return _draft(facts, "F3", now, sections, before)


def f4(
    facts: CaseFacts, actor: str, now: datetime, before: Sequence[Saved], pack: Pack
) -> FormDraft:
    """Return 情况报告跟进表 no. n: only what changed since report n−1 (T-08, P-01)."""
    since = before[-1].at if before else None
    following = next_report(pack, facts.level, now)
    petition = _onsite(facts, "petition", since)
    casualty = _onsite(facts, "casualty", since)
    orders = [
        f"{channel} {number}" for at, channel, number in facts.orders if since is None or at > since
    ]
    government = "；".join([*orders, *([petition] if petition else [])])
    media = _media(facts, since)
    measures = "；".join(_measures(facts, since))
    sections = (
        _part(
            "报告",
            Field(label="记录人姓名", value=actor, source=PERSON),
            Field(label="危机职责", value=facts.post, source=PERSON),
            Field(label="地点", value=_place(facts), source=CASE),
            Field(label="报告日期", value=_day(now), source=PERSON),
            Field(label="报告时间", value=_hour(now), source=PERSON),
            Field(label="下份报告日期", value=_day(following) if following else "", source=CLOCK),
            Field(label="下份报告时间", value=_hour(following) if following else "", source=CLOCK),
            Field(label="品牌名称", value=said(facts.subject), source=CASE),
            Field(label="事件", value=said(facts.title), source=CASE),
            Field(label="电话"),
            Field(label="传真"),
            Field(label="移动电话", value=facts.phone, source=PERSON),
        ),
        _part(
            "仅记录自上次状况报告后所发生的变化" + (f"（{say_time(since)} 起）" if since else ""),
            Field(label="是否涉及任何新品牌"),
            Field(
                label="自上份报告后新确认的事实", value="；".join(_changes(facts, since)),
                source=POSTS, long=True,
            ),
            Field(
                label="是否涉及任何新的政府部门", value="是" if government else "", source=POSTS
            ),
            Field(label="部门名称/联络方式", value=government, source=POSTS),
            Field(
                label="是否有新的伤亡情况", value=f"{casualty}，待核实" if casualty else "",
                source=POSTS,
            ),
            Field(label="伤亡人数"),
            Field(label="伤亡人员姓名"),
            Field(label="如发生事故，是否已得到控制"),
            Field(
                label="是否采取任何新的措施处理情况", value="是" if measures else "", source=CASE
            ),
            Field(label="什么措施", value=measures, source=CASE, long=True),
            Field(label="现有紧急服务是否发生变化"),
            Field(label="媒体方面是否发生变化", value="是" if media else "", source=POSTS),
            Field(label="媒体变化、姓名和联络方式", value=media, source=POSTS, long=True),
            Field(
                label="任何其它信息", value="；".join(_running(facts)), source=CLOCK, long=True
            ),
        ),
    )  # fmt: skip
    return _draft(facts, "F4", now, sections, before)


def next_report(pack: Pack, level: str | None, now: datetime) -> datetime | None:
    """Return when the next report is due by the pack's rhythm (T-25 daily, T-26 weekly), else None.

    A pack without a rhythm says nothing: the field stays blank (A2.3 未规定).
    """
    for wanted in ("T-25", "T-26"):
        for clock in pack.clocks:
            fits = level is None or level in [item.value for item in clock.levels]
            if clock.id == wanted and fits and clock.limit[-1:] in _UNITS:
                return now + timedelta(**{_UNITS[clock.limit[-1:]]: int(clock.limit[:-1])})
    return None


def filled_in(draft: FormDraft, values: Mapping[str, str]) -> FormDraft:
    """Return the draft with the values a person gave; theirs win, blanks included."""
    return replace(
        draft,
        sections=tuple(
            replace(
                part,
                fields=tuple(
                    replace(field, value=clean_text(values[field.label]).strip(), source=HAND)
                    if values.get(field.label, field.value) != field.value
                    else field
                    for field in part.fields
                ),
            )
            for part in draft.sections
        ),
    )


def as_text(draft: FormDraft) -> str:
    """Return the form as text to be copied into any chat; unknown fields show a blank line."""
    lines = [draft.title, f"个案 {draft.case_number}　{say_time(draft.at)}"]
    for part in draft.sections:
        lines += ["", f"【{part.title}】"]
        lines += [f"{field.label}：{field.value or '________'}" for field in part.fields]
    return "\n".join(lines) + "\n"


# ---- values ------------------------------------------------------------------------------------


def _draft(
    facts: CaseFacts, kind: str, now: datetime, sections: tuple[Section, ...],
    before: Sequence[Saved],
) -> FormDraft:  # fmt: skip
    n = before[-1].n + 1 if before else 1
    title = KINDS[kind] + (f"（第 {n} 次情况报告）" if kind == "F4" else "")
    draft = FormDraft(
        case_number=facts.number, kind=kind, title=title, n=n, at=now, sections=sections
    )
    return filled_in(draft, _kept(before, kind)) if before else draft


def _kept(before: Sequence[Saved], kind: str) -> dict[str, str]:
    """Return what a person wrote last time and is still true: F3 all of it, F4 who and where."""
    last = before[-1]
    return {
        label: value
        for label, value in last.values.items()
        if value != last.filled.get(label, "") and (kind == "F3" or label in LASTING)
    }


def _part(title: str, *fields: Field) -> Section:
    """Return the section; a blank has no source, and every value is clean."""
    return Section(
        title=title,
        fields=tuple(
            replace(field, value=clean_text(field.value), source=field.source * bool(field.value))
            for field in fields
        ),
    )


def _story(facts: CaseFacts) -> str:
    found = count(facts.said)
    parts = [f"{said(facts.subject)}：{said(facts.title)}。"]
    if found.posts:
        parts.append(_counts(facts.said) + "。")
    if facts.level:
        parts.append(f"已定级：{LEVELS[facts.level]}。")
    else:
        parts += [
            f"系统建议：疑似{LEVELS[level]}（预警 {number}），尚未定级。"
            for level, number, _ in facts.alerts[-1:]
        ]
    for text in _quotable(facts.texts)[:2]:
        parts.append(f"“{quote(text.text or text.title)}”（{say_time(text.published_at)}）")
    return "".join(parts)


def _counts(rows: Iterable[Said]) -> str:
    found = count(rows)
    return f"相关 {len(found.posts)} 帖，负面 {len(found.negative)} 帖，至少 " + (
        f"{found.voices.certain} 个声音"
        + (f"（至多 {found.voices.probable}）" * (found.voices.probable > found.voices.certain))
        + (f"，自述房号 {found.households} 户" if found.households else "")
    )


def _quotable(texts: Iterable[Text]) -> list[Text]:
    return [text for text in texts if text.negative and text.kind != "news"]


def _changes(facts: CaseFacts, since: datetime | None) -> Iterator[str]:
    """Say what is new: posts, voices, levels."""
    if since is None:
        if facts.said:
            yield f"截至报告：{_counts(facts.said)}"
    else:
        new = [row for row in facts.said if row.published_at > since]
        if new:
            old = count(row for row in facts.said if row.published_at <= since)
            now = count(facts.said)
            yield (
                f"新增 {len(count(new).posts)} 帖（负面 {len(count(new).negative)}），"
                f"声音至少 {old.voices.certain}→{now.voices.certain} 个"
            )
    for event in _after(facts.events, since):
        if event.what in {"alert-raised", "alert-lowered"}:
            word = "升为" if event.what == "alert-raised" else "降为"
            level = LEVELS.get(event.by, event.by)
            yield f"{say_time(event.at)} 预警 {event.text} {word}疑似{level}"
        elif event.what == "graded":
            yield f"{say_time(event.at)} {clean_text(event.by)}定级，理由：{said(event.text)}"


_MEASURES = {
    "registered": "登记个案", "graded": "定级", "reported": "上报",
}  # fmt: skip


def _measures(facts: CaseFacts, since: datetime | None) -> Iterator[str]:
    """Say what people did, from the audit trail, public replies and own releases."""
    for event in _after(facts.events, since):
        if event.what in _MEASURES:
            yield f"{say_time(event.at)} {clean_text(event.by)}{_MEASURES[event.what]}"
        elif event.what == "public-reply":
            yield f"{say_time(event.at)} {said(event.by)}公开答复：{quote(event.text)}"
        elif event.what == "release":
            yield f"{say_time(event.at)} 经{said(event.by)}发布：{quote(event.text)}"


def _media(facts: CaseFacts, since: datetime | None) -> str:
    """Return who of the press is involved; reporters masked, no phone."""
    found = [
        f"{said(text.outlet) or '媒体'}（{say_time(text.published_at)} 报道"
        f"《{quote(text.title or text.text)}》）"
        for text in facts.texts
        if text.kind == "news" and (since is None or text.published_at > since)
    ]
    found += [
        f"{said(outlet)}{f'，{name}记者' if name else ''}来访（{number}）"
        for at, outlet, number, name in facts.enquiries
        if since is None or at > since
    ]
    onsite = _onsite(facts, "reporter", since)
    return "；".join([*dict.fromkeys(found), *([onsite] if onsite else [])])


def _onsite(facts: CaseFacts, kind: str, since: datetime | None) -> str:
    times = [
        text.published_at
        for text in facts.texts
        if text.onsite == kind and (since is None or text.published_at > since)
    ]
    return f"现场上报{_ONSITE[kind]}（{say_time(times[0])}）" if times else ""


def _running(facts: CaseFacts) -> Iterator[str]:
    for clock in facts.clocks:
        if clock.stopped_at is None:
            yield f"{clock.name}应于 {say_time(clock.due_at)} 前"


def _after(events: Iterable[Event], since: datetime | None) -> list[Event]:
    return [event for event in events if since is None or event.at > since]


def _place(facts: CaseFacts) -> str:
    return " ".join(part for part in (said(facts.city), said(facts.subject)) if part)


def _day(at: datetime) -> str:
    return f"{at.astimezone(SHANGHAI):%Y-%m-%d}"


def _hour(at: datetime) -> str:
    return f"{at.astimezone(SHANGHAI):%H:%M}"
