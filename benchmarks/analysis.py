"""Analysis of 1,000 texts in one run: SnowNLP, jieba + SnowNLP, bixin and ours, JSON in and out.

CPU time of one process; peers are read as everyone writes them. bixin stands in the hashed
benchmarks/peers.txt and is left out where it cannot be loaded. numba is not used.
"""

import contextlib
import gzip
import importlib
import io
import json
import logging
import random
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain.analysis import TextIn
from domain.source import Subject
from nlp.aliases import build_aliases, find_subjects
from nlp.analyse import analyse, analyse_many
from nlp.facts import NlpFacts
from nlp.normal import normalise
from pipelines import language, records
from pipelines.name_facts import load_names

ROOT = Path(__file__).resolve().parents[1]
MESSAGES = ROOT.parent / "shared/data/hot_issues/messages.dev.jsonl.gz"
TEXTS, NAMES = 1000, 5000
#: Characters of the texts whose cost is compared.
LENGTHS = (1_000, 10_000, 100_000, 1_000_000)
RATIO, AIM = 100, 250
#: A megabyte of these is the worst we know of: one after the other each.
PIECES = {
    "平常": "澄湖苑三期外墙渗水，物业不管，12户业主去售楼部要说法，开发商说下周答复。",
    "数字": "1234567890", "月": "月", "括号": "(（[【", "空格": " ",
    "字间隔": "维 权.", "否定": "没有不", "日期": "11月21日", "拼音": "业(yè)",
    "伤亡": "有人死亡，",
}  # fmt: skip
Lines = Sequence[str]
Scorer = Callable[[Lines], object]


def texts(count: int) -> tuple[str, list[str]]:
    """Return the kind of the texts and the texts: real complaints where shared data is at hand."""
    if MESSAGES.exists():
        with gzip.open(MESSAGES, "rt", encoding="utf-8") as handle:
            rows = [json.loads(line) for line in handle]
        return "真实投诉", [f"{row['title']}\n{row['text']}" for row in rows][:count]
    from tests.acceptance.test_replay_is_line import stream  # noqa: PLC0415

    return "虚构帖子", [post.text for post in stream(count, 1)]


def lines_of(found: Sequence[str]) -> list[str]:
    """Return the texts as a stream of JSON lines."""
    return [
        json.dumps({"id": str(n), "text": text}, ensure_ascii=False) for n, text in enumerate(found)
    ]


# ---- who reads them ----------------------------------------------------------------------------


def ours(facts: NlpFacts, *, why: bool) -> Scorer:
    """Return our whole analysis, every field written out."""

    def score(lines: Lines) -> list[str]:
        items = [TextIn(id=row["id"], text=row["text"]) for row in map(json.loads, lines)]
        found = analyse_many(items, facts, why=why)
        return [json.dumps(records.analysis_out(one, why=why), ensure_ascii=False) for one in found]

    return score


def snownlp() -> Scorer:
    package = importlib.import_module("snownlp")

    def score(lines: Lines) -> list[str]:
        rows = [json.loads(line) for line in lines]
        return [json.dumps({"negativity": 1 - _snow(package, row["text"])}) for row in rows]

    return score


def _snow(package: Any, text: str) -> float:
    return float(package.SnowNLP(text).sentiments) if text.strip() else 0.5


def jieba_snownlp() -> Scorer:
    package, jieba = importlib.import_module("snownlp"), _jieba()

    def score(lines: Lines) -> list[str]:
        rows = [json.loads(line) for line in lines]
        return [
            json.dumps(
                [list(jieba.cut(row["text"])), _snow(package, row["text"])], ensure_ascii=False
            )
            for row in rows
        ]

    return score


def _jieba() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        jieba = importlib.import_module("jieba")
    jieba.setLogLevel(logging.ERROR)
    jieba.initialize()
    return jieba


def bixin() -> Scorer:
    with contextlib.redirect_stderr(io.StringIO()):
        predict = importlib.import_module("bixin").predict

    def score(lines: Lines) -> list[str]:
        rows = [json.loads(line) for line in lines]
        return [json.dumps({"negativity": (1 - float(predict(row["text"]))) / 2}) for row in rows]

    return score


SCORERS: dict[str, Callable[[], Scorer]] = {
    "烽火": lambda: ours(language.load_facts(), why=False),
    "烽火（带理由）": lambda: ours(language.load_facts(), why=True),
    "SnowNLP": snownlp,
    "jieba + SnowNLP": jieba_snownlp,
    "bixin": bixin,
}
OURS, PEERS = tuple(SCORERS)[:2], tuple(SCORERS)[2:]


# ---- speed -------------------------------------------------------------------------------------


def seconds(work: Callable[[], object], rounds: int) -> float:
    """Return the median CPU seconds of some rounds."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return sorted(times)[len(times) // 2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Speeds:
    """Texts a second of every scorer on the same texts; why a peer is missing."""

    kind: str
    count: int
    characters: float
    per_second: dict[str, float]
    missing: dict[str, str]

    def ratio(self, name: str, peer: str) -> float:
        """Return how many times as fast a scorer is."""
        return self.per_second[name] / self.per_second[peer]


def speeds(count: int = TEXTS, slow: int | None = None) -> Speeds:
    """Measure every scorer; `slow` limits the texts of the peers."""
    kind, sample = texts(count)
    lines = lines_of(sample)
    found: dict[str, float] = {}
    missing: dict[str, str] = {}
    for name, make in SCORERS.items():
        try:
            score = make()
        except Exception as error:  # a peer fails in many ways without its compiled part
            missing[name] = f"{type(error).__name__}: {error}"
            continue
        part = lines if name in OURS or slow is None else lines[:slow]
        score(part[:20])
        used = seconds(lambda s=score, p=part: s(p), 5 if name in OURS else 1)  # type: ignore[misc]
        found[name] = len(part) / used
    return Speeds(
        kind=kind, count=len(lines), characters=sum(map(len, sample)) / len(sample),
        per_second=found, missing=missing,
    )  # fmt: skip


def names_speed() -> tuple[float, float, float]:
    """Return seconds to compile 5,000 names, µs a text, and characters a second to find them."""
    subjects = invented_subjects(NAMES)
    start = time.process_time()
    table = build_aliases(subjects, load_names())
    built = time.process_time() - start
    normal = [normalise(text).text for text in texts(TEXTS)[1]]
    used = seconds(lambda: [find_subjects(text, table) for text in normal], 3)
    return built, used / len(normal) * 1e6, sum(map(len, normal)) / used


def invented_subjects(count: int) -> list[Subject]:
    """Return subjects with invented names of the usual shapes, each with two aliases."""
    chance = random.Random(5)
    first, second = "澄云锦澜恒屿望江翡翠观澜御龙金碧紫荆华庭栖霞听松", "湖溪山岸府庭苑城里园湾台"
    ends = ("花园", "国际城", "壹号", "府", "公馆", "家园", "名邸", "广场", "雅苑", "一品")
    names: dict[str, None] = {}
    while len(names) < count:
        stem = chance.choice(first) + chance.choice(first) + chance.choice(second)
        names[stem + chance.choice(ends)] = None
    return [
        Subject(key=f"s{n}", name=name, city="临州", aliases=(name[:3] + "小区", "新" + name))
        for n, name in enumerate(names)
    ]


def length_costs(piece: str, lengths: Sequence[int] = LENGTHS) -> list[float]:
    """Return CPU µs a character for texts of these lengths made of one piece."""
    facts = language.load_facts()
    costs = []
    for length in lengths:
        item = TextIn(id="", text=(piece * (length // len(piece) + 1))[:length])
        rounds = max(1, min(9, 20_000 // length))
        costs.append(seconds(lambda t=item: analyse(t, facts), rounds) / length * 1e6)  # type: ignore[misc]
    return costs


# ---- the table ---------------------------------------------------------------------------------


def analysis() -> Iterator[str]:
    """Yield the rows of the table in docs/benchmarks.md."""
    found = speeds()
    mine = found.per_second[OURS[0]]
    for peer in PEERS:
        if peer in found.missing:
            why = found.missing[peer][:60]
            yield f"| 分析 {found.count} 条 | — | {peer} 装不上：{why} | — | — |"
            continue
        goal = f"≥ {RATIO} ×，争取 {AIM} ×" if "SnowNLP" in peer else "—"
        yield (
            f"| 分析 {found.count} 条（{found.kind}，均 {found.characters:.0f} 字，含 JSON 读写，"
            f"不用 numba） | {mine:,.0f} 条/秒 | {peer} {found.per_second[peer]:,.1f} 条/秒 | "
            f"{found.ratio(OURS[0], peer):,.0f} × | {goal} |"
        )
    told, plain = found.per_second[OURS[1]], "jieba + SnowNLP"
    yield (
        f"| 同上，带理由 | {told:,.0f} 条/秒 | {plain} {found.per_second[plain]:,.1f} 条/秒 | "
        f"{found.ratio(OURS[1], plain):,.0f} × | ≥ {RATIO} × |"
    )
    built, each, rate = names_speed()
    yield (
        f"| 认 {NAMES:,} 个楼盘名 | {rate / 1e6:.1f} 百万字/秒（{each:.1f} 微秒/条，"
        f"编译 {built:.2f} 秒） | — | — | 写明 |"
    )
    for name, piece in PIECES.items():
        costs = length_costs(piece)
        shown = "、".join(f"{cost:.2f}" for cost in costs)
        yield (
            f"| 文字长一千、一万、十万、一百万时每字微秒（{name}） | {shown} | 与十万字时比 | "
            f"{costs[-1] / costs[-2]:.2f} × | ≤ 2 ×（成线性） |"
        )
