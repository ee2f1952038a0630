"""What the simulation found in the engine, each in its smallest form: one order, one trouble."""

from dataclasses import replace
from random import Random

from generated_shops import make_unfulfil, undo_plan
from invariants import check_run
from lives import do, made_by
from more_changes import kept_part, requests, stock_change
from operators import Operator, Troubles
from other_people import OUR_TAG
from simulated_effects import fulfil
from simulated_world import MAIN, Switches
from situations import one_order, unfulfil
from test_round_trip import shipped

from unfulfill.apply import outcomes_of
from unfulfill.journal import read_journal
from unfulfill.model import Decision, Mark, VerdictKind
from unfulfill.plan import seal
from unfulfill.shop.readback import read_back
from unfulfill.verify import verify_plan


def apply(operator, plan, troubles=None, runs=3):
    """Apply through one troubled run and calm ones; what the referee has against it, and how each change ended."""
    since = len(operator.shop.ledger.requests)
    end = operator.run(plan, troubles)
    for _ in range(runs):
        end = end if end.is_ended else operator.run(plan)
    operator.clock.settle()
    found = check_run(operator.shop, plan, {operator.by: operator.path}, since)
    return found.violations, [outcome.result.value for outcome in end.applied.outcomes]


def someone(operator, deed):
    """Somebody else's deed on the first order, when it is called."""
    order = next(iter(operator.shop.world.orders))
    return lambda: do(operator.shop, deed, order, Random(1))


def test_a_change_does_not_end_as_stale_while_its_lost_request_may_still_arrive(disk):
    operator = Operator(one_order(2, 2), disk)
    plan = unfulfil(operator, Decision.UNFULFILL)
    troubles = Troubles(
        write_faults=("FulfillmentCancel", ["late_30"]),
        meanwhile={"after FulfillmentCancel": someone(operator, "refunds")},
    )

    violations, results = apply(operator, plan, troubles)

    assert (violations, results) == ([], ["applied"])


def test_an_order_that_somebody_edits_is_not_ours_by_a_request_that_was_refused(disk):
    operator = Operator(one_order(2, 2), disk)
    plan = unfulfil(operator, Decision.UNFULFILL)
    troubles = Troubles(
        write_faults=("FulfillmentCancel", ["throttled"]),
        meanwhile={"after FulfillmentCancel": someone(operator, "edits")},
    )

    violations, results = apply(operator, plan, troubles)

    assert (violations, results) == ([], ["stale"])


def test_a_lost_fulfillment_whose_tracking_was_edited_is_for_a_person(disk):
    operator = Operator(one_order(4, 2), disk)
    plan = unfulfil(operator, Decision.UNFULFILL)
    apply(operator, plan)
    operator.clock.sleep(900.0)
    undo = undo_plan(operator, plan)
    troubles = Troubles(
        write_faults=("FulfillmentCreate", ["lost_response"]),
        meanwhile={"after FulfillmentCreate": someone(operator, "changes_tracking")},
    )

    violations, results = apply(operator, undo, troubles)

    assert (violations, results) == ([], ["needs a person"])


def test_stock_is_set_after_the_cancels_of_its_plan(disk):
    operator = Operator(one_order(2, 2), disk)
    world = operator.shop.world
    plan = unfulfil(operator, Decision.HOLD)
    item, place = sorted(world.levels)[0]
    stock = stock_change(world, list(plan.changes), item, place, 9)
    plan = seal(replace(plan, changes=(*plan.changes, stock), digest=""))

    violations, results = apply(operator, plan)

    assert (violations, results) == ([], ["applied"] * 3)
    assert world.levels[item, place].on_hand == 9


def test_an_answer_to_an_earlier_request_is_no_proof_of_a_lost_one(disk):
    operator = Operator(one_order(3, 2), disk)
    world = operator.shop.world
    order = next(iter(world.orders.values()))
    world.orders_of(order)[0].request_status = "CANCELLATION_REJECTED"
    plan = unfulfil(operator, Decision.UNFULFILL)
    plan = seal(replace(plan, changes=tuple(requests(world, plan, Random(1))), digest=""))
    troubles = Troubles(write_faults=("FulfillmentOrderSubmitCancellationRequest", ["lost_request"]))

    violations, results = apply(operator, plan, troubles)

    assert (violations, results) == ([], ["applied"])


def test_the_kept_part_of_a_fulfillment_is_fulfilled_again_after_a_crash(disk):
    operator = Operator(one_order(3, 3), disk)
    plan = unfulfil(operator, Decision.UNFULFILL)
    plan = seal(replace(plan, changes=(plan.changes[0], *kept_part(plan.changes[0], Random(4))), digest=""))

    violations, results = apply(operator, plan, Troubles(crash_on=("after sending FulfillmentCreate", 1)))

    assert (violations, results) == ([], ["applied", "applied"])


def test_two_rows_of_one_fulfillment_order_are_both_given_back_where_one_was_held(disk):
    operator = Operator(one_order(5, 2), disk)
    world = operator.shop.world
    order = next(iter(world.orders.values()))
    one = world.orders_of(order)[0]
    fulfil(world, [(one, one.lines[0], 2)], {"numbers": ["JD9"]})
    marks = [
        Mark(made.id, order.id, order.name, decision)
        for made, decision in zip(world.live_of(order), (Decision.HOLD, Decision.UNFULFILL), strict=True)
    ]
    before = shipped(world, order.id)
    plan = make_unfulfil(operator, marks, "")
    apply(operator, plan)
    operator.clock.sleep(900.0)

    apply(operator, undo_plan(operator, plan))

    assert shipped(world, order.id) == before


def test_stock_set_back_by_an_undo_is_confirmed(disk):
    operator = Operator(one_order(2, 2), disk)
    world = operator.shop.world
    plan = unfulfil(operator, Decision.UNFULFILL)
    stock = stock_change(world, list(plan.changes), "gid://shopify/InventoryItem/1", MAIN, 9)
    plan = seal(replace(plan, changes=(*plan.changes, stock), digest=""))
    apply(operator, plan)
    operator.clock.sleep(900.0)
    undo = undo_plan(operator, plan)
    apply(operator, undo)

    verdicts = verdicts_of(operator, undo)

    assert [verdict.kind for verdict in verdicts] == [VerdictKind.CONFIRMED] * len(undo.changes)


def test_an_undo_goes_on_where_somebody_has_released_our_hold(disk):
    operator = Operator(one_order(2, 2), disk)
    plan = unfulfil(operator, Decision.HOLD, OUR_TAG)
    apply(operator, plan)
    someone(operator, "releases_hold")()
    operator.clock.sleep(900.0)
    undo = undo_plan(operator, plan)

    violations, results = apply(operator, undo)

    assert (violations, results) == ([], ["already done", "applied", "applied"])


def test_stock_waits_for_a_cancel_that_was_given_up_while_it_may_still_arrive(disk):
    operator = Operator(one_order(2, 2), disk)
    world = operator.shop.world
    plan = unfulfil(operator, Decision.UNFULFILL)
    stock = stock_change(world, list(plan.changes), "gid://shopify/InventoryItem/1", MAIN, 9)
    plan = seal(replace(plan, changes=(*plan.changes, stock), digest=""))

    violations, results = apply(
        operator, plan, Troubles(write_faults=("FulfillmentCancel", ["lost_request"] * 4 + ["late_30"]))
    )

    assert (violations, results) == ([], ["applied", "applied"])
    assert world.levels["gid://shopify/InventoryItem/1", MAIN].on_hand == 9


def test_the_kept_part_of_one_row_does_not_end_in_the_hold_of_another(disk):
    operator = Operator(one_order(4, 2, switches=Switches(partial_grows=True)), disk)
    world = operator.shop.world
    order = next(iter(world.orders.values()))
    one = world.orders_of(order)[0]
    fulfil(world, [(one, one.lines[0], 2)], {"numbers": ["JD9"]})
    first, second = world.live_of(order)
    marks = [
        Mark(first.id, order.id, order.name, Decision.HOLD),
        Mark(second.id, order.id, order.name, Decision.UNFULFILL, part="SKU-1=1"),
    ]
    plan = make_unfulfil(operator, marks, "")

    violations, results = apply(operator, plan)

    assert (violations, results) == ([], ["applied"] * 4)


def verdicts_of(operator, plan):
    """What a fresh reading says of each change."""
    history: dict[str, list] = {}
    for event in read_journal(operator.path):
        if event.plan == plan.digest:
            history.setdefault(event.change, []).append(event)
    outcomes = outcomes_of(plan, history)
    items = {
        line.id: line.item_id
        for order in operator.shop.world.orders.values()
        for line in order.lines.values()
    }
    with operator.connect() as client:
        return verify_plan(
            plan, outcomes, read_back(client, plan, outcomes, items), ours=made_by(operator)
        ).verdicts
