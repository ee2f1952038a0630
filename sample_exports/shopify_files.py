"""Files as Shopify's admin exports them: orders in four widths, inventory in three generations."""

import csv
import io
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import story

ADDRESS = ("Name", "Street", "Address1", "Address2", "Company", "City", "Zip", "Province", "Country", "Phone")
ORDER_HEADER = (
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Accepts Marketing,Currency,Subtotal,Shipping,"
    "Taxes,Total,Discount Code,Discount Amount,Shipping Method,Created at,Lineitem quantity,"
    "Lineitem name,Lineitem price,Lineitem compare at price,Lineitem sku,Lineitem requires shipping,Lineitem taxable,"
    "Lineitem fulfillment status,"
    + "".join(f"{kind} {part}," for kind in ("Billing", "Shipping") for part in ADDRESS)
    + "Notes,Note Attributes,Cancelled at,Payment Method,Payment Reference,Refunded Amount,Vendor,Outstanding Balance,"
    "Employee,Location,Device ID,Id,Tags,Risk Level,Source,Lineitem discount,"
    + "".join(f"Tax {number} Name,Tax {number} Value," for number in range(1, 6))
    + "Phone,Receipt Number,Duties,Billing Province Name,Shipping Province Name,"
    "Payment ID,Payment Terms Name,Next Payment Due At,Payment References"
)
ORDER_COLUMNS = ORDER_HEADER.split(",")
ITEM_COLUMNS = [
    "Handle",
    "Title",
    *(f"Option{number} {part}" for number in (1, 2, 3) for part in ("Name", "Value")),
    *("SKU", "HS Code", "COO"),
]
STATES = ("Incoming", "Unavailable", "Committed", "Available")


def orders_79(folder: Path) -> None:
    """The orders export of today."""
    orders = story.make_orders()
    write_csv(folder / "shopify_orders_79.csv", ORDER_COLUMNS, order_rows(orders, "EUR"))


def orders_75(folder: Path) -> None:
    """An older one, of another shop: four columns less, and no `Fulfilled at` where an order is partly fulfilled."""
    begin = datetime(2023, 3, 6, 8, 40, 2, tzinfo=timezone(timedelta(hours=0)))
    orders = story.make_orders(12, first_number=501, first_id=4_830_000_017_003, begin=begin)
    rows = order_rows(orders, "GBP")
    for row in rows:
        if row["Fulfillment Status"] == "partial":
            row["Fulfilled at"] = ""
    write_csv(folder / "shopify_orders_75.csv", ORDER_COLUMNS[:75], rows)


def orders_73(folder: Path) -> None:
    """The orders of `orders_79` as an older export has them: it ends before the names of provinces and the payment."""
    rows = order_rows(story.make_orders(), "EUR")
    write_csv(folder / "shopify_orders_73.csv", ORDER_COLUMNS[: ORDER_COLUMNS.index("Duties") + 1], rows)


def orders_61(folder: Path) -> None:
    """The same trimmed by hand: taxes and all that came later are gone, but for the phone."""
    columns = [*ORDER_COLUMNS[: ORDER_COLUMNS.index("Tax 1 Name")], "Phone"]
    write_csv(folder / "shopify_orders_61.csv", columns, order_rows(story.make_orders(), "EUR"))


def inventory_newest(folder: Path) -> None:
    """19 columns, a row for each variant and location."""
    states = [f"{state} (not editable)" for state in STATES]
    columns = [*ITEM_COLUMNS, "Location", "Bin name", *states, "On hand (current)", "On hand (new)"]
    rows = [
        {
            **row,
            "Bin name": "",
            **{f"{state} (not editable)": row[state] for state in STATES},
            "On hand (current)": row["On hand"],
        }
        for row in level_rows()
    ]
    write_csv(folder / "shopify_inventory_newest.csv", columns, rows)


def inventory_older(folder: Path) -> None:
    """17 columns without the words in brackets."""
    write_csv(
        folder / "shopify_inventory_older.csv", [*ITEM_COLUMNS, "Location", *STATES, "On hand"], level_rows()
    )


def inventory_available_only(folder: Path) -> None:
    """One column a location, with what is available there or `not stocked`."""
    rows: dict[tuple[str, ...], dict[str, str]] = {}
    for level in level_rows():
        key = tuple(level[column] for column in ITEM_COLUMNS)
        rows.setdefault(key, {column: level[column] for column in ITEM_COLUMNS})[level["Location"]] = level[
            "Available"
        ]
    write_csv(
        folder / "shopify_inventory_available_only.csv", [*ITEM_COLUMNS, *story.LOCATIONS], rows.values()
    )


def order_rows(orders: list[story.Order], currency: str) -> list[dict[str, str]]:
    """The newest order first, as the export sorts; order columns on the first row of each only."""
    rows = []
    for order in reversed(orders):
        for position, line in enumerate(order.lines):
            rows.append(
                {**(_order_cells(order, currency) if position == 0 else {}), **_line_cells(order, line)}
            )
    return [{column: row.get(column, "") for column in ORDER_COLUMNS} for row in rows]


def _line_cells(order: story.Order, line: story.Line) -> dict[str, str]:
    is_cancelled = order.cancelled is not None
    return {
        "Name": f"#{order.number}",
        "Email": _email(order),
        "Created at": story.written(order.created),
        "Lineitem quantity": str(line.quantity),
        "Lineitem name": line.thing.name,
        "Lineitem price": story.money(line.thing.cents),
        "Lineitem sku": line.thing.sku,
        "Lineitem requires shipping": "false" if line.thing is story.ENGRAVING else "true",
        "Lineitem taxable": "true",
        "Lineitem fulfillment status": "fulfilled" if line.fulfilled and not is_cancelled else "pending",
        "Vendor": "Birch & Bay",
        "Lineitem discount": "0.00",
    }


def _order_cells(order: story.Order, currency: str) -> dict[str, str]:
    taxes = order.total * 19 // 119
    address = {
        "Name": f"Customer {order.number}",
        "Street": f"Sample Street {order.place + 1}",
        "Address1": f"Sample Street {order.place + 1}",
        "City": "Sampletown",
        "Zip": f"'0{1067 + order.place}",
        "Country": "DE",
    }
    return {
        "Financial Status": order.financial,
        "Paid at": story.written(order.paid),
        "Fulfillment Status": order.fulfillment,
        "Fulfilled at": story.written(order.fulfilled),
        "Accepts Marketing": "no",
        "Currency": currency,
        "Subtotal": story.money(order.total - order.shipping),
        "Shipping": story.money(order.shipping),
        "Taxes": story.money(taxes),
        "Total": story.money(order.total),
        "Discount Amount": "0.00",
        "Shipping Method": "" if order.source == "pos" else "Standard",
        **{f"{kind} {part}": text for kind in ("Billing", "Shipping") for part, text in address.items()},
        "Notes": story.NOTES.get(order.place, ""),
        "Cancelled at": story.written(order.cancelled),
        "Payment Method": "Cash" if order.source == "pos" else "manual",
        "Refunded Amount": story.money(order.refunded),
        "Outstanding Balance": "0.00" if order.paid else story.money(order.total),
        "Location": story.STORE if order.source == "pos" else "",
        "Id": str(order.id),
        "Tags": "vip, wholesale" if order.place % 11 == 3 else "",
        "Risk Level": "Low",
        "Source": order.source,
        "Tax 1 Name": "VAT 19%",
        "Tax 1 Value": story.money(taxes),
    }


def _email(order: story.Order) -> str:
    return "" if order.source == "pos" else f"customer{order.number}@example.com"


def level_rows() -> list[dict[str, str]]:
    """Stock of every variant and location; what is committed are the open units of the orders."""
    rows = []
    for thing in story.THINGS:
        for location, on_hand in zip(story.LOCATIONS, thing.stock, strict=True):
            committed = open_units(thing) if location == story.WAREHOUSE else 0
            options = [*thing.options, ["", ""], ["", ""]][:3]
            named = {
                f"Option{number} {part}": text
                for number, option in enumerate(options, 1)
                for part, text in zip(("Name", "Value"), option, strict=True)
            }
            row = {
                "Handle": thing.handle,
                "Title": thing.title,
                **named,
                "SKU": thing.sku,
                "HS Code": "",
                "COO": "DE",
            }
            if on_hand is None:
                stock = dict.fromkeys((*STATES, "On hand"), "not stocked")
            else:
                units = (0, 0, committed, on_hand - committed, on_hand)
                stock = {state: str(count) for state, count in zip((*STATES, "On hand"), units, strict=True)}
            rows.append({**row, "Location": location, **stock})
    return rows


def open_units(thing: story.Thing) -> int:
    """Units that orders wait for."""
    return sum(
        line.quantity - line.fulfilled
        for order in story.make_orders()
        for line in order.lines
        if line.thing is thing and order.cancelled is None
    )


def write_csv(
    path: Path,
    columns: list[str],
    rows: Iterable[dict[str, str]],
    *,
    encoding: str = "utf-8",
    delimiter: str = ",",
    newline: str = "\n",
    quote_all: bool = False,
) -> None:
    """Write a CSV; cells that a row lacks stay empty."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(
        text,
        columns,
        restval="",
        extrasaction="ignore",
        delimiter=delimiter,
        lineterminator=newline,
        quoting=csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL,
    )
    writer.writeheader()
    writer.writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
