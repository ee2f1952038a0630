"""The tester is tested: every seeded defect is caught, by a bounded number of lives or scenarios.

One defect in four by default, the others in the gate. The whole table: `pytest -n 0 -s -m "" <this file>`.
"""

from random import Random

import pytest
from lives import live
from seeded_defects import DEFECTS
from sweeps import critical, play

FIRST, LATER = range(8), range(8, 60)
CAUGHT: dict[str, str] = {}


BY_DEFAULT = DEFECTS[1::4]


@pytest.mark.parametrize(
    "defect",
    [
        pytest.param(each, id=each.name, marks=[] if each in BY_DEFAULT else pytest.mark.gate)
        for each in DEFECTS
    ],
)
def test_a_defect_is_caught(defect, disk):
    with defect.in_effect():
        CAUGHT[defect.name] = (
            caught_by_lives(disk, FIRST) or caught_by_sweep(disk) or caught_by_lives(disk, LATER)
        )

    assert CAUGHT[defect.name], f"nothing caught an engine that {defect.name}"


def test_the_table_of_defects_is_printed():
    print(*(f"{name:<55} {by}" for name, by in CAUGHT.items()), sep="\n")

    assert all(CAUGHT.values())


def caught_by_lives(folder, seeds):
    """After how many lives an invariant broke; blank where none did."""
    for number in seeds:
        problem = first_problem(lambda: live(number, folder).findings)  # noqa: B023
        if problem:
            return f"lives, after {number + 1}: {problem}"
    return ""


def caught_by_sweep(folder):
    """After how many of the critical scenarios an invariant broke; blank where none did."""
    scenarios = list(critical())
    Random(1).shuffle(scenarios)  # so that every kind of change comes soon
    for number, scenario in enumerate(scenarios, 1):
        problem = first_problem(lambda: play(scenario, folder))  # noqa: B023
        if problem:
            return f"sweep, after {number}: {problem}"
    return ""


def first_problem(judge):
    """The first violation; an engine that breaks down has one too."""
    try:
        return next(iter(judge().violations), "")
    except Exception as error:
        return f"{type(error).__name__} {error}"
