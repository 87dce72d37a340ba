"""Accounts (账号) and signed-in browsers: rows only; passwords are hashed above (argon2id)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from domain.access import Actor, Role
from domain.errors import CaseError
from store import access, audit
from store.tables import account, subject, web_session

#: A browser that showed nobody for so long is signed out.
IDLE = timedelta(hours=12)
#: After so many wrong passwords in a row the account waits.
FAILURES, LOCKED = 5, timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A person who may sign in."""

    id: int
    login: str
    name: str
    password_hash: str
    roles: frozenset[Role]
    entities: frozenset[str] | None
    disabled_at: datetime | None
    locked_until: datetime | None


def count(connection: Connection) -> int:
    """Return how many accounts exist, disabled ones included: 0 = nobody signs in yet."""
    return connection.scalar(select(func.count()).select_from(account)) or 0


def find(connection: Connection, login: str) -> Account | None:
    """Return the account of a login name, case ignored."""
    row = connection.execute(
        select(account).where(func.lower(account.c.login) == login.strip().lower())
    ).first()
    return _account(row) if row else None


def listed(connection: Connection, actor: Actor) -> list[Account]:
    """Return all accounts for the page that manages them: an administrator of the company's."""
    access.require_subject(connection, actor, access.ACTIONS["account-made"], None)
    rows = connection.execute(select(account).order_by(account.c.disabled_at, account.c.login))
    return [_account(row) for row in rows]


def _account(row: Any) -> Account:
    return Account(
        id=row.id, login=row.login, name=row.name, password_hash=row.password_hash,
        roles=frozenset(Role(role) for role in row.roles),
        entities=None if row.entities is None else frozenset(row.entities),
        disabled_at=row.disabled_at, locked_until=row.locked_until,
    )  # fmt: skip


def make(
    connection: Connection, *, login: str, name: str, password_hash: str, roles: frozenset[Role],
    entities: frozenset[str] | None, actor: Actor, now: datetime,
) -> None:  # fmt: skip
    """Make an account; raises CaseError for a login in use or the first one without 管理员."""
    login, name = login.strip(), name.strip()
    if not login or not name:
        raise CaseError("登录名和姓名都要填写")
    if find(connection, login) is not None:
        raise CaseError(f"登录名 {login} 已有人使用：请换一个，例如加上部门")
    if connection.scalar(select(account.c.id).where(account.c.name == name)) is not None:
        raise CaseError(f"已有姓名为 {name} 的账号：审计按姓名记人，请加上部门以便分清")
    _check_scope(roles, entities)
    if not count(connection) and (Role.ADMIN not in roles or entities is not None):
        raise CaseError("第一个账号须是全公司的管理员：否则以后没有人能管理账号")
    connection.execute(
        insert(account).values(
            login=login, name=name, password_hash=password_hash, roles=_roles(roles),
            entities=_entities(entities), created_at=now, failures=0,
        )
    )  # fmt: skip
    audit.append(
        connection, f"account:{login}", "account-made", actor=actor, at=now,
        payload={"name": name, "roles": _roles(roles), "entities": _entities(entities)},
    )  # fmt: skip


def change(
    connection: Connection, login: str, *, roles: frozenset[Role],
    entities: frozenset[str] | None, actor: Actor, now: datetime,
) -> None:  # fmt: skip
    """Set the roles and legal entities of an account; the last 管理员 stays one."""
    known = _known(connection, login)
    _check_scope(roles, entities)
    if Role.ADMIN not in roles or entities is not None:
        _keep_an_admin(connection, known)
    connection.execute(
        update(account)
        .where(account.c.id == known.id)
        .values(roles=_roles(roles), entities=_entities(entities))
    )
    audit.append(
        connection, f"account:{known.login}", "account-changed", actor=actor, at=now,
        payload={"roles": _roles(roles), "entities": _entities(entities)},
    )  # fmt: skip


def set_password(
    connection: Connection, login: str, password_hash: str, *, actor: Actor, now: datetime
) -> None:
    """Set a new password and sign the account out everywhere; one's own needs no role."""
    known = _known(connection, login)
    if actor.name != known.name:
        access.require_subject(connection, actor, access.ACTIONS["account-changed"], None)
    connection.execute(
        update(account)
        .where(account.c.id == known.id)
        .values(password_hash=password_hash, failures=0, locked_until=None)
    )
    _sign_out_everywhere(connection, known.id, now)
    audit.append(connection, f"account:{known.login}", "password-changed", actor=actor, at=now)


def disable(connection: Connection, login: str, *, actor: Actor, now: datetime) -> None:
    """Let an account sign in no more; the last 管理员 cannot be disabled."""
    known = _known(connection, login)
    _keep_an_admin(connection, known)
    connection.execute(update(account).where(account.c.id == known.id).values(disabled_at=now))
    _sign_out_everywhere(connection, known.id, now)
    audit.append(connection, f"account:{known.login}", "account-disabled", actor=actor, at=now)


def enable(connection: Connection, login: str, *, actor: Actor, now: datetime) -> None:
    """Let a disabled account sign in again, with its old password and roles."""
    known = _known(connection, login)
    connection.execute(update(account).where(account.c.id == known.id).values(disabled_at=None))
    audit.append(connection, f"account:{known.login}", "account-enabled", actor=actor, at=now)


def _known(connection: Connection, login: str) -> Account:
    known = find(connection, login)
    if known is None:
        raise CaseError(f"没有登录名为 {login} 的账号：请用 fenghuo user list 核对")
    return known


def _keep_an_admin(connection: Connection, leaving: Account) -> None:
    rows = connection.execute(
        select(account).where(account.c.id != leaving.id, account.c.disabled_at.is_(None))
    )
    others = (_account(row) for row in rows)
    if Role.ADMIN in leaving.roles and not any(
        Role.ADMIN in one.roles and one.entities is None for one in others
    ):
        raise CaseError("这是最后一个全公司管理员：请先让另一个账号成为管理员")


def _check_scope(roles: frozenset[Role], entities: frozenset[str] | None) -> None:
    if not roles:
        raise CaseError("至少选一个角色")
    if entities is not None and not entities:
        raise CaseError("没有选法人主体：请选至少一个，或改为全公司")


def _roles(roles: frozenset[Role]) -> list[str]:
    return [role.value for role in Role if role in roles]


def _entities(entities: frozenset[str] | None) -> list[str] | None:
    return None if entities is None else sorted(entities)


# ---- signing in --------------------------------------------------------------------------------


def failed(connection: Connection, known: Account, now: datetime) -> None:
    """Count a wrong password; the account waits after too many."""
    row = connection.execute(select(account.c.failures).where(account.c.id == known.id)).one()
    failures = row.failures + 1
    values: dict[str, Any] = {"failures": failures}
    if failures >= FAILURES:
        values = {"failures": 0, "locked_until": now + LOCKED}
    connection.execute(update(account).where(account.c.id == known.id).values(**values))


def is_waiting(known: Account, now: datetime) -> bool:
    """Whether the account waits after wrong passwords."""
    return known.locked_until is not None and known.locked_until > now


def start_session(connection: Connection, known: Account, token_hash: str, now: datetime) -> None:
    """Remember a signed-in browser."""
    connection.execute(
        update(account).where(account.c.id == known.id).values(failures=0, locked_until=None)
    )
    connection.execute(
        insert(web_session).values(
            token_hash=token_hash, account_id=known.id, created_at=now, seen_at=now
        )
    )


def of_session(connection: Connection, token_hash: str, now: datetime) -> Account | None:
    """Return who is signed in by this token, None if nobody is any more."""
    row = connection.execute(
        select(account)
        .join(web_session, web_session.c.account_id == account.c.id)
        .where(
            web_session.c.token_hash == token_hash, web_session.c.ended_at.is_(None),
            web_session.c.seen_at > now - IDLE, account.c.disabled_at.is_(None),
        )
    ).first()  # fmt: skip
    return _account(row) if row else None


def seen(connection: Connection, token_hash: str, now: datetime) -> None:
    """Keep a signed-in browser signed in."""
    connection.execute(
        update(web_session).where(web_session.c.token_hash == token_hash).values(seen_at=now)
    )


def end_session(connection: Connection, token_hash: str, now: datetime) -> None:
    """Sign a browser out."""
    connection.execute(
        update(web_session)
        .where(web_session.c.token_hash == token_hash, web_session.c.ended_at.is_(None))
        .values(ended_at=now)
    )


def _sign_out_everywhere(connection: Connection, account_id: int, now: datetime) -> None:
    connection.execute(
        update(web_session)
        .where(web_session.c.account_id == account_id, web_session.c.ended_at.is_(None))
        .values(ended_at=now)
    )


def entities_known(connection: Connection) -> Sequence[str]:
    """Return the legal entities that subjects name, for choosing."""
    rows = connection.scalars(
        select(subject.c.legal_entity).where(subject.c.legal_entity.is_not(None)).distinct()
    )
    return sorted(str(name) for name in rows)
