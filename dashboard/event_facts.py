"""What stands beside an alert: event, indicators, risk, outlook; numbers open to their posts."""

from collections.abc import Iterable, Sequence

import streamlit as st

from dashboard import cards, data, places, safe
from dashboard import words_facts as w
from dashboard.safe import Html, tag, text
from domain.clock import say_time
from domain.indicator import Indicator, Part, Rating
from pipelines.event_facts import EventFacts
from store.board import AlertLine

#: Rows of a table that explains a number, and posts a cell links to.
ROWS, LINKS = 8, 12


def event(line: AlertLine, facts: EventFacts) -> None:
    """Show what the event is, in whose words, since when, and in which phase it may be."""
    st.subheader(w.EVENT, anchor=False)
    with st.container(border=True):
        safe.show(_event(line, facts))


def ahead(facts: EventFacts) -> None:
    """Show what would raise the level and when that may be (AD-8)."""
    st.subheader(w.AHEAD, anchor=False)
    found = facts.ahead
    said = [more.reason_zh for more in found.more] or [w.NO_MORE]
    lines = [*said, found.forecast_zh or found.refused_zh, found.outlook.phase.reason_zh]
    safe.show(tag("div", *(tag("div", text(one)) for one in lines if one), css="fh-lines"))


def risk(facts: EventFacts) -> None:
    """Show likelihood × impact with its reasons: a suggestion (W-05…W-07)."""
    st.subheader(w.RISK, anchor=False)
    names = data.impact_names()
    found = facts.risk
    safe.show(tag("div", text(found.reason_zh), css="fh-lines"))
    safe.show(cards.meta([w.RISK_HINT]))
    rows = [_rated(w.LIKELIHOOD, found.likelihood, facts)]
    rows += [_rated(names[key], rating, facts) for key, rating in found.impact.items()]
    with st.expander(w.ONE_BY_ONE):
        safe.show(cards.rich_table(w.RISK_COLUMNS, rows))


def indicators(facts: EventFacts) -> None:
    """Show heat, negative share and media attention of the subject (W-02)."""
    st.subheader(w.NOW, anchor=False)
    if facts.days < facts.warm_up:
        safe.show(cards.row([cards.chip(w.SHORT_HISTORY, "fh-soon")]))
        hint = w.SHORT_HISTORY_HINT.format(days=facts.days, wanted=facts.warm_up)
        safe.show(cards.meta([hint]))
    heat, share, media = facts.heat, facts.share, facts.media
    _indicator(
        w.HEAT, w.HEAT_OF.format(n=f"{heat.value or 0:.0f}"), heat, w.HEAT_COLUMNS,
        [_heat_row(part, facts) for part in heat.parts[:ROWS]],
    )  # fmt: skip
    counted = w.SHARE_OF.format(k=f"{share.numbers['k']:g}", n=f"{share.numbers['n']:g}")
    _indicator(
        w.SHARE, counted if share.value is not None else f"{counted} {w.TOO_FEW}", share,
        w.SHARE_COLUMNS,
        [(text(p.name), text(f"{p.value:g}"), links(p.keys, facts)) for p in share.parts],
    )  # fmt: skip
    _indicator(
        w.MEDIA, w.OUTLETS.format(n=f"{media.numbers['outlets_24h']:g}"), media, w.MEDIA_COLUMNS,
        [
            (
                text(p.name), text(f"{p.value:g}"), text(f"{p.numbers['articles']:g}"),
                links(p.keys, facts),
            )
            for p in media.parts[:ROWS]
        ],
    )  # fmt: skip


def kin(facts: EventFacts) -> None:
    """Show open events of other subjects that share something with this one (AD-13)."""
    if not facts.elsewhere:
        return
    safe.show(cards.meta([w.OTHER_EVENTS]))
    for same in facts.elsewhere:
        safe.show(tag("div", text(same.reason_zh), css="fh-lines"))
        if same.other.alert:
            places.to_alert(same.other.alert, same.other.alert)


def dates(facts: EventFacts) -> None:
    """Show the key dates that are watched now or soon (AD-12)."""
    st.subheader(w.DATES, anchor=False)
    said = [window.reason_zh for window in facts.windows] or [w.NO_DATES]
    safe.show(tag("div", *(tag("div", text(one)) for one in said), css="fh-lines"))


def links(keys: Sequence[str], facts: EventFacts) -> Html:
    """Return links to the posts with these natural keys."""
    return cards.post_links([facts.ids[key] for key in keys if key in facts.ids], most=LINKS)


def _event(line: AlertLine, facts: EventFacts) -> Html:
    said = facts.words
    name = said.name if line.stream is None else cards.topic_name(line.stream)
    chips = [(w.PROBLEM if line.stream is None else w.MOSTLY).format(name=said.problem)]
    chips.append(w.PLACE.format(name=said.place) if said.place else w.NO_PLACE)
    if said.code:
        names = data.category_names()
        chips.append(w.CATEGORY.format(name=names.get(said.code, said.code)))
    seen = facts.ahead.outlook
    span = w.NO_POSTS
    if facts.first_at and facts.last_at:
        span = w.SPAN.format(first=say_time(facts.first_at), last=say_time(facts.last_at))
    growth = w.GROWING.format(told=seen.growth.name) if seen.growth else w.NOT_GROWING
    return tag(
        "div",
        cards.row(
            [
                tag("span", text(name), css="fh-name"),
                cards.chip(
                    w.PHASE.format(name=seen.phase.name_zh), "fh-run", title=seen.phase.reason_zh
                ),
            ]
        ),
        cards.row([cards.chip(chip) for chip in chips]),
        cards.meta([span, growth]),
        *([tag("div", text(w.NOT_ONE_EVENT), css="fh-note")] if line.stream else []),
        _sentences(facts),
    )


def _sentences(facts: EventFacts) -> Html:
    if not facts.words.sentences:
        return cards.meta([w.NO_SENTENCES])
    said = (
        tag("div", text(f"“{one.text}” "), links([one.key], facts), css="fh-said")
        for one in facts.words.sentences
    )
    return tag("div", cards.meta([w.SENTENCES]), *said)


def _rated(name: str, rating: Rating, facts: EventFacts) -> tuple[Html, ...]:
    why = "；".join(part.name for part in rating.reasons) or w.NO_REASON
    keys = dict.fromkeys(key for part in rating.reasons for key in part.keys)
    value = w.RATED.format(n=rating.value) + (w.EDITED if rating.edited else "")
    return text(name), text(value), text(why), links(list(keys), facts)


def _indicator(
    name: str,
    value: str,
    found: Indicator,
    head: Sequence[str],
    rows: Iterable[tuple[Html, ...]],
) -> None:
    shown = list(rows)
    with st.container(border=True, gap="xsmall"):
        top = cards.row([tag("span", text(name)), tag("b", text(value), css="fh-big")])
        safe.show(tag("div", top, tag("div", text(found.reason_zh), css="fh-meta")))
        if not shown:
            return
        with st.expander(w.HOW):
            safe.show(cards.rich_table(head, shown, slim=True))
            if len(found.parts) > len(shown):
                safe.show(cards.meta([w.SHOWN.format(n=len(shown), all=len(found.parts))]))


def _heat_row(part: Part, facts: EventFacts) -> tuple[Html, ...]:
    numbers = part.numbers
    raw = numbers["base"] + numbers["spread"] + numbers["growth"]
    return (
        links([part.name], facts), text(f"{numbers['copies']:g}"), text(f"{raw:.1f}"),
        text(f"{numbers['age_hours']:.0f}"), text(f"{part.value:.1f}"),
    )  # fmt: skip
