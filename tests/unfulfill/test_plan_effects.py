"""What a plan should do to stock: an expectation, by item and location."""

from builders import SHOP, WAREHOUSE, level, line, make_tables
from states import change, fulfillment_state, order_state, plan_for
from states import mark as marked

from unfulfill.model import (
    CancelFulfillment,
    LevelState,
    Line,
    Plan,
    RecreateFulfillment,
    SetOnHand,
    Tracking,
)
from unfulfill.plan import seal
from unfulfill.plan_effects import KnownItems, StockEffect, StockForecast, expected_stock, known_items

PLAIN = plan_for(marked(1))


def plan_of(*changes) -> Plan:
    return seal(PLAIN.__class__(**{**vars(PLAIN), "changes": changes}))


def cancelled(number: int, *lines: Line, location: str = "Warehouse"):
    state = fulfillment_state(number, lines=lines, location_id=location, location_name=location)
    return change(CancelFulfillment(state.id), id=f"m{number}-cancel", order_id=f"O{number}", before=state)


def test_a_cancel_brings_units_back_that_are_still_sold() -> None:
    mug, tee = Line("I1", 2, sku="MUG"), Line("I2", 1, sku="TEE")
    plan = plan_of(cancelled(1, mug, tee), cancelled(2, Line("I3", 3, sku="TEE"), location="Shop"))

    assert expected_stock(plan, KnownItems()) == StockForecast(
        (
            StockEffect("TEE", "Shop", 3, 3, 0),
            StockEffect("MUG", "Warehouse", 2, 2, 0),
            StockEffect("TEE", "Warehouse", 1, 1, 0),
        ),
        0,
    )


def test_lines_of_one_inventory_item_add_up_whatever_they_are_called() -> None:
    lines = (Line("I1", 2, sku="MUG-OLD"), Line("I2", 1, sku="MUG"))

    found = expected_stock(plan_of(cancelled(1, *lines)), KnownItems({"I1": "item", "I2": "item"}))

    assert found.effects == (StockEffect("MUG-OLD", "Warehouse", 3, 3, 0),)


def test_fulfilling_again_takes_units_off_the_shelf() -> None:
    rest = RecreateFulfillment((Line("I1", 1, sku="MUG"),), Tracking(), "Warehouse")
    again = change(rest, id="m1-refulfil", before=order_state(1))
    known = KnownItems(locations={"Warehouse": "Warehouse"})

    partial = expected_stock(plan_of(cancelled(1, Line("I1", 3, sku="MUG")), again), known)
    undo = expected_stock(plan_of(again), KnownItems())

    assert partial.effects == (StockEffect("MUG", "Warehouse", 2, 2, 0),)
    assert undo.effects == (StockEffect("MUG", "an unknown location", -1, -1, 0),)


def test_a_counted_number_is_what_is_on_hand_in_the_end() -> None:
    before = LevelState("item", "Warehouse", "Warehouse", "MUG", 5, 4, 1)
    counted = change(SetOnHand("item", "Warehouse", 6, 2, "key"), id="s1", order_id="", before=before)

    found = expected_stock(
        plan_of(cancelled(1, Line("I1", 2, sku="MUG")), counted), KnownItems({"I1": "item"})
    )

    assert found.effects == (StockEffect("MUG", "Warehouse", 1, 2, -1, set_to=6),)


def test_items_without_stock_move_nothing_and_are_counted() -> None:
    lines = (Line("I1", 2, sku="GIFT"), Line("I2", 1, name="Mug"))

    found = expected_stock(plan_of(cancelled(1, *lines)), KnownItems({"I1": "gift"}, frozenset(["gift"])))

    assert found == StockForecast((StockEffect("Mug", "Warehouse", 1, 1, 0),), 2)


def test_what_is_known_of_the_items_comes_from_the_export() -> None:
    tables = make_tables(
        line(1), line(2), line(3), level(1), level(1, location_id=SHOP), level(2, tracked=False), level(3)
    )
    ids = tables["line_items"]["line_item_id"].tolist()
    plan = plan_of(cancelled(1, Line(ids[0], 1), Line(ids[1], 1)))

    known = known_items(tables["line_items"], tables["inventory_levels"], plan)

    assert known == KnownItems(
        {ids[0]: "gid://shopify/InventoryItem/1", ids[1]: "gid://shopify/InventoryItem/2"},
        frozenset(["gid://shopify/InventoryItem/2"]),
        {WAREHOUSE: "Warehouse", SHOP: "Shop Berlin"},
    )
