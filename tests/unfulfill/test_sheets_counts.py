from pathlib import Path

import pandas as pd
import pytest
from builders import SHOP, WAREHOUSE, Rows, gid, level, make_tables

from unfulfill.errors import SheetRefused
from unfulfill.sheets import read_counts

TWO_PLACES = (level(1), level(1, location_id=SHOP), level(2), level(3, sku=None))
NO_COUNTS = ("-1", "1.5", "2.0", "1,000", "12 pcs", "½", "n/a", "٢")


def read(folder: Path, text: str, *parts: Rows) -> list[tuple[str, str, int]]:
    path = folder / "count.csv"
    path.write_text(text, encoding="utf-8")
    counts = read_counts(path, make_tables(*(parts or TWO_PLACES))["inventory_levels"])
    return list(counts.itertuples(index=False, name=None))


@pytest.mark.parametrize(
    "header",
    [
        "SKU,Location,Counted",
        "Variant SKU,location_id,Count",
        "Référence,Emplacement,Quantité comptée",
        "Artikelnummer,Lagerort,Gezählt",
        "Referencia,Ubicación,Contado",
        " sku , LOCATION ,Physical Count",
    ],
)
def test_headers_are_read_in_four_languages(tmp_path: Path, header: str) -> None:
    assert read(tmp_path, f"{header}\nSKU-1,Warehouse,12\n") == [(gid("InventoryItem", 1), WAREHOUSE, 12)]


@pytest.mark.parametrize("place", ["Warehouse", "1", WAREHOUSE])
def test_a_location_is_named_or_given_by_its_id(tmp_path: Path, place: str) -> None:
    assert read(tmp_path, f"SKU,Location,Counted\nSKU-1,{place},0\n") == [
        (gid("InventoryItem", 1), WAREHOUSE, 0)
    ]


def test_an_item_may_be_given_by_its_barcode(tmp_path: Path) -> None:
    text = "Barcode,Location,Counted\n4000000000003,Warehouse,5\n"

    assert read(tmp_path, text) == [(gid("InventoryItem", 3), WAREHOUSE, 5)]


def test_the_location_may_be_left_out_where_there_is_only_one(tmp_path: Path) -> None:
    assert read(tmp_path, "SKU;Counted\nSKU-1;3\n", level(1)) == [(gid("InventoryItem", 1), WAREHOUSE, 3)]


def test_the_same_count_twice_is_one_and_shopifys_own_file_may_be_filled_in_part(tmp_path: Path) -> None:
    header = "SKU,Location,On hand (current),On hand (new)\n"
    text = f"{header}SKU-1,Warehouse,9,4\nSKU-1,Warehouse,9,4\nSKU-2,Warehouse,9,\n"

    assert read(tmp_path, text) == [(gid("InventoryItem", 1), WAREHOUSE, 4)]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("SKU-9,Warehouse,1", "line 2: the shop has no SKU “SKU-9”"),
        ("sku-1,Warehouse,1", "the shop has no SKU “sku-1”; it has SKU-1"),
        ("Total,Warehouse,340", "row of totals"),
        ("1.2E+12,Warehouse,1", "a spreadsheet rounded it"),
        ("SKU-1,Warehuose,1", "the shop has no location “Warehuose”"),
        ("SKU-1,Warehouse,", "counted is a blank"),
        (",Warehouse,1", "neither SKU nor barcode"),
        *((f'SKU-1,Warehouse,"{text}"', "must be a whole number") for text in NO_COUNTS),
    ],
)
def test_a_row_that_cannot_be_meant_is_refused_with_its_line(tmp_path: Path, row: str, said: str) -> None:
    with pytest.raises(SheetRefused, match=said):
        read(tmp_path, f"SKU,Location,Counted\n{row}\n")


def test_one_place_counted_twice_differently_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SheetRefused, match="line 3: SKU-1 was counted 2 here and 1 in line 2"):
        read(tmp_path, "SKU,Location,Counted\nSKU-1,Warehouse,1\nSKU-1,Warehouse,2\n")


def test_a_sku_that_two_items_share_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SheetRefused, match="belongs to 2"):
        read(tmp_path, "SKU,Location,Counted\nTWIN,Warehouse,1\n", level(1, sku="TWIN"), level(2, sku="TWIN"))


def test_a_sku_and_a_barcode_of_different_items_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SheetRefused, match="are different items"):
        read(tmp_path, "SKU,Barcode,Location,Counted\nSKU-1,4000000000002,Warehouse,1\n")


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("SKU,Location,Quantity", "no column counted"),
        ("Name,Location,Counted", "no column SKU or barcode"),
        ("SKU,Counted", "no location column"),
        ("SKU,Location,Counted,Count", "both look like the counted column"),
    ],
)
def test_a_column_is_never_guessed(tmp_path: Path, header: str, said: str) -> None:
    with pytest.raises(SheetRefused, match=said):
        read(tmp_path, f"{header}\n" + ",".join("1" for _ in header.split(",")) + "\n")


def test_all_problems_are_listed_at_once_the_first_fifty_of_them(tmp_path: Path) -> None:
    rows = "".join(f"NO-{n},Warehouse,1\n" for n in range(60))

    with pytest.raises(SheetRefused) as refused:
        read(tmp_path, "SKU,Location,Counted\n" + rows)

    lines = str(refused.value).splitlines()
    assert (lines[0][:32], len(lines), lines[-1].strip()) == (
        "count.csv has 60 problems; nothi",
        52,
        "and 10 more",
    )


def test_a_count_has_the_dtypes_of_the_tables(tmp_path: Path) -> None:
    path = tmp_path / "count.csv"
    path.write_text("SKU,Location,Counted\n", encoding="utf-8")

    counts = read_counts(path, make_tables(*TWO_PLACES)["inventory_levels"])

    assert (list(counts.columns), len(counts)) == (["inventory_item_id", "location_id", "counted"], 0)
    assert isinstance(counts["counted"].dtype, pd.ArrowDtype)
