"""Undo where others acted on the same orders meanwhile: skipped with a sentence, or stale; never theirs undone."""

import pytest
from on_sandbox import (
    CANCEL,
    CANCEL_ORDER,
    EVENT,
    FULFIL,
    HOLD,
    MOVE,
    REFUND,
    TRACK,
    admin,
    applied,
    effects,
    names,
    number,
    open_orders,
    other_location,
    rows,
    shipped,
    undone,
)

from unfulfill.apply import cancelled_by_workbench
from unfulfill.model import Result


@pytest.fixture
def bench(workbench):
    """A run with an audit, nothing marked."""
    return workbench(with_audit=True)


PREPARED = {
    "order_cancelled": "the order is cancelled",
    "refunded": "refunded since; look at the refund",
    "not_open": "0 of its 1 units are open",
    "fulfilled_since": "somebody fulfilled the order since",
    "held": "held by somebody else (awaiting payment)",
    "moved": "it would ship from",
}


def act(sandbox, what, change):
    """Somebody does this to the order of a cancelled fulfillment."""
    order, before = change.order_id, change.before
    (opened,) = open_orders(sandbox, order)
    if what == "order_cancelled":
        admin(sandbox, CANCEL_ORDER, id=order)
    elif what in ("refunded", "not_open"):
        admin(sandbox, REFUND, key=order, input=refund(sandbox, change, what == "refunded"))
    elif what == "fulfilled_since":
        admin(sandbox, FULFIL, id=opened)
    elif what == "held":
        admin(sandbox, HOLD, id=opened)
    else:
        admin(sandbox, MOVE, id=opened, place=other_location(sandbox, before.location_id))


def refund(sandbox, change, money):
    """Money back without units, or units out of the order without money, as an edit takes them out."""
    if not money:
        lines = [
            {"lineItemId": line.line_item_id, "quantity": line.quantity, "restockType": "CANCEL",
             "locationId": change.before.location_id}
            for line in change.before.lines
        ]  # fmt: skip
        return {"orderId": change.order_id, "refundLineItems": lines}
    ((parent, gateway),) = rows(
        sandbox,
        "select id, gateway from transaction_ where order_id = ? and kind in ('SALE', 'CAPTURE') limit 1",
        number(change.order_id),
    )
    transaction = {
        "orderId": change.order_id, "amount": "1.00", "kind": "REFUND", "gateway": gateway,
        "parentId": f"gid://shopify/OrderTransaction/{parent}",
    }  # fmt: skip
    return {"orderId": change.order_id, "transactions": [transaction]}


@pytest.mark.parametrize("what", PREPARED)
def test_what_others_did_since_is_a_skip_that_says_so_and_the_others_are_undone(bench, sandbox, what):
    first, second = applied(bench, 2).changes
    act(sandbox, what, first)
    theirs = rows(sandbox, "select id, fo_id from hold where handle = 'theirs'")

    plan, done = undone(bench)

    assert {skip.order_name for skip in plan.skips} == {first.order_name}
    assert plan.skips[0].reason == what
    assert PREPARED[what] in plan.skips[0].message
    assert set(names(plan)) == {second.order_name}
    assert done.check().paused == ""
    assert rows(sandbox, "select id, fo_id from hold where handle = 'theirs'") == theirs
    assert sandbox.control("email", {})["rows"] == []


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("order_cancelled", "the order was cancelled since"),
        ("refunded", "refunded since; look at the refund"),
        ("not_open", "the units are not open any more"),
        ("fulfilled_since", "the units are not open any more"),
        ("held", "the units are on hold; release the hold in the admin first"),
        ("moved", "Shopify moved the open units to"),
    ],
)
def test_what_others_did_after_the_undo_was_planned_is_stale_and_nothing_is_sent(bench, sandbox, what, words):
    (change,) = applied(bench).changes
    plan = bench.undo()
    act(sandbox, what, change)
    before = effects(sandbox)

    done = bench.undo_workbench().apply(plan.digest)

    outcomes = {outcome.change_id: outcome for outcome in done.outcomes}
    assert outcomes[f"{change.case}-refulfil"].result is Result.STALE
    assert words in outcomes[f"{change.case}-refulfil"].message
    assert effects(sandbox)["fulfillmentCreate"] == before["fulfillmentCreate"]


def test_an_undo_that_somebody_stood_in_the_way_of_is_planned_again_when_that_is_gone(bench, sandbox):
    before = shipped(sandbox)
    (change,) = applied(bench).changes
    plan = bench.undo()
    (opened,) = open_orders(sandbox, change.order_id)
    other = other_location(sandbox, change.before.location_id)
    admin(sandbox, MOVE, id=opened, place=other)
    stale = bench.undo_workbench().apply(plan.digest)
    skipped = bench.undo()
    (moved,) = open_orders(sandbox, change.order_id)
    admin(sandbox, MOVE, id=moved, place=change.before.location_id)

    plan, done = undone(bench)

    assert stale.counts["stale"] >= 1
    assert (skipped.changes, [skip.reason for skip in skipped.skips]) == ((), ["moved"])
    assert done.check().paused == ""
    assert shipped(sandbox) == before


def test_a_hold_of_others_keeps_our_hold_too_for_the_case_stays_as_it_is(bench, sandbox):
    cancel, _ = applied(bench, 1, decision="hold").changes
    (opened,) = open_orders(sandbox, cancel.order_id)
    admin(sandbox, HOLD, id=opened)

    plan = bench.undo()

    assert (plan.changes, [skip.reason for skip in plan.skips]) == ((), ["held", "held"])


def test_an_undone_undo_cancels_only_what_we_made_ourselves(bench, sandbox):
    first, second, third = applied(bench, 3).changes
    plan = bench.undo()
    admin(sandbox, FULFIL, id=open_orders(sandbox, first.order_id)[0])  # by hand, before our undo
    inner = bench.undo_workbench()
    inner.apply(plan.digest)
    made = {o.change_id: o.created_id for o in inner.outcomes().values()}
    admin(sandbox, CANCEL, id=made[f"{second.case}-refulfil"])
    admin(sandbox, FULFIL, id=open_orders(sandbox, second.order_id)[-1])

    again, done = undone(inner)

    assert names(again) == [third.order_name]
    assert [(skip.order_name, skip.reason) for skip in again.skips if skip.reason != "opens_by_itself"] == [
        (second.order_name, "already_cancelled")
    ]
    assert done.check().counts == {"applied": 1}


@pytest.mark.parametrize(
    ("query", "variables", "reason"),
    [(EVENT, {"status": "IN_TRANSIT"}, "locked"), (TRACK, {"number": "NEW-1"}, "changed_since")],
)
def test_what_shipped_or_was_changed_since_we_made_it_is_not_cancelled(
    bench, sandbox, query, variables, reason
):
    applied(bench)
    undone(bench)
    inner = bench.undo_workbench()
    (made,) = [o.created_id for o in inner.outcomes().values() if o.created_id]
    admin(sandbox, query, **variables, id=made)

    plan = inner.undo()

    assert plan.changes == ()
    assert reason in [skip.reason for skip in plan.skips]


def test_the_audit_knows_what_an_undo_of_an_undo_cancelled(bench, sandbox):
    applied(bench)
    undone(bench)
    plan, _ = undone(bench.undo_workbench())

    ours = cancelled_by_workbench(bench.run, bench.identity.id)

    assert plan.changes[0].fulfillment_id in ours
    assert len(ours) == 2
