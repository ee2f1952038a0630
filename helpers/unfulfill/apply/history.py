"""The journal of one plan, as the engine asks it: what was sent, what is known, what is open."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from unfulfill.apply.outcomes import end_of
from unfulfill.journal import Event, Journal
from unfulfill.model import Change

Row = tuple[str, int, str, dict[str, Any]]  # change, attempt, event, body


class History:
    """Writes rows of one plan and remembers them. Many threads may use it, each for changes of its own."""

    def __init__(self, journal: Journal, plan: str) -> None:
        self._journal = journal
        self._plan = plan
        self._events = journal.history(plan)
        self._gathered: list[Row] | None = None

    @property
    def by_change(self) -> Mapping[str, Sequence[Event]]:
        """Every event, by change id; the plan's own under a blank one."""
        return self._events

    def record(self, change: str, attempt: int, event: str, body: dict[str, Any]) -> None:
        """Write one row, durable unless inside `together`. Raises WorkbenchError where it cannot be written."""
        row = (change, attempt, event, body)
        if self._gathered is None:
            self._journal.record_many([(self._plan, *row)])
        else:
            self._gathered.append(row)
        self._events.setdefault(change, []).append(Event(0, self._plan, *row, "", "", ""))

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is recorded inside is written when it ends, at once; only one thread may record meanwhile.

        A process that dies before has written nothing of it: for what is not sent yet, or can be found out again.
        """
        self._gathered = []
        try:
            yield
        finally:
            rows, self._gathered = self._gathered, None
            self._journal.record_many((self._plan, *row) for row in rows)

    def head(self) -> str:
        """The hash of the journal's last row."""
        return self._journal.head()

    def of(self, change: Change) -> Sequence[Event]:
        """The events of a change, oldest first."""
        return self._events.get(change.id, ())

    def end(self, change: Change) -> Event | None:
        """The event that ended a change; None while it has not ended."""
        return end_of(self.of(change))

    def open_intent(self, change: Change) -> Event | None:
        """The last intent, where neither an outcome nor its absence is known."""
        events = self.of(change)
        if not events or events[-1].event not in ("INTENT", "UNKNOWN"):
            return None
        return next(event for event in reversed(events) if event.event == "INTENT")

    def intents(self, change: Change) -> list[Event]:
        """Every sending of a change, oldest first."""
        return [event for event in self.of(change) if event.event == "INTENT"]

    def count(self, change: Change, mark: str) -> int:
        """How many events of a change carry a mark in their body: lost, key_spent."""
        return sum(bool(event.body.get(mark)) for event in self.of(change))

    def next_attempt(self, change: Change) -> int:
        """The number of the next sending, from 1."""
        return 1 + max((event.attempt for event in self.of(change)), default=0)

    def ended_as(self, change_id: str) -> str:
        """The event that ended a change; blank while it has not ended."""
        end = end_of(self._events.get(change_id, ()))
        return end.event if end is not None else ""

    def seen(self, changes: Sequence[Change]) -> dict[str, list[str]]:
        """For each of these that was sent before: the fulfillments that its order had at the first time."""
        found = {change.id: self.intents(change) for change in changes}
        return {id_: intents[0].body["fulfillments_seen"] for id_, intents in found.items() if intents}
