"""The `fenghuo user` and `fenghuo labels` commands: accounts, and what people said of texts."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from domain.access import ROLE_NAMES, Actor, Role
from domain.errors import FenghuoError, ParseError
from pipelines import accounts
from pipelines.wiring import App, open_app
from store import accounts as account_rows
from store import labels

user_app = typer.Typer(help="账号：新建、改密码、停用、列出。", no_args_is_help=True)
labels_app = typer.Typer(help="标注：导出、导入。", no_args_is_help=True)

err = Console(stderr=True, highlight=False, soft_wrap=True)

_ROLES = {name: role for role, name in ROLE_NAMES.items()} | {role.value: role for role in Role}


def _cli(app: App) -> Actor:
    return Actor(name=app.settings.actor, via="cli")


LoginArgument = Annotated[str, typer.Argument(metavar="LOGIN", help="登录名")]


@user_app.command(
    "add", epilog="例：fenghuo user add wangmin --name 王敏 --role 监测 --role 危机小组"
)
def add(
    login: LoginArgument,
    name: Annotated[str, typer.Option(help="姓名，写进审计")] = "",
    role: Annotated[
        list[str] | None, typer.Option(help=f"角色，可重复：{'、'.join(ROLE_NAMES.values())}")
    ] = None,
    entity: Annotated[
        list[str] | None, typer.Option(help="只看这些法人主体，可重复；不写 = 全公司")
    ] = None,
) -> None:
    """新建账号；第一个账号须是全公司管理员（不写 --role 时给全部角色）。密码从终端或标准输入读。"""
    opened = open_app()
    first = not accounts.any_account(opened)
    roles = frozenset(Role) if first and not role else _roles(role or [])
    accounts.make(
        opened, login=login, name=name or login, password=_password(), roles=roles,
        entities=frozenset(entity) if entity else None, actor=_cli(opened),
        now=opened.clock.now(),
    )  # fmt: skip
    err.print(f"已建立账号 {login}（{'、'.join(ROLE_NAMES[r] for r in Role if r in roles)}）")
    if first:
        err.print(
            "打开看板从此需要登录；要让别的电脑访问，请设置 FENGHUO_HOST 与 FENGHUO_PUBLIC_URL。"
        )


def _roles(names: list[str]) -> frozenset[Role]:
    unknown = [name for name in names if name not in _ROLES]
    if unknown:
        raise FenghuoError(f"没有角色“{unknown[0]}”：可选 {'、'.join(ROLE_NAMES.values())}")
    return frozenset(_ROLES[name] for name in names)


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    return str(
        typer.prompt("密码（至少 10 个字符）", hide_input=True, confirmation_prompt="再输一次")
    )


@user_app.command("passwd", epilog="例：fenghuo user passwd wangmin")
def passwd(login: LoginArgument) -> None:
    """重设密码；已登录的浏览器全部退出。"""
    opened = open_app()
    accounts.set_password(opened, login, _password(), actor=_cli(opened), now=opened.clock.now())
    err.print(f"已重设 {login} 的密码")


@user_app.command("disable", epilog="例：fenghuo user disable wangmin")
def disable(login: LoginArgument) -> None:
    """停用账号；历史记录保留。"""
    opened = open_app()
    accounts.disable(opened, login, actor=_cli(opened), now=opened.clock.now())
    err.print(f"已停用 {login}")


@user_app.command("list", epilog="例：fenghuo user list")
def listed() -> None:
    """列出账号。"""
    opened = open_app()
    with opened.db.read() as connection:
        for one in account_rows.listed(connection, _cli(opened)):
            roles = "、".join(ROLE_NAMES[role] for role in Role if role in one.roles)
            scope = "全公司" if one.entities is None else "、".join(sorted(one.entities))
            state = "（已停用）" if one.disabled_at else ""
            typer.echo(f"{one.login}\t{one.name}\t{roles}\t{scope}{state}")


# ---- labels ------------------------------------------------------------------------------------


@labels_app.command("export", epilog="例：fenghuo labels export > 标注.jsonl")
def export() -> None:
    """以 JSONL 打印全部标注（含原文，供本机训练；不含作者），已撤销的带撤销时间。"""
    opened = open_app()
    with opened.db.read() as connection:
        for row in labels.export(connection):
            sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")
    sys.stdout.flush()


@labels_app.command("import", epilog="例：fenghuo labels import 标注.jsonl")
def bring_in(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="labels export 写出的文件")],
) -> None:
    """导入标注：按 站点|原帖号 与版本对应本机帖子；重复导入不产生重复。"""
    opened = open_app()
    actor = Actor(name=opened.settings.actor, via="import")
    added = skipped = bad = 0
    for number, row in enumerate(_rows(file), start=1):
        try:
            with opened.db.write() as connection:
                new = labels.bring_in(connection, row, actor=actor, now=opened.clock.now())
        except (FenghuoError, KeyError, ValueError) as problem:
            bad += 1
            err.print(f"  [yellow]未收[/yellow] {file.name} 第 {number} 行：{problem}")
            continue
        added, skipped = added + new, skipped + (not new)
    err.print(f"{file.name}：新增标注 {added}，本机没有对应帖子或已有 {skipped}，未收 {bad}")
    if bad:
        raise typer.Exit(1)


def _rows(file: Path) -> list[dict[str, Any]]:
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as problem:
        raise ParseError(f"读不了 {file}：请确认是 labels export 写出的文件") from problem
    rows = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                rows.append(json.loads(line))
            except json.JSONDecodeError:
                raise ParseError(f"{file.name} 第 {number} 行不是完整的 JSON") from None
    return rows
