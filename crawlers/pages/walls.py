"""Walls (登录, 权限, 验证码, 限频): recognised by content, because forums answer them with 200."""

import re

from domain.errors import BlockedError

_WALL = re.compile(
    r"安全验证|访问验证|人机验证|滑动验证|请输入验证码|请完成验证|访问过于频繁|频繁刷新|刷新过快|"
    r"页面重载开启|代理服务器访问|请开启JavaScript并刷新|请求过于频繁|您的IP已被|"
    r"Just a moment|Attention Required|Access Denied|Checking your browser"
)
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
#: Words of a message page that ask for a right rather than for patience.
_PERMISSION = re.compile(
    r"登录|登陆|权限|无权|密码|积分|用户组|注册|仅限|付费|购买|阅读权|被禁止访问|已关闭|不允许访问"
)


class NoPermissionError(BlockedError):
    """One page wants a login, a right or a password; the rest of the site may be open."""


def refuse_wall(html: str, *, url: str) -> None:
    """Raise BlockedError if the page's title, or a page of almost nothing, is a wall."""
    title = _TITLE.search(html[:4000])
    found = _WALL.search(title[1] if title else "")
    if not found and len(html) < 6000:
        found = _WALL.search(html)
    if found:
        raise BlockedError(
            f"{url}：网站要求验证（{found[0]}），已停止采集；请降低频率或改用该站授权的接口"
        )


def refuse_message(message: str, *, url: str) -> None:
    """Raise for a forum's message page (提示信息): NoPermissionError, or plain BlockedError."""
    words = message.split("\n", 1)[0].strip() or "提示信息"
    if _WALL.search(message) or not _PERMISSION.search(message):
        raise BlockedError(f"{url}：网站拒绝访问（{words}），已停止采集；请降低频率后再试")
    raise NoPermissionError(
        f"{url}：网站拒绝访问（{words}），已停止采集；需要登录或权限的版块不采集"
    )
