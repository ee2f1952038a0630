"""Rows of the world as GraphQL objects: dicts with `__typename`, loaded one by one or in blocks.

Rows that were loaded together form a block. The first time one of them is asked for its children or its
parent, those of the whole block are read in one query, and form a block in their turn. So neither a page of
250 orders nor a bulk operation reads row by row.
"""

import json
import re
import zlib
from collections.abc import Iterable
from typing import Any

from sandbox_shop.context import TopLevelError
from sandbox_shop.world import Row, World, gid

TABLES = {
    "Order": "order",
    "LineItem": "line",
    "Fulfillment": "fulfillment",
    "FulfillmentLineItem": "fulfillment_line",
    "FulfillmentEvent": "fulfillment_event",
    "FulfillmentOrder": "fulfillment_order",
    "FulfillmentOrderLineItem": "fo_line",
    "FulfillmentHold": "hold",
    "InventoryItem": "item",
    "Location": "location",
    "FulfillmentService": "service",
    "Refund": "refund",
    "RefundLineItem": "refund_line",
    "OrderTransaction": "transaction_",
    "BasicEvent": "order_event",
    "Metafield": "metafield",
    "BulkOperation": "bulk_operation",
}
LEVEL_SQL = "select location_id as id, * from level"
VARIANT_SQL = "select variant_id as id, id as item_id, * from item"
PRODUCT_SQL = (
    "select product_id as id, min(id) as item_id, min(title) as title, min(product_handle) as product_handle"
    " from item"
)
_GID = re.compile(r"gid://[a-z-]+/([A-Za-z]+)/([A-Za-z0-9_-]+)(?:\?(.*))?")


class Block:
    """Rows that were loaded together, and what was read for all of them at once."""

    __slots__ = ("children", "parents", "rows")

    def __init__(self, rows: list[Row]) -> None:
        self.rows = rows
        self.children: dict[tuple[str, str], dict[int, list[Row]]] = {}
        self.parents: dict[tuple[str, str], dict[int, Row]] = {}


def parse_gid(text: str) -> tuple[str, int | str]:
    """Kind and id of a gid; the id is text only where it is no number (Job).

    The query string of an InventoryLevel is dropped here; `load` reads it. TopLevelError for what is no
    gid, as Shopify answers (RESOURCE_NOT_FOUND).
    """
    match = _GID.fullmatch(str(text))
    if not match:
        raise TopLevelError(f"Invalid global id '{text}'", "RESOURCE_NOT_FOUND")
    if match[2] == "0":
        raise TopLevelError("invalid id", "RESOURCE_NOT_FOUND")
    return match[1], int(match[2]) if match[2].isdecimal() else match[2]


def load(world: World, kind: str, id_: str | int) -> Row | None:
    """The object with this gid or number; None where there is none, or where the gid is of another kind."""
    if isinstance(id_, str):
        found, number = parse_gid(id_)
        if found != kind:
            return None
        if kind == "InventoryLevel":
            return _load_level(world, id_)
        if not isinstance(number, int):
            return _synthetic(world, kind, number)
        id_ = number
    rows = load_many(world, kind, [id_])
    return rows[0] if rows else _synthetic(world, kind, id_)


def load_many(world: World, kind: str, ids: Iterable[int]) -> list[Row]:
    """The objects with these numbers, in the order of `ids`, as one block; unknown ones are left out."""
    wanted = list(ids)
    found = {row["id"]: row for row in _select(world, kind, "id", wanted)}
    return [found[id_] for id_ in wanted if id_ in found]


def as_block(kind: str, rows: list[Row]) -> list[Row]:
    """Marks plain rows of one table as objects that were loaded together."""
    block = Block(rows)
    for row in rows:
        row["__typename"] = kind
        row["__block"] = block
    return rows


def children(world: World, row: Row, kind: str, column: str, key: str = "id") -> list[Row]:
    """The `kind` rows whose `column` is this row's `key`, by id; read for the whole block of the row."""
    block = _block_of(row)
    wanted = (kind, column)
    if wanted not in block.children:
        grouped: dict[int, list[Row]] = {}
        for child in _select(world, kind, column, {each[key] for each in block.rows}):
            grouped.setdefault(child[column], []).append(child)
        block.children[wanted] = grouped
    return block.children[wanted].get(row[key], [])


def parent(world: World, row: Row, kind: str, column: str) -> Row | None:
    """The `kind` row that this row's `column` points at; read for the whole block of the row."""
    if row[column] is None:
        return None
    block = _block_of(row)
    wanted = (kind, column)
    if wanted not in block.parents:
        ids = {each[column] for each in block.rows} - {None}
        block.parents[wanted] = {found["id"]: found for found in _select(world, kind, "id", ids)}
    found: Row | None = block.parents[wanted].get(row[column])
    return found


def object_gid(row: Row) -> str:
    """The gid that the API shows for an object."""
    kind = row["__typename"]
    if kind == "InventoryLevel":
        return gid(kind, f"{row['location_id']}?inventory_item_id={row['item_id']}")
    return gid(kind, row["id"])


def app_object(world: World, name: str) -> Row:
    """The App with this name; its number is made of the name, so that it is the same in every world."""
    handle = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return {
        "__typename": "App",
        "id": 1000 + zlib.crc32(name.encode()) % 10**8,
        "title": name,
        "handle": handle,
    }


def _block_of(row: Row) -> Block:
    if "__block" not in row:
        row["__block"] = Block([row])
    block: Block = row["__block"]
    return block


def _select(world: World, kind: str, column: str, ids: Iterable[int]) -> list[Row]:
    marks = json.dumps(list(ids))
    where = "in (select value from json_each(?))"
    if kind == "InventoryLevel":
        column = "location_id" if column == "id" else column
        rows = world.rows(f"{LEVEL_SQL} where {column} {where} order by item_id, location_id", marks)
    elif kind == "ProductVariant":
        column = "variant_id" if column == "id" else column
        rows = world.rows(f"{VARIANT_SQL} where {column} {where} order by variant_id", marks)
    elif kind == "Product":
        rows = world.rows(f"{PRODUCT_SQL} where product_id {where} group by product_id order by 1", marks)
    elif kind in TABLES:
        rows = world.rows(f'select * from "{TABLES[kind]}" where {column} {where} order by id', marks)
    else:
        rows = []
    return as_block(kind, rows)


def _load_level(world: World, text: str) -> Row | None:
    match = re.fullmatch(r"gid://[a-z-]+/InventoryLevel/(\d+)\?inventory_item_id=(\d+)", text)
    if not match:
        return None
    rows = world.rows(f"{LEVEL_SQL} where location_id = ? and item_id = ?", int(match[1]), int(match[2]))
    return as_block("InventoryLevel", rows)[0] if rows else None


def _synthetic(world: World, kind: str, id_: int | str) -> Row | None:
    """Objects without a table: every Job is done, and there is one shop."""
    if kind == "Job":
        return {"__typename": "Job", "id": id_, "done": True}
    shop: dict[str, Any] = world.get("shop", {})
    if kind == "Shop" and str(shop.get("id", "")).endswith(f"/{id_}"):
        return {"__typename": "Shop", **shop}
    return None
