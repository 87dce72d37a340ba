"""Corrections (更正): which numbers of an earlier issue are others now, and from what to what."""

from collections.abc import Iterable, Iterator, Mapping

from domain.clock import say_time
from reports.text import clean_text, said
from store.report_edits import Made
from store.weekly import Numbers


def cells(numbers: Numbers) -> dict[str, dict[str, int]]:
    """Return the plain numbers of every row: what an issue said, for later corrections."""
    return {
        row.key: {
            "posts": len(row.now.posts),
            "negative": len(row.now.negative),
            "voices": row.now.voices.certain,
            "households": row.now.households,
            "alerts": sum(map(len, row.alerts.values())),
        }
        for row in numbers.rows
    }


_MEASURES = {
    "posts": "帖数", "negative": "负面", "voices": "声音", "households": "户数", "alerts": "预警",
}  # fmt: skip


def corrections(
    numbers: Numbers,
    made_before: Made | None,
    counted_before: Mapping[str, Mapping[str, int]] | None,
    made: Made | None,
) -> Iterator[str]:
    """Say which numbers changed since they were issued: the week before, and this week."""
    names = {row.key: row.name for row in numbers.rows}
    if made_before is None or counted_before is None:
        yield "上一期没有留存的周报，不能比对更正。"
    else:
        yield from _changes(made_before, counted_before, names, "上一期")
    if made is not None:
        yield from _changes(made, cells(numbers), names, "本期前一版")


def _changes(
    made: Made, now: Mapping[str, Mapping[str, int]], names: Mapping[str, str], issue: str
) -> Iterator[str]:
    found = list(_differences(made.cells, now, names))
    when = f"{issue}（{say_time(made.at)} {clean_text(made.by)}生成）"
    yield f"{when}：{'；'.join(found)}。" if found else f"{when}：数字没有变化。"


def _differences(
    then: Mapping[str, Mapping[str, int]],
    now: Mapping[str, Mapping[str, int]],
    names: Mapping[str, str],
) -> Iterator[str]:
    for key in _ordered(then, now):
        old, new = then.get(key, {}), now.get(key, {})
        changed = [
            f"{word} {old.get(measure, 0)}→{new.get(measure, 0)}"
            for measure, word in _MEASURES.items()
            if old.get(measure, 0) != new.get(measure, 0)
        ]
        if changed:
            yield f"{said(names.get(key, key.partition(':')[2] or key))} {'、'.join(changed)}"


def _ordered(*several: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(key for keys in several for key in keys))
