"""Source (来源) and Subject (监测对象, AD-9) as the rows the rest of the program sees."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from domain.post import SourceKind


class SubjectKind(StrEnum):
    """What is watched (AD-9)."""

    GROUP = "group"
    REGION = "region"
    PROJECT = "project"
    PROPERTY = "property"
    BRAND = "brand"
    OFFICE = "office"
    COMPETITOR = "competitor"
    POLICY = "policy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One place to collect from: facts only, edited without code."""

    name: str
    #: Engine: a name of crawlers.run.ENGINES, or "file" for what people import.
    engine: str
    url: str
    site: str
    kind: SourceKind
    every: timedelta = timedelta(minutes=15)
    #: Key of the subject that board or group is about, else None.
    subject: str | None = None
    #: Loopback and private addresses are refused unless the source allows them (design §9).
    allow_private: bool = False
    enabled: bool = True
    #: Posts its visits of one day must bring together; fewer becomes an issue. 0 = none expected.
    min_posts: int = 0
    #: Engine options: format, outlet, outlet_class, time_zone, provider, basis, delay …
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyDate:
    """A date that opens a watch window (AD-12): 交付, 开盘, 降价, 办证, 判决."""

    kind: str
    day: date
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Something watched: a project, the group, a property-service brand … with its names."""

    key: str
    name: str
    kind: SubjectKind = SubjectKind.PROJECT
    aliases: tuple[str, ...] = ()
    city: str | None = None
    legal_entity: str | None = None
    #: Words one of which must stand in the text before an ambiguous alias counts.
    context: tuple[str, ...] = ()
    #: Aliases that need a context word (homonyms such as 花园, 一期).
    ambiguous: tuple[str, ...] = ()
    #: Region (区域) the subject belongs to: recipients may subscribe to it.
    region: str | None = None
    #: Official and promotion name (备案名, 推广名); both are found in texts like aliases.
    filing_name: str | None = None
    promotion_name: str | None = None
    phases: tuple[str, ...] = ()
    buildings: tuple[str, ...] = ()
    #: Households in all (总户数).
    households: int | None = None
    key_dates: tuple[KeyDate, ...] = ()
    #: Person in charge (负责人) and regional customer service (区域客服): whom to phone.
    owner: str | None = None
    owner_phone: str | None = None
    service: str | None = None
    service_phone: str | None = None
