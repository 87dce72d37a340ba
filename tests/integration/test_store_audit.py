"""Audit: whatever is changed, moved or missing in a chain is found, an erased payload is not."""

import itertools
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Connection, delete, select, update

from domain.access import Actor
from domain.clock import SHANGHAI
from domain.errors import ConflictError
from pipelines.wiring import App
from store import audit
from store.audit import Verdict
from store.tables import audit as entry
from store.tables import audit_payload
from tests.conftest import NOON

WANG = Actor(name="王敏", via="cli")


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
    with (
        pytest.raises(ConflictError, match="已被他人更改（王敏 2026-11-20 12:0"),
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


def kept(app: App) -> list[audit.Head]:
    with app.db.read() as connection:
        return list(audit.heads(connection))


def cut(app: App, *seqs: int) -> None:
    with app.db.write() as connection:
        for seq in seqs:
            connection.execute(delete(audit_payload).where(payload_of(connection, seq)))  # type: ignore[arg-type]
            connection.execute(delete(entry).where(at(seq)))  # type: ignore[arg-type]


def compared(app: App, heads: list[audit.Head]) -> dict[str, int | None]:
    with app.db.read() as connection:
        return {v.object: v.broken_at for v in audit.compare(connection, heads)}


def test_heads_are_the_last_entries(chain: App) -> None:
    with chain.db.read() as connection:
        last = {row["object"]: row for row in audit.export(connection)}
    assert [(head.object, head.seq) for head in kept(chain)] == [("case:G-1", 4), ("case:G-2", 1)]
    assert all(last[head.object]["hash"] == head.hash for head in kept(chain))


def test_a_chain_cut_at_its_end_is_found_only_with_heads_kept_before(chain: App) -> None:
    heads = kept(chain)
    cut(chain, 3, 4)
    with chain.db.read() as connection:
        assert verdicts(connection)["case:G-1"].broken_at is None
    assert compared(chain, heads) == {"case:G-1": 3, "case:G-2": None}
    assert compared(chain, kept(chain)) == {"case:G-1": None, "case:G-2": None}
    cut(chain, 1, 2)
    assert compared(chain, heads) == {"case:G-1": 1, "case:G-2": None}


def test_a_cut_chain_written_on_differs_from_the_head(chain: App) -> None:
    heads = kept(chain)
    cut(chain, 4)
    with chain.db.write() as connection:
        for n in range(3):
            audit.append(connection, "case:G-1", "other", actor=WANG, at=NOON, payload={"n": n})
    assert compared(chain, heads) == {"case:G-1": 4, "case:G-2": None}


def test_a_chain_may_grow_after_its_head_was_kept(chain: App) -> None:
    heads = kept(chain)
    with chain.db.write() as connection:
        audit.append(connection, "case:G-1", "closed", actor=WANG, at=NOON)
        audit.append(connection, "case:G-3", "registered", actor=WANG, at=NOON)
    assert compared(chain, heads) == {"case:G-1": None, "case:G-2": None}


def test_verify_reads_the_entries_once(app: App) -> None:
    """Each entry is looked at once, whatever the number of chains (it was their product)."""
    with app.db.write() as connection:
        for n in range(60):
            audit.append(connection, f"case:G-{n:03}", "registered", actor=WANG, at=NOON)
    looked: list[str] = []

    class Row:
        def __init__(self, row: object) -> None:
            self._row = row

        def __getattr__(self, name: str) -> object:
            if name == "object":
                looked.append(name)
            return getattr(self._row, name)

    class Counting:
        def __init__(self, connection: Connection) -> None:
            self._connection = connection

        def execute(self, statement: object) -> "Rows":
            return Rows(self._connection.execute(statement))  # type: ignore[call-overload]

    class Rows:
        def __init__(self, result: object) -> None:
            self._result = result

        def __iter__(self) -> Iterator[Row]:
            return (Row(row) for row in self._result)  # type: ignore[attr-defined]

        def all(self) -> list[Row]:
            return list(self)

    with app.db.read() as connection:
        found = list(audit.verify(Counting(connection)))  # type: ignore[arg-type]
    assert len(found) == 60
    assert len(looked) <= 2 * 60
