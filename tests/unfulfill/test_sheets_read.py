"""One door for files: the dialect is told by the header, and the tables say what the file says."""

import csv
import json
import re
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from builders import NOW, fulfillment, gid, level, line, make_tables, order
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from unfulfill.audit import AUDIT_COLUMNS, audit_shop
from unfulfill.cli import main
from unfulfill.errors import SheetRefused
from unfulfill.sheets import (
    Dialect,
    read_counts,
    read_marks,
    read_sheet,
    recognise_file,
    write_marks_sheet,
    write_orders_sheet,
)
from unfulfill.sheets.for_audit import audit_tables
from unfulfill.sheets.safe_cells import clean_text
from unfulfill.tables import EXPORTED, check_columns

ROOT = Path(__file__).resolve().parents[2]
MADE_UP = ROOT / "sample_exports"
SAMPLES = next(
    (
        path
        for path in (ROOT.parent / "shared/samples", ROOT.parent.parent / "shared/samples")
        if path.is_dir()
    ),
    ROOT.parent / "shared/samples",
)
needs_samples = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="files of real shops are not kept in this folder"
)

ORDERS_CSV = (
    "ID,Name,Row #,Top Row,Line: Type,Line: ID,Line: SKU,Line: Quantity,Fulfillment: ID,Fulfillment: Status,"
    "Fulfillment: Location,Price: Total,Order Fulfillment Status\n"
    "5500000000001,#9001,1,TRUE,Line Item,14100000000001,TEE,2,,,,75.00,fulfilled\n"
    "5500000000001,#9001,2,,Line Item,14100000000002,MUG,1,,,,,\n"
    "5500000000001,#9001,3,,Shipping Line,,,,,,,,\n"
    "5500000000001,#9001,4,,Fulfillment Line,14100000000001,TEE,2,4700000000001,success,Main,,\n"
    "5500000000001,#9001,5,,Fulfillment Line,14100000000002,MUG,1,4700000000001,success,,,\n"
    "5500000000002,#9002,6,TRUE,Line Item,14100000000003,TEE,1,,,,5.00,\n"
)


def written(folder: Path, text: str, name: str = "file.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def workbook(folder: Path, *sheets: tuple[str, list[list[object]]], name: str = "file.xlsx") -> Path:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    path = folder / name
    book.save(path)
    return path


def hide_rows(path: Path, numbers: list[int]) -> None:
    book = openpyxl.load_workbook(path)
    for number in numbers:
        book.worksheets[0].row_dimensions[number].hidden = True
    book.save(path)


def records(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def column(frame: pd.DataFrame, name: str) -> list[object]:
    return [None if pd.isna(value) else value for value in frame[name]]


@pytest.mark.parametrize(
    ("name", "dialect", "about"),
    [
        (
            "altera_unfulfill.csv",
            Dialect.MATRIXIFY_ORDERS,
            "Matrixify Orders sheet, 6 orders, 6 fulfillments",
        ),
        ("count_by_barcode.csv", Dialect.COUNT, "count file, 23 counts"),
        ("count_by_sku.csv", Dialect.COUNT, "count file, 18 counts"),
        ("marks.csv", Dialect.MARKS, "file of marks, 9 fulfillments, 9 decided"),
        (
            "matrixify_orders.csv",
            Dialect.MATRIXIFY_ORDERS,
            "Matrixify Orders sheet, 30 orders, 24 fulfillments",
        ),
        (
            "matrixify_orders.xlsx",
            Dialect.MATRIXIFY_ORDERS,
            "Matrixify Orders sheet, 30 orders, 24 fulfillments",
        ),
        (
            "shopify_inventory_newest.csv",
            Dialect.SHOPIFY_INVENTORY,
            "Shopify inventory export (all states), 27 levels at 3 locations",
        ),
        (
            "shopify_inventory_older.csv",
            Dialect.SHOPIFY_INVENTORY,
            "Shopify inventory export (all states), 27 levels at 3 locations",
        ),
        (
            "shopify_inventory_available_only.csv",
            Dialect.SHOPIFY_INVENTORY,
            "Shopify inventory export (available only, one column a location), 27 levels at 3 locations",
        ),
        (
            "shopify_orders_75.csv",
            Dialect.SHOPIFY_ORDERS,
            "Shopify orders export (75 columns), 12 orders, 16 lines",
        ),
        (
            "shopify_orders_79.csv",
            Dialect.SHOPIFY_ORDERS,
            "Shopify orders export (79 columns), 30 orders, 41 lines",
        ),
    ],
)
def test_every_made_up_export_is_known_by_its_header(name: str, dialect: Dialect, about: str) -> None:
    sheet = read_sheet(MADE_UP / name)

    assert (sheet.dialect, sheet.about, sheet.complete) == (dialect, about, True)
    assert recognise_file(MADE_UP / name) is dialect


def test_tables_have_the_columns_and_kinds_of_an_export() -> None:
    tables = {table.name: table for table in EXPORTED}

    for path in MADE_UP.glob("*.csv"):
        for name, frame in read_sheet(path).tables.items():
            if name in tables:
                check_columns(tables[name], frame, path.name)


def test_the_csv_and_the_workbook_of_one_export_give_the_same_tables() -> None:
    of_csv, of_book = (read_sheet(MADE_UP / f"matrixify_orders.{kind}").tables for kind in ("csv", "xlsx"))

    for name in of_csv:
        pd.testing.assert_frame_equal(of_csv[name], of_book[name])


@pytest.mark.parametrize("columns", [61, 73])
def test_every_width_of_shopifys_orders_export_gives_the_same_tables(columns: int) -> None:
    newest = read_sheet(MADE_UP / "shopify_orders_79.csv")

    sheet = read_sheet(MADE_UP / f"shopify_orders_{columns}.csv")

    assert sheet.about == newest.about.replace("79", str(columns))
    for name in ("orders", "line_items"):
        pd.testing.assert_frame_equal(sheet.tables[name], newest.tables[name])


def test_an_order_is_a_block_and_its_first_value_that_is_not_blank_counts(tmp_path: Path) -> None:
    tables = read_sheet(written(tmp_path, ORDERS_CSV)).tables

    assert column(tables["orders"], "order_id") == [gid("Order", 5500000000001), gid("Order", 5500000000002)]
    assert column(tables["orders"], "total_amount") == ["75.00", "5.00"]
    assert column(tables["orders"], "display_fulfillment_status") == ["FULFILLED", "UNFULFILLED"]
    assert column(tables["line_items"], "quantity") == [2, 1, 1]
    assert column(tables["fulfillments"], "location_name") == ["Main"]
    assert column(tables["fulfillments"], "total_quantity") == [3]
    assert column(tables["fulfillment_lines"], "quantity") == [2, 1]


def test_columns_may_be_few_in_any_order_and_spelled_with_blanks_and_other_case(tmp_path: Path) -> None:
    text = "\ufeff fulfillment: STATUS ,\u00a0Fulfillment:  ID,id\ncancelled,'4700000000001,5500000000001.0\n"

    found = read_sheet(written(tmp_path, text)).tables["fulfillments"]

    assert found[["fulfillment_id", "order_id", "status"]].to_numpy().tolist() == [
        [gid("Fulfillment", 4700000000001), gid("Order", 5500000000001), "CANCELLED"]
    ]


def test_a_fulfillment_on_the_rows_of_its_items_counts_once(tmp_path: Path) -> None:
    text = (
        "ID,Line: Type,Line: ID,Line: Quantity,Fulfillment: ID,Fulfillment: Status\n"
        "1,Line Item,11,2,7,success\n1,Line Item,12,1,7,\n"
    )

    tables = read_sheet(written(tmp_path, text)).tables

    assert column(tables["fulfillments"], "status") == ["SUCCESS"]
    assert column(tables["fulfillment_lines"], "quantity") == [2, 1]


def test_refund_rows_lessen_a_line_and_are_no_line(tmp_path: Path) -> None:
    text = (
        "ID,Line: Type,Line: ID,Line: Quantity,Refund: Created At,Transaction: Kind,Transaction: Status,"
        "Transaction: Processed At\n"
        "1,Line Item,11,3,,,,\n1,Refund Line,11,-2,2026-10-05 10:00:00 +0200,,,\n"
        "1,Transaction,,,,sale,success,2026-10-01 10:00:00 +0000\n"
    )

    tables = read_sheet(written(tmp_path, text)).tables

    assert column(tables["line_items"], "current_quantity") == [1]
    assert column(tables["orders"], "refunded_at") == [pd.Timestamp("2026-10-05 08:00", tz="UTC")]
    assert column(tables["orders"], "paid_at") == [pd.Timestamp("2026-10-01 10:00", tz="UTC")]


def test_a_file_that_the_plan_cut_off_is_incomplete(tmp_path: Path) -> None:
    text = (
        ORDERS_CSV
        + ",,\n###### YOUR PLAN ALLOWS FILE SIZE TILL HERE ###### UPGRADE IF YOU NEED LARGER FILES,,\n"
    )

    sheet = read_sheet(written(tmp_path, text))

    assert (sheet.complete, len(sheet.tables["orders"])) == (False, 2)
    assert sheet.reasons == ("the app's plan cut the file off in line 9: later orders are missing",)


def test_a_results_file_claims_and_proves_nothing(tmp_path: Path) -> None:
    head = "ID,Fulfillment: ID,Fulfillment: Status,Import Result,Import Comment\n"
    text = head + "1,7,cancelled,OK,x\n2,8,cancelled,Failed,y\n"

    sheet = read_sheet(written(tmp_path, text))

    assert (sheet.dialect, sheet.complete) == (Dialect.MATRIXIFY_RESULTS, False)
    assert "1 × Failed, 1 × OK" in sheet.reasons[0]


def test_the_look_alike_of_storerobo_is_told_apart(tmp_path: Path) -> None:
    text = "ID,Name,Line: Type,Shipping: Title,Discount: Type\n1,#1,Line Item,,\n"

    assert read_sheet(written(tmp_path, text)).dialect is Dialect.STOREROBO_ORDERS


def test_ids_that_may_have_lost_digits_are_refused_with_row_and_column(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["ID", "Fulfillment: ID", "Fulfillment: Status"],
        [5500000000001, 4700000000001, "cancelled"],
        ["5.32146E+12", 53214567890123456, "canceled"],
    ]

    with pytest.raises(SheetRefused) as refused:
        read_sheet(workbook(tmp_path, ("Orders", rows)))

    assert "sheet Orders, row 3, column ID: “5.32146E+12” was rounded" in str(refused.value)


def test_two_sheets_of_one_dialect_go_on_and_others_are_named(tmp_path: Path) -> None:
    head: list[object] = ["ID", "Fulfillment: ID", "Fulfillment: Status"]
    path = workbook(
        tmp_path,
        ("Orders", [head, [1, 7, "success"]]),
        ("Orders 2", [head, [2, 8, "success"]]),
        ("Export Summary", [["What", "How many"], ["Orders", 2]]),
    )

    sheet = read_sheet(path)

    assert sheet.about == "Matrixify Orders sheet, 2 orders, 2 fulfillments"
    assert sheet.notes == ("not read: Export Summary",)


def test_a_zip_of_csvs_gives_the_tables_of_all(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("Orders.csv", ORDERS_CSV)
        archive.writestr("Products.csv", "ID,Title,Variant SKU,Inventory Available: Main\n1,Tee,TEE,4\n")

    sheet = read_sheet(path)

    assert {name: len(table) for name, table in sheet.tables.items()} == {
        "orders": 2, "line_items": 3, "fulfillments": 1, "fulfillment_lines": 2, "inventory_levels": 1,
    }  # fmt: skip


def test_a_products_sheet_gives_a_level_for_each_location(tmp_path: Path) -> None:
    text = (
        "ID,Handle,Title,Variant Inventory Item ID,Variant SKU,Inventory Available: Main,Inventory On Hand: Main,"
        "Inventory Available: Shop Süd\n"
        "9,tee,Tee,44000000000001,TEE-M,4,6,\n9,tee,,44000000000002,TEE-L,-1,0,2\n"
    )

    levels = read_sheet(written(tmp_path, text)).tables["inventory_levels"]

    names = ["inventory_item_id", "location_name", "sku", "item_name", "available", "on_hand"]
    assert levels[names].fillna(-99).to_numpy().tolist() == [
        [gid("InventoryItem", 44000000000001), "Main", "TEE-M", "Tee", 4, 6],
        [gid("InventoryItem", 44000000000002), "Main", "TEE-L", "Tee", -1, 0],
        [gid("InventoryItem", 44000000000002), "Shop Süd", "TEE-L", "Tee", 2, -99],
    ]


def test_shopifys_export_has_its_order_on_the_first_row_and_dates_may_be_serials(tmp_path: Path) -> None:
    text = (
        "Name,Financial Status,Fulfillment Status,Created at,Lineitem quantity,Lineitem name,Lineitem sku,"
        "Lineitem fulfillment status,Shipping Zip,Id\n"
        "#1001,paid,partial,2026-10-07 09:50:26 +0200,2,Tee,TEE,fulfilled,'12345,6489142231355\n"
        "#1001,,,,1,Mug,MUG,pending,,\n"
        "#1002,refunded,unfulfilled,46000.5,1,Tee,00123,pending,,6489142231356\n"
    )

    tables = read_sheet(written(tmp_path, text)).tables

    assert column(tables["orders"], "created_at") == [
        datetime(2026, 10, 7, 7, 50, 26, tzinfo=UTC),
        datetime(2025, 12, 9, 12, tzinfo=UTC),
    ]
    assert column(tables["orders"], "display_fulfillment_status") == ["PARTIALLY_FULFILLED", "UNFULFILLED"]
    assert column(tables["line_items"], "order_id") == [gid("Order", 6489142231355)] * 2 + [
        gid("Order", 6489142231356)
    ]
    assert column(tables["line_items"], "sku") == ["TEE", "MUG", "00123"]
    assert column(tables["line_items"], "unfulfilled_quantity") == [0, 1, 1]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_count_may_have_one_column_a_location(tmp_path: Path, kind: str) -> None:
    rows: list[list[object]] = [["SKU", "Warehouse", "Shop Berlin"], ["SKU-1", 12, 3], ["SKU-2", None, 0]]
    text = "\n".join(",".join("" if cell is None else str(cell) for cell in row) for row in rows)
    path = written(tmp_path, text) if kind == "csv" else workbook(tmp_path, ("Tabelle1", rows))
    levels = make_tables(
        *(level(n, location_id=place) for n in (1, 2) for place in (gid("Location", 1), gid("Location", 2)))
    )["inventory_levels"]

    sheet, counts = read_sheet(path), read_counts(path, levels)

    assert sheet.about == "count file, 3 counts, one column for each of 2 locations"
    assert list(counts.itertuples(index=False, name=None)) == [
        (gid("InventoryItem", 1), gid("Location", 1), 12),
        (gid("InventoryItem", 1), gid("Location", 2), 3),
        (gid("InventoryItem", 2), gid("Location", 2), 0),
    ]


def test_a_count_without_a_location_may_be_said_to_be_of_one(tmp_path: Path) -> None:
    levels = make_tables(level(1), level(1, location_id=gid("Location", 2)))["inventory_levels"]
    path = written(tmp_path, "Artikelnummer;Gezählt\nSKU-1;4\n")

    counts = read_counts(path, levels, location="Shop Berlin")

    assert list(counts.itertuples(index=False, name=None)) == [
        (gid("InventoryItem", 1), gid("Location", 2), 4)
    ]


def test_marks_are_read_from_a_workbook_too(tmp_path: Path) -> None:
    path = workbook(
        tmp_path,
        ("Columns", [["Column", "What it is for"]]),
        ("Marks", [["order_name", "decision", "fulfillment_id"], ["#1001", True, gid("Fulfillment", 7)]]),
    )

    marks = read_marks(path)

    assert marks[["fulfillment_id", "decision"]].to_numpy().tolist() == [[gid("Fulfillment", 7), "unfulfill"]]
    assert read_sheet(path).dialect is Dialect.MARKS


def test_the_workbook_of_marks_that_we_write_is_read_the_same(tmp_path: Path) -> None:
    marks = read_marks(MADE_UP / "marks.csv")

    write_marks_sheet(tmp_path / "marks.xlsx", marks)

    pd.testing.assert_frame_equal(read_marks(tmp_path / "marks.xlsx"), marks)


@pytest.mark.parametrize(
    ("text", "ids", "names"),
    [
        ("Order\n#1001\n#1002\n#1001\n", [None, None], ["#1001", "#1002"]),
        ("#1001\n#1002\n", [None, None], ["#1001", "#1002"]),
        (
            "6489142231355\ngid://shopify/Order/2\n",
            [gid("Order", 6489142231355), gid("Order", 2)],
            [None, None],
        ),
    ],
)
def test_a_plain_list_of_orders_needs_no_header(
    tmp_path: Path, text: str, ids: list[object], names: list[object]
) -> None:
    orders = read_sheet(written(tmp_path, text)).tables["orders"]

    assert (column(orders, "order_id"), column(orders, "name")) == (ids, names)


@pytest.mark.parametrize(
    "text",
    [
        "SKU-1\nSKU-2\n", "TEE-BLK-1\nMUG-2\n", "1001\n1002\n", "00123\n00124\n", "Name\nEN1001\nEN1002\n",
        "#1001\nEN1002\n",
        "4006381333931\n4012345678901\n", "ID\n4006381333931\n", "ID\n17\n",
    ],
)  # fmt: skip
def test_a_list_that_may_name_orders_or_items_is_refused_with_a_question(tmp_path: Path, text: str) -> None:
    with pytest.raises(SheetRefused, match=r"are these orders\? Then write Order above them"):
        read_sheet(written(tmp_path, text))


@pytest.mark.parametrize("text", ["Order\nSKU-1\nSKU-2\n", "Bestellnummer\n1001\n1002\n", "#EN-1\n#EN-2-A\n"])
def test_a_list_says_itself_that_it_is_of_orders(tmp_path: Path, text: str) -> None:
    sheet = read_sheet(written(tmp_path, text))

    assert (sheet.dialect, len(sheet.tables["orders"])) == (Dialect.ORDER_LIST, 2)


@pytest.mark.parametrize(
    "text",
    [
        ORDERS_CSV.partition("\n")[0],
        "Order\n",
        "SKU,Counted\n",
        "Name,Lineitem quantity\n",
        "fulfillment_id,decision\n",
    ],
)
def test_a_header_without_rows_is_said_so(tmp_path: Path, text: str) -> None:
    assert "it has a header and no rows" in read_sheet(written(tmp_path, text)).notes


def test_hidden_and_filtered_rows_count_and_are_named(tmp_path: Path) -> None:
    rows: list[list[object]] = [["Order"], *([f"#{number}"] for number in range(1001, 1015))]
    path = workbook(tmp_path, ("Orders", rows))
    hide_rows(path, [3, *range(5, 16)])

    sheet = read_sheet(path)

    assert len(sheet.tables["orders"]) == 14
    assert sheet.notes == (
        "12 hidden or filtered rows were read, and count as the others do: sheet Orders, row"
        " 3, 5, 6, 7, 8, 9, 10, 11, 12, 13 …",
    )


def test_hidden_rows_of_marks_are_named_where_they_hold_a_decision(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["fulfillment_id", "decision"],
        *([f"47{n}", "keep" if n % 2 else ""] for n in range(6)),
    ]
    path = workbook(tmp_path, ("Marks", rows))
    hide_rows(path, [3, 4, 5])

    assert read_sheet(path).notes == (
        "2 hidden or filtered rows hold a decision, and it counts: sheet Marks, row 3, 5",
    )


@pytest.mark.parametrize(
    ("orders", "stock"),
    [
        ("matrixify_orders.xlsx", "shopify_inventory_newest.csv"),
        ("matrixify_orders.csv", "shopify_inventory_available_only.csv"),
        ("shopify_orders_79.csv", "shopify_inventory_older.csv"),
    ],
)
def test_the_audit_runs_on_files_alone(orders: str, stock: str) -> None:
    tables = audit_tables(read_sheet(MADE_UP / name) for name in (orders, stock))

    audit = audit_shop(
        {name: tables[name][list(columns)] for name, columns in AUDIT_COLUMNS.items()}, now=NOW
    )

    assert (len(audit.findings) > 0, len(audit.stock)) == (True, 27)


def test_the_command_says_what_a_file_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, ORDERS_CSV)

    statuses = [main(["sheet", str(path)]), main(["sheet", str(path), "--json"])]

    said = capsys.readouterr().out.splitlines()
    assert statuses == [0, 0]
    assert said[0] == "file.csv: Matrixify Orders sheet, 2 orders, 1 fulfillments."
    assert json.loads(said[-1])["tables"] == {
        "orders": 2, "line_items": 3, "fulfillments": 1, "fulfillment_lines": 2,
    }  # fmt: skip


def test_the_json_has_the_numbers_and_no_problem_of_a_good_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    multi_line = ORDERS_CSV.replace("2,,,,75.00", '2,,,"a\nb",75.00')

    status = main(["sheet", str(written(tmp_path, multi_line)), "--json"])

    said = json.loads(capsys.readouterr().out)
    names = ("dialect", "rows", "orders", "fulfillments", "complete", "problems")
    assert (status, *(said[name] for name in names)) == (0, "matrixify_orders", 6, 2, 1, True, [])


def test_the_json_names_the_data_row_the_column_and_the_line_of_each_problem(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = ORDERS_CSV.replace("TEE,2,,,,75.00", '"TEE\nBLUE",2,,,,75.00').replace(
        "5500000000001,#9001,4,", "\n5.5E+12,#9001,4,"
    )

    status = main(["sheet", str(written(tmp_path, text.replace(",5.00,", ",5 EUR,"))), "--json"])

    said = json.loads(capsys.readouterr().out)
    problems = [(each["row"], each["column"], each["where"]) for each in said["problems"]]
    assert (status, said["dialect"], said["rows"], said["orders"], said["complete"]) == (
        2, "matrixify_orders", 6, 2, False,
    )  # fmt: skip
    assert problems == [(4, "ID", "line 7"), (6, "Price: Total", "line 9")]
    assert "was rounded" in said["problems"][0]["message"]


@pytest.mark.parametrize(
    ("text", "dialect", "problem"),
    [
        (ORDERS_CSV.replace("5.00,\n", "5.00,,x\n"), "matrixify_orders", (6, "line 7", "14 cells under a header of")),
        (ORDERS_CSV.replace("#9002", 'a"b" "'), "matrixify_orders", None),
        (ORDERS_CSV.replace("#9002", '"a"b'), "matrixify_orders", (6, "line 7", "a quote is open")),
        ("Order\n#1001\nTotal: 5\n", "order_list", (2, "line 3", "neither the name of an order")),
        ("fulfillment_id,decision\n4700000000001,maybe\n", "marks", (1, "line 2", "is not a decision")),
        ("a,b\n1,2\n", None, (None, None, "in no dialect that is known")),
        ("ID,Line: Type,ID\n", "matrixify_orders", (None, None, "stands twice")),
    ],
)  # fmt: skip
def test_the_json_tells_what_it_can_of_a_file_that_is_refused(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    text: str,
    dialect: str,
    problem: tuple[object, ...] | None,
) -> None:
    status = main(["sheet", str(written(tmp_path, text)), "--json"])

    captured = capsys.readouterr()
    said = json.loads(captured.out)
    assert said["dialect"] == dialect
    if problem is None:
        assert (status, said["problems"]) == (0, [])
        return
    row, where, words = problem
    (found,) = said["problems"]
    assert (status, said["complete"], found["row"], found["where"]) == (2, False, row, where)
    assert words in found["message"]
    assert captured.err.startswith("unfulfill: file.csv")


@pytest.mark.parametrize(
    "name", [path.name for path in sorted(MADE_UP.iterdir()) if path.suffix in (".csv", ".xlsx")]
)
def test_the_command_says_what_the_workbench_would_do_with_each_kind(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["sheet", str(MADE_UP / name)])

    assert re.search(r"^The workbench: .{20,}\.$", capsys.readouterr().out, re.MULTILINE)


@needs_samples
@pytest.mark.parametrize("name", ["orders_a.csv", "orders_h.csv", "inventory_i.csv", "inventory_k.csv"])
def test_the_rows_of_files_of_real_shops_are_counted_as_a_csv_reader_does(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with (SAMPLES / name).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))

    main(["sheet", str(SAMPLES / name), "--json"])

    said = json.loads(capsys.readouterr().out)
    assert (said["rows"], said["orders"]) == (len(rows), len({row["Name"] for row in rows if "Name" in row}))


def test_the_command_ends_with_3_where_a_file_was_cut_off_and_2_where_it_is_refused(tmp_path: Path) -> None:
    cut_off = MADE_UP / "matrixify_orders_cut_short.csv"

    assert main(["sheet", str(cut_off)]) == 3
    assert main(["sheet", str(written(tmp_path, "a,b\n1,2\n"))]) == 2


@needs_samples
@pytest.mark.parametrize("name", ["orders_a.csv", "orders_h.csv"])
def test_orders_of_real_shops_are_read_line_by_line(name: str) -> None:
    rows = records(SAMPLES / name)
    first = {row["Name"]: row for row in reversed(rows)}

    tables = read_sheet(SAMPLES / name).tables

    orders, lines = tables["orders"], tables["line_items"]
    assert sorted(column(orders, "name")) == sorted(first)
    assert {number.rpartition("/")[2] for number in orders["order_id"]} == {row["Id"] for row in rows} - {""}
    assert column(lines, "name") == [row["Lineitem name"] for row in rows]
    assert column(lines, "quantity") == [int(row["Lineitem quantity"]) for row in rows]
    assert column(lines, "sku") == [row["Lineitem sku"] or None for row in rows]
    by_name = dict(zip(orders["name"], orders["total_amount"], strict=True))
    assert by_name == {row["Name"]: row["Total"] for row in first.values()}


@needs_samples
def test_stock_of_real_shops_is_read_level_by_level() -> None:
    by_row = records(SAMPLES / "inventory_i.csv")
    by_column = records(SAMPLES / "inventory_k.csv")
    places = [name for name in by_column[0] if name not in ("HS Code", "COO")][9:]

    found = [
        read_sheet(SAMPLES / name).tables["inventory_levels"]
        for name in ("inventory_i.csv", "inventory_k.csv")
    ]

    assert column(found[0], "on_hand") == [
        int(row["On hand"]) for row in by_row if row["On hand"] != "not stocked"
    ]
    stocked = [row[place] for row in by_column for place in places if row[place] not in ("", "not stocked")]
    assert column(found[1], "available") == [int(cell) for cell in stocked]


TEXT = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=12).map(
    lambda text: clean_text(text).strip().replace("\r", "") or "x"
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    shop=st.lists(
        st.tuples(
            st.lists(st.integers(1, 5), min_size=1, max_size=3),
            st.sampled_from(["SUCCESS", "CANCELLED", "PENDING"]),
            st.datetimes(datetime(2020, 1, 1), datetime(2026, 1, 1)).map(lambda at: at.replace(microsecond=0)),
            TEXT, TEXT, TEXT,
        ),
        max_size=6,
    )
)  # fmt: skip
def test_what_we_write_as_an_orders_sheet_is_read_the_same(tmp_path: Path, shop: list[tuple]) -> None:  # type: ignore[type-arg]
    parts = []
    for number, (units, status, at, company, tracking, sku) in enumerate(shop, 1):
        lines = {number * 10 + place: count for place, count in enumerate(units)}
        parts.append(order(number))
        parts += [line(id_, number, sku=sku, quantity=count) for id_, count in lines.items()]
        parts.append(
            fulfillment(
                number,
                lines=lines,
                status=status,
                created_at=pd.Timestamp(at, tz="UTC"),
                tracking_company=company,
                tracking_numbers=tracking,
                display_status=None,
            )
        )
    tables = make_tables(*parts)
    path = tmp_path / "orders.xlsx"

    write_orders_sheet(path, tables)
    read = read_sheet(path).tables

    given_by_file = [
        *(
            "fulfillment_id",
            "order_id",
            "status",
            "display_status",
            "created_at",
            "updated_at",
            "location_name",
        ),
        *("tracking_company", "tracking_numbers", "tracking_urls", "total_quantity"),
    ]
    pd.testing.assert_frame_equal(read["fulfillments"][given_by_file], tables["fulfillments"][given_by_file])
    pd.testing.assert_frame_equal(read["fulfillment_lines"], tables["fulfillment_lines"])
    of_lines = ["line_item_id", "order_id", "sku", "quantity", "variant_id"]
    pd.testing.assert_frame_equal(read["line_items"][of_lines], tables["line_items"][of_lines])
