"""Claims (自称户数): numbers of households or people a post states, as a range with its source."""

from collections.abc import Iterable, Sequence

from alerts.counting import KINDS, by_voice, in_order
from domain.alert import Claim, Counted
from domain.claims import UNITS


def largest(posts: Iterable[Counted]) -> tuple[Claim, Counted] | None:
    """Return the claim with the highest lower bound, households before people, and who says so."""
    said = [(claim, post) for post in in_order(posts) for claim in post.claims]
    return max(
        said, key=lambda one: (one[0].kind == "household", one[0].low, one[0].high), default=None
    )


def told(posts: Sequence[Counted]) -> str:
    """Return the claim for a reason: range, words, where and by how many voices; "" if none."""
    found = largest(posts)
    if found is None:
        return ""
    claim, post = found
    unit = UNITS[claim.kind]
    number = f"{claim.low}" if claim.low == claim.high else f"{claim.low}–{claim.high}"
    heard = in_order(posts)
    who = {voice for one, voice in zip(heard, by_voice(heard), strict=True) if one.claims}
    source = f"{KINDS[post.kind]}，{len(who)} 人所说，未核实"
    return f"；文中自称“{claim.text}”（{number} {unit}，{source}）"
