"""Unknown names that recur in 未归属 texts: proposed, decided by a person, audited, read again."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from streamlit.testing.v1 import AppTest

from dashboard import data, session
from dashboard import words_setup as w
from domain.access import Actor, Role
from domain.errors import AccessError, ConflictError, FenghuoError
from domain.label import NO, Field, Judgement
from domain.source import Subject, SubjectKind
from pipelines import alias_review, analyse, language, projects
from pipelines.alias_review import proposals
from pipelines.subject_files import KIND_NAMES
from pipelines.wiring import App
from store import alias_candidates, installation, labels, subjects
from store import tables as t
from tests.builders import NOW, home
from tests.conftest import NOON
from tests.posts import feed, post, prepare, run_at

WHOLE = Actor(name="管理员", via="web", roles=frozenset({Role.ADMIN}), entities=None)
LIMITED = Actor(name="分管", via="web", roles=frozenset({Role.ADMIN}), entities=frozenset({"甲"}))
WATCHED = (
    Subject(key="yunling", name="云岭湾语花园", city="江城"),
    Subject(key="rival", name="云岭湾雅苑", kind=SubjectKind.COMPETITOR),
)
SAID = ("外墙渗水三个月了，物业一直推脱", "电梯天天坏，开发商不管", "地下车库漏水，要求赔偿")
LATER = NOON + timedelta(hours=1)
CLERK = Actor(name="王敏", via="cli")


def deeds(app: App, word: str) -> list[Callable[[], None]]:
    """Return the three ways to decide a name."""
    return [
        partial(alias_review.accept, app, word, "yunling", WHOLE, LATER),
        partial(alias_review.add, app, word, "", WHOLE, LATER),
        partial(alias_review.dismiss, app, word, WHOLE, LATER),
    ]


def told(app: App, place: str, n: int = 3, start: int = 0) -> None:
    posts = [
        post(f"{place}{at}", f"{place}{at + 1}栋{SAID[at % 3]}", NOON + timedelta(minutes=at),
             f"业主{place}{at}")
        for at in range(start, start + n)
    ]  # fmt: skip
    feed(app, posts)
    run_at(app, NOON + timedelta(minutes=30))


def seen(app: App) -> list[tuple[str, int, str]]:
    return [(one.word, one.posts, one.key) for one in proposals(app, WHOLE, LATER)]


@pytest.fixture
def town(app: App) -> App:
    prepare(app, WATCHED)
    told(app, "云岭湾府花园")
    return app


def mentions(app: App, key: str) -> int:
    with app.db.read() as connection:
        return connection.scalar(
            select(func.count(t.mention.c.post_id.distinct()))
            .join(t.subject, t.subject.c.id == t.mention.c.subject_id)
            .where(t.subject.c.key == key)
        ) or 0  # fmt: skip


def test_a_name_is_proposed_from_three_posts_on_with_the_most_similar_subject(town: App) -> None:
    told(town, "望江雅苑", n=2)
    assert seen(town) == [("云岭湾府花园", 3, "yunling")]
    (one,) = proposals(town, WHOLE, LATER)
    assert one.said == "“云岭湾府花园”在未归属的 3 帖里出现，可能是“云岭湾语花园”的别名"
    told(town, "望江雅苑", n=1, start=2)
    assert seen(town) == [("云岭湾府花园", 3, "yunling"), ("望江雅苑", 3, "")]


def test_an_accepted_alias_is_audited_and_all_texts_are_read_again(town: App) -> None:
    assert mentions(town, "yunling") == 0
    alias_review.accept(town, "云岭湾府花园", "yunling", WHOLE, LATER)
    run_at(town, LATER)
    assert mentions(town, "yunling") == 3
    assert seen(town) == []
    with town.db.read() as connection:
        entry = connection.execute(select(t.audit).order_by(t.audit.c.id.desc())).first()
    assert entry is not None
    assert (entry.object, entry.action, entry.actor) == (
        "subject:yunling", "subject-saved", "管理员",
    )  # fmt: skip
    with pytest.raises(ConflictError, match="已经是“云岭湾语花园”的名称"):
        alias_review.accept(town, "云岭湾府花园", "rival", WHOLE, LATER)


def test_a_dismissed_name_is_proposed_no_more(town: App) -> None:
    alias_review.dismiss(town, "云岭湾府花园", WHOLE, LATER)
    told(town, "云岭湾府花园", n=3, start=3)
    assert seen(town) == []
    with town.db.read() as connection:
        assert installation.get(connection, "alias-dismissed") == '["云岭湾府花园"]'


def test_another_object_is_watched_from_then_on(town: App) -> None:
    alias_review.add(town, "云岭湾府花园", " 江城 ", WHOLE, LATER)
    run_at(town, LATER)
    assert mentions(town, "云岭湾府花园") == 3
    with town.db.read() as connection:
        (made,) = (one for one in subjects.load(connection) if one.name == "云岭湾府花园")
    assert (made.city, made.kind) == ("江城", SubjectKind.PROJECT)


def test_who_may_not_see_the_unassigned_sees_no_names_and_decides_none(town: App) -> None:
    assert proposals(town, LIMITED, LATER) == []
    with pytest.raises(AccessError, match="其他法人主体"):
        alias_review.accept(town, "云岭湾府花园", "yunling", LIMITED, LATER)
    with pytest.raises(AccessError, match="其他法人主体"):
        alias_review.add(town, "云岭湾府花园", "", LIMITED, LATER)
    with pytest.raises(AccessError, match="其他法人主体"):
        alias_review.dismiss(town, "云岭湾府花园", LIMITED, LATER)
    with pytest.raises(AccessError):
        proposals(town, Actor(name="看", via="web", roles=frozenset({Role.VIEWER})), LATER)
    with pytest.raises(FenghuoError, match="没有编号为 gone"):
        alias_review.accept(town, "云岭湾府花园", "gone", WHOLE, LATER)
    assert seen(town) == [("云岭湾府花园", 3, "yunling")]


def test_a_page_drawn_again_reads_nothing_until_something_is_new(
    town: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[int] = []
    texts = alias_candidates.texts

    def counted(*given: Any, **more: Any) -> Any:
        reads.append(1)
        return texts(*given, **more)

    def drawn(*words: str) -> int:
        """Return how often the texts were read for two drawings, which must show these names."""
        reads.clear()
        assert [[one.word for one in proposals(town, WHOLE, LATER)] for _ in "ab"] == [
            list(words)
        ] * 2
        return len(reads)

    monkeypatch.setattr(alias_candidates, "texts", counted)
    name = "云岭湾府花园"
    assert drawn(name) == 1
    assert drawn(name) == 0
    told(town, "望江雅苑")
    assert drawn(name, "望江雅苑") == 1
    alias_review.dismiss(town, name, WHOLE, LATER)
    assert drawn("望江雅苑") == 1
    with town.db.write() as connection:
        posts = connection.scalars(select(t.post.c.id).order_by(t.post.c.id.desc())).all()
        foreign = Judgement(field=Field.RELEVANT, value=NO)
        labels.add(connection, posts[0], [foreign], actor=CLERK, now=LATER)
    assert drawn() == 1
    table = "名称\n云岭湾别苑\n".encode()
    projects.apply(town, projects.plan(town, table, name="x.csv", now=LATER), WHOLE, LATER)
    assert drawn() == 1
    assert proposals(town, WHOLE, LATER + timedelta(days=31)) == []
    assert len(reads) == 2


@pytest.mark.parametrize(
    "word",
    [
        "", " ", "苑", "\u200b苑", "1501", "<b>云岭湾</b>", "云岭湾\n二期", "云岭湾;", "云" * 41,
        "云" * 10**6,
    ],
    ids=["empty", "blank", "short", "unseen", "figures", "markup", "lines", "sign", "long", "huge"],
)  # fmt: skip
def test_what_is_no_name_is_refused_and_leaves_no_trace(town: App, word: str) -> None:
    for deed in deeds(town, word):
        with pytest.raises(FenghuoError, match="不能作名称：请写 2 到 40 个"):
            deed()
    with town.db.read() as connection:
        assert connection.scalar(select(func.count()).select_from(t.audit)) == 0
        assert alias_candidates.dismissed(connection) == frozenset()


@pytest.mark.parametrize("city", ["<i>江城</i>", "江" * 21, "江城市1号"])
def test_what_is_no_city_is_refused(town: App, city: str) -> None:
    with pytest.raises(FenghuoError, match="不是城市名"):
        alias_review.add(town, "云岭湾府花园", city, WHOLE, LATER)


def test_a_common_word_is_no_alias_on_its_own(town: App) -> None:
    with pytest.raises(FenghuoError, match="需语境的别名"):
        alias_review.accept(town, "花园", "yunling", WHOLE, LATER)


def test_what_is_decided_is_not_decided_again(town: App) -> None:
    alias_review.accept(town, "云岭湾府花园", "yunling", WHOLE, LATER)
    again = "云岭湾府 花园"  # the same in its normal form
    for deed in deeds(town, again):
        with pytest.raises(ConflictError, match="已经是“云岭湾语花园”的名称"):
            deed()
    alias_review.dismiss(town, "望江雅苑", WHOLE, LATER)
    for deed in deeds(town, "望江雅苑"):
        with pytest.raises(ConflictError, match="已被认定不是我们的"):
            deed()


def test_a_refusal_does_not_tell_names_of_another_entity(app: App) -> None:
    mine = Subject(key="mine", name="甲家", legal_entity="甲")
    prepare(app, (mine, Subject(key="theirs", name="乙家", legal_entity="乙", aliases=("密苑",))))
    with pytest.raises(ConflictError, match="其他法人主体的对象") as refused:
        alias_review.accept(app, "密苑", "mine", LIMITED, LATER)
    assert "乙家" not in str(refused.value)
    alias_review.accept(app, "明苑", "mine", LIMITED, LATER)


@pytest.mark.parametrize("kind", list(SubjectKind))
def test_every_kind_goes_from_a_table_to_a_mention(app: App, kind: SubjectKind) -> None:
    prepare(app, ())
    table = f"编号,类型,名称,别名\nit,{KIND_NAMES[kind]},澜庭保交付专班,澜庭专班\n".encode()
    plan = projects.plan(app, table, name="对象.csv", now=NOON)
    projects.apply(app, plan, WHOLE, NOON)
    with app.db.read() as connection:
        (stored,) = subjects.load(connection)
    assert stored.kind is kind
    assert language.load_facts([stored]).version
    feed(app, [post("p", "澜庭专班推诿扯皮，房子漏水没人管", NOON, "业主")])
    run_at(app, LATER)
    assert mentions(app, "it") == 1


def test_the_page_asks_and_does_what_is_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = home(tmp_path)
    monkeypatch.setenv("FENGHUO_HOME", str(tmp_path))
    monkeypatch.setattr(session, "actor", lambda: WHOLE)
    monkeypatch.setattr(data, "now", lambda: NOW)
    prepare(app, WATCHED)
    posts = [
        post(f"f{n}", f"云岭湾府花园{n + 1}栋{SAID[n]}", NOW - timedelta(hours=1), f"业主{n}")
        for n in range(3)
    ]
    feed(app, posts)
    analyse.run(app, NOW)
    page = visit()
    assert w.ALIASES.format(n=1) in [each.label for each in page.expander]
    button(page, "alias-yes-云岭湾府花园").click().run()
    assert [each.value for each in page.success] == [
        w.ALIAS_SAID["yes"].format(word="云岭湾府花园", name="云岭湾语花园")
    ]
    with app.db.read() as connection:
        stored = {one.key: one for one in subjects.load(connection)}
    assert stored["yunling"].aliases == ("云岭湾府花园",)


def visit() -> AppTest:
    views = Path(__file__).resolve().parents[2] / "dashboard" / "views"
    page = AppTest.from_file(str(views / "subjects.py"), default_timeout=30).run()
    assert not page.exception
    return page


def button(page: AppTest, key: str) -> Any:
    return next(each for each in page.button if each.key == key)
