"""The settings table: every setting is one line (name, default, help), read from FENGHUO_*."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from pathlib import Path

from domain.errors import FactsError


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One documented setting; `FENGHUO_<NAME>` in the environment overrides the default."""

    name: str
    default: str
    help: str

    @property
    def variable(self) -> str:
        """Name of the environment variable."""
        return f"FENGHUO_{self.name.upper()}"


SETTINGS = (
    Setting(name="home", default="./var", help="数据目录：数据库、取证、日志与报告都在其中"),
    Setting(name="db", default="", help="数据库地址；空 = 数据目录中的 SQLite 文件"),
    Setting(name="host", default="127.0.0.1", help="看板监听地址；建立账号之前只允许本机"),
    Setting(name="port", default="8501", help="看板端口；被占用时自动取下一个空闲端口"),
    Setting(name="open_browser", default="1", help="启动后是否打开浏览器：1 打开，0 不打开"),
    Setting(name="actor", default="", help="命令行操作人姓名；空 = 操作系统用户名"),
    Setting(name="log", default="info", help="日志级别：debug、info、warning、error"),
    Setting(name="line_seconds", default="5", help="实时运行时每隔几秒走一遍流水线"),
    Setting(
        name="weekly_cutoff", default="周五 12:00", help="周报截止时刻：周几与钟点（北京时间）"
    ),
    Setting(name="crawl_limit_seconds", default="600", help="一次采集最长秒数，超过即终止并记问题"),
    Setting(
        name="crawl_limit_mb", default="1500", help="一次采集最多占用的内存（MB，Windows 上不限）"
    ),
    Setting(
        name="evidence_days", default="730", help="公开网页原文取证保留天数；摘要与清单一直保留"
    ),
    Setting(name="public_url", default="", help="消息里链接的开头；空 = http://监听地址:端口"),
    Setting(name="brief_at", default="08:30", help="每日简报的时刻（北京时间，HH:MM）"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The values in force; read once by the shell and handed on."""

    home: Path
    db_url: str
    host: str
    port: int
    open_browser: bool
    actor: str
    log: str
    line_seconds: int
    crawl_limit_seconds: int
    crawl_limit_mb: int
    evidence_days: int
    weekly_cutoff: str
    public_url: str
    brief_at: time


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Return the settings in force; raises FactsError naming the variable that is wrong."""
    environ = os.environ if environ is None else environ
    value = {s.name: environ.get(s.variable, "").strip() or s.default for s in SETTINGS}
    home = Path(value["home"]).expanduser().resolve()
    return Settings(
        home=home,
        db_url=value["db"] or f"sqlite:///{home / 'fenghuo.db'}",
        host=value["host"],
        port=_number("port", value["port"], 1, 65535),
        open_browser=value["open_browser"] not in ("0", "no", "false"),
        actor=value["actor"]
        or environ.get("USER")
        or environ.get("LOGNAME")
        or environ.get("USERNAME")
        or "未具名",
        log=value["log"],
        line_seconds=_number("line_seconds", value["line_seconds"], 1, 3600),
        crawl_limit_seconds=_number("crawl_limit_seconds", value["crawl_limit_seconds"], 5, 86400),
        crawl_limit_mb=_number("crawl_limit_mb", value["crawl_limit_mb"], 300, 65536),
        evidence_days=_number("evidence_days", value["evidence_days"], 30, 36500),
        weekly_cutoff=value["weekly_cutoff"],
        public_url=_web_address("public_url", value["public_url"]),
        brief_at=_time_of_day("brief_at", value["brief_at"]),
    )


def _number(name: str, raw: str, low: int, high: int) -> int:
    if raw.isdecimal() and low <= int(raw) <= high:
        return int(raw)
    raise FactsError(f"环境变量 FENGHUO_{name.upper()}={raw} 不对：请填 {low} 到 {high} 的整数")


def _web_address(name: str, raw: str) -> str:
    if not raw or (raw.startswith(("http://", "https://")) and not set(raw) & set(" ?#<>\"'")):
        return raw.rstrip("/")
    raise FactsError(
        f"环境变量 FENGHUO_{name.upper()}={raw} 不对：请填 https://主机名 或 http://主机名:端口"
    )


def _time_of_day(name: str, raw: str) -> time:
    try:
        return time.fromisoformat(raw).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError:
        raise FactsError(
            f"环境变量 FENGHUO_{name.upper()}={raw} 不对：请填 08:30 这样的时刻"
        ) from None


def child_environment(home: Path) -> dict[str, str]:
    """Return the environment for a child process that works on the same home."""
    return {**os.environ, "FENGHUO_HOME": str(home)}


def has_display() -> bool:
    """Whether a browser window could be opened from here."""
    if sys.platform in ("win32", "darwin"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
