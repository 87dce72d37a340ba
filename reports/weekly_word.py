"""Weekly report as a Word file: the context of reports.weekly in the committed template."""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

from docx.shared import Mm
from docxtpl import DocxTemplate, InlineImage, RichText

TEMPLATE = Path(__file__).parent / "templates" / "weekly.docx"
_LINK_COLOUR = "1A4F8A"


def render(context: Mapping[str, Any]) -> bytes:
    """Return the document; every text in it is escaped, links lead to http(s) only."""
    template = DocxTemplate(str(TEMPLATE))
    values = {
        **context,
        "chart": InlineImage(template, BytesIO(context["chart"]), width=Mm(160)),
        "link": lambda url: _link(template, url),
        "weight": lambda text, head: RichText(text, bold=bool(head)),
    }
    template.render(values, autoescape=True)
    out = BytesIO()
    template.save(out)
    return out.getvalue()


def _link(template: Any, url: str) -> Any:
    return RichText("原文", url_id=template.build_url_id(url), color=_LINK_COLOUR, underline=True)
