"""One table of a file for the readers of marks and counts: of a workbook the sheet that has their columns."""

from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from unfulfill.sheets.cells import why_unclear
from unfulfill.sheets.csv_text import CsvText
from unfulfill.sheets.grid import Grid, open_grids
from unfulfill.sheets.problems import Problem, refuse


def read_table_text(
    path: Path, is_meant: Callable[[Sequence[str]], bool], exact: Collection[str] | None = None
) -> CsvText:
    """The first visible table whose header `is_meant`, else the first one.

    Cells of the columns `exact` (None: all) must be clear: an error, a formula without its result, a number that a
    spreadsheet rounded or a date raises SheetRefused, with all of them.
    """
    grids = [grid for grid in open_grids(path) if not grid.is_hidden] or open_grids(path)
    grid = next((each for each in grids if is_meant(each.header)), grids[0])
    rows = list(grid.rows)
    refuse(path, [problem for number, cells in rows for problem in _unclear(grid, number, cells, exact)])
    lines = tuple(number for number, _ in rows)
    texts = tuple(tuple(map(str, cells)) for _, cells in rows)
    return CsvText(path, grid.header, texts, lines, grid.header_row, grid.place)


def _unclear(grid: Grid, number: int, cells: Sequence[str], exact: Collection[str] | None) -> list[Problem]:
    found = []
    for name, cell in zip(grid.header, cells, strict=True):
        why = why_unclear(cell) if exact is None or name in exact else ""
        if why:
            found.append(Problem.at(grid.place, number, why, name))
    return found
