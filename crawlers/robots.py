"""robots.txt as RFC 9309 has it: what cannot be read forbids; Scrapy would take it for consent."""

from typing import Any

from scrapy import Request
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

#: Bytes of a robots.txt that count (RFC 9309 §2.5).
MAX_BYTES = 500 * 1024
_SERVER_ERROR = 500


class RobotsUnreadableError(IgnoreRequest):
    """The site's rules could not be read, so nothing is asked for this time."""


class CarefulRobots(RobotsTxtMiddleware):
    """Scrapy's middleware, but a server error is no permission and a long file is cut."""

    def __init__(self, crawler: Any) -> None:
        super().__init__(crawler)
        #: Host and port → why its rules could not be read.
        self._unreadable: dict[str, Exception] = {}

    async def robot_parser(self, request: Request) -> Any:
        """Return the rules; raise what kept them from being read."""
        parser = await super().robot_parser(request)
        problem = self._unreadable.get(_netloc(request))
        if problem is not None:
            raise problem
        return parser

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        if response.status >= _SERVER_ERROR:
            raise RobotsUnreadableError(f"robots.txt 返回 HTTP {response.status}")
        if len(response.body) > MAX_BYTES:  # half a rule would be another one
            whole = response.body[:MAX_BYTES].rpartition(b"\n")[0]
            response = response.replace(body=whole)
        await super()._parse_robots(response, netloc, request)

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        self._unreadable[netloc] = exc
        super()._robots_error(exc, netloc)


def _netloc(request: Request) -> str:
    return request.url.split("/", 3)[2]
