"""Seeded worlds seen and changed through the API: what the seeding wrote must hold under the shop's own writes."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

import sandbox_shop
from sandbox_shop.seeding import truth_path
from sandbox_shop.world import World

Ask = Callable[..., dict[str, Any]]
FOLDER = Path(__file__).resolve().parents[2] / "sample_exports"
CANCEL = "mutation($id: ID!) { fulfillmentCancel(id: $id) { fulfillment { status } userErrors { message } } }"
CREATE = "mutation($f: FulfillmentInput!) { fulfillmentCreate(fulfillment: $f) { userErrors { message } } }"
OPEN_ONES = """query($id: ID!) {
  fulfillment(id: $id) { order { fulfillmentOrders(first: 9) { nodes { id status } } } }
}"""
LEVELS = "select item_id, location_id, available, committed from level order by 1, 2"


def asker(shop: "sandbox_shop.SandboxShop") -> Ask:
    def ask(query: str, **variables: Any) -> dict[str, Any]:
        answer = requests.post(
            f"{shop.url}/admin/api/2026-10/graphql.json",
            json={"query": query, "variables": variables},
            headers={"X-Shopify-Access-Token": shop.token},
            timeout=20,
        ).json()
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    return ask


@pytest.fixture
def shop(tmp_path: Path) -> Iterator["sandbox_shop.SandboxShop"]:
    with sandbox_shop.start(tmp_path / "shop.sqlite", size=60) as shop:
        yield shop


def test_cancelling_a_mistake_and_fulfilling_it_again_brings_the_stock_back_to_where_it_was(
    shop: "sandbox_shop.SandboxShop",
) -> None:
    ask = asker(shop)
    world = World(shop.world)
    before = world.rows(LEVELS)
    mistakes = [
        gid
        for entry in json.loads(truth_path(shop.world).read_text(encoding="utf-8"))
        for gid in entry["fulfillments"]
        if entry["incident"]
        not in ("fulfilled_after_cancel_or_refund", "third_party_accepted", "already_cancelled")
    ]

    for gid in mistakes:
        assert ask(CANCEL, id=gid)["fulfillmentCancel"]["userErrors"] == []
    between = world.rows(LEVELS)
    for gid in mistakes:
        nodes = ask(OPEN_ONES, id=gid)["fulfillment"]["order"]["fulfillmentOrders"]["nodes"]
        live = [{"fulfillmentOrderId": node["id"]} for node in nodes if node["status"] == "OPEN"]
        created = ask(CREATE, f={"lineItemsByFulfillmentOrder": live})["fulfillmentCreate"]
        assert created["userErrors"] == []
    after = world.rows(LEVELS)
    world.close()

    assert len(mistakes) >= 10
    assert between != before
    assert after == before
    assert all(row["committed"] >= 0 for row in between)


def test_every_truth_can_be_read_through_the_api(shop: "sandbox_shop.SandboxShop") -> None:
    ask = asker(shop)
    gids = [
        gid
        for entry in json.loads(truth_path(shop.world).read_text(encoding="utf-8"))
        for gid in entry["fulfillments"]
    ]

    nodes = ask("query($ids: [ID!]!) { nodes(ids: $ids) { id ... on Fulfillment { status } } }", ids=gids)[
        "nodes"
    ]

    assert [node["id"] for node in nodes] == gids
    assert {node["status"] for node in nodes} >= {"SUCCESS", "CANCELLED"}


def test_a_merchants_order_is_found_under_its_own_id_and_name(tmp_path: Path) -> None:
    with sandbox_shop.start(
        tmp_path / "shop.sqlite",
        orders=FOLDER / "shopify_orders_79.csv",
        inventory=FOLDER / "shopify_inventory_newest.csv",
    ) as shop:
        order = asker(shop)(
            '{ order(id: "gid://shopify/Order/6400000013057") { name displayFulfillmentStatus'
            " lineItems(first: 3) { nodes { name sku quantity } } fulfillments { name location { name } } } }"
        )["order"]

    assert order == {
        "name": "#2001",
        "displayFulfillmentStatus": "FULFILLED",
        "lineItems": {"nodes": [{"name": "Canoe Mug - Blue", "sku": "BB-MUG-BLU", "quantity": 2}]},
        "fulfillments": [{"name": "#2001-F1", "location": {"name": "Main Warehouse"}}],
    }
