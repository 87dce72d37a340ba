"""Relating with a million posts known: posts a second, peak memory and start, beside a peer.

The known posts are invented: twenty thousand texts related for real, then repeated under other
numbers, with the keys of their own stretches changed and those of their words kept, so that every
list of a word is as long as it may become. The peer compares each post with far fewer known ones.
"""

import json
import random
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from config.clock import FixedClock
from config.settings import Settings, read_settings
from domain.post import ParsedPost
from domain.relation import Placed, RelateIn
from domain.source import Subject
from nlp.relate import Keyed
from pipelines import analyse, home, language, relate
from pipelines.wiring import App, open_app
from store import events
from tests.posts import SITE, feed, prepare

KNOWN, PATTERN, NEW, PEER_KNOWN = 1_000_000, 20_000, 3_000, 20_000
START = datetime(2026, 9, 1, tzinfo=UTC)
SPAN = timedelta(days=80)
_FIRST, _SECOND = "望临观听枕揽映沐栖悦", "江山湖溪云月松竹梅兰荷枫樱棠桂杉柏榆槐柳"
SUBJECTS = tuple(
    Subject(key=f"p{n}", name=f"云麓·{name}", aliases=(name,), city="江城")
    for n, name in enumerate(f"{one}{two}府" for one in _FIRST for two in _SECOND)
)
_WHERE = ("地下室", "外墙", "楼道", "电梯", "车库", "屋顶", "次卧", "厨房", "大门", "绿化带")
_WHAT = ("渗水", "发霉", "开裂", "积水", "停运", "断电", "被占", "脱落", "漏雨", "异响", "停工")
_WHO = ("物业", "开发商", "施工方", "售楼部", "街道", "居委会", "住建局", "监理", "总包", "销售")
_DID = (
    "一直不理", "推来推去", "说下周答复", "让我们等通知", "派人看了一眼", "电话打不通",
    "答应赔偿又反悔", "贴了张告示", "说材料没到", "换了负责人", "要我们自己出钱",
)  # fmt: skip
_HANZI = [chr(code) for code in range(0x4E00, 0x4E00 + 3000)]


def texts(count: int, seed: int) -> Iterator[tuple[str, str]]:
    """Yield (subject key, text) of invented complaints of 60 to 300 characters."""
    chance = random.Random(seed)
    for _ in range(count):
        subject = chance.choice(SUBJECTS)
        parts = [f"{subject.aliases[0]}{chance.randrange(1, 40)}栋"]
        for _ in range(chance.randrange(2, 8)):
            odd = "".join(chance.choices(_HANZI, k=chance.randrange(2, 8)))
            parts.append(
                f"{chance.choice(_WHERE)}{chance.choice(_WHAT)}{chance.randrange(2, 99)}天，{odd}，"
                f"{chance.choice(_WHO)}{chance.choice(_DID)}。"
            )
        yield subject.key, "".join(parts)


def relating() -> Iterator[str]:
    """Yield the row of the benchmark table; the work is done by processes of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "var"
        _child("fill", folder)
        found = _child("run", folder)
        size = sum(path.stat().st_size for path in folder.glob("fenghuo.db*"))
    peer = _child("peer", folder)
    yield (
        f"| 关联 {NEW:,} 帖，已知 {KNOWN // 10_000} 万帖（虚构；读写数据库在内） | "
        f"{found['rate']:,.0f} 帖/秒/核，峰值内存 {found['mb']:,.0f} MB，冷启动后第一帖 "
        f"{found['first']:.2f} 秒，库 {size / 1e9:.1f} GB | scikit-learn TF-IDF 余弦，只已知 "
        f"{PEER_KNOWN // 10_000} 万帖：{peer['rate']:,.0f} 帖/秒/核 | "
        f"{found['rate'] / peer['rate']:.1f} × | ≥ 500 帖/秒/核，≤ 1 GB |"
    )


def _child(part: str, folder: Path) -> dict[str, float]:
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.relating", part, str(folder)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    print(part, ran.stdout.strip(), file=sys.stderr)
    result: dict[str, float] = json.loads(ran.stdout.splitlines()[-1])
    return result


# ---- a million posts known ---------------------------------------------------------------------


def fill(folder: Path) -> dict[str, float]:
    """Make a home that knows KNOWN related posts and has NEW read ones to relate."""
    app = _app(folder)
    prepare(app, SUBJECTS)
    pattern = _pattern()
    with sqlite3.connect(folder / "fenghuo.db") as db:
        db.execute("PRAGMA synchronous=OFF")
        source = db.execute("SELECT id FROM source").fetchone()[0]
        _fill_rows(db, pattern, source)
        _fill_keys(db, pattern)
    _new_posts(app, [said for _, said in pattern])
    return {"posts": KNOWN}


def _app(folder: Path) -> App:
    settings: Settings = read_settings({"FENGHUO_HOME": str(folder)})
    if not (folder / "fenghuo.db").exists():
        settings = home.create(settings, None, company="", procedure="group-000")
    return open_app(settings, clock=FixedClock(START + SPAN + timedelta(days=2)))


def _pattern() -> list[tuple[Placed, Keyed]]:
    index = language.load_relate()
    step = SPAN / KNOWN
    found = []
    for number, (subject, text) in enumerate(texts(PATTERN, 1)):
        item = RelateIn(
            id=f"{SITE}|{number}", text=text, published_at=START + number * step,
            subjects=(subject,), categories=("K09",),
        )  # fmt: skip
        post = index.keys(item)
        found.append((index.settle(post), post))
    return found


def _fill_rows(db: sqlite3.Connection, pattern: list[tuple[Placed, Keyed]], source: int) -> None:
    step = SPAN / KNOWN
    for copy in range(KNOWN // PATTERN):
        shift = copy * PATTERN
        posts, revisions, relations, events, profiles = [], [], [], [], []
        for placed, post in pattern:
            number, event = placed.number + shift, placed.profile.number + shift
            at = (START + number * step).isoformat(timespec="microseconds").replace("+00:00", "")
            day = int(at[:10].replace("-", ""))
            posts.append((number, SITE, f"k{number}", source, at, at, day))
            revisions.append((number, number, post.item.text, str(number), at))
            relations.append((number, number, event, number, json.dumps(post.item.subjects), at))
            if placed.relation.similarity == 1.0 and placed.relation.edge is None:
                events.append((event, f"{event:x}", number, at, at))
                codes = " ".join(f"{code}:{n}" for code, n in placed.profile.codes.items())
                profiles.append(
                    (event, 1, " ".join(post.item.subjects), codes, placed.profile.features)
                )
        db.executemany(
            "INSERT INTO post (id, site, native_id, source_id, kind, message_kind, published_at, "
            "published_precision, fetched_at, backfill, day_cn) "
            "VALUES (?, ?, ?, ?, 'forum', 'text', ?, 'second', ?, 0, ?)",
            posts,
        )
        db.executemany(
            "INSERT INTO revision (id, post_id, n, title, text, content_hash, fetched_at, deleted) "
            "VALUES (?, ?, 1, '', ?, ?, ?, 0)",
            revisions,
        )
        db.executemany(
            "INSERT INTO event (id, key, first_post_id, title, first_at, last_at) "
            "VALUES (?, ?, ?, '', ?, ?)",
            events,
        )
        db.executemany(
            "INSERT INTO relation (id, post_id, event_id, similarity, revision_id, subjects, "
            "categories, at) VALUES (?, ?, ?, 1, ?, ?, '[\"K09\"]', ?)",
            relations,
        )
        db.executemany("INSERT INTO event_profile VALUES (?, ?, ?, ?, ?)", profiles)
        db.commit()


def _fill_keys(db: sqlite3.Connection, pattern: list[tuple[Placed, Keyed]]) -> None:
    own = [
        (key, own, placed.number, target)
        for placed, _ in pattern
        for own, target, keys in (
            (True, placed.number, placed.to_post),
            (False, placed.profile.number, placed.to_event),
        )
        for key in keys
    ]
    keys, alone, numbers, targets = (np.array(column) for column in zip(*own, strict=True))
    chance = np.random.default_rng(1)
    parts = []
    for copy in range(KNOWN // PATTERN):
        salt = np.where(alone, chance.integers(0, 1 << 62), 0)
        shift = copy * PATTERN
        parts.append(np.stack([keys ^ salt, numbers + shift, targets + shift]))
    rows = np.concatenate(parts, axis=1)
    rows = rows[:, np.lexsort((rows[1], rows[0]))]
    day = (START - datetime(1970, 1, 1, tzinfo=UTC)).days + 79
    for start in range(0, rows.shape[1], 200_000):
        part = rows[:, start : start + 200_000].tolist()
        db.executemany(
            f"INSERT OR IGNORE INTO posting VALUES (?, ?, ?, {day})", zip(*part, strict=True)
        )
    db.commit()


def _new_posts(app: App, known: Sequence[Keyed]) -> None:
    """Bring in posts to relate: every tenth an edited copy of a known one."""
    chance = random.Random(5)
    posts = []
    for number, (_, text) in enumerate(texts(NEW, 2)):
        if number % 10 == 0:
            old = chance.choice(known).item.text
            said = f"转自业主群：\n{old[:-12]}，大家看看，{number}号。"
        else:
            said = text
        at = START + SPAN + timedelta(seconds=number)
        posts.append(
            ParsedPost(
                native_id=f"n{number}", text=said, published_at=at, fetched_at=at, author="某某",
                author_id=str(number % 500),
            )
        )  # fmt: skip
    for start in range(0, NEW, 100):
        feed(app, posts[start : start + 100])
    # The known posts are related already, and their texts need no analysis here.
    _, analyser, _ = analyse.activate(app, app.clock.now())
    analyse._READ_THROUGH[app.settings.home, analyser] = KNOWN
    analyse.run(app, app.clock.now())


# ---- measured, each in a process of its own ----------------------------------------------------


def run(folder: Path) -> dict[str, float]:
    """Relate what waits; return posts a second of CPU, seconds of a first batch, peak memory."""
    app = _app(folder)
    first = time.perf_counter()
    with app.db.read() as connection:
        waiting, _ = events.unrelated(connection, after=0)
    relate.place(app, [post_id for post_id, _ in waiting[:1]], app.clock.now())
    first = time.perf_counter() - first
    cpu = time.process_time()
    done = relate.run(app, app.clock.now()).done
    cpu = time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"rate": done / cpu, "first": first, "mb": peak, "posts": done}


def peer() -> dict[str, float]:
    """Relate posts as everyone writes it: TF-IDF of character grams, cosine to all known ones."""
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415

    known = [text for _, text in texts(PEER_KNOWN, 1)]
    fresh = [text for _, text in texts(200, 2)]
    words = TfidfVectorizer(analyzer="char", ngram_range=(2, 3))
    table = words.fit_transform(known).T.tocsr()
    start = time.process_time()
    for text in fresh:
        likeness: Any = words.transform([text]) @ table
        likeness.max()
    return {"rate": len(fresh) / (time.process_time() - start)}


if __name__ == "__main__":
    job, place = sys.argv[1], Path(sys.argv[2])
    print(json.dumps({"fill": fill, "run": run}[job](place) if job != "peer" else peer()))
