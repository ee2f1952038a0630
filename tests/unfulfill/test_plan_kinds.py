"""Plans with every kind of change: a part, a request to a service, tags, the archive, counted stock."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from states import (
    SHIPPED,
    accepted_order,
    at_service,
    fulfillment_state,
    level_state,
    mark,
    open_order,
    order_state,
    plan_for,
)

from unfulfill.errors import ParameterRefused
from unfulfill.model import (
    CloseOrder,
    Decision,
    HoldFulfillmentOrder,
    Limits,
    Line,
    Mark,
    RecreateFulfillment,
    RequestCancellation,
    Reversibility,
    SetOnHand,
    Skip,
    TagOrder,
)
from unfulfill.plan import plan_from_text, plan_to_text, seal
from unfulfill.plan_stock import Counted, CountedStock

TWO_LINES = (Line("I1", 3, sku="TEE"), Line("I2", 2, sku="MUG"))


def chain(plan):
    return [(change.id, change.kind, change.needs) for change in plan.changes]


def reasons(plan):
    return {skip.fulfillment_id or skip.order_name: skip.reason for skip in plan.skips}


def two_lines(**changes):
    return {"F1": fulfillment_state(1, lines=TWO_LINES, total_quantity=5, **changes)}


# A part


def test_a_part_is_cancelled_whole_and_the_rest_fulfilled_again_with_the_same_tracking():
    states = two_lines()

    plan = plan_for(mark(1, part="TEE=1; MUG"), states=states)

    assert chain(plan) == [
        ("m0001-cancel", "CancelFulfillment", ()),
        ("m0001-rest", "RecreateFulfillment", ("m0001-cancel",)),
    ]
    before = states["F1"]
    assert plan.changes[1].action == RecreateFulfillment(
        (Line("I1", 2, sku="TEE"),), before.tracking, before.location_id
    )


def test_only_the_part_is_held_and_only_after_the_rest_is_fulfilled_again():
    plan = plan_for(mark(1, "hold", part="MUG=1"), states=two_lines())

    assert chain(plan) == [
        ("m0001-cancel", "CancelFulfillment", ()),
        ("m0001-rest", "RecreateFulfillment", ("m0001-cancel",)),
        ("m0001-hold", "HoldFulfillmentOrder", ("m0001-cancel", "m0001-rest")),
    ]
    hold = plan.changes[2].action
    assert isinstance(hold, HoldFulfillmentOrder)
    assert hold.lines == (Line("I2", 1, sku="MUG"),)


@pytest.mark.parametrize("part", ["TEE; MUG", "TEE=3; I2=2", ""])
def test_a_part_of_everything_is_a_plain_cancel(part):
    assert chain(plan_for(mark(1, part=part), states=two_lines())) == [
        ("m0001-cancel", "CancelFulfillment", ())
    ]


@pytest.mark.parametrize("part", ["CUP=1", "TEE=4", "TEE=0", "TEE=1; TEE=1"])
def test_an_unclear_part_is_a_skip(part):
    plan = plan_for(mark(1, part=part, override="seen on the shelf"), states=two_lines())

    assert (plan.changes, reasons(plan)) == ((), {"F1": "part_unclear"})


@pytest.mark.parametrize(
    "facts", [{"service_type": "THIRD_PARTY"}, {"order": order_state(1, cancelled=True)}]
)
def test_a_part_whose_rest_we_could_not_fulfil_again_is_a_skip_whatever_the_override(facts):
    plan = plan_for(mark(1, part="MUG=1", override="agreed by phone"), states=two_lines(**facts))

    assert (plan.changes, reasons(plan)) == ((), {"F1": "rest_impossible"})


# A request to a service


@pytest.mark.parametrize("status", ["PENDING", "OPEN", "SUCCESS"])
def test_a_service_that_has_accepted_is_asked_to_stop(status):
    state = at_service(1, status=status)

    plan = plan_for(
        mark(1, "request_cancellation", note="wrong address"),
        states={"F1": state},
        open_orders={"O1": (accepted_order(1),)},
    )

    (change,) = plan.changes
    assert (change.id, change.before) == ("m0001-request", state)
    assert change.action == RequestCancellation(state.lines, "wrong address")
    assert change.reversibility is Reversibility.NOT_BY_US


@pytest.mark.parametrize(
    ("state", "open_orders", "words"),
    [
        (fulfillment_state(1), (), "no service of another app has it"),
        (at_service(1), (), "nothing of it in work any more"),
        (at_service(1), (open_order(1),), "nothing of it in work any more"),
        (at_service(1), (accepted_order(2),), "nothing of it in work any more"),
        (at_service(1), (accepted_order(1, request_status="CANCELLATION_REQUESTED"),), "not answered yet"),
        (at_service(1), (accepted_order(1, request_status="CANCELLATION_ACCEPTED"),), "has agreed to stop"),
    ],
)
def test_where_no_service_can_be_asked_the_skip_says_why(state, open_orders, words):
    plan = plan_for(mark(1, "request_cancellation"), states={"F1": state}, open_orders={"O1": open_orders})

    (skip,) = plan.skips
    assert (plan.changes, skip.reason) == ((), "not_requestable")
    assert words in skip.message


def test_a_parcel_that_left_is_not_asked_back_without_an_override():
    states = {"F1": at_service(1, in_transit_at=SHIPPED)}
    orders = {"O1": (accepted_order(1),)}

    plain = plan_for(mark(1, "request_cancellation"), states=states, open_orders=orders)
    told = plan_for(
        mark(1, "request_cancellation", override="they can call it back"), states=states, open_orders=orders
    )

    assert reasons(plain) == {"F1": "locked"}
    assert [change.kind for change in told.changes] == ["RequestCancellation"]


def test_a_service_is_asked_for_the_whole_fulfillment_order_or_not_at_all():
    plan = plan_for(
        mark(1, "request_cancellation", part="I1=1"),
        states={"F1": at_service(1)},
        open_orders={"O1": (accepted_order(1),)},
    )

    assert reasons(plan) == {"F1": "part_unclear"}


def test_two_marks_of_one_fulfillment_order_ask_the_service_once():
    order = order_state(1)
    states = {f"F{n}": at_service(n, order=order, lines=(Line("I1", 1),)) for n in (1, 2)}
    marks = [mark(n, "request_cancellation", order_id="O1", order_name="#1001") for n in (1, 2)]

    plan = plan_for(*marks, states=states, open_orders={"O1": (accepted_order(1),)})

    assert [change.fulfillment_id for change in plan.changes] == ["F1"]
    assert reasons(plan) == {"F2": "not_requestable"}


@pytest.mark.parametrize("decision", ["unfulfill", "hold"])
@pytest.mark.parametrize("override", ["", "agreed by phone"])
def test_what_a_service_works_on_is_not_cancelled_and_the_skip_says_what_to_do(decision, override):
    plan = plan_for(mark(1, decision, override=override), states={"F1": at_service(1)})

    (skip,) = plan.skips
    assert skip.reason == "third_party"
    assert "mark it request_cancellation" in skip.message


# Tags and the archive


def test_tags_change_only_what_is_not_so_already_and_a_tag_is_removed_as_the_order_spells_it():
    states = {
        "F1": fulfillment_state(1, order_state(1, tags=("Shipped",))),
        "F2": fulfillment_state(2, order_state(2, tags=("unfulfilled",))),
    }

    plan = plan_for(mark(1), mark(2), states=states, tag="Unfulfilled", untag="shipped")

    tags = [(c.id, c.action, c.needs) for c in plan.changes if isinstance(c.action, TagOrder)]
    assert tags == [
        ("m0001-tag", TagOrder("Unfulfilled", True), ("m0001-cancel",)),
        ("m0001-untag", TagOrder("Shipped", False), ("m0001-cancel",)),
    ]


def test_one_tag_cannot_be_added_and_removed():
    with pytest.raises(ParameterRefused, match="both"):
        plan_for(mark(1), tag="x", untag="X")


def test_an_archived_order_is_archived_again_after_everything_else_that_is_done_to_it():
    order = order_state(1, closed=True)
    states = {
        "F1": fulfillment_state(1, order, lines=TWO_LINES),
        "F2": fulfillment_state(2, order),
        "F3": fulfillment_state(3),
    }
    marks = [mark(1, part="MUG"), mark(2, "hold", order_id="O1", order_name="#1001"), mark(3)]

    plan = plan_for(*marks, states=states, tag="x", close_again=True)

    assert chain(plan) == [
        ("m0001-cancel", "CancelFulfillment", ()),
        ("m0001-rest", "RecreateFulfillment", ("m0001-cancel",)),
        ("m0002-cancel", "CancelFulfillment", ()),
        ("m0002-hold", "HoldFulfillmentOrder", ("m0002-cancel",)),
        ("m0001-tag", "TagOrder", ("m0001-cancel",)),
        ("m0002-close", "CloseOrder", ("m0001-cancel", "m0001-rest", "m0002-cancel")),
        ("m0003-cancel", "CancelFulfillment", ()),
        ("m0003-tag", "TagOrder", ("m0003-cancel",)),
    ]


def test_an_order_is_held_when_nothing_of_it_is_cancelled_or_fulfilled_any_more():
    order = order_state(1)
    states = {"F1": fulfillment_state(1, order), "F2": fulfillment_state(2, order, lines=TWO_LINES)}
    marks = [mark(1, "hold"), mark(2, part="MUG", order_id="O1", order_name="#1001")]

    plan = plan_for(*marks, states=states)

    assert [change.id for change in plan.changes] == [
        "m0001-cancel", "m0002-cancel", "m0002-rest", "m0001-hold",
    ]  # fmt: skip


def test_an_archived_order_stays_open_where_nobody_asked_and_where_nothing_opened_it():
    closed = order_state(1, closed=True)
    asked = {"F1": at_service(1, order=closed)}

    plain = plan_for(mark(1), states={"F1": fulfillment_state(1, closed)})
    requested = plan_for(
        mark(1, "request_cancellation"),
        states=asked,
        open_orders={"O1": (accepted_order(1),)},
        close_again=True,
    )

    assert not [c for c in (*plain.changes, *requested.changes) if isinstance(c.action, CloseOrder)]


# Counted stock


def counted(item="II1", count=10, on_hand=10, **changes):
    return replace(Counted(item, "L1", f"SKU-{item}", "Warehouse", True, on_hand, count), **changes)


def stock_of(*places, **levels):
    """`levels` are what is on hand now, by item; by default what the export said."""
    now = {
        (each.inventory_item_id, each.location_id): level_state(
            each.inventory_item_id, each.location_id, levels.get(each.inventory_item_id, each.on_hand)
        )
        for each in places
        if each.on_hand is not None
    }
    return CountedStock(places, now, {"I1": "II1", "I2": "II2"})


def test_stock_is_set_to_the_count_last_of_all_with_what_the_cancels_bring_back():
    stock = stock_of(counted("II1", 15), counted("II9", 7, 8))

    plan = plan_for(mark(1), stock=stock, set_on_hand=True, tag="x")

    assert [(c.id, c.case, c.order_id, c.fulfillment_id) for c in plan.changes] == [
        ("m0001-cancel", "m0001", "O1", "F1"),
        ("m0001-tag", "m0001", "O1", "F1"),
        ("s0001-stock", "s0001", "", ""),
        ("s0002-stock", "s0002", "", ""),
    ]
    assert [(c.action.quantity, c.action.cancelled_units) for c in plan.changes[2:]] == [(15, 2), (7, 0)]
    assert plan.changes[2].before == level_state("II1", "L1", 10)
    assert len({c.action.key for c in plan.changes[2:]}) == 2


def test_a_count_that_the_cancels_explain_is_no_change():
    plan = plan_for(mark(1), stock=stock_of(counted("II1", 12)), set_on_hand=True)

    assert [change.kind for change in plan.changes] == ["CancelFulfillment"]
    assert plan.skips == ()


def test_units_that_are_fulfilled_again_do_not_come_back():
    stock = stock_of(counted("II1", 13), counted("II2", 12))

    plan = plan_for(mark(1, part="TEE=1; MUG=2"), states=two_lines(), stock=stock, set_on_hand=True)

    (change,) = [c for c in plan.changes if isinstance(c.action, SetOnHand)]
    assert (change.action.inventory_item_id, change.action.cancelled_units) == ("II1", 1)


@pytest.mark.parametrize(
    ("place", "now", "reason"),
    [
        (counted(count=12), {"II1": 9}, "moved_since_count"),
        (counted(count=12, is_tracked=False), {}, "untracked"),
        (counted(count=12, on_hand=None), {}, "not_stocked"),
    ],
)
def test_stock_that_cannot_be_set_is_a_skip_that_names_item_and_location(place, now, reason):
    plan = plan_for(stock=stock_of(place, **now), set_on_hand=True)

    (skip,) = plan.skips
    assert skip == Skip("", "", "SKU-II1 @ Warehouse", reason, skip.message)
    assert plan.changes == ()


def test_stock_that_somebody_set_to_the_count_meanwhile_needs_nothing():
    plan = plan_for(stock=stock_of(counted(count=12), II1=12), set_on_hand=True)

    assert (plan.changes, plan.skips) == ((), ())


def test_no_stock_is_set_unless_asked():
    assert plan_for(stock=stock_of(counted(count=12))).changes == ()


# Whatever is marked


@st.composite
def shops(draw):
    """A few orders with fulfillments in every state, marks for them, and what a plan may be asked for."""
    states, marks, open_orders = {}, [], {}
    for number in range(1, draw(st.integers(1, 4)) + 1):
        order = order_state(
            number,
            closed=draw(st.booleans()),
            cancelled=draw(st.sampled_from([False, False, True])),
            return_status=draw(st.sampled_from(["NO_RETURN", "NO_RETURN", "RETURNED"])),
            tags=draw(st.sampled_from([(), ("VIP",), ("Old",), ("new", "old")])),
        )
        open_orders[order.id] = draw(st.sampled_from([(), (accepted_order(number),), (open_order(number),)]))
        for place in range(draw(st.integers(1, 3))):
            state = fulfillment_state(
                number,
                order,
                id=f"F{number}-{place}",
                status=draw(
                    st.sampled_from(["SUCCESS", "SUCCESS", "PENDING", "OPEN", "CANCELLED", "FAILURE"])
                ),
                display_status=draw(st.sampled_from(["FULFILLED", "FULFILLED", "IN_TRANSIT"])),
                service_type=draw(st.sampled_from(["MANUAL", "MANUAL", "THIRD_PARTY"])),
                lines=(
                    Line(f"I{number}", 2, sku="TEE"),
                    Line(f"J{number}", draw(st.integers(1, 3)), sku="MUG"),
                ),
            )
            if draw(st.integers(0, 9)):
                states[state.id] = state
            marks.append(
                Mark(
                    state.id,
                    order.id,
                    order.name,
                    draw(st.sampled_from(list(Decision))),
                    override=draw(st.sampled_from(["", "seen"])),
                    part=draw(st.sampled_from(["", "", "TEE=1", "MUG", "TEE; MUG", "CUP", "TEE=9", "TEE=x"])),
                )
            )
    options = {
        "tag": draw(st.sampled_from(["", "new"])),
        "untag": draw(st.sampled_from(["", "old"])),
        "close_again": draw(st.booleans()),
        "set_on_hand": draw(st.booleans()),
        "limits": Limits(protected_tags=draw(st.sampled_from([(), ("VIP",)]))),
        "refunded_at": draw(st.sampled_from([{}, {"O1": SHIPPED + timedelta(days=1)}])),
        "stock": stock_of(counted("II1", draw(st.integers(8, 14))), counted("II2", 3, None)),
        "open_orders": open_orders,
    }
    return draw(st.permutations(marks)), states, options


@settings(deadline=None)
@given(shops())
def test_every_mark_ends_as_one_case_or_one_skip_and_the_plan_holds_together(shop):
    marks, states, options = shop

    plan = plan_for(*marks, states=states, **options)

    cases = {change.case: change.fulfillment_id for change in plan.changes if change.fulfillment_id}
    ended = [*cases.values(), *(skip.fulfillment_id for skip in plan.skips if skip.fulfillment_id)]
    assert sorted(ended) == sorted(each.fulfillment_id for each in marks)
    seen: dict[str, str] = {}
    for change in plan.changes:
        assert change.id not in seen
        assert all(seen[need] == change.order_id for need in change.needs)
        seen[change.id] = change.order_id
    about_orders = [bool(change.order_id) for change in plan.changes]
    assert about_orders == sorted(about_orders, reverse=True)
    assert plan_from_text(plan_to_text(plan)) == plan
    assert seal(replace(plan, digest="")).digest == plan.digest
    assert plan_for(*reversed(marks), states=states, **options).digest == plan.digest
