"""Read channels.yml (渠道): mail server and group robots with their secrets, checked on load."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from config.facts import parse
from domain.errors import FactsError

ROBOTS = ("wecom", "dingtalk", "feishu")
SECURITY = ("ssl", "starttls", "plain")
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """The SMTP server mails are handed to."""

    host: str
    port: int
    security: str  # ssl | starttls | plain (this machine only)
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Robot:
    """A group robot: its address is a secret, for whoever has it may post."""

    name: str
    channel: str
    url: str = field(repr=False)
    secret: str = field(default="", repr=False)
    allow_private: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelFacts:
    """What channels.yml says; empty without the file."""

    mail: Mail | None = None
    robots: dict[str, Robot] = field(default_factory=dict)


def read_channels(path: Path) -> ChannelFacts:
    """Return the channels of this home; raises FactsError naming section, key and cure."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return ChannelFacts()
    except (OSError, UnicodeDecodeError) as error:
        raise FactsError(f"{path.name} 读不出来：请检查权限，并存为 UTF-8 编码") from error
    if not _has_content(text):
        return ChannelFacts()
    return channel_facts(text, path.name)


def channel_facts(text: str, name: str = "channels.yml") -> ChannelFacts:
    """Return the checked facts of a text; raises FactsError naming section, key and cure."""
    raw = parse(name, text)
    _only(name, "最外层", raw, ("email", "robots"))
    mail = _mail(name, _mapping(name, "email", raw["email"])) if raw.get("email") else None
    robots = _mapping(name, "robots", raw["robots"]) if raw.get("robots") else {}
    return ChannelFacts(
        mail=mail, robots={str(key): _robot(name, str(key), item) for key, item in robots.items()}
    )


def exposed(path: Path) -> bool:
    """Whether others on this machine may read the secrets (mode wider than 600)."""
    return os.name == "posix" and path.exists() and bool(path.stat().st_mode & 0o077)


def _has_content(text: str) -> bool:
    return any(line.strip() and not line.lstrip().startswith("#") for line in text.splitlines())


def _mail(name: str, raw: dict[str, Any]) -> Mail:
    where = "email"
    _only(name, where, raw, ("host", "port", "security", "user", "password", "sender"))
    security = raw.get("security", "ssl")
    if security not in SECURITY:
        raise FactsError(f"{name} 的 email.security={security!r} 不对：请填 ssl、starttls 或 plain")
    host = _text(name, where, raw, "host")
    if security == "plain" and host not in _LOOPBACK:
        raise FactsError(
            f"{name} 的 email.security：plain 不加密，只许用于本机；{host} 请用 ssl 或 starttls"
        )
    port = raw.get("port", 465 if security == "ssl" else 587)
    if not isinstance(port, int) or isinstance(port, bool) or not 1 <= port <= 65535:
        raise FactsError(f"{name} 的 email.port={port!r} 不对：请填 1 到 65535 的整数")
    sender = _text(name, where, raw, "sender")
    if not re.fullmatch(r"(?:[^<>\r\n]*<)?[^\s@<>]+@[^\s@<>]+>?", sender):
        raise FactsError(f"{name} 的 email.sender={sender!r} 不对：请写 烽火 <fenghuo@公司域名>")
    return Mail(
        host=host, port=port, security=security, sender=sender,
        user=str(raw.get("user") or ""), password=str(raw.get("password") or ""),
    )  # fmt: skip


def _robot(name: str, key: str, raw: Any) -> Robot:
    where = f"robots.{key}"
    raw = _mapping(name, where, raw)
    _only(name, where, raw, ("channel", "url", "secret", "allow_private"))
    channel = raw.get("channel")
    if channel not in ROBOTS:
        raise FactsError(f"{name} 的 {where}.channel={channel!r} 不对：请填 {'、'.join(ROBOTS)}")
    url = _text(name, where, raw, "url")
    private = raw.get("allow_private", False)
    if not isinstance(private, bool):
        raise FactsError(f"{name} 的 {where}.allow_private={private!r} 不对：请填 true 或 false")
    if not _is_address(url, ("https", "http") if private else ("https",)):
        raise FactsError(f"{name} 的 {where}.url 不对：请粘贴机器人的 https:// Webhook 地址")
    return Robot(
        name=key, channel=channel, url=url, secret=str(raw.get("secret") or ""),
        allow_private=private,
    )  # fmt: skip


def _is_address(url: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(url)
        port = parts.port  # raises for what is no number up to 65535
    except ValueError:
        return False
    return bool(parts.hostname) and parts.scheme in schemes and port != 0


def _mapping(name: str, key: str, value: Any) -> dict[Any, Any]:
    if isinstance(value, dict):
        return value
    raise FactsError(f"{name} 的 {key} 应当是“键: 值”的列表：请参照 channels.example.yml 改写")


def _only(name: str, where: str, raw: dict[Any, Any], known: tuple[str, ...]) -> None:
    wrong = [str(key) for key in raw if key not in known]
    if wrong:
        raise FactsError(f"{name} 的 {where}：不认识 {'、'.join(wrong)}，只能写 {'、'.join(known)}")


def _text(name: str, where: str, raw: dict[Any, Any], key: str) -> str:
    value = raw.get(key)
    if isinstance(value, str) and value.strip():
        return value.strip()
    raise FactsError(f"{name} 的 {where}.{key} 没有填：请参照 channels.example.yml 补上")
