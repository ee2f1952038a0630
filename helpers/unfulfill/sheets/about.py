"""What is to be said of a file, whether it can be read or not: for people, and as JSON for programs."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from unfulfill.errors import SheetRefused
from unfulfill.sheets.grid import open_grids
from unfulfill.sheets.order_list import has_header
from unfulfill.sheets.problems import Problem, refusal
from unfulfill.sheets.read_sheet import HEAD, look_at_sheet
from unfulfill.sheets.recognise import recognise
from unfulfill.sheets.row_place import Place
from unfulfill.sheets.sheet import Dialect, Sheet

_AUDITED = "unfulfill audit FILE --run DIR finds mistakes in it"
_USES: Mapping[Dialect, str] = {
    Dialect.MATRIXIFY_ORDERS: f"{_AUDITED} and marks what to unfulfill; unfulfill lint looks it over before an import",
    Dialect.STOREROBO_ORDERS: "nothing before somebody has checked what its columns mean",
    Dialect.MATRIXIFY_RESULTS: "nothing: export the orders again, and audit that file",
    Dialect.SHOPIFY_ORDERS: f"{_AUDITED}; it names no fulfillments, so what to unfulfill is found in the shop"
    " itself, or in an Orders sheet of Matrixify",
    Dialect.SHOPIFY_INVENTORY: f"{_AUDITED}, beside an orders export; unfulfill count-file fills a count into it",
    Dialect.MATRIXIFY_PRODUCTS: f"{_AUDITED}, beside an orders export",
    Dialect.COUNT: "unfulfill audit … --count FILE says which fulfillments explain it",
    Dialect.MARKS: "unfulfill marks RUN --take FILE takes its decisions over",
    Dialect.ORDER_LIST: "nothing alone: it only names orders; give an orders export to unfulfill audit",
}
_REFUSED = "nothing before that is mended"
_CUT_OFF = "nothing before the file is whole: export it again"


@dataclass(frozen=True)
class Look:
    """A file that was looked at. `sheet` is missing where it could not be read at all; `refused` says why."""

    path: Path
    dialect: Dialect | None
    sheet: Sheet | None
    refused: SheetRefused | None

    @property
    def is_complete(self) -> bool:
        """Whether it was read, and nothing says that something is missing."""
        return self.sheet is not None and self.sheet.complete

    @property
    def use(self) -> str:
        """What the workbench would do with it."""
        if self.refused or self.dialect is None:
            return _REFUSED
        if not self.is_complete and self.dialect is Dialect.MATRIXIFY_ORDERS:
            return _CUT_OFF
        return _USES[self.dialect]


def look_at(path: Path) -> Look:
    """Read a file as far as it can be read."""
    try:
        sheet = look_at_sheet(path)
    except SheetRefused as refused:
        return Look(path, _dialect(path), None, refused)
    return Look(path, sheet.dialect, sheet, refusal(path, sheet.problems) if sheet.problems else None)


def look_lines(look: Look) -> Iterator[str]:
    """The dialect and its numbers, what the tables hold, what is missing, unused columns, and what it is good for."""
    if look.dialect is None:
        return
    yield from _sheet_lines(look.sheet) if look.sheet else [f"{look.path.name}: {look.dialect}."]
    yield f"The workbench: {look.use}."


def look_json(look: Look) -> str:
    """The same as one line of JSON; no cell of the file is in it but what a problem names."""
    sheet, problems = look.sheet, look.refused.problems or (str(look.refused),) if look.refused else ()
    counts = _rows_of(sheet) if sheet else {}
    said = {
        "file": look.path.name,
        "dialect": look.dialect.name.lower() if look.dialect else None,
        "rows": sheet.rows if sheet else None,
        "orders": counts.get("orders", 0) if sheet else None,
        "fulfillments": counts.get("fulfillments", 0) if sheet else None,
        "complete": look.is_complete,
        "problems": _problems(look, problems),
        "about": sheet.about if sheet else None,
        "use": look.use,
        "tables": counts,
        "reasons": sheet.reasons if sheet else (),
        "notes": sheet.notes if sheet else (),
        "ignored": sheet.ignored if sheet else (),
    }
    return json.dumps(said, ensure_ascii=False)


def _dialect(path: Path) -> Dialect | None:
    """By the headers and as many rows as can be read."""
    try:
        grids = open_grids(path, may_double=True)
    except SheetRefused:
        return None
    for grid in grids:
        rows: list[tuple[str, ...]] = []
        with suppress(SheetRefused):
            rows.extend(cells for _, cells in islice(grid.rows, HEAD))
        dialect = recognise(grid.header, rows)
        if dialect:
            return dialect
    return None


def _sheet_lines(sheet: Sheet) -> Iterator[str]:
    yield f"{sheet.path.name}: {sheet.about}."
    yield f"Tables: {', '.join(f'{name} {rows:,}' for name, rows in _rows_of(sheet).items())}."
    for reason in sheet.reasons:
        yield f"Incomplete: {reason}."
    for note in sheet.notes:
        yield f"Note: {note}."
    if sheet.ignored:
        yield f"Ignored columns ({len(sheet.ignored)}): {', '.join(sheet.ignored)}."


def _rows_of(sheet: Sheet) -> dict[str, int]:
    """Table → number of its rows."""
    return {name: len(table) for name, table in sheet.tables.items()}


def _problems(look: Look, problems: Sequence[str]) -> list[dict[str, Any]]:
    """With the number of the data row (1 is the first below the header), and the line or row that people see."""
    rows = _data_rows(look, [problem for problem in problems if isinstance(problem, Problem)])
    return [
        {
            "row": rows.get((problem.place, problem.number)),
            "column": problem.column or None,
            "message": problem.message,
            "where": problem.place.at(problem.number),
        }
        if isinstance(problem, Problem)
        else {"row": None, "column": None, "message": problem, "where": None}
        for problem in problems
    ]


def _data_rows(look: Look, problems: Sequence[Problem]) -> dict[tuple[Place, int], int]:
    """(place, number) of a problem → number of its data row in that table, as a csv reader counts."""
    asked = {(problem.place, problem.number) for problem in problems}
    found: dict[tuple[Place, int], int] = {}
    try:
        grids = open_grids(look.path, may_double=True) if asked else []
    except SheetRefused:
        return found
    for grid in grids:
        row = 1 if look.dialect is Dialect.ORDER_LIST and not has_header(grid) else 0
        if row:
            found[grid.place, grid.header_row] = row
        try:
            for number, _ in grid.rows:
                row += 1
                if (grid.place, number) in asked:
                    found[grid.place, number] = row
        except SheetRefused:  # at the row that cannot be read
            here = [number for place, number in asked if place == grid.place]
            found.update(
                {(grid.place, number): row + 1 for number in here if (grid.place, number) not in found}
            )
    return found
