"""E-ST1, small: three hundred posts on one event are one alert and few messages (benchmarks/storm).

The full size, ten thousand posts beside two hundred projects, is measured by the benchmark.
"""

from pathlib import Path

from benchmarks.storm import storm


def test_a_storm_is_one_alert_and_at_most_three_messages_an_hour(tmp_path: Path) -> None:
    found = storm(tmp_path / "var", posts=300, projects=6)
    assert (found.alerts, found.others) == (1, 0)
    assert 1 <= found.messages <= 3
