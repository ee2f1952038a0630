"""The orders export of Shopify's admin in all its generations: a row a line item, the order on the first of them.

It names no fulfillment and no id of a line: enough to choose orders, whose fulfillments are then looked up.
"""

from collections.abc import Iterator
from typing import Any

from unfulfill.sheets.grid import Grid
from unfulfill.sheets.sheet import Dialect, Part
from unfulfill.sheets.typed_cells import TypedCells
from unfulfill.tables import LINE_ITEMS, ORDERS, make_table
from unfulfill.words import said

_STATUS = {"fulfilled": "FULFILLED", "partial": "PARTIALLY_FULFILLED", "unfulfilled": "UNFULFILLED",
           "restocked": "RESTOCKED", "pending": "UNFULFILLED"}  # fmt: skip
_TIMES = {"created at": "created_at", "paid at": "paid_at", "cancelled at": "cancelled_at"}
_MONEY = {"total": "total_amount", "refunded amount": "refunded_amount"}

Row = dict[str, Any]


def read_shopify_orders(grid: Grid, problems: list[str]) -> Part:
    """Orders and their lines. Problems are added to `problems`."""
    cells = TypedCells(grid, problems)
    orders: dict[tuple[str, str | None], Row] = {}
    lines: list[Row] = []
    for order in _orders(cells, orders):
        line = _line(cells, order)
        if line:
            lines.append(line)
    tables = {
        table.name: make_table(table, {name: [row.get(name) for row in rows] for name in table.columns})
        for table, rows in ((ORDERS, list(orders.values())), (LINE_ITEMS, lines))
    }
    about = (
        f"{Dialect.SHOPIFY_ORDERS} ({len(grid.header)} columns), {len(orders):,} orders, {len(lines):,} lines"
    )
    notes = [said("sheet.no_fulfillments")]
    if any(order.get("order_id") is None for order in orders.values()):
        notes.append(said("sheet.names_only"))
    if cells.has_naive_times:
        notes.append(said("sheet.naive_times"))
    return Part(Dialect.SHOPIFY_ORDERS, about, tables, (), tuple(notes), cells.ignored())


def _orders(cells: TypedCells, orders: dict[tuple[str, str | None], Row]) -> Iterator[Row]:
    """The order of each row, filled with what the row says of it."""
    order: Row | None = None
    first: dict[str, Row] = {}
    for number, row in cells.grid.rows:
        cells.take(number, row)
        had = len(cells.problems)
        name, id_ = cells.text("name"), cells.id("id", "Order")
        if len(cells.problems) > had:
            continue
        if name is None:
            cells.problem("name", said("cell.no_name"))
            continue
        is_same = order is not None and order["name"] == name and id_ in (None, order.get("order_id"))
        if not is_same or order is None:
            known = first.get(name)
            order = known if known is not None and id_ in (None, known.get("order_id")) else None
        if order is None:
            order = orders.setdefault((name, id_), {"name": name, "order_id": id_})
            first.setdefault(name, order)
        _read_order(cells, order)
        yield order


def _read_order(cells: TypedCells, order: Row) -> None:
    found: Row = {ours: cells.time(name) for name, ours in _TIMES.items()}
    found |= {ours: cells.money(name) for name, ours in _MONEY.items()}
    found["currency"], found["source_name"] = cells.text("currency"), cells.text("source")
    tags = cells.text("tags")
    found["tags"] = ", ".join(sorted({tag.strip() for tag in tags.split(",")} - {""})) if tags else None
    found["financial_status"] = (cells.text("financial status") or "").upper().replace(" ", "_") or None
    found["display_fulfillment_status"] = cells.word(
        "fulfillment status", _STATUS.get, "fulfilled, partial, unfulfilled, restocked"
    )
    for name, value in found.items():
        if value is not None and order.get(name) is None:
            order[name] = value


def _line(cells: TypedCells, order: Row) -> Row | None:
    """None for a row without a line: a further payment or refund of the order."""
    name, quantity = cells.text("lineitem name"), cells.count("lineitem quantity")
    if name is None and quantity is None:
        return None
    status = (cells.text("lineitem fulfillment status") or "").casefold()
    ships = cells.flag("lineitem requires shipping")
    if ships is not None:
        order["requires_shipping"] = ships or order.get("requires_shipping", False)
    return {
        "order_id": order["order_id"],
        "name": name,
        "sku": cells.text("lineitem sku"),
        "quantity": quantity,
        "unfulfilled_quantity": {"fulfilled": 0, "pending": quantity, "unfulfilled": quantity}.get(status),
        "requires_shipping": ships,
    }
