"""Excel tables of posts and grids: cells as people read them, sheets as they see them."""

import io
import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest

from crawlers.files import parse_file
from crawlers.formats.grid import find_header, read_grids
from domain.clock import say_time
from domain.errors import ParseError


def workbook(*rows: Sequence[Any]) -> bytes:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_posts_are_read_with_synonyms_and_bad_rows_are_named() -> None:
    at = datetime(2026, 11, 20, 9, 8)  # noqa: DTZ001 (Excel knows no zone)
    data = workbook(
        ("导出时间：今天",), ("标题", "正文", "发布时间", "作者"),
        ("渗水", "外墙渗水", at, "甲"), ("无时间", "x", "", "乙"),
    )  # fmt: skip
    found = parse_file(data, name="表.xlsx")
    assert (found.format, [post.text for post in found.posts]) == ("xlsx", ["外墙渗水"])
    assert say_time(found.posts[0].published_at or at) == "2026-11-20 09:08"
    (bad,) = found.bad
    assert "表.xlsx 工作表“Sheet” 第 4 行" in bad.where


def test_columns_can_be_mapped() -> None:
    data = workbook(("甲", "乙"), ("外墙渗水", "2026-11-20 09:08"))
    found = parse_file(data, name="a.xlsx", mapping={"text": "甲", "published_at": "乙"})
    assert [post.text for post in found.posts] == ["外墙渗水"]
    with pytest.raises(ParseError, match="没有一张工作表"):
        parse_file(data, name="a.xlsx")


def test_cells_are_text_as_the_office_wrote_it() -> None:
    cells = (13800138000, 1.5, 12.0, True, date(2026, 11, 20), "#REF!", " 空格 ", 10**18, "0510")
    (grid,) = read_grids(workbook(cells), name="a.xlsx")
    assert grid.rows[0][1] == (
        "13800138000", "1.5", "12", "是", "2026-11-20", "", "空格", "1.00000E+18", "0510",
    )  # fmt: skip


def test_formula_cells_give_their_value_or_nothing_never_the_formula() -> None:
    (grid,) = read_grids(workbook(("正文", "=1+1")), name="a.xlsx")
    assert grid.rows[0][1] == ("正文",)


def test_a_bomb_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b"0" * 310_000_000)
    with pytest.raises(ParseError, match="300 MB"):
        read_grids(out.getvalue(), name="a.xlsx")


def test_a_csv_with_quoted_line_breaks_keeps_its_row_numbers() -> None:
    (grid,) = read_grids('名称,别名\n"甲\n乙",a\n丙,b\n'.encode("gb18030"), name="a.csv")
    sheet = find_header(grid, lambda cell: cell == "名称")
    assert sheet is not None
    assert [(line.row, line.cells["名称"]) for line in sheet.lines] == [(2, "甲\n乙"), (4, "丙")]
