import zipfile
from pathlib import Path

import openpyxl
import pyarrow as pa
import pytest
from builders import Rows, fulfillment, line, make_tables, order, quiet
from openpyxl.worksheet.worksheet import Worksheet

from unfulfill.sheets import write_orders_sheet
from unfulfill.sheets.matrixify import COLUMNS, order_blocks
from unfulfill.sheets.xlsx_stream import Column, write_workbook


def sheet_of(folder: Path, *parts: Rows) -> Worksheet:
    path = folder / "orders.xlsx"
    write_orders_sheet(path, make_tables(*parts))
    sheet = openpyxl.load_workbook(path)["Orders"]
    assert isinstance(sheet, Worksheet)
    return sheet


def column(sheet: Worksheet, name: str) -> list[object]:
    place = list(COLUMNS).index(name) + 1
    return [sheet.cell(row, place).value for row in range(2, sheet.max_row + 1)]


TWO_PARCELS = (
    order(1, closed_at="2026-10-04 10:00:00"),
    line(1, quantity=2),
    line(11, 1, sku="MUG"),
    fulfillment(1, lines={1: 2}),
    fulfillment(2, 1, lines={11: 1}),
    order(2, display_fulfillment_status="UNFULFILLED"),
    line(2, unfulfilled_quantity=1),
)


def test_one_order_is_a_block_of_item_rows_and_then_fulfillment_rows(tmp_path: Path) -> None:
    sheet = sheet_of(tmp_path, *TWO_PARCELS)

    assert column(sheet, "ID") == ["1", "1", "1", "1", "2"]
    assert column(sheet, "Line: Type") == [
        "Line Item",
        "Line Item",
        "Fulfillment Line",
        "Fulfillment Line",
        "Line Item",
    ]
    assert column(sheet, "Line: SKU") == ["SKU-1", "MUG", "SKU-1", "MUG", "SKU-2"]
    assert column(sheet, "Line: Quantity") == [2, 1, 2, 1, 1]
    assert column(sheet, "Fulfillment: ID") == [None, None, "1", "2", None]
    assert column(sheet, "Row #") == [1, 2, 3, 4, 5]


def test_what_belongs_to_the_order_stands_where_the_dialect_has_it(tmp_path: Path) -> None:
    sheet = sheet_of(tmp_path, *TWO_PARCELS)

    assert column(sheet, "Top Row") == [True, None, None, None, True]
    assert column(sheet, "Price: Total") == ["20.00", None, None, None, "20.00"]
    assert column(sheet, "Command") == ["UPDATE"] * 5
    assert column(sheet, "Order Fulfillment Status") == ["fulfilled"] * 4 + [None]
    assert column(sheet, "Closed At")[0] == "2026-10-04 10:00:00 +0000"
    assert column(sheet, "Fulfillment: Status")[2] == "success"


def test_a_display_status_that_is_no_event_of_a_shipment_leaves_the_cell_empty(tmp_path: Path) -> None:
    sheet = sheet_of(tmp_path, order(1), line(1), fulfillment(1), quiet(2))

    assert column(sheet, "Fulfillment: Shipment Status") == [None, "in_transit", None, None]


def test_ids_are_text_cells_of_the_format_text(tmp_path: Path) -> None:
    sheet = sheet_of(tmp_path, *TWO_PARCELS)

    assert (sheet["A2"].data_type, sheet["A2"].number_format, sheet.freeze_panes) == ("s", "@", "A2")


@pytest.mark.parametrize(
    "text", ["=1+1", "+SUM(A1)", "@x", "-2", '=HYPERLINK("https://evil.example")', "<b>&amp;</b>"]
)
def test_hostile_text_is_kept_as_text_and_never_a_formula(tmp_path: Path, text: str) -> None:
    sheet = sheet_of(tmp_path, order(1, tags=text), line(1, name=text, sku=text))

    assert {column(sheet, name)[0] for name in ("Tags", "Line: Title", "Line: SKU")} == {text}
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "b"}


def test_control_characters_do_not_break_the_file(tmp_path: Path) -> None:
    assert column(sheet_of(tmp_path, order(1), line(1, name="a\x00b\x0bc\u202ed")), "Line: Title") == ["abcd"]


def test_an_order_without_lines_still_has_its_row(tmp_path: Path) -> None:
    sheet = sheet_of(tmp_path, order(1))

    assert (column(sheet, "ID"), column(sheet, "Line: Type")) == (["1"], [None])


def test_an_empty_export_gives_a_sheet_with_its_header(tmp_path: Path) -> None:
    sheet = sheet_of(tmp_path)

    assert ([cell.value for cell in sheet[1]], sheet.max_row) == (list(COLUMNS), 1)


def test_blocks_of_orders_give_the_same_rows_as_the_whole() -> None:
    tables = make_tables(*(part for n in range(1, 8) for part in (order(n), fulfillment(n))))

    whole, in_blocks = (pa.concat_tables(order_blocks(tables, size)) for size in (100, 2))

    assert whole.equals(in_blocks)


def test_a_full_sheet_continues_on_the_next_and_no_block_is_cut(tmp_path: Path) -> None:
    blocks = [pa.table({"a": pa.array([f"{n}"] * 3)}) for n in range(3)]
    path = tmp_path / "long.xlsx"

    with path.open("wb") as file:
        sheets = write_workbook(file, "Orders", [Column("a", 10)], blocks, limit=7)

    book = openpyxl.load_workbook(path)
    values = {sheet.title: [row[0] for row in sheet.iter_rows(min_row=2, values_only=True)] for sheet in book}
    assert sheets == 2
    assert values == {"Orders": ["0"] * 3 + ["1"] * 3, "Orders 2": ["2"] * 3}


def test_equal_tables_give_equal_files_and_a_failed_write_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "orders.xlsx"
    write_orders_sheet(path, make_tables(*TWO_PARCELS))
    first = path.read_bytes()
    write_orders_sheet(path, make_tables(*TWO_PARCELS))
    broken = make_tables(*TWO_PARCELS)
    del broken["line_items"]

    with pytest.raises(KeyError):
        write_orders_sheet(path, broken)

    assert path.read_bytes() == first
    assert [child.name for child in tmp_path.iterdir()] == ["orders.xlsx"]
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
