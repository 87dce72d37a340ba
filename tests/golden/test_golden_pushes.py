"""Golden pushes: every channel × level, and overdue, repeat, brief, from an invented town.

A file that is not there gets written and fails until somebody has reviewed it.
"""

from pathlib import Path

import pytest

from notify.marks import BUDGET, MARKS, size
from tests.pushes import golden

PUSHES = Path(__file__).parent / "pushes"
KINDS = ("minor", "moderate", "major", "critical", "overdue", "repeat", "brief")
NAMES = [f"{channel}-{kind}" for channel in MARKS for kind in KINDS]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return golden(tmp_path_factory.mktemp("towns"))


def test_nothing_more_and_nothing_less_is_made(made: dict[str, str]) -> None:
    assert sorted(made) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_push_says(made: dict[str, str], name: str) -> None:
    path = PUSHES / f"{name}.txt"
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.write_text(made[name], encoding="utf-8")
        pytest.fail(f"{path.name} written: review it, then run again")
    assert made[name] == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_the_channel_takes_its_size(made: dict[str, str], name: str) -> None:
    budget = BUDGET[name.partition("-")[0]]
    body = made[name].partition("\n\n")[2].removesuffix("\n")
    assert budget is None or size(body) <= budget
