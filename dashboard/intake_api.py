"""POST /api/intake: other systems hand in complaints with a key; no browser session is involved.

Answers are JSON with one Chinese sentence; nothing that was sent is repeated, no trace is shown.
"""

import logging

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from config.settings import read_settings
from dashboard import words_api as w
from domain.errors import CaseError, FenghuoError
from pipelines import accounts, intake_api
from pipelines.intake_api import MOST_A_MINUTE, MOST_BYTES, Pace
from pipelines.wiring import open_app

PATH = "/api/intake"
_LOOPBACK = {"127.0.0.1", "::1", "testclient"}
_log = logging.getLogger("fenghuo.intake_api")
#: One web process serves all requests (uvicorn with one worker).
_PACE = Pace()


async def receive(request: Request) -> JSONResponse:
    """Read the body within its limit and answer."""
    if request.headers.get("content-type", "").split(";")[0].strip() != "application/json":
        return _said(415, w.NOT_JSON)
    length = request.headers.get("content-length", "0")
    body = b""
    if not (length.isdecimal() and int(length) > MOST_BYTES):
        async for part in request.stream():
            body += part
            if len(body) > MOST_BYTES:
                break
        else:
            return await run_in_threadpool(_answer, request, body)
    return _said(413, w.TOO_BIG.format(mb=MOST_BYTES // 1_000_000))


#: Wired into dashboard/app.py beside /healthz.
ROUTES = [Route(PATH, receive, methods=["POST"])]


def _answer(request: Request, body: bytes) -> JSONResponse:
    """Answer one request; whatever breaks is one sentence outside and a trace in the log."""
    try:
        return _receive(request, body)
    except CaseError as problem:
        return _said(422, str(problem))
    except FenghuoError:
        _log.exception("intake failed")
        return _said(503, w.BUSY)
    except Exception:
        _log.exception("intake broke")
        return _said(500, w.BROKEN)


def _receive(request: Request, body: bytes) -> JSONResponse:
    app = open_app(read_settings())
    try:
        client = request.client.host if request.client else ""
        if client not in _LOOPBACK and not accounts.any_account(app):
            return _said(403, w.ONLY_HERE)
        key = intake_api.key_of(app, request.headers.get("authorization", ""))
        if key is None:
            refused = _said(401, w.NO_KEY)
            refused.headers["WWW-Authenticate"] = "Bearer"
            return refused
        now = app.clock.now()
        if not _PACE.allows(key.id, now):
            slow = _said(429, w.TOO_OFTEN.format(n=MOST_A_MINUTE))
            slow.headers["Retry-After"] = "60"
            return slow
        reply = intake_api.take_in(app, key, request.headers.get("idempotency-key", ""), body, now)
        return JSONResponse(reply.body, status_code=reply.status)
    finally:
        app.db.dispose()


def _said(status: int, problem: str) -> JSONResponse:
    return JSONResponse({"ok": False, "error": problem}, status_code=status)
