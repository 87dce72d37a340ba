"""Group talk inside mixed files: its raw file is not kept, its text is erased like any group's."""

import json
import os
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from domain.clock import shanghai_day
from domain.post import SourceKind
from domain.source import Source
from pipelines import crawl, files
from pipelines.wiring import App
from store import purge, report_posts, sources
from store import tables as t
from tests.conftest import NOON
from tests.posts import run_at

LINES = (
    {"id": "1", "text": "版上的话", "published_at": "2026-11-20 08:00", "source_kind": "forum"},
    {
        "id": "2", "text": "群里的话", "published_at": "2026-11-20 08:01", "source_kind": "group",
        "author": "邻居甲", "source": "群:示例业主群",
    },
)  # fmt: skip
MIXED = "\n".join(json.dumps(line, ensure_ascii=False) for line in LINES)
LATE = NOON + timedelta(days=31)


def mixed(folder: Path, text: str = MIXED) -> Path:
    path = folder / "混合.jsonl"
    path.write_text(text, encoding="utf-8")
    os.utime(path, (1, 1))
    return path


def visit(app: App, folder: Path) -> None:
    source = Source(
        name="混合投放", engine="folder", url=str(folder), site="drop.example",
        kind=SourceKind.FORUM,
    )  # fmt: skip
    with app.db.write() as connection:
        sources.put(connection, source)
    crawl.visit(app, [source])


def kept(app: App) -> list[Path]:
    return [path for path in (app.settings.home / "evidence").rglob("*") if path.is_file()]


def group_post(app: App) -> int:
    with app.db.read() as connection:
        found = connection.execute(select(t.post.c.id).where(t.post.c.kind == "group"))
        return int(found.scalar_one())


def test_the_raw_file_of_a_drop_folder_with_one_group_line_is_not_kept(
    app: App, tmp_path: Path
) -> None:
    mixed(tmp_path)
    visit(app, tmp_path)
    with app.db.read() as connection:
        row = connection.execute(select(t.evidence)).one()
        kinds = list(connection.scalars(select(t.post.c.kind).order_by(t.post.c.native_id)))
    assert (row.path, row.private, kept(app)) == (None, True, [])
    assert kinds == ["forum", "group"]


def test_the_raw_file_of_a_public_drop_is_kept(app: App, tmp_path: Path) -> None:
    mixed(tmp_path, MIXED.split("\n")[0])
    visit(app, tmp_path)
    assert len(kept(app)) == 1


def test_group_lines_of_a_public_source_are_erased_and_withheld_without_a_basis(
    app: App, tmp_path: Path
) -> None:
    done = files.import_file(
        app, str(mixed(tmp_path)), source_name=None, format_name="auto", mapping={}
    )
    assert done.without_basis
    number = group_post(app)
    with app.db.read() as connection:
        assert [found[0] for found in purge.overdue(connection, LATE, shanghai_day(LATE), 9)] == [
            number
        ]
        assert list(report_posts.withheld(connection, [1, 2])) == [number]
        (soon,) = purge.coming(connection, NOON, shanghai_day(NOON), timedelta(days=31))
    assert (soon.posts, soon.without_basis) == (1, True)


def test_irrelevant_group_lines_of_a_public_source_are_found(app: App, tmp_path: Path) -> None:
    visit_terms = files.Terms(provider="王某", basis="授权")
    files.import_file(
        app, str(mixed(tmp_path)), source_name=None, format_name="auto", mapping={},
        terms=visit_terms,
    )  # fmt: skip
    run_at(app, NOON)
    with app.db.read() as connection:
        found = [post for post, _ in purge.irrelevant(connection, LATE)]
    assert found == [group_post(app)]
