"""Verify against the real sandbox: what others did, where units landed, what stock did, how many requests it takes."""

from collections import Counter

import openpyxl
import pytest
from on_sandbox import (
    CANCEL,
    FULFIL,
    MOVE,
    REFUND,
    admin,
    applied,
    choose,
    open_orders,
    other_location,
    rows,
    undone,
)

import sandbox_shop
from unfulfill.model import VerdictKind
from unfulfill.workbench import open_workbench


@pytest.fixture
def bench(workbench):
    """A run with an audit, nothing marked."""
    return workbench(with_audit=True)


def test_what_was_applied_is_confirmed_with_where_each_new_fulfillment_order_landed(bench, sandbox):
    changes = applied(bench, 2).changes

    verdicts = bench.verify().verdicts

    assert {verdict.kind for verdict in verdicts} == {VerdictKind.CONFIRMED}
    for change, verdict in zip(changes, verdicts, strict=True):
        (landing,) = verdict.landed
        assert [landing.fulfillment_order_id] == open_orders(sandbox, change.order_id)
        assert (landing.location_id, landing.moved) == (change.before.location_id, False)
        assert landing.units == sum(line.quantity for line in change.before.lines)
    assert bench.last_verified().verdicts == verdicts
    assert (
        f"fulfillment order {landing.fulfillment_order_id.rsplit('/', 1)[-1]}" in bench.report().read_text()
    )


def test_units_that_the_shop_routed_elsewhere_are_told_and_reckoned_with(bench, sandbox):
    bench.mark("unfulfill", fulfillment_ids=choose(bench, 1))
    plan = bench.plan()
    other = other_location(sandbox, plan.changes[0].before.location_id)
    sandbox.control("switches", {"reroute_to": other})
    bench.apply(plan.digest).check()

    (verdict,) = bench.verify().verdicts

    assert (verdict.landed[0].location_id, verdict.landed[0].moved) == (other, True)
    assert ", moved there from " in verdict.message
    assert bench.stock_rows() != []
    assert all(row.agrees for row in bench.stock_rows())


def act(sandbox, what, change):
    (opened,) = open_orders(sandbox, change.order_id)
    if what == "fulfilled":
        admin(sandbox, FULFIL, id=opened)
    else:
        lines = [
            {"lineItemId": line.line_item_id, "quantity": line.quantity, "restockType": "NO_RESTOCK"}
            for line in change.before.lines
        ]
        admin(sandbox, REFUND, key="k", input={"orderId": change.order_id, "refundLineItems": lines})


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("fulfilled", "somebody fulfilled the order since ("),
        ("removed", "units are not open: somebody fulfilled, refunded or removed them since"),
    ],
)
def test_what_others_did_with_the_units_since_is_told(bench, sandbox, what, words):
    first, _ = applied(bench, 2).changes
    act(sandbox, what, first)

    verdicts = bench.verify().verdicts

    assert [verdict.kind for verdict in verdicts] == [VerdictKind.CHANGED_SINCE, VerdictKind.CONFIRMED]
    assert words in verdicts[0].message


def test_another_fulfillment_of_the_order_that_somebody_cancels_is_told(bench, sandbox):
    sql = "select min(id), max(id) from fulfillment where status = 'SUCCESS' group by order_id having count(*) > 1"
    made = {f"gid://shopify/Fulfillment/{low}": high for low, high in rows(sandbox, sql)}
    bench.mark("unfulfill", fulfillment_ids=list(made), override="looked at each")
    plan = bench.plan()
    bench.apply(plan.digest).check()
    change = plan.changes[0]
    admin(sandbox, CANCEL, id=f"gid://shopify/Fulfillment/{made[change.fulfillment_id]}")

    verdict = bench.verify().verdicts[0]

    assert verdict.kind is VerdictKind.CHANGED_SINCE
    assert "was SUCCESS and is CANCELLED" in verdict.message


def test_what_our_own_undo_fulfilled_again_is_not_somebody_else(bench):
    applied(bench, 2)
    undone(bench)

    verdicts = bench.verify().verdicts

    assert {verdict.kind for verdict in verdicts} == {VerdictKind.CONFIRMED}
    assert "fulfilled again by us" in verdicts[0].message


def test_stock_that_was_sold_meanwhile_is_a_difference_that_is_left_open(bench, sandbox):
    first, _ = applied(bench, 2).changes
    (opened,) = open_orders(sandbox, first.order_id)
    admin(sandbox, MOVE, id=opened, place=other_location(sandbox, first.before.location_id))
    act(sandbox, "fulfilled", first)

    bench.verify()

    off = [row for row in bench.stock_rows() if not row.agrees]
    assert len(off) >= 1
    text = bench.report().read_text()
    assert f"{len(off)} of {len(bench.stock_rows())} places moved otherwise than expected" in text


def test_the_sheet_of_results_tells_case_landing_and_stock(bench):
    plan = applied(bench, 2)
    bench.verify()

    book = openpyxl.load_workbook(bench.run.path("results.xlsx"))

    head, first, second = book["Results"].iter_rows(values_only=True)
    row = dict(zip(head, first, strict=True))
    assert row["Case"] == plan.changes[0].case
    assert row["Landed At"].startswith(f"1 at {plan.changes[0].before.location_name}, ")
    assert "on hand +1, committed +1" in row["Stock Expected"]
    assert {row["Stock Measured"], dict(zip(head, second, strict=True))["Stock Measured"]} == {"as expected"}
    names, *values = book["Stock"].iter_rows(values_only=True)
    stock = [dict(zip(names, numbers, strict=True)) for numbers in values]
    units = sum(line.quantity for change in plan.changes for line in change.before.lines)
    assert sum(r["On hand: measured"] for r in stock) == units
    assert {r["On hand: difference"] for r in stock} == {0}
    assert all(r["On hand: after"] - r["On hand: before"] == r["On hand: expected"] for r in stock)


def test_a_plan_its_check_and_its_verification_take_one_request_for_250_marks(tmp_path):
    with sandbox_shop.start(tmp_path / "world.sqlite", seed=3, size=900) as shop:
        shop.control("settings", {"bucket": {"maximum": 1_000_000, "rate": 100_000}})
        bench = open_workbench(shop, tmp_path / "run", sleep=lambda seconds: None)
        bench.export()
        bench.audit()
        marks = bench.marks()
        chosen = marks.loc[marks["locked"].isna(), "fulfillment_id"].head(350).tolist()
        bench.mark("unfulfill", fulfillment_ids=chosen)

        start = seen(shop)
        plan = bench.plan()
        planned = seen(shop)
        bench.apply(plan.digest)
        checked = seen(shop)
        bench.verify()
        verified = seen(shop)
        bench.shop.close()

    cancels = len(plan.changes)
    batches = -(-cancels // 250)
    assert cancels > 250  # two requests
    assert reads(start, planned)["FulfillmentsById"] == -(-len(chosen) // 250)
    assert reads(planned, checked)["FulfillmentsById"] == batches
    back = reads(checked, verified)
    assert back.pop("FulfillmentsReadBack") == batches
    assert back.pop("InventoryLevelsById") == 1
    assert sum(back.values()) == 0


def seen(shop):
    found = shop.control("request", {})["rows"]
    return Counter(row["operation"] for row in found if not row["mutation"])


def reads(before, after):
    return after - before
