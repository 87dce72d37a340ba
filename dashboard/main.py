"""Entry script that Streamlit runs for every visitor: frame, menu, then the page asked for."""

from pathlib import Path

import streamlit as st

from dashboard import cards, data, look, menu, safe, session, words
from domain.access import ROLE_NAMES, Role
from domain.errors import AccessError, FenghuoError

_BEACON = str(Path(__file__).with_name("beacon.png"))
_LOGO = str(Path(__file__).with_name("logo.png"))

st.set_page_config(page_title=words.APP, page_icon=_BEACON, layout="wide")
st.logo(_LOGO, size="large")
safe.show(look.STYLE)
page = st.navigation(menu.pages(), position="top")
st.set_page_config(page_title=words.TAB_TITLE.format(page=page.title))
try:
    data.app()
except FenghuoError as problem:
    safe.show(cards.quiet(words.NOT_READY, f"{problem}\n{words.NOT_READY_HINT}"))
    st.stop()
viewer = session.viewer()
try:
    page.run()
except AccessError as refused:
    safe.show(cards.quiet(words.NOT_ALLOWED, str(refused)))
if session.signed_in():
    roles = "、".join(ROLE_NAMES[role] for role in Role if role in viewer.roles)
    who = cards.meta([words.SIGNED_IN_AS.format(name=viewer.name, roles=roles)])
    safe.show(cards.row([who, look.SIGN_OUT]))
