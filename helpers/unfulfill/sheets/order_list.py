"""A plain list of orders: one column of names or ids, with or without a header."""

from unfulfill.sheets.cells import UnclearText
from unfulfill.sheets.exact_ids import MangledId, exact_id, was_rounded
from unfulfill.sheets.grid import Grid
from unfulfill.sheets.problems import Problem
from unfulfill.sheets.recognise import ORDER_TEXT
from unfulfill.sheets.sheet import Dialect, Part
from unfulfill.sheets.typed_cells import BLANKS
from unfulfill.tables import ORDERS, make_table
from unfulfill.words import said

ID_DIGITS = 10  # a bare number this long is an id, a shorter one a name


def read_order_list(grid: Grid, problems: list[str]) -> Part:
    """The orders by id or name, each once. Problems are added to `problems`."""
    rows = [(number, cells[0]) for number, cells in grid.rows]
    if not has_header(grid):
        rows.insert(0, (grid.header_row, grid.header[0]))
    found: dict[tuple[str | None, str | None], None] = {}
    for number, cell in rows:
        try:
            found[_order(cell)] = None
        except _NoOrder as why:
            problems.append(Problem.at(grid.place, number, str(why)))
    columns = {"order_id": [id_ for id_, _ in found], "name": [name for _, name in found]}
    doubled = len(rows) - len(found)
    notes = (said("sheet.orders_twice", count=doubled),) if doubled else ()
    about = f"{Dialect.ORDER_LIST}, {len(found):,} orders, {sum(id_ is not None for id_, _ in found):,} of them by id"
    return Part(Dialect.ORDER_LIST, about, {ORDERS.name: make_table(ORDERS, columns)}, (), notes)


def has_header(grid: Grid) -> bool:
    """Whether the first row is a header, and no order."""
    return not ORDER_TEXT.fullmatch(grid.header[0])


class _NoOrder(Exception):
    """Why a cell names no order."""


def _order(cell: str) -> tuple[str | None, str | None]:
    """Id or name of an order. Raises _NoOrder."""
    if isinstance(cell, UnclearText):
        raise _NoOrder(cell.why)
    text = cell.strip(BLANKS).removeprefix("'")
    if (
        text.startswith("gid:")
        or (text.isascii() and text.isdigit() and len(text) >= ID_DIGITS)
        or was_rounded(text)
    ):
        try:
            return exact_id(text, "Order"), None
        except MangledId as error:
            raise _NoOrder(str(error)) from None
    if not ORDER_TEXT.fullmatch(text):
        raise _NoOrder(said("cell.no_order_name", text=text[:40]))
    return None, text
