"""Random lives: shops, plans, faults, crashes and other people, each wholly determined by its seed.

To repeat one: RELIABILITY_SEEDS=1234:1235 pytest -n 0 -s -k no_seed tests/reliability/test_seeds.py
"""

import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest
from lives import live

DEFAULT = range(*map(int, os.environ.get("RELIABILITY_SEEDS", "0:150").split(":")))
GATE = range(150, 400)
NIGHTLY = range(100_000, 120_000)


@pytest.mark.parametrize(
    "seeds", [pytest.param(DEFAULT, id="some"), pytest.param(GATE, id="more", marks=pytest.mark.gate)]
)
def test_no_seed_breaks_an_invariant(seeds, disk):
    counts = live_all(seeds, disk)

    print(f"{len(seeds)} seeds: {dict(counts)}")
    assert counts["broken"] == 0


@pytest.mark.nightly
def test_no_seed_of_many_breaks_an_invariant(disk):
    counts = live_all(NIGHTLY, disk)

    print(f"{len(NIGHTLY)} seeds: {dict(counts)}")
    assert counts["broken"] == 0


def live_all(seeds: Iterable[int], folder: Path) -> Counter[str]:
    """What happened in these lives. Prints each seed that broke an invariant, and how to repeat it."""
    total: Counter[str] = Counter(broken=0)
    for seed in seeds:
        life = live(seed, folder)
        total += life.counts
        total["residuals"] += len(life.findings.residuals)
        if life.findings.violations:
            total["broken"] += 1
            print(f"RELIABILITY_SEEDS={seed}:{seed + 1} pytest -n 0 -s -k no_seed {__file__}")
            print(*life.findings.violations, *life.story, sep="\n  ")
    return total
