"""With files alone: audit, marks, marks.xlsx there and back, and the file for an import app."""

import json
from pathlib import Path

import openpyxl
import pytest

from unfulfill.cli import main
from unfulfill.errors import IncompleteExport, RunFolderRefused, SheetRefused
from unfulfill.from_files import audit_files, take_marks
from unfulfill.run import Run
from unfulfill.sheets import read_marks
from unfulfill.sheets.read_sheet import read_sheet

SAMPLES = Path(__file__).parents[2] / "sample_exports"
ORDERS = SAMPLES / "matrixify_orders.csv"


def test_an_orders_sheet_is_audited_marked_and_written_for_the_app(tmp_path, capsys):
    run, out = tmp_path / "run", tmp_path / "out"

    statuses = [
        main(["audit", str(ORDERS), "--run", str(run)]),
        main(["unfulfill-file", str(run), "--to", str(out), "--format", "csv"]),
    ]

    told = capsys.readouterr().out
    marks = read_marks(run / "marks.csv")
    marked = set(marks.loc[marks["decision"] == "unfulfill", "fulfillment_id"])
    written = read_sheet(out / "orders_unfulfill_1_of_1.csv").tables["fulfillments"]
    assert statuses == [0, 0]
    assert f"{len(marked)} fulfillments are marked unfulfill" in told
    assert f"{len(marked)} fulfillments of {len(marked)} orders of matrixify_orders.csv are in" in told
    assert set(written["fulfillment_id"]) == marked != set()


def test_auditing_again_keeps_what_was_decided(tmp_path):
    found = audit_files(tmp_path / "run", [ORDERS])
    marks = read_marks(found.run.path("marks.csv"))
    first = marks.loc[marks["decision"].fillna("") == "", "fulfillment_id"].iloc[0]
    sheet = edited(found.run, first, "keep")
    take_marks(found.run, sheet)

    audit_files(tmp_path / "run", [ORDERS])

    again = read_marks(found.run.path("marks.csv")).set_index("fulfillment_id")
    assert again.loc[first, "decision"] == "keep"


def test_the_audit_of_files_is_a_page_to_share(tmp_path):
    found = audit_files(tmp_path / "run", [ORDERS])

    page = found.run.path("audit.html").read_text(encoding="utf-8")

    assert "no shop was asked" in page
    assert f"{len(found.audit.findings):,} finding" in page
    assert "Nothing was planned or changed." in page


def test_a_file_that_was_cut_off_makes_no_run_folder(tmp_path):
    with pytest.raises(IncompleteExport, match="cut the file off in line 43"):
        audit_files(tmp_path / "run", [SAMPLES / "matrixify_orders_cut_short.csv"])

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "words"),
    [("count_by_sku.csv", "give it by --count"), ("marks.csv", "unfulfill marks RUN --take FILE")],
)
def test_a_file_that_is_no_export_is_refused_with_the_way_for_it(tmp_path, name, words):
    with pytest.raises(SheetRefused, match=words):
        audit_files(tmp_path / "run", [SAMPLES / name])

    assert list(tmp_path.iterdir()) == []


def test_a_run_of_a_shop_is_left_as_it_is(tmp_path):
    (tmp_path / "run.json").write_text(json.dumps({"shop_id": "gid://shopify/Shop/1"}))

    with pytest.raises(RunFolderRefused, match="holds a run of a shop"):
        audit_files(tmp_path, [ORDERS])

    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]


def edited(run: Run, fulfillment_id: str, decision: str) -> Path:
    """marks.xlsx of a run, with one row decided by hand."""
    assert main(["marks", str(run.folder)]) == 0
    book = openpyxl.load_workbook(run.path("marks.xlsx"))
    rows = book.worksheets[0]
    columns = {cell.value: cell.column for cell in rows[1]}
    (row,) = [
        cell.row
        for (cell,) in rows.iter_rows(min_col=columns["fulfillment_id"], max_col=columns["fulfillment_id"])
        if cell.value == fulfillment_id
    ]
    rows.cell(row, columns["decision"]).value = decision
    book.save(run.path("marks.xlsx"))
    return run.path("marks.xlsx")


def test_what_was_decided_in_the_workbook_is_taken_over(tmp_path, capsys):
    run = audit_files(tmp_path / "run", [ORDERS]).run
    before = read_marks(run.path("marks.csv")).set_index("fulfillment_id")["decision"].fillna("")
    chosen = before.index[before == ""][0]
    sheet = edited(run, chosen, "unfulfill")

    status = main(["marks", str(run.folder), "--take", str(sheet)])

    after = read_marks(run.path("marks.csv")).set_index("fulfillment_id")["decision"].fillna("")
    assert (status, after[chosen]) == (0, "unfulfill")
    assert after.drop(chosen).to_dict() == before.drop(chosen).to_dict()
    assert f"{(after != '').sum()} rows are decided now" in capsys.readouterr().out


def test_decisions_in_hidden_rows_are_taken_over_and_said(tmp_path, capsys):
    run = audit_files(tmp_path / "run", [ORDERS]).run
    marks = read_marks(run.path("marks.csv"))
    open_rows = list(marks.loc[marks["decision"].fillna("") == "", "fulfillment_id"])
    sheet = edited(run, open_rows[0], "unfulfill")
    book = openpyxl.load_workbook(sheet)
    for row in (2, 3):
        book.worksheets[0].row_dimensions[row].hidden = True
        book.worksheets[0].cell(row, 2).value = "keep"
    book.save(sheet)
    capsys.readouterr()

    status = main(["marks", str(run.folder), "--take", str(sheet)])

    said = capsys.readouterr().out.splitlines()
    assert status == 0
    assert "2 hidden or filtered rows hold a decision, and it counts: sheet Marks, row 2, 3" in said[1]


def test_the_workbook_of_another_run_changes_nothing(tmp_path):
    run = audit_files(tmp_path / "run", [ORDERS]).run
    before = run.path("marks.csv").read_bytes()
    other = tmp_path / "other.csv"
    other.write_bytes(before.replace(b"gid://shopify/Fulfillment/5", b"gid://shopify/Fulfillment/7"))

    with pytest.raises(SheetRefused, match="it is of another run"):
        take_marks(run, other)

    assert run.path("marks.csv").read_bytes() == before
