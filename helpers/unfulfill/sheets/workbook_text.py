"""Strict reading of a workbook: every cell as the exact text that stands in the file, a row at a time.

Python's readers of workbooks give numbers: 6.48914E+12 comes back as 6489140000000, which may be another order's id,
and an error or a formula without its result as a blank (tried with python-calamine 0.9 and fastexcel 0.21). So the XML
is read here, as it comes; entities and document types are refused, so nothing in it can grow.
"""

import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.parsers import expat

from unfulfill.errors import SheetRefused
from unfulfill.sheets.cells import (
    BUILT_IN_DATES,
    UnclearText,
    date_text,
    is_date_format,
    number_text,
    plain_xml_text,
)
from unfulfill.sheets.containers import open_archive, unpack, unpack_whole

MOST_ROWS = 1_048_576  # Excel's
MOST_COLUMNS = 1_000  # Matrixify has 219 for orders, and one a metafield
WIDEST_GAP = 10_000  # blank rows within the data
PART = 64 * 1024 * 1024  # bytes of the list of sheets, of the styles
MOST_SHARED = 300 * 1024 * 1024  # bytes of the shared texts
_ADDRESS = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,7})")
_MERGED = re.compile(r"[A-Z]+([0-9]+):[A-Z]+([0-9]+)")

Attributes = Mapping[str, str]


@dataclass(frozen=True)
class SheetPart:
    """One worksheet of a workbook: its name, where it is in the archive, and whether people see it."""

    name: str
    member: str
    is_hidden: bool


@dataclass(frozen=True)
class Book:
    """What the cells of all sheets rest on."""

    path: Path
    sheets: tuple[SheetPart, ...]
    shared: tuple[str, ...]
    date_styles: frozenset[int]
    is_1904: bool


def open_book(path: Path) -> Book:
    """The sheets of a workbook, without their rows. Raises SheetRefused where it is none, or not whole."""
    with open_archive(path) as archive:
        root = _related(path, archive, "")
        main = next((target for kind, target in root.values() if kind == "officeDocument"), "xl/workbook.xml")
        listed: list[Attributes] = []
        facts: dict[str, str] = {}

        def see(name: str, attributes: Attributes) -> None:
            if name == "sheet":
                listed.append(attributes)
            elif name == "workbookPr":
                facts.update(attributes)

        _walk(path, main, unpack_whole(path, archive, main, PART), see)
        related = _related(path, archive, main)
        sheets = [sheet for one in listed if (sheet := _sheet_part(path, archive, one, related))]
        for sheet in sheets:
            _count_rows(path, archive, sheet)
        parts = dict(related.values())
        return Book(
            path,
            tuple(sheets),
            tuple(_shared(path, archive, parts.get("sharedStrings", ""))),
            _date_styles(path, archive, parts.get("styles", "")),
            facts.get("date1904", "0").lower() in ("1", "true"),
        )


def read_rows(book: Book, sheet: SheetPart) -> Iterator[tuple[int, list[str]]]:
    """Row number as the spreadsheet shows it, and its cells, "" where blank; rows without content are left out."""
    where = f"{book.path.name}, sheet {sheet.name}"
    reader = _Rows(book, where)
    parser = _parser(where, reader.start, reader.end, reader.text)
    last = 0
    with open_archive(book.path) as archive, archive.open(sheet.member) as member:
        for piece in unpack(member):
            _feed(parser, where, piece)
            for number, cells in reader.take():
                if last and number - last > WIDEST_GAP:
                    raise SheetRefused(
                        f"{where}, row {number:,}: it stands {number - last - 1:,} blank rows below the others; delete"
                        " what is there and save the file again."
                    )
                last = number
                yield number, cells
        _feed(parser, where, b"", is_last=True)
    for first, final in reader.merged:
        if final > first:
            raise SheetRefused(
                f"{where}, row {first}: cells are merged down to row {final}, so that only the first has a value;"
                " unmerge them and fill each row."
            )


class _Rows:
    """The handlers of the parser: what was read of a sheet since it was last taken."""

    def __init__(self, book: Book, where: str) -> None:
        self.book, self.where = book, where
        self.merged: list[tuple[int, int]] = []
        self.ready: list[tuple[int, list[str]]] = []
        self.cells: list[str] = []
        self.row = self.column = 0
        self.attributes: Attributes = {}
        self.keeps, self.is_phonetic, self.has_formula = False, False, False
        self.said: list[str] = []

    def take(self) -> list[tuple[int, list[str]]]:
        ready, self.ready = self.ready, []
        return ready

    def start(self, name: str, attributes: Attributes) -> None:
        if name == "c":
            self._begin_cell(attributes)
        elif name in ("v", "t"):
            self.keeps = not self.is_phonetic
        elif name == "row":
            self._begin_row(attributes.get("r", ""))
        elif name == "f":
            self.has_formula = True
        elif name == "rPh":
            self.is_phonetic = True
        elif name == "mergeCell":
            found = _MERGED.fullmatch(attributes.get("ref", ""))
            if found:
                self.merged.append((int(found[1]), int(found[2])))

    def end(self, name: str) -> None:
        if name == "c":
            self._end_cell()
        elif name in ("v", "t"):
            self.keeps = False
        elif name == "rPh":
            self.is_phonetic = False
        elif name == "row":
            if any(cell and not cell.isspace() for cell in self.cells):
                self.ready.append((self.row, self.cells))
            self.cells = []

    def text(self, said: str) -> None:
        if self.keeps:
            self.said.append(said)

    def _begin_row(self, number: str) -> None:
        before, self.column = self.row, 0
        self.row = int(number) if number.isascii() and number.isdigit() else before + 1
        if self.row <= before:
            raise SheetRefused(
                f"{self.where}, row {self.row}: rows are out of order; save the file again as .xlsx."
            )
        if self.row > MOST_ROWS:
            raise SheetRefused(f"{self.where} has more than {MOST_ROWS:,} rows; split it, or save it as CSV.")

    def _begin_cell(self, attributes: Attributes) -> None:
        self.attributes, self.said, self.has_formula = attributes, [], False
        self.column += 1
        address = attributes.get("r")
        if address:
            found = _ADDRESS.fullmatch(address)
            column = column_number(found[1]) if found else 0
            if not found or int(found[2]) != self.row or column < self.column:
                raise SheetRefused(
                    f"{self.where}, row {self.row}: the cell {address[:20]} is out of order; save it again."
                )
            self.column = column
        if self.column > MOST_COLUMNS:
            raise SheetRefused(
                f"{self.where}, row {self.row}: a cell stands in column {self.column:,}, and at most {MOST_COLUMNS:,}"
                " are read; delete what is there."
            )

    def _end_cell(self) -> None:
        value = self._value(self.attributes.get("t", "n"), "".join(self.said))
        if value:
            self.cells.extend([""] * (self.column - 1 - len(self.cells)))
            self.cells.append(value)

    def _value(self, kind: str, raw: str) -> str:
        if not raw:
            if self.has_formula and kind != "str":
                why = (
                    "the cell holds a formula without its result; recalculate in a spreadsheet and save again"
                )
                return UnclearText.of("=", why)
            return ""
        match kind:
            case "s":
                if not (raw.isascii() and raw.isdigit() and int(raw) < len(self.book.shared)):
                    raise SheetRefused(
                        f"{self.where}, row {self.row}: a text is missing; save the file again."
                    )
                return self.book.shared[int(raw)]
            case "inlineStr" | "str":
                return plain_xml_text(raw)
            case "b":
                return "TRUE" if raw in ("1", "true") else "FALSE"
            case "e":
                return UnclearText.of(raw, f"{raw} is an error of the spreadsheet; mend the formula")
            case "d":
                return raw
        style = self.attributes.get("s", "0")
        if style.isascii() and style.isdigit() and int(style) in self.book.date_styles:
            return date_text(raw, self.book.is_1904)
        return number_text(raw)


def column_number(letters: str) -> int:
    """1 for A, 27 for AA."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def _parser(where: str, start: object, end: object = None, text: object = None) -> expat.XMLParserType:
    """An XML parser without document types, which are how entities grow. Prefixes of names are dropped."""
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def refuse(*_: object) -> None:
        raise SheetRefused(f"{where} declares a document type, as no workbook does; save it again.")

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = lambda name, found: start(name.rpartition(":")[2], found)  # type: ignore[operator]
    if end is not None:
        parser.EndElementHandler = lambda name: end(name.rpartition(":")[2])  # type: ignore[operator]
    if text is not None:
        parser.CharacterDataHandler = text  # type: ignore[assignment]
    return parser


def _feed(parser: expat.XMLParserType, where: str, piece: bytes, is_last: bool = False) -> None:
    try:
        parser.Parse(piece, is_last)
    except expat.ExpatError as error:
        raise SheetRefused(f"{where} is damaged ({error}); save the file again.") from None


def _walk(path: Path, name: str, content: bytes, start: object) -> None:
    where = f"{path.name}, {name}"
    _feed(_parser(where, start), where, content, is_last=True)


def _related(path: Path, archive: zipfile.ZipFile, part: str) -> dict[str, tuple[str, str]]:
    """Id → kind and member of what a part of the archive refers to."""
    folder, name = posixpath.split(part)
    listed = posixpath.join(folder, "_rels", f"{name}.rels")
    found: dict[str, tuple[str, str]] = {}
    if listed not in archive.namelist():
        return found

    def see(name: str, attributes: Attributes) -> None:
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            target = posixpath.normpath(posixpath.join("/", folder, attributes.get("Target", "")))
            kind = attributes.get("Type", "").rpartition("/")[2]
            found[attributes.get("Id", "")] = (kind, target.lstrip("/"))

    _walk(path, listed, unpack_whole(path, archive, listed, PART), see)
    return found


def _sheet_part(
    path: Path, archive: zipfile.ZipFile, listed: Attributes, related: Mapping[str, tuple[str, str]]
) -> SheetPart | None:
    """None for what is no worksheet: a sheet that is a chart."""
    id_ = next((value for name, value in listed.items() if name.rpartition(":")[2] == "id"), "")
    kind, member = related.get(id_, ("", ""))
    if kind == "chartsheet":
        return None
    name = listed.get("name", "")
    if member not in archive.namelist():
        raise SheetRefused(
            f"{path.name}: the sheet {name} is missing in it; the file is damaged, save it again."
        )
    return SheetPart(name, member, listed.get("state", "visible") != "visible")


def _count_rows(path: Path, archive: zipfile.ZipFile, sheet: SheetPart) -> None:
    """Refuse a sheet that is too long before its cells are looked at."""
    if archive.getinfo(sheet.member).file_size < MOST_ROWS * len("<row/>"):
        return
    with archive.open(sheet.member) as file:
        rows = sum(piece.count(b"<row") for piece in unpack(file))
    if rows > MOST_ROWS:
        raise SheetRefused(f"{path.name}, sheet {sheet.name} has more than {MOST_ROWS:,} rows; split it.")


def _shared(path: Path, archive: zipfile.ZipFile, member: str) -> list[str]:
    texts: list[str] = []
    if member not in archive.namelist():
        return texts
    if archive.getinfo(member).file_size > MOST_SHARED:
        raise SheetRefused(f"{path.name}: its texts are too many to be read at once; save it as CSV.")
    said: list[str] = []
    state = {"keeps": False, "phonetic": False}

    def start(name: str, _: Attributes) -> None:
        if name == "rPh":
            state["phonetic"] = True
        state["keeps"] = name == "t" and not state["phonetic"]

    def end(name: str) -> None:
        state["keeps"] = False
        if name == "rPh":
            state["phonetic"] = False
        elif name == "si":
            texts.append(plain_xml_text("".join(said)))
            said.clear()

    where = f"{path.name}, {member}"
    parser = _parser(where, start, end, lambda text: said.append(text) if state["keeps"] else None)
    with archive.open(member) as file:
        for piece in unpack(file):
            _feed(parser, where, piece)
    _feed(parser, where, b"", is_last=True)
    return texts


def _date_styles(path: Path, archive: zipfile.ZipFile, member: str) -> frozenset[int]:
    """Numbers of the cell styles that show a date."""
    own: dict[str, str] = {}
    styles: list[str] = []
    state = {"within": False}
    if member not in archive.namelist():
        return frozenset()

    def start(name: str, attributes: Attributes) -> None:
        if name == "numFmt":
            own[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif name in ("cellXfs", "cellStyleXfs", "cellStyles", "dxfs"):
            state["within"] = name == "cellXfs"
        elif name == "xf" and state["within"]:
            styles.append(attributes.get("numFmtId", "0"))

    _walk(path, member, unpack_whole(path, archive, member, PART), start)
    dates = {id_ for id_, code in own.items() if is_date_format(code)}
    dates |= {str(number) for number in BUILT_IN_DATES} - own.keys()
    return frozenset(place for place, id_ in enumerate(styles) if id_ in dates)
