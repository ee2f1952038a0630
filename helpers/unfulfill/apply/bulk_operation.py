"""One bulk mutation on its way: a place for it, its start, its end; and how it is found again after a crash.

The journal holds rows about it under a blank change: BULK before anything is uploaded, with the name of the operation,
BULK_STARTED with its id, BULK_ENDED. Its name stands in the text that Shopify keeps (`shop/bulk_write.py`).
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from unfulfill.apply.course import Course
from unfulfill.apply.history import History
from unfulfill.apply.sender import BACK_OFF_S
from unfulfill.apply.settling import SHORT_QUARANTINE_S
from unfulfill.errors import NotApplied, OutcomeUnknown
from unfulfill.shop import Shop
from unfulfill.shop.bulk import SLOTS
from unfulfill.shop.bulk_write import (
    BulkWrite,
    StartRefused,
    mutation_text,
    mutations_since,
    start,
    upload,
    write_status,
)
from unfulfill.words import said

PREFIX = "Unfulfill_"  # what the names of all our operations begin with
LONGEST_RUN = timedelta(
    hours=25
)  # Shopify ends a bulk mutation after 24 hours (usage/bulk-operations, 2026-11)
EARLIER = timedelta(hours=1)  # for clocks that differ
PLACE_WAIT_S = 600.0
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 10.0


class BulkOperations:
    """The bulk mutations of one apply, one at a time."""

    def __init__(self, plan: str, shop: Shop, history: History, course: Course) -> None:
        self._plan = plan
        self._shop = shop
        self._history = history
        self._course = course

    def new_name(self) -> str:
        """A name that no other operation has: of the plan, and of the journal as it is now."""
        return f"{PREFIX}{self._plan[:16]}_{self._history.head()[:16]}"

    def announce(self, name: str, operation: str, lines: int, content: bytes) -> None:
        """Journal that a file is going to be sent, before it is."""
        about = {"operation": operation, "lines": lines, "sha256": hashlib.sha256(content).hexdigest()}
        self._record("BULK", name, **about, server_time=self._now().isoformat())

    def has_place(self) -> bool:
        """Wait until an operation can be started; pauses the run where that takes too long."""
        waited_s = 0.0
        while why := self._occupied():
            if waited_s >= PLACE_WAIT_S:
                self._course.pause(why)
            if not self._course.wait(LONGEST_PAUSE_S):
                return False
            waited_s += LONGEST_PAUSE_S
        return True

    def send(self, name: str, content: bytes) -> str | StartRefused:
        """Upload and start what was announced: its id, blank where it cannot be known. Raises NotApplied."""
        text = mutation_text(self._row("BULK", name)["operation"], name)
        path = upload(self._shop, content, f"{name}.jsonl")
        pauses_s = iter(BACK_OFF_S)
        while True:
            try:
                operation = start(self._shop, text, path, name)
            except NotApplied as error:
                pause_s = next(pauses_s, None)
                if not error.may_repeat or pause_s is None or not self._course.wait(pause_s):
                    raise
            except OutcomeUnknown:
                return self._found(name)
            else:
                return operation if isinstance(operation, StartRefused) else self._started(name, operation.id)

    def remembered(self, name: str) -> str:
        """The id of an operation that an earlier run announced; blank: it was not started, or has had its turn."""
        if self._row("BULK_ENDED", name) or not self._row("BULK", name):
            return ""
        return str(self._row("BULK_STARTED", name).get("id", "")) or self._found(name)

    def wait(self, id_: str) -> BulkWrite:
        """The operation when it has ended, or when the run is over: then it goes on at Shopify."""
        pause_s, waited_s = FIRST_PAUSE_S, 0.0
        while (operation := write_status(self._shop, id_)).is_running:
            self._course.tell(operation.done, "waiting for Shopify's bulk operation")
            if waited_s > LONGEST_RUN.total_seconds():
                self._course.pause(said("sent.bulk_endless", id=id_))
            if not self._course.wait(pause_s):
                self._course.pause(said("sent.bulk_goes_on", id=id_))
                break
            waited_s += pause_s
            pause_s = min(LONGEST_PAUSE_S, pause_s * 1.2)
        return operation

    def ended(self, name: str, operation: BulkWrite, answers: int) -> None:
        """Journal the end of an operation, and how many of its lines were answered."""
        self._record("BULK_ENDED", name, id=operation.id, status=operation.status, answers=answers)

    def _occupied(self) -> str:
        """Why no operation can be started now; blank: one can."""
        running = [each for each in mutations_since(self._shop, self._now() - LONGEST_RUN) if each.is_running]
        ours = [each.id for each in running if f" {PREFIX}" in each.text]
        if ours:
            return said("sent.bulk_elsewhere", id=ours[0])
        if len(running) >= SLOTS:
            ids = ", ".join(each.id for each in running)
            return said("sent.bulk_no_place", number=len(running), ids=ids)
        return ""

    def _found(self, name: str) -> str:
        """The operation whose start was not answered: looked for now and after a while; blank: there is none."""
        since = datetime.fromisoformat(self._row("BULK", name)["server_time"]) - EARLIER
        for wait_s in (0.0, SHORT_QUARANTINE_S):
            if not self._course.wait(wait_s):
                break
            for each in mutations_since(self._shop, since):
                if f" {name}(" in each.text:
                    return self._started(name, each.id)
        return ""

    def _started(self, name: str, id_: str) -> str:
        self._record("BULK_STARTED", name, id=id_)
        return id_

    def _now(self) -> datetime:
        self._shop.identity()
        now = self._shop.server_time
        assert now is not None, "the shop answered without a Date"
        return now

    def _record(self, event: str, name: str, **about: Any) -> None:
        self._history.record("", 0, event, {"name": name, **about})

    def _row(self, event: str, name: str) -> Mapping[str, Any]:
        """What the last row of this kind says about an operation; empty where there is none."""
        rows = self._history.by_change.get("", ())
        return next(
            (row.body for row in reversed(rows) if row.event == event and row.body["name"] == name), {}
        )
