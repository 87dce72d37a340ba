"""Homes are the same home in digits, full-width digits and Han numerals."""

import pytest

from domain.homes import Home, home_in_name, home_said, household_of, households, voices


@pytest.mark.parametrize(
    ("text", "home"),
    [
        ("三栋二单元一五零一", ("", "3", "2", "1501")),
        ("３栋２单元１５０１", ("", "3", "2", "1501")),
        ("3栋2单元1501室", ("", "3", "2", "1501")),
        ("十二号楼一五〇一室", ("", "12", "", "1501")),
        ("二十一栋三幺二", ("", "21", "", "312")),
        ("一二栋302", ("", "12", "", "302")),
        ("二期五号楼八零一", ("2", "5", "", "801")),
        ("A座1203", ("", "A", "", "1203")),
        ("a座1203", ("", "A", "", "1203")),
        ("3栋15楼1501", ("", "3", "", "1501")),
        ("E12栋1501", ("", "E12", "", "1501")),
        ("AB12栋1501", None),
        ("三栋一二三单元", None),
        ("三栋楼", None),
    ],
)
def test_a_home_is_one_home_however_it_is_written(text: str, home: Home | None) -> None:
    assert household_of(text) == home


def test_a_nickname_in_han_numerals_is_the_same_home() -> None:
    assert home_in_name("三栋二单元一五零一-张") == home_in_name("3-2-1501")


@pytest.mark.parametrize("said", ["8栋703-705", "703-705之间", "望江府3栋1501", "3栋1501和"])
def test_what_says_more_than_one_room_is_no_home(said: str) -> None:
    assert home_said(said) is None


@pytest.mark.parametrize(
    ("why", "said", "heard"),
    [
        ("the home he named first counts, however named later",
         [("s", "a", "K1"), ("s", "a", None), ("s", "a", "K2")], ["K1", "K1", "K1"]),
        ("also for what he said before", [("s", "a", None), ("s", "a", "K1")], ["K1", "K1"]),
        ("two of one home are one", [("s", "a", "K1"), ("s", "b", "K1")], ["K1", "K1"]),
        ("without an author each home for itself",
         [("s", None, "K1"), ("s", None, "K2"), ("s", None, None)], ["K1", "K2", None]),
        ("on another site he is another", [("s", "a", "K1"), ("t", "a", None)], ["K1", "a"]),
    ],
)  # fmt: skip
def test_an_author_is_one_voice_on_a_site(
    why: str, said: list[tuple[str, str | None, str | None]], heard: list[str | None]
) -> None:
    assert voices(said) == [(row[0], voice) for row, voice in zip(said, heard, strict=True)], why


def test_an_author_is_one_household_on_a_site() -> None:
    said = [
        ("s", "a", "K1"),
        ("s", "a", "K2"),
        ("s", "b", None),
        ("s", "c", "K3"),
        ("s", None, "K4"),
    ]
    assert households(said) == 3
    assert households([]) == 0
    assert households([("s", "a", "K1"), ("t", "b", "K1")]) == 1
