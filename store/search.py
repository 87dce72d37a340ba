"""Full-text search over app-made bigrams: finds 维权, which trigram indexes never do."""

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, delete, insert, select, text

from store.tables import search_text

_RUN = re.compile(r"[㐀-鿿]+|[a-z0-9]+")

#: FTS5 with external content: the old text must be told to the index before it changes.
SQLITE_DDL = (
    "CREATE VIRTUAL TABLE post_fts USING fts5("
    "bigrams, content='search_text', content_rowid='post_id', tokenize='unicode61')"
)
POSTGRES_DDL = (
    "CREATE INDEX ix_search_text_bigrams ON search_text USING gin (to_tsvector('simple', bigrams))"
)


def bigrams(value: str) -> str:
    """Return the index text: latin words, every two neighbouring hanzi, the last of a run alone.

    A search for one hanzi is a prefix search; the last one begins no pair, so it stands alone too.
    """
    tokens: list[str] = []
    for run in _RUN.findall(value.lower()):
        if run[0] < "㐀":
            tokens.append(run)
        else:
            tokens += [a + b for a, b in pairwise(run)]
            tokens.append(run[-1])
    return " ".join(tokens)


def phrase(query: str) -> str:
    """Return the FTS5 query of a person's words: all words, each as a phrase; "" if none."""
    parts = []
    for word in query.split():
        grams = bigrams(word).split()
        if not grams:
            continue
        alone = grams[-1] >= "㐀" and len(grams[-1]) == 1
        if alone and len(grams) > 1 and grams[-2].endswith(grams[-1]):
            grams.pop()  # the text may go on after the words looked for
            alone = False
        parts.append(f'"{" ".join(grams)}"{"*" if alone else ""}')
    return " AND ".join(parts)


def index_posts(connection: Connection, contents: Mapping[int, str]) -> None:
    """Index the present texts of posts in the caller's transaction; "" takes one out."""
    new = {post_id: bigrams(content) for post_id, content in contents.items()}
    old = {
        row.post_id: row.bigrams
        for row in connection.execute(
            select(search_text).where(search_text.c.post_id.in_(list(contents)))
        )
    }
    changed = [post_id for post_id in new if new[post_id] != old.get(post_id, "")]
    gone = [{"i": i, "b": old[i]} for i in changed if i in old]
    come = [{"i": i, "b": new[i]} for i in changed if new[i]]
    if gone:
        _fts(
            connection,
            "INSERT INTO post_fts(post_fts, rowid, bigrams) VALUES('delete', :i, :b)",
            gone,
        )
        connection.execute(
            delete(search_text).where(search_text.c.post_id.in_([g["i"] for g in gone]))
        )
    if come:
        rows = [{"post_id": item["i"], "bigrams": item["b"]} for item in come]
        connection.execute(insert(search_text), rows)
        _fts(connection, "INSERT INTO post_fts(rowid, bigrams) VALUES(:i, :b)", come)


def _fts(connection: Connection, statement: str, rows: list[dict[str, Any]]) -> None:
    if connection.dialect.name == "sqlite":
        connection.execute(text(statement), rows)


def find(connection: Connection, query: str, *, limit: int) -> list[int]:
    """Return ids of posts containing all words of `query`, newest id first."""
    wanted = phrase(query)
    if not wanted:
        return []
    if connection.dialect.name == "sqlite":
        statement = (
            "SELECT rowid FROM post_fts WHERE post_fts MATCH :q ORDER BY rowid DESC LIMIT :n"
        )
        rows = connection.execute(text(statement), {"q": wanted, "n": limit})
    else:
        statement = (
            "SELECT post_id FROM search_text WHERE to_tsvector('simple', bigrams) @@ "
            "websearch_to_tsquery('simple', :q) ORDER BY post_id DESC LIMIT :n"
        )
        rows = connection.execute(text(statement), {"q": wanted.replace(" AND ", " "), "n": limit})
    return [row[0] for row in rows]
