"""The tables of an export, made from its staged files."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from unfulfill.errors import ParameterRefused
from unfulfill.export import pages, queries
from unfulfill.export.filters import Filters
from unfulfill.export.queries import Columns
from unfulfill.export.splitting import counted, links, named_bad_lines, rows_of, split_path
from unfulfill.export.staging import MemoryShort, Staging, literal
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
    Table,
)
from unfulfill.words import said

FILES = ("inventory.jsonl", "moved.jsonl", "orders.jsonl")
# What a table of the orders' files is made of: the kind of its lines, their columns, the SELECT.
SOURCES: Mapping[str, tuple[str, Columns, str]] = {
    ORDERS.name: ("Order", queries.ORDER, queries.ORDERS_SELECT),
    FULFILLMENTS.name: ("Order", queries.ORDER_WITH_FULFILLMENTS, queries.FULFILLMENTS_SELECT),
    LINE_ITEMS.name: ("LineItem", queries.LINE_ITEM, queries.LINE_ITEMS_SELECT),
    FULFILLMENT_ORDERS.name: (
        "FulfillmentOrder",
        queries.FULFILLMENT_ORDER,
        queries.FULFILLMENT_ORDERS_SELECT,
    ),
}


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
                said("export_error.no_location", name=repr(wanted), names=", ".join(sorted(names.values())))
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
    """Write every table into the staging folder; lines of fulfillments that do not add up are fetched first.

    An order that stands in moved.jsonl too is taken from there, with all that belongs to it. `base` is a folder
    with the tables of an earlier export: what it has of orders that were not read now is taken over; stock never is.
    Raises BadAnswer, naming file and line, for a line that is not what Shopify sends.
    """
    progress(0, None, "making tables")
    try:
        _make_all(shop, staging, filters, locations, progress, base)
    except MemoryShort:
        staging.use_more_memory()
        _make_all(shop, staging, filters, locations, progress, base)
    staging.use_threads(2)


def _make_all(
    shop: Shop,
    staging: Staging,
    filters: Filters,
    locations: tuple[str, ...],
    progress: Progress,
    base: Path | None,
) -> None:
    # One core splits while the other adds up lines; then each makes tables, and the first that is done one more.
    with named_bad_lines(staging, *FILES), ThreadPoolExecutor(1) as second:
        splits = [second.submit(counted, staging, file) for file in FILES]
        levels = second.submit(_make_levels, staging)
        _sum_lines(staging, "lines.jsonl", "sums")
        for split in splits:
            split.result()
        kept = _keep(staging, filters, locations)
        others = [
            (table, second.submit(make_orders, staging, (table,), kept, base))
            for table in (ORDERS, LINE_ITEMS, FULFILLMENT_ORDERS)
        ]
        make_orders(staging, (FULFILLMENTS,), kept, base)
        _make_fulfillment_lines(shop, staging, progress, base)
        for table, other in reversed(others):
            if other.cancel():
                make_orders(staging, (table,), kept, base)
            else:
                other.result()
        levels.result()


def newest(staging: Staging, kind: str, columns: Columns) -> str:
    """SQL of the lines of a kind in the orders' files: for an order that was read again, only the later reading."""
    owner = "id" if kind == "Order" else "__parentId"
    first, again = (rows_of(staging, file, kind, columns) for file in ("orders.jsonl", "moved.jsonl"))
    if not counted(staging, "moved.jsonl").lines:
        return first
    moved = f"(select id from {rows_of(staging, 'moved.jsonl', 'Order', queries.ANY)})"
    return (
        f"(select first.* from {first} as first anti join {moved} as moved on first.{owner} = moved.id "
        f"union all by name select * from {again})"
    )


def make_orders(staging: Staging, tables: Iterable[Table], kept: str = "", base: Path | None = None) -> None:
    """Write these tables of the orders' files; `kept` is a relation of the orders to keep, blank for all."""
    read_now = f"(select id as order_id from {newest(staging, 'Order', queries.ANY)})"
    for table in tables:
        kind, columns, select = SOURCES[table.name]
        names = ", ".join(table.columns)
        made = (
            f"with rows as {newest(staging, kind, columns)}, made({names}) as ({select}) select * from made"
        )
        if kept:
            made += f" semi join {kept} using (order_id)"
        if base is not None:
            before = f"read_parquet({literal(str(base / f'{table.name}.parquet'))})"
            if table is FULFILLMENTS:
                made = (
                    f"select made.* replace (before.status as status_before) from ({made}) as made "
                    f"left join {before} as before using (fulfillment_id)"
                )
                names = names.replace("status_before", "status")
            made = f"({made}) union all select {names} from {before} anti join {read_now} using (order_id)"
        staging.save(table, made, newest="updated_at" if table is FULFILLMENTS else "")


def _make_levels(staging: Staging) -> None:
    """Write the table of stock."""
    file = "inventory.jsonl"
    rows, item, variant = (
        rows_of(staging, file, kind, columns)
        for kind, columns in (
            ("InventoryLevel", queries.LEVEL),
            ("InventoryItem", queries.ITEM),
            ("ProductVariant", queries.VARIANT),
        )
    )
    staging.save(
        INVENTORY_LEVELS, f"with rows as {rows}, item as {item}, variant as {variant} {queries.LEVELS_SELECT}"
    )


def _sum_lines(staging: Staging, file: str, name: str) -> None:
    """Make the relation `name`: units by the numbers of a fulfillment and a line item."""
    path = literal(str(split_path(staging, file, "sums.parquet")))
    staging.run(
        f"copy (with links as (from {links(staging, file)}) {queries.LINE_SUMS_SELECT}) to {path} (format parquet)"
    )
    staging.run(f"create or replace view {name} as from read_parquet({path})")


def _make_fulfillment_lines(shop: Shop, staging: Staging, progress: Progress, base: Path | None) -> None:
    """Lines from the bulk file where they add up, and fetched by fulfillment where not or where the order moved."""
    fulfillment = queries.number("fulfillment_id", "Fulfillment")
    read_now = f"(select id as order_id from {newest(staging, 'Order', queries.ANY)})"
    moved = rows_of(staging, "moved.jsonl", "Order", queries.ANY)
    own = staging.saved(FULFILLMENTS)
    if base is not None:
        own = f"(select * from {own} semi join {read_now} using (order_id))"
    staging.run(
        f"""create or replace table again as
        with totals as (select fulfillment, sum(quantity) as units from sums group by all)
        select f.fulfillment_id, {fulfillment} as fulfillment
        from {own} as f left join totals on totals.fulfillment = {fulfillment}
        where coalesce(units, -1) <> f.total_quantity or f.order_id in (select id from {moved})"""
    )
    staging.path("again.jsonl").unlink(missing_ok=True)
    ids = (str(row[0]) for row in staging.each("select fulfillment_id from again order by fulfillment"))
    pages.write_fulfillment_lines(shop, ids, staging.path("again.jsonl"), progress)
    _sum_lines(staging, "again.jsonl", "sums_again")
    made = f"""select {queries.gid("fulfillment", "Fulfillment")} as fulfillment_id,
          {queries.gid("line_item", "LineItem")} as line_item_id, quantity
        from (from sums anti join again using (fulfillment) union all from sums_again)
        semi join (select {fulfillment} as fulfillment from {own}) using (fulfillment)"""
    if base is not None:
        before, lines = (
            f"read_parquet({literal(str(base / f'{table.name}.parquet'))})"
            for table in (FULFILLMENTS, FULFILLMENT_LINES)
        )
        made += f""" union all select fulfillment_id, line_item_id, quantity from {lines}
            semi join (from {before} anti join {read_now} using (order_id)) using (fulfillment_id)"""
    staging.save(FULFILLMENT_LINES, made)


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
