"""Strict local receivers: robots that check signature, size and form, and a tiny mail server."""

import base64
import hashlib
import hmac
import json
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

SECRET = "SEC-invented-0001"


class Robots(ThreadingHTTPServer):
    """One server for the three makes, by path; `answers` overrides what it would say."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _RobotHandler)
        self.got: list[dict[str, Any]] = []
        self.answers: list[tuple[int, bytes]] = []

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}{path}"

    def say(self, status: int, answer: dict[str, Any] | bytes) -> None:
        """Answer the next message so, whatever it says."""
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.answers.append((status, body))


class _RobotHandler(BaseHTTPRequestHandler):
    server: Robots

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        parts = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        judge = {"/wecom": _wecom, "/dingtalk": _dingtalk, "/feishu": _feishu}[parts.path]
        problem = _json_problem(self.headers.get("Content-Type", ""), body)
        verdict = problem or judge(query, json.loads(body), len(body))
        self.server.got.append({"query": query, "body": json.loads(body), "size": len(body)})
        status, answer = 200, json.dumps(verdict).encode()
        if self.server.answers:
            status, answer = self.server.answers.pop(0)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


def _json_problem(kind: str, body: bytes) -> dict[str, Any] | None:
    if not kind.startswith("application/json"):
        return {"errcode": 43004, "code": 9499, "errmsg": "need json content type"}
    body.decode("utf-8")
    return None


def _wecom(query: dict[str, str], said: dict[str, Any], _size: int) -> dict[str, Any]:
    if query.get("key") != "k-1":
        return {"errcode": 93000, "errmsg": "invalid webhook url"}
    if said.get("msgtype") != "markdown" or set(said) != {"msgtype", "markdown"}:
        return {"errcode": 40008, "errmsg": "invalid message type"}
    if len(said["markdown"]["content"].encode()) > 4096:
        return {"errcode": 40058, "errmsg": "markdown.content exceed max length 4096"}
    return {"errcode": 0, "errmsg": "ok"}


def _dingtalk(query: dict[str, str], said: dict[str, Any], size: int) -> dict[str, Any]:
    if query.get("access_token") != "t-1":
        return {"errcode": 300001, "errmsg": "token is not exist"}
    stamp = query.get("timestamp", "0")
    right = hmac.new(SECRET.encode(), f"{stamp}\n{SECRET}".encode(), hashlib.sha256).digest()
    fresh = abs(int(stamp) / 1000 - time.time()) < 3600
    if not fresh or query.get("sign") != base64.b64encode(right).decode():
        return {"errcode": 310000, "errmsg": "sign not match"}
    if said.get("msgtype") != "markdown" or not said["markdown"].get("title"):
        return {"errcode": 400105, "errmsg": "unsupported msgtype"}
    if size > 20_000:
        return {"errcode": 460101, "errmsg": "message too long"}
    return {"errcode": 0, "errmsg": "ok"}


def _feishu(_query: dict[str, str], said: dict[str, Any], size: int) -> dict[str, Any]:
    stamp = str(said.get("timestamp", "0"))
    right = hmac.new(f"{stamp}\n{SECRET}".encode(), b"", hashlib.sha256).digest()
    fresh = abs(int(stamp) - time.time()) < 3600
    if not fresh or said.get("sign") != base64.b64encode(right).decode():
        return {"code": 19021, "msg": "sign match fail or timestamp is not within one hour"}
    if said.get("msg_type") != "interactive" or "elements" not in said.get("card", {}):
        return {"code": 19002, "msg": "params error"}
    if size > 20_000:
        return {"code": 11232, "msg": "body too large"}
    return {"code": 0, "msg": "success"}


@contextmanager
def robots() -> Iterator[Robots]:
    """Run the robots' receiver on loopback."""
    server = Robots()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class MailServer(socketserver.ThreadingTCPServer):
    """As much SMTP as a client needs; `refuse` maps a verb to the line it is refused with."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _MailHandler)
        self.refuse: dict[str, str] = {}
        self.delay = 0.0
        self.mails: list[bytes] = []

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class _MailHandler(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        time.sleep(self.server.delay)
        self._say("220 mail.test.example")
        for line in iter(self.rfile.readline, b""):
            verb = line.split(b":")[0].split()[0].decode().upper() if line.split() else ""
            if verb in self.server.refuse:
                self._say(self.server.refuse[verb])
            elif verb == "DATA":
                self._say("354 go on")
                self.server.mails.append(self._data())
                self._say(self.server.refuse.get("END", "250 2.0.0 queued"))
            elif verb == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 ok")

    def _data(self) -> bytes:
        lines = iter(self.rfile.readline, b".\r\n")
        return b"".join(line[1:] if line.startswith(b"..") else line for line in lines)

    def _say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """Run the mail server on loopback."""
    server = MailServer()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
