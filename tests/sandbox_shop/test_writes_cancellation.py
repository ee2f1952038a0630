"""fulfillmentCancel behaves as recorded, and its inferred parts follow their switches."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from small_shop import AT_SERVICE, CANCEL, MAIN, SERVICE, STORE, A, B, SmallShop, serve_small_shop

from sandbox_shop.world import gid

EVENT = """mutation($e: FulfillmentEventInput!) { fulfillmentEventCreate(fulfillmentEvent: $e) {
  fulfillmentEvent { id status happenedAt } userErrors { field message } } }"""
ORDER_CANCEL = """mutation($id: ID!) { orderCancel(orderId: $id, reason: CUSTOMER, restock: true) {
  job { id } orderCancelUserErrors { code message } } }"""
REFUND = """mutation($i: RefundInput!, $k: String!) { refundCreate(input: $i) @idempotent(key: $k) {
  refund { id } userErrors { field message } } }"""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[SmallShop]:
    with serve_small_shop(tmp_path) as shop:
        yield shop


def test_a_cancelled_fulfillment_stays_in_the_list_with_both_spellings(shop: SmallShop) -> None:
    order_id, fulfillment_id = shop.fulfilled_order((A, 2))

    payload = shop.cancel(fulfillment_id)

    expected = {"id": fulfillment_id, "status": "CANCELLED", "displayStatus": "CANCELED"}
    assert payload == {"fulfillment": expected, "userErrors": []}
    assert [row["status"] for row in shop.order(order_id)["fulfillments"]] == ["CANCELLED"]


def test_the_closed_fulfillment_order_grows_back_and_a_new_open_one_takes_the_units(shop: SmallShop) -> None:
    order_id, fulfillment_id = shop.fulfilled_order((A, 2))
    (line,) = shop.order(order_id)["lineItems"]["nodes"]

    shop.cancel(fulfillment_id)

    old, new = shop.order(order_id)["fulfillmentOrders"]["nodes"]
    assert (old["status"], new["status"]) == ("CLOSED", "OPEN")
    assert (old["requestStatus"], new["requestStatus"]) == ("UNSUBMITTED", "UNSUBMITTED")
    (old_line,), (new_line,) = old["lineItems"]["nodes"], new["lineItems"]["nodes"]
    assert (old_line["remainingQuantity"], new_line["remainingQuantity"]) == (2, 2)
    assert old_line["id"] != new_line["id"]
    assert line["id"] == old_line["lineItem"]["id"] == new_line["lineItem"]["id"]
    assert shop.order(order_id)["lineItems"]["nodes"][0]["unfulfilledQuantity"] == 2


def test_an_archived_order_opens_again_and_is_unfulfilled(shop: SmallShop) -> None:
    order_id, fulfillment_id = shop.fulfilled_order((A, 1))
    before = shop.order(order_id)
    assert (before["closed"], before["displayFulfillmentStatus"]) == (True, "FULFILLED")

    shop.cancel(fulfillment_id)

    after = shop.order(order_id)
    assert (after["closed"], after["displayFulfillmentStatus"]) == (False, "UNFULFILLED")
    assert after["updatedAt"] > before["updatedAt"]


def test_an_archived_order_stays_archived_where_the_switch_says_so(shop: SmallShop) -> None:
    order_id, fulfillment_id = shop.fulfilled_order((A, 1))
    shop.switch(reopen_on_cancel=False)

    shop.cancel(fulfillment_id)

    assert shop.order(order_id)["closed"] is True


def test_cancelling_twice_succeeds_and_changes_nothing(shop: SmallShop) -> None:
    order_id, fulfillment_id = shop.fulfilled_order((A, 1))
    shop.cancel(fulfillment_id)
    assert shop.effect() == 1
    once = shop.order(order_id)
    stock = shop.stock(A)

    payload = shop.cancel(fulfillment_id)

    assert payload["userErrors"] == []
    assert payload["fulfillment"]["status"] == "CANCELLED"
    assert shop.effect() == 0
    assert once == shop.order(order_id)
    assert stock == shop.stock(A)


def test_a_delivered_parcel_is_cancelled_without_a_word(shop: SmallShop) -> None:
    order_id, fulfillment_id = shop.fulfilled_order((A, 1))
    shop.run(EVENT, e={"fulfillmentId": fulfillment_id, "status": "DELIVERED"})

    payload = shop.cancel(fulfillment_id)

    assert payload["userErrors"] == []
    (fulfillment,) = shop.order(order_id)["fulfillments"]
    assert fulfillment["displayStatus"] == "CANCELED"
    assert fulfillment["deliveredAt"] is not None


def test_an_unknown_fulfillment_is_not_found(shop: SmallShop) -> None:
    payload = shop.cancel(gid("Fulfillment", 999))

    error = {"field": ["id"], "message": "Fulfillment not found."}
    assert payload == {"fulfillment": None, "userErrors": [error]}


@pytest.mark.parametrize("id_", ["gid://shopify/Fulfillment/0", "nonsense"])
def test_a_malformed_id_is_a_top_level_error(shop: SmallShop, id_: str) -> None:
    answer = shop.answer(CANCEL, {"id": id_})

    assert answer["errors"][0]["extensions"]["code"] == "RESOURCE_NOT_FOUND"
    assert answer["data"] == {"fulfillmentCancel": None}


def test_the_scope_that_is_missing_is_not_named(shop: SmallShop) -> None:
    token = shop.served.control("tokens", {"scopes": ["write_fulfillments", "write_orders"]})["token"]
    _, fulfillment_id = shop.fulfilled_order((A, 1))

    answer = shop.answer(CANCEL, {"id": fulfillment_id}, token=token)

    assert answer["errors"][0]["message"] == "Access denied for fulfillmentCancel field."
    assert answer["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"
    assert "requiredAccess" not in answer["errors"][0]["extensions"]


def test_cancelled_units_are_committed_and_on_hand_again(shop: SmallShop) -> None:
    order_id = shop.create_order((A, 3))
    assert shop.stock(A) == (7, 3, 10)
    fulfillment_id = shop.fulfil(shop.open_fos(order_id)[0]["id"])["fulfillment"]["id"]
    assert shop.stock(A) == (7, 0, 7)

    shop.cancel(fulfillment_id)

    assert shop.stock(A) == (7, 3, 10)


def test_in_the_available_model_cancelled_units_can_be_sold_again(shop: SmallShop) -> None:
    shop.switch(cancel_stock="available")
    order_id, fulfillment_id = shop.fulfilled_order((A, 3))

    shop.cancel(fulfillment_id)

    assert shop.stock(A) == (10, 0, 10)
    shop.fulfil(shop.open_fos(order_id)[0]["id"])
    assert shop.stock(A) == (7, 0, 7)


def test_units_that_were_never_claimed_move_no_stock(shop: SmallShop) -> None:
    _, fulfillment_id = shop.fulfilled_order((A, 3), stock="BYPASS")
    assert shop.stock(A) == (10, 0, 10)

    shop.cancel(fulfillment_id)

    assert shop.stock(A) == (10, 0, 10)


def _partly_fulfilled(shop: SmallShop) -> tuple[str, str]:
    order_id = shop.create_order((A, 3))
    (fo,) = shop.open_fos(order_id)
    payload = shop.fulfil(fo["id"], [(fo["lineItems"]["nodes"][0]["id"], 1)])
    return order_id, payload["fulfillment"]["id"]


def test_a_partly_fulfilled_fulfillment_order_grows(shop: SmallShop) -> None:
    order_id, fulfillment_id = _partly_fulfilled(shop)
    assert shop.order(order_id)["displayFulfillmentStatus"] == "PARTIALLY_FULFILLED"

    shop.cancel(fulfillment_id)

    (fo,) = shop.order(order_id)["fulfillmentOrders"]["nodes"]
    assert (fo["status"], fo["lineItems"]["nodes"][0]["remainingQuantity"]) == ("OPEN", 3)
    assert shop.stock(A) == (7, 3, 10)


def test_with_the_switch_a_partly_fulfilled_one_keeps_its_rest_and_a_new_one_opens(shop: SmallShop) -> None:
    shop.switch(partial_fo="new")
    order_id, fulfillment_id = _partly_fulfilled(shop)

    shop.cancel(fulfillment_id)

    remaining = [fo["lineItems"]["nodes"][0]["remainingQuantity"] for fo in shop.open_fos(order_id)]
    assert remaining == [2, 1]
    assert shop.order(order_id)["lineItems"]["nodes"][0]["unfulfilledQuantity"] == 3


def _new_location(shop: SmallShop, order_id: str) -> str:
    (fo,) = shop.open_fos(order_id)
    return str(fo["assignedLocation"]["location"]["id"])


def test_units_return_to_their_location(shop: SmallShop) -> None:
    order_id, fulfillment_id = shop.fulfilled_order((A, 1))

    shop.cancel(fulfillment_id)

    assert gid("Location", MAIN) == _new_location(shop, order_id)


def test_units_go_by_priority_where_their_location_does_not_stock_them_any_more(shop: SmallShop) -> None:
    order_id, fulfillment_id = shop.fulfilled_order((A, 1))
    shop.world.connection.execute(
        "update level set active = 0 where item_id = ? and location_id = ?", (A, MAIN)
    )

    shop.cancel(fulfillment_id)

    assert gid("Location", STORE) == _new_location(shop, order_id)
    assert shop.stock(A, STORE) == (9, 1, 10)
    assert shop.stock(A, MAIN) == (10, 0, 10)


def test_the_switch_sends_units_to_another_location(shop: SmallShop) -> None:
    shop.switch(reroute_to=gid("Location", STORE))
    order_id, fulfillment_id = shop.fulfilled_order((A, 1))

    shop.cancel(fulfillment_id)

    assert gid("Location", STORE) == _new_location(shop, order_id)


def test_a_service_fulfillment_can_be_cancelled(shop: SmallShop) -> None:
    service_token = shop.served.control("tokens", {"app": "far-away"})["token"]
    order_id = shop.create_order((AT_SERVICE, 1))
    (fo,) = shop.open_fos(order_id)
    document = (
        """mutation($f: FulfillmentInput!) { fulfillmentCreate(fulfillment: $f) { fulfillment { id } } }"""
    )
    given = {"lineItemsByFulfillmentOrder": [{"fulfillmentOrderId": fo["id"]}]}
    answer = shop.answer(document, {"f": given}, token=service_token)

    payload = shop.cancel(answer["data"]["fulfillmentCreate"]["fulfillment"]["id"])

    assert payload["userErrors"] == []
    assert gid("Location", SERVICE) == _new_location(shop, order_id)


def test_returned_units_do_not_wait_again(shop: SmallShop) -> None:
    order_id, fulfillment_id = shop.fulfilled_order((A, 2), closedAt=None)
    (line,) = shop.order(order_id)["lineItems"]["nodes"]
    entry = {"lineItemId": line["id"], "quantity": 1, "restockType": "RETURN"}
    assert shop.run(REFUND, i={"orderId": order_id, "refundLineItems": [entry]}, k="k")["userErrors"] == []
    assert shop.stock(A) == (9, 0, 9)

    shop.cancel(fulfillment_id)

    assert shop.order(order_id)["lineItems"]["nodes"][0]["unfulfilledQuantity"] == 1
    assert shop.stock(A) == (9, 1, 10)


def test_the_closed_fulfillment_order_opens_again_where_the_switch_says_so(shop: SmallShop) -> None:
    order_id, fulfillment_id = shop.fulfilled_order((A, 2))
    before = shop.stock(A)
    shop.switch(closed_fo="reopen")

    shop.cancel(fulfillment_id)

    (only,) = shop.order(order_id)["fulfillmentOrders"]["nodes"]
    assert (only["status"], only["lineItems"]["nodes"][0]["remainingQuantity"]) == ("OPEN", 2)
    assert shop.stock(A) == (before[0], before[1] + 2, before[2] + 2)
    assert shop.fulfil(only["id"])["userErrors"] == []


def test_the_order_looks_untouched_where_the_switch_says_so(shop: SmallShop) -> None:
    order_id, fulfillment_id = shop.fulfilled_order((A, 1))
    before = shop.order(order_id)["updatedAt"]
    shop.switch(cancel_touches_order=False)

    shop.cancel(fulfillment_id)

    assert shop.order(order_id)["updatedAt"] == before


@pytest.mark.parametrize(("counted", "name"), [(True, "F2"), (False, "F1")])
def test_the_name_of_the_next_fulfillment_counts_cancelled_ones_or_not(
    shop: SmallShop, counted: bool, name: str
) -> None:
    order_id, fulfillment_id = shop.fulfilled_order((A, 1))
    shop.switch(names_count_cancelled=counted)
    shop.cancel(fulfillment_id)
    (fo,) = shop.open_fos(order_id)

    payload = shop.fulfil(fo["id"])

    assert payload["fulfillment"]["name"].rsplit("-", 1)[1] == name


def test_a_test_may_order_a_refusal_in_free_words(shop: SmallShop) -> None:
    order_id, fulfillment_id = shop.fulfilled_order((B, 1))
    shop.switch(refuse_cancel={fulfillment_id: "The label must be voided first (invented)."})

    payload = shop.cancel(fulfillment_id)

    assert [error["message"] for error in payload["userErrors"]] == [
        "The label must be voided first (invented)."
    ]
    assert [row["status"] for row in shop.order(order_id)["fulfillments"]] == ["SUCCESS"]


def test_the_order_remembers_who_cancelled(shop: SmallShop) -> None:
    order_id, fulfillment_id = shop.fulfilled_order((A, 1))

    shop.cancel(fulfillment_id)

    document = """query($id: ID!) { order(id: $id) { events(last: 1) { nodes { action appTitle attributeToApp } } } }"""
    (event,) = shop.run(document, id=order_id)["events"]["nodes"]
    assert (event["action"], event["attributeToApp"]) == ("fulfillment_cancelled", True)


def test_no_customer_is_told(shop: SmallShop) -> None:
    _, fulfillment_id = shop.fulfilled_order((A, 1))

    shop.cancel(fulfillment_id)

    assert shop.emails() == []
