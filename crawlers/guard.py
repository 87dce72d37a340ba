"""Address guard (SSRF): no private or loopback address unless the source allows it (design §9).

It sits where the socket is made, after names are resolved, so redirects, literal and odd
spellings of addresses (127.1, 2130706433) and DNS rebinding all meet it. Names are judged when
resolved, and the address again when its socket is made.
"""

import socket
import zlib
from collections.abc import Awaitable, Callable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any

import aiohttp
from aiohttp.abc import ResolveResult
from scrapy.core.downloader.handlers._aiohttp import AiohttpDownloadHandler
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest, ResponseDataLossError
from scrapy.http import Request, Response

_NAT64, _COMPATIBLE = IPv6Network("64:ff9b::/96"), IPv6Network("::/96")
_NO_END = {b"gzip": 31, b"x-gzip": 31, b"deflate": 15}
#: Begin and end of what no whole page leaves open; a stray <div> or <p> says nothing.
_MUST_END = (
    (b"<table", b"</table"), (b"<script", b"</script"), (b"<style", b"</style"), (b"<!--", b"-->"),
)  # fmt: skip
_UNPACKED_AT_ONCE = 1 << 16


class PrivateAddressError(IgnoreRequest):
    """The address is not a public one; an IgnoreRequest, so that Scrapy does not try again."""


class GuardedDownloadHandler(AiohttpDownloadHandler):
    """Scrapy's asyncio handler with the guard at its sockets, refusing pages cut off midway."""

    lazy = True  # loading the certificates takes 25 ms: not for a scheme that is never asked
    experimental = False  # named so by Scrapy; pinned and tested here, no warning each crawl

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        if not crawler.settings.getbool("FENGHUO_ALLOW_PRIVATE"):
            connector: Any = self._session.connector
            connector._resolve_host = public_only(connector._resolve_host)
            connector._socket_factory = public_socket

    async def download_request(self, request: Request) -> Response:
        """Return the whole answer; a cut one is a loss, or floors would seem deleted."""
        response = await super().download_request(request)
        if is_cut(response):
            raise ResponseDataLossError("网页没有传完，连接就断了")
        return response


def is_public(address: str) -> bool:
    """Whether the address is one of the public internet, IPv4 hidden in IPv6 included."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    inner = _hidden(parsed) if isinstance(parsed, IPv6Address) else None
    return (inner or parsed).is_global and not (inner or parsed).is_multicast


def _hidden(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address an IPv6 one stands for: mapped, 6to4, Teredo, NAT64, compatible."""
    teredo = address.teredo
    if address in _NAT64 or (address in _COMPATIBLE and int(address) > 1):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None)


Resolve = Callable[..., Awaitable[list[ResolveResult]]]


def public_only(resolve: Resolve) -> Resolve:
    """Return the resolver without addresses inside; PrivateAddressError if no other is left."""

    async def resolved(*args: Any, **more: Any) -> list[ResolveResult]:
        found = await resolve(*args, **more)
        public = [one for one in found if is_public(one["host"])]
        if found and not public:
            raise PrivateAddressError(_refusal(found[0]["host"]))
        return public

    return resolved


def _refusal(address: str) -> str:
    return f"{address} 是内网或本机地址，来源没有允许（allow_private），已拒绝连接"


def public_socket(addr_info: aiohttp.AddrInfoType) -> socket.socket:
    """Make the socket for a resolved address; raise PrivateAddressError if it is not public."""
    family, kind, protocol, _, target = addr_info
    if not is_public(str(target[0])):
        raise PrivateAddressError(_refusal(str(target[0])))
    return socket.socket(family=family, type=kind, proto=protocol)


def is_cut(response: Response) -> bool:
    """Whether an answer that ends with its connection ended before its page did.

    With a length or chunks the transport tells; without, only the page itself can. Many pages
    close neither <html> nor <body> and are whole: one that stops inside a tag, a comment, a table
    or a script was cut.
    """
    headers = response.headers
    if "Content-Length" in headers or "Transfer-Encoding" in headers or not response.body:
        return False
    packing = (headers.get("Content-Encoding") or b"").strip().lower()
    if packing:
        return packing in _NO_END and not _unpacks(response.body, _NO_END[packing])
    body = response.body.lower()
    if b"<html" not in body[:4096] or b"</html" in body or b"</body" in body:
        return False
    if body.rfind(b"<") > body.rfind(b">"):
        return True
    return any(body.count(start) > body.count(end) for start, end in _MUST_END)


def _unpacks(body: bytes, bits: int) -> bool:
    """Whether a packed body reaches its own end; memory stays small, bombs are counted later."""
    packed = zlib.decompressobj(wbits=bits)
    try:
        rest = body
        while rest and not packed.eof:
            packed.decompress(rest, _UNPACKED_AT_ONCE)
            rest = packed.unconsumed_tail
    except zlib.error:
        return True  # raw deflate or rubbish: unpacking it says so
    return packed.eof
