"""The drop folder: QQ text exports as two members make them, again and again, overlapping."""

from datetime import datetime
from pathlib import Path

from domain.clock import SHANGHAI
from pipelines.town.load import Export, Town, TownPost, qq_of

_HEADER = (
    "消息记录（此消息记录为文本格式，不支持重新导入）\n\n"
    "================================================================\n"
    "消息分组:我的QQ群\n"
    "================================================================\n"
    "消息对象:{name}\n"
    "================================================================\n\n"
)
_SYSTEM = "系统消息"


def write_exports(town: Town, folder: Path, now: datetime) -> list[Path]:
    """Write each member's newest export; return the files that changed."""
    folder.mkdir(parents=True, exist_ok=True)
    changed = []
    for export in town.exports:
        made = export.latest(now)
        if made is None:
            continue
        path, data = folder / export.file, _file(town, export, made)
        if not path.exists() or path.read_bytes() != data:
            # Renamed into place: a spider must never meet half a file.
            unfinished = path.with_name(f".{path.name}.part")
            unfinished.write_bytes(data)
            unfinished.replace(path)
            changed.append(path)
    return changed


def _file(town: Town, export: Export, made: datetime) -> bytes:
    shown = [post for post in town.messages if export.since <= post.at <= made]
    text = _HEADER.format(name=town.facts["group"]["name"]) + "".join(map(_message, shown))
    return b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode("utf-8")


def _message(post: TownPost) -> str:
    local = post.at.astimezone(SHANGHAI)
    number = "10000" if post.author == _SYSTEM else qq_of(post.author)
    # The client writes hours without a leading zero.
    stamp = f"{local:%Y-%m-%d} {local.hour}:{local:%M:%S}"
    return f"{stamp} {post.author}({number})\n{post.text}\n\n"
