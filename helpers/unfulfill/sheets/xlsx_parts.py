"""What a workbook has beside its sheets: the styles of cells, and the parts that tie it together (ECMA-376, part 1)."""

from collections.abc import Sequence
from xml.sax.saxutils import quoteattr

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"

# Styles of cells, by number. All but the first hold text, which no spreadsheet takes for a number or a date.
_PLAIN, TEXT, HEADER, READ, WRITE, WRITE_HEADER, GREY, RED, ORANGE, YELLOW, WRAPPED = range(11)
# Colour (ARGB; blank: none), what is special about the cell.
_LOOKS: dict[int, tuple[str, str]] = {
    TEXT: ("", ""),
    HEADER: ("FF1F4E5F", "header"),
    READ: ("", "top"),
    WRITE: ("FFFBFBE8", "free"),
    WRITE_HEADER: ("FF2E7D4F", "header"),
    GREY: ("FFE3E6E8", "top"),
    RED: ("FFF4CCCC", "top"),
    ORANGE: ("FFFCE5CD", "top"),
    YELLOW: ("FFFFF2CC", "top"),
    WRAPPED: ("", "wrapped"),
}


def parts(sheets: Sequence[str]) -> dict[str, str]:
    """The parts by their path, for sheets of these names that stand at xl/worksheets/sheet1.xml and so on."""
    numbered = list(enumerate(sheets, 1))
    listed = "".join(f'<sheet name={quoteattr(name)} sheetId="{n}" r:id="rId{n}"/>' for n, name in numbered)
    related = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n, _ in numbered
    )
    sheet_type = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    typed = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{sheet_type}.worksheet+xml"/>'
        for n, _ in numbered
    )
    return {
        "xl/workbook.xml": f'{XML}<workbook xmlns="{MAIN}" xmlns:r="{_OFFICE}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'{XML}<Relationships xmlns="{_PACKAGE}/relationships">{related}'
        f'<Relationship Id="rId{len(sheets) + 1}" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": _styles(),
        "_rels/.rels": f'{XML}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1"'
        f' Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "[Content_Types].xml": f'{XML}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{sheet_type}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{sheet_type}.styles+xml"/>{typed}</Types>',
    }


def _styles() -> str:
    colours = sorted({colour for colour, _ in _LOOKS.values() if colour})
    fills = "".join(
        f'<fill><patternFill patternType="solid"><fgColor rgb="{colour}"/></patternFill></fill>'
        for colour in colours
    )
    cells = "".join(
        _style(colours.index(colour) + 2 if colour else 0, what) for colour, what in _LOOKS.values()
    )
    return (
        f'{XML}<styleSheet xmlns="{MAIN}"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
        '<font><b/><sz val="11"/><color rgb="FFFFFFFF"/><name val="Calibri"/></font></fonts>'
        f'<fills count="{len(colours) + 2}"><fill><patternFill patternType="none"/></fill>'
        f'<fill><patternFill patternType="gray125"/></fill>{fills}</fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        f'<cellXfs count="{len(_LOOKS) + 1}"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
        f"{cells}</cellXfs>"
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    )


def _style(fill: int, what: str) -> str:
    font = 'fontId="1" applyFont="1"' if what == "header" else 'fontId="0"'
    inner = {
        "top": '<alignment vertical="top"/>',
        "wrapped": '<alignment vertical="top" wrapText="1"/>',
        "free": '<alignment vertical="top"/><protection locked="0"/>',
    }.get(what, "")
    applied = ' applyFill="1"' if fill else ""
    applied += ' applyAlignment="1"' if inner else ""
    applied += ' applyProtection="1"' if what == "free" else ""
    return f'<xf numFmtId="49" {font} fillId="{fill}" borderId="0" xfId="0" applyNumberFormat="1"{applied}>{inner}</xf>'
