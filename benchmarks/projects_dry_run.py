"""Dry run of 60 subjects with 300 aliases on 100 k indexed posts: wanted below 5 s.

Run: python -m benchmarks.projects_dry_run [POSTS]
"""

import random
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from config.clock import FixedClock
from pipelines import home, projects
from pipelines.wiring import open_app
from store import search, sources
from tests.conftest import NOON, settings_for
from tests.posts import prepare

SYLLABLES = "云麓望江星河澄湖锦绣翡翠东方山海天城府苑园里湾庭悦和光晴川岚"


def main() -> None:
    """Build a home, fill it by plain SQL, time one plan."""
    posts = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    chance = random.Random(7)
    names = ["".join(chance.choices(SYLLABLES, k=4)) for _ in range(300)]
    with tempfile.TemporaryDirectory() as folder:
        settings = home.create(
            settings_for(Path(folder)), None, company="云麓", procedure="group-000"
        )
        app = open_app(settings, clock=FixedClock(NOON))
        prepare(app)
        with app.db.write() as connection:
            source = sources.get_id(connection, "板块")
            at = [NOON - timedelta(minutes=chance.randrange(200 * 1440)) for _ in range(posts)]
            connection.exec_driver_sql(
                "INSERT INTO post (id, site, native_id, source_id, kind, message_kind, "
                "published_at, published_precision, fetched_at, backfill, day_cn) "
                "VALUES (?, 'x', ?, ?, 'forum', 'text', ?, 'minute', ?, 0, 20261120)",
                [(n, str(n), source, *[f"{a:%Y-%m-%dT%H:%M:%S.000000}"] * 2)
                 for n, a in enumerate(at, start=1)],
            )  # fmt: skip
            for start in range(1, posts + 1, 5000):
                search.index_posts(
                    connection,
                    {
                        n: f"{chance.choice(names)}外墙渗水，物业不管，{chance.choice(names)}也一样"
                        for n in range(start, min(start + 5000, posts + 1))
                    },
                )
        lines = ["名称,别名"] + [
            f"云麓项目{n},{'、'.join(names[n * 5 : n * 5 + 5])}" for n in range(60)
        ]
        started = time.perf_counter()
        plan = projects.plan(app, "\n".join(lines).encode(), name="项目.csv", now=NOON)
        took = time.perf_counter() - started
        hit = sum(h.posts for h in plan.hits)
        print(f"{posts} posts, {len(plan.hits)} names, {hit} hits: {took:.2f} s (wanted < 5 s)")
        app.db.dispose()


if __name__ == "__main__":
    main()
