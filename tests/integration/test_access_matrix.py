"""Role × action × foreign legal entity, asked of the store itself: hiding a button is no answer."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from domain.access import ALLOWED, Act, Actor, Role
from domain.errors import AccessError, CaseError
from domain.label import NO, YES, Field, Judgement
from domain.level import Level
from domain.post import SourceKind
from domain.source import Source, Subject
from pipelines import (
    accounts,
    actions,
    alias_review,
    complaints,
    forms,
    home,
    intake,
    media,
    projects,
    recipients,
    source_book,
    weekly,
)
from pipelines.complaints import ComplaintForm, register_complaint
from pipelines.wiring import App
from store import (
    access,
    audit,
    board,
    board_alert,
    board_context,
    board_health,
    board_posts,
    inbox,
    labels,
    reading,
    triage,
)
from store import accounts as account_rows
from store import sources as source_rows
from store import tables as t
from store.board_posts import Wanted
from tests.conftest import NOON, MakeApp
from tests.posts import LEAKS, feed, post, prepare, run_at

OURS, THEIRS = "江城云麓置业", "滨海云麓置业"
WATCHED = (
    Subject(key="wangjiangfu", name="云麓·望江府", aliases=("望江府",), legal_entity=OURS),
    Subject(key="xinghewanli", name="云麓·星河湾里", aliases=("星河湾里",), legal_entity=THEIRS),
)
LATER = NOON + timedelta(hours=1)
Deed = Callable[[App, Actor], object]


def actor(*roles: Role, entities: frozenset[str] | None = frozenset({OURS})) -> Actor:
    return Actor(name="某人", via="web", roles=frozenset(roles), entities=entities)


@pytest.fixture
def town(make_app: MakeApp) -> App:
    """Return a home with one alert at each of two legal entities."""
    return build(make_app)


def build(make_app: MakeApp, name: str = "var") -> App:
    """Make a home with one alert at each of two legal entities."""
    app = make_app(name)
    prepare(app, WATCHED)
    posts = [post(f"p{n}", LEAKS[n], NOON + timedelta(minutes=n), f"业主{n}") for n in range(3)]
    posts += [
        post(
            f"q{n}", LEAKS[n].replace("望江府", "星河湾里"), NOON + timedelta(minutes=20 + n),
            f"住户{n}",
        )
        for n in range(3)
    ]  # fmt: skip
    feed(app, posts)
    run_at(app, NOON + timedelta(minutes=30))
    return app


def number(app: App, key: str) -> str:
    with app.db.read() as connection:
        found: str | None = connection.scalar(
            select(t.alert.c.number)
            .join(t.subject, t.subject.c.id == t.alert.c.subject_id)
            .where(t.subject.c.key == key)
        )
    assert found is not None
    return found


def post_id(app: App, native: str) -> int:
    with app.db.read() as connection:
        found: int | None = connection.scalar(
            select(t.post.c.id).where(t.post.c.native_id == native)
        )
    assert found is not None
    return found


def _label(key: str) -> Deed:
    return lambda app, who: actions.label_post(
        app, post_id(app, key), [Judgement(field=Field.RELEVANT, value=NO)], who, LATER
    )


def _account(app: App, who: Actor) -> None:
    accounts.make(
        app, login="neu", name="新人", password="long-enough-word", entities=None,
        roles=frozenset({Role.ADMIN}), actor=who, now=LATER,
    )  # fmt: skip


def _undo(app: App, who: Actor) -> None:
    boss = Actor(name="站长", via="cli")
    said = [Judgement(field=Field.WATCH, value=YES)]
    done = actions.label_post(app, post_id(app, "p0"), said, boss, LATER)
    actions.undo_labels(app, done, who, LATER)


def _chat(key: str) -> Deed:
    return lambda app, who: intake.paste_chat(
        app, "张三 2026-11-20 11:00\n漏水了", subject_key=key, group="业主群",
        basis=intake.Basis(), actor=who, now=LATER,
    )  # fmt: skip


def _onsite(key: str) -> Deed:
    return lambda app, who: intake.report_onsite(
        app, kind="banner", subject_key=key, actor=who, now=LATER
    )


def _complaint(key: str) -> Deed:
    form = ComplaintForm(text="渗水没人管", subject=key, name="刘女士", phone="13900002222")
    return lambda app, who: register_complaint(app, form, who, LATER)


def _enquiry(key: str) -> Deed:
    return lambda app, who: media.register_enquiry(
        app, outlet="江城晚报", question="何时整改", subject=key, actor=who, now=LATER
    )


def _release(key: str) -> Deed:
    return lambda app, who: media.enter_release(
        app, at=NOON, outlet="公众号", title="说明", subject=key, actor=who, now=LATER
    )


def _form(key: str) -> Deed:
    def save(app: App, who: Actor) -> None:
        boss = Actor(name="站长", via="cli")
        with app.db.read() as connection:
            known = connection.scalar(select(t.case.c.number))
        case = known or actions.register_case(app, number(app, key), boss, LATER, "属实")
        forms.save_form(app, case, "F3", {}, n=1, actor=who, now=LATER)

    return save


def _subject(key: str) -> Deed:
    def save(app: App, who: Actor) -> None:
        name = next(one.name for one in WATCHED if one.key == key)
        table = f"编号,名称,城市\n{key},{name},江城\n".encode()
        plan = projects.plan(app, table, name="对象.csv", now=LATER)
        projects.apply(app, plan, who, LATER)

    return save


def _recipients(app: App, who: Actor) -> None:
    table = "姓名,范围,最低级别,渠道\n王敏,全部,较大,控制台\n".encode()
    plan = recipients.plan(app, table, name="收件人.csv")
    recipients.apply(app, plan, who, LATER)


def _company(app: App, who: Actor) -> None:
    home.setup(app, company="云麓", pack="group-000", actor=who, now=LATER)


def _source(app: App, who: Actor) -> None:
    item = Source(
        name="江城日报", engine="feed", url="https://news.example/rss.xml", site="news.example",
        kind=SourceKind.NEWS,
    )  # fmt: skip
    source_book.add(app, item, actor=who, now=LATER)


def _visit(app: App, who: Actor) -> None:
    boss = Actor(name="站长", via="cli")
    with app.db.read() as connection:
        known = source_rows.find(connection, "江城日报")
    if known is None:
        _source(app, boss)
    source_book.ask_visit(app, "江城日报", actor=who, now=LATER)


def _alias(app: App, who: Actor) -> None:
    alias_review.dismiss(app, "云岭湾", who, LATER)


def _note(app: App, who: Actor) -> None:
    weekly.write_note(app, "weekly:2026-11-20", "summary", "编者按", actor=who, now=LATER)


def _reveal(key: str) -> Deed:
    def look(app: App, who: Actor) -> None:
        boss = Actor(name="站长", via="cli")
        with app.db.read() as connection:
            known = connection.scalar(select(t.complaint.c.number))
        form = ComplaintForm(text="渗水", subject=key, name="刘女士", phone="13900002222")
        one = known or register_complaint(app, form, boss, LATER)
        complaints.reveal_contact(app, one, who, LATER, "回访")

    return look


OURS_KEY, THEIRS_KEY = "wangjiangfu", "xinghewanli"

#: Action on our own entity → (the right it needs, how it is done).
OWN: dict[str, tuple[Act, Deed]] = {
    "label": (Act.READ_INBOX, _label("p0")),
    "undo label": (Act.READ_INBOX, _undo),
    "confirm": (
        Act.TRIAGE, lambda app, who: actions.confirm(app, number(app, "wangjiangfu"), who, LATER)
    ),
    "dismiss": (
        Act.TRIAGE,
        lambda app, who: actions.dismiss(app, number(app, "wangjiangfu"), "ad", who, LATER),
    ),
    "acknowledge": (
        Act.ACKNOWLEDGE,
        lambda app, who: actions.acknowledge(app, number(app, "wangjiangfu"), 1, who, LATER),
    ),
    "reply publicly": (
        Act.INTAKE,
        lambda app, who: actions.reply_publicly(
            app, post_id(app, "p0"), office="江城住建局", text="已责成整改", url=None, at=LATER,
            actor=who, now=LATER,
        ),
    ),
    "register": (
        Act.TRIAGE,
        lambda app, who: actions.register_case(
            app, number(app, "wangjiangfu"), who, LATER, "属实"
        ),
    ),
    "paste a chat": (Act.INTAKE, _chat(OURS_KEY)),
    "report on site": (Act.REPORT_ONSITE, _onsite(OURS_KEY)),
    "register a complaint": (Act.INTAKE, _complaint(OURS_KEY)),
    "reveal a contact": (Act.REVEAL, _reveal(OURS_KEY)),
    "save a form": (Act.FILL_FORMS, _form(OURS_KEY)),
    "register an enquiry": (Act.MEDIA, _enquiry(OURS_KEY)),
    "enter a release": (Act.MEDIA, _release(OURS_KEY)),
    "change a subject": (Act.CONFIGURE, _subject(OURS_KEY)),
    "accept an alias": (
        Act.CONFIGURE, lambda app, who: alias_review.accept(app, "云岭湾", OURS_KEY, who, LATER)
    ),
}  # fmt: skip
#: The same on a subject of another legal entity: refused whatever the role.
FOREIGN: dict[str, Deed] = {
    "label": _label("q0"),
    "confirm": lambda app, who: actions.confirm(app, number(app, "xinghewanli"), who, LATER),
    "dismiss": lambda app, who: actions.dismiss(
        app, number(app, "xinghewanli"), "ad", who, LATER
    ),
    "acknowledge": lambda app, who: actions.acknowledge(
        app, number(app, "xinghewanli"), 1, who, LATER
    ),
    "register": lambda app, who: actions.register_case(
        app, number(app, "xinghewanli"), who, LATER, "属实"
    ),
    "register and grade": lambda app, who: actions.register_case(
        app, number(app, "xinghewanli"), who, LATER, "属实", level=Level.CRITICAL
    ),
    "paste a chat": _chat(THEIRS_KEY),
    "report on site": _onsite(THEIRS_KEY),
    "register a complaint": _complaint(THEIRS_KEY),
    "reveal a contact": _reveal(THEIRS_KEY),
    "save a form": _form(THEIRS_KEY),
    "register an enquiry": _enquiry(THEIRS_KEY),
    "enter a release": _release(THEIRS_KEY),
    "change a subject": _subject(THEIRS_KEY),
    "accounts (company-wide)": _account,
    "recipients (company-wide)": _recipients,
    "company (company-wide)": _company,
    "weekly report (company-wide)": _note,
    "a name that is nobody's (company-wide)": _alias,
    "an alias": lambda app, who: alias_review.accept(app, "云岭湾", THEIRS_KEY, who, LATER),
    "a source (company-wide)": _source,
    "a visit now (company-wide)": _visit,
}  # fmt: skip
#: Deeds that a trusted hand must prepare first; what it leaves is no trace of the refused one.
PREPARED = {"undo label", "reveal a contact", "save a form", "a visit now (company-wide)"}


def trace(app: App) -> list[int]:
    """Return how many rows there are of everything a deed could leave behind."""
    tables = (
        t.audit, t.label, t.case, t.acknowledgement, t.account, t.alert_change, t.clock, t.post,
        t.complaint, t.media_enquiry, t.own_release, t.form, t.public_reply, t.report_edit,
        t.person, t.subject, t.source,
    )  # fmt: skip
    with app.db.read() as connection:
        return [connection.scalar(select(func.count()).select_from(table)) or 0 for table in tables]


@pytest.mark.parametrize("deed", list(OWN))
def test_a_role_may_do_at_home_what_its_table_says_and_nothing_else(
    make_app: MakeApp, deed: str
) -> None:
    act, do = OWN[deed]
    town = build(make_app)
    for role in (role for role in Role if act not in ALLOWED[role]):
        before = trace(town)
        with pytest.raises(AccessError):
            do(town, actor(role))
        assert deed in PREPARED or trace(town) == before, "a refusal leaves nothing behind"
    for role in (role for role in Role if act in ALLOWED[role]):
        do(build(make_app, role), actor(role))


@pytest.mark.parametrize("deed", list(FOREIGN))
def test_all_roles_together_may_do_nothing_to_a_foreign_entity(town: App, deed: str) -> None:
    before = trace(town)
    with pytest.raises((AccessError, CaseError), match=r"其他法人主体|没有编号为|没有投诉单"):
        FOREIGN[deed](town, actor(*Role))
    assert deed in PREPARED or trace(town) == before


def test_grading_needs_its_own_role(town: App) -> None:
    for role in Role:
        if role is Role.CRISIS:
            continue
        with pytest.raises(AccessError):
            actions.register_case(
                town, number(town, "wangjiangfu"), actor(role), LATER, "属实", level=Level.MAJOR
            )
    actions.register_case(
        town, number(town, "wangjiangfu"), actor(Role.CRISIS), LATER, "属实", level=Level.MAJOR
    )


def test_an_action_nobody_listed_is_refused(town: App) -> None:
    with pytest.raises(AccessError, match="不允许"), town.db.write() as connection:
        audit.append(
            connection, "alert:x", "something-new", actor=actor(*Role, entities=None), at=LATER
        )


# ---- reading -----------------------------------------------------------------------------------

#: Page → what it reads, as text.
PAGES: dict[str, Callable[[App, Actor], str]] = {}


def reads(page: str) -> Callable[[Callable[..., object]], Callable[..., object]]:
    def note(ask: Callable[..., object]) -> Callable[..., object]:
        def run(app: App, who: Actor) -> str:
            with app.db.read() as connection:
                return repr(ask(app, connection, who))

        PAGES[page] = run
        return ask

    return note


reads("overview: trend")(lambda a, c, w: board.trend(c, w, LATER))
reads("overview: alerts")(lambda a, c, w: board.alerts(c, w))
reads("overview: cases")(lambda a, c, w: board.cases(c, w))
reads("alert")(lambda a, c, w: board_alert.view(c, w, number(a, "xinghewanli")))
reads("alert: context")(
    lambda a, c, w: board_context.context(c, w, number(a, "xinghewanli"), LATER)
)
reads("search")(lambda a, c, w: board_posts.find(c, w, Wanted()))
reads("search: words")(lambda a, c, w: board_posts.find(c, w, Wanted(words="渗水")))
reads("search: subject")(lambda a, c, w: board_posts.find(c, w, Wanted(subject="云麓·星河湾里")))
reads("post")(lambda a, c, w: board_posts.view(c, w, post_id(a, "q0")))
reads("post: labels")(lambda a, c, w: labels.of_post(c, w, post_id(a, "q0")))
reads("subjects")(lambda a, c, w: (board.subjects(c, w), board.subject_keys(c, w)))
reads("health")(lambda a, c, w: board_health.sources(c, w, LATER))
INBOX_PAGES: dict[str, Callable[[App, Actor], str]] = {}
_VIEW_PAGES = dict(PAGES)
PAGES.clear()
reads("inbox")(lambda a, c, w: inbox.read(c, w, LATER))
reads("inbox: handled")(lambda a, c, w: reading.handled(c, w, NOON))
reads("inbox: log")(lambda a, c, w: reading.reading_log(c, w, NOON.date(), NOON.date()))
reads("inbox: watched")(lambda a, c, w: reading.watched(c, w))
INBOX_PAGES = dict(PAGES)


@pytest.mark.parametrize("page", [*_VIEW_PAGES, *INBOX_PAGES])
def test_no_page_shows_a_foreign_entity(town: App, page: str) -> None:
    boss = Actor(name="站长", via="cli")
    said = [Judgement(field=Field.WATCH, value=YES)]
    actions.label_post(town, post_id(town, "q0"), said, boss, LATER)
    actions.register_case(town, number(town, "xinghewanli"), boss, LATER, "属实")
    ask = (_VIEW_PAGES | INBOX_PAGES)[page]
    shown = ask(town, actor(*Role))
    assert "星河湾里" not in shown
    assert "住户" not in shown
    everything = ask(town, actor(*Role, entities=None))
    assert everything != shown or page == "inbox: handled", "the whole company sees more"


@pytest.mark.parametrize("page", list(INBOX_PAGES))
@pytest.mark.parametrize("role", list(Role))
def test_the_inbox_needs_its_role(town: App, page: str, role: Role) -> None:
    if Act.READ_INBOX in ALLOWED[role]:
        INBOX_PAGES[page](town, actor(role))
        return
    with pytest.raises(AccessError):
        INBOX_PAGES[page](town, actor(role))


@pytest.mark.parametrize("page", list(_VIEW_PAGES))
def test_nobody_without_a_role_reads_a_page(town: App, page: str) -> None:
    nobody = Actor(name="无角色", via="web", roles=frozenset(), entities=None)
    with pytest.raises(AccessError):
        _VIEW_PAGES[page](town, nobody)


def test_accounts_are_listed_for_administrators_of_the_company_only(town: App) -> None:
    for role in Role:
        with town.db.read() as connection:
            if role is Role.ADMIN:
                account_rows.listed(connection, actor(role, entities=None))
            else:
                with pytest.raises(AccessError):
                    account_rows.listed(connection, actor(role, entities=None))
    with pytest.raises(AccessError), town.db.read() as connection:
        account_rows.listed(connection, actor(Role.ADMIN))


def test_every_action_of_a_person_in_the_sources_is_listed() -> None:
    """An action that audit.append is called with by hand must stand in the table of rights."""
    root = Path(access.__file__).parents[1]
    missing = set(_written(root)) - set(access.ACTIONS) - RULES_OWN
    assert missing == set(), "add these to store.access.ACTIONS, or they are refused on the web"


#: Actions that only rules and steps write.
RULES_OWN = {"clock-overdue", "clock-warning", "purged"}


def _written(root: Path) -> Iterator[str]:
    import ast

    for package in ("store", "pipelines"):
        for path in (root / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "append":
                    if len(node.args) < 3 or not isinstance(node.args[2], ast.Constant):
                        continue
                    yield str(node.args[2].value)


def test_merging_across_subjects_is_refused_even_for_the_whole_company(town: App) -> None:
    with pytest.raises(CaseError, match="不是同一监测对象"), town.db.write() as connection:
        triage.merge(
            connection, number(town, "wangjiangfu"), number(town, "xinghewanli"),
            actor=actor(*Role, entities=None), now=LATER, reason="", seen=None,
        )  # fmt: skip
