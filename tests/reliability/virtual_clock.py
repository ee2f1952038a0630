"""The time of a simulation: nobody waits; sleeping moves it on, and what is due on the way happens."""

import heapq
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

STARTS_AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


class VirtualClock:
    """Seconds since the start of a simulation, for the shop and for those who talk to it."""

    def __init__(self) -> None:
        self.now = 0.0
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._number = 0

    def __call__(self) -> float:
        """Seconds since the start."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass; what was put off until then happens, in its order."""
        ends_at = self.now + max(0.0, seconds)
        while self._due and self._due[0][0] <= ends_at:
            at, _, action = heapq.heappop(self._due)
            self.now = max(self.now, at)
            action()
        self.now = ends_at

    def put_off(self, seconds: float, action: Callable[[], None]) -> None:
        """Do something so many seconds from now, while somebody sleeps."""
        self._number += 1
        heapq.heappush(self._due, (self.now + seconds, self._number, action))

    def settle(self) -> None:
        """Let everything happen that was put off."""
        if self._due:
            self.sleep(max(at for at, _, _ in self._due) - self.now)

    def moment(self) -> datetime:
        """The time of day, to the second as Shopify tells it."""
        return STARTS_AT + timedelta(seconds=int(self.now))

    def text(self) -> str:
        """The same as Shopify writes it."""
        return self.moment().strftime("%Y-%m-%dT%H:%M:%SZ")
