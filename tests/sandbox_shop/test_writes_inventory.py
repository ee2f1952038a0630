"""Inventory writes: keys, compare-and-set, reasons, and what they report."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from small_shop import AT_SERVICE, MAIN, STORE, A, B, SmallShop, serve_small_shop

from sandbox_shop.world import gid

GROUP = "inventoryAdjustmentGroup { id reason changes { name delta quantityAfterChange item { id } location { id } } }"
SET = f"""mutation($i: InventorySetQuantitiesInput!, $k: String!) {{
  inventorySetQuantities(input: $i) @idempotent(key: $k) {{ {GROUP} userErrors {{ field message code }} }} }}"""
ADJUST = f"""mutation($i: InventoryAdjustQuantitiesInput!, $k: String!) {{
  inventoryAdjustQuantities(input: $i) @idempotent(key: $k) {{ {GROUP} userErrors {{ field message code }} }} }}"""
MOVE = f"""mutation($i: InventoryMoveQuantitiesInput!, $k: String!) {{
  inventoryMoveQuantities(input: $i) @idempotent(key: $k) {{ {GROUP} userErrors {{ field message code }} }} }}"""
ACTIVATE = """mutation($item: ID!, $place: ID!, $k: String!) {
  inventoryActivate(inventoryItemId: $item, locationId: $place, available: 4) @idempotent(key: $k) {
  inventoryLevel { id quantities(names: ["available", "on_hand"]) { name quantity } } userErrors { message } } }"""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[SmallShop]:
    with serve_small_shop(tmp_path) as shop:
        yield shop


def _place(item: int = A, location: int = MAIN) -> dict[str, str]:
    return {"inventoryItemId": gid("InventoryItem", item), "locationId": gid("Location", location)}


def _set(
    shop: SmallShop, quantity: int, key: str = "k", name: str = "on_hand", **more: Any
) -> dict[str, Any]:
    entry = {**_place(), "quantity": quantity, "changeFromQuantity": None, **more}
    payload: dict[str, Any] = shop.run(
        SET, i={"name": name, "reason": "correction", "quantities": [entry]}, k=key
    )
    return payload


def _codes(payload: dict[str, Any]) -> list[str]:
    return [error["code"] for error in payload["userErrors"]]


def test_setting_on_hand_moves_available(shop: SmallShop) -> None:
    shop.create_order((A, 2))

    payload = _set(shop, 7)

    assert shop.stock(A) == (5, 2, 7)
    changes = [(change["name"], change["delta"]) for change in payload["inventoryAdjustmentGroup"]["changes"]]
    assert changes == [("available", -3), ("on_hand", -3)]
    assert {change["quantityAfterChange"] for change in payload["inventoryAdjustmentGroup"]["changes"]} == {
        None
    }


def test_setting_what_is_there_changes_nothing(shop: SmallShop) -> None:
    payload = _set(shop, 10)

    assert payload == {"inventoryAdjustmentGroup": None, "userErrors": []}
    assert shop.effect() == 0


def test_a_stale_comparison_is_refused(shop: SmallShop) -> None:
    payload = _set(shop, 7, changeFromQuantity=9)

    assert _codes(payload) == ["CHANGE_FROM_QUANTITY_STALE"]
    assert shop.stock(A) == (10, 0, 10)


def test_the_comparison_must_be_sent(shop: SmallShop) -> None:
    given = {"name": "available", "reason": "correction", "quantities": [{**_place(), "quantity": 1}]}

    answer = shop.answer(SET, {"i": given, "k": "k"})

    (error,) = answer["errors"]
    assert (
        error["message"] == "InventoryQuantityInput must include the following argument: changeFromQuantity."
    )
    assert error["extensions"]["code"] == "INVALID_FIELD_ARGUMENTS"


def test_the_directive_must_be_sent(shop: SmallShop) -> None:
    document = SET.replace(", $k: String!", "").replace("@idempotent(key: $k)", "")
    given = {"name": "available", "reason": "correction", "quantities": []}

    answer = shop.answer(document, {"i": given})

    (error,) = answer["errors"]
    assert error["message"] == "The @idempotent directive is required for this mutation but was not provided."
    assert (error["extensions"]["code"], answer["data"]) == ("BAD_REQUEST", {"inventorySetQuantities": None})


def test_a_key_replays_its_answer_and_refuses_another_request(shop: SmallShop) -> None:
    first = _set(shop, 7)
    shop.create_order((A, 2))

    assert _set(shop, 7) == first
    assert _codes(_set(shop, 8)) == ["IDEMPOTENCY_KEY_PARAMETER_MISMATCH"]
    assert shop.stock(A) == (5, 2, 7)


def test_a_key_whose_request_failed_is_used_up(shop: SmallShop) -> None:
    _set(shop, 7, changeFromQuantity=9)

    assert _codes(_set(shop, 7, changeFromQuantity=9)) == ["IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"]
    shop.switch(failed_keys="run")
    assert _codes(_set(shop, 7, changeFromQuantity=9)) == ["CHANGE_FROM_QUANTITY_STALE"]


def test_a_key_lives_a_day(shop: SmallShop) -> None:
    _set(shop, 7)
    shop.served.control("clock", {"advance_s": 24 * 3600 + 60})

    assert _codes(_set(shop, 8)) == []
    assert shop.stock(A) == (8, 0, 8)


def test_an_unknown_reason_is_answered_with_the_list(shop: SmallShop) -> None:
    entry = {**_place(), "delta": 1, "changeFromQuantity": None}
    payload = shop.run(ADJUST, i={"name": "available", "reason": "because", "changes": [entry]}, k="k")

    assert _codes(payload) == ["INVALID_REASON"]
    assert "cycle_count_available" in payload["userErrors"][0]["message"]


def test_committed_is_never_writable(shop: SmallShop) -> None:
    entry = {**_place(), "delta": 1, "changeFromQuantity": None, "ledgerDocumentUri": "gid://uw/Run/1"}
    payload = shop.run(ADJUST, i={"name": "committed", "reason": "correction", "changes": [entry]}, k="k")

    assert _codes(payload) == ["INVALID_QUANTITY_NAME"]


@pytest.mark.parametrize(
    ("name", "document", "code"),
    [
        ("damaged", None, "INVALID_QUANTITY_DOCUMENT"),
        ("damaged", "gid://shopify/Order/1", "INTERNAL_LEDGER_DOCUMENT"),
        ("available", "gid://uw/Run/1", "INVALID_AVAILABLE_DOCUMENT"),
    ],
)
def test_ledger_documents_have_their_rules(
    shop: SmallShop, name: str, document: str | None, code: str
) -> None:
    entry = {**_place(), "delta": 1, "changeFromQuantity": None, "ledgerDocumentUri": document}
    payload = shop.run(ADJUST, i={"name": name, "reason": "correction", "changes": [entry]}, k="k")

    assert _codes(payload) == [code]


def test_unknown_items_and_locations_are_named(shop: SmallShop) -> None:
    entry = {"quantity": 1, "changeFromQuantity": None}
    given = {"name": "available", "reason": "correction"}

    item = shop.run(SET, i={**given, "quantities": [{**_place(item=99), **entry}]}, k="1")
    place = shop.run(SET, i={**given, "quantities": [{**_place(location=99), **entry}]}, k="2")

    field = ["input", "quantities", "0", "inventoryItemId"]
    message = "The specified inventory item could not be found."
    assert item["userErrors"] == [{"field": field, "message": message, "code": "INVALID_INVENTORY_ITEM"}]
    assert _codes(place) == ["INVALID_LOCATION"]


def test_an_item_that_is_not_stocked_there_is_refused_until_2026_07_and_stocked_since(
    shop: SmallShop,
) -> None:
    entry = {**_place(AT_SERVICE, STORE), "quantity": 3, "changeFromQuantity": None}
    given = {"name": "available", "reason": "correction", "quantities": [entry]}

    old = shop.answer(SET, {"i": given, "k": "1"}, version="2026-07")["data"]["inventorySetQuantities"]
    new = shop.answer(SET, {"i": given, "k": "2"}, version="2026-10")["data"]["inventorySetQuantities"]

    assert (_codes(old), _codes(new)) == (["ITEM_NOT_STOCKED_AT_LOCATION"], [])
    assert shop.stock(AT_SERVICE, STORE) == (3, 0, 3)


def _end(name: str, location: int = MAIN, document: str | None = None) -> dict[str, Any]:
    place = gid("Location", location)
    return {"locationId": place, "name": name, "changeFromQuantity": None, "ledgerDocumentUri": document}


def _move(shop: SmallShop, source: dict[str, Any], target: dict[str, Any]) -> dict[str, Any]:
    change = {"inventoryItemId": gid("InventoryItem", A), "quantity": 2, "from": source, "to": target}
    given = {"reason": "damaged", "referenceDocumentUri": "gid://uw/Run/1", "changes": [change]}
    payload: dict[str, Any] = shop.run(MOVE, i=given, k="k")
    return payload


def test_moving_between_states_keeps_what_is_on_hand(shop: SmallShop) -> None:
    payload = _move(shop, _end("available"), _end("damaged", document="gid://uw/Doc/1"))

    changes = [(change["name"], change["delta"]) for change in payload["inventoryAdjustmentGroup"]["changes"]]
    assert changes == [("available", -2), ("damaged", 2)]
    assert shop.stock(A) == (8, 0, 10)


def test_a_move_stays_at_its_location_and_changes_the_state(shop: SmallShop) -> None:
    assert _codes(_move(shop, _end("available"), _end("damaged", STORE, "gid://uw/Doc/1"))) == [
        "DIFFERENT_LOCATIONS"
    ]
    shop.world.connection.execute("delete from idempotency")
    assert _codes(_move(shop, _end("available"), _end("available"))) == ["SAME_QUANTITY_NAME"]


def test_an_item_is_activated_with_its_first_quantity(shop: SmallShop) -> None:
    payload = shop.run(ACTIVATE, item=gid("InventoryItem", AT_SERVICE), place=gid("Location", STORE), k="k")

    quantities = [(row["name"], row["quantity"]) for row in payload["inventoryLevel"]["quantities"]]
    assert quantities == [("available", 4), ("on_hand", 4)]


def test_the_ledger_names_the_document_and_the_request(shop: SmallShop) -> None:
    entry = {**_place(B), "delta": -3, "changeFromQuantity": 10}
    given = {
        "name": "available",
        "reason": "shrinkage",
        "referenceDocumentUri": "gid://uw/Op/1",
        "changes": [entry],
    }

    shop.run(ADJUST, i=given, k="k")

    (row,) = shop.world.rows("select * from ledger")
    (request,) = shop.world.rows("select id from request")
    moved = (row["item_id"], row["location_id"], row["name"], row["delta"], row["reason"], row["document"])
    assert moved == (B, MAIN, "available", -3, "shrinkage", "gid://uw/Op/1")
    assert row["request_id"] == request["id"]
