"""Rows of a sheet as spreadsheets write nearly all of them, read by splitting their text, many times as fast as XML.

What is not exactly of a form that is known here is not read: a formula, an error, rich text, an element or attribute
that is not listed, a comment, an entity of no plain character. The strict reader gets it.
"""

import re
from collections.abc import Collection

from unfulfill.sheets.cells import CELL_LIMIT, date_text, number_text, text_cell
from unfulfill.sheets.strict_rows import LETTERS, MOST_COLUMNS, HiddenRow, Row, is_hidden
from unfulfill.sheets.workbook_parts import MOST_ROWS, Book

_DECLARATION = re.compile(
    rb"(?:\xef\xbb\xbf)?"
    rb"(?:<\?xml version=[\"']1\.0[\"'](?: encoding=[\"'](?:UTF|utf)-8[\"'])?(?: standalone=[\"'](?:yes|no)[\"'])?\?>)?"
)
# Bytes of no text, or that XML changes in it; and how U+FFFE and U+FFFF begin, which XML forbids.
_UNUSUAL = bytes([*range(9), 11, 12, 13, *range(14, 32)])
_NO_CHARACTER = b"\xef\xbf"
_ROW = re.compile(rb'[ \t\n]*<row((?: [A-Za-z:0-9]+="[A-Za-z0-9.: ]*")*)>')
_ATTRIBUTE = re.compile(rb' ([A-Za-z:0-9]+)="([^"]*)"')
_OF_ROW = {"r", "spans", "s", "customFormat", "ht", "customHeight", "hidden", "outlineLevel", "collapsed", "thickTop",
           "thickBot", "ph", "x14ac:dyDescent"}  # fmt: skip
_NUMBER = re.compile("[1-9][0-9]{0,6}")
_STYLE = re.compile("[0-9]{1,6}")
_VALUE_END, _TEXT_END, _NO_CELL = b"</v></c>", b"</t></is></c>", b"/>"
_CELL = re.compile(
    rb'((?: [st]="[A-Za-z0-9]*")*)(?:(?P<value>><v)|(?P<text>><is><t(?: xml:space="preserve")?)|/>|></c>)'
)
_COLUMNS = {letters.encode(): number for number, letters in enumerate(LETTERS) if number}
_LETTERS = tuple(letters.encode() for letters in LETTERS)
_ENTITIES = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'", "#9": "\t", "#10": "\n", "#13": "\r",
             "#x9": "\t", "#xA": "\n", "#xD": "\r", "#xa": "\n", "#xd": "\r"}  # fmt: skip
_MOST_KINDS = 1_000
UNKNOWN, BLANK, TEXT, SHARED, NUMBER, DATE, FLAG = range(7)
_OF_TYPE = {"n": NUMBER, "s": SHARED, "b": FLAG, "str": TEXT, "inlineStr": TEXT}


def is_plain_head(head: bytes) -> bool:
    """Whether the XML before the rows is UTF-8 and holds no comment, CDATA or instruction, which could hide rows."""
    begun = _DECLARATION.match(head)
    return begun is not None and not hides_rows(head[begun.end() :])


def hides_rows(xml: bytes) -> bool:
    """Whether what looks like a row from here on may be a part of a comment, of CDATA or of an instruction."""
    return b"<!" in xml or b"<?" in xml


def is_usual(xml: bytes) -> bool:
    """Whether it holds no character that XML forbids or changes."""
    return len(xml.translate(None, _UNUSUAL)) == len(xml) and not (b"\xef" in xml and _NO_CHARACTER in xml)


class PlainRows:
    """Reads the plain rows of a sheet; what begins a cell is looked at once and remembered."""

    def __init__(self, book: Book) -> None:
        self.shared, self.is_1904 = book.shared, book.is_1904
        self.values, self.texts, self.blanks = (
            _Kinds(book.date_styles, end) for end in (_VALUE_END, _TEXT_END, b"")
        )

    def read(self, row: bytes, before: int) -> Row | None:
        """The row that stands below row `before`, without its `</row>`, of usual XML; None where it is not plain."""
        opened = _ROW.match(row)
        number = _row_number(opened[1], before) if opened else None
        if opened is None or number is None:
            return None
        body = row[opened.end() :]
        has_addresses = body.startswith(b'<c r="')
        first, *cells = body.split(b'<c r="' if has_addresses else b"<c")
        if first or len(cells) > MOST_COLUMNS:
            return None
        bare = _bare(cells, b"%d" % number) if has_addresses else cells
        try:
            read = None if bare is None else self._cells(bare)
        except UnicodeDecodeError:
            return None
        while read and not read[-1]:
            read.pop()
        return None if read is None else (number, read)

    def _cells(self, cells: list[bytes]) -> list[str] | None:
        """Each is given as what follows `<c` and its address."""
        read: list[str] = []
        for cell in cells:
            if cell.endswith(_TEXT_END):
                head, _, raw = cell[: -len(_TEXT_END)].rpartition(b">")
                kind = self.texts[head]
            elif cell.endswith(_VALUE_END):
                head, _, raw = cell[: -len(_VALUE_END)].rpartition(b">")
                kind = self.values[head]
            else:
                kind, raw = self.blanks[cell], b""
            text = raw.decode()
            if kind == UNKNOWN or "<" in text:
                return None
            if kind != TEXT or "&" in text or "_x" in text or len(raw) > CELL_LIMIT:
                value = self._value(kind, text)
                if value is None:
                    return None
                text = value
            read.append(text)
        return read

    def _value(self, kind: int, raw: str) -> str | None:
        if kind == TEXT:
            return _text(raw)
        if not raw:
            return ""
        if "&" in raw:
            return None
        if kind == SHARED:
            is_number = raw.isascii() and raw.isdigit()
            return self.shared[int(raw)] if is_number and int(raw) < len(self.shared) else None
        if kind == FLAG:
            return "TRUE" if raw in ("1", "true") else "FALSE"
        return date_text(raw, self.is_1904) if kind == DATE else number_text(raw)


class _Kinds(dict[bytes, int]):
    """What stands before the value of a cell that ends in `end` → what the value is."""

    def __init__(self, date_styles: Collection[int], end: bytes) -> None:
        self.date_styles, self.end = date_styles, end

    def __missing__(self, head: bytes) -> int:
        kind = self._kind(head)
        if len(self) < _MOST_KINDS:
            self[head] = kind
        return kind

    def _kind(self, head: bytes) -> int:
        found = _CELL.fullmatch(head)
        said = _attributes(found[1]) if found else None
        if found is None or said is None or not _STYLE.fullmatch(said.get("s", "0")):
            return UNKNOWN
        if bool(found["value"]) != (self.end == _VALUE_END) or bool(found["text"]) != (self.end == _TEXT_END):
            return UNKNOWN
        if not self.end:
            return BLANK
        kind = _OF_TYPE.get(said.get("t", "n"), UNKNOWN)
        if self.end == _TEXT_END:
            return kind if said.get("t") == "inlineStr" else UNKNOWN
        return DATE if kind == NUMBER and int(said.get("s", "0")) in self.date_styles else kind


def _attributes(xml: bytes) -> dict[str, str] | None:
    """None where one stands twice."""
    found = _ATTRIBUTE.findall(xml)
    said = {name.decode(): value.decode() for name, value in found}
    return said if len(said) == len(found) else None


def _row_number(xml: bytes, before: int) -> int | None:
    said = _attributes(xml)
    if said is None or not _OF_ROW.issuperset(said):
        return None
    given = said.get("r", str(before + 1))
    if not _NUMBER.fullmatch(given) or not before < int(given) <= MOST_ROWS:
        return None
    return HiddenRow(given) if is_hidden(said) else int(given)


def _bare(cells: list[bytes], row: bytes) -> list[bytes] | None:
    """Cells without their addresses, and a blank one for each that was left out."""
    bare: list[bytes] = []
    for cell in cells:
        address, _, rest = cell.partition(b'"')
        next_ = len(bare) + 1
        if next_ > MOST_COLUMNS or address != _LETTERS[next_] + row:
            column = _COLUMNS.get(address.removesuffix(row), 0) if address.endswith(row) else 0
            if column < next_:
                return None
            bare.extend([_NO_CELL] * (column - next_))
        bare.append(rest)
    return bare


def _text(xml: str) -> str | None:
    """The text of a cell; None where an entity is none of those that stand for a plain character."""
    first, *parts = xml.split("&")
    said = [first]
    for part in parts:
        name, semicolon, text = part.partition(";")
        if not semicolon or name not in _ENTITIES:
            return None
        said += (_ENTITIES[name], text)
    return text_cell("".join(said))
