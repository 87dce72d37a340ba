"""Drop folders (投放目录): the terms a side-car file states, and a record of each file read."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from config import facts
from crawlers.spiders.folder import SIDE_CARS, folder_of
from domain.errors import FactsError
from domain.source import Source
from pipelines.files import Terms, ends_on
from pipelines.wiring import App
from store import import_files, sources

#: Word of the side-car → option of the source.
_WORDS = {
    "提供人": "provider", "provider": "provider", "依据": "basis", "basis": "basis",
    "保存期限": "retention", "retention": "retention", "删除日期": "ends_on", "ends_on": "ends_on",
}  # fmt: skip
_ISSUE = "side-car"


def noted(app: App, item: Source, now: datetime) -> Source:
    """Return the source with the terms its folder states now; a wrong side-car is an issue."""
    if item.engine != "folder":
        return item
    try:
        told = _told(folder_of(item.url))
    except FactsError as error:
        with app.db.write() as connection:
            sources.raise_issue(
                connection, at=now, code=_ISSUE, source_name=item.name, level="warning",
                message=str(error),
            )  # fmt: skip
        return item
    with app.db.write() as connection:
        sources.close_issues(connection, item.name, _ISSUE, now)
        kept = sources.find(connection, item.name)
        if kept and any(kept.options.get(key) != value for key, value in told.items()):
            sources.put(connection, replace(kept, options=kept.options | told))
    return replace(item, options=item.options | told)


def _told(folder: Path) -> dict[str, str]:
    for name in SIDE_CARS:
        path = folder / name
        if not path.is_file() or path.is_symlink():
            continue
        try:
            said = facts.parse(name, path.read_text(encoding="utf-8-sig"))
        except (OSError, UnicodeDecodeError) as error:
            raise FactsError(f"{name} 读不出来：请存为 UTF-8 编码") from error
        unknown = [str(word) for word in said if word not in _WORDS]
        if unknown:
            words = "、".join(word for word in _WORDS if not word.isascii())
            raise FactsError(f"{name} 里的“{unknown[0]}”不认识：可写 {words}")
        found = {_WORDS[word]: str(value).strip() for word, value in said.items() if value}
        Terms(**found)  # refuses an unknown class or day
        return found
    return {}


def record(app: App, item: Source, now: datetime) -> None:
    """Write an import record of each file of the folder that was read to its end since the last."""
    if item.engine != "folder":
        return
    with app.db.write() as connection:
        source_id = sources.get_id(connection, item.name)
        options = item.options
        for name, state in import_files.unrecorded(connection, source_id):
            record_id = import_files.begin(
                connection, source_id=source_id, name=name, sha256=str(state["sha256"]),
                format_name=str(state["format"]),
                provider=str(options.get("provider") or ""),
                basis=str(options.get("basis") or ""),
                retention=str(options.get("retention") or ""), ends_on=ends_on(item, now),
                by="投放目录", now=now,
            )  # fmt: skip
            import_files.finish(
                connection, record_id, messages=int(state["messages"]), new_posts=0,
                refused=int(state["refused"]), now=now,
            )  # fmt: skip
