"""The rows of a workbook's sheet: plain ones are read quickly, all others strictly, and both ways give the same."""

from collections.abc import Iterator
from itertools import chain, islice

from unfulfill.errors import SheetRefused
from unfulfill.sheets.containers import open_archive, unpack
from unfulfill.sheets.plain_rows import PlainRows
from unfulfill.sheets.row_sorter import RowSorter
from unfulfill.sheets.strict_rows import Row, StrictRows
from unfulfill.sheets.workbook_parts import Book, SheetPart, count_rows, feed, make_parser
from unfulfill.words import said

WIDEST_GAP = 10_000  # blank rows within the data
HEAD = 100  # rows that are read, to tell what a sheet is, before all are counted


def read_rows(book: Book, sheet: SheetPart) -> Iterator[Row]:
    """Row number as the spreadsheet shows it, and its cells, "" where blank; rows without content are left out."""
    rows = _read_quickly(book, sheet)
    yield from islice(rows, HEAD)
    count_rows(book.path, sheet)
    yield from rows


def _read_quickly(book: Book, sheet: SheetPart) -> Iterator[Row]:
    """A file that is refused is read again, for the parser alone can say in which line it is damaged."""
    try:
        yield from _read(book, sheet, is_quick=True)
    except SheetRefused as refused:
        for _ in read_strictly(book, sheet):
            pass
        raise refused


def read_strictly(book: Book, sheet: SheetPart) -> Iterator[Row]:
    """The same by the XML parser alone: what the quick way is held against."""
    return _read(book, sheet, is_quick=False)


def _read(book: Book, sheet: SheetPart, is_quick: bool) -> Iterator[Row]:
    where = said("sheet.of_file", file=book.path.name, sheet=sheet.name)
    rows = StrictRows(book, where)
    parser = make_parser(where, rows.start, rows.end, rows.text)
    sorter = RowSorter(rows, PlainRows(book), lambda piece: feed(parser, where, piece))
    if not is_quick:
        sorter.give_up()
    last = 0
    with open_archive(book.path) as archive, archive.open(sheet.member) as member:
        for piece in chain(unpack(member), [b""]):
            if piece:
                sorter.take(piece)
            else:
                sorter.give_up()
                feed(parser, where, b"", is_last=True)
            for number, cells in rows.take():
                if last and number - last > WIDEST_GAP:
                    raise SheetRefused(said("sheet.gap", where=where, row=number, count=number - last - 1))
                last = number
                yield number, cells
    for first, final in rows.merged:
        if final > first:
            raise SheetRefused(said("sheet.merged", where=where, row=str(first), last=str(final)))
