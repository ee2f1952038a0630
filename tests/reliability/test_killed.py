"""A run of sixty changes of every kind, killed with SIGKILL at every point, and gone on with: the shop ends as if
nothing had happened, no write takes effect twice, and journal and shop agree.

The points: before and after every row of the journal; before every request is sent, after it was sent (the shop then
does it, and nobody hears) and after it was answered. The process that dies is a real one, the shop a real server. The
referee reads the shop's own file (`ground_truth`).

In turn: a process dies at the first point where none has died yet, the next one goes on and dies at the next such
point. So all 470 points, and those of recovery itself, have their death in the time of one run each way. Once: a run
dies at one point and is then gone on with to its end; one point in EVERY by default, the
turns in the gate (`pytest -m gate`), every point once nightly.
"""

import os
import signal
import time
from collections.abc import Iterator
from random import Random

import pytest
from all_kinds import SIXTY
from stage import Stage, open_stage

KILLED = -signal.SIGKILL
EVERY = 61  # of the points, where a run dies once
MOST_DEATHS = 2_000


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with open_stage(SIXTY) as opened:
        yield opened


@pytest.fixture(scope="module")
def points(stage: Stage) -> list[str]:
    """The points of a run that nothing disturbs, in their order."""
    stage.begin()
    assert stage.apply() == 0
    passed: list[str] = stage.result()["points"]
    assert len(passed) > 450
    return passed


def test_the_points_of_a_run_with_one_thread_are_always_the_same(stage: Stage, points: list[str]) -> None:
    stage.begin()

    stage.apply()

    assert points == stage.result()["points"]
    assert stage.problems() == []


def die_in_turn(stage: Stage, spared: set[str]) -> set[str]:
    """Die at every point that is not spared, one process after the other; the points where one died."""
    stage.begin()
    died_at = stage.folder / "died_at"
    died_at.write_text("".join(label + "\n" for label in spared))
    for _ in range(MOST_DEATHS):
        code = stage.apply(died_at=str(died_at))
        if code != KILLED:
            break
    assert code == 0
    return set(died_at.read_text().splitlines()) - spared


@pytest.mark.gate
def test_a_run_that_dies_at_every_point_in_turn_ends_as_if_nothing_had_happened(
    stage: Stage, points: list[str]
) -> None:
    answered = {label for label in points if label.startswith("answered")}  # needs that none died at "sent"

    died = die_in_turn(stage, spared=answered)

    assert set(points) - answered <= died
    assert any(label.startswith("after NOT_APPLIED") for label in died)  # points of recovery
    assert stage.problems() == []
    print(f"\n{len(died)} points in turn: 0 violations")


@pytest.mark.gate
def test_a_run_that_dies_after_every_answer_in_turn_ends_as_if_nothing_had_happened(
    stage: Stage, points: list[str]
) -> None:
    answered = {label for label in points if label.startswith("answered")}

    died = die_in_turn(stage, spared=set(points) - answered)

    assert answered <= died
    assert stage.problems() == []


@pytest.mark.parametrize("stride", [61, 79, 97])  # more than it reads before it can send anything
def test_a_run_in_four_threads_that_dies_again_and_again_ends_as_if_nothing_had_happened(
    stage: Stage, stride: int
) -> None:
    stage.begin()
    codes = [KILLED]
    while codes[-1] == KILLED and len(codes) < MOST_DEATHS:
        codes.append(stage.apply(threads=4, die_at=stride))

    assert (codes[-1], stage.problems()) == (0, [])
    assert codes.count(KILLED) > 5


def die_once(stage: Stage, at: int) -> None:
    """Die at one point, go on to the end, and judge."""
    stage.begin()
    killed = stage.apply(die_at=at)
    resumed = stage.apply()

    assert (killed, resumed, stage.problems()) == (KILLED, 0, []), f"point {at}"


def test_a_run_that_dies_once_ends_as_if_nothing_had_happened(stage: Stage, points: list[str]) -> None:
    for at in range(1, len(points) + 1, EVERY):
        die_once(stage, at)


@pytest.mark.nightly
def test_a_run_that_dies_once_at_any_point_ends_as_if_nothing_had_happened(
    stage: Stage, points: list[str]
) -> None:
    for at in range(1, len(points) + 1):
        die_once(stage, at)


def die_twice(stage: Stage, chance: Random, points: int) -> None:
    """Die at one point, and again while going on."""
    first = chance.randint(1, points)
    second = chance.randint(1, max(2, points - first))
    stage.begin()
    codes = [stage.apply(die_at=first), stage.apply(die_at=second), stage.apply()]

    assert (codes[0], codes[2], stage.problems()) == (KILLED, 0, []), f"points {first} and {second}"


@pytest.mark.parametrize("pairs", [6, pytest.param(200, marks=pytest.mark.nightly)])
def test_a_run_that_dies_again_while_it_recovers_ends_as_if_nothing_had_happened(
    stage: Stage, points: list[str], pairs: int
) -> None:
    chance = Random(f"pairs {pairs}")
    for _ in range(pairs):
        die_twice(stage, chance, len(points))


def die_at_a_time(stage: Stage, after_s: float) -> None:
    """Be killed from outside, wherever that is: in the middle of a commit or of a request, four threads at once."""
    stage.begin()
    child = stage.nursery.start(stage.job(threads=4))
    time.sleep(after_s)
    os.kill(child, signal.SIGKILL)
    code = stage.nursery.wait(child)
    stage.quiet()
    resumed = stage.apply(threads=4)

    assert (code in (KILLED, 0), resumed, stage.problems()) == (True, 0, []), f"after {after_s} s"


@pytest.mark.parametrize("kills", [5, pytest.param(500, marks=pytest.mark.nightly)])
def test_a_run_that_is_killed_at_any_time_ends_as_if_nothing_had_happened(stage: Stage, kills: int) -> None:
    stage.begin()
    begun_at = time.monotonic()
    stage.apply(threads=4)
    whole_s = time.monotonic() - begun_at
    chance = Random(f"times {kills}")

    for _ in range(kills):
        die_at_a_time(stage, chance.uniform(0, whole_s))
