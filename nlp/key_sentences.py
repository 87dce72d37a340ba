"""Key sentences (关键句): the two or three sentences of an event in which most of it is said.

Each is of another post, says something new, and is masked before it is cut out.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.mask import mask

#: Letters that tell nothing: particles, pronouns, verbs of saying and having.
LOOSE = frozenset(
    "的了着过是有在和与及也都还又就才很太真更最被把让给跟对从到说讲问看想要会能可应该没不未"
    "我你他她它们咱这那哪谁啥吗呢吧啊呀哦嘛个位家里上下今昨明天月日年时次又再等为以而但却"
    "去来做搞弄请求"
)
LETTER = re.compile(r"[\u4e00-\u9fff]")
#: Openings and closings of letters, links: nothing of them tells the event.
_POLITE = re.compile(r"您好|你好|尊敬的|敬礼|谢谢|感谢|恳请|https?:")
#: Ends of a sentence, newlines included.
_ENDS = re.compile(r"(?<=[。！？!?；;…])|\n+")
_SHORTEST_SAID, _LONGEST_SAID = 8, 80
#: Two sentences with so many pairs of letters in common say the same.
_ALIKE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One post of an event as its words are read."""

    key: str
    title: str
    text: str
    published_at: datetime
    categories: tuple[str, ...]
    duplicate: bool = False
    #: Who said it, so that one author's thirty posts do not name the event; None = unknown.
    voice: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySentence:
    """A sentence of a post that tells the event, masked."""

    text: str
    key: str


def key_sentences(posts: Sequence[Said], problem: str, most: int) -> tuple[KeySentence, ...]:
    """Return the sentences that share most with what everybody says, each of another post."""
    said = [(sentence, post) for post in posts for sentence in _cut(post)]
    spread: defaultdict[str, set[str]] = defaultdict(set)
    for sentence, post in said:
        for pair in _pairs(sentence):
            spread[pair].add(post.voice or post.key)
    ranked = sorted(
        said,
        key=lambda one: (
            -_worth(one[0], problem, spread), one[1].published_at, one[1].key, one[0],
        ),
    )  # fmt: skip
    about = _pairs(problem)
    chosen: list[KeySentence] = []
    for sentence, post in ranked:
        if len(chosen) == most:
            break
        if all(post.key != one.key and not _alike(sentence, one.text, about) for one in chosen):
            chosen.append(KeySentence(text=sentence, key=post.key))
    return tuple(chosen)


def _cut(post: Said) -> Iterator[str]:
    """Yield the sentences of a post; masked before it is cut, so that no room hides in a cut."""
    for part in _ENDS.split(mask(f"{post.title}\n{post.text}")):
        sentence = part.strip()
        if _SHORTEST_SAID <= len(sentence) <= _LONGEST_SAID and not _POLITE.search(sentence):
            yield sentence


def _worth(sentence: str, problem: str, spread: dict[str, set[str]]) -> float:
    """Return how much others say the same: voices behind its pairs of letters, by its length."""
    pairs = _pairs(sentence)
    if not pairs:
        return 0.0
    shared = sum(len(spread[pair]) - 1 for pair in pairs) / (len(pairs) + 8)
    return shared * (1.5 if problem in sentence else 1.0)


def _pairs(text: str) -> set[str]:
    return {
        text[i : i + 2]
        for i in range(len(text) - 1)
        if all(LETTER.fullmatch(letter) and letter not in LOOSE for letter in text[i : i + 2])
    }


def _alike(one: str, other: str, known: set[str]) -> bool:
    """Whether a sentence adds too little to another beside what both are about."""
    first, second = _pairs(one) - known, _pairs(other) - known
    fewer = min(len(first), len(second))
    return fewer == 0 or len(first & second) >= _ALIKE * fewer
