"""Group texts without a basis are gone after 30 days, those past their end date the day after."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from domain.access import Actor
from pipelines import intake, purge
from pipelines.intake import Basis
from pipelines.wiring import App
from store import analyses, audit, dirty, report_posts, search, subjects
from store import tables as t
from store.purge import _letters, _without
from tests.conftest import NOON
from tests.posts import SUBJECTS, feed, post, prepare, run_at

WANG = Actor(name="王敏", via="cli")
CHAT = """张三 3-2-1501
2026-11-20 11:08
望江府外墙渗水三个月没人管
李四
2026-11-20 11:09
明天一起去售楼部"""


def _paste(app: App, basis: Basis) -> None:
    prepare(app)
    intake.paste_chat(
        app, CHAT, subject_key="wangjiangfu", group="望江府业主群", basis=basis, actor=WANG,
        now=NOON,
    )  # fmt: skip
    run_at(app, NOON + timedelta(minutes=1))


def _texts(app: App) -> list[str]:
    with app.db.read() as connection:
        return list(connection.scalars(select(t.revision.c.text).order_by(t.revision.c.id)))


def _keys(app: App) -> tuple[set[str], set[str]]:
    with app.db.read() as connection:
        rows = connection.execute(select(t.post.c.author_key, t.post.c.household_key)).all()
    return {row[0] for row in rows if row[0]}, {row[1] for row in rows if row[1]}


@pytest.mark.parametrize(
    ("basis", "kept_until"),
    [
        (Basis(), timedelta(days=29, hours=23)),
        (Basis(provider="王先生", basis="本人提供", ends_on="2026-12-31"), timedelta(days=41)),
    ],
    ids=["without a basis: 30 days", "with an end date: to its end"],
)
def test_private_texts_leave_on_time(app: App, basis: Basis, kept_until: timedelta) -> None:
    _paste(app, basis)
    keys = _keys(app)
    assert purge.run(app, NOON + kept_until).done == 0
    assert any("渗水" in text for text in _texts(app))
    late = NOON + kept_until + timedelta(days=1, hours=1)
    assert purge.run(app, late).done == 2
    assert set(_texts(app)) == {""}
    with app.db.read() as connection:
        assert search.find(connection, "渗水", limit=5) == []
        assert "渗水" not in repr(connection.scalars(select(t.analysis.c.details)).all())
        assert all(v.broken_at is None for v in audit.verify(connection))
    fresh = _keys(app)
    assert [len(column) for column in fresh] == [2, 1], "as many voices as before"
    assert not fresh[0] & keys[0], "nobody can compute them again"
    assert not fresh[1] & keys[1]


def test_with_a_basis_and_no_end_nothing_leaves(app: App) -> None:
    _paste(app, Basis(provider="王先生", basis="本人提供"))
    assert purge.run(app, NOON + timedelta(days=400)).done == 0


def test_the_line_purges_once_a_day_and_the_event_forgets_its_title(app: App) -> None:
    _paste(app, Basis())
    run_at(app, NOON + timedelta(days=31))
    assert set(_texts(app)) == {""}
    with app.db.read() as connection:
        assert set(connection.scalars(select(t.event.c.title))) == {""}
    assert purge.run(app, NOON + timedelta(days=31, hours=2)).done == 0


# ---- what stays, what goes --------------------------------------------------------------------

GROUP = "\n".join(
    f"邻居{n}\n2026-11-20 11:{n:02}\n{words}"
    for n, words in enumerate(
        (
            "望江府外墙渗水三个月没人管", "望江府外墙渗水到客厅了，物业不管，太差了",
            "望江府外墙渗水，报修三次没人来，差评", "望江府外墙渗水，地板都泡坏了，要求赔偿",
            "望江府外墙渗水严重，墙皮脱落，质量太差", "又渗水了，望江府的外墙到底怎么做的防水",
        )
    )
)  # fmt: skip
LATE = NOON + timedelta(days=31)


def _group(app: App) -> None:
    prepare(app)
    intake.paste_chat(
        app, GROUP, subject_key="wangjiangfu", group="望江府业主群", basis=Basis(), actor=WANG,
        now=NOON,
    )  # fmt: skip
    run_at(app, NOON + timedelta(minutes=1))


def _counted(app: App) -> list[tuple[object, ...]]:
    with app.db.read() as connection:
        stats = connection.execute(select(t.day_stat).order_by(t.day_stat.c.subject_id)).all()
        negative = connection.scalar(
            select(func.count())
            .select_from(t.mention)
            .join(t.analysis, t.analysis.c.id == t.mention.c.analysis_id)
            .join(t.analyser, t.analyser.c.id == t.analysis.c.analyser_id)
            .where(t.analyser.c.active, t.mention.c.negative)
        )
    return [*[tuple(row) for row in stats], (negative,)]


def test_a_new_alias_after_the_purge_changes_no_count(app: App) -> None:
    """The active analyser changes; purged posts cannot be read by the new one."""
    _group(app)
    before = _counted(app)
    assert before[-1][0] in range(5, 7), "a group that complains"
    run_at(app, LATE)
    assert set(_texts(app)) == {""}
    assert _counted(app) == before
    with app.db.write() as connection:
        one = replace(SUBJECTS[0], aliases=(*SUBJECTS[0].aliases, "望江里"))
        subjects.put(connection, (one, SUBJECTS[1]), LATE)
        first = analyses.active_version(connection)
        for row in connection.execute(select(t.day_stat.c.day_cn, t.day_stat.c.subject_id)).all():
            dirty.add_days(connection, {(row.day_cn, row.subject_id)})
    feed(app, [post("n1", "望江里外墙渗水，太差了", NOON, "路人")])
    run_at(app, LATE + timedelta(minutes=1))
    with app.db.read() as connection:
        assert analyses.active_version(connection) != first
        ids = analyses.pending(connection, analyses.active_id(connection) or 0, 99)
        assert ids == [], "read or purged, each of them"
    after = {row[:3]: row[3:] for row in _counted(app)[:-1]}
    assert {row[:3]: row[3:] for row in before[:-1]}.items() <= after.items()
    assert _counted(app)[-1][0] == int(str(before[-1][0])) + 1


def test_what_waits_to_be_read_again_when_it_is_purged_keeps_its_counts(app: App) -> None:
    _group(app)
    before = _counted(app)
    with app.db.write() as connection:
        analyses.activate(connection, "new", {}, NOON)
    assert _counted(app)[-1] == (0,), "nothing read again yet"
    purge.run(app, LATE)
    assert _counted(app) == before


def test_what_was_purged_unread_is_not_read_any_more(app: App) -> None:
    _group(app)
    with app.db.write() as connection:
        connection.execute(t.mention.delete())
        connection.execute(t.analysis.delete())
        active = analyses.active_id(connection) or 0
        assert len(analyses.pending(connection, active, 99)) == 6
    purge.run(app, LATE)
    with app.db.read() as connection:
        assert analyses.pending(connection, active, 99) == []


def test_quotes_of_the_purged_leave_the_messages_and_only_theirs(app: App) -> None:
    _group(app)
    feed(app, [post("n1", "望江府外墙渗水一下雨就漏，太差了，要求赔偿", NOON, "路人")])
    run_at(app, NOON + timedelta(minutes=5))
    run_at(app, NOON + timedelta(minutes=10))  # a moderate alert waits for others (B-GR1)
    with app.db.write() as connection:
        row = connection.execute(select(t.outbox).order_by(t.outbox.c.id)).first()
        assert row is not None
        assert "· “" in row.body
        public = "· “路人说的”（bbs.test.example，2026-11-20 11:00） 原帖"
        connection.execute(
            update(t.outbox).where(t.outbox.c.id == row.id).values(body=f"{row.body}\n{public}")
        )
        quoted = row.body.count("\n· “")
    purge.run(app, LATE)
    with app.db.read() as connection:
        body = connection.scalar(select(t.outbox.c.body).where(t.outbox.c.id == row.id)) or ""
        bodies = "".join(connection.scalars(select(t.outbox.c.body)))
    assert body.count("（原话已按期清除）") == quoted > 0
    assert body.splitlines()[:6] == row.body.splitlines()[:6], "the head stays"
    assert public in body
    assert not [words for words in GROUP.splitlines()[2::3] if words in bodies]


def test_a_group_named_with_signs_a_robot_changes_loses_its_quotes_too() -> None:
    for site, shown in (("wx_群[1期]（东）", "wx＿群［1期］（东）"), ("长" * 40, "长" * 29 + "…")):
        line = f"· “很长的话”（{shown}，2026-11-20 11:00） 原帖无公开链接"
        said = {(_letters(site), "2026-11-20 11:00")}
        assert _without(f"头\n\n{line}\n尾", said) == "头\n\n· （原话已按期清除）\n尾"
        assert _without(line, {(_letters(site), "2026-11-20 11:01")}) == line


def test_what_may_not_be_in_reports_for_its_signal_stays_out_after_the_purge(app: App) -> None:
    _group(app)
    signal = {"code": "selfharm", "anchored": True, "anchor": "三栋楼顶", "text": "不想活了",
              "start": 0, "end": 4}  # fmt: skip
    with app.db.write() as connection:
        post_id = connection.scalar(select(t.post.c.id).order_by(t.post.c.id))
        connection.execute(
            update(t.analysis)
            .where(t.analysis.c.post_id == post_id)
            .values(details={"categories": [], "facts": [], "signals": [signal], "why": []})
        )
        connection.execute(update(t.source).values(provider="王先生", basis="本人提供"))
        connection.execute(update(t.source).values(ends_on="2026-12-01"))
        assert report_posts.withheld(connection, [post_id or 0]) == {post_id: "private"}
    purge.run(app, LATE)
    with app.db.read() as connection:
        assert report_posts.withheld(connection, [post_id or 0]) == {post_id: "private"}
        kept = connection.scalar(
            select(t.analysis.c.details).where(t.analysis.c.post_id == post_id)
        )
    assert "楼顶" not in repr(kept)
    assert "不想活" not in repr(kept)


@pytest.mark.parametrize(("provider", "basis"), [("", ""), ("王先生", ""), (None, "有")])
def test_an_empty_basis_is_none_here_as_in_reports(
    app: App, provider: str | None, basis: str
) -> None:
    _paste(app, Basis(provider="王先生", basis="本人提供"))
    with app.db.write() as connection:
        connection.execute(update(t.source).values(provider=provider, basis=basis))
    assert purge.run(app, LATE).done == 2


def test_an_empty_end_date_is_no_end_date(app: App) -> None:
    _paste(app, Basis(provider="王先生", basis="本人提供"))
    with app.db.write() as connection:
        connection.execute(update(t.source).values(ends_on=""))
    assert purge.run(app, LATE).done == 0


def test_source_health_tells_a_week_ahead_and_takes_it_back(app: App) -> None:
    def told() -> list[str]:
        with app.db.read() as connection:
            return list(
                connection.scalars(
                    select(t.issue.c.message).where(
                        t.issue.c.code == "purge-soon", t.issue.c.closed_at.is_(None)
                    )
                )
            )

    _paste(app, Basis())
    purge.run(app, NOON + timedelta(days=22))
    assert told() == []
    for day in (24, 25):
        purge.run(app, NOON + timedelta(days=day))
        (message,) = told()
        assert "望江府业主群" in message
        assert "7 天内将清除" in message
    purge.run(app, LATE)
    assert told() == [], "it is done"
