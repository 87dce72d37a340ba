"""The command line as scripts call it: exit codes, JSONL in order, Chinese errors naming lines."""

import gzip
import io
import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipelines import cli

TIMES = [f"2026-11-20T1{n}:00:00+08:00" for n in range(10)]
LEAK = "望江府{n}栋外墙渗水，报修没人管，次卧墙面都湿了"
QQ_HEAD = (
    "消息记录（此消息记录为文本格式，不支持重新导入）\n\n"
    "================================================================\n"
    "消息分组:我的QQ群\n"
    "================================================================\n"
    "消息对象:望江府业主群\n"
    "================================================================\n\n"
)
PROJECTS = """
- key: wangjiangfu
  name: 云麓·望江府
  aliases: [望江府]
"""


@dataclass
class Ran:
    """What one command came to."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


Run = Callable[..., Ran]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FENGHUO_HOME", str(tmp_path / "var"))
    monkeypatch.setenv("FENGHUO_ACTOR", "测试员")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "var"


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run one command in this process, with its real exit code."""

    def call(*args: object, stdin: bytes = b"") -> Ran:
        monkeypatch.setattr(sys, "argv", ["fenghuo", *map(str, args)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        code = 0
        try:
            cli.main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        shown = capsys.readouterr()
        return Ran(code, shown.out, shown.err)

    return call


def jsonl(path: Path, records: list[dict[str, Any] | str]) -> Path:
    lines = [r if isinstance(r, str) else json.dumps(r, ensure_ascii=False) for r in records]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def record(n: int, **more: Any) -> dict[str, Any]:
    return {
        "id": f"r{n}", "text": LEAK.format(n=n), "published_at": TIMES[n], "author": f"业主{n}",
        "source": "bbs.example", "source_kind": "forum", **more,
    }  # fmt: skip


def dump(home: Path) -> list[str]:
    with sqlite3.connect(home / "fenghuo.db") as db:
        return [line for line in db.iterdump() if "sqlite_sequence" not in line]


def texts(home: Path) -> list[str]:
    with sqlite3.connect(home / "fenghuo.db") as db:
        query = "SELECT text FROM revision ORDER BY post_id, n"
        return [text for (text,) in db.execute(query)]


# ---- streams -----------------------------------------------------------------------------------


def test_analyse_answers_every_line_in_its_place(run: Run) -> None:
    lines = [
        json.dumps(record(1), ensure_ascii=False),
        "{half a",
        '{"id": "leer"}',
        '["no object"]',
        json.dumps({"id": "only", "text": "感谢物业，修得很快"}, ensure_ascii=False),
    ]
    ran = run("analyse", "-", stdin="\n".join(lines).encode())
    assert ran.code == 0
    assert [row["id"] for row in ran.rows] == ["r1", None, "leer", None, "only"]
    errors = [row["error"] for row in ran.rows if "error" in row]
    assert [error.split("：")[0] for error in errors] == [f"标准输入 第 {n} 行" for n in (2, 3, 4)]
    assert "不是完整的 JSON" in errors[0]
    assert "没有正文" in errors[1]
    assert "3 行有问题" in ran.err
    first, last = ran.rows[0], ran.rows[-1]
    assert first["negativity"] > 0.5 > last["negativity"]
    assert "why" not in first


def test_analyse_with_projects_and_why_points_into_the_text(run: Run, tmp_path: Path) -> None:
    (tmp_path / "projects.yml").write_text(PROJECTS, encoding="utf-8")
    path = jsonl(tmp_path / "p.jsonl", [record(1)])
    ran = run("analyse", path, "--why", "--projects", tmp_path / "projects.yml")
    (row,) = ran.rows
    (named,) = row["projects"]
    text = LEAK.format(n=1)
    assert (named["project"], text[named["start"] : named["end"]]) == ("wangjiangfu", "望江府")
    assert row["why"]
    assert all(text[w["start"] : w["end"]] == w["text"] for w in row["why"])


def test_relate_finds_the_copy_and_keeps_the_input_order(run: Run, tmp_path: Path) -> None:
    same = "望江府2栋外墙渗水三个月了，次卧整面墙都湿透，物业和开发商互相推，业主自己花钱补了两次。"
    path = jsonl(tmp_path / "p.jsonl", [
        record(3, text=same), "{broken", record(1, text=same), record(2, text="地铁几号线通车"),
        {"id": "no-time", "text": "没有时间"},
    ])  # fmt: skip
    ran = run("relate", path)
    assert [row["id"] for row in ran.rows] == ["r3", None, "r1", "r2", "no-time"]
    copy, _, first, other, timeless = ran.rows
    assert (copy["duplicate_of"], copy["edge"]) == ("r1", "exact")
    assert first["duplicate_of"] is None
    assert copy["event_id"] == first["event_id"] is not None
    assert other["event_id"] is None
    assert "没有时间" in timeless["error"]


def test_parse_shows_what_import_would_store_and_writes_nothing(run: Run, tmp_path: Path) -> None:
    path = jsonl(tmp_path / "p.jsonl", [
        {"id": 1, "content": "望江府漏水", "time": "2026-11-20 08:00", "user": "甲"}, "{broken",
        {"id": 2, "text": "零点世界时", "published_at": "2026-11-20T00:00:00Z"},
    ])  # fmt: skip
    ran = run("parse", path)
    assert ran.code == 0
    assert [row["id"] for row in ran.rows] == ["1", None, "2"]
    assert {row.get("published_at") for row in ran.rows} == {"2026-11-20T08:00:00+08:00", None}
    assert ran.rows[0]["author"] == "甲"
    assert not (tmp_path / "var").exists()


def test_packed_files_and_mapped_columns_are_read(run: Run, tmp_path: Path) -> None:
    (tmp_path / "p.jsonl.gz").write_bytes(gzip.compress(json.dumps(record(1)).encode()))
    assert run("parse", tmp_path / "p.jsonl.gz").rows[0]["id"] == "r1"
    (tmp_path / "t.csv").write_text("何时,何事\n2026-11-20 08:00,外墙渗水\n", encoding="utf-8")
    ran = run("parse", tmp_path / "t.csv", "--map", "text=何事", "--map", "published_at=何时")
    assert (ran.rows[0]["text"], ran.rows[0]["published_at"]) == (
        "外墙渗水", "2026-11-20T08:00:00+08:00",
    )  # fmt: skip


def test_replay_prints_the_alerts_one_would_have_had(run: Run, tmp_path: Path) -> None:
    (tmp_path / "projects.yml").write_text(PROJECTS, encoding="utf-8")
    leaks = [record(n) for n in range(8)]
    path = jsonl(tmp_path / "p.jsonl", [*reversed(leaks), "{broken"])
    ran = run("replay", path, "--projects", tmp_path / "projects.yml", "--step", "1h")
    events = [row for row in ran.rows if "event" in row]
    assert [row["event"] for row in events[:3]] == ["opened", "raised", "raised"]
    assert [(row["level"], row["version"]) for row in events[:3]] == [
        ("minor", 1), ("moderate", 2), ("major", 3),
    ]  # fmt: skip
    assert [row["at"] for row in events[:3]] == [TIMES[2], TIMES[4], TIMES[7]]
    assert events[0]["post_ids"] == ["r0", "r1", "r2"]
    assert {row["project"] for row in events} == {"wangjiangfu"}
    assert [row["error"] for row in ran.rows if "error" in row] != []


def analysed(n: int, **more: Any) -> dict[str, Any]:
    return {
        "id": f"a{n}", "project": "甲苑", "category": "K09", "negative": True, "event_id": "e1",
        "published_at": TIMES[n], "author": f"业主{n}", "source": "bbs.example",
        "source_kind": "forum", **more,
    }  # fmt: skip


def test_replay_of_analysed_posts_is_pure_detection(run: Run, tmp_path: Path) -> None:
    lines: list[dict[str, Any] | str] = [
        *[analysed(n) for n in range(5)], "{broken", analysed(5, published_at=None),
        analysed(6, negative=False), analysed(7, event_id=None), {"id": "bare"},
    ]  # fmt: skip
    ran = run("replay", jsonl(tmp_path / "a.jsonl", lines), "--analysed", "--step", "15m")
    events = [row for row in ran.rows if "event" in row]
    assert [(row["at"], row["level"], row["post_ids"]) for row in events[:2]] == [
        (TIMES[2], "minor", ["a0", "a1", "a2"]),
        (TIMES[4], "moderate", [f"a{n}" for n in range(5)]),
    ]  # fmt: skip
    errors = {row["id"]: row["error"] for row in ran.rows if "error" in row}
    assert set(errors) == {None, "a5", "bare"}
    assert "a.jsonl 第 6 行：不是完整的 JSON" in errors[None]
    assert "缺少 published_at" in errors["bare"]
    assert not any(row["post_ids"] and "a7" in row["post_ids"] for row in events)


def test_with_lag_fetched_a_post_counts_when_it_was_known(run: Run, tmp_path: Path) -> None:
    late = [analysed(n, fetched_at=TIMES[9]) for n in range(3)]
    path = jsonl(tmp_path / "a.jsonl", list(late))
    at_once = run("replay", path, "--analysed").rows
    when_known = run("replay", path, "--analysed", "--lag", "fetched").rows
    assert at_once[0]["at"] == TIMES[2]
    assert when_known[0]["at"] == TIMES[9]
    old = [analysed(n, fetched_at="2026-11-24T00:00:00+08:00") for n in range(3)]
    path = jsonl(tmp_path / "b.jsonl", list(old))
    assert run("replay", path, "--analysed", "--lag", "fetched").rows == [], "back-fill is history"


def test_wrong_words_to_replay_are_refused(run: Run, tmp_path: Path) -> None:
    path = jsonl(tmp_path / "a.jsonl", [analysed(1)])
    for args, message in (
        (("--lag", "someday"), "published 或 fetched"),
        (("--step", "0m"), "15m"),
    ):
        ran = run("replay", path, "--analysed", *args)
        assert ran.code == 1
        assert message in ran.err


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.yml", "- a: 1\n- b: [\n", "第 3 行 不是正确的 YAML"),
        ("x.yml", "just words", "应当是监测对象的列表"),
        ("x.yml", "- {city: 江城}", "第 1 项 “名称”列：没有填"),
        ("x.yml", "- {name: 甲苑, kind: castle}", "“castle”不认识（kind 不对），请写"),
        ("x.jsonl", '{"name": "甲苑"', "不是完整的 JSON"),
    ],
)
def test_a_wrong_projects_file_is_named(
    run: Run, tmp_path: Path, name: str, content: str, message: str
) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    ran = run("analyse", "-", "--projects", tmp_path / name, stdin=b'{"id": 1, "text": "x"}')
    assert (ran.code, ran.out) == (1, "")
    assert name in ran.err
    assert message in ran.err


# ---- bad input ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("leer.txt", b"", "文件是空的"),
        ("leer.jsonl", b" \n\n", "文件是空的"),
        ("bild.jsonl", b"\x89PNG\r\n\x1a\n" + bytes(range(32)) * 40, "不是文本"),
        ("halb.json", '[{"text": "外墙渗水", "time": "2026'.encode(), "JSON 没有写完"),
        ("roman.txt", "从前有一座山".encode() * 20, "认不出是哪种文件"),
        ("x.jsonl.gz", b"\x1f\x8b\x08\x00cut", "压缩包"),
    ],
)
@pytest.mark.parametrize("command", ["parse", "import"])
def test_a_file_that_cannot_be_read_is_named(
    run: Run, tmp_path: Path, command: str, name: str, content: bytes, message: str
) -> None:
    if command == "import":
        assert run("init").code == 0
    (tmp_path / name).write_bytes(content)
    ran = run(command, tmp_path / name)
    assert (ran.code, ran.out) == (1, "")
    assert name in ran.err
    assert message in ran.err


def test_import_takes_what_is_good_and_exits_one(run: Run, home: Path, tmp_path: Path) -> None:
    run("init")
    mixed = jsonl(tmp_path / "gemischt.jsonl", [
        record(1), "{half", {"id": "t", "text": "没有时间的一条"},
        record(2, published_at="改天再说"),
        record(3),
    ])  # fmt: skip
    empty = tmp_path / "leer.txt"
    empty.touch()
    good = jsonl(tmp_path / "gut.jsonl", [record(4)])
    ran = run("import", mixed, empty, tmp_path / "nirgends.txt", good)
    assert ran.code == 1
    assert texts(home) == [LEAK.format(n=n) for n in (1, 3, 4)]
    for line in (2, 3, 4):
        assert f"gemischt.jsonl 第 {line} 行" in ran.err
    assert "没有时间" in ran.err
    assert "published_at 字段的时间读不懂" in ran.err
    assert "改天再说" not in ran.err
    assert "leer.txt 未导入" in ran.err
    assert "找不到文件" in ran.err
    assert "新增 2" in ran.err
    assert run("import", good).code == 0


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: text.encode("gb18030"),
        lambda text: b'<?xml encoding="utf-8"?>\n' + text.encode("gb18030"),
        lambda text: b"\xef\xbb\xbf" + text.encode(),
        lambda text: b"\xef\xbb\xbf" + text.encode("gb18030"),  # the mark lies
        lambda text: text.encode("utf-16"),
    ],
    ids=["gbk", "gbk announced as utf-8", "bom", "gbk behind a utf-8 bom", "utf-16"],
)
def test_the_charset_is_what_the_bytes_say(
    run: Run, tmp_path: Path, encode: Callable[[str], bytes]
) -> None:
    text = QQ_HEAD + "2026-11-20 09:00:00 甲(900000000001)\n外墙渗水没人管，大家一起去售楼部\n\n"
    (tmp_path / "群.txt").write_bytes(encode(text))
    ran = run("parse", tmp_path / "群.txt")
    assert ran.code == 0
    assert [row["text"] for row in ran.rows] == ["外墙渗水没人管，大家一起去售楼部"]
    assert ran.rows[0]["published_at"] == "2026-11-20T09:00:00+08:00"


# ---- import ------------------------------------------------------------------------------------


def lines_of_group(first: int, last: int) -> str:
    said = ("外墙渗水", "收到", "收到", "物业在吗", "没人", "一起去", "好", "收到", "几点", "九点")
    return QQ_HEAD + "".join(
        f"2026-11-20 09:{n // 2:02}:00 业主{n % 3}(90000000000{n % 3})\n{said[n]}\n\n"
        for n in range(first, last)
    )


def test_two_overlapping_exports_of_a_group_are_their_union(
    run: Run, home: Path, tmp_path: Path
) -> None:
    run("init")
    (tmp_path / "a.txt").write_text(lines_of_group(0, 6), encoding="utf-8")
    (tmp_path / "b.txt").write_text(lines_of_group(4, 10), encoding="utf-8")
    first = run("import", tmp_path / "a.txt", "--source", "望江府业主群")
    second = run("import", tmp_path / "b.txt", "--source", "望江府业主群")
    assert "新增 6" in first.err
    assert "新增 4，新修订 0，已有 2" in second.err
    assert len(texts(home)) == 10
    before = dump(home)
    for name in ("a.txt", "b.txt", "a.txt"):
        assert run("import", tmp_path / name, "--source", "望江府业主群").code == 0
    assert dump(home) == before
    assert list((home / "evidence").rglob("*.zst")) == [], "private files leave only their hash"


def test_group_lines_inside_a_jsonl_are_private_too(run: Run, home: Path, tmp_path: Path) -> None:
    run("init")
    path = jsonl(tmp_path / "p.jsonl", [record(1), record(2, source_kind="group", source="qq:甲")])
    assert run("import", path).code == 0
    assert list((home / "evidence").rglob("*.zst")) == []
    public = jsonl(tmp_path / "q.jsonl", [record(3)])
    assert run("import", public).code == 0
    assert len(list((home / "evidence").rglob("*.zst"))) == 1


def test_standard_input_is_imported_with_its_evidence(run: Run, home: Path) -> None:
    run("init")
    body = json.dumps(record(1), ensure_ascii=False).encode()
    assert run("import", "-", stdin=body).code == 0
    with sqlite3.connect(home / "fenghuo.db") as db:
        assert db.execute("SELECT size FROM evidence").fetchall() == [(len(body),)]


def test_old_posts_are_back_fill_and_raise_no_alert(run: Run, home: Path, tmp_path: Path) -> None:
    from config.settings import read_settings
    from domain.source import Subject
    from pipelines import relate
    from pipelines.line import run_line
    from pipelines.wiring import open_app
    from store import subjects

    run("init")
    app = open_app(read_settings())
    with app.db.write() as connection:
        subject = Subject(key="wangjiangfu", name="云麓·望江府", aliases=("望江府",))
        subjects.put(connection, [subject], app.clock.now())
    old = [record(n, published_at=f"2024-03-0{n}T10:00:00+08:00") for n in range(1, 9)]
    assert run("import", jsonl(tmp_path / "alt.jsonl", list(old))).code == 0
    fresh = [record(n, id=f"f{n}", published_at=None) for n in range(1, 9)]
    for item in fresh:
        item["published_at"] = app.clock.now().isoformat()
    assert run("import", jsonl(tmp_path / "neu.jsonl", list(fresh)), "--backfill").code == 0
    run_line(app)
    relate.forget(app.settings.home)
    with sqlite3.connect(home / "fenghuo.db") as db:
        assert db.execute("SELECT count(*), sum(backfill) FROM post").fetchone() == (16, 16)
        assert db.execute("SELECT count(*) FROM mention WHERE negative").fetchone()[0] >= 14
        assert db.execute("SELECT count(*) FROM alert").fetchone() == (0,)
    ran = run("trace", "bbs.example|r1")
    assert ran.code == 0
    for part in ("帖子 1  bbs.example|r1", "回填", "第 1 版", "关联  事件", "没有预警以它为依据",
                 "来源 导入"):  # fmt: skip
        assert part in ran.out
    assert "+08:00" in ran.out
    assert "业主1" not in ran.out, "no author name is kept"


# ---- home, audit, database ---------------------------------------------------------------------


def test_init_is_repeatable_and_an_unknown_pack_names_the_choices(run: Run, home: Path) -> None:
    wrong = run("init", "--pack", "group-999")
    assert wrong.code == 1
    assert "没有程序包 group-999：可选" in wrong.err
    assert "handover-001" in wrong.err
    assert not home.exists()
    first = run("init", "--company", "云麓地产", "--pack", "project-002")
    assert first.code == 0
    assert "程序包 project-002" in first.err
    before = dump(home)
    again = run("init", "--pack", "group-000")
    assert again.code == 0
    assert "（程序包 project-002）" in again.err, "says what is in force, not what was asked"
    assert dump(home) == before


def test_without_a_home_every_command_says_what_to_run(run: Run, tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text(json.dumps(record(1)), encoding="utf-8")
    for args in (["trace", "1"], ["audit", "verify"], ["import", "x.jsonl"], ["crawl"],
                 ["db", "backup", "b.db"]):  # fmt: skip
        ran = run(*args)
        assert (ran.code, ran.out) == (1, "")
        assert "请先运行 fenghuo init" in ran.err
    ran = run("doctor")
    assert ran.code == 1
    assert "问题 数据目录" in ran.err


def test_doctor_lists_each_check_and_fails_when_one_does(run: Run, home: Path) -> None:
    run("init")
    ran = run("doctor")
    assert "正常 规则与程序包：规则 15 条，程序包 group-000" in ran.err
    assert "问题 监测对象：0 个" in ran.err
    assert "→ 还没有监测对象" in ran.err
    assert ran.code == 1
    with sqlite3.connect(home / "fenghuo.db") as db:
        db.execute(
            "INSERT INTO subject (key, kind, name, context, details, created_at) VALUES"
            " ('a', 'project', '甲苑', '[]', '{}', '2026-11-20T00:00:00.000000')"
        )
    well = run("doctor")
    assert "正常 监测对象：1 个" in well.err
    assert "正常 收件人" in well.err
    assert well.code == int(any(line.startswith("问题") for line in well.err.splitlines()))
    with sqlite3.connect(home / "fenghuo.db") as db:
        db.execute("UPDATE pack SET yaml = 'version: x' WHERE kind = 'rules'")
    broken = run("doctor")
    assert broken.code == 1
    assert "问题 配置" in broken.err
    assert "正常 审计链" in broken.err, "one broken check does not hide the others"


def test_audit_verify_points_at_the_tampered_step(run: Run, home: Path) -> None:
    from pipelines.wiring import open_app
    from store import audit

    run("init")
    app = open_app()
    with app.db.write() as connection:
        for n in range(3):
            audit.append(
                connection,
                "case:G-1",
                "graded",
                actor=audit.RULE,
                at=app.clock.now(),
                payload={"n": n},
                reason=f"第{n}次",
            )
    fine = run("audit", "verify")
    assert fine.code == 0
    assert "共 3 步，0 条链有问题" in fine.err
    exported = run("audit", "export", "case:G-1").rows
    assert [row["payload"]["n"] for row in exported] == [0, 1, 2]
    with sqlite3.connect(home / "fenghuo.db") as db:
        db.execute("UPDATE audit SET reason = '改过' WHERE seq = 2")
    bad = run("audit", "verify")
    assert bad.code == 1
    assert "case:G-1 第 2 步记录被改动" in bad.err


def test_audit_heads_kept_elsewhere_prove_a_cut_end(run: Run, home: Path, tmp_path: Path) -> None:
    from pipelines.wiring import open_app
    from store import audit

    run("init")
    app = open_app()
    with app.db.write() as connection:
        for _ in range(3):
            audit.append(
                connection, "case:G-1", "graded", actor=audit.RULE, at=app.clock.now()
            )  # fmt: skip
    told = run("audit", "heads")
    assert [(row["object"], row["seq"]) for row in told.rows] == [("case:G-1", 3)]
    (tmp_path / "链头.jsonl").write_text(told.out, encoding="utf-8")
    assert run("audit", "verify", "--heads", "链头.jsonl").code == 0
    with sqlite3.connect(home / "fenghuo.db") as db:
        db.execute("DELETE FROM audit WHERE seq = 3")
    alone = run("audit", "verify")
    assert alone.code == 0
    assert "末尾是否被截去，这次没有核对" in alone.err
    cut = run("audit", "verify", "--heads", "链头.jsonl")
    assert cut.code == 1
    assert "case:G-1 第 3 步起缺失：现有 2 步，留存的链头是第 3 步" in cut.err
    assert "1 条链有问题" in cut.err
    (tmp_path / "坏.jsonl").write_text('{"object": "case:G-1"}\n', encoding="utf-8")
    wrong = run("audit", "verify", "--heads", "坏.jsonl")
    assert wrong.code == 1
    assert "坏.jsonl 第 1 行：不是链头" in wrong.err


def test_backup_and_restore_from_the_command_line(run: Run, home: Path, tmp_path: Path) -> None:
    run("init")
    run("import", jsonl(tmp_path / "p.jsonl", [record(1)]))
    assert run("db", "backup", "kopie.db").code == 0
    run("import", jsonl(tmp_path / "q.jsonl", [record(2)]))
    unsure = run("db", "restore", "kopie.db")
    assert unsure.code == 1
    assert "--yes" in unsure.err
    assert len(texts(home)) == 2
    assert run("db", "restore", "kopie.db", "--yes").code == 0
    assert texts(home) == [LEAK.format(n=1)]
    assert run("db", "upgrade").code == 0
    assert run("trace", "1").code == 0
    kept = [p for p in home.glob("fenghuo.before-restore-*") if not p.name.endswith("-wal")]
    assert len(kept) == 1


def test_an_older_file_again_does_not_bring_back_the_old_text(
    run: Run, home: Path, tmp_path: Path
) -> None:
    run("init")
    old = jsonl(tmp_path / "A.jsonl", [record(1)])
    new = jsonl(tmp_path / "B.jsonl", [record(1, text="望江府外墙已修好")])
    assert "新增 1" in run("import", old).err
    assert "新修订 1" in run("import", new).err
    for path in (old, new, old, new):
        assert "新增 0，新修订 0，已有 1" in run("import", path).err
    assert texts(home) == [LEAK.format(n=1), "望江府外墙已修好"]


def test_crawl_says_what_went_wrong(run: Run, home: Path, tmp_path: Path) -> None:
    run("init")
    assert "没有启用的来源" in run("crawl").err
    run("import", jsonl(tmp_path / "A.jsonl", [record(1)]))
    imported = run("crawl", "导入 A.jsonl")
    assert imported.code == 1
    assert "由导入文件建立的来源，没有网址可以采集" in imported.err
    with sqlite3.connect(home / "fenghuo.db") as db:
        db.execute("UPDATE source SET engine = 'vbulletin', name = '-内部版'")
    failed = run("crawl", "--", "-内部版")
    assert failed.code == 1
    assert "没有采成" in failed.err
    assert "引擎“vbulletin”不认识，可用：discuzx" in failed.err


def test_init_elsewhere_says_how_to_use_it(run: Run, home: Path, tmp_path: Path) -> None:
    assert f"export FENGHUO_HOME={tmp_path / 'neu'}" in run("init", tmp_path / "neu").err
    assert "export" not in run("init", home).err


# ---- what goes wrong ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["trace", "99999999999999999999"], "没有编号为 99999999999999999999 的帖子"),
        (["trace", "²"], "没有编号为 ² 的帖子"),
        (["replay", "p.jsonl", "--step", "²m"], "--step ²m 不对"),
        (["replay", "p.jsonl", "--step", "9999999999d"], "--step 9999999999d 不对"),
        (["db", "backup", "nirgends/x.db"], "没有文件夹 nirgends"),
        (["analyse", "nirgends.jsonl"], "找不到文件 nirgends.jsonl"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_done_is_one_line(
    run: Run, tmp_path: Path, args: list[str], words: str
) -> None:
    run("init")
    jsonl(tmp_path / "p.jsonl", [record(1)])
    ran = run(*args)
    assert (ran.code, ran.out) == (1, "")
    assert words in ran.err
    assert len(ran.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("FENGHUO_DB", "garbage", "FENGHUO_DB 不是数据库地址"),
        ("FENGHUO_DB", "postgresql://localhost/x", "psycopg"),
        ("FENGHUO_DB", "sqlite:////nonexistent/x.db", "打不开文件"),
        ("FENGHUO_HOME", "datei", "datei：已有同名的文件"),
        ("FENGHUO_HOME", "datei/var", "datei/var：路径的一部分是文件"),
    ],
)
def test_wrong_surroundings_are_one_line(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    (tmp_path / "datei").touch()
    monkeypatch.setitem(sys.modules, "psycopg", None)
    monkeypatch.setenv(name, value)
    ran = run("init")
    assert ran.code == 1
    assert words in ran.err
    assert len(ran.err.splitlines()) == 1


def test_ctrl_c_says_stopped_and_exits_130(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pipelines.streams.analyse", interrupted)
    monkeypatch.setattr("logging.disable", lambda: None)
    ran = run("analyse", "-")
    assert (ran.code, ran.out, ran.err) == (130, "", "已停止。\n")


# ---- usage -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "args",
    [
        ["--nonsense"],
        ["fly"],
        ["parse"],
        ["replay"],
        ["trace"],
        ["trace", "1", "2"],
        ["import"],
        ["analyse", "-", "--scorer", "guess"],
        ["parse", "x", "--map", "no-equals"],
        ["serve", "--role", "king"],
        ["db", "fly"],
    ],
    ids=" ".join,
)
def test_wrong_usage_exits_two(run: Run, args: list[str]) -> None:
    ran = run(*args)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("用法不对：")
    said = ran.err.splitlines()[0].removeprefix("用法不对：")
    assert re.search("[㐀-鿿]", said)
    assert not re.search("[A-Za-z]{2,} [a-z]{2,} ", said), "no English sentence"


def test_a_reader_that_stops_early_ends_the_command_quietly(tmp_path: Path) -> None:
    """`fenghuo parse … | head -1` in a real shell: no traceback."""
    path = jsonl(tmp_path / "viel.jsonl", [record(n % 10, id=str(n)) for n in range(5000)])
    root = Path(cli.__file__).parent.parent
    ran = subprocess.run(
        f"'{sys.executable}' -m pipelines parse '{path}' | head -1",
        shell=True, cwd=root, capture_output=True, text=True, timeout=60, check=False,
        env={"FENGHUO_HOME": str(tmp_path / "var"), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    assert json.loads(ran.stdout)["id"] == "0"
    assert ran.stderr == ""
