"""Acknowledge (确认已知悉, B-AK1): the page behind a push's link; only its button records anything.

GET is asked by link previews and mail scanners, so it never changes a thing. A mail's link names
its reader; a group robot's link asks for the name, which must be that of a person told about the
subject. The page shows no quotes, needs no script and fits a phone.
"""

from dataclasses import dataclass
from datetime import datetime
from html import escape
from urllib.parse import parse_qs, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from config.settings import read_settings
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
HEADERS = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}

NO_SUCH_LINK = "链接不完整或已失效：请用最新一条预警消息里的链接。"
FOREIGN = "请从预警消息打开页面，再按页面上的按钮。"
WHO_ARE_YOU = "请填写您的姓名（与收件人表一致）。"
NOT_A_RECIPIENT = "“{name}”不在这个对象的收件人中：请核对姓名，或请管理员在收件人表中添加。"
BUSY = "系统暂时不能记录：{problem}"

_STYLE = (
    "body{font:17px/1.7 sans-serif;max-width:34em;margin:0 auto;padding:20px;color:#1b1f24;"
    "background:#fff}h1{font-size:21px}dt{color:#57606a}dd{margin:0 0 8px}"
    "input,button{font:inherit;width:100%;box-sizing:border-box;padding:12px;margin:6px 0;"
    "border:1px solid #8c959f;border-radius:6px}button{background:#9a2a1f;color:#fff;border:0}"
    ".said{border-left:4px solid #9a2a1f;padding-left:12px}"
)


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
    if not _same_origin(request):
        return _page("未记录", _said(FOREIGN), status=403)
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY:
            return _page("未记录", _said(FOREIGN), status=413)
    name = parse_qs(body.decode("utf-8", errors="replace")).get("name", [""])[0].strip()
    return await run_in_threadpool(_record, request, name)


#: Wired into dashboard/app.py beside /healthz.
ROUTES = [
    Route("/ack/{number}", show, methods=["GET"]),
    Route("/ack/{number}", record, methods=["POST"]),
]


def _same_origin(request: Request) -> bool:
    """Whether our own page sent the form: by Origin, else by the browser's own statement."""
    origin = request.headers.get("origin", "")
    if origin and origin != "null":
        return urlsplit(origin).netloc == request.headers.get("host")
    return request.headers.get("sec-fetch-site") == "same-origin"


def _show(request: Request) -> HTMLResponse:
    app = open_app(read_settings())
    try:
        asked = _asked(app, request)
        if asked is None:
            return _page("链接无效", _said(NO_SUCH_LINK), status=404)
        with app.db.read() as connection:
            item = alerts.by_number(connection, asked.number)
            level = acknowledgements.level_of(connection, item, asked.version)
            first = acknowledgements.covered(connection, item.id, level, app.clock.now())
            return _page("确认已知悉", _facts(connection, item, asked), _form(asked, first))
    except FenghuoError as problem:
        return _page("链接无效", _said(str(problem)), status=404)
    finally:
        app.db.dispose()


def _record(request: Request, name: str) -> HTMLResponse:
    app = open_app(read_settings())
    try:
        asked = _asked(app, request)
        if asked is None:
            return _page("链接无效", _said(NO_SUCH_LINK), status=404)
        return _acknowledge(app, asked, name, app.clock.now())
    except (AccessError, CaseError) as problem:
        return _page("未记录", _said(str(problem)), status=403)
    except FenghuoError as problem:
        return _page("未记录", _said(BUSY.format(problem=problem)), status=503)
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
        return _page("未记录", _said(WHO_ARE_YOU), status=400)
    with app.db.write() as connection:
        item = alerts.by_number(connection, asked.number)
        actor = acknowledgements.by_person(
            connection, item.subject_id, key=asked.bearer.key, name=name
        )
        if actor is None:
            who = name or asked.bearer.key
            facts = _facts(connection, item, asked)
            return _page(
                "未记录", _said(NOT_A_RECIPIENT.format(name=who)), facts, _form(asked, None),
                status=403,
            )  # fmt: skip
        done, new = acknowledgements.add(
            connection, item, version=asked.version, actor=actor,
            via="link" if asked.bearer.key else "group", now=now,
        )  # fmt: skip
        said = _recorded(done) if new else _known(done)
        return _page("已记录" if new else "早已确认", _said(said), _facts(connection, item, asked))


def _recorded(done: Acknowledgement) -> str:
    return (
        f"已记录：{done.by} 于 {say_time(done.at)} 确认已知悉第 {done.version} 版。"
        "重复提醒到此为止；研判时限照常计时。"
    )


def _known(done: Acknowledgement) -> str:
    return f"{done.by} 已于 {say_time(done.at)} 确认，无需重复。研判时限照常计时。"


def _facts(connection: Connection, item: AlertRow, asked: _Asked) -> str:
    level = acknowledgements.level_of(connection, item, asked.version)
    rows = [
        ("对象", item.subject),
        ("系统建议", f"疑似{push.level_words(connection, level)}（由人定级）"),
        ("编号", f"{item.number}-v{asked.version}"),
        ("发出", say_time(item.opened_at)),
    ]
    if item.level.graver_than(level):
        rows.append(("注意", f"已升为疑似{push.level_words(connection, item.level)}，另见新消息"))
    inner = "".join(f"<dt>{escape(key)}</dt><dd>{escape(value)}</dd>" for key, value in rows)
    return f"<dl>{inner}</dl>"


def _form(asked: _Asked, first: Acknowledgement | None) -> str:
    if first is not None:
        return _said(_known(first))
    field = '<input name="name" autocomplete="name" maxlength="64" required>'
    name = "" if asked.bearer.key else f"<label>您的姓名{field}</label>"
    return f'<form method="post">{name}<button type="submit">确认已知悉</button></form>'


def _said(text: str) -> str:
    return f'<p class="said">{escape(text)}</p>'


def _page(title: str, *parts: str, status: int = 200) -> HTMLResponse:
    # The referrer policy lets the browser say that the form is ours; elsewhere nothing is sent.
    return HTMLResponse(
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="referrer" content="same-origin">'
        f"<title>{escape(title)} · 烽火</title><style>{_STYLE}</style></head>"
        f"<body><h1>{escape(title)}</h1>{''.join(parts)}</body></html>",
        status_code=status,
        headers=HEADERS,
    )
