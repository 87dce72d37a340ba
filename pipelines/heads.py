"""Heads: the ends of the audit chains as a file kept elsewhere (`fenghuo audit heads`)."""

import json
from pathlib import Path
from typing import Any

from domain.errors import ParseError
from pipelines import files
from store.audit import Head


def read(path: Path) -> list[Head]:
    """Return the kept heads; raises ParseError naming file and line."""
    lines = files.read_bytes(str(path)).decode("utf-8", "replace").splitlines()
    found = [_head(line, f"{path} 第 {n} 行") for n, line in enumerate(lines, 1) if line.strip()]
    if not found:
        raise ParseError(f"{path} 里没有链头：请用 fenghuo audit heads 另存的文件")
    return found


def _head(line: str, where: str) -> Head:
    try:
        raw: dict[str, Any] = json.loads(line)
        return Head(object=str(raw["object"]), seq=int(raw["seq"]), hash=str(raw["hash"]))
    except (ValueError, KeyError, TypeError) as error:
        raise ParseError(
            f"{where}：不是链头（应有 object、seq、hash）：请用 fenghuo audit heads 另存的文件"
        ) from error
