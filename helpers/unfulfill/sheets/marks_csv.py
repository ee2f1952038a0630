"""marks.csv: the one file of a run that people edit, usually in Excel."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from unfulfill.errors import SheetRefused
from unfulfill.mark import WITH_PART
from unfulfill.model import Decision
from unfulfill.plan_parts import PartUnclear, read_part
from unfulfill.sheets.csv_stream import BOM, write_csv
from unfulfill.sheets.csv_text import CsvText
from unfulfill.sheets.exact_ids import MangledId, exact_id
from unfulfill.sheets.problems import Problem, refuse
from unfulfill.sheets.safe_cells import plain_csv_text
from unfulfill.sheets.table_text import read_table_text
from unfulfill.tables import MARKS, make_table
from unfulfill.words import said

DECISIONS = tuple(decision.value for decision in Decision)
# What people type into a column of decisions; a spreadsheet's own TRUE comes in the language of its menus.
_YES = ("x", "yes", "y", "1", "true", "ja", "oui", "si", "sí", "wahr", "vrai", "verdadero")
_NO = ("no", "n", "0", "false", "nein", "non", "falsch", "faux", "falso")
# Columns that people write, and the id that says what about.
_WRITTEN = ("fulfillment_id", "decision", "part", "reason", "note", "override", "marked_by")
MEANT = {
    **{word: word for word in ("", *DECISIONS)},
    **dict.fromkeys(_YES, Decision.UNFULFILL.value),
    **dict.fromkeys(_NO, Decision.KEEP.value),
}


def write_marks(frame: pd.DataFrame) -> bytes:
    """MARKS as a CSV that Excel opens as it is: UTF-8 with BOM, quoted, formulas made harmless, ids as gids."""
    out = io.BytesIO(BOM)
    out.seek(0, io.SEEK_END)
    write_csv(out, list(MARKS.columns), [pa.table({name: _texts(frame[name]) for name in MARKS.columns})])
    return out.getvalue()


def _texts(column: pd.Series) -> Any:
    """The column as Arrow texts; a missing value is blank, a time ends with its second."""
    values: Any = pa.array(column)
    if pa.types.is_timestamp(values.type):  # many times as quick as strftime
        seconds = values.cast(pa.timestamp("s", tz="UTC"), safe=False).cast(pa.string())
        values = pc.replace_substring(seconds, " ", "T")
    return pc.fill_null(values.cast(pa.string()), "")


def read_marks(path: Path) -> pd.DataFrame:
    """MARKS from marks.csv or marks.xlsx, as it was written or as a spreadsheet saved it again.

    Only what a person writes is trusted: a decision must be unfulfill, hold, request_cancellation, keep, blank, or a
    plain yes (unfulfill) or no (keep); a part must name units. Times and tracking numbers that a spreadsheet changed
    are left out. The same mark twice counts once. Raises SheetRefused with every problem of the file: mangled ids,
    unknown decisions, unclear parts, one fulfillment marked two ways.
    """
    sheet = read_table_text(
        Path(path), lambda header: {"fulfillment_id", "decision"} <= set(header), _WRITTEN
    )
    for needed in ("fulfillment_id", "decision"):
        if needed not in sheet.header:
            raise SheetRefused(said("marks_file.no_column", file=sheet.path.name, column=needed))
    problems: list[str] = []
    rows: dict[str, tuple[int, dict[str, str | None]]] = {}
    for cells, line in zip(sheet.rows, sheet.lines, strict=True):
        row = _read_row(sheet, cells, line, problems)
        if row is None:
            continue
        seen = rows.setdefault(str(row["fulfillment_id"]), (line, row))
        if any(seen[1][name] != row[name] for name in ("decision", "part", "override")):
            why = said(
                "marks_file.two_ways",
                id=row["fulfillment_id"],
                decision=row["decision"] or said("marks_file.nothing"),
                other=seen[1]["decision"] or said("marks_file.nothing"),
                where=sheet.place.at(seen[0]),
            )
            problems.append(Problem.at(sheet.place, line, why))
    refuse(sheet.path, problems)
    frame = pd.DataFrame([row for _, row in rows.values()], columns=list(MARKS.columns), dtype="string")
    at = pd.to_datetime(frame["created_at"], format="%Y-%m-%dT%H:%M:%SZ", utc=True, errors="coerce")
    return make_table(MARKS, frame.assign(created_at=at))


def _read_row(
    sheet: CsvText, cells: Sequence[str], line: int, problems: list[str]
) -> dict[str, str | None] | None:
    def refused(column: str, why: str) -> None:
        problems.append(Problem.at(sheet.place, line, why, column))

    given = {name: plain_csv_text(cell) for name, cell in zip(sheet.header, cells, strict=True)}
    word = given["decision"].strip(" \u00a0").casefold()
    fulfillment_id = ""
    try:
        fulfillment_id = exact_id(given["fulfillment_id"], "Fulfillment")
    except MangledId as error:
        refused("fulfillment_id", str(error))
    if word not in MEANT:
        refused(
            "decision",
            said("marks_file.no_decision", text=given["decision"], decisions=", ".join(DECISIONS)),
        )
        return None
    part = given.get("part", "").strip(" \u00a0\t\r\n")
    if why := _why_no_part(part, MEANT[word]):
        refused("part", why)
    if not fulfillment_id:
        return None
    row = {name: given.get(name, "") or None for name in MARKS.columns}
    written = {name: given.get(name, "").strip() for name in ("reason", "note", "override", "marked_by")}
    return {**row, **written, "fulfillment_id": fulfillment_id, "decision": MEANT[word], "part": part}


def _why_no_part(part: str, decision: str) -> str:
    """Why units cannot be named so; whether the fulfillment has such units is seen when a plan is made."""
    try:
        read_part(part)
    except PartUnclear as unclear:
        return str(unclear)
    if part and decision not in WITH_PART:
        first, second = WITH_PART
        return said(
            "marks_file.part_without",
            decision=decision or said("marks_file.blank"),
            first=first,
            second=second,
        )
    return ""
