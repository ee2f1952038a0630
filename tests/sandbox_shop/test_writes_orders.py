"""Orders: create, cancel, close, open, update, tags, refunds, metafields."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from small_shop import AT_SERVICE, CREATE_ORDER, MAIN, A, B, SmallShop, serve_small_shop

from sandbox_shop.world import gid

CLOSE = "mutation($i: OrderCloseInput!) { orderClose(input: $i) { order { closed } userErrors { field message } } }"
OPEN = (
    "mutation($i: OrderOpenInput!) { orderOpen(input: $i) { order { closed } userErrors { field message } } }"
)
UPDATE = """mutation($i: OrderInput!) { orderUpdate(input: $i) {
  order { id note tags } userErrors { field message } } }"""
CANCEL_ORDER = """mutation($id: ID!, $restock: Boolean!, $refund: Boolean!) { orderCancel(orderId: $id,
  reason: INVENTORY, restock: $restock, refundMethod: {originalPaymentMethodsRefund: $refund}) {
  job { id done } orderCancelUserErrors { field code } } }"""
JOB = "query($id: ID!) { job(id: $id) { id done } }"
ADD = "mutation($id: ID!, $t: [String!]!) { tagsAdd(id: $id, tags: $t) { node { id } userErrors { field message } } }"
REMOVE = """mutation($id: ID!, $t: [String!]!) { tagsRemove(id: $id, tags: $t) {
  node { id } userErrors { field message } } }"""
REFUND = """mutation($i: RefundInput!, $k: String!) { refundCreate(input: $i) @idempotent(key: $k) {
  refund { id totalRefundedSet { shopMoney { amount } } } order { id } userErrors { field message } } }"""
SET = """mutation($m: [MetafieldsSetInput!]!) { metafieldsSet(metafields: $m) {
  metafields { id namespace key } userErrors { field code elementIndex } } }"""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[SmallShop]:
    with serve_small_shop(tmp_path) as shop:
        yield shop


def test_a_new_order_waits_at_each_location_that_stocks_it(shop: SmallShop) -> None:
    order_id = shop.create_order((A, 1), (AT_SERVICE, 2))

    locations = [fo["assignedLocation"]["location"]["id"] for fo in shop.open_fos(order_id)]
    assert locations == [gid("Location", 71), gid("Location", 73)]
    order = shop.order(order_id)
    assert (order["displayFulfillmentStatus"], order["displayFinancialStatus"]) == ("UNFULFILLED", "PAID")


def test_by_default_no_stock_is_claimed(shop: SmallShop) -> None:
    shop.create_order((A, 1), stock="BYPASS")

    assert shop.stock(A) == (10, 0, 10)


def test_an_order_that_obeys_the_policy_is_refused_without_stock(shop: SmallShop) -> None:
    lines = [{"variantId": gid("ProductVariant", 201), "quantity": 11}]

    options = {"inventoryBehaviour": "DECREMENT_OBEYING_POLICY"}
    payload = shop.run(CREATE_ORDER, o={"lineItems": lines}, s=options)

    assert [error["code"] for error in payload["userErrors"]] == ["INVENTORY_CLAIM_FAILED"]
    assert shop.world.rows('select * from "order"') == []


def test_an_order_may_be_born_fulfilled(shop: SmallShop) -> None:
    fulfillment = {"locationId": gid("Location", MAIN), "trackingNumber": "1", "shipmentStatus": "DELIVERED"}

    order_id = shop.create_order((A, 2), fulfillment=fulfillment)

    order = shop.order(order_id)
    assert (order["displayFulfillmentStatus"], order["closed"]) == ("FULFILLED", True)
    assert order["fulfillments"][0]["displayStatus"] == "DELIVERED"
    assert shop.stock(A) == (8, 0, 8)


@pytest.mark.parametrize(
    ("status", "shown", "fulfillments"),
    [("FULFILLED", "FULFILLED", 2), ("PARTIAL", "PARTIALLY_FULFILLED", 1), ("RESTOCKED", "UNFULFILLED", 0)],
)
def test_a_fulfillment_status_ships_from_each_location(
    shop: SmallShop, status: str, shown: str, fulfillments: int
) -> None:
    order_id = shop.create_order((A, 1), (AT_SERVICE, 1), fulfillmentStatus=status)

    order = shop.order(order_id)
    assert (order["displayFulfillmentStatus"], len(order["fulfillments"])) == (shown, fulfillments)


@pytest.mark.parametrize(("restock", "stock"), [(True, (10, 0, 10)), (False, (8, 0, 8))])
def test_a_cancelled_order_is_closed_with_its_fulfillment_orders(
    shop: SmallShop, restock: bool, stock: tuple[int, int, int]
) -> None:
    order_id = shop.create_order((A, 2))

    payload = shop.run(CANCEL_ORDER, id=order_id, restock=restock, refund=True)

    assert payload["orderCancelUserErrors"] == []
    assert shop.run(JOB, id=payload["job"]["id"])["done"] is True
    order = shop.order(order_id)
    assert (order["closed"], order["displayFinancialStatus"]) == (True, "REFUNDED")
    (fo,) = order["fulfillmentOrders"]["nodes"]
    assert (fo["status"], fo["lineItems"]["nodes"][0]["remainingQuantity"]) == ("CLOSED", 2)
    assert order["lineItems"]["nodes"][0]["currentQuantity"] == 0
    assert shop.stock(A) == stock


def test_an_order_with_a_live_fulfillment_cannot_be_cancelled(shop: SmallShop) -> None:
    order_id, fulfillment_id = shop.fulfilled_order((A, 1))

    refused = shop.run(CANCEL_ORDER, id=order_id, restock=True, refund=False)
    shop.cancel(fulfillment_id)
    accepted = shop.run(CANCEL_ORDER, id=order_id, restock=True, refund=False)

    assert [error["code"] for error in refused["orderCancelUserErrors"]] == ["INVALID"]
    assert accepted["orderCancelUserErrors"] == []
    assert shop.stock(A) == (10, 0, 10)


def test_closing_and_opening_twice_is_fine(shop: SmallShop) -> None:
    order_id = shop.create_order((A, 1))
    closed = []
    for document in (CLOSE, CLOSE, OPEN, OPEN):
        closed.append((shop.run(document, i={"id": order_id})["order"]["closed"], shop.effect()))

    assert closed == [(True, 1), (True, 0), (False, 1), (False, 0)]


def test_order_update_overwrites_tags_and_note(shop: SmallShop) -> None:
    order_id = shop.create_order((A, 1), tags=["keep", "me"], note="old")

    payload = shop.run(UPDATE, i={"id": order_id, "tags": ["z", "b"], "note": "new"})

    assert payload["order"] == {"id": order_id, "note": "new", "tags": ["b", "z"]}


def test_order_update_needs_something_to_update(shop: SmallShop) -> None:
    order_id = shop.create_order((A, 1))

    payload = shop.run(UPDATE, i={"id": order_id})

    assert [error["message"] for error in payload["userErrors"]] == [
        "No valid update parameters have been provided"
    ]


def test_tags_are_a_sorted_set_whatever_their_case(shop: SmallShop) -> None:
    order_id = shop.create_order((A, 1), tags=["VIP"])

    shop.run(ADD, id=order_id, t=["b, a", "vip"])
    assert shop.order(order_id)["tags"] == ["VIP", "a", "b"]
    shop.run(ADD, id=order_id, t=["A"])
    assert shop.effect() == 0
    shop.run(REMOVE, id=order_id, t=["vip", "never there"])
    assert shop.order(order_id)["tags"] == ["a", "b"]


def test_an_order_has_250_tags_at_most(shop: SmallShop) -> None:
    order_id = shop.create_order((A, 1))
    assert shop.run(ADD, id=order_id, t=[f"t{number}" for number in range(250)])["userErrors"] == []

    payload = shop.run(ADD, id=order_id, t=["one more"])

    assert payload["userErrors"][0]["field"] == ["tags"]
    assert len(shop.order(order_id)["tags"]) == 250


def test_a_list_of_more_than_250_is_refused_before_anything_happens(shop: SmallShop) -> None:
    order_id = shop.create_order((A, 1))

    answer = shop.answer(ADD, {"id": order_id, "t": [f"t{number}" for number in range(251)]})

    (error,) = answer["errors"]
    assert error["message"] == "The input array size of 251 is greater than the maximum allowed of 250."
    assert error["extensions"]["code"] == "MAX_INPUT_SIZE_EXCEEDED"
    assert shop.order(order_id)["tags"] == []


def _refund(shop: SmallShop, order_id: str, restock: str, units: int, key: str = "k") -> dict[str, Any]:
    line = shop.order(order_id)["lineItems"]["nodes"][0]["id"]
    entry = {"lineItemId": line, "quantity": units, "restockType": restock}
    money = {"amount": f"{10 * units}.00", "kind": "REFUND", "gateway": "manual", "orderId": order_id}
    given = {"orderId": order_id, "refundLineItems": [entry], "transactions": [money]}
    payload: dict[str, Any] = shop.run(REFUND, i=given, k=key)
    return payload


@pytest.mark.parametrize(
    ("restock", "stock"), [("CANCEL", (8, 2, 10)), ("NO_RESTOCK", (7, 2, 9)), ("RETURN", (7, 3, 10))]
)
def test_a_refund_of_a_waiting_unit(shop: SmallShop, restock: str, stock: tuple[int, int, int]) -> None:
    order_id = shop.create_order((A, 3))

    payload = _refund(shop, order_id, restock, 1)

    assert shop.stock(A) == stock
    if restock == "RETURN":
        assert payload["userErrors"] != []  # nothing was shipped, so nothing can come back
        return
    assert payload["refund"]["totalRefundedSet"]["shopMoney"]["amount"] == "10.0"
    order = shop.order(order_id)
    (line,) = order["lineItems"]["nodes"]
    assert (line["currentQuantity"], line["unfulfilledQuantity"]) == (2, 2)
    assert order["displayFinancialStatus"] == "PARTIALLY_REFUNDED"


def test_a_returned_unit_is_available_again(shop: SmallShop) -> None:
    order_id, _ = shop.fulfilled_order((A, 3))
    assert shop.stock(A) == (7, 0, 7)

    _refund(shop, order_id, "RETURN", 3)

    assert shop.stock(A) == (10, 0, 10)
    order = shop.order(order_id)
    assert (order["displayFulfillmentStatus"], order["displayFinancialStatus"]) == ("FULFILLED", "REFUNDED")


def test_more_than_was_bought_is_not_refunded(shop: SmallShop) -> None:
    order_id = shop.create_order((A, 1))

    assert _refund(shop, order_id, "CANCEL", 2)["refund"] is None


def test_a_refund_runs_once_for_its_key(shop: SmallShop) -> None:
    order_id = shop.create_order((A, 3))

    first = _refund(shop, order_id, "CANCEL", 1)
    again = _refund(shop, order_id, "CANCEL", 1)

    assert first == again
    assert len(shop.world.rows("select * from refund")) == 1
    assert shop.stock(A) == (8, 2, 10)


def _metafield(owner: str, value: str, **more: Any) -> dict[str, Any]:
    return {
        "ownerId": owner,
        "namespace": "uw",
        "key": "lock",
        "type": "single_line_text_field",
        "value": value,
        **more,
    }


def test_a_metafield_can_be_taken_once(shop: SmallShop) -> None:
    order_id = shop.create_order((A, 1))

    first = shop.run(SET, m=[_metafield(order_id, "me", compareDigest=None)])
    second = shop.run(SET, m=[_metafield(order_id, "you", compareDigest=None)])
    digest = hashlib.sha256(b"me").hexdigest()
    third = shop.run(SET, m=[_metafield(order_id, "next", compareDigest=digest)])

    assert [payload["userErrors"] for payload in (first, third)] == [[], []]
    assert [error["code"] for error in second["userErrors"]] == ["STALE_OBJECT"]
    assert [row["value"] for row in shop.world.rows("select value from metafield")] == ["next"]


def test_metafields_are_set_together_or_not_at_all(shop: SmallShop) -> None:
    order_id = shop.create_order((B, 1))

    payload = shop.run(SET, m=[_metafield(order_id, "fine"), _metafield(gid("Order", 9), "not fine")])

    assert [error["elementIndex"] for error in payload["userErrors"]] == [1]
    assert shop.world.rows("select * from metafield") == []
