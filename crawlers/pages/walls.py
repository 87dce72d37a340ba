"""Walls (登录, 验证码, 限频): recognised by content, because forums answer them with 200."""

import re

from domain.errors import BlockedError

_WALL = re.compile(
    r"安全验证|访问验证|人机验证|滑动验证|请输入验证码|请完成验证|访问过于频繁|频繁刷新|"
    r"页面重载开启|代理服务器访问|请开启JavaScript并刷新|Just a moment"
)
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)


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
