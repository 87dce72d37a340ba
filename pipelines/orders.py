"""Orders (12345、热线工单): a table of an authority or hotline becomes complaints with deadlines.

The columns are guessed from the header, remembered per header, and may be corrected by a person.
Channel and order number are unique: the same table again changes nothing, a moved deadline moves.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from crawlers.formats.grid import Line, Sheet, find_header, read_grids
from domain.access import Act, Actor
from domain.clock import say_time
from domain.errors import FactsError, ParseError
from domain.homes import household_of
from domain.mask import mask
from domain.source import Subject
from pipelines import order_dates
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
    #: Legal entity of the subject it was read as.
    entity: str | None = None

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
            "说明": str(self.problem) if self.problem else self._said,
        }  # fmt: skip

    @property
    def _said(self) -> str:
        if self.closed and self.state in ("new", "changed"):
            return f"{STATES['new']}（{CLOSED}）" if self.state == "new" else CLOSED
        return STATES[self.state]


#: What the book says of an order that the authority's table gives as settled.
CLOSED = "表格写明已办结"
STATES = {"new": "新增", "changed": "有变化", "unchanged": "已有", "wrong": "有误"}


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
    actor: Actor | None = None,
) -> OrderPlan:
    """Return what importing this table would do; ParseError naming the columns that lack.

    Orders the actor may not take in are wrong rows that name no subject; None = command line.
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
            _compared(connection, reader, row, actor)
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
    if known is None or known.withdrawn_at is not None:
        stored = replace(form, reply_due_at=None) if row.closed else form
        again = "，撤回后重新登记" if known else ""
        number = store_form(app, connection, stored, actor, now, reason=f"导入 {plan.file}{again}")
        if row.closed:
            _settle(connection, number, plan.file, actor, now)
        return "new"
    if not _moves(known, row):
        return "unchanged"
    access.require_subject(connection, actor, Act.INTAKE, known.subject_id)
    if row.closed:
        _settle(connection, known.number, plan.file, actor, now)
    else:
        _move(connection, known, form.reply_due_at, plan.file, actor, now)
    return "changed"


def _moves(known: Kept, row: OrderRow) -> bool:
    """Whether the table settles an order that still waits for its reply, or moves its deadline."""
    if row.form is None or known.replied_at is not None or known.withdrawn_at is not None:
        return False
    due = row.form.reply_due_at
    return row.closed or (due is not None and due != known.reply_due_at)


def _settle(connection: Connection, number: str, file: str, actor: Actor, now: datetime) -> None:
    """Write down that the authority's table gives the order as settled; its clock stops."""
    complaints.reply(connection, number, CLOSED, actor.name, now)
    stopped = clocks.stop(connection, f"complaint:{number}", "replied", actor.name, now)
    audit.append(
        connection, f"complaint:{number}", "complaint-replied", actor=actor, at=now,
        reason=CLOSED, payload={"stopped": stopped, "file": file},
    )  # fmt: skip


def _move(
    connection: Connection, known: Kept, due_at: datetime | None, file: str, actor: Actor,
    now: datetime,
) -> None:  # fmt: skip
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
        at = order_dates.moment(cells.get("received_at", ""), now=self.now)
        if at is None:
            what = f"“{cells.get('received_at', '')}”读不懂"
            return self._wrong(where, cells, "received_at", what, "请写成 2026-11-21 09:08")
        closed = bool(_CLOSED.search(cells.get("status", "")))
        try:
            due = order_dates.deadline(cells.get("due", ""), start=at[0], now=self.now)
        except ValueError:
            what = f"“{cells['due']}”读不懂"
            return self._wrong(where, cells, "due", what, "请写日期，或 5个工作日、24小时")
        if due is not None and due <= at[0] and not closed:
            what = f"“{cells['due']}”早于诉求时间“{cells['received_at']}”"
            return self._wrong(where, cells, "due", what, "请核对两个日期")
        subject = self._subject(cells)
        return OrderRow(
            where=where, order_no=number, state="new",
            subject_name=subject.name if subject else "未归属",
            closed=closed, entity=subject.legal_entity if subject else None,
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

    def _wrong(
        self, where: str, cells: Mapping[str, str], field: str, what: str, cure: str
    ) -> OrderRow:
        column = self.mapping.get(field, FIELDS[field][0])
        problem = Problem(where=where, column=column, what=what, cure=cure)
        return OrderRow(
            where=where, order_no=cells.get("order_no", ""), state="wrong", problem=problem
        )


def _compared(
    connection: Connection, reader: _Reader, row: OrderRow, actor: Actor | None
) -> OrderRow:
    """Return the row with what importing it would do to what is stored."""
    if row.form is None:
        return row
    known = complaints.by_order(connection, reader.channel, row.order_no)
    if actor is not None and not _is_mine(connection, row, known, actor):
        return _elsewhere(reader, row)
    if known is None or known.withdrawn_at is not None:
        return row
    return replace(row, state="changed" if _moves(known, row) else "unchanged")


def _is_mine(connection: Connection, row: OrderRow, known: Kept | None, actor: Actor) -> bool:
    """Whether the actor may take in this order, and the one stored under its number."""
    if not actor.sees(row.entity):
        return False
    if known is None:
        return True
    seen = access.subject_ids(connection, actor)
    return seen is None or known.subject_id in seen


def _elsewhere(reader: _Reader, row: OrderRow) -> OrderRow:
    """Refuse an order of another legal entity, or of none, without saying which."""
    what, cure = "不是您负责的项目，或没有认出项目", "请由全公司账号或所属法人主体的账号导入"
    column = reader.mapping.get("project", FIELDS["project"][0])
    problem = Problem(where=row.where, column=column, what=what, cure=cure)
    return OrderRow(where=row.where, order_no=row.order_no, state="wrong", problem=problem)
