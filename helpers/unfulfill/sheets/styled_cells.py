"""Small sheets for people: text cells that are never formulas, a header that stays, and how they print."""

from collections.abc import Sequence

from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from unfulfill.sheets.safe_cells import safe_xlsx_text


def write_text(sheet: Worksheet, row: int, column: int, text: str, wrap: bool = False) -> None:
    """Write a text cell; blank text leaves it empty."""
    cell = sheet.cell(row, column)
    cell.value = safe_xlsx_text(text) or None
    if cell.value is not None:
        cell.data_type = "s"  # never a formula, whatever it begins with
    cell.number_format = "@"
    cell.alignment = Alignment(vertical="top", wrap_text=wrap)


def style(sheet: Worksheet, columns: Sequence[tuple[str, int]]) -> None:
    """Widths, a coloured and frozen header, filters, and pages that are as wide as the sheet."""
    for column, (_, width) in enumerate(columns, 1):
        sheet.column_dimensions[get_column_letter(column)].width = width
        head = sheet.cell(1, column)
        head.font, head.fill = (
            Font(name="Calibri", sz=11, bold=True, color="FFFFFFFF"),
            PatternFill("solid", fgColor="FF1F4E5F"),
        )
        head.alignment = Alignment(vertical="top", wrap_text=True)
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = "1:1"
