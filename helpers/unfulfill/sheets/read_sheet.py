"""One door for every file that people bring: what it is, what it gives, and what is wrong with it."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path

import pandas as pd

from unfulfill.errors import SheetRefused
from unfulfill.sheets.count_in import read_count_file
from unfulfill.sheets.grid import Grid, open_grids
from unfulfill.sheets.marks_csv import read_marks
from unfulfill.sheets.order_list import read_order_list
from unfulfill.sheets.orders_in import read_orders
from unfulfill.sheets.problems import refuse
from unfulfill.sheets.recognise import asks_what_is_listed, recognise
from unfulfill.sheets.seen_rows import SeenRows
from unfulfill.sheets.sheet import Dialect, Part, Sheet
from unfulfill.sheets.shopify_in import read_shopify_orders
from unfulfill.sheets.stock_in import read_matrixify_products, read_shopify_inventory
from unfulfill.words import said, said_word

_SEPARATORS = (",", ";", "\t", "|", "^", "~")
HEAD = 50  # rows that are looked at to tell what a file is
_ORDERS = (Dialect.MATRIXIFY_ORDERS, Dialect.MATRIXIFY_RESULTS, Dialect.STOREROBO_ORDERS)
_READERS: Mapping[Dialect, Callable[[Grid, list[str]], Part]] = {
    Dialect.SHOPIFY_ORDERS: read_shopify_orders,
    Dialect.SHOPIFY_INVENTORY: read_shopify_inventory,
    Dialect.MATRIXIFY_PRODUCTS: read_matrixify_products,
    Dialect.COUNT: read_count_file,
    Dialect.ORDER_LIST: read_order_list,
}


def read_sheet(path: Path) -> Sheet:
    """Read a workbook, a CSV or a zip of CSVs in any dialect that is known, told by its header.

    Raises SheetRefused with every problem of the file: what it is not, or rows and columns that cannot be read.
    """
    sheet = look_at_sheet(path)
    refuse(sheet.path, sheet.problems)
    return sheet


def look_at_sheet(path: Path) -> Sheet:
    """The same, but with the problems of its rows in it, and tables that lack those rows: to be shown, not used.

    Raises SheetRefused where the file as a whole cannot be read, and for marks.
    """
    path = Path(path)
    seen = SeenRows()
    chosen, others = _choose(path, open_grids(path), seen)
    if Dialect.MARKS in chosen:
        beside = [grid.name for dialect, grid in chosen.items() if dialect is not Dialect.MARKS]
        return _marks(path, chosen[Dialect.MARKS], beside)
    problems: list[str] = []
    parts = [_read(dialect, grid, problems) for dialect, grid in chosen.items()]
    return _sheet(path, parts, others, seen, problems)


def recognise_file(path: Path) -> Dialect:
    """The dialect of a file, by its head. Raises SheetRefused where it is none that is known."""
    chosen, _ = _choose(Path(path), open_grids(Path(path)), SeenRows())
    return next(iter(chosen))


def _choose(path: Path, grids: list[Grid], seen: SeenRows) -> tuple[dict[Dialect, Grid], list[str]]:
    """Dialect → its table, and the names of tables that are none. A sheet that goes on in the next is one table."""
    chosen: dict[Dialect, Grid] = {}
    others: list[str] = []
    heads: list[tuple[Grid, list[tuple[int, tuple[str, ...]]]]] = []
    for grid in grids:
        rows = list(islice(grid.rows, HEAD))
        whole = seen.watch(replace(grid, rows=chain(rows, grid.rows)))
        dialect = recognise(grid.header, [cells for _, cells in rows])
        heads.append((grid, rows))
        if dialect is None or (grid.is_hidden and len(grids) > 1):
            others.append(grid.name)
        elif grid.is_hidden:
            raise SheetRefused(said("file.hidden_sheet", file=path.name, sheet=grid.name))
        elif dialect not in chosen:
            chosen[dialect] = whole
        elif chosen[dialect].header == grid.header:
            chosen[dialect] = replace(chosen[dialect], rows=chain(chosen[dialect].rows, whole.rows))
        else:
            raise SheetRefused(
                said(
                    "file.two_alike",
                    file=path.name,
                    first=chosen[dialect].name,
                    second=grid.name,
                    dialect=dialect.called,
                )
            )
    if not chosen:
        for grid in grids:
            deque(grid.rows, maxlen=0)  # a file that is damaged or too long is refused for that
        raise SheetRefused(_unknown(path, heads))
    return chosen, others


def _unknown(path: Path, heads: list[tuple[Grid, list[tuple[int, tuple[str, ...]]]]]) -> str:
    for grid, rows in heads:
        for place, (number, cells) in enumerate(rows[:20]):
            found = recognise(cells, [row for _, row in rows[place + 1 :]])
            if found is not None and found is not Dialect.ORDER_LIST:
                where = grid.place.at(number)
                return said("file.rows_above", file=path.name, where=where, dialect=found.called)
        if asks_what_is_listed(grid.header, [cells for _, cells in rows]):
            shown = ", ".join([*grid.header, *(cells[0] for _, cells in rows[:2])])
            return said("file.what_is_listed", file=path.name, shown=shown[:80])
    first = heads[0][0].header
    if len(first) == 1 and sum(map(first[0].count, _SEPARATORS)) > 2:
        return said("file.one_column", file=path.name, shown=first[0][:40])
    return said("file.unknown", file=path.name, columns=", ".join(name[:40] for name in first[:8]))


def _read(dialect: Dialect, grid: Grid, problems: list[str]) -> Part:
    return read_orders(grid, dialect, problems) if dialect in _ORDERS else _READERS[dialect](grid, problems)


def _marks(path: Path, grid: Grid, beside: list[str]) -> Sheet:
    marks = read_marks(path)
    decided = int((marks["decision"].fillna("") != "").sum())
    about = f"{Dialect.MARKS}, {len(marks):,} fulfillments, {decided:,} decided"
    decision, seen = grid.header.index("decision"), SeenRows()
    rows = list(grid.rows)
    decided_rows = (row for row in rows if row[1][decision].strip())
    deque(seen.watch(replace(grid, rows=decided_rows)).rows, maxlen=0)
    notes = [*seen.hidden_notes("sheet.hidden_decided"), *([] if len(marks) else [said("sheet.no_rows")])]
    if beside:
        notes.append(said("sheet.not_read", sheets=", ".join(beside)))
    return Sheet(
        path, Dialect.MARKS, about, {"marks": marks}, complete=True, notes=tuple(notes), rows=len(rows)
    )


def _sheet(path: Path, parts: list[Part], others: list[str], seen: SeenRows, problems: list[str]) -> Sheet:
    tables: dict[str, pd.DataFrame] = {}
    for part in parts:
        for name, table in part.tables.items():
            if name in tables:
                first, second = parts[0].dialect.called, part.dialect.called
                raise SheetRefused(
                    said(
                        "file.table_twice",
                        file=path.name,
                        table=said_word(name),
                        first=first,
                        second=second,
                    )
                )
            tables[name] = table
    notes = (
        *_flat(part.notes for part in parts),
        *seen.hidden_notes("sheet.hidden_read"),
    )
    if not seen.rows:
        notes += (said("sheet.no_rows"),)
    if others:
        notes += (said("sheet.not_read", sheets=", ".join(others)),)
    reasons = tuple(_flat(part.reasons for part in parts))
    ignored = tuple(_flat(part.ignored for part in parts))
    about = "; ".join(part.about for part in parts)
    is_whole = not reasons and not problems
    return Sheet(
        path, parts[0].dialect, about, tables, is_whole, reasons, notes, ignored, seen.rows, tuple(problems)
    )


def _flat(groups: Iterator[tuple[str, ...]]) -> Iterator[str]:
    return chain.from_iterable(groups)
