"""Counted stock in Shopify's own inventory file: one column is filled, nothing else changes."""

import csv
from pathlib import Path

import pandas as pd
import pytest

from unfulfill.errors import SheetRefused
from unfulfill.sheets.inventory_file import fill_counts, write_inventory_files
from unfulfill.tables import STOCK, make_table

HEADER = (
    "Handle,Title,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Option3 Name,Option3 Value,SKU,HS Code,COO,"
    "Location,Bin name,Incoming (not editable),Unavailable (not editable),Committed (not editable),"
    "Available (not editable),On hand (current),On hand (new)"
)
NEW = HEADER.split(",").index("On hand (new)")


def row(sku: str, location: str = "Warehouse", current: str = "10", new: str = "") -> list[str]:
    return [
        "mug", '=Mug "large"\n2 l', "Size", "07", "", "", "", "", sku, "0912", "DE", location, "A-1", "0", "0", "0",
        current, current, new,
    ]  # fmt: skip


def native(folder: Path, *rows: list[str], header: str = HEADER) -> Path:
    path = folder / "inventory_export.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        file.write(header + "\n")
        csv.writer(file, lineterminator="\n").writerows(rows)
    return path


def stock(*rows: tuple[str | None, str, int, int | None]) -> pd.DataFrame:
    """SKU, location, on hand, counted."""
    names = ("sku", "location_name", "on_hand", "counted")
    return make_table(STOCK, {name: [each[at] for each in rows] for at, name in enumerate(names)})


def test_only_counted_rows_that_differ_are_set_and_every_other_cell_stays(tmp_path: Path) -> None:
    rows = [row("A"), row("B"), row("A", "Shop Berlin", "3"), row("C", current="not stocked")]
    path = native(tmp_path, *rows)

    filled = fill_counts(
        path, stock(("A", "Warehouse", 10, 8), ("B", "Warehouse", 10, 10), ("A", "Shop Berlin", 3, None))
    )
    files = write_inventory_files(tmp_path / "files", filled)

    rows[0][NEW] = "8"
    written = (tmp_path / "files" / "inventory_counted_1_of_1.csv").read_text()
    assert (filled.set, filled.right, filled.left_out) == (1, 1, ())
    assert files == {"inventory_counted_1_of_1.csv": 4}
    assert written == native(tmp_path, *rows).read_text()


@pytest.mark.parametrize(
    ("rows", "counted", "reason"),
    [
        ([row("A")], (None, "Warehouse", 10, 8), "it has no SKU"),
        ([row("A")], ("B", "Warehouse", 10, 8), "the inventory file has no row"),
        ([row("A")], ("A", "Shop Berlin", 10, 8), "the inventory file has no row"),
        ([row("A"), row("A")], ("A", "Warehouse", 10, 8), "several variants have this SKU"),
        ([row("A", current="not stocked")], ("A", "Warehouse", 10, 8), "On hand (current) is not stocked"),
        ([row("A", current="11")], ("A", "Warehouse", 10, 8), "its stock moved between"),
        ([row("A", new="9")], ("A", "Warehouse", 10, 8), "On hand (new) is filled already"),
    ],
)
def test_a_count_that_cannot_be_set_is_left_out_with_its_reason(
    tmp_path: Path, rows: list[list[str]], counted: tuple[str | None, str, int, int], reason: str
) -> None:
    filled = fill_counts(native(tmp_path, *rows), stock(counted))

    assert [list(each) for each in filled.sheet.rows] == rows
    assert [each.reason.startswith(reason) for each in filled.left_out] == [True]


def test_two_items_of_one_sku_are_never_guessed_between(tmp_path: Path) -> None:
    filled = fill_counts(
        native(tmp_path, row("A")), stock(("A", "Warehouse", 10, 8), ("A", "Warehouse", 10, 9))
    )

    assert (filled.set, len(filled.left_out)) == (0, 2)


def test_a_file_of_an_older_shape_is_refused(tmp_path: Path) -> None:
    path = native(tmp_path, header=HEADER.replace(",On hand (new)", ""))

    with pytest.raises(SheetRefused, match=r"has no column On hand \(new\)"):
        fill_counts(path, stock())


def test_a_large_file_is_parted_and_every_part_has_the_header(tmp_path: Path) -> None:
    path = native(tmp_path, *(row(f"S{n}") for n in range(10)))
    whole = path.stat().st_size

    files = write_inventory_files(tmp_path / "files", fill_counts(path, stock()), limit=whole // 2)

    parts = [tmp_path / "files" / name for name in files]
    assert len(parts) > 1
    assert all(part.stat().st_size <= whole // 2 for part in parts)
    assert {part.read_text().splitlines()[0] for part in parts} == {HEADER}
    assert sum(files.values()) == 10
