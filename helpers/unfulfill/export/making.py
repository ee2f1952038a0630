"""The tables of an export, made from its staged files."""

from pathlib import Path

from unfulfill.errors import ParameterRefused
from unfulfill.export import pages, queries
from unfulfill.export.filters import Filters
from unfulfill.export.queries import Columns
from unfulfill.export.staging import Staging
from unfulfill.progress import Progress
from unfulfill.shop.client import Shop
from unfulfill.shop.pages import walk
from unfulfill.shop.shapes import identifier, text
from unfulfill.tables import (
    FULFILLMENT_LINES,
    FULFILLMENT_ORDERS,
    FULFILLMENTS,
    INVENTORY_LEVELS,
    LINE_ITEMS,
    ORDERS,
)


def find_locations(shop: Shop, filters: Filters) -> tuple[str, ...]:
    """Ids of the locations that the filters name. Raises ParameterRefused for one that the shop does not have."""
    if not filters.locations:
        return ()
    nodes = walk(shop, "Locations", lambda data: data["locations"])
    names = {identifier(node): text(node, "name") for node in nodes}
    found = []
    for wanted in filters.locations:
        ids = [id_ for id_, name in names.items() if wanted == id_ or wanted.casefold() == name.casefold()]
        if not ids:
            raise ParameterRefused(
                f"There is no location {wanted!r}; the shop has {', '.join(sorted(names.values()))}."
            )
        found += ids
    return tuple(found)


def make_tables(
    shop: Shop,
    staging: Staging,
    filters: Filters,
    locations: tuple[str, ...],
    progress: Progress,
    *,
    base: Path | None = None,
) -> None:
    """Write every table into the staging folder; lines of fulfillments that do not add up are fetched first."""
    progress(0, None, "making tables")
    staging.run(
        "create or replace table moved as "
        f"select id as order_id from {staging.lines('moved.jsonl', 'Order', queries.ANY)}"
    )
    kept = _keep(staging, filters, locations)
    fulfillments = newest(staging, "Order", queries.ORDER_WITH_FULFILLMENTS)
    staging.save(FULFILLMENTS, fulfillments, queries.FULFILLMENTS_SELECT, kept=kept)
    staging.save(ORDERS, newest(staging, "Order", queries.ORDER), queries.ORDERS_SELECT, kept=kept)
    staging.save(
        LINE_ITEMS, newest(staging, "LineItem", queries.LINE_ITEM), queries.LINE_ITEMS_SELECT, kept=kept
    )
    staging.save(
        FULFILLMENT_ORDERS,
        newest(staging, "FulfillmentOrder", queries.FULFILLMENT_ORDER),
        queries.FULFILLMENT_ORDERS_SELECT,
        kept=kept,
    )
    _make_fulfillment_lines(shop, staging, progress)
    for name, columns in (("InventoryItem", queries.ITEM), ("ProductVariant", queries.VARIANT)):
        relation = "item" if name == "InventoryItem" else "variant"
        staging.run(
            f"create or replace table {relation} as from {staging.lines('inventory.jsonl', name, columns)}"
        )
    levels = staging.lines("inventory.jsonl", "InventoryLevel", queries.LEVEL)
    staging.save(INVENTORY_LEVELS, levels, queries.LEVELS_SELECT)


def newest(staging: Staging, kind: str, columns: Columns) -> str:
    """SQL of the lines of a kind in the orders' files: for an order that was read again, only the later reading."""
    owner = "id" if kind == "Order" else "__parentId"
    base, moved = (staging.lines(file, kind, columns) for file in ("orders.jsonl", "moved.jsonl"))
    return (
        f"(select base.* from {base} as base anti join moved on base.{owner} = moved.order_id "
        f"union all by name select * from {moved})"
    )


def _keep(staging: Staging, filters: Filters, locations: tuple[str, ...]) -> str:
    """Name of a relation of the orders that pass the filters that the shop cannot apply; blank: all do."""
    start, end = filters.span("fulfilled")
    conditions: list[str] = []
    values: list[object] = []
    for condition, value in (
        ("f.createdAt::timestamptz >= ?", start),
        ("f.createdAt::timestamptz < ?", end),
        ("list_contains(?::varchar[], f.location.id)", list(locations)),
        (queries.HAS_CARRIER, _folded(filters.carriers)),
        (queries.HAS_SERVICE, _folded(filters.services)),
        (queries.HAS_TRACKING, list(filters.tracking)),
    ):
        if value:
            conditions.append(condition)
            values.append(value)
    if not conditions and not filters.names:
        return ""
    orders = newest(staging, "Order", {**queries.ORDER_HEAD, **queries.ORDER_WITH_FULFILLMENTS})
    select = f"select id as order_id from {orders} where true"
    if conditions:
        rows = f"(select id, name, unnest(fulfillments) as f from {orders})"
        select = f"select distinct id as order_id from {rows} where {' and '.join(conditions)}"
    if filters.names:
        select += (
            " and (list_contains(?::varchar[], id) or list_contains(?::varchar[], lower(ltrim(name, '#'))))"
        )
        values += [sorted(filters.order_ids), sorted(filters.order_names)]
    staging.run(f"create or replace table kept as {select}", values)
    return "kept"


def _folded(words: tuple[str, ...]) -> list[str]:
    return [word.casefold() for word in words]


def _make_fulfillment_lines(shop: Shop, staging: Staging, progress: Progress) -> None:
    """Lines from the bulk file where they add up, and fetched by fulfillment where not or where the order moved."""
    fulfillments = staging.saved(FULFILLMENTS)
    lines = staging.lines("lines.jsonl", "FulfillmentLineItem", queries.FULFILLMENT_LINE)
    staging.run(
        f"""create or replace table again as
        with sums as (select __parentId as fulfillment_id, sum(quantity) as units
          from (select distinct id, __parentId, quantity from {lines}) group by all)
        select f.fulfillment_id from {fulfillments} as f left join sums using (fulfillment_id)
        where coalesce(units, -1) <> f.total_quantity or f.order_id in (from moved)"""
    )
    ids = (str(row[0]) for row in staging.each("from again order by fulfillment_id"))
    pages.write_fulfillment_lines(shop, ids, staging.path("again.jsonl"), progress)
    fetched = staging.lines("again.jsonl", "FulfillmentLineItem", queries.FULFILLMENT_LINE)
    rows = (
        f"select base.* from {lines} as base anti join again on base.__parentId = again.fulfillment_id "
        f"union all select * from {fetched}"
    )
    only = f"(select * from ({rows}) as r semi join {fulfillments} as f on r.__parentId = f.fulfillment_id)"
    staging.save(FULFILLMENT_LINES, only, queries.FULFILLMENT_LINES_SELECT)
