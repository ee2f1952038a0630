"""Files of the import and export apps: an Orders sheet in the Matrixify dialect, and unfulfill files for both apps.

Column names and layout as public material shows them; nothing here was made by, or tried in, one of these apps.
"""

from pathlib import Path

import story
from plain_xlsx import write_xlsx
from shopify_files import write_csv

HEADER = (
    "ID,Name,Command,Send Receipt,Tags,Created At,Updated At,Cancelled At,Closed At,Currency,Source,"
    "Physical Location,Price: Total Shipping,Price: Total Refund,Price: Total,Payment: Status,"
    "Order Fulfillment Status,Row #,Top Row,Line: Type,Line: ID,Line: Title,Line: Name,Line: SKU,"
    "Line: Quantity,Line: Price,Line: Requires Shipping,Line: Fulfillable Quantity,"
    "Line: Fulfillment Status,Transaction: Kind,Transaction: Amount,Transaction: Status,Fulfillment: ID,"
    "Fulfillment: Status,Fulfillment: Created At,Fulfillment: Updated At,Fulfillment: Tracking Company,"
    "Fulfillment: Tracking Number,Fulfillment: Tracking URL,Fulfillment: Location,"
    "Fulfillment: Shipment Status,Fulfillment: Send Receipt"
)
COLUMNS = HEADER.split(",")
CUT_SHORT = "###### YOUR PLAN ALLOWS FILE SIZE TILL HERE ###### UPGRADE IF YOU NEED LARGER FILES"


def orders_xlsx(folder: Path) -> None:
    """The Orders sheet, as a workbook. Ids are text."""
    rows = sheet_rows()
    cells = [COLUMNS, *([row.get(column, "") for column in COLUMNS] for row in rows)]
    write_xlsx(folder / "matrixify_orders.xlsx", "Orders", cells)


def orders_csv(folder: Path) -> None:
    """The same as CSV."""
    write_csv(folder / "matrixify_orders.csv", COLUMNS, sheet_rows())


def orders_cut_short(folder: Path) -> None:
    """The same, as a smaller plan of the app ends it: a blank row and a sentence in the column of ids."""
    rows = [*sheet_rows()[:40], {}, {"ID": CUT_SHORT}]
    write_csv(folder / "matrixify_orders_cut_short.csv", COLUMNS, rows)


def unfulfill_altera(folder: Path) -> None:
    """Three columns, as Altera's help describes: the burst, to be cancelled."""
    rows = [
        {
            "ID": str(order.id),
            "Fulfillment: ID": str(order.fulfillment_id),
            "Fulfillment: Status": "cancelled",
        }
        for order in _burst()
    ]
    write_csv(folder / "altera_unfulfill.csv", ["ID", "Fulfillment: ID", "Fulfillment: Status"], rows)


def unfulfill_matrixify(folder: Path) -> None:
    """The same with the columns that Matrixify needs to do more than find the order."""
    columns = ["ID", "Command", "Line: Type", "Fulfillment: ID", "Fulfillment: Status"]
    rows = [
        {
            "ID": str(order.id),
            "Command": "UPDATE",
            "Line: Type": "Fulfillment Line",
            "Fulfillment: ID": str(order.fulfillment_id),
            "Fulfillment: Status": "cancelled",
        }
        for order in _burst()
    ]
    write_csv(folder / "matrixify_unfulfill_orders.csv", columns, rows)


def sheet_rows() -> list[dict[str, str]]:
    """Blocks of rows: the items of an order, its shipping, its fulfillment lines, its payment."""
    rows = []
    for order in story.make_orders():
        block = [
            *(_item_cells(line) for line in order.lines),
            {
                "Line: Type": "Shipping Line",
                "Line: Title": "Standard",
                "Line: Price": story.money(order.shipping),
            },
            *(_fulfillment_cells(order, line) for line in order.lines if line.fulfilled and order.fulfilled),
            {
                "Line: Type": "Transaction",
                "Transaction: Kind": "sale",
                "Transaction: Amount": story.money(order.total),
                "Transaction: Status": "success" if order.paid else "pending",
            },
        ]
        for position, cells in enumerate(block):
            rows.append({**_order_cells(order, is_top=position == 0), **cells})
    return [{**row, "Row #": str(number)} for number, row in enumerate(rows, 1)]


def _order_cells(order: story.Order, *, is_top: bool) -> dict[str, str]:
    cells = {
        "ID": str(order.id),
        "Name": f"#{order.number}",
        "Command": "NEW",  # what an export holds; an import that leaves it creates the orders again
        "Created At": story.written(order.created),
        "Updated At": story.written(order.cancelled or order.fulfilled or order.paid or order.created),
        "Cancelled At": story.written(order.cancelled),
        "Currency": "EUR",
        "Source": order.source,
        "Physical Location": story.STORE if order.source == "pos" else "",
        "Payment: Status": order.financial,
        "Order Fulfillment Status": order.fulfillment.replace("unfulfilled", ""),
    }
    if not is_top:
        return cells
    return {
        **cells,
        "Top Row": "TRUE",
        "Price: Total Shipping": story.money(order.shipping),
        "Price: Total Refund": story.money(order.refunded),
        "Price: Total": story.money(order.total),
    }


def _item_cells(line: story.Line) -> dict[str, str]:
    return {
        "Line: Type": "Line Item",
        "Line: ID": str(line.id),
        "Line: Title": line.thing.title,
        "Line: Name": line.thing.name,
        "Line: SKU": line.thing.sku,
        "Line: Quantity": str(line.quantity),
        "Line: Price": story.money(line.thing.cents),
        "Line: Requires Shipping": "FALSE" if line.thing is story.ENGRAVING else "TRUE",
        "Line: Fulfillable Quantity": str(line.quantity - line.fulfilled),
        "Line: Fulfillment Status": "fulfilled" if line.fulfilled else "",
    }


def _fulfillment_cells(order: story.Order, line: story.Line) -> dict[str, str]:
    is_delivered = bool(order.tracking) and order.place < 20
    return {
        "Line: Type": "Fulfillment Line",
        "Line: ID": str(line.id),
        "Line: Title": line.thing.title,
        "Line: SKU": line.thing.sku,
        "Line: Quantity": str(line.fulfilled),
        "Fulfillment: ID": str(order.fulfillment_id),
        "Fulfillment: Status": "success",
        "Fulfillment: Created At": story.written(order.fulfilled),
        "Fulfillment: Updated At": story.written(order.fulfilled),
        "Fulfillment: Tracking Company": "Northpost" if order.tracking else "",
        "Fulfillment: Tracking Number": order.tracking,
        "Fulfillment: Tracking URL": f"https://track.example.com/{order.tracking}" if order.tracking else "",
        "Fulfillment: Location": order.location,
        "Fulfillment: Shipment Status": "delivered" if is_delivered else "",
    }


def _burst() -> list[story.Order]:
    return [order for order in story.make_orders() if order.place in story.BURST]
