"""Intake (登记): what people hold becomes posts of the line, with an audit row in one transaction.

Chats and pages are pasted, colleagues report from the site (AD-11), complaints are written down
(F1). Names, phones and rooms never reach a post: only keyed hashes do (A12 privacy 1, N-01).
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from config.facts import ONSITE
from crawlers.formats.paste import parse as parse_chat
from crawlers.pages.article import read_article
from domain.access import Act, Actor
from domain.errors import CaseError, ParseError
from domain.homes import household_of
from domain.mask import mask
from domain.post import EvidenceIn, MessageKind, Page, ParsedPost, Precision, SourceKind
from domain.source import Source
from pipelines import ingest, records
from pipelines.wiring import App
from store import access, audit, evidence, posts, sources, subjects
from store.db import Connection
from store.posts import Stored

#: One paste is one transaction; longer chats come as an exported file.
MOST_MESSAGES = 500
MOST_CHARS = 200_000
#: Two taps within this time are one report (a phone on a bad network).
DOUBLE_TAP = timedelta(seconds=60)
ONSITE_SITE = "onsite"
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"RIFF", b"BM", b"\x00\x00\x00")
_MOST_PICTURE = 20_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatLine:
    """One message as the preview shows it: masked, without its speaker's name."""

    speaker: str
    at: datetime | None
    text: str
    #: Whether the nickname states a home, which then counts as one voice.
    household: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """Who gave private material, on what ground, until when (A12 privacy 2, N-06)."""

    provider: str = ""
    basis: str = ""
    #: Day to delete it, as 2026-12-31.
    ends_on: str = ""
    #: Whether the members were told.
    notice: bool = False

    @property
    def missing(self) -> bool:
        """Whether the import is 依据缺失."""
        return not (self.provider.strip() and self.basis.strip())


@dataclass(frozen=True, slots=True, kw_only=True)
class Pasted:
    """What a paste came to."""

    source: str
    messages: int
    stored: Stored
    pictures: int
    #: 依据缺失: kept out of reports and purged after 30 days.
    without_basis: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """An on-site report; `created` is False for the second of a double tap."""

    post_id: int
    created: bool


# ---- chats --------------------------------------------------------------------------------------


def preview_chat(text: str, now: datetime) -> list[ChatLine]:
    """Return the messages of a pasted chat for the preview; ParseError if there are none."""
    speakers: dict[str, str] = {}
    return [
        ChatLine(
            speaker=speakers.setdefault(item.author, f"群友{len(speakers) + 1}")
            if item.author else "未署名",
            at=item.published_at, text=mask(item.text), household=item.household is not None,
        )
        for item in _chat(text, now)
    ]  # fmt: skip


def _chat(text: str, now: datetime) -> list[ParsedPost]:
    if len(text) > MOST_CHARS:
        raise ParseError(f"粘贴的内容超过 {MOST_CHARS // 10_000} 万字：请导出成文件后用“导入文件”")
    found = parse_chat(text, now=now)
    if not found:
        raise ParseError("没有读到任何一条消息：请在聊天窗口选中消息后复制，再粘贴到这里")
    if len(found) > MOST_MESSAGES:
        raise ParseError(f"一次粘贴最多 {MOST_MESSAGES} 条，现有 {len(found)} 条：请分几次粘贴")
    return found


def paste_chat(
    app: App,
    text: str,
    *,
    subject_key: str | None,
    group: str,
    basis: Basis,
    pictures: Sequence[tuple[str, bytes]] = (),
    keep: bool = False,
    actor: Actor,
    now: datetime,
) -> Pasted:
    """Store a pasted chat as posts of its group; pasting it again changes nothing.

    Pictures are kept as SHA-256 only, as files too with `keep`. Raises ParseError for nothing to
    read, AccessError without the right for the subject.
    """
    if not group.strip():
        raise ParseError("没有写群名：请写群的名称，如 望江府业主1群")
    found = [replace(item, project=subject_key) for item in _chat(text, now)]
    site = group.strip()[:60]
    source = Source(
        name=f"群聊 {site}"[:64], engine="file", url="粘贴", site=site, kind=SourceKind.GROUP,
        every=timedelta(days=1), options=_options(basis),
    )  # fmt: skip
    raw = EvidenceIn(url=f"粘贴 {site}", fetched_at=now, body=text.encode(), private=True)
    with app.db.write(bulk=True) as connection:
        require_subject(connection, actor, Act.INTAKE, subject_key)
        without_basis = _put_source(connection, source)
        page = Page(
            source=source.name, site=site, kind=source.kind, evidence=raw,
            posts=tuple(records.with_ids(found, site, app.secret)),
        )  # fmt: skip
        parts = _illustrated(page, pictures if keep else (), now)
        stored = _sum([ingest.store_in(app, connection, part) for part in parts])
        hashes = [_picture(app, connection, item, now, keep=keep) for item in pictures]
        audit.append(
            connection, _object(subject_key, source.name), "imported", actor=actor, at=now,
            reason=f"粘贴群聊 {site}" + ("（依据缺失）" if without_basis else ""),
            payload={
                "source": source.name, "messages": len(found), "new": stored.new_posts,
                "sha256": hashlib.sha256(raw.body).hexdigest(), "pictures": hashes,
            },
        )  # fmt: skip
    return Pasted(
        source=source.name, messages=len(found), stored=stored, pictures=len(hashes),
        without_basis=without_basis,
    )  # fmt: skip


def _illustrated(
    page: Page, pictures: Sequence[tuple[str, bytes]], now: datetime
) -> Iterator[Page]:
    """Yield each [图片] message with its picture as evidence, first with first; after the rest."""
    images = [item for item in page.posts if item.kind is MessageKind.IMAGE][: len(pictures)]
    yield replace(page, posts=tuple(item for item in page.posts if item not in images))
    for item, picture in zip(images, pictures, strict=False):
        yield replace(page, posts=(item,), evidence=_shown(picture, now, keep=True))


def _sum(done: Sequence[Stored]) -> Stored:
    return Stored(
        new_posts=sum(one.new_posts for one in done),
        new_revisions=sum(one.new_revisions for one in done),
        unchanged=sum(one.unchanged for one in done),
    )


def _options(basis: Basis) -> dict[str, object]:
    said = {
        "provider": basis.provider.strip(), "basis": basis.basis.strip(),
        "ends_on": basis.ends_on.strip(), "notice": basis.notice,
    }  # fmt: skip
    return {name: value for name, value in said.items() if value}


def _put_source(connection: Connection, source: Source) -> bool:
    """Store the source, keeping what is known of its basis; return whether that lacks."""
    known = sources.find(connection, source.name)
    if known is not None:
        source = replace(known, options={**known.options, **source.options})
    sources.put(connection, source)
    return source.kind is SourceKind.GROUP and not (
        source.options.get("provider") and source.options.get("basis")
    )


def _picture(
    app: App, connection: Connection, item: tuple[str, bytes], now: datetime, *, keep: bool
) -> str:
    """Keep a picture as evidence; return its SHA-256. ParseError naming it if it is none."""
    shown = _shown(item, now, keep=keep)
    evidence.keep(connection, shown, app.evidence_folder)
    return hashlib.sha256(shown.body).hexdigest()


def _digest(shown: EvidenceIn | None) -> str | None:
    return hashlib.sha256(shown.body).hexdigest() if shown else None


def _shown(item: tuple[str, bytes], now: datetime, *, keep: bool) -> EvidenceIn:
    """Return a picture as evidence, private (hash only) without `keep`."""
    name, body = item
    if not body.startswith(_PICTURES):
        raise ParseError(f"{name}：不是图片（jpg、png、gif、webp、heic），请重新选择")
    if len(body) > _MOST_PICTURE:
        raise ParseError(f"{name}：超过 {_MOST_PICTURE // 1_000_000} MB，请压缩后再传")
    return EvidenceIn(url=f"图片 {name[-60:]}", fetched_at=now, body=body, private=not keep)


# ---- web pages ----------------------------------------------------------------------------------


def paste_page(
    app: App,
    content: str,
    *,
    url: str,
    kind: SourceKind = SourceKind.NEWS,
    subject_key: str | None = None,
    title: str = "",
    published_at: datetime | None = None,
    actor: Actor,
    now: datetime,
) -> Stored:
    """Store a page somebody copied, text or HTML, as a post of the URL's site.

    The same URL again with another text is a new revision. Raises ParseError naming what lacks.
    """
    host = urlsplit(url.strip()).hostname
    if host is None or not url.strip().lower().startswith(("http://", "https://")):
        raise ParseError(f"网址“{url[:60]}”不完整：请复制浏览器地址栏里以 http 开头的整个网址")
    found = _page_post(content, url.strip(), now)
    item = replace(
        found, native_id="paste:" + hashlib.sha256(url.strip().encode()).hexdigest()[:24],
        title=title.strip() or found.title, project=subject_key,
        published_at=published_at or found.published_at,
        precision=Precision.MINUTE if published_at else found.precision,
    )  # fmt: skip
    source = Source(
        name=f"粘贴 {host}"[:64], engine="file", url=host, site=host, kind=kind,
        every=timedelta(days=1),
    )  # fmt: skip
    body = EvidenceIn(url=url.strip(), fetched_at=now, body=content.encode())
    with app.db.write() as connection:
        require_subject(connection, actor, Act.INTAKE, subject_key)
        _require_own(connection, actor, host, str(item.native_id))
        _put_source(connection, source)
        post = replace(item, source_kind=kind)
        page = Page(source=source.name, site=host, kind=kind, posts=(post,), evidence=body)
        stored = ingest.store_in(app, connection, page)
        audit.append(
            connection, _object(subject_key, source.name), "imported", actor=actor, at=now,
            reason="粘贴网页", payload={"url": url.strip()[:500], "new": stored.new_posts},
        )  # fmt: skip
    return stored


def _require_own(connection: Connection, actor: Actor, site: str, native_id: str) -> None:
    """Refuse to give a stored page a new text by another legal entity."""
    known = posts.id_of(connection, site, native_id)
    if known is not None:
        access.require_subject(connection, actor, Act.INTAKE, posts.subject_of(connection, known))


def _page_post(content: str, url: str, now: datetime) -> ParsedPost:
    if not content.strip():
        raise ParseError("没有内容：请把网页正文复制过来")
    if content.lstrip()[:200].lower().startswith(("<!doctype html", "<html")):
        read = read_article(content, url=url, now=now)
        return ParsedPost(
            native_id=None, text=read.text, title=read.title, url=url, outlet=read.outlet,
            author=read.author, published_at=read.published_at, precision=read.precision,
        )  # fmt: skip
    first, _, rest = content.strip().partition("\n")
    titled = bool(rest.strip()) and len(first.strip()) <= 60
    return ParsedPost(
        native_id=None, text=rest.strip() if titled else content.strip(),
        title=first.strip() if titled else "", url=url, precision=Precision.NONE,
    )  # fmt: skip


# ---- on-site reports ----------------------------------------------------------------------------


def report_onsite(
    app: App,
    *,
    kind: str,
    subject_key: str,
    text: str = "",
    people: int | None = None,
    place: str = "",
    picture: tuple[str, bytes] | None = None,
    actor: Actor,
    now: datetime,
) -> Reported:
    """Store an on-site report (AD-11); the rule of its kind raises an alert on the next turn.

    A double tap within 60 s is one report. Raises CaseError for an unknown kind or no subject.
    """
    if kind not in ONSITE:
        raise CaseError(f"现场情况“{kind}”不认识：请选 {'、'.join(ONSITE.values())}")
    said = _onsite_text(kind, text, people, place)
    digest = hashlib.sha256("\0".join((kind, subject_key, said, actor.name)).encode()).hexdigest()
    prefix = digest[:24] + ":"
    item = ParsedPost(
        native_id=f"{prefix}{int(now.timestamp())}", text=said, title=ONSITE[kind],
        author=actor.name, author_id=actor.name, published_at=now, onsite=kind,
        project=subject_key, backfill=False,
    )  # fmt: skip
    source = Source(
        name="现场上报", engine="file", url="现场", site=ONSITE_SITE, kind=SourceKind.ONSITE,
        every=timedelta(days=1),
    )  # fmt: skip
    with app.db.write() as connection:
        require_subject(connection, actor, Act.REPORT_ONSITE, subject_key)
        twin = posts.since(connection, ONSITE_SITE, prefix, now - DOUBLE_TAP)
        if twin is not None:
            return Reported(post_id=twin, created=False)
        _put_source(connection, source)
        shown = _shown(picture, now, keep=True) if picture else None
        page = Page(
            source=source.name, site=ONSITE_SITE, kind=source.kind, posts=(item,), evidence=shown
        )
        ingest.store_in(app, connection, page)
        audit.append(
            connection, f"subject:{subject_key}", "onsite-reported", actor=actor, at=now,
            reason=ONSITE[kind],
            payload={"kind": kind, "people": people, "picture": _digest(shown)},
        )  # fmt: skip
        post_id = posts.id_of(connection, ONSITE_SITE, str(item.native_id))
    assert post_id is not None
    return Reported(post_id=post_id, created=True)


def _onsite_text(kind: str, text: str, people: int | None, place: str) -> str:
    parts = [f"现场上报：{ONSITE[kind]}"]
    if place.strip():
        parts.append(f"地点 {place.strip()[:60]}")
    if people is not None:
        parts.append(f"约 {people} 人")
    return "，".join(parts) + "。" + text.strip()[:2000]


# ---- shared -------------------------------------------------------------------------------------


def household(building: str, unit: str, room: str, phase: str = "") -> tuple[str, str, str, str]:
    """Return the parts of a home in one spelling, so that form and nickname mean the same home."""
    number = building.strip().rstrip("栋幢座#号楼 ") or "-"
    said = f"{number}-{unit.strip().rstrip('单元') or 0}-{room.strip().rstrip('室号房')}"
    found = household_of(f"{phase.strip().rstrip('期')}期{said}" if phase.strip() else said)
    return found or (phase.strip(), building.strip(), unit.strip(), room.strip())


def require_subject(
    connection: Connection, actor: Actor, act: Act, subject_key: str | None
) -> int | None:
    """Refuse before anything is written; return the subject's id. CaseError if it is unknown."""
    known = subjects.ids(connection)
    if subject_key is not None and subject_key not in known:
        raise CaseError(f"没有监测对象 {subject_key}：请先在“监测对象”里建立")
    subject_id = known[subject_key] if subject_key else None
    access.require_subject(connection, actor, act, subject_id)
    return subject_id


def _object(subject_key: str | None, source: str) -> str:
    return f"subject:{subject_key}" if subject_key else f"source:{source}"[:64]
