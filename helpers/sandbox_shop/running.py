"""A sandbox shop that runs in this process."""

import sqlite3
import tempfile
import threading
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Any

from sandbox_shop.control import new_secret, run_command
from sandbox_shop.server import Server
from sandbox_shop.world import World


class SandboxShop:
    """A served world; a context manager that stops it."""

    def __init__(self, server: Server, temporary: "tempfile.TemporaryDirectory[str] | None") -> None:
        self.url = server.url  # base of the shop: GraphQL is at <url>/admin/api/<version>/graphql.json
        self.token: str = server.world.get("token")
        self.control_token: str = server.world.get("control_token")
        self.world: Path = server.world.path
        self.seeded: str = server.world.get("seeded", "")  # what was made of a merchant's files, one sentence
        self._server = server
        self._temporary = temporary
        self._thread = threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()
        server.bulk.start()

    def __repr__(self) -> str:
        """Without the tokens."""
        return f"SandboxShop({self.url}, world={self.world})"

    def control(self, command: str, given: dict[str, Any] | None = None) -> dict[str, Any]:
        """A command of the control API, without HTTP: reset, clock, faults, switches, settings, tokens, state …"""
        return run_command(self._server.app, command, given or {})

    def stop(self) -> None:
        """Stop serving; a world that was made for this run is removed. A second call does nothing."""
        if self._thread.is_alive():
            self._server.stop()
            self._thread.join()
            self._server.world.close()
            if self._temporary:
                self._temporary.cleanup()

    def __enter__(self) -> "SandboxShop":
        """The shop itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()


def start(
    world: Path | None, seed: int, size: int, port: int, orders: Path | None, inventory: Path | None
) -> SandboxShop:
    """See `sandbox_shop.start`."""
    temporary = None
    if world is None:
        temporary = tempfile.TemporaryDirectory(prefix="sandbox-shop-")
        world = Path(temporary.name) / "world.sqlite"
    try:
        opened = open_world(world.absolute(), seed, size, orders, inventory)
        try:
            return SandboxShop(Server(opened, port), temporary)
        except BaseException:
            opened.close()
            raise
    except BaseException:
        if temporary:
            temporary.cleanup()
        raise


def open_world(path: Path, seed: int, size: int, orders: Path | None, inventory: Path | None) -> World:
    """The world of a file: as it is, or seeded where the file is new. A failed seeding leaves no file."""
    if inventory and not orders:
        raise ValueError(
            "An inventory file seeds nothing without an orders file: give both, or the orders alone."
        )
    if path.exists():
        if orders:
            raise ValueError(f"{path} exists already: serve it without an orders file, or name a new file.")
        return _existing(path)
    if not path.parent.is_dir():
        raise ValueError(f"{path} cannot be made: the folder {path.parent} does not exist.")
    beside = [path.with_name(path.name + end) for end in ("", "-journal", ".truth.json", ".count.csv")]
    new = [each for each in beside if not each.exists()]
    try:
        world = World(path)
        path.chmod(0o600)
        try:
            _seed(world, seed, size, orders, inventory)
        except BaseException:
            world.close()
            raise
    except BaseException:
        for made in new:
            made.unlink(missing_ok=True)
        raise
    return world


def _existing(path: Path) -> World:
    """A world that is there. Looked at before it is opened as one: opening makes the tables that are missing."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as look:
        try:
            is_shop = look.execute("select 1 from meta where key = 'token'").fetchone()
        except sqlite3.DatabaseError:
            is_shop = None
    if not is_shop:
        raise ValueError(f"{path} holds no sandbox shop; remove it or name another file.")
    return World(path)


def _seed(world: World, seed: int, size: int, orders: Path | None, inventory: Path | None) -> None:
    if orders:
        from sandbox_shop.seeding import seed_merchant_shop

        report = seed_merchant_shop(world, orders=orders, inventory=inventory)
        world.set("seeded", report.sentence())
    else:
        from sandbox_shop.seeding import seed_incident_shop

        seed_incident_shop(world, seed=seed, size=size)
    with world.writing():  # the shop is seeded, its secrets are not
        world.set("token", new_secret("shpat_sandbox"))
        world.set("control_token", new_secret("sandbox_control"))
        world.set("client", {"id": new_secret("client"), "secret": new_secret("shpss_sandbox")})
