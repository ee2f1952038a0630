"""A count of the shelf as it stands in a file, with headers in four languages, or with one column a location."""

from collections.abc import Collection
from typing import Any

import pandas as pd

from unfulfill.sheets.count_columns import OPTIONAL_COUNT, count_columns, plain_name
from unfulfill.sheets.grid import Grid
from unfulfill.sheets.recognise import location_columns
from unfulfill.sheets.sheet import Dialect, Part
from unfulfill.sheets.typed_cells import TypedCells
from unfulfill.tables import ARROW_TYPES
from unfulfill.words import said

COLUMNS = ("sku", "barcode", "location", "counted")


def read_count_file(grid: Grid, problems: list[str]) -> Part:
    """`counts`: sku, barcode, location and counted, as written. The shop's ids are looked up by `read_counts`."""
    cells = TypedCells(grid, problems)
    columns, doubled = count_columns(grid.header)
    ours = {name: plain_name(grid.header[place]) for name, place in columns.items()}
    if doubled:
        cells.number = grid.header_row
        cells.problem("", doubled)
    rows = list(grid.rows)
    places: Collection[str] = ()
    if "counted" not in ours:
        found = location_columns(grid.header, [row for _, row in rows])
        places = [grid.header[place] for place in found]
        if not places:
            cells.problem("", said("sheet.no_count"))
    read: list[dict[str, Any]] = []
    for number, row in rows:
        cells.take(number, row)
        item: dict[str, Any] = {
            name: cells.text(ours[name]) for name in ("sku", "barcode", "location") if name in ours
        }
        if not item.get("sku") and not item.get("barcode"):
            cells.problem(ours.get("sku") or ours.get("barcode", ""), said("cell.no_item"))
        if places:
            for place in places:
                counted = cells.count(plain_name(place))
                if counted is not None:
                    read.append({**item, "location": place, "counted": counted})
            continue
        counted = cells.count(ours["counted"]) if "counted" in ours else None
        if (
            counted is None
            and "counted" in ours
            and not cells.raw(ours["counted"])
            and ours["counted"] != OPTIONAL_COUNT
        ):
            cells.problem(ours["counted"], said("cell.blank_count"))
        read.append({**item, "counted": counted})
    kinds = {"sku": "text", "barcode": "text", "location": "text", "counted": "count"}
    table = pd.DataFrame(
        {
            name: pd.Series([row.get(name) for row in read], dtype=pd.ArrowDtype(ARROW_TYPES[kinds[name]]))
            for name in COLUMNS
        }
    )
    shape = f", one column for each of {len(places)} locations" if places else ""
    about = f"{Dialect.COUNT}, {len(read):,} counts{shape}"
    return Part(Dialect.COUNT, about, {"counts": table}, (), (), cells.ignored())
