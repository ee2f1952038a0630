from pathlib import Path
from typing import Any

import pytest
from graphql import FragmentDefinitionNode, OperationDefinitionNode, parse
from sandbox_client import Client

from sandbox_shop import SandboxShop
from sandbox_shop.bucket import charge
from sandbox_shop.cost import CostNode, cost_tree, page_factor
from sandbox_shop.execution import executable_schema
from sandbox_shop.world import World

OPERATIONS = Path(__file__).resolve().parents[2].parent / "shared" / "reference" / "operations.graphql"
needs_operations = pytest.mark.skipif(
    not OPERATIONS.is_file(), reason="the drafts are not beside the checkout"
)

# from the recordings of real shops that the formula was fitted to
RECORDED = {
    "OrderDossier": 166,
    "FulfillmentSnapshot": 35,
    "FulfillmentsByIds": 2,
    "OpenFulfillmentOrders": 113,
    "FulfillmentOrdersPage": 170,
    "InventoryForItems": 26,
    "Locations": 20,
    "FulfillmentCancel": 11,
    "FulfillmentCreate": 12,
    "Hold": 10,
    "ReleaseHold": 10,
    "TagsAdd": 10,
    "OrderNote": 10,
    "TrackingUpdate": 51,
    "InventoryAdjust": 13,
    "StageUpload": 11,
    "BulkStatus": 1,
    "OrdersCount": 10,
    "RefundCreate": 20,
}


def tree_of(text: str, name: str | None = None, variables: dict[str, Any] | None = None) -> CostNode:
    document = parse(text)
    operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    operation = next(each for each in operations if name is None or (each.name and each.name.value == name))
    fragments = {
        each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
    }
    return cost_tree(executable_schema("2026-10"), operation, fragments, variables or {})


@needs_operations
@pytest.mark.parametrize(("name", "points"), RECORDED.items())
def test_a_draft_operation_costs_what_was_recorded(name: str, points: int) -> None:
    assert tree_of(OPERATIONS.read_text(encoding="utf-8"), name).total == points


@needs_operations
@pytest.mark.parametrize(("size", "points"), [(25, 38), (50, 44), (100, 56), (250, 68)])
def test_a_page_of_orders_costs_what_was_recorded(size: int, points: int) -> None:
    assert tree_of(OPERATIONS.read_text(encoding="utf-8"), "FulfilledOrdersPage", {"n": size}).total == points


@pytest.mark.parametrize(
    ("first", "factor"), [(1, 1), (5, 3), (10, 4), (25, 6), (50, 7), (100, 9), (250, 11)]
)
def test_a_page_counts_with_the_logarithm_of_its_size(first: int, factor: int) -> None:
    assert page_factor(first) == factor


def test_nodes_and_edges_of_one_connection_cost_both() -> None:
    assert tree_of("{ orders(first: 10) { nodes { id } } }").total == 6
    assert tree_of("{ orders(first: 10) { edges { cursor node { id } } } }").total == 6
    assert tree_of("{ orders(first: 10) { nodes { id } edges { node { id } } } }").total == 10


def test_two_mutations_in_one_document_cost_twice() -> None:
    text = 'mutation { a: tagsAdd(id: "1", tags: []) { node { id } } b: tagsAdd(id: "1", tags: []) { node { id } } }'

    assert tree_of(text).total == 20


def test_what_a_directive_leaves_out_costs_nothing() -> None:
    text = "query($all: Boolean!) { shop { id plan @include(if: $all) { shopifyPlus } } }"

    assert tree_of(text, variables={"all": False}).total == 1
    assert tree_of(text, variables={"all": True}).total == 2


def test_the_dearest_fragment_of_nodes_counts() -> None:
    text = """{ nodes(ids: []) { id
        ... on Order { retailLocation { id } app { id } }
        ... on Fulfillment { order { id } } } }"""

    assert tree_of(text).total == 3


def test_the_actual_cost_shrinks_with_the_rows_that_came(reading: Client) -> None:
    answer = reading.ask('{ orders(first: 100, query: "id:1") { nodes { id app { id } } } }')

    cost = answer["extensions"]["cost"]
    assert (cost["requestedQueryCost"], cost["actualQueryCost"]) == (20, 2)


def test_cost_fields_are_listed_for_the_debug_header(reading: Client) -> None:
    answer = reading.ask("{ shop { plan { shopifyPlus } } }", **{"Shopify-GraphQL-Cost-Debug": "1"})

    assert answer["extensions"]["cost"]["fields"] == [
        {"path": ["shop"], "definedCost": 1, "requestedTotalCost": 2, "requestedChildrenCost": 1},
        {"path": ["shop", "plan"], "definedCost": 1, "requestedTotalCost": 1, "requestedChildrenCost": None},
    ]


def test_a_query_above_a_thousand_points_is_refused(reading: Client) -> None:
    lines = "lineItems(first: 250) { nodes { id variant { id product { id } } } }"
    refunds = (
        "refunds { id refundLineItems(first: 250) { nodes { id lineItem { variant { product { id } } } } } }"
    )
    answer = reading.ask(f"{{ orders(first: 250) {{ nodes {{ id {lines} {refunds} b: {lines} }} }} }}")

    assert "data" not in answer
    extensions = answer["errors"][0]["extensions"]
    assert extensions["code"] == "MAX_COST_EXCEEDED"
    assert extensions["maxCost"] == 1000 < extensions["cost"]


def test_an_empty_bucket_throttles_without_data(shop: SandboxShop, client: Client) -> None:
    shop.control("settings", {"bucket": {"maximum": 20, "rate": 0.001}})
    client.ask("{ ordersCount { count } }")
    client.ask("{ ordersCount { count } }")

    answer = client.ask("{ ordersCount { count } }")

    assert answer["errors"][0]["message"] == "Throttled"
    assert answer["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert "data" not in answer
    assert answer["extensions"]["cost"]["actualQueryCost"] is None
    assert answer["extensions"]["cost"]["requestedQueryCost"] == 10


def test_a_bucket_fills_up_with_time_and_never_over(tmp_path: Path) -> None:
    world = World(tmp_path / "bucket.sqlite")
    world.set("bucket", {"maximum": 100, "rate": 10})

    taken = charge(world, "app", 90, now_s=0.0)
    refused = charge(world, "app", 50, now_s=3.0)
    granted = charge(world, "app", 50, now_s=4.0)
    other = charge(world, "another app", 100, now_s=4.0)
    full = charge(world, "app", 0, now_s=1000.0)
    world.close()

    assert [(each.is_enough, each.available) for each in (taken, refused, granted, other, full)] == [
        (True, 10.0),
        (False, 40.0),
        (True, 0.0),
        (True, 0.0),
        (True, 100.0),
    ]
