"""One HTTP connection: who answers which path, and who is not answered at all.

A web page must not reach the shop: a foreign Host is refused (DNS rebinding), and so is any Origin.
"""

import hmac
import json
import socket
import struct
import threading
from datetime import UTC
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from sandbox_shop import auth, files
from sandbox_shop.answers import Answer, fault_answer, json_answer
from sandbox_shop.app import App
from sandbox_shop.bulk.uploads import PATH as UPLOADS
from sandbox_shop.bulk.uploads import receive, receive_form
from sandbox_shop.control import ControlRefused, new_secret, parse_command, run_command
from sandbox_shop.faults import BULK_FILE, STAGED_FILE, meet_fault
from sandbox_shop.world import World

MAX_BODY = 10 * 1024 * 1024
MAX_UPLOAD = (
    101 * 1024 * 1024
)  # a little over the 100 MB that a bulk mutation takes, so that one can be too big
CHUNK = 1024 * 1024
RESET = struct.pack("ii", 1, 0)  # a linger time of 0: closing the socket resets the connection


class Serving(Protocol):
    """What a handler needs of its server."""

    world: World
    app: App
    stopping: threading.Event


class Handler(BaseHTTPRequestHandler):
    """One connection: finds who answers a path."""

    protocol_version = "HTTP/1.1"
    server_version = "sandbox-shop"
    sys_version = ""
    disable_nagle_algorithm = True
    timeout = 120
    server: Serving  # type: ignore[assignment]

    def do_POST(self) -> None:
        """GraphQL, tokens, uploads and control."""
        path = urlsplit(self.path).path
        body = self._guarded_body(MAX_UPLOAD if path == UPLOADS else MAX_BODY)
        if body is None:
            return
        parts = path.strip("/").split("/")
        if len(parts) == 4 and parts[:2] == ["admin", "api"] and parts[3] == "graphql.json":
            self.server.stopping.wait(float(self.server.world.get("latency_ms", 0)) / 1000)
            self._send(
                self.server.app.graphql(
                    parts[2], {name.lower(): value for name, value in self.headers.items()}, body
                )
            )
        elif path == "/admin/oauth/access_token":
            self._send(self._grant(body))
        elif path == UPLOADS:
            self._send(self._upload(body))
        elif len(parts) == 2 and parts[0] == "_sandbox":
            self._send(self._control(parts[1], body))
        else:
            self._send(json_answer({"errors": "Not Found"}, 404))

    def do_GET(self) -> None:
        """Results of bulk operations, and reading commands."""
        if self._guarded_body(MAX_BODY) is None:
            return
        parts = urlsplit(self.path).path.strip("/").split("/")
        if len(parts) == 4 and parts[:2] == ["_sandbox", "files"]:
            self._send(self._file(parts[2], parts[3]))
        elif len(parts) == 2 and parts[0] == "_sandbox":
            self._send(self._control(parts[1], b""))
        else:
            self._send(json_answer({"errors": "Not Found"}, 404))

    do_HEAD = do_GET  # noqa: N815

    def do_PUT(self) -> None:
        """Staged uploads that asked for PUT."""
        path = urlsplit(self.path).path
        body = self._guarded_body(MAX_UPLOAD)
        if body is None:
            return
        if path.startswith(UPLOADS + "/"):
            self._send(_xml(receive(self.server.world, unquote(path.removeprefix(UPLOADS + "/")), body)))
        else:
            self._send(json_answer({"errors": "Not Found"}, 404))

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The Date header shows the shop's clock."""
        return format_datetime(self.server.world.now().astimezone(UTC), usegmt=True)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Nothing is logged: a token may stand in a request."""

    def _guarded_body(self, limit: int) -> bytes | None:
        """The body; None where the request was refused, and answered."""
        host = (self.headers.get("Host") or "").rsplit(":", 1)[0]
        if host not in ("127.0.0.1", "localhost"):
            return self._refused(421, "The sandbox answers to 127.0.0.1 and localhost only.")
        if self.headers.get("Origin"):
            return self._refused(403, "The sandbox does not answer to web pages.")
        if self.headers.get("Transfer-Encoding"):
            return self._refused(411, "Send a Content-Length.")
        try:
            length = int(self.headers.get("Content-Length") or 0)
        except ValueError:
            return self._refused(400, "The Content-Length is no number.")
        if not 0 <= length <= limit:
            return self._refused(413, f"The body is larger than {limit} bytes.")
        return self.rfile.read(length)

    def _refused(self, status: int, message: str) -> bytes | None:
        self.close_connection = True
        self._send(json_answer({"errors": message}, status))
        return None

    def _send(self, answer: Answer) -> None:
        if answer.hang_s is not None:
            self.server.stopping.wait(answer.hang_s)
            self.close_connection = True
            return
        if answer.is_reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            self.close_connection = True
            return
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header(
            "Content-Length", str(answer.stop - answer.start if answer.file else len(answer.body))
        )
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command == "HEAD":
            return
        if answer.file and answer.is_cut:
            self._send_file(answer.file, answer.start, (answer.start + answer.stop) // 2)
            self.close_connection = True
        elif answer.file:
            self._send_file(answer.file, answer.start, answer.stop)
        else:
            self.wfile.write(answer.body)

    def _send_file(self, path: Path, start: int, stop: int) -> None:
        with path.open("rb") as file:
            file.seek(start)
            while start < stop and (chunk := file.read(min(CHUNK, stop - start))):
                self.wfile.write(chunk)
                start += len(chunk)

    def _grant(self, body: bytes) -> Answer:
        """Client credentials for a token of 24 hours of the shop's clock (shopify.dev, client credentials grant)."""
        if (self.headers.get("Content-Type") or "").startswith("application/json"):
            try:
                form = {key: str(value) for key, value in json.loads(body).items()}
            except (ValueError, AttributeError):
                form = {}
        else:
            form = {key: values[0] for key, values in parse_qs(body.decode("utf-8", "replace")).items()}
        client = self.server.world.get("client", {})
        if form.get("grant_type") != "client_credentials":
            return json_answer({"error": "unsupported_grant_type"}, 400)
        is_known = hmac.compare_digest(form.get("client_id", "").encode(), str(client.get("id")).encode())
        is_right = hmac.compare_digest(
            form.get("client_secret", "").encode(), str(client.get("secret")).encode()
        )
        if not (is_known and is_right):
            return json_answer({"error": "invalid_client"}, 401)
        token = new_secret("shpat_sandbox")
        auth.issue_token(self.server.world, token, lifetime_s=auth.TOKEN_LIFETIME_S)
        scope = ",".join(sorted(auth.ALL_SCOPES))
        return json_answer({"access_token": token, "scope": scope, "expires_in": auth.TOKEN_LIFETIME_S}, 200)

    def _upload(self, body: bytes) -> Answer:
        """A file to upload, posted as a form."""
        fault = meet_fault(self.server.world, STAGED_FILE, [], "")
        if fault and not fault.is_after:
            return fault_answer(fault)
        answer = _xml(receive_form(self.server.world, self.headers.get("Content-Type") or "", body))
        return fault_answer(fault) if fault else answer

    def _file(self, key: str, name: str) -> Answer:
        """A result file, or the part of it that a Range header asks for."""
        path = files.result_path(self.server.world, key, name)
        if path is None:
            return Answer(404, b"<Error><Code>NoSuchKey</Code></Error>", "application/xml")
        fault = meet_fault(self.server.world, BULK_FILE, [], name)
        if fault and fault.kind != "cut":
            return fault_answer(fault)
        path, headers = files.as_stored(self.server.world, path)
        size = path.stat().st_size
        headers |= {"Accept-Ranges": "bytes", "ETag": f'"{path.name}-{size}"'}
        is_other = self.headers.get("If-Range", headers["ETag"]) != headers["ETag"]
        start, stop = (None if is_other else _range(self.headers.get("Range"), size)) or (0, size)
        if start >= stop:
            return Answer(416, content_type="application/xml", headers={"Content-Range": f"bytes */{size}"})
        if stop - start < size:
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
        status = 200 if stop - start == size else 206
        return Answer(
            status,
            content_type="application/jsonl",
            headers=headers,
            file=path,
            start=start,
            stop=stop,
            is_cut=fault is not None,
        )

    def _control(self, command: str, body: bytes) -> Answer:
        given = (self.headers.get("X-Sandbox-Control") or "").encode()
        if not hmac.compare_digest(given, str(self.server.world.get("control_token")).encode()):
            message = "The control API needs its own token in the header X-Sandbox-Control."
            return json_answer({"error": message}, 401)
        try:
            return json_answer(run_command(self.server.app, command, parse_command(body)))
        except ControlRefused as error:
            return json_answer({"error": str(error)}, 400)
        except (ValueError, TypeError) as error:
            return json_answer(
                {"error": f"The command {command} was given something it cannot use: {error}."}, 400
            )


def _xml(answer: tuple[int, bytes]) -> Answer:
    return Answer(answer[0], answer[1], "application/xml")


def _range(header: str | None, size: int) -> tuple[int, int] | None:
    """First byte and the one after the last; None where the header asks for everything or is not understood."""
    if not header or not header.startswith("bytes=") or "," in header:
        return None
    first, dash, last = header.removeprefix("bytes=").strip().partition("-")
    if not dash or not (first or last) or not (first + last).isdecimal():
        return None
    if not first:
        return max(0, size - int(last)), size
    return int(first), min(size, int(last) + 1) if last else size
