"""fenghuo extract on saved files: one row, or one sentence that says what is wrong."""

import gzip
import io
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from domain.errors import FenghuoError
from pipelines.extract import LIMIT, extract_file

PAGES = Path(__file__).parents[1] / "golden" / "pages" / "article"
SAVED = PAGES / "table_br_gbk" / "page.html"


def test_a_saved_page_becomes_a_contract_row() -> None:
    row = extract_file(str(SAVED), url="http://www.jiangcheng.example.test/house/9.html")
    assert row["title"] == "望江苑交房延期 业主要求说明原因"
    assert row["author"] == "沈一帆、周明"
    assert row["published_at"] == "2026-11-20T09:42:10+08:00"
    assert (row["site"], row["kind"], row["precision"]) == (
        "www.jiangcheng.example.test", "article", "second"
    )  # fmt: skip
    assert (row["outlet"], row["syndicated_from"]) == ("江城在线", "江城晚报")
    assert row["text"].startswith("本报讯")
    assert "责任编辑" not in row["text"]


def test_the_address_tells_outlet_and_class() -> None:
    row = extract_file(
        str(PAGES / "newspaper" / "page.html"), url="https://www.bjnews.com.cn/1.html"
    )
    assert (row["outlet"], row["outlet_class"]) == ("新京报", "provincial")


def test_packed_and_piped_pages_are_read_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = tmp_path / "page.html.gz"
    packed.write_bytes(gzip.compress(SAVED.read_bytes()))
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(SAVED.read_bytes())))
    plain = extract_file(str(SAVED), url="")
    assert extract_file(str(packed), url="") == plain
    assert extract_file("-", url="") == plain


def test_a_page_that_is_no_article_says_so(tmp_path: Path) -> None:
    path = tmp_path / "list.html"
    rows = "".join(f"<li><a href='/{n}.html'>第{n}条消息的标题</a></li>" for n in range(30))
    path.write_text(f"<title>江城新闻列表</title><ul>{rows}</ul>", encoding="utf-8")
    row = extract_file(str(path), url="")
    assert (row["title"], row["kind"], row["confidence"]) == ("江城新闻列表", "list", 0)


@pytest.mark.parametrize(
    ("name", "data", "word"),
    [
        ("missing.html", None, "找不到文件"),
        ("empty.html", b"  ", "空的"),
        ("picture.html", b"\x89PNG\r\n\x1a\n\0\0\0" + bytes(200), "不是文本"),
        ("nothing.html", b"<html></html>", "没有标题也没有正文"),
        ("wall.html", "<title>安全验证</title>".encode(), "网站要求验证"),
        ("big.html", b"x" * (LIMIT + 1), "MB"),
        ("bomb.html.gz", gzip.compress(b" " * (LIMIT + 1), mtime=0), "MB"),
        ("cut.html.gz", gzip.compress(b"<p>x</p>" * 99, mtime=0)[:-9], "不完整"),
    ],
)
def test_an_unreadable_page_is_refused_in_words(
    tmp_path: Path, name: str, data: bytes | None, word: str
) -> None:
    path = tmp_path / name
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(FenghuoError, match=word):
        extract_file(str(path), url="")


def test_a_damaged_page_is_read_with_what_is_left(tmp_path: Path) -> None:
    path = tmp_path / "damaged.html"
    data = SAVED.read_bytes()
    path.write_bytes(data.replace("售楼处".encode("gb18030"), b"\xff\xff\xff", 1))
    assert "违约金" in extract_file(str(path), url="")["text"]
