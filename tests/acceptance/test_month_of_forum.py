"""A simulated month of a forum: nothing lost, nothing twice, no request that was not needed."""

from pathlib import Path

import pytest

from tests.acceptance.month_run import DEATHS, play

#: Requests for each list page, changed page and due re-visit (issue 4).
MOST_REQUESTS = 1.3


@pytest.mark.slow
def test_a_month_of_forum_life(tmp_path: Path) -> None:
    """GBK with rewritten addresses; make exam-collection plays UTF-8 with dynamic ones too."""
    month = play(tmp_path / "var", 1, charset="gbk", rewritten=True)
    print(month.line())
    assert month.problems == []
    # The month was one: all kinds of deeds were done, and the process really died.
    assert month.deaths.total() == DEATHS
    assert month.threads >= 120
    for deed in ("open", "reply", "edit", "delete", "block", "remove", "retitle", "move",
                 "comment"):  # fmt: skip
        assert month.deeds[deed], deed
    assert month.shown > month.posts  # posts had more than one state
    # Raw bytes only of pages that prove a revision, each in its crawl's manifest.
    assert month.evidence == month.manifest == month.proving
    assert month.proving <= month.new_pages
    # By the site's own access log, requests repeated after a death and self-redirects included.
    assert month.ratio <= MOST_REQUESTS
