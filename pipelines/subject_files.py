"""Subject files: watched subjects as YAML, JSONL or CSV, for --projects."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import yaml

from domain.errors import FactsError, ParseError
from domain.source import Subject, SubjectKind


def read(path: Path) -> list[Subject]:
    """Return the subjects of a file; raises FactsError naming file and row that is wrong."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ParseError(f"找不到监测对象文件 {path}：请核对路径") from None
    except OSError as error:
        raise ParseError(f"读不了监测对象文件 {path}：{error.strerror}") from None
    except UnicodeDecodeError:
        raise ParseError(f"{path} 不是 UTF-8：请另存为 UTF-8 后再用") from None
    try:
        rows = _rows(path, text)
    except json.JSONDecodeError as error:
        raise FactsError(f"{path.name}：{error.doc[:20]!r} 不是完整的 JSON，请检查这一行") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"第 {mark.line + 1} 行" if mark else "开头"
        raise FactsError(f"{path.name} {where} 不是正确的 YAML：请检查缩进与冒号") from None
    return [_subject(path.name, number, row) for number, row in enumerate(rows, start=1)]


def _rows(path: Path, text: str) -> list[Any]:
    if path.suffix == ".csv":
        return list(csv.DictReader(io.StringIO(text)))
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    raw = yaml.safe_load(text)
    if isinstance(raw, dict):
        raw = (
            raw.get("subjects")
            or raw.get("projects")
            or [{"key": key, **value} for key, value in raw.items() if isinstance(value, dict)]
        )
    if not isinstance(raw, list):
        raise FactsError(f"{path.name} 应当是监测对象的列表，每项有 key、name、aliases")
    return raw


def _subject(file: str, number: int, row: Any) -> Subject:
    if not isinstance(row, dict) or not (row.get("name") or row.get("key")):
        raise FactsError(f"{file} 第 {number} 项：缺少 name（对象名称）")
    name = str(row.get("name") or row["key"])
    try:
        kind = SubjectKind(row.get("kind") or "project")
    except ValueError:
        raise FactsError(
            f"{file} 第 {number} 项：kind={row['kind']} 不对，可用 {'、'.join(SubjectKind)}"
        ) from None
    return Subject(
        key=str(row.get("key") or name), name=name, kind=kind, city=row.get("city") or None,
        aliases=tuple(dict.fromkeys((name, *_words(row.get("aliases"))))),
        ambiguous=_words(row.get("ambiguous")), context=_words(row.get("context")),
        legal_entity=row.get("legal_entity") or None,
    )  # fmt: skip


def _words(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    items = value if isinstance(value, list) else str(value).replace("、", ",").split(",")
    return tuple(str(item).strip() for item in items if str(item).strip())
