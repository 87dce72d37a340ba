"""Menu: every page with the right that opens it; the store refuses what is left out anyway."""

from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from dashboard import data, places, session, words
from domain.access import Act
from domain.errors import FenghuoError

#: Section → (script, title, address, right).
_PAGES: dict[str, tuple[tuple[Path, str, str, Act], ...]] = {
    words.MENU_WATCH: (
        (places.OVERVIEW, words.OVERVIEW, "", Act.VIEW),
        (places.INBOX, words.INBOX, "inbox", Act.READ_INBOX),
        (places.ALERT, words.ALERT, "alert", Act.VIEW),
        (places.SEARCH, words.SEARCH, "search", Act.VIEW),
    ),
    words.MENU_HANDLE: (
        (places.CASES, words.CASES_PAGE, "cases", Act.VIEW),
        (places.INTAKE, words.INTAKE, "intake", Act.INTAKE),
        (places.ONSITE, words.ONSITE, "onsite", Act.REPORT_ONSITE),
    ),
    words.MENU_MEDIA: (
        (places.WEEKLY, words.WEEKLY, "weekly", Act.VIEW),
        (places.MEDIA, words.MEDIA, "media", Act.MEDIA),
    ),
    words.MENU_ADMIN: (
        (places.START, words.START, "start", Act.CONFIGURE),
        (places.SUBJECTS, words.SUBJECTS, "subjects", Act.CONFIGURE),
        (places.RECIPIENTS, words.RECIPIENTS, "recipients", Act.CONFIGURE),
        (places.SOURCES, words.SOURCES, "sources", Act.CONFIGURE),
        (places.HEALTH, words.HEALTH, "health", Act.VIEW),
        (places.ACCOUNTS, words.ACCOUNTS, "accounts", Act.MANAGE_ACCOUNTS),
    ),
}


#: What concerns the company as a whole: no page for people of some legal entities only.
_WHOLE = (places.RECIPIENTS, places.SOURCES, places.ACCOUNTS)


def pages() -> dict[str, list[StreamlitPage]]:
    """Return the menu of this viewer by section."""
    menu = {
        section: [
            st.Page(path, title=title, url_path=address or None, default=not address)
            for path, title, address, act in entries
            if _shown(act, whole=path in _WHOLE)
        ]
        for section, entries in _PAGES.items()
    }
    return {section: entries for section, entries in menu.items() if entries}


def _shown(act: Act, *, whole: bool) -> bool:
    try:
        data.app()
    except FenghuoError:
        return act is Act.VIEW  # the page says what is wrong with the home
    actor = session.actor()
    if actor is None:
        return act is Act.VIEW
    return actor.may(act) and (actor.sees(None) or not whole)
