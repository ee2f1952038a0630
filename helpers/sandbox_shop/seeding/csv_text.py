"""CSV files as merchants have them: any usual encoding and separator; what cannot be read is refused with its place."""

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sandbox_shop.seeding.errors import SeedRefused

SEPARATORS = (",", ";", "\t")
WORKBOOKS = {b"PK\x03\x04": "an Excel workbook (.xlsx)", b"\xd0\xcf\x11\xe0": "an old Excel workbook (.xls)"}


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a file; `line` is the line of the file where it begins, from 1."""

    sheet: "Sheet"
    line: int
    cells: list[str]

    def get(self, column: str) -> str:
        """The cell under a header, without blanks around it; empty where the file has no such column."""
        place = self.sheet.places.get(column.casefold())
        return self.cells[place].strip() if place is not None else ""

    def refuse(self, column: str, what: str) -> SeedRefused:
        """The error for a cell of this row; `what` says what is wrong and what to do, without a full stop."""
        return SeedRefused(f"{self.sheet.path.name}, line {self.line}, column {column}: {what}.")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A CSV file: its header as written, and where each column stands (by its case-folded name)."""

    path: Path
    header: list[str]
    places: dict[str, int]
    rows: list[tuple[int, list[str]]]  # line of the file, cells; as long as the header

    def has(self, *columns: str) -> bool:
        """Whether the file has all of these columns."""
        return all(column.casefold() in self.places for column in columns)

    def records(self) -> Iterator[Record]:
        """Its rows, without blank ones."""
        return (Record(self, line, cells) for line, cells in self.rows)


def read_sheet(path: Path, what: str, needed: Sequence[str]) -> Sheet:
    """Read a CSV file whose header has the columns `needed`. `what` names the file in messages.

    Raises SeedRefused: missing, empty or unreadable file, a workbook, a header without the needed columns or
    with one twice, a row longer than the header, a quote that is never closed.
    """
    text = _decode(path, what)
    separator = _separator(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[tuple[int, list[str]]] = []
    header: list[str] = []
    begin = 1
    try:
        for cells in reader:
            if not header:
                if any(cell.strip() for cell in cells):
                    header = [cell.strip() for cell in cells]
                    places = _places(path, what, header, begin, needed)
            elif any(cells):
                rows.append((begin, _fitted(path, begin, cells, header)))
            begin = reader.line_num + 1
    except csv.Error as error:
        raise SeedRefused(
            f"{path.name}, line {begin}: the row that begins here is not proper CSV ({error}); export the file again."
        ) from None
    if not header:
        raise SeedRefused(f"{path.name} is empty; give the {what} that Shopify's admin exports.")
    return Sheet(path, header, places, rows)


def _decode(path: Path, what: str) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = (
            "does not exist" if isinstance(error, FileNotFoundError) else f"cannot be read ({error.strerror})"
        )
        raise SeedRefused(
            f"{path} {reason}; give the path of the {what} that Shopify's admin exports."
        ) from None
    for magic, name in WORKBOOKS.items():
        if data.startswith(magic):
            raise SeedRefused(
                f"{path.name} is {name}; save it as CSV (UTF-8) or export it from Shopify again."
            )
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ["utf-16"]
    elif b"\0" in data[:200]:
        encodings = ["utf-16-le" if data[1:2] == b"\0" else "utf-16-be"]
    else:
        encodings = ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise SeedRefused(
        f"{path.name} is not a text file in UTF-8, UTF-16 or Windows-1252; export it as CSV again."
    )


def _separator(text: str) -> str:
    """The separator that stands most often in the first line with text, outside quotes."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    outside = "".join(first.split('"')[::2])
    return max(SEPARATORS, key=outside.count)


def _places(path: Path, what: str, header: list[str], line: int, needed: Sequence[str]) -> dict[str, int]:
    places: dict[str, int] = {}
    for place, column in enumerate(header):
        if not column:
            continue
        if column.casefold() in places:
            raise SeedRefused(
                f"{path.name}, line {line}, column {column}: the header has this column twice; delete one of the two."
            )
        places[column.casefold()] = place
    missing = [column for column in needed if column.casefold() not in places]
    if missing:
        raise SeedRefused(
            f"{path.name}, line {line}: the header lacks the column {' and '.join(missing)}; "
            f"give the {what} that Shopify's admin exports."
        )
    return places


def _fitted(path: Path, line: int, cells: list[str], header: list[str]) -> list[str]:
    if len(cells) > len(header):
        if any(cell.strip() for cell in cells[len(header) :]):
            raise SeedRefused(
                f"{path.name}, line {line}, column {len(header) + 1}: the row has {len(cells)} cells but the header "
                f"{len(header)}; a separator may stand unquoted in a text, export the file again."
            )
        return cells[: len(header)]
    return cells + [""] * (len(header) - len(cells))
