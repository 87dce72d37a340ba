"""Settings: one line each; a wrong value names its variable and the allowed range."""

from dataclasses import fields
from datetime import date
from pathlib import Path

import pytest

from config.calendar import workday
from config.settings import SETTINGS, Settings, read_settings
from domain.errors import FactsError


def test_every_setting_has_a_help_and_a_place_in_settings() -> None:
    names = [setting.name for setting in SETTINGS]
    assert len(set(names)) == len(names)
    assert all(len(setting.help) >= 6 for setting in SETTINGS)
    stored = {"db_url" if name == "db" else name for name in names}
    assert stored == {field.name for field in fields(Settings)}


def test_defaults_stand_when_nothing_is_set() -> None:
    found = read_settings({})
    assert (found.host, found.port, found.open_browser) == ("127.0.0.1", 8501, True)
    assert found.home == Path("var").resolve()
    assert found.db_url == f"sqlite:///{found.home / 'fenghuo.db'}"
    assert found.actor == "未具名"


@pytest.mark.parametrize(
    ("variable", "value", "attribute", "want"),
    [
        ("FENGHUO_PORT", "9000", "port", 9000),
        ("FENGHUO_PORT", " 9000 ", "port", 9000),
        ("FENGHUO_PORT", "", "port", 8501),
        ("FENGHUO_HOST", "::1", "host", "::1"),
        ("FENGHUO_DB", "postgresql://x/y", "db_url", "postgresql://x/y"),
        ("FENGHUO_ACTOR", "王敏", "actor", "王敏"),
        ("USER", "li", "actor", "li"),
        ("LOGNAME", "wu", "actor", "wu"),
        ("FENGHUO_OPEN_BROWSER", "0", "open_browser", False),
        ("FENGHUO_OPEN_BROWSER", "1", "open_browser", True),
        ("FENGHUO_LOG", "debug", "log", "debug"),
        ("FENGHUO_LINE_SECONDS", "1", "line_seconds", 1),
        ("FENGHUO_CRAWL_LIMIT_SECONDS", "86400", "crawl_limit_seconds", 86400),
    ],
)
def test_the_environment_overrides(variable: str, value: str, attribute: str, want: object) -> None:
    assert getattr(read_settings({variable: value}), attribute) == want


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("FENGHUO_PORT", "0"), ("FENGHUO_PORT", "65536"), ("FENGHUO_PORT", "web"),
        ("FENGHUO_PORT", "²"), ("FENGHUO_LINE_SECONDS", "0"), ("FENGHUO_LINE_SECONDS", "2.5"),
        ("FENGHUO_LINE_SECONDS", "3601"), ("FENGHUO_CRAWL_LIMIT_SECONDS", "-5"),
        ("FENGHUO_CRAWL_LIMIT_SECONDS", "4"), ("FENGHUO_CRAWL_LIMIT_SECONDS", "86401"),
    ],
)  # fmt: skip
def test_a_wrong_value_names_its_variable(variable: str, value: str) -> None:
    with pytest.raises(FactsError, match=f"{variable}={value} 不对：请填 .* 的整数"):
        read_settings({variable: value})


@pytest.mark.parametrize(
    ("day", "want"),
    [
        (date(2026, 10, 1), False),  # National Day, a Thursday
        (date(2026, 10, 10), True),  # made-up Saturday
        (date(2026, 11, 20), True),
        (date(2026, 11, 21), False),
        (date(2027, 1, 4), None),  # not announced
    ],
)
def test_working_days_of_china(day: date, want: bool | None) -> None:
    assert workday(day) is want
