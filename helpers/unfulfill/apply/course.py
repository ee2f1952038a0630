"""How one run of an apply goes: what is done, whether it must end, and why. Shared by all its threads."""

import threading
from collections import Counter
from collections.abc import Callable

from unfulfill.model import IN_EFFECT, Change, Result
from unfulfill.progress import Progress
from unfulfill.words import said

REFUSALS_IN_A_ROW = 10  # of one kind
WAIT_STEP_S = 0.5  # how soon a wait hears of Stop

Failed = Callable[[Change, Result, str], None]  # told of each change that ends without effect, and why


def not_told(change: Change, result: Result, message: str) -> None:
    """Tell nobody."""


class Course:
    """One run. `sleep` waits seconds; `stop` is the operator's."""

    def __init__(
        self,
        total: int,
        stop: threading.Event,
        sleep: Callable[[float], object],
        progress: Progress,
        failed: Failed = not_told,
    ) -> None:
        self.paused = ""  # why it ended early; blank: it did not, or the operator stopped it
        self.notes: list[str] = []  # what the operator should know and did no harm
        self.deferred: dict[str, str] = {}  # by id: second halves of a case that were refused in this run
        self._total = total
        self._stop = stop
        self._sleep = sleep
        self._progress = progress
        self._failed = failed
        self._lock = threading.Lock()
        self._halted = threading.Event()
        self._refused: Counter[str] = Counter()
        self._done = 0

    def begin(self, done: int) -> None:
        """Say how many changes an earlier run has brought to their end."""
        self._done = done
        self._progress(done, self._total, "applying changes")

    def ended(self, change: Change, event: str, message: str) -> None:
        """Count a change that has ended. Ten refusals of one kind in a row end the run."""
        with self._lock:
            self._done += 1
            if Result[event] not in IN_EFFECT:
                self._failed(change, Result[event], message)
            self._progress(self._done, self._total, "applying changes")
            if event == "APPLIED":
                self._refused[change.kind] = 0
            elif event == "REFUSED":  # what was not sent says nothing about the shop
                self._refused[change.kind] += 1
            refused = self._refused[change.kind]
        if event == "REFUSED" and refused >= REFUSALS_IN_A_ROW:
            self.pause(said("sent.refused_in_a_row", number=refused, message=message))

    def tell(self, more: int, text: str) -> None:
        """Say how far a wait is: `more` changes are done, but how they ended is not known yet."""
        self._progress(min(self._done + more, self._total), self._total, text)

    def defer(self, change: Change, message: str) -> None:
        """Leave the second half of a case for the next run."""
        with self._lock:
            self.deferred[change.id] = said("sent.of_order", order=change.order_name, message=message)

    def pause(self, why: str) -> None:
        """End the run soon; the first reason counts."""
        with self._lock:
            self.paused = self.paused or why
        self.halt()

    def halt(self) -> None:
        """End the run soon."""
        self._halted.set()

    @property
    def is_over(self) -> bool:
        """Whether nothing new may be sent."""
        return self._stop.is_set() or self._halted.is_set()

    def wait(self, wait_s: float) -> bool:
        """Wait; false as soon as the run is over."""
        for _ in range(round(wait_s / WAIT_STEP_S)):
            if self.is_over:
                return False
            self._sleep(WAIT_STEP_S)
        return True

    def verdict(self, unfinished: bool) -> str:
        """Why it stopped before the end; blank: it did not."""
        if self.paused or self._stop.is_set():
            return (self.paused or said("sent.stopped")) if unfinished else ""
        if self.deferred:
            first = next(iter(self.deferred.values()))
            return said("sent.half_done", count=len(self.deferred), first=first)
        self._progress(self._total, self._total, "done")
        return ""
