"""Signing in and out: plain pages without scripts, because a cookie can only be set by HTTP."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from config.clock import SystemClock
from config.settings import read_settings
from dashboard import plain, words
from dashboard.session import COOKIE
from domain.errors import FenghuoError
from pipelines import accounts
from pipelines.wiring import open_app


def show(request: Request) -> Response:
    """Show the form; GET never signs anybody in or out."""
    app = open_app(read_settings())
    try:
        if not accounts.any_account(app):
            return RedirectResponse("/", status_code=303)
        return _form("")
    finally:
        app.db.dispose()


async def enter(request: Request) -> Response:
    """Check login and password and set the cookie."""
    plain.same_origin(request)
    fields = await request.form()
    login, password = str(fields.get("login", "")), str(fields.get("password", ""))
    app = open_app(read_settings())
    try:
        token = accounts.sign_in(app, login, password, SystemClock().now())
    except FenghuoError as refused:
        return _form(str(refused), status=401)
    finally:
        app.db.dispose()
    response = RedirectResponse("/", status_code=303)
    response.set_cookie(
        COOKIE, token, httponly=True, samesite="lax", secure=request.url.scheme == "https",
        max_age=7 * 24 * 3600, path="/",
    )  # fmt: skip
    return response


async def leave(request: Request) -> Response:
    """End the session and forget the cookie."""
    plain.same_origin(request)
    app = open_app(read_settings())
    try:
        accounts.sign_out(app, request.cookies.get(COOKIE, ""), SystemClock().now())
    finally:
        app.db.dispose()
    response = RedirectResponse("/login", status_code=303)
    response.delete_cookie(COOKIE, path="/")
    return response


def _form(problem: str, *, status: int = 200) -> HTMLResponse:
    body = (
        f"<form method=post action=/login>"
        f"<label>{words.LOGIN}<input name=login autocomplete=username autofocus required></label>"
        f"<label>{words.PASSWORD}<input name=password type=password "
        f"autocomplete=current-password required></label>"
        f"<button>{words.SIGN_IN}</button></form>"
    )
    return plain.page(words.SIGN_IN, body, problem=problem, status=status)


def confirm_leaving(_request: Request) -> Response:
    """Ask before signing out: a link alone must not do it."""
    body = f"<form method=post action=/logout><button>{words.SIGN_OUT}</button></form>"
    return plain.page(words.SIGN_OUT, body)


ROUTES = [
    Route("/login", show, methods=["GET"]),
    Route("/login", enter, methods=["POST"]),
    Route("/logout", confirm_leaving, methods=["GET"]),
    Route("/logout", leave, methods=["POST"]),
]
