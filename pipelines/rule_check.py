"""Check rules (B-RU1): run the examples of each rule through the real analyser and rules."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import NamedTuple

from alerts.assess import assess
from config import facts
from config.language import read_language
from domain.alert import Claim, Counted, EventView, Finding, Rule, Rules
from domain.analysis import Analysis, Signal, Span, TextIn
from domain.claims import stated
from domain.errors import FactsError
from domain.level import Level
from domain.post import Precision, SourceKind
from domain.rule_example import Example, Sample
from nlp.analyse import analyse_many
from pipelines import language
from store.labels import NEGATIVE_FROM

#: The moment all examples play at: a Friday noon in Shanghai.
NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)


class Verdict(NamedTuple):
    """What came of one example."""

    rule: str
    example: Example
    #: Level it fired at, None if it did not.
    level: Level | None

    @property
    def passed(self) -> bool:
        """Whether the rule did what the example says."""
        if self.example.fires:
            return self.level is not None and self.example.level in (None, self.level)
        if self.level is None or self.example.level is None:
            return self.level is None
        return self.example.level.graver_than(self.level)

    @property
    def wanted(self) -> str:
        """What the example asks for, in words."""
        side, level = "必报" if self.example.fires else "不报", self.example.level
        return f"{side} {level.value}" if level else side


def read_rules(text: str, name: str) -> Rules:
    """Return the rules of a YAML text whose examples all hold; FactsError names the first one."""
    rules = facts.rules(text, read_language().categories, name)
    for verdict in run(rules):
        if not verdict.passed:
            said = f"报了 {verdict.level.value}" if verdict.level else "没有报"
            raise FactsError(
                f"{name} 规则 {verdict.rule} examples：“{verdict.example.title}”"
                f"应当{verdict.wanted}，实际{said}：请修改规则或例子"
            )
    return rules


@cache
def prove(text: str) -> None:
    """Run the examples of rules about to be loaded, once a process and text."""
    read_rules(text, "rules.yml")


def missing(rules: Rules) -> list[str]:
    """Return what a rule in force should say of itself and does not, one line each."""
    lines = []
    for rule in rules.rules:
        if not rule.active:
            continue
        sides = {example.fires for example in rule.examples}
        lacks = [
            word
            for word, there in (
                ("author", rule.author), ("reason", rule.reason), ("source", rule.source),
                ("examples.must_fire", True in sides), ("examples.must_not", False in sides),
            )
            if not there
        ]  # fmt: skip
        if lacks:
            lines.append(f"规则 {rule.id}：没有写 {'、'.join(lacks)}")
    return lines


def run(rules: Rules) -> Iterator[Verdict]:
    """Run every example of every rule that is not off."""
    tried = [rule for rule in rules.rules if rule.status != "off"]
    texts = list(
        dict.fromkeys(
            sample.text
            for rule in tried
            for example in rule.examples
            for sample in example.samples
            if sample.text
        )
    )
    read = dict(zip(texts, _read(texts), strict=True))
    for rule in tried:
        alone = replace(rules, rules=(replace(rule, status="active"),))
        for example in rule.examples:
            found = _assess(rule, alone, example, read)
            yield Verdict(rule.id, example, found.level if found else None)


def _read(texts: Sequence[str]) -> list[Analysis]:
    items = [
        TextIn(id=str(at), text=text, source_kind=SourceKind.FORUM, published_at=NOW)
        for at, text in enumerate(texts)
    ]
    return analyse_many(items, language.load_facts(()), why=False)


def _assess(
    rule: Rule, rules: Rules, example: Example, read: dict[str, Analysis]
) -> Finding | None:
    posts = tuple(
        post
        for at, sample in enumerate(example.samples)
        for post in _posts(at, sample, read.get(sample.text))
    )
    view = EventView(subject="例", subject_name="例", event=f"例-{rule.id}", posts=posts)
    found = assess(view, rules, NOW)
    return found[0] if found else None


def _posts(at: int, sample: Sample, read: Analysis | None) -> Iterator[Counted]:
    for number in range(sample.n):
        author = sample.author or f"{at}-{number}"
        moment = NOW - timedelta(hours=sample.hours_ago) + timedelta(seconds=number)
        yield Counted(
            key=f"{sample.site}|{at}-{number}", revision=0, site=sample.site, kind=sample.kind,
            author=author, household=sample.household or None, published_at=moment,
            precision=Precision.SECOND, fetched_at=moment, backfill=sample.backfill,
            negative=_negative(sample, read), relevant=read is None or read.noise is None,
            duplicate=sample.duplicate, outlet=sample.outlet or None,
            categories=sample.codes or (tuple(c.code for c in read.categories) if read else ()),
            signals=(*(read.signals if read else ()), *map(_talk, sample.signals)),
            onsite=sample.onsite or None, event="例", claims=_claims(sample, read),
            complaints=sample.complaints,
        )  # fmt: skip


def _negative(sample: Sample, read: Analysis | None) -> bool:
    if sample.negative is not None:
        return sample.negative
    return read is None or (read.noise is None and read.negativity >= NEGATIVE_FROM)


def _talk(code: str) -> Signal:
    return Signal(code=code, span=Span(text=code, start=0, end=0), anchored=False)


def _claims(sample: Sample, read: Analysis | None) -> tuple[Claim, ...]:
    if sample.stated:
        number = sample.stated
        return (Claim(kind="household", low=number, high=number, text=f"{number}户"),)
    return stated(read.facts) if read is not None else ()
