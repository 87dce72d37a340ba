"""Files of MediaCrawler (collection §5): contents and comments of seven platforms, old and new.

Only facts of these outputs are used; avatar, profile, gender and place columns are never read.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from crawlers.formats.chat import kind_of
from crawlers.formats.outcome import Opened, Read, some
from crawlers.formats.records import count_of
from crawlers.formats.rows import header_of, is_json, records
from crawlers.reader import TextReader
from crawlers.times import read_time
from domain.errors import ParseError
from domain.post import BadRecord, ParsedPost, Quote, SourceKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """How one platform's columns are recognised and what its posts belong to."""

    name: str
    site: str
    #: Column of a content's own id, which comments name as well.
    content_id: str
    #: Columns of which one must be there; () = the id column alone is enough.
    signs: tuple[str, ...] = ()
    kind: SourceKind = SourceKind.SOCIAL


PLATFORMS = (
    Platform(name="抖音", site="douyin.com", content_id="aweme_id"),
    Platform(
        name="贴吧", site="tieba.baidu.com", content_id="note_id", kind=SourceKind.FORUM,
        signs=("tieba_name", "tieba_id", "tieba_link"),
    ),
    Platform(name="知乎", site="zhihu.com", content_id="content_id"),
    Platform(
        name="小红书", site="xiaohongshu.com", content_id="note_id",
        signs=("xsec_token", "image_list", "collected_count", "tag_list", "pictures"),
    ),
    Platform(
        name="微博", site="weibo.com", content_id="note_id",
        signs=(
            "comments_count", "shared_count", "create_date_time", "comment_like_count", "note_id",
        ),
    ),
    Platform(
        name="快手", site="kuaishou.com", content_id="video_id",
        signs=("viewd_count", "video_play_url"),
    ),
    Platform(name="B站", site="bilibili.com", content_id="video_id"),
)  # fmt: skip
#: Every output of the tool has one of these; other tables with a note_id have none.
_OURS = {"last_modify_ts", "add_ts", "source_keyword", "creator_hash", "sub_comment_count"}
_AUTHORS = ("nickname", "user_nickname")
_AUTHOR_IDS = (
    "creator_hash", "user_id", "sec_uid", "user_unique_id", "short_user_id", "user_url_token",
)  # fmt: skip
_TIMES = (
    "create_time", "time", "publish_time", "created_time", "create_date_time",
)  # fmt: skip
_URLS = ("note_url", "aweme_url", "content_url", "video_url")
_TEXTS = ("content", "content_text", "desc")
_LIKES = ("liked_count", "comment_like_count", "like_count", "voteup_count", "digg_count")
_REPLIES = ("comments_count", "comment_count", "total_replay_num", "sub_comment_count")
_VIEWS = ("video_play_count", "viewd_count", "view_count")
#: "No parent" as the platforms write it.
_NOBODY = {"", "0", "None", "null", "0.0"}
_KEY = re.compile(r'"([a-z_]+)"\s*:')
_TAG = re.compile(r"<[^<>]{1,300}>")


def looks_like(text: str) -> bool:
    """Whether header or first record are columns of this tool."""
    return _platform(_names(text)) is not None


def _names(head: str) -> set[str]:
    if is_json(head):
        return set(_KEY.findall(head.split("\n", 1)[0] if head.startswith("{") else head))
    return set(header_of(head)[0])


def _platform(names: set[str]) -> Platform | None:
    if not names & _OURS:
        return None
    return next(
        (
            item
            for item in PLATFORMS
            if item.content_id in names and (not item.signs or names.intersection(item.signs))
        ),
        None,
    )


def read(text: TextReader, *, name: str) -> Opened:
    """Return contents or comments in file order; raise ParseError for another table."""
    platform = _platform(_names(text.head))
    if platform is None:
        raise ParseError(f"{name} 第 1 行：列不是 MediaCrawler 的输出，请去掉 --format 再试")
    found = records(text, name=name)

    def items() -> Iterator[Read]:
        for line, row in found.rows:
            yield row if isinstance(row, BadRecord) else _post(row, platform, line, name=name)

    return Opened(
        format="mediacrawler", site=platform.site, kind=platform.kind,
        items=some(items(), f"{name}：没有一条记录，请重新导出", name=name),
    )  # fmt: skip


def _post(row: Mapping[str, Any], platform: Platform, line: int, *, name: str) -> Read:
    where = f"{name} 第 {line} 行"
    content, comment = _word(row, platform.content_id), _word(row, "comment_id")
    own_id = f"c{comment}" if comment else content
    if own_id is None:
        problem = f"没有编号（{platform.content_id} 或 comment_id），跳过"
        return BadRecord(where=where, line=line, problem=problem)
    moment = next((found for key in _TIMES if (found := read_time(row.get(key)))), None)
    if moment is None:
        problem = f"没有可读的时间（{'、'.join(key for key in _TIMES if key in row)}），跳过"
        return BadRecord(where=where, line=line, problem=problem, record_id=own_id)
    title = "" if comment else _word(row, "title") or ""
    words = _plain(_first(row, _TEXTS) or "")
    if not words and comment and _word(row, "pictures"):
        words = "[图片]"
    if not (words or title):
        return BadRecord(where=where, line=line, problem="没有正文，跳过", record_id=own_id)
    return ParsedPost(
        native_id=own_id, text=words, title="" if title == words else title,
        url=_first(row, _URLS), author=_first(row, _AUTHORS), author_id=_first(row, _AUTHOR_IDS),
        published_at=moment[0], precision=moment[1], thread_id=content,
        quote=_quote(row, content) if comment else None, kind=kind_of(words or title),
        outlet=_word(row, "tieba_name"), likes=_count(row, _LIKES), replies=_count(row, _REPLIES),
        views=_count(row, _VIEWS), source_kind=platform.kind, site=platform.site, line=line,
    )  # fmt: skip


def _quote(row: Mapping[str, Any], content: str | None) -> Quote | None:
    """Return what a comment answers to: another comment, else the content itself."""
    parent = _word(row, "parent_comment_id")
    if parent not in _NOBODY and parent is not None:
        return Quote(post_id=f"c{parent}")
    return Quote(post_id=content) if content else None


def _word(row: Mapping[str, Any], key: str) -> str | None:
    value = row.get(key)
    if value is None or isinstance(value, (dict, list)):
        return None
    text = str(value).strip()
    return text if text and text not in {"None", "null", "nan"} else None


def _first(row: Mapping[str, Any], keys: tuple[str, ...]) -> str | None:
    return next((word for key in keys if (word := _word(row, key))), None)


def _count(row: Mapping[str, Any], keys: tuple[str, ...]) -> int | None:
    return next((n for key in keys if (n := count_of(row.get(key))) is not None), None)


def _plain(text: str) -> str:
    """Return the words without the tags that older files carry (<a>, <span>, <br />)."""
    return _TAG.sub("", text).strip() if "</" in text or "<br" in text else text
