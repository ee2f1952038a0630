"""Fulfilling what is open, the other way round: planned, applied on the sandbox, verified and undone."""

from pathlib import Path

import pytest
from on_sandbox import (
    CANCEL_ORDER,
    HOLD,
    admin,
    applied,
    effects,
    names,
    open_orders,
    rows,
    shipped,
    stock,
    undone,
)
from states import NOW, SHOP, open_order, order_state

from unfulfill.errors import GuardRefused, ParameterRefused, RunFolderRefused, SheetRefused
from unfulfill.fulfil import ToFulfil, plan_fulfil
from unfulfill.model import Hold, Limits, Line, RecreateFulfillment, Tracking
from unfulfill.sheets import read_shipments


@pytest.fixture
def bench(workbench):
    """A run with an audit, nothing marked."""
    return workbench(with_audit=True)


def planned(*wanted, **limits):
    return plan_fulfil(
        wanted, shop=SHOP, api_version="2026-10", made_at=NOW, limits=Limits(**limits), live_fulfillments=9
    )


def test_every_open_fulfillment_order_becomes_one_fulfillment_of_what_is_left_from_where_it_is():
    here = open_order(1, lines=(Line("I1", 2, "FOL1", "A"), Line("I2", 0, "FOL2")))
    there = open_order(2, location_id="L2", status="IN_PROGRESS", lines=(Line("I3", 1, "FOL3"),))

    plan = planned(ToFulfil(order_state(1), (here, there), Tracking("DHL")))

    assert [(c.id, c.action) for c in plan.changes] == [
        ("f0001-fulfil", RecreateFulfillment((Line("I1", 2, "", "A"),), Tracking("DHL"), "L1")),
        ("f0002-fulfil", RecreateFulfillment((Line("I3", 1),), Tracking("DHL"), "L2")),
    ]
    assert (plan.kind, plan.skips) == ("fulfil", ())


@pytest.mark.parametrize(
    ("order", "opened", "tracking", "reason"),
    [
        ({"cancelled": True}, [{}], Tracking(), "order_cancelled"),
        ({"tags": ("vip",)}, [{}], Tracking(), "protected"),
        ({}, [], Tracking(), "nothing_open"),
        ({}, [{"lines": (Line("I1", 0, "x"),)}], Tracking(), "nothing_open"),
        ({}, [{"status": "ON_HOLD", "holds": (Hold("H", "h", "OTHER", False),)}], Tracking(), "on_hold"),
        ({}, [{"status": "SCHEDULED"}], Tracking(), "scheduled"),
        ({}, [{"supported_actions": ("REQUEST_FULFILLMENT",)}], Tracking(), "third_party"),
        ({}, [{}, {"id": "FO2"}], Tracking("DHL", ("1",)), "several_parcels"),
    ],
)
def test_what_cannot_be_fulfilled_is_a_skip_with_its_reason(order, opened, tracking, reason):
    states = tuple(open_order(1, **changes) for changes in opened)

    plan = planned(ToFulfil(order_state(1, **order), states, tracking), protected_tags=("vip",))

    assert (plan.changes, [skip.reason for skip in plan.skips]) == ((), [reason])


def test_an_order_with_nothing_left_in_one_place_is_fulfilled_from_the_other_alone():
    empty, full = open_order(1, lines=(Line("I1", 0, "a"),)), open_order(2, lines=(Line("I2", 1, "b"),))

    plan = planned(ToFulfil(order_state(1), (empty, full)))

    assert [c.action.lines for c in plan.changes] == [(Line("I2", 1),)]


def test_what_was_unfulfilled_is_marked_as_fulfilled_with_tracking_and_without_an_e_mail(bench, sandbox):
    before = shipped(sandbox), stock(sandbox)
    first, second = applied(bench, 2).changes

    plan = bench.fulfil(
        [first.order_name, second.order_name], "DHL", {first.order_name: "0034"}, {first.order_name: "https://d.example/0034"}
    )  # fmt: skip
    fulfilling = bench.fulfil_workbench()
    fulfilling.apply(plan.digest).check()

    made = rows(sandbox, "select tracking from fulfillment where status = 'SUCCESS' order by id desc limit 2")
    assert names(plan) == [first.order_name, second.order_name]
    assert sum('"0034"' in text and "d.example" in text for (text,) in made) == 1
    assert {units[0] for units in shipped(sandbox)} == {units[0] for units in before[0]}
    assert stock(sandbox) == before[1]
    assert sandbox.control("email", {})["rows"] == []
    assert fulfilling.verify().counts == {"confirmed": 2}
    text = fulfilling.report().read_text()
    assert "2 of 2 fulfillments made, each confirmed" in text
    assert not list(fulfilling.run.folder.glob("messages/*"))
    assert fulfilling.status().run.endswith("fulfil")
    assert all(row.agrees for row in fulfilling.stock_rows())


def test_fulfilling_is_undone_and_planned_again(bench, sandbox):
    (change,) = applied(bench).changes
    between = shipped(sandbox), stock(sandbox)
    plan = bench.fulfil([change.order_name])
    fulfilling = bench.fulfil_workbench()
    fulfilling.apply(plan.digest).check()

    undo, done = undone(fulfilling)

    assert [c.kind for c in undo.changes] == ["CancelFulfillment"]
    assert done.check().counts == {"applied": 1}
    assert (shipped(sandbox), stock(sandbox)) == between
    again = bench.fulfil([change.order_name])
    assert again.digest != plan.digest
    fulfilling.apply(again.digest).check()
    assert effects(sandbox)["fulfillmentCreate"] == 2


def test_orders_of_others_that_are_held_or_cancelled_are_left_out(bench, sandbox):
    held, cancelled, free = applied(bench, 3).changes
    admin(sandbox, HOLD, id=open_orders(sandbox, held.order_id)[0])
    admin(sandbox, CANCEL_ORDER, id=cancelled.order_id)

    plan = bench.fulfil([held.order_name, cancelled.order_name, free.order_name])

    assert names(plan) == [free.order_name]
    assert {skip.order_name: skip.reason for skip in plan.skips} == {
        held.order_name: "on_hold",
        cancelled.order_name: "order_cancelled",
    }


def test_an_order_that_the_shop_does_not_have_and_tracking_for_no_order_are_refused(bench):
    with pytest.raises(ParameterRefused, match=r"shows no order #77777.* And 1 more"):
        bench.fulfil(["#77777", "#88888"])
    with pytest.raises(ParameterRefused, match="tracking for #1, which is not among"):
        bench.fulfil(["#1001"], numbers={"#1": "x"})


def test_a_plan_to_fulfil_that_has_begun_is_gone_on_with(bench, sandbox):
    first, second = applied(bench, 2).changes
    plan = bench.fulfil([first.order_name])
    sandbox.control("faults", {"add": {"kind": "throttled", "field": "fulfillmentCreate", "count": 6}})
    assert bench.fulfil_workbench().apply(plan.digest).paused

    assert bench.fulfil([first.order_name]) == plan
    with pytest.raises(RunFolderRefused, match="apply it to its end first"):
        bench.fulfil([second.order_name])


def test_the_limits_hold_for_what_would_be_fulfilled_too(bench):
    changes = applied(bench, 2).changes
    plan = bench.fulfil([change.order_name for change in changes], limits=Limits(max_cancels=1))

    with pytest.raises(GuardRefused, match="2 fulfillments to make, the limit is 1"):
        bench.fulfil_workbench().apply(plan.digest)


def test_orders_come_from_a_file_with_their_tracking(bench, tmp_path):
    (change,) = applied(bench).changes
    file = tmp_path / "shipped.csv"
    file.write_text(
        f"Name;Carrier;Tracking number;Tracking URL\n{change.order_name};DHL;0034;https://d.example/0034\n"
    )

    plan = bench.fulfil(file=file)

    assert [c.action.tracking for c in plan.changes] == [
        Tracking("DHL", ("0034",), ("https://d.example/0034",))
    ]


def csv(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "shipments.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_several_rows_of_one_order_are_several_numbers_of_one_parcel(tmp_path):
    path = csv(tmp_path, "order,company,number", "#1,DHL,A", "#1,,B", "#1,DHL,A", "#2,,")

    assert read_shipments(path) == {"#1": Tracking("DHL", ("A", "B")), "#2": Tracking()}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (",DHL,1,", "no order is named"),
        ("#1,DHL,1.23E+15,", "rounded by a spreadsheet"),
        ("#1,DHL,1,javascript:alert(1)", "is not a web address"),
        ("#2,UPS,2,", "has the company UPS here and DHL above"),
    ],
)
def test_a_row_that_cannot_be_used_is_refused_with_its_line(tmp_path, line, words):
    path = csv(tmp_path, "order,company,number,url", "#2,DHL,9,", line)

    with pytest.raises(SheetRefused, match="line 3") as refused:
        read_shipments(path)
    assert words in str(refused.value)


def test_a_file_without_a_column_of_orders_is_refused(tmp_path):
    with pytest.raises(SheetRefused, match="no column with the order"):
        read_shipments(csv(tmp_path, "company,url", "DHL,"))
