"""Weekly report (周报) as words: stored numbers in, the context of the Word template out (P-03).

Nothing here asks the database or the clock; every sentence is made from numbers and names.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from domain.clock import SHANGHAI, say_time
from reports.charts import negative_days
from reports.corrections import corrections
from reports.share import say_change, say_share
from reports.text import CASE_STATES, LEVELS, STATUS, VERDICTS, clean_text, quote, said, web_address
from store.enquiries import EnquiryLine
from store.releases import ReleaseLine
from store.report_edits import Edits, Made
from store.report_posts import NO_BASIS, PRIVATE, Count
from store.weekly import ALL, Numbers, Row
from store.weekly_lists import Lists, SourceTrouble

#: Sections an editor may write a note on, as the report calls them.
SECTIONS = {
    "summary": "摘要", "table": "各区域与监测对象", "chart": "每日负面", "alerts": "预警",
    "topics": "专题", "media": "媒体与自有发布", "cases": "个案与时限", "coverage": "口径与完整性",
}  # fmt: skip
WEEKDAYS = "一二三四五六日"
COUNTING = (
    "帖数为提到该对象的帖（广告、标为无关或对象错的不计），与看板一致，按发布时间计入；同一帖提到几个对象，在各对象各计一次，在区域与合计中只计一次。",
    "负面以系统分析为准，人工标注优先；转载计入帖数，不计入声音。",
    "声音为不同账号或户：新闻、转载与我方现场上报不计，同一站点的匿名帖合计一个，跨站不合并，取下界（至少）。",
    "户数只计业主自己写明房号的；不显示楼栋与房号。",
    "负面占比不足 8 帖不列（样本不足），其余附 95% 区间（Wilson）。",
    "级别为系统建议，定级以人为准；每个数字所依据的编号见附件表格。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """All that a weekly report is made from."""

    company: str
    scope: str
    numbers: Numbers
    lists: Lists
    enquiries: Sequence[EnquiryLine]
    releases: Sequence[ReleaseLine]
    edits: Edits
    #: The last issue of the week before, its numbers counted again, and this week's last issue.
    made_before: Made | None
    counted_before: Mapping[str, Mapping[str, int]] | None
    made: Made | None
    #: Level → its name by the company's pack, e.g. 一级; may be empty.
    levels: Mapping[str, str] = field(default_factory=dict)
    topic_names: Mapping[str, str] = field(default_factory=dict)
    made_at: datetime
    made_by: str


def level_words(level: str, levels: Mapping[str, str]) -> str:
    """Return a suggested level as AD-10 wants it: 疑似重大（一级）."""
    number = levels.get(level)
    return f"疑似{LEVELS.get(level, level)}" + (f"（{number}）" if number else "")


def context(material: Material) -> dict[str, Any]:
    """Return the context of the template; texts are clean, links are checked addresses."""
    m = material
    notes = {key: clean_text(m.edits.notes.get(key, "")) for key in SECTIONS}
    alerts = [item for item in m.lists.alerts if f"alert:{item.number}" not in m.edits.left_out]
    enquiries = [e for e in m.enquiries if f"enquiry:{e.number}" not in m.edits.left_out]
    releases = [r for r in m.releases if f"release:{r.id}" not in m.edits.left_out]
    return {
        "title": f"{clean_text(m.company)}舆情周报",
        "scope": clean_text(m.scope),
        "period": f"{say_time(m.numbers.since)} 至 {say_time(m.numbers.until)}（截止时刻不含）",
        "made": f"生成于 {say_time(m.made_at)}，{clean_text(m.made_by)}",
        "summary": summary(m),
        "notes": notes,
        "rows": [_table_row(row, m.levels) for row in m.numbers.rows],
        "quiet": _quiet(m.numbers),
        "chart": _chart(m.numbers),
        "alerts": [_alert(item, m.levels) for item in alerts],
        "alerts_off": _off(len(m.lists.alerts) - len(alerts)),
        "topics": _topics(m),
        "articles": [_article(item) for item in m.lists.articles],
        "articles_all": _articles_line(m.lists),
        "enquiries": [_enquiry(item) for item in enquiries],
        "enquiries_off": _off(len(m.enquiries) - len(enquiries)),
        "releases": [_release(item) for item in releases],
        "releases_off": _off(len(m.releases) - len(releases)),
        "cases": [_case(item, m.levels) for item in m.lists.cases],
        "clocks": clocks_line(m.lists),
        "breached": [
            f"{item.name}（{_object(item.object)}）应于 {say_time(item.due_at)} 前"
            for item in m.lists.clocks
            if item.outcome == "breached"
        ],
        "next_dates": [
            {
                "day": f"{item.day:%m-%d} 周{WEEKDAYS[item.day.weekday()]}",
                "kind": said(item.kind),
                "subject": said(item.subject),
                "note": said(item.note),
            }
            for item in m.lists.next_dates
        ],
        "coverage": list(_coverage(m)),
        "corrections": list(
            corrections(m.numbers, m.made_before, m.counted_before, m.made)
        ),
        "counting": list(COUNTING),
    }  # fmt: skip


# ---- one paragraph -----------------------------------------------------------------------------


def summary(m: Material) -> str:
    """Return the one paragraph, made only from numbers."""
    total = m.numbers.row(ALL)
    parts = [
        f"本期 {m.numbers.watched} 个监测对象共有提及帖 {len(total.now.posts)} 条，"
        f"其中负面 {len(total.now.negative)} 条（上一期 {len(total.before.negative)} 条，"
        f"{say_change(len(total.now.negative), len(total.before.negative))}），"
        f"至少来自 {total.now.voices.certain} 个不同声音"
        + (f"，其中自述房号的 {total.now.households} 户" if total.now.households else "")
        + "。"
    ]
    worst = sorted(
        (row for row in m.numbers.rows if row.depth == 2 and row.now.negative),
        key=lambda row: -len(row.now.negative),
    )[:3]
    if worst:
        named = "、".join(f"{said(row.name)}（{len(row.now.negative)} 条）" for row in worst)
        parts.append(f"负面较多的是{named}。")
    parts.append(_alert_sentence(total, m))
    if m.lists.cases:
        parts.append(f"在办与本期办结个案 {len(m.lists.cases)} 件；{clocks_line(m.lists)}")
    if m.enquiries:
        waiting = sum(1 for item in m.enquiries if item.replied_at is None)
        parts.append(
            f"媒体来访 {len(m.enquiries)} 件"
            + (f"，尚未答复 {waiting} 件" if waiting else "")
            + "。"
        )
    if m.lists.troubles:
        parts.append(
            f"{len(m.lists.troubles)} 个来源本期没有内容或有未解决的问题，以上数字可能偏低。"
        )
    return "".join(parts)


def _alert_sentence(total: Row, m: Material) -> str:
    opened = sum(map(len, total.alerts.values()))
    merged = len(m.numbers.alerts_merged)
    apart = f"另有 {merged} 条开启后并入其他预警，不重复计。" if merged else ""
    if not opened:
        return f"本期没有新开预警。{apart}"
    new = [item for item in m.lists.alerts if item.new and not item.merged_into]
    by_level = "、".join(
        f"{level_words(level, m.levels)} {len(total.alerts[level])} 条"
        for level in LEVELS
        if level in total.alerts
    )
    judged = [item for item in new if item.verdict]
    words = "、".join(
        f"{VERDICTS[verdict]} {n} 条"
        for verdict in VERDICTS
        if (n := sum(1 for item in judged if item.verdict == verdict))
    )
    return (
        f"新开预警 {opened} 条（系统建议：{by_level}），"
        + (f"其中已由人研判 {len(judged)} 条（{words}）。" if judged else "尚无人研判。")
        + apart
    )  # fmt: skip


def clocks_line(lists: Lists) -> str:
    """Return how time limits were kept in the period."""
    n = {
        outcome: sum(1 for item in lists.clocks if item.outcome == outcome)
        for outcome in ("attained", "breached", "running")
    }
    return f"时限：按时 {n['attained']} 项，超时 {n['breached']} 项，仍在计时 {n['running']} 项。"


# ---- tables ------------------------------------------------------------------------------------


def _table_row(row: Row, levels: Mapping[str, str]) -> dict[str, str]:
    now, before = row.now, row.before
    return {
        "name": ("" if row.depth < 2 else "　") + said(row.name),
        "head": "1" if row.depth < 2 else "",
        "posts": str(len(now.posts)),
        "negative": str(len(now.negative)),
        "change": say_change(len(now.negative), len(before.negative)),
        "voices": str(now.voices.certain),
        "households": str(now.households),
        "share": say_share(len(now.negative), len(now.posts)),
        "alerts": "、".join(
            f"{LEVELS[level]} {len(row.alerts[level])}" for level in LEVELS if level in row.alerts
        )
        + (f"（其中误报 {len(row.dismissed)}）" if row.dismissed else "")
        or "—",
    }


def _quiet(numbers: Numbers) -> str:
    return f"另有 {numbers.quiet} 个监测对象两期均无提及。" if numbers.quiet else ""


def _chart(numbers: Numbers) -> bytes:
    labels = [f"{day.since.astimezone(SHANGHAI):%m-%d}" for day in numbers.days]
    return negative_days(
        [
            f"{label}\n周{WEEKDAYS[day.since.astimezone(SHANGHAI).weekday()]}"
            for label, day in zip(labels, numbers.days, strict=True)
        ],
        [len(day.now.negative) for day in numbers.days],
        [len(day.before.negative) for day in numbers.days],
    )


def _topics(m: Material) -> list[dict[str, str]]:
    def line(key: str, now: Count, before: Count) -> dict[str, str]:
        return {
            "name": m.topic_names.get(key, "其他"),
            "negative": str(len(now.negative)),
            "change": say_change(len(now.negative), len(before.negative)),
            "voices": str(now.voices.certain),
        }

    ordered = sorted(m.numbers.topics.items(), key=lambda pair: -len(pair[1][0].negative))
    return [
        line(key, now, before) for key, (now, before) in ordered if now.negative or before.negative
    ]


def _alert(item: Any, levels: Mapping[str, str]) -> dict[str, Any]:
    verdict = VERDICTS.get(item.verdict or "", "待研判")
    if item.merged_into:
        verdict += f"入 {item.merged_into}"
    if item.verdict_by:
        verdict += f"（{clean_text(item.verdict_by)}）"
    return {
        "number": item.number,
        "subject": said(item.subject) or "未归属",
        "level": level_words(item.level, levels),
        "verdict": verdict,
        "status": STATUS.get(item.status, item.status) + ("" if item.new else "（此前开启）"),
        "case": item.case_number or "—",
        "opened": say_time(item.opened_at),
        "counts": f"{len(item.posts)} 帖，至少 {item.voices.certain} 个声音",
        "reason": said(item.reason) if item.reason else "依据内容按隐私规则不入报告",
        "verdict_reason": said(item.verdict_reason),
        "quotes": [
            {"text": quote(q.text), "at": say_time(q.published_at), "url": web_address(q.url)}
            for q in item.quotes
        ],
    }


def _article(item: Any) -> dict[str, Any]:
    return {
        "outlet": said(item.outlet),
        "subject": said(item.subject),
        "title": quote(item.title),
        "at": say_time(item.published_at),
        "tone": "负面" if item.negative else "—",
        "url": web_address(item.url),
    }


def _articles_line(lists: Lists) -> str:
    more = lists.articles_all - len(lists.articles)
    return f"媒体报道 {lists.articles_all} 篇" + (f"，另有 {more} 篇未列出。" if more else "。")


def _enquiry(item: EnquiryLine) -> dict[str, Any]:
    done = [
        f"{word} {say_time(at)}"
        for word, at in (
            ("已答复", item.replied_at), ("已回电", item.called_back_at),
            ("已发书面材料", item.written_sent_at),
        )
        if at is not None
    ]  # fmt: skip
    return {
        "number": item.number,
        "outlet": said(item.outlet),
        "subject": said(item.subject) or "—",
        "question": said(item.question),
        "at": say_time(item.received_at),
        "deadline": say_time(item.deadline_at) if item.deadline_at else "未提",
        "wording": said(item.wording) or "—",
        "state": "；".join(done) or "未答复",
        "url": web_address(item.published_url),
    }


def _release(item: ReleaseLine) -> dict[str, Any]:
    return {
        "at": say_time(item.at),
        "outlet": said(item.outlet),
        "title": said(item.title),
        "subject": said(item.subject) or "—",
        "note": said(item.note),
        "url": web_address(item.url),
    }


def _case(item: Any, levels: Mapping[str, str]) -> dict[str, str]:
    number = levels.get(item.level or "")
    level = LEVELS.get(item.level or "", "未定级") + (f"（{number}）" if number else "")
    return {
        "number": item.number,
        "subject": said(item.subject),
        "title": said(item.title),
        "level": level,
        "state": CASE_STATES.get(item.state, item.state),
        "registered": f"{say_time(item.registered_at)} {clean_text(item.registered_by)}",
    }


def _object(name: str) -> str:
    kind, _, number = name.partition(":")
    words = {"alert": "预警", "case": "个案", "enquiry": "媒体来访", "complaint": "投诉"}
    return f"{words.get(kind, kind)} {number}"


def _off(n: int) -> str:
    return f"另有 {n} 条按编辑取舍未列出（合计不变）。" if n else ""


# ---- honesty -----------------------------------------------------------------------------------


def _coverage(m: Material) -> Iterator[str]:
    if m.lists.sources is None:
        yield "来源状况与静默只在全公司周报中列出。"
    else:
        bad = len(m.lists.troubles)
        yield f"启用来源 {m.lists.sources} 个，其中 {bad} 个本期没有内容或有问题" + (
            "：" if bad else "。"
        )
        for item in m.lists.troubles:
            yield _trouble(item)
    for quiet in m.lists.silenced or ():
        matcher = "、".join(f"{key}={value}" for key, value in quiet.matcher.items())
        yield (
            f"静默：{said(matcher)}，{say_time(quiet.starts_at)} 至 {say_time(quiet.ends_at)}，"
            f"{said(quiet.reason)}（{clean_text(quiet.author)}）"
        )
    out = m.numbers.left_out
    if out[NO_BASIS]:
        yield f"群聊来源依据缺失（无提供人或依据），{len(out[NO_BASIS])} 帖未计入。"
    if out[PRIVATE]:
        yield f"按隐私规则不入报告的 {len(out[PRIVATE])} 帖未计入。"
    if m.numbers.alerts_left_out:
        yield f"依据全部属于上述内容的预警 {len(m.numbers.alerts_left_out)} 条未列出。"


def _trouble(item: SourceTrouble) -> str:
    what = "；".join(said(problem) for problem in item.problems) or "本期没有内容"
    return f"· {said(item.name)}：{item.posts} 帖，{what}"
