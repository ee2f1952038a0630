"""A file as grids of text, whatever it is: a workbook, a CSV, or a zip of CSVs."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from unfulfill.errors import SheetRefused
from unfulfill.sheets.containers import kind_of_file, open_archive, unpack_whole
from unfulfill.sheets.csv_text import LARGEST, clean_header, open_csv, read_bytes, refuse_header
from unfulfill.sheets.problems import Problem, refusal
from unfulfill.sheets.row_place import LINE, ROW, Place
from unfulfill.sheets.workbook_parts import Book, SheetPart, open_book
from unfulfill.sheets.workbook_text import read_rows
from unfulfill.words import said

TABLE_SUFFIXES = (".csv", ".tsv", ".txt")


@dataclass(frozen=True)
class Grid:
    """A table of text. Rows come once, each with its number as a spreadsheet shows it and as long as the header.

    A cell is exactly what stands in the file; in a workbook it may be a `DateText` or an `UnclearText` (cells.py).
    """

    name: str
    header: tuple[str, ...]
    rows: Iterator[tuple[int, tuple[str, ...]]]
    header_row: int = 1
    is_hidden: bool = False
    place: Place = ROW  # what a row's number counts, and in which sheet or file


def open_grids(path: Path, may_double: bool = False) -> list[Grid]:
    """The tables of a file: one a sheet, one a CSV of a zip. Only headers are read until rows are asked for.

    Raises SheetRefused where the file is damaged, protected, too large or dangerous (containers.py), or not a table,
    and, unless `may_double`, where a column stands twice.
    """
    path = Path(path)
    match kind_of_file(path):
        case "xlsx":
            grids = _of_book(path, may_double)
        case "zip":
            grids = _of_zip(path, may_double)
        case _:
            grids = [_of_csv(path, read_bytes(path), path.stem, LINE, may_double)]
    if not grids:
        raise SheetRefused(said("file.no_table", file=path.name))
    return grids


def _of_csv(path: Path, data: bytes, name: str, place: Place, may_double: bool) -> Grid:
    table = open_csv(path, data, may_double)
    return Grid(name, table.header, table.rows, table.header_line, place=place)


def _of_book(path: Path, may_double: bool) -> list[Grid]:
    book = open_book(path)
    if not book.sheets:
        raise SheetRefused(said("file.no_cells", file=path.name))
    return [grid for grid in (_of_sheet(book, sheet, may_double) for sheet in book.sheets) if grid]


def _of_sheet(book: Book, sheet: SheetPart, may_double: bool) -> Grid | None:
    """None for a sheet without content."""
    rows = read_rows(book, sheet)
    number, cells = next(rows, (0, []))
    if not cells:
        return None
    header = clean_header(said("sheet.of_file", file=book.path.name, sheet=sheet.name), cells, may_double)
    place = Place(within=sheet.name)
    fitted = _fitted(book.path, place, header, rows)
    return Grid(sheet.name, header, fitted, number, sheet.is_hidden, place)


def _fitted(
    path: Path, place: Place, header: tuple[str, ...], rows: Iterator[tuple[int, list[str]]]
) -> Iterator[tuple[int, tuple[str, ...]]]:
    width = len(header)
    for number, cells in rows:
        if len(cells) > width and any(cell.strip() for cell in cells[width:]):
            why = said("sheet.right_of_header", column=str(len(cells)))
            raise refusal(path, [Problem.at(place, number, why)])
        if len(cells) == width:
            refuse_header(path, place, number, header, cells)
        yield number, (*cells[:width], *[""] * (width - len(cells)))


def _of_zip(path: Path, may_double: bool) -> list[Grid]:
    with open_archive(path) as archive:
        names = [
            name
            for name in archive.namelist()
            if name.lower().endswith(TABLE_SUFFIXES) and not PurePosixPath(name).name.startswith(("._", "."))
        ]
        if not names:
            raise SheetRefused(said("file.zip_without_csv", file=path.name))
        if sum(archive.getinfo(name).file_size for name in names) > LARGEST:
            raise SheetRefused(said("file.large_zip", file=path.name, limit=LARGEST // 1024 // 1024))
        grids = []
        for name in names:
            member = PurePosixPath(name).name
            data = unpack_whole(path, archive, name, LARGEST)
            grids.append(
                _of_csv(
                    Path(f"{path.name}, {member}"),
                    data,
                    PurePosixPath(name).stem,
                    Place(is_line=True, within=member),
                    may_double,
                )
            )
        return grids
