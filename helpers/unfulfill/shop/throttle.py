"""A shared model of the shop's leaky bucket, so that no request is sent only to be refused.

Shopify refills `restoreRate` points a second up to `maximumAvailable` and tells both, and what is left, in
every answer (https://shopify.dev/docs/api/usage/limits, 2026-11). A request reserves its cost here before it
is sent, which also spaces out threads that wait; the answer then corrects the model.
"""

import math
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

HEADROOM_POINTS = 10.0  # for rounding and jitter
SLOWEST = 0.2  # the share of the rate that is used after many refusals
CUT = 0.7  # factor of the share after a refusal: another client draws on the same bucket
CUT_EVERY_S = 0.5  # refusals of requests in flight together count once
RECOVER_PER_S = 0.05


class Bucket:
    """What is left of one app's points at one shop. Safe to use from many threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._available: float | None = None  # None until the first answer; below 0: reserved ahead
        self._in_flight = 0.0
        self._maximum = 0.0
        self._rate = 0.0
        self._share = 1.0
        self._seen_at = 0.0
        self._cut_at = -math.inf

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
        with self._lock:
            self._refill()
            return max(0.0, self._available or 0.0)

    def reserve(self, cost: float) -> float:
        """Take `cost` points now; returns the seconds to wait before sending.

        0 until the first answer has come: the first request is the probe.
        """
        with self._lock:
            self._in_flight += cost
            if self._available is None:
                return 0.0
            self._refill()
            self._available -= cost
            return max(0.0, (HEADROOM_POINTS - self._available) / (self._rate * self._share))

    def settle(self, cost: float, status: Mapping[str, Any] | None, *, throttled: bool) -> None:
        """Give the answer's `throttleStatus` for a request that had reserved `cost` (None: there was none)."""
        with self._lock:
            self._in_flight = max(0.0, self._in_flight - cost)
            self._refill()
            if throttled:
                self._give_back(cost)
            told = _numbers(status)
            if told is None:
                return
            left, self._maximum, self._rate = told
            unseen = left - self._in_flight  # if the shop has seen none of the requests under way
            if self._available is None:
                self._available = unseen
                self._seen_at = self._clock()
            # The truth lies between "none of those in flight is counted in `left`" and "all are".
            self._available = min(max(self._available, unseen), left)

    def _give_back(self, cost: float) -> None:
        if self._available is not None:
            self._available += cost
        now = self._clock()
        if now - self._cut_at >= CUT_EVERY_S:
            self._share = max(SLOWEST, self._share * CUT)
            self._cut_at = now

    def _refill(self) -> None:
        if self._available is None:
            return
        now = self._clock()
        passed = max(0.0, now - self._seen_at)
        self._seen_at = now
        self._available = min(self._maximum, self._available + passed * self._rate * self._share)
        self._share = min(1.0, self._share + passed * RECOVER_PER_S)


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
