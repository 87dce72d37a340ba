"""Event words: what an event is called, told in whose words, and what never leaves."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.language import read_language
from nlp.event_words import EventWords, Said, event_words

FACTS = read_language().categories
START = datetime(2026, 11, 1, 4, 0, tzinfo=UTC)
LEAKS = (
    "3栋次卧外墙渗水，墙皮都鼓起来了，报修没人来。", "我家3栋也是外墙渗水，踢脚线发黑。",
    "三栋外墙渗水+1，一下雨就漏。", "3号楼中间楼层，外墙渗水到客厅了。",
    "5栋暂时没有，回头检查一下窗户。",
)  # fmt: skip


def said(n: int, text: str, **more: Any) -> Said:
    values: dict[str, Any] = {
        "key": f"bbs|{n}", "title": "", "text": text, "categories": ("K09",), "voice": f"业主{n}",
        "published_at": START + timedelta(hours=n),
    }  # fmt: skip
    return Said(**{**values, **more})


def read(*texts: str, names: tuple[str, ...] = (), **more: Any) -> EventWords:
    return event_words([said(n, text, **more) for n, text in enumerate(texts)], FACTS, names=names)


def test_an_event_is_called_by_its_problem_and_place() -> None:
    found = read(*LEAKS)
    assert (found.name, found.code) == ("3栋外墙渗水", "K09")
    assert (found.problem, found.place) == ("外墙渗水", "3栋")
    assert len(found.keys) == 5


@pytest.mark.parametrize(
    ("name", "texts", "codes"),
    [
        ("渗水", ["窗户渗水了", "2栋墙面渗水", "5栋车库渗水"], ("K09",)),
        ("2期停工", ["二期停工了", "2期又停工", "二期工地停工没人", "停工了吗"], ("K08", "K01")),
        ("物业服务", ["管家从来不接电话", "绿化带没人修剪"], ("K18",)),
        ("地下车库渗水", ["地下车库渗水", "看地下车库渗水成河", "地下车库顶板渗水"], ("K09",)),
        ("独生子女补贴", ["独生子女补贴何时有", "盼独生子女补贴", "问独生子女补贴"], ()),
    ],
)  # fmt: skip
def test_names(name: str, texts: list[str], codes: tuple[str, ...]) -> None:
    assert read(*texts, categories=codes).name == name


def test_without_a_category_the_first_title_is_the_name() -> None:
    found = read("路修到一半没人管了。", categories=(), title="1、云栖路13812345678什么时候通车？")
    assert found.name == "云栖路138********什么时…"
    assert found.code is None
    assert event_words([], FACTS).name == "未归类"


def test_the_subjects_own_name_is_no_problem_and_no_copy_is_read() -> None:
    texts = ["望江府渗水了", "望江府又渗水", "望江府渗水严重"]
    assert read(*texts, names=("望江府",)).problem == "渗水"
    copies = [said(n, "4栋停工了", duplicate=True, categories=("K08",)) for n in range(10, 20)]
    assert event_words([said(0, "渗水"), *copies], FACTS).keys == ("bbs|0",)


def test_one_authors_thirty_posts_do_not_name_the_event() -> None:
    angry = [said(n, "停工停工，7栋停工", voice="老张", categories=("K08",)) for n in range(10, 40)]
    others = [said(n, text) for n, text in enumerate(LEAKS)]
    assert event_words([*others, *angry], FACTS).name == "3栋外墙渗水"


def test_key_sentences_say_the_common_thing_differently_and_masked() -> None:
    found = read(
        *LEAKS[:4], "尊敬的领导您好，外墙渗水外墙渗水外墙渗水。",
        "外墙渗水的事，我是3栋1501的，电话13812345678，外墙渗水求助。",
    )  # fmt: skip
    texts = [one.text for one in found.sentences]
    assert 2 <= len(texts) <= 3
    assert all("外墙渗水" in text for text in texts)
    assert len({one.key for one in found.sentences}) == len(texts)
    shown = "".join([found.name, *texts])
    assert "1501" not in shown
    assert "13812345678" not in shown
    assert "您好" not in shown


def test_who_built_it() -> None:
    found = read("总包是江城三建建设，外墙渗水", "施工单位：江城三建建设有限公司，渗水", "渗水")
    assert found.contractors == ("江城三建建设", "江城三建建设有限公司")


@given(st.randoms(use_true_random=False))
@settings(max_examples=20, deadline=None)
def test_the_order_of_posts_changes_nothing(rng: random.Random) -> None:
    posts = [said(n, text) for n, text in enumerate(LEAKS)]
    wanted = event_words(posts, FACTS)
    rng.shuffle(posts)
    assert event_words(posts, FACTS) == wanted
