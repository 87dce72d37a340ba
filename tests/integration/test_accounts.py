"""Accounts: argon2id, lock-out, sessions that end, the last administrator, loopback until then."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from domain.access import Actor, Role
from domain.errors import AccessError, CaseError, FenghuoError
from pipelines import accounts, serve
from pipelines.wiring import App
from store import accounts as rows
from store import tables as t
from tests.conftest import NOON, settings_for

OWNER = Actor(name="装机人", via="cli")
WORD = "correct-horse-battery"


def _make(app: App, login: str, *roles: Role, entities: frozenset[str] | None = None) -> None:
    accounts.make(
        app, login=login, name=f"{login}的人", password=WORD, roles=frozenset(roles),
        entities=entities, actor=OWNER, now=NOON,
    )  # fmt: skip


def test_the_first_account_is_an_administrator_of_the_whole_company(app: App) -> None:
    with pytest.raises(CaseError, match="第一个账号"):
        _make(app, "wang", Role.MONITOR)
    with pytest.raises(CaseError, match="第一个账号"):
        _make(app, "wang", Role.ADMIN, entities=frozenset({"江城云麓置业"}))
    assert not accounts.any_account(app)
    _make(app, "wang", Role.ADMIN)
    assert accounts.any_account(app)


def test_only_an_argon2id_hash_is_kept(app: App) -> None:
    _make(app, "wang", Role.ADMIN)
    with app.db.read() as connection:
        stored = connection.scalar(select(t.account.c.password_hash))
    assert stored is not None
    assert stored.startswith("$argon2id$")
    assert WORD not in stored


def test_signing_in_and_out(app: App) -> None:
    _make(app, "wang", Role.ADMIN)
    token = accounts.sign_in(app, "WANG ", WORD, NOON)
    known = accounts.signed_in(app, token, NOON + timedelta(hours=1))
    assert known is not None
    assert known.login == "wang"
    assert accounts.signed_in(app, "x" + token, NOON) is None
    accounts.sign_out(app, token, NOON + timedelta(hours=2))
    assert accounts.signed_in(app, token, NOON + timedelta(hours=2)) is None
    with app.db.read() as connection:
        assert connection.scalar(select(t.web_session.c.token_hash)) != token


def test_an_idle_browser_is_signed_out(app: App) -> None:
    _make(app, "wang", Role.ADMIN)
    token = accounts.sign_in(app, "wang", WORD, NOON)
    accounts.touch(app, token, NOON + timedelta(hours=11))
    assert accounts.signed_in(app, token, NOON + timedelta(hours=22)) is not None
    assert accounts.signed_in(app, token, NOON + timedelta(hours=24)) is None


def test_five_wrong_passwords_make_the_account_wait(app: App) -> None:
    _make(app, "wang", Role.ADMIN)
    for _ in range(5):
        with pytest.raises(AccessError, match="登录名或密码不对"):
            accounts.sign_in(app, "wang", "wrong-wrong-wrong", NOON)
    with pytest.raises(AccessError, match="登录名或密码不对"):  # the right one, but it waits
        accounts.sign_in(app, "wang", WORD, NOON + timedelta(minutes=4))
    assert accounts.sign_in(app, "wang", WORD, NOON + timedelta(minutes=6))


def test_an_unknown_login_gets_the_same_answer(app: App) -> None:
    _make(app, "wang", Role.ADMIN)
    with pytest.raises(AccessError, match="登录名或密码不对"):
        accounts.sign_in(app, "nobody", WORD, NOON)


def test_a_new_password_or_disabling_ends_every_session(app: App) -> None:
    _make(app, "wang", Role.ADMIN)
    _make(app, "li", Role.MONITOR)
    token = accounts.sign_in(app, "li", WORD, NOON)
    accounts.set_password(app, "li", WORD + "2", actor=OWNER, now=NOON)
    assert accounts.signed_in(app, token, NOON) is None
    token = accounts.sign_in(app, "li", WORD + "2", NOON)
    accounts.disable(app, "li", actor=OWNER, now=NOON)
    assert accounts.signed_in(app, token, NOON) is None
    with pytest.raises(AccessError):
        accounts.sign_in(app, "li", WORD + "2", NOON)


def test_the_last_administrator_stays(app: App) -> None:
    _make(app, "wang", Role.ADMIN)
    with pytest.raises(CaseError, match="最后一个"):
        accounts.disable(app, "wang", actor=OWNER, now=NOON)
    with pytest.raises(CaseError, match="最后一个"):
        accounts.change(
            app, "wang", roles=frozenset({Role.VIEWER}), entities=None, actor=OWNER, now=NOON
        )


def test_nobody_changes_the_password_of_another_without_the_role(app: App) -> None:
    _make(app, "wang", Role.ADMIN)
    _make(app, "li", Role.MONITOR)
    li = Actor(name="li的人", via="web", roles=frozenset({Role.MONITOR}), entities=None)
    with pytest.raises(AccessError, match="管理员"):
        accounts.set_password(app, "wang", WORD + "2", actor=li, now=NOON)
    accounts.set_password(app, "li", WORD + "2", actor=li, now=NOON)


def test_an_administrator_of_one_entity_rules_no_account(app: App) -> None:
    _make(app, "boss", Role.ADMIN)
    _make(app, "local", Role.ADMIN, entities=frozenset({"江城云麓置业"}))
    local = Actor(
        name="local的人", via="web", roles=frozenset(Role), entities=frozenset({"江城云麓置业"})
    )
    with pytest.raises(AccessError, match="其他法人主体"):
        accounts.set_password(app, "boss", WORD + "2", actor=local, now=NOON)
    with pytest.raises(AccessError), app.db.read() as connection:
        rows.listed(connection, local)


def test_rights_are_never_the_whole_company_by_an_empty_choice(app: App) -> None:
    _make(app, "boss", Role.ADMIN)
    with pytest.raises(CaseError, match="法人主体"):
        _make(app, "li", Role.MONITOR, entities=frozenset())


def test_disabling_can_be_taken_back(app: App) -> None:
    _make(app, "boss", Role.ADMIN)
    _make(app, "li", Role.MONITOR)
    accounts.disable(app, "li", actor=OWNER, now=NOON)
    accounts.enable(app, "li", actor=OWNER, now=NOON)
    assert accounts.sign_in(app, "li", WORD, NOON)


def test_ones_own_password_needs_the_old_one(app: App) -> None:
    _make(app, "boss", Role.ADMIN)
    token = accounts.sign_in(app, "boss", WORD, NOON)
    with pytest.raises(AccessError, match="原密码不对"):
        accounts.change_own(app, token, "wrong-wrong-wrong", WORD + "2", NOON)
    accounts.change_own(app, token, WORD, WORD + "2", NOON)
    assert accounts.signed_in(app, token, NOON) is None
    assert accounts.sign_in(app, "boss", WORD + "2", NOON)


def test_two_people_cannot_share_a_name_in_the_audit(app: App) -> None:
    _make(app, "wang", Role.ADMIN)
    with pytest.raises(CaseError, match="分清"):
        accounts.make(
            app, login="other", name="wang的人", password=WORD, roles=frozenset({Role.VIEWER}),
            entities=None, actor=OWNER, now=NOON,
        )  # fmt: skip


def test_the_web_stays_on_loopback_until_somebody_must_sign_in(app: App) -> None:
    outside = settings_for(app.settings.home)
    object.__setattr__(outside, "host", "0.0.0.0")
    with pytest.raises(FenghuoError, match="只监听本机"):
        serve.run_web(outside)
