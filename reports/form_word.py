"""Forms as Word files for A4: every field in a table, blanks as lines to write on (A6)."""

from io import BytesIO

from docx import Document
from docx.document import Document as Doc
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_ROW_HEIGHT_RULE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.table import Table, _Cell

from domain.clock import say_time
from reports.forms import Field, FormDraft, Section

LABEL, VALUE = Cm(3.3), Cm(5.2)
_BLANK = "_" * 20


def render(draft: FormDraft) -> bytes:
    """Return the form as a .docx of one page for usual lengths."""
    document = Document()
    _page(document)
    _fonts(document)
    title = document.add_paragraph(draft.title, style="Title")
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    line = document.add_paragraph(f"个案编号：{draft.case_number}")
    line.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    for part in draft.sections:
        _section(document, part)
    note = document.add_paragraph(
        f"烽火按 {say_time(draft.at)} 已存的事实预填，留空处为系统不知道；签发前请逐项核对。"
    )
    note.runs[0].font.size, note.runs[0].font.color.rgb = Pt(8), RGBColor(0x66, 0x66, 0x66)
    document.core_properties.title = draft.title
    document.core_properties.author = "烽火"
    out = BytesIO()
    document.save(out)
    return out.getvalue()


def _page(document: Doc) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2)
    section.top_margin = section.bottom_margin = Cm(1.6)


def _fonts(document: Doc) -> None:
    for name, font, size in (("Normal", "宋体", 10), ("Title", "黑体", 16)):
        style = document.styles[name]
        assert isinstance(style, ParagraphStyle)
        style.font.name, style.font.size = "Times New Roman", Pt(size)
        style.font.color.rgb = RGBColor(0, 0, 0)
        style.paragraph_format.space_after = Pt(3)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{theme}"), None)
        fonts.set(qn("w:eastAsia"), font)
        for border in style.element.get_or_add_pPr().findall(qn("w:pBdr")):
            style.element.get_or_add_pPr().remove(border)


def _section(document: Doc, part: Section) -> None:
    heading = document.add_paragraph(part.title)
    heading.paragraph_format.space_before = Pt(6)
    heading.paragraph_format.keep_with_next = True
    run = heading.runs[0]
    run.bold = True
    run._r.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), "黑体")
    table = document.add_table(rows=0, cols=4, style="Table Grid")
    table.autofit = False
    for at, width in enumerate((LABEL, VALUE, LABEL, VALUE)):
        table.columns[at].width = width
    waiting: list[Field] = []
    for field in part.fields:
        if not field.long:
            waiting.append(field)
        if waiting and (field.long or len(waiting) == 2):
            _pair(table, waiting)
            waiting = []
        if field.long:
            _wide(table, field)
    if waiting:
        _pair(table, waiting)


def _pair(table: Table, fields: list[Field]) -> None:
    cells = _row(table)
    for at, field in enumerate(fields):
        _label(cells[2 * at], field.label)
        _value(cells[2 * at + 1], field.value)
    if len(fields) == 1:
        cells[1].merge(cells[3])


def _wide(table: Table, field: Field) -> None:
    cells = _row(table)
    _label(cells[0], field.label)
    _value(cells[1].merge(cells[3]), field.value, lines=2)


def _row(table: Table) -> list[_Cell]:
    row = table.add_row()  # type: ignore[no-untyped-call]
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    row.height, row.height_rule = Cm(0.85), WD_ROW_HEIGHT_RULE.AT_LEAST
    cells = list(row.cells)
    for cell, width in zip(cells, (LABEL, VALUE, LABEL, VALUE), strict=True):
        cell.width, cell.vertical_alignment = width, WD_CELL_VERTICAL_ALIGNMENT.CENTER
    return cells


def _label(cell: _Cell, text: str) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.paragraph_format.space_after = Pt(1)
    paragraph.add_run(text)
    shade = OxmlElement("w:shd")
    shade.set(qn("w:val"), "clear")
    shade.set(qn("w:fill"), "F2F2F2")
    cell._tc.get_or_add_tcPr().append(shade)


def _value(cell: _Cell, text: str, *, lines: int = 1) -> None:
    """Write the value, or underlined blanks where it is not known."""
    paragraph = cell.paragraphs[0]
    paragraph.paragraph_format.space_after = Pt(1)
    if text:
        paragraph.add_run(text)
        return
    run = paragraph.add_run("\n".join([_BLANK * lines] * lines))
    run.font.color.rgb = RGBColor(0x99, 0x99, 0x99)
