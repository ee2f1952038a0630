"""What is concluded from readings that no sandbox gives at will: other people's writes, lost tracking, odd records."""

from dataclasses import replace

import pytest
from states import NOW, fulfillment_state, open_order, order_state

from unfulfill.first_contact import (
    FirstContact,
    Glimpse,
    Happened,
    Level,
    Observation,
    is_as_before,
    is_open_again,
    observe,
    record_from_json,
    record_to_json,
    stock_sentence,
)
from unfulfill.model import Line, Tracking

ORDER = order_state(1, closed=True)
OPEN = order_state(1, updated_at=NOW, closed=False, display_fulfillment_status="UNFULFILLED")
FIRST = fulfillment_state(1, ORDER)
CANCELLED = fulfillment_state(1, OPEN, status="CANCELLED", display_status="CANCELED")
AGAIN = fulfillment_state(2, ORDER, name="#1001-F2", lines=FIRST.lines)
OLD = open_order(1, status="CLOSED", lines=(Line("I1", 0, "FOL1"),))
GROWN = replace(OLD, lines=(Line("I1", 2, "FOL1"),))


def level(available, committed, on_hand, location="L1", name="Warehouse"):
    return Level("II1", "TEE", location, name, True, available, committed, on_hand)


def glimpse(order, fulfillments, orders, *levels):
    return Glimpse(
        NOW, order, tuple(fulfillments), tuple(orders), (("I1", "II1"),), levels or (level(5, 0, 5),)
    )


BEFORE = glimpse(ORDER, [FIRST], [OLD])
BETWEEN = glimpse(OPEN, [CANCELLED], [GROWN, open_order(2, lines=(Line("I1", 2, "FOL2"),))], level(5, 2, 7))
AFTER = glimpse(
    ORDER, [CANCELLED, AGAIN], [GROWN, open_order(2, status="CLOSED", lines=(Line("I1", 0, "FOL2"),))]
)
DONE = Happened(cancelled=True, undone=True, made_id="F2")


def disagreements(between=BETWEEN, after=AFTER, happened=DONE):
    return {o.question: o.seen for o in observe(BEFORE, between, after, happened) if o.agrees is False}


def test_a_shop_that_does_what_is_inferred_agrees_everywhere():
    assert disagreements() == {}
    assert is_open_again(BEFORE, BETWEEN)
    assert is_as_before(BEFORE, AFTER)


def test_a_fulfillment_that_somebody_else_made_meanwhile_is_told():
    theirs = fulfillment_state(3, OPEN, name="#1001-F3", lines=(Line("I9", 1),))

    seen = disagreements(after=replace(AFTER, fulfillments=(*AFTER.fulfillments, theirs)))

    assert seen == {"Did anything else of the order change?": "somebody else made the fulfillment #1001-F3"}


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        ({"tags": ("vip",)}, "tags of the order"),
        ({"financial_status": "REFUNDED"}, "payment of the order"),
        ({"return_status": "IN_PROGRESS"}, "return of the order"),
    ],
)
def test_what_else_changed_in_the_order_is_told(change, seen):
    found = disagreements(after=replace(AFTER, order=replace(ORDER, **change)))

    assert found == {"Did anything else of the order change?": seen}


def test_tracking_that_was_lost_is_told_in_counts_and_never_in_numbers():
    lost = replace(AGAIN, tracking=Tracking("DHL", ("00340",)))

    seen = disagreements(after=replace(AFTER, fulfillments=(CANCELLED, lost)))

    assert seen == {"Is its tracking kept?": "DHL, 1 number, 0 links; not the same"}


def test_stock_that_does_not_come_back_is_told_with_its_numbers():
    seen = disagreements(after=replace(AFTER, levels=(level(4, 0, 4),)))

    assert seen == {
        "Stock of TEE at Warehouse after the undo": "not as before: available −1, committed ±0, on hand −1"
    }


def test_units_that_are_not_open_yet_and_stock_that_did_not_move_are_waited_for():
    assert not is_open_again(BEFORE, glimpse(OPEN, [CANCELLED], [GROWN], level(5, 2, 7)))
    assert not is_open_again(BEFORE, replace(BETWEEN, levels=BEFORE.levels))
    assert not is_as_before(BEFORE, replace(AFTER, levels=BETWEEN.levels))
    assert not is_as_before(BEFORE, replace(AFTER, order=replace(ORDER, closed=False)))


def test_the_sentence_about_stock_names_units_or_the_places_that_differ():
    assert "a cancel of 2 units raised on hand and committed by as many" in stock_sentence(BEFORE, BETWEEN)
    elsewhere = replace(BETWEEN, levels=(level(7, 0, 7), level(-2, 2, 0, "L2", "Berlin")))
    assert stock_sentence(BEFORE, elsewhere).endswith(
        "than we had inferred: TEE at Berlin: available −2, committed +2, on hand ±0; "
        "TEE at Warehouse: available +2, committed ±0, on hand +2."
    )
    untracked = replace(BEFORE, levels=(replace(level(5, 0, 5), tracked=False),))
    assert stock_sentence(untracked, untracked) == ""


def test_a_record_survives_its_file():
    contact = FirstContact(
        "s.myshopify.com", "S1", "2026-10", NOW, "O1", "#1001", "F1", "d", "u", True, True,
        (Observation("q", "e", "s", None), Observation("q", "e", "s", False)), "stock", ("w",), "p", "person",
    )  # fmt: skip

    assert record_from_json(record_to_json(contact)) == contact
