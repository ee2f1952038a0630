"""fulfillmentCreate, tracking and events, with the recorded refusals."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from small_shop import AT_SERVICE, FULFIL, MAIN, STORE, A, B, SmallShop, serve_small_shop

from sandbox_shop.world import gid

TRACKING = """mutation($id: ID!, $t: FulfillmentTrackingInput!, $n: Boolean) {
  fulfillmentTrackingInfoUpdate(fulfillmentId: $id, trackingInfoInput: $t, notifyCustomer: $n) {
    fulfillment { id trackingInfo(first: 9) { company number url } } userErrors { field message } } }"""
EVENT = """mutation($e: FulfillmentEventInput!) { fulfillmentEventCreate(fulfillmentEvent: $e) {
  fulfillmentEvent { id status happenedAt } userErrors { field message } } }"""
MOVE = """mutation($id: ID!, $l: ID!) { fulfillmentOrderMove(id: $id, newLocationId: $l) {
  movedFulfillmentOrder { id } userErrors { message } } }"""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[SmallShop]:
    with serve_small_shop(tmp_path) as shop:
        yield shop


def _error(message: str, field: list[str] | None = None) -> dict[str, Any]:
    return {"fulfillment": None, "userErrors": [{"field": field or ["fulfillment"], "message": message}]}


def test_without_lines_everything_that_remains_is_shipped(shop: SmallShop) -> None:
    order_id = shop.create_order((A, 2), (B, 1))
    (fo,) = shop.open_fos(order_id)

    payload = shop.fulfil(
        fo["id"], trackingInfo={"company": "DHL", "number": "1", "url": "https://t.example/1"}
    )

    assert payload["userErrors"] == []
    order = shop.order(order_id)
    (fulfillment,) = order["fulfillments"]
    assert (fulfillment["name"], fulfillment["totalQuantity"]) == (f"{order['name']}-F1", 3)
    assert (fulfillment["status"], fulfillment["displayStatus"]) == ("SUCCESS", "FULFILLED")
    assert fulfillment["trackingInfo"] == [{"company": "DHL", "number": "1", "url": "https://t.example/1"}]
    assert [node["status"] for node in order["fulfillmentOrders"]["nodes"]] == ["CLOSED"]
    assert (order["displayFulfillmentStatus"], order["closed"]) == ("FULFILLED", True)


def test_an_order_that_is_not_paid_is_not_archived(shop: SmallShop) -> None:
    order_id, _ = shop.fulfilled_order((A, 1), financialStatus="PENDING")

    assert shop.order(order_id)["closed"] is False


def test_without_auto_archive_the_order_stays_open(shop: SmallShop) -> None:
    shop.switch(auto_archive=False)
    order_id, _ = shop.fulfilled_order((A, 1))

    assert shop.order(order_id)["closed"] is False


def test_some_units_leave_the_rest_in_progress(shop: SmallShop) -> None:
    order_id = shop.create_order((A, 3))
    (fo,) = shop.open_fos(order_id)
    line = fo["lineItems"]["nodes"][0]["id"]

    shop.fulfil(fo["id"], [(line, 1)])
    shop.fulfil(fo["id"], [(line, 1)])

    order = shop.order(order_id)
    names = [fulfillment["name"] for fulfillment in order["fulfillments"]]
    assert names == [f"{order['name']}-F1", f"{order['name']}-F2"]
    assert order["displayFulfillmentStatus"] == "PARTIALLY_FULFILLED"
    assert shop.open_fos(order_id)[0]["status"] == "IN_PROGRESS"
    assert shop.stock(A) == (7, 1, 8)


def test_a_closed_fulfillment_order_cannot_be_fulfilled(shop: SmallShop) -> None:
    order_id = shop.create_order((A, 1))
    (fo,) = shop.open_fos(order_id)
    shop.fulfil(fo["id"])

    number = fo["id"].rsplit("/", 1)[-1]
    message = f"Fulfillment order {number} has an unfulfillable status= closed."
    assert shop.fulfil(fo["id"]) == _error(message)


def test_an_unknown_fulfillment_order_is_refused(shop: SmallShop) -> None:
    assert shop.fulfil(gid("FulfillmentOrder", 9)) == _error("Fulfillment order does not exist.")


def test_a_line_of_another_fulfillment_order_is_refused(shop: SmallShop) -> None:
    first, second = (shop.open_fos(shop.create_order((A, 1)))[0] for _ in range(2))

    payload = shop.fulfil(first["id"], [(second["lineItems"]["nodes"][0]["id"], 1)])

    assert payload == _error("Fulfillment order line item does not exist.")


def test_more_units_than_remain_are_refused(shop: SmallShop) -> None:
    (fo,) = shop.open_fos(shop.create_order((A, 1)))

    payload = shop.fulfil(fo["id"], [(fo["lineItems"]["nodes"][0]["id"], 2)])

    assert payload == _error("Invalid fulfillment order line item quantity requested.")


def test_zero_units_are_refused_at_their_place(shop: SmallShop) -> None:
    (fo,) = shop.open_fos(shop.create_order((A, 1)))

    payload = shop.fulfil(fo["id"], [(fo["lineItems"]["nodes"][0]["id"], 0)])

    field = ["fulfillment", "lineItemsByFulfillmentOrder", "0", "fulfillmentOrderLineItems", "0", "quantity"]
    assert payload == _error("Quantity must be greater than 0", field)


def _fulfil_both(shop: SmallShop, first: str, second: str) -> dict[str, Any]:
    entries = [{"fulfillmentOrderId": first}, {"fulfillmentOrderId": second}]
    payload: dict[str, Any] = shop.run(FULFIL, f={"lineItemsByFulfillmentOrder": entries})
    return payload


def test_two_orders_are_refused(shop: SmallShop) -> None:
    orders = [shop.create_order((A, 1)) for _ in range(2)]
    first, second = (shop.open_fos(order_id)[0]["id"] for order_id in orders)

    payload = _fulfil_both(shop, first, second)

    ids = ", ".join(order_id.rsplit("/", 1)[-1] for order_id in orders)
    text = (
        f"All fulfillment orders must belong to the same order. Multiple orders with ids [{ids}] were found."
    )
    assert payload == _error(text)


def test_two_locations_are_refused(shop: SmallShop) -> None:
    order_id = shop.create_order((A, 1), (AT_SERVICE, 1))
    at_main, at_service = shop.open_fos(order_id)
    shop.world.connection.execute("update location set service_id = null")

    payload = _fulfil_both(shop, at_main["id"], at_service["id"])

    text = (
        "All fulfillment orders must be assigned to a single location."
        " Multiple locations with ids [71, 73] were found."
    )
    assert payload == _error(text)


def test_another_apps_service_must_ship_its_own(shop: SmallShop) -> None:
    order_id = shop.create_order((AT_SERVICE, 1))
    (fo,) = shop.open_fos(order_id)

    payload = shop.fulfil(fo["id"])

    assert "far-away" in payload["userErrors"][0]["message"]
    assert shop.order(order_id)["fulfillments"] == []


def test_the_customer_is_told_only_where_asked(shop: SmallShop) -> None:
    first, second = (shop.open_fos(shop.create_order((A, 1)))[0]["id"] for _ in range(2))

    shop.fulfil(first, notifyCustomer=True)
    shop.fulfil(second)

    assert shop.emails() == ["fulfillment_created"]


def test_several_numbers_share_a_company(shop: SmallShop) -> None:
    order_id = shop.create_order((A, 1))
    tracking = {"company": "UPS", "numbers": ["1", "2"], "urls": ["https://t.example/1"]}

    shop.fulfil(shop.open_fos(order_id)[0]["id"], trackingInfo=tracking)

    first = {"company": "UPS", "number": "1", "url": "https://t.example/1"}
    second = {"company": "UPS", "number": "2", "url": None}
    assert shop.order(order_id)["fulfillments"][0]["trackingInfo"] == [first, second]


def test_tracking_is_replaced_even_on_a_cancelled_fulfillment(shop: SmallShop) -> None:
    _, fulfillment_id = shop.fulfilled_order((A, 1))
    shop.cancel(fulfillment_id)

    payload = shop.run(TRACKING, id=fulfillment_id, t={"number": "9"}, n=True)

    assert payload["userErrors"] == []
    assert payload["fulfillment"]["trackingInfo"] == [{"company": None, "number": "9", "url": None}]
    assert shop.emails() == ["tracking_updated"]


def test_tracking_of_an_unknown_fulfillment_is_refused(shop: SmallShop) -> None:
    payload = shop.run(TRACKING, id=gid("Fulfillment", 9), t={"number": "9"}, n=False)

    error = {"field": ["fulfillmentId"], "message": "Fulfillment does not exist."}
    assert payload == {"fulfillment": None, "userErrors": [error]}


def test_events_show_on_the_fulfillment(shop: SmallShop) -> None:
    order_id, fulfillment_id = shop.fulfilled_order((A, 1))
    for status, day in (("IN_TRANSIT", 1), ("DELIVERED", 3), ("OUT_FOR_DELIVERY", 2)):
        event = {"fulfillmentId": fulfillment_id, "status": status, "happenedAt": f"2026-10-0{day}T10:00:00Z"}
        assert shop.run(EVENT, e=event)["userErrors"] == []

    (fulfillment,) = shop.order(order_id)["fulfillments"]
    assert fulfillment["displayStatus"] == "DELIVERED"
    assert fulfillment["inTransitAt"] == "2026-10-01T10:00:00Z"
    assert fulfillment["deliveredAt"] == "2026-10-03T10:00:00Z"


def test_an_event_of_a_cancelled_fulfillment_succeeds_and_it_stays_cancelled(shop: SmallShop) -> None:
    order_id, fulfillment_id = shop.fulfilled_order((A, 1))
    shop.cancel(fulfillment_id)

    payload = shop.run(EVENT, e={"fulfillmentId": fulfillment_id, "status": "IN_TRANSIT"})

    assert payload["userErrors"] == []
    assert shop.order(order_id)["fulfillments"][0]["displayStatus"] == "CANCELED"


def test_an_event_of_an_unknown_fulfillment_is_refused(shop: SmallShop) -> None:
    payload = shop.run(EVENT, e={"fulfillmentId": gid("Fulfillment", 9), "status": "IN_TRANSIT"})

    error = {"field": ["fulfillmentEvent", "fulfillmentId"], "message": "Fulfillment does not exist."}
    assert payload == {"fulfillmentEvent": None, "userErrors": [error]}


def test_events_need_write_fulfillments(shop: SmallShop) -> None:
    scopes = ["write_merchant_managed_fulfillment_orders", "write_orders"]
    token = shop.served.control("tokens", {"scopes": scopes})["token"]

    answer = shop.answer(
        EVENT, {"e": {"fulfillmentId": gid("Fulfillment", 9), "status": "DELAYED"}}, token=token
    )

    assert answer["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"


def test_one_line_from_two_fulfillment_orders_is_one_fulfillment_line(shop: SmallShop) -> None:
    """Recorded 2026-04: fulfillment line items are by order line, not by fulfillment order."""
    order_id = shop.create_order((A, 2))
    (fo,) = shop.open_fos(order_id)
    line = fo["lineItems"]["nodes"][0]["id"]
    shop.switch(partial_fo="new")
    first = shop.fulfil(fo["id"], [(line, 1)])["fulfillment"]["id"]
    shop.cancel(first)
    one, two = (node["id"] for node in shop.open_fos(order_id))

    _fulfil_both(shop, one, two)

    fulfillment = shop.order(order_id)["fulfillments"][1]
    assert [row["quantity"] for row in fulfillment["fulfillmentLineItems"]["nodes"]] == [2]


def test_a_moved_fulfillment_order_ships_from_its_new_location(shop: SmallShop) -> None:
    order_id = shop.create_order((A, 2))
    (fo,) = shop.open_fos(order_id)
    assert shop.run(MOVE, id=fo["id"], l=gid("Location", STORE))["userErrors"] == []
    assert (shop.stock(A, MAIN), shop.stock(A, STORE)) == ((10, 0, 10), (8, 2, 10))

    shop.fulfil(fo["id"])

    assert shop.stock(A, STORE) == (8, 0, 8)
    assert shop.order(order_id)["fulfillments"][0]["location"]["id"] == gid("Location", STORE)
