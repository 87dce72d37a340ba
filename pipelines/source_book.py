"""Source book (来源登记): add, change, switch off, import, export and check sources; audited."""

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from crawlers.run import ENGINES
from domain.access import Act, Actor
from domain.errors import FactsError, ParseError
from domain.post import SourceKind
from domain.source import Source
from pipelines import source_yaml
from pipelines.preview import Preview, checked, preview
from pipelines.wiring import App
from store import access, audit, source_state, sources
from store.db import Connection

#: Fields of a source in a file, with their Chinese names.
FIELDS = {
    "name": "名称", "engine": "引擎", "url": "网址", "site": "站点", "kind": "类别",
    "every_minutes": "间隔分钟", "subject": "监测对象", "min_posts": "每日至少", "enabled": "启用",
    "allow_private": "允许内网", "options": "选项",
}  # fmt: skip
_CHINESE = {chinese: name for name, chinese in FIELDS.items()}
KINDS = {
    SourceKind.FORUM: "论坛", SourceKind.NEWS: "新闻", SourceKind.GROUP: "业主群",
    SourceKind.SOCIAL: "社交", SourceKind.COMPLAINT: "投诉", SourceKind.ONSITE: "现场",
}  # fmt: skip
_KIND_OF = {word: kind for kind, word in KINDS.items()} | {k.value: k for k in SourceKind}
#: A list is never asked for more often, nor so seldom that a source is forgotten.
SHORTEST, LONGEST = timedelta(minutes=2), timedelta(days=7)
#: No number in a source is larger.
MOST = 1_000_000
#: Options that are numbers where given.
_NUMBERS = ("delay", "max_requests", "list_pages", "hot_every", "cold_every")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


def save(app: App, item: Source, *, actor: Actor, now: datetime, seen: bool = False) -> None:
    """Add or change a source; `seen` = a preview of it brought posts. FactsError if it is wrong."""
    check_facts(item)
    _save(app, item, actor=actor, now=now, seen=seen)


def _save(app: App, item: Source, *, actor: Actor, now: datetime, seen: bool = False) -> None:
    with app.db.write() as connection:
        access.require(actor, Act.CONFIGURE)
        known = sources.find(connection, item.name)
        _within_web(actor, item, known)
        source_id = sources.put(connection, item, now=now)
        if seen:
            source_state.verified(connection, source_id, now)
        audit.append(
            connection, f"source:{item.name}"[:64], "source-saved", actor=actor, at=now,
            reason="修改来源" if known else "新增来源",
            payload={"url": item.url, "engine": item.engine, "enabled": item.enabled},
        )  # fmt: skip


def add(app: App, item: Source, *, actor: Actor, now: datetime) -> None:
    """Add a source that a preview has seen; FactsError if its name or address is taken."""
    with app.db.read() as connection:
        rows = sources.everything(connection)
    for row in rows:
        if row.name == item.name:
            raise FactsError(f"已有来源叫“{item.name}”（{row.url}）：请另起一个名称")
        if row.url == item.url and row.engine == item.engine:
            raise FactsError(
                f"这个网址已经登记为来源“{row.name}”：不用重复新增，可在已有来源里修改"
            )
    save(app, item, actor=actor, now=now, seen=True)


def ask_visit(app: App, name: str, *, actor: Actor, now: datetime) -> None:
    """Ask for a visit now instead of at the next interval; FactsError where nobody visits."""
    with app.db.write() as connection:
        access.require(actor, Act.CONFIGURE)
        item = _named(connection, name)
        if item.engine in source_state.BY_HAND:
            raise FactsError(f"来源“{name}”由人导入文件，没有网址可采：新内容请到“录入”导入")
        if not item.enabled:
            raise FactsError(f"来源“{name}”已停用：请先启用它再采集")
        source_state.ask_visit(connection, sources.get_id(connection, name), now)
        audit.append(
            connection, f"source:{name}"[:64], "source-visit-asked", actor=actor, at=now,
            reason="立即采集",
        )  # fmt: skip


def _within_web(actor: Actor, item: Source, known: Source | None) -> None:
    """Refuse what would open the server itself to a browser: its folders, its own network."""
    if actor.trusted:
        return
    opened = item.engine == "folder" or item.allow_private
    # Options name addresses and columns too: what reaches inside may be tended, not redirected.
    same = known is not None and (
        (known.engine, known.url, known.allow_private, known.options)
        == (item.engine, item.url, item.allow_private, item.options)
    )  # fmt: skip
    if opened and not same:
        raise FactsError(
            f"来源“{item.name}”读服务器上的目录或内网网址，不能在网页上新增："
            "请由服务器管理员用 fenghuo sources import 导入"
        )


def switch(app: App, name: str, *, on: bool, actor: Actor, now: datetime) -> None:
    """Switch a source on or off; what it gave stays. A wrong one can always be switched off."""
    with app.db.read() as connection:
        item = sources.find(connection, name)
    if item is None:
        raise FactsError(f"没有名为“{name}”的来源：请用 fenghuo sources list 查看名称")
    if on:
        check_facts(item)
    _save(app, replace(item, enabled=on), actor=actor, now=now)


def check_facts(item: Source) -> None:
    """Raise FactsError naming the first fact of a source that cannot be."""
    where = f"来源“{item.name}”"
    if not item.name.strip() or len(item.name) > 64:
        raise FactsError(f"{where}的名称应有 1 到 64 个字")
    if item.engine != "file" and item.engine not in ENGINES:
        raise FactsError(f"{where}的引擎“{item.engine}”不认识，可用：{'、'.join(ENGINES)}")
    for field, said in (("name", item.name), ("url", item.url), ("site", item.site)):
        if _UNPRINTABLE.search(said):
            raise FactsError(f"{where}的{FIELDS[field]}里有换行或看不见的字符：请重新填写")
    if item.engine not in ("file", "folder"):
        _check_address(item.url, where)
    meant = item.allow_private and timedelta(0) <= item.every <= LONGEST
    if not SHORTEST <= item.every <= LONGEST and not meant:
        raise FactsError(f"{where}的间隔应在 2 分钟到 7 天之间")
    if not 0 <= item.min_posts <= MOST:
        raise FactsError(f"{where}的每日至少应是 0 到 {MOST} 的整数")
    _check_options(item.options, where)


def _check_address(url: str, where: str) -> None:
    if not url.startswith(("http://", "https://")):
        raise FactsError(f"{where}的网址“{url}”应以 http:// 或 https:// 开头")
    try:
        checked(url)
    except FactsError as error:
        raise FactsError(f"{where}的网址不能用：{error}") from error


def _check_options(options: Mapping[str, Any], where: str) -> None:
    for key in _NUMBERS:
        value = options.get(key, 0)
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not 0 <= value <= MOST:
            raise FactsError(f"{where}的选项 {key} 应是 0 到 {MOST} 的数字")
    try:
        json.dumps(options, allow_nan=False, ensure_ascii=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise FactsError(
            f"{where}的选项里有不能保存的值：只用文字、数字、是否、列表，日期请加引号"
        ) from error


# ---- checking -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A source looked at now."""

    source: Source
    preview: Preview | None


def check(app: App, names: Iterable[str], *, now: datetime) -> Iterable[Checked]:
    """Look at sources now; one that brings posts is no longer 未验证. Nothing else is stored."""
    with app.db.read() as connection:
        wanted = list(names)
        items = [_named(connection, name) for name in wanted] or sources.everything(connection)
    for item in items:
        if item.engine in ("file", "folder"):
            yield Checked(source=item, preview=None)
            continue
        seen = preview(item)
        if seen.good:
            with app.db.write() as connection:
                source_state.verified(connection, sources.get_id(connection, item.name), now)
        yield Checked(source=item, preview=seen)


def _named(connection: Connection, name: str) -> Source:
    sources.get_id(connection, name)
    item = sources.find(connection, name)
    assert item is not None
    return item


# ---- files --------------------------------------------------------------------------------------


def to_yaml(items: Iterable[Source]) -> str:
    """Return sources as YAML that `from_yaml` reads back."""
    rows = [_facts(item) for item in items]
    return source_yaml.dump({"sources": rows})


def _facts(item: Source) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": item.name, "engine": item.engine, "url": item.url, "site": item.site,
        "kind": item.kind.value, "every_minutes": item.every.total_seconds() / 60,
        "subject": item.subject, "min_posts": item.min_posts, "enabled": item.enabled,
    }  # fmt: skip
    if item.allow_private:
        told["allow_private"] = True
    if item.options:
        told["options"] = item.options
    return {name: value for name, value in told.items() if value is not None}


def from_yaml(data: bytes, *, name: str) -> list[Source]:
    """Read a file of sources; ParseError naming file and entry, nothing is taken from a bad one."""
    told = source_yaml.load(data, name=name)
    rows = told.get("sources") if isinstance(told, Mapping) else told
    if not isinstance(rows, list) or not rows:
        raise ParseError(f"{name}：没有来源，应为 sources: 下的一个列表")
    found = [read_facts(row, where=f"{name} 第 {n} 个来源") for n, row in enumerate(rows, 1)]
    first: dict[str, int] = {}
    for n, item in enumerate(found, 1):
        if first.setdefault(item.name, n) != n:
            raise ParseError(
                f"{name} 第 {n} 个来源：名称“{item.name}”与第 {first[item.name]} 个相同，请改名"
            )
    return found


def read_facts(row: Any, *, where: str) -> Source:
    """Return a source from its facts; FactsError naming the field that is wrong."""
    if not isinstance(row, Mapping):
        raise FactsError(f"{where}：应是 字段: 值 的一组")
    said = {_CHINESE.get(str(key), str(key)): value for key, value in row.items()}
    unknown = sorted(set(said) - set(FIELDS))
    if unknown:
        raise FactsError(f"{where}：不认识的字段 {'、'.join(unknown)}")
    missing = [FIELDS[key] for key in ("name", "engine", "url", "kind") if not said.get(key)]
    if missing:
        raise FactsError(f"{where}：缺少 {'、'.join(missing)}")
    for key in ("name", "engine", "url", "kind", "site", "subject"):
        if said.get(key) and not isinstance(said[key], str):
            raise FactsError(f"{where}：{FIELDS[key]}应是文字；像数字、日期的请加引号")
    kind = kind_of(said["kind"], where=f"{where}：")
    options = said.get("options") or {}
    if not isinstance(options, Mapping):
        raise FactsError(f"{where}：选项应是 字段: 值 的一组")
    every = timedelta(minutes=_number(said, "every_minutes", 15, where))
    least = int(_number(said, "min_posts", 0, where))
    url = said["url"]
    item = Source(
        name=said["name"], engine=said["engine"], url=url, kind=kind,
        site=said.get("site") or _host(url), every=every, min_posts=least,
        subject=said.get("subject") or None,
        enabled=said.get("enabled", True) not in (False, "否", "no", 0),
        allow_private=said.get("allow_private") is True, options=dict(options),
    )  # fmt: skip
    try:
        check_facts(item)
    except FactsError as error:
        raise FactsError(f"{where}：{error}") from error
    return item


def _number(said: Mapping[str, Any], key: str, default: float, where: str) -> float:
    try:
        number = float(said.get(key, default))
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not abs(number) <= MOST:
        raise FactsError(f"{where}：{FIELDS[key]}应是不超过 {MOST} 的数字")
    return number


def kind_of(word: str, *, where: str = "") -> SourceKind:
    """Return the kind a word names, Chinese or not; FactsError naming those there are."""
    found = _KIND_OF.get(word)
    if found is None:
        raise FactsError(f"{where}类别“{word}”不认识，可用：{'、'.join(KINDS.values())}")
    return found


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0].partition(":")[0] or url


def import_all(app: App, items: list[Source], *, actor: Actor, now: datetime) -> tuple[int, int]:
    """Save all or none; return (new, changed)."""
    new = 0
    with app.db.write() as connection:
        access.require(actor, Act.CONFIGURE)
        for item in items:
            known = sources.find(connection, item.name)
            _within_web(actor, item, known)
            new += known is None
            sources.put(connection, item, now=now)
            audit.append(
                connection, f"source:{item.name}"[:64], "source-saved", actor=actor, at=now,
                reason="导入来源", payload={"url": item.url, "engine": item.engine},
            )  # fmt: skip
    return new, len(items) - new
