"""Pacing over real HTTP, on a small bucket that fills in real time. Ratios are printed (pytest -s), counts asserted."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from graphql import FragmentDefinitionNode, OperationDefinitionNode, parse

import sandbox_shop
from sandbox_shop.cost import cost_tree
from sandbox_shop.execution import executable_schema
from unfulfill.settings import sandbox_settings
from unfulfill.shop import Shop
from unfulfill.shop.client import FIRST_COST
from unfulfill.shop.documents import load_document, operation_names
from unfulfill.shop.throttle import Bucket

MAXIMUM, RATE = 200, 1000
COUNTS = 220  # requests of 10 points each
READER = """
import json, sys
from concurrent.futures import ThreadPoolExecutor
from unfulfill.settings import sandbox_settings
from unfulfill.shop import Shop
url, token, reads, threads = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
with Shop(sandbox_settings(url, token)) as shop, ThreadPoolExecutor(threads) as pool:
    sys.stdin.readline()
    pages = pool.map(lambda _: shop.read("OrdersPage", first=1, search=None)["orders"]["nodes"], range(reads))
    print(json.dumps([len(page) for page in pages]))
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with sandbox_shop.start(tmp_path_factory.mktemp("pacing") / "w.sqlite", seed=3, size=20) as server:
        yield server


@pytest.fixture
def server(running: Any) -> Any:
    """A shop with a small bucket that is full, and no faults."""
    running.control("faults", {"clear": True})
    running.control("settings", {"latency_ms": 5, "bucket": {"maximum": MAXIMUM, "rate": RATE}})
    return running


def requests(server: Any, since: int) -> int:
    return len(server.control("request", {"since": since})["rows"])


def last_request(server: Any) -> int:
    return max((row["id"] for row in server.control("request")["rows"]), default=0)


def hardly_refused(server: Any, since: int, count: int) -> bool:
    """One that was refused is sent again; where the machine does other things, a few answers come out of order."""
    return count <= requests(server, since) <= count * 1.03


def each_of(work: Callable[[int], object], count: int, threads: int = 8) -> float:
    """Do `work` for each number below `count`, in threads; returns the seconds."""
    begun = time.monotonic()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, range(count)))
    return time.monotonic() - begun


def test_eight_threads_are_hardly_ever_refused_and_use_what_there_is(
    server: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    before = last_request(server)
    with Shop(sandbox_settings(server.url, server.token)) as shop:
        seconds = each_of(lambda _: shop.read("OrdersCount", search=None), COUNTS)

    assert hardly_refused(server, before, COUNTS)
    ideal_s = (10 * COUNTS - MAXIMUM) / RATE
    with capsys.disabled():
        print(f" {seconds:.2f} s, {seconds / ideal_s:.2f} of what the points allow ", end="")


def test_dear_and_cheap_requests_together_are_hardly_ever_refused(server: Any) -> None:
    def read(number: int) -> None:
        if number % 4:
            shop.read("OrdersCount", search=None)
        else:
            shop.read("OrdersPage", first=1, search=None)

    before = last_request(server)
    with Shop(sandbox_settings(server.url, server.token)) as shop:
        each_of(read, 100)

    assert hardly_refused(server, before, 100)


def test_two_connections_of_one_process_share_the_bucket(server: Any) -> None:
    before = last_request(server)
    settings = sandbox_settings(server.url, server.token)
    with Shop(settings) as one, Shop(settings) as other:
        shops = (one, other)
        each_of(lambda number: shops[number % 2].read("OrdersCount", search=None), 150)

    assert one.bucket is other.bucket
    assert hardly_refused(server, before, 150)


def test_another_app_or_shop_and_a_clock_of_its_own_have_another_bucket(server: Any) -> None:
    settings = sandbox_settings(server.url, server.token)
    with (
        Shop(settings) as one,
        Shop(sandbox_settings(server.url, "another")) as app,
        Shop(sandbox_settings("http://127.0.0.1:9", server.token)) as shop,
        Shop(settings, clock=lambda: 0.0) as test,
    ):
        assert len({id(each.bucket) for each in (one, app, shop, test)}) == 4
        assert all(isinstance(each.bucket, Bucket) for each in (one, app, shop, test))


def test_two_processes_on_one_bucket_are_seldom_refused_and_lose_nothing(server: Any) -> None:
    command = [sys.executable, "-c", READER, server.url, server.token, "20", "4"]
    readers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    before = last_request(server)

    for reader in readers:
        assert reader.stdin is not None
        reader.stdin.write("go\n")
        reader.stdin.flush()
    told = [reader.communicate(timeout=60)[0] for reader in readers]

    assert [json.loads(each) for each in told] == [[1] * 20] * 2
    refused = requests(server, before) - 40
    assert refused <= 4, f"{refused} of {40 + refused} were refused"


class Clock:
    """Time that passes only by sleeping."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.mark.parametrize(("rate", "least_s"), [(1000, 1.0), (2, 4.5)])
def test_a_refusal_is_obeyed_on_the_shops_own_terms(server: Any, rate: int, least_s: float) -> None:
    """At 2 points a second and 2 left, the 11 of a request take four seconds and a half."""
    clock = Clock()
    with Shop(sandbox_settings(server.url, server.token), clock=clock, sleep=clock.sleep) as shop:
        shop.read("Locations")
        server.control("settings", {"bucket": {"maximum": 2 if rate == 2 else MAXIMUM, "rate": rate}})
        server.control("faults", {"kind": "throttled", "operation": "Locations"})
        refused = shop._attempt(load_document("Locations"), {}, renew=True)
        assert getattr(refused, "throttled", False)
        refused_at = clock.now
        server.control("settings", {"bucket": {"maximum": MAXIMUM, "rate": RATE}})

        shop.read("OrdersCount", search=None)

    assert clock.now - refused_at >= least_s - 1e-6


@pytest.mark.parametrize(
    "name", [name for name in operation_names() if "__SEARCH__" not in load_document(name).text]
)
def test_no_operation_costs_more_than_it_is_taken_to_cost_at_first(name: str) -> None:
    document = load_document(name)
    definitions = parse(document.text).definitions
    operation = next(each for each in definitions if isinstance(each, OperationDefinitionNode))
    fragments = {each.name.value: each for each in definitions if isinstance(each, FragmentDefinitionNode)}
    guess = FIRST_COST.get(name, FIRST_COST[document.kind])

    try:
        total = cost_tree(executable_schema("2026-10"), operation, fragments, {"first": 250}).total
    except TypeError:
        pytest.skip("not in the sandbox's slice")

    assert total <= guess
