import csv
import io
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox_shop.seeding import SeedRefused, SeedReport, seed_merchant_shop, truth_path
from sandbox_shop.status import refresh_order
from sandbox_shop.world import World

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "samples"
needs_samples = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="the real exports lie beside the checkout only at the makers'"
)

ORDER = {
    "Name": "#1001",
    "Financial Status": "paid",
    "Paid at": "2026-01-09 17:47:34 +0500",
    "Fulfillment Status": "fulfilled",
    "Fulfilled at": "2026-01-10 09:00:00 +0500",
    "Currency": "PKR",
    "Total": "7000.00",
    "Created at": "2026-01-09 17:47:33 +0500",
    "Lineitem quantity": "1",
    "Lineitem name": "Ring - Gold / 8",
    "Lineitem price": "7000.00",
    "Lineitem sku": "R-8",
    "Lineitem requires shipping": "true",
    "Lineitem fulfillment status": "fulfilled",
    "Id": "6864906191128",
    "Source": "web",
}
STOCK_HEADER = (
    "Handle,Title,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Option3 Name,Option3 Value,SKU,HS Code,COO,"
    "Location"
)

ANY_CHARACTER = st.characters(exclude_characters="\r")  # which Python's csv writer fails to quote


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "shop.sqlite")
    yield world
    world.close()


def csv_text(rows: list[dict[str, str]], *, delimiter: str = ",") -> str:
    columns = list(dict.fromkeys(column for row in rows for column in row))
    file = io.StringIO()
    writer = csv.DictWriter(file, columns, restval="", delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


def orders_file(tmp_path: Path, *rows: dict[str, str]) -> Path:
    path = tmp_path / "orders.csv"
    path.write_text(csv_text([{**ORDER, **row} for row in rows] or [ORDER]), encoding="utf-8")
    return path


def stock_file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "inventory.csv"
    path.write_text(text, encoding="utf-8")
    return path


def further_line(name: str = "#1001", **cells: str) -> dict[str, str]:
    """A row below the order's first: order columns are blank, as Shopify leaves them."""
    return {
        **dict.fromkeys(ORDER, ""),
        "Name": name,
        "Lineitem quantity": "1",
        "Lineitem requires shipping": "true",
        **cells,
    }


def level(world: World, location: str, sku: str) -> dict[str, Any] | None:
    return world.row(
        "select available, committed, reserved, incoming from level join location p on p.id = location_id"
        " join item i on i.id = item_id where p.name = ? and i.sku = ?",
        location,
        sku,
    )


def refusal(world: World, orders: Path, inventory: Path | None = None) -> str:
    with pytest.raises(SeedRefused) as refused:
        seed_merchant_shop(world, orders=orders, inventory=inventory)
    assert world.row('select count(*) n from "order"') == {"n": 0}
    assert world.get("shop") is None
    message = str(refused.value)
    assert message.endswith(".")
    assert "\n" not in message
    return message


# The real exports.


@needs_samples
@pytest.mark.parametrize(
    ("orders", "inventory", "expected"),
    [
        ("orders_a.csv", None, (140, 130, 182, 1)),
        ("orders_h.csv", None, (50, 29, 101, 1)),
        ("orders_h.csv", "inventory_i.csv", (50, 29, 101, 1)),
        ("orders_h.csv", "inventory_k.csv", (50, 29, 101, 3)),
        ("orders_a.csv", "inventory_k.csv", (140, 130, 182, 4)),
    ],
)
def test_real_exports_become_shops(
    world: World, orders: str, inventory: str | None, expected: tuple[int, ...]
) -> None:
    stock = SAMPLES / inventory if inventory else None

    report = seed_merchant_shop(world, orders=SAMPLES / orders, inventory=stock)

    assert (report.orders, report.fulfillments, report.order_lines, report.locations) == expected
    for table, count in zip(("order", "fulfillment", "line", "location"), expected, strict=True):
        assert world.row(f'select count(*) n from "{table}"') == {"n": count}


@needs_samples
@pytest.mark.parametrize("orders", ["orders_a.csv", "orders_h.csv"])
def test_orders_of_a_real_export_show_the_status_that_the_file_says(world: World, orders: str) -> None:
    seed_merchant_shop(world, orders=SAMPLES / orders)
    with (SAMPLES / orders).open(encoding="utf-8-sig", newline="") as file:
        said = {row["Id"]: row["Fulfillment Status"] for row in csv.DictReader(file) if row["Id"]}
    words = {"fulfilled": "FULFILLED", "partial": "PARTIALLY_FULFILLED", "unfulfilled": "UNFULFILLED"}

    rows = world.rows('select id, fulfillment_status from "order"')

    assert {str(row["id"]): row["fulfillment_status"] for row in rows} == {
        id_: words[said[id_]] for id_ in said
    }
    assert {row["id"]: refresh_order(world, row["id"]) for row in rows} == {
        row["id"]: row["fulfillment_status"] for row in rows
    }


@needs_samples
def test_the_stock_of_a_real_export_is_as_the_file_says(world: World) -> None:
    seed_merchant_shop(world, orders=SAMPLES / "orders_h.csv", inventory=SAMPLES / "inventory_i.csv")
    with (SAMPLES / "inventory_i.csv").open(encoding="utf-8-sig", newline="") as file:
        said = Counter(
            (row["Title"], int(row["Available"]), int(row["On hand"])) for row in csv.DictReader(file)
        )

    rows = world.rows(
        "select i.title, v.available, v.available + v.committed + v.reserved on_hand from level v"
        " join item i on i.id = item_id"
    )

    assert Counter((row["title"], row["available"], row["on_hand"]) for row in rows) == said


@needs_samples
def test_not_stocked_is_no_level(world: World) -> None:
    seed_merchant_shop(world, orders=SAMPLES / "orders_h.csv", inventory=SAMPLES / "inventory_k.csv")

    rows = world.rows(
        "select p.name, count(*) n from level join location p on p.id = location_id group by 1 order by 1"
    )

    assert rows == [{"name": "12 Main St", "n": 50}, {"name": "Printful", "n": 50}]


# What is read from an order.


def test_an_order_keeps_its_id_name_times_money_and_tags(world: World, tmp_path: Path) -> None:
    path = orders_file(
        tmp_path,
        {"Tags": "vip, trax", "Notes": "a\nb", "Email": "a@example.com", "Refunded Amount": "500.00"},
    )

    seed_merchant_shop(world, orders=path)

    order = world.row('select * from "order"')
    assert order is not None
    assert (order["id"], order["name"], order["number"]) == (6864906191128, "#1001", 1001)
    assert (order["created_at"], order["paid_at"]) == ("2026-01-09T12:47:33Z", "2026-01-09T12:47:34Z")
    assert (order["total"], order["refunded"], order["currency"]) == ("7000.00", "500.00", "PKR")
    assert (json.loads(order["tags"]), order["note"], order["email"]) == (
        ["trax", "vip"],
        "a\nb",
        "a@example.com",
    )
    assert world.row("select amount from refund") == {"amount": "500.00"}


def test_one_fulfillment_an_order_holds_its_fulfilled_lines(world: World, tmp_path: Path) -> None:
    path = orders_file(
        tmp_path,
        {"Fulfillment Status": "partial", "Lineitem quantity": "3"},
        further_line(**{"Lineitem name": "Box", "Lineitem fulfillment status": "fulfilled"}),
        further_line(**{"Lineitem name": "Bow", "Lineitem fulfillment status": "pending"}),
    )

    report = seed_merchant_shop(world, orders=path)

    rows = world.rows(
        "select l.name, fl.quantity, f.created_at from fulfillment_line fl join line l on l.id = fl.line_id"
        " join fulfillment f on f.id = fl.fulfillment_id order by l.id"
    )
    assert rows == [
        {"name": "Ring - Gold / 8", "quantity": 3, "created_at": "2026-01-10T04:00:00Z"},
        {"name": "Box", "quantity": 1, "created_at": "2026-01-10T04:00:00Z"},
    ]
    assert world.rows("select remaining from fo_line order by id") == [
        {"remaining": 0},
        {"remaining": 0},
        {"remaining": 1},
    ]
    assert world.rows("select status from fulfillment_order") == [{"status": "IN_PROGRESS"}]
    assert (report.orders, report.fulfillments, report.order_lines) == (1, 1, 3)


def test_fulfilled_lines_without_a_date_take_the_payment_or_the_order_and_are_counted(
    world: World, tmp_path: Path
) -> None:
    path = orders_file(
        tmp_path, {"Fulfilled at": ""}, {"Name": "#1002", "Id": "2", "Fulfilled at": "", "Paid at": ""}
    )

    report = seed_merchant_shop(world, orders=path)

    assert [
        row["created_at"] for row in world.rows("select created_at from fulfillment order by order_id desc")
    ] == [
        "2026-01-09T12:47:34Z",
        "2026-01-09T12:47:33Z",
    ]
    assert "2 × fulfillment dated by its payment or order" in report.sentence()


def test_a_partial_line_is_half_fulfilled_and_counted(world: World, tmp_path: Path) -> None:
    path = orders_file(
        tmp_path,
        {"Fulfillment Status": "partial", "Lineitem quantity": "5", "Lineitem fulfillment status": "partial"},
    )

    report = seed_merchant_shop(world, orders=path)

    assert world.row("select total, remaining from fo_line") == {"total": 5, "remaining": 3}
    assert report.parts_guessed == 1


def test_without_line_statuses_the_status_of_the_order_counts(world: World, tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    rows = [{**ORDER}, further_line(**{"Lineitem name": "Box"})]
    for row in rows:
        del row["Lineitem fulfillment status"]
    path.write_text(csv_text(rows), encoding="utf-8")

    seed_merchant_shop(world, orders=path)

    assert world.row("select count(*) n from fulfillment_line") == {"n": 2}
    assert world.row('select fulfillment_status from "order"') == {"fulfillment_status": "FULFILLED"}


def test_a_cancelled_order_that_was_not_fulfilled_waits_for_nothing(world: World, tmp_path: Path) -> None:
    path = orders_file(
        tmp_path,
        {
            "Cancelled at": "2026-01-10 00:00:00 +0500",
            "Financial Status": "refunded",
            "Refunded Amount": "7000.00",
            "Fulfillment Status": "unfulfilled",
            "Fulfilled at": "",
            "Lineitem fulfillment status": "pending",
        },
    )
    stock = stock_file(tmp_path, f"{STOCK_HEADER},Available\nring,Ring,Colour,Gold,Size,8,,,R-8,,,Attic,4\n")

    seed_merchant_shop(world, orders=path, inventory=stock)

    order = world.row('select cancelled_at, financial_status, fulfillment_status from "order"')
    assert order == {
        "cancelled_at": "2026-01-09T19:00:00Z",
        "financial_status": "REFUNDED",
        "fulfillment_status": "UNFULFILLED",
    }
    assert world.row("select current_quantity, refunded_quantity from line") == {
        "current_quantity": 0,
        "refunded_quantity": 1,
    }
    assert world.row("select status from fulfillment_order") == {"status": "CLOSED"}
    assert level(world, "Attic", "R-8") == {"available": 4, "committed": 0, "reserved": 0, "incoming": 0}


def test_an_order_of_the_till_is_fulfilled_at_its_location(world: World, tmp_path: Path) -> None:
    path = orders_file(tmp_path, {"Source": "pos", "Location": "Shop West"})

    seed_merchant_shop(world, orders=path)

    location = world.row("select id, name from location")
    assert location is not None
    assert location["name"] == "Shop West"
    assert world.row('select source_name, retail_location_id from "order"') == {
        "source_name": "pos",
        "retail_location_id": location["id"],
    }
    assert world.row("select location_id, method from fulfillment_order") == {
        "location_id": location["id"],
        "method": "RETAIL",
    }


def test_rows_of_one_name_that_a_sort_has_parted_are_one_order(world: World, tmp_path: Path) -> None:
    path = orders_file(
        tmp_path,
        {},
        {"Name": "#1002", "Id": "7"},
        further_line(**{"Lineitem name": "Box", "Lineitem quantity": "2"}),
    )

    seed_merchant_shop(world, orders=path)

    assert world.rows(
        'select o.name, count(*) n from line join "order" o on o.id = order_id group by 1 order by 1'
    ) == [
        {"name": "#1001", "n": 2},
        {"name": "#1002", "n": 1},
    ]


def test_two_orders_may_have_one_name(world: World, tmp_path: Path) -> None:
    seed_merchant_shop(world, orders=orders_file(tmp_path, {}, {"Id": "7"}))

    assert world.rows('select id, name from "order" order by id') == [
        {"id": 7, "name": "#1001"},
        {"id": 6864906191128, "name": "#1001"},
    ]


def test_orders_of_one_name_without_ids_are_told_apart_by_their_creation(
    world: World, tmp_path: Path
) -> None:
    path = orders_file(tmp_path, {"Id": ""}, {"Id": "", "Created at": "2026-01-08 10:00:00 +0500"})

    assert seed_merchant_shop(world, orders=path).orders == 2


def test_orders_without_an_id_get_one_above_all_others_and_are_counted(world: World, tmp_path: Path) -> None:
    report = seed_merchant_shop(world, orders=orders_file(tmp_path, {}, {"Name": "#1002", "Id": ""}))

    assert [row["id"] for row in world.rows('select id from "order" order by id')] == [
        6864906191128,
        6864906191129,
    ]
    assert world.get("id:Order") == 6864906191129
    assert report.ids_made == 1


def test_the_clock_stands_a_day_after_the_newest_date(world: World, tmp_path: Path) -> None:
    seed_merchant_shop(world, orders=orders_file(tmp_path))

    assert world.get("clock") == "2026-01-11T04:00:00Z"
    assert world.get("shop")["name"] == "SANDBOX of orders"
    assert world.get("shop")["currency"] == "PKR"


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2026-01-09 17:47:33 +0500", "2026-01-09T12:47:33Z"),
        ("2026-01-09T17:47:33+05:00", "2026-01-09T12:47:33Z"),
        ("2026-01-09 17:47:33 -0330", "2026-01-09T21:17:33Z"),
        ("2026-01-09 17:47:33 UTC", "2026-01-09T17:47:33Z"),
        ("2026-01-09 17:47", "2026-01-09T17:47:00Z"),
        ("2026-01-09", "2026-01-09T00:00:00Z"),
        ("46031.5", "2026-01-09T12:00:00Z"),
    ],
)
def test_dates_are_read_with_their_offset_and_as_serials_of_excel(
    world: World, tmp_path: Path, cell: str, expected: str
) -> None:
    seed_merchant_shop(
        world, orders=orders_file(tmp_path, {"Created at": cell, "Paid at": "", "Fulfilled at": ""})
    )

    assert world.row('select created_at from "order"') == {"created_at": expected}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_any_usual_encoding_and_separator_is_read(
    world: World, tmp_path: Path, encoding: str, delimiter: str
) -> None:
    path = tmp_path / "orders.csv"
    rows = [{**ORDER, "Lineitem name": 'Größe "L"; 8,5', "Shipping Zip": "'01067"}]
    path.write_bytes(csv_text(rows, delimiter=delimiter).encode(encoding))

    seed_merchant_shop(world, orders=path)

    assert world.row("select name from line") == {"name": 'Größe "L"; 8,5'}


def test_two_columns_are_enough_beside_a_date(world: World, tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("Name,Lineitem quantity,Created at\n#1,2,2026-01-01\n#2,1,2026-01-02\n", encoding="utf-8")

    report = seed_merchant_shop(world, orders=path)

    assert (report.orders, report.fulfillments, report.ids_made) == (2, 0, 2)


# Items and stock.


def test_items_match_by_sku_then_by_name_and_the_rest_is_not_tracked(world: World, tmp_path: Path) -> None:
    orders = orders_file(
        tmp_path,
        {"Lineitem name": "Old name of the ring"},
        further_line(**{"Lineitem name": "Box - Red / Large", "Lineitem sku": "unknown"}),
        further_line(**{"Lineitem name": "Mug"}),
        further_line(**{"Lineitem name": "Engraving"}),
        further_line(**{"Lineitem name": "Engraving"}),
    )
    stock = stock_file(
        tmp_path,
        f"{STOCK_HEADER},Incoming,Unavailable,Committed,Available,On hand\n"
        "ring,Ring,Colour,Gold,Size,8,,,R-8,,,Attic,1,2,3,4,9\n"
        "box,Box,Colour,Red,Size,Large,,,,,,Attic,0,0,0,5,5\n"
        "mug,Mug,Title,Default Title,,,,,,,,Attic,0,0,0,6,6\n",
    )

    report = seed_merchant_shop(world, orders=orders, inventory=stock)

    assert (report.items_by_sku, report.items_by_name, report.items_not_tracked) == (1, 2, 1)
    assert report.sentence() == (
        "1 order with 1 fulfillment at 1 location; of 4 ordered items 1 matched by SKU, 2 by name, "
        "1 not tracked for want of a stock row; 4 × pending line of a fulfilled order taken as removed."
    )
    assert world.rows("select title, tracked from item order by id") == [
        {"title": "Ring", "tracked": 1},
        {"title": "Box", "tracked": 1},
        {"title": "Mug", "tracked": 1},
        {"title": "Engraving", "tracked": 0},
    ]
    assert level(world, "Attic", "R-8") == {"available": 4, "committed": 3, "reserved": 2, "incoming": 1}


def test_between_items_of_one_sku_the_name_decides(world: World, tmp_path: Path) -> None:
    stock = stock_file(
        tmp_path,
        f"{STOCK_HEADER},Available\nring,Ring,Colour,Gold,Size,7,,,R-8,,,Attic,4\nring,Ring,Colour,Gold,Size,8,,,R-8,,,Attic,4\n",
    )

    seed_merchant_shop(world, orders=orders_file(tmp_path), inventory=stock)

    assert world.row("select i.variant_title from line join item i on i.id = item_id") == {
        "variant_title": "Gold / 8"
    }


def test_an_item_taken_as_the_first_of_several_with_its_sku_is_counted(world: World, tmp_path: Path) -> None:
    stock = stock_file(
        tmp_path,
        f"{STOCK_HEADER},Available\na,A,Title,Default Title,,,,,R-8,,,Attic,4\nb,B,Title,,,,,,R-8,,,Attic,4\n",
    )

    report = seed_merchant_shop(world, orders=orders_file(tmp_path), inventory=stock)

    assert "1 × item taken as the first of several with its SKU" in report.sentence()
    assert world.row("select i.title from line join item i on i.id = item_id") == {"title": "A"}


def test_an_apostrophe_before_a_sku_is_not_part_of_it(world: World, tmp_path: Path) -> None:
    stock = stock_file(tmp_path, f"{STOCK_HEADER},Available\na,A,Title,Default Title,,,,,'0042,,,Attic,4\n")

    report = seed_merchant_shop(
        world, orders=orders_file(tmp_path, {"Lineitem sku": "0042"}), inventory=stock
    )

    assert report.items_by_sku == 1


def test_an_item_that_is_stocked_nowhere_is_not_tracked(world: World, tmp_path: Path) -> None:
    stock = stock_file(tmp_path, "Handle,Title,Option1 Value,SKU,Attic\nring,Ring,8,R-8,not stocked\n")

    report = seed_merchant_shop(world, orders=orders_file(tmp_path), inventory=stock)

    assert (report.items_by_sku, report.items_not_tracked) == (0, 1)
    assert world.rows("select tracked from item") == [{"tracked": 0}]


GENERATIONS = {
    "newest": (
        f"{STOCK_HEADER},Bin name,Incoming (not editable),Unavailable (not editable),Committed (not editable),"
        "Available (not editable),On hand (current),On hand (new)\nring,Ring,Size,8,,,,,R-8,,,Attic,B1,1,2,3,4,9,\n"
    ),
    "wished": (
        f"{STOCK_HEADER},Bin name,Incoming (not editable),Unavailable (not editable),Committed (not editable),"
        "Available (not editable),On hand (current),On hand (new)\nring,Ring,Size,8,,,,,R-8,,,Attic,B1,1,2,3,7,12,9\n"
    ),
    "older": (
        f"{STOCK_HEADER},Incoming,Unavailable,Committed,Available,On hand\n"
        "ring,Ring,Size,8,,,,,R-8,,,Attic,1,2,3,4,9\n"
    ),
}


@pytest.mark.parametrize("generation", GENERATIONS)
def test_every_generation_with_a_row_a_location_gives_the_same_stock(
    world: World, tmp_path: Path, generation: str
) -> None:
    stock = stock_file(tmp_path, GENERATIONS[generation])

    seed_merchant_shop(world, orders=orders_file(tmp_path), inventory=stock)

    assert level(world, "Attic", "R-8") == {"available": 4, "committed": 3, "reserved": 2, "incoming": 1}


def test_available_only_takes_committed_from_the_open_units_of_the_orders(
    world: World, tmp_path: Path
) -> None:
    orders = orders_file(
        tmp_path,
        {
            "Fulfillment Status": "unfulfilled",
            "Fulfilled at": "",
            "Lineitem fulfillment status": "pending",
            "Lineitem quantity": "3",
        },
    )
    stock = stock_file(
        tmp_path, "Handle,Title,Option1 Value,SKU,Cellar,Attic\nring,Ring,8,R-8,not stocked,10\n"
    )

    seed_merchant_shop(world, orders=orders, inventory=stock)

    assert level(world, "Cellar", "R-8") is None
    assert level(world, "Attic", "R-8") == {"available": 10, "committed": 3, "reserved": 0, "incoming": 0}
    assert world.row("select p.name from fulfillment_order join location p on p.id = location_id") == {
        "name": "Attic"
    }


def test_fulfillments_of_the_file_do_not_move_its_stock(world: World, tmp_path: Path) -> None:
    stock = stock_file(tmp_path, "Handle,Title,Option1 Value,SKU,Attic\nring,Ring,8,R-8,10\n")

    seed_merchant_shop(world, orders=orders_file(tmp_path), inventory=stock)

    assert level(world, "Attic", "R-8") == {"available": 10, "committed": 0, "reserved": 0, "incoming": 0}
    assert world.row("select p.name from fulfillment join location p on p.id = location_id") == {
        "name": "Attic"
    }


def test_nobody_knows_the_truth_of_a_merchants_shop(world: World, tmp_path: Path) -> None:
    seed_merchant_shop(world, orders=orders_file(tmp_path))

    assert json.loads(truth_path(world.path).read_text(encoding="utf-8")) == []


# What is refused: in one sentence, with its place, and without a trace in the world.


def test_a_missing_file_is_refused(world: World, tmp_path: Path) -> None:
    message = refusal(world, tmp_path / "nowhere.csv")

    assert (
        message
        == f"{tmp_path / 'nowhere.csv'} does not exist; give the path of the orders CSV that Shopify's admin exports."
    )


def test_a_folder_is_refused(world: World, tmp_path: Path) -> None:
    assert "cannot be read" in refusal(world, tmp_path)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "orders.csv is empty; give the orders CSV"),
        (b"\n\n", "orders.csv is empty"),
        (b"PK\x03\x04rest", "orders.csv is an Excel workbook (.xlsx); save it as CSV (UTF-8)"),
        (b"\xd0\xcf\x11\xe0rest", "orders.csv is an old Excel workbook (.xls)"),
        (b"Name,\x81\x8d\n", "orders.csv is not a text file in UTF-8, UTF-16 or Windows-1252"),
        (b"Name,Email\n#1,a\n", "orders.csv, line 1: the header lacks the column Lineitem quantity"),
        (
            b"Order,Email\n#1,a\n",
            "orders.csv, line 1: the header lacks the column Name and Lineitem quantity",
        ),
        (
            b"Name,Lineitem quantity,Id,id\n",
            "orders.csv, line 1, column id: the header has this column twice",
        ),
        (b"Name,Lineitem quantity\n", "orders.csv has a header but no order"),
        (b"Name,Lineitem quantity\n#1,1\n", "orders.csv, line 1: no order has a date"),
        (
            b"Name,Lineitem quantity\n#1,1,x\n",
            "orders.csv, line 2, column 3: the row has 3 cells but the header 2",
        ),
        (
            b'Name,Lineitem quantity\n#1,"1\n#2,1\n',
            "orders.csv, line 2: the row that begins here is not proper CSV",
        ),
        (b"Name,Lineitem quantity\n,1\n", "orders.csv, line 2, column Name: the row belongs to no order"),
    ],
)
def test_a_file_that_is_no_orders_csv_is_refused(
    world: World, tmp_path: Path, data: bytes, expected: str
) -> None:
    path = tmp_path / "orders.csv"
    path.write_bytes(data)

    assert refusal(world, path).startswith(expected)


@pytest.mark.parametrize(
    ("column", "cell", "expected"),
    [
        ("Lineitem quantity", "two", "'two' is not a whole number"),
        ("Lineitem quantity", "1.5", "'1.5' is not a whole number"),
        ("Lineitem quantity", "-1", "-1 units cannot be ordered"),
        ("Lineitem quantity", "inf", "'inf' is not a whole number"),
        ("Lineitem quantity", "1e30", "'1e30' is not a whole number"),
        ("Lineitem quantity", "1_0", "'1_0' is not a whole number"),
        ("Lineitem quantity", "", "'' is not a whole number"),
        ("Id", "6.86491E+12", "'6.86491E+12' is an id that a spreadsheet has spoilt"),
        ("Id", "6864906191128.0", "'6864906191128.0' is an id that a spreadsheet has spoilt"),
        ("Id", "abc", "'abc' is not an id of Shopify's"),
        ("Created at", "09/01/2026 17:47", "'09/01/2026 17:47' is not a date like 2026-01-09 17:47:34 +0500"),
        ("Created at", "0026-01-09 10:00:00 +0000", "'0026-01-09 10:00:00 +0000' is not a date"),
        ("Created at", "2026-02-30 10:00:00 +0000", "'2026-02-30 10:00:00 +0000' is not a date"),
        ("Total", "1,5", "'1,5' is not an amount"),
        ("Lineitem requires shipping", "maybe", "'maybe' is neither true nor false"),
        ("Financial Status", "bezahlt", "'bezahlt' is not one of paid, pending"),
        ("Lineitem fulfillment status", "gone", "'gone' is not one of fulfilled, partial"),
    ],
)
def test_a_spoilt_cell_is_refused_with_its_line_and_column(
    world: World, tmp_path: Path, column: str, cell: str, expected: str
) -> None:
    path = orders_file(tmp_path, {"Notes": "two\nlines"}, {"Name": "#1002", "Id": "5", column: cell})

    assert refusal(world, path).startswith(f"orders.csv, line 4, column {column}: {expected}")


def test_one_id_for_two_orders_is_refused(world: World, tmp_path: Path) -> None:
    path = orders_file(tmp_path, {}, {"Name": "#1002"})

    assert refusal(world, path).startswith(
        "orders.csv, line 3, column Id: 6864906191128 is also the id of #1001 on line 2"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "inventory.csv is empty"),
        ("Colour,Size\nred,8\n", "inventory.csv, line 1: the header lacks the columns Title, Handle and SKU"),
        ("Handle,Title\nring,Ring\n", "inventory.csv, line 1: the header has neither a column Location"),
        (
            "Handle,Title,Location\nring,Ring,Attic\n",
            "inventory.csv, line 1: the header lacks the columns Available",
        ),
        ("Handle,Attic\nring,many\n", "inventory.csv, line 2, column Attic: 'many' is not a whole number"),
        (
            "Handle,Location,Available\nring,,1\n",
            "inventory.csv, line 2, column Location: the row names no location",
        ),
        (
            "Handle,Location,Available\nring,A,1\nring,A,2\n",
            "inventory.csv, line 3, column Location: a second row for ring",
        ),
        ("Handle,Attic\n,1\n", "inventory.csv, line 2, column Title: the row names no item"),
    ],
)
def test_a_bad_inventory_file_is_refused(world: World, tmp_path: Path, text: str, expected: str) -> None:
    message = refusal(world, orders_file(tmp_path), stock_file(tmp_path, text))

    assert message.startswith(expected)


def test_the_report_of_a_clean_file_says_no_more_than_the_counts() -> None:
    report = SeedReport(orders=2, fulfillments=1, items_by_sku=3, locations=1)

    assert report.sentence() == (
        "2 orders with 1 fulfillment at 1 location; of 3 ordered items 3 matched by SKU, 0 by name, "
        "0 not tracked for want of a stock row."
    )


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_whatever_stands_in_a_file_it_is_read_or_refused_with_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("any")
    cell = st.one_of(
        st.sampled_from(sorted(ORDER.values())), st.text(ANY_CHARACTER, max_size=12), st.integers().map(str)
    )
    rows = data.draw(st.lists(st.fixed_dictionaries(dict.fromkeys(ORDER, cell)), min_size=1, max_size=3))
    path = folder / "orders.csv"
    raw = data.draw(
        st.one_of(st.binary(max_size=80), st.just(csv_text(rows).encode("utf-8", "surrogatepass")))
    )
    path.write_bytes(raw)
    world = World(folder / "shop.sqlite")

    try:
        said = seed_merchant_shop(world, orders=path).sentence()
    except SeedRefused as refused:
        said = str(refused)
    finally:
        world.close()

    assert said.endswith(".")
    assert "orders" in said or "order" in said


@settings(max_examples=60, deadline=None)
@given(
    column=st.sampled_from([column for column in ORDER if column != "Name"]),
    cell=st.one_of(st.text(ANY_CHARACTER, max_size=12), st.integers().map(str), st.floats().map(str)),
)
def test_whatever_stands_in_one_cell_it_is_read_or_refused_with_its_column(
    tmp_path_factory: pytest.TempPathFactory, column: str, cell: str
) -> None:
    folder = tmp_path_factory.mktemp("any")
    path = folder / "orders.csv"
    path.write_bytes(csv_text([{**ORDER, column: cell}]).encode("utf-8", "surrogatepass"))
    world = World(folder / "shop.sqlite")

    try:
        said = ""
        assert seed_merchant_shop(world, orders=path).orders == 1
        assert [row["id"] for row in world.rows('select id from "order"') if refresh_order(world, row["id"])]
    except SeedRefused as refused:
        said = str(refused)
    finally:
        world.close()

    assert (
        not said
        or f"column {column}: " in said
        or said.startswith(("orders.csv is not a text", "orders.csv, line"))
    )
