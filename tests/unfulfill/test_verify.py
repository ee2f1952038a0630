from dataclasses import replace

import pytest
from states import change, fulfillment_state, mark, open_order, order_state, plan_for

from unfulfill.model import (
    IN_EFFECT,
    CloseOrder,
    Hold,
    HoldFulfillmentOrder,
    Line,
    Outcome,
    RecreateFulfillment,
    ReleaseHold,
    Result,
    TagOrder,
    Tracking,
    VerdictKind,
)
from unfulfill.verify import Reading, verify_plan

TRACKING = Tracking("DHL", ("00340",), ())
RECREATE = RecreateFulfillment((Line("I1", 2),), TRACKING, "L1")
HOLD = Hold("H1", "uw-1", "OTHER", ours=True)


def verdict(action, *, fulfillment=None, order=None, open_orders=(), result=Result.APPLIED):
    subject = change(action)
    plan = replace(plan_for(mark(1)), changes=(subject,))
    state = fulfillment or fulfillment_state(1)
    reading = Reading({state.id: state}, {"O1": order or order_state(1)}, {"O1": tuple(open_orders)})
    outcome = Outcome(subject.id, result, "words", created_id=state.id)
    (found,) = verify_plan(plan, {subject.id: outcome}, reading).verdicts
    return found


def test_a_cancelled_fulfillment_is_confirmed_with_the_place_where_its_units_are_open():
    found = verdict(None, fulfillment=fulfillment_state(1, status="CANCELLED"), open_orders=[open_order(1)])

    assert (found.kind, found.message) == (
        VerdictKind.CONFIRMED,
        "cancelled; its units are open again at Warehouse",
    )


def test_units_that_landed_elsewhere_are_told():
    elsewhere = open_order(1, location_id="L2", location_name="Store")

    found = verdict(None, fulfillment=fulfillment_state(1, status="CANCELLED"), open_orders=[elsewhere])

    assert found.message == "cancelled; its units are open again at Store, moved there from Warehouse"


def test_a_fulfillment_that_is_still_live_is_not_applied():
    assert verdict(None).kind is VerdictKind.NOT_APPLIED


@pytest.mark.parametrize(
    ("action", "reading", "expected"),
    [
        (RECREATE, {"fulfillment": fulfillment_state(1, tracking=TRACKING)}, VerdictKind.CONFIRMED),
        (RECREATE, {"fulfillment": fulfillment_state(1, status="CANCELLED")}, VerdictKind.CHANGED_SINCE),
        (RECREATE, {"fulfillment": fulfillment_state(1, lines=(Line("I1", 1),))}, VerdictKind.NOT_APPLIED),
        (RECREATE, {"fulfillment": fulfillment_state(1, tracking=Tracking())}, VerdictKind.CHANGED_SINCE),
        (TagOrder("x", True), {"order": order_state(1, tags=("X",))}, VerdictKind.CONFIRMED),
        (TagOrder("x", True), {}, VerdictKind.CHANGED_SINCE),
        (TagOrder("x", False), {}, VerdictKind.CONFIRMED),
        (CloseOrder(), {"order": order_state(1, closed=True)}, VerdictKind.CONFIRMED),
        (CloseOrder(), {}, VerdictKind.CHANGED_SINCE),
        (
            HoldFulfillmentOrder((), "uw-1", "OTHER", ""),
            {"open_orders": [open_order(1, holds=(HOLD,))]},
            VerdictKind.CONFIRMED,
        ),
        (
            HoldFulfillmentOrder((), "uw-1", "OTHER", ""),
            {"open_orders": [open_order(1)]},
            VerdictKind.CHANGED_SINCE,
        ),
        (ReleaseHold((), "uw-1"), {"open_orders": [open_order(1)]}, VerdictKind.CONFIRMED),
        (ReleaseHold((), "uw-1"), {"open_orders": [open_order(1, holds=(HOLD,))]}, VerdictKind.NOT_APPLIED),
    ],
)
def test_each_kind_is_held_against_the_reading(action, reading, expected):
    assert verdict(action, **reading).kind is expected


def test_a_part_whose_rest_is_not_fulfilled_again_yet_is_half_done():
    plan = plan_for(mark(1, "hold", part="I1=1"))
    reading = Reading(
        {"F1": fulfillment_state(1, status="CANCELLED")}, {"O1": order_state(1)}, {"O1": (open_order(1),)}
    )

    verdicts = verify_plan(plan, {"m0001-cancel": Outcome("m0001-cancel", Result.APPLIED)}, reading).verdicts

    assert [(v.kind, v.message.split(":")[0]) for v in verdicts] == [
        (VerdictKind.CONFIRMED, "cancelled; its units are open again at Warehouse"),
        (VerdictKind.NOT_APPLIED, "half done"),
        (VerdictKind.NOT_SENT, "not applied yet"),
    ]


@pytest.mark.parametrize("result", [r for r in Result if r not in IN_EFFECT])
def test_a_change_that_was_not_applied_says_why(result):
    found = verdict(None, result=result)

    assert (found.kind, found.message) == (VerdictKind.NOT_SENT, f"{result.value}: words")


def test_what_was_so_already_is_held_against_the_reading_too():
    cancelled = fulfillment_state(1, status="CANCELLED")

    done = verdict(None, fulfillment=cancelled, open_orders=[open_order(1)], result=Result.ALREADY_DONE)
    undone = verdict(TagOrder("x", True), result=Result.ALREADY_DONE)

    assert done.kind is VerdictKind.CONFIRMED
    assert done.message.startswith("not sent, for it was so already: cancelled")
    assert undone.kind is VerdictKind.CHANGED_SINCE
