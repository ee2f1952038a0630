import csv
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest

from sandbox_shop.seeding import seed_merchant_shop
from sandbox_shop.world import World
from unfulfill.sheets import read_marks
from unfulfill.tables import MARKS

FOLDER = Path(__file__).resolve().parents[2] / "sample_exports"
SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "samples"
BY_HAND = ("README.md",)


def files_in(folder: Path) -> set[Path]:
    """Every file below a folder that is neither source, picture nor a tool's cache, relative to it."""
    found = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    is_made = {
        path for path in found if path.suffix not in (".py", ".pyc", ".png") and path.name not in BY_HAND
    }
    return {path for path in is_made if not any(part.startswith(".") for part in path.parts)}


def rows_of(name: str, encoding: str = "utf-8", delimiter: str = ",") -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    subprocess.run([sys.executable, "-B", FOLDER / "make.py", folder], check=True, timeout=300)
    return folder


def test_one_command_makes_every_sample_file_again(made: Path) -> None:
    assert files_in(made) == files_in(FOLDER)


def test_the_files_of_each_dialect_are_the_same_byte_by_byte(made: Path) -> None:
    same = [path for path in sorted(files_in(made)) if path.parts[0] != "run"]

    assert [path for path in same if (made / path).read_bytes() != (FOLDER / path).read_bytes()] == []


def test_the_sample_run_says_the_same(made: Path) -> None:
    said = [path for path in sorted(files_in(made)) if path.parts[0] == "run"]

    assert len(said) > 20
    assert [path for path in said if contents(made / path) != contents(FOLDER / path)] == []


def contents(path: Path) -> object:
    """What a file of the sample run says; libraries write their version and the time beside it."""
    match path.suffix:
        case ".parquet":
            return pq.read_table(path).to_pylist()
        case ".xlsx":
            book = openpyxl.load_workbook(path)
            return {sheet.title: [list(row) for row in sheet.iter_rows(values_only=True)] for sheet in book}
        case ".sqlite":
            with closing(sqlite3.connect(path)) as connection:
                return connection.execute("select * from event order by seq").fetchall()
        case _:
            return path.read_bytes()


def test_the_readme_lists_every_sample_file() -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")

    assert [path for path in files_in(FOLDER) if f"`{path.parts[0]}" not in readme] == []


@pytest.mark.parametrize(
    ("orders", "inventory", "sentence"),
    [
        (
            "shopify_orders_79.csv",
            "shopify_inventory_newest.csv",
            "30 orders with 24 fulfillments at 3 locations; of 13",
        ),
        (
            "shopify_orders_79.csv",
            "shopify_inventory_older.csv",
            "30 orders with 24 fulfillments at 3 locations; of 13",
        ),
        (
            "shopify_orders_79.csv",
            "shopify_inventory_available_only.csv",
            "30 orders with 24 fulfillments at 3 locations; of 13",
        ),
        ("shopify_orders_75.csv", None, "12 orders with 11 fulfillments at 1 location; of 12"),
    ],
)
def test_the_shopify_files_become_a_shop(
    tmp_path: Path, orders: str, inventory: str | None, sentence: str
) -> None:
    world = World(tmp_path / "shop.sqlite")

    report = seed_merchant_shop(
        world, orders=FOLDER / orders, inventory=FOLDER / inventory if inventory else None
    )

    world.close()
    assert report.sentence().startswith(sentence)


def test_the_three_inventory_files_give_one_and_the_same_stock(tmp_path: Path) -> None:
    stocks = []
    for generation in ("newest", "older", "available_only"):
        world = World(tmp_path / f"{generation}.sqlite")
        inventory = FOLDER / f"shopify_inventory_{generation}.csv"
        seed_merchant_shop(world, orders=FOLDER / "shopify_orders_79.csv", inventory=inventory)
        stocks.append(
            world.rows(
                "select i.title, i.variant_title, p.name, v.available, v.committed, v.reserved from level v"
                " join item i on i.id = v.item_id join location p on p.id = v.location_id order by 1, 2, 3"
            )
        )
        world.close()

    assert stocks[0] == stocks[1] == stocks[2]
    assert len(stocks[0]) == 27


@pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="the real exports lie beside the checkout only at the makers'"
)
@pytest.mark.parametrize(
    ("ours", "real"),
    [
        ("shopify_orders_79.csv", "orders_a.csv"),
        ("shopify_orders_75.csv", "orders_h.csv"),
        ("shopify_inventory_older.csv", "inventory_i.csv"),
    ],
)
def test_the_header_is_that_of_a_real_export(ours: str, real: str) -> None:
    headers = []
    for path in (FOLDER / ours, SAMPLES / real):
        with path.open(encoding="utf-8-sig", newline="") as file:
            headers.append(next(csv.reader(file)))

    assert headers[0] == headers[1]


def test_the_workbook_and_the_csv_of_the_matrixify_dialect_hold_the_same() -> None:
    rows = rows_of("matrixify_orders.csv")
    sheet = openpyxl.load_workbook(FOLDER / "matrixify_orders.xlsx")["Orders"]

    cells = [[cell or "" for cell in row] for row in sheet.iter_rows(values_only=True)]

    assert cells == [list(rows[0]), *(list(row.values()) for row in rows)]


def test_the_cut_short_file_says_so_in_its_last_row() -> None:
    rows = rows_of("matrixify_orders_cut_short.csv")

    assert rows[-1]["ID"].startswith("###### YOUR PLAN ALLOWS")
    assert rows[:40] == rows_of("matrixify_orders.csv")[:40]


def test_the_unfulfill_files_name_fulfillments_of_the_orders_sheet() -> None:
    known = {
        (row["ID"], row["Fulfillment: ID"])
        for row in rows_of("matrixify_orders.csv")
        if row["Fulfillment: ID"]
    }

    for name in ("altera_unfulfill.csv", "matrixify_unfulfill_orders.csv"):
        rows = rows_of(name)
        assert len(rows) == 6
        assert {(row["ID"], row["Fulfillment: ID"]) for row in rows} <= known
        assert {row["Fulfillment: Status"] for row in rows} == {"cancelled"}


def test_the_counts_name_items_and_locations_of_the_inventory() -> None:
    inventory = rows_of("shopify_inventory_newest.csv")
    skus = Counter(row["SKU"] for row in inventory if row["Location"] == "Main Warehouse")

    by_sku = rows_of("count_by_sku.csv")
    by_barcode = rows_of("count_by_barcode.csv", "cp1252", ";")

    assert {skus[row["sku"]] for row in by_sku} == {1}
    assert (
        {row["location"] for row in by_sku}
        == {row["Standort"] for row in by_barcode}
        <= {row["Location"] for row in inventory}
    )
    assert len(by_barcode) > len(by_sku)


def test_the_marks_can_be_read() -> None:
    frame = read_marks(FOLDER / "marks.csv")

    assert list(rows_of("marks.csv", "utf-8-sig")[0]) == list(MARKS.columns)
    assert Counter(frame["decision"]) == {"unfulfill": 7, "hold": 1, "keep": 1}
    assert list(frame["override"].replace("", None).dropna()) == ["The parcel stands here"]
