"""The commands that make files of a run folder, on a run of the sandbox; no shop is asked."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from on_sandbox import choose

from unfulfill.cli import main
from unfulfill.workbench import Workbench

Open = Callable[..., Workbench]


def marked(workbench: Open) -> Workbench:
    """A run of the sandbox with three rows to unfulfill and one to keep."""
    bench = workbench(with_audit=True)
    ids = choose(bench, 4)
    bench.mark("unfulfill", fulfillment_ids=ids[:3], reason="never left")
    bench.mark("keep", fulfillment_ids=ids[3:])
    return bench


def test_the_unfulfill_file_is_written_and_told_with_what_it_cannot_do(
    workbench: Open, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bench = marked(workbench)

    status = main(
        ["unfulfill-file", str(bench.run.folder), "--to", str(tmp_path / "out"), "--format", "csv", "--limit", "2"]
    )  # fmt: skip

    out = capsys.readouterr().out
    assert status == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "orders_unfulfill_1_of_2.csv", "orders_unfulfill_2_of_2.csv", "left_out.csv",
    }  # fmt: skip
    assert out.startswith("3 fulfillments of 3 orders of ")
    for words in ("Left out: 1 rows", "marked to stay fulfilled", "Untested", "neither looks", "no undo"):
        assert words in out
    assert main(["lint", str(tmp_path / "out" / "orders_unfulfill_1_of_2.csv"), "--limit", "2"]) == 0
    assert capsys.readouterr().out.startswith("0 errors, 0 warnings, 0 notes.")


def test_nothing_is_written_where_no_mark_can_be_said_in_the_file(
    workbench: Open, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bench = workbench(with_audit=True)
    bench.mark("keep", fulfillment_ids=choose(bench, 1))

    assert main(["unfulfill-file", str(bench.run.folder), "--to", str(tmp_path / "out")]) == 0

    assert capsys.readouterr().out.splitlines()[:2] == [
        "Nothing was written: no mark can be said in such a file.",
        "Left out: 1 rows:",
    ]
    assert not (tmp_path / "out").exists()


def test_an_incomplete_export_is_refused(workbench: Open, tmp_path: Path) -> None:
    bench = marked(workbench)
    manifest = bench.run.load_json("export/manifest.json", "export")
    bench.run.save_json("export/manifest.json", {**manifest, "complete": False, "reasons": ["cut"]})

    assert main(["unfulfill-file", str(bench.run.folder), "--to", str(tmp_path / "out")]) == 3


def test_the_marks_of_a_run_become_a_workbook_beside_them(
    workbench: Open, capsys: pytest.CaptureFixture[str]
) -> None:
    bench = marked(workbench)

    assert main(["marks", str(bench.run.folder)]) == 0

    assert bench.run.has("marks.xlsx")
    assert "decide in the column decision" in capsys.readouterr().out


def test_counted_stock_is_filled_into_the_merchants_own_file(
    workbench: Open, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bench = workbench(with_audit=True)
    stock = bench.last_audit().stock
    counted = stock[stock["counted"].notna() & stock["sku"].notna()]
    differs = counted[(counted["counted"] != counted["on_hand"]) & ~counted["sku"].duplicated(keep=False)]
    out = io.StringIO(newline="")
    names = ("Handle", "Option1 Value", "SKU", "Location", "On hand (current)", "On hand (new)")
    writer = csv.writer(out)
    writer.writerow(names)
    for sku, place, on_hand in differs[["sku", "location_name", "on_hand"]].itertuples(
        index=False, name=None
    ):
        writer.writerow(["a-handle", "Default Title", sku, place, on_hand, ""])
    native = tmp_path / "inventory_export.csv"
    native.write_text(out.getvalue(), encoding="utf-8")

    command = ["count-file", str(bench.run.folder), "--inventory", str(native), "--to", str(tmp_path / "out")]
    assert main(command) == 0

    written = (tmp_path / "out" / "inventory_counted_1_of_1.csv").read_text(encoding="utf-8")
    assert [row["On hand (new)"] for row in csv.DictReader(io.StringIO(written))] == [
        str(units) for units in differs["counted"]
    ]
    assert len(differs) > 0
    assert capsys.readouterr().out.startswith(f"{len(differs)} rows have a new On hand")
