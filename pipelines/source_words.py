"""Words about sources, one place for command line and dashboard: states, paces, refusals."""

from config.catalogue import Status
from store.board_health import State

#: How a source stands.
STATES = {
    State.OK: "正常", State.UNVERIFIED: "未验证", State.INTERRUPTED: "数据中断",
    State.REFUSED: "被拒", State.OFF: "停用", State.BY_HAND: "人工录入",
}  # fmt: skip
#: What came of looking at a template of the catalogue, and what to do about it.
STATUSES = {
    Status.WORKS: "能采", Status.ROBOTS: "robots 不允许", Status.LOGIN: "需要登录",
    Status.UNKNOWN: "认不出", Status.SILENT: "没有应答", Status.BY_HAND: "按文件导入",
}  # fmt: skip
STATUS_ADVICE = {
    Status.WORKS: "可以启用。",
    Status.ROBOTS: "站方不许程序采集，不绕过：请取得站方书面同意，或改用订阅地址、文件导入。",
    Status.LOGIN: "不登录、不过验证：请换公开的栏目页，或由有权限的人导出后用文件导入。",
    Status.UNKNOWN: "请打开网址，换具体的栏目页、版块页或订阅地址，再用“新增”粘贴。",
    Status.SILENT: "请在浏览器打开核对网址；能打开则是本机网络不通，稍后再试。",
    Status.BY_HAND: "没有公开列表：导出后在“录入”导入。",
}  # fmt: skip
#: Why pages or records were refused.
REJECTED = {
    "robots": "robots.txt 不允许", "private-address": "内网地址", "too-big": "超过大小上限",
    "timeout": "超时", "redirect-loop": "反复跳转", "no-such-host": "域名解析不了",
    "not-http": "不是网页地址", "no-answer": "没有应答", "not-readable": "读不出",
    "no-permission": "需要权限", "gone": "已删除", "no-article": "没有正文",
}  # fmt: skip
PACES = {"hot": "加快", "normal": "正常", "cold": "放慢", "wall": "被拒后退避"}


def status_told(status: Status, why: str, url: str) -> str:
    """Return what is known and what to do, without the address and without a library's words."""
    if status in (Status.LOGIN, Status.UNKNOWN) and why:
        return why.replace(f"{url}：", "")
    return why if status is Status.BY_HAND and why else STATUS_ADVICE[status]


def rejected_words(code: str) -> str:
    """Return why something was refused, in words."""
    return REJECTED.get(code, f"HTTP {code[5:]}" if code.startswith("http-") else code)


def rejected_line(rejected: dict[str, int]) -> str:
    """Return all refusals with their numbers, "" for none."""
    return "、".join(f"{rejected_words(code)} {n}" for code, n in rejected.items())


def pace_words(pace: str, reason: str) -> str:
    """Return the pace with its reason."""
    name = PACES.get(pace, pace)
    return f"{name}（{reason}）" if reason else name
