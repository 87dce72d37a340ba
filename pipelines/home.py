"""Home: what `init` makes and `doctor` expects; running it again adds only what is missing."""

from dataclasses import dataclass, replace
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from zoneinfo import available_timezones

from config import facts
from config.clock import SystemClock
from config.settings import Settings
from domain.access import Act, Actor
from domain.errors import CaseError, FactsError
from domain.level import Level
from pipelines import rulebook
from pipelines.wiring import App, create_home, open_database
from store import access, audit, installation, outbox, packs, people, posts, subjects
from store import sources as source_rows
from store.db import Connection

#: Shown times; only for display, stored times are UTC.
DEFAULT_ZONE = "Asia/Shanghai"


def create(
    settings: Settings, directory: Path | None, *, company: str, procedure: str, zone: str = ""
) -> Settings:
    """Create or complete a home and return its settings; FactsError for an unknown pack or zone."""
    if procedure:
        _known_pack(procedure)
    if zone:
        _known_zone(zone)
    if directory is not None:
        path = directory.expanduser().resolve()
        settings = replace(settings, home=path, db_url=f"sqlite:///{path / 'fenghuo.db'}")
    create_home(settings)
    _channels_file(settings.home)
    db = open_database(settings)
    now = SystemClock().now()
    with db.write() as connection:
        rulebook.seed(connection, author=settings.actor, now=now, procedure=procedure)
        if company:
            installation.put(connection, "company", company)
        if zone:
            installation.put(connection, "zone", zone)
        outbox.add_person(
            connection, key="duty", name="值班台", channel="console", min_level=Level.MODERATE
        )
    db.dispose()
    return settings


def _known_pack(name: str) -> None:
    known = facts.pack_names()
    if name not in known:
        raise FactsError(f"没有程序包 {name}：可选 {'、'.join(known)}")


def _known_zone(zone: str) -> None:
    if zone not in available_timezones():
        raise FactsError(f"没有时区 {zone}：请写 Asia/Shanghai 这样的名称")


def _channels_file(home: Path) -> None:
    """Copy the channels template once; it will hold secrets, so it is nobody else's to read."""
    target, example = home / "channels.yml", files("config").joinpath("channels.example.yml")
    if target.exists() or not example.is_file():
        return
    new = target.with_suffix(".new")
    new.touch(mode=0o600)
    new.write_text(example.read_text(encoding="utf-8"), encoding="utf-8")
    new.replace(target)


def pack_titles() -> dict[str, str]:
    """Return name → title of the procedure packs a company can choose from."""
    return {
        name: facts.pack(facts.read_text(f"packs/{name}.yml"), name).title or name
        for name in facts.pack_names()
    }


def setup(
    app: App, *, company: str, pack: str, zone: str = DEFAULT_ZONE, actor: Actor, now: datetime
) -> None:
    """Store company, rule pack and time zone in one audited transaction (first-page guide).

    Raises FactsError for an unknown pack or zone or an empty name, CaseError if the pack would
    change though cases exist (their clocks follow it), AccessError without the right.
    """
    if not company.strip():
        raise FactsError("公司名称没有填：请写公司全称或常用简称")
    _known_zone(zone)
    _known_pack(pack)
    with app.db.write() as connection:
        access.require(actor, Act.CONFIGURE)
        _choose(connection, pack, actor, now)
        installation.put(connection, "company", company.strip()[:128])
        installation.put(connection, "zone", zone)
        audit.append(
            connection, "home:company", "company-saved", actor=actor, at=now,
            payload={"company": company.strip()[:128], "pack": pack, "zone": zone},
        )  # fmt: skip


def _choose(connection: Connection, pack: str, actor: Actor, now: datetime) -> None:
    active = packs.active(connection, "procedure")
    if active is not None and active.name == pack:
        return
    if installation.has_cases(connection):
        name = active.name if active else "空"
        raise CaseError(f"已有个案按程序包 {name} 计时，不能改为 {pack}：请先结案，或另建数据目录")
    text = facts.read_text(f"packs/{pack}.yml")
    row = packs.seed(connection, "procedure", pack, text, author=actor.name, now=now)
    packs.activate(connection, row)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupState:
    """What an empty home still lacks, for the guide on the first page."""

    company: str
    pack: str
    zone: str
    subjects: int
    #: People who are told by something other than the console.
    recipients: int
    sources: int
    #: Of these, what somebody's program visits: not only files brought by hand.
    visited: int
    posts: bool
    accounts: int

    @property
    def missing(self) -> tuple[str, ...]:
        """What is still to do, in the order of doing it."""
        done = {
            "company": bool(self.company), "subjects": self.subjects > 0,
            "recipients": self.recipients > 0, "sources": self.visited > 0,
            "posts": self.posts or self.sources > 0, "accounts": self.accounts > 0,
        }  # fmt: skip
        return tuple(name for name, is_done in done.items() if not is_done)


def state(app: App) -> SetupState:
    """Return how far the setting up of this home has come."""
    with app.db.read() as connection:
        pack = packs.active(connection, "procedure")
        told = people.load(connection)
        return SetupState(
            company=installation.get(connection, "company"),
            pack=pack.name if pack else "",
            zone=installation.get(connection, "zone", DEFAULT_ZONE),
            subjects=len(subjects.load(connection)),
            recipients=sum(any(w.channel != "console" for w in item.ways) for item in told),
            sources=installation.count_sources(connection),
            visited=len(source_rows.all_sources(connection)),
            posts=posts.any_stored(connection),
            accounts=installation.count_accounts(connection),
        )
