"""Subjects by name and alias, ambiguity, and candidates where no subject is given."""

import pytest

from domain.source import Subject
from nlp.aliases import build_aliases, find_candidates, find_subjects
from nlp.normal import normalise

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
