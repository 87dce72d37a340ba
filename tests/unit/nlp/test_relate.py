"""relate: copies, events, subjects as a gate, and that the state depends on the order alone."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from domain.relation import Edge, RelateIn, Relation
from nlp.relate import RelateIndex, canonical, event_key
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


def test_an_event_closes_after_ninety_days() -> None:
    found = place(post("a", LEAK), post("b", LEAK, 24 * 80), post("c", LEAK, 24 * 200))
    assert found["b"].event == found["a"].event
    assert found["c"].event == event_key("c")
    # Nor is it looked for as a copy: a restarted index no longer holds what lies further back.
    assert found["c"].duplicate_of is None


def test_a_restarted_index_decides_like_one_that_never_stopped() -> None:
    """What the store hands back after a restart: posts of events open at the cut."""
    items = canonical(stream(300))
    for at in (80, 150, 220):
        running = load_relate()
        placed = [(item, running.place(item)) for item in items[:at]]
        last = {relation.event: item.published_at for item, relation in placed}
        cut = items[at].published_at - timedelta(days=90)
        restarted = load_relate()
        for item, relation in placed:
            if last[relation.event] >= cut:
                restarted.remember(item, relation)
        assert [running.place(item) for item in items[at:]] == [
            restarted.place(item) for item in items[at:]
        ]


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
        reloaded.remember(item, placed.place(item))
    assert [placed.place(item) for item in items[80:]] == [
        reloaded.place(item) for item in items[80:]
    ]


def test_forgetting_bounds_memory_and_keeps_what_is_open() -> None:
    index = load_relate()
    for item in canonical(stream(160)):
        index.place(item)
    before, posts = size(index), len(index._seen)
    index.forget_before(START + timedelta(days=190))
    assert size(index) < before
    assert 0 < len(index._seen) < posts / 10
    index.forget_before(START + timedelta(days=900))
    assert size(index) == 0
    assert index.place(post("new", LEAK, 24 * 901)).event == event_key("new")


def test_forgetting_the_forgotten_changes_nothing() -> None:
    items = canonical(stream(160))
    moment = START + timedelta(days=100)
    one, two = load_relate(), load_relate()
    for item in items[:100]:
        one.place(item)
        two.place(item)
    one.forget_before(moment)
    two.forget_before(moment)
    two.forget_before(moment)
    assert [one.place(i) for i in items[100:]] == [two.place(i) for i in items[100:]]


@pytest.mark.parametrize("text", ["", "。", "\ud800", "a", "😀😀", "哈" * 20_000, "\x00" * 50])
def test_no_text_breaks_it(text: str) -> None:
    found = place(post("a", text), post("b", text, 1))
    assert found["a"].event == event_key("a")


def size(index: RelateIndex) -> int:
    tables = ("_events", "_numbers", "_postings", "_by_subject", "_by_matter", "_seen", "_exact")
    return sum(len(getattr(index, name)) for name in tables)
