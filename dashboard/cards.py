"""Pieces of a page as safe markup: chips, clocks, posts, tables."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from dashboard import data, safe, words, words_facts
from dashboard.safe import Html, Mark, tag, text
from domain.clock import say_time
from domain.detection import ALL
from store.board import AlertLine, Clock
from store.board_health import State
from store.board_posts import MentionLine, PostLine

#: A clock turns yellow when less than this is left.
SOON = timedelta(minutes=30)
#: Letters of a text in a list; its record shows all of it.
LIST_TEXT = 420
#: Letters of a post in a short list.
SNIPPET = 40
#: A word of this log-odds weight or more is marked darker.
STRONG = 0.5
#: How a source stands, as the class of its chip.
STATE_CSS = {
    State.OK: "fh-ok", State.UNVERIFIED: "fh-soon", State.INTERRUPTED: "fh-bad",
    State.REFUSED: "fh-bad", State.OFF: "", State.BY_HAND: "fh-ok",
}  # fmt: skip


def chip(label: object, css: str = "", *, title: str = "") -> Html:
    """Return a small label."""
    return tag("span", text(label), css=f"fh-chip {css}".strip(), title=title)


def level_chip(level: str, *, closed: bool = False) -> Html:
    """Return the level the system suggests; grey once the alert is no longer open."""
    return chip(words.suggested(level), f"fh-level fh-{'closed' if closed else level}")


def clock_chip(clock: Clock, now: datetime) -> Html:
    """Return a clock with what is left, or how long it is overdue."""
    span = words.ago(abs((clock.due_at - now).total_seconds()))
    title = words.DUE_AT.format(time=say_time(clock.due_at))
    if clock.stopped_at is not None:
        late = clock.breached_at is not None or clock.stopped_at > clock.due_at
        template = words.CLOCK_DONE_LATE if late else words.CLOCK_DONE
        return chip(template.format(name=clock.name), "fh-bad" if late else "fh-ok", title=title)
    if clock.due_at <= now:
        label = words.CLOCK_OVER.format(name=clock.name, span=span)
        return chip(label, "fh-over", title=title)
    css = "fh-soon" if clock.due_at - now < SOON else "fh-run"
    return chip(words.CLOCK_LEFT.format(name=clock.name, span=span), css, title=title)


def row(parts: Iterable[Html]) -> Html:
    """Return pieces side by side, wrapping on a phone."""
    return tag("div", *parts, css="fh-row")


def meta(parts: Iterable[object]) -> Html:
    """Return a grey line of facts."""
    return tag("div", safe.join((text(part) for part in parts), " · "), css="fh-meta")


def alert_head(line: AlertLine, *, big: bool = False) -> Html:
    """Return level, subject, number and state of an alert."""
    closed = line.status != "open"
    kind = level_chip(line.level, closed=closed)
    if line.source:  # what we cannot see has no level of what was said
        kind = chip(words.INTERRUPTED, "" if closed else "fh-bad")
    return row(
        [
            kind,
            *([chip(words.STATUS[line.status])] if closed else []),
            tag("span", text(alert_name(line)), css="fh-name fh-big" if big else "fh-name"),
            tag("span", text(f"{line.number}-v{line.version}"), css="fh-num"),
        ]
    )


def alert_name(line: AlertLine) -> str:
    """Return what an alert is about; of one no event explains also the topic that grew."""
    name = line.source or line.subject or words.NONE
    if line.stream is None:
        return name
    return words_facts.UNUSUAL.format(subject=name, topic=topic_name(line.stream))


def topic_name(stream: str) -> str:
    """Return the name of a topic, or of all together."""
    return words_facts.ALL_TOPICS if stream == ALL else data.topic_names().get(stream, stream)


def alert_card(line: AlertLine, now: datetime) -> Html:
    """Return one alert of the overview: what, why, how many, since when, until when."""
    running = [clock for clock in line.clocks if clock.stopped_at is None]
    return tag(
        "div",
        alert_head(line),
        tag("div", text(first_sentence(line.reason)), css="fh-reason"),
        meta(alert_facts(line, now)),
        row([clock_chip(clock, now) for clock in running]),
    )


def alert_facts(line: AlertLine, now: datetime) -> list[str]:
    """Return how many speak, since when, and its case; of an interrupted source only since when."""
    if line.source:
        return [since(line.opened_at, now)]
    voices = words.voices(line.voices.certain, line.voices.probable)
    case = words.CASE_LINK.format(number=line.case_number) if line.case_number else words.NO_CASE
    told = words.POSTS_VOICES.format(posts=line.posts, voices=voices)
    return [told, since(line.opened_at, now), case]


def first_sentence(reason: str) -> str:
    """Return the leading sentence of a reason; the alert's own page shows all of it."""
    head, stop, _rest = reason.partition(words.STOP)
    return head + stop


def since(moment: datetime, now: datetime) -> str:
    """Return since when, and how long that is."""
    return words.SINCE.format(time=say_time(moment), ago=words.ago((now - moment).total_seconds()))


def quiet(title: str, hint: str) -> Html:
    """Return an empty state that says what to do next."""
    return tag("div", tag("b", text(title)), text(hint), css="fh-quiet")


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Html:
    """Return a plain table; it scrolls sideways on a phone instead of breaking the page."""
    return rich_table(head, ([text(value) for value in line] for line in rows))


def rich_table(head: Sequence[str], rows: Iterable[Sequence[Html]], *, slim: bool = False) -> Html:
    """Return a plain table whose cells are safe markup already; `slim` fits a narrow column."""
    top = tag("tr", *(tag("th", text(name)) for name in head))
    body = (tag("tr", *(tag("td", value) for value in line)) for line in rows)
    inner = tag("table", tag("thead", top), tag("tbody", *body), css="fh-table")
    return tag("div", inner, css="fh-slim" if slim else "fh-scroll")


def post_list(lines: Sequence[PostLine]) -> Html:
    """Return posts as short rows, each leading to its record."""
    rows = [
        [
            safe.post_link(line.id), text(say_time(line.published_at)),
            text(line.outlet or line.source), text(snippet(line)),
        ]
        for line in lines
    ]  # fmt: skip
    return rich_table(words.COLUMNS_POSTS, rows)


def snippet(line: PostLine) -> str:
    """Return the beginning of a post; masked before it is cut."""
    said = safe.clean(line.title or line.text).replace("\n", " ")
    return said if len(said) <= SNIPPET else f"{said[:SNIPPET]}…"


def post_links(ids: Sequence[int], *, most: int) -> Html:
    """Return links to the records of posts; of many the first ones and how many there are."""
    found = [safe.post_link(post_id) for post_id in ids[:most]]
    if len(ids) > most:
        found.append(text(words.ALTOGETHER.format(n=len(ids))))
    return safe.join(found, " ") if found else text(words.NONE)


def bars(counts: Sequence[tuple[str, int]]) -> Html:
    """Return counts as bars with their names."""
    most = max([1, *(count for _, count in counts)])
    cells = [
        safe.join(
            [
                tag("span", text(name)),
                Html(f'<span class="fh-bar" style="width:{100 * count // most}%"></span>'),
                tag("b", text(count)),
            ]
        )
        for name, count in counts
    ]
    return tag("div", *cells, css="fh-bars")


# ---- posts -------------------------------------------------------------------------------------


def marks_of(details: dict[str, Any], mentions: Iterable[MentionLine], *, field: str) -> list[Mark]:
    """Return what to mark in the title or the text: reasons, signals, names of subjects."""
    marks = [
        Mark(
            start=why["start"],
            end=why["end"],
            kind="why2" if why["weight"] >= STRONG else "why",
            title=f"{words.LEGEND_WHY} {why['weight']:+.1f}",
        )
        for why in details.get("why", ())
        if why.get("field", "text") == field and why["weight"] > 0
    ]
    marks += [
        Mark(
            start=s["start"],
            end=s["end"],
            kind="signal" if s.get("anchored") else "weak",
            title=signal_name(s),
        )
        for s in details.get("signals", ())
        if s.get("field", "text") == field
    ]
    return marks + [
        Mark(start=m.start, end=m.end, kind="alias", title=m.subject)
        for m in mentions
        if m.field == field and m.start is not None and m.end is not None
    ]


def signal_name(signal: dict[str, Any]) -> str:
    """Return a signal with what anchors it."""
    name = words.SIGNALS.get(signal["code"], signal["code"])
    anchor = signal.get("anchor") or ""
    return f"{name}：{anchor}" if anchor else name


def word_marks(value: str, wanted: str) -> list[Mark]:
    """Return where the words looked for stand in a text."""
    low = value.lower()
    marks = []
    for word in wanted.lower().split():
        at = low.find(word)
        while at >= 0 and len(low) == len(value):
            marks.append(Mark(start=at, end=at + len(word), kind="word"))
            at = low.find(word, at + len(word))
    return marks


def reading(
    title: str,
    body: str,
    details: dict[str, Any],
    mentions: Sequence[MentionLine],
    wanted: str = "",
    *,
    limit: int = 100_000,
) -> Html:
    """Return title and text with everything marked, a long text around its first mark."""
    head = safe.highlight(
        title, [*marks_of(details, mentions, field="title"), *word_marks(title, wanted)]
    )
    marks = [*marks_of(details, mentions, field="text"), *word_marks(body, wanted)]
    shown = safe.excerpt(body, marks, limit=limit)
    parts = [tag("div", head, css="fh-title")] if title and not body.startswith(title) else []
    parts.append(tag("div", shown, css="fh-text"))
    if details.get("reason"):
        parts.append(tag("div", text(words.REASON.format(reason=details["reason"])), css="fh-note"))
    return safe.join(parts)


def post_meta(line: PostLine) -> Html:
    """Return where and when a post stood."""
    where = line.outlet or line.source
    when = say_time(line.published_at) + words.PRECISION.get(line.precision, "")
    parts = [f"#{line.id}", words.KINDS.get(line.kind, line.kind), where, when]
    return meta(parts)


def post_chips(line: PostLine, details: dict[str, Any], names: dict[str, str]) -> Html:
    """Return what nlp says of a post."""
    chips = []
    if line.label is None:
        chips.append(chip(words.UNANALYSED))
    elif line.noise:
        chips.append(chip(words.NOISE.get(line.noise, line.noise)))
    else:
        share = round(100 * (line.negativity or 0))
        css = "fh-bad" if line.label == "negative" else ""
        title = words.NEGATIVITY.format(n=share)
        chips.append(chip(words.LABELS[line.label], css, title=title))
    chips += [chip(m.subject) for m in line.mentions]
    chips += [chip(names.get(c["code"], c["code"])) for c in details.get("categories", ())]
    chips += [
        chip(signal_name(s), "fh-soon") for s in details.get("signals", ()) if s.get("anchored")
    ]
    return row(chips)


def legend(*, search: bool = False) -> Html:
    """Return what the marks mean."""
    kinds = [
        ("why2", words.LEGEND_WHY),
        ("signal", words.LEGEND_SIGNAL),
        ("weak", words.LEGEND_WEAK),
        ("alias", words.LEGEND_ALIAS),
    ]
    if search:
        kinds.append(("word", words.LEGEND_WORD))
    shown = [safe.highlight(name, [Mark(start=0, end=len(name), kind=k)]) for k, name in kinds]
    return tag("div", text(words.LEGEND), safe.join(shown, "　"), css="fh-meta")
