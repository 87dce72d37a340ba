"""Home: what `init` makes and `doctor` expects; running it again adds only what is missing."""

from dataclasses import replace
from pathlib import Path

from config import facts
from config.clock import SystemClock
from config.settings import Settings
from domain.errors import FactsError
from domain.level import Level
from pipelines import rulebook
from pipelines.wiring import create_home, open_database
from store import installation, outbox


def create(settings: Settings, directory: Path | None, *, company: str, procedure: str) -> Settings:
    """Create or complete a home and return its settings; raises FactsError for unknown packs."""
    known = facts.pack_names()
    if procedure and procedure not in known:
        raise FactsError(f"没有程序包 {procedure}：可选 {'、'.join(known)}")
    if directory is not None:
        path = directory.expanduser().resolve()
        settings = replace(settings, home=path, db_url=f"sqlite:///{path / 'fenghuo.db'}")
    create_home(settings)
    db = open_database(settings)
    now = SystemClock().now()
    with db.write() as connection:
        rulebook.seed(connection, author=settings.actor, now=now, procedure=procedure)
        if company:
            installation.put(connection, "company", company)
        outbox.add_person(
            connection, key="duty", name="值班台", channel="console", min_level=Level.MODERATE
        )
    db.dispose()
    return settings
