"""The parts of a workbook beside its cells: the list of sheets, shared texts, and which styles show a date."""

import posixpath
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.parsers import expat

from unfulfill.errors import SheetRefused
from unfulfill.sheets.cells import BUILT_IN_DATES, is_date_format, text_cell
from unfulfill.sheets.containers import open_archive, unpack, unpack_whole
from unfulfill.words import said

MOST_ROWS = 1_048_576  # Excel's
PART = 64 * 1024 * 1024  # bytes of the list of sheets, of the styles
MOST_SHARED = 300 * 1024 * 1024  # bytes of the shared texts

LONGEST_TAG = 1_000  # bytes up to the end of its name
_ROW = re.compile(rb"<(?:[^\s<>/:]+:)?row[\s/>]")
_ENCODINGS = ("utf-8", "utf-16", "us-ascii")
Attributes = Mapping[str, str]
Start = Callable[[str, Attributes], None]
End = Callable[[str], None]


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
        parts = dict(related.values())
        return Book(
            path,
            tuple(sheets),
            tuple(_shared(path, archive, parts.get("sharedStrings", ""))),
            _date_styles(path, archive, parts.get("styles", "")),
            facts.get("date1904", "0").lower() in ("1", "true"),
        )


def make_parser(
    where: str, start: Start, end: End | None = None, text: End | None = None
) -> expat.XMLParserType:
    """An XML parser without document types, which are how entities grow."""
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def refuse(*_: object) -> None:
        raise SheetRefused(said("file.document_type", where=where))

    def check(_: str, encoding: str | None, __: int) -> None:
        if encoding and encoding.lower() not in _ENCODINGS:
            raise SheetRefused(said("file.encoding", where=where, encoding=encoding[:20]))

    parser.XmlDeclHandler = check
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    return parser


def feed(parser: expat.XMLParserType, where: str, piece: bytes, is_last: bool = False) -> None:
    """Parse a piece. Raises SheetRefused where it is no XML."""
    try:
        parser.Parse(piece, is_last)
    except expat.ExpatError as error:
        raise SheetRefused(
            said("file.damaged_xml", where=where, line=str(error.lineno), column=str(error.offset + 1))
        ) from None


def _walk(path: Path, name: str, content: bytes, see: Start) -> None:
    """Tell `see` every element, by its name without prefix."""
    where = f"{path.name}, {name}"
    parser = make_parser(where, lambda name, attributes: see(name.rpartition(":")[2], attributes))
    feed(parser, where, content, is_last=True)


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
        raise SheetRefused(said("file.sheet_missing", file=path.name, sheet=name))
    return SheetPart(name, member, listed.get("state", "visible") != "visible")


def count_rows(path: Path, sheet: SheetPart) -> None:
    """Refuse a sheet that is too long, without looking at its cells."""
    with open_archive(path) as archive:
        if archive.getinfo(sheet.member).file_size < MOST_ROWS * len("<row/>"):
            return
        with archive.open(sheet.member) as file:
            most = sum(piece.count(b"row") + 1 for piece in unpack(file))  # one may lie between two pieces
        if most <= MOST_ROWS:
            return
        with archive.open(sheet.member) as file:
            rows, rest = 0, b""
            for piece in unpack(file):
                text = rest + piece
                last = max(text.rfind(b"<"), 0)  # that tag may go on in the next piece
                rows += len(_ROW.findall(text, 0, last))
                rest = text[last : last + LONGEST_TAG]
    if rows > MOST_ROWS:
        where = said("sheet.of_file", file=path.name, sheet=sheet.name)
        raise SheetRefused(said("sheet.many_rows", where=where, limit=MOST_ROWS))


def _shared(path: Path, archive: zipfile.ZipFile, member: str) -> list[str]:
    texts: list[str] = []
    if member not in archive.namelist():
        return texts
    if archive.getinfo(member).file_size > MOST_SHARED:
        raise SheetRefused(said("file.many_texts", file=path.name))
    pieces: list[str] = []
    state = {"keeps": False, "phonetic": False}

    def start(name: str, _: Attributes) -> None:
        name = name.rpartition(":")[2]
        if name == "rPh":
            state["phonetic"] = True
        state["keeps"] = name == "t" and not state["phonetic"]

    def end(name: str) -> None:
        name = name.rpartition(":")[2]
        state["keeps"] = False
        if name == "rPh":
            state["phonetic"] = False
        elif name == "si":
            texts.append(text_cell("".join(pieces)))
            pieces.clear()

    where = f"{path.name}, {member}"
    parser = make_parser(where, start, end, lambda text: pieces.append(text) if state["keeps"] else None)
    with archive.open(member) as file:
        for piece in unpack(file):
            feed(parser, where, piece)
    feed(parser, where, b"", is_last=True)
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
