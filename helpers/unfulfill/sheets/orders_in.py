"""The Orders sheet of Matrixify and Altera, any columns in any order, as tables and what is to be said of it."""

from collections.abc import Iterable
from typing import Any

from unfulfill.sheets.grid import Grid
from unfulfill.sheets.order_blocks import OrderBlocks, Row, fill
from unfulfill.sheets.sheet import Dialect, Part
from unfulfill.sheets.typed_cells import TypedCells
from unfulfill.tables import FULFILLMENT_LINES, FULFILLMENTS, LINE_ITEMS, ORDERS, Table, make_table
from unfulfill.words import number, said


def read_orders(grid: Grid, dialect: Dialect, problems: list[str]) -> Part:
    """Orders, their lines, fulfillments and what these ship. Problems are added to `problems`."""
    blocks = OrderBlocks(TypedCells(grid, problems))
    for row, cells in grid.rows:
        blocks.read(row, cells)
    return _part(blocks, dialect)


def _part(read: OrderBlocks, dialect: Dialect) -> Part:
    """The tables and what is to be said of them."""
    cells = read.cells
    if "order fulfillment status" in cells.at:
        for order in read.orders.values():
            fill(order, "display_fulfillment_status", "UNFULFILLED")  # a blank there means so
    for line, quantity in read.refunded.items():
        if line in read.lines and read.lines[line]["quantity"] is not None:
            left = read.lines[line]["quantity"] - quantity
            read.lines[line].update(refunded_quantity=quantity, current_quantity=left)
    totals: dict[str, int] = {}
    for row in read.shipped.values():
        totals[row["fulfillment_id"]] = totals.get(row["fulfillment_id"], 0) + (row["quantity"] or 0)
    for id_, total in totals.items():
        read.fulfillments[id_]["total_quantity"] = total
    groups: tuple[tuple[Table, Iterable[Row]], ...] = (
        (ORDERS, read.orders.values()),
        (LINE_ITEMS, read.lines.values()),
        (FULFILLMENTS, read.fulfillments.values()),
        (FULFILLMENT_LINES, read.shipped.values()),
    )
    tables = {table.name: make_table(table, _columns(table.columns, list(rows))) for table, rows in groups}
    about = f"{dialect}, {len(read.orders):,} orders, {len(read.fulfillments):,} fulfillments"
    return Part(dialect, about, tables, _reasons(read, dialect), _notes(read), cells.ignored())


def _reasons(read: OrderBlocks, dialect: Dialect) -> tuple[str, ...]:
    reasons = []
    if read.cut_at:
        reasons.append(said("sheet.plan_cut_off", where=read.cells.grid.place.at(read.cut_at)))
    if dialect is Dialect.MATRIXIFY_RESULTS:
        claims = ", ".join(f"{number(count)} × {word}" for word, count in sorted(read.results.items()))
        reasons.append(said("sheet.only_claims", claims=claims or said("sheet.nothing")))
    if dialect is Dialect.STOREROBO_ORDERS:
        reasons.append(said("sheet.storerobo"))
    return tuple(reasons)


def _notes(read: OrderBlocks) -> tuple[str, ...]:
    notes = []
    if read.cells.has_naive_times:
        notes.append(said("sheet.naive_times"))
    if "fulfillment: id" not in read.cells.at:
        notes.append(said("sheet.no_fulfillment_ids"))
    return tuple(notes)


def _columns(names: Any, rows: list[Row]) -> dict[str, list[Any]]:
    return {name: [row.get(name) for row in rows] for name in names}
