"""The export as an Orders sheet in the Matrixify dialect, for people: one order is a block of rows.

Column names, values and the layout of rows are as in real exports of that app; whether it takes the file back is
untested. Command is UPDATE in every row, because a blank one means NEW there. No customer data.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

import numpy as np
import pandas as pd
import pyarrow as pa

from unfulfill.atomic import write_atomic
from unfulfill.sheets.xlsx_stream import Column, write_workbook
from unfulfill.tables import ARROW_TYPES

TEXT = pd.ArrowDtype(ARROW_TYPES["text"])
BLOCK = 20_000  # orders made into rows at once

# Column → (Arrow type, width). "Tags" and the like repeat on every row of an order; "Price:" stand on its first.
COLUMNS: Mapping[str, tuple[pa.DataType, float]] = {
    "ID": (pa.string(), 16),
    "Name": (pa.string(), 11),
    "Command": (pa.string(), 10),
    "Tags": (pa.string(), 18),
    "Created At": (pa.string(), 26),
    "Updated At": (pa.string(), 26),
    "Cancelled At": (pa.string(), 26),
    "Processed At": (pa.string(), 26),
    "Closed At": (pa.string(), 26),
    "Currency": (pa.string(), 9),
    "Source": (pa.string(), 10),
    "Price: Total Refund": (pa.string(), 18),
    "Price: Total": (pa.string(), 12),
    "Payment: Status": (pa.string(), 18),
    "Order Fulfillment Status": (pa.string(), 23),
    "Row #": (pa.int64(), 8),
    "Top Row": (pa.bool_(), 9),
    "Line: Type": (pa.string(), 16),
    "Line: ID": (pa.string(), 17),
    "Line: Title": (pa.string(), 34),
    "Line: Variant ID": (pa.string(), 17),
    "Line: SKU": (pa.string(), 18),
    "Line: Quantity": (pa.int64(), 14),
    "Line: Requires Shipping": (pa.bool_(), 22),
    "Line: Gift Card": (pa.bool_(), 14),
    "Line: Fulfillable Quantity": (pa.int64(), 24),
    "Fulfillment: ID": (pa.string(), 16),
    "Fulfillment: Status": (pa.string(), 18),
    "Fulfillment: Created At": (pa.string(), 26),
    "Fulfillment: Updated At": (pa.string(), 26),
    "Fulfillment: Tracking Company": (pa.string(), 27),
    "Fulfillment: Tracking Number": (pa.string(), 28),
    "Fulfillment: Tracking URL": (pa.string(), 40),
    "Fulfillment: Location": (pa.string(), 20),
    "Fulfillment: Shipment Status": (pa.string(), 26),
}
_ORDER_STATUS = {"FULFILLED": "fulfilled", "PARTIALLY_FULFILLED": "partial", "RESTOCKED": "restocked"}
# What the column may say: the events of a shipment. Other display statuses (FULFILLED, SUBMITTED …) are none.
_SHIPMENT = (
    "LABEL_PURCHASED", "LABEL_PRINTED", "READY_FOR_PICKUP", "PICKED_UP", "CONFIRMED", "IN_TRANSIT",
    "OUT_FOR_DELIVERY", "ATTEMPTED_DELIVERY", "DELAYED", "CARRIER_PICKED_UP", "DELIVERED", "FAILURE",
)  # fmt: skip
_ON_FIRST_ROW = ("Price: Total Refund", "Price: Total")


def write_orders_sheet(path: Path, tables: Mapping[str, pd.DataFrame]) -> None:
    """Write orders.xlsx, whole or not at all: the orders in the order of the export.

    Ids and money are text cells, dates text with the offset (+0000: the export's times are UTC), several tracking
    numbers joined by ", ". A sheet that is full continues on "Orders 2", never within an order's block.
    """
    columns = [Column(name, width) for name, (_, width) in COLUMNS.items()]

    def fill(file: IO[bytes]) -> None:
        write_workbook(file, "Orders", columns, order_blocks(tables))

    write_atomic(Path(path), fill)


def order_blocks(tables: Mapping[str, pd.DataFrame], size: int = BLOCK) -> Iterator[pa.Table]:
    """The sheet's rows for `size` orders at a time, with the columns of COLUMNS."""
    orders = tables["orders"].reset_index(drop=True)
    place = pd.Series(orders.index, index=pd.Index(orders["order_id"]))
    lines = _placed(tables["line_items"], place)
    shipped = tables["fulfillment_lines"].merge(
        tables["fulfillments"], on="fulfillment_id", validate="many_to_one"
    )
    shipped = _placed(shipped, place)
    named = ["line_item_id", "name", "sku", "variant_id"]
    shipped = shipped.drop(columns="name").merge(tables["line_items"][named], on="line_item_id", how="left")
    written = 0
    for start in range(0, len(orders), size):
        block = _block(orders, _within(lines, start, size), _within(shipped, start, size), start, size)
        block["Row #"] = np.arange(written + 1, written + len(block) + 1)
        written += len(block)
        yield pa.Table.from_pandas(
            block[list(COLUMNS)],
            schema=pa.schema([(name, type_) for name, (type_, _) in COLUMNS.items()]),
            preserve_index=False,
        )


def _placed(frame: pd.DataFrame, place: pd.Series) -> pd.DataFrame:
    """Rows of the orders of the export, with the `place` of their order, sorted by it."""
    placed = frame.assign(place=frame["order_id"].map(place))
    placed = placed[placed["place"].notna()].assign(place=lambda rows: rows["place"].astype("int64"))
    return placed.sort_values("place", kind="stable", ignore_index=True)


def _within(placed: pd.DataFrame, start: int, size: int) -> pd.DataFrame:
    first, last = np.searchsorted(placed["place"].to_numpy(), [start, start + size])
    return placed.iloc[first:last]


def _block(
    orders: pd.DataFrame, lines: pd.DataFrame, shipped: pd.DataFrame, start: int, size: int
) -> pd.DataFrame:
    some = orders.iloc[start : start + size]
    bare = some[~some.index.isin(lines["place"]) & ~some.index.isin(shipped["place"])]
    parts = [_line_rows(lines), _fulfillment_rows(shipped), pd.DataFrame({"place": bare.index})]
    rows = pd.concat(parts, ignore_index=True).sort_values("place", kind="stable", ignore_index=True)
    about = _order_columns(some)
    for column in about.columns:
        rows[column] = about[column].reindex(rows["place"]).to_numpy()
    is_top = ~rows["place"].duplicated()
    for column in _ON_FIRST_ROW:
        rows[column] = rows[column].where(is_top, None)
    return rows.assign(
        Command="UPDATE", **{"Top Row": pd.Series(True, index=rows.index).where(is_top, None)}
    ).reindex(columns=list(COLUMNS))


def _order_columns(orders: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "ID": _number(orders["order_id"]),
            "Name": orders["name"],
            "Tags": orders["tags"],
            "Created At": _time(orders["created_at"]),
            "Updated At": _time(orders["updated_at"]),
            "Cancelled At": _time(orders["cancelled_at"]),
            "Processed At": _time(orders["processed_at"]),
            "Closed At": _time(orders["closed_at"]),
            "Currency": orders["currency"],
            "Source": orders["source_name"],
            "Price: Total Refund": orders["refunded_amount"],
            "Price: Total": orders["total_amount"],
            "Payment: Status": orders["financial_status"].str.lower(),
            "Order Fulfillment Status": orders["display_fulfillment_status"].map(_ORDER_STATUS).astype(TEXT),
        }
    )


def _line_rows(lines: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "place": lines["place"],
            "Line: Type": pd.Series("Line Item", index=lines.index, dtype=TEXT),
            "Line: ID": _number(lines["line_item_id"]),
            "Line: Title": lines["name"],
            "Line: Variant ID": _number(lines["variant_id"]),
            "Line: SKU": lines["sku"],
            "Line: Quantity": lines["quantity"],
            "Line: Requires Shipping": lines["requires_shipping"],
            "Line: Gift Card": lines["is_gift_card"],
            "Line: Fulfillable Quantity": lines["unfulfilled_quantity"],
        }
    )


def _fulfillment_rows(shipped: pd.DataFrame) -> pd.DataFrame:
    """One row an order line of a fulfillment; the fulfillment's columns repeat on each."""
    return pd.DataFrame(
        {
            "place": shipped["place"],
            "Line: Type": pd.Series("Fulfillment Line", index=shipped.index, dtype=TEXT),
            "Line: ID": _number(shipped["line_item_id"]),
            "Line: Title": shipped["name"],
            "Line: Variant ID": _number(shipped["variant_id"]),
            "Line: SKU": shipped["sku"],
            "Line: Quantity": shipped["quantity"],
            "Fulfillment: ID": _number(shipped["fulfillment_id"]),
            "Fulfillment: Status": shipped["status"].str.lower(),
            "Fulfillment: Created At": _time(shipped["created_at"]),
            "Fulfillment: Updated At": _time(shipped["updated_at"]),
            "Fulfillment: Tracking Company": shipped["tracking_company"],
            "Fulfillment: Tracking Number": shipped["tracking_numbers"],
            "Fulfillment: Tracking URL": shipped["tracking_urls"],
            "Fulfillment: Location": shipped["location_name"],
            "Fulfillment: Shipment Status": shipped["display_status"]
            .where(shipped["display_status"].isin(_SHIPMENT))
            .str.lower(),
        }
    )


def _number(ids: pd.Series) -> pd.Series:
    """The number at the end of each gid, as text."""
    return ids.str.replace("^.*/", "", regex=True)


def _time(column: pd.Series) -> pd.Series:
    """ "2026-10-03 09:12:00 +0000"."""
    text = column.dt.strftime("%Y-%m-%d %H:%M:%S").str.slice(0, 19).astype(TEXT)
    with_offset: pd.Series = text + " +0000"
    return with_offset
