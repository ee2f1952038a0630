"""The sheet Stock of results.xlsx: how stock should have moved beside how it did."""

from collections.abc import Sequence

from openpyxl.styles import PatternFill
from openpyxl.worksheet.worksheet import Worksheet

from unfulfill.sheets.styled_cells import style, write_text
from unfulfill.verify import StockRow

OFF = "FFFFF2CC"  # behind a difference
_STOCK_COLUMNS = (
    ("Item", 26), ("Location", 22),
    *((f"{name}: {what}", 12) for name in ("On hand", "Committed", "Available")
      for what in ("before", "after", "expected", "measured", "difference")),
)  # fmt: skip


def write_stock(sheet: Worksheet, stock: Sequence[StockRow]) -> None:
    """One row an item at a location: before, after, how it should have moved, how it did, and what is left over."""
    sheet.append([name for name, _ in _STOCK_COLUMNS])
    for number, row in enumerate(stock, 2):
        write_text(sheet, number, 1, row.item)
        write_text(sheet, number, 2, row.location)
        for group, one in enumerate((row.on_hand, row.committed, row.available)):
            numbers = (one.before, one.after, one.expected, one.measured, one.difference)
            for column, value in enumerate(numbers, 3 + group * len(numbers)):
                cell = sheet.cell(number, column)
                cell.value, cell.number_format = value, "0" if column % 5 in (3, 4) else "+0;-0;0"
            if one.difference:
                sheet.cell(number, 2 + (group + 1) * 5).fill = PatternFill("solid", fgColor=OFF)
    style(sheet, _STOCK_COLUMNS)
