"""marks.xlsx: what can be edited, what is offered, and that no text changes."""

import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from builders import NOW, fulfillment, gid, make_tables, order, quiet
from openpyxl.worksheet.worksheet import Worksheet

from unfulfill.audit import KINDS, audit_shop
from unfulfill.errors import RunFolderRefused
from unfulfill.mark import DECISIONS, make_marks, mark_rows
from unfulfill.sheets import write_marks_sheet
from unfulfill.sheets.marks_xlsx import COLUMNS, WRITABLE
from unfulfill.sheets.xlsx_parts import RED, WRITE
from unfulfill.tables import MARKS


def made() -> pd.DataFrame:
    tables = make_tables(
        order(1, name="=cmd|' /C calc'!A0"),
        quiet(1, tracking_numbers="0034043412345678901234"),
        fulfillment(2, display_status="DELIVERED", delivered_at="2026-10-05"),
    )
    marks = make_marks(tables, audit_shop(tables, now=NOW)).assign(severity=["high", None])
    ids = [gid("Fulfillment", 2)]
    return mark_rows(
        marks, decision="hold", fulfillment_ids=ids, reason="-1 unit", note="two\nlines", override="x"
    )


def sheet_of(folder: Path, marks: pd.DataFrame) -> Worksheet:
    write_marks_sheet(folder / "marks.xlsx", marks)
    sheet = openpyxl.load_workbook(folder / "marks.xlsx")["Marks"]
    assert isinstance(sheet, Worksheet)
    return sheet


def test_every_column_of_the_marks_is_there_with_its_text_and_none_is_a_formula(tmp_path: Path) -> None:
    marks = made()

    sheet = sheet_of(tmp_path, marks)

    assert set(COLUMNS) == set(MARKS.columns)
    assert [cell.value for cell in sheet[1]] == list(COLUMNS)
    times = marks["created_at"].dt.strftime("%Y-%m-%dT%H:%M:%S").str.slice(0, 19) + "Z"
    expected = marks.assign(created_at=times)[list(COLUMNS)].astype(object).fillna("").to_numpy().tolist()
    assert [[cell.value or "" for cell in row] for row in sheet.iter_rows(min_row=2)] == expected
    assert {cell.data_type for row in sheet.iter_rows(min_row=2) for cell in row if cell.value} == {"s"}
    assert {cell.number_format for row in sheet.iter_rows(min_row=2) for cell in row} == {"@"}


def test_only_what_a_person_writes_can_be_edited(tmp_path: Path) -> None:
    sheet = sheet_of(tmp_path, made())

    free = {sheet.cell(1, cell.column).value for cell in sheet[2] if not cell.protection.locked}
    assert free == set(WRITABLE)
    assert (sheet.protection.sheet, sheet.protection.password, sheet.protection.autoFilter) == (
        True,
        None,
        False,
    )


def test_decisions_and_reasons_are_offered_and_only_a_decision_must_be_of_the_list(tmp_path: Path) -> None:
    sheet = sheet_of(tmp_path, made())

    decision, reason = sheet.data_validations.dataValidation
    assert (decision.formula1, str(decision.sqref), decision.showErrorMessage) == (
        f'"{",".join(DECISIONS)}"', "B2:B3", True,
    )  # fmt: skip
    assert (reason.formula1.split("$D$")[0], str(reason.sqref), reason.showErrorMessage) == (
        "Columns!", "D2:D3", False,
    )  # fmt: skip
    listed = [cell.value for cell in sheet.parent["Columns"]["D"]]
    assert listed[:3] == ["Reasons to choose from", "-1 unit", next(iter(KINDS))]


def test_the_header_stays_filters_are_there_and_severity_and_lock_have_a_colour(tmp_path: Path) -> None:
    sheet = sheet_of(tmp_path, made())

    places = {name: number for number, name in enumerate(COLUMNS, 1)}
    fills = {
        name: [sheet.cell(row, places[name]).fill.fgColor.rgb for row in (2, 3)]
        for name in ("severity", "locked")
    }
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("B2", "A1:Q3")
    assert fills["severity"] == ["FFF4CCCC", "00000000"]
    assert "FFE3E6E8" in fills["locked"]


def test_the_second_sheet_explains_every_column(tmp_path: Path) -> None:
    sheet = sheet_of(tmp_path, made())

    explained = {
        row[0]: row[2] for row in sheet.parent["Columns"].iter_rows(min_row=2, values_only=True) if row[0]
    }
    assert list(explained) == list(COLUMNS)
    assert all(explained.values())


def test_no_marks_give_a_sheet_with_its_header(tmp_path: Path) -> None:
    sheet = sheet_of(tmp_path, made().head(0))

    assert ([cell.value for cell in sheet[1]], sheet.max_row) == (list(COLUMNS), 1)


def test_a_hundred_thousand_rows_have_drop_downs_locks_and_colours_too(tmp_path: Path) -> None:
    rows = 100_000
    marks = made().iloc[[0, 1] * (rows // 2)]

    write_marks_sheet(tmp_path / "long.xlsx", marks)

    with zipfile.ZipFile(tmp_path / "long.xlsx") as archive:
        assert archive.testzip() is None
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert f'sqref="B2:B{rows + 1}"' in sheet
    assert f'sqref="D2:D{rows + 1}"' in sheet
    assert '<sheetProtection sheet="1"' in sheet
    row = sheet.split("<row>")[rows]  # one of high severity
    assert (row.count(f'<c s="{WRITE}"'), row.count(f'<c s="{RED}"')) == (len(WRITABLE), 1)


def test_a_workbook_that_was_edited_is_never_overwritten(workbench, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    bench = workbench(with_audit=True)
    path = bench.marks_sheet()
    again = bench.marks_sheet()
    book = openpyxl.load_workbook(path)
    book["Marks"]["B2"] = "keep"
    book.save(path)
    edited = path.read_bytes()

    with pytest.raises(RunFolderRefused, match="was edited"):
        bench.marks_sheet()

    assert (path, path.read_bytes()) == (again, edited)
