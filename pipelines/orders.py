"""Orders (12345、热线工单): a table of an authority or hotline becomes complaints with deadlines.

The columns are guessed from the header, remembered per header, and may be corrected by a person.
Channel and order number are unique: the same table again changes nothing, a moved deadline moves.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from alerts.clocks import due as due_of
from config.calendar import workday
from crawlers.formats.grid import Line, Sheet, find_header, read_grids
from crawlers.formats.paste import household_of
from crawlers.times import read_time
from domain.access import Act, Actor
from domain.clock import SHANGHAI, say_time
from domain.errors import FactsError, ParseError
from domain.mask import mask
from domain.post import Precision
from domain.source import Subject
from pipelines.complaints import CATEGORIES, ComplaintForm, start_clock, store_form
from pipelines.projects import names_of
from pipelines.sheets import Problem
from pipelines.wiring import App
from store import access, audit, clocks, complaints, mappings, subjects
from store.complaints import Kept
from store.db import Connection

KIND = "orders"
#: Orders of one transaction: a complaint, a post with its revision, a clock and an audit row each.
PART = 50

#: Field → (title on screen, names in tables); the first present one wins.
FIELDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "order_no": ("工单编号", (
        "工单编号", "工单号", "受理编号", "受理单号", "投诉编号", "诉求编号", "编号", "单号",
        "流水号", "案件编号", "order_no",
    )),
    "text": ("诉求内容", (
        "诉求内容", "投诉内容", "反映内容", "问题描述", "工单内容", "事项内容", "具体内容",
        "诉求描述", "内容", "诉求", "留言内容", "text",
    )),
    "title": ("标题", ("标题", "诉求标题", "工单标题", "主题", "title")),
    "received_at": ("诉求时间", (
        "诉求时间", "受理时间", "来电时间", "投诉时间", "登记时间", "派单时间", "交办时间",
        "创建时间", "时间", "日期", "received_at",
    )),
    "due": ("办结时限", (
        "办结时限", "办理时限", "回复期限", "回复时限", "截止时间", "到期时间", "要求办结时间",
        "限办时间", "办理期限", "处理时限", "期限", "due",
    )),
    "project": ("项目", (
        "所属项目", "项目名称", "项目", "小区", "楼盘", "小区名称", "涉及小区", "所属小区",
        "所属区域", "被诉对象", "被投诉单位", "project",
    )),
    "name": ("来电人", (
        "来电人", "诉求人", "投诉人", "姓名", "联系人", "反映人", "客户姓名", "name",
    )),
    "phone": ("联系电话", (
        "联系电话", "来电号码", "电话", "手机", "手机号", "联系方式", "phone",
    )),
    "home": ("房号", ("房号", "楼栋房号", "地址", "详细地址", "房产地址", "home")),
    "category": ("类别", ("投诉类别", "诉求类别", "类别", "问题类型", "事项分类", "category")),
    "status": ("状态", ("办理状态", "工单状态", "状态", "办理结果", "status")),
}  # fmt: skip
_KNOWN = {word for _, names in FIELDS.values() for word in names}
_NEEDED = ("order_no", "text", "received_at")
_SPAN = re.compile(r"(?P<n>\d{1,3})\s*个?(?P<unit>工作日|自然日|日|天|小时)(?:内.*)?")
_CLOSED = re.compile(r"已办结|已回复|已结案|已关闭|^办结$|^结案$")


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRow:
    """One order of the table and what importing it would do: new, changed, unchanged or wrong."""

    where: str
    order_no: str
    state: str
    form: ComplaintForm | None = None
    problem: Problem | None = None
    subject_name: str = "未归属"
    #: Whether the authority's table says that it is settled: then no clock starts.
    closed: bool = False

    @property
    def shown(self) -> dict[str, str]:
        """The row as the preview shows it, masked."""
        form = self.form
        due = form.reply_due_at if form else None
        return {
            "工单编号": self.order_no, "对象": self.subject_name,
            "时间": say_time(form.received_at) if form and form.received_at else "",
            "内容": mask(form.text)[:80] if form else "",
            "回复期限": say_time(due) if due else "",
            "说明": str(self.problem) if self.problem else STATES[self.state],
        }  # fmt: skip


STATES = {"new": "新增", "changed": "期限有变", "unchanged": "已有", "wrong": "有误"}


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPlan:
    """What an orders table would do; nothing is written before `apply`."""

    file: str
    channel: str
    header: tuple[str, ...]
    mapping: dict[str, str]
    #: Whether the mapping was remembered from an earlier import.
    remembered: bool
    rows: tuple[OrderRow, ...]

    def of(self, state: str) -> list[OrderRow]:
        """Return the rows in this state."""
        return [row for row in self.rows if row.state == state]

    @property
    def summary(self) -> str:
        """Return the counts in one line."""
        return "，".join(f"{name} {len(self.of(state))}" for state, name in STATES.items())


def plan(
    app: App,
    data: bytes,
    *,
    name: str,
    now: datetime,
    channel: str = "12345",
    mapping: Mapping[str, str] | None = None,
) -> OrderPlan:
    """Return what importing this table would do; ParseError naming the columns that lack.

    `mapping` is field → column as a person corrected it; else the remembered, else the guess.
    """
    sheets = _sheets(data, name)
    header = sheets[0].header
    with app.db.read() as connection:
        kept = mappings.find(connection, KIND, header)
        chosen = _mapping(header, mapping or kept, name)
        watched = subjects.load(connection)
        reader = _Reader(
            channel=channel.strip()[:32] or "12345", mapping=chosen, names=_names(watched), now=now
        )
        rows = [
            _compared(connection, reader, row)
            for sheet in sheets
            if sheet.header == header
            for row in reader.rows(sheet, name)
        ]
    if not rows:
        raise ParseError(f"{name}：只有表头，没有数据行")
    return OrderPlan(
        file=name, channel=reader.channel, header=header, mapping=chosen,
        remembered=mapping is None and kept is not None, rows=tuple(rows),
    )  # fmt: skip


def apply(app: App, plan: OrderPlan, actor: Actor, now: datetime) -> dict[str, int]:
    """Store the new orders and moved deadlines; return state → number.

    Every order is whole in one transaction, 50 a transaction: after a crash the same table again
    brings the rest. Raises AccessError where the actor may not take in an order's subject.
    """
    done = dict.fromkeys(STATES, 0)
    done["wrong"] = len(plan.of("wrong"))
    wanted = [row for row in plan.rows if row.form is not None]
    for start in range(0, len(wanted), PART):
        with app.db.write(bulk=True) as connection:
            for row in wanted[start : start + PART]:
                done[_apply_row(app, connection, plan, row, actor, now)] += 1
            if start == 0:
                mappings.remember(
                    connection, KIND, plan.header, plan.mapping, by=actor.name, now=now
                )
    return done


def _apply_row(
    app: App, connection: Connection, plan: OrderPlan, row: OrderRow, actor: Actor, now: datetime
) -> str:
    form = row.form
    assert form is not None
    assert form.order_no is not None
    known = complaints.by_order(connection, plan.channel, form.order_no)
    if known is None:
        stored = replace(form, reply_due_at=None) if row.closed else form
        store_form(app, connection, stored, actor, now, reason=f"导入 {plan.file}")
        return "new"
    if not _moves(known, form):
        return "unchanged"
    _move(connection, known, form.reply_due_at, plan.file, actor, now)
    return "changed"


def _moves(known: Kept, form: ComplaintForm) -> bool:
    """Whether the table names another deadline for an order that still waits for its reply."""
    waiting = known.replied_at is None and known.withdrawn_at is None
    return waiting and form.reply_due_at is not None and form.reply_due_at != known.reply_due_at


def _move(
    connection: Connection, known: Kept, due_at: datetime | None, file: str, actor: Actor,
    now: datetime,
) -> None:  # fmt: skip
    access.require_subject(connection, actor, Act.INTAKE, known.subject_id)
    assert due_at is not None
    obj = f"complaint:{known.number}"
    complaints.move_due(connection, known.number, due_at)
    clocks.stop(connection, obj, "replied", f"{actor.name}（期限变更）", now)
    start_clock(connection, known.number, now, due_at)
    before = say_time(known.reply_due_at) if known.reply_due_at else "无"
    audit.append(
        connection, obj, "imported", actor=actor, at=now, reason=f"导入 {file}：回复期限变更",
        payload={"due_before": before, "due": say_time(due_at)},
    )  # fmt: skip


# ---- reading ------------------------------------------------------------------------------------


def _sheets(data: bytes, name: str) -> list[Sheet]:
    found = [
        sheet
        for grid in read_grids(data, name=name)
        if (sheet := find_header(grid, _is_known, least=2)) is not None
    ]
    if not found:
        needed = "、".join(FIELDS[field][0] for field in _NEEDED)
        raise ParseError(f"{name}：找不到表头（至少要有 {needed}），请检查是不是工单明细表")
    return found


def header_of(data: bytes, name: str) -> tuple[str, ...]:
    """Return the header of a table of orders; ParseError if there is none."""
    return _sheets(data, name)[0].header


def _is_known(cell: str) -> bool:
    return _title(cell) in _KNOWN


def _title(cell: str) -> str:
    return re.sub(r"[(（][^)）]*[)）]|[\s*＊:：]", "", cell).lower()


def _mapping(header: Sequence[str], wanted: Mapping[str, str] | None, name: str) -> dict[str, str]:
    if wanted is not None:
        for field, column in wanted.items():
            if field not in FIELDS or column not in header:
                raise FactsError(f"{name}：没有字段“{field}”或列“{column}”，请重新选择列")
        found = dict(wanted)
    else:
        found = guess(header)
    missing = [FIELDS[field][0] for field in _NEEDED if field not in found]
    if missing:
        shown = "、".join(title for title in header if title)
        raise ParseError(f"{name}：找不到 {'、'.join(missing)} 列，表里有：{shown}；请指定列对应")
    return found


def guess(header: Sequence[str]) -> dict[str, str]:
    """Return field → column by the names tables use; a column serves one field."""
    titles = {_title(column): column for column in reversed(header) if column}
    found: dict[str, str] = {}
    for field, (_, names) in FIELDS.items():
        column = next((titles[word] for word in names if word in titles), None)
        if column is not None and column not in found.values():
            found[field] = column
    return found


def _names(watched: Sequence[Subject]) -> list[tuple[str, Subject]]:
    """Return every certain name with its subject, longest first; shared names belong to nobody."""
    owners: dict[str, list[Subject]] = {}
    for item in watched:
        for word in (*names_of(item), item.key):
            if word not in item.ambiguous:
                owners.setdefault(word, []).append(item)
    sure = [(word, items[0]) for word, items in owners.items() if len(set(items)) == 1]
    return sorted(sure, key=lambda pair: -len(pair[0]))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    """Turns lines of a table into forms."""

    channel: str
    mapping: Mapping[str, str]
    names: Sequence[tuple[str, Subject]]
    now: datetime

    def rows(self, sheet: Sheet, name: str) -> Iterator[OrderRow]:
        place = f"{name} 工作表“{sheet.name}”" if sheet.name else name
        seen: dict[str, str] = {}
        for line in sheet.lines:
            where = f"{place} 第 {line.row} 行"
            cells = self._cells(line)
            if not any(cells.values()):
                continue
            row = self._row(cells, where)
            if row.form is not None and row.order_no in seen:
                row = self._wrong(where, cells, "order_no", f"与{seen[row.order_no]}重复", "请核对")
            seen.setdefault(row.order_no, f"第 {line.row} 行")
            yield row

    def _cells(self, line: Line) -> dict[str, str]:
        return {field: line.cells.get(column, "").strip() for field, column in self.mapping.items()}

    def _row(self, cells: Mapping[str, str], where: str) -> OrderRow:
        number = cells.get("order_no", "")
        if not number or "E+" in number:
            what = "是被 Excel 舍掉末位的数字" if number else "没有填"
            return self._wrong(where, cells, "order_no", what, "请让对方以文本格式导出编号")
        if not (cells.get("text") or cells.get("title")):
            return self._wrong(where, cells, "text", "没有填", "请补填诉求内容")
        at = read_time(cells.get("received_at", ""), now=self.now)
        if at is None:
            what = f"“{cells.get('received_at', '')}”读不懂"
            return self._wrong(where, cells, "received_at", what, "请写成 2026-11-21 09:08")
        try:
            due = self._due(cells.get("due", ""), at[0])
        except ValueError:
            what = f"“{cells['due']}”读不懂"
            return self._wrong(where, cells, "due", what, "请写日期，或 5个工作日、24小时")
        subject = self._subject(cells)
        return OrderRow(
            where=where, order_no=number, state="new",
            subject_name=subject.name if subject else "未归属",
            closed=bool(_CLOSED.search(cells.get("status", ""))),
            form=self._form(cells, number, min(at[0], self.now), due, subject),
        )  # fmt: skip

    def _form(
        self, cells: Mapping[str, str], number: str, at: datetime, due: datetime | None,
        subject: Subject | None,
    ) -> ComplaintForm:  # fmt: skip
        home = household_of(cells.get("home", "")) or ("", "", "", "")
        said = [cells.get("title", ""), cells.get("text", "")]
        category = cells.get("category", "")
        return ComplaintForm(
            text="\n".join(part for part in dict.fromkeys(said) if part), way="其它",
            category=category if category in CATEGORIES else "其他",
            subject=subject.key if subject else None, name=cells.get("name", ""),
            phone=cells.get("phone", ""), phase=home[0], building=home[1], unit=home[2],
            room=home[3], received_at=at, channel=self.channel, order_no=number[:64],
            reply_due_at=due, details={"来源类别": category} if category else {},
        )  # fmt: skip

    def _subject(self, cells: Mapping[str, str]) -> Subject | None:
        """Return whom the project column names, else whom address or text name; else nobody."""
        for field in ("project", "home", "title", "text"):
            cell = cells.get(field, "")
            found = next((item for word, item in self.names if word in cell), None)
            if found is not None:
                return found
        return None

    def _due(self, cell: str, start: datetime) -> datetime | None:
        """Read a deadline: a moment, the end of a day, or a span; ValueError if it is neither."""
        if not cell:
            return None
        span = _SPAN.fullmatch(cell)
        if span is not None:
            unit = {"工作日": "wd", "小时": "h"}.get(span["unit"], "d")
            return due_of(start, f"{int(span['n'])}{unit}", workday).at
        found = read_time(cell, now=self.now)
        if found is None:
            raise ValueError(cell)
        at, precision = found
        if precision is Precision.DAY:
            day = at.astimezone(SHANGHAI).date() + timedelta(days=1)
            return datetime.combine(day, time(), SHANGHAI).astimezone(at.tzinfo)
        return at

    def _wrong(
        self, where: str, cells: Mapping[str, str], field: str, what: str, cure: str
    ) -> OrderRow:
        column = self.mapping.get(field, FIELDS[field][0])
        problem = Problem(where=where, column=column, what=what, cure=cure)
        return OrderRow(
            where=where, order_no=cells.get("order_no", ""), state="wrong", problem=problem
        )


def _compared(connection: Connection, reader: _Reader, row: OrderRow) -> OrderRow:
    """Return the row with what importing it would do to what is stored."""
    if row.form is None:
        return row
    known = complaints.by_order(connection, reader.channel, row.order_no)
    if known is None:
        return row
    return replace(row, state="changed" if _moves(known, row.form) else "unchanged")
