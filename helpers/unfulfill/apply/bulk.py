"""Changes whose repetition is harmless, sent as a bulk mutation: thousands at once, which Shopify does not ration.

Only cancels and tags; a cancel that something has to follow in a hurry (a hold, a new fulfillment) is left to the
engine. One round is one operation:

    1. place     Shopify runs five bulk mutations of an app at a time, and never two of ours
    2. look      one reading for all changes, 250 a request; each is checked like any other
    3. intents   all of them and a row about the operation, durable in one transaction
    4. send      upload, then start, once (`bulk_operation.py`)
    5. take      wait for its end; each line of its results is the answer to one change
    6. settle    lines without a certain answer are read back, like every lost answer

Between the look at a change and its turn in the operation lie seconds, with thousands of changes minutes: what somebody
does meanwhile is not seen before verify. An operation outlives the process that started it, and Stop too: starting
again looks for it first, by its id or else by its name, and takes its results. A second one is never started while one
of ours may run.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from unfulfill.apply.approval import refuse_in_quiet_hours
from unfulfill.apply.bulk_operation import BulkOperations
from unfulfill.apply.crew import Crew
from unfulfill.apply.kinds import request
from unfulfill.apply.look import Look, look_at
from unfulfill.apply.sender import ALONE, Sender
from unfulfill.apply.settling import Settler
from unfulfill.errors import NotApplied
from unfulfill.model import CancelFulfillment, Change, Plan, TagOrder
from unfulfill.shop.bulk_write import BulkWrite, StartRefused, lines_of, results
from unfulfill.shop.reading import IDS_A_REQUEST
from unfulfill.words import said

FEWEST = (
    250  # changes; a Standard shop's points allow some 200 at once, and an operation takes a while to begin
)
MOST = 250_000  # changes; a line has less than 250 bytes, and a file at most 100 MB
SENDINGS = 2  # of one change in bulk; after that it goes by itself, where it is said what is wrong with it
OPERATIONS = ("FulfillmentCancel", "TagsAdd", "TagsRemove")  # in the order of their rounds
Line = tuple[int, Change]  # number in the file, from 0


class BulkRounds:
    """The bulk rounds of one apply. `is_next` tells whether a change waits, and ends one whose need failed.

    `folder` is where a file of results lies while it is read.
    """

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
        self._operations = BulkOperations(plan.digest, sender.shop, sender.history, sender.course)
        self._refused = ""  # why the shop does nothing in bulk

    def resume(self) -> None:
        """Take the results of operations that an earlier run started, before anything is looked for or sent."""
        for name, lines in self._open_lines().items():
            id_ = "" if self._course.is_over else self._operations.remembered(name)
            if id_:
                self._take(name, id_, lines)

    def run(self, crew: Crew) -> None:
        """Send what can go in bulk; the rest is left as it is. Raises QuietHours, ShopError."""
        sent = 0
        while not self._course.is_over and (changes := self._next_round()):
            refuse_in_quiet_hours(self._plan, self._shop)
            if self._operations.has_place():
                self._round(crew, changes)
                sent += 1
        is_left = any(self._history.end(change) is None for change in self._plan.changes)
        too_few = "" if sent else said("sent.too_few", number=FEWEST)
        why = self._refused or too_few
        if why and is_left and not self._course.is_over:
            self._course.notes.append(said("sent.no_bulk", why=why))

    # Choosing

    def _next_round(self) -> list[Change]:
        """The waiting changes of one kind, cancels first; empty where too few wait."""
        waiting: dict[str, list[Change]] = {operation: [] for operation in OPERATIONS}
        if self._refused:
            return []
        with self._history.together():
            for change in self._plan.changes:
                if self._may_go(change):
                    waiting[request(change, Look())[0]].append(change)
        return next((changes[:MOST] for changes in waiting.values() if len(changes) >= FEWEST), [])

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
            and all(map(history.ended_as, change.needs))
            and self._is_next(change)
        )

    # Sending

    def _round(self, crew: Crew, changes: Sequence[Change]) -> None:
        looks = self._looks(crew, changes)
        if self._course.is_over:
            return
        name, lines, content = self._intend(looks, changes)
        if not lines:
            return
        try:
            sent = self._operations.send(name, content)
        except NotApplied as error:
            self._not_sent(lines, str(error))
            self._course.pause(said("sent.not_taken", error=error))
            return
        if isinstance(sent, StartRefused):
            self._not_sent(lines, sent.reason)
            if sent.is_busy:
                self._course.pause(said("sent.bulk_not_started", why=sent.reason))
            else:
                self._refused = sent.reason
            return
        if sent:
            self._take(name, sent, lines)
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
        """Journal what is going to be sent, and end what is not; the operation's name, lines and bytes."""
        name, operation = self._operations.new_name(), ""
        lines: list[Line] = []
        sent: list[dict[str, Any]] = []
        with self._history.together():
            for change in changes:
                look = looks[change.id]
                if self._sender.may_be_sent(change, look):
                    operation, variables = request(change, look)
                    body = self._sender.intent(operation, variables, look)
                    body |= {"bulk": name, "line": len(lines)}
                    self._history.record(change.id, self._history.next_attempt(change), "INTENT", body)
                    lines.append((len(lines), change))
                    sent.append(variables)
            content = lines_of(sent)
            if lines:
                self._operations.announce(name, operation, len(lines), content)
        return name, lines, content

    def _not_sent(self, lines: Sequence[Line], why: str) -> None:
        with self._history.together():
            for _, change in lines:
                attempt = self._history.intents(change)[-1].attempt
                self._history.record(change.id, attempt, "NOT_APPLIED", {"message": why})

    # Taking

    def _open_lines(self) -> dict[str, list[Line]]:
        """The changes whose last sending was in bulk and is open, by the name of the operation."""
        found: dict[str, list[Line]] = {}
        for change in self._plan.changes:
            intent = self._history.open_intent(change)
            if intent and "bulk" in intent.body:
                found.setdefault(intent.body["bulk"], []).append((intent.body["line"], change))
        return found

    def _take(self, name: str, id_: str, lines: Sequence[Line]) -> None:
        """Wait for an operation and journal what it did; the run is over where it still goes on."""
        operation = self._operations.wait(id_)
        if operation.is_running:
            return
        payloads = results(self._shop, operation, self._folder / f"{name}.jsonl")
        answered = [line for line in lines if line[0] in payloads]
        with self._history.together():
            for number, change in answered:
                intent = self._history.intents(change)[-1]
                self._sender.judge(change, intent.attempt, intent.body["variables"], payloads[number])
            self._operations.ended(name, operation, len(answered))
        if operation.status != "COMPLETED":
            self._settle(lines)
            self._explain(operation, len(lines))

    def _settle(self, lines: Sequence[Line]) -> None:
        self._settler.settle([change for _, change in lines if self._history.open_intent(change)])

    def _explain(self, operation: BulkWrite, lines: int) -> None:
        """Say that an operation did not complete. Who cancelled it wants it to stop, so that pauses the run."""
        status = f"{operation.status} ({operation.error})" if operation.error else operation.status
        numbers = {"done": operation.done, "all": lines}
        if operation.status == "CANCELED" or operation.error == "ACCESS_DENIED":
            self._course.pause(said("sent.bulk_ended", id=operation.id, status=status, **numbers))
        else:
            note = said("sent.bulk_ended_settled", id=operation.id, status=status, **numbers)
            self._course.notes.append(note)
