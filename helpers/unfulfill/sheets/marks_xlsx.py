"""marks.xlsx: the marks as a workbook to decide in, with drop-downs, colours and nothing to break by accident.

The columns are those of marks.csv, in the order in which people read. Only what a person writes can be edited; the
protection has no password, it guards against slips. The sheet Columns says what each column is for.
"""

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import IO

import pandas as pd
import pyarrow as pa

from unfulfill.atomic import write_atomic
from unfulfill.audit import KINDS
from unfulfill.audit.about_to_ship import OPEN_KINDS
from unfulfill.errors import ParameterRefused
from unfulfill.mark import DECISIONS
from unfulfill.sheets.xlsx_parts import GREY, ORANGE, READ, RED, WRAPPED, WRITE, WRITE_HEADER, YELLOW
from unfulfill.sheets.xlsx_stream import SHEET_LIMIT, Choice, Column, Layout, SmallSheet, write_workbook
from unfulfill.words import said

WRITABLE = ("decision", "part", "reason", "note", "override")

# Column → (width, the message of what it is for), in the order of the sheet.
COLUMNS: Mapping[str, tuple[int, str]] = {
    "order_name": (12, "marks_file.order_name"),
    "decision": (20, "marks_file.decision"),
    "part": (18, "marks_file.part"),
    "reason": (24, "marks_file.reason"),
    "note": (26, "marks_file.note"),
    "override": (24, "marks_file.override"),
    "severity": (10, "marks_file.severity"),
    "findings": (30, "marks_file.findings"),
    "right_fix": (20, "marks_file.right_fix"),
    "locked": (26, "marks_file.locked"),
    "created_at": (21, "marks_file.created_at"),
    "location_name": (20, "marks_file.location_name"),
    "tracking_numbers": (28, "marks_file.tracking_numbers"),
    "items": (44, "marks_file.items"),
    "marked_by": (14, "marks_file.marked_by"),
    "fulfillment_id": (40, "marks_file.fulfillment_id"),
    "order_id": (36, "marks_file.order_id"),
}
_SEVERITIES = {"high": RED, "medium": ORANGE, "low": YELLOW}


def write_marks_sheet(path: Path, frame: pd.DataFrame) -> None:
    """Write MARKS as marks.xlsx, whole or not at all. Raises ParameterRefused for more rows than a sheet has."""
    if len(frame) > SHEET_LIMIT:
        raise ParameterRefused(said("marks_file.many_rows", count=len(frame)))
    table = pa.table({name: _texts(frame[name]) for name in COLUMNS})
    reasons = _reasons(frame["reason"])
    columns = [_column(name, width) for name, (width, _) in COLUMNS.items()]
    layout = Layout(frozen_columns=1, is_protected=True, choices=_choices(len(reasons)))

    def write(file: IO[bytes]) -> None:
        write_workbook(file, "Marks", columns, [table], layout=layout, following=[_explained(reasons)])

    write_atomic(Path(path), write)


def _texts(column: pd.Series) -> pa.Array:
    """As in marks.csv, so that either file is read the same way."""
    if pd.api.types.is_datetime64_any_dtype(column.dtype):  # Arrow writes the fraction of the second too
        column = column.dt.strftime("%Y-%m-%dT%H:%M:%S").str.slice(0, 19) + "Z"
    return pa.array(column.astype("string").fillna(""), pa.string())


def _column(name: str, width: int) -> Column:
    if name in WRITABLE:
        return Column(name, width, WRITE, WRITE_HEADER)
    if name == "severity":
        return Column(name, width, READ, styles=_SEVERITIES)
    return Column(name, width, READ, filled=GREY if name == "locked" else None)


def _choices(reasons: int) -> tuple[Choice, ...]:
    """A decision must be one of the list, a reason may be any text."""
    names = list(COLUMNS)
    refusal = (said("marks_file.refused"), said("marks_file.choose", decisions=", ".join(DECISIONS)))
    return (
        Choice(names.index("decision"), f'"{",".join(DECISIONS)}"', refusal),
        Choice(names.index("reason"), f"{said('marks_file.columns')}!$D$2:$D${reasons + 1}"),
    )


def _reasons(used: pd.Series) -> list[str]:
    """Reasons to choose from: those in use, then the kinds of findings."""
    written = sorted({text for text in used.dropna().unique() if text and "\n" not in text})
    return list(dict.fromkeys([*written[:40], *(kind for kind in KINDS if kind not in OPEN_KINDS)]))


def _explained(reasons: Sequence[str]) -> SmallSheet:
    """What each column is for, and beside it the reasons to choose from."""
    writers = {True: said("marks_file.you"), False: said("marks_file.workbench")}
    rows = [(name, writers[name in WRITABLE], said(key)) for name, (_, key) in COLUMNS.items()]
    columns = (
        Column(said("marks_file.column"), 20, READ),
        Column(said("marks_file.writer"), 14, READ),
        Column(said("marks_file.purpose"), 90, WRAPPED),
        Column(said("marks_file.reasons"), 34, READ),
    )
    padded = zip_longest(rows, reasons, fillvalue=None)
    cells = [(*(row or ("", "", "")), reason or "") for row, reason in padded]
    table = pa.table(
        {column.header: list(texts) for column, texts in zip(columns, zip(*cells, strict=True), strict=True)}
    )
    return SmallSheet(said("marks_file.columns"), columns, table, Layout(is_protected=True))
