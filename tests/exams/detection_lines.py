"""The lines E-D1…E-D9 and E-D12 of C4 and the tables beside them, from what was measured."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf

from tests.exams.detection_alarms import RANK
from tests.exams.detection_figures import BANDS, Crises, Quiet, fast, grown, quiet
from tests.quality.crisis_streams import KINDS, SIZES, Crisis, Stream

MINOR, MODERATE, MAJOR = RANK["minor"], RANK["moderate"], RANK["major"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the exam with what was measured, what must be and what is aimed at."""

    name: str
    measured: float
    shown: str
    must: float
    aim: float
    #: Whether smaller is better.
    at_most: bool = True

    @property
    def ok(self) -> bool:
        """Whether the must is reached."""
        return self.reaches(self.must)

    def reaches(self, wanted: float) -> bool:
        """Whether the point estimate reaches the value."""
        return self.measured <= wanted if self.at_most else self.measured >= wanted

    def __str__(self) -> str:
        mark = "MISS" if not self.ok else ("aim " if self.reaches(self.aim) else "ok  ")
        sign = "<=" if self.at_most else ">="
        wanted = f"must {sign} {self.must:g}, aim {sign} {self.aim:g}"
        return f"{mark} {self.name}: {self.shown} ({wanted})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One detector on one set of streams."""

    quiet: Quiet
    crises: Crises
    seconds: float


# ---- the lines ----------------------------------------------------------------------------------


def lines(found: Measured) -> Iterator[Line]:
    """Yield E-D1…E-D9 and E-D12 of C4."""
    still, crises = found.quiet, found.crises
    for name, rank, must, aim in (
        ("E-D1 FAR >= minor", MINOR, 0.30, 0.20),
        ("E-D2 FAR >= moderate", MODERATE, 0.10, 0.05),
        ("E-D3 FAR >= major", MAJOR, 0.03, 0.01),
    ):
        rate = still.rate(rank)
        shown = f"{rate}, projects' alarms of a day as one {still.merged(rank)}"
        yield Line(name=name, measured=rate.value, shown=shown, must=must, aim=aim)
    large = crises.of(fast)
    yield _share("E-D4 recall fast >= 12", large, 0.90, 0.96)
    yield _share("E-D5 recall fast 5", crises.of(lambda one: fast(one, 5)), 0.55, 0.75)
    yield _share("E-D5 recall fast 8", crises.of(lambda one: fast(one, 8)), 0.80, 0.90)
    mid = crises.of(lambda one: one.kind == "mid" and grown(one))
    slow = crises.of(lambda one: one.kind == "slow" and grown(one))
    yield _share("E-D6 recall mid >= 12", mid, 0.88, 0.95)
    yield _share("E-D6 recall slow >= 20", slow, 0.90, 0.95)
    yield from _delays("E-D7 hours from published, fast >= 12", large, False, (6, 12), (3, 8))
    yield from _delays("E-D7 hours from ingested, fast >= 12", large, True, (2, 6), (2, 6))
    middle, late = large.voices
    sizes = {n: crises.of(lambda one, n=n: fast(one, n)).voices[0] for n in SIZES if n >= 12}  # type: ignore[misc]
    known = large.known
    shown = (
        f"{middle:.0f}, p90 {late:.0f}, by size {sizes}; fetched by then {known[0]:.0f}, "
        f"p90 {known[1]:.0f}"
    )
    yield Line(name="E-D8 voices, fast >= 12", measured=middle, shown=shown, must=7, aim=5)
    for kind, some in (("mid", mid), ("slow", slow)):
        early, (lead, low) = some.early, some.lead
        shown = (
            f"{early}, of those found {some.early_if_found}, lead median {lead:.1f} h, "
            f"p10 {low:.1f} h"
        )
        yield Line(name=f"E-D9 before the 10th author, {kind}", measured=early.value, shown=shown,
                   must=0.75, aim=0.85, at_most=False)  # fmt: skip
    share = still.about("share")
    yield Line(name="E-D12 negative-share alarms, quiet", measured=share.value, shown=str(share),
               must=0.05, aim=0.02)  # fmt: skip
    covered = crises.covered
    yield Line(name="crises with an episode open before", measured=covered.value,
               shown=str(covered), must=0.02, aim=0.02)  # fmt: skip


def _share(name: str, some: Crises, must: float, aim: float) -> Line:
    recall = some.recall
    return Line(name=name, measured=recall.value, shown=str(recall), must=must, aim=aim,
                at_most=False)  # fmt: skip


def _delays(
    name: str, some: Crises, ingested: bool, must: tuple[float, float], aim: tuple[float, float]
) -> Iterator[Line]:
    found = some.delays(lambda one: one.ingested if ingested else one.start)
    for part, value, worst, wish in zip(("median", "p90"), found, must, aim, strict=True):
        yield Line(name=f"{name}, {part}", measured=value, shown=f"{value:.1f} h", must=worst,
                   aim=wish)  # fmt: skip


# ---- tables -------------------------------------------------------------------------------------

_HEAD = ("detector", "FAR", *(f"fast {n}" for n in SIZES), "mid 12", "mid 20", "slow 20", "slow 40")
_COLUMNS = (*(("fast", n) for n in SIZES), ("mid", 12), ("mid", 20), ("slow", 20), ("slow", 40))


def table(named: dict[str, Measured]) -> Iterator[str]:
    """Yield the comparison of C3: recall with median delay (h) and voices needed, at its FAR."""
    yield "| " + " | ".join(_HEAD) + " |"
    yield "|---" * len(_HEAD) + "|"
    for name, found in named.items():
        cells = [_cell(found.crises.of(lambda one, c=c: (one.kind, one.n) == c)) for c in _COLUMNS]  # type: ignore[misc]
        yield "| " + " | ".join((name, f"{found.quiet.rate(MODERATE).value:.3f}", *cells)) + " |"
    yield "| daily human reading (T-30) |" + " 0-24 h by definition |" * (len(_HEAD) - 1)


def _cell(some: Crises) -> str:
    if not some.recall.k:
        return f"{some.recall.value:.2f}"
    hours = some.delays(lambda one: one.start)[0]
    return f"{some.recall.value:.2f} {hours:.0f}h {some.voices[0]:.0f}p"


def bands(streams: Sequence[Stream], found: Measured) -> Iterator[str]:
    """Yield FAR and recall by base rate and by size, with intervals."""
    for low, high, name in BANDS:
        keys = {item.project.key for item in streams if low <= item.project.rate < high}
        weeks = quiet([item.project for item in streams if item.project.key in keys],
                      [crisis for item in streams for crisis in item.crises], {}).weeks  # fmt: skip
        mine = tuple(rise for rise in found.quiet.rises if rise.project in keys)
        far = Quiet(weeks=weeks, rises=mine)
        yield f"{name} voices/day: {weeks:.0f} quiet weeks, FAR " + ", ".join(
            f"{level} {far.rate(RANK[level])}" for level in ("minor", "moderate", "major")
        )

    def of(kind: str, n: int, low: float, high: float) -> Crises:
        def wanted(one: Crisis) -> bool:
            return one.kind == kind and one.n == n and low <= one.rate < high

        return found.crises.of(wanted)

    for kind in KINDS:
        for n in SIZES:
            parts = [f"{name} {of(kind, n, low, high).recall}" for low, high, name in BANDS]
            yield f"{kind} {n}: all {of(kind, n, 0, inf).recall} | " + " | ".join(parts)


def others(found: Measured) -> Iterator[str]:
    """Yield what no line asks for but a reader wants to know."""
    crises = found.crises
    yield f"alarms within one level of the truth table: {crises.level_close}"
    yield f"first alarm on the crisis's topic or the whole project: {crises.on_topic}"
    rules: dict[str, int] = {}
    for rise in found.quiet.rises:
        rules[rise.rule] = rules.get(rise.rule, 0) + 1
    yield f"rises in quiet time by rule: {rules}"
