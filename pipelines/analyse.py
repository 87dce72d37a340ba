"""Analyse step: every revision the active analyser has not read yet."""

from datetime import datetime
from pathlib import Path

import structlog

from domain.analysis import Analysis, TextIn
from domain.post import SourceKind
from domain.source import SubjectKind
from domain.step import StepResult
from nlp.analyse import analyse
from nlp.facts import NlpFacts
from pipelines import language, model_choice, pseudonyms, records
from pipelines.wiring import App
from store import analyses, homes, sources, subjects
from store.analyses import Pending

log = structlog.get_logger()

#: (home, analyser) → every revision up to this id is analysed; saves scanning them again. Only a
#: hint: a new process starts from 0 and finds whatever is missing.
_READ_THROUGH: dict[tuple[Path, int], int] = {}

#: Revisions of one transaction: an analysis and about one mention each.
BATCH = 200


def run(app: App, now: datetime) -> StepResult:
    """Analyse all pending revisions, one transaction a batch."""
    facts, analyser_id, projects = activate(app, now)
    place = (app.settings.home, analyser_id)
    done = 0
    while True:
        with app.db.read() as connection:
            batch = analyses.pending(
                connection, analyser_id, BATCH, after=_READ_THROUGH.get(place, 0)
            )
            subject_ids = subjects.ids(connection)
        if not batch:
            return StepResult(step="analyse", done=done)
        results = [_read(app, item, facts, now) for item in batch]
        keys = [pseudonyms.stated_keys(app.secret, result, projects) for result in results]
        said = {
            item.post_id: home
            for item, result, key in zip(batch, results, keys, strict=True)
            if (home := key(result.home)) is not None
        }
        with app.db.read() as connection:
            fresh = homes.fresh(connection, said)
        with app.db.write(bulk=True) as connection:
            analyses.put(
                connection,
                analyser_id,
                [
                    (item, result, records.details(result, key))
                    for item, result, key in zip(batch, results, keys, strict=True)
                ],
                subject_ids,
                now,
            )
            homes.note(connection, fresh)
        done += len(batch)
        _READ_THROUGH[place] = batch[-1].revision_id


def activate(app: App, now: datetime) -> tuple[NlpFacts, int, frozenset[str]]:
    """Load the facts of this home, make their version the active analyser, name the projects."""
    model_choice.settle(app)
    with app.db.read() as connection:
        watched = subjects.load(connection)
        active, active_id = analyses.active_version(connection), analyses.active_id(connection)
    facts = language.load_facts(watched, language.model_of(app.settings.home))
    projects = frozenset(item.key for item in watched if item.kind is SubjectKind.PROJECT)
    if active == facts.version and active_id is not None:
        return facts, active_id, projects
    with app.db.write() as connection:
        return facts, analyses.activate(connection, facts.version, {}, now), projects


def _read(app: App, item: Pending, facts: NlpFacts, now: datetime) -> Analysis:
    """Analyse one revision; one that breaks nlp is stored as unread and told, once."""
    try:
        return analyse(_text_in(item), facts)
    except Exception as error:
        log.exception("analysis failed", revision=item.revision_id)
        with app.db.write() as connection:
            sources.raise_issue(
                connection,
                at=now,
                code="analyse-failed",
                message=f"帖子 {item.post_id} 读不了（{type(error).__name__}）："
                "已按无法判断入库，请人工查看并报告",
            )
        return analyse(TextIn(id=str(item.revision_id), text=""), facts)


def _text_in(item: Pending) -> TextIn:
    shown = "" if item.deleted or item.message_kind != "text" else item.text
    return TextIn(
        id=str(item.revision_id),
        title=item.title,
        text=shown,
        source_kind=SourceKind(item.kind),
        implied=((item.subject, item.subject_via or "board"),) if item.subject else (),
        published_at=item.published_at,
    )


def forget(home: Path) -> None:
    """Forget the hint of a home: the next run looks at every revision again."""
    for place in [place for place in _READ_THROUGH if place[0] == home]:
        del _READ_THROUGH[place]
