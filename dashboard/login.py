"""Signing in and out: plain pages without scripts, because a cookie can only be set by HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from config.clock import SystemClock
from config.settings import read_settings
from dashboard import plain, words
from dashboard.session import COOKIE
from domain.errors import FenghuoError
from pipelines import accounts
from pipelines.wiring import App, open_app


def show(_request: Request) -> Response:
    """Show the form; GET never signs anybody in or out."""
    with opened() as app:
        if not accounts.any_account(app):
            return RedirectResponse("/", status_code=303)
    return _form("")


async def enter(request: Request) -> Response:
    """Check login and password and set the cookie; hashing must not stop the other pages."""
    plain.same_origin(request)
    fields = await request.form()
    return await run_in_threadpool(_enter, request, fields)


def _enter(request: Request, fields: FormData) -> Response:
    login, password = str(fields.get("login", "")), str(fields.get("password", ""))
    with opened() as app:
        try:
            token = accounts.sign_in(app, login, password, SystemClock().now())
        except FenghuoError as refused:
            return _form(str(refused), status=401)
    response = RedirectResponse("/", status_code=303)
    response.set_cookie(
        COOKIE, token, httponly=True, samesite="lax", secure=request.url.scheme == "https",
        max_age=7 * 24 * 3600, path="/",
    )  # fmt: skip
    return response


def leave(request: Request) -> Response:
    """End the session and forget the cookie."""
    plain.same_origin(request)
    with opened() as app:
        accounts.sign_out(app, request.cookies.get(COOKIE, ""), SystemClock().now())
    return _forget()


def _forget() -> Response:
    response = RedirectResponse("/login", status_code=303)
    response.delete_cookie(COOKIE, path="/")
    return response


@contextmanager
def opened() -> Iterator[App]:
    """Open the home for one request."""
    app = open_app(read_settings())
    try:
        yield app
    finally:
        app.db.dispose()


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


def ask_word(_request: Request) -> Response:
    """Show the form for one's own new password."""
    return _word_form("")


async def change_word(request: Request) -> Response:
    """Set one's own new password; afterwards one signs in with it."""
    plain.same_origin(request)
    fields = await request.form()
    return await run_in_threadpool(_change_word, request, fields)


def _change_word(request: Request, fields: FormData) -> Response:
    old, new, again = (str(fields.get(name, "")) for name in ("old", "new", "again"))
    if new != again:
        return _word_form(words.WORDS_DIFFER, status=400)
    token = request.cookies.get(COOKIE, "")
    with opened() as app:
        try:
            accounts.change_own(app, token, old, new, SystemClock().now())
        except FenghuoError as refused:
            return _word_form(str(refused), status=400)
    return _forget()


def _word_form(problem: str, *, status: int = 200) -> HTMLResponse:
    fields = "".join(
        f"<label>{label}<input name={name} type=password autocomplete={kind} required></label>"
        for name, label, kind in (
            ("old", words.OLD_WORD, "current-password"), ("new", words.NEW_WORD, "new-password"),
            ("again", words.AGAIN, "new-password"),
        )
    )  # fmt: skip
    body = f"<form method=post action=/password>{fields}<button>{words.CHANGE_WORD}</button></form>"
    return plain.page(words.CHANGE_WORD, body, problem=problem, status=status)


ROUTES = [
    Route("/password", ask_word, methods=["GET"]),
    Route("/password", change_word, methods=["POST"]),
    Route("/login", show, methods=["GET"]),
    Route("/login", enter, methods=["POST"]),
    Route("/logout", confirm_leaving, methods=["GET"]),
    Route("/logout", leave, methods=["POST"]),
]
