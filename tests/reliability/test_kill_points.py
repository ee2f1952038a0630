"""A machine that dies at every journal row and around every request of one long plan: a sweep, not a sample.

The plan runs once; at every point what is on disk and in the shop is kept, and each of these is gone on with as after a
death there.
"""

import pickle
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import pytest
from generated_shops import make_unfulfil, undo_plan
from invariants import check_run
from lives import CALM_RUNS
from more_changes import kept_part, requests, stock_change
from operators import Operator, Troubles
from other_people import OUR_TAG
from simulated_shop import SimulatedShop
from simulated_world import stock_of, what_ships
from situations import many_orders

from unfulfill.model import Decision, Mark, Plan
from unfulfill.plan import seal

KINDS = {
    "unfulfill": {
        "CancelFulfillment",
        "HoldFulfillmentOrder",
        "RecreateFulfillment",
        "RequestCancellation",
        "SetOnHand",
        "TagOrder",
    },
    "undo": {
        "CancelFulfillment",
        "CloseOrder",
        "RecreateFulfillment",
        "ReleaseHold",
        "SetOnHand",
        "TagOrder",
    },
}


@dataclass(frozen=True)
class Remains:
    """What a dead machine leaves behind: the shop, and its journal."""

    label: str
    shop: bytes
    journal: bytes


@dataclass(frozen=True)
class Start:
    """A plan that is about to be applied."""

    plan: Plan
    shop: bytes
    requests: int  # in its ledger


@pytest.fixture(scope="module")
def starts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Start]:
    """A plan of about 60 changes, and its undo."""
    operator = Operator(many_orders(23), tmp_path_factory.mktemp("plans"))
    plan = all_kinds(operator)
    start = Start(plan, pickle.dumps(operator.shop), len(operator.shop.ledger.requests))
    operator.run(plan)
    operator.clock.sleep(900.0)
    undo = undo_plan(operator, plan)
    requests = len(operator.shop.ledger.requests)
    return {"unfulfill": start, "undo": Start(undo, pickle.dumps(operator.shop), requests)}


def all_kinds(operator: Operator) -> Plan:
    """One plan with every kind of change that an unfulfil can have."""
    world = operator.shop.world
    marks = [
        Mark(one.id, order.id, order.name, Decision.UNFULFILL if number % 3 else Decision.HOLD)
        for number, order in enumerate(list(world.orders.values())[:-1])
        for one in world.live_of(order)
    ]
    plan = make_unfulfil(operator, marks, OUR_TAG)
    held = {change.case for change in plan.changes if change.kind == "HoldFulfillmentOrder"}
    changes = []
    for number, change in enumerate(plan.changes):
        is_split = change.kind == "CancelFulfillment" and change.case not in held and number % 2
        changes += [change, *(kept_part(change, Random(number)) if is_split else [])]
    stock = stock_change(world, changes, *sorted(world.levels)[0], 40)
    changes += [*requests(world, plan, Random(1)), stock]
    return seal(replace(plan, changes=tuple(changes), digest=""))


@pytest.mark.parametrize("every", [3, pytest.param(1, marks=pytest.mark.gate)])  # of what a death leaves
@pytest.mark.parametrize("kind", ["unfulfill", "undo"])
def test_a_run_that_dies_anywhere_ends_as_if_it_had_not(kind, every, starts, disk):
    start = starts[kind]
    whole, remains = run_whole(start, disk)

    different = {(left.shop, left.journal): left for left in remains}  # nothing happens between some points
    broken = Counter(
        problem
        for left in list(different.values())[::every]
        for problem in go_on(left, start, whole, disk, [0])
    )

    print(
        f"{kind}: {len(start.plan.changes)} changes, dead at {len(remains)} points with {len(different)} different "
        f"remains, gone on with from 1 of {every}, {sum(broken.values())} broken"
    )
    passed = {left.label for left in remains}
    assert {f"before recording INTENT of {change.id}" for change in start.plan.changes} <= passed
    assert len(start.plan.changes) >= 60
    assert {change.kind for change in start.plan.changes} == KINDS[kind]
    assert broken == {}


@pytest.mark.nightly
@pytest.mark.parametrize("kind", ["unfulfill", "undo"])
def test_a_run_that_dies_twice_ends_as_if_it_had_not(kind, starts, disk):
    start, chance = starts[kind], Random(5)
    whole, remains = run_whole(start, disk)

    broken = Counter(
        problem
        for left in remains
        for second in (1, 2, 3, chance.randint(4, 20), chance.randint(20, 100))
        for problem in go_on(left, start, whole, disk, [second, 0])
    )

    print(f"{kind}: dead twice {5 * len(remains)} times, {sum(broken.values())} broken")
    assert broken == {}


def run_whole(start: Start, folder: Path) -> tuple[object, list[Remains]]:
    """The shop after a run without a death, and what a death at each of its points would have left."""
    shop: SimulatedShop = pickle.loads(start.shop)
    operator = Operator(shop, folder, "whole")
    remains: list[Remains] = []

    class Watched(Troubles):
        def point(self, label: str) -> None:
            super().point(label)
            remains.append(Remains(label, pickle.dumps(shop), operator.path.read_bytes()))

    end = operator.run(start.plan, Watched())
    assert set(end.applied.counts) <= {"applied", "already done"}
    return picture(shop), remains


def go_on(left: Remains, start: Start, whole: object, folder: Path, deaths: list[int]) -> list[str]:
    """Resume after a death, through further deaths; what is then other than without any."""
    shop: SimulatedShop = pickle.loads(left.shop)
    operator = Operator(shop, folder, "whole")
    operator.path.write_bytes(left.journal)
    for crash_at in deaths:
        end = operator.run(start.plan, Troubles(crash_at=crash_at))
    for _ in range(CALM_RUNS - 1):
        end = end if end.is_ended else operator.run(start.plan)
    problems = check_run(shop, start.plan, {operator.by: operator.path}, start.requests).violations
    if picture(shop) != whole:
        problems.append("the shop is other than without a death")
    return [f"{left.label}: {problem}" for problem in problems]


def picture(shop: SimulatedShop) -> object:
    """What would be noticed of a shop, without ids."""
    return [what_ships(shop.world, order) for order in shop.world.orders.values()], stock_of(shop.world)
