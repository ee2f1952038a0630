# ruff: noqa: E501 - a case a line
"""Cases 1: workbooks and archives that are damaged, protected, dangerous or something else."""

import struct
import zipfile
from collections.abc import Callable

from books import MAIN, OFFICE, PACKAGE, SHEET, book, packed, parts_of, rows_xml, sheet_xml
from case import Case

GOOD = [["ID", "Fulfillment: ID", "Fulfillment: Status"]] + [
    [str(5500000000000 + n), str(4700000000000 + n), "success"] for n in range(300)
]
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;">]>'
)
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>'


def good() -> bytes:
    return book(GOOD)


def cut(percent: int) -> Callable[[], bytes]:
    return lambda: good()[: len(good()) * percent // 100]


def flipped() -> bytes:
    data = bytearray(good())
    at = data.index(SHEET.encode()) + len(SHEET) + 40
    data[at] ^= 0xFF
    return bytes(data)


def with_parts(**more: str | bytes) -> Callable[[], bytes]:
    return lambda: packed(parts_of(sheet_xml(rows_xml(GOOD[:3])), more=more))  # type: ignore[arg-type]


def with_part(name: str, content: str | bytes = "x") -> Callable[[], bytes]:
    return lambda: packed({**parts_of(sheet_xml(rows_xml(GOOD[:3]))), name: content})


def without(name: str) -> Callable[[], bytes]:
    return lambda: packed(
        {part: text for part, text in parts_of(sheet_xml(rows_xml(GOOD[:3]))).items() if part != name}
    )


def of_sheet(inner: str, **about: str) -> Callable[[], bytes]:
    return lambda: packed(parts_of(sheet_xml(inner, **about)))


def doubled() -> bytes:
    import io
    import warnings

    data = io.BytesIO(good())
    with warnings.catch_warnings(), zipfile.ZipFile(data, "a") as archive:
        warnings.simplefilter("ignore")
        archive.writestr(SHEET, sheet_xml(rows_xml(GOOD[:2])))
    return data.getvalue()


def flagged() -> bytes:
    """Bit 0 of the flags says that a member is encrypted."""
    data = bytearray(good())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := data.find(mark, at + 1)) >= 0:
            data[at + offset] |= 1
    return bytes(data)


def of_method(number: int) -> Callable[[], bytes]:
    def make() -> bytes:
        data = bytearray(good())
        for mark, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
            at = -1
            while (at := data.find(mark, at + 1)) >= 0:
                struct.pack_into("<H", data, at + offset, number)
        return bytes(data)

    return make


def lying() -> bytes:
    """The sheet says that it has 100 bytes, and has more."""
    data = bytearray(good())
    at = data.rindex(SHEET.encode()) - 46
    struct.pack_into("<I", data, at + 24, 100)
    return bytes(data)


def bomb(megabytes: int) -> Callable[[], bytes]:
    return lambda: packed({**parts_of(""), SHEET: b" " * (megabytes << 20)})


def many_bombs() -> bytes:
    """None is large, all together are."""
    return packed({**parts_of(""), **{f"xl/media/{n}": b" " * (3 << 20) for n in range(60)}})


def long_sheet() -> bytes:
    rows = "".join(f"<row><c><v>{n * 7919 % 999_983}</v></c></row>" for n in range(1_200_000))
    return packed({**parts_of(""), SHEET: sheet_xml(rows)})


def long_prefixed_sheet() -> bytes:
    rows = "".join(f"<x:row><x:c><x:v>{n * 7919 % 999_983}</x:v></x:c></x:row>" for n in range(1_100_000))
    sheet = f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData>{rows}</x:sheetData></x:worksheet>'
    return packed({**parts_of(""), SHEET: sheet})


def heavy() -> bytes:
    return packed(
        {**parts_of(sheet_xml(rows_xml(GOOD[:3]))), "xl/media/image1.png": b"\x00" * int(50.1 * 2**20)},
        zipfile.ZIP_STORED,
    )


def charts_only() -> bytes:
    related = f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" Type="{OFFICE}/chartsheet" Target="chartsheets/sheet1.xml"/></Relationships>'
    return packed(
        {**parts_of(""), "xl/_rels/workbook.xml.rels": related, "xl/chartsheets/sheet1.xml": "<x/>"}
    )


def two_sheets() -> bytes:
    listed = f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets><sheet name="Orders" sheetId="1" r:id="rId1"/><sheet name="Orders (2)" sheetId="2" r:id="rId2"/></sheets></workbook>'
    related = "".join(
        f'<Relationship Id="rId{n}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in (1, 2)
    )
    other = sheet_xml(rows_xml([["ID", "Name", "Line: Type"], ["1", "#1", "Line Item"]]))
    more = {"xl/workbook.xml": listed, "xl/worksheets/sheet2.xml": other,
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">{related}</Relationships>'}  # fmt: skip
    return packed(parts_of(sheet_xml(rows_xml(GOOD[:3])), more=more))


HEAD = rows_xml(GOOD[:2])
DAMAGED = "is damaged or was not written to its end; save or download it again"
SHARED = f'<sst xmlns="{MAIN}"><si><t>ID</t></si></sst>'
CASES = [
    Case("an empty workbook file", "a.xlsx", bytes, ("a.xlsx is empty",)),
    Case("a CSV called .xlsx", "a.xlsx", lambda: b"ID,Name\n1,#1\n", ("it is plain text; rename it to .csv",)),
    Case("a CSV called .xls", "a.xls", lambda: b"ID,Name\n1,#1\n", ("it is plain text; rename it to .csv",)),
    Case("a web page called .xlsx", "a.xlsx", lambda: b"<html><table></table></html>", ("it is a web page",)),
    Case("a web page called .xls", "a.xls", lambda: b"\n<!DOCTYPE html>", ("it is a web page",)),
    Case("a web page called .csv", "a.csv", lambda: b"<!DOCTYPE html><table>", ("is a web page and not a CSV",)),
    Case("noise called .xlsx", "a.xlsx", lambda: bytes(range(256)), ("it is damaged or of another program",)),
    Case("a PDF", "a.csv", lambda: b"%PDF-1.7 x", ("is a PDF",)),
    Case("an old .xls", "a.xls", lambda: OLE + bytes(600), ("old format .xls", "save it as .xlsx")),
    Case("a workbook with a password", "a.xlsx", lambda: OLE + "EncryptedPackage".encode("utf-16-le"), ("protected by a password; open it, remove the password",)),
    Case("an old workbook called .csv", "a.csv", lambda: OLE + bytes(600), ("old format .xls",)),
    *(Case(f"a workbook cut at {n} %", "a.xlsx", cut(n), (DAMAGED,)) for n in (1, 10, 50, 90, 99)),
    Case("a workbook with a flipped bit", "a.xlsx", flipped, ("damaged",)),
    Case("a member that is longer than it says", "a.xlsx", lying, ("damaged",)),
    Case("a member packed by an unknown method", "a.xlsx", of_method(99), (DAMAGED,)),
    Case("an encrypted zip", "a.xlsx", flagged, ("protected by a password; remove it",)),
    Case("no list of sheets", "a.xlsx", without("xl/workbook.xml"), ("lacks xl/workbook.xml, so it is no workbook",)),
    Case("a sheet that is missing", "a.xlsx", without(SHEET), ("the sheet Orders is missing",)),
    Case("no relations", "a.xlsx", without("xl/_rels/workbook.xml.rels"), ("the sheet Orders is missing",)),
    Case("a Word document", "a.xlsx", lambda: packed({"[Content_Types].xml": "<x/>", "word/document.xml": "<x/>"}), ("lacks xl/workbook.xml",)),
    Case("a zip called .xlsx", "a.xlsx", lambda: packed({"Orders.csv": "ID\n1\n"}), ("is a zip archive and no workbook",)),
    Case("a workbook called .csv", "a.csv", good, ("is an Excel workbook; rename it to .xlsx",)),
    Case("a zip called .csv", "a.csv", lambda: packed({"Orders.csv": "ID\n1\n"}), ("is a zip archive",)),
    Case("a workbook for macros", "a.xlsm", good, ("holds macros",)),
    Case("macros in a plain workbook", "a.xlsx", with_part("xl/vbaProject.bin"), ("holds macros; save it as .xlsx",)),
    Case("a binary workbook", "a.xlsb", with_part("xl/workbook.bin"), ("binary workbook (.xlsb)",)),
    Case("links to other files", "a.xlsx", with_part("xl/externalLinks/externalLink1.xml"), ("takes values from other files",)),
    Case("a zip bomb of one member", "a.xlsx", bomb(200), ("would unpack to 200 MB, as a zip bomb does",)),
    Case("a zip bomb of many members", "a.xlsx", many_bombs, ("as a zip bomb does",)),
    Case("5,000 members", "a.xlsx", lambda: packed({**parts_of(""), **{f"m/{n}": "" for n in range(5_000)}}), ("holds 5,005 files",)),
    Case("a member that stands twice", "a.xlsx", doubled, (f"holds {SHEET} twice",)),
    *(
        Case(f"a member called {name}", "a.xlsx", with_part(name), ("points out of it",))
        for name in ("../../evil", "/etc/evil", "xl/../../evil", "C:evil", "..\\evil")
    ),
    Case("entities in the sheet", "a.xlsx", lambda: packed(parts_of(sheet_xml(HEAD, prolog=LAUGHS))), ("sheet Orders declares a document type",)),
    Case("an outside entity in the sheet", "a.xlsx", lambda: packed(parts_of(sheet_xml(HEAD, prolog=OUTSIDE))), ("declares a document type",)),
    Case("entities in the list of sheets", "a.xlsx", with_part("xl/workbook.xml", f"{LAUGHS}<workbook>&c;</workbook>"), ("xl/workbook.xml declares a document type",)),
    Case("entities in the shared texts", "a.xlsx", lambda: packed(parts_of(sheet_xml(HEAD), shared=LAUGHS + SHARED)), ("xl/sharedStrings.xml declares a document type",)),
    Case("entities in the relations", "a.xlsx", with_part("xl/_rels/workbook.xml.rels", f"{LAUGHS}<Relationships/>"), ("declares a document type",)),
    Case("entities in the styles", "a.xlsx", lambda: packed(parts_of(sheet_xml(HEAD), styles=f"{LAUGHS}<styleSheet/>")), ("xl/styles.xml declares a document type",)),
    Case("XML that is not closed", "a.xlsx", with_part(SHEET, f'<worksheet xmlns="{MAIN}"><sheetData>{HEAD}'), ("sheet Orders is damaged",)),
    Case("XML with a control character", "a.xlsx", of_sheet(HEAD + "<row><c t='inlineStr'><is><t>\x01</t></is></c></row>"), ("is damaged",)),
    Case("a sheet in an unknown encoding", "a.xlsx", of_sheet(HEAD, prolog='<?xml version="1.0" encoding="UTF-1E98"?>'), ("is in the encoding UTF-1E98",)),
    Case("a sheet that is no XML", "a.xlsx", with_part(SHEET, "plain"), ("is damaged",)),
    *(
        Case(f"shared text {index}", "a.xlsx", lambda index=index: packed(parts_of(sheet_xml(f'<row r="1"><c r="A1" t="s"><v>{index}</v></c></row>'), shared=SHARED)), ("row 1: a text is missing",))  # type: ignore[misc]
        for index in ("1", "99999999999", "-1", "x")
    ),
    Case("1.2 million rows", "a.xlsx", long_sheet, ("has more than 1,048,576 rows",)),
    Case("1.1 million rows with a prefix", "a.xlsx", long_prefixed_sheet, ("has more than 1,048,576 rows; split it",)),
    Case("a cell in the last corner", "a.xlsx", of_sheet(HEAD + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'), ("row 1048576: a cell stands in column 16,384",)),
    Case("a cell in the last row", "a.xlsx", of_sheet(HEAD + '<row r="1048576"><c r="A1048576"><v>1</v></c></row>'), ("row 1,048,576: it stands 1,048,573 blank rows below",)),
    Case("a row beyond the last", "a.xlsx", of_sheet(HEAD + '<row r="1048577"><c r="A1048577"><v>1</v></c></row>'), ("has more than 1,048,576 rows",)),
    Case("rows out of order", "a.xlsx", of_sheet(HEAD + rows_xml([["1", "2", "success"]], first=2)), ("row 2: rows are out of order",)),
    Case("cells out of order", "a.xlsx", of_sheet(HEAD + '<row r="3"><c r="B3"><v>1</v></c><c r="A3"><v>2</v></c></row>'), ("row 3: the cell A3 is out of order",)),
    Case("a cell of another row", "a.xlsx", of_sheet(HEAD + '<row r="3"><c r="A4"><v>1</v></c></row>'), ("row 3: the cell A4 is out of order",)),
    Case("a cell without sense in its address", "a.xlsx", of_sheet(HEAD + '<row r="3"><c r="$A$3"><v>1</v></c></row>'), ("row 3: the cell $A$3",)),
    Case("cells merged over rows", "a.xlsx", of_sheet(rows_xml(GOOD[:4]), after='<mergeCells><mergeCell ref="A2:A3"/></mergeCells>'), ("row 2: cells are merged down to row 3",)),
    Case("a workbook of 50.1 MB", "a.xlsx", heavy, ("has 50.1 MB, more than 50",)),
    Case("only a chart", "a.xlsx", charts_only, ("has no sheet with cells",)),
    Case("only an empty sheet", "a.xlsx", of_sheet(""), ("holds no table",)),
    Case("a hidden sheet", "a.xlsx", lambda: book(GOOD[:3], state=' state="hidden"'), ("the sheet Orders is hidden",)),
    Case("a very hidden sheet", "a.xlsx", lambda: book(GOOD[:3], state=' state="veryHidden"'), ("the sheet Orders is hidden",)),
    Case("two Orders sheets with other columns", "a.xlsx", two_sheets, ("Orders and Orders (2) are each a Matrixify Orders sheet",)),
    Case("the lock file of an open workbook", "~$a.xlsx", lambda: b"\x05owner", ("is the lock file of a workbook that is open; give the workbook itself, a.xlsx",)),
    Case("a zip without a CSV", "a.zip", lambda: packed({"a.png": "x"}), ("holds no CSV",)),
    Case("a zip in a zip", "a.zip", lambda: packed({"a.zip": packed({"a.csv": "x"})}), ("holds no CSV",)),
    Case("a zip that is cut", "a.zip", lambda: packed({"Orders.csv": "ID,Line: Type\n1,Line Item\n" * 99})[:150], (DAMAGED,)),
    Case("a bad CSV in a zip", "a.zip", lambda: packed({"Orders.csv": "ID,Line: Type\n1,2,3\n"}), ("Orders.csv: line 2: 3 cells under a header of 2",)),
    Case("a bad id in a zip", "a.zip", lambda: packed({"Orders.csv": "ID,Line: Type\n1E5,x\n"}), ("Orders.csv, line 2, column ID: “1E5” was rounded",)),
    Case("a CSV bomb in a zip", "a.zip", lambda: packed({"Orders.csv": b"1,2\n" * (8 << 20)}), ("as a zip bomb does",)),
    Case("text called .zip", "a.zip", lambda: b"ID\n1\n", ("it is plain text",)),
]  # fmt: skip
