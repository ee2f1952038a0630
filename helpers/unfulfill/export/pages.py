"""The export without a bulk operation: pages, written as the same JSONL lines that a bulk operation gives."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import IO, Any

from unfulfill.errors import BadAnswer
from unfulfill.progress import Progress
from unfulfill.shop.client import Shop
from unfulfill.shop.pages import walk
from unfulfill.shop.reading import IDS_A_REQUEST
from unfulfill.shop.shapes import identifier

ORDERS_A_PAGE = 250
ITEMS_A_PAGE = 100
ORDERS_A_WALK = 20_000  # Shopify ends a connection at 25,000 (shopify.dev, pagination, 2026-11)

# Where the further pages of a connection inside a node come from: the operation, and the way to the connection.
FURTHER: Mapping[str, tuple[str, Callable[[Mapping[str, Any]], Any]]] = {
    "lineItems": ("LineItemsPage", lambda data: data["order"]["lineItems"]),
    "fulfillmentOrders": ("OrderFulfillmentOrdersPage", lambda data: data["order"]["fulfillmentOrders"]),
    "inventoryLevels": ("InventoryLevelsPage", lambda data: data["inventoryItem"]["inventoryLevels"]),
    "fulfillmentLineItems": (
        "FulfillmentLinesPage",
        lambda data: data["fulfillment"]["fulfillmentLineItems"],
    ),
}


def write_orders(
    shop: Shop, searches: Iterable[str], path: Path, progress: Progress, total: int | None
) -> set[str]:
    """Write every order that one of the searches finds, each once, with its children; returns their ids."""
    seen: set[str] = set()
    progress(0, total, "reading orders")
    with path.open("w", encoding="utf-8") as file:
        for search in searches:
            for order in find_orders(shop, search):
                if order["id"] in seen:
                    continue
                seen.add(order["id"])
                write_lines(file, flatten(shop, order))
                if len(seen) % 50 == 0:
                    progress(len(seen), total, "reading orders")
    return seen


def find_orders(shop: Shop, search: str) -> Iterator[dict[str, Any]]:
    """Every order that a search finds, by rising id; more than one walk where there are many."""
    window = search
    while True:
        orders = walk(
            shop, "OrdersPage", lambda data: data["orders"], search=window or None, first=ORDERS_A_PAGE
        )
        last = None
        for last in islice(orders, ORDERS_A_WALK):
            yield last
        if last is None or next(orders, None) is None:
            return
        window = " AND ".join(filter(None, [search, f"(id:>{identifier(last).rpartition('/')[2]})"]))


def write_inventory(shop: Shop, path: Path, progress: Progress) -> None:
    """Write every inventory item with its first variant and its levels."""
    progress(0, None, "reading stock")
    with path.open("w", encoding="utf-8") as file:
        items = walk(shop, "InventoryPage", lambda data: data["inventoryItems"], first=ITEMS_A_PAGE)
        for count, item in enumerate(items, start=1):
            write_lines(file, flatten(shop, item))
            if count % 50 == 0:
                progress(count, None, "reading stock")


def write_fulfillment_lines(shop: Shop, ids: Iterable[str], path: Path, progress: Progress) -> int:
    """Append the lines of these fulfillments; returns how many fulfillments were found."""
    found = 0
    with path.open("a", encoding="utf-8") as file:
        for asked in _groups(ids):
            nodes = shop.read("FulfillmentLinesById", ids=asked).get("nodes")
            if not isinstance(nodes, list) or len(nodes) != len(asked):
                raise BadAnswer(
                    f"{shop.name} did not answer for each of the {len(asked)} fulfillments asked; try again."
                )
            for node in nodes:
                if isinstance(node, dict) and node.get("__typename") == "Fulfillment":
                    found += 1
                    write_lines(file, flatten(shop, node))
            progress(found, None, "reading lines of fulfillments")
    return found


def flatten(shop: Shop, node: dict[str, Any], parent: str | None = None) -> Iterator[dict[str, Any]]:
    """A node and everything in its connections, one object each, children with `__parentId`."""
    own = {key: value for key, value in node.items() if not _is_connection(value)}
    yield own if parent is None else {**own, "__parentId": parent}
    id_ = identifier(node)
    for key, value in node.items():
        if not _is_connection(value):
            continue
        if key in FURTHER and "pageInfo" in value:
            operation, find = FURTHER[key]
            children: Iterable[dict[str, Any]] = walk(shop, operation, find, value, id=id_)
        else:
            children = value["nodes"]
        for child in children:
            yield from flatten(shop, child, id_)


def write_lines(file: IO[str], objects: Iterable[Mapping[str, Any]]) -> None:
    """Write objects as JSONL."""
    for value in objects:
        file.write(json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n")


def _is_connection(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("nodes"), list)


def _groups(ids: Iterable[str]) -> Iterator[list[str]]:
    group: list[str] = []
    for id_ in ids:
        group.append(id_)
        if len(group) == IDS_A_REQUEST:
            yield group
            group = []
    if group:
        yield group
