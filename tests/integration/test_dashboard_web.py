"""The web server around the pages: headers, host check, /healthz."""

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.browser import served
from tests.builders import sample_home


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("web")
    sample_home(folder).app.db.dispose()
    with served(folder) as address:
        yield address


def get(url: str, path: str, host: str | None = None) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    try:
        connection.request("GET", path, headers={"Host": host} if host else {})
        answer = connection.getresponse()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize("path", ["/", "/search?q=1", "/healthz", "/_stcore/health"])
def test_every_answer_forbids_foreign_hosts_and_frames(url: str, path: str) -> None:
    status, headers, _body = get(url, path)
    assert status == 200
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "img-src 'self' data: blob:" in policy
    assert "frame-ancestors 'none'" in policy
    assert "http" not in policy
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", ""])
def test_a_foreign_host_name_gets_nothing(url: str, host: str) -> None:
    for path in ("/", "/healthz", "/_stcore/host-config"):
        status, _headers, body = get(url, path, host or "fenghuo.local:80")
        assert status == 421
        assert b"<html" not in body


def test_healthz_tells_the_pulse(url: str) -> None:
    status, _headers, body = get(url, "/healthz")
    told = json.loads(body)
    assert status == 200
    assert told["ok"] is True
    assert told["last_tick_done_at"] == "2026-11-21T13:59:56+08:00"
    assert told["queued_messages"] == 1
    assert told["newest_post_fetched_at"].endswith("+08:00")


def test_healthz_of_a_broken_home_is_503_and_says_why(tmp_path: Path) -> None:
    with served(tmp_path) as address:
        status, _headers, body = get(address, "/healthz")
    assert status == 503
    assert "fenghuo init" in json.loads(body)["error"]
