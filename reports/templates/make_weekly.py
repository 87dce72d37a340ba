"""Build weekly.docx, the template of the weekly report.

Run `python -m reports.templates.make_weekly` after a change. A company may edit the file in Word
instead: its {{ … }} fields are those of reports.weekly.context.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from docx import Document
from docx.document import Document as Doc
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph
from docx.text.run import Run

TARGET = Path(__file__).with_name("weekly.docx")
#: Fonts every office Word has; named for East Asia, or Word would take its own default.
BODY, HEAD, LATIN = "宋体", "黑体", "Times New Roman"
LINK = "{% if r.url %} {{r link(r.url) }}{% endif %}"
RED, GREY = RGBColor(0xB3, 0x26, 0x1E), RGBColor(0x66, 0x66, 0x66)


def main() -> None:
    """Write the template beside this script."""
    document = Document()
    _page(document)
    _styles(document)
    _title(document)
    _section(document, "一、摘要", "summary")
    document.add_paragraph("{{ summary }}")
    _section(document, "二、各区域与监测对象", "table")
    _numbers(document)
    _when(document, "quiet")
    _section(document, "三、每日负面（每 24 小时，自截止钟点起）", "chart")
    document.add_paragraph("{{ chart }}").alignment = WD_ALIGN_PARAGRAPH.CENTER
    _section(document, "四、预警", "alerts")
    _alerts(document)
    _section(document, "五、专题", "topics")
    _topics(document)
    _section(document, "六、媒体与自有发布", "media")
    _media(document)
    _section(document, "七、个案、时限与下周节点", "cases")
    _cases(document)
    _section(document, "八、口径与完整性", "coverage")
    for name in ("coverage", "corrections", "counting"):
        _lines(document, name)
    document.core_properties.title = "舆情周报"
    document.core_properties.author = "烽火"
    document.save(str(TARGET))


# ---- page and styles ---------------------------------------------------------------------------


def _page(document: Doc) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.2)
    section.top_margin, section.bottom_margin = Cm(2.2), Cm(2)
    line = section.footer.paragraphs[0]
    line.alignment = WD_ALIGN_PARAGRAPH.CENTER
    line.add_run("内部资料，摘引简短并附链接 · 第 ")
    _number(line.add_run()._r)
    line.add_run(" 页")


def _number(run: object) -> None:
    for kind in ("begin", None, "end"):
        part = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            part.set(qn("w:fldCharType"), kind)
        else:
            part.text = "PAGE"
        run.append(part)  # type: ignore[attr-defined]


def _styles(document: Doc) -> None:
    _style(document, "Normal", BODY, 10.5)
    for name, size in (("Title", 20), ("Heading 1", 13), ("Heading 2", 11)):
        style = _style(document, name, HEAD, size)
        style.font.color.rgb = RGBColor(0, 0, 0)
        style.font.bold = False
        style.paragraph_format.keep_with_next = True
        style.paragraph_format.space_before = Pt(12 if name == "Heading 1" else 6)
        style.paragraph_format.space_after = Pt(4)
        for border in style.element.get_or_add_pPr().findall(qn("w:pBdr")):
            style.element.get_or_add_pPr().remove(border)
    _style(document, "Footer", BODY, 8)
    normal = document.styles["Normal"]
    assert isinstance(normal, ParagraphStyle)
    normal.paragraph_format.space_after = Pt(4)
    normal.paragraph_format.line_spacing = 1.25
    small = document.styles.add_style("Small", 1)
    assert isinstance(small, ParagraphStyle)
    small.base_style = normal
    small.font.size, small.font.color.rgb = Pt(9), GREY
    note = document.styles.add_style("Note", 1)
    assert isinstance(note, ParagraphStyle)
    note.base_style = normal
    note.paragraph_format.left_indent = Cm(0.5)
    note.paragraph_format.keep_with_next = True
    note.font.color.rgb = RED
    cell = document.styles.add_style("Cell", 1)
    assert isinstance(cell, ParagraphStyle)
    cell.base_style = normal
    cell.font.size = Pt(9)
    cell.paragraph_format.space_after = Pt(0)
    cell.paragraph_format.line_spacing = 1.1


def _style(document: Doc, name: str, font: str, size: float) -> ParagraphStyle:
    style = document.styles[name]
    assert isinstance(style, ParagraphStyle)
    style.font.name, style.font.size = LATIN, Pt(size)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    fonts.set(qn("w:eastAsia"), font)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "en-US")
    language.set(qn("w:eastAsia"), "zh-CN")
    style.element.get_or_add_rPr().append(language)
    return style


# ---- parts -------------------------------------------------------------------------------------


def _title(document: Doc) -> None:
    title = document.add_paragraph("{{ title }}", style="Title")
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for text in ("{% if scope %}范围：{{ scope }}　{% endif %}{{ period }}", "{{ made }}"):
        line = document.add_paragraph(text, style="Small")
        line.alignment = WD_ALIGN_PARAGRAPH.CENTER


def _section(document: Doc, heading: str, note: str) -> None:
    document.add_paragraph(heading, style="Heading 1")
    _if(document, f"notes.{note}", f"编者按：{{{{ notes.{note} }}}}", style="Note")


def _when(document: Doc, name: str) -> None:
    _if(document, name, f"{{{{ {name} }}}}", style="Small")


def _if(document: Doc, test: str, text: str, *, style: str = "Normal") -> None:
    document.add_paragraph(f"{{%p if {test} %}}")
    document.add_paragraph(text, style=style)
    document.add_paragraph("{%p endif %}")


def _lines(document: Doc, name: str) -> None:
    document.add_paragraph(f"{{%p for line in {name} %}}")
    document.add_paragraph("{{ line }}", style="Small")
    document.add_paragraph("{%p endfor %}")


def _numbers(document: Doc) -> None:
    _table(
        document,
        (
            ("区域 / 对象", 3.2), ("帖数", 1.2), ("负面", 1.2), ("较上期", 1.4),
            ("声音\n（至少）", 1.7), ("户\n（自述）", 1.7), ("负面占比\n（95%区间）", 3.5),
            ("新开预警", 2.7),
        ),
        "rows",
        (
            "{{r weight(r.name, r.head) }}", "{{ r.posts }}",
            "{{ r.negative }}", "{{ r.change }}", "{{ r.voices }}", "{{ r.households }}",
            "{{ r.share }}", "{{ r.alerts }}",
        ),
        centred=range(1, 7),
    )  # fmt: skip


def _alerts(document: Doc) -> None:
    document.add_paragraph("{%p if not alerts %}")
    document.add_paragraph("本期没有需列出的预警。")
    document.add_paragraph("{%p endif %}")
    document.add_paragraph("{%p for a in alerts %}")
    head = document.add_paragraph("{{ a.number }}　{{ a.subject }}　系统建议：{{ a.level }}")
    head.style = document.styles["Heading 2"]
    document.add_paragraph(
        "研判：{{ a.verdict }}{% if a.verdict_reason %}，理由：{{ a.verdict_reason }}{% endif %}；"
        "状态：{{ a.status }}；个案：{{ a.case }}；开启 {{ a.opened }}；{{ a.counts }}。"
    )
    document.add_paragraph("依据：{{ a.reason }}")
    document.add_paragraph("{%p for q in a.quotes %}")
    document.add_paragraph(
        "“{{ q.text }}”（{{ q.at }}{% if q.url %}，{{r link(q.url) }}{% endif %}）"
    )
    document.paragraphs[-1].style = document.styles["Small"]
    document.add_paragraph("{%p endfor %}")
    document.add_paragraph("{%p endfor %}")
    _when(document, "alerts_off")


def _topics(document: Doc) -> None:
    _some(document, "topics", "本期没有负面内容。")
    _table(
        document,
        (("专题", 6), ("负面帖", 3), ("较上期", 3), ("声音（至少）", 4)),
        "topics",
        ("{{ r.name }}", "{{ r.negative }}", "{{ r.change }}", "{{ r.voices }}"),
        centred=range(1, 4),
    )


def _media(document: Doc) -> None:
    document.add_paragraph("媒体报道", style="Heading 2")
    document.add_paragraph("{{ articles_all }}")
    _table(
        document,
        (("媒体", 2.6), ("对象", 3), ("标题", 6.2), ("倾向", 1.4), ("发布", 3.4)),
        "articles",
        (
            "{{ r.outlet }}", "{{ r.subject }}",
            "{{ r.title }}" + LINK, "{{ r.tone }}",
            "{{ r.at }}",
        ),
        centred=(3,),
    )  # fmt: skip
    document.add_paragraph("媒体来访", style="Heading 2")
    _some(document, "enquiries", "本期没有登记媒体来访。")
    _table(
        document,
        (
            ("编号", 2.9), ("媒体 / 对象", 2.8), ("问题", 4.4), ("答复期限", 2.3), ("口径", 1.6),
            ("处理", 2.6),
        ),
        "enquiries",
        (
            "{{ r.number }}", "{{ r.outlet }} / {{ r.subject }}", "{{ r.question }}",
            "{{ r.deadline }}", "{{ r.wording }}",
            "{{ r.state }}" + LINK,
        ),
    )  # fmt: skip
    _when(document, "enquiries_off")
    document.add_paragraph("自有发布", style="Heading 2")
    _some(document, "releases", "本期没有登记自有发布。")
    _table(
        document,
        (("时间", 3.2), ("渠道", 3), ("题目", 6.6), ("对象", 3.8)),
        "releases",
        (
            "{{ r.at }}", "{{ r.outlet }}",
            "{{ r.title }}{% if r.note %}（{{ r.note }}）{% endif %}" + LINK,
            "{{ r.subject }}",
        ),
    )  # fmt: skip
    _when(document, "releases_off")


def _cases(document: Doc) -> None:
    _some(document, "cases", "本期没有在办或办结的个案。")
    _table(
        document,
        (("编号", 3), ("对象", 2.8), ("个案", 4.8), ("级别", 2), ("状态", 1.5), ("登记", 2.5)),
        "cases",
        (
            "{{ r.number }}", "{{ r.subject }}", "{{ r.title }}", "{{ r.level }}",
            "{{ r.state }}", "{{ r.registered }}",
        ),
    )  # fmt: skip
    document.add_paragraph("{{ clocks }}")
    document.add_paragraph("{%p for line in breached %}")
    document.add_paragraph("超时：{{ line }}", style="Small")
    document.add_paragraph("{%p endfor %}")
    document.add_paragraph("{%p if next_dates %}")
    document.add_paragraph("下周节点", style="Heading 2")
    document.add_paragraph("{%p endif %}")
    _table(
        document,
        (("日期", 3), ("节点", 3), ("对象", 5), ("备注", 5.6)),
        "next_dates",
        ("{{ r.day }}", "{{ r.kind }}", "{{ r.subject }}", "{{ r.note }}"),
    )


def _some(document: Doc, name: str, otherwise: str) -> None:
    _if(document, f"not {name}", otherwise)


# ---- tables ------------------------------------------------------------------------------------


def _table(
    document: Doc,
    columns: Sequence[tuple[str, float]],
    name: str,
    fields: Sequence[str],
    *,
    centred: Sequence[int] = (),
) -> None:
    """Add a table that is not there at all when it has no rows."""
    document.add_paragraph(f"{{%p if {name} %}}")
    table = document.add_table(rows=4, cols=len(columns), style="Table Grid")
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    for at, (heading, width) in enumerate(columns):
        table.columns[at].width = Cm(width)
        for row in table.rows:
            row.cells[at].width = Cm(width)
        _write(table.rows[0].cells[at], heading, centre=True, font=HEAD)
        _write(table.rows[2].cells[at], fields[at], centre=at in centred)
    _write(table.rows[1].cells[0], f"{{%tr for r in {name} %}}")
    _write(table.rows[3].cells[0], "{%tr endfor %}")
    _heading_row(table)
    document.add_paragraph("{%p endif %}")


def _write(cell: _Cell, text: str, *, centre: bool = False, font: str | None = None) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.style = "Cell"
    runs = _runs(paragraph, text)
    if centre:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    if font:
        for run in runs:
            run.font.name = LATIN
            run._r.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)


def _runs(paragraph: Paragraph, text: str) -> list[Run]:
    """Add the text; a {{r … }} field replaces its whole run, so it stands in one of its own."""
    return [paragraph.add_run(part) for part in re.split(r"(\{\{r .*?\}\})", text) if part]


def _heading_row(table: Table) -> None:
    """Grey, and repeated on every page; no row is torn between pages."""
    for row in table.rows:
        properties = row._tr.get_or_add_trPr()
        properties.append(OxmlElement("w:cantSplit"))
    properties = table.rows[0]._tr.get_or_add_trPr()
    properties.append(OxmlElement("w:tblHeader"))
    for cell in table.rows[0].cells:
        shade = OxmlElement("w:shd")
        shade.set(qn("w:val"), "clear")
        shade.set(qn("w:fill"), "EDEDED")
        cell._tc.get_or_add_tcPr().append(shade)


if __name__ == "__main__":
    main()
