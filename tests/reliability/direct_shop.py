"""The real sandbox shop without sockets: its answers, asked for by a call."""

import json as jsons
import time
from collections.abc import Callable, Mapping
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from requests.structures import CaseInsensitiveDict

from sandbox_shop.app import App
from sandbox_shop.control import run_command
from sandbox_shop.world import World
from unfulfill.settings import sandbox_settings
from unfulfill.shop import Shop
from unfulfill.shop.transport import Answer, NoAnswer, revealed

URL = "http://127.0.0.1:9"  # nobody listens there: what is not asked by a call fails


class DirectTransport:
    """Stands where a Shop has its Transport, and hands requests to a sandbox's App.

    `watch` is called before and after each request with "before" or "after", the operation and its variables; what
    it raises goes to whoever asked, as a crash.
    """

    def __init__(self, app: App, watch: Callable[[str, str, dict[str, Any]], object] | None = None) -> None:
        self.app = app
        self.watch = watch

    def post(
        self, url: str, headers: Mapping[str, Any], *, json: Any = None, form: Mapping[str, Any] | None = None
    ) -> Answer | NoAnswer:
        """Ask once."""
        operation, variables = json["operationName"], json["variables"]
        if self.watch:
            self.watch("before", operation, variables)
        asked = {name.lower(): value for name, value in revealed(headers).items()} | {
            "content-type": "application/json"
        }
        found = self.app.graphql(url.split("/")[-2], asked, jsons.dumps(json).encode())
        if self.watch:
            self.watch("after", operation, variables)
        if found.is_reset or found.hang_s is not None:
            return NoAnswer(sent=True, what="no answer in time" if found.hang_s else "the connection broke")
        found.headers["Date"] = format_datetime(self.app.world.now(), usegmt=True)
        return Answer(found.status, CaseInsensitiveDict(found.headers), found.body)

    def close(self) -> None:
        """Nothing is open."""


class DirectSandbox:
    """A world's App, and connections to it. A context manager that closes the world."""

    def __init__(self, world: Path) -> None:
        self.world = World(world)
        self.world.connection.execute("pragma journal_mode=memory")  # nobody kills this process
        self.app = App(self.world, time.time)
        self.token: str = self.world.get("token")

    def control(self, command: str, given: dict[str, Any] | None = None) -> dict[str, Any]:
        """A command of the control API."""
        return run_command(self.app, command, given or {})

    def shop(
        self, token: str = "", watch: Callable[[str, str, dict[str, Any]], object] | None = None
    ) -> Shop:
        """A connection as the app of the token, by default our own. Its pauses take no time."""
        passed_s = 0.0

        def sleep(seconds: float) -> None:
            nonlocal passed_s
            passed_s += seconds

        settings = sandbox_settings(URL, token or self.token)
        shop = Shop(settings, clock=lambda: passed_s, sleep=sleep)
        shop.transport = DirectTransport(self.app, watch)  # type: ignore[assignment]
        return shop

    def ask(self, token: str, document: str, **variables: Any) -> dict[str, Any]:
        """The value of the only root field of a document of the caller's own; it must go well."""
        (value,) = self.try_to(token, document, **variables).values()
        assert value and value["userErrors"] == [], value
        return dict(value)

    def try_to(self, token: str, document: str, **variables: Any) -> dict[str, Any]:
        """The data of a document of the caller's own, which the shop may refuse; empty where a fault meets it."""
        body = jsons.dumps({"query": document, "variables": variables}).encode()
        headers = {"x-shopify-access-token": token, "content-type": "application/json"}
        try:
            answer = jsons.loads(self.app.graphql("2026-10", headers, body).body)
        except ValueError:
            return {}
        return dict(answer.get("data") or {})

    def __enter__(self) -> "DirectSandbox":
        """The sandbox itself."""
        return self

    def __exit__(self, *exc: object) -> None:
        """Close the world."""
        self.world.close()


__all__ = ["URL", "DirectSandbox", "DirectTransport"]
