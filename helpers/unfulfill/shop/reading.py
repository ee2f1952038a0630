"""Fresh readings of what a plan is made against and a verdict rests on."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pandas as pd

from unfulfill.errors import BadAnswer
from unfulfill.model import FulfillmentOrderState, FulfillmentState, LevelState, OrderState
from unfulfill.shop.client import Shop
from unfulfill.shop.pages import walk
from unfulfill.shop.shapes import (
    Node,
    flag,
    fulfillment_order_state,
    fulfillment_state,
    identifier,
    number,
    order_state,
    part,
    parts,
    text,
)
from unfulfill.tables import INVENTORY_LEVELS, make_table
from unfulfill.words import said

IDS_A_REQUEST = 250  # Shopify's limit for an input array
OPEN_STATUSES = frozenset(["OPEN", "IN_PROGRESS", "ON_HOLD", "SCHEDULED"])
QUANTITY_NAMES = (
    "available",
    "committed",
    "on_hand",
    "reserved",
    "damaged",
    "safety_stock",
    "quality_control",
    "incoming",
)


def read_fulfillments(shop: Shop, ids: Iterable[str]) -> dict[str, FulfillmentState]:
    """The fulfillments with these ids, lines and order included, in the order asked. Unknown ids are absent."""
    nodes = nodes_by_id(shop, "FulfillmentsById", ids, "Fulfillment")
    return {node["id"]: fulfillment_state(node, fulfillment_lines(shop, node)) for node in nodes}


def fulfillment_lines(shop: Shop, node: Node) -> list[Node]:
    """Every line of a fulfillment, of which the first page was read."""
    return list(
        walk(
            shop,
            "FulfillmentLinesPage",
            lambda data: data["fulfillment"]["fulfillmentLineItems"],
            node.get("fulfillmentLineItems"),
            id=identifier(node),
        )
    )


def read_orders(shop: Shop, ids: Iterable[str]) -> dict[str, OrderState]:
    """The orders with these ids, in the order asked. Unknown ids are absent."""
    return {node["id"]: order_state(node) for node in nodes_by_id(shop, "OrdersById", ids, "Order")}


def read_open_fulfillment_orders(
    shop: Shop, order_ids: Iterable[str]
) -> dict[str, tuple[FulfillmentOrderState, ...]]:
    """By order id: its fulfillment orders with something left to do: open, in progress, held, scheduled.

    Closed ones are left out because their remaining quantity grows back after a cancel. Unknown orders are
    absent.
    """
    found = read_all_fulfillment_orders(shop, order_ids)
    return {order_id: only_open(states) for order_id, states in found.items()}


def only_open(states: Iterable[FulfillmentOrderState]) -> tuple[FulfillmentOrderState, ...]:
    """Those with something left to do."""
    return tuple(state for state in states if state.status in OPEN_STATUSES)


def read_all_fulfillment_orders(
    shop: Shop, order_ids: Iterable[str]
) -> dict[str, tuple[FulfillmentOrderState, ...]]:
    """By order id: all its fulfillment orders, the closed ones too. Unknown orders are absent."""
    nodes = nodes_by_id(shop, "FulfillmentOrdersById", order_ids, "Order")
    return {order["id"]: fulfillment_orders(shop, order) for order in nodes}


def fulfillment_orders(shop: Shop, order: Node) -> tuple[FulfillmentOrderState, ...]:
    """Every fulfillment order of an order, of which the first page was read."""
    nodes = walk(
        shop,
        "FulfillmentOrdersPage",
        lambda data: data["order"]["fulfillmentOrders"],
        order.get("fulfillmentOrders"),
        id=identifier(order),
    )
    return tuple(_fulfillment_order(shop, node) for node in nodes)


def read_levels(shop: Shop, item_ids: Iterable[str]) -> pd.DataFrame:
    """Stock of these inventory items, a row for each location that stocks one; columns of INVENTORY_LEVELS."""
    rows = _level_rows(shop, item_ids)
    columns = {column: [row[column] for row in rows] for column in INVENTORY_LEVELS.columns}
    return make_table(INVENTORY_LEVELS, pd.DataFrame(columns, dtype=object))


def read_level_states(shop: Shop, item_ids: Iterable[str]) -> dict[tuple[str, str], LevelState]:
    """By inventory item and location: the stock there. What is not stocked is absent."""
    states = {}
    for row in _level_rows(shop, item_ids):
        state = LevelState(
            row["inventory_item_id"],
            row["location_id"],
            row["location_name"] or "",
            row["sku"] or "",
            *(row[name] or 0 for name in ("on_hand", "available", "committed")),
        )
        states[state.inventory_item_id, state.location_id] = state
    return states


def _level_rows(shop: Shop, item_ids: Iterable[str]) -> list[dict[str, Any]]:
    return [
        level_row(item, level)
        for item in nodes_by_id(shop, "InventoryLevelsById", item_ids, "InventoryItem")
        for level in walk(
            shop,
            "InventoryLevelsPage",
            lambda data: data["inventoryItem"]["inventoryLevels"],
            item.get("inventoryLevels"),
            id=item["id"],
        )
    ]


def level_row(item: Node, level: Node) -> dict[str, Any]:
    """One row of INVENTORY_LEVELS."""
    variants = parts(part(item, "variants"), "nodes")
    variant = variants[0] if variants else {}
    location = part(level, "location")
    quantities = {text(entry, "name"): number(entry, "quantity") for entry in parts(level, "quantities")}
    return {
        "inventory_item_id": identifier(item),
        "location_id": identifier(location),
        "location_name": text(location, "name") or None,
        "sku": text(item, "sku") or None,
        "barcode": text(variant, "barcode") or None,
        "item_name": text(variant, "displayName") or None,
        "tracked": flag(item, "tracked"),
        **{name: quantities.get(name) for name in QUANTITY_NAMES},
    }


def _fulfillment_order(shop: Shop, node: Node) -> FulfillmentOrderState:
    lines = walk(
        shop,
        "FulfillmentOrderLinesPage",
        lambda data: data["fulfillmentOrder"]["lineItems"],
        node.get("lineItems"),
        id=identifier(node),
    )
    return fulfillment_order_state(node, list(lines))


def nodes_by_id(shop: Shop, operation: str, ids: Iterable[str], kind: str) -> Iterator[dict[str, Any]]:
    """The nodes of one kind with these ids, 250 a request, each once."""
    unique = list(dict.fromkeys(ids))
    for start in range(0, len(unique), IDS_A_REQUEST):
        asked = unique[start : start + IDS_A_REQUEST]
        yield from _checked(shop, shop.read(operation, ids=asked).get("nodes"), asked, kind)


def _checked(shop: Shop, nodes: Any, asked: Sequence[str], kind: str) -> Iterator[dict[str, Any]]:
    if not isinstance(nodes, list) or len(nodes) != len(asked):
        raise BadAnswer(said("shop_error.ids_unanswered", shop=shop.name, count=len(asked)))
    for id_, node in zip(asked, nodes, strict=True):
        if not isinstance(node, dict) or node.get("__typename") != kind:
            continue
        if node.get("id") != id_:
            found = repr(node.get("id"))
            raise BadAnswer(said("shop_error.another_id", shop=shop.name, found=found, asked=id_))
        yield node
