"""Push: builds what people are told from the rows and queues it for everybody concerned (B-NL1)."""

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import quote, urlencode

from alerts.place import STREAM
from domain.alert import Rules
from domain.clock import say_time
from domain.errors import StoreError
from domain.level import Level
from domain.mask import mask
from notify.content import LEVEL_WORDS, Contact, PushContent, Quote
from notify.marks import MARKS
from notify.messages import Rendered, render
from pipelines import outlooks, rulebook
from pipelines.wiring import App
from store import alerts, cases, clocks, installation, outbox, pushes
from store.alerts import AlertRow
from store.clocks import DueRow
from store.db import Connection
from store.outbox import Message, Recipient
from store.pushes import Place, Scale

CHANNEL_WORDS = {
    "console": "控制台", "email": "邮件", "wecom": "企业微信", "dingtalk": "钉钉", "feishu": "飞书",
}  # fmt: skip
#: Channels one person reads alone; in all others whoever clicks must say who they are.
PERSONAL = ("email",)
QUOTES = 3
#: Texts looked at for quotes that differ.
_LOOKED_AT = 12
_NUMBERED = re.compile(r"(?P<number>[一二三四1-4]级)(?:[(（](?P<name>.+)[)）])?")


def tell_alert(
    app: App,
    connection: Connection,
    *,
    number: str,
    reason: str,
    now: datetime,
    told: Sequence[Recipient],
    notice: str = "",
    row_reason: str = "",
    catch_up: bool = False,
) -> None:
    """Queue one message per recipient about an alert as it stands in this transaction."""
    if not told:
        return
    item = alerts.by_number(connection, number)
    content = alert_content(
        app, connection, item, reason=reason, now=now, told=told, notice=notice, catch_up=catch_up
    )
    for recipient in told:
        message = _render(app, recipient, content)
        outbox.queue(
            connection, recipient, obj=f"alert:{number}", alert_id=item.id, version=item.version,
            reason=row_reason or reason, now=now,
            subject_line=message.subject_line, body=message.body,
        )  # fmt: skip


def tell_overdue(
    app: App, connection: Connection, row: DueRow, now: datetime, *, catch_up: bool
) -> None:
    """Tell of a clock that ran out: triage of an alert, or any of a case, complaint, enquiry."""
    kind, _, number = row.object.partition(":")
    if kind == "alert":
        item = alerts.by_number(connection, number)
        told = concerned(connection, item.subject_id, item.level)
        tell_alert(
            app, connection, number=number, reason="overdue", now=now,
            told=told if item.level is not Level.MINOR else (),  # the brief lists it
            notice=f"研判超时（应于 {say_time(row.clock_due_at)} 前）", catch_up=catch_up,
        )  # fmt: skip
        return
    thing = pushes.thing(connection, row.object)
    if thing is None:
        return
    told = concerned(connection, thing.subject_id, thing.level or Level.CRITICAL)
    place = pushes.place(connection, thing.subject_id)
    content = PushContent(
        reason="clock",
        company=installation.get(connection, "company"),
        subject=place.name,
        where=_where(place),
        level="",
        number=number,
        version=0,
        at=say_time(now),
        why=mask(
            f"{thing.title}的“{row.name}”（{row.definition}）"
            f"应于 {say_time(row.clock_due_at)} 前完成，至今没有完成记录。"
        ),
        next_step=f"请{row.role or '负责人'}立即完成并在看板登记；确有困难的，登记原因。",
        notice=f"时限已到：{mask(row.name)}",
        catch_up=catch_up,
        told=_told(told, ()),
        contacts=_contacts(place),
        page_link=f"{base_url(app)}/",
    )
    for recipient in told:
        message = _render(app, recipient, content)
        outbox.queue(
            connection, recipient, obj=row.object, version=0, reason=f"clock-{row.clock_id}",
            now=now, subject_line=message.subject_line, body=message.body,
        )  # fmt: skip


def concerned(connection: Connection, subject_id: int | None, level: Level) -> list[Recipient]:
    """Return who is told of this subject at once at this level."""
    return [
        recipient
        for recipient in outbox.recipients(connection, subject_id)
        if not recipient.min_level.graver_than(level)
    ]


def fall_back(app: App, connection: Connection, message: Message, now: datetime) -> bool:
    """Queue a refused message for the recipient's other channels (B-NL2); False if none is left.

    The text is made anew from the rows, because each channel has its own form.
    """
    kind, _, number = message.object.partition(":")
    item = None
    if kind == "alert":
        item = replace(alerts.by_number(connection, number), version=message.version)
        subject_id: int | None = item.subject_id
    else:
        thing = pushes.thing(connection, message.object)
        if thing is None:  # a brief goes to every way by itself, each with what it may see
            return False
        subject_id = thing.subject_id
    ways = outbox.other_ways(connection, message, subject_id)
    for recipient in ways:
        if item is not None:
            reason = "repeat" if message.reason.startswith("repeat-") else message.reason
            notice = f"{CHANNEL_WORDS.get(message.channel, message.channel)}未送达，改由本渠道"
            content = alert_content(
                app, connection, item, reason=reason, now=now, told=(), notice=notice
            )
            text = _render(app, recipient, content)
        else:
            text = Rendered(subject_line=message.subject_line, body=_unmarked(message.body))
        outbox.queue(
            connection, recipient, obj=message.object, version=message.version,
            alert_id=item.id if item is not None else None, reason=message.reason, now=now,
            subject_line=text.subject_line, body=text.body,
        )  # fmt: skip
    return bool(ways)


def _unmarked(body: str) -> str:
    """Return a body without markdown signs: what another channel can show."""
    return re.sub(r"\[([^\]]*)\]\(([^)]*)\)", r"\1：\2", body.replace("**", ""))


# ---- content of an alert ------------------------------------------------------------------------


def alert_content(
    app: App,
    connection: Connection,
    item: AlertRow,
    *,
    reason: str,
    now: datetime,
    told: Sequence[Recipient],
    notice: str = "",
    catch_up: bool = False,
) -> PushContent:
    """Return what is known of an alert in this transaction, masked and in Chinese."""
    if item.source is not None or item.subject_id is None:
        return _interruption(app, connection, item, now, told, notice)
    place = pushes.place(connection, item.subject_id)
    scale = pushes.scale(connection, item.id)
    due = clocks.running(connection, f"alert:{item.number}", "triage")
    return PushContent(
        reason=reason,
        company=installation.get(connection, "company"),
        subject=_about(app, item),
        where=_where(place),
        level=level_words(connection, item.level),
        number=item.number,
        version=item.version,
        at=say_time(now),
        why=mask(pushes.reason(connection, item.id)),
        next_step=_next_step(due, now, cases.of_alert(connection, item.id), reason),
        notice=notice,
        catch_up=catch_up,
        since=_since(scale, item),
        voices=_voices(scale),
        forecast=_ahead(app, connection, item.number, now),
        quotes=_quotes(connection, item.subject_id, scale),
        told=_told(told, pushes.told(connection, item.id)),
        contacts=_contacts(place),
        unknown=_unknown(scale),
        page_link=alert_link(app, item.number),
    )


def _about(app: App, item: AlertRow) -> str:
    """Return the subject; of an alert no single event explains also the topic that grew."""
    stream = item.identity.partition("|")[2]
    if item.event_id is not None or not stream.startswith(STREAM):
        return item.subject
    rules, topic = _rules(app), stream.removeprefix(STREAM)
    name = rules.topic_names.get(topic, "各话题合计") if rules else ""
    return f"{item.subject} · {name}" if name else item.subject


def _ahead(app: App, connection: Connection, number: str, now: datetime) -> str:
    """Return what would raise the level and when that may be (AD-8); "" where nobody can say."""
    rules = _rules(app)
    return outlooks.line(connection, number, rules, now) if rules else ""


def _rules(app: App) -> Rules | None:
    try:
        return rulebook.active_rules(app)
    except StoreError:  # none seeded yet: an alert is told all the same
        return None


def _interruption(
    app: App, connection: Connection, item: AlertRow, now: datetime, told: Sequence[Recipient],
    notice: str,
) -> PushContent:  # fmt: skip
    """Return what is told of a source that gives no data: no crisis, so no level and no voices."""
    place = pushes.place(connection, item.subject_id)
    return PushContent(
        reason="interrupted",
        company=installation.get(connection, "company"),
        subject=item.source or item.subject,
        where="数据来源" if place.id is None else f"{place.name}的数据来源",
        level="",
        number=item.number,
        version=item.version,
        at=say_time(now),
        why=mask(pushes.reason(connection, item.id)),
        next_step="恢复前请直接到该处查看；请管理员在“来源健康”处理，恢复后本预警自动关闭。",
        notice=notice,
        told=_told(told, pushes.told(connection, item.id)),
        contacts=() if place.id is None else _contacts(place),
        page_link=alert_link(app, item.number),
    )


def level_words(connection: Connection, level: Level) -> str:
    """Return name and number by the active pack: 重大（一级）; the name alone without numbers."""
    try:
        written = rulebook.procedure(connection)[2].levels.get(level, "")
    except StoreError:  # no pack chosen yet: an alert is told all the same
        written = ""
    numbered = _NUMBERED.fullmatch(written)
    if numbered:
        return f"{numbered['name'] or LEVEL_WORDS[level]}（{numbered['number']}）"
    return written or LEVEL_WORDS[level]


def _where(place: Place) -> str:
    return " · ".join(part for part in (place.city, place.region, place.legal_entity) if part)


def _contacts(place: Place) -> tuple[Contact, ...]:
    return (
        Contact(role="负责人", name=place.owner, phone=place.owner_phone),
        Contact(role="区域客服", name=place.service, phone=place.service_phone),
    )


def _next_step(due: datetime | None, now: datetime, case: str | None, reason: str) -> str:
    if case is not None:
        return f"已登记个案 {case}，请处置人员查看新情况并重新定级。"
    if due is None:
        return "尽快研判：确认、误报或登记个案。"
    if reason == "overdue" or due <= now:
        return f"已超过 {say_time(due)} 的研判时限，请值班负责人立即研判：确认、误报或登记个案。"
    return f"{say_time(due)} 前研判：确认、误报或登记个案。"


def _since(scale: Scale, item: AlertRow) -> str:
    first = f"首帖 {say_time(scale.first_at)}，" if scale.first_at else ""
    return f"{first}预警 {say_time(item.opened_at)} 发出"


def _voices(scale: Scale) -> str:
    spread = f"（跨站合计至多 {scale.probable} 个）" if scale.probable > scale.certain else ""
    homes = f"其中自述住户 {scale.households} 户" if scale.households else "自述住户户数不明"
    return f"至少 {scale.certain} 个账号{spread}；{homes}"


def _unknown(scale: Scale) -> tuple[str, ...]:
    across = ("跨站账号是否同一人",) if scale.sites > 1 else ()
    homes = ("实际涉及户数",) if not scale.households else ("未自述门牌者是否业主",)
    return (*across, *homes, "帖中说法未经核实")


def _quotes(connection: Connection, subject_id: int, scale: Scale) -> tuple[Quote, ...]:
    """Return the gravest different words; the same text twice says nothing new."""
    found: dict[str, Quote] = {}
    for post in alerts.quotes(connection, subject_id, scale.revisions, _LOOKED_AT):
        words = mask(" ".join(f"{post.title} {post.text}".split()))
        found.setdefault(
            words,
            Quote(words=words, site=post.site, at=say_time(post.published_at), url=post.url),
        )
    return tuple(found.values())[:QUOTES]


def _told(now_told: Sequence[Recipient], before: Sequence[pushes.ToldPerson]) -> tuple[str, ...]:
    """Say who is told by this message and who was told before, each person once."""
    ways: dict[tuple[str, str], list[str]] = {}
    for person in before:
        ways.setdefault((person.name, person.post), []).extend(person.channels)
    for recipient in now_told:
        ways.setdefault((recipient.name, recipient.post), []).append(recipient.channel)
    return tuple(
        f"{name}（{post + '，' if post else ''}"
        + "、".join(CHANNEL_WORDS.get(way, way) for way in dict.fromkeys(used))
        + "）"
        for (name, post), used in ways.items()
    )


# ---- links --------------------------------------------------------------------------------------


def _render(app: App, recipient: Recipient, content: PushContent) -> Rendered:
    channel = recipient.channel if recipient.channel in MARKS else "console"
    if not content.version:
        return render(channel, content)
    key = recipient.key if recipient.channel in PERSONAL else ""
    link = ack_link(app, content.number, content.version, key)
    return render(channel, replace(content, ack_link=link))


def base_url(app: App) -> str:
    """Return the address people reach the dashboard by, without a slash at its end."""
    settings = app.settings
    return settings.public_url or f"http://{settings.host}:{settings.port}"


def alert_link(app: App, number: str) -> str:
    """Return the address of an alert's page."""
    return f"{base_url(app)}/alert?{urlencode({'id': number})}"


def ack_link(app: App, number: str, version: int, key: str) -> str:
    """Return the link that opens the page with the button; key "" = whoever is in the group."""
    query = urlencode({"v": version, "t": token(app, number, version, key)})
    return f"{base_url(app)}/ack/{quote(number)}?{query}"


def token(app: App, number: str, version: int, key: str) -> str:
    """Return the proof that a link came from us, naming the person it was sent to."""
    said = f"ack\0{key}\0{number}\0{version}".encode()
    return f"{key}.{hmac.new(app.secret, said, hashlib.sha256).hexdigest()[:32]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearer:
    """Whom a valid link names; key "" = a group, the page asks for the name."""

    key: str


def bearer(app: App, number: str, version: int, given: str) -> Bearer | None:
    """Return whom the link names, None when the token is not ours for this number and version."""
    key = given.rpartition(".")[0]
    right = hmac.compare_digest(token(app, number, version, key).encode(), given.encode())
    return Bearer(key=key) if right else None
