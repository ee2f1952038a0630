"""The parts of undo, without a shop: what stands in the way, who is named, several plans as one, every inverse."""

from dataclasses import replace

import pytest
from states import NOW, change, fulfillment_state, mark, open_order, order_state, plan_for

from unfulfill.errors import ParameterRefused
from unfulfill.model import (
    CloseOrder,
    Hold,
    HoldFulfillmentOrder,
    LevelState,
    Line,
    Outcome,
    RecreateFulfillment,
    ReleaseHold,
    RequestCancellation,
    Result,
    SetOnHand,
    TagOrder,
    Tracking,
)
from unfulfill.undo import join_plans, plan_undo
from unfulfill.undo.joining import inverse_key, key_of
from unfulfill.verify import Reading

OURS = Hold("H1", "uw", "OTHER", ours=True)
THEIRS = Hold("H2", "theirs", "INCORRECT_ADDRESS", ours=False)
KEY = "00000000-0000-0000-0000-000000000001"
HOLD = HoldFulfillmentOrder((Line("I1", 2),), "uw", "OTHER", "")
RELEASE = ReleaseHold((Line("I1", 2),), "uw")


def planned(
    *changes, result=Result.APPLIED, now=None, made=(), opened=None, levels=None, replaced=None, **more
):
    """The undo of these changes, all applied (or as said), over this reading. `more` may give ids of what was made."""
    plan = replace(plan_for(mark(1)), changes=changes)
    outcomes = {
        c.id: Outcome(c.id, result, created_id=more.pop(c.id, ""), replaced=replaced) for c in changes
    }
    orders = {"O1": now or order_state(1)} if now is not False else {}
    opened = {"O1": tuple(opened)} if opened is not None else {}
    read = Reading({state.id: state for state in made}, orders, opened, levels or {})
    return plan_undo(plan, outcomes, read, made_at=NOW, **more)


def cancel(**before):
    return change(id="m0001-cancel", before=fulfillment_state(1, **before))


def reasons(undo):
    return [skip.reason for skip in undo.skips]


# What stands in the way


@pytest.mark.parametrize(
    ("opened", "now", "reason", "words"),
    [
        ([open_order(1)], {}, "", ""),
        ([open_order(1)], {"financial_status": "REFUNDED"}, "refunded", "refunded since"),
        ([open_order(1)], {"return_status": "RETURN_REQUESTED"}, "returned", "return requested"),
        ([open_order(1, status="ON_HOLD", holds=(THEIRS,))], {}, "held", "(incorrect address)"),
        ([open_order(1, status="ON_HOLD")], {}, "held", "(no reason given)"),
        ([open_order(1, status="SCHEDULED")], {}, "scheduled", "mark them as open"),
        ([open_order(1, location_id="L2", location_name="Store")], {}, "moved", "from Store and not from Warehouse"),
        (
            [open_order(1, location_id="L2", location_name="A", lines=(Line("I1", 1, "a"),)),
             open_order(2, lines=(Line("I1", 1, "b"),))], {}, "moved", "open at A and Warehouse now",
        ),
        ([open_order(1, lines=(Line("I1", 1, "a"), Line("I2", 9, "b")))], {}, "not_open", "1 of its 2 units are open"),
        ([open_order(1, status="ON_HOLD", lines=(Line("I1", 1, "a"),))], {}, "not_open", "1 of its 2 units"),
        ([], {"fulfillments": (("F1", "CANCELLED"), ("F7", "SUCCESS"))}, "fulfilled_since", "since (F7)"),
        ([], {"fulfillments": (("F1", "CANCELLED"), ("F7", "CANCELLED"))}, "not_open", "0 of its 2 units"),
    ],
)  # fmt: skip
def test_a_cancel_is_taken_back_only_where_its_units_wait(opened, now, reason, words):
    undo = planned(cancel(), opened=opened, now=order_state(1, **now))

    assert reasons(undo) == ([reason] if reason else [])
    assert [words in skip.message for skip in undo.skips] == [True] * len(undo.skips)
    assert len(undo.changes) == 1 - len(undo.skips)


def test_units_that_we_fulfilled_since_are_not_somebody_elses():
    now = order_state(1, fulfillments=(("F1", "CANCELLED"), ("F7", "SUCCESS")))

    assert reasons(planned(cancel(), opened=[], now=now, ours=["F7"])) == ["not_open"]


def test_our_own_hold_is_no_obstacle_and_anothers_beside_it_is():
    hold = change(HOLD, id="m0001-hold", before=None)

    ours = planned(cancel(), hold, opened=[open_order(1, status="ON_HOLD", holds=(OURS,))])
    both = planned(cancel(), hold, opened=[open_order(1, status="ON_HOLD", holds=(OURS, THEIRS))])

    assert [c.kind for c in ours.changes] == ["ReleaseHold", "RecreateFulfillment"]
    assert (both.changes, reasons(both)) == ((), ["held", "held"])


def test_units_are_given_to_one_case_only():
    second = replace(cancel(), id="m0002-cancel", case="m0002")

    undo = planned(cancel(), second, opened=[open_order(1)])

    assert [c.case for c in undo.changes] == ["m0002"]
    assert [skip.reason for skip in undo.skips] == ["not_open"]


def test_an_order_is_archived_again_only_when_all_of_it_is_fulfilled_again():
    closed = order_state(1, closed=True)
    first = change(id="m0001-cancel", before=fulfillment_state(1, closed))
    second = replace(first, id="m0002-cancel", case="m0002")
    opened = [open_order(1, lines=(Line("I1", 4, "a"),))]

    one = planned(first, second, opened=opened, cases=["m0001"])
    both = planned(first, second, opened=opened)

    assert [c.kind for c in one.changes] == ["RecreateFulfillment"]
    assert [(c.kind, c.needs) for c in both.changes] == [
        ("RecreateFulfillment", ()),
        ("RecreateFulfillment", ()),
        ("CloseOrder", ("m0002-refulfil", "m0001-refulfil")),
    ]


def test_the_two_halves_of_a_case_are_taken_back_in_one_go():
    rest = RecreateFulfillment((Line("I1", 1),), Tracking("DHL", ("00340",)), "L1")
    second = change(rest, id="m0001-rest", before=None, needs=("m0001-cancel",))
    made = fulfillment_state(1, id="F9", lines=(Line("I1", 1),))
    opened = [open_order(1, lines=(Line("I1", 1, "a"),))]

    undo = planned(cancel(), second, opened=opened, made=[made], **{"m0001-rest": "F9"})

    assert [(c.id, c.kind, c.needs) for c in undo.changes] == [
        ("m0001-cancel", "CancelFulfillment", ()),
        ("m0001-refulfil", "RecreateFulfillment", ("m0001-cancel",)),
    ]


# Every inverse


def tagged(tag, add, id_):
    return change(TagOrder(tag, add), id=id_, before=order_state(1))


def test_tags_holds_and_releases_are_turned_round_with_ids_of_their_own():
    changes = (
        tagged("a", True, "1"), tagged("b", True, "2"), tagged("c", False, "3"),
        change(RELEASE, id="4"), change(HOLD, id="5"),
    )  # fmt: skip

    undo = planned(*changes)

    assert [(c.id, c.kind) for c in undo.changes] == [
        ("m0001-release", "ReleaseHold"),
        ("m0001-hold", "HoldFulfillmentOrder"),
        ("m0001-tag", "TagOrder"),
        ("m0001-untag", "TagOrder"),
        ("m0001-untag~2", "TagOrder"),
    ]
    assert len({c.id for c in undo.changes}) == 5


@pytest.mark.parametrize(
    ("subject", "reading", "reason"),
    [
        (cancel(), {"now": False}, "not_found"),
        (replace(cancel(), before=None), {}, "no_before_state"),
        (change(RequestCancellation((), "")), {}, "not_by_us"),
        (change(CloseOrder(), before=order_state(1)), {}, "opens_by_itself"),
        (change(RecreateFulfillment((), Tracking(), "L1")), {}, "already_cancelled"),
    ],
)
def test_what_has_no_inverse_says_why(subject, reading, reason):
    assert reasons(planned(subject, **reading)) == [reason]


def test_closing_what_was_closed_before_the_plan_is_neither_taken_back_nor_left_out():
    undo = planned(change(CloseOrder(), before=order_state(1, closed=True)))

    assert (undo.changes, undo.skips) == ((), ())


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        ({}, ""),
        ({"status": "CANCELLED"}, "already_cancelled"),
        ({"display_status": "DELIVERED"}, "locked"),
        ({"lines": (Line("I1", 1),)}, "changed_since"),
        ({"tracking": Tracking("DHL", ("9",))}, "changed_since"),
    ],
)
def test_what_we_fulfilled_is_cancelled_only_as_we_made_it(made, reason):
    state = fulfillment_state(1, id="F9", **made)
    subject = change(
        RecreateFulfillment(fulfillment_state(1).lines, fulfillment_state(1).tracking, "L1"), id="x"
    )

    undo = planned(subject, made=[state], x="F9")

    assert reasons(undo) == ([reason] if reason else [])
    assert [c.fulfillment_id for c in undo.changes] == ([] if reason else ["F9"])


def test_stock_is_set_back_first_by_what_was_added():
    set_ = change(SetOnHand("item", "L1", 12, 0, KEY), id="s", case="s0001", order_id="", order_name="")
    levels = {("item", "L1"): LevelState("item", "L1", "", "", 15, 0, 0)}

    undo = planned(set_, cancel(), levels=levels, replaced=10)

    assert [c.case for c in undo.changes] == ["s0001", "m0001"]
    assert undo.changes[0].action.quantity == 13
    assert reasons(planned(set_, replaced=10)) == ["not_stocked"]


# Who is named, and what was undone before


def test_orders_and_cases_named_are_taken_together():
    second = replace(cancel(), id="m0002-cancel", case="m0002", order_name="#1002")
    third = replace(cancel(), id="m0003-cancel", case="m0003", order_name="#1003")

    undo = planned(cancel(), second, third, orders=["1001 ", ""], cases=["m0003"])

    assert [c.case for c in undo.changes] == ["m0003", "m0001"]


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({"orders": ["#9"]}, "did not change the order #9; it changed 1 order, #1001"),
        ({"cases": [f"x{n}" for n in range(12)]}, "x9 …; it changed 1 case, m0001"),
    ],
)
def test_a_name_that_is_not_known_is_refused(chosen, words):
    with pytest.raises(ParameterRefused, match=words.replace("…", ".")):
        planned(cancel(), **chosen)


def test_where_nothing_was_applied_no_name_is_known():
    with pytest.raises(ParameterRefused, match="it changed no order"):
        planned(cancel(), result=Result.STALE, orders=["#1001"])


def test_what_an_earlier_undo_took_back_is_left_out():
    changes = (cancel(), change(HOLD, id="h", before=None), tagged("a", True, "t"))
    first = planned(*changes)

    assert planned(*changes, undone=first.changes).changes == ()
    assert [c.kind for c in planned(*changes, undone=first.changes[:1]).changes] == [
        "RecreateFulfillment",
        "TagOrder",
    ]


def test_every_inverse_has_the_key_by_which_it_is_known_again():
    levels = {("item", "L1"): LevelState("item", "L1", "", "", 15, 0, 0)}
    made = RecreateFulfillment(fulfillment_state(1).lines, fulfillment_state(1).tracking, "L1")
    subjects = (
        cancel(), change(made, id="x"), change(HOLD, id="h"), change(RELEASE, id="r"), tagged("a", True, "t"),
        change(SetOnHand("item", "L1", 12, 0, KEY), id="s"),
    )  # fmt: skip

    for subject in subjects:
        outcome = Outcome(subject.id, Result.APPLIED, created_id="F9", replaced=10)
        (back,) = planned(
            subject, made=[fulfillment_state(1, id="F9")], levels=levels, replaced=10, **{subject.id: "F9"}
        ).changes
        assert key_of(back) == inverse_key(subject, outcome)


def test_several_plans_are_one_with_cases_of_their_own():
    hold = change(HOLD, id="m0001-hold", needs=("m0001-cancel",))
    plan = replace(plan_for(mark(1)), changes=(cancel(), hold))
    outcomes = {"m0001-cancel": Outcome("m0001-cancel", Result.APPLIED)}

    joined, ended = join_plans([(plan, outcomes), (replace(plan, kind="undo"), outcomes)])

    assert [(c.id, c.case, c.needs) for c in joined.changes] == [
        ("m0001-cancel", "m0001", ()),
        ("m0001-hold", "m0001", ("m0001-cancel",)),
        ("p2-m0001-cancel", "p2-m0001", ()),
        ("p2-m0001-hold", "p2-m0001", ("p2-m0001-cancel",)),
    ]
    assert list(ended) == ["m0001-cancel", "p2-m0001-cancel"]
    assert ended["p2-m0001-cancel"].change_id == "p2-m0001-cancel"
    assert joined.kind == "undo"
    with pytest.raises(ValueError, match="no plan"):
        join_plans([])
    both = replace(cancel(), case="p2-m0001", id="p2-m0001-cancel")
    with pytest.raises(ParameterRefused, match="The case m0001 stands in 2 plans"):
        planned(cancel(), both, cases=["m0001"])
