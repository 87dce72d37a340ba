"""Address guard (SSRF): no private or loopback address unless the source allows it (design §9).

It sits where the socket is made, after names are resolved, so redirects, literal and odd
spellings of addresses (127.1, 2130706433) and DNS rebinding all meet it.
"""

import socket
from ipaddress import ip_address
from typing import Any

import aiohttp
from scrapy.core.downloader.handlers._aiohttp import AiohttpDownloadHandler
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest


class PrivateAddressError(IgnoreRequest):
    """The address is not a public one; an IgnoreRequest, so that Scrapy does not try again."""


class GuardedDownloadHandler(AiohttpDownloadHandler):
    """Scrapy's asyncio handler with the guard at its sockets."""

    experimental = False  # named so by Scrapy; pinned and tested here, no warning each crawl

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        if not crawler.settings.getbool("FENGHUO_ALLOW_PRIVATE"):
            connector: Any = self._session.connector
            connector._socket_factory = public_socket


def is_public(address: str) -> bool:
    """Whether the address is one of the public internet, IPv4 hidden in IPv6 included."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    inner = getattr(parsed, "ipv4_mapped", None) or getattr(parsed, "sixtofour", None)
    return (inner or parsed).is_global and not parsed.is_multicast


def public_socket(addr_info: aiohttp.AddrInfoType) -> socket.socket:
    """Make the socket for a resolved address; raise PrivateAddressError if it is not public."""
    family, kind, protocol, _, target = addr_info
    if not is_public(str(target[0])):
        raise PrivateAddressError(
            f"{target[0]} 是内网或本机地址，来源没有允许（allow_private），已拒绝连接"
        )
    return socket.socket(family=family, type=kind, proto=protocol)
