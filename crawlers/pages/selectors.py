"""Selectors of a described engine: "css @attribute ~ regex" on HTML, "a.b.c ~ regex" on JSON."""

import re
from collections.abc import Iterator
from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from crawlers.pages.discuz_text import shown_text
from domain.errors import FactsError

_PARTS = re.compile(
    r"^(?P<css>[^@~]*?)\s*(?:@(?P<name>[\w-]+))?\s*(?:~\s*(?P<regex>.+))?$", re.DOTALL
)


def check(selector: str, *, css: bool) -> None:
    """Raise FactsError unless the selector (or JSON path) is one, before a crawl meets it."""
    path, _, regex = _parts(selector)
    _matched("x", regex)
    if css and path:
        root = LexborHTMLParser("<p></p>").root
        assert root is not None
        _found(root, path)


def values(node: LexborNode, selector: str | None) -> Iterator[str]:
    """Yield what a selector finds under a node, in page order; alternatives by comma."""
    if not selector:
        return
    css, name, regex = _parts(selector)
    for found in _found(node, css) if css else [node]:
        text = (found.attributes.get(name) or "") if name else shown_text(found)
        matched = _matched(text, regex)
        if matched:
            yield matched


def value(node: LexborNode, selector: str | None) -> str | None:
    """Return the first of `values`, None if there is none."""
    return next(values(node, selector), None)


def nodes(node: LexborNode, selector: str | None) -> list[LexborNode]:
    """Return the elements a selector names."""
    return _found(node, _parts(selector)[0]) if selector else []


def json_value(item: Any, path: str | None) -> Any:
    """Return what stands at a dotted path of a JSON value, None if nothing does."""
    if not path:
        return None
    where, _, regex = path.partition("~")
    for key in where.strip().split("."):
        if isinstance(item, dict):
            item = item.get(key)
        elif isinstance(item, list) and key.isdigit() and int(key) < len(item):
            item = item[int(key)]
        else:
            return None
    return _matched(str(item), regex.strip()) if regex and item is not None else item


def _found(node: LexborNode, css: str) -> list[LexborNode]:
    try:
        return node.css(css)
    except (SelectolaxError, ValueError) as error:
        raise FactsError(f"选择器“{css}”写法不对（{error}）") from error


def _parts(selector: str) -> tuple[str, str | None, str | None]:
    found = _PARTS.match(selector.strip())
    if found is None:
        raise FactsError(f"选择器“{selector}”写法不对：应为 CSS 选择器 @属性 ~ 正则")
    return found["css"].strip(), found["name"], found["regex"]


def _matched(text: str, regex: str | None) -> str | None:
    text = text.strip()
    if not regex:
        return text or None
    try:
        found = re.search(regex, text)
    except re.error as error:
        raise FactsError(f"正则“{regex}”写法不对（{error}）") from error
    if not found:
        return None
    return found[1] if found.groups() else found[0]
