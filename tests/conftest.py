"""The only conftest: homes, clocks and apps for tests; every store test runs on every engine."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.clock import FixedClock
from config.settings import Settings, read_settings
from pipelines import analyse, home, relate
from pipelines.wiring import App, open_app

#: Engines the store tests run on; PostgreSQL joins in the issue that brings it.
ENGINES = ("sqlite",)

NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)  # 12:00 in Asia/Shanghai


def settings_for(folder: Path) -> Settings:
    """Return settings of a home in `folder`, nothing taken from the environment."""
    environ = {"FENGHUO_HOME": str(folder), "USER": "测试员", "FENGHUO_OPEN_BROWSER": "0"}
    return read_settings(environ)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a case by bytes after its argument: workers must collect the same ids, and packed
    bytes may hold the time they were packed at."""
    return argname if isinstance(val, bytes) else None


MakeApp = Callable[..., App]


@pytest.fixture(params=ENGINES)
def make_app(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MakeApp]:
    """Return a maker of initialised homes: make_app("name", now) -> App with a FixedClock."""
    made: list[App] = []

    def make(name: str = "var", now: datetime = NOON) -> App:
        assert request.param == "sqlite"
        settings = home.create(
            settings_for(tmp_path / name), None, company="云麓地产", procedure="group-000"
        )
        app = open_app(settings, clock=FixedClock(now))
        made.append(app)
        return app

    yield make
    for app in made:
        relate.forget(app.settings.home)
        analyse.forget(app.settings.home)
        app.db.dispose()


@pytest.fixture
def app(make_app: MakeApp) -> App:
    """Return one initialised home at noon of 2026-11-20."""
    return make_app()
