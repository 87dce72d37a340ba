"""Webhook: posts JSON to a group robot; the provider's own code is the verdict (platform §7)."""

import json
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from config.channels import Robot, read_channels
from config.clock import SystemClock
from domain.clock import Clock
from domain.errors import ChannelError, FactsError

#: Seconds a provider may take to connect, to read and to answer each; the line waits meanwhile.
TIMEOUT = 10.0

#: robot, subject line, body, unix seconds → (query parameters, JSON body).
Form = Callable[[Robot, str, str, float], tuple[dict[str, str], dict[str, Any]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One make of group robot: its name, its form and what its codes mean."""

    channel: str
    name: str
    form: Form
    #: Keys under which the code and the words of an answer stand, the first found wins.
    code_keys: tuple[str, ...]
    words_keys: tuple[str, ...]
    #: Codes that a retry can cure: too fast, provider busy.
    temporary: frozenset[int]
    #: What to do about codes people meet.
    cures: Mapping[int, str]


class RobotChannel:
    """A group robot of one provider; addresses are the robots' names in channels.yml."""

    def __init__(self, provider: Provider, facts: Path, clock: Clock | None = None) -> None:
        self._provider, self._facts = provider, facts
        # Signatures are checked against the real time, also while a simulated clock plays.
        self._clock = clock or SystemClock()

    def send(self, *, address: str, subject_line: str, body: str) -> str:
        """Post the message; raises ChannelError with the provider's own words."""
        robot = self._robot(address)
        params, message = self._provider.form(
            robot, subject_line, body, self._clock.now().timestamp()
        )
        answer = _post(robot, params, message)
        return self._verdict(answer)

    def _robot(self, name: str) -> Robot:
        try:
            robot = read_channels(self._facts).robots.get(name)
        except FactsError as error:
            raise ChannelError(str(error)) from error  # mended, the message goes out
        if robot is None or robot.channel != self._provider.channel:
            raise ChannelError(
                f"{self._facts.name} 里没有名为“{name}”的{self._provider.name}机器人："
                "请在 robots 下补上，或在收件人表改用已有的名字",
                permanent=True,
            )
        return robot

    def _verdict(self, answer: httpx.Response) -> str:
        said = _json(answer)
        code = _first(said, self._provider.code_keys)
        words = str(_first(said, self._provider.words_keys) or "")[:200]
        if answer.status_code == 200 and code == 0:
            return f"{self._provider.name}：已接收（{words or 'ok'}）"
        if isinstance(code, int) and code != 0:
            cure = self._provider.cures.get(code)
            hint = f"（{cure}）" if cure else ""
            raise ChannelError(
                f"{self._provider.name}拒收：错误码 {code} {words}{hint}",
                permanent=cure is not None and code not in self._provider.temporary,
            )
        permanent = 400 <= answer.status_code < 500 and answer.status_code not in (408, 425, 429)
        raise ChannelError(
            f"{self._provider.name}没有给出答复码：HTTP {answer.status_code}", permanent=permanent
        )


def _post(robot: Robot, params: dict[str, str], message: dict[str, Any]) -> httpx.Response:
    if not robot.allow_private:
        _refuse_private(robot)
    try:
        return httpx.post(
            httpx.URL(robot.url).copy_merge_params(params),
            content=json.dumps(message, ensure_ascii=False).encode("utf-8", errors="replace"),
            headers={"Content-Type": "application/json; charset=utf-8"},
            timeout=TIMEOUT,
            follow_redirects=False,
            trust_env=not robot.allow_private,
        )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        # The address holds the key: name the host alone.
        raise ChannelError(
            f"连不上 {urlsplit(robot.url).hostname}（{type(error).__name__}）"
        ) from error


def _refuse_private(robot: Robot) -> None:
    parts = urlsplit(robot.url)
    host = parts.hostname or ""
    try:
        found = socket.getaddrinfo(host, parts.port or 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise ChannelError(f"找不到主机 {host}：请检查网络与 channels.yml 里的地址") from error
    for *_, target in found:
        if not _is_public(str(target[0])):
            raise ChannelError(
                f"{host} 指向内网或本机地址，已拒绝：确需如此，在 channels.yml 该机器人下写 "
                "allow_private: true",
                permanent=True,
            )


def _is_public(address: str) -> bool:
    parsed = ip_address(address.partition("%")[0])
    inner = getattr(parsed, "ipv4_mapped", None) or getattr(parsed, "sixtofour", None)
    return (inner or parsed).is_global and not parsed.is_multicast


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        said = answer.json()
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _first(said: dict[str, Any], keys: tuple[str, ...]) -> Any:
    return next((said[key] for key in keys if key in said), None)
