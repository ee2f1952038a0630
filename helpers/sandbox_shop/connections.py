"""The connections that start at the root: which rows they hold, in which order, and their pages by SQL."""

from dataclasses import dataclass, field
from typing import Any

from sandbox_shop import auth, objects
from sandbox_shop.context import Context
from sandbox_shop.filters import Condition
from sandbox_shop.pages import connection, page_of, page_size, read_cursor
from sandbox_shop.search import compile_search

__all__ = ["ROOTS", "connection", "count_rows", "root_condition", "root_page", "search_ids"]


@dataclass(frozen=True)
class Root:
    """One root connection: its kind, its table, and SQL for each sort key."""

    kind: str
    table: str
    sorts: dict[str, str] = field(default_factory=lambda: {"ID": "t.id"})
    default_sort: str = "ID"
    id: str = "t.id"
    is_newest_first: bool = False  # the order without `reverse`


_FULFILLMENT_ORDERS = Root(
    "FulfillmentOrder", "fulfillment_order", {"ID": "t.id", "UPDATED_AT": "t.updated_at"}
)
_UNITS = "(select coalesce(sum(l.quantity), 0) from line l where l.order_id = t.id)"
ROOTS = {
    "orders": Root(
        "Order",
        "order",
        {
            "ID": "t.id",
            "CREATED_AT": "t.created_at",
            "UPDATED_AT": "t.updated_at",
            "PROCESSED_AT": "t.processed_at",
            "ORDER_NUMBER": "t.number",
            "CUSTOMER_NAME": "coalesce(t.customer_name, '')",
            "FINANCIAL_STATUS": "coalesce(t.financial_status, '')",
            "FULFILLMENT_STATUS": "t.fulfillment_status",
            "TOTAL_PRICE": "cast(t.total as real)",
            "CURRENT_TOTAL_PRICE": "cast(t.total as real) - cast(t.refunded as real)",
            "TOTAL_ITEMS_QUANTITY": _UNITS,
        },
        "PROCESSED_AT",
    ),
    "fulfillmentOrders": _FULFILLMENT_ORDERS,
    "assignedFulfillmentOrders": _FULFILLMENT_ORDERS,
    "manualHoldsFulfillmentOrders": _FULFILLMENT_ORDERS,
    "inventoryItems": Root("InventoryItem", "item"),
    "productVariants": Root(
        "ProductVariant",
        "item",
        {"ID": "t.variant_id", "SKU": "coalesce(t.sku, '')", "TITLE": "t.title", "NAME": "t.title"},
        id="t.variant_id",
    ),
    "locations": Root("Location", "location", {"ID": "t.id", "NAME": "t.name"}, "NAME"),
    "bulkOperations": Root(
        "BulkOperation",
        "bulk_operation",
        {"CREATED_AT": "t.created_at", "COMPLETED_AT": "coalesce(t.completed_at, '')"},
        "CREATED_AT",
        is_newest_first=True,
    ),
}


def root_page(context: Context, name: str, args: dict[str, Any]) -> dict[str, Any]:
    """One page of a root connection, read by its cursor, so that the thousandth page costs what the first does."""
    size, backwards = page_size(args)
    root = ROOTS[name]
    where, values = root_condition(context, name, args)
    sort = root.sorts.get(args.get("sortKey") or root.default_sort, root.id)
    is_down = bool(args.get("reverse")) != root.is_newest_first
    for cursor, is_after in ((args.get("after"), True), (args.get("before"), False)):
        if cursor:
            sign = ">" if is_after != is_down else "<"
            where += f" and ({sort}, {root.id}) {sign} (?, ?)"
            last_id, last_value = read_cursor(cursor)
            values = [*values, last_id if sort == root.id else last_value, last_id]
    order = "desc" if is_down != backwards else "asc"
    rows = context.world.rows(
        f'select {root.id} as id, {sort} as value from "{root.table}" t where {where}'
        f" order by {sort} {order}, {root.id} {order} limit {size + 1}",
        *values,
    )
    is_cut, rows = len(rows) > size, rows[:size]
    if backwards:
        rows.reverse()
    found = objects.load_many(context.world, root.kind, [row["id"] for row in rows])
    has_next = bool(args.get("before")) if backwards else is_cut
    has_previous = is_cut if backwards else bool(args.get("after"))
    return page_of(found, has_next, has_previous, [row["value"] for row in rows])


def search_ids(
    context: Context,
    kind: str,
    query: str | None = None,
    sort_key: str | None = None,
    reverse: bool = False,
    **extra: Any,
) -> list[int]:
    """The ids of every row of a root connection, in its order.

    `kind` is a name of the root field (orders, fulfillmentOrders …) or of its type; `extra` are its other
    GraphQL arguments (includeClosed, includeInactive, includeLegacy …).
    """
    name = kind if kind in ROOTS else next(name for name, root in ROOTS.items() if root.kind == kind)
    root = ROOTS[name]
    where, values = root_condition(context, name, {"query": query, **extra})
    sort = root.sorts.get(sort_key or root.default_sort, root.id)
    order = "desc" if reverse else "asc"
    sql = f'select {root.id} as id from "{root.table}" t where {where} order by {sort} {order}, {root.id} {order}'
    with context.world.lock:
        return [row[0] for row in context.world.connection.execute(sql, values)]


def count_rows(context: Context, name: str, query: str | None) -> int:
    """Number of rows of a root connection."""
    where, values = root_condition(context, name, {"query": query})
    row = context.world.row(f'select count(*) as number from "{ROOTS[name].table}" t where {where}', *values)
    return int(row["number"]) if row else 0


def root_condition(context: Context, name: str, args: dict[str, Any]) -> Condition:
    """SQL on alias `t` for the rows that a root connection holds: its search, its arguments, what the token sees."""
    root = ROOTS[name]
    parts = [compile_search(context, root.kind, args.get("query")), *_limits(context, name, args)]
    kept = [part for part in parts if part[0] != "1"]
    return " and ".join(f"({part[0]})" for part in kept) or "1", [value for part in kept for value in part[1]]


def _limits(context: Context, name: str, args: dict[str, Any]) -> list[Condition]:
    if name == "orders":
        return [auth.order_condition(context)]
    if name == "locations":
        inactive: Condition = ("1" if args.get("includeInactive") else "t.active = 1", [])
        legacy: Condition = ("1" if args.get("includeLegacy") else "t.service_id is null", [])
        return [inactive, legacy]
    if name == "fulfillmentOrders":
        hidden = "1" if args.get("includeClosed") else "t.status not in ('CLOSED', 'CANCELLED')"
        return [auth.fulfillment_order_condition(context), (hidden, [])]
    if name == "manualHoldsFulfillmentOrders":
        held = "t.status = 'ON_HOLD' and exists(select 1 from hold h where h.fo_id = t.id)"
        return [auth.fulfillment_order_condition(context), (held, [])]
    if name == "assignedFulfillmentOrders":  # no app of the sandbox is a fulfillment service
        return [("0", [])]
    return []
