"""The strict reader of a sheet: every cell as the exact text that stands in the file, told by an XML parser.

Python's readers of workbooks give numbers: 6.48914E+12 comes back as 6489140000000, which may be another order's id,
and an error or a formula without its result as a blank (tried with python-calamine 0.9 and fastexcel 0.21). So the XML
is read here, as it comes; entities and document types are refused, so nothing in it can grow.
"""

import re

from unfulfill.errors import SheetRefused
from unfulfill.sheets.cells import UnclearText, date_text, number_text, text_cell
from unfulfill.sheets.workbook_parts import MOST_ROWS, Attributes, Book
from unfulfill.words import said

MOST_COLUMNS = 1_000  # Matrixify has 219 for orders, and one a metafield
_ADDRESS = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,7})")
_MERGED = re.compile(r"[A-Z]+([0-9]+):[A-Z]+([0-9]+)")


def column_number(letters: str) -> int:
    """1 for A, 27 for AA."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def column_letters(number: int) -> str:
    """The inverse: A for 1."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


LETTERS = tuple(column_letters(number) for number in range(MOST_COLUMNS + 1))
Row = tuple[int, list[str]]  # its number, and its cells up to the last that is not blank


class HiddenRow(int):
    """The number of a row that people do not see: hidden by hand, or by a filter."""


def is_hidden(attributes: Attributes) -> bool:
    """Whether a row's attributes hide it."""
    return attributes.get("hidden") in ("1", "true")


class StrictRows:
    """The handlers of the parser: what was read of a sheet since it was last taken."""

    def __init__(self, book: Book, where: str) -> None:
        self.book, self.where = book, where
        self.merged: list[tuple[int, int]] = []
        self.ready: list[Row] = []
        self.cells: list[str] = []
        self.row, self.row_text, self.column = 0, "", 0
        self.attributes: Attributes = {}
        self.is_within, self.keeps, self.is_phonetic, self.has_formula = False, False, False, False
        self.said: list[str] = []

    def is_between_rows(self) -> bool:
        """Whether the next element is a row of the sheet, and nothing before it touches what that row holds."""
        return self.is_within and not (self.keeps or self.is_phonetic or self.said or self.cells)

    def add(self, number: int, cells: list[str]) -> None:
        """A row that was read in another way, below all others."""
        self.row = number
        if any(cell and not cell.isspace() for cell in cells):
            self.ready.append((number, cells))

    def take(self) -> list[Row]:
        """The rows that are read since, but for those without content."""
        ready, self.ready = self.ready, []
        return ready

    def start(self, name: str, attributes: Attributes) -> None:
        """An element begins; its prefix does not matter."""
        if name == "c":
            self._begin_cell(attributes)
        elif name in ("v", "t"):
            self.keeps = not self.is_phonetic
        elif name == "row":
            self._begin_row(attributes.get("r", ""), is_hidden(attributes))
        elif name == "f":
            self.has_formula = True
        elif name == "rPh":
            self.is_phonetic = True
        elif name == "mergeCell":
            found = _MERGED.fullmatch(attributes.get("ref", ""))
            if found:
                self.merged.append((int(found[1]), int(found[2])))
        elif name == "sheetData":
            self.is_within = True
        elif ":" in name:
            self.start(name.rpartition(":")[2], attributes)

    def end(self, name: str) -> None:
        """An element ends."""
        if name == "c":
            if self.said or self.has_formula:
                self._end_cell()
        elif name in ("v", "t"):
            self.keeps = False
        elif name == "row":
            self.add(self.row, self.cells)
            self.cells, self.column, self.row_text = [], 0, ""  # as where the row was read in another way
        elif name == "rPh":
            self.is_phonetic = False
        elif name == "sheetData":
            self.is_within = False
        elif ":" in name:
            self.end(name.rpartition(":")[2])

    def text(self, said: str) -> None:
        """Text stands here, whole."""
        if self.keeps:
            self.said.append(said)

    def _begin_row(self, given: str, hidden: bool) -> None:
        before, self.column = self.row, 0
        number = int(given) if given.isascii() and given.isdigit() else before + 1
        self.row = HiddenRow(number) if hidden else number
        if self.row <= before:
            raise SheetRefused(said("sheet.rows_out_of_order", where=self.where, row=str(self.row)))
        self.row_text = str(self.row)
        if self.row > MOST_ROWS:
            raise SheetRefused(said("sheet.many_rows", where=self.where, limit=MOST_ROWS))

    def _begin_cell(self, attributes: Attributes) -> None:
        self.attributes, self.has_formula = attributes, False
        self.column += 1
        address = attributes.get("r")
        if address and (self.column > MOST_COLUMNS or address != LETTERS[self.column] + self.row_text):
            found = _ADDRESS.fullmatch(address)
            column = column_number(found[1]) if found else 0
            if not found or int(found[2]) != self.row or column < self.column:
                raise SheetRefused(
                    said("sheet.cell_out_of_order", where=self.where, row=str(self.row), cell=address[:20])
                )
            self.column = column
        if self.column > MOST_COLUMNS:
            raise SheetRefused(
                said(
                    "sheet.column_too_far",
                    where=self.where,
                    row=str(self.row),
                    column=self.column,
                    limit=MOST_COLUMNS,
                )
            )

    def _end_cell(self) -> None:
        value = self._value(self.attributes.get("t", "n"), "".join(self.said))
        self.said.clear()
        if value:
            self.cells.extend([""] * (self.column - 1 - len(self.cells)))
            self.cells.append(value)

    def _value(self, kind: str, raw: str) -> str:
        if not raw:
            if self.has_formula and kind != "str":
                return UnclearText.of("=", "cell.no_result")
            return ""
        match kind:
            case "s":
                if not (raw.isascii() and raw.isdigit() and int(raw) < len(self.book.shared)):
                    raise SheetRefused(said("sheet.text_missing", where=self.where, row=str(self.row)))
                return self.book.shared[int(raw)]
            case "inlineStr" | "str":
                return text_cell(raw)
            case "b":
                return "TRUE" if raw in ("1", "true") else "FALSE"
            case "e":
                return UnclearText.of(raw, "cell.error", text=raw)
            case "d":
                return raw
        style = self.attributes.get("s", "0")
        if style.isascii() and style.isdigit() and int(style) in self.book.date_styles:
            return date_text(raw, self.book.is_1904)
        return number_text(raw)
