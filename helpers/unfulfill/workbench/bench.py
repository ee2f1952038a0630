"""One shop and one run folder, and what is known about both."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pandas as pd

from unfulfill.audit import Audit
from unfulfill.model import ShopIdentity
from unfulfill.run import Run
from unfulfill.sheets import KeptMarks
from unfulfill.shop import Preflight, Shop, preflight

if TYPE_CHECKING:
    from sandbox_shop import SandboxShop


class Bench:
    """A shop and a run folder. The verbs stand in the classes built on it."""

    def __init__(
        self,
        shop: Shop,
        run: Run,
        *,
        lock: str,
        sandbox: "SandboxShop | None" = None,
        origin: Self | None = None,
        sleep: Callable[[float], object] = time.sleep,
        lock_in_shop: bool | None = None,
    ) -> None:
        self.shop = shop
        self.run = run
        self.sandbox = sandbox
        self.origin = origin  # the workbench whose run this one undoes
        self._lock = lock
        self._sleep = sleep
        self._unasked: list[str] = []  # steps that `ensure` did
        self._kept_marks = KeptMarks(run)
        self._kept_tables: tuple[str, dict[str, pd.DataFrame], Audit] | None = None  # what cards are made of
        self._mutex = threading.RLock()  # widget callbacks and cells may come from several threads
        identity = shop.identity()
        # A sandbox is on this machine alone, where the machine's own lock does.
        self._lock_in_shop = not identity.is_sandbox if lock_in_shop is None else lock_in_shop
        run.open_for(identity, shop.api_version, version("unfulfill-workbench"), self._now())

    @property
    def identity(self) -> ShopIdentity:
        """Which shop is connected."""
        return self.shop.identity()

    def _now(self) -> datetime:
        """The shop's time; this machine's where the shop has not told its own."""
        return self.shop.server_time or datetime.now(UTC)

    def preflight(self) -> Preflight:
        """What the shop, its token and the way to it can do: one line each, with what to do about it. Only reads."""
        return preflight(self.shop)

    def _inside(self, folder: str) -> Self:
        run, origin = Run(self.run.folder / folder), self.origin or self
        return type(self)(
            self.shop,
            run,
            lock=self._lock,
            sandbox=self.sandbox,
            origin=origin,
            sleep=self._sleep,
            lock_in_shop=self._lock_in_shop,
        )

    def _sandbox_count(self) -> Path | None:
        """The count of the sandbox's shelves that was seeded with its world."""
        if self.sandbox is None:
            return None
        count = self.sandbox.world.with_name(self.sandbox.world.name + ".count.csv")
        return count if count.exists() else None
