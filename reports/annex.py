"""Annex of the weekly report (附件): every number and the ids behind it, as an Excel file (P-03).

No author, household or voice is written: one sheet of posts says which counted as what.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from io import BytesIO
from operator import attrgetter
from typing import Any

import xlsxwriter

from domain.clock import say_time
from reports.text import LEVELS, VERDICTS, clean_text
from store.report_posts import Said
from store.weekly import Numbers
from store.weekly_lists import Lists

#: Excel counts days from here; +08:00 and not SHANGHAI, whose clocks of 1899 differ by minutes.
_DAY_ZERO = datetime(1899, 12, 30, tzinfo=timezone(timedelta(hours=8)))
MEASURES = ("帖数", "负面", "声音（至少）", "声音（至多）", "户（自述）")


def workbook(numbers: Numbers, lists: Lists) -> bytes:
    """Return the workbook; texts stay texts, even those that begin like a formula."""
    out = BytesIO()
    book = xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    _sheet(book, "数字", ("行", "名称", "期", *MEASURES, "新开预警"), _cells(numbers), (24, 20, 8))
    names = {item.id: clean_text(item.name) for item in numbers.subjects}
    _posts(book, "帖-本期", numbers.said, names)
    _posts(book, "帖-上期", numbers.said_before, names)
    _sheet(
        book, "预警", ("编号", "对象", "系统建议", "本期新开", "研判", "并入", "依据帖号"),
        (
            (item.number, clean_text(item.subject), LEVELS.get(item.level, item.level),
             "是" if item.new else "否", VERDICTS.get(item.verdict or "", "待研判"),
             item.merged_into, "、".join(map(str, item.posts))[:32_000])
            for item in lists.alerts
        ), (20, 20, 10, 10, 12, 20, 60),
    )  # fmt: skip
    _sheet(
        book, "时限", ("编号", "所属", "名称", "到期", "结果"),
        (
            (item.id, item.object, clean_text(item.name), say_time(item.due_at),
             {"attained": "按时", "breached": "超时", "running": "计时中"}[item.outcome])
            for item in lists.clocks
        ), (8, 26, 28, 17, 8),
    )  # fmt: skip
    book.close()
    return out.getvalue()


def _cells(numbers: Numbers) -> Iterator[tuple[Any, ...]]:
    for row in numbers.rows:
        for period, found in (("本期", row.now), ("上期", row.before)):
            yield (
                row.key, clean_text(row.name), period, len(found.posts), len(found.negative),
                found.voices.certain, found.voices.probable, found.households,
                sum(map(len, row.alerts.values())) if period == "本期" else "",
            )  # fmt: skip


def _posts(book: Any, name: str, posts: Sequence[Said], names: Mapping[int, str]) -> None:
    """Write one row per post and subject, cell by cell: there may be a hundred thousand."""
    sheet = book.add_worksheet(name)
    _head(book, sheet, ("帖号", "对象", "发布", "负面", "计入声音", "计入户"), (10, 20, 17))
    when = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    number, string = sheet.write_number, sheet.write_string
    for at, row in enumerate(sorted(posts, key=attrgetter("published_at", "post_id")), start=1):
        number(at, 0, row.post_id)
        string(at, 1, "未归属" if row.subject_id is None else names[row.subject_id])
        number(at, 2, (row.published_at - _DAY_ZERO).total_seconds() / 86_400, when)
        if row.negative:
            string(at, 3, "是")
            if row.first_hand:
                string(at, 4, "是")
            if row.household is not None:
                string(at, 5, "是")
    sheet.autofilter(0, 0, len(posts), 5)


def _sheet(
    book: Any, name: str, head: Sequence[str], rows: Iterator[tuple[Any, ...]],
    widths: Sequence[int],
) -> None:  # fmt: skip
    sheet = book.add_worksheet(name)
    _head(book, sheet, head, widths)
    last = 0
    for last, row in enumerate(rows, start=1):
        sheet.write_row(last, 0, row)
    sheet.autofilter(0, 0, last, len(head) - 1)


def _head(book: Any, sheet: Any, head: Sequence[str], widths: Sequence[int]) -> None:
    sheet.write_row(0, 0, head, book.add_format({"bold": True, "bg_color": "#EDEDED"}))
    for at, width in enumerate(widths):
        sheet.set_column(at, at, width)
    sheet.freeze_panes(1, 0)
