"""`kill -9` of serve at many points of the line: the same outcome as an undisturbed run."""

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from config.settings import child_environment
from pipelines import demo_home, playback
from pipelines.wiring import App, open_app
from store import audit
from store import tables as t
from tests.acceptance.short_town import ANCHOR, shorten
from tests.conftest import settings_for

ROOT = Path(__file__).parents[2]

#: (point, n-th passing): spread over collecting, every step, commits, sending and the clock.
KILLS = (
    ("item", 2), ("commit", 9), ("evidence", 3), ("begin", 60), ("step:analyse", 2),
    ("step:relate", 2), ("commit", 150), ("step:assess", 3), ("send", 1), ("step:remind", 3),
    ("step:deliver", 2), ("tick", 3), ("item", 12), ("begin", 333), ("send", 2),
)  # fmt: skip


def run(home: Path, point: str = "never", number: int = 1) -> int:
    done = subprocess.run(
        [sys.executable, "-m", "tests.acceptance.killable", point, str(number)],
        cwd=ROOT, env=child_environment(home), capture_output=True, text=True, timeout=300,
        check=False,
    )  # fmt: skip
    assert done.returncode in (0, -signal.SIGKILL), done.stderr[-2000:]
    return done.returncode


def make_home(folder: Path, key: str) -> Path:
    folder.mkdir()
    (folder / "secret.key").write_text(key)
    assert demo_home.create(settings_for(folder), ANCHOR)
    return folder


def state(app: App) -> dict[str, Any]:
    """Everything that must not depend on being killed: natural keys, no ids, no fetch times."""
    key = t.post.c.site + "|" + t.post.c.native_id
    copy = t.post.alias("copy")
    queries = {
        "posts": select(key, t.post.c.kind, t.post.c.author_key, t.post.c.published_at,
                        t.post.c.backfill, t.post.c.floor),
        "revisions": select(key, t.revision.c.n, t.revision.c.title, t.revision.c.text,
                            t.revision.c.deleted)
        .join(t.revision, t.revision.c.post_id == t.post.c.id),
        "analyses": select(key, t.revision.c.n, t.analysis.c.negativity, t.analysis.c.severity,
                           t.analysis.c.label, t.analysis.c.details)
        .join(t.revision, t.revision.c.post_id == t.post.c.id)
        .join(t.analysis, t.analysis.c.revision_id == t.revision.c.id),
        "mentions": select(key, t.subject.c.key, t.mention.c.via, t.mention.c.negative)
        .join(t.mention, t.mention.c.post_id == t.post.c.id)
        .join(t.subject, t.subject.c.id == t.mention.c.subject_id),
        "relations": select(key, t.event.c.key, t.relation.c.edge, copy.c.native_id)
        .join(t.relation, t.relation.c.post_id == t.post.c.id)
        .join(t.event, t.event.c.id == t.relation.c.event_id)
        .outerjoin(copy, copy.c.id == t.relation.c.duplicate_of),
        "alerts": select(t.alert.c.number, t.alert.c.identity, t.alert.c.level, t.alert.c.status,
                         t.alert.c.version, t.alert.c.opened_at),
        "changes": select(t.alert.c.identity, t.alert_change.c.version, t.alert_change.c.change,
                          t.alert_change.c.level, t.alert_change.c.at, t.alert_change.c.post_ids)
        .join(t.alert, t.alert.c.id == t.alert_change.c.alert_id),
        "behind": select(t.alert.c.identity, t.finding.c.rule, t.finding.c.level, key,
                         t.revision.c.n)
        .join(t.finding, t.finding.c.alert_id == t.alert.c.id)
        .join(t.finding_post, t.finding_post.c.finding_id == t.finding.c.id)
        .join(t.revision, t.revision.c.id == t.finding_post.c.revision_id)
        .join(t.post, t.post.c.id == t.finding_post.c.post_id),
        "clocks": select(t.clock.c.object, t.clock.c.definition, t.clock.c.started_at,
                         t.clock.c.due_at, t.clock.c.stopped_at, t.clock.c.breached_at),
        "outbox": select(t.alert.c.number, t.outbox.c.version, t.outbox.c.recipient,
                         t.outbox.c.reason, t.outbox.c.status)
        .join(t.alert, t.alert.c.id == t.outbox.c.alert_id),
        "audit": select(t.audit.c.object, t.audit.c.seq, t.audit.c.action, t.audit.c.actor,
                        t.audit.c.payload_digest),
        "day_stat": select(t.day_stat.c.day_cn, t.subject.c.key, t.day_stat.c.kind,
                           t.day_stat.c.posts, t.day_stat.c.negative, t.day_stat.c.voices)
        .join(t.subject, t.subject.c.id == t.day_stat.c.subject_id),
    }  # fmt: skip
    with app.db.read() as connection:
        return {
            name: sorted(
                json.dumps(list(row), ensure_ascii=False, default=str)
                for row in connection.execute(query)
            )
            for name, query in queries.items()
        }


@pytest.mark.slow
def test_killed_and_restarted_equals_undisturbed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, names in ((demo_home, ("PAST", "STEP")), (playback, ("FINE_FROM", "FINE_STEP"))):
        for name in names:
            monkeypatch.setattr(module, name, getattr(module, name))
    shorten(demo_home, playback)
    key = "5" * 64
    calm, killed = make_home(tmp_path / "calm", key), make_home(tmp_path / "killed", key)
    assert run(calm) == 0
    deaths = sum(run(killed, point, number) == -signal.SIGKILL for point, number in KILLS)
    assert deaths >= 8, f"only {deaths} of {len(KILLS)} points were reached"
    assert run(killed) == 0
    want, got = (state(open_app(settings_for(home))) for home in (calm, killed))
    assert len(want["alerts"]) >= 2
    assert len(want["posts"]) > 200
    for name in want:
        assert got[name] == want[name], name
    # At least once, at most twice, and every message reached its channel (B-NL1).
    sent = (killed / "outbox.log").read_text(encoding="utf-8")
    for line in want["outbox"]:
        number, version = json.loads(line)[:2]
        assert f"{number}" in sent, line
        assert sent.count(f"编号：{number}-v{version}　时间") <= 2, line
    app = open_app(settings_for(killed))
    with app.db.read() as connection:
        assert all(verdict.broken_at is None for verdict in audit.verify(connection))
    shutil.rmtree(killed)
