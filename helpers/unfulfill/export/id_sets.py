"""The ids in the shop's files and in the tables made of them, held against each other. Data, no judgement."""

from collections.abc import Mapping
from dataclasses import dataclass

from unfulfill.export import queries
from unfulfill.export.splitting import LINE_FILES, counted, links, rows_of, split_path
from unfulfill.export.staging import Staging, literal
from unfulfill.tables import (
    FULFILLMENT_LINES,
    FULFILLMENT_ORDERS,
    FULFILLMENTS,
    LINE_ITEMS,
    ORDERS,
    Table,
)

PARENTS: Mapping[tuple[str, str], str] = {
    ("orders.jsonl", "LineItem"): "Order",
    ("orders.jsonl", "FulfillmentOrder"): "Order",
    ("moved.jsonl", "LineItem"): "Order",
    ("moved.jsonl", "FulfillmentOrder"): "Order",
    ("lines.jsonl", "Fulfillment"): "FulfillmentOrder",
    ("lines.jsonl", "FulfillmentLineItem"): "Fulfillment",
    ("inventory.jsonl", "ProductVariant"): "InventoryItem",
    ("inventory.jsonl", "InventoryLevel"): "InventoryItem",
}
ROOTS: Mapping[str, str] = {
    "orders.jsonl": "Order",
    "moved.jsonl": "Order",
    "lines.jsonl": "FulfillmentOrder",
    "inventory.jsonl": "InventoryItem",
}
_TABLES = ((ORDERS, "Order"), (LINE_ITEMS, "LineItem"), (FULFILLMENT_ORDERS, "FulfillmentOrder"))


@dataclass(frozen=True)
class Missing:
    """Ids that one place has and another lacks."""

    count: int
    example: str  # one of them; blank where there is none


@dataclass(frozen=True)
class Unmatched:
    """Ids of one kind in the file of orders and in the file of lines of fulfillments."""

    kind: str
    not_in_orders: Missing  # lines.jsonl has them, orders.jsonl and moved.jsonl do not
    not_in_lines: (
        Missing  # orders.jsonl has them, lines.jsonl does not; ids of orders that moved are left out
    )


@dataclass(frozen=True)
class RowCount:
    """Why a table has as many rows as it has."""

    table: str
    lines: int  # of its kind in orders.jsonl and moved.jsonl
    ids: int  # different ones, of the last reading of each order, and of orders that were kept
    rows: int  # in the saved table, of orders that were read now; as many as ids, unless one came twice or was lost


def ids(staging: Staging, file: str, kind: str) -> str:
    """SQL of the lines of a kind: `number` of the id, `parent` number, and where they have it `updated_at` as text,
    `units` (of an order: as Shopify sums its lines, without gift cards) and the number of their order as `owner`.

    The numbers are null for a gid of another kind, and `number` for a stock level, whose id is more than a number.
    """
    if file in LINE_FILES:
        return f"(select number, parent, owner from {links(staging, file)} where kind = '{kind}')"
    relation = rows_of(staging, file, kind, {**queries.ANY, **queries.COUNTED.get(kind, {})})
    more = queries.COUNTED_SELECT.get(kind, "null as updated_at, null::bigint as units")
    path = split_path(staging, file, f"{kind}.ids.parquet")
    if not path.exists():
        number = queries.number("id", kind) if kind != "InventoryLevel" else "null::bigint"
        parent = queries.number("__parentId", PARENTS.get((file, kind), ""))
        staging.run(
            f"copy (select {number} as number, {parent} as parent, {more} from {relation}) "
            f"to {literal(str(path))} (format parquet)"
        )
    return f"read_parquet({literal(str(path))})"


def count_orphans(staging: Staging, file: str) -> int:
    """How many lines of a file belong to nothing in it."""
    found = 0
    for (parents_file, kind), parent in PARENTS.items():
        if parents_file == file and counted(staging, file).kinds.get(kind):
            found += int(
                staging.row(
                    f"select count(*) from {ids(staging, file, kind)} as child "
                    f"anti join {ids(staging, file, parent)} as parents on child.parent = parents.number"
                )[0]
            )
    return found


def match_files(staging: Staging) -> tuple[Unmatched, Unmatched]:
    """Fulfillment orders and fulfillments that only one of the two bulk files has.

    Both must come from bulk operations without a filter, and the tables must be saved. An order that was read again
    may have got, or lost, some meanwhile.
    """
    moved = f"(select number as owner from {ids(staging, 'moved.jsonl', 'Order')})"
    orders = ids(staging, "orders.jsonl", "FulfillmentOrder")
    again = ids(staging, "moved.jsonl", "FulfillmentOrder")
    fulfillments = (
        f"(select {queries.number('fulfillment_id', 'Fulfillment')} as number, "
        f"{queries.number('order_id', 'Order')} as parent from {staging.saved(FULFILLMENTS)})"
    )
    return (
        _unmatched(
            staging,
            "FulfillmentOrder",
            f"(select number from {orders} union all select number from {again})",
            f"(select number from {orders} as o anti join {moved} as m on o.parent = m.owner)",
        ),
        _unmatched(
            staging,
            "Fulfillment",
            fulfillments,
            f"(select number from {fulfillments} as f anti join {moved} as m on f.parent = m.owner)",
        ),
    )


def missing_line_items(staging: Staging) -> Missing:
    """Line items that lines of fulfillments refer to and that the table of line items lacks."""
    number = queries.number("line_item_id", "LineItem")
    return _missing(
        staging,
        "LineItem",
        f"(select {number} as number from {staging.saved(FULFILLMENT_LINES)})",
        f"(select {number} as number from {staging.saved(LINE_ITEMS)})",
    )


def count_rows(staging: Staging) -> tuple[RowCount, ...]:
    """Lines, ids and rows of orders, line items and fulfillment orders."""
    return tuple(_row_count(staging, table, kind) for table, kind in _TABLES)


def _row_count(staging: Staging, table: Table, kind: str) -> RowCount:
    owner = "number" if kind == "Order" else "parent"
    first, again = (ids(staging, file, kind) for file in ("orders.jsonl", "moved.jsonl"))
    moved = ids(staging, "moved.jsonl", "Order")
    newest = (
        f"(select number, {owner} as owner from {first} anti join "
        f"(select number as {owner} from {moved}) using ({owner}) "
        f"union all select number, {owner} from {again})"
    )
    read_now = (
        f"(select number as owner from {ids(staging, 'orders.jsonl', 'Order')} "
        f"union select number from {moved})"
    )
    kept = f"(select {queries.number('order_id', 'Order')} as owner from {staging.saved(ORDERS)})"
    different = staging.row(f"select count(distinct number) from {newest} semi join {kept} using (owner)")[0]
    rows = staging.row(
        f"select count(*) from (select {queries.number('order_id', 'Order')} as owner from {staging.saved(table)}) "
        f"semi join {read_now} using (owner)"
    )[0]
    lines = sum(counted(staging, file).kinds.get(kind, 0) for file in ("orders.jsonl", "moved.jsonl"))
    return RowCount(table.name, lines, int(different), int(rows))


def _unmatched(staging: Staging, kind: str, orders: str, unmoved: str) -> Unmatched:
    lines = ids(staging, "lines.jsonl", kind)
    return Unmatched(kind, _missing(staging, kind, lines, orders), _missing(staging, kind, unmoved, lines))


def _missing(staging: Staging, kind: str, these: str, those: str) -> Missing:
    count, example = staging.row(
        f"select count(distinct number), min(number) from {these} anti join {those} using (number)"
    )
    return Missing(int(count), f"gid://shopify/{kind}/{example}" if count else "")
