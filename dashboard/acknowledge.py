"""Acknowledge (确认已知悉, B-AK1): the page behind a push's link; only its button records anything.

GET is asked by link previews and mail scanners, so it never changes a thing. A mail's link names
its reader; a group robot's link asks for the name, which must be that of a person told about the
subject. The page shows no quotes, needs no script and fits a phone.
"""

from dataclasses import dataclass
from datetime import datetime
from html import escape
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from config.settings import read_settings
from dashboard import plain
from dashboard import words_ack as w
from domain.clock import say_time
from domain.errors import AccessError, CaseError, FenghuoError
from pipelines import push
from pipelines.push import Bearer
from pipelines.wiring import App, open_app
from store import acknowledgements, alerts
from store.acknowledgements import Acknowledgement
from store.alerts import AlertRow
from store.db import Connection

#: A form with one name in it is never longer.
MAX_BODY = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A link that is ours: about which version of which alert, and whom it names."""

    number: str
    version: int
    bearer: Bearer


async def show(request: Request) -> HTMLResponse:
    """Show the button; record nothing."""
    return await run_in_threadpool(_show, request)


async def record(request: Request) -> HTMLResponse:
    """Record that the message is known, say what was recorded; a second time changes nothing."""
    if not plain.is_ours(request):
        return _page(w.NOT_RECORDED, _said(w.FOREIGN), status=403)
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY:
            return _page(w.NOT_RECORDED, _said(w.FOREIGN), status=413)
    name = parse_qs(body.decode("utf-8", errors="replace")).get("name", [""])[0].strip()
    return await run_in_threadpool(_record, request, name)


#: Wired into dashboard/app.py beside /healthz.
ROUTES = [
    Route("/ack/{number}", show, methods=["GET"]),
    Route("/ack/{number}", record, methods=["POST"]),
]


def _show(request: Request) -> HTMLResponse:
    app = open_app(read_settings())
    try:
        asked = _asked(app, request)
        if asked is None:
            return _page(w.INVALID, _said(w.NO_SUCH_LINK), status=404)
        with app.db.read() as connection:
            item = alerts.by_number(connection, asked.number)
            level = acknowledgements.level_of(connection, item, asked.version)
            first = acknowledgements.covered(connection, item.id, level, app.clock.now())
            return _page(w.TITLE, _facts(connection, item, asked), _form(asked, first))
    except FenghuoError as problem:
        return _page(w.INVALID, _said(str(problem)), status=404)
    finally:
        app.db.dispose()


def _record(request: Request, name: str) -> HTMLResponse:
    app = open_app(read_settings())
    try:
        asked = _asked(app, request)
        if asked is None:
            return _page(w.INVALID, _said(w.NO_SUCH_LINK), status=404)
        return _acknowledge(app, asked, name, app.clock.now())
    except (AccessError, CaseError) as problem:
        return _page(w.NOT_RECORDED, _said(str(problem)), status=403)
    except FenghuoError as problem:
        return _page(w.NOT_RECORDED, _said(w.BUSY.format(problem=problem)), status=503)
    finally:
        app.db.dispose()


def _asked(app: App, request: Request) -> _Asked | None:
    number = str(request.path_params["number"])
    version = request.query_params.get("v", "")
    if not version.isascii() or not version.isdecimal() or len(version) > 6:
        return None
    found = push.bearer(app, number, int(version), request.query_params.get("t", ""))
    return None if found is None else _Asked(number=number, version=int(version), bearer=found)


def _acknowledge(app: App, asked: _Asked, name: str, now: datetime) -> HTMLResponse:
    if not asked.bearer.key and not name:
        return _page(w.NOT_RECORDED, _said(w.WHO_ARE_YOU), status=400)
    with app.db.write() as connection:
        item = alerts.by_number(connection, asked.number)
        actor = acknowledgements.by_person(
            connection, item.subject_id, key=asked.bearer.key, name=name
        )
        if actor is None:
            who = name or asked.bearer.key
            facts = _facts(connection, item, asked)
            said = _said(w.NOT_A_RECIPIENT.format(name=who))
            return _page(w.NOT_RECORDED, said, facts, _form(asked, None), status=403)
        done, new = acknowledgements.add(
            connection, item, version=asked.version, actor=actor,
            via="link" if asked.bearer.key else "group", now=now,
        )  # fmt: skip
        said = _recorded(done) if new else _known(done)
        return _page(
            w.RECORDED_TITLE if new else w.KNOWN_TITLE, _said(said), _facts(connection, item, asked)
        )


def _recorded(done: Acknowledgement) -> str:
    return w.RECORDED.format(by=done.by, time=say_time(done.at), version=done.version)


def _known(done: Acknowledgement) -> str:
    return w.KNOWN.format(by=done.by, time=say_time(done.at))


def _facts(connection: Connection, item: AlertRow, asked: _Asked) -> str:
    level = acknowledgements.level_of(connection, item, asked.version)
    suggested = w.SUGGESTED.format(level=push.level_words(connection, level))
    rows = [
        (w.SUBJECT, item.subject),
        (w.MATTER, w.INTERRUPTED) if item.source else (w.SUGGESTION, suggested),
        (w.NUMBER, f"{item.number}-v{asked.version}"),
        (w.SENT, say_time(item.opened_at)),
    ]
    if item.level.graver_than(level):
        raised = w.RAISED.format(level=push.level_words(connection, item.level))
        rows.append((w.NOTE, raised))
    inner = "".join(f"<dt>{escape(key)}</dt><dd>{escape(value)}</dd>" for key, value in rows)
    return f"<dl>{inner}</dl>"


def _form(asked: _Asked, first: Acknowledgement | None) -> str:
    if first is not None:
        return _said(_known(first))
    field = '<input name="name" autocomplete="name" maxlength="64" required>'
    name = "" if asked.bearer.key else f"<label>{w.YOUR_NAME}{field}</label>"
    return f'<form method="post">{name}<button type="submit">{w.BUTTON}</button></form>'


def _said(text: str) -> str:
    return f'<p class="said">{escape(text)}</p>'


def _page(title: str, *parts: str, status: int = 200) -> HTMLResponse:
    return plain.page(title, "".join(parts), status=status)
