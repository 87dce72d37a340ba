"""Derived forms: only what is safe; initials from the order of GB2312."""

import pytest

from domain.errors import FactsError
from domain.source import Subject, SubjectKind
from nlp.alias_forms import Kind, Need, forms_of, initials
from pipelines.name_facts import load_names, names

NAMES = load_names()


def words(subject: Subject, kind: Kind, *brands: str) -> set[str]:
    return {form.word for form in forms_of(subject, brands, NAMES) if form.kind is kind}


@pytest.mark.parametrize(
    ("word", "letters"),
    [
        ("云岭望江府", "ylwjf"), ("啊芭擦搭蛾发噶哈击喀垃", "abcdefghjkl"),
        ("妈拿哦啪期然撒塌挖昔压匝", "mnopqrstwxyz"), ("座", "z"), ("澄玥湾", ""), ("云岭1号", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_initials_come_from_the_first_level_of_gb2312(word: str, letters: str) -> None:
    assert initials(word) == letters


def test_short_forms_have_three_characters_and_are_no_words() -> None:
    assert words(Subject(key="a", name="云栖里花园"), Kind.SHORT) == {"云栖里"}
    assert words(Subject(key="a", name="云栖花园"), Kind.SHORT) == set()
    assert words(Subject(key="a", name="中央公园小区"), Kind.SHORT) == set()
    assert words(Subject(key="a", name="恒澜望江楼"), Kind.SHORT, "恒澜") == set()
    assert words(Subject(key="a", name="恒澜望江府"), Kind.SHORT, "恒澜") == {"望江府"}
    assert words(Subject(key="a", name="临州翠屿湾", city="临州市"), Kind.SHORT) == {"翠屿湾"}


def test_a_misheard_form_needs_four_characters_and_changes_one() -> None:
    assert words(Subject(key="a", name="云岭湾"), Kind.SOUND) == set()
    assert "云领澜庭" in words(Subject(key="a", name="云岭澜庭"), Kind.SOUND)
    assert "云领兰庭" not in words(Subject(key="a", name="云岭澜庭"), Kind.SOUND)


def test_phases_are_written_with_every_digit() -> None:
    found = words(Subject(key="a", name="翠屿湾二期"), Kind.VARIANT)
    assert found == {"翠屿湾2期", "翠屿湾贰期"}


def test_only_estates_get_risky_forms() -> None:
    subject = Subject(key="a", name="恒澜物业服务花园", kind=SubjectKind.PROPERTY)
    assert {form.kind for form in forms_of(subject, (), NAMES)} == {Kind.NAME}


def test_a_common_word_as_a_name_needs_context() -> None:
    subject = Subject(key="a", name="阳光城", aliases=("大厂", "翠屿湾"))
    assert {f.word: f.need for f in forms_of(subject, (), NAMES)} == {
        "阳光城": Need.CONTEXT, "大厂": Need.CONTEXT, "翠屿湾": Need.NOTHING,
    }  # fmt: skip


def test_a_wrong_file_of_words_is_told() -> None:
    with pytest.raises(FactsError, match="words 应当是词的列表"):
        names({})
    given = {
        key: ["花园"] for key in (
            "words", "masks", "cities", "developers", "suffixes", "tails", "place_tails",
            "tails_not", "housing", "sound_alikes", "not_initials",
        )
    }  # fmt: skip
    with pytest.raises(FactsError, match="letters 应当是一串汉字"):
        names(given)
    with pytest.raises(FactsError, match="housing 里有空词"):
        names({**given, "letters": "山水", "housing": [" "]})
