"""Text every sink can take: no lone surrogate, no control character (platform §6)."""

import re

#: C0 and C1 control characters but newline and tab, and lone halves of surrogate pairs.
_BAD = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]|[\ud800-\udfff]")


def clean(text: str) -> str:
    """Return the text with plain line ends and without what no sink should see.

    Tabs stay; an escape sequence must never reach somebody's terminal.
    """
    if text.isprintable():
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _BAD.sub(lambda found: "?" if found[0] >= "\ud800" else "", text)
