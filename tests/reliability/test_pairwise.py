"""A sweep, not a sample: every kind of change × pairs of faults × crashes, and in the night × deeds of other people."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest
from sweeps import Scenario, critical, gate, nightly, play


def test_no_scenario_of_the_sweep_breaks_an_invariant(disk):
    counts = play_all(gate(), disk)

    print(f"{counts['scenarios']} scenarios, {counts['residuals']} residuals, {counts['broken']} broken")
    assert counts["broken"] == counts["residuals"] == 0
    assert counts["scenarios"] >= 2_100


def test_no_critical_scenario_with_other_people_breaks_an_invariant(disk):
    counts = play_all(critical(), disk)

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
