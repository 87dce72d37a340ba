"""Evidence (取证): raw response bytes by SHA-256; private material as hash and size only (A12).

Bytes are compressed with a dictionary trained on the site's own pages (collection §0 #11). What a
crawl kept stands in its manifest, a hash chain that verifies also after the bytes were purged.
"""

import gzip
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import zstandard
from sqlalchemy import Connection, func, insert, select, update

from domain.errors import StoreError
from domain.post import EvidenceIn
from store.tables import (
    alert,
    case_alert,
    crawl,
    evidence,
    evidence_dictionary,
    finding,
    finding_post,
    manifest,
    revision,
    source,
)

#: Beyond this a page is no page; a broken file must not fill the memory when it is read.
MAX_BODY = 64 << 20
#: Pages a dictionary is trained on, and its size: more gains nothing on forum pages.
SAMPLES, DICTIONARY_BYTES = 40, 64 << 10
#: Without a dictionary speed counts, with one the pages become tiny.
_LEVEL, _DEEP = 3, 6
_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
_PLAIN = zstandard.ZstdCompressor(level=_LEVEL)
#: Dictionaries do not change; every process keeps those it has met.
_KNOWN: dict[tuple[str, int], zstandard.ZstdCompressionDict] = {}


def keep(connection: Connection, item: EvidenceIn, folder: Path, *, site: str = "") -> int:
    """Write the bytes (unless private), insert the row, return its id; known content is shared.

    The file is complete before the row exists, so a crash leaves at most an unreferenced file.
    """
    return keep_all(connection, [item], folder, site=site)[0]


def keep_all(
    connection: Connection, items: Sequence[EvidenceIn], folder: Path, *, site: str = ""
) -> list[int]:
    """Do as `keep` for several responses of one site; return their ids in the same order."""
    digests = [digest_of(item) for item in items]
    known = {
        row.sha256: row
        for row in connection.execute(
            select(evidence.c.sha256, evidence.c.id, evidence.c.purged_at).where(
                evidence.c.sha256.in_(digests)
            )
        )
    }
    dictionary_id = _dictionary_of(connection, site)
    new: dict[str, dict[str, Any]] = {}
    for item, digest in zip(items, digests, strict=True):
        whole = not item.private and bool(item.body or not item.sha256)
        row = known.get(digest)
        if digest in new or (row is not None and (row.purged_at is None or not whole)):
            continue
        kept: dict[str, Any] = {
            "path": None, "codec": "zstd", "dictionary_id": None, "purged_at": None,
        }  # fmt: skip
        if whole:
            path = _write(folder, digest, _packed(connection, item.body, dictionary_id))
            kept |= {"path": path, "dictionary_id": dictionary_id}
        if row is not None:  # seen again after its bytes were erased
            connection.execute(update(evidence).where(evidence.c.id == row.id).values(**kept))
        else:
            new[digest] = _values(item, digest) | kept
    ids = {digest: int(row.id) for digest, row in known.items()}
    if new:
        rows = connection.execute(
            insert(evidence).returning(evidence.c.sha256, evidence.c.id), list(new.values())
        )
        ids |= {row.sha256: int(row.id) for row in rows}
    return [ids[digest] for digest in digests]


def digest_of(item: EvidenceIn) -> str:
    """Return the SHA-256 of a response."""
    return item.sha256 or hashlib.sha256(item.body).hexdigest()


def _values(item: EvidenceIn, digest: str) -> dict[str, Any]:
    return {
        "sha256": digest, "url": item.url, "fetched_at": item.fetched_at, "status": item.status,
        "content_type": item.content_type[:128], "headers": item.headers,
        "size": item.size or len(item.body), "private": item.private,
    }  # fmt: skip


def read(connection: Connection, evidence_id: int, folder: Path) -> bytes | None:
    """Return the kept bytes, None for private or purged ones; StoreError if they are damaged."""
    row = connection.execute(select(evidence).where(evidence.c.id == evidence_id)).first()
    if row is None or row.path is None:
        return None
    try:
        packed = (folder / row.path).read_bytes()
        body = gzip.decompress(packed) if row.codec == "gzip" else _unpacked(
            connection, packed, row.dictionary_id
        )  # fmt: skip
    except (OSError, EOFError, zstandard.ZstdError) as error:
        raise StoreError(f"取证文件 {row.path} 读不出（{error}）：请从备份恢复") from error
    if hashlib.sha256(body).hexdigest() != row.sha256:
        raise StoreError(f"取证文件 {row.path} 与登记的 SHA-256 不符：请从备份恢复")
    return body


def _write(folder: Path, digest: str, packed: bytes) -> str:
    relative = f"{digest[:2]}/{digest}.zst"
    target = f"{folder}/{relative}"
    part = f"{target}.{os.getpid()}.part"
    try:
        file = os.open(part, _NEW, 0o600)
    except FileNotFoundError:
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        file = os.open(part, _NEW, 0o600)
    with os.fdopen(file, "wb") as out:
        out.write(packed)
    os.replace(part, target)  # noqa: PTH105 (a Path each costs as much as the writing)
    return relative


# ---- dictionaries -------------------------------------------------------------------------------


def wants_dictionary(connection: Connection, site: str) -> list[int]:
    """Return the evidence to train a site's first dictionary on, [] while there is too little."""
    if not site or _dictionary_of(connection, site) is not None:
        return []
    ids = connection.scalars(
        select(evidence.c.id)
        .join(manifest, manifest.c.sha256 == evidence.c.sha256)
        .join(crawl, crawl.c.id == manifest.c.crawl_id)
        .join(source, source.c.id == crawl.c.source_id)
        .where(source.c.site == site, evidence.c.path.is_not(None))
        .distinct()
        .order_by(evidence.c.id.desc())
        .limit(SAMPLES)
    ).all()
    return list(ids) if len(ids) == SAMPLES else []


def train(samples: Sequence[bytes]) -> bytes | None:
    """Return a dictionary for pages like these, None where they have too little in common."""
    try:
        return zstandard.train_dictionary(DICTIONARY_BYTES, list(samples)).as_bytes()
    except zstandard.ZstdError:
        return None


def add_dictionary(connection: Connection, site: str, content: bytes, now: datetime) -> None:
    """Store a site's dictionary; pages kept from now on use it."""
    connection.execute(
        insert(evidence_dictionary).values(site=site[:128], content=content, created_at=now)
    )


def _dictionary_of(connection: Connection, site: str) -> int | None:
    found: int | None = connection.scalar(
        select(func.max(evidence_dictionary.c.id)).where(evidence_dictionary.c.site == site[:128])
    )
    return found


def _dictionary(connection: Connection, dictionary_id: int) -> zstandard.ZstdCompressionDict:
    key = (str(connection.engine.url), dictionary_id)
    if key not in _KNOWN:
        content = connection.scalar(
            select(evidence_dictionary.c.content).where(evidence_dictionary.c.id == dictionary_id)
        )
        _KNOWN[key] = zstandard.ZstdCompressionDict(content or b"")
        _KNOWN[key].precompute_compress(level=_DEEP)
    return _KNOWN[key]


def _packed(connection: Connection, body: bytes, dictionary_id: int | None) -> bytes:
    if dictionary_id is None:
        return _PLAIN.compress(body)
    known = _dictionary(connection, dictionary_id)
    return zstandard.ZstdCompressor(level=_DEEP, dict_data=known).compress(body)


def _unpacked(connection: Connection, packed: bytes, dictionary_id: int | None) -> bytes:
    known = None if dictionary_id is None else _dictionary(connection, dictionary_id)
    reader = zstandard.ZstdDecompressor(dict_data=known)
    return reader.decompress(packed, max_output_size=MAX_BODY)


# ---- manifest of a crawl ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A link of a manifest that does not verify."""

    crawl_id: int
    n: int
    url: str
    problem: str


def enter(connection: Connection, crawl_id: int, items: Sequence[EvidenceIn]) -> None:
    """Add kept pages to their crawl's manifest in their order, each linked to the one before."""
    last = connection.execute(
        select(manifest.c.n, manifest.c.digest, manifest.c.sha256)
        .where(manifest.c.crawl_id == crawl_id)
        .order_by(manifest.c.n.desc())
        .limit(1)
    ).first()
    n, link, before = (last.n, last.digest, last.sha256) if last else (0, "", "")
    rows = []
    for item in items:
        digest = digest_of(item)
        if digest == before:
            continue  # a long file comes as many Pages
        n += 1
        values = {
            "crawl_id": crawl_id, "n": n, "url": item.url, "fetched_at": item.fetched_at,
            "status": item.status, "headers_digest": _headers_digest(item),
            "size": item.size or len(item.body), "sha256": digest, "previous": link,
        }  # fmt: skip
        link, before = _link(values), digest
        rows.append(values | {"digest": link})
    if rows:
        connection.execute(insert(manifest), rows)


def _headers_digest(item: EvidenceIn) -> str:
    said = json.dumps(item.headers, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(said.encode()).hexdigest()


def verify(connection: Connection) -> tuple[int, list[Broken]]:
    """Return (links, broken ones) of all manifests; a missing link breaks the one after it."""
    broken: list[Broken] = []
    count, crawl_id, n, digest = 0, 0, 0, ""
    for row in connection.execute(
        select(manifest).order_by(manifest.c.crawl_id, manifest.c.n)
    ).mappings():
        if row["crawl_id"] != crawl_id:
            crawl_id, n, digest = row["crawl_id"], 0, ""
        count += 1
        problem = ""
        if row["n"] != n + 1 or row["previous"] != digest:
            problem = "前一环缺失或不符"
        elif _link(row) != row["digest"]:
            problem = "内容与摘要不符"
        if problem:
            broken.append(Broken(crawl_id=crawl_id, n=row["n"], url=row["url"], problem=problem))
        n, digest = row["n"], row["digest"]
    return count, broken


def _link(row: Mapping[Any, Any]) -> str:
    said = ("crawl_id", "n", "url", "status", "headers_digest", "size", "sha256", "previous")
    words = [row["fetched_at"].isoformat(), *(str(row[name]) for name in said)]
    return hashlib.sha256("\0".join(words).encode()).hexdigest()


# ---- end of their time --------------------------------------------------------------------------


def overdue(connection: Connection, before: datetime, limit: int) -> list[tuple[int, str]]:
    """Return (id, path) of bytes fetched before then that prove nothing in an open matter.

    What stands behind an alert that is open or belongs to a case is kept.
    """
    proves = (
        select(revision.c.id)
        .join(finding_post, finding_post.c.revision_id == revision.c.id)
        .join(finding, finding.c.id == finding_post.c.finding_id)
        .join(alert, alert.c.id == finding.c.alert_id)
        .outerjoin(case_alert, case_alert.c.alert_id == alert.c.id)
        .where(
            revision.c.evidence_id == evidence.c.id,
            (alert.c.status == "open") | case_alert.c.case_id.is_not(None),
        )
    )
    rows = connection.execute(
        select(evidence.c.id, evidence.c.path)
        .where(evidence.c.path.is_not(None), evidence.c.fetched_at < before, ~proves.exists())
        .order_by(evidence.c.id)
        .limit(limit)
    )
    return [(row.id, row.path) for row in rows]


def forget(connection: Connection, ids: Sequence[int], now: datetime) -> None:
    """Mark bytes as erased; digest, size, address and manifest stay."""
    connection.execute(
        update(evidence).where(evidence.c.id.in_(ids)).values(path=None, purged_at=now)
    )
