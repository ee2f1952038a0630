import threading
from collections.abc import Mapping

import pytest

from unfulfill.shop.throttle import Bucket, threads_for


class FakeClock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class FakeServer:
    """Shopify's bucket, told to the client after every request."""

    def __init__(self, clock: FakeClock, maximum: float = 2000, rate: float = 100) -> None:
        self.clock, self.maximum, self.rate = clock, maximum, rate
        self.available, self.at = maximum, clock()

    def ask(self, cost: float) -> tuple[bool, Mapping[str, float]]:
        self.available = min(self.maximum, self.available + (self.clock() - self.at) * self.rate)
        self.at = self.clock()
        served = self.available >= cost
        self.available -= cost if served else 0
        status = {
            "currentlyAvailable": self.available,
            "maximumAvailable": self.maximum,
            "restoreRate": self.rate,
        }
        return served, status


def send(bucket: Bucket, server: FakeServer, clock: FakeClock, cost: float = 10) -> bool:
    clock.now += bucket.reserve(cost)
    served, status = server.ask(cost)
    bucket.settle(cost, status, throttled=not served)
    return served


def test_the_first_request_is_the_probe_and_waits_for_nothing() -> None:
    assert Bucket(FakeClock()).reserve(1000) == 0


def test_two_thousand_cancels_take_no_longer_than_the_bucket_needs_and_none_is_refused() -> None:
    clock = FakeClock()
    bucket, server = Bucket(clock), FakeServer(clock)
    ideal_s = (2000 * 10 - 2000) / 100

    refused = sum(not send(bucket, server, clock) for _ in range(2000))

    assert refused == 0
    assert ideal_s <= clock.now - 1000 <= ideal_s * 1.01


def test_an_empty_bucket_of_another_run_is_waited_for() -> None:
    clock = FakeClock()
    bucket, server = Bucket(clock), FakeServer(clock)
    server.available = 0

    refused = [not send(bucket, server, clock) for _ in range(5)]

    assert refused == [True, False, False, False, False]


def test_requests_that_wait_are_spaced_out() -> None:
    clock = FakeClock()
    bucket, server = Bucket(clock), FakeServer(clock, maximum=100)
    send(bucket, server, clock, 90)

    waits = [bucket.reserve(10) for _ in range(4)]

    assert waits == pytest.approx([0.1, 0.2, 0.3, 0.4])


def test_after_a_refusal_less_than_the_rate_is_used_until_it_recovers() -> None:
    clock = FakeClock()
    bucket, server = Bucket(clock), FakeServer(clock, maximum=100)
    send(bucket, server, clock, 90)
    full = bucket.reserve(10)
    empty = {"currentlyAvailable": 10.0, "maximumAvailable": 100.0, "restoreRate": 100.0}
    bucket.settle(10, empty, throttled=True)

    slowed = bucket.reserve(10)
    bucket.settle(10, empty, throttled=False)
    clock.now += 3600
    bucket.settle(0, {**empty, "currentlyAvailable": 0.0}, throttled=False)
    recovered = bucket.reserve(10)

    assert slowed == pytest.approx(full / 0.7)
    assert recovered == pytest.approx(0.2)


@pytest.mark.parametrize(
    "status",
    [
        None,
        {},
        {"currentlyAvailable": "much", "maximumAvailable": 1, "restoreRate": 1},
        {"currentlyAvailable": 10, "maximumAvailable": 100, "restoreRate": 0},
        {"currentlyAvailable": 10, "maximumAvailable": 100, "restoreRate": -5},
        {"currentlyAvailable": float("nan"), "maximumAvailable": 100, "restoreRate": 5},
    ],
)
def test_a_status_without_sense_changes_nothing(status: Mapping[str, float] | None) -> None:
    clock = FakeClock()
    bucket, server = Bucket(clock), FakeServer(clock, maximum=100)
    send(bucket, server, clock, 90)
    bucket.reserve(10)

    bucket.settle(10, status, throttled=False)

    assert bucket.restore_rate == 100
    assert bucket.reserve(10) == pytest.approx(0.2)


def test_many_threads_never_take_more_than_there_is() -> None:
    clock = FakeClock()
    bucket, server = Bucket(clock), FakeServer(clock, maximum=200)
    send(bucket, server, clock, 10)
    waits: list[float] = []

    threads = [
        threading.Thread(target=lambda: waits.extend(bucket.reserve(10) for _ in range(25))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(waits)[-1] == pytest.approx((200 * 10 + 10 - 190) / 100)
    assert sum(wait == 0 for wait in waits) == 18


@pytest.mark.parametrize(
    ("rate", "latency_s", "expected"), [(0, 0.1, 4), (100, 0.1, 4), (1000, 0.125, 16), (2000, 1.0, 32)]
)
def test_the_number_of_threads_follows_rate_and_latency(rate: float, latency_s: float, expected: int) -> None:
    assert threads_for(rate, latency_s) == expected
