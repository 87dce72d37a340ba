"""Addresses as pages write them: what is none must not end the reading of a page."""

from urllib.parse import SplitResult, urljoin, urlsplit


def joined(base: str, link: str) -> str:
    """Return the whole address of a link, "" for one that is no address (http://[)."""
    try:
        return urljoin(base, link)
    except ValueError:
        return ""


def parts_of(address: str) -> SplitResult:
    """Return the parts of an address, empty ones for what is none."""
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")
