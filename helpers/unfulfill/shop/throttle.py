"""A shared model of the shop's leaky bucket, so that no request is sent only to be refused.

Shopify refills `restoreRate` points a second up to `maximumAvailable` and tells both, and what is left, in
every answer (https://shopify.dev/docs/api/usage/limits, 2026-11). A request takes a turn here before it is sent
and gives it back with its answer, which corrects the model:

1. Turns come in the order in which they were asked for, so that a dear request is not overtaken for ever.
2. The very first request goes alone, for only its answer tells the size of the bucket; so does the first of each
   kind, for only its answer tells the cost.
3. After a refusal nothing is sent for as long as the shop says, and a while less than the rate is used: another
   process draws on the same bucket.
"""

import math
import threading
import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

HEADROOM_POINTS = 10.0  # for rounding and jitter
SLOWEST = 0.2  # the share of the rate that is used after many refusals
CUT = 0.7  # factor of the share after a refusal
CUT_EVERY_S = 0.5  # refusals of requests in flight together count once
RECOVER_PER_S = 0.05
REFUSED_PAUSE_S = 1.0  # Shopify asks for at least this
LISTEN_S = 1.0  # how often a thread that waits for another's answer looks up
NOTHING_S = 1e-6  # what is left of a wait by rounding


@dataclass(eq=False)
class Turn:
    """One request's place, from asking for it until its answer came."""

    kind: Hashable  # requests of one kind cost the same
    cost: float  # points
    is_sent: bool = False


@dataclass(frozen=True)
class Told:
    """What an answer says about points; everything may be missing."""

    status: Mapping[str, Any] | None = None  # `throttleStatus`
    requested: float | None = None  # `requestedQueryCost`
    actual: float | None = None  # `actualQueryCost`
    refused: bool = False  # for want of points
    wait_s: float = 0.0  # asked for by a refusal
    reached: bool = True  # False: the request certainly never reached the shop


NOTHING_TOLD = Told()


class Bucket:
    """What is left of one app's points at one shop. Safe to use from many threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        self._waiting: list[Turn] = []
        self._sent: list[Turn] = []
        self._costs: dict[Hashable, float] = {}
        self._level: float | None = None  # if all that was sent is charged; None until the first answer
        self._maximum = 0.0
        self._rate = 0.0
        self._share = 1.0
        self._seen_at = 0.0
        self._cut_at = self._hold_until = -math.inf

    @property
    def restore_rate(self) -> float:
        """Points a second, as the shop last said; 0 before its first answer."""
        return self._rate

    @property
    def maximum(self) -> float:
        """Points that it holds when full, as the shop last said; 0 before its first answer."""
        return self._maximum

    @property
    def points(self) -> float:
        """What is left now, by this model; 0 before the shop's first answer."""
        with self._changed:
            self._refill()
            return max(0.0, self._level or 0.0)

    def cost_of(self, kind: Hashable) -> float | None:
        """What a request of this kind costs, in points, as the shop last said; None while it has not."""
        with self._changed:
            return self._costs.get(kind)

    def take(self, kind: Hashable, guess: float, sleep: Callable[[float], object]) -> Turn:
        """Wait until a request of this kind may be sent. Every turn is given back by `settle`.

        `guess` is its cost in points while the shop has not said it. A `sleep` that does not sleep (as in tests) is
        called once, and the request goes.
        """
        turn = Turn(kind, guess)
        try:
            while (wait_s := self._wait_s(turn)) > 0:
                before = self._clock()
                sleep(wait_s)
                if self._clock() - before < wait_s / 2:
                    self._send(turn)
                    break
        except BaseException:  # an interrupt: others must not wait for this turn
            self.settle(turn, Told(reached=False))
            raise
        return turn

    def settle(self, turn: Turn, told: Told) -> None:
        """Give a turn back with what its answer said. What is not known counts as spent."""
        with self._changed:
            self._refill()
            if told.requested is not None:
                self._costs[turn.kind] = max(0.0, told.requested)
            if turn.is_sent and (told.refused or not told.reached):
                self._gain(turn.cost)
            elif turn.is_sent and told.actual is not None:
                self._gain(turn.cost - told.actual)
            self._forget(turn)
            if told.refused:
                self._slow_down(told, turn.cost)
            self._correct(told.status)
            self._changed.notify_all()

    def _wait_s(self, turn: Turn) -> float:
        """Seconds until it is the turn's time, at which one must ask again; 0: it is now, and it counts as sent."""
        with self._changed:
            while self._is_alone(turn.kind):
                self._changed.wait(LISTEN_S)
            if turn not in self._waiting:
                self._waiting.append(turn)
            turn.cost = self._costs.get(turn.kind, turn.cost)
            wait_s = self._hold_until - self._clock()
            if self._level is not None:
                self._refill()
                ahead = sum(each.cost for each in self._waiting[: self._waiting.index(turn)])
                need = ahead + min(turn.cost + HEADROOM_POINTS, self._maximum)
                wait_s = max(wait_s, (need - self._level) / (self._rate * self._share))
            if wait_s > NOTHING_S:
                return wait_s
            self._send(turn)
            return 0.0

    def _is_alone(self, kind: Hashable) -> bool:
        """Whether a request is on its way whose answer must be known before another is sent."""
        if self._level is None and self._sent:
            return True
        return kind not in self._costs and any(each.kind == kind for each in self._sent)

    def _send(self, turn: Turn) -> None:
        with self._changed:
            self._waiting.remove(turn)
            self._sent.append(turn)
            turn.is_sent = True
            self._gain(-turn.cost)

    def _forget(self, turn: Turn) -> None:
        for turns in (self._waiting, self._sent):
            if turn in turns:
                turns.remove(turn)

    def _gain(self, points: float) -> None:
        if self._level is not None:
            self._level += points

    def _slow_down(self, told: Told, cost: float) -> None:
        now = self._clock()
        if now - self._cut_at >= CUT_EVERY_S:
            self._share = max(SLOWEST, self._share * CUT)
            self._cut_at = now
        pause_s = max(REFUSED_PAUSE_S, told.wait_s, refused_wait_s(told.status, told.requested or cost))
        self._hold_until = max(self._hold_until, now + pause_s)

    def _correct(self, status: Mapping[str, Any] | None) -> None:
        numbers = _numbers(status)
        if numbers is None:
            return
        left, self._maximum, self._rate = numbers
        unseen = left - sum(each.cost for each in self._sent)  # if it counts none of those under way
        if self._level is None:
            self._level, self._seen_at = unseen, self._clock()
        # The truth lies between "none of those under way is counted in `left`" and "all are".
        self._level = min(max(self._level, unseen), left)

    def _refill(self) -> None:
        if self._level is None:
            return
        now = self._clock()
        passed = max(0.0, now - self._seen_at)
        self._seen_at = now
        self._level = min(self._maximum, self._level + passed * self._rate * self._share)
        self._share = min(1.0, self._share + passed * RECOVER_PER_S)


@cache
def shared_bucket(url: str, app: str) -> Bucket:
    """The bucket of an app at a shop, one for all connections of this process. `app` names the app, not its secret."""
    return Bucket()


def refused_wait_s(status: Mapping[str, Any] | None, cost: float) -> float:
    """Seconds until the shop has the points for a request that it refused: (requested - available) / rate."""
    numbers = _numbers(status)
    return max(0.0, (cost - numbers[0]) / numbers[2]) if numbers else 0.0


def threads_for(restore_rate: float, latency_s: float, cost_points: float = 10.0) -> int:
    """How many threads use up the rate: 4 on Standard, 16 on Plus. `latency_s` is that of a slow request."""
    return min(32, max(4, math.ceil(restore_rate / cost_points * latency_s) + 3))


def _numbers(status: Mapping[str, Any] | None) -> tuple[float, float, float] | None:
    """Left, maximum and rate, or None where the answer does not make sense."""
    if not isinstance(status, Mapping):
        return None
    values = [status.get(name) for name in ("currentlyAvailable", "maximumAvailable", "restoreRate")]
    if not all(isinstance(value, (int, float)) and math.isfinite(value) for value in values):
        return None
    left, maximum, rate = (float(value) for value in values if value is not None)
    return (left, maximum, rate) if rate > 0 and maximum > 0 else None
