"""Entry script that Streamlit runs for every visitor: frame, menu, then the page asked for."""

from pathlib import Path

import streamlit as st

from dashboard import cards, data, look, places, safe, words
from domain.errors import FenghuoError

_BEACON = str(Path(__file__).with_name("beacon.png"))
_LOGO = str(Path(__file__).with_name("logo.png"))

st.set_page_config(page_title=words.APP, page_icon=_BEACON, layout="wide")
st.logo(_LOGO, size="large")
safe.show(look.STYLE)
page = st.navigation(
    [
        st.Page(places.OVERVIEW, title=words.OVERVIEW, default=True),
        st.Page(places.ALERT, title=words.ALERT, url_path="alert"),
        st.Page(places.SEARCH, title=words.SEARCH, url_path="search"),
        st.Page(places.HEALTH, title=words.HEALTH, url_path="health"),
    ],
    position="top",
)
st.set_page_config(page_title=words.TAB_TITLE.format(page=page.title))
try:
    data.app()
except FenghuoError as problem:
    safe.show(cards.quiet(words.NOT_READY, f"{problem}\n{words.NOT_READY_HINT}"))
    st.stop()
page.run()
