"""Alert (预警详情): why it was raised, from which texts, who was told, which clocks run."""

from collections.abc import Sequence
from datetime import datetime

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import (
    cards,
    charts,
    data,
    event_facts,
    findings,
    places,
    safe,
    session,
    triage,
    words,
)
from dashboard.clock_cards import clock_list
from dashboard.safe import Html, tag, text
from domain.access import Act, Actor
from domain.clock import say_time
from pipelines.event_facts import EventFacts
from store.board import AlertLine
from store.board_alert import AlertView, Evidence
from store.board_context import Context

#: Posts on one screen of the list.
PAGE = 20


def page() -> None:
    """Show the page."""
    st.title(words.ALERT, anchor=False)
    lines = data.alerts(session.viewer())
    number = _choose(lines)
    if number is None:
        safe.show(cards.quiet(words.NO_ALERT_YET, words.NO_ALERT_YET_HINT))
        return
    actor, now = session.viewer(), data.now()
    seen, beside = data.alert(actor, number), data.context(actor, number, now)
    if seen is None or beside is None:
        safe.show(cards.quiet(words.UNKNOWN_ALERT.format(number=number), ""))
        return
    _show(actor, seen, beside, data.event_facts(actor, number, now), now)


def _choose(lines: Sequence[AlertLine]) -> str | None:
    asked = st.query_params.get("id")
    labels = {
        line.number: f"{words.STATUS[line.status]} · {_kind(line)} · "
        f"{cards.alert_name(line)} · {line.number}"
        for line in lines
    }
    if asked and asked not in labels:
        labels = {asked: asked, **labels}  # an older one, or a mistyped number: said below
    if not labels:
        return None
    # A new widget when a label changes: a click on a page just outdated would send the old label.
    key = f"alert-{asked}-{hash(tuple(labels.values()))}"
    return st.selectbox(
        words.CHOOSE,
        list(labels),
        index=list(labels).index(asked) if asked else 0,
        format_func=lambda number: safe.clean(labels[number]),
        key=key,
        on_change=lambda: st.query_params.update(id=st.session_state[key]),
    )


def _kind(line: AlertLine) -> str:
    return words.INTERRUPTED if line.source else words.suggested(line.level)


def _show(
    actor: Actor, seen: AlertView, beside: Context, facts: EventFacts | None, now: datetime
) -> None:
    with st.container(border=True):
        safe.show(_head(seen, facts, now))
    if seen.line.source:
        _interrupted(actor, seen, beside, seen.line.source)
        return
    left, right = st.columns([3, 2], gap="large")
    with left:
        if facts:
            event_facts.event(seen.line, facts)
        st.subheader(words.WHY_NOW, anchor=False)
        for finding in seen.findings:
            with st.container(border=True, gap="xsmall"):
                findings.show(finding, seen.evidence)
        if facts:
            event_facts.ahead(facts)
            event_facts.risk(facts)
        if seen.evidence:
            st.subheader(words.CURVE, anchor=False)
            moments = [item.post.published_at for item in seen.evidence]
            st.altair_chart(charts.growth(moments), key="growth")
    with right:
        _beside(actor, seen, beside, facts, now)
    _tabs(seen)


def _beside(
    actor: Actor, seen: AlertView, beside: Context, facts: EventFacts | None, now: datetime
) -> None:
    triage.panel(actor, seen, beside, now)
    st.subheader(words.CLOCKS, anchor=False)
    clock_list(seen.clocks, now)
    st.subheader(words.VOICES, anchor=False)
    safe.show(_voices(seen.line))
    safe.show(triage.households(beside))
    if facts:
        event_facts.indicators(facts)
    triage.elsewhere(beside)
    if facts:
        event_facts.kin(facts)
        event_facts.dates(facts)


def _interrupted(actor: Actor, seen: AlertView, beside: Context, source: str) -> None:
    """Show an alert about a source: no posts, no voices, nothing to register or to merge."""
    safe.show(cards.meta([words.INTERRUPTED_HINT]))
    if actor.may(Act.CONFIGURE) and actor.sees(None):
        places.to_sources(words.OPEN_SOURCE, source)
    else:
        places.to_health()
    triage.acknowledging(actor, seen, beside)
    _trails(
        seen,
        st.tabs(
            [
                words.TAB_VERSIONS.format(n=len(seen.changes)),
                words.TAB_TOLD.format(n=len(seen.told)),
                words.TAB_TRAIL.format(n=len(seen.trail)),
            ]
        ),
    )


def _head(seen: AlertView, facts: EventFacts | None, now: datetime) -> Html:
    line = seen.line
    told = cards.alert_facts(line, now)
    name = facts.words.name if facts and seen.event_key else seen.event_title
    if name:
        told.insert(0, words.EVENT.format(title=name))
    return tag(
        "div",
        cards.alert_head(line, big=True),
        tag("div", text(line.reason), css="fh-reason"),
        cards.meta(told),
        cards.row(
            [cards.clock_chip(clock, now) for clock in seen.clocks if clock.stopped_at is None]
        ),
    )


# ---- clocks, voices ----------------------------------------------------------------------------


def _voices(line: AlertLine) -> Html:
    voices = line.voices
    return tag(
        "div",
        cards.row(
            [
                cards.chip(f"{words.CERTAIN} {voices.certain}"),
                cards.chip(f"{words.PROBABLE} {voices.probable}"),
            ]
        ),
        cards.meta([words.AT_LEAST_HELP]),
        cards.bars(voices.by_site),
    )


# ---- posts, versions, messages, trail ----------------------------------------------------------


def _tabs(seen: AlertView) -> None:
    own = [item for item in seen.evidence if item.post.copy_of is None]
    copies = [item for item in seen.evidence if item.post.copy_of is not None]
    posts, reposts, *trails = st.tabs(
        [
            words.TAB_POSTS.format(n=len(own)),
            words.TAB_REPOSTS.format(n=len(copies)),
            words.TAB_VERSIONS.format(n=len(seen.changes)),
            words.TAB_TOLD.format(n=len(seen.told)),
            words.TAB_TRAIL.format(n=len(seen.trail)),
        ]
    )
    with posts:
        _posts(own, "own")
    with reposts:
        if copies:
            _posts(copies, "copies")
        else:
            safe.show(cards.meta([words.NO_REPOSTS]))
    _trails(seen, trails)


def _trails(seen: AlertView, tabs: Sequence[DeltaGenerator]) -> None:
    versions, told, trail = tabs
    with versions:
        safe.show(_versions(seen))
    with told:
        safe.show(_told(seen))
    with trail:
        safe.show(_trail(seen))


def _posts(items: Sequence[Evidence], key: str) -> None:
    if not items:
        safe.show(cards.meta([words.NO_POSTS]))
        return
    safe.show(cards.legend())
    first = 0
    if len(items) > PAGE:
        first = PAGE * (st.pagination(-(-len(items) // PAGE), key=f"page-{key}") - 1)
    names = data.category_names()
    for item in items[first : first + PAGE]:
        with st.container(border=True, gap="xsmall"):
            safe.show(_post(item, names))
            _post_links(item)


def _post(item: Evidence, names: dict[str, str]) -> Html:
    line = item.post
    parts = [cards.post_meta(line), cards.post_chips(line, item.details, names)]
    if line.copy_of is not None:
        edge = words.EDGES.get(line.edge or "", line.edge or "")
        note = words.REPOST_OF.format(id=line.copy_of, edge=edge)
        parts.append(tag("div", text(note), css="fh-note"))
    if item.changed:
        note = words.WAS_DELETED if line.deleted_at else words.WAS_EDITED
        parts.append(tag("div", text(note), css="fh-note"))
    parts.append(
        cards.reading(item.title, item.text, item.details, item.mentions, limit=cards.LIST_TEXT)
    )
    if item.changed and not line.deleted_at:
        now_reads = tag("div", tag("b", text(words.TEXT_NOW)), text(f"：{line.text}"), css="fh-now")
        parts.append(now_reads)
    rules = data.rule_titles()
    names_of_rules = "、".join(rules.get(rule, rule) for rule in item.rules)
    parts.append(cards.meta([words.BY_RULES.format(rules=names_of_rules)]))
    return tag("div", *parts, css=f"fh-post {item.label or ''}".strip())


def _post_links(item: Evidence) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        places.to_post(item.post.id)
        places.original(item.post.url, key=f"original-{item.post.id}")


def _versions(seen: AlertView) -> Html:
    return cards.table(
        words.COLUMNS_VERSIONS,
        [
            (
                f"v{change.version}",
                say_time(change.at),
                words.CHANGES.get(change.change, change.change),
                words.NONE if seen.line.source else words.suggested(change.level),
                data.rule_titles().get(change.rule, change.rule),
                words.NONE if change.observed is None else f"{change.observed:g}",
                change.posts,
                change.reason,
                change.by,
            )
            for change in seen.changes
        ],
    )


def _told(seen: AlertView) -> Html:
    if not seen.told:
        return tag("div", text(words.NOBODY_TOLD), css="fh-note")
    return cards.table(
        words.COLUMNS_TOLD,
        [
            (
                f"v{told.version}",
                f"{told.recipient} {told.post}".strip(),
                words.CHANNELS.get(told.channel, told.channel),
                words.OUTBOX[told.status],
                say_time(told.queued_at),
                say_time(told.accepted_at) if told.accepted_at else words.NONE,
                told.attempts,
                told.verdict or words.NONE,
            )
            for told in seen.told
        ],
    )


def _trail(seen: AlertView) -> Html:
    if not seen.trail:
        return cards.meta([words.NO_TRAIL])
    return cards.table(
        words.COLUMNS_TRAIL,
        [
            (
                line.seq,
                say_time(line.at),
                line.actor,
                words.VIAS.get(line.via, line.via),
                words.ACTIONS.get(line.action, line.action),
                line.reason,
                line.hash[:12],
            )
            for line in seen.trail
        ],
    )


page()
