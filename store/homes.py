"""Homes (住户): the household keys that authors' own words give to their posts (A12, privacy 1)."""

from sqlalchemy import Connection, bindparam, select, update

from store.tables import post


def fresh(connection: Connection, keys: dict[int, str]) -> dict[int, str]:
    """Return of {post id: household key}, as authors' own words say, what may be noted.

    A post that has a key keeps it, and an author counts as one home on a site: what he later says
    in another form (3栋1501 after 3-2-1501) is left out, so that rules keep their lower bound.
    It is asked outside of any write transaction: reading need not hold up others.
    """
    if not keys:
        return {}
    rows = connection.execute(
        select(post.c.id, post.c.site, post.c.author_key)
        .where(post.c.id.in_(list(keys)), post.c.household_key.is_(None))
        .order_by(post.c.id)
    ).all()
    known = {
        (row.site, row.author_key): row.household_key
        for row in connection.execute(
            select(post.c.site, post.c.author_key, post.c.household_key)
            .where(
                post.c.site.in_({row.site for row in rows}),
                post.c.author_key.in_({row.author_key for row in rows if row.author_key}),
                post.c.household_key.is_not(None),
            )
            .order_by(post.c.id.desc())
        )
    }
    return {
        row.id: keys[row.id]
        for row in rows
        if row.author_key is None
        or known.setdefault((row.site, row.author_key), keys[row.id]) == keys[row.id]
    }


def note(connection: Connection, keys: dict[int, str]) -> None:
    """Note the household keys that authors' own words give to posts without one."""
    if keys:
        connection.execute(
            update(post)
            .where(post.c.id == bindparam("of_post"), post.c.household_key.is_(None))
            .values(household_key=bindparam("home")),
            [{"of_post": post_id, "home": home} for post_id, home in keys.items()],
        )
