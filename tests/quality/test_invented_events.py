"""The invented events are what they claim: many kinds, different texts, distinct people."""

from collections import Counter
from random import Random

from tests.quality.crisis_posts import topic_codes
from tests.quality.invented_events import cases, rows
from tests.quality.invented_texts import LONGEST, chatter, complaint, estate, nickname, troubles


def test_kinds_cover_every_topic_with_a_dozen_wordings_each() -> None:
    """Forty kinds and more; no wording stands twice."""
    says = [said for one in troubles() for said in one.says]
    assert len(troubles()) >= 40
    assert {one.topic for one in troubles()} == {name for name, _ in topic_codes()}
    assert all(len(one.says) == 12 for one in troubles())
    assert len(set(says)) == len(says)


def test_estates_and_nicknames_are_nobody_elses() -> None:
    """500 estates have distinct names and aliases; 3,000 nicknames are distinct."""
    estates = [estate(number) for number in range(500)]
    assert len({one.alias for one in estates}) == len({one.name for one in estates}) == 500
    rng = Random(1)
    assert len({nickname(rng, number) for number in range(3000)}) == 3000


def test_texts_vary_in_wording_and_length() -> None:
    """Hundreds of different everyday texts; complaints short and long."""
    rng = Random(2)
    assert len({chatter(rng, "砚荷里") for _ in range(1000)}) >= 300
    lengths = [len(complaint(rng, rng.choice(troubles()).says[0])) for _ in range(500)]
    assert min(lengths) <= 12
    assert 80 <= max(lengths) <= LONGEST


def test_an_event_has_its_voices_and_a_look_alike_never_ten_on_one_problem() -> None:
    """Authors are counted over what is said of the trouble, everyday talk left out."""
    made = cases(3, 12)
    assert Counter(case.kind == "event" for case in made) == {True: 12, False: 12}
    for case in made:
        talk = case.posts[: len(case.posts) - 8]
        people = {post["author"] for post in talk}
        if case.kind == "event":
            assert len(people) == len(talk) == case.voices >= 10
        else:
            assert case.voices < 10
        assert len({post["source"] for post in talk}) == 1
    assert len({key.key for case in made for key in case.estates}) == sum(
        len(case.estates) for case in made
    )


def test_the_same_seed_is_the_same_file() -> None:
    """Another seed is another file."""
    once, again, other = (list(rows(cases(seed, 3))) for seed in (4, 4, 5))
    assert once == again != other
