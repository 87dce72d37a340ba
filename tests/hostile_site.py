"""A web server that answers with whatever bytes a test wants, on any loopback address."""

import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import Any

#: What a path answers: whole bytes, or parts sent one after the other (with pauses of its own).
Answer = bytes | Callable[[], Iterable[bytes]]

NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


def ok(
    body: bytes | str, *headers: str, kind: str = "text/html; charset=utf-8", status: str = "200 OK"
) -> bytes:
    """Return a whole proper answer."""
    data = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(data)}",
             "Connection: close", *headers]  # fmt: skip
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + data


def moved(target: str, *headers: str) -> bytes:
    """Return a redirection."""
    return ok("", f"Location: {target}", *headers, status="302 Found")


class Hostile(ThreadingTCPServer):
    """Answers by path; `other` answers every path not named; remembers what was asked."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, address: str = "127.0.0.1") -> None:
        self.answers: dict[str, Answer] = {}
        self.other: Callable[[str], Answer] | None = None
        self.asked: list[str] = []
        self.heads: list[bytes] = []
        super().__init__((address, 0), _Talk)

    @property
    def port(self) -> int:
        """Return the port it listens on."""
        return int(self.socket.getsockname()[1])

    @property
    def base(self) -> str:
        """Return its address."""
        return f"http://{self.socket.getsockname()[0]}:{self.port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing when the client goes away."""


class _Talk(BaseRequestHandler):
    server: Hostile

    def handle(self) -> None:
        self.request.settimeout(20)
        head = b""
        while b"\r\n\r\n" not in head:
            part = self.request.recv(65536)
            if not part:
                return
            head += part
        path = head.split(b" ", 2)[1].decode("latin-1")
        self.server.asked.append(path)
        self.server.heads.append(head)
        answer = self.server.answers.get(path)
        if answer is None and self.server.other is not None and path != "/robots.txt":
            answer = self.server.other(path)
        for part in _parts(NOT_FOUND if answer is None else answer):
            try:
                self.request.sendall(part)
            except OSError:
                return


def _parts(answer: Answer) -> Iterable[bytes]:
    return [answer] if isinstance(answer, bytes) else answer()


@contextmanager
def hostile(address: str = "127.0.0.1", *, tls: Any = None) -> Iterator[Hostile]:
    """Serve on a free port until the block ends."""
    server = Hostile(address)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    worker = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    worker.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


class Peak:
    """Growth of this process's resident memory, its highest point included (Linux)."""

    def __init__(self) -> None:
        self.told = Path("/proc/self/status").exists()
        self.before = 0
        if self.told:
            Path("/proc/self/clear_refs").write_text("5")
            self.before = _kilobytes("VmHWM")

    @property
    def growth_mb(self) -> float:
        """Return how far memory has risen above the start, 0 where it cannot be told."""
        return (_kilobytes("VmHWM") - self.before) / 1024 if self.told else 0.0


def _kilobytes(name: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1])
    return 0


def slowly(data: bytes, *, first: bytes = b"", pause: float = 0.2) -> Callable[[], Iterable[bytes]]:
    """Return an answer that trickles byte by byte after a first part."""

    def parts() -> Iterator[bytes]:
        yield first
        for byte in data:
            time.sleep(pause)
            yield bytes([byte])

    return parts


def free_port() -> int:
    """Return a port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
