"""The parts of verify, without a shop: half done, landing, units that are nowhere, what stock should have done."""

from dataclasses import replace
from datetime import timedelta

import pytest
from builders import WAREHOUSE, gid, level, make_tables
from states import SHIPPED, change, fulfillment_state, mark, open_order, order_state, plan_for

from unfulfill.model import (
    IN_EFFECT,
    CancelFulfillment,
    Change,
    CloseOrder,
    Landing,
    LevelState,
    Line,
    Outcome,
    RecreateFulfillment,
    RequestCancellation,
    Result,
    SetOnHand,
    Tracking,
    Verdict,
    VerdictKind,
    from_json,
    to_json,
)
from unfulfill.verify import (
    Moved,
    OrderedUnits,
    Quantity,
    Reading,
    StockRow,
    effect_of,
    expected_stock,
    open_cases,
    stock_rows,
    verify_plan,
)

ITEMS = {"I1": "item"}
CANCELLED = fulfillment_state(1, status="CANCELLED")


def cancel(before=None) -> Change:
    return change(id="m0001-cancel", before=before or fulfillment_state(1))


def rest(units=1) -> Change:
    action = RecreateFulfillment((Line("I1", units),), Tracking("DHL", ("00340",)), "L1")
    return change(action, id="m0001-rest", before=None, needs=("m0001-cancel",))


def plan_with(*changes: Change):
    return replace(plan_for(mark(1)), changes=changes)


def done(*changes: Change, result=Result.APPLIED, **more):
    return {each.id: Outcome(each.id, result, **more) for each in changes}


def reading(order=None, opened=(), shipped=None, ordered=None, **more):
    order = order or order_state(1)
    return Reading(
        {"F1": CANCELLED}, {"O1": order}, {"O1": tuple(opened)}, shipped=shipped or {}, ordered=ordered or {}, **more
    )  # fmt: skip


def verdicts(plan, outcomes, read, **more):
    return verify_plan(plan, outcomes, read, **more).verdicts


# Half done


@pytest.mark.parametrize(
    ("outcomes", "words"),
    [
        ({}, "half done: the rest is not fulfilled again yet (Shopify said no); apply the plan again"),
        (
            done(rest(), result=Result.NEEDS_PERSON, message="look"),
            "half done: the rest is not fulfilled again yet (look)",
        ),
    ],
)
def test_a_second_half_that_is_missing_is_not_applied(outcomes, words):
    plan = plan_with(cancel(), rest())

    _, second = verdicts(
        plan, done(cancel()) | outcomes, reading(opened=[open_order(1)]), deferred={"m0001-rest": "Shopify said no"}
    )  # fmt: skip

    assert second.kind is VerdictKind.NOT_APPLIED
    assert words in second.message
    assert open_cases(plan, done(cancel()) | outcomes) == {"m0001"}


def test_a_case_is_whole_when_both_halves_are_done_and_not_begun_when_neither_is():
    plan = plan_with(cancel(), rest())

    assert open_cases(plan, done(cancel(), rest())) == open_cases(plan, {}) == frozenset()
    assert open_cases(plan_with(rest()), {}) == frozenset()
    assert verdicts(plan, {}, reading())[1] == Verdict(
        "m0001-rest", VerdictKind.NOT_SENT, "not applied yet", is_pending=True
    )


# Landing


def test_units_are_found_once_first_where_they_had_shipped_from():
    here = open_order(1, lines=(Line("I1", 1, "A"),))
    there = open_order(
        2, location_id="L2", location_name="Store", lines=(Line("I1", 9, "B"), Line("I7", 1, "C"))
    )
    second = replace(cancel(fulfillment_state(2)), id="x", action=CancelFulfillment("F2"))
    read = reading(opened=[there, here])
    two = replace(
        read, fulfillments={"F1": CANCELLED, "F2": replace(CANCELLED, id="F2", lines=(Line("I1", 9),))}
    )

    first, after = verdicts(plan_with(cancel(), second), done(cancel(), second), two)

    assert first.landed == (
        Landing("FO1", "L1", "Warehouse", False, (Line("I1", 1, "A"),)),
        Landing("FO2", "L2", "Store", True, (Line("I1", 1, "B"),)),
    )
    assert [landing.units for landing in after.landed] == [8]
    assert "1 of its 9 units are not open" in after.message
    assert (
        first.message
        == "cancelled; its units are open again at Warehouse and Store, moved there from Warehouse"
    )
    assert from_json(Verdict, to_json(first)) == first
    assert from_json(Verdict, {"change_id": "x", "kind": "confirmed"}) == Verdict("x", VerdictKind.CONFIRMED)


def test_the_rest_that_we_fulfilled_again_is_not_missing():
    order = order_state(1, fulfillments=(("F1", "CANCELLED"), ("F9", "SUCCESS"), ("F8", "CANCELLED")))
    made = fulfillment_state(1, id="F9", lines=(Line("I1", 1),), tracking=Tracking("DHL", ("00340",)))
    read = reading(order, [open_order(1, lines=(Line("I1", 1, "A"),))], {"F9": {"I1": 1}, "F1": {"I1": 2}})
    read = replace(read, fulfillments={"F1": CANCELLED, "F9": made})
    outcomes = done(cancel()) | done(rest(), created_id="F9")

    first, second = verdicts(plan_with(cancel(), rest()), outcomes, read)

    assert (first.kind, second.kind) == (VerdictKind.CONFIRMED, VerdictKind.CONFIRMED)
    assert first.message.endswith("open again at Warehouse; 1 of its 2 units are fulfilled again by us")


# What others did, and units that are nowhere


@pytest.mark.parametrize(
    ("before", "now", "kind"),
    [
        ({}, {}, VerdictKind.CHANGED_SINCE),
        ({"financial_status": "REFUNDED"}, {"financial_status": "REFUNDED"}, VerdictKind.CONFIRMED),
        ({"cancelled": True}, {"cancelled": True}, VerdictKind.CONFIRMED),
        (
            {"financial_status": "PARTIALLY_REFUNDED"},
            {"financial_status": "REFUNDED"},
            VerdictKind.CHANGED_SINCE,
        ),
    ],
)
def test_units_that_are_not_open_were_gone_before_or_are_gone_since(before, now, kind):
    was = fulfillment_state(1, order_state(1, **before))

    (verdict,) = verdicts(plan_with(cancel(was)), done(cancel(was)), reading(order_state(1, **now)))

    assert (verdict.kind, "2 of its 2 units are not open" in verdict.message) == (kind, True)


@pytest.mark.parametrize(
    ("shipped", "opened", "known", "words"),
    [
        ({}, 0, OrderedUnits(2, 2), "2 of 2 units of line I1 are neither fulfilled nor open"),
        ({"F2": {"I1": 2}}, 2, OrderedUnits(2, 2), "line I1 has 2 units, and 4 are fulfilled or open"),
        ({"F2": {"I1": 2}}, 0, OrderedUnits(2, 2), ""),
        ({"F3": {"I1": 2}}, 2, OrderedUnits(2, 2), ""),
        ({}, 0, OrderedUnits(2, 0), ""),
    ],
)
def test_units_of_a_line_are_fulfilled_or_open_and_no_more(shipped, opened, known, words):
    order = order_state(1, fulfillments=(("F1", "CANCELLED"), ("F2", "SUCCESS"), ("F3", "ERROR")))
    was = fulfillment_state(1, replace(order, fulfillments=(("F1", "SUCCESS"), *order.fulfillments[1:])))
    fos = [open_order(1, lines=(Line("I1", opened, "A"),))]

    (verdict,) = verdicts(
        plan_with(cancel(was)), done(cancel(was)), reading(order, fos, shipped, {"I1": known})
    )

    assert words in verdict.message
    assert (verdict.kind is VerdictKind.NOT_APPLIED) is bool(words)


def test_a_cancelled_order_keeps_no_account_of_its_units():
    order = order_state(1, cancelled=True)
    was = fulfillment_state(1, order)

    (verdict,) = verdicts(
        plan_with(cancel(was)), done(cancel(was)), reading(order, ordered={"I1": OrderedUnits(2, 2)})
    )

    assert verdict.kind is VerdictKind.CONFIRMED


def test_what_others_did_to_other_fulfillments_is_told_once_by_the_first_change_of_the_order():
    was = fulfillment_state(
        1, order_state(1, fulfillments=(("F1", "SUCCESS"), ("F2", "SUCCESS"), ("F3", "SUCCESS")))
    )
    now = order_state(
        1, closed=True,
        fulfillments=(
            ("F1", "CANCELLED"), ("F2", "CANCELLED"), ("F7", "SUCCESS"), ("F8", "CANCELLED"), ("F9", "SUCCESS"),
        ),
    )  # fmt: skip
    close = change(CloseOrder(), id="close", before=None)

    first, second = verdicts(
        plan_with(cancel(was), close), done(cancel(), close), reading(now, [open_order(1)]), ours={"F9"}
    )  # fmt: skip

    assert first.kind is VerdictKind.CHANGED_SINCE
    assert first.message.endswith(
        "F2 was SUCCESS and is CANCELLED, F3 was SUCCESS and is gone; somebody fulfilled the order since (F7)"
    )
    assert (second.kind, second.message) == (VerdictKind.CONFIRMED, "archived")


def test_a_mismatch_stays_one_whatever_others_did():
    now = order_state(1, fulfillments=(("F1", "SUCCESS"), ("F7", "SUCCESS")))
    read = replace(reading(now), fulfillments={})

    (verdict,) = verdicts(plan_with(cancel()), done(cancel()), read)

    assert verdict.kind is VerdictKind.NOT_APPLIED
    assert verdict.message == "the shop has no such fulfillment; somebody fulfilled the order since (F7)"


def test_an_order_that_is_gone_and_a_change_without_a_state_before():
    tag = change(RequestCancellation((Line("I1", 1),), ""), before=None)

    gone = verdicts(plan_with(tag), done(tag), Reading({}, {}, {}))
    asked = verdicts(plan_with(tag), done(tag), reading())

    assert gone[0].message == "the shop has no such order any more"
    assert asked[0].kind is VerdictKind.CHANGED_SINCE


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("CANCELLATION_REQUESTED", "has not answered yet"),
        ("CANCELLATION_ACCEPTED", "has agreed to stop"),
        ("CANCELLATION_REJECTED", "refuses to stop"),
    ],
)
def test_what_a_service_said_is_told(status, words):
    asked = change(RequestCancellation((Line("I1", 1),), ""), before=order_state(1))
    outcomes = done(asked, fulfillment_order_id="FO1")

    (verdict,) = verdicts(plan_with(asked), outcomes, reading(opened=[open_order(1, request_status=status)]))

    assert (verdict.kind, words in verdict.message) == (VerdictKind.CONFIRMED, True)
    assert verify_plan(plan_with(asked), {}, reading()).counts == {"not sent": 1}


def test_a_recreated_fulfillment_that_is_gone_is_not_applied():
    made = change(RecreateFulfillment((Line("I1", 2),), Tracking(), "L1"), before=order_state(1))

    (verdict,) = verdicts(plan_with(made), done(made, created_id="F5"), reading())

    assert verdict.message == "the shop has no such fulfillment"


# Stock


def on_hand(quantity=12, id_="set"):
    key = "00000000-0000-0000-0000-000000000001"
    return change(SetOnHand("item", "L1", quantity, 0, key), id=id_, case=id_, order_id="", before=None)


@pytest.mark.parametrize(
    ("level", "kind", "words"),
    [
        (None, VerdictKind.CHANGED_SINCE, "not stocked there any more"),
        (10, VerdictKind.CONFIRMED, "10 on hand"),
        (12, VerdictKind.CHANGED_SINCE, "set to 12, should be 10 after the rest of the plan and is 12 now"),
    ],
)
def test_stock_that_was_set_is_judged_with_what_the_rest_of_the_plan_did(level, kind, words):
    again = change(RecreateFulfillment((Line("I1", 2),), Tracking(), "L1"), id="again", before=order_state(1))
    plan = plan_with(on_hand(), again)
    levels = {} if level is None else {("item", "L1"): LevelState("item", "L1", "", "", level, 0, 0)}
    read = Reading({}, {}, {}, levels, items=ITEMS)

    first, _ = verdicts(plan, done(on_hand(), again), read)

    assert (first.kind, words in first.message) == (kind, True)


def test_stock_set_to_another_number_by_somebody_is_told():
    levels = {("item", "L1"): LevelState("item", "L1", "", "", 3, 0, 0)}

    (verdict,) = verdicts(plan_with(on_hand()), done(on_hand()), Reading({}, {}, {}, levels))

    assert verdict.message == "on hand was set to 12 and is 3 now"


def test_each_kind_of_change_has_its_effect_on_stock():
    made = change(RecreateFulfillment((Line("I1", 2), Line("I9", 1)), Tracking(), "L1"))
    moved = Landing("FO1", "L2", "Store", True, (Line("I1", 1, "A"), Line("I9", 1, "B")))
    stays = Landing("FO2", "L1", "Warehouse", False, (Line("I1", 1, "C"),))

    def effect(subject, landed=(), **more):
        return effect_of(subject, Outcome("x", Result.APPLIED, **more), landed, ITEMS)

    assert effect(cancel(), (stays,)) == {("item", "L1"): Moved(2, 0, 2)}
    assert effect(cancel(), (moved, stays)) == {
        ("item", "L1"): Moved(2, 1, 1),
        ("item", "L2"): Moved(0, -1, 1),
    }
    assert effect(made) == {("item", "L1"): Moved(-2, 0, -2)}
    assert effect(on_hand(), replaced=9) == {("item", "L1"): Moved(3, 3, 0)}
    assert effect(on_hand()) == effect(change(CloseOrder())) == effect(replace(cancel(), before=None)) == {}
    assert effect_of(cancel(), Outcome("x", Result.ALREADY_DONE), (), ITEMS) == {}
    assert effect_of(cancel(), None, (), ITEMS) == {}


def test_what_is_expected_of_a_plan_is_the_sum_and_nothing_where_it_is_nothing():
    made = change(RecreateFulfillment((Line("I1", 2),), Tracking(), "L1"), id="again")
    plan = plan_with(cancel(), made)

    assert expected_stock(plan, done(cancel(), made), {}, ITEMS) == {}
    told = {"m0001-cancel": Verdict("m0001-cancel", VerdictKind.CONFIRMED)}
    assert expected_stock(plan, done(cancel()), told, ITEMS) == {("item", "L1"): Moved(2, 0, 2)}


def test_stock_rows_stand_where_something_moved_or_should_have():
    before = make_tables(level(1), level(2), level(3), level(4, tracked=False), level(5, on_hand=None))[
        "inventory_levels"
    ]
    after = make_tables(
        level(1, on_hand=12, committed=2),
        level(2),
        level(3, on_hand=9, sku=None),
        level(4, on_hand=1, tracked=False),
        level(5),
    )["inventory_levels"]
    item = gid("InventoryItem", 1)
    should = {(item, WAREHOUSE): Moved(2, 0, 2), ("gid://shopify/InventoryItem/77", "L9"): Moved(1, 0, 1)}

    rows = stock_rows(before, after, should)

    assert [(row.item, row.location, row.agrees) for row in rows] == [
        ("77", "", False),
        ("SKU-1", "Warehouse", True),
        ("SKU-5", "Warehouse", False),
        ("Thing 3", "Warehouse", False),
    ]
    assert rows[1] == StockRow(
        item, WAREHOUSE, "SKU-1", "Warehouse", Quantity(10, 12, 2), Quantity(10, 10, 0), Quantity(0, 2, 2)
    )
    assert stock_rows(None, after, should) == stock_rows(before, None, should) == []


@pytest.mark.parametrize("result", [r for r in Result if r not in IN_EFFECT])
def test_what_was_not_applied_is_not_sent(result):
    (verdict,) = verdicts(plan_with(cancel()), done(cancel(), result=result, message="why"), reading())

    assert verdict.message == f"{result.value}: why"


def test_times_are_no_part_of_a_verdict():
    later = order_state(1, updated_at=SHIPPED + timedelta(days=1))

    (verdict,) = verdicts(plan_with(cancel()), done(cancel()), reading(later, [open_order(1)]))

    assert verdict.kind is VerdictKind.CONFIRMED
