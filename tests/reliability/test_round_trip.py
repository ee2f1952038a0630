"""Apply and undo on a quiet day, over generated shops: every row that the plan calls undoable is given back whole."""

from collections import Counter
from random import Random

import pytest
from generated_shops import Wanted, generate_shop, plan_all, undo_plan
from operators import Operator
from simulated_world import Switches, units_of

from unfulfill.model import Reversibility

GATE = range(120)
NIGHTLY = range(10_000, 15_000)


def test_what_was_undoable_is_given_back(disk):
    counts = round_trips(GATE, disk)

    print(dict(counts))
    assert counts["not given back"] == 0


@pytest.mark.nightly
def test_what_was_undoable_is_given_back_in_many_shops(disk):
    counts = round_trips(NIGHTLY, disk)

    print(dict(counts))
    assert counts["not given back"] == 0


def round_trips(seeds, folder) -> Counter[str]:
    """Rows, and rows that were not given back; prints the first of those."""
    counts: Counter[str] = Counter()
    for seed in seeds:
        chance = Random(seed)
        switches = Switches(
            partial_grows=chance.random() < 0.7,
            begun_is_in_progress=chance.random() < 0.7,
            auto_archive=chance.random() < 0.2,
        )
        operator = Operator(
            generate_shop(chance, Wanted(chance.randint(1, 4), switches)), folder, f"at-{seed}"
        )
        plan = plan_all(operator, chance)
        world = operator.shop.world
        rows = [
            c
            for c in plan.changes
            if c.kind == "CancelFulfillment" and c.reversibility is not Reversibility.NOT_BY_US
        ]
        # A row of another app's service stays open, and takes its order's tally with it.
        lost = {
            c.order_id
            for c in plan.changes
            if c.kind == "CancelFulfillment" and c.reversibility is Reversibility.NOT_BY_US
        }
        before = {order_id: shipped(world, order_id) for order_id in world.orders}
        first = operator.run(plan)
        operator.clock.sleep(900.0)
        undo = undo_plan(operator, plan)
        second = operator.run(undo)
        counts["shops"] += 1
        counts["rows"] += len(rows)
        known = {skip.order_id for skip in undo.skips if skip.reason == "held"}  # see test_found
        for row in rows:
            if row.order_id in lost or shipped(world, row.order_id) == before[row.order_id]:
                continue
            counts["known defect" if row.order_id in known else "not given back"] += 1
            if row.order_id not in known:
                outcomes = (*first.applied.outcomes, *second.applied.outcomes)
                print(f"seed {seed}, {row.id}: {before[row.order_id]} became {shipped(world, row.order_id)}")
                print(*(each for each in outcomes if each.result != "applied"), *undo.skips, sep="\n  ")
    return counts


def shipped(world, order_id):
    """By order line and tracking: units that are fulfilled."""
    total: Counter[tuple[str, object]] = Counter()
    for one in world.live_of(world.orders[order_id]):
        for line, units in units_of(one.portions).items():
            total[line, (one.location_id, one.company, one.numbers, one.urls)] += units
    return total
