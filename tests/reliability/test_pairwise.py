"""A sweep, not a sample: every kind of change × pairs of faults × crashes, and in the night × deeds of other people.

By default so many of them that any two of kind, faults and crash (or deed) meet; all of them in the gate.
"""

from collections import Counter
from collections.abc import Iterable
from itertools import combinations
from pathlib import Path

import pytest
from sweeps import Scenario, critical, gate, nightly, play

EVERY, EVERY_CRITICAL = 3, 5  # of the scenarios; by both, every two values still meet
SWEPT = [EVERY, pytest.param(1, marks=pytest.mark.gate)]
CRITICAL = [EVERY_CRITICAL, pytest.param(1, marks=pytest.mark.gate)]


@pytest.mark.parametrize(("scenarios", "every"), [(gate, EVERY), (critical, EVERY_CRITICAL)])
def test_every_two_values_that_meet_in_the_whole_sweep_meet_in_the_default_one(scenarios, every):
    whole = list(scenarios())

    assert pairs(whole[::every]) == pairs(whole)


def pairs(scenarios: Iterable[Scenario]) -> set[tuple[object, object]]:
    """Every two values that meet in a scenario."""
    found: set[tuple[object, object]] = set()
    for one in scenarios:
        found.update(combinations((one.situation.name, one.faults, one.crash, one.intrusion), 2))
    return found


@pytest.mark.parametrize("every", SWEPT)
def test_no_scenario_of_the_sweep_breaks_an_invariant(every, disk):
    counts = play_all(list(gate())[::every], disk)

    print(f"{counts['scenarios']} scenarios, {counts['residuals']} residuals, {counts['broken']} broken")
    assert counts["broken"] == counts["residuals"] == 0
    assert counts["scenarios"] >= 2_100 // every


@pytest.mark.parametrize("every", CRITICAL)
def test_no_critical_scenario_with_other_people_breaks_an_invariant(every, disk):
    counts = play_all(list(critical())[::every], disk)

    print(
        f"{counts['scenarios']} critical scenarios, {counts['residuals']} residuals, {counts['broken']} broken"
    )
    assert counts["broken"] == 0


@pytest.mark.nightly
def test_no_scenario_with_other_people_breaks_an_invariant(disk):
    counts = play_all(nightly(), disk)

    print(f"{counts['scenarios']} scenarios, {counts['residuals']} residuals, {counts['broken']} broken")
    print(*sorted((name, count) for name, count in counts.items() if name.startswith("residual: ")), sep="\n")
    assert counts["broken"] == 0
    assert counts["scenarios"] > 100_000


def play_all(scenarios: Iterable[Scenario], folder: Path) -> Counter[str]:
    """How many there were, how many broke an invariant, and the residuals by kind of change and deed."""
    counts: Counter[str] = Counter()
    for scenario in scenarios:
        counts["scenarios"] += 1
        found = play(scenario, folder)
        if found.residuals:
            counts["residuals"] += 1
            counts[f"residual: {scenario.situation.name}, {scenario.intrusion[0]}"] += 1
        if found.violations:
            counts["broken"] += 1
            print(scenario, *found.violations, sep="\n  ")
    return counts
