"""JSONL and CSV: the contract's "Post in", synonyms, mapping, and every kind of bad input."""

import gzip
import json
from datetime import UTC, datetime

import pytest

from crawlers.files import parse_file
from domain.errors import ParseError
from domain.post import MessageKind, Precision, SourceKind

EIGHT = datetime(2026, 11, 21, 0, 5, tzinfo=UTC)  # 08:05 in Shanghai


def lines(*records: object) -> bytes:
    return "\n".join(json.dumps(record, ensure_ascii=False) for record in records).encode()


def test_contract_record_is_read_field_by_field() -> None:
    record = {
        "id": "p1", "text": "电梯又坏了", "title": "电梯", "url": "http://x.example.test/1",
        "source": "bbs.example.test", "source_kind": "forum", "author": "甲", "project": "liuyin",
        "thread_id": "9", "floor": 2, "published_at": "2026-11-21T08:05:00+08:00",
        "fetched_at": "2026-11-21T00:06:00Z", "views": "1.2万", "replies": 3, "likes": "10+",
        "backfill": True, "outlet": "示例日报",
    }  # fmt: skip
    post = parse_file(lines(record), name="a.jsonl").posts[0]
    assert (post.native_id, post.text, post.title) == ("p1", "电梯又坏了", "电梯")
    assert (post.site, post.source_kind, post.author) == (
        "bbs.example.test",
        SourceKind.FORUM,
        "甲",
    )
    assert (post.project, post.thread_id, post.floor) == ("liuyin", "9", 2)
    assert post.published_at == EIGHT
    assert post.fetched_at == datetime(2026, 11, 21, 0, 6, tzinfo=UTC)
    assert (post.views, post.replies, post.likes) == (12000, 3, 10)
    assert (post.backfill, post.outlet, post.line) == (True, "示例日报", 1)


@pytest.mark.parametrize(
    ("value", "precision"),
    [
        ("2026-11-21 08:05", Precision.MINUTE),
        ("2026-11-21T08:05:00", Precision.SECOND),
        ("2026-11-21T00:05:00Z", Precision.SECOND),
        ("2026/11/21 8:05", Precision.MINUTE),
        ("2026年11月21日 08时05分", Precision.MINUTE),
        (1795219500, Precision.SECOND),
        ("1795219500000", Precision.SECOND),
        (1795219500000.0, Precision.SECOND),
    ],
)
def test_the_same_instant_in_every_spelling(value: object, precision: Precision) -> None:
    post = parse_file(lines({"text": "水压低", "time": value}), name="a").posts[0]
    assert (post.published_at, post.precision) == (EIGHT, precision)
    assert post.native_id is None


def test_bad_records_are_named_and_the_rest_goes_on() -> None:
    data = b"\n".join(
        [
            lines({"id": 1, "content": "好", "time": "2026-11-21 08:05"}),
            b'{"id": 2, "text": "\xe6\x96\xad',
            lines({"id": 3, "text": "没有时间"}),
            lines({"id": 4, "text": "乱写时间", "time": "明天吧"}),
            lines({"id": 5, "time": "2026-11-21 08:05"}),
            lines(
                {"id": 6, "text": "群里说的", "time": "2026-11-21 08:05", "source_kind": "group"}
            ),
            lines({"id": 7, "text": "哪来的", "time": "2026-11-21 08:05", "source_kind": "梦里"}),
            b"[1, 2]",
            lines({"id": 9, "body": "末条", "user": "乙", "time": "2026-11-21 08:05"}),
        ]
    )
    parsed = parse_file(data, name="混.jsonl")
    assert [post.native_id for post in parsed.posts] == ["1", "9"]
    assert [bad.where.split()[-2] for bad in parsed.bad] == ["2", "3", "4", "5", "6", "7", "8"]
    assert [bad.record_id for bad in parsed.bad] == [None, "3", "4", "5", "6", "7", None]
    words = [bad.problem for bad in parsed.bad]
    for word, problem in zip(
        ["完整的 JSON", "没有时间", "time 字段", "没有正文", "没有发送人", "source_kind", "对象"],
        words,
        strict=True,
    ):
        assert word in problem


def test_time_may_lack_where_it_is_not_needed() -> None:
    assert parse_file(lines({"id": 1, "text": "好"}), name="a", need_time=False).posts
    assert parse_file(lines({"id": 1, "text": "好"}), name="a").posts == ()


def test_line_separator_inside_a_string_is_not_a_line_end() -> None:
    data = lines({"text": "前\u2028后\x85", "time": "2026-11-21 08:05"})
    assert len(parse_file(data, name="a").posts) == 1


def test_expected_file_of_a_chat_reads_back() -> None:
    record = {
        "seq": 0, "time": "2026-11-21 08:05:00", "sender_id": "10000", "sender": "系统消息",
        "kind": "system", "text": "甲加入本群",
    }  # fmt: skip
    post = parse_file(lines(record), name="a").posts[0]
    assert (post.author_id, post.author, post.kind) == ("10000", "系统消息", MessageKind.SYSTEM)


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_csv_by_synonyms_in_every_encoding(codec: str, delimiter: str) -> None:
    rows = [
        ["标题", "正文", "发布时间", "昵称", "点赞数"],
        ["问", "门禁坏了三天", "2026-11-21 08:05", "甲", "1,024"],
    ]
    text = "\r\n".join(
        delimiter.join(f'"{cell}"' if delimiter in cell else cell for cell in row) for row in rows
    )
    parsed = parse_file(text.encode(codec), name="t.csv")
    post = parsed.posts[0]
    assert (parsed.format, post.title, post.text, post.author, post.likes) == (
        "csv", "问", "门禁坏了三天", "甲", 1024,
    )  # fmt: skip
    assert post.published_at == EIGHT


def test_csv_mapping_beats_synonyms_and_is_checked() -> None:
    data = "内容,当时说的,日子\n正式答复,原话,2026-11-21 08:05\n".encode()
    plain = parse_file(data, name="t.csv", mapping={"published_at": "日子"})
    assert plain.posts[0].text == "正式答复"
    mapped = parse_file(data, name="t.csv", mapping={"text": "当时说的", "published_at": "日子"})
    assert mapped.posts[0].text == "原话"
    with pytest.raises(ParseError, match="“没有这列”不存在，表里有：内容、当时说的、日子"):
        parse_file(data, name="t.csv", mapping={"text": "没有这列"})
    with pytest.raises(ParseError, match="“心情”不认识"):
        parse_file(data, name="t.csv", mapping={"心情": "内容"})


def test_csv_with_wrong_columns_says_what_to_do() -> None:
    with pytest.raises(
        ParseError, match=r"找不到正文（text）、时间（published_at）列.*--map text=列名"
    ):
        parse_file("甲,乙\n1,2\n".encode(), name="t.csv")


def test_csv_quoted_lines_and_ragged_rows() -> None:
    data = '内容,时间\n"第一行\n第二行",2026-11-21 08:05\n少一列\n末条,2026-11-21 08:05\n'.encode()
    parsed = parse_file(data, name="t.csv")
    assert [post.text for post in parsed.posts] == ["第一行\n第二行", "末条"]
    assert parsed.bad[0].where == "t.csv 第 4 行"
    assert "有 1 列，表头是 2 列" in parsed.bad[0].problem


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "空的"),
        (b" \n\t\n", "空的"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0", "不是文本"),
        (b"PK\x03\x04\x14\0\0\0", "不是文本"),
        ("hh 你好".encode(), "认不出"),
        (gzip.compress(b"x" * 100, mtime=0)[:-9], "不完整"),
        (b"\x1f\x8b\x08\0\0\0\0\0\0\0\xff\xff\xff", "损坏"),
        ('[{"id": 1, "text": "没写'.encode(), "没有写完"),
    ],
)
def test_unreadable_files_are_refused_in_words(data: bytes, word: str) -> None:
    with pytest.raises(ParseError, match=word) as raised:
        parse_file(data, name="坏.dat")
    assert str(raised.value).startswith("坏.dat")


def test_gzip_is_understood() -> None:
    data = lines({"text": "好", "time": "2026-11-21 08:05"})
    packed = gzip.compress(data + b"\n")
    assert parse_file(packed, name="a.jsonl.gz").posts[0].text == "好"
    assert len(parse_file(packed * 3, name="a.jsonl.gz").posts) == 3


def test_gbk_announced_as_utf8_is_read_right() -> None:
    data = b"\xef\xbb\xbf" + "内容,时间\n外立面开裂了怎么办,2026-11-21 08:05\n".encode("gbk")
    assert parse_file(data, name="t.csv").posts[0].text == "外立面开裂了怎么办"


def test_unknown_format_is_listed() -> None:
    with pytest.raises(ParseError, match="不认识的格式“xls”"):
        parse_file(b"x", name="a", format="xls")
