"""Lines of the collection exam that crawl: simulated months of a forum, and speed with ingest.

python -m tests.exams.crawling        these lines alone
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks import crawl
from tests.acceptance.month_run import DEATHS, Month, play
from tests.exams.checks import QUICK, Check, conduct

#: (seed, charset); GBK has rewritten addresses, UTF-8 dynamic ones.
MONTHS = ((11, "gbk"), (12, "utf-8"))
MOST_REQUESTS = 1.3


def months() -> Iterator[Check]:
    """Play several months; each line is the worst of them."""
    played = [_month(seed, charset) for seed, charset in (MONTHS[:1] if QUICK else MONTHS)]
    seeds = "、".join(str(month.seed) for month in played)
    problems = [problem for month in played for problem in month.problems]
    states, visits = (sum(getattr(m, name) for m in played) for name in ("shown", "visits"))
    yield Check(
        f"forum month (seeds {seeds}): {states} states shown in {visits} visits, lost, twice, "
        "out of order, unproven or false",
        f"{len(problems)} {problems[:2] or ''}",
        0,
        not problems,
    )
    deaths = min(month.deaths.total() for month in played)
    yield Check("forum month: kill -9 in the middle of a crawl", deaths, DEATHS, deaths >= DEATHS)
    worst = max(month.ratio for month in played)
    yield Check(
        "forum month: requests for each list page, changed page and due re-visit",
        f"{worst:.3f}",
        f"<= {MOST_REQUESTS}",
        worst <= MOST_REQUESTS,
    )
    kept = all(m.evidence == m.manifest == m.proving <= m.new_pages for m in played)
    yield Check(
        "forum month: raw bytes only of pages with a revision (kept / pages with news)",
        f"{sum(m.evidence for m in played)} / {sum(m.new_pages for m in played)}",
        "each",
        kept,
    )


def _month(seed: int, charset: str) -> Month:
    with tempfile.TemporaryDirectory() as name:
        return play(Path(name) / "var", seed, charset=charset, rewritten=charset == "gbk")


def speed() -> Iterator[Check]:
    """Crawl + ingest against the same spider with its items dropped."""
    if QUICK:
        return
    found = crawl.measure()
    yield Check(
        f"crawl + ingest of {found.pages} pages against items dropped "
        f"({1 / found.stored:.0f} and {1 / found.dropped:.0f} pages/s)",
        f"{found.ratio:.2f}",
        f">= {crawl.WANTED}",
        found.ratio >= crawl.WANTED,
    )


if __name__ == "__main__":
    sys.exit(conduct((months, speed)))
