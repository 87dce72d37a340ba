"""relate: copies, events, subjects as a gate, and that the state depends on the order alone."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from domain.relation import Edge, Evidence, RelateIn, Relation
from nlp.relate import canonical, event_key
from nlp.relate_copy import without_source
from pipelines.language import load_relate

START = datetime(2026, 11, 1, tzinfo=UTC)
LEAK = (
    "澄湖苑三号楼地下室长期积水，每逢下雨水位就涨到脚踝，业主多次向物业反映，物业答复说排水泵已经报修，"
    "但是两个月过去了还是没有换，墙面已经发霉，电动车也泡坏了好几辆，请有关部门督促解决。"
)
LATE = (
    "云栖里二期合同约定六月底交付，现在已经拖了五个月，工地上只有几个工人在收尾，"
    "销售让我们等通知，违约金也没有说法，很多人一边还贷一边租房，压力实在太大。"
)

BEFORE = "转发一位邻居的帖子，大家看看是不是也这样，我家情况差不多，准备周末找物业问个明白："
AFTER = "以上是原帖，有同样情况的邻居请跟帖登记楼栋和损失，我来汇总成表格再一起交给居委会。"


def post(
    name: str, text: str, hours: float = 0, *, title: str = "", **kw: tuple[str, ...]
) -> RelateIn:
    at = START + timedelta(hours=hours)
    return RelateIn(id=name, text=text, title=title, published_at=at, **kw)


def place(*items: RelateIn) -> dict[str, Relation]:
    index = load_relate()
    return {item.id: index.place(item) for item in items}


def test_a_post_alone_is_an_event_of_one() -> None:
    (relation,) = place(post("a", LEAK)).values()
    assert relation == Relation(id="a", event=event_key("a"), similarity=1.0)
    assert relation.event.startswith("E")
    assert len(relation.event) == 13


@pytest.mark.parametrize(
    ("text", "edge"),
    [
        (LEAK, Edge.EXACT),
        (LEAK.replace("，", " ").replace("。", "！！"), Edge.EXACT),
        (LEAK.replace("两个月", "快三个月").replace("好几辆", "十几辆"), Edge.EDITED),
        (LEAK[:55], Edge.EXCERPT),
        (BEFORE + LEAK + AFTER, Edge.QUOTED),
    ],
)  # fmt: skip
def test_copies(text: str, edge: Edge) -> None:
    copy = place(post("a", LEAK), post("b", text, 1))["b"]
    assert (copy.duplicate_of, copy.edge) == ("a", edge)
    assert copy.event == event_key("a")


def test_a_copy_of_a_copy_names_the_earliest() -> None:
    found = place(post("a", LEAK), post("b", LEAK, 1), post("c", LEAK, 2))
    assert found["c"].duplicate_of == "a"


@pytest.mark.parametrize(
    "header",
    ["转自业主群：\n", "【转载】", "来源：某某论坛\n", "转发自 老王：", "转发：", "原帖：\n",
     "//@老王:", "【来源：业主论坛】"],
)  # fmt: skip
@pytest.mark.parametrize("text", [LEAK, "三号楼地下室又积水了快来人"])
def test_a_source_header_hides_no_copy_and_proves_it(header: str, text: str) -> None:
    copy = place(post("a", text), post("b", header + text, 1))["b"]
    assert (copy.duplicate_of, copy.edge, copy.evidence) == ("a", Edge.EXACT, Evidence.PROVEN)


@pytest.mark.parametrize(
    "text",
    ["来源不明的水一直往下流", "转发率很高的帖子", "转发给物业看了也没有用", "原文件丢了怎么办"],
)
def test_words_like_a_header_are_part_of_the_text(text: str) -> None:
    assert without_source(text) == (text, False)


def test_what_says_which_is_the_original() -> None:
    found = place(post("a", LEAK), post("b", LEAK, 1), post("c", LEAK[:55], 2))
    assert found["a"].evidence is None
    assert found["b"].evidence is Evidence.TIME
    assert found["c"].evidence is Evidence.INFERRED


def test_original_and_hop_are_kept() -> None:
    edited = LEAK[:70].replace("每逢", "只要").replace("多次", "天天") + "现在连墙根都长了蘑菇。"
    further = edited + "今天又下雨了，水比上个月还要深，谁来管管。"
    found = place(post("a", LEAK), post("b", edited, 1), post("c", further, 2))
    assert (found["c"].duplicate_of, found["c"].hop) == ("a", "b")


def test_different_complaints_are_neither_copies_nor_one_event() -> None:
    found = place(post("a", LEAK), post("b", LATE, 1))
    assert found["b"].duplicate_of is None
    assert found["b"].event != found["a"].event


def test_short_lines_are_never_copies() -> None:
    found = place(post("a", "又漏水了"), post("b", "又漏水了", 1))
    assert found["b"].duplicate_of is None
    assert found["b"].event != found["a"].event


def test_a_short_line_joins_its_subjects_open_event_of_the_same_category() -> None:
    found = place(
        post("a", LEAK, subjects=("chenghu",), categories=("K09",)),
        post("b", "又漏水了", 5, subjects=("chenghu",), categories=("K09",)),
        post("c", "又漏水了", 6, subjects=("yunxi",), categories=("K09",)),
        post("d", "什么时候交房", 7, subjects=("chenghu",), categories=("K07",)),
        post("e", "又漏水了", 24 * 40, subjects=("chenghu",), categories=("K09",)),
    )
    assert found["b"].event == found["a"].event
    assert len({found[name].event for name in "acde"}) == 4


def test_reworded_complaints_of_one_matter_meet() -> None:
    codes = ("K09", "K18")
    other = (
        "我家在三号楼，地下室积水半年了，下雨就淹，物业说报修了排水泵，根本没人来换，墙都发霉了。"
    )
    found = place(
        post("a", LEAK, subjects=("chenghu",), categories=codes),
        post("b", other, 30, subjects=("chenghu",), categories=codes),
    )
    assert found["b"].event == found["a"].event
    assert found["b"].duplicate_of is None


def test_the_same_text_under_another_subject_is_another_matter() -> None:
    text = LEAK.replace("澄湖苑", "云栖里")
    found = place(post("a", LEAK, subjects=("chenghu",)), post("b", text, 1, subjects=("yunxi",)))
    assert found["b"].duplicate_of is None
    assert found["b"].event != found["a"].event


@pytest.mark.parametrize(
    ("one", "other"), [("澄湖苑", "云栖府"), ("澄湖苑", "澄江花园"), ("江岸新城", "金地名京小区")]
)
@pytest.mark.parametrize("title", ["", "{}地下室积水"])
def test_the_same_text_of_another_place_is_another_matter_without_subjects(
    one: str, other: str, title: str
) -> None:
    mine, theirs = (LEAK.replace("澄湖苑", name) for name in (one, other))
    found = place(
        post("a", mine, title=title.format(one)),
        post("b", theirs, 1, title=title.format(other)),
        post("c", theirs + "急！", 2, title=title.format(other)),
    )
    assert found["b"].duplicate_of is None
    assert found["b"].event == event_key("b")
    assert (found["c"].duplicate_of, found["c"].event) == ("b", event_key("b"))


def test_an_edited_copy_of_the_same_place_stays_a_copy() -> None:
    for old, new in (
        ("物业", "开发商"),
        ("三号楼", "五号楼"),
        ("电动车", "新电瓶车"),
        ("脚踝", "小腿"),
    ):
        copy = place(post("a", LEAK), post("b", LEAK.replace(old, new), 1))["b"]
        assert copy.duplicate_of == "a"


def test_a_closed_event_is_opened_again_only_by_what_is_plainly_the_same() -> None:
    def leak(name: str, text: str, days: float) -> RelateIn:
        return post(name, text, 24 * days, subjects=("chenghu",), categories=("K09",))

    other = "地下室又淹了，物业还是没有换排水泵，我家在三号楼，电动车也泡坏了，大家说怎么办呢？"
    found = place(leak("a", LEAK, 0), leak("b", other, 80))
    assert found["b"].event == found["a"].event
    found = place(leak("a", LEAK, 0), leak("b", other, 100))
    assert found["b"].event == event_key("b")
    found = place(post("a", LEAK), post("b", LEAK, 24 * 100), post("c", LEAK, 24 * 400))
    assert (found["b"].event, found["b"].duplicate_of) == (found["a"].event, "a")
    assert (found["c"].event, found["c"].duplicate_of) == (event_key("c"), None)


def stream(number: int) -> list[RelateIn]:
    chance = random.Random(7)
    pieces = [part for part in (LEAK + LATE).replace("。", "，").split("，") if part]
    items = []
    for at in range(number):
        text = "，".join(chance.sample(pieces, chance.randint(1, 6)))
        subject = chance.choice([(), ("chenghu",), ("yunxi",)])
        codes = tuple(chance.sample(["K07", "K09", "K18"], chance.randint(0, 2)))
        hours = chance.uniform(0, 24 * 200)
        items.append(post(f"p{at}", text, hours, subjects=subject, categories=codes))
    return items


def test_the_order_of_the_input_does_not_matter() -> None:
    items = stream(120)
    shuffled = random.Random(3).sample(items, len(items))
    assert place(*canonical(items)) == place(*canonical(shuffled))


def test_remembering_leaves_the_state_placing_left() -> None:
    items = canonical(stream(160))
    placed, reloaded = load_relate(), load_relate()
    for item in items[:80]:
        reloaded.remember(reloaded.keys(item), placed.place(item))
    assert [placed.place(item) for item in items[80:]] == [
        reloaded.place(item) for item in items[80:]
    ]


def test_candidates_are_few_where_everybody_says_the_same() -> None:
    index = load_relate()
    for n in range(600):
        text = f"{LEAK[:30]}{n % 7}号楼第{n}次{LATE[: 20 + n % 50]}"
        index.place(post(f"p{n}", text, n / 10, subjects=("chenghu",), categories=("K09", "K18")))
    asked = index.keys(post("q", LEAK, 60, subjects=("chenghu",), categories=("K09", "K18")))
    found = index.candidates(asked)
    assert found.traces
    assert found.events
    assert len(found.traces) + len(found.events) <= 200


@pytest.mark.parametrize("text", ["", "。", "\ud800", "a", "😀😀", "哈" * 20_000, "\x00" * 50])
def test_no_text_breaks_it(text: str) -> None:
    found = place(post("a", text), post("b", text, 1))
    assert found["a"].event == event_key("a")


def test_owners_of_one_estate_who_name_one_thing_speak_of_one_event() -> None:
    """Few shared words, no category: the thing they name joins them, at their estate only."""
    here = ("chenghu",)
    found = place(
        post("a", "大狗不牵绳追着老人跑，管家说管不了", 0, subjects=here),
        post("b", "夜里犬吠到两点，孩子睡不着，谁来管一管", 5, subjects=here),
        post("c", "油烟顺着管井倒灌进卧室，味道很大", 6, subjects=here),
        post("d", "三楼养的狗又在电梯口撒尿，没有人打扫", 7, subjects=("yunqi",)),
    )
    assert found["b"].event == found["a"].event
    assert found["c"].event == event_key("c")
    assert found["d"].event == event_key("d")
