"""Workbooks and archives made by hand, so that anything in them may be wrong."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
SHEET = "xl/worksheets/sheet1.xml"


def letters(number: int) -> str:
    name = ""
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(65 + rest) + name
    return name


def text_cell(address: str, text: str) -> str:
    return (
        f'<c r="{address}" t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'
        if text
        else ""
    )


def rows_xml(rows: Sequence[Sequence[str]], first: int = 1) -> str:
    """Rows of text cells; a cell that begins with <c is taken as XML, its {} as its address."""
    written = []
    for number, row in enumerate(rows, first):
        cells = []
        for column, cell in enumerate(row, 1):
            address = f"{letters(column)}{number}"
            cells.append(cell.format(address) if cell.startswith("<c ") else text_cell(address, cell))
        written.append(f'<row r="{number}">{"".join(cells)}</row>')
    return "".join(written)


def sheet_xml(inner: str, before: str = "", after: str = "", prolog: str = "") -> str:
    return f'{prolog}<worksheet xmlns="{MAIN}">{before}<sheetData>{inner}</sheetData>{after}</worksheet>'


def parts_of(
    sheet: str,
    name: str = "Orders",
    state: str = "",
    shared: str | None = None,
    styles: str | None = None,
    more: Mapping[str, str] | None = None,
    settings: str = "",
) -> dict[str, str]:
    """The parts of a workbook of one sheet; `more` replaces or adds parts."""
    extra = ""
    if shared is not None:
        extra += f'<Relationship Id="rId8" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
    if styles is not None:
        extra += f'<Relationship Id="rId9" Type="{OFFICE}/styles" Target="styles.xml"/>'
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1"'
        f' Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">{settings}<sheets><sheet name="{name}"'
        f' sheetId="1"{state} r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1"'
        f' Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>{extra}</Relationships>',
        SHEET: sheet,
    }
    if shared is not None:
        parts["xl/sharedStrings.xml"] = shared
    if styles is not None:
        parts["xl/styles.xml"] = styles
    return parts | dict(more or {})


def packed(parts: Mapping[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", method) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return data.getvalue()


def book(rows: Sequence[Sequence[str]], **about: object) -> bytes:
    return packed(parts_of(sheet_xml(rows_xml(rows)), **about))  # type: ignore[arg-type]
