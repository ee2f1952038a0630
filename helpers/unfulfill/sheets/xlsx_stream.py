"""A workbook of any length, written as it comes: whole Arrow columns become cells, nothing is kept in memory.

About twenty times as fast as a library that makes an object of every cell. Text cells are inline strings of the
format Text, so ids stay exact and no text is a formula. Cells carry no address: they stand in order (ECMA-376,
part 1, 18.3.1.4: `r` is optional).
"""

import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import IO, Any
from xml.sax.saxutils import escape

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from unfulfill.sheets.safe_columns import safe_xlsx_column

SHEET_LIMIT = 1_048_575  # rows under the header, Excel's
CHUNK = 2_000  # rows made into text at once: more take more memory and no less time
LEVEL = 3  # of compression: 4 takes more than twice as long and saves a fortieth

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_STYLES = (
    f'{_XML}<styleSheet xmlns="{_MAIN}"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><color rgb="FFFFFFFF"/><name val="Calibri"/></font></fonts>'
    '<fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '<fill><patternFill patternType="solid"><fgColor rgb="FF1F4E5F"/></patternFill></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="49" fontId="1" fillId="2" borderId="0" xfId="0" applyFont="1" applyFill="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


@dataclass(frozen=True)
class Column:
    """Header and width (characters) of a column."""

    header: str
    width: float


def write_workbook(
    file: IO[bytes],
    name: str,
    columns: Sequence[Column],
    blocks: Iterable[pa.Table],
    limit: int = SHEET_LIMIT,
) -> int:
    """Write blocks of rows below a frozen header; returns the number of sheets.

    A block has the columns in this order, of text, whole numbers or booleans. A block that does not fit under `limit`
    rows starts a further sheet ("Orders 2"), so what belongs together must be in one block.
    """
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        waiting: Iterator[pa.Table] = iter(blocks)
        sheets = 0
        block = next(waiting, None)
        while block is not None or sheets == 0:
            sheets += 1
            with archive.open(_member(f"xl/worksheets/sheet{sheets}.xml"), "w", force_zip64=True) as sheet:
                block = _write_sheet(sheet, columns, chain([] if block is None else [block], waiting), limit)
        for path, text in _parts(name, sheets).items():
            archive.writestr(_member(path), text)
    return sheets


def _member(path: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(path)  # of 1980, so that equal tables give equal files
    member.compress_type = zipfile.ZIP_DEFLATED
    # A member that is given as ZipInfo does not get the archive's own level; public only from Python 3.13 on.
    member._compresslevel = LEVEL  # type: ignore[attr-defined]
    return member


def _write_sheet(
    sheet: IO[bytes], columns: Sequence[Column], blocks: Iterable[pa.Table], limit: int
) -> pa.Table | None:
    """Write blocks while they fit; returns the first that does not."""
    widths = "".join(
        f'<col min="{n}" max="{n}" width="{column.width}" customWidth="1"/>'
        for n, column in enumerate(columns, 1)
    )
    header = "".join(
        f'<c s="2" t="inlineStr"><is><t>{escape(column.header)}</t></is></c>' for column in columns
    )
    sheet.write(
        f'{_XML}<worksheet xmlns="{_MAIN}"><sheetPr><pageSetUpPr fitToPage="1"/>'
        '</sheetPr><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2"'
        f' activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols>{widths}</cols><sheetData>'
        f"<row>{header}</row>".encode()
    )
    rows, left = 0, None
    for block in blocks:
        if rows and rows + block.num_rows > limit:
            left = block
            break
        rows += block.num_rows
        for start in range(0, block.num_rows, CHUNK):
            sheet.write(_rows_xml(block.slice(start, CHUNK)))
    area = f"A1:{_letters(len(columns))}{rows + 1}"
    sheet.write(
        f'</sheetData><autoFilter ref="{area}"/><pageSetup orientation="landscape" fitToHeight="0"/>'
        f'<ignoredErrors><ignoredError sqref="{area}" numberStoredAsText="1"/>'
        "</ignoredErrors></worksheet>".encode()  # ids are text on purpose: no green corner in every cell
    )
    return left


def _rows_xml(block: pa.Table) -> memoryview:
    cells: list[Any] = [_cells(column.combine_chunks()) for column in block.columns]
    rows: Any = pc.binary_join_element_wise("<row>", *cells, "</row>", "")
    _, starts, texts = (
        rows.buffers()
    )  # Arrow keeps the texts of an array one after the other: that is the XML
    first, last = np.frombuffer(starts, np.int32)[[rows.offset, rows.offset + len(rows)]]
    return memoryview(texts)[first:last]


def _cells(values: Any) -> Any:
    """XML of the cells of one column; an empty text is an empty cell."""
    if pa.types.is_boolean(values.type):
        said = pc.binary_join_element_wise(
            '<c t="b"><v>', pc.cast(pc.cast(values, pa.int8()), pa.string()), "</v></c>", ""
        )
    elif pa.types.is_integer(values.type):
        said = pc.binary_join_element_wise("<c><v>", pc.cast(values, pa.string()), "</v></c>", "")
    else:
        said = pc.binary_join_element_wise(
            '<c s="1" t="inlineStr"><is><t xml:space="preserve">',
            safe_xlsx_column(values),
            "</t></is></c>",
            "",
        )
        said = pc.if_else(pc.equal(values, pa.scalar("")), "<c/>", said)
    return pc.fill_null(said, "<c/>")


def _letters(number: int) -> str:
    """Name of column `number`, from 1: A, …, Z, AA."""
    name = ""
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(65 + rest) + name
    return name


def _parts(name: str, sheets: int) -> dict[str, str]:
    """The workbook's other parts, by path."""
    numbers = range(1, sheets + 1)
    listed = "".join(
        f'<sheet name="{escape(name)}{f" {n}" if n > 1 else ""}" sheetId="{n}" r:id="rId{n}"/>'
        for n in numbers
    )
    related = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in numbers
    )
    sheet_type = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    typed = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{sheet_type}.worksheet+xml"/>'
        for n in numbers
    )
    return {
        "xl/workbook.xml": f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{related}'
        f'<Relationship Id="rId{sheets + 1}" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": _STYLES,
        "_rels/.rels": f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1"'
        f' Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "[Content_Types].xml": f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{sheet_type}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{sheet_type}.styles+xml"/>{typed}</Types>',
    }
