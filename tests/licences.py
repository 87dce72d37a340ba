"""`python -m tests.licences`: every dependency is permissive, or named here with why."""

import re
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent

#: What design §6 lets us depend on; LGPL and MPL as unmodified libraries only.
ALLOWED = {
    "0BSD", "Apache-2.0", "BSD", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "HPND", "ISC", "LGPL",
    "MIT", "MIT-0", "MIT-CMU", "MPL-2.0", "OFL-1.1", "PSF-2.0", "Unlicense", "Zlib",
}  # fmt: skip

#: Package → why it is allowed although its licence is not in the list.
EXCEPTIONS = {
    "zope-interface": "ZPL-2.1：OSI 认可的宽松许可证，Twisted 的依赖，未修改使用",
}

#: Words of classifiers and free-text fields → our name; the first match decides.
#: The strict ones stand first, so that "GPL" in a text is never read as something milder.
_WORDS = (
    (r"affero|\bagpl", "AGPL"),
    (r"lesser general public|\blgpl", "LGPL"),
    (r"general public license|\bgpl", "GPL"),
    (r"mozilla public|\bmpl\b|mpl-2", "MPL-2.0"),
    (r"apache", "Apache-2.0"),
    (r"3-clause bsd|bsd[- ]3", "BSD-3-Clause"),
    (r"2-clause bsd|bsd[- ]2", "BSD-2-Clause"),
    (r"\bbsd\b", "BSD"),
    (r"\bmit\b", "MIT"),
    (r"\bisc\b", "ISC"),
    (r"python software foundation|\bpsf", "PSF-2.0"),
    (r"historical permission|\bhpnd\b", "HPND"),
    (r"unlicense", "Unlicense"),
    (r"\bzlib\b", "Zlib"),
    (r"cc0", "CC0-1.0"),
    (r"sil open font|\bofl\b", "OFL-1.1"),
)


class Found(NamedTuple):
    """One distribution and the licence it states."""

    name: str
    licence: str


def pinned(text: str) -> Iterator[Requirement]:
    """Yield the pinned requirements of a hashed file, those of other machines left out."""
    for line in text.splitlines():
        if re.match(r"[A-Za-z0-9]", line):
            requirement = Requirement(line.split("\\")[0].strip())
            if requirement.marker is None or requirement.marker.evaluate():
                yield requirement


def stated(message: "metadata.PackageMetadata") -> str:
    """Return the licence a distribution states: SPDX expression, classifiers, or free text."""
    expression = _field(message, "License-Expression")
    if expression:
        return str(expression)
    classifiers = [
        str(item) for item in message.get_all("Classifier") or [] if item.startswith("License ::")
    ]
    found = [named(item) for item in classifiers if named(item)]
    if found:
        return " OR ".join(dict.fromkeys(found))
    text = _field(message, "License").strip()
    if re.fullmatch(r"[A-Za-z0-9.\- ]+ (AND|OR) [A-Za-z0-9.\- ]+", text):
        return text
    return named(text[:200]) or text[:60] or "没有写明"


def _field(message: "metadata.PackageMetadata", name: str) -> str:
    return str(message[name]) if name in message else ""


def named(words: str) -> str:
    """Return our name of a licence given in words, "" if it is not recognised."""
    return next((name for pattern, name in _WORDS if re.search(pattern, words.lower())), "")


def allowed(expression: str) -> bool:
    """Whether an expression leaves us a choice made of allowed licences only.

    Nested expressions are not unravelled: there every name must be allowed.
    """
    if "(" in expression:
        return all(
            part in ALLOWED for part in re.split(r"[()\s]+|\bAND\b|\bOR\b", expression) if part
        )
    return any(
        all(part.strip() in ALLOWED for part in re.split(r"\s+AND\s+", choice))
        for choice in re.split(r"\s+OR\s+", expression)
    )


def check(requirements: str) -> tuple[list[Found], list[Found]]:
    """Return (all found, the offenders) of a requirements file's text."""
    found = [_look_up(item.name) for item in pinned(requirements)]
    bad = [item for item in found if not allowed(item.licence) and item.name not in EXCEPTIONS]
    return found, bad


def _look_up(name: str) -> Found:
    try:
        return Found(name, stated(metadata.metadata(name)))
    except metadata.PackageNotFoundError:
        return Found(name, "未安装，无从核对：请先 make test 建立环境")


def main() -> int:
    """Print each offender and one closing line; 1 if there is any."""
    found, bad = check((ROOT / "requirements.txt").read_text(encoding="utf-8"))
    for item in bad:
        print(f"许可证不可用：{item.name}（{item.licence}）", file=sys.stderr)
    if bad or not found:
        print(f"licences: {len(found)} 个依赖，{len(bad)} 个不可用", file=sys.stderr)
        return 1
    named_here = "、".join(EXCEPTIONS)
    print(f"licences: ok（{len(found)} 个依赖，0 个不可用，例外：{named_here}）")
    return 0


if __name__ == "__main__":
    sys.exit(main())
