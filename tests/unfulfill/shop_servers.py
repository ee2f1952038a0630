"""A server that says what it is told to: for answers that no shop, and no sandbox, ever gives on purpose."""

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

VERSION = "2026-10"
PREFLIGHT = {
    "data": {
        "shop": {
            "id": "gid://shopify/Shop/1",
            "name": "Told",
            "myshopifyDomain": "told.myshopify.com",
            "plan": {"publicDisplayName": "Basic"},
        },
        "currentAppInstallation": {"accessScopes": [{"handle": "read_orders"}]},
    }
}


@dataclass
class Told:
    """One answer: JSON or bytes."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False  # promise more bytes than are sent

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


class ToldServer(ThreadingHTTPServer):
    """Answers with what stands in `answers`, in turn, and keeps what it was sent; the last answer stays."""

    daemon_threads = True

    def __init__(self, *answers: Told) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers = list(answers)
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def operations(self) -> list[str]:
        return [
            json.loads(body)["operationName"]
            for _, path, _, body in self.seen
            if path.endswith("graphql.json")
        ]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        server = self.server
        assert isinstance(server, ToldServer)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        server.seen.append((self.command, self.path, dict(self.headers), body))
        told = server.answers.pop(0) if len(server.answers) > 1 else server.answers[0]
        (self.send_response_only if "Date" in told.headers else self.send_response)(told.status)
        headers = {
            "X-Shopify-API-Version": VERSION,
            "Content-Length": str(len(told.content) + 100 * told.cut),
        }
        for name, value in (headers | told.headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(told.content)
        if told.cut:
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the parameter's name in http.server
        """Say nothing."""


@contextmanager
def telling(*answers: Told) -> Iterator[ToldServer]:
    """Such a server, until the end of the block."""
    server = ToldServer(*answers)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def greeting(server: socket.socket, context: ssl.SSLContext) -> Iterator[None]:
    """Takes one connection as far as TLS goes."""

    def greet() -> None:
        connection, _ = server.accept()
        with connection, suppress(OSError):
            context.wrap_socket(connection, server_side=True).close()

    thread = threading.Thread(target=greet)
    thread.start()
    yield
    thread.join()
