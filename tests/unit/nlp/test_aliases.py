"""Subjects by name and alias, ambiguity, and candidates where no subject is given."""

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.source import Subject, SubjectKind
from nlp.aliases import build_aliases, find_candidates, find_subjects
from nlp.normal import normalise
from pipelines.name_facts import load_names

CHENGHU = Subject(
    key="chenghu", name="澄湖苑", aliases=("澄湖", "CHY"), city="江城", ambiguous=("花园",),
    context=("湖滨路",),
)  # fmt: skip
YUNXI = Subject(key="yunxi", name="云栖里花园", aliases=("云栖",), ambiguous=("一期",))
TWIN = Subject(key="twin", name="澄湖苑", city="海城")


def found(text: str, *subjects: Subject) -> list[tuple[str, str]]:
    table = build_aliases(subjects)
    return [(f.subject, f.alias) for f in find_subjects(normalise(text).text, table)]


def test_the_longest_name_wins() -> None:
    assert found("澄湖苑漏水", CHENGHU) == [("chenghu", "澄湖苑")]
    assert found("云栖里花园停工", CHENGHU, YUNXI) == [("yunxi", "云栖里花园")]


def test_an_alias_scores_below_the_name() -> None:
    table = build_aliases([CHENGHU])
    name, alias = find_subjects("澄湖苑就是澄湖", table)
    assert name.score > alias.score


def test_an_ambiguous_alias_needs_a_context_word() -> None:
    assert found("花园里漏水", CHENGHU) == []
    assert found("湖滨路那个花园漏水", CHENGHU) == [("chenghu", "花园")]


def test_an_ambiguous_alias_is_backed_by_a_sure_name() -> None:
    assert found("云栖的一期漏水", YUNXI) == [("yunxi", "云栖"), ("yunxi", "一期")]


def test_a_name_of_two_subjects_needs_the_city() -> None:
    assert found("澄湖苑漏水", CHENGHU, TWIN) == []
    assert found("海城澄湖苑漏水", CHENGHU, TWIN) == [("twin", "澄湖苑")]


def test_an_ascii_alias_is_a_whole_word() -> None:
    assert found("CHY的业主", CHENGHU) == [("chenghu", "chy")]
    assert found("CHYX的业主", CHENGHU) == []


def test_names_are_found_in_every_writing() -> None:
    assert found("澄湖 苑、澄\u200b湖苑", CHENGHU) == [("chenghu", "澄湖苑")] * 2


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("A市A5区澄湖之城小区漏水", ["澄湖之城"]),
        ("我们是江城市云栖里花园的业主", ["云栖里花园"]),
        ("投诉南浦国际城二期违规", ["南浦国际城"]),
        ("位于中山路的望江雅苑", ["望江雅苑"]),
        ("老旧小区改造政策", []),
        ("我们小区的物业", []),
        ("请进入小区登记", []),
        ("整个小区都停水了", []),
    ],
)
def test_candidates(text: str, names: list[str]) -> None:
    assert [f.subject for f in find_candidates(normalise(text).text)] == names


def test_candidates_stand_where_they_say() -> None:
    text = "投诉A市南浦国际城二期违规"
    normal = normalise(text)
    (place,) = find_candidates(normal.text)
    assert normal.text[place.start : place.end] == "南浦国际城"
    assert place.via == "candidate"


# ---- with the words of config/homonyms.yml -------------------------------------------------------

NAMES = load_names()
RIVER = Subject(
    key="river", name="恒澜·云岭望江府", city="临州", legal_entity="临州恒澜置业有限公司",
    filing_name="云岭雅居花园", promotion_name="云岭壹号", aliases=("翡翠湾",),
    ambiguous=("花园", "一期"), context=("恒澜",), phases=("一期", "听澜区"),
)  # fmt: skip
GROUP = Subject(key="group", name="恒澜集团", kind=SubjectKind.GROUP, aliases=("恒澜",))
RIVAL = Subject(key="rival", name="碧桂园", kind=SubjectKind.COMPETITOR)


def keys(text: str, *subjects: Subject, implied: tuple[str, ...] = ()) -> set[str]:
    table = build_aliases(subjects, NAMES)
    return {f.subject for f in find_subjects(normalise(text).text, table, implied)}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("恒澜·云岭望江府漏水", "名称“恒澜·云岭望江府”"),
        ("恒澜云岭望江府漏水", "另一种写法“恒澜云岭望江府”（恒澜·云岭望江府）"),
        ("云岭雅居花园漏水", "备案名“云岭雅居花园”"),
        ("云岭壹号漏水", "推广名“云岭壹号”"),
        ("云岭1号漏水", "另一种写法“云岭1号”（云岭壹号）"),
        ("雲嶺一號漏水", "另一种写法“云岭一号”（云岭壹号）"),
        ("云领壹号漏水", "谐音或错字“云领壹号”（云岭壹号）"),
        ("翡翠湾漏水", "别名“翡翠湾”"),
        ("云岭望江府的业主", "简写“云岭望江府”（恒澜·云岭望江府）"),
        ("ylwjf的业主", "拼音缩写“ylwjf”（恒澜·云岭望江府）"),
        ("HLYLWJF3栋漏水", "拼音缩写“hlylwjf”（恒澜·云岭望江府）"),
        ("恒澜的听澜区漏水", "分期名“听澜区”"),
    ],
)
def test_a_monitor_is_told_which_form_it_was(text: str, said: str) -> None:
    table = build_aliases([RIVER], NAMES)
    (only,) = find_subjects(normalise(text).text, table)
    assert (only.subject, only.said) == ("river", said)


@pytest.mark.parametrize(
    "text",
    [
        "ylwjf这个游戏好玩",  # initials without housing
        "云岭望江府",  # short form alone
        "mylwjf的业主",  # not a whole word
        "海棠翡翠湾国际的业主",
        "金翡翠湾的业主",
        "翡翠湾国际的业主",
        "翡翠湾大酒店的房子",
        "翡翠湾路堵车",
        "万科翡翠湾的业主",
        "碧桂园的翡翠湾交房",
        "杭州的翡翠湾交房",
        "海滨市翡翠湾交房",
        "【杭州】翡翠湾交房",
        "临州人在花园里拍照",
        "后花园的业主，恒澜",
        "云岭1号楼漏水",
        "第一期节目，恒澜赞助",
    ],
)
def test_what_only_looks_like_the_name_is_not_it(text: str) -> None:
    assert keys(text, RIVER, RIVAL) - {"rival"} == set()


@pytest.mark.parametrize(
    "text",
    [
        "垃圾翡翠湾",
        "业主群里都说翡翠湾漏水",
        "抵制翡翠湾",
        "昨天翡翠湾停水",
        "翡翠湾路灯坏了",
        "翡翠湾一期停工",
        "临州翡翠湾停工",
        "恒澜翡翠湾停工",
        "临州市高新区翡翠湾停工",
        "从杭州回翡翠湾",
        "杭州人买了翡翠湾",
        "大理石脱落的翡翠湾",
        "临州新城翡翠湾漏水",
        "恒澜的花园漏水",
        "临州有个花园的业主在维权",
    ],
)
def test_what_stands_around_a_name_does_not_hide_it(text: str) -> None:
    assert keys(text, RIVER, RIVAL) == {"river"}


def test_the_board_decides_between_namesakes_but_the_text_goes_first() -> None:
    twins = (CHENGHU, TWIN)
    assert keys("澄湖苑漏水", *twins) == set()
    assert keys("澄湖苑漏水", *twins, implied=("twin",)) == {"twin"}
    assert keys("江城澄湖苑漏水", *twins, implied=("twin",)) == {"chenghu"}
    assert keys("江城和海城都有项目，澄湖苑漏水", *twins) == set()


def test_a_phase_decides_between_namesakes() -> None:
    old = Subject(key="old", name="澄湖苑", phases=("一期", "二期"))
    new = Subject(key="new", name="澄湖苑", phases=("三期",))
    assert keys("澄湖苑3期漏水", old, new) == {"new"}
    assert keys("澄湖苑第贰期漏水", old, new) == {"old"}
    assert keys("澄湖苑四期漏水", old, new) == set()


def test_a_common_word_behind_another_subjects_name_is_that_ones() -> None:
    other = Subject(key="other", name="恒澜澄江里", city="临州", aliases=("澄江里",))
    assert keys("恒澜澄江里一期漏水", RIVER, other) == {"other"}
    assert keys("恒澜的一期漏水", RIVER, other) == {"river"}
    assert keys("恒澜翡翠湾一期漏水", RIVER, other) == {"river"}


def test_a_rivals_place_is_the_rivals() -> None:
    assert keys("碧桂园翡翠湾的业主维权", RIVER, RIVAL) == {"rival"}
    assert keys("碧桂园降价，恒澜翡翠湾也降价", RIVER, RIVAL) == {"rival", "river"}


@pytest.mark.parametrize("kind", list(SubjectKind))
def test_every_kind_is_found_by_its_name(kind: SubjectKind) -> None:
    subject = Subject(key="it", name="澜庭保交付专班", kind=kind, aliases=("澜庭专班",))
    assert keys("听说澜庭保交付专班今天来了", subject) == {"it"}
    assert keys("澜庭专班没人接电话", subject) == {"it"}


def test_a_common_word_shared_by_hundreds_is_asked_by_what_stands_near() -> None:
    many = [
        Subject(key=f"k{n}", name=f"澜庭{n}号公馆", city="临州", ambiguous=("花园",))
        for n in range(20)
    ]
    assert keys("临州花园的业主维权", *many) == set()
    assert keys("花园的业主维权", *many, implied=("k7",)) == {"k7"}
    assert keys("澜庭7号公馆的花园漏水", *many) == {"k7"}


def test_a_hostile_text_costs_no_more_than_its_length() -> None:
    table = build_aliases([RIVER, GROUP, CHENGHU, TWIN], NAMES)
    for text in ("恒澜澄湖苑一期的花园" * 100_000, "的" * 1_000_000, "翡翠湾" * 300_000):
        before = process_time()
        find_subjects(text, table)
        assert process_time() - before < 3.0


@given(
    st.text(
        alphabet="恒澜云岭翡翠湾澄湖苑一期花园临州海城杭市的·1号hlyf路国际，\ud800\n", max_size=60
    )
)
def test_any_text_is_read_and_spans_are_the_words(text: str) -> None:
    table = build_aliases([RIVER, GROUP, CHENGHU, TWIN], NAMES)
    normal = normalise(text).text
    for each in find_subjects(normal, table):
        assert normal[each.start : each.end] == each.alias
