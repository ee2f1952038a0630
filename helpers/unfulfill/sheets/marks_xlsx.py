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
_SEVERITIES = {"high": RED, "medium": ORANGE, "low": YELLOW}


def write_marks_sheet(path: Path, frame: pd.DataFrame) -> None:
    """Write MARKS as marks.xlsx, whole or not at all. Raises ParameterRefused for more rows than a sheet has."""
    if len(frame) > SHEET_LIMIT:
        raise ParameterRefused(f"{len(frame):,} rows do not fit into a sheet; edit marks.csv instead.")
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
    refusal = ("Not a decision", f"Choose {', '.join(DECISIONS)}, or leave the cell blank.")
    return (
        Choice(names.index("decision"), f'"{",".join(DECISIONS)}"', refusal),
        Choice(names.index("reason"), f"Columns!$D$2:$D${reasons + 1}"),
    )


def _reasons(used: pd.Series) -> list[str]:
    """Reasons to choose from: those in use, then the kinds of findings."""
    written = sorted({text for text in used.dropna().unique() if text and "\n" not in text})
    return list(dict.fromkeys([*written[:40], *(kind for kind in KINDS if kind not in OPEN_KINDS)]))


def _explained(reasons: Sequence[str]) -> SmallSheet:
    """What each column is for, and beside it the reasons to choose from."""
    rows = [
        (name, "you" if name in WRITABLE else "the workbench", text) for name, (_, text) in COLUMNS.items()
    ]
    columns = (
        Column("Column", 20, READ),
        Column("Who writes it", 14, READ),
        Column("What it is for", 90, WRAPPED),
        Column("Reasons to choose from", 34, READ),
    )
    padded = zip_longest(rows, reasons, fillvalue=None)
    cells = [(*(row or ("", "", "")), reason or "") for row, reason in padded]
    table = pa.table(
        {column.header: list(texts) for column, texts in zip(columns, zip(*cells, strict=True), strict=True)}
    )
    return SmallSheet("Columns", columns, table, Layout(is_protected=True))
