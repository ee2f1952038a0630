"""Ctrl-C while a plan is applied by several threads: the first ends it after what is in flight, the second at once."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from ground_truth import truth_of
from stage import Stage, open_stage

from unfulfill.journal import read_journal

LATENCY_MS = 40
HANG_S = 60
FIRST_S = 1.0  # until the first Ctrl-C has surely been taken
IN_FLIGHT = 4  # threads


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with open_stage({"cancel": 8, "cancel hold tag": 4}) as opened:
        yield opened


@pytest.fixture(autouse=True)
def _slow(stage: Stage) -> Iterator[None]:
    stage.begin()
    stage.sandbox.control("settings", {"latency_ms": LATENCY_MS})
    yield
    stage.sandbox.control("faults", {"clear": True})


def effects(stage: Stage) -> int:
    with truth_of(stage.world) as truth:
        return sum(row["effect"] > 0 for row in truth.writes())


@pytest.mark.parametrize("after", [1, 2, 5, 9, 13])
def test_ctrl_c_ends_after_what_is_in_flight_and_the_same_call_goes_on(stage: Stage, after: int) -> None:
    child = stage.nursery.start(stage.job(IN_FLIGHT))
    while effects(stage) < after:
        time.sleep(0.001)
    os.kill(child, signal.SIGINT)
    code = stage.nursery.wait(child)
    stage.quiet()

    events = Counter(event.event for event in read_journal(stage.run / "journal.sqlite"))
    assert code == 130
    assert after <= effects(stage) <= after + 2 * IN_FLIGHT
    assert events["INTENT"] == events["APPLIED"] == effects(stage)  # nothing is left open
    assert (stage.apply(IN_FLIGHT), stage.problems()) == (0, [])


APPLY = """
import json, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell that started the tests with & had it ignored
sys.path[:0] = json.loads(sys.argv[1])
from dying import work
sys.exit(work(json.loads(sys.argv[2])))
"""


def test_a_second_ctrl_c_ends_at_once_and_the_same_call_goes_on(stage: Stage) -> None:
    hang = {"kind": "hang", "seconds": HANG_S, "field": "fulfillmentCancel", "nth": 3, "count": None}
    stage.sandbox.control("faults", hang)
    paths = json.dumps([str(Path(__file__).parent), *sys.path])
    job = json.dumps(stage.job(IN_FLIGHT))
    with subprocess.Popen([sys.executable, "-c", APPLY, paths, job]) as child:
        while effects(stage) < 2:
            time.sleep(0.001)
        child.send_signal(signal.SIGINT)
        time.sleep(FIRST_S)
        waits_after_the_first = child.poll() is None
        child.send_signal(signal.SIGINT)
        try:
            code = child.wait(HANG_S / 2)
        finally:
            child.kill()

    stage.sandbox.control("faults", {"clear": True})
    assert (waits_after_the_first, code) == (True, 130)
    assert stage.nursery.run(stage.job(IN_FLIGHT)) == 0
    assert stage.problems() == []
