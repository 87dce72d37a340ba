"""Streams as texts keep the stream's times and people; letters here are invented ones."""

import gzip
import json
from pathlib import Path

import pytest

from tests.quality.crisis_posts import FRESH
from tests.quality.crisis_streams import Spec
from tests.quality.crisis_texts import KINDS, LETTERS, estate_of, letters, rows, streams


@pytest.fixture
def board(tmp_path: Path) -> Path:
    """Return a folder of letters like the shared data's: forty writers on one kind of trouble."""
    for name in LETTERS:
        file = tmp_path / f"{name}.jsonl.gz"
        file.parent.mkdir(exist_ok=True)
        with gzip.open(file, "wt", encoding="utf-8") as out:
            for number in range(45):
                text = f"我住B市翠岭小区{number}栋，电梯坏了{number}天。每天爬楼。没有人来修。"
                row = {"user": f"u{number}", "title": "B市翠岭小区电梯坏了", "text": text}
                out.write(json.dumps(row, ensure_ascii=False) + "\n")
    return tmp_path


def test_a_stream_is_told_row_by_row(board: Path) -> None:
    """Times stay; a crisis is told in as many letters as it has authors, of the estate itself."""
    one = streams(Spec(seed=5, weeks=12), 1)[0]
    made = list(rows(one, board))
    name = estate_of(one).name
    assert [row["fetched_at"] < row["published_at"] for row in made].count(True) == 0
    assert len(made) == len(one.posts.at)
    told = [row for row, author in zip(made, one.posts.author, strict=True) if author >= FRESH * 5]
    assert len({row["author"] for row in told}) == one.crises[0].n
    assert not any("翠岭" in row["title"] + row["text"] for row in told)
    assert all(name in row["title"] + row["text"] for row in told)
    assert len({row["text"] for row in told}) >= one.crises[0].n
    assert list(rows(one, board)) == made


def test_letters_are_taken_by_the_words_of_their_titles(board: Path) -> None:
    """One letter a writer, in the first kind its title names."""
    found = letters(board)
    assert set(found) == set(KINDS)
    assert {kind: len(pool) for kind, pool in found.items() if pool} == {"lift": 45}
