"""The model of the bucket, on a clock that stands still unless somebody sleeps."""

import threading
from collections.abc import Mapping
from typing import Any

import pytest

from unfulfill.shop.throttle import Bucket, Told, Turn, threads_for


class FakeClock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class FakeServer:
    """Shopify's bucket, told to the client after every request."""

    def __init__(self, clock: FakeClock, maximum: float = 2000, rate: float = 100) -> None:
        self.clock, self.maximum, self.rate = clock, maximum, rate
        self.available, self.at = maximum, clock()
        self.refused = 0

    @property
    def status(self) -> dict[str, float]:
        return {
            "currentlyAvailable": int(self.available),
            "maximumAvailable": self.maximum,
            "restoreRate": self.rate,
        }

    def ask(self, cost: float, actual: float | None = None) -> Told:
        self.available = min(self.maximum, self.available + (self.clock() - self.at) * self.rate)
        self.at = self.clock()
        if self.available < cost:
            self.refused += 1
            return Told(self.status, cost, refused=True)
        spent = cost if actual is None else actual
        self.available -= spent
        return Told(self.status, cost, spent)


def told(left: Any, maximum: Any = 100, rate: Any = 100, **more: Any) -> Told:
    status = {"currentlyAvailable": left, "maximumAvailable": maximum, "restoreRate": rate}
    return Told(status, **more)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def take(bucket: Bucket, clock: FakeClock, cost: float = 10) -> Turn:
    return bucket.take(cost, cost, clock.sleep)


def send(bucket: Bucket, server: FakeServer, clock: FakeClock, cost: float = 10) -> float:
    """Send one request; returns how long it waited."""
    before = clock()
    turn = take(bucket, clock, cost)
    waited = clock() - before
    bucket.settle(turn, server.ask(cost))
    return waited


def drained(clock: FakeClock, left: float = 10, **size: float) -> Bucket:
    """A bucket that has just learnt how little is left, and that a request of 10 points costs that."""
    bucket = Bucket(clock)
    bucket.settle(take(bucket, clock), told(left, requested=10.0, actual=10.0, **size))
    return bucket


def test_the_first_request_is_the_probe_and_waits_for_nothing(clock: FakeClock) -> None:
    take(Bucket(clock), clock, 1000)

    assert clock.now == 1000


def test_two_thousand_cancels_take_no_longer_than_the_bucket_needs_and_none_is_refused(
    clock: FakeClock,
) -> None:
    bucket, server = Bucket(clock), FakeServer(clock)
    ideal_s = (2000 * 10 - 2000) / 100

    for _ in range(2000):
        send(bucket, server, clock)

    assert server.refused == 0
    assert ideal_s <= clock.now - 1000 <= ideal_s * 1.01


def test_what_a_query_did_not_use_is_used_for_others(clock: FakeClock) -> None:
    bucket, server = Bucket(clock), FakeServer(clock, maximum=200)
    for _ in range(100):
        turn = take(bucket, clock, 68)
        bucket.settle(turn, server.ask(68, actual=20))

    assert server.refused == 0
    assert clock.now - 1000 <= (100 * 20 - 200) / 100 * 1.05


def test_an_empty_bucket_of_another_run_is_waited_for(clock: FakeClock) -> None:
    bucket, server = Bucket(clock), FakeServer(clock)
    server.available = 0

    waits = [send(bucket, server, clock) for _ in range(5)]

    assert server.refused == 1
    assert waits[1] == pytest.approx(1)


def test_requests_that_wait_are_spaced_out(clock: FakeClock) -> None:
    bucket = drained(clock)

    times = [take(bucket, clock) and clock.now - 1000 for _ in range(4)]

    assert times == pytest.approx([0.1, 0.2, 0.3, 0.4])


@pytest.mark.parametrize(
    ("refusal", "seconds"),
    [
        (told(10, requested=30.0, refused=True), 1.0),  # Shopify asks for at least a second
        (told(10, requested=410.0, maximum=500, refused=True), 4.0),
        (Told(refused=True), 1.0),
        (Told(refused=True, wait_s=7.0), 7.0),
    ],
)
def test_a_refusal_is_obeyed_by_every_thread(clock: FakeClock, refusal: Told, seconds: float) -> None:
    bucket = drained(clock, left=500, maximum=500)
    other, refused = take(bucket, clock), take(bucket, clock)

    bucket.settle(refused, refusal)
    bucket.settle(other, told(500, maximum=500))
    take(bucket, clock)

    assert clock.now - 1000 == pytest.approx(seconds)


def test_after_a_refusal_less_than_the_rate_is_used_until_it_recovers(clock: FakeClock) -> None:
    bucket = drained(clock)
    bucket.settle(take(bucket, clock), told(10, requested=10.0, refused=True))
    clock.now += 1
    bucket.settle(take(bucket, clock), told(10))

    before = clock.now
    bucket.settle(take(bucket, clock), told(10))
    slowed = clock.now - before
    clock.now += 3600
    bucket.settle(take(bucket, clock), told(10))
    before = clock.now
    take(bucket, clock)

    assert slowed == pytest.approx(0.1 / 0.75, rel=0.01)
    assert clock.now - before == pytest.approx(0.1)


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
def test_a_status_without_sense_counts_what_was_sent_as_spent(
    clock: FakeClock, status: Mapping[str, float] | None
) -> None:
    bucket = drained(clock)

    bucket.settle(take(bucket, clock), Told(status))
    take(bucket, clock)

    assert bucket.restore_rate == 100
    assert clock.now - 1000 == pytest.approx(0.2)


def test_a_request_that_never_reached_the_shop_costs_nothing(clock: FakeClock) -> None:
    bucket = drained(clock, left=20)

    bucket.settle(take(bucket, clock), Told(reached=False))
    take(bucket, clock)

    assert clock.now == 1000


def test_an_interrupted_wait_leaves_its_place_to_others(clock: FakeClock) -> None:
    bucket = drained(clock)

    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bucket.take(10, 10, interrupt)
    take(bucket, clock)

    assert clock.now - 1000 == pytest.approx(0.1)


def test_a_sleep_that_does_not_sleep_is_called_once_and_the_request_goes(clock: FakeClock) -> None:
    bucket, slept = drained(clock), list[float]()

    bucket.take(10, 10, slept.append)

    assert slept == pytest.approx([0.1])


@pytest.mark.parametrize(
    ("left", "maximum", "rate", "seconds"),
    [(10, 2000, 200, 0.05), (10, 100, 50, 0.2), (5, 5, 100, 0.0)],
)
def test_another_plan_of_the_shop_is_followed_at_once(
    clock: FakeClock, left: int, maximum: int, rate: int, seconds: float
) -> None:
    """The last: a bucket smaller than a request asks for no more than a full one."""
    bucket = drained(clock)
    bucket.settle(take(bucket, clock), told(left, maximum, rate))
    before = clock.now

    take(bucket, clock)

    assert clock.now - before == pytest.approx(seconds)


def test_a_clock_that_goes_back_neither_stops_the_pace_nor_gives_points(clock: FakeClock) -> None:
    bucket = drained(clock)
    clock.now -= 500

    times = [take(bucket, clock) and clock.now - 500 for _ in range(2)]

    assert times == pytest.approx([0.1, 0.2])


def test_a_dear_request_is_not_overtaken_for_ever(clock: FakeClock) -> None:
    """The one that asks first goes first, though there is always enough for the cheap ones behind it."""
    bucket = drained(clock, left=50, maximum=200)
    order: list[str] = []

    def while_it_waits(seconds: float) -> None:
        if not order:
            order.append("dear asked")
            cheap = bucket.take(10, 10, lambda seconds: clock.sleep(seconds))
            bucket.settle(cheap, Told())
            order.append(f"cheap at {clock.now - 1000:.1f}")
        else:
            clock.sleep(seconds)

    bucket.take(150, 150, while_it_waits)

    assert order == ["dear asked", "cheap at 1.2"]


def in_threads(count: int, work: Any) -> list[threading.Thread]:
    threads = [threading.Thread(target=work, daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()
    return threads


def test_before_the_first_answer_only_one_request_goes_and_the_next_when_it_got_none(
    clock: FakeClock,
) -> None:
    bucket = Bucket(clock)
    sent: list[Turn] = []
    gone = threading.Semaphore(0)

    def work() -> None:
        sent.append(take(bucket, clock))
        gone.release()

    threads = in_threads(8, work)
    assert gone.acquire(timeout=5)
    assert not gone.acquire(timeout=0.05)
    bucket.settle(sent[0], Told(reached=False))
    assert gone.acquire(timeout=5)
    assert not gone.acquire(timeout=0.05)
    bucket.settle(sent[1], told(1000, 1000, requested=10.0))
    for thread in threads:
        thread.join(timeout=5)

    assert len(sent) == 8


def test_the_first_of_a_kind_goes_alone_and_the_others_know_its_cost(clock: FakeClock) -> None:
    bucket = drained(clock, left=1000, maximum=1000)
    sent: list[Turn] = []
    gone = threading.Semaphore(0)

    def work() -> None:
        sent.append(bucket.take("OrdersPage", 650, clock.sleep))
        gone.release()

    threads = in_threads(3, work)
    assert gone.acquire(timeout=5)
    assert not gone.acquire(timeout=0.05)
    take(bucket, clock)  # another kind need not wait
    bucket.settle(sent[0], told(900, 1000, requested=60.0, actual=60.0))
    for thread in threads:
        thread.join(timeout=5)

    assert [turn.cost for turn in sent] == [650, 60, 60]
    assert clock.now == 1000


@pytest.mark.parametrize(
    ("rate", "latency_s", "expected"), [(0, 0.1, 4), (100, 0.1, 4), (1000, 0.125, 16), (2000, 1.0, 32)]
)
def test_the_number_of_threads_follows_rate_and_latency(rate: float, latency_s: float, expected: int) -> None:
    assert threads_for(rate, latency_s) == expected
