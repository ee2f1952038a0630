"""Holds, moves and requests on fulfillment orders."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from small_shop import AT_SERVICE, STORE, A, B, SmallShop, serve_small_shop

from sandbox_shop.world import gid

HOLD = """mutation($id: ID!, $h: FulfillmentOrderHoldInput!) { fulfillmentOrderHold(id: $id, fulfillmentHold: $h) {
  fulfillmentHold { id handle reason heldByRequestingApp } fulfillmentOrder { id status }
  remainingFulfillmentOrder { id status } userErrors { field message code } } }"""
RELEASE = """mutation($id: ID!, $ids: [ID!]) { fulfillmentOrderReleaseHold(id: $id, holdIds: $ids) {
  fulfillmentOrder { id status } userErrors { field message code } } }"""
MOVE = """mutation($id: ID!, $l: ID!, $lines: [FulfillmentOrderLineItemInput!]) {
  fulfillmentOrderMove(id: $id, newLocationId: $l, fulfillmentOrderLineItems: $lines) {
  movedFulfillmentOrder { id status } originalFulfillmentOrder { id status }
  userErrors { field message code } } }"""
REQUEST = """mutation($id: ID!) { fulfillmentOrderSubmitCancellationRequest(id: $id, message: "stop") {
  fulfillmentOrder { id status requestStatus } userErrors { field message } } }"""
OPEN = """mutation($id: ID!) { fulfillmentOrderOpen(id: $id) {
  fulfillmentOrder { id status } userErrors { message } } }"""
WITHDRAW = """mutation($id: ID!) { fulfillmentOrderCancel(id: $id) {
  fulfillmentOrder { id status } replacementFulfillmentOrder { id status requestStatus }
  userErrors { message } } }"""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[SmallShop]:
    with serve_small_shop(tmp_path) as shop:
        yield shop


def _hold(shop: SmallShop, fo_id: str, handle: str = "", **more: Any) -> dict[str, Any]:
    payload: dict[str, Any] = shop.run(HOLD, id=fo_id, h={"reason": "OTHER", "handle": handle, **more})
    return payload


def test_a_held_fulfillment_order_cannot_be_fulfilled(shop: SmallShop) -> None:
    order_id = shop.create_order((A, 1))
    (fo,) = shop.open_fos(order_id)

    payload = _hold(shop, fo["id"], "mine")

    assert (payload["userErrors"], payload["remainingFulfillmentOrder"]) == ([], None)
    assert payload["fulfillmentHold"]["handle"] == "mine"
    assert payload["fulfillmentHold"]["heldByRequestingApp"] is True
    assert shop.order(order_id)["displayFulfillmentStatus"] == "ON_HOLD"
    assert shop.fulfil(fo["id"])["userErrors"][0]["message"].endswith("unfulfillable status= on_hold.")


def test_a_hold_on_some_units_splits_the_rest_off(shop: SmallShop) -> None:
    order_id = shop.create_order((A, 3), (B, 1))
    (fo,) = shop.open_fos(order_id)
    held = fo["lineItems"]["nodes"][0]["id"]

    payload = _hold(shop, fo["id"], fulfillmentOrderLineItems=[{"id": held, "quantity": 1}])

    assert payload["fulfillmentOrder"] == {"id": fo["id"], "status": "ON_HOLD"}
    rest_id = payload["remainingFulfillmentOrder"]["id"]
    units = {
        node["id"]: [line["remainingQuantity"] for line in node["lineItems"]["nodes"]]
        for node in shop.open_fos(order_id)
    }
    assert units == {fo["id"]: [1], rest_id: [2, 1]}
    assert shop.fulfil(rest_id)["userErrors"] == []
    assert shop.order(order_id)["displayFulfillmentStatus"] == "ON_HOLD"


def test_a_handle_is_used_once_for_an_app_and_fulfillment_order(shop: SmallShop) -> None:
    (fo,) = shop.open_fos(shop.create_order((A, 1)))
    _hold(shop, fo["id"], "same")

    payload = _hold(shop, fo["id"], "same")

    assert [error["code"] for error in payload["userErrors"]] == ["DUPLICATE_FULFILLMENT_HOLD_HANDLE"]
    other = shop.served.control("tokens", {"app": "Other"})["token"]
    answer = shop.answer(HOLD, {"id": fo["id"], "h": {"reason": "OTHER", "handle": "same"}}, token=other)
    assert answer["data"]["fulfillmentOrderHold"]["userErrors"] == []


def test_an_app_has_ten_holds_at_most(shop: SmallShop) -> None:
    (fo,) = shop.open_fos(shop.create_order((A, 1)))
    for number in range(10):
        assert _hold(shop, fo["id"], f"h{number}")["userErrors"] == []

    payload = _hold(shop, fo["id"], "h10")

    assert [error["code"] for error in payload["userErrors"]] == ["FULFILLMENT_ORDER_HOLD_LIMIT_REACHED"]


def test_more_units_than_wait_cannot_be_held(shop: SmallShop) -> None:
    (fo,) = shop.open_fos(shop.create_order((A, 1)))
    line = fo["lineItems"]["nodes"][0]["id"]

    payload = _hold(shop, fo["id"], fulfillmentOrderLineItems=[{"id": line, "quantity": 2}])

    assert [error["code"] for error in payload["userErrors"]] == ["INVALID_LINE_ITEM_QUANTITY"]


def test_an_unknown_fulfillment_order_cannot_be_held(shop: SmallShop) -> None:
    payload = _hold(shop, gid("FulfillmentOrder", 9))

    assert [error["code"] for error in payload["userErrors"]] == ["FULFILLMENT_ORDER_NOT_FOUND"]


def test_only_the_last_release_opens_the_fulfillment_order(shop: SmallShop) -> None:
    order_id = shop.create_order((A, 1))
    (fo,) = shop.open_fos(order_id)
    first, second = (_hold(shop, fo["id"], name)["fulfillmentHold"]["id"] for name in ("a", "b"))

    assert shop.run(RELEASE, id=fo["id"], ids=[first])["fulfillmentOrder"]["status"] == "ON_HOLD"
    assert shop.run(RELEASE, id=fo["id"], ids=[second])["fulfillmentOrder"]["status"] == "OPEN"
    assert shop.order(order_id)["displayFulfillmentStatus"] == "UNFULFILLED"


def test_without_ids_the_holds_of_everybody_are_released(shop: SmallShop) -> None:
    (fo,) = shop.open_fos(shop.create_order((A, 1)))
    other = shop.served.control("tokens", {"app": "Other"})["token"]
    shop.answer(HOLD, {"id": fo["id"], "h": {"reason": "OTHER"}}, token=other)
    _hold(shop, fo["id"], "mine")

    payload = shop.run(RELEASE, id=fo["id"])

    assert payload["fulfillmentOrder"]["status"] == "OPEN"
    assert shop.world.rows("select * from hold") == []


def test_a_closed_fulfillment_order_does_not_move(shop: SmallShop) -> None:
    (fo,) = shop.open_fos(shop.create_order((A, 1)))
    shop.fulfil(fo["id"])

    payload = shop.run(MOVE, id=fo["id"], l=gid("Location", STORE))

    assert [error["message"] for error in payload["userErrors"]] == ["Cannot change location."]


def test_an_unknown_location_is_refused(shop: SmallShop) -> None:
    (fo,) = shop.open_fos(shop.create_order((A, 1)))

    payload = shop.run(MOVE, id=fo["id"], l=gid("Location", 9))

    assert [error["message"] for error in payload["userErrors"]] == ["Location not found."]


def test_some_units_move_into_a_fulfillment_order_of_their_own(shop: SmallShop) -> None:
    order_id = shop.create_order((A, 3))
    (fo,) = shop.open_fos(order_id)
    lines = [{"id": fo["lineItems"]["nodes"][0]["id"], "quantity": 1}]

    payload = shop.run(MOVE, id=fo["id"], l=gid("Location", STORE), lines=lines)

    assert payload["originalFulfillmentOrder"]["id"] == fo["id"] != payload["movedFulfillmentOrder"]["id"]
    assert (shop.stock(A), shop.stock(A, STORE)) == ((8, 2, 10), (9, 1, 10))


def _accepted(shop: SmallShop) -> tuple[str, str]:
    order_id = shop.create_order((AT_SERVICE, 1))
    (fo,) = shop.open_fos(order_id)
    shop.world.connection.execute(
        "update fulfillment_order set request_status = 'ACCEPTED', status = 'IN_PROGRESS'"
    )
    return order_id, fo["id"]


def test_an_accepted_fulfillment_order_stays_at_its_service(shop: SmallShop) -> None:
    _, fo_id = _accepted(shop)

    payload = shop.run(MOVE, id=fo_id, l=gid("Location", STORE))

    message = "Cannot move submitted fulfillment order that is at a 3PL fulfillment service."
    assert [error["message"] for error in payload["userErrors"]] == [message]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (None, ("IN_PROGRESS", "CANCELLATION_REQUESTED")),
        ("accept", ("OPEN", "CANCELLATION_ACCEPTED")),
        ("reject", ("IN_PROGRESS", "CANCELLATION_REJECTED")),
    ],
)
def test_a_service_answers_a_cancellation_request(
    shop: SmallShop, answer: str | None, expected: tuple[str, str]
) -> None:
    shop.switch(service_answer=answer)
    _, fo_id = _accepted(shop)

    payload = shop.run(REQUEST, id=fo_id)

    assert payload["userErrors"] == []
    assert (payload["fulfillmentOrder"]["status"], payload["fulfillmentOrder"]["requestStatus"]) == expected


def test_no_cancellation_is_requested_where_no_service_has_accepted(shop: SmallShop) -> None:
    (fo,) = shop.open_fos(shop.create_order((A, 1)))

    assert shop.run(REQUEST, id=fo["id"])["fulfillmentOrder"] is None


def test_a_closed_fulfillment_order_is_not_cancelable(shop: SmallShop) -> None:
    (fo,) = shop.open_fos(shop.create_order((A, 1)))

    payload = shop.run(WITHDRAW, id=fo["id"])

    message = "Fulfillment order is not in cancelable request state and can't be cancelled."
    assert [error["message"] for error in payload["userErrors"]] == [message]


def test_a_submitted_fulfillment_order_is_replaced(shop: SmallShop) -> None:
    order_id = shop.create_order((AT_SERVICE, 1))
    (fo,) = shop.open_fos(order_id)
    shop.world.connection.execute("update fulfillment_order set request_status = 'SUBMITTED'")

    payload = shop.run(WITHDRAW, id=fo["id"])

    assert payload["fulfillmentOrder"]["status"] == "CLOSED"
    (new,) = shop.open_fos(order_id)
    assert new["id"] == payload["replacementFulfillmentOrder"]["id"]


def test_a_scheduled_fulfillment_order_is_opened_before_it_is_fulfilled(shop: SmallShop) -> None:
    order_id = shop.create_order((A, 1))
    (fo,) = shop.open_fos(order_id)
    shop.world.connection.execute(
        "update fulfillment_order set status = 'SCHEDULED', fulfill_at = '2027-01-01T00:00:00Z'"
    )
    assert shop.fulfil(fo["id"])["fulfillment"] is None

    assert shop.run(OPEN, id=fo["id"])["fulfillmentOrder"]["status"] == "OPEN"
    assert shop.fulfil(fo["id"])["userErrors"] == []
