"""Long files: read part by part as they would be whole, damaged ones up to the damaged line."""

import gzip
import io
import json
from collections.abc import Iterator
from itertools import islice

import pytest

from crawlers import decode, files
from crawlers.decode import CHUNK, decoded, unpacked
from crawlers.files import check, columns_of, open_stream, parse_file, worthwhile
from crawlers.formats.document import Document
from crawlers.ordinals import _Seen
from crawlers.reader import TextReader
from domain.errors import ParseError
from domain.homes import home_in_name
from domain.post import BadRecord, ParsedPost

HEAD = "消息记录（此消息记录为文本格式，不支持重新导入）\r\n\r\n消息对象:柳荫苑\r\n\r\n"


def talk(count: int) -> str:
    return HEAD + "".join(
        f"2026-11-02 9:{n // 60 % 60:02d}:{n % 60:02d} 邻居{n % 7}(90000{n % 7})\r\n"
        f"第 {n} 句喆😀\u2028还有\r半句\r\n\r\n"
        for n in range(count)
    )


class Slow(io.BytesIO):
    """A file that gives few bytes at a time, so that characters and lines are cut anywhere."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(7 if size is None or size < 0 else min(size, 7))


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_file_in_crumbs_is_the_file_in_one_piece(codec: str) -> None:
    text = talk(40)
    whole = parse_file(text.encode(codec), name="a.txt")
    if codec in {"gb18030"}:
        # The charset is told from the first part with a foreign byte: seven bytes are no sample.
        stream: io.BytesIO = io.BytesIO(text.encode(codec))
    else:
        stream = Slow(text.encode(codec))
    crumbs = open_stream(stream, name="a.txt")
    assert crumbs.site == whole.site == "qq:柳荫苑"
    assert tuple(crumbs.items) == whole.posts
    assert len(whole.posts) == 40


def test_a_posts_stream_is_read_as_it_is_asked_for() -> None:
    data = talk(60_000).encode()
    assert len(data) > 8 * CHUNK
    stream = io.BytesIO(data)
    opened = open_stream(stream, name="a.txt")
    assert len(list(islice(opened.items, 10))) == 10
    assert stream.tell() <= 2 * CHUNK, "the rest is not read yet"


def test_gz_is_unpacked_on_the_way_and_a_cut_one_is_refused() -> None:
    data = talk(3_000).encode()
    packed = gzip.compress(data[:1000]) + gzip.compress(data[1000:]) + b"\0" * 512
    assert parse_file(packed, name="a.gz").posts == parse_file(data, name="a.txt").posts
    with pytest.raises(ParseError, match="不完整"):
        check(io.BytesIO(packed[:-600]), name="a.gz")
    with pytest.raises(ParseError, match=r"不完整|已损坏"):
        parse_file(packed[: len(packed) // 2], name="a.gz")


def test_a_bomb_is_refused_where_it_grows_too_big(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode, "_MAX_UNPACKED", 10 * CHUNK)
    bomb = gzip.compress(b"0" * (40 * CHUNK))
    sizes: list[int] = []

    def read_all() -> None:
        sizes.extend(len(part) for part in unpacked([bomb], where="弹.gz"))

    with pytest.raises(ParseError, match=r"弹\.gz：解压后超过"):
        read_all()
    assert (max(sizes), sum(sizes)) == (CHUNK, 10 * CHUNK)


def test_a_damaged_tail_is_reported_with_its_line_and_the_rest_is_kept() -> None:
    good = talk(20_000).encode()
    bad = "2026-11-02 10:00:00 甲(90001)\r\n乱码从这里开始喆喆喆喆喆喆喆喆\r\n".encode("gb18030")
    parsed = parse_file(good + bad * 3_000, name="坏.txt")
    assert len(parsed.posts) > 15_000
    (problem,) = parsed.bad
    assert "编码读不通" in problem.problem
    assert problem.line is not None
    assert problem.line <= good.count(b"\n") + 3


def test_one_broken_byte_is_no_reason_to_stop() -> None:
    data = bytearray(talk(3_000).encode())
    place = data.index("第 1500 句".encode())
    data[place : place + 1] = b"\xff"
    parsed = parse_file(bytes(data), name="a.txt")
    assert (len(parsed.posts), parsed.bad) == (3_000, ())


def test_an_ascii_beginning_does_not_decide_the_charset() -> None:
    rows = "".join(f"2026-11-02 09:00,row {n}\n" for n in range(20_000))
    data = f"time,text\n{rows}".encode() + "2026-11-02 10:00,外墙渗水又来了\n".encode("gb18030")
    assert parse_file(data, name="a.csv").posts[-1].text == "外墙渗水又来了"


def pieces(text: str, size: int) -> Iterator[str]:
    for start in range(0, len(text), size):
        yield text[start : start + size]


@pytest.mark.parametrize("size", [1, 3, 10, 100_000])
@pytest.mark.parametrize("indent", [None, 2])
def test_the_json_reader_gives_what_json_loads_gives(size: int, indent: int | None) -> None:
    document = {
        "a": {"深": [1, -2.5e3, True, None, 'x"y\\', "\u2028"]},
        "n": 1234567,
        "messages": [{"n": n, "t": "字" * n, "u": "\\u4e2d"} for n in range(30)] + [7, "s", []],
        "after": {"k": [1]},
        "end": 5,
    }
    text = json.dumps(document, ensure_ascii=size % 2 == 0, indent=indent)
    reader = Document(TextReader(pieces(text, size), name="d"), name="d")
    head = reader.head("messages")
    assert head == {"a": document["a"], "n": 1234567}
    assert list(reader.rows()) == document["messages"]
    reader.rest()


@pytest.mark.parametrize("size", [1, 9, 100_000])
@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ('{"messages": [\n {"a": 1},\n {"a": "没完', "第 3 行第 8 列", "没有写完"),
        ('{"messages": [\n {"a": 1},\n {"a" 2}, {"b": "后面还有很长很长的一段文字在这里"}]}',
         "第 3 行第 7 列", "有错误"),
        ('{"messages": [{"a": 1}', "第 1 行", "没有写完"),
        ('{"messages": [{"a": 1}] "b": 1}', "第 1 行第 25 列", "有错误"),
    ],
)  # fmt: skip
def test_a_broken_document_names_line_and_column(
    size: int, text: str, where: str, what: str
) -> None:
    reader = Document(TextReader(pieces(text, size), name="坏.json"), name="坏.json")
    reader.head("messages")

    def read_on() -> None:
        list(reader.rows())
        reader.rest()

    with pytest.raises(ParseError, match=rf"坏\.json {where}.*JSON {what}"):
        read_on()


def test_a_document_nested_without_end_is_refused() -> None:
    with pytest.raises(ParseError, match="JSON"):
        parse_file(b'{"weflow":{},"messages":[' + b"[" * 100_000, name="深.json")


def test_equal_lines_of_one_second_are_numbered_however_far_apart() -> None:
    line = "2026-11-02 9:00:00 甲(90001)\n在\n\n"
    other = "2026-11-02 9:00:00 乙(90002)\n在\n\n"
    data = (HEAD + line + other + line + talk(50)[len(HEAD) :] + line + other).encode()
    posts = [post for post in parse_file(data, name="a").posts if post.text == "在"]
    assert [(post.author, post.ordinal) for post in posts] == [
        ("甲", None),
        ("乙", None),
        ("甲", 1),
        ("甲", 2),
        ("乙", 1),
    ]


def test_the_table_of_seen_lines_is_a_set() -> None:
    table, known = _Seen(), set[int]()
    for n in range(30_000):
        key = (n * 2654435761 % 20_011) + 1 << 13
        assert table.add(key) == (key not in known)
        known.add(key)


def test_a_file_of_which_no_record_has_time_or_sender_is_refused_as_a_whole() -> None:
    rows = "".join(f'{{"text": "第 {n} 句"}}\n' for n in range(300))
    opened = open_stream(io.BytesIO(rows.encode()), name="无时间.jsonl")
    with pytest.raises(ParseError, match=r"没有一条记录能用.*第 1 行：没有时间"):
        list(worthwhile(opened.items, name="无时间.jsonl"))


def test_refused_records_before_the_first_good_one_are_not_lost() -> None:
    rows = '{"text": "无时间"}\n{"text": "好", "time": "2026-11-02 09:00"}\n{"text": "无时间"}\n'
    opened = open_stream(io.BytesIO(rows.encode()), name="a.jsonl")
    kinds = [type(item) for item in worthwhile(opened.items, name="a.jsonl")]
    assert kinds == [BadRecord, ParsedPost, BadRecord]


def test_a_line_without_end_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crawlers.reader.LONGEST", 1000)
    reader = TextReader(("x" * 100 for _ in range(1000)), name="长.txt")
    with pytest.raises(ParseError, match=r"长\.txt 第 1 行：一行超过"):
        list(reader.lines())


def test_the_header_of_a_table_is_told_and_nothing_else_has_one() -> None:
    assert columns_of(io.BytesIO("甲,乙\n1,2\n".encode()), name="t.csv") == ("甲", "乙")
    assert columns_of(io.BytesIO(talk(1).encode()), name="t.txt") == ()
    assert columns_of(io.BytesIO(b'{"text": "x"}\n'), name="t.jsonl") == ()


def test_decoding_keeps_a_character_that_two_parts_share() -> None:
    data = ("好" * 1000).encode()
    cut = [data[:1001], data[1001:]]
    assert "".join(decoded(cut, where="a")) == "好" * 1000


def test_every_format_of_the_contract_is_there() -> None:
    contract = (
        "qq_txt qce_json qce_txt memotrace_csv memotrace_txt weflow_json mediacrawler "
        "weibo_search csv jsonl"
    )
    assert set(contract.split()) <= set(files.FORMATS)
    assert home_in_name("3-2-1501") is not None
