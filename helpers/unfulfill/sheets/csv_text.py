"""Strict reading of a CSV: every cell as the text that stands there, or a refusal that names the line."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from unfulfill.errors import SheetRefused
from unfulfill.sheets.problems import refuse

LARGEST = 256 * 1024 * 1024  # bytes
DELIMITERS = (",", ";", "\t")
_NOT_CSV = (
    (b"PK\x03\x04", "is an Excel workbook; save it as CSV (UTF-8) and give that file"),
    (
        b"\xd0\xcf\x11\xe0",
        "is an old or password-protected Excel file; save it as CSV (UTF-8) and give that file",
    ),
    (b"%PDF", "is a PDF; save the table as CSV (UTF-8) and give that file"),
)


@dataclass(frozen=True)
class CsvText:
    """A CSV as text. `lines[i]` is the line of the file, from 1, on which `rows[i]` starts; blank rows are left out."""

    path: Path
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]  # each as long as the header
    lines: tuple[int, ...]
    header_line: int = 1
    place: str = "line"  # what `lines` counts: for a sheet of a workbook "sheet Marks, row"


def read_csv_text(path: Path) -> CsvText:
    """Read a CSV with a header: UTF-8 with or without BOM, UTF-16 with BOM, else Windows-1252; , ; or tab.

    Raises SheetRefused where the file is missing, not text, or ambiguous: a row longer than the header, two columns of
    one name, a quote that is never closed, a NUL.
    """
    return parse_csv_text(path, _read(path))


def parse_csv_text(path: Path, data: bytes) -> CsvText:
    """The same of bytes; `path` only names them."""
    text, delimiter = _delimiter(_decode(path, data))
    records = _records(path, text, delimiter)
    if not records:
        raise SheetRefused(f"{path.name} is empty; give a file with a header and at least one row.")
    header = clean_header(path.name, records[0][1])
    width = len(header)
    problems = [
        f"line {line}: {len(cells)} cells under a header of {width}; a quote or a “{delimiter}” is missing or too many"
        for line, cells in records[1:]
        if any(cell.strip() for cell in cells[width:])
    ]
    refuse(path, problems)
    rows = tuple(tuple(cells[:width]) + ("",) * (width - len(cells)) for _, cells in records[1:])
    return CsvText(path, header, rows, tuple(line for line, _ in records[1:]), records[0][0])


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST:
            raise SheetRefused(f"{path.name} is larger than {LARGEST // 1024 // 1024} MB; split it.")
        return path.read_bytes()
    except OSError as error:
        raise SheetRefused(f"{path} cannot be read ({error.strerror}); check the name of the file.") from None


def _decode(path: Path, data: bytes) -> str:
    for start, what in _NOT_CSV:
        if data.startswith(start):
            raise SheetRefused(f"{path.name} {what}.")
    for encoding in _encodings(data):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError as error:
            if encoding == "utf-8-sig" and not data.decode(errors="ignore").isascii():
                line = data.count(b"\n", 0, error.start) + 1
                raise SheetRefused(
                    f"{path.name}, line {line}: its letters are in two encodings; save it again as CSV (UTF-8)."
                ) from None
            continue
        if "\x00" in text:
            line = text[: text.index("\x00")].count("\n") + 1
            raise SheetRefused(
                f"{path.name}, line {line}: a NUL character; save the file again as CSV (UTF-8)."
            )
        if text.lstrip()[:15].lower().startswith(("<!doctype", "<html", "<?xml", "<table")):
            raise SheetRefused(f"{path.name} is a web page and not a CSV; export the table again.")
        return text
    raise SheetRefused(f"{path.name} is in an unknown encoding; save it again as CSV (UTF-8).")


def _encodings(data: bytes) -> Sequence[str]:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return ("utf-16",)
    return ("utf-8-sig", "cp1252")


def _delimiter(text: str) -> tuple[str, str]:
    """The text without Excel's `sep=` line, and what separates the cells of its header."""
    first, _, rest = text.partition("\n")
    if first.strip().lower().startswith("sep=") and first.strip()[4:5] in (*DELIMITERS, ""):
        return "\n" + rest, first.strip()[
            4:5
        ] or "\t"  # the line stays, blank, so that line numbers are right
    header = next((line for line in text.splitlines() if line.strip()), "")
    counts = {mark: len(next(csv.reader([header], delimiter=mark), [])) for mark in DELIMITERS}
    return text, max(counts, key=lambda mark: counts[mark])


def _records(path: Path, text: str, delimiter: str) -> list[tuple[int, list[str]]]:
    """Every row that is not blank, with the line where it starts."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    records: list[tuple[int, list[str]]] = []
    start = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                records.append((start, cells))
            start = reader.line_num + 1
    except csv.Error as error:
        raise SheetRefused(
            f"{path.name}, line {start}: {error}; a quote is open or stands within a cell. Correct the line."
        ) from None
    return records


def clean_header(where: str, cells: Sequence[str]) -> tuple[str, ...]:
    """The names of columns without the blanks around them. Raises SheetRefused where one stands twice."""
    names = [cell.replace("\u00a0", " ").strip("\ufeff \t\r\n") for cell in cells]
    while names and not names[-1]:
        names.pop()
    folded = [name.casefold() for name in names if name]
    doubled = sorted({name for name in names if folded.count(name.casefold()) > 1})
    if doubled:
        raise SheetRefused(f"{where}: the column {', '.join(doubled)} stands twice; rename or remove one.")
    return tuple(names)
