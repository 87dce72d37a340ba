"""Shares that small numbers cannot bear: Wilson interval, or “样本不足” (D-R1)."""

from math import sqrt

#: Below this no share is shown.
ENOUGH = 8
_Z = 1.959964  # 95 %


def wilson(part: int, whole: int) -> tuple[float, float]:
    """Return the 95 % Wilson interval of part/whole; `whole` is at least 1."""
    share, z2 = part / whole, _Z * _Z
    middle = (share + z2 / (2 * whole)) / (1 + z2 / whole)
    half = _Z * sqrt(share * (1 - share) / whole + z2 / (4 * whole * whole)) / (1 + z2 / whole)
    return max(0.0, middle - half), min(1.0, middle + half)


def say_share(part: int, whole: int) -> str:
    """Return “25%（12%–44%）”, “样本不足” below ENOUGH, “—” of nothing."""
    if whole == 0:
        return "—"
    if whole < ENOUGH:
        return "样本不足"
    low, high = wilson(part, whole)
    return f"{part / whole:.0%}（{low:.0%}–{high:.0%}）"


def say_change(now: int, before: int) -> str:
    """Return “+5”, “−2”, “持平”."""
    if now == before:
        return "持平"
    return f"+{now - before}" if now > before else f"−{before - now}"
