"""What the shop shows of its rows: derived fields, lists, names, both spellings."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sandbox_client import Client
from small_shop import AT_SERVICE, MAIN, SERVICE, UNTRACKED, A, B, SmallShop, serve_small_shop

from sandbox_shop.world import gid

LINE = """query($id: ID!) { order(id: $id) { fulfillable closed displayFulfillmentStatus lineItems(first: 9) { nodes {
  quantity currentQuantity unfulfilledQuantity refundableQuantity nonFulfillableQuantity } } } }"""


@pytest.fixture
def small(tmp_path: Path) -> Iterator[SmallShop]:
    with serve_small_shop(tmp_path) as shop:
        yield shop


def quantities(shop: SmallShop, order_id: str) -> list[tuple[int, ...]]:
    nodes = shop.run(LINE, id=order_id)["lineItems"]["nodes"]
    return [tuple(node.values()) for node in nodes]


def test_quantities_of_a_line_follow_its_fulfillments(small: SmallShop) -> None:
    order_id = small.create_order((A, 5))
    (fo,) = small.open_fos(order_id)
    line = fo["lineItems"]["nodes"][0]["id"]

    fresh = quantities(small, order_id)
    payload = small.fulfil(fo["id"], [(line, 2)])
    partly = quantities(small, order_id)
    small.cancel(payload["fulfillment"]["id"])
    cancelled = quantities(small, order_id)

    assert fresh == [(5, 5, 5, 5, 0)]
    assert partly == [(5, 5, 3, 5, 0)]
    assert cancelled == fresh


def test_units_of_a_closed_fulfillment_order_are_not_counted_twice(small: SmallShop) -> None:
    order_id, fulfillment_id = small.fulfilled_order((A, 3))
    small.cancel(fulfillment_id)

    remaining = [
        (fo["status"], line["remainingQuantity"])
        for fo in small.order(order_id)["fulfillmentOrders"]["nodes"]
        for line in fo["lineItems"]["nodes"]
    ]

    assert remaining == [("CLOSED", 3), ("OPEN", 3)]
    assert quantities(small, order_id) == [(3, 3, 3, 3, 0)]


def test_an_order_without_anything_to_fulfil_says_so_since_2026_10(small: SmallShop) -> None:
    order_id = small.create_order((A, 1))
    cancel = """mutation($id: ID!) { orderCancel(orderId: $id, reason: CUSTOMER, restock: true,
        refundMethod: {originalPaymentMethodsRefund: true}) { job { id done } orderCancelUserErrors { message } } }"""
    assert small.run(cancel, id=order_id)["orderCancelUserErrors"] == []
    query = "query($id: ID!) { order(id: $id) { displayFulfillmentStatus } }"

    shown = [
        small.answer(query, {"id": order_id}, version=version)["data"]["order"]["displayFulfillmentStatus"]
        for version in ("2026-04", "2026-07", "2026-10")
    ]

    assert shown == ["UNFULFILLED", "UNFULFILLED", "FULFILLMENT_NOT_REQUIRED"]


def test_an_open_order_is_unfulfilled_in_every_version(small: SmallShop) -> None:
    order_id = small.create_order((A, 1))

    assert small.order(order_id)["displayFulfillmentStatus"] == "UNFULFILLED"


def test_tags_come_back_sorted(small: SmallShop) -> None:
    order_id = small.create_order((A, 1), tags=["zebra", "alpha", "Mitte"])

    assert small.order(order_id)["tags"] == sorted(["zebra", "alpha", "Mitte"])


def test_tracking_numbers_and_urls_go_side_by_side(small: SmallShop) -> None:
    order_id = small.create_order((A, 1))
    (fo,) = small.open_fos(order_id)
    tracking = {
        "company": "DHL",
        "numbers": ["1", "2"],
        "urls": ["https://a.example/1", "https://a.example/2"],
    }
    small.fulfil(fo["id"], trackingInfo=tracking)

    (fulfillment,) = small.order(order_id)["fulfillments"]

    assert fulfillment["trackingInfo"] == [
        {"company": "DHL", "number": "1", "url": "https://a.example/1"},
        {"company": "DHL", "number": "2", "url": "https://a.example/2"},
    ]


def test_a_second_fulfillment_is_named_f2(small: SmallShop) -> None:
    order_id, first = small.fulfilled_order((A, 1))
    small.cancel(first)
    (fo,) = small.open_fos(order_id)
    small.fulfil(fo["id"])
    order = small.order(order_id)

    assert [(each["name"], each["status"], each["displayStatus"]) for each in order["fulfillments"]] == [
        (f"{order['name']}-F1", "CANCELLED", "CANCELED"),
        (f"{order['name']}-F2", "SUCCESS", "FULFILLED"),
    ]


def test_one_fulfillment_line_holds_the_units_of_a_line_from_several_fulfillment_orders(
    small: SmallShop,
) -> None:
    order_id = small.create_order((A, 4))
    (fo,) = small.open_fos(order_id)
    line = fo["lineItems"]["nodes"][0]["id"]
    hold = """mutation($id: ID!, $line: ID!) { fulfillmentOrderHold(id: $id, fulfillmentHold: {reason: OTHER,
        fulfillmentOrderLineItems: [{id: $line, quantity: 1}]}) { fulfillmentHold { id } userErrors { message } } }"""
    held = small.run(hold, id=fo["id"], line=line)
    release = """mutation($id: ID!, $hold: ID!) { fulfillmentOrderReleaseHold(id: $id, holdIds: [$hold]) {
        userErrors { message } } }"""
    open_fos = small.open_fos(order_id)
    on_hold = next(each for each in open_fos if each["status"] == "ON_HOLD")
    small.run(release, id=on_hold["id"], hold=held["fulfillmentHold"]["id"])
    fulfil = """mutation($f: FulfillmentInput!) { fulfillmentCreate(fulfillment: $f) {
        fulfillment { totalQuantity fulfillmentLineItems(first: 9) { nodes { quantity } }
          fulfillmentOrders(first: 9) { nodes { id } } } userErrors { message } } }"""
    parts = [{"fulfillmentOrderId": each["id"]} for each in open_fos]

    fulfillment = small.run(fulfil, f={"lineItemsByFulfillmentOrder": parts})["fulfillment"]

    assert len(open_fos) == 2
    assert fulfillment["fulfillmentLineItems"]["nodes"] == [{"quantity": 4}]
    assert fulfillment["totalQuantity"] == 4
    assert len(fulfillment["fulfillmentOrders"]["nodes"]) == 2


def test_on_hand_is_the_sum_of_its_states_and_never_says_when_it_changed(small: SmallShop) -> None:
    with small.world.writing():
        small.world.connection.execute(
            "update level set reserved = 1, damaged = 2, incoming = 7 where item_id = 1"
        )
    small.create_order((A, 3))
    names = ["on_hand", "available", "committed", "reserved", "damaged", "incoming"]
    query = """query($id: ID!, $at: ID!, $names: [String!]!) { inventoryItem(id: $id) {
        inventoryLevel(locationId: $at) { quantities(names: $names) { name quantity updatedAt } } } }"""

    level = small.run(query, id=gid("InventoryItem", A), at=gid("Location", MAIN), names=names)[
        "inventoryLevel"
    ]

    assert [(each["name"], each["quantity"]) for each in level["quantities"]] == [
        ("on_hand", 13),
        ("available", 7),
        ("committed", 3),
        ("reserved", 1),
        ("damaged", 2),
        ("incoming", 7),
    ]
    assert level["quantities"][0]["updatedAt"] is None and level["quantities"][1]["updatedAt"]


def test_a_level_is_found_by_its_gid_with_the_query_string(small: SmallShop) -> None:
    id_ = f"gid://shopify/InventoryLevel/{MAIN}?inventory_item_id={B}"

    level = small.run(
        "query($id: ID!) { inventoryLevel(id: $id) { id item { id } location { name } } }", id=id_
    )

    assert level == {"id": id_, "item": {"id": gid("InventoryItem", B)}, "location": {"name": "Main"}}


def test_locations_of_services_and_inactive_ones_are_hidden_unless_asked_for(small: SmallShop) -> None:
    with small.world.writing():
        small.world.insert("location", {"id": 79, "name": "Closed", "active": 0})
    query = """query($inactive: Boolean, $legacy: Boolean) { locations(first: 9, includeInactive: $inactive,
        includeLegacy: $legacy) { nodes { name isActive isFulfillmentService } } }"""

    def names(**given: bool) -> list[str]:
        return [node["name"] for node in small.run(query, **given)["nodes"]]

    assert names() == ["Main", "Store"]
    assert names(legacy=True) == ["Main", "Service", "Store"]
    assert names(inactive=True) == ["Closed", "Main", "Store"]
    assert names(inactive=True, legacy=True) == ["Closed", "Main", "Service", "Store"]


def actions(small: SmallShop, order_id: str) -> list[set[str]]:
    query = """query($id: ID!) { order(id: $id) { fulfillmentOrders(first: 9) { nodes { status
        supportedActions { action } } } } }"""
    nodes = small.run(query, id=order_id)["fulfillmentOrders"]["nodes"]
    return [{each["action"] for each in node["supportedActions"]} for node in nodes]


def test_actions_follow_the_status_and_the_service(small: SmallShop) -> None:
    order_id, _ = small.fulfilled_order((A, 1))
    at_service = small.create_order((AT_SERVICE, 1))
    open_one = small.create_order((A, 1))

    assert actions(small, order_id) == [set()]
    assert actions(small, open_one)[0] >= {"CREATE_FULFILLMENT", "HOLD", "MOVE"}
    assert "CREATE_FULFILLMENT" not in actions(small, at_service)[0]


def test_the_timeline_names_the_app_of_each_event(small: SmallShop) -> None:
    order_id, fulfillment_id = small.fulfilled_order((A, 1))
    other = small.served.control("tokens", {"app": "Auto Fulfil"})["token"]
    cancel = "mutation($id: ID!) { fulfillmentCancel(id: $id) { userErrors { message } } }"
    small.answer(cancel, {"id": fulfillment_id}, token=other)
    query = """query($id: ID!) { order(id: $id) { events(first: 50, reverse: true) { nodes {
        __typename action message createdAt appTitle attributeToApp attributeToUser criticalAlert } } } }"""

    newest = small.run(query, id=order_id)["events"]["nodes"][0]

    assert (newest["__typename"], newest["appTitle"], newest["attributeToApp"]) == (
        "BasicEvent",
        "Auto Fulfil",
        True,
    )


def test_an_untracked_item_is_shown_as_such(small: SmallShop) -> None:
    query = """query($id: ID!) { inventoryItem(id: $id) { tracked sku duplicateSkuCount variants(first: 1) { nodes {
        displayName barcode product { id title } } } inventoryLevels(first: 5) { nodes { id } } } }"""

    item = small.run(query, id=gid("InventoryItem", UNTRACKED))

    assert item["tracked"] is False
    assert item["variants"]["nodes"][0]["displayName"] == "Item 5 - Default Title"


def test_a_service_is_shown_with_its_location(small: SmallShop) -> None:
    query = "query($id: ID!) { location(id: $id) { fulfillmentService { handle type location { id } } } }"

    location = small.run(query, id=gid("Location", SERVICE))

    assert location["fulfillmentService"]["type"] == "THIRD_PARTY"
    assert location["fulfillmentService"]["location"]["id"] == gid("Location", SERVICE)


def test_counts_stop_at_their_limit(reading: Client) -> None:
    query = "query($limit: Int) { ordersCount(limit: $limit) { count precision } }"

    assert reading.data(query, {"limit": 50})["ordersCount"] == {"count": 50, "precision": "AT_LEAST"}
    assert reading.data(query, {"limit": None})["ordersCount"] == {"count": 200, "precision": "EXACT"}
    assert reading.data("{ ordersCount { count precision } }")["ordersCount"] == {
        "count": 200,
        "precision": "EXACT",
    }


def test_a_full_page_of_orders_answers_within_a_second(reading: Client) -> None:
    page = """{ orders(first: 250) { nodes { id displayFulfillmentStatus tags requiresShipping fulfillable
        fulfillments { id status totalQuantity trackingInfo { number } location { name } service { handle } }
        transactions { id } refunds { id } } } }"""
    reading.data(page)

    reading.data(page)

    assert reading.last.elapsed.total_seconds() < 1


def test_every_fulfillment_of_the_shop_reads_the_same_alone_and_in_a_list(reading: Client) -> None:
    bits = """id name status displayStatus totalQuantity requiresShipping location { id } service { handle }
        fulfillmentLineItems(first: 5) { nodes { id quantity lineItem { id unfulfilledQuantity } } }
        fulfillmentOrders(first: 3) { nodes { id status } }"""
    listed: list[dict[str, Any]] = [
        each
        for order in reading.data(
            f"{{ orders(first: 20, reverse: true) {{ nodes {{ fulfillments {{ {bits} }} }} }} }}"
        )["orders"]["nodes"]
        for each in order["fulfillments"]
    ]

    alone = [
        reading.data(f"query($id: ID!) {{ fulfillment(id: $id) {{ {bits} }} }}", {"id": each["id"]})[
            "fulfillment"
        ]
        for each in listed[:15]
    ]

    assert alone and alone == listed[:15]
