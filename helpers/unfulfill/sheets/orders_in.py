"""The Orders sheet of Matrixify and Altera, any columns in any order, as tables and what is to be said of it."""

from collections.abc import Iterable
from typing import Any

from unfulfill.sheets.grid import Grid
from unfulfill.sheets.order_blocks import OrderBlocks, Row, fill
from unfulfill.sheets.sheet import Dialect, Part
from unfulfill.sheets.typed_cells import TypedCells
from unfulfill.tables import FULFILLMENT_LINES, FULFILLMENTS, LINE_ITEMS, ORDERS, Table, make_table


def read_orders(grid: Grid, dialect: Dialect, problems: list[str]) -> Part:
    """Orders, their lines, fulfillments and what these ship. Problems are added to `problems`."""
    blocks = OrderBlocks(TypedCells(grid, problems))
    for number, cells in grid.rows:
        blocks.read(number, cells)
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
        reasons.append(
            f"the app's plan cut the file off in {read.cells.grid.place} {read.cut_at}: later orders are missing"
        )
    if dialect is Dialect.MATRIXIFY_RESULTS:
        said = ", ".join(f"{count:,} × {word}" for word, count in sorted(read.results.items()))
        reasons.append(
            f"a results file says what an import claims ({said or 'nothing'}): nothing of it is verified"
        )
    if dialect is Dialect.STOREROBO_ORDERS:
        reasons.append(
            "the columns are those of StoreRobo, which only look like Matrixify's; check what they mean"
        )
    return tuple(reasons)


def _notes(read: OrderBlocks) -> tuple[str, ...]:
    notes = []
    if read.cells.has_naive_times:
        notes.append("times without an offset were taken as UTC")
    if "fulfillment: id" not in read.cells.at:
        notes.append("there is no column Fulfillment: ID, so fulfillments must be looked up in the shop")
    return tuple(notes)


def _columns(names: Any, rows: list[Row]) -> dict[str, list[Any]]:
    return {name: [row.get(name) for row in rows] for name in names}
