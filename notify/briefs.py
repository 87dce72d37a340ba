"""Daily brief (每日简报): its text for each channel, long lists cut to the channel's budget."""

from collections.abc import Iterator

from notify.content import BriefContent, Section
from notify.marks import BUDGET, MARKS, Marks, cut, plain, safe_url, size
from notify.messages import Rendered

#: Lines a list may have, tried in order until the budget holds; the counts always stand.
_LINES = (12, 6, 3, 1, 0)


def render_brief(channel: str, content: BriefContent) -> Rendered:
    """Return the brief for this channel within its byte budget."""
    marks, budget = MARKS[channel], BUDGET[channel]
    bodies = (marks.newline.join(_text(content, lines, marks)) for lines in _LINES)
    body = next((b for b in bodies if budget is None or size(b) <= budget), "")
    late = "【补发】" if content.catch_up else ""
    subject_line = f"【烽火】{late}每日简报 {content.day}：{plain(content.summary)}"
    return Rendered(subject_line=subject_line, body=body)


def _text(content: BriefContent, lines: int, marks: Marks) -> Iterator[str]:
    late = "【补发】" if content.catch_up else ""
    yield marks.bold(f"{late}每日简报 {content.day}　{marks.words(cut(content.company, 40))}")
    yield f"{content.summary}（{content.since} 至 {content.at}）"
    for section in content.sections:
        yield from _section(section, lines, marks)
    if content.page_link:
        yield marks.link("打开看板", safe_url(content.page_link))


def _section(section: Section, lines: int, marks: Marks) -> Iterator[str]:
    yield marks.bold(marks.words(section.title))
    for line in section.lines[:lines]:
        yield f"· {marks.words(cut(plain(line), 120))}"
    left = len(section.lines) - lines
    if left > 0:
        yield f"· 另有 {left} 条，见看板"
