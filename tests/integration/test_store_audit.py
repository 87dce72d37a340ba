"""Audit: whatever is changed, moved or missing in a chain is found, an erased payload is not."""

import itertools
from datetime import timedelta

import pytest
from sqlalchemy import Connection, delete, select, update

from domain.clock import SHANGHAI
from domain.errors import ConflictError
from pipelines.wiring import App
from store import audit
from store.audit import Actor, Verdict
from store.tables import audit as entry
from store.tables import audit_payload
from tests.conftest import NOON

WANG = Actor(name="王敏", via="web")


@pytest.fixture
def chain(app: App) -> App:
    with app.db.write() as connection:
        for n in range(1, 5):
            audit.append(
                connection, "case:G-1", "graded", actor=WANG, at=NOON + timedelta(minutes=n),
                reason=f"理由{n}", payload={"level": "major", "n": n},
            )  # fmt: skip
        audit.append(connection, "case:G-2", "registered", actor=WANG, at=NOON)
    return app


def verdicts(connection: Connection) -> dict[str, Verdict]:
    return {verdict.object: verdict for verdict in audit.verify(connection)}


def at(seq: int) -> object:
    return (entry.c.object == "case:G-1") & (entry.c.seq == seq)


def payload_of(connection: Connection, seq: int) -> object:
    key = connection.scalar(select(entry.c.id).where(at(seq)))  # type: ignore[arg-type]
    return audit_payload.c.audit_id == key


def test_untouched_chains_verify(chain: App) -> None:
    with chain.db.read() as connection:
        found = verdicts(connection)
    assert {name: (v.entries, v.broken_at) for name, v in found.items()} == {
        "case:G-1": (4, None), "case:G-2": (1, None),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"reason": "别的理由"}, "记录被改动"), ({"actor": "李四"}, "记录被改动"),
        ({"via": "rule"}, "记录被改动"), ({"action": "closed"}, "记录被改动"),
        ({"at": NOON}, "记录被改动"), ({"payload_digest": "0" * 64}, "记录被改动"),
        ({"hash": "0" * 64}, "记录被改动"), ({"prev_hash": "0" * 64}, "与前一步不衔接"),
        ({"seq": 9}, "缺少一步"),
    ],
)  # fmt: skip
def test_every_changed_column_is_found(chain: App, values: dict[str, object], problem: str) -> None:
    with chain.db.write() as connection:
        connection.execute(update(entry).where(at(3)).values(**values))  # type: ignore[arg-type]
        found = verdicts(connection)
    assert (found["case:G-1"].broken_at, found["case:G-1"].problem) == (3, problem)
    assert found["case:G-2"].broken_at is None


def test_a_removed_entry_is_found_where_it_is_missing(chain: App) -> None:
    with chain.db.write() as connection:
        connection.execute(delete(audit_payload).where(payload_of(connection, 2)))  # type: ignore[arg-type]
        connection.execute(delete(entry).where(at(2)))  # type: ignore[arg-type]
        found = verdicts(connection)["case:G-1"]
    assert (found.broken_at, found.problem) == (2, "缺少一步")


def test_two_entries_that_changed_places_are_found(chain: App) -> None:
    with chain.db.write() as connection:
        for old, new in ((2, 20), (3, 2), (20, 3)):
            connection.execute(update(entry).where(at(old)).values(seq=new))  # type: ignore[arg-type]
        assert verdicts(connection)["case:G-1"].broken_at == 2


def test_rewriting_one_entry_with_a_fitting_hash_breaks_the_next(chain: App) -> None:
    """Whoever recomputes one hash must recompute all that follow."""
    with chain.db.write() as connection:
        row = connection.execute(select(entry).where(at(2))).one()  # type: ignore[arg-type]
        forged = audit._chain(
            row.prev_hash, row.object, row.seq, row.at, WANG, row.action, "伪造", row.payload_digest
        )
        connection.execute(
            update(entry).where(at(2)).values(reason="伪造", hash=forged)  # type: ignore[arg-type]
        )
        found = verdicts(connection)["case:G-1"]
    assert (found.broken_at, found.problem) == (3, "与前一步不衔接")


def test_a_changed_payload_is_found_an_erased_one_verifies(chain: App) -> None:
    with chain.db.write() as connection:
        where = payload_of(connection, 2)
        connection.execute(
            update(audit_payload).where(where).values(payload=None, erased_at=NOON)  # type: ignore[arg-type]
        )
        assert verdicts(connection)["case:G-1"].broken_at is None
        connection.execute(update(audit_payload).where(where).values(payload={"level": "minor"}))  # type: ignore[arg-type]
        marked = verdicts(connection)["case:G-1"]
        connection.execute(
            update(audit_payload).where(where).values(erased_at=None)  # type: ignore[arg-type]
        )
        changed = verdicts(connection)["case:G-1"]
    assert (changed.broken_at, changed.problem) == (2, "内容被改动")
    assert marked.broken_at == 2, "erased means empty, not replaced"


def test_a_payload_that_is_gone_without_a_trace_is_found(chain: App) -> None:
    with chain.db.write() as connection:
        connection.execute(delete(audit_payload).where(payload_of(connection, 2)))  # type: ignore[arg-type]
        assert verdicts(connection)["case:G-1"].broken_at == 2


def test_a_moment_given_in_another_zone_still_verifies(app: App) -> None:
    with app.db.write() as connection:
        audit.append(
            connection, "case:G-1", "graded", actor=WANG, at=NOON.astimezone(SHANGHAI), reason="x"
        )
    with app.db.read() as connection:
        assert verdicts(connection)["case:G-1"].broken_at is None


def test_whoever_saw_an_older_state_is_told_so(chain: App) -> None:
    with chain.db.write() as connection:
        assert audit.last_seq(connection, "case:G-1") == 4
        assert audit.last_seq(connection, "case:G-9") == 0
    with (
        pytest.raises(ConflictError, match="已被他人更改（你看到第 3 步）"),
        chain.db.write() as connection,
    ):
        audit.append(connection, "case:G-1", "closed", actor=WANG, at=NOON, expected_seq=3)
    with chain.db.write() as connection:
        seq = audit.append(connection, "case:G-1", "closed", actor=WANG, at=NOON, expected_seq=4)
        assert seq == 5


def test_export_is_the_chain_in_order_with_shanghai_times(chain: App) -> None:
    with chain.db.read() as connection:
        rows = list(audit.export(connection, "case:G-1"))
        everything = list(audit.export(connection))
    assert [row["seq"] for row in rows] == [1, 2, 3, 4]
    assert rows[0]["prev_hash"] == audit.GENESIS
    assert all(a["hash"] == b["prev_hash"] for a, b in itertools.pairwise(rows))
    assert rows[0]["at"] == "2026-11-20T12:01:00+08:00"
    assert rows[0]["payload"] == {"level": "major", "n": 1}
    assert len(everything) == 5
