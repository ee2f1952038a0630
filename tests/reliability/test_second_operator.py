"""Two people on two machines apply the same plan at the same time, each with a journal of their own, and no lock."""

from collections import Counter
from dataclasses import replace
from random import Random

from generated_shops import Wanted, generate_shop, plan_all
from invariants import check_run
from lives import CALM_RUNS, troubled
from operators import Operator

from unfulfill.plan import seal

SEEDS = range(60)


def test_two_operators_have_no_effect_twice(disk):
    counts: Counter[str] = Counter(broken=0)
    for seed in SEEDS:
        violations = two_operators(seed, disk, counts)
        if violations:
            counts["broken"] += 1
            print(f"seed {seed}", *violations, sep="\n  ")

    print(dict(counts))
    assert counts["broken"] == 0


def without_second_halves(plan):
    """The plan without what fulfils again: that two may do at a time only behind the lock that the shop keeps."""
    changes = tuple(change for change in plan.changes if change.kind != "RecreateFulfillment")
    return seal(replace(plan, changes=changes, digest=""))


def two_operators(seed, folder, counts):
    """What is wrong after both have ended; the second one acts in the middle of the first one's runs."""
    chance = Random(seed)
    shop = generate_shop(chance, Wanted(chance.randint(1, 3)))
    first = Operator(shop, folder, f"first-{seed}")
    second = Operator(shop, folder, f"second-{seed}")
    plan = without_second_halves(plan_all(first, chance))
    for _ in range(3):
        troubles = troubled(first, plan, chance, with_others=False)
        inner = troubled(second, plan, chance, with_others=False)
        troubles.meanwhile = {chance.randint(1, 12): lambda inner=inner: second.run(plan, inner)}
        first.run(plan, troubles)
        counts["runs"] += 2
    for operator in (first, second) * CALM_RUNS:
        operator.run(plan)
    shop.clock.settle()
    counts["changes"] += len(plan.changes)
    found = check_run(shop, plan, {first.by: first.path, second.by: second.path})
    counts["residuals"] += len(found.residuals)
    return found.violations
