"""YAML of sources as people hand it over: no file of theirs may exhaust or stop the program."""

import re
from typing import Any

import yaml

from crawlers.decode import decode
from domain.errors import ParseError

#: Bytes of a file of sources; thousands of sources fit in.
MAX_BYTES = 1_000_000
#: Half of a character, which an escape can spell and nothing can store or print.
_HALF = re.compile("[\ud800-\udfff]")


def load(data: bytes, *, name: str) -> Any:
    """Return what a file says; ParseError naming the file, and the line where there is one."""
    if len(data) > MAX_BYTES:
        raise ParseError(f"{name}：文件超过 1 MB，不像来源登记：请核对，来源很多时分成几个文件")
    text = decode(data, where=name)
    try:
        return yaml.load(text, Loader=_PlainLoader)  # noqa: S506 (a SafeLoader)
    except ParseError as error:
        raise ParseError(f"{name}：{error}") from error
    except yaml.YAMLError as error:
        raise ParseError(f"{name}：不是 YAML（{error}）") from error
    except (ValueError, RecursionError) as error:  # no such day, a number of miles, nested deep
        raise ParseError(f"{name}：有读不了的日期、数字或过深的层次，请改正后再导入") from error


def dump(told: Any) -> str:
    """Return YAML that `load` reads back."""
    return yaml.dump(told, Dumper=_PlainDumper, allow_unicode=True, sort_keys=False)


class _PlainDumper(yaml.SafeDumper):
    """Writes what is shared twice: `load` takes no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        """Never write an alias."""
        return True


class _PlainLoader(yaml.SafeLoader):
    """Refuses anchors and aliases: a few lines of them unfold to gigabytes."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Read one node; ParseError at an anchor or alias."""
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        if getattr(event, "anchor", None) is not None:
            line = event.start_mark.line + 1
            raise ParseError(f"第 {line} 行用了 YAML 锚点或引用（& *）：请把内容直接写出来")
        if _HALF.search(getattr(event, "value", None) or ""):
            line = event.start_mark.line + 1
            raise ParseError(f"第 {line} 行有半个字符（\\ud800 之类），存不下：请重新填写")
        return super().compose_node(parent, index)
