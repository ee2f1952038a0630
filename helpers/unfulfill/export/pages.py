"""The export without a bulk operation: pages, written as the same JSONL lines that a bulk operation gives."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any

from unfulfill.errors import BadAnswer
from unfulfill.export.forecast import ITEMS_A_PAGE, ORDERS_A_PAGE
from unfulfill.progress import Progress
from unfulfill.shop.client import Shop
from unfulfill.shop.pages import walk
from unfulfill.shop.reading import IDS_A_REQUEST
from unfulfill.shop.shapes import identifier
from unfulfill.words import said

A_WALK = 20_000  # Shopify ends a connection at 25,000 (shopify.dev, pagination, 2026-11)


@dataclass(frozen=True)
class Roots:
    """A connection at the root that is read page by page."""

    operation: str
    connection: str
    a_page: int


ORDERS = Roots("OrdersPage", "orders", ORDERS_A_PAGE)
ITEMS = Roots("InventoryPage", "inventoryItems", ITEMS_A_PAGE)

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


def write_roots(
    shop: Shop,
    roots: Roots,
    searches: Sequence[str],
    path: Path,
    *,
    known: Mapping[str, Any],
    remember: Callable[[Mapping[str, Any]], None],
    show: Callable[[int], None],
) -> int:
    """Write every node that one of the searches finds, each once, with its children; returns how many.

    `remember` is given how far it is after every page, `known` is what an earlier process remembered: the file is
    then gone on with. `show` is told how many nodes are written.
    """
    count, first, after = known.get("roots", 0), known.get("search", 0), known.get("after", "")
    with path.open("r+b" if known else "wb") as file:
        file.seek(file.truncate(known.get("bytes", 0)))
        seen = _roots_in(path) if len(searches) > 1 and known else set()
        for number, search in enumerate(searches[first:], start=first):
            for node in find_nodes(shop, roots, search, after):
                if node["id"] not in seen:
                    seen |= {node["id"]} if len(searches) > 1 else set()
                    file.write(b"".join(_encoded(flatten(shop, node))))
                    count += 1
                after = node["id"]
                if count % roots.a_page == 0:
                    show(count)
                    file.flush()
                    remember({"search": number, "after": after, "bytes": file.tell(), "roots": count})
            after = ""
    show(count)
    return int(count)


def find_nodes(shop: Shop, roots: Roots, search: str, after: str = "") -> Iterator[dict[str, Any]]:
    """Every node that a search finds, by rising id, from after the id `after`; more walks than one where they are many.

    Raises BadAnswer where the shop does not list them by id, so that a second walk could miss some.
    """
    while True:
        window = f"(id:>{_number(after)})" if after else ""
        nodes = walk(
            shop,
            roots.operation,
            lambda data: data[roots.connection],
            search=" AND ".join(filter(None, [search, window])) or None,
            first=roots.a_page,
        )
        for node in islice(nodes, A_WALK):
            if after and _number(identifier(node)) <= _number(after):
                raise BadAnswer(said("export_error.not_by_id", shop=shop.name, what=roots.connection))
            after = node["id"]
            yield node
        if next(nodes, None) is None:
            return


def write_fulfillment_lines(shop: Shop, ids: Iterable[str], path: Path, progress: Progress) -> int:
    """Append the lines of these fulfillments; returns how many fulfillments were found."""
    found = 0
    with path.open("ab") as file:
        for asked in _groups(ids):
            nodes = shop.read("FulfillmentLinesById", ids=asked).get("nodes")
            if not isinstance(nodes, list) or len(nodes) != len(asked):
                raise BadAnswer(said("shop_error.fulfillments_unanswered", shop=shop.name, count=len(asked)))
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


def write_lines(file: IO[bytes], objects: Iterable[Mapping[str, Any]]) -> None:
    """Write objects as JSONL."""
    file.writelines(_encoded(objects))


def _encoded(objects: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    for value in objects:
        yield json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="replace") + b"\n"


def _number(id_: str) -> int:
    """The number at the end of a gid. Raises BadAnswer where there is none."""
    text = id_.rpartition("/")[2]
    if not (text.isascii() and text.isdigit()):
        raise BadAnswer(said("shop_error.no_id_number", id=repr(id_)))
    return int(text)


def _roots_in(path: Path) -> set[str]:
    """The ids of the nodes without a parent in a file of ours."""
    with path.open(encoding="utf-8") as file:
        return {value["id"] for value in map(json.loads, file) if "__parentId" not in value}


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
