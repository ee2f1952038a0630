"""A workbook of any length, written as it comes: whole Arrow columns become cells, nothing is kept in memory.

About twenty times as fast as a library that makes an object of every cell. Text cells are inline strings of the
format Text, so ids stay exact and no text is a formula. Cells carry no address: they stand in order (ECMA-376,
part 1, 18.3.1.4: `r` is optional).
"""

import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import IO, Any
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from unfulfill.sheets.safe_columns import safe_xlsx_column
from unfulfill.sheets.xlsx_parts import HEADER, MAIN, TEXT, XML, parts

SHEET_LIMIT = 1_048_575  # rows under the header, Excel's
CHUNK = 2_000  # rows made into text at once: more take more memory and no less time
PROTECTED = '<sheetProtection sheet="1" autoFilter="0" formatColumns="0" formatRows="0"/>'  # these stay free
LEVEL = 3  # of compression: 4 takes more than twice as long and saves a fortieth


@dataclass(frozen=True)
class Column:
    """Header, width (characters) and styles of a column: of texts in general, and of some texts."""

    header: str
    width: float
    style: int = TEXT
    head: int = HEADER
    filled: int | None = None  # of every text that is not empty
    styles: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Choice:
    """A drop-down in all cells of a column. `source` is a list in quotes, or a range of cells."""

    column: int  # from 0
    source: str
    refusal: tuple[str, str] | None = (
        None  # title and text for what is not of the list; None: anything may be written
    )


@dataclass(frozen=True)
class Layout:
    """How a sheet can be used. A protected sheet has no password: it guards against slips."""

    frozen_columns: int = 0
    is_protected: bool = False
    choices: tuple[Choice, ...] = ()


PLAIN = Layout()


@dataclass(frozen=True)
class SmallSheet:
    """A sheet that follows."""

    name: str
    columns: Sequence[Column]
    rows: pa.Table
    layout: Layout = PLAIN


def write_workbook(
    file: IO[bytes],
    name: str,
    columns: Sequence[Column],
    blocks: Iterable[pa.Table],
    limit: int = SHEET_LIMIT,
    layout: Layout = PLAIN,
    following: Sequence[SmallSheet] = (),
) -> int:
    """Write blocks of rows below a frozen header; returns the number of sheets.

    A block has the columns in this order, of text, whole numbers or booleans. A block that does not fit under `limit`
    rows starts a further sheet ("Orders 2"), so what belongs together must be in one block.
    """
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        waiting: Iterator[pa.Table] = iter(blocks)
        names: list[str] = []
        block = next(waiting, None)
        while block is not None or not names:
            names.append(f"{name} {len(names) + 1}" if names else name)
            rows = chain([] if block is None else [block], waiting)
            with archive.open(_sheet(len(names)), "w", force_zip64=True) as sheet:
                block = _write_sheet(sheet, columns, rows, limit, layout)
        for small in following:
            names.append(small.name)
            with archive.open(_sheet(len(names)), "w") as sheet:
                _write_sheet(sheet, small.columns, [small.rows], SHEET_LIMIT, small.layout)
        for path, text in parts(names).items():
            archive.writestr(_member(path), text)
    return len(names) - len(following)


def _sheet(number: int) -> zipfile.ZipInfo:
    return _member(f"xl/worksheets/sheet{number}.xml")


def _member(path: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(path)  # of 1980, so that equal tables give equal files
    member.compress_type = zipfile.ZIP_DEFLATED
    # A member that is given as ZipInfo does not get the archive's own level; public only from Python 3.13 on.
    member._compresslevel = LEVEL  # type: ignore[attr-defined]
    return member


def _write_sheet(
    sheet: IO[bytes], columns: Sequence[Column], blocks: Iterable[pa.Table], limit: int, layout: Layout
) -> pa.Table | None:
    """Write blocks while they fit; returns the first that does not."""
    widths = "".join(
        f'<col min="{n}" max="{n}" width="{column.width}" customWidth="1"/>'
        for n, column in enumerate(columns, 1)
    )
    header = "".join(
        f'<c s="{column.head}" t="inlineStr"><is><t>{escape(column.header)}</t></is></c>'
        for column in columns
    )
    sheet.write(
        f'{XML}<worksheet xmlns="{MAIN}"><sheetPr><pageSetUpPr fitToPage="1"/>'
        f'</sheetPr><sheetViews><sheetView workbookViewId="0">{_pane(layout.frozen_columns)}</sheetView></sheetViews>'
        f"<cols>{widths}</cols><sheetData><row>{header}</row>".encode()
    )
    rows, left = 0, None
    for block in blocks:
        if rows and rows + block.num_rows > limit:
            left = block
            break
        rows += block.num_rows
        for start in range(0, block.num_rows, CHUNK):
            sheet.write(_rows_xml(columns, block.slice(start, CHUNK)))
    area = f"A1:{_letters(len(columns))}{rows + 1}"
    sheet.write(
        f'</sheetData>{PROTECTED if layout.is_protected else ""}<autoFilter ref="{area}"/>'
        f'{_choices(layout.choices, rows)}<pageSetup orientation="landscape" fitToHeight="0"/>'
        f'<ignoredErrors><ignoredError sqref="{area}" numberStoredAsText="1"/>'
        "</ignoredErrors></worksheet>".encode()  # ids are text on purpose: no green corner in every cell
    )
    return left


def _pane(frozen_columns: int) -> str:
    split = f'xSplit="{frozen_columns}" ' if frozen_columns else ""
    place = "bottomRight" if frozen_columns else "bottomLeft"
    corner = f"{_letters(frozen_columns + 1)}2"
    return f'<pane {split}ySplit="1" topLeftCell="{corner}" activePane="{place}" state="frozen"/>'


def _choices(choices: Sequence[Choice], rows: int) -> str:
    if not choices or not rows:
        return ""
    said = ""
    for choice in choices:
        letters = _letters(choice.column + 1)
        refused = ""
        if choice.refusal:
            title, text = map(quoteattr, choice.refusal)
            refused = f' showErrorMessage="1" errorTitle={title} error={text}'
        said += (
            f'<dataValidation type="list" allowBlank="1"{refused} sqref="{letters}2:{letters}{rows + 1}">'
            f"<formula1>{escape(choice.source)}</formula1></dataValidation>"
        )
    return f'<dataValidations count="{len(choices)}">{said}</dataValidations>'


def _rows_xml(columns: Sequence[Column], block: pa.Table) -> memoryview:
    cells: list[Any] = [
        _cells(column, values.combine_chunks()) for column, values in zip(columns, block.columns, strict=True)
    ]
    rows: Any = pc.binary_join_element_wise("<row>", *cells, "</row>", "")
    _, starts, texts = (
        rows.buffers()
    )  # Arrow keeps the texts of an array one after the other: that is the XML
    first, last = np.frombuffer(starts, np.int32)[[rows.offset, rows.offset + len(rows)]]
    return memoryview(texts)[first:last]


def _cells(column: Column, values: Any) -> Any:
    """XML of the cells of one column; an empty text is an empty cell."""
    blank = "<c/>" if column.style == TEXT else f'<c s="{column.style}"/>'
    if pa.types.is_boolean(values.type):
        said = pc.binary_join_element_wise(
            '<c t="b"><v>', pc.cast(pc.cast(values, pa.int8()), pa.string()), "</v></c>", ""
        )
    elif pa.types.is_integer(values.type):
        said = pc.binary_join_element_wise("<c><v>", pc.cast(values, pa.string()), "</v></c>", "")
    else:
        said = pc.binary_join_element_wise(
            _styled(column, values),
            safe_xlsx_column(values),
            "</t></is></c>",
            "",
        )
        said = pc.if_else(pc.equal(values, pa.scalar("")), blank, said)
    return pc.fill_null(said, blank)


def _styled(column: Column, values: Any) -> Any:
    """How each cell of a column of texts begins."""
    begin = '<c s="{}" t="inlineStr"><is><t xml:space="preserve">'
    begins: Any = begin.format(column.style if column.filled is None else column.filled)
    for text, style in column.styles.items():
        begins = pc.if_else(pc.equal(values, pa.scalar(text)), begin.format(style), begins)
    return begins


def _letters(number: int) -> str:
    """Name of column `number`, from 1: A, …, Z, AA."""
    name = ""
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(65 + rest) + name
    return name
