"""Every draft operation of the reference runs on the sandbox, in both newest versions, without a resolver's error."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import FragmentDefinitionNode, OperationDefinitionNode, OperationType, parse, print_ast
from small_shop import MAIN, STORE, A, SmallShop, serve_small_shop

from sandbox_shop.world import gid

OPERATIONS = Path(__file__).resolve().parents[2].parent / "shared" / "reference" / "operations.graphql"
pytestmark = pytest.mark.skipif(not OPERATIONS.is_file(), reason="the drafts are not beside the checkout")
LEFT_OUT = {"Subscribe"}  # webhooks


def documents() -> dict[str, tuple[OperationDefinitionNode, str]]:
    """Name of each operation → its node, and its text with the fragments it needs."""
    if not OPERATIONS.is_file():
        return {}
    definitions = parse(OPERATIONS.read_text(encoding="utf-8")).definitions
    fragments = {
        each.name.value: print_ast(each) for each in definitions if isinstance(each, FragmentDefinitionNode)
    }
    found = {}
    for each in definitions:
        if isinstance(each, OperationDefinitionNode) and each.name and each.name.value not in LEFT_OUT:
            texts = {"": print_ast(each)}
            while (
                missing := {name for text in texts.values() for name in re.findall(r"\.\.\.(\w+)", text)}
                - texts.keys()
            ):
                texts |= {name: fragments[name] for name in missing}
            found[each.name.value] = (each, "\n".join(texts.values()))
    return found


DOCUMENTS = documents()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[SmallShop]:
    with serve_small_shop(tmp_path) as shop:
        yield shop


def variables(shop: SmallShop) -> dict[str, dict[str, Any]]:
    """Variables for each operation, on one order with a fulfillment and one that is open."""
    order, fulfillment = shop.fulfilled_order((A, 2))
    open_order = shop.create_order((A, 1))
    (fo,) = shop.open_fos(open_order)
    item, main, store = gid("InventoryItem", A), gid("Location", MAIN), gid("Location", STORE)
    adjust = {"inventoryItemId": item, "locationId": main, "delta": 1, "changeFromQuantity": None}
    setting = {"inventoryItemId": item, "locationId": main, "quantity": 4, "changeFromQuantity": None}
    ends = {"name": "available", "changeFromQuantity": None}
    moving = {"inventoryItemId": item, "quantity": 1}
    moving |= {"from": {**ends, "locationId": main}, "to": {**ends, "locationId": store}}
    upload = {
        "resource": "BULK_MUTATION_VARIABLES",
        "filename": "x.jsonl",
        "mimeType": "text/jsonl",
        "httpMethod": "POST",
    }
    metafield = {
        "ownerId": order,
        "namespace": "workbench",
        "key": "run",
        "type": "single_line_text_field",
        "value": "r1",
    }
    refund = {"orderId": order, "refundLineItems": [], "transactions": [], "note": "n"}
    by_id = {
        "order": ["OrderDossier", "OrderTimeline", "OpenFulfillmentOrders", "OrderOpen", "OrderClose"],
        "fulfillment": ["FulfillmentSnapshot", "FulfillmentCancel", "BulkInner_Cancel"],
    }
    return {
        **{name: {"id": order} for name in by_id["order"]},
        **{name: {"id": fulfillment} for name in by_id["fulfillment"]},
        "OrdersCount": {"q": "status:open"},
        "FulfilledOrdersPage": {"q": "fulfillment_status:shipped", "n": 250},
        "FulfillmentsByIds": {"ids": [fulfillment]},
        "FulfillmentOrdersPage": {"q": "updated_at:>=2026-01-01"},
        "InventoryForItems": {"ids": [item]},
        "InventoryLevelAt": {"itemId": item, "locationId": main},
        "BulkRunQuery": {"query": "{ orders { edges { node { id } } } }"},
        "StageUpload": {"input": [upload]},
        "BulkRunMutation": {"mutation": "mutation { x }", "path": "nowhere"},
        "BulkStatus": {"id": gid("BulkOperation", 1)},
        "BulkList": {"q": "status:completed"},
        "BulkCancel": {"id": gid("BulkOperation", 1)},
        "FulfillmentCreate": {
            "fulfillment": {"lineItemsByFulfillmentOrder": [{"fulfillmentOrderId": fo["id"]}]}
        },
        "TrackingUpdate": {"id": fulfillment, "t": {"company": "DHL", "number": "1"}},
        "EventCreate": {"e": {"fulfillmentId": fulfillment, "status": "DELIVERED"}},
        "Hold": {"id": fo["id"], "hold": {"reason": "OTHER", "handle": "run-1"}},
        "ReleaseHold": {"id": fo["id"], "holdIds": [gid("FulfillmentHold", 1)]},
        "FoMove": {"id": fo["id"], "loc": store},
        "FoCancellationRequest": {"id": fo["id"]},
        "TagsAdd": {"id": order, "tags": ["a"]},
        "TagsRemove": {"id": order, "tags": ["a"]},
        "BulkInner_Tags": {"id": order, "tags": ["a"]},
        "OrderNote": {"input": {"id": order, "note": "n"}},
        "StampRun": {"metafields": [metafield]},
        "InventoryAdjust": {
            "input": {"name": "available", "reason": "correction", "changes": [adjust]},
            "key": "k1",
        },
        "InventorySet": {
            "input": {"name": "on_hand", "reason": "correction", "quantities": [setting]},
            "key": "k2",
        },
        "InventoryMove": {
            "input": {"reason": "correction", "referenceDocumentUri": "gid://run/1", "changes": [moving]},
            "key": "k3",
        },
        "OrderCancelRestock": {"orderId": open_order},
        "JobStatus": {"id": gid("Job", "5f6f")},
        "RefundCreate": {"input": refund, "key": "k4"},
    }


@pytest.mark.parametrize("version", ["2026-07", "2026-10"])
@pytest.mark.parametrize("name", DOCUMENTS)
def test_an_operation_of_the_reference_is_carried_out(shop: SmallShop, name: str, version: str) -> None:
    operation, text = DOCUMENTS[name]
    if name.startswith("BulkInner") and operation.operation is OperationType.QUERY:
        payload = shop.run(
            "mutation($q: String!) { bulkOperationRunQuery(query: $q) { userErrors { message } } }",
            q=text.replace(f"query {name}", "query"),
        )
        assert payload["userErrors"] == []
        return

    answer = shop.answer(text, variables(shop).get(name, {}), version=version)

    assert "errors" not in answer
    assert answer["extensions"]["cost"]["requestedQueryCost"] > 0
