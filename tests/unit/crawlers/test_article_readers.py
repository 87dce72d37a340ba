"""What readers wrote under an article is no article text; times told from the fetch (invented)."""

from datetime import UTC, datetime, timedelta

import pytest

from crawlers.pages.article import inspect_article
from domain.clock import iso_shanghai

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
BODY = (
    "<p>昨天上午，柳荫路社区的居民在活动室开会，讨论电梯维修的费用由谁承担，会议开了两个小时。</p>"
    "<p>物业公司的代表说，维修基金还有余额，但需要三分之二的业主签字同意，预计下月才能动工。</p>"
)
OPINION = (
    "<div><b>网友{n}</b> 2026-11-2{n} 09:0{n}<p>说得太对了，我们小区也是这样，"
    "物业推来推去好几年都没人管，希望媒体继续跟进报道。</p></div>"
)
MANY = "".join(OPINION.format(n=n) for n in range(9))
TOP = "<h1>电梯停了半个月</h1><div>2026-11-20 18:30 来源：甲报</div>"


def page(inner: str) -> str:
    return f"<html><head><title>电梯停了半个月</title></head><body>{inner}</body></html>"


@pytest.mark.parametrize(
    "readers",
    [
        f'<div class="comments" id="comments"><h3>网友评论</h3>{MANY}</div>',
        f'<div class="comment-list">{MANY}</div>',
        f'<section class="pinglun">{MANY}</section>',
        f'<ul id="cmt"><li>{MANY}</li></ul>',
        f'<div class="reply-list">{MANY}</div>',
        f"<div><h3>最新评论（9）</h3>{MANY}</div>",
        f"<p>热门评论</p>{MANY}",
    ],
)
@pytest.mark.parametrize("inside", [True, False], ids=["in the body's box", "beside it"])
def test_comments_of_readers_are_left_out(readers: str, *, inside: bool) -> None:
    box = f"<div class=main>{BODY}{readers}</div>" if inside else f"<div>{BODY}</div>{readers}"
    found = inspect_article(page(TOP + box), url="http://n.example.test/1.html", now=NOW)
    assert "维修基金" in found.text
    assert "电梯维修" in found.text
    assert "说得太对了" not in found.text
    assert "网友评论" not in found.text
    assert found.published_at is not None
    assert iso_shanghai(found.published_at)[:16] == "2026-11-20T18:30"


def test_a_page_that_is_all_comment_box_is_read_as_it_is() -> None:
    html = page(f'<h1>电梯停了半个月</h1><div class="comment">{BODY}</div>')
    assert "维修基金" in inspect_article(html, url="http://n.example.test/1", now=NOW).text


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("11-20 18:30", "2026-11-20T18:30"),
        ("12-30 18:30", "2025-12-30T18:30"),
        ("3小时前 甲报", "2026-11-21T13:00"),
        ("昨天 09:05", "2026-11-20T09:05"),
        ("更新于 3小时前", None),
    ],
)
def test_short_and_relative_times_count_from_the_fetch(told: str, expected: str | None) -> None:
    html = page(f"<h1>电梯停了半个月</h1><div>{told}</div><div class=main>{BODY}</div>")
    found = inspect_article(html, url="http://n.example.test/1.html", now=NOW)
    at = iso_shanghai(found.published_at)[:16] if found.published_at else None
    assert at == expected


def test_a_saved_page_counts_from_when_it_was_saved() -> None:
    html = page(f"<h1>电梯停了半个月</h1><div>3小时前</div><div class=main>{BODY}</div>")
    saved = NOW - timedelta(days=9)
    found = inspect_article(html, url="", now=NOW, seen_at=saved)
    assert found.published_at == saved - timedelta(hours=3)
