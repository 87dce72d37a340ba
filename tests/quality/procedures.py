"""Exam line of A0: python tests/quality/procedures.py DIR (the five procedures; not in make test).

Prints one line a check (name, measured, wanted) and exits 1 where one falls short.
"""

import sys
from pathlib import Path

from nlp.normal import normalise, pinyin_brackets

#: Document → pinyin brackets it holds, words its normal form must match.
WANTED = {
    "002": (22, ("执行", "联系")),
    "004": (571, ("执行", "联系", "产品质量", "舆情监测")),
}


def check(folder: Path) -> list[tuple[str, str, str, bool]]:
    """Return (name, measured, wanted, ok) for each acceptance line."""
    lines = []
    for code, (number, words) in WANTED.items():
        text = next(folder.glob(f"{code}_*.txt")).read_text(encoding="utf-8")
        normal = normalise(text).text
        removed, left = pinyin_brackets(text), pinyin_brackets(normal)
        lines.append(
            (
                f"{code} 拼音括号",
                f"{removed} 去除 {left} 残留",
                f"{number} 0",
                (removed == number and left == 0),
            )
        )
        found = [word for word in words if word in normal]
        lines.append(
            (f"{code} 关键词", "、".join(found), "、".join(words), len(found) == len(words))
        )
    return lines


def main(arguments: list[str]) -> int:
    """Print the lines; return 1 where one falls short."""
    results = check(Path(arguments[0]))
    for name, measured, wanted, ok in results:
        print(f"{'ok  ' if ok else 'MISS'} {name}: {measured} (wanted {wanted})")
    return int(not all(ok for *_, ok in results))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
