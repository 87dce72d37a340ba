"""Net: free ports and waiting for our own loopback servers."""

import socket
import urllib.error
import urllib.request

from domain.errors import FenghuoError

#: How many ports after the wanted one are tried.
_TRIES = 50


def free_port(host: str, wanted: int) -> int:
    """Return the wanted port or the next free one; raises FenghuoError if all are taken."""
    for port in range(wanted, wanted + _TRIES):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    raise FenghuoError(f"{wanted} 到 {wanted + _TRIES - 1} 的端口都被占用：请设置 FENGHUO_PORT")


def answers(url: str) -> bool:
    """Whether one of our own loopback addresses answers 200."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 (our own loopback)
            return bool(answer.status == 200)
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False
