"""Changes whose repetition is harmless, sent as a bulk mutation: thousands at once, which Shopify does not ration.

Only cancels and tags; a cancel that something has to follow in a hurry (a hold, a new fulfillment) is left to the
engine. One round is one operation:

    1. wait      for a place: Shopify runs five bulk mutations of an app at a time, and never two of ours
    2. look      one reading for all changes, 250 a request; each is checked like any other
    3. intents   all of them, then a row BULK with the name of the operation; durable before anything is uploaded
    4. send      upload, then start it, once; a row BULK_STARTED with its id
    5. take      wait for its end; each line of its results is the answer to one change; a row BULK_ENDED
    6. settle    lines without a certain answer are read back, like every lost answer

Between the look at a change and its turn in the operation lie seconds, with thousands of changes minutes: what somebody
does meanwhile is not seen before verify. An operation outlives the process that started it, and Stop too: starting
again looks for it first, by its id or else by its name, and takes its results. A second one is never started while one
of ours may run.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from unfulfill.apply.crew import Crew
from unfulfill.apply.kinds import request
from unfulfill.apply.look import Look, look_at
from unfulfill.apply.sender import ALONE, BACK_OFF_S, Sender
from unfulfill.apply.settling import SHORT_QUARANTINE_S, Settler
from unfulfill.errors import NotApplied, OutcomeUnknown
from unfulfill.journal import Event
from unfulfill.model import CancelFulfillment, Change, Plan, TagOrder
from unfulfill.shop.bulk import SLOTS
from unfulfill.shop.bulk_write import (
    BulkWrite,
    StartRefused,
    lines_of,
    mutation_text,
    mutations_since,
    results,
    start,
    upload,
    write_status,
)
from unfulfill.shop.reading import IDS_A_REQUEST

FEWEST = (
    250  # changes; a Standard shop's points allow some 200 at once, and an operation takes a while to begin
)
MOST = 250_000  # changes; a line has less than 250 bytes, and a file at most 100 MB
SENDINGS = 2  # of one change in bulk; after that it goes by itself, where it is said what is wrong with it
NAME = "Unfulfill"  # what the name of every operation of ours begins with
LONGEST_RUN = timedelta(hours=25)  # Shopify ends a bulk mutation after 24 hours
EARLIER = timedelta(hours=1)  # for clocks
PLACE_WAIT_S = 600.0
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 10.0
Line = tuple[int, Change]  # number in the file, from 0


class BulkRounds:
    """The bulk operations of one apply. `is_next` tells whether a change waits, and ends one whose need failed."""

    def __init__(
        self, plan: Plan, sender: Sender, settler: Settler, folder: Path, is_next: Callable[[Change], bool]
    ) -> None:
        self._plan = plan
        self._sender = sender
        self._settler = settler
        self._folder = folder
        self._is_next = is_next
        self._shop = sender.shop
        self._history = sender.history
        self._course = sender.course
        self._refused = ""  # why the shop does nothing in bulk

    def resume(self) -> None:
        """Take the results of operations that an earlier run started, before anything is looked for or sent."""
        for name, lines in self._open_lines().items():
            begun, started, ended = (
                self._rows(event, name) for event in ("BULK", "BULK_STARTED", "BULK_ENDED")
            )
            if self._course.is_over:
                return
            if not begun:
                self._not_sent(lines, "it was to go with a bulk operation that was never started")
            elif not ended:
                id_ = started[-1].body["id"] if started else self._found(name, begun[-1].body["server_time"])
                if id_:
                    self._take(name, id_, lines)

    def run(self, crew: Crew) -> None:
        """Send what can go in bulk; the rest is left as it is."""
        sent = 0
        while not self._course.is_over and (changes := self._next_round()):
            if self._has_place():
                sent += 1
                self._round(crew, changes)
        is_left = any(self._history.end(change) is None for change in self._plan.changes)
        why = self._refused or (
            "" if sent else f"fewer than {FEWEST} cancels or tags wait that may go in bulk"
        )
        if why and is_left and not self._course.is_over:
            self._course.notes.append(f"No bulk operation was started ({why}); the changes go one by one.")

    # Choosing

    def _next_round(self) -> list[Change]:
        """The waiting changes of one kind, cancels first; empty where too few wait."""
        kinds: dict[str, list[Change]] = {"FulfillmentCancel": [], "TagsAdd": [], "TagsRemove": []}
        if self._refused:
            return []
        with self._history.together():
            for change in self._plan.changes:
                if self._may_go(change):
                    kinds[request(change, Look())[0]].append(change)
        return next((changes[:MOST] for changes in kinds.values() if len(changes) >= FEWEST), [])

    def _may_go(self, change: Change) -> bool:
        history = self._history
        if isinstance(change.action, CancelFulfillment):
            others = self._sender.of_order[change.order_id or change.case]
            is_harmless = all(isinstance(other.action, ALONE) for other in others)
        else:
            is_harmless = isinstance(change.action, TagOrder)
        return (
            is_harmless
            and history.end(change) is None
            and len(history.intents(change)) < SENDINGS
            and all(map(history.has_ended, change.needs))
            and self._is_next(change)
        )

    def _has_place(self) -> bool:
        """Wait until an operation can be started; pauses the run where that takes too long."""
        waited_s = 0.0
        while why := self._occupied():
            if waited_s >= PLACE_WAIT_S:
                self._course.pause(why)
            if not self._course.wait(LONGEST_PAUSE_S):
                return False
            waited_s += LONGEST_PAUSE_S
        return True

    def _occupied(self) -> str:
        """Why no operation can be started now; blank: one can."""
        now = self._shop.server_time
        assert now is not None, "a bulk operation was asked for before the shop answered at all"
        running = [each for each in mutations_since(self._shop, now - LONGEST_RUN) if each.is_running]
        ours = [each.id for each in running if f" {NAME}_" in each.text]
        if ours:
            return f"Another apply of the workbench runs the bulk operation {ours[0]} in this shop"
        if len(running) >= SLOTS:
            return f"This app runs {len(running)} bulk mutations already, {', '.join(each.id for each in running)}"
        return ""

    # Sending

    def _round(self, crew: Crew, changes: Sequence[Change]) -> None:
        looks = self._looks(crew, changes)
        if self._course.is_over:
            return
        name, lines, content = self._intend(looks, changes)
        if not lines:
            return
        try:
            operation = self._send(name, lines, content)
        except NotApplied as error:
            self._not_sent(lines, str(error))
            self._course.pause(f"The shop takes no changes now ({error})")
        else:
            if operation:
                self._take(name, operation, lines)
        if not self._course.is_over:
            self._settle(lines)

    def _looks(self, crew: Crew, changes: Sequence[Change]) -> dict[str, Look]:
        looks: dict[str, Look] = {}

        def look(some: Sequence[Change]) -> None:
            looks.update(look_at(self._shop, some, self._history.seen(some)))

        crew.each(look, [changes[at : at + IDS_A_REQUEST] for at in range(0, len(changes), IDS_A_REQUEST)])
        return looks

    def _intend(
        self, looks: Mapping[str, Look], changes: Iterable[Change]
    ) -> tuple[str, Sequence[Line], bytes]:
        """Journal what is going to be sent, and end what is not; returns name, lines and bytes of the operation.

        The name holds the plan and the state of the journal, so that no other operation ever has the same.
        """
        name = f"{NAME}_{self._plan.digest[:16]}_{self._history.head()[:16]}"
        lines: list[Line] = []
        sent: list[dict[str, Any]] = []
        with self._history.together():
            for change in changes:
                look = looks[change.id]
                if not self._sender.may_be_sent(change, look):
                    continue
                operation, variables = request(change, look)
                body = self._sender.intent(operation, variables, look) | {"bulk": name, "line": len(lines)}
                self._history.record(change.id, self._history.next_attempt(change), "INTENT", body)
                lines.append((len(lines), change))
                sent.append(variables)
        content = lines_of(sent)
        if lines:
            about = {
                "operation": operation,
                "lines": len(lines),
                "sha256": hashlib.sha256(content).hexdigest(),
            }
            at = self._shop.server_time
            about["server_time"] = at.isoformat() if at else ""
            self._history.record("", 0, "BULK", {"name": name, **about})
        return name, lines, content

    def _send(self, name: str, lines: Sequence[Line], content: bytes) -> str:
        """Upload and start; the operation's id, blank where it is not known. Raises NotApplied."""
        began = self._rows("BULK", name)[-1].body
        text = mutation_text(began["operation"], name)
        path = upload(self._shop, content, f"{name}.jsonl")
        for pause_s in (*BACK_OFF_S, None):
            try:
                operation = start(self._shop, text, path, name)
            except NotApplied as error:
                if not error.may_repeat or pause_s is None or not self._course.wait(pause_s):
                    raise
            except OutcomeUnknown:
                return self._found(name, began["server_time"])
            else:
                return self._started(name, lines, operation)
        return ""

    def _started(self, name: str, lines: Sequence[Line], operation: BulkWrite | StartRefused) -> str:
        if isinstance(operation, StartRefused):
            self._not_sent(lines, operation.reason)
            if operation.is_busy:
                self._course.pause(f"Shopify starts no bulk operation now ({operation.reason})")
            else:
                self._refused = operation.reason
            return ""
        self._history.record("", 0, "BULK_STARTED", {"name": name, "id": operation.id})
        return operation.id

    def _found(self, name: str, server_time: str) -> str:
        """The operation of this name, whose start was not answered: looked for now and after a while; blank: none."""
        since = datetime.fromisoformat(server_time) - EARLIER
        for wait_s in (0.0, SHORT_QUARANTINE_S):
            if not self._course.wait(wait_s):
                break
            for each in mutations_since(self._shop, since):
                if f" {name}(" in each.text:
                    self._history.record("", 0, "BULK_STARTED", {"name": name, "id": each.id})
                    return each.id
        return ""

    # Taking

    def _take(self, name: str, id_: str, lines: Sequence[Line]) -> None:
        """Wait for an operation and journal what it did; the run is over where it still goes on."""
        operation = self._wait(id_)
        if operation.is_running:
            return
        payloads = results(self._shop, operation, self._folder / f"{name}.jsonl")
        known = 0
        with self._history.together():
            for number, change in lines:
                if number in payloads:
                    known += 1
                    intent = self._history.intents(change)[-1]
                    self._sender.judge(change, intent.attempt, intent.body["variables"], payloads[number])
            about = {"name": name, "id": id_, "status": operation.status, "answers": known}
            self._history.record("", 0, "BULK_ENDED", about)
        if operation.status != "COMPLETED":
            self._settle(lines)
            self._explain(operation, len(lines))

    def _explain(self, operation: BulkWrite, lines: int) -> None:
        code = f" ({operation.error})" if operation.error else ""
        said = f"The bulk operation {operation.id} ended as {operation.status}{code} after {operation.done} of {lines}"
        if operation.status == "CANCELED" or operation.error == "ACCESS_DENIED":
            self._course.pause(f"{said} changes")
        else:
            self._course.notes.append(f"{said} changes; what it did was read back, the rest was sent again.")

    def _wait(self, id_: str) -> BulkWrite:
        """The operation when it has ended, or when the run is over."""
        pause_s, waited_s = FIRST_PAUSE_S, 0.0
        while (operation := write_status(self._shop, id_)).is_running:
            self._course.tell(operation.done, "waiting for Shopify's bulk operation")
            if waited_s > LONGEST_RUN.total_seconds():
                self._course.pause(f"The bulk operation {id_} does not end")
            if not self._course.wait(pause_s):
                self._course.pause(f"Stopped, but Shopify goes on with the bulk operation {id_}")
                break
            waited_s += pause_s
            pause_s = min(LONGEST_PAUSE_S, pause_s * 1.2)
        return operation

    def _settle(self, lines: Sequence[Line]) -> None:
        self._settler.settle([change for _, change in lines if self._history.open_intent(change)])

    def _not_sent(self, lines: Sequence[Line], why: str) -> None:
        with self._history.together():
            for _, change in lines:
                attempt = self._history.intents(change)[-1].attempt
                self._history.record(change.id, attempt, "NOT_APPLIED", {"message": why})

    # The journal

    def _rows(self, event: str, name: str) -> list[Event]:
        rows = self._history.by_change.get("", ())
        return [row for row in rows if row.event == event and row.body.get("name") == name]

    def _open_lines(self) -> dict[str, list[Line]]:
        """The changes whose last sending was in bulk and is open, by the name of the operation."""
        found: dict[str, list[Line]] = {}
        for change in self._plan.changes:
            intent = self._history.open_intent(change)
            if intent and "bulk" in intent.body:
                found.setdefault(intent.body["bulk"], []).append((intent.body["line"], change))
        return found
