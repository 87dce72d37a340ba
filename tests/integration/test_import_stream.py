"""Import of long files: in parts, again after a crash, on whose terms, watched in a drop folder."""

import asyncio
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from sqlalchemy import func, select

from crawlers.run import CrawlOutcome
from crawlers.spiders import folder as folders
from domain.access import Actor, Role
from domain.errors import AccessError, FactsError, ParseError
from domain.post import SourceKind
from domain.source import Source
from pipelines import crawl, files, ingest, records
from pipelines.files import Terms
from pipelines.wiring import App
from store import import_files, sources
from store import tables as t
from tests.conftest import MakeApp
from tests.posts import prepare

HEAD = "消息记录（此消息记录为文本格式，不支持重新导入）\n\n消息对象:望江府业主群\n\n"


def talk(count: int, *, first: int = 0) -> str:
    lines = (
        f"2026-11-{2 + n // 40_000} {8 + n // 3600 % 10}:{n // 60 % 60:02d}:{n % 60:02d} "
        f"3-2-{101 + n % 5}(90000{n % 5})\n第 {n} 句\n\n"
        for n in range(first, first + count)
    )
    return HEAD + "".join(lines)


def put(folder: Path, text: str, name: str = "群.txt") -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def bring(app: App, path: str, **more: Any) -> files.Imported:
    asked: dict[str, Any] = {"source_name": None, "format_name": "auto", "mapping": {}} | more
    return files.import_file(app, path, **asked)


def count(app: App, table: Any) -> int:
    with app.db.read() as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


def ids(app: App) -> list[str]:
    with app.db.read() as connection:
        return list(connection.scalars(select(t.post.c.native_id).order_by(t.post.c.id)))


def test_ids_of_a_long_file_are_those_of_the_whole_file_at_once(app: App, tmp_path: Path) -> None:
    """Equal lines stand in different parts: each is one post, as when all were seen together."""
    equal = "2026-11-02 8:00:00 乙(900099)\n在\n\n"
    text = talk(2_100) + equal * 2 + talk(1_100, first=2_100)[len(HEAD) :] + equal
    path = put(tmp_path, text)
    done = bring(app, path)
    assert (done.messages, done.stored.new_posts) == (3_203, 3_203)
    whole = files.read(path, format_name="auto", mapping={})
    plain = [post for post in whole.posts if post.ordinal is None]
    assert len(plain) == 3_201
    named = records.with_ids(whole.posts, "qq:望江府业主群", app.secret)
    assert ids(app) == [post.native_id for post in named]
    again = bring(app, path)
    assert (again.stored.new_posts, again.stored.unchanged) == (0, 3_203)


def test_a_crash_leaves_an_open_record_and_the_same_file_brings_the_rest(
    app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(tmp_path, talk(3_500))
    stored, parts = ingest.store_page, iter(range(100))

    def dying(app: App, page: Any, **more: Any) -> Any:
        if next(parts) == 2:
            raise KeyboardInterrupt
        return stored(app, page, **more)

    monkeypatch.setattr(ingest, "store_page", dying)
    with pytest.raises(KeyboardInterrupt):
        bring(app, path)
    with app.db.read() as connection:
        (record,) = import_files.listing(connection)
    assert record.finished_at is None
    assert count(app, t.post) == 2_000
    monkeypatch.undo()
    assert bring(app, path).stored.new_posts == 1_500
    with app.db.read() as connection:
        (record,) = import_files.listing(connection)
    assert record.finished_at is not None
    assert (record.messages, record.new_posts, record.refused) == (3_500, 1_500, 0)
    assert len(record.sha256) == 64


def test_no_transaction_holds_more_than_500_rows(
    app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from store import posts

    seen: list[int] = []
    put_rows = posts.put

    def watched(connection: Any, rows: Any, **more: Any) -> Any:
        seen.append(len(rows))
        return put_rows(connection, rows, **more)

    monkeypatch.setattr(posts, "put", watched)
    bring(app, put(tmp_path, talk(2_500)))
    assert sum(seen) == 2_500
    assert max(seen) * 3 <= 500


def test_provider_basis_and_retention_are_recorded_and_stay_with_the_source(
    app: App, tmp_path: Path
) -> None:
    path = put(tmp_path, talk(3))
    assert bring(app, path).without_basis
    terms = Terms(provider="业委会 王某", basis="业委会书面授权", retention="30d")
    told = bring(app, path, terms=terms)
    assert not told.without_basis
    later = bring(app, put(tmp_path, talk(5), name="新.txt"))
    assert not later.without_basis, "the terms of the source hold for its next file"
    with app.db.read() as connection:
        newest, second, first = import_files.listing(connection)
        source = sources.find(connection, told.source)
    assert (first.provider, second.provider, newest.provider) == ("", "业委会 王某", "业委会 王某")
    assert (newest.retention, newest.ends_on) == ("30d", "2026-12-20")
    assert source is not None
    assert source.options["basis"] == "业委会书面授权"


def test_wrong_terms_are_refused_before_anything_is_read() -> None:
    with pytest.raises(FactsError, match=r"保存期限“7d”不认识.*30d（三十天）"):
        Terms(retention="7d")
    with pytest.raises(FactsError, match="删除日期“明年”读不懂"):
        Terms(ends_on="明年")


def test_the_raw_file_of_a_group_is_never_kept_only_its_hash(app: App, tmp_path: Path) -> None:
    bring(app, put(tmp_path, talk(3)))
    with app.db.read() as connection:
        row = connection.execute(select(t.evidence)).one()
    assert (row.path, row.private) == (None, True)
    assert row.size == len(talk(3).encode())
    assert not [path for path in (app.settings.home / "evidence").rglob("*") if path.is_file()]


def test_households_of_a_group_about_a_project_are_keyed(app: App, tmp_path: Path) -> None:
    prepare(app)
    bring(app, put(tmp_path, talk(12)), project="wangjiangfu")
    with app.db.read() as connection:
        keys = set(connection.scalars(select(t.post.c.household_key)))
        authors = connection.scalars(select(t.post.c.author_key)).all()
    assert len(keys) == 5
    assert None not in keys
    assert not any("3-2-" in str(key) for key in authors)


def test_a_file_without_any_time_is_refused_and_leaves_nothing(app: App, tmp_path: Path) -> None:
    path = put(tmp_path, '{"text": "没有时间"}\n' * 20, name="a.jsonl")
    with pytest.raises(ParseError, match="没有一条记录能用"):
        bring(app, path)
    assert (count(app, t.source), count(app, t.import_file), count(app, t.post)) == (0, 0, 0)


def test_a_cut_json_export_is_refused_before_its_first_message_is_stored(
    app: App, tmp_path: Path
) -> None:
    message = {"createTime": 1793584790, "localType": 1, "content": "早", "senderUsername": "w"}
    document = {"weflow": {}, "session": {"displayName": "群"}, "messages": [message] * 3_000}
    text = json.dumps(document)
    with pytest.raises(ParseError, match="JSON 没有写完"):
        bring(app, put(tmp_path, text[:-40], name="w.json"))
    assert count(app, t.post) == 0
    assert bring(app, put(tmp_path, text, name="w.json")).stored.new_posts == 3_000


def test_many_refused_lines_are_counted_and_told_in_few_issues(app: App, tmp_path: Path) -> None:
    rows = ['{"text": "好", "time": "2026-11-02 09:00", "id": "1"}'] + ['{"text": "坏"}'] * 60
    done = bring(app, put(tmp_path, "\n".join(rows), name="a.jsonl"))
    assert (done.messages, done.refused) == (1, 60)
    with app.db.read() as connection:
        said = list(connection.scalars(select(t.issue.c.message)))
    assert len(said) == files.ISSUES + 1
    assert any("另有 40 条未收" in text for text in said)


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_mapping_once_given_is_remembered_for_the_same_header(
    app: App, tmp_path: Path, form: str
) -> None:
    def table(name: str, text: str) -> str:
        rows = [("哪天", "谁", "说了啥"), ("2026-11-02 09:00", "甲", text)]
        path = tmp_path / f"{name}.{form}"
        if form == "csv":
            path.write_text("\n".join(",".join(row) for row in rows), encoding="utf-8")
        else:
            book = Workbook()
            for row in rows:
                assert book.active is not None
                book.active.append(row)
            book.save(path)
        return str(path)

    with pytest.raises(ParseError, match=r"找不到|没有一张工作表"):
        bring(app, table("一", "外墙渗水"))
    columns = {"published_at": "哪天", "author": "谁", "text": "说了啥"}
    assert bring(app, table("一", "外墙渗水"), mapping=columns).stored.new_posts == 1
    assert bring(app, table("二", "电梯坏了"), source_name="表").stored.new_posts == 1


def test_progress_is_told_as_the_file_is_read(app: App, tmp_path: Path) -> None:
    path = put(tmp_path, talk(3_000))
    told: list[int] = []
    bring(app, path, progress=told.append)
    assert told == sorted(told)
    assert told[-1] == Path(path).stat().st_size


def test_an_upload_asks_for_the_right_before_it_stores(app: App) -> None:
    nobody = Actor(name="某人", via="web", roles=frozenset({Role.MEDIA}), entities=None)
    now = app.clock.now()
    with pytest.raises(AccessError):
        files.import_upload(app, talk(3).encode(), name="群.txt", actor=nobody, now=now)
    assert (count(app, t.post), count(app, t.source)) == (0, 0)


# ---- drop folder ----------------------------------------------------------------------------


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    """Return a drop folder beside a secret that must not be read."""
    (tmp_path / "秘密.txt").write_text(talk(2), encoding="utf-8")
    folder = tmp_path / "投放"
    folder.mkdir()
    return folder


def visit(app: App, folder: Path) -> CrawlOutcome:
    source = Source(
        name="投放", engine="folder", url=str(folder), site="投放", kind=SourceKind.GROUP,
        options={"provider": "物业", "basis": "委托"},
    )  # fmt: skip
    with app.db.write() as connection:
        sources.put(connection, source, now=app.clock.now())
    return crawl.visit(app, [source])["投放"]


def test_a_long_file_of_a_drop_folder_comes_in_pages_and_is_settled_once(
    app: App, drop: Path
) -> None:
    put(drop, talk(4_500))
    first = visit(app, drop)
    assert (first.pages, first.new_posts, first.errors) == (3, 4_500, ())
    assert visit(app, drop).pages == 0
    put(drop, talk(4_600))
    assert visit(app, drop).new_posts == 100


def test_one_unreadable_file_does_not_stop_the_others_and_is_said_once(
    app: App, drop: Path
) -> None:
    put(drop, talk(3), name="乙.txt")
    (drop / "甲.txt").write_bytes(b"\x00\x01\x02" * 500)
    outcome = visit(app, drop)
    assert outcome.new_posts == 3
    assert "甲.txt：不是文本" in outcome.errors[0]
    assert visit(app, drop).errors == ()


HOSTILE = {
    "带\n换行.txt": "控制字符",
    "\x1b[31m红.txt": "控制字符",
    "链接.txt": "链接",
    "深": "超过 5 层",
}


def test_hostile_names_are_refused_with_a_reason(app: App, drop: Path) -> None:
    for name in ("带\n换行.txt", "\x1b[31m红.txt"):
        put(drop, talk(1), name=name)
    (drop / "链接.txt").symlink_to(drop.parent / "秘密.txt")
    (drop / "外面").symlink_to(drop.parent, target_is_directory=True)
    os.close(os.open(bytes(drop) + b"/\xff\xfe.txt", os.O_CREAT | os.O_WRONLY))
    deep = drop / "1/2/3/4/5/深"
    deep.mkdir(parents=True)
    put(deep, talk(1))
    long = drop / ("很" * 80) / ("长" * 80)
    long.mkdir(parents=True)
    put(long, talk(1), name=f"{'名' * 60}.txt")
    put(drop, talk(2), name="好的　文件.txt")
    assert visit(app, drop).new_posts == 2
    with app.db.read() as connection:
        said = list(connection.scalars(select(t.issue.c.message)))
    for word, times in (("控制字符或乱码", 3), ("是链接", 1), ("5 层", 1), ("超过 200 字", 1)):
        assert len([text for text in said if word in text]) == times, (word, said)
    assert all(text.isprintable() for text in said)


def test_a_file_that_is_still_copied_waits_for_the_next_visit(
    make_app: MakeApp, drop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app(now=datetime.now(UTC))
    path = Path(put(drop, talk(10)))
    monkeypatch.setattr(folders, "SETTLED", timedelta(seconds=30))

    async def copying(_seconds: float) -> None:
        if path.stat().st_size < 400:
            path.write_text(talk(20), encoding="utf-8")

    monkeypatch.setattr(asyncio, "sleep", copying)
    spider_sees = folders.FolderSpider(
        source=Source(name="x", engine="folder", url=str(drop), site="x", kind=SourceKind.GROUP)
    )
    spider_sees.clock = app.clock
    path.write_text(talk(1), encoding="utf-8")
    assert not asyncio.run(spider_sees._is_settled(path))
    assert asyncio.run(spider_sees._is_settled(path))


def test_a_side_car_states_the_terms_and_each_file_is_recorded(app: App, drop: Path) -> None:
    put(drop, talk(3))
    put(drop, "提供人: 王某\n依据: 业委会授权\n保存期限: 90d\n", name="来源说明.yml")
    assert visit(app, drop).errors == ()
    with app.db.read() as connection:
        (record,) = import_files.listing(connection, source_name="投放")
        source = sources.find(connection, "投放")
    assert (record.name, record.provider, record.retention) == ("群.txt", "王某", "90d")
    assert (record.messages, record.finished_at is not None) == (3, True)
    assert source is not None
    assert source.options["basis"] == "业委会授权"
    put(drop, "心情: 好\n", name="来源说明.yml")
    visit(app, drop)
    with app.db.read() as connection:
        said = list(connection.scalars(select(t.issue.c.message)))
        assert len(import_files.listing(connection)) == 1
    assert any("“心情”不认识" in text for text in said)
