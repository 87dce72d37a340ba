"""Streams: JSONL in, JSONL out, in input order; a bad line becomes {"id", "error"} (design §5)."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from config.settings import read_settings
from domain.analysis import Analysis, TextIn
from domain.errors import FactsError, FenghuoError
from domain.post import BadRecord, ParsedFile, ParsedPost
from domain.relation import RelateIn
from domain.source import Subject, SubjectKind
from nlp.analyse import analyse_many
from nlp.facts import NlpFacts
from nlp.relate import canonical
from pipelines import files, language, prepared, pseudonyms, records, rulebook, subject_files
from pipelines.alert_book import AlertBook
from pipelines.replay import Replay
from pipelines.wiring import open_app
from store import subjects

_LINE = re.compile(r"第 (\d+) 行")
#: Texts analysed at once; keeps memory flat on long streams.
BATCH = 512


def parse(
    paths: list[str], *, format_name: str, mapping: dict[str, str]
) -> Iterator[dict[str, Any]]:
    """Yield "Parsed out" rows of files as they are read; ParseError where one cannot be read on."""
    for path in paths:
        with files.reading(path, format_name=format_name, mapping=mapping) as opened:
            seq = 0
            for item in opened.items:
                if isinstance(item, BadRecord):
                    yield _error(item)
                    continue
                yield records.parsed_out(item, site=opened.site, kind=opened.kind, seq=seq)
                seq += 1


def analyse(
    path: str, *, why: bool, projects: Path | None, snownlp: bool
) -> Iterator[dict[str, Any]]:
    """Yield "Analysis out" rows, one for every readable input line."""
    watched = _subjects(projects)
    facts = _facts(watched)
    score = _snownlp() if snownlp else None
    known = {item.key for item in watched}
    secret = open_app().secret if projects is None and _home_exists() else None
    named = {item.key for item in watched if item.kind is SubjectKind.PROJECT}
    lines = _lines(path, needs_time=False)
    for start in range(0, len(lines), BATCH):
        part = lines[start : start + BATCH]
        texts = [_text_in(line.post, known) for line in part if line.post]
        results = iter(analyse_many(texts, facts, why=why))
        for line in part:
            if line.bad is not None:
                yield _error(line.bad)
                continue
            result = next(results)
            keys = pseudonyms.stated_keys(secret, result, named)
            row = records.analysis_out(result, why=why, home_key=keys)
            if score is not None and line.post is not None:
                row["negativity"] = score(f"{line.post.title}\n{line.post.text}".strip())
                row["model"] = "snownlp"
            yield row


def relate(path: str, *, projects: Path | None) -> Iterator[dict[str, Any]]:
    """Yield "Related out" rows in input order; the order of deciding is canonical."""
    watched = _subjects(projects)
    lines = _lines(path, needs_time=True)
    posts = [line.post for line in lines if line.post]
    items = _relate_in(posts, watched)
    index = language.load_relate()
    placed = {item.id: index.place(item) for item in canonical(items)}
    sizes: dict[str, int] = {}
    for relation in placed.values():
        sizes[relation.event] = sizes.get(relation.event, 0) + 1
    for line in lines:
        if line.post is None:
            yield _error(line.bad)
            continue
        relation = placed[str(line.post.native_id)]
        yield {
            "id": relation.id,
            "event_id": relation.event if sizes[relation.event] > 1 else None,
            "duplicate_of": relation.duplicate_of,
            "edge": relation.edge,
            "similarity": round(relation.similarity, 4),
        }


def _relate_in(posts: list[ParsedPost], watched: list[Subject]) -> list[RelateIn]:
    facts = _facts(watched)
    known = {item.key for item in watched}
    results = analyse_many([_text_in(post, known) for post in posts], facts, why=False)
    return [
        RelateIn(
            id=str(post.native_id), title=post.title, text=post.text,
            published_at=post.published_at or datetime.min.replace(tzinfo=UTC),
            subjects=_known_subjects(result, known),
            categories=tuple(c.code for c in result.categories),
        )
        for post, result in zip(posts, results, strict=True)
    ]  # fmt: skip


def _known_subjects(result: Analysis, known: set[str]) -> tuple[str, ...]:
    return tuple(sorted({m.subject for m in result.mentions if m.subject in known}))


def replay(
    path: str,
    *,
    analysed: bool,
    step: str,
    lag: str,
    projects: Path | None,
    packs: Path | None = None,
) -> Iterator[dict[str, Any]]:
    """Yield "Alert event out" rows over the posts on a simulated clock."""
    if lag not in ("published", "fetched"):
        raise FactsError(f"--lag {lag} 不对：请写 published 或 fetched")
    grid = _step(step)
    rules = rulebook.of_folder(packs) if packs else rulebook.in_force()
    if analysed:
        yield from prepared.replay(files.read_bytes(path), Path(path).name, rules, grid, lag)
        return
    watched = _subjects(projects)
    parsed = files.read(path, format_name="auto", mapping={})
    run = Replay(
        book=AlertBook(rules=rules), facts=_facts(watched),
        index=language.load_relate(),
        names={item.key: item.name for item in watched}, step=grid,
        projects=frozenset(item.key for item in watched if item.kind is SubjectKind.PROJECT),
    )  # fmt: skip
    posts = list(files.posts_of([parsed]))
    yield from (_error(bad) for bad in parsed.bad)
    yield from run.run(posts, lag=lag == "fetched")


def _step(text: str) -> timedelta:
    units = {"m": "minutes", "h": "hours", "d": "days"}
    found = re.fullmatch(r"([1-9][0-9]{0,3})([mhd])", text)
    if found is None:
        raise FactsError(f"--step {text} 不对：请写 15m、1h 或 1d，数字从 1 到 9999")
    return timedelta(**{units[found[2]]: int(found[1])})


# ---- shared -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """One input record: a post or what is wrong with it."""

    number: int
    post: ParsedPost | None = None
    bad: BadRecord | None = None


def _lines(path: str, *, needs_time: bool) -> list[_Line]:
    """Return posts and bad records in input order, every post with an id."""
    parsed = files.read(path, format_name="auto", mapping={}, need_time=needs_time)
    found = [
        _Line(number=post.line or seq, post=_with_id(post, parsed, post.line or seq))
        for seq, post in enumerate(parsed.posts, start=1)
    ]
    found += [_Line(number=_line_of(bad), bad=bad) for bad in parsed.bad]
    return sorted(found, key=lambda line: line.number)


def _line_of(bad: BadRecord) -> int:
    """Return where in the file a bad record stands; its place is the last number of `where`."""
    return bad.line or next((int(n) for n in reversed(_LINE.findall(bad.where))), 0)


def _with_id(post: ParsedPost, parsed: ParsedFile, number: int) -> ParsedPost:
    return replace(
        post, native_id=post.native_id or str(number),
        source_kind=post.source_kind or (parsed.kind if parsed.format != "jsonl" else None),
    )  # fmt: skip


def _text_in(post: ParsedPost, known: set[str]) -> TextIn:
    implied = ((post.project, "record"),) if post.project in known else ()
    return TextIn(
        id=str(post.native_id), text=records.clean(post.text), title=records.clean(post.title),
        source_kind=post.source_kind, implied=implied, published_at=post.published_at,
    )  # fmt: skip


def _error(bad: BadRecord | None) -> dict[str, Any]:
    assert bad is not None
    return {"id": bad.record_id, "error": f"{bad.where}：{bad.problem}"}


def _home_exists() -> bool:
    return (read_settings().home / "secret.key").exists()


def _subjects(projects: Path | None) -> list[Subject]:
    """Return subjects of a file, else of the home, else none (places become candidates)."""
    if projects is not None:
        return subject_files.read(projects)
    if not _home_exists():
        return []
    opened = open_app()
    with opened.db.read() as connection:
        return subjects.load(connection)


def _facts(watched: list[Subject]) -> NlpFacts:
    """Return the facts with the model of the home, where there is one."""
    home = read_settings().home
    return language.load_facts(watched, language.model_of(home))


def _snownlp() -> Callable[[str], float]:
    """Return the untouched package's negativity; loaded only when asked for (430 MB)."""
    try:
        from snownlp import SnowNLP  # noqa: PLC0415
    except ImportError:
        raise FenghuoError("没有安装 snownlp：请先运行 pip install snownlp") from None

    def score(text: str) -> float:
        return round(1 - SnowNLP(text).sentiments, 4) if text else 0.5

    return score
