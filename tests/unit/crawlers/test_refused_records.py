"""Records no database can take are refused by line and field; messages never repeat a value."""

import json

import pytest

from crawlers.files import parse_file
from domain.post import BadRecord, ParsedFile

SECRET = "陈某3-2-1501"
GOOD: dict[str, object] = {"id": "ok", "text": "好", "published_at": "2026-11-20 08:00"}


def lines(*records: dict[str, object]) -> ParsedFile:
    text = "\n".join(json.dumps(record) for record in records)
    return parse_file(text.encode(), name="a.jsonl")


@pytest.mark.parametrize(
    ("field", "word"),
    [("text", "正文"), ("id", "id"), ("author", "发送人"), ("url", "url"), ("outlet", "媒体"),
     ("thread_id", "thread_id"), ("title", "标题"), ("project", "项目"), ("source", "来源")],
)  # fmt: skip
def test_half_a_sign_is_refused_by_line_and_field_and_the_rest_goes_on(
    field: str, word: str
) -> None:
    found = lines(GOOD, GOOD | {"id": "2"} | {field: "漏\ud83d水"}, GOOD | {"id": "3"})
    assert [post.native_id for post in found.posts] == ["ok", "3"]
    (bad,) = found.bad
    assert (bad.where, bad.line) == ("a.jsonl 第 2 行", 2)
    assert word in bad.problem
    assert "漏" not in bad.problem


def test_zero_bytes_and_huge_counts_are_left_out() -> None:
    told = {"id": "A\0 1", "url": "http://x.test/\0a", "thread_id": "\0", "views": 10**20}
    (post,) = lines(GOOD | told).posts
    assert (post.native_id, post.url, post.thread_id) == ("A 1", "http://x.test/a", None)
    assert post.views is None


def test_half_a_sign_in_a_quote_costs_the_quote_alone() -> None:
    (post,) = lines(GOOD | {"quote": {"author": "甲", "text": "\ud800"}}).posts
    assert post.quote is None


CHAT = "消息记录（此消息记录为文本格式，不支持重新导入）\n\n消息对象:业主群\n\n"
WRONG = {
    "time": ("a.jsonl", json.dumps(GOOD | {"published_at": SECRET})),
    "kind": ("a.jsonl", json.dumps(GOOD | {"source_kind": SECRET})),
    "csv": ("b.csv", f"时间,发送人,内容\n{SECRET},{SECRET},漏水\n"),
    "qq": (
        "c.txt",
        f"{CHAT}2026-11-20 8:00:00 甲(123456)\n好\n\n2026-13-45 8:00:00 {SECRET}(123456)\n坏\n",
    ),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_refused_value_is_not_repeated(kind: str) -> None:
    name, text = WRONG[kind]
    bad = parse_file(text.encode(), name=name).bad
    assert bad
    assert not any(_told(record, "陈某", "1501", "13-45") for record in bad)


def _told(record: BadRecord, *words: str) -> bool:
    return any(word in record.problem or word in record.where for word in words)
