"""Search: two hanzi, one hanzi, latin words; an edit replaces; no query is a command."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.wiring import App
from store import search
from tests.conftest import NOON
from tests.posts import feed, post, prepare, run_at

TEXTS = {
    "1": "准备去住建局维权，交了钱不交房",
    "2": "维修基金怎么查",
    "3": "物业在群里说 WiFi5 覆盖，停车费涨到300元",
    "4": "权证什么时候办下来",
    "5": "NEAR 地铁 OR 公交都行",
}


@pytest.fixture
def filled(app: App) -> App:
    prepare(app)
    feed(app, [post(key, text, NOON, f"作者{key}") for key, text in TEXTS.items()])
    run_at(app, NOON)
    return app


def find(app: App, words: str) -> set[str]:
    with app.db.read() as connection:
        return {str(key) for key in search.find(connection, words, limit=50)}


@pytest.mark.parametrize(
    ("words", "want"),
    [
        ("维权", {"1"}), ("住建局维权", {"1"}), ("维", {"1", "2"}), ("权", {"1", "4"}),
        ("房", {"1"}), ("查", {"2"}), ("wifi5", {"3"}), ("WIFI5", {"3"}), ("wifi", set()),
        ("涨到300元", {"3"}), ("300", {"3"}), ("停车费 wifi5", {"3"}), ("停车费 维权", set()),
        ("修维", set()), ("", set()), ("   ", set()), ("，。！", set()), ("near", {"5"}),
    ],
)  # fmt: skip
def test_what_a_person_types_is_found(filled: App, words: str, want: set[str]) -> None:
    assert find(filled, words) == want


@pytest.mark.parametrize(
    ("words", "want"),
    [
        ('"', set()), ("*", set()), ("维*", {"1", "2"}), ('维权"', {"1"}), ("NEAR(维权", set()),
        ("OR", {"5"}), ("维权 OR 物业", set()), ("NOT 维权", set()), ("bigrams:维权", set()),
        ("维权'; DROP TABLE post; --", set()), ("-维权", {"1"}), ("^维权", {"1"}), ("()", set()),
    ],
)  # fmt: skip
def test_operators_are_words_or_nothing(filled: App, words: str, want: set[str]) -> None:
    assert find(filled, words) == want


def test_an_edit_replaces_what_is_found(filled: App) -> None:
    feed(filled, [post("1", "已经解决，谢谢大家", NOON, "作者1")])
    run_at(filled, NOON)
    assert find(filled, "维权") == set()
    assert find(filled, "解决") == {"1"}
    with filled.db.write() as connection:
        # FTS5's own check: index and content agree after the replacement.
        connection.exec_driver_sql("INSERT INTO post_fts(post_fts) VALUES('integrity-check')")


def test_taking_a_post_out_leaves_nothing_behind(filled: App) -> None:
    with filled.db.write() as connection:
        search.index_posts(connection, {1: ""})
        connection.exec_driver_sql("INSERT INTO post_fts(post_fts) VALUES('integrity-check')")
    assert find(filled, "维权") == set()


def test_newest_first_and_limited(filled: App) -> None:
    feed(filled, [post(f"n{n}", "都来维权吧", NOON, f"新{n}") for n in range(4)])
    run_at(filled, NOON)
    with filled.db.read() as connection:
        assert search.find(connection, "维权", limit=3) == [9, 8, 7]


texts = st.text(alphabet='维权房漏水物业ab1 ，"*-', max_size=12)


@settings(
    max_examples=80, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(text=texts, start=st.integers(0, 12), size=st.integers(1, 6))
def test_every_stretch_of_hanzi_in_a_text_finds_it(
    filled: App, text: str, start: int, size: int
) -> None:
    part = text[start : start + size]
    hanzi = all("㐀" <= char <= "鿿" for char in part) and part != ""
    with filled.db.engine.connect() as connection:
        transaction = connection.begin()
        search.index_posts(connection, {2: text})
        found = search.find(connection, part, limit=50)
        transaction.rollback()
    if hanzi:
        assert 2 in found
