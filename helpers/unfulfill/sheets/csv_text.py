"""Strict reading of a CSV: every cell as the text that stands there, or a refusal that names the line."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from unfulfill.errors import SheetRefused
from unfulfill.sheets.plain_file import size_of_file, unreadable
from unfulfill.sheets.problems import Problem, refusal, refuse
from unfulfill.sheets.row_place import LINE, Place
from unfulfill.words import said

LARGEST = 256 * 1024 * 1024  # bytes
HEAD = 64 * 1024  # bytes that are looked at for the header
LINES_OF_HEAD = 3  # a sep= line, the header, and one below it
MOST_COLUMNS = 16_384  # Excel's
DELIMITERS = (",", ";", "\t")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_NOT_CSV = (
    (b"PK\x03\x04", "file.zip_as_csv"),
    (b"\xd0\xcf\x11\xe0", "file.old_workbook_as_csv"),
    (b"%PDF", "file.pdf"),
    (b"\x1f\x8b", "file.gzip"),
    (b"PAR1", "file.parquet"),
    (b"\x89PNG", "file.picture"),
    (b"\xff\xd8\xff", "file.picture"),
)  # how they begin, and what is said of them


@dataclass(frozen=True)
class CsvText:
    """A CSV as text. `lines[i]` is the line of the file, from 1, on which `rows[i]` starts; blank rows are left out."""

    path: Path
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]  # each as long as the header
    lines: tuple[int, ...]
    header_line: int = 1
    place: Place = LINE  # what `lines` counts


@dataclass(frozen=True)
class CsvTable:
    """A CSV of which only the header is read. `rows` come once, each with the line where it starts."""

    header: tuple[str, ...]
    header_line: int
    rows: Iterator[tuple[int, tuple[str, ...]]]


def read_csv_text(path: Path) -> CsvText:
    """Read a CSV with a header: UTF-8 with or without BOM, UTF-16 with BOM, else Windows-1252; , ; or tab.

    Raises SheetRefused where the file is missing, not text, or ambiguous: a row longer than the header, two columns of
    one name, a quote that is never closed, a NUL.
    """
    return parse_csv_text(path, read_bytes(path))


def parse_csv_text(path: Path, data: bytes) -> CsvText:
    """The same of bytes; `path` only names them."""
    table = open_csv(path, data)
    read = list(table.rows)
    lines, rows = tuple(line for line, _ in read), tuple(cells for _, cells in read)
    return CsvText(path, table.header, rows, lines, table.header_line)


def open_csv(path: Path, data: bytes, may_double: bool = False) -> CsvTable:
    """The same row by row: a quote that is wrong is refused when it comes, rows of another width after the last."""
    stream, head = _open_text(path, data)
    delimiter, first = _delimiter(head)
    for _ in range(1, first):
        stream.readline()
    records = _records(path, stream, delimiter, first)
    line, cells = next(records, (0, []))
    if not cells:
        raise SheetRefused(said("file.empty", file=path.name))
    header = clean_header(path.name, cells, may_double)
    ends_well = any(mark in data[-2:] for mark in (b"\n", b"\r"))  # in UTF-16 too
    return CsvTable(header, line, _fitted(path, header, delimiter, records, ends_well))


def read_bytes(path: Path) -> bytes:
    """A file that is not too large."""
    if size_of_file(path) > LARGEST:
        raise SheetRefused(said("file.large", file=path.name, limit=LARGEST // 1024 // 1024))
    try:
        return path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from None


def _open_text(path: Path, data: bytes) -> tuple[io.TextIOBase, str]:
    """The text, decoded as it is read where it is plain UTF-8, and its head: at least the first line with a cell."""
    is_plain = not data.startswith(_UTF_16) and b"\x00" not in data and _is_utf8(data)
    if not is_plain or data.startswith(tuple(start for start, _ in _NOT_CSV)):
        text = _decode(path, data)
        return io.StringIO(text, newline=""), text
    head = data[:HEAD].decode("utf-8-sig", errors="ignore")
    if len(data) > HEAD and sum(not line.isspace() for line in head.splitlines()) < LINES_OF_HEAD:
        head = data.decode("utf-8-sig")
    _refuse_web_page(path, head)
    return io.TextIOWrapper(io.BytesIO(data), "utf-8-sig", newline=""), head


def _is_utf8(data: bytes) -> bool:
    """As Python's decoder has it, without making the text."""
    try:
        pa.array([data], pa.large_binary()).cast(pa.large_string())
    except pa.ArrowInvalid:
        return False
    return True


def _decode(path: Path, data: bytes) -> str:
    for start, key in _NOT_CSV:
        if data.startswith(start):
            raise SheetRefused(said(key, file=path.name))
    for encoding in _encodings(data):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError as error:
            if encoding == "utf-8-sig" and not data.decode(errors="ignore").isascii():
                line = data.count(b"\n", 0, error.start) + 1
                raise SheetRefused(said("file.two_encodings", file=path.name, line=str(line))) from None
            continue
        if "\x00" in text:
            line = text[: text.index("\x00")].count("\n") + 1
            raise SheetRefused(said("file.nul", file=path.name, line=str(line)))
        _refuse_web_page(path, text)
        return text
    raise SheetRefused(said("file.unknown_encoding", file=path.name))


def _refuse_web_page(path: Path, text: str) -> None:
    if text.lstrip()[:15].lower().startswith(("<!doctype", "<html", "<?xml", "<table")):
        raise SheetRefused(said("file.web_page", file=path.name))


def _encodings(data: bytes) -> Sequence[str]:
    if data.startswith(_UTF_16):
        return ("utf-16",)
    return ("utf-8-sig", "cp1252")


def _delimiter(head: str) -> tuple[str, int]:
    """What separates the cells, and the line where the table begins: below Excel's `sep=`, else the first."""
    first = head.partition("\n")[0].partition("\r")[0].strip()
    if first.lower().startswith("sep=") and first[4:5] in (*DELIMITERS, ""):
        return first[4:5] or "\t", 2
    header = next((line for line in head.splitlines() if line.strip()), "")
    counts = {mark: len(next(csv.reader([header], delimiter=mark), [])) for mark in DELIMITERS}
    return max(counts, key=lambda mark: counts[mark]), 1


def _records(
    path: Path, stream: Iterable[str], delimiter: str, first: int
) -> Iterator[tuple[int, list[str]]]:
    """Every row that is not blank, with the line where it starts; the stream stands at line `first`."""
    reader = csv.reader(stream, delimiter=delimiter, strict=True)
    start = first
    try:
        for cells in reader:
            if any(map(str.strip, cells)):
                yield start, cells
            start = reader.line_num + first
    except csv.Error as error:
        is_long = "field limit" in str(error)  # mostly by a quote that is open
        why = said("sheet.long_cell", limit=csv.field_size_limit()) if is_long else said("sheet.open_quote")
        raise refusal(path, [Problem.at(LINE, start, why)]) from None


def _fitted(
    path: Path,
    header: tuple[str, ...],
    delimiter: str,
    records: Iterable[tuple[int, list[str]]],
    ends_well: bool,
) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The rows as long as the header. Raises SheetRefused with all that are longer, and where the last is cut off."""
    width = len(header)
    problems: list[Problem] = []
    whole = line = given = 0
    for line, cells in records:
        given = len(cells)
        if given == width:
            whole += 1
            refuse_header(path, LINE, line, header, cells)
        else:
            if given == 1 < width:
                _refuse_separator(path, line, width, delimiter, cells[0])
            if any(map(str.strip, cells[width:])):
                why = said("sheet.many_cells", count=len(cells), width=width, separator=delimiter)
                problems.append(Problem.at(LINE, line, why))
            cells = [*cells[:width], *[""] * (width - len(cells))]
        yield line, tuple(cells)
    if whole and given < width and not ends_well:
        problems.append(Problem.at(LINE, line, said("sheet.cut_off", count=given, width=width)))
    refuse(path, problems)


def _refuse_separator(path: Path, line: int, width: int, delimiter: str, cell: str) -> None:
    for mark in DELIMITERS:
        if mark != delimiter and cell.count(mark) >= width - 1:
            why = said("sheet.two_separators", here=_separator(mark), above=_separator(delimiter))
            raise refusal(path, [Problem.at(LINE, line, why)])


def _separator(mark: str) -> str:
    return said("sheet.tabs") if mark == "\t" else said("sheet.quoted", text=mark)


def refuse_header(path: Path, place: Place, number: int, header: Sequence[str], cells: Sequence[str]) -> None:
    """Raise SheetRefused for a row that is the header once more, as where two files were put together."""
    if cells[0] != header[0] or len(header) == 1 or tuple(cells) != tuple(header):
        return
    if not any(name.isdigit() for name in header):  # else there is no header, and two rows are equal
        raise refusal(path, [Problem.at(place, number, said("sheet.header_again"))])


def clean_header(where: str, cells: Sequence[str], may_double: bool = False) -> tuple[str, ...]:
    """The names of columns without the blanks around them. Raises SheetRefused where one stands twice."""
    names = [cell.replace("\u00a0", " ").strip("\ufeff \t\r\n") for cell in cells]
    while names and not names[-1]:
        names.pop()
    if len(names) > MOST_COLUMNS:
        raise SheetRefused(said("sheet.many_columns", where=where, count=len(names), limit=MOST_COLUMNS))
    times = Counter(name.casefold() for name in names if name)
    doubled = sorted({name for name in names if times[name.casefold()] > 1})
    if doubled and not may_double:
        raise SheetRefused(said("sheet.column_twice", where=where, columns=", ".join(doubled)))
    return tuple(names)
