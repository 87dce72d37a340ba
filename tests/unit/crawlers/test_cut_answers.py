"""Which answers without a length were cut off: by what the page itself leaves open."""

import pytest
from scrapy.http import Response

from crawlers.guard import is_cut

HEAD = b"<html><head><title>t</title></head><body><table><tr><td>"
TAIL = b"</td></tr></table><p>x</p>"


@pytest.mark.parametrize(
    ("body", "cut"),
    [
        (HEAD + TAIL + b"</body></html>", False),
        (HEAD + TAIL + b"</BODY></HTML>" + b"<!-- counted -->" * 400, False),
        (HEAD + TAIL + b"</body>", False),
        (HEAD + TAIL, False),
        (HEAD + TAIL + b"<p>never closed", False),
        (HEAD + TAIL + b'<div class="na', True),
        (HEAD + b"half a floor", True),
        (HEAD + TAIL + b"<script>var a = 1", True),
        (b"{}", False),
    ],
)
def test_a_page_without_length_is_cut_where_it_leaves_a_tag_or_table_open(
    body: bytes, *, cut: bool
) -> None:
    assert is_cut(Response("http://x.test/", body=body)) is cut


def test_with_a_length_the_transport_tells() -> None:
    answer = Response("http://x.test/", body=HEAD, headers={"Content-Length": "9"})
    assert not is_cut(answer)
