from dataclasses import replace

from states import NOW, fulfillment_state, level_state, mark, order_state, plan_for

from unfulfill.model import Line, Outcome, RecreateFulfillment, Result, TagOrder
from unfulfill.plan_stock import Counted, CountedStock
from unfulfill.undo import plan_undo
from unfulfill.verify import Reading


def applied(plan, **special):
    outcomes = {change.id: Outcome(change.id, Result.APPLIED) for change in plan.changes}
    return outcomes | special


def undo(plan, outcomes, now=None, fulfillments=None, open_orders=None, **options):
    orders = now or {change.order_id: order_state(int(change.order_id[1:])) for change in plan.changes}
    reading = Reading(fulfillments or {}, orders, open_orders or {})
    return plan_undo(plan, outcomes, reading, made_at=NOW, **options)


def test_a_cancel_is_undone_by_fulfilling_the_same_lines_with_the_same_tracking():
    plan = plan_for(mark(1))
    before = fulfillment_state(1)

    undoing = undo(plan, applied(plan))

    (change,) = undoing.changes
    assert change.action == RecreateFulfillment(before.lines, before.tracking, before.location_id)
    assert undoing.kind == "undo"


def test_the_last_case_is_undone_first_and_a_hold_is_released_before_fulfilling():
    plan = plan_for(mark(1, "hold"), mark(2), tag="x")

    undoing = undo(plan, applied(plan))

    assert [(c.order_name, c.kind) for c in undoing.changes] == [
        ("#1002", "RecreateFulfillment"),
        ("#1002", "TagOrder"),
        ("#1001", "ReleaseHold"),
        ("#1001", "RecreateFulfillment"),
        ("#1001", "TagOrder"),
    ]
    release, recreate = undoing.changes[2], undoing.changes[3]
    assert recreate.needs == (release.id,)
    assert undoing.changes[1].action == TagOrder("x", add=False)


def test_what_was_not_applied_by_us_is_not_undone():
    plan = plan_for(mark(1), mark(2), mark(3))
    first, second, third = (change.id for change in plan.changes)
    outcomes = {first: Outcome(first, Result.ALREADY_DONE), second: Outcome(second, Result.STALE)}
    outcomes[third] = Outcome(third, Result.APPLIED)

    undoing = undo(plan, outcomes)

    assert [change.order_name for change in undoing.changes] == ["#1003"]


def test_an_order_that_was_archived_is_archived_again():
    states = {"F1": fulfillment_state(1, order_state(1, closed=True))}
    plan = plan_for(mark(1), states=states)

    undoing = undo(plan, applied(plan))

    assert [(c.kind, c.needs) for c in undoing.changes] == [
        ("RecreateFulfillment", ()),
        ("CloseOrder", ("m0001-refulfil",)),
    ]


def test_what_cannot_be_given_back_is_a_skip_with_its_reason():
    states = {"F1": fulfillment_state(1, service_type="THIRD_PARTY"), "F2": fulfillment_state(2)}
    plan = plan_for(mark(1, override="agreed by phone"), mark(2), states=states)
    orders = {"O1": order_state(1), "O2": order_state(2, cancelled=True)}

    undoing = undo(plan, applied(plan), orders)

    assert undoing.changes == ()
    assert {skip.order_name: skip.reason for skip in undoing.skips} == {
        "#1001": "not_by_us",
        "#1002": "order_cancelled",
    }


def test_only_the_orders_named_are_undone():
    plan = plan_for(mark(1), mark(2))

    undoing = undo(plan, applied(plan), orders=["#1002"])

    assert [change.order_name for change in undoing.changes] == ["#1002"]


def test_an_undo_is_undone_by_cancelling_what_it_made():
    plan = plan_for(mark(1))
    undoing = undo(plan, applied(plan))
    made = replace(fulfillment_state(1), id="F77")
    outcomes = {undoing.changes[0].id: Outcome(undoing.changes[0].id, Result.APPLIED, created_id="F77")}

    again = undo(undoing, outcomes, fulfillments={"F77": made})

    assert [(c.kind, c.fulfillment_id, c.before) for c in again.changes] == [
        ("CancelFulfillment", "F77", made)
    ]


def test_a_part_is_undone_by_cancelling_the_rest_and_fulfilling_the_whole():
    plan = plan_for(mark(1, "hold", part="I1=1"))
    rest = fulfillment_state(77, order_state(1), lines=(Line("I1", 1),))
    outcomes = applied(plan)
    outcomes["m0001-rest"] = replace(outcomes["m0001-rest"], created_id=rest.id)

    undoing = undo(plan, outcomes, fulfillments={rest.id: rest})

    assert [(c.id, c.kind, c.needs) for c in undoing.changes] == [
        ("m0001-release", "ReleaseHold", ()),
        ("m0001-cancel", "CancelFulfillment", ("m0001-release",)),
        ("m0001-refulfil", "RecreateFulfillment", ("m0001-release", "m0001-cancel")),
    ]
    assert undoing.changes[1].fulfillment_id == rest.id
    assert undoing.changes[2].action.lines == fulfillment_state(1).lines


def test_an_order_that_was_archived_again_needs_no_skip_to_stay_so():
    closed = order_state(1, closed=True)
    plan = plan_for(mark(1), states={"F1": fulfillment_state(1, closed)}, close_again=True)

    undoing = undo(plan, applied(plan), {"O1": closed})

    assert [change.kind for change in undoing.changes] == ["RecreateFulfillment", "CloseOrder"]
    assert undoing.skips == ()


def test_stock_that_was_set_is_set_back_first_by_its_difference_also_when_an_undo_is_undone():
    counted = Counted("II1", "L1", "SKU", "Warehouse", True, 10, 15)
    stock = CountedStock((counted,), {counted.place: level_state(on_hand=10)}, {"I1": "II1"})
    plan = plan_for(mark(1), stock=stock, set_on_hand=True)
    outcomes = applied(plan)
    outcomes["s0001-stock"] = replace(outcomes["s0001-stock"], replaced=12)
    level = {counted.place: level_state(on_hand=15)}

    undoing = plan_undo(plan, outcomes, Reading({}, {"O1": order_state(1)}, {}, level), made_at=NOW)
    back = {change.id: Outcome(change.id, Result.APPLIED, created_id="F77") for change in undoing.changes}
    back["s0001-back"] = replace(back["s0001-back"], replaced=15)
    made = {"F77": fulfillment_state(1, id="F77")}
    reading = Reading(made, {"O1": order_state(1)}, {}, {counted.place: level_state(on_hand=10)})
    again = plan_undo(undoing, back, reading, made_at=NOW)

    assert [(c.kind, getattr(c.action, "quantity", None)) for c in undoing.changes] == [
        ("SetOnHand", 12),
        ("RecreateFulfillment", None),
    ]
    assert [(c.kind, getattr(c.action, "quantity", None)) for c in again.changes] == [
        ("SetOnHand", 13),
        ("CancelFulfillment", None),
    ]
