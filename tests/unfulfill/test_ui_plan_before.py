"""What a person sees before they approve a plan."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from contacts import quiet_orders
from states import SHIPPED, change, fulfillment_state, mark, order_state, plan_for

from unfulfill import ui
from unfulfill.apply import Situation, forecast_apply
from unfulfill.expecting import Expected
from unfulfill.model import LevelState, Limits, Line, Plan, SetOnHand
from unfulfill.plan_effects import KnownItems, expected_stock
from unfulfill.safety import units
from unfulfill.tables import INVENTORY_LEVELS
from unfulfill.ui.plan_before import duration
from unfulfill.workbench import Workbench
from unfulfill.workbench.applying import STOCK_AFTER, STOCK_BEFORE

PLACE = list(INVENTORY_LEVELS.key)
IDLE = Situation(points=0.0, restore_rate=100.0, latency_s=0.1, threads=4, cost_of=lambda operation: None)


def expected(plan: Plan, known: KnownItems | None = None, **changes: object) -> Expected:
    stock = expected_stock(plan, known or KnownItems())
    return replace(Expected(forecast_apply(plan, IDLE), stock, "", ()), **changes)  # type: ignore[arg-type]


def shown(plan: Plan, **changes: object) -> str:
    return ui.plan_view(plan, expected(plan, **changes)).text  # type: ignore[arg-type]


def test_the_changes_are_told_by_kind_with_units_points_and_reversibility() -> None:
    text = shown(plan_for(mark(1), mark(2, "hold"), tag="unfulfilled"))

    table = text.split("\nChanges\n")[1].split("\nAbout")[0]
    assert [line.split("  ") for line in squeezed(table)] == [
        ["Change", "How many", "Orders", "Units", "Points", "Can it be undone"],
        ["cancel a fulfillment", "2", "2", "4", "20", "yes: what ships comes back, with new ids"],
        ["add the tag unfulfilled", "2", "2", "20", "yes"],
        ["hold what is open", "1", "1", "2", "10", "yes"],
    ]
    assert (
        "The plan would change 2 orders of SANDBOX (sandbox-shop.myshopify.com), and unfulfil 4 units."
        in text
    )
    assert re.search(
        r"About a second on this shop \(100 points a second\): \d+ points, \d+ of them for (one|\d+) reading",
        text,
    )


def squeezed(table: str) -> list[str]:
    """Its lines, with two blanks between the cells."""
    return ["  ".join(filter(None, (c.strip() for c in line.split("  ")))) for line in table.splitlines()]


def test_the_stock_effect_is_marked_as_an_expectation() -> None:
    state = fulfillment_state(1, lines=(Line("I1", 2, sku="MUG"),))

    text = shown(plan_for(mark(1), states={"F1": state}))

    assert "An expectation: inferred from Shopify's definitions" in text
    assert "No first contact has measured it on this shop yet" in text
    assert "MUG   Warehouse  +2       +2         ±0" in text


def test_what_a_first_contact_measured_stands_beside_the_expectation() -> None:
    text = shown(
        plan_for(mark(1)), measured="In the first contact with #1001 a cancel of 1 unit raised on hand."
    )

    assert "In the first contact with #1001" in text
    assert "No first contact" not in text


def test_a_long_stock_table_is_cut_and_says_so() -> None:
    states = {f"F{n}": fulfillment_state(n, lines=(Line(f"I{n}", 1, sku=f"SKU-{n}"),)) for n in range(1, 30)}

    text = shown(plan_for(*(mark(n) for n in range(1, 30)), states=states))

    assert "… and 9 more places." in text


def test_of_many_changes_the_first_are_shown_and_a_click_opens_the_rest() -> None:
    marks = [mark(n) for n in range(1, 530)]
    states = {f"F{n}": fulfillment_state(n) for n in range(1, 530)}

    few, many = (plan_for(*some, states=states) for some in (marks[:29], marks))

    shown = ui.plan_view(few)
    first, _, rest = shown.markup.partition("… and 9 more changes</summary>")
    assert "… and 9 more changes" in shown.text and "<details>" in first
    assert [f">{change.order_name}<" in first for change in few.changes] == [True] * 20 + [False] * 9
    assert all(f">{change.order_name}<" in rest.partition("</details>")[0] for change in few.changes[20:])
    shown = ui.plan_view(many)
    assert [f">{change.order_name}<" in shown.markup for change in many.changes] == [True] * 520 + [False] * 9
    assert "… and 9 more; plan.json has them all." in shown.markup


def test_every_row_that_is_left_out_is_behind_one_click() -> None:
    states = {f"F{n}": fulfillment_state(n) for n in range(1, 5)}

    markup = ui.plan_view(plan_for(mark(1), mark(8), mark(9), states=states)).markup

    opened = markup.partition("All 2 that are left out</summary>")[2].partition("</details>")[0]
    assert ">#1008<" in opened and ">#1009<" in opened and "the shop has no such fulfillment" in opened


def test_items_without_stock_are_mentioned() -> None:
    known = KnownItems({"I1": "gift"}, frozenset(["gift"]))

    text = shown(plan_for(mark(1)), known=known)

    assert "It should move no stock. 2 units are of items of which Shopify keeps no stock." in text


def test_a_counted_number_is_shown_as_what_it_is_set_to() -> None:
    before = LevelState("item", "L1", "Warehouse", "MUG", 5, 4, 1)
    counted = change(SetOnHand("item", "L1", 1200, 0, "key"), order_id="", fulfillment_id="", before=before)

    text = shown(replace(plan_for(mark(1)), changes=(counted,)))

    assert "MUG   Warehouse  set to 1,200 (+1,195)  ±0         +1,195" in text
    assert "set the counted stock  1         0" in text


def test_an_overridden_lock_stands_with_its_evidence_and_who_overrode_it() -> None:
    states = {
        "F1": fulfillment_state(1, delivered_at=SHIPPED),
        "F2": fulfillment_state(
            2, order_state(2, cancelled=True, return_status="RETURNED"), service_type="THIRD_PARTY"
        ),
        "F3": fulfillment_state(3),
        "F4": fulfillment_state(4, in_transit_at=SHIPPED),
    }
    marks = [
        mark(1, override="it lies here", marked_by="sam"),
        mark(2, "hold", override="<b>agreed</b>", marked_by="kim"),
        mark(3, override="to be sure"),
        mark(4),
    ]

    plan = plan_for(*marks, states=states)
    whole = ui.plan_view(plan, expected(plan))

    part = whole.text.split("Locks that a person overrode\n")[1].split("\nLeft out")[0]
    rows = [line.split("  ") for line in squeezed(part)][1:]
    assert [row[:4] for row in rows if row] == [
        ["#1001", "delivered on 2026-10-01", "it lies here", "sam"],
        [
            "#1002",
            "fulfilled by the service manual, the order is cancelled, the",
            "<b>agreed</b>",
            "kim",
        ],
        ["#1003", "nothing that locks it now", "to be sure", "unknown"],
    ]
    assert "locked           1         #1004" in whole.text
    assert "<b>agreed" not in whole.markup


def test_limits_stand_with_who_set_them_and_a_plan_above_one_says_so() -> None:
    limits = Limits(
        max_cancels=1,
        protected_tags=("vip",),
        quiet_hours=("22:00-06:00",),
        timezone="Asia/Tokyo",
        second_person_above=1,
        set_by=(("max_cancels", "policy.toml of the workspace"),),
    )
    plan = plan_for(mark(1), mark(2), limits=limits)

    text = shown(plan, approved_by=("Anna",))

    assert "The plan is too large: 2 fulfillments to cancel, the limit is 1." in text
    assert "Two people must approve it, for it has more than 1 changes; Anna did so far." in text
    rows = [line.split("  ") for line in squeezed(text.split("who set them\n")[1])]
    assert ["2 fulfillments to cancel", "1", "policy.toml of the workspace"] in rows
    assert ["2 changes", "no limit", "default"] in rows
    assert ["no day with 20 orders", "100%", "default"] in rows
    assert ["quiet hours", "22:00-06:00 (Asia/Tokyo)", "default"] in rows
    assert ["second person", "needed above 1 changes", "default"] in rows


@pytest.mark.parametrize("kind", ["unfulfill", "undo"])
def test_a_plan_is_shown_without_a_forecast_too(kind: str) -> None:
    plan = replace(plan_for(mark(1), limits=Limits(second_person_above=0)), kind=kind)

    text = ui.plan_view(plan).text

    assert "Points" not in text
    assert ("Limits in force" in text, "Two people" in text) == (kind != "undo", kind != "undo")


def test_a_plan_without_an_export_is_forecast_from_itself(
    workbench: Callable[..., Workbench], sandbox: Any
) -> None:
    wb = workbench()
    plan = wb.first_contact(quiet_orders(sandbox)[0]).plan
    assert plan is not None

    forecast = wb.first_contact_workbench().forecast(plan)

    assert sum(effect.on_hand for effect in forecast.stock.effects) == units(plan.changes)


def test_a_plan_of_the_sandbox_is_forecast_from_its_own_files(workbench: Callable[..., Workbench]) -> None:
    wb = workbench(with_audit=True).ensure("plan")
    plan = wb.load_plan()

    forecast = wb.forecast(plan)
    wb.apply(plan.digest).check()
    wb.verify()
    undo = wb.undo()
    back = wb.undo_workbench().forecast(undo)

    levels = [
        wb.run.load_table(INVENTORY_LEVELS, name).set_index(PLACE) for name in (STOCK_BEFORE, STOCK_AFTER)
    ]
    moved = (levels[1]["on_hand"] - levels[0]["on_hand"]).loc[lambda units: units != 0]
    assert sorted(moved.tolist()) == sorted(effect.on_hand for effect in forecast.stock.effects)
    assert sorted(-e.on_hand for e in back.stock.effects) == sorted(e.on_hand for e in forecast.stock.effects)
    assert {effect.location for effect in back.stock.effects} == {e.location for e in forecast.stock.effects}


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "a second"), (1.6, "2 seconds"), (89, "89 seconds"), (180, "3 minutes"), (9000, "2.5 hours")],
)
def test_a_time_is_said_in_round_words(seconds: float, words: str) -> None:
    assert duration(seconds) == words
