import json
from dataclasses import replace
from datetime import timedelta
from importlib.resources import files

import pytest
from graphql import build_schema
from states import SHIPPED, change, fulfillment_state, mark, order_state, plan_for

from unfulfill.errors import ParameterRefused
from unfulfill.model import (
    CloseOrder,
    Limits,
    Line,
    RecreateFulfillment,
    ReleaseHold,
    RequestCancellation,
    Reversibility,
    SetOnHand,
    TagOrder,
    Tracking,
)
from unfulfill.plan import HOLD_REASONS, plan_from_text, plan_to_text, seal


def kinds(plan):
    return [change.kind for change in plan.changes]


def reasons(plan):
    return {skip.fulfillment_id: skip.reason for skip in plan.skips}


def test_a_mark_becomes_a_cancel_with_what_was_read_before():
    plan = plan_for(mark(1))

    (change,) = plan.changes
    assert (change.kind, change.fulfillment_id, change.before) == (
        "CancelFulfillment",
        "F1",
        fulfillment_state(1),
    )
    assert change.reversibility is Reversibility.NEW_IDS


def test_hold_and_tag_follow_the_cancel_that_they_need():
    plan = plan_for(mark(1, "hold"), tag="unfulfilled")

    assert [(c.id, c.kind, c.needs) for c in plan.changes] == [
        ("m0001-cancel", "CancelFulfillment", ()),
        ("m0001-hold", "HoldFulfillmentOrder", ("m0001-cancel",)),
        ("m0001-tag", "TagOrder", ("m0001-cancel",)),
    ]


def test_an_order_with_two_marked_fulfillments_is_tagged_once():
    order = order_state(1, fulfillments=(("F1", "SUCCESS"), ("F2", "SUCCESS")))
    states = {"F1": fulfillment_state(1, order), "F2": fulfillment_state(2, order)}

    plan = plan_for(mark(1), mark(2, order_id="O1", order_name="#1001"), states=states, tag="unfulfilled")

    assert kinds(plan) == ["CancelFulfillment", "CancelFulfillment", "TagOrder"]


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ({"status": "CANCELLED", "display_status": "CANCELED"}, "already_cancelled"),
        ({"status": "FAILURE"}, "not_live"),
        ({"delivered_at": SHIPPED, "display_status": "DELIVERED"}, "locked"),
        ({"in_transit_at": SHIPPED, "display_status": "IN_TRANSIT"}, "locked"),
        ({"service_type": "THIRD_PARTY", "service_handle": "shipbob"}, "third_party"),
        ({"order": order_state(1, return_status="RETURN_REQUESTED")}, "returned"),
        ({"order": order_state(1, tags=("vip",))}, "protected"),
        ({"order": order_state(1, cancelled=True)}, "not_undoable"),
    ],
)
def test_a_row_that_must_not_be_touched_is_skipped_with_its_reason(state, reason):
    states = {"F1": replace(fulfillment_state(1), **state)}

    plan = plan_for(mark(1), states=states, limits=Limits(protected_tags=("vip",)))

    assert (plan.changes, reasons(plan)) == ((), {"F1": reason})


def test_an_override_opens_a_locked_row_but_not_a_cancelled_or_protected_one():
    states = {
        "F1": fulfillment_state(1, delivered_at=SHIPPED),
        "F2": fulfillment_state(2, status="CANCELLED"),
        "F3": fulfillment_state(3, order_state(3, tags=("vip",))),
    }
    marks = [mark(n, override="the customer confirmed that it never came") for n in (1, 2, 3)]

    plan = plan_for(*marks, states=states, limits=Limits(protected_tags=("vip",)))

    assert [c.fulfillment_id for c in plan.changes] == ["F1"]
    assert reasons(plan) == {"F2": "already_cancelled", "F3": "protected"}


def test_a_refund_before_the_fulfillment_is_no_lock_but_one_after_it_is():
    plan = plan_for(
        mark(1),
        mark(2),
        refunded_at={"O1": SHIPPED - timedelta(hours=1), "O2": SHIPPED + timedelta(hours=1)},
    )

    assert [c.fulfillment_id for c in plan.changes] == ["F1"]
    assert reasons(plan) == {"F2": "refunded"}


def test_every_mark_ends_as_a_case_or_as_a_skip():
    marks = [mark(1), mark(2, "keep"), mark(3, "hold"), replace(mark(4), fulfillment_id="F404")]

    plan = plan_for(*marks)

    ended = {change.fulfillment_id for change in plan.changes} | {skip.fulfillment_id for skip in plan.skips}
    assert ended == {each.fulfillment_id for each in marks}
    assert reasons(plan) == {"F2": "kept", "F404": "not_found"}


@pytest.mark.parametrize(
    "state",
    [
        fulfillment_state(1, service_type="THIRD_PARTY"),
        fulfillment_state(1, order_state(1, cancelled=True)),
    ],
)
def test_what_undo_could_not_give_back_says_so_before_apply(state):
    plan = plan_for(mark(1, override="agreed by phone"), states={"F1": state})

    assert plan.changes[0].reversibility is Reversibility.NOT_BY_US


def test_the_same_plan_has_the_same_digest_and_comes_back_from_its_file():
    plan = plan_for(mark(1), mark(2, "hold"), mark(3, "keep"), tag="x")

    again = plan_from_text(plan_to_text(plan))

    assert again == plan
    assert plan_for(mark(2, "hold"), mark(3, "keep"), mark(1), tag="x").digest == plan.digest


@pytest.mark.parametrize(
    "action",
    [
        CloseOrder(),
        TagOrder("x", add=False),
        RequestCancellation((Line("I1", 1),), "stop"),
        SetOnHand("T1", "L1", 5, 0, "key"),
        ReleaseHold((), "uw-1"),
        RecreateFulfillment((Line("I1", 1),), Tracking(), "L1"),
    ],
)
def test_a_change_of_any_kind_comes_back_from_its_file(action):
    plan = seal(replace(plan_for(mark()), changes=(change(action),), digest=""))

    assert plan_from_text(plan_to_text(plan)) == plan


def test_an_edited_plan_is_not_taken():
    plain = json.loads(plan_to_text(plan_for(mark(1))))
    plain["changes"][0]["fulfillment_id"] = "F2"

    with pytest.raises(ValueError, match="does not match its digest"):
        plan_from_text(json.dumps(plain))


def test_plan_json_has_the_keys_that_other_programs_read():
    plain = json.loads(plan_to_text(plan_for(mark(1), mark(2, "keep"))))

    assert {"digest", "shop", "kind", "changes", "skips"} <= plain.keys()
    expected = {"id", "kind", "fulfillment_id", "order_id", "before", "reversibility"}
    assert expected <= plain["changes"][0].keys()
    assert {"fulfillment_id", "reason"} <= plain["skips"][0].keys()


@pytest.mark.parametrize(
    "options",
    [
        {"hold_reason": "out of stock"},
        {"hold_reason": ""},
        {"tag": "a, b"},
        {"tag": " unfulfilled"},
        {"tag": "x" * 41},
        {"tag": "two\nlines"},
    ],
)
def test_a_tag_or_hold_reason_that_shopify_would_refuse_is_refused_before_anything_is_planned(options):
    with pytest.raises(ParameterRefused):
        plan_for(mark(1, "hold"), **options)


@pytest.mark.parametrize("version", ["2026-04", "2026-07", "2026-10"])
def test_the_hold_reasons_are_those_of_the_schema(version):
    text = files("sandbox_shop").joinpath(f"schema/{version}.graphql").read_text(encoding="utf-8")

    schema = build_schema(text, assume_valid=True)

    assert sorted(schema.type_map["FulfillmentHoldReason"].values) == sorted(HOLD_REASONS)


def test_a_change_without_details_is_written_and_read_back_with_its_plan():
    plan = plan_for(mark(1))
    close = replace(plan.changes[0], id="m0001-close", action=CloseOrder())

    sealed = seal(replace(plan, changes=(*plan.changes, close)))

    assert plan_from_text(plan_to_text(sealed)) == sealed
