"""The web application: Streamlit behind our own headers, host check and /healthz.

Started as `uvicorn dashboard.app:app`; what Streamlit should do is set here, not in a file that is
found only from some directories.
"""

import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import streamlit as st
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from streamlit import config as streamlit_config
from streamlit.logger import set_log_level

from config.clock import SystemClock
from config.settings import read_settings
from dashboard import acknowledge, intake_api, login, look, words
from dashboard.session import COOKIE
from domain.clock import iso_shanghai
from domain.errors import FenghuoError
from pipelines import accounts
from pipelines.wiring import open_app
from store import board_health, migrate

#: Streamlit needs inline styles and, for Vega, eval; nothing may come from or go to another host.
POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
#: Until accounts exist the web is on loopback only (design §9): other names mean DNS rebinding.
LOOPBACK = ("127.0.0.1", "localhost", "::1")
#: What is read without signing in: signing in itself, acknowledging by link, health, the intake of
#: other systems (by key), the page's own scripts.
OPEN = (
    "/login",
    "/logout",
    "/password",
    "/ack/",
    "/healthz",
    "/api/intake",
    "/static/",
    "/_stcore/",
    "/component/",
    "/media/",
)

_log = logging.getLogger("fenghuo.dashboard")


class Guard(BaseHTTPMiddleware):
    """Refuse foreign host names and put the security headers on every answer."""

    async def dispatch(
        self, request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        """Answer 421 to a foreign Host, lead to the sign-in page, else pass on."""
        if request.url.hostname not in hosts():
            return PlainTextResponse(words.FOREIGN_HOST, status_code=421, headers=HEADERS)
        if not request.url.path.startswith(OPEN) and _must_sign_in(request):
            return RedirectResponse("/login", status_code=303, headers=HEADERS)
        response = await call_next(request)
        response.headers.update(HEADERS)
        return response


def hosts() -> tuple[str, ...]:
    """Return the host names this web answers to."""
    settings = read_settings()
    named = (settings.host, urlsplit(settings.public_url).hostname)
    return (*LOOPBACK, *(name for name in named if name))


def _must_sign_in(request: Request) -> bool:
    """Whether accounts exist and this browser shows no session; the pages themselves ask again."""
    if "text/html" not in request.headers.get("accept", ""):
        return False
    try:
        app = open_app(read_settings())
    except FenghuoError:
        return False  # the page says what is wrong with the home
    try:
        token = request.cookies.get(COOKIE, "")
        return accounts.any_account(app) and (
            accounts.signed_in(app, token, SystemClock().now()) is None
        )
    finally:
        app.db.dispose()


def healthz(_request: Request) -> JSONResponse:
    """Say whether the database answers and the line moves; 503 when it does not."""
    try:
        found = _pulse()
    except Exception as problem:
        # Whatever is broken, a watchdog must get an answer and not a stack trace.
        known = isinstance(problem, FenghuoError)
        said = str(problem) if known else words.DATABASE_BROKEN
        _log.error("healthz: %s", said, exc_info=not known)  # asked every few seconds
        return JSONResponse({"ok": False, "error": said}, status_code=503)
    return JSONResponse({"ok": True, **found})


def _pulse() -> dict[str, Any]:
    app = open_app(read_settings())
    try:
        with app.db.read() as connection:
            pulse = board_health.pulse(connection)
        return {
            "database": app.db.dialect,
            "schema": migrate.current(app.db),
            "newest_post_fetched_at": pulse.newest_fetch and iso_shanghai(pulse.newest_fetch),
            "last_tick_done_at": pulse.last_tick and iso_shanghai(pulse.last_tick),
            "queued_messages": pulse.queued,
        }
    finally:
        app.db.dispose()


def _failed(problem: Exception) -> bool:
    _log.error("page failed", exc_info=problem)
    st.error(words.UNEXPECTED)
    return True


def _configure() -> None:
    for key, value in look.OPTIONS.items():
        streamlit_config.set_option(key, value)
    streamlit_config.set_option("server.allowedHosts", list(hosts()))
    # Reading its options, Streamlit put its default level on its own and on uvicorn's loggers.
    set_log_level(look.OPTIONS["logger.level"])


_configure()
app = st.App(
    Path(__file__).with_name("main.py"),
    routes=[Route("/healthz", healthz), *login.ROUTES, *acknowledge.ROUTES, *intake_api.ROUTES],
    middleware=[Middleware(Guard)],
    on_script_error=_failed,
)
