"""Signing in: argon2id, a random cookie of which only the hash is kept, and who is acting."""

import hashlib
import secrets
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from domain.access import Actor, Role
from domain.errors import AccessError, CaseError
from pipelines.wiring import App
from store import accounts
from store.accounts import Account

#: Shorter passwords are guessed; longer rules only make people write them down (NIST 800-63B).
MIN_LENGTH = 10
#: How stale `seen_at` may grow before it is written again.
TOUCH = timedelta(minutes=5)
#: One answer for all: it tells nobody which logins exist.
REFUSED = "登录名或密码不对：请重试。连续输错 5 次会暂停 5 分钟；忘记密码请找管理员重设"
_HASHER = PasswordHasher()
#: Checked when the login is unknown, so that both answers take the same time.
_NOBODY = _HASHER.hash(secrets.token_hex(16))


def hashed(password: str) -> str:
    """Return the argon2id hash of a password; raises CaseError if it is too short."""
    if len(password) < MIN_LENGTH:
        raise CaseError(f"密码至少 {MIN_LENGTH} 个字符：建议用几个词连起来，好记又安全")
    return _HASHER.hash(password)


def make(
    app: App, *, login: str, name: str, password: str, roles: frozenset[Role],
    entities: frozenset[str] | None, actor: Actor, now: datetime,
) -> None:  # fmt: skip
    """Make an account (Act.MANAGE_ACCOUNTS)."""
    secret = hashed(password)
    with app.db.write() as connection:
        accounts.make(
            connection, login=login, name=name, password_hash=secret, roles=roles,
            entities=entities, actor=actor, now=now,
        )  # fmt: skip


def change(
    app: App, login: str, *, roles: frozenset[Role], entities: frozenset[str] | None,
    actor: Actor, now: datetime,
) -> None:  # fmt: skip
    """Set roles and legal entities of an account."""
    with app.db.write() as connection:
        accounts.change(connection, login, roles=roles, entities=entities, actor=actor, now=now)


def set_password(app: App, login: str, password: str, *, actor: Actor, now: datetime) -> None:
    """Set a new password; every browser signed in with the old one is signed out."""
    secret = hashed(password)
    with app.db.write() as connection:
        accounts.set_password(connection, login, secret, actor=actor, now=now)


def disable(app: App, login: str, *, actor: Actor, now: datetime) -> None:
    """Let an account sign in no more."""
    with app.db.write() as connection:
        accounts.disable(connection, login, actor=actor, now=now)


def enable(app: App, login: str, *, actor: Actor, now: datetime) -> None:
    """Let a disabled account sign in again."""
    with app.db.write() as connection:
        accounts.enable(connection, login, actor=actor, now=now)


def change_own(app: App, token: str, old: str, new: str, now: datetime) -> None:
    """Set one's own password; the old one is asked, every browser is signed out."""
    known = signed_in(app, token, now)
    if known is None:
        raise AccessError("登录已失效：请重新登录")
    if not _matches(known.password_hash, old):
        raise AccessError("原密码不对：请重试")
    set_password(app, known.login, new, actor=web_actor(known), now=now)


def sign_in(app: App, login: str, password: str, now: datetime) -> str:
    """Return the token of a new session; raises AccessError that does not say which was wrong."""
    with app.db.read() as connection:
        known = accounts.find(connection, login)
    right = _matches(known.password_hash if known else _NOBODY, password)
    waits = known is not None and accounts.is_waiting(known, now)
    if known is None or not right or waits or known.disabled_at is not None:
        if known is not None and not waits:
            with app.db.write() as connection:
                accounts.failed(connection, known, now)
        raise AccessError(REFUSED)
    token = secrets.token_urlsafe(32)
    with app.db.write() as connection:
        accounts.start_session(connection, known, token_hash(token), now)
    return token


def _matches(stored: str, password: str) -> bool:
    try:
        return _HASHER.verify(stored, password)
    except (Argon2Error, InvalidHashError):
        return False


def token_hash(token: str) -> str:
    """Return what is stored of a session token."""
    return hashlib.sha256(token.encode()).hexdigest()


def sign_out(app: App, token: str, now: datetime) -> None:
    """End a session."""
    with app.db.write() as connection:
        accounts.end_session(connection, token_hash(token), now)


def signed_in(app: App, token: str, now: datetime) -> Account | None:
    """Return the account of a token, None if the session ended, idled out or was disabled."""
    with app.db.read() as connection:
        return accounts.of_session(connection, token_hash(token), now)


def touch(app: App, token: str, now: datetime) -> None:
    """Keep a session alive."""
    with app.db.write() as connection:
        accounts.seen(connection, token_hash(token), now)


def any_account(app: App) -> bool:
    """Whether people sign in here: before that the web is on loopback and acts as the OS user."""
    with app.db.read() as connection:
        return accounts.count(connection) > 0


def web_actor(known: Account) -> Actor:
    """Return the account as who acts from the web."""
    return Actor(name=known.name, via="web", roles=known.roles, entities=known.entities)


def owner(app: App) -> Actor:
    """Return the OS user who sits at this machine while no account exists (design §9)."""
    return Actor(name=app.settings.actor, via="web", roles=frozenset(Role), entities=None)
