"""`fenghuo forum` on saved pages: threads, boards, archiver and walls, each as it is meant."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from tests import discuz_html as html

PAGES = Path(__file__).parents[1] / "golden" / "pages" / "discuz"


def run(*arguments: str) -> tuple[int, list[dict[str, Any]]]:
    result = CliRunner().invoke(app, ["forum", *arguments])
    return result.exit_code, [json.loads(line) for line in result.stdout.splitlines()]


def saved(folder: Path, name: str, page: str, charset: str = "utf-8") -> str:
    path = folder / name
    path.write_bytes(page.encode(charset, "xmlcharrefreplace"))
    return str(path)


def thread(at: str = "2026-11-20 21:05:33", charset: str = "utf-8") -> str:
    quoted = (
        '<div class="quote"><blockquote><font size="2"><a href="forum.php?mod=redirect&amp;'
        'goto=findpost&amp;pid=11&amp;ptid=731"><font color="#999999">老槐树下 发表于 2026-11-20 '
        "21:05</font></a></font><br />\r\n漏了</blockquote></div><br />\r\n同感"
    )
    floors = [
        html.floor(
            pid, html.body(pid, words), left=html.member(name, uid, pid), number=html.label(n),
            at=at, uid=uid,
        )
        for n, (pid, name, uid, words) in enumerate(
            [("11", "老槐树下", "4417", "漏了"), ("12", "小桥", "5120", quoted)], start=1
        )
    ]  # fmt: skip
    return html.thread(floors, counts=html.counts(9, 1), charset=charset)


@pytest.mark.parametrize("charset", ["utf-8", "gbk"])
def test_a_thread_gives_one_row_a_floor(tmp_path: Path, charset: str) -> None:
    code, rows = run(saved(tmp_path, "a.html", thread(charset=charset), charset))
    assert code == 0
    assert rows[0] == {
        "id": "11", "post_id": "11", "thread_id": "731", "floor": 1, "floor_label": "楼主",
        "author": "老槐树下", "sender_id": "4417", "published_at": "2026-11-20T21:05:33+08:00",
        "text": "漏了", "title": "阳台门关不严", "thread_title": "阳台门关不严", "kind": "text",
        "source_kind": "forum", "quote": None, "hidden": None, "views": 9, "replies": 1,
    }  # fmt: skip
    assert (rows[1]["text"], rows[1]["floor"]) == ("同感", 2)
    assert rows[1]["quote"] == {"author": "老槐树下", "post_id": "11", "text": "漏了"}


def test_a_relative_time_counts_from_the_moment_of_saving(tmp_path: Path) -> None:
    path = saved(tmp_path, "a.html", thread(at="半小时前"))
    _, rows = run(path, "--fetched-at", "2026-11-21T12:00")
    assert rows[0]["published_at"] == "2026-11-21T11:30:00+08:00"


def test_every_kind_of_page_in_one_run_and_the_bad_ones_named(tmp_path: Path) -> None:
    packed = tmp_path / "thread-731-1-1.html.gz"
    packed.write_bytes(gzip.compress(thread().encode()))
    board = str(PAGES / "x35_board" / "page.html")
    wall = saved(tmp_path, "wall.html", html.notice("抱歉，您尚未登录，没有权限访问该版块"))
    gone = saved(tmp_path, "gone.html", html.notice("抱歉，指定的主题不存在或已被删除"))
    busy = saved(tmp_path, "busy.html", "<title>安全验证</title>")
    other = saved(tmp_path, "other.html", "<html><p>你好</p></html>")
    code, rows = run(str(packed), board, wall, gone, busy, other, str(tmp_path / "none.html"))
    assert code == 1
    assert [row["floor"] for row in rows if "floor" in row] == [1, 2]
    assert [row["thread_id"] for row in rows if row.get("kind") == "thread"] == ["7", "731", "612"]
    errors = {row["file"]: row["error"] for row in rows if "error" in row}
    assert list(errors) == ["wall.html", "gone.html", "busy.html", "other.html", "none.html"]
    words = ("尚未登录", "不存在或已被删除", "安全验证", "看不出是哪种论坛程序", "找不到文件")
    assert all(word in error for word, error in zip(words, errors.values(), strict=True))


def test_another_engine_may_be_named(tmp_path: Path) -> None:
    page = (
        '<div class="comments_list"><div class="comments_list__comment" data-pk="5" '
        'data-number="1"><div class="comment__info__username"><a class='
        '"comment__info__username__link" href="/user/3/a/"><span>laohuai</span></a></div>'
        '<ul class="comment__info__date"><li title="2026年11月20日 21:05">1天</li></ul>'
        '<div class="comment__text"><p>漏水</p></div></div></div>'
    )
    code, rows = run(saved(tmp_path, "topic-7.html", page), "--engine", "spirit")
    assert (code, rows[0]["text"], rows[0]["thread_id"], rows[0]["sender_id"]) == (
        0, "漏水", "7", "3",
    )  # fmt: skip
    code, rows = run(saved(tmp_path, "x.html", page), "--engine", "vbulletin")
    assert code == 1
    assert "vbulletin" in rows[0]["error"]
