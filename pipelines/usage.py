"""Usage: what was wrong with how a command was called, in Chinese; Typer speaks English only."""

import errno
import re
from typing import Any

from rich.markup import escape

#: Class name of Typer's usage errors → what it means; matched by name, because they are private.
_MEANING = {
    "NoSuchOption": "没有这个选项",
    "MissingParameter": "缺少",
    "BadParameter": "取值不对",
    "BadOptionUsage": "选项的写法不对",
}
#: What Typer says of the rest.
_SAYINGS = (
    (re.compile(r"No such command '(.+)'\."), r"没有这个命令 \1"),
    (re.compile(r"Got unexpected extra arguments?(?:\(s\))? \((.+)\)"), r"多余的参数 \1"),
    (re.compile(r"(?:Value error, )?'(.*)' is not one of (.+)\."), r"\1 不在可选值 \2 之中"),
    (re.compile(r"Option '?(\S+?)'? requires an argument\."), r"\1 后面要写值"),
)
#: What the system refused, for people in the office.
_REFUSALS = {
    errno.ENOENT: "没有这个文件或文件夹",
    errno.EACCES: "没有权限",
    errno.EPERM: "没有权限",
    errno.EROFS: "所在磁盘只读",
    errno.EEXIST: "已有同名的文件",
    errno.ENOTDIR: "路径的一部分是文件，不是文件夹",
    errno.EISDIR: "是文件夹，不是文件",
    errno.ENOSPC: "磁盘已满",
    errno.EDQUOT: "磁盘配额已满",
    errno.ENAMETOOLONG: "名称太长",
    errno.EMFILE: "打开的文件太多",
    errno.EADDRINUSE: "端口已被占用",
}


def wrong(error: Any) -> str:
    """Return what is wrong and how to find out the right way; "" when the help was shown."""
    what = " ".join(part for part in (_MEANING.get(type(error).__name__), _subject(error)) if part)
    if not what:
        return ""
    lines = [f"用法不对：{what}"]
    if error.ctx is not None:
        pieces = " ".join(error.ctx.command.collect_usage_pieces(error.ctx))
        lines.append(f"写法：{error.ctx.command_path} {pieces}")
        lines.append(f"说明：{error.ctx.command_path} --help")
    return "\n".join(lines)


def _subject(error: Any) -> str:
    """Return the option, parameter or word the error is about, and what is the matter with it."""
    if getattr(error, "option_name", None) and type(error).__name__ == "NoSuchOption":
        return str(error.option_name)
    said = error.message
    for pattern, words in _SAYINGS:
        said = pattern.sub(words, said)
    param = getattr(error, "param", None)
    if param is None:
        return str(said)
    name = "、".join(param.opts) if param.param_type_name == "option" else param.metavar
    return f"{name or param.name}：{said}" if said else str(name or param.name)


def refused(error: OSError) -> str:
    """Return which file the system refused and why."""
    reason = _REFUSALS.get(error.errno or 0, error.strerror or str(error))
    return f"{error.filename}：{reason}" if error.filename else reason


def plain(value: object) -> str:
    """Return text that rich prints as it is: what sites and files say is never markup."""
    return escape(str(value))
