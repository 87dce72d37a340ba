"""A server on loopback for tests: what it answers is a function of the path asked for."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

#: Status, content type and body, or the address to redirect to.
Answer = tuple[int, str, bytes] | str


@contextmanager
def served(answer: Callable[[str], Answer]) -> Iterator[str]:
    """Serve on a free port; yield the base address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with suppress(ConnectionError):  # whoever asked was killed
                self._say(answer(self.path))

        def _say(self, said: Answer) -> None:
            if isinstance(said, str):
                self.send_response(302)
                self.send_header("Location", said)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            status, kind, body = said
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    worker = threading.Thread(target=server.serve_forever, daemon=True)
    worker.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        worker.join(timeout=5)
