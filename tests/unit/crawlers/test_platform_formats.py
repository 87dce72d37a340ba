"""Files of MediaCrawler and weibo-search, old and new columns; every post and person invented."""

import csv
import io
import json
from collections.abc import Mapping, Sequence

import pytest

from crawlers.files import parse_file
from domain.clock import iso_shanghai
from domain.post import ParsedFile, SourceKind

SECRET = ("头像地址", "签名", "湖北", "女")


def as_csv(rows: Sequence[Mapping[str, object]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode("utf-8-sig")


def as_json(rows: Sequence[Mapping[str, object]]) -> bytes:
    return json.dumps(list(rows), ensure_ascii=False, indent=4).encode()


def as_jsonl(rows: Sequence[Mapping[str, object]]) -> bytes:
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode()


WEIBO = {
    "note_id": "5100000000000001", "content": "望江府外墙渗水", "create_time": 1763600400,
    "create_date_time": "2025-11-20 09:00:00", "liked_count": "1.2万", "comments_count": "10+",
    "shared_count": "None", "last_modify_ts": 1763700000000,
    "note_url": "https://m.weibo.cn/detail/5100000000000001", "creator_hash": "ab12",
    "nickname": "江城小陈", "source_keyword": "望江府",
}  # fmt: skip
XHS = {
    "note_id": "66a0b1", "type": "normal", "title": "收房日记", "desc": "墙面空鼓 #收房[话题]#",
    "video_url": "", "time": 1763600400000, "last_update_time": 1763600400000,
    "creator_hash": "cd34", "nickname": "阿梨", "liked_count": "128", "collected_count": "9",
    "comment_count": "31", "share_count": "2", "image_list": "https://img.example/1.jpg",
    "tag_list": "收房", "last_modify_ts": 1763700000000,
    "note_url": "https://www.xiaohongshu.com/explore/66a0b1", "source_keyword": "收房",
    "xsec_token": "t=",
}  # fmt: skip
DOUYIN = {
    "aweme_id": "7400000000000000001", "aweme_type": "0", "title": "电梯又坏了",
    "desc": "电梯又坏了", "create_time": 1763600400, "creator_hash": "ef56", "nickname": "老周",
    "liked_count": "7", "collected_count": "0", "comment_count": "3", "share_count": "1",
    "last_modify_ts": 1763700000000, "aweme_url": "https://www.douyin.com/video/7400000000000000001",
    "cover_url": "", "video_download_url": "", "source_keyword": "电梯",
}  # fmt: skip
TIEBA = {
    "note_id": "9300000001", "title": "物业费又涨", "desc": "大家怎么看",
    "note_url": "https://tieba.baidu.com/p/9300000001", "publish_time": "2025-11-20 09:00",
    "creator_hash": "aa11", "user_nickname": "贴吧用户甲", "tieba_id": "77",
    "tieba_name": "江城吧", "tieba_link": "https://tieba.baidu.com/f?kw=x", "total_replay_num": 12,
    "total_replay_page": 1, "add_ts": 1763700000000, "last_modify_ts": 1763700000000,
    "source_keyword": "物业费",
}  # fmt: skip
ZHIHU = {
    "content_id": "880001", "content_type": "answer", "content_text": "延期交房可以要求违约金",
    "content_url": "https://www.zhihu.com/question/1/answer/880001", "question_id": "1",
    "title": "延期交房怎么办", "desc": "", "created_time": "1763600400",
    "updated_time": "1763600400", "voteup_count": 45, "comment_count": 6,
    "source_keyword": "延期交房", "creator_hash": "bb22", "user_nickname": "律师乙",
    "add_ts": 1763700000000, "last_modify_ts": 1763700000000,
}  # fmt: skip
CASES = [
    (WEIBO, "weibo.com", "5100000000000001", 12_000, 10, "江城小陈", "ab12"),
    (XHS, "xiaohongshu.com", "66a0b1", 128, 31, "阿梨", "cd34"),
    (DOUYIN, "douyin.com", "7400000000000000001", 7, 3, "老周", "ef56"),
    (TIEBA, "tieba.baidu.com", "9300000001", None, 12, "贴吧用户甲", "aa11"),
    (ZHIHU, "zhihu.com", "880001", 45, 6, "律师乙", "bb22"),
]


@pytest.mark.parametrize("write", [as_csv, as_json, as_jsonl])
@pytest.mark.parametrize(("row", "site", "own", "likes", "replies", "who", "hashed"), CASES)
def test_contents_of_every_platform_in_every_form(
    write: object, row: dict[str, object], site: str, own: str, likes: int | None,
    replies: int, who: str, hashed: str,
) -> None:  # fmt: skip
    assert callable(write)
    parsed = parse_file(write([row]), name="search_contents_2025-11-20.x")
    assert (parsed.format, parsed.site) == ("mediacrawler", site)
    (post,) = parsed.posts
    assert (post.native_id, post.thread_id, post.site) == (own, own, site)
    assert (post.likes, post.replies) == (likes, replies)
    assert (post.author, post.author_id) == (who, hashed)
    assert post.published_at is not None
    assert iso_shanghai(post.published_at)[:16] == "2025-11-20T09:00"
    assert parsed.bad == ()


def test_title_equal_to_the_text_is_said_once_and_forums_are_forums() -> None:
    assert parse_file(as_csv([DOUYIN]), name="a").posts[0].title == ""
    post = parse_file(as_csv([TIEBA]), name="a").posts[0]
    assert (post.source_kind, post.outlet, post.title) == (SourceKind.FORUM, "江城吧", "物业费又涨")


COMMENTS = [
    {
        "comment_id": "601", "create_time": 1763600460000, "note_id": "66a0b1", "content": "同款",
        "creator_hash": "x1", "nickname": "路人", "sub_comment_count": "0", "pictures": "",
        "parent_comment_id": "0", "last_modify_ts": 1763700000000, "like_count": "2",
    },
    {
        "comment_id": "602", "create_time": 1763600520000, "note_id": "66a0b1", "content": "",
        "creator_hash": "x2", "nickname": "邻居", "sub_comment_count": "1",
        "pictures": "https://img.example/2.jpg", "parent_comment_id": "601",
        "last_modify_ts": 1763700000000, "like_count": "None",
    },
    {
        "comment_id": "603", "create_time": "", "note_id": "66a0b1", "content": "没有时间",
        "creator_hash": "x2", "nickname": "邻居", "sub_comment_count": "0", "pictures": "",
        "parent_comment_id": "601", "last_modify_ts": 1763700000000, "like_count": "0",
    },
]  # fmt: skip


@pytest.mark.parametrize("write", [as_csv, as_json, as_jsonl])
def test_comments_hang_on_their_content_or_on_each_other(write: object) -> None:
    assert callable(write)
    parsed = parse_file(write(COMMENTS), name="search_comments.x")
    first, second = parsed.posts
    assert parsed.site == "xiaohongshu.com"
    assert (first.native_id, first.thread_id) == ("c601", "66a0b1")
    assert first.quote is not None
    assert first.quote.post_id == "66a0b1"
    assert second.quote is not None
    assert second.quote.post_id == "c601"
    assert (second.text, second.likes) == ("[图片]", None)
    assert [bad.record_id for bad in parsed.bad] == ["c603"]
    assert "时间" in parsed.bad[0].problem


def test_older_files_with_profile_columns_are_read_and_profiles_dropped() -> None:
    old = {
        "id": 1, "user_id": "7788", "nickname": "阿强", "avatar": "头像地址", "gender": "女",
        "profile_url": "https://weibo.com/u/7788", "ip_location": "湖北", "user_signature": "签名",
        "add_ts": 1700000000000, "last_modify_ts": 1700000000000, "note_id": "48001",
        "content": '买房<a href="/x">#维权#</a>要谨慎', "create_time": 1700000000,
        "create_date_time": "2023-11-15 06:13:20", "liked_count": "3", "comments_count": "1",
        "shared_count": "0", "note_url": "https://m.weibo.cn/detail/48001",
    }  # fmt: skip
    (post,) = parse_file(as_csv([old]), name="a.csv").posts
    assert (post.native_id, post.author_id, post.text) == ("48001", "7788", "买房#维权#要谨慎")
    assert not any(word in repr(post) for word in SECRET)


VIDEOS = [
    ({"video_id": "v1", "video_play_count": "3万", "liked_count": "5"}, "bilibili.com", 30_000),
    ({"video_id": "v1", "viewd_count": "300", "video_play_url": "u"}, "kuaishou.com", 300),
]


@pytest.mark.parametrize(("more", "site", "views"), VIDEOS)
def test_videos_are_told_apart_by_their_columns(
    more: dict[str, object], site: str, views: int
) -> None:
    row = {
        "title": "烂尾", "desc": "三年了", "create_time": 1700000000, "nickname": "丁",
        "user_id": "1", "add_ts": 1, "last_modify_ts": 1, **more,
    }  # fmt: skip
    (post,) = parse_file(as_csv([row]), name="a.csv").posts
    assert (post.site, post.views, post.text) == (site, views, "三年了")


def weibo_table(columns: Sequence[str], row: Mapping[str, str]) -> ParsedFile:
    data = [{name: row.get(name, "") for name in columns}]
    return parse_file(as_csv(data), name="望江府.csv")


OLD = (
    "id", "bid", "user_id", "用户昵称", "微博正文", "头条文章url", "发布位置", "艾特用户", "话题",
    "转发数", "评论数", "点赞数", "发布时间", "发布工具", "微博图片url", "微博视频url",
    "retweet_id",
)  # fmt: skip
NEW = (*OLD, "ip", "user_authentication", "会员类型", "会员等级")
ROW = {
    "id": "4900000000000001", "bid": "Nabc1", "user_id": "556677", "用户昵称": "江边人",
    "微博正文": "楼下施工到半夜\n没人管", "发布时间": "2025-11-20 09:00", "转发数": "2",
    "评论数": "3", "点赞数": "4", "retweet_id": "4800000000000009", "ip": "发布于 湖北",
}  # fmt: skip


@pytest.mark.parametrize("columns", [OLD, NEW])
def test_weibo_search_old_and_new_columns(columns: Sequence[str]) -> None:
    parsed = weibo_table(columns, ROW)
    assert (parsed.format, parsed.site, parsed.kind) == (
        "weibo_search",
        "weibo.com",
        SourceKind.SOCIAL,
    )
    (post,) = parsed.posts
    assert (post.native_id, post.author, post.author_id) == ("4900000000000001", "江边人", "556677")
    assert (post.likes, post.replies) == (4, 3)
    assert post.url == "https://weibo.com/556677/Nabc1"
    assert post.quote is not None
    assert post.quote.post_id == "4800000000000009"
    assert post.text == "楼下施工到半夜\n没人管"
    assert "湖北" not in repr(post)


def test_weibo_search_says_what_a_row_lacks() -> None:
    parsed = weibo_table(OLD, ROW | {"发布时间": "不详"})
    assert "（发布时间）" in parsed.bad[0].problem
    assert "不详" not in parsed.bad[0].problem
    assert parsed.bad[0].where == "望江府.csv 第 2 行"


def test_a_table_with_a_note_id_that_is_not_the_tools_stays_a_table() -> None:
    data = as_csv([{"note_id": "1", "content": "x", "time": "2025-11-20 09:00"}])
    assert parse_file(data, name="a.csv").format == "csv"
