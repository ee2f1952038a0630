"""Operators: they apply a plan to a simulated shop, on a wire that fails and a machine that crashes."""

import sqlite3
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from simulated_shop import DOMAIN, SimulatedShop, SimulatedTransport
from virtual_clock import VirtualClock
from wire_faults import FAULTS, OK, Fault

from unfulfill.apply import Applied, Engine
from unfulfill.errors import WorkbenchError
from unfulfill.journal import Entry, Journal
from unfulfill.model import Plan
from unfulfill.settings import Secret, ShopSettings
from unfulfill.shop import Shop

FOREVER = 10**9


class Crash(BaseException):
    """The operator's machine dies here."""


@dataclass
class Troubles:
    """What goes wrong during one run. Numbers count from 1: requests, points, moments between requests."""

    draw: Callable[[str], str] = lambda operation: "ok"  # name of the fault of one request
    from_then_on: tuple[int, str] = (
        FOREVER,
        "ok",
    )  # number of a request, and the fault of it and all after it
    crash_at: int = 0  # number of the point
    crash_on: tuple[str, int] = ("", 0)  # how its label begins, and which of those it is
    stop_at: int = 0
    meanwhile: Mapping[int | str, Callable[[], None]] = field(
        default_factory=dict
    )  # by number or name of a moment
    write_faults: tuple[str, Sequence[str]] = (
        "",
        (),
    )  # a mutation, and the faults of its sendings in their order
    lasting: tuple[str, str] = (
        "",
        "ok",
    )  # a mutation, and the fault of its first sending and of all that follow
    full_on: tuple[str, bool] = (
        "",
        False,
    )  # how a row's point begins at which the disk is full; whether it stays so
    points: list[str] = field(default_factory=list, compare=False)  # those that were passed
    moments: int = 0
    writes: int = 0
    named: int = 0
    is_full: bool = False

    def __post_init__(self) -> None:
        self.stop = threading.Event()
        self.past: set[int | str] = set()

    def point(self, label: str) -> None:
        """Pass a point; the crash is here or later."""
        self.points.append(label)
        if len(self.points) == self.stop_at:
            self.stop.set()
        name, number = self.crash_on
        is_named = bool(name) and label.startswith(name)
        self.named += is_named
        full, stays = self.full_on
        if full and (label.startswith(full) or (self.is_full and label.startswith("before recording"))):
            self.full_on, self.is_full = (full if stays else "", stays), stays
            raise WorkbenchError("the disk is full")
        if len(self.points) == self.crash_at or (is_named and self.named == number):
            raise Crash(label)

    def moment(self, label: str) -> None:
        """Let other people do something."""
        self.moments += 1
        for moment in (self.moments, label):
            if moment in self.meanwhile and moment not in self.past:
                self.past.add(moment)
                self.meanwhile[moment]()

    def fault(self, number: int, operation: str) -> Fault:
        """The fault of one request."""
        if operation == self.lasting[0]:
            self.from_then_on = (number, self.lasting[1])
            self.lasting = ("", "ok")
        name, names = self.write_faults
        if name:
            self.writes += operation == name
            is_faulty = operation == name and self.writes <= len(names)
            return FAULTS[names[self.writes - 1]] if is_faulty else OK
        if number >= self.from_then_on[0]:
            return FAULTS[self.from_then_on[1]]
        return FAULTS[self.draw(operation)]


WRITES = frozenset(
    [
        "FulfillmentCancel",
        "FulfillmentCreate",
        "FulfillmentOrderHold",
        "FulfillmentOrderReleaseHold",
        "FulfillmentOrderSubmitCancellationRequest",
        "InventorySetQuantities",
        "OrderClose",
        "TagsAdd",
        "TagsRemove",
    ]
)


class JournalWithPoints(Journal):
    """A journal before and after each of whose rows the machine may die."""

    def __init__(self, path: Path, now: Callable[[], str], point: Callable[[str], None]) -> None:
        super().__init__(path, now)
        self._point = point

    def record_many(self, entries: Iterable[Entry]) -> None:
        """Some rows, all or none."""
        rows = list(entries)
        if not rows:
            return
        self._point(f"before recording {_name_of(rows[0])}")
        super().record_many(rows)
        self._point(f"after recording {_name_of(rows[-1])}")


def _name_of(row: Entry) -> str:
    _, change, _, event, _ = row
    return f"{event if event in ('PLAN', 'INTENT') else 'an outcome'} of {change}"


@dataclass(frozen=True)
class RunEnd:
    """How one run ended: with a result, or with the words of what ended it."""

    applied: Applied | None
    why: str = ""

    @property
    def is_ended(self) -> bool:
        """Whether every change has ended."""
        return self.applied is not None and len(self.applied.outcomes) == self.applied.total


class Operator:
    """One person at one machine, with a journal in `folder`."""

    def __init__(
        self,
        shop: SimulatedShop,
        folder: Path,
        by: str = "us",
        *,
        engine: type[Engine] = Engine,
        journal: type[JournalWithPoints] = JournalWithPoints,
        client: type[Shop] = Shop,
    ) -> None:
        self.shop = shop
        self.by = by
        self.path = folder / f"{by}.sqlite"
        self._rows: RowCount | None = None
        self._kinds = (engine, journal, client)
        self._settings = ShopSettings(
            f"https://{DOMAIN}",
            DOMAIN,
            shop.version,
            client_id="app",
            client_secret=Secret("shpss_" + "0" * 32),
        )

    def connect(self, troubles: Troubles | None = None, rows: Callable[[], int] = lambda: 0) -> Shop:
        """A real client on the simulated wire."""
        troubles = troubles or Troubles()
        wire = SimulatedTransport(
            self.shop, self.by, fault=troubles.fault, point=troubles.point, meanwhile=troubles.moment, journal_rows=rows
        )  # fmt: skip
        return self._kinds[2](self._settings, clock=self.clock, sleep=self.clock.sleep, transport=wire)

    @property
    def clock(self) -> VirtualClock:
        """The simulation's time."""
        return self.shop.clock

    def run(self, plan: Plan, troubles: Troubles | None = None) -> RunEnd:
        """Apply, or go on applying, until it ends, pauses or the machine dies."""
        troubles = troubles or Troubles()
        engine, journal_kind, _ = self._kinds
        with journal_kind(self.path, self.clock.text, troubles.point) as journal:
            self._rows = self._rows or RowCount(self.path)
            client = self.connect(troubles, self._rows)
            try:
                running = engine(plan, client, journal, sleep=self.clock.sleep, stop=troubles.stop, threads=1)
                applied = running.run(plan.digest, self.by)
            except Crash as crash:
                return RunEnd(None, f"crash {crash}")
            except WorkbenchError as error:
                return RunEnd(None, f"{type(error).__name__}: {error}")
        return RunEnd(applied, applied.paused)


class RowCount:
    """How many rows of a journal are committed, as another connection sees it."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("pragma query_only=true")

    def __call__(self) -> int:
        """The number of rows."""
        return int(self._connection.execute("select coalesce(max(seq), 0) from event").fetchone()[0])
