"""An apply in a process that dies by SIGKILL at one of its points: around every row of the journal, and before
every request is sent, after it was sent and after it was answered.
"""

import hashlib
import json
import os
import signal
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import ExitStack
from functools import cache
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from unfulfill.apply import Engine
from unfulfill.errors import WorkbenchError
from unfulfill.journal import Journal
from unfulfill.lock import shop_lock
from unfulfill.model import Plan
from unfulfill.plan import plan_from_text
from unfulfill.run import Run
from unfulfill.settings import sandbox_settings
from unfulfill.shop import Shop
from unfulfill.shop.documents import load_document
from unfulfill.shop.transport import Transport
from unfulfill.workbench import Workbench

Point = Callable[[str], object]
MOST_S = 5.0  # to wait for another process


class Points:
    """Counts the points that are passed, and dies at one of them.

    `die_at` is its number, from 1. Or `died_at` is a file with the points where processes died before, a line each:
    then it dies at the first one that is not among them.
    """

    def __init__(self, die_at: int = 0, died_at: str = "") -> None:
        self.labels: list[str] = []
        self._die_at = die_at
        self._file = Path(died_at) if died_at else None
        self._known = set(self._file.read_text().splitlines()) if self._file else set()
        self._lock = threading.Lock()

    def __call__(self, label: str) -> None:
        with self._lock:
            self.labels.append(label)
            if self._file is not None and label not in self._known:
                with self._file.open("a") as file:
                    file.write(label + "\n")
                os.kill(os.getpid(), signal.SIGKILL)
            if len(self.labels) == self._die_at:
                os.kill(os.getpid(), signal.SIGKILL)


class PointedJournal(Journal):
    """A journal with a point before and after every commit."""

    def __init__(self, path: Path, point: Point) -> None:
        self._point = point
        super().__init__(path, lambda: "")

    def record(self, plan: str, change: str, attempt: int, event: str, body: dict[str, Any]) -> None:
        """Append one row."""
        self._point(f"before {event} of {change}")
        super().record(plan, change, attempt, event, body)
        self._point(f"after {event} of {change}")


class PointedTransport(Transport):
    """Requests with a point before they are sent, after they were sent and after they were answered."""

    def __init__(self, shop: Shop, point: Point) -> None:
        settings = shop.settings
        super().__init__(settings.connect_timeout_s, settings.read_timeout_s, lambda: 0.0)
        self._point = point
        self._at = threading.local()
        answer_of = HTTPConnection.getresponse

        def getresponse(connection: HTTPConnection) -> Any:
            point(f"sent {self._at.label}")
            return answer_of(connection)

        HTTPConnection.getresponse = getresponse  # type: ignore[method-assign]

    def post(self, url: str, headers: Any, *, json: Any = None, form: Any = None) -> Any:
        """Send one POST."""
        self._at.label = label_of(json["operationName"], json["variables"])
        self._point(f"before {self._at.label}")
        answer = super().post(url, headers, json=json, form=form)
        self._point(f"answered {self._at.label}")
        return answer


def label_of(operation: str, variables: dict[str, Any]) -> str:
    """A request by name; a write also by what it says, for each of them is a point of its own."""
    if load_document(operation).kind == "query":
        return operation
    return f"{operation} {hashlib.sha256(json.dumps(variables, sort_keys=True).encode()).hexdigest()[:12]}"


@cache
def load_plan(text: str) -> Plan:
    """The plan of a text; the nursery reads it once for all its children."""
    return plan_from_text(text)


def prepare(job: dict[str, Any]) -> None:
    """What a nursery does before it forks."""
    load_plan((Path(job["folder"]) / "plan.json").read_text())


def work(job: dict[str, Any]) -> int:
    """Do a job and write what came of it into its `result` file; the exit code.

    `url`, `token`, `folder` (with plan.json), `threads`; `die_at` or `died_at` as in Points. With `state` the whole
    Workbench.apply runs instead of the engine alone, with its locks there, and nothing dies by itself; it begins at
    `begin_at` (monotonic seconds) and, holding the lock, first waits for the file `until`.
    """
    points = Points(job.get("die_at", 0), job.get("died_at", ""))
    told: dict[str, Any] = {}
    code = 0
    try:
        with Shop(sandbox_settings(job["url"], job["token"]), sleep=lambda seconds: None) as shop:
            applied = _apply_as_operator(job, shop) if "state" in job else _apply(job, shop, points)
        told = {"counts": applied.counts, "paused": applied.paused}
    except KeyboardInterrupt:
        code = 130
    except WorkbenchError as error:
        told, code = {"error": type(error).__name__, "message": str(error)}, error.exit_status
    except BaseException:
        traceback.print_exc()
        raise
    Path(job["result"]).write_text(json.dumps({**told, "points": points.labels}))
    return code


def _apply(job: dict[str, Any], shop: Shop, points: Points) -> Any:
    folder = Path(job["folder"])
    plan = load_plan((folder / "plan.json").read_text())
    shop.transport = PointedTransport(shop, points)
    with ExitStack() as stack:
        stack.enter_context(shop_lock(folder / "locks", "sandbox", "ana"))
        journal = stack.enter_context(PointedJournal(folder / "journal.sqlite", points))
        engine = Engine(plan, shop, journal, sleep=lambda seconds: None, threads=job["threads"])
        return engine.run(plan.digest, "ana")


def _apply_as_operator(job: dict[str, Any], shop: Shop) -> Any:
    os.environ["XDG_STATE_HOME"] = job["state"]
    run = Workbench(shop, Run(job["folder"]), lock="sandbox", sleep=lambda seconds: None)
    digest = load_plan((Path(job["folder"]) / "plan.json").read_text()).digest
    time.sleep(max(0.0, job.get("begin_at", 0.0) - time.monotonic()))

    def wait(done: int, total: int, text: str = "") -> None:
        ends_at = time.monotonic() + MOST_S
        while done == 0 and not Path(job.get("until", "/")).exists() and time.monotonic() < ends_at:
            time.sleep(0.001)

    return run.apply(digest, progress=wait)
