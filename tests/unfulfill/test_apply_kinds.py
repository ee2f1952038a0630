from datetime import timedelta

import pytest
from states import SHIPPED, accepted_order, change, fulfillment_state, level_state, open_order, order_state

from unfulfill.apply.kinds import Created, check, created, doubt, happened, request
from unfulfill.apply.look import Look
from unfulfill.model import (
    CloseOrder,
    Hold,
    HoldFulfillmentOrder,
    Line,
    RecreateFulfillment,
    ReleaseHold,
    RequestCancellation,
    Result,
    SetOnHand,
    TagOrder,
    Tracking,
)
from unfulfill.open_units import allocate

TRACKING = Tracking("DHL", ("1", "2"), ("https://dhl.example/1",))
RECREATE = RecreateFulfillment((Line("I1", 2),), TRACKING, "L1")
HOLD = HoldFulfillmentOrder((Line("I1", 2),), "uw-1", "OTHER", "count again")
OURS = Hold("H1", "uw-1", "OTHER", ours=True)
THEIRS = Hold("H2", "uw-1", "OTHER", ours=False)


ASK = RequestCancellation((Line("I1", 2),), "please stop")
SET = SetOnHand("II1", "L1", quantity=7, cancelled_units=2, key="k")


def cancel_look(**changes):
    order = order_state(1, **changes.pop("order", {}))
    return Look(order, fulfillment_state(1, order, **changes))


def test_an_untouched_fulfillment_may_be_cancelled():
    assert check(change(), cancel_look(), order_is_ours=False) is None
    assert request(change(), cancel_look()) == ("FulfillmentCancel", {"id": "F1"})


@pytest.mark.parametrize(
    ("moved", "words"),
    [
        (
            {"display_status": "DELIVERED", "delivered_at": SHIPPED},
            "carrier status was FULFILLED, is DELIVERED",
        ),
        ({"tracking": Tracking("UPS", ("1Z",))}, "tracking was DHL 00340, is UPS 1Z"),
        ({"lines": (Line("I1", 1),)}, "lines was"),
        ({"order": {"cancelled": True}}, "order cancelled was no, is yes"),
        ({"order": {"financial_status": "REFUNDED"}}, "payment was PAID, is REFUNDED"),
        ({"order": {"return_status": "RETURNED"}}, "return was NO_RETURN, is RETURNED"),
        ({"order": {"updated_at": SHIPPED + timedelta(seconds=1)}}, "order last changed was"),
    ],
)
def test_what_moved_since_the_plan_is_stale_with_the_difference(moved, words):
    result, message = check(change(), cancel_look(**moved), order_is_ours=False)

    assert result is Result.STALE
    assert words in message


def test_an_order_that_this_plan_wrote_to_may_have_a_later_change():
    look = cancel_look(order={"updated_at": SHIPPED + timedelta(seconds=9)})

    assert check(change(), look, order_is_ours=True) is None


@pytest.mark.parametrize(
    ("action", "before", "look", "result", "words"),
    [
        (TagOrder("x", True), None, Look(), Result.STALE, "no such order any more"),
        (None, fulfillment_state(), Look(order_state()), Result.STALE, "no such fulfillment any more"),
        (None, None, cancel_look(), Result.STALE, "does not hold what it was made against"),
        (CloseOrder(), None, Look(order_state(closed=True)), Result.ALREADY_DONE, "archived already"),
        (
            TagOrder("x", True),
            None,
            Look(order_state(tags=("X",))),
            Result.ALREADY_DONE,
            "has the tag x already",
        ),
        (
            HOLD,
            None,
            Look(order_state(), open_orders=(open_order(holds=(OURS,)),)),
            Result.ALREADY_DONE,
            "held already",
        ),
        (HOLD, None, Look(order_state()), Result.STALE, "no open fulfillment order has these units"),
        (ASK, None, Look(order_state(), open_orders=(open_order(),)), Result.STALE, "no service has"),
        (SET, level_state(), Look(), Result.STALE, "not stocked there any more"),
        (SET, None, Look(level=level_state()), Result.STALE, "does not hold what it was made against"),
        (SET, level_state(), Look(level=level_state(on_hand=7)), Result.ALREADY_DONE, "7 on hand already"),
        (
            SET,
            level_state(),
            Look(level=level_state(on_hand=13)),
            Result.STALE,
            "should be 10 to 12 now and is 13",
        ),
    ],
)
def test_what_cannot_be_done_any_more_is_said(action, before, look, result, words):
    found, message = check(change(action, before=before), look, order_is_ours=False)

    assert (found, words in message) == (result, True)


@pytest.mark.parametrize(
    ("action", "before", "look"),
    [
        (CloseOrder(), None, Look(order_state())),
        (ASK, None, Look(order_state(), open_orders=(accepted_order(),))),
        (SET, level_state(), Look(level=level_state(on_hand=12))),
    ],
)
def test_what_can_still_be_done_may_be_sent(action, before, look):
    assert check(change(action, before=before), look, order_is_ours=False) is None


@pytest.mark.parametrize(
    ("status", "was_rejected", "expected"),
    [
        ("CANCELLATION_REQUESTED", False, "FO1"),
        ("CANCELLATION_REJECTED", False, "FO1"),
        ("CANCELLATION_REJECTED", True, None),  # that answer may be to an earlier request
        ("ACCEPTED", False, None),
    ],
)
def test_a_request_to_a_service_is_proved_by_its_state(status, was_rejected, expected):
    look = Look(order_state(), open_orders=(accepted_order(request_status=status),))

    made = happened(change(ASK), look, {"variables": {"id": "FO1"}, "was_rejected": was_rejected})

    assert made == (Created(fulfillment_order_id=expected) if expected else None)


def test_only_a_fulfillment_of_the_same_units_makes_doubt():
    same, other = (fulfillment_state(7, lines=(Line("I1", units),)) for units in (2, 1))

    assert doubt(change(RECREATE), Look(order_state(), made_since=(other,))) is None
    assert doubt(change(RECREATE), Look(order_state(), made_since=(other, same)))[0] is Result.NEEDS_PERSON
    assert doubt(change(), cancel_look()) is None


def test_a_second_cancel_is_never_sent():
    result, _ = check(change(), cancel_look(status="CANCELLED"), order_is_ours=False)

    assert result is Result.ALREADY_DONE


def test_recreating_takes_open_units_by_order_line_and_never_notifies():
    look = Look(
        order_state(1), open_orders=(open_order(9, lines=(Line("I1", 3, "FOL9"), Line("I2", 1, "FOL8"))),)
    )

    assert check(change(RECREATE), look, order_is_ours=True) is None
    assert request(change(RECREATE), look) == (
        "FulfillmentCreate",
        {
            "fulfillment": {
                "notifyCustomer": False,
                "lineItemsByFulfillmentOrder": [
                    {
                        "fulfillmentOrderId": "FO9",
                        "fulfillmentOrderLineItems": [{"id": "FOL9", "quantity": 2}],
                    }
                ],
                "trackingInfo": {"company": "DHL", "numbers": ["1", "2"], "urls": ["https://dhl.example/1"]},
            }
        },
    )


def test_what_had_no_tracking_number_is_fulfilled_again_without_one():
    look = Look(order_state(1), open_orders=(open_order(1),))
    subject = RecreateFulfillment((Line("I1", 2),), Tracking("Bike", (), ("https://bike.example/7",)), "L1")

    _, variables = request(change(subject), look)

    assert variables["fulfillment"]["trackingInfo"] == {"company": "Bike", "urls": ["https://bike.example/7"]}


def test_units_may_come_from_several_fulfillment_orders_of_one_location():
    orders = (open_order(1, lines=(Line("I1", 1, "A"),)), open_order(2, lines=(Line("I1", 1, "B"),)))

    taken = allocate(orders, (Line("I1", 2),), "L1")

    assert {order: [(line.id, line.quantity) for line in lines] for order, lines in taken.items()} == {
        "FO1": [("A", 1)],
        "FO2": [("B", 1)],
    }


@pytest.mark.parametrize(
    ("open_orders", "order", "words"),
    [
        ((), {}, "not open any more"),
        ((open_order(1, lines=(Line("I1", 1, "A"),)),), {}, "not open any more"),
        ((open_order(1, location_id="L2", location_name="Store"),), {}, "moved the open units to Store"),
        ((open_order(1, status="ON_HOLD"),), {}, "on hold"),
        ((open_order(1),), {"cancelled": True}, "cancelled since"),
    ],
)
def test_recreating_is_stale_where_the_units_are_not_there_to_be_fulfilled(open_orders, order, words):
    result, message = check(change(RECREATE), Look(order_state(1, **order), open_orders=open_orders), True)

    assert result is Result.STALE
    assert words in message


def test_a_hold_takes_the_whole_fulfillment_order_or_only_our_units():
    whole = request(change(HOLD), Look(order_state(1), open_orders=(open_order(1),)))
    shared = open_order(1, lines=(Line("I1", 2, "A"), Line("I2", 1, "B")))
    part = request(change(HOLD), Look(order_state(1), open_orders=(shared,)))

    assert whole[1]["hold"] == {
        "reason": "OTHER",
        "reasonNotes": "count again",
        "handle": "uw-1",
        "notifyMerchant": False,
    }
    assert part[1]["hold"]["fulfillmentOrderLineItems"] == [{"id": "A", "quantity": 2}]


def test_only_our_own_hold_is_released():
    look = Look(order_state(1), open_orders=(open_order(1, status="ON_HOLD", holds=(THEIRS, OURS)),))
    subject = change(ReleaseHold((Line("I1", 2),), "uw-1"))

    assert request(subject, look) == ("FulfillmentOrderReleaseHold", {"id": "FO1", "holdIds": ["H1"]})
    only_theirs = Look(order_state(1), open_orders=(open_order(1, holds=(THEIRS,)),))
    assert check(subject, only_theirs, True) == (Result.ALREADY_DONE, "our hold is gone already")


@pytest.mark.parametrize(
    ("action", "look", "expected"),
    [
        (None, cancel_look(), None),
        (None, cancel_look(status="CANCELLED"), Created()),
        (RECREATE, Look(order_state(1)), None),
        (
            RECREATE,
            Look(
                order_state(1), made_since=(fulfillment_state(7, lines=(Line("I1", 2),), tracking=TRACKING),)
            ),
            Created("F7"),
        ),
        (
            RECREATE,  # made by us and cancelled by someone since: it did happen
            Look(
                order_state(1),
                made_since=(
                    fulfillment_state(7, lines=(Line("I1", 2),), tracking=TRACKING, status="CANCELLED"),
                ),
            ),
            Created("F7"),
        ),
        (
            RECREATE,  # somebody else's: other tracking
            Look(order_state(1), made_since=(fulfillment_state(7, lines=(Line("I1", 2),)),)),
            None,
        ),
        (HOLD, Look(order_state(1), open_orders=(open_order(1, holds=(OURS,)),)), Created("H1", "FO1")),
        (HOLD, Look(order_state(1), open_orders=(open_order(1, holds=(THEIRS,)),)), None),
        (ReleaseHold((), "uw-1"), Look(order_state(1), open_orders=(open_order(1),)), Created()),
        (ReleaseHold((), "uw-1"), Look(order_state(1), open_orders=(open_order(1, holds=(OURS,)),)), None),
        (TagOrder("New", True), Look(order_state(1, tags=("new",))), Created()),
        (TagOrder("New", True), Look(order_state(1)), None),
        (TagOrder("New", False), Look(order_state(1)), Created()),
        (CloseOrder(), Look(order_state(1, closed=True)), Created()),
        (CloseOrder(), Look(order_state(1)), None),
        (CloseOrder(), Look(None), None),
        (SET, Look(level=level_state(on_hand=7)), None),  # asked again by its key instead
    ],
)
def test_after_an_unknown_outcome_only_the_event_itself_is_proof(action, look, expected):
    assert happened(change(action), look, {}) == expected


@pytest.mark.parametrize(
    ("action", "payload"),
    [
        (None, {"fulfillment": {"id": "F1", "status": "SUCCESS"}}),
        (None, {"fulfillment": {"id": "F2", "status": "CANCELLED"}}),
        (None, {"fulfillment": None}),
        (TagOrder("x", True), {"node": None}),
        (CloseOrder(), {"order": {"closed": False}}),
    ],
)
def test_an_answer_that_does_not_show_the_effect_is_not_taken_as_done(action, payload):
    assert created(change(action), {"id": "F1"}, payload) is None
