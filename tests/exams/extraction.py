"""Scores of article extraction on labelled pages, by the same sums as the shared scoring script."""

import gzip
import json
import re
import statistics
import tarfile
import tempfile
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from crawlers.decode import declared_charset, decode
from crawlers.pages.article import Article, inspect_article
from domain.clock import SHANGHAI
from domain.errors import BlockedError, ParseError
from tests.exams.checks import Check

#: The whole articles and the ones with single sentences; each is reported by itself too.
SETS = ("article_content", "news_snippets")
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=SHANGHAI)
WANTED = {"title": 0.95, "minute": 0.92, "by-line": 0.60}


def scores(data: Path) -> Iterator[Check]:
    """Yield a line a score: body F1, title, minute and by-line, each over its sets."""
    told: dict[str, dict[str, list[float]]] = {}
    for name in SETS:
        with tempfile.TemporaryDirectory() as folder:
            with tarfile.open(data / f"{name}_pages.dev.tar.gz") as packed:
                packed.extractall(folder, filter="data")
            pages = {path.stem: path for path in Path(folder).rglob("*.html")}
            told[name] = _measured(_rows(data / f"{name}.dev.jsonl.gz"), pages)
    bodies = told[SETS[0]]["body"]
    mean, median = statistics.mean(bodies), sorted(bodies)[len(bodies) // 2]
    yield Check(
        f"article body 4-gram F1, mean over {len(bodies)}", f"{mean:.3f}", "≥ 0.90", mean >= 0.90
    )
    yield Check("article body 4-gram F1, median", f"{median:.3f}", "≥ 0.98", median >= 0.98)
    for key, wanted in WANTED.items():
        per_set = {name: told[name][key] for name in SETS if told[name][key]}
        every = [one for found in per_set.values() for one in found]
        share = statistics.mean(every)
        parts = ", ".join(f"{name} {statistics.mean(got):.3f}" for name, got in per_set.items())
        yield Check(f"article {key}", f"{share:.3f} ({parts})", f"≥ {wanted}", share >= wanted)


def _rows(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as handle:
        return [json.loads(line) for line in handle if line.strip()]


def _measured(gold: list[dict[str, Any]], pages: dict[str, Path]) -> dict[str, list[float]]:
    """Return per score the outcome of every page that has gold for it."""
    found: dict[str, list[float]] = defaultdict(list)
    for row in gold:
        article = _read(pages[str(row["id"])])
        if "content" in row:
            found["body"].append(f1(article.text if article else "", row["content"]))
        else:
            got = article.title if article else ""
            same = _plain(got) == _plain(row["title"]) or f1(got, row["title"]) > 0.8
            found["title"].append(float(same))
        if row["publish_time"]:
            # Some gold tells the day only: what it tells must be right.
            right = _minute(article).startswith(row["publish_time"][:16])
            found["minute"].append(float(right))
        if row.get("author"):
            names = set(re.split(r"[\s、,，/]+", (article.author if article else None) or ""))
            found["by-line"].append(float(bool(names & set(row["author"]))))
    return found


def _read(path: Path) -> Article | None:
    body = path.read_bytes()
    try:
        text = decode(body, where=path.name, declared=declared_charset("", body))
        return inspect_article(text, url="", now=NOW)
    except (ParseError, BlockedError):
        return None


def _minute(article: Article | None) -> str:
    if article is None or article.published_at is None:
        return ""
    return article.published_at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


def _plain(text: str | None) -> str:
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text or ""))


def _grams(text: str) -> set[str]:
    return {text[n : n + 4] for n in range(len(text) - 3)} or {text}


def f1(got: str | None, gold: str | None) -> float:
    """Return the F1 of the sets of four-character shingles, spaces aside."""
    a, b = _grams(_plain(got)), _grams(_plain(gold))
    return 2 * len(a & b) / max(len(a) + len(b), 1)
