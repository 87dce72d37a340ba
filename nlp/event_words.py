"""Event words (事件名): problem and place of an event, and two or three sentences that tell it.

The problem is the category most of its posts carry, in the words most of them use: 渗水 becomes
外墙渗水 where most who say the one say the other. Everything shown is masked; rooms never leave.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from domain.language import CategoryFacts, CategoryWords
from domain.mask import mask
from nlp.key_sentences import LETTER, LOOSE, KeySentence, Said, key_sentences
from nlp.normal import normalise
from nlp.words import cut

__all__ = ["EventWords", "KeySentence", "Said", "event_words"]

#: A word grows by a letter while so many of those who use it say the longer one.
_COMMON = 0.6
_LONGEST = 8
#: Letters of a name that is a sentence.
_SHORT = 18
_NUMBERING = re.compile(r"^[\d一二三四五六七八九十]{1,2}[、.．]\s*")
UNKNOWN = "未归类"
#: A word names the problem where so many of the voices use it.
_MANY = 0.4
#: Voices a common phrase needs, and its shortest length.
_SEVERAL, _SHORTEST = 3, 3
_RUN = re.compile(r"[\u4e00-\u9fff]+")
_RUNS = re.compile(r"[\u4e00-\u9fff]{2,}")
_LAST_RUN = re.compile(r"[\u4e00-\u9fff]+\Z")
#: Words of every complaint: they name no problem.
_PLAIN = re.compile(
    "业主|小区|开发商|物业|物业公司|公司|领导|政府|部门|相关|相关部门|情况|投诉|反映|建议"
    "|解决|处理|回复|关于|严重|进行|希望|咨询|邻居|什么|怎么|已经|如果|房子|居民|市民|百姓"
    "|老百姓|附近|地方|一直|目前|迟迟|长期|非常|人员|项目|同样|感觉|知道|整栋|全体|首先|其中"
    "|开始|造成|导致"
)
#: Buildings first: the nearest to where something is.
_PLACES = (
    re.compile(
        r"(?:[a-z]?\d{1,3}|[a-z]|[一二三四五六七八九十]{1,3})(?:栋|幢|座|号楼|#楼)(?![一-龥]?\d{0,2}方)"
    ),
    re.compile(r"(?:[一二三四五六七八九十]|\d{1,2})期(?!限|间|待|房款|付|货)"),
    re.compile("地下车库|地下室|车库|大堂|电梯|幼儿园|会所"),
)
_HAN_DIGITS = {word: str(n) for n, word in enumerate("一二三四五六七八九十", start=1)}
#: 总包是江城第三建设, 施工单位：某某建工: who built it.
_CONTRACTOR = re.compile(
    r"(?:总包|承包商|承建商|承建单位|施工单位|施工方|施工队|防水单位|精装单位|装修单位)"
    r"(?:[是为叫:]|就是)\s?"
    r"([一-龥]{2,14}?(?:建设|建工|建筑|工程|装饰|装修|集团|公司|局|建材|防水)(?:有限公司|集团|公司)?)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventWords:
    """Name, problem, place and key sentences of one event."""

    #: 3栋外墙渗水; the category's name where no word is common.
    name: str
    #: K-code, None where no post carries one.
    code: str | None
    problem: str
    #: Building, phase or part; "" where the posts name none or different ones.
    place: str
    sentences: tuple[KeySentence, ...]
    #: Who built or supplied it, in the posts' words (AD-13).
    contractors: tuple[str, ...]
    #: Posts that were read.
    keys: tuple[str, ...]


def event_words(
    posts: Iterable[Said], categories: CategoryFacts, *, names: Sequence[str] = (), most: int = 3
) -> EventWords:
    """Return how an event is called and told; the order of the posts changes nothing.

    `names` are those of the watched subject: they stand beside the event and name no problem.
    """
    known = _named(names)
    read = [
        (post, known.sub("\n", normalise(mask(f"{post.title}\n{post.text}")).text))
        for post in sorted(posts, key=lambda post: (post.published_at, post.key))
        if not post.duplicate
    ]
    voices = _by_voice(read)
    own = [post for post, _ in read]
    category = _category(own, categories)
    problem = _problem(list(voices.values()), category)
    place = _place(list(voices.values()))
    sentences = key_sentences(own, problem, most)
    return EventWords(
        name=_joined(place, problem) if problem != UNKNOWN else _short(own, sentences),
        code=category.code if category else None,
        problem=problem,
        place=place,
        sentences=sentences,
        contractors=_contractors(voices.values()),
        keys=tuple(post.key for post in own),
    )


def _joined(place: str, problem: str) -> str:
    """Return place and problem; what both say stands once: 地下车库 + 车库渗水."""
    both = next((n for n in range(len(place), 0, -1) if problem.startswith(place[-n:])), 0)
    return place[: len(place) - both] + problem


def _short(posts: Iterable[Said], sentences: Sequence[KeySentence]) -> str:
    """Return the first title, else the best sentence: all the name there is without a category."""
    titles = (mask(post.title).strip() for post in posts)
    best = sentences[0].text if sentences else UNKNOWN
    text = next((title for title in titles if len(title) >= _SHORTEST), best)
    text = _NUMBERING.sub("", text).rstrip("。！？!?；;…")
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 1]}…"


def _named(names: Sequence[str]) -> re.Pattern[str]:
    """Return what finds any of the names, longest first; nothing at all without names."""
    normal = sorted({normalise(name).text for name in names} - {""}, key=lambda n: (-len(n), n))
    return re.compile("|".join(map(re.escape, normal)) or r"(?!)")


def _by_voice(read: Sequence[tuple[Said, str]]) -> dict[str, str]:
    """Return all that each voice said; a post without an author speaks for itself."""
    said: defaultdict[str, list[str]] = defaultdict(list)
    for post, text in read:
        said[f"voice {post.voice}" if post.voice else f"post {post.key}"].append(text)
    return {voice: "\n".join(texts) for voice, texts in said.items()}


# ---- problem ------------------------------------------------------------------------------------


def _category(posts: Sequence[Said], facts: CategoryFacts) -> CategoryWords | None:
    """Return the category most voices speak of; one with a topic before a bare call to action."""
    voices = {(post.voice or post.key, code) for post in posts for code in post.categories}
    number = Counter(code for _, code in voices)
    known = [one for one in facts.categories if number[one.code] and one.labelled]
    return min(
        known, key=lambda one: (one.topic is None, -number[one.code], one.code), default=None
    )


def _problem(texts: Sequence[str], category: CategoryWords | None) -> str:
    """Return the category's word many use, else a phrase most use, else the category's name."""
    words = category.words if category else ()
    number = Counter(
        word for word in words if LETTER.search(word) for text in texts if word in text
    )
    word = min(number, key=lambda word: (-number[word], -len(word), word), default="")
    if word and number[word] >= _MANY * len(texts):
        users = [text for text in texts if word in text]
        return _grown(_whole(word, users), users)
    return _phrase(texts) or word or (category.name if category else UNKNOWN)


def _whole(word: str, users: Sequence[str]) -> str:
    """Return the word to the end of its last: 外墙渗 is 外墙渗水 where most say so."""
    number = Counter(_to_end(text, at) for text in users for at in _all(word, text))
    best = min(number, key=lambda whole: (-number[whole], whole))
    return best if len(best) <= _LONGEST else word


def _to_end(text: str, at: re.Match[str]) -> str:
    run = _RUN.match(text, at.start(), at.end() + _LONGEST)
    if run is None:
        return at[0]
    end = 0
    for word in cut(run[0]):
        end += len(word)
        if end >= len(at[0]):
            break
    return run[0][:end]


def _grown(word: str, users: Sequence[str]) -> str:
    """Return the word with the word most who use it set before it: 外墙 before 渗水.

    Only before: what follows a Chinese noun is no part of it.
    """
    number = Counter(
        before
        for text in users
        for before in {_before(text, at.start()) for at in _all(word, text)}
    )
    best = min(number, key=lambda before: (-number[before], before), default="")
    if len(users) < 2 or not _tells(best) or number[best] < _COMMON * len(users):
        return word
    return best + word if len(best) + len(word) <= _LONGEST else word


def _all(word: str, text: str) -> Iterator[re.Match[str]]:
    return re.finditer(re.escape(word), text)


def _before(text: str, at: int) -> str:
    """Return the last word before a place in a text, "" where a sentence begins."""
    run = _LAST_RUN.search(text, max(0, at - _LONGEST), at)
    return cut(run[0])[-1] if run else ""


def _phrase(texts: Sequence[str]) -> str:
    """Return the phrase that says most of what more than half of several voices use."""
    if len(texts) < _SEVERAL:
        return ""
    number = Counter(phrase for text in texts for phrase in _phrases(text))
    common = [phrase for phrase in number if 2 * number[phrase] > len(texts)]
    return min(common, key=lambda p: (-number[p] * (len(p) - 1), p), default="")


def _phrases(text: str) -> set[str]:
    """Return the runs of up to three words that begin and end with a word that tells something."""
    found = set()
    for run in _RUNS.findall(text):
        words = cut(run)
        for size in (1, 2, 3):
            for i in range(len(words) - size + 1):
                phrase = "".join(words[i : i + size])
                if _SHORTEST <= len(phrase) <= _LONGEST and all(map(_tells, words[i : i + size])):
                    found.add(phrase)
    return found


def _tells(word: str) -> bool:
    return len(word) > 1 and not _PLAIN.fullmatch(word) and LOOSE.isdisjoint(word)


# ---- place --------------------------------------------------------------------------------------


def _place(texts: Sequence[str]) -> str:
    """Return the building, phase or part more than half of the voices name."""
    for pattern in _PLACES:
        named = [{_numbered(found[0]) for found in pattern.finditer(text)} for text in texts]
        number = Counter(place for places in named for place in places)
        best = min(number, key=lambda place: (-number[place], place), default="")
        if best and 2 * number[best] > len(texts):
            return best
    return ""


def _numbered(place: str) -> str:
    """Return 三栋, 3号楼 and 3#楼 as 3栋, 二期 as 2期: one building, one name."""
    head = re.match(r"[a-z]?\d+|[a-z]|[一二三四五六七八九十]+(?=[栋幢座号#期])", place)
    if head is None:
        return place
    number = head[0]
    tens, ten, ones = number.partition("十")
    if ten:
        number = str(int(_HAN_DIGITS.get(tens, "1")) * 10 + int(_HAN_DIGITS.get(ones, "0")))
    number = _HAN_DIGITS.get(number, number).upper()
    return number + ("期" if place.endswith("期") else "栋")


# ---- who built it -------------------------------------------------------------------------------


def _contractors(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the contractors named, most named first."""
    number = Counter(name for text in texts for name in {m[1] for m in _CONTRACTOR.finditer(text)})
    return tuple(sorted(number, key=lambda name: (-number[name], name)))
