"""Label (标注): a person's word on a post; it beats every analyser and survives re-scoring."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Field(StrEnum):
    """What a label says something about."""

    #: The person has read it (已阅, T-28, T-30).
    READ = "read"
    #: Whether the text is our business at all (无关).
    RELEVANT = "relevant"
    #: Whether it is about this subject (对象错); the label carries the subject.
    SUBJECT = "subject"
    #: Whether it complains about this subject (情感错).
    NEGATIVE = "negative"
    #: Graver or milder than suggested (级别错): higher | lower.
    SEVERITY = "severity"
    #: To be kept an eye on (关注).
    WATCH = "watch"
    #: 负面但非危机: negative_not_crisis (AD-3).
    VERDICT = "verdict"
    #: Registered as a complaint: its number (登记投诉).
    COMPLAINT = "complaint"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """One label as a person gives it; `subject` is a key where the field is about one."""

    field: Field
    value: str
    subject: str | None = None


YES, NO = "yes", "no"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How a post counts for one subject: as business of ours, and as a voice of complaint."""

    relevant: bool
    negative: bool


def counts(said: Counts, labels: Iterable[Judgement], subject: str) -> Counts:
    """Return how a post counts for `subject` once people have spoken; the last word wins.

    A post that is none of our business, or not about this subject, is no complaint about it.
    """
    relevant, about, negative = said.relevant, True, said.negative
    for label in labels:
        if label.field is Field.RELEVANT and label.subject in (None, subject):
            relevant = label.value == YES
        if label.field is Field.SUBJECT and label.subject == subject:
            about = label.value == YES
        if label.field is Field.NEGATIVE and label.subject in (None, subject):
            negative = label.value == YES
    ours = relevant and about
    return Counts(relevant=ours, negative=ours and negative)
