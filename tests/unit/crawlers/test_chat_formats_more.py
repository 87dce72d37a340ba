"""What chat exporters write besides plain talk, and homes in group cards; all samples invented."""

import json

import pytest

from crawlers.files import parse_file
from domain.clock import iso_shanghai
from domain.homes import home_in_name
from domain.post import MessageKind, ParsedPost, SourceKind


def brief(post: ParsedPost) -> tuple[str | None, str, str]:
    return post.author, str(post.kind), post.text


QCE_HEAD = (
    "[QQChatExporter V5 / https://example.test]\n[本软件免费]\n\n"
    "===============================================\n           QQ聊天记录导出文件\n"
    "===============================================\n\n聊天名称: 柳荫苑2023: 业主群\n"
    "聊天类型: 群聊\n导出时间: 2026-03-01 10:00:00\n消息总数: 9\n\n\n"
)


def test_qce_txt_stand_ins_replies_mentions_and_a_talk_that_looks_like_a_head() -> None:
    text = QCE_HEAD + (
        "甲:\n时间: 2019-02-03 04:05:06\n内容: [无文本内容]\n\n\n"
        "乙:\n时间: 2019-02-03 04:05:07\n内容: [表情消息]\n\n\n"
        "丙:\n时间: 2019-02-03 04:05:08\n内容: [image、video消息]\n资源: 2 个文件\n"
        "  - image: a.jpg\n  - video: b.mp4\n\n\n"
        "0:\n时间: 2019-02-03 04:05:09\n内容: 丁加入本群\n\n\n"
        "戊: 二:\n时间: 2019-02-03 04:05:10\n内容: @甲 今晚开会\n\n地点:\n时间: 八点\n"
        "提及: 甲\n\n\n"
        "己:\n时间: 2019-02-03 04:05:11\n类型: text\n内容: 同意\n"
        "回复: 02-03 04:05 戊 - 今晚开会 - 八点\n\n\n"
        ":\n时间: 2019-02-03 04:05:12\n内容: 没有名字\n\n\n"
        "庚:\n时间: 2019-02-30 04:05:13\n内容: 没有这一天\n\n\n"
        "辛:\n时间: 2019-02-03 04:05:14\n内容: 最后一条\n\n"
        "===============================================\n              导出完成\n"
        "===============================================\n总计导出 9 条消息\n"
    )
    parsed = parse_file(text.encode(), name="q.txt")
    assert parsed.site == "qq:柳荫苑2023: 业主群"
    assert [brief(post) for post in parsed.posts] == [
        ("甲", "empty", ""),
        ("乙", "emoji", "[表情]"),
        ("丙", "text", "[图片][视频]"),
        ("系统消息", "system", "丁加入本群"),
        ("戊: 二", "text", "@甲 今晚开会\n\n地点:\n时间: 八点"),
        ("己", "text", "同意"),
        ("辛", "text", "最后一条"),
    ]
    quote = parsed.posts[5].quote
    assert quote is not None
    assert (quote.author, quote.text) == ("戊", "今晚开会 - 八点")
    lines = text.split("\n")
    assert [bad.line for bad in parsed.bad] == [lines.index(":") + 1, lines.index("庚:") + 1]
    assert "没有发送人" in parsed.bad[0].problem


def qce_message(number: int, **more: object) -> dict[str, object]:
    return {
        "id": str(number),
        "timestamp": 1549137906000 + number * 1000,
        "sender": {"uid": "u_1", "uin": "9001", "name": "昵称", "groupCard": "3-2-1501 王"},
        "type": "type_1",
        "content": {"text": "早", "elements": [{"type": "text", "data": {"text": "早"}}]},
        **more,
    }


def test_qce_json_replies_recalls_and_group_cards() -> None:
    reply = {
        "text": "收到",
        "elements": [
            {"type": "reply", "data": {"senderName": "乙", "content": "明早开会"}},
            {"type": "at", "data": {"name": "乙"}},
            {"type": "text", "data": {"text": " 收到"}},
        ],
    }
    document = {
        "chatInfo": {"name": "群", "type": "group"},
        "messages": [
            qce_message(1),
            qce_message(2, content=reply),
            qce_message(3, recalled=True),
            "不是对象",
        ],
        "exportOptions": {"includedFields": ["id"]},
    }
    parsed = parse_file(json.dumps(document, ensure_ascii=False).encode(), name="q.json")
    first, answer, recalled = parsed.posts
    assert first.author == "3-2-1501 王"
    assert first.household == ("", "3", "2", "1501")
    assert answer.text == "@乙 收到"
    assert answer.quote is not None
    assert answer.quote.text == "明早开会"
    assert (recalled.deleted, first.deleted) == (True, False)
    assert [bad.where for bad in parsed.bad] == ["q.json 第 4 条消息"]


def test_a_chunk_of_qce_jsonl_is_messages_and_not_the_contracts_jsonl() -> None:
    lines = [json.dumps(qce_message(n), ensure_ascii=False) for n in (1, 2)]
    parsed = parse_file("\n".join([*lines, "{坏"]).encode(), name="c000001.jsonl")
    assert (parsed.format, parsed.site, parsed.kind) == ("qce_jsonl", None, SourceKind.GROUP)
    assert [post.text for post in parsed.posts] == ["早", "早"]
    assert [bad.line for bad in parsed.bad] == [3]


def test_memotrace_txt_notices_by_their_shape_and_quotes() -> None:
    text = (
        "2021-05-06 07:08:09 甲\n你好\n\n"
        '2021-05-06 07:08:10 "乙"邀请"丙"加入了群聊\n\n'
        "2021-05-06 07:08:11 群主已启用“群聊邀请确认”\n\n"
        "2021-05-06 07:08:12 新人\n\n\n"
        "2021-05-06 07:08:13 新人\n同意\n引用:甲:你好\n\n"
        "2021-05-06 07:08:14 甲\n第一段\n\n2021-05-06 是约定的日子\n\n"
        "2021-05-06 25:08:15 甲\n没有这个钟点\n\n"
    )
    parsed = parse_file(text.encode(), name="m.txt")
    assert [brief(post) for post in parsed.posts] == [
        ("甲", "text", "你好"),
        ("系统消息", "system", '"乙"邀请"丙"加入了群聊'),
        ("系统消息", "system", "群主已启用“群聊邀请确认”"),
        ("新人", "empty", ""),
        ("新人", "text", "同意"),
        ("甲", "text", "第一段\n\n2021-05-06 是约定的日子"),
    ]
    assert parsed.posts[4].quote is not None
    assert parsed.posts[4].quote.author == "甲"
    assert [bad.where for bad in parsed.bad] == ["m.txt 第 20 行"]


def test_memotrace_csv_shared_things_and_recalls() -> None:
    head = (
        "localId,TalkerId,Type,SubType,IsSender,CreateTime,Status,StrContent,StrTime,"
        "Remark,NickName,Sender\n"
    )
    rows = (
        "1,5,49,6,0,1620256089,,,x,,甲,w1\n"
        "2,5,49,5,0,1620256090,,,x,,甲,w1\n"
        '3,5,10000,0,0,1620256091,,"<revokemsg><![CDATA[""甲"" 撤回了一条消息]]></revokemsg>",'
        "x,,,\n"
        '4,5,1,0,0,1620256092,,"两行\r\n一条",x,备注,甲,w1\n'
        "5,5,1,0,1,1620256093,,自己说的,x\n"
    )
    parsed = parse_file((head + rows).encode(), name="m.csv")
    assert [brief(post) for post in parsed.posts] == [
        ("甲", "text", "[文件]"),
        ("甲", "text", "[链接]"),
        ("系统消息", "system", '"甲" 撤回了一条消息'),
        ("备注", "text", "两行\r\n一条"),
    ]
    assert "没有发送人" in parsed.bad[0].problem


MHT = (
    "From: <Save by Tencent MsgMgr>\nSubject: Tencent IM Message\nMIME-Version: 1.0\n"
    'Content-Type:multipart/related;\n\tcharset="utf-8"\n\ttype="text/html";\n\tboundary="--X"\n\n'
    "----X\nContent-Type: text/html\nContent-Transfer-Encoding:7bit\n\n"
    "<html><body><table width=100% cellspacing=0>"
    "<tr><td><div>消息记录（此消息记录为mht文件格式，不可重新导入）</div></td></tr>"
    "<tr><td><div>消息对象:柳荫苑&amp;业主群</div></td></tr>"
    "<tr><td style=border:0><b>日期: 2020-01-02</b></td></tr>"
    "<tr><td><div style=color:#006EFE;padding-left:10px;><div style=float:left;margin-right:6px;>"
    "3栋-王(90001)</div>9:08:07</div><div style=padding-left:20px;><font color='000000'>漏水"
    '</font><IMG src="{A.dat}"><br>第二行&nbsp;&lt;好&gt;</div></td></tr>'
    "<tr><td><div style=color:#006EFE;><div style=float:left;>系统消息(10000)</div>9:08:08</div>"
    "<div style=padding-left:20px;>甲加入本群</div></td></tr>"
    "</table></body></html>\n----X\nContent-Type:image/jpeg\n\n/9j/4AAQ<tr>不是消息</tr>\n"
)


def test_qq_mht_is_read_as_its_text_export_would_be() -> None:
    parsed = parse_file(MHT.encode(), name="群.mht")
    assert (parsed.format, parsed.site) == ("qq_mht", "qq:柳荫苑&业主群")
    assert [brief(post) for post in parsed.posts] == [
        ("3栋-王", "text", "漏水[图片]\n第二行 <好>"),
        ("系统消息", "system", "甲加入本群"),
    ]
    assert parsed.posts[0].published_at is not None
    assert iso_shanghai(parsed.posts[0].published_at).startswith("2020-01-02T09:08:07")
    assert parsed.posts[0].author_id == "90001"


@pytest.mark.parametrize(
    ("name", "home"),
    [
        ("3-2-1501", ("", "3", "2", "1501")),
        ("3栋2单元1501-张", ("", "3", "2", "1501")),
        ("二期5号楼801", ("2", "5", "", "801")),
        ("A12-1003 小李", ("", "A12", "", "1003")),
        ("5栋-520", ("", "5", "", "520")),
        ("13-14-520", None),
        ("5-20-1314", None),
        ("1-1-888", None),
        ("11-20-2026", None),
        ("12-25-1990", None),
        ("2026-11-20", None),
        ("8-2000", None),
        ("3-1200", None),
        ("80-120平", None),
        ("3-101班", None),
        ("021-5550", None),
        ("110-119", None),
        ("0-101", None),
        ("192-168-101", None),
        ("王先生", None),
    ],
)
def test_a_room_is_no_date_price_or_joke(name: str, home: tuple[str, str, str, str] | None) -> None:
    assert home_in_name(name) == home


def test_the_household_comes_from_the_card_in_every_chat_format() -> None:
    files = {
        "qq_txt": "消息记录（此消息记录为文本格式，不支持重新导入）\n\n"
        "2026-11-02 9:00:00 3-2-1501(900001)\n漏水\n",
        "qce_txt": QCE_HEAD + "3-2-1501:\n时间: 2026-11-02 09:00:00\n内容: 漏水\n",
        "memotrace_txt": "2026-11-02 09:00:00 3-2-1501\n漏水\n\n",
        "memotrace_csv": "localId,TalkerId,Type,SubType,IsSender,CreateTime,Status,StrContent,"
        "StrTime,Remark,NickName,Sender\n1,5,1,0,0,1793584790,,漏水,x,,3-2-1501,w1\n",
        "weflow_json": json.dumps(
            {
                "weflow": {},
                "session": {},
                "messages": [
                    {
                        "createTime": 1793584790,
                        "localType": 1,
                        "content": "漏水",
                        "senderUsername": "w1",
                        "senderDisplayName": "3-2-1501",
                    }
                ],
            }
        ),
    }
    for name, text in files.items():
        parsed = parse_file(text.encode(), name="x")
        assert parsed.format == name
        assert [post.household for post in parsed.posts] == [("", "3", "2", "1501")], name


def test_a_picture_alone_and_a_system_line_have_their_kinds_whatever_the_year() -> None:
    body = (
        "2009-12-31 23:59:59 甲(90001)\n[图片]\n\n"
        "2031-1-1 0:00:00 系统消息(10000)\n乙撤回了一条消息\n\n"
        "2031-1-1 0:00:01 [图片](90002)\n名字像图片\n"
    )
    head = "消息记录（此消息记录为文本格式，不支持重新导入）\n\n"
    parsed = parse_file((head + body).encode(), name="x")
    assert [post.kind for post in parsed.posts] == [
        MessageKind.IMAGE,
        MessageKind.SYSTEM,
        MessageKind.TEXT,
    ]
    assert parsed.posts[2].author == "[图片]"
