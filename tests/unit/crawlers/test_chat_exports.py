"""Chat exports: every quirk of the real files, with invented words; bad lines never stop a file."""

import json

import pytest

from crawlers.files import FORMATS, parse_file
from domain.clock import iso_shanghai
from domain.errors import ParseError
from domain.post import MessageKind, ParsedPost, SourceKind

QQ_HEAD = (
    "消息记录（此消息记录为文本格式，不支持重新导入）\r\n\r\n"
    "================================================================\r\n"
    "消息分组:我的QQ群\r\n"
    "================================================================\r\n"
    "消息对象:{name}\r\n"
    "================================================================\r\n\r\n"
)


def qq(body: str, name: str = "柳荫苑业主群") -> bytes:
    return b"\xef\xbb\xbf" + (QQ_HEAD.format(name=name) + body).encode()


def told(post: ParsedPost) -> tuple[str, str | None, str | None, str, str]:
    assert post.published_at is not None
    return (
        iso_shanghai(post.published_at)[:19],
        post.author_id,
        post.author,
        str(post.kind),
        post.text,
    )


def test_qq_txt_quirks_of_real_exports() -> None:
    body = (
        "2026-11-02 9:19:50 3栋 李(二妞)(900000000012)\r\n第一行\r\n\r\n隔一行\r\n\r\n"
        "2026-11-02 10:00:00 【物业】小王<liu@mail.example>\r\n收到\n\n"
        "2026-11-02 10:00:01 老张<13900000000>\r\n上一句\r下一句\r\n\r\n"
        "2026-11-02 10:00:02 900000000012(900000000012)\r\n[图片]\r\n\r\n"
        "2026-11-02 10:00:03 3栋 李(900000000012)\r\n[表情]\r\n\r\n"
        "2026-11-02 10:00:04 3栋 李(900000000012)\r\n[图片]这里漏[表情]\r\n\r\n"
        "2026-11-02 10:00:05 3栋 李(900000000012)\r\n\r\n\r\n"
        "2026-11-02 10:00:06 系统消息(10000)\r\n老张加入本群\r\n\r\n"
        "2026-11-02 10:00:07   前有空格(900000000013)\r\n嗯\r\n"
    )
    parsed = parse_file(qq(body), name="a.txt")
    assert (parsed.format, parsed.site, parsed.kind) == (
        "qq_txt",
        "qq:柳荫苑业主群",
        SourceKind.GROUP,
    )
    assert parsed.bad == ()
    assert [told(post) for post in parsed.posts] == [
        ("2026-11-02T09:19:50", "900000000012", "3栋 李(二妞)", "text", "第一行\n\n隔一行"),
        ("2026-11-02T10:00:00", "liu@mail.example", "【物业】小王", "text", "收到"),
        ("2026-11-02T10:00:01", "13900000000", "老张", "text", "上一句\n下一句"),
        ("2026-11-02T10:00:02", "900000000012", "900000000012", "image", "[图片]"),
        ("2026-11-02T10:00:03", "900000000012", "3栋 李", "emoji", "[表情]"),
        ("2026-11-02T10:00:04", "900000000012", "3栋 李", "text", "[图片]这里漏[表情]"),
        ("2026-11-02T10:00:05", "900000000012", "3栋 李", "empty", ""),
        ("2026-11-02T10:00:06", "10000", "系统消息", "system", "老张加入本群"),
        ("2026-11-02T10:00:07", "900000000013", "  前有空格", "text", "嗯"),
    ]
    assert {post.native_id for post in parsed.posts} == {None}


def test_qq_txt_says_which_line_is_bad_and_goes_on() -> None:
    body = (
        "2026-11-02 9:00:00 甲(900000000001)\r\n早\r\n\r\n"
        "2026-13-45 9:00:00 乙(900000000002)\r\n不存在的日子\r\n\r\n"
        "2026-11-02 9:02:00 \r\n谁说的\r\n\r\n"
        "2026-11-02 9:03:00 丙(900000000003)\r\n好\r\n"
    )
    parsed = parse_file(qq(body), name="群.txt")
    assert [post.text for post in parsed.posts] == ["早", "好"]
    assert [bad.where for bad in parsed.bad] == ["群.txt 第 12 行", "群.txt 第 15 行"]
    assert "不存在" in parsed.bad[0].problem
    assert "没有发送人" in parsed.bad[1].problem


def test_qq_txt_with_a_header_only_is_refused() -> None:
    with pytest.raises(ParseError, match="一条消息也没有"):
        parse_file(qq(""), name="空群.txt")


def test_qq_txt_in_gbk_is_read_as_well() -> None:
    text = QQ_HEAD.format(name="柳荫苑") + "2026-11-02 9:00:00 甲(900000000001)\r\n楼道灯坏了喆\r\n"
    assert parse_file(text.encode("gbk"), name="g.txt").posts[0].text == "楼道灯坏了喆"


QCE = {
    "metadata": {"name": "QQChatExporter V5"},
    "chatInfo": {"name": "柳荫苑业主群", "type": "group"},
    "messages": [
        {
            "id": "1",
            "timestamp": 1793584790000,
            "sender": {"uid": "u_1", "uin": "9001", "name": "甲"},
            "content": {
                "text": "x",
                "elements": [
                    {"type": "image", "data": {"filename": "A.jpg"}},
                    {"type": "text", "data": {"text": "看这里"}},
                    {"type": "face", "data": {"id": 4}},
                ],
            },
        },
        {
            "id": "2",
            "timestamp": 1793584791000,
            "sender": {"uin": "0", "name": "0"},
            "system": True,
            "content": {"text": "乙加入本群", "elements": []},
        },
        {"id": "3", "sender": {"uin": "9001", "name": "甲"}, "content": {"text": "没有时间"}},
        {"id": "4", "timestamp": 1793584792000, "sender": {}, "content": {"text": "没有人"}},
    ],
}


def test_qce_json() -> None:
    parsed = parse_file(json.dumps(QCE, ensure_ascii=False).encode(), name="q.json")
    assert (parsed.format, parsed.site) == ("qce_json", "qq:柳荫苑业主群")
    assert [told(post)[1:] for post in parsed.posts] == [
        ("9001", "甲", "text", "[图片]看这里[表情]"),
        ("10000", "系统消息", "system", "乙加入本群"),
    ]
    assert [bad.record_id for bad in parsed.bad] == ["3", "4"]


def test_half_written_json_names_the_place() -> None:
    whole = json.dumps(QCE, ensure_ascii=False, indent=1)
    with pytest.raises(ParseError, match=r"q\.json 第 \d+ 行第 \d+ 列：JSON 没有写完"):
        parse_file(whole[: len(whole) // 2].encode(), name="q.json")


def test_qce_txt_with_picture_lists_and_foot() -> None:
    text = (
        "[QQChatExporter V5 / https://example.test]\n\n====\n  QQ聊天记录导出文件\n====\n\n"
        "聊天名称: 柳荫苑业主群\n聊天类型: 群聊\n\n\n"
        "甲:\n时间: 2026-11-02 09:00:00\n内容: 第一行\n\n内容: 不是新消息\n\n\n"
        "乙:\n时间: 2026-11-02 09:00:05\n内容: [图片: AB.jpg]\n"
        "资源: 1 个文件\n  - image: AB.jpg\n\n\n"
        "===============================================\n              导出完成\n总计导出 2 条\n"
    )
    parsed = parse_file(text.encode(), name="q.txt")
    assert [told(post)[2:] for post in parsed.posts] == [
        ("甲", "text", "第一行\n\n内容: 不是新消息"),
        ("乙", "image", "[图片]"),
    ]


def test_memotrace_csv_media_are_words() -> None:
    text = (
        "\ufefflocalId,TalkerId,Type,SubType,IsSender,CreateTime,Status,StrContent,StrTime,Remark,"
        "NickName,Sender\n"
        "1,5,1,0,0,1793584790,,到了,2026-11-02 09:19:50,甲,甲,wxid_1\n"
        '2,5,3,0,0,1793584791,,"<?xml version=""1.0""?>\n<msg/>",x,甲,甲,wxid_1\n'
        "3,5,47,0,0,1793584792,,<msg/>,x,甲,甲,wxid_1\n"
        "4,5,10000,0,0,1793584793,,甲撤回了一条消息,x,,,\n"
        "5,5,1,0,0,,,没有时间,,甲,甲,wxid_1\n"
    )
    parsed = parse_file(text.encode(), name="m.csv")
    assert parsed.format == "memotrace_csv"
    assert [told(post)[1:] for post in parsed.posts] == [
        ("wxid_1", "甲", "text", "到了"),
        ("wxid_1", "甲", "image", "[图片]"),
        ("wxid_1", "甲", "emoji", "[表情]"),
        ("10000", "系统消息", "system", "甲撤回了一条消息"),
    ]
    assert parsed.bad[0].record_id == "5"


def test_memotrace_txt_notice_and_empty_line_are_told_apart() -> None:
    text = (
        "2026-11-02 09:00:00 甲\n你好\n第二行\n\n2026-11-02 09:00:01 乙加入本群\n\n"
        "2026-11-02 09:00:02 甲\n\n2026-11-02 09:00:03 乙\n[表情包]\n"
    )
    parsed = parse_file(text.encode(), name="m.txt")
    assert parsed.format == "memotrace_txt"
    assert [told(post)[2:] for post in parsed.posts] == [
        ("甲", "text", "你好\n第二行"),
        ("系统消息", "system", "乙加入本群"),
        ("甲", "empty", ""),
        ("乙", "emoji", "[表情]"),
    ]


def test_weflow_json() -> None:
    document = {
        "weflow": {"version": "1"},
        "session": {"displayName": "柳荫苑"},
        "messages": [
            {
                "localId": 1,
                "createTime": 1793584790,
                "localType": 1,
                "content": "早",
                "senderUsername": "wxid_1",
                "senderDisplayName": "甲",
            },
            {
                "localId": 2,
                "createTime": 1793584791,
                "localType": 10000,
                "content": "甲撤回了一条消息",
            },
        ],
    }
    parsed = parse_file(json.dumps(document, ensure_ascii=False).encode(), name="w.json")
    assert (parsed.format, parsed.site) == ("weflow_json", "wx:柳荫苑")
    assert [post.kind for post in parsed.posts] == [MessageKind.TEXT, MessageKind.SYSTEM]


BY_LINE = {"jsonl", "qce_jsonl"}


@pytest.mark.parametrize("name", sorted(FORMATS.keys() - BY_LINE))
def test_every_format_refuses_foreign_words(name: str) -> None:
    with pytest.raises(ParseError, match=r"^x\.bin"):
        parse_file("hh 今天天气不错\n就这样".encode(), name="x.bin", format=name)


@pytest.mark.parametrize("name", sorted(BY_LINE))
def test_line_formats_refuse_foreign_words_line_by_line(name: str) -> None:
    parsed = parse_file("hh 今天天气不错\n就这样".encode(), name="x.bin", format=name)
    assert parsed.posts == ()
    assert [bad.where for bad in parsed.bad] == ["x.bin 第 1 行", "x.bin 第 2 行"]
