"""The engine: takes a plan through the shop, wave by wave, by way of the journal.

The changes of one order follow each other, those of different orders go side by side. A wave is a number of orders;
a round takes the next change of each:

    1. look        one reading for all of them, just now
    2. in threads  each one: check, intent, send, outcome (`sender.py`)
    3. settle      whatever is unknown after that: look for the event, wait, look again (`settling.py`)

What an earlier run left unknown is settled before anything else is sent. Where bulk is asked for, what may go in bulk
goes first (`bulk.py`).
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby

from unfulfill.apply.approval import check_approval, refuse_in_quiet_hours
from unfulfill.apply.bulk import BulkRounds
from unfulfill.apply.course import Course, Failed, not_told
from unfulfill.apply.crew import Crew
from unfulfill.apply.history import History
from unfulfill.apply.look import look_at
from unfulfill.apply.outcomes import Applied, outcomes_of
from unfulfill.apply.sender import ALONE, Sender
from unfulfill.apply.settling import Settler
from unfulfill.errors import QuietHours, ShopError
from unfulfill.journal import Journal
from unfulfill.model import Change, Plan, ReleaseHold, SetOnHand, to_json
from unfulfill.plan_stock import change_name
from unfulfill.progress import Progress, no_progress
from unfulfill.shop import Shop
from unfulfill.shop.reading import IDS_A_REQUEST
from unfulfill.words import said

# Orders in a wave. What a cancel opens is anybody's until it is held or fulfilled again, so those waves are short.
URGENT_WAVE = 25


class Engine:
    """Applies one plan to one shop. `sleep` waits seconds; `stop` ends the run after what is in flight.

    `failed` hears of each change that ends without effect, from the thread that it ended in.
    `threads` by default as many as use up the shop's points; with one, everything happens in the caller's thread.
    `bulk` sends thousands of cancels and tags by bulk operations of the shop. `is_locked` tells before each wave
    whether the shop is still ours alone.
    """

    def __init__(
        self,
        plan: Plan,
        shop: Shop,
        journal: Journal,
        *,
        sleep: Callable[[float], object],
        stop: threading.Event | None = None,
        progress: Progress = no_progress,
        failed: Failed = not_told,
        threads: int | None = None,
        bulk: bool = False,
        is_locked: Callable[[], bool] = lambda: True,
    ) -> None:
        self.plan = plan
        self.shop = shop
        self.journal = journal
        self.threads = threads
        self.course = Course(len(plan.changes), stop or threading.Event(), sleep, progress, failed)
        self.history = History(journal, plan.digest)
        self.sender = Sender(plan, shop, self.history, self.course)
        self.settler = Settler(self.sender)
        self._releases = {change.id for change in plan.changes if isinstance(change.action, ReleaseHold)}
        self.in_bulk = bulk
        self.is_locked = is_locked
        self.bulk = BulkRounds(plan, self.sender, self.settler, journal.path.parent, self._is_next)

    def run(self, approve: str, who: str) -> Applied:
        """Apply what is not applied yet. `who` approved: names, with commas.

        Raises NotApproved, WrongShop, LimitExceeded or QuietHours before anything is sent.
        """
        check_approval(self.plan, self.shop, approve, who.split(","))
        if "" not in self.history.by_change:
            self.history.record("", 0, "PLAN", {"approved_by": who, "plan": to_json(self.plan)})
        changes = self.plan.changes
        self.course.begin(sum(self.history.end(change) is not None for change in changes))
        with Crew(self.threads or self.shop.threads, self.course.halt) as crew:
            self._go(crew)
        paused = self.course.verdict(any(self.history.end(change) is None for change in changes))
        outcomes = outcomes_of(self.plan, self.history.by_change)
        notes = tuple(self.course.notes)
        names = {change.id: change_name(change) for change in changes}
        return Applied(tuple(outcomes.values()), len(changes), self.journal.head(), paused, notes, names)

    def _go(self, crew: Crew) -> None:
        try:
            self.bulk.resume()
            if not self.course.is_over:
                self.settler.settle(self._unknown(self.plan.changes))
            if self.in_bulk:
                self.bulk.run(crew)
            for wave in self._waves():
                refuse_in_quiet_hours(self.plan, self.shop)
                if not self.is_locked():
                    self.course.pause(said("sent.lock_gone"))
                while changes := self._next_round(wave):
                    self._round(crew, changes)
        except QuietHours as error:
            self.course.pause(str(error))
        except ShopError as error:
            self.course.pause(said("sent.unreadable", error=error))

    def _round(self, crew: Crew, changes: list[Change]) -> None:
        looks = look_at(self.shop, changes, self.history.seen(changes))
        crew.each(lambda change: self.sender.one(change, looks[change.id]), changes)
        self.settler.settle(self._unknown(changes))

    def _unknown(self, changes: Sequence[Change]) -> list[Change]:
        return [change for change in changes if self.history.open_intent(change)]

    def _waves(self) -> Iterator[tuple[str, ...]]:
        return waves(
            {
                order: changes
                for order, changes in self.sender.of_order.items()
                if any(self.history.end(change) is None for change in changes)
            }
        )

    def _next_round(self, wave: Sequence[str]) -> list[Change]:
        """The next change of each order; empty when all have ended, or the run has."""
        if self.course.is_over:
            return []
        found = (next(filter(self._is_next, self.sender.of_order[order]), None) for order in wave)
        return [change for change in found if change is not None]

    def _is_next(self, change: Change) -> bool:
        """Whether this change waits to be done; one whose need failed is ended in passing."""
        deferred = self.course.deferred
        if (
            self.history.end(change)
            or change.id in deferred
            or any(need in deferred for need in change.needs)
            or (deferred and isinstance(change.action, SetOnHand))  # units of theirs are still on the shelf
        ):
            return False
        missing = [need for need in change.needs if not self._is_met(need)]
        if missing:
            message = said("sent.blocked", change=missing[0])
            self.sender.end(change, 0, "BLOCKED", {"message": message})
        return not missing

    def _is_met(self, need: str) -> bool:
        """Whether a needed change is in effect by us; a hold that is gone is gone, whoever released it."""
        end = self.history.ended_as(need)
        return end == "APPLIED" or (end == "ALREADY_DONE" and need in self._releases)


def waves(of_order: Mapping[str, Sequence[Change]]) -> Iterator[tuple[str, ...]]:
    """Orders in the plan's order, as many as are looked at together."""
    for (_, size), orders in groupby(of_order, lambda order: _kind_of_wave(of_order[order])):
        alike = tuple(orders)
        yield from (alike[start : start + size] for start in range(0, len(alike), size))


def _kind_of_wave(changes: Sequence[Change]) -> tuple[bool, int]:
    """Whether it is about stock, and how many go together.

    Stock is set when the cancels before it in the plan have ended: they move it too.
    """
    is_stock = isinstance(changes[0].action, SetOnHand)
    is_urgent = any(not isinstance(change.action, ALONE) for change in changes)
    return is_stock, URGENT_WAVE if is_urgent else IDS_A_REQUEST
