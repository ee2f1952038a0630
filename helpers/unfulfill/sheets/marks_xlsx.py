"""marks.xlsx: the marks as a workbook to decide in, with drop-downs, colours and nothing to break by accident.

The columns are those of marks.csv, in the order in which people read. Only what a person writes can be edited; the
protection has no password, it guards against slips. The sheet Columns says what each column is for.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, NamedStyle, PatternFill, Protection
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from unfulfill.atomic import write_atomic
from unfulfill.audit import KINDS
from unfulfill.audit.about_to_ship import OPEN_KINDS
from unfulfill.errors import ParameterRefused
from unfulfill.mark import DECISIONS
from unfulfill.sheets.safe_cells import safe_xlsx_text
from unfulfill.sheets.styled_cells import style, write_text
from unfulfill.sheets.xlsx_stream import SHEET_LIMIT, Column, write_workbook

STYLED_LIMIT = 20_000  # rows; above, the streamed sheet without drop-downs, colours and protection
WRITABLE = ("decision", "part", "reason", "note", "override")

# Column → (width, what it is for), in the order of the sheet.
COLUMNS: Mapping[str, tuple[int, str]] = {
    "order_name": (12, "The order as the admin calls it."),
    "decision": (
        20,
        "Write here. unfulfill: cancel the fulfillment, so that the order is open again. hold: the same, and then hold"
        " it, so that nothing ships it again. request_cancellation: ask the service of another app to stop. keep: leave"
        " it fulfilled. Blank: undecided, nothing happens.",
    ),
    "part": (
        18,
        "Write here, if only some units are meant: SKU-1=2; SKU-2=1. Blank: the whole fulfillment. The rest is"
        " fulfilled again with the same tracking.",
    ),
    "reason": (24, "Write here why, or choose. It stands in the plan, the results and the report."),
    "note": (
        26,
        "Write here what the next reader should know. With hold it is the note that the shop shows.",
    ),
    "override": (
        24,
        "Write here why a locked row is unfulfilled all the same. Blank: the lock stands, and the plan skips the row.",
    ),
    "severity": (10, "How grave the gravest finding of the audit is: high, medium or low."),
    "findings": (30, "What the audit noticed, by the names of its rules."),
    "right_fix": (20, "What the audit would do. It is advice."),
    "locked": (26, "What speaks for the parcel having left. Unfulfilling does not stop a parcel."),
    "created_at": (21, "When it was fulfilled, in UTC."),
    "location_name": (20, "Where it was fulfilled from."),
    "tracking_numbers": (28, "Tracking numbers, as text."),
    "items": (44, "What is in it: units × SKU."),
    "marked_by": (14, "Who decided: a person, or the audit."),
    "fulfillment_id": (
        40,
        "What the row is about. Rows are known by it; without it a row cannot be read back.",
    ),
    "order_id": (36, "The id of the order."),
}
_FILLS = {"high": "FFF4CCCC", "medium": "FFFCE5CD", "low": "FFFFF2CC"}
_READ, _WRITE, _LOCKED = "Workbench read", "Workbench write", "Workbench locked"
_WRITE_FILL, _WRITE_HEAD, _LOCKED_FILL = "FFFBFBE8", "FF2E7D4F", "FFE3E6E8"


def write_marks_sheet(path: Path, frame: pd.DataFrame, styled_limit: int = STYLED_LIMIT) -> bool:
    """Write MARKS as marks.xlsx, whole or not at all; returns whether it has drop-downs, colours and protection.

    Above `styled_limit` rows it has none: a styled row takes half a millisecond, 20,000 of them ten seconds. Raises
    ParameterRefused for more rows than a sheet has.
    """
    if len(frame) > SHEET_LIMIT:
        raise ParameterRefused(f"{len(frame):,} rows do not fit into a sheet; edit marks.csv instead.")
    texts = {name: _texts(frame[name]) for name in COLUMNS}
    if len(frame) <= styled_limit:
        write_atomic(Path(path), _styled(texts).save)
        return True
    columns = [Column(name, width) for name, (width, _) in COLUMNS.items()]
    table = pa.table({name: pa.array(values, pa.string()) for name, values in texts.items()})
    write_atomic(Path(path), lambda file: write_workbook(file, "Marks", columns, [table]))
    return False


def _texts(column: pd.Series) -> list[str]:
    """As in marks.csv, so that either file is read the same way."""
    if pd.api.types.is_datetime64_any_dtype(column.dtype):  # Arrow writes the fraction of the second too
        column = column.dt.strftime("%Y-%m-%dT%H:%M:%S").str.slice(0, 19) + "Z"
    return list(column.astype("string").fillna(""))


def _styled(texts: Mapping[str, Sequence[str]]) -> Workbook:
    book = Workbook()
    sheet = book.active
    if not isinstance(sheet, Worksheet):
        raise TypeError("a new workbook has a worksheet")
    sheet.title = "Marks"
    for named in _styles():
        book.add_named_style(named)
    sheet.append(list(COLUMNS))
    names = list(COLUMNS)
    plain = [_WRITE if name in WRITABLE else _READ for name in names]
    severity, locked = names.index("severity"), names.index("locked")
    for number, cells in enumerate(zip(*texts.values(), strict=True), 2):
        styles = plain.copy()
        styles[severity] = _style_of(cells[severity])
        styles[locked] = _LOCKED if cells[locked] else _READ
        _write_row(sheet, number, cells, styles)
        breaks = max(text.count("\n") for text in cells)
        if breaks:
            sheet.row_dimensions[number].height = 15 * min(1 + breaks, 6)
    rows = len(next(iter(texts.values())))
    style(sheet, [(name, width) for name, (width, _) in COLUMNS.items()])
    sheet.freeze_panes = "B2"
    for name in WRITABLE:
        sheet.cell(1, names.index(name) + 1).fill = PatternFill("solid", fgColor=_WRITE_HEAD)
    reasons = _reasons(texts)
    _explain(book.create_sheet("Columns"), reasons)
    if rows:
        _add_choices(sheet, rows, len(reasons))
    _protect(sheet)
    return book


def _write_row(sheet: Worksheet, number: int, cells: Iterable[str], styles: Iterable[str]) -> None:
    for column, (text, named) in enumerate(zip(cells, styles, strict=True), 1):
        cell = sheet.cell(number, column)
        if text:
            cell.value = safe_xlsx_text(text)
            cell.data_type = "s"  # never a formula, whatever it begins with
        cell.style = named


def _styles() -> list[NamedStyle]:
    fills = {
        _READ: None,
        _WRITE: _WRITE_FILL,
        _LOCKED: _LOCKED_FILL,
        **{_style_of(name): fill for name, fill in _FILLS.items()},
    }
    return [
        NamedStyle(
            name=name,
            font=Font(name="Calibri", sz=11),
            number_format="@",
            alignment=Alignment(vertical="top"),
            protection=Protection(locked=name != _WRITE),
            fill=PatternFill("solid", fgColor=fill) if fill else PatternFill(),
        )
        for name, fill in fills.items()
    ]


def _style_of(severity: str) -> str:
    return f"Workbench {severity}" if severity in _FILLS else _READ


def _reasons(texts: Mapping[str, Sequence[str]]) -> list[str]:
    """Reasons to choose from: those in use, then the kinds of findings."""
    used = sorted({text for text in texts["reason"] if text and "\n" not in text})
    return list(dict.fromkeys([*used[:40], *(kind for kind in KINDS if kind not in OPEN_KINDS)]))


def _explain(sheet: Worksheet, reasons: Sequence[str]) -> None:
    columns = (("Column", 20), ("Who writes it", 14), ("What it is for", 90), ("Reasons to choose from", 34))
    for column, (name, _) in enumerate(columns, 1):
        write_text(sheet, 1, column, name)
    for number, (name, (_, text)) in enumerate(COLUMNS.items(), 2):
        write_text(sheet, number, 1, name)
        write_text(sheet, number, 2, "you" if name in WRITABLE else "the workbench")
        write_text(sheet, number, 3, text, wrap=True)
        sheet.row_dimensions[number].height = 15 * (1 + len(text) // 90)
    for number, reason in enumerate(reasons, 2):
        write_text(sheet, number, len(columns), reason)
    style(sheet, columns)
    sheet.auto_filter.ref = None
    sheet.protection.sheet = True


def _add_choices(sheet: Worksheet, rows: int, reasons: int) -> None:
    """Drop-downs: a decision must be one of the list, a reason may be any text."""
    letter = {name: get_column_letter(place) for place, name in enumerate(COLUMNS, 1)}
    decision = DataValidation(
        type="list",
        formula1=f'"{",".join(DECISIONS)}"',
        allow_blank=True,
        showErrorMessage=True,
        errorTitle="Not a decision",
        error=f"Choose {', '.join(DECISIONS)}, or leave the cell blank.",
    )
    reason = DataValidation(type="list", formula1=f"Columns!$D$2:$D${reasons + 1}", allow_blank=True)
    reason.showErrorMessage = False
    for name, choice in (("decision", decision), ("reason", reason)):
        choice.add(f"{letter[name]}2:{letter[name]}{rows + 1}")
        sheet.add_data_validation(choice)


def _protect(sheet: Worksheet) -> None:
    """No password. Filters and widths stay free; sorting is not, in a sheet with locked cells."""
    sheet.protection.sheet = True
    sheet.protection.autoFilter = False
    sheet.protection.formatColumns = False
    sheet.protection.formatRows = False
