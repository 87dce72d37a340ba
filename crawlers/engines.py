"""Forum engines by name: Discuz! in code, all others described in config/engines/*.yml."""

from typing import Any, cast

from config import engines as described
from crawlers.pages import discuz
from crawlers.pages.configured_forum import ConfiguredForum
from crawlers.pages.forum import ForumEngine
from domain.errors import FactsError
from domain.source import Source

DISCUZ = "discuzx"


def forum_engines() -> tuple[str, ...]:
    """Return every name a source may give as its engine to be read as a forum."""
    return (DISCUZ, "configured", *described.names())


def engine_named(name: str, selectors: dict[str, Any] | None = None) -> ForumEngine:
    """Return the engine; raise FactsError naming the known ones or the wrong selector."""
    if name == DISCUZ:
        return cast("ForumEngine", discuz)
    if name == "configured":
        if not selectors:
            raise FactsError(
                "引擎 configured 需要在来源的 options.selectors 写明 board 与 thread 的选择器"
            )
        return ConfiguredForum(described.check(selectors, name))
    spec = described.read(name)
    return ConfiguredForum(described.overridden(spec, selectors, name) if selectors else spec)


def engine_of(source: Source) -> ForumEngine:
    """Return the engine of a source: its name, or the one its options name."""
    selectors = source.options.get("selectors")
    name = source.engine
    if name == "configured":
        name = str(source.options.get("engine", name))
    return engine_named(name, selectors if isinstance(selectors, dict) else None)


def recognise(html: str) -> str | None:
    """Return the name of the engine that made a page, None if no sign of one is seen."""
    if discuz.looks_like(html):
        return DISCUZ
    for name in described.names():
        signs = described.read(name).get("recognise", ())
        if any(str(sign) in html for sign in signs):
            return name
    return None
