"""The tables: their columns, keys and checks. The only place that spells a column name.

A table is a pandas DataFrame with Arrow-backed columns. Kinds of column:

    id      gid text, never a number (a gid beside a null would become a float)
    text    text
    count   whole number, may be missing
    time    UTC timestamp
    flag    true, false or missing
    money   decimal text ("12.50"); the currency stands in a column of its own
    kind    text with few values, as Shopify spells them (FULFILLED, SUCCESS, …)
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pandas as pd
import pyarrow as pa

from unfulfill.errors import RunFolderRefused
from unfulfill.words import said

ARROW_TYPES: Mapping[str, pa.DataType] = {
    "id": pa.string(),
    "text": pa.string(),
    "count": pa.int64(),
    "time": pa.timestamp("us", tz="UTC"),
    "flag": pa.bool_(),
    "money": pa.string(),
    "kind": pa.string(),
}


@dataclass(frozen=True)
class Table:
    """Name, columns (name → kind, in order) and key of one table."""

    name: str
    columns: Mapping[str, str]
    key: tuple[str, ...]

    @property
    def arrow_schema(self) -> pa.Schema:
        """The Arrow schema of the table's Parquet file."""
        return pa.schema([(column, ARROW_TYPES[kind]) for column, kind in self.columns.items()])


ORDERS = Table(
    "orders",
    {
        "order_id": "id",
        "name": "text",
        "created_at": "time",
        "processed_at": "time",
        "updated_at": "time",
        "paid_at": "time",  # first successful sale or capture; missing where nothing was paid
        "cancelled_at": "time",
        "closed_at": "time",
        "refunded_at": "time",  # latest refund
        "display_fulfillment_status": "kind",
        "financial_status": "kind",
        "return_status": "kind",
        "source_name": "kind",
        "tags": "text",  # joined by ", " in alphabetical order, as Shopify returns them
        "customer_locale": "kind",
        "requires_shipping": "flag",
        "test": "flag",
        "total_amount": "money",
        "refunded_amount": "money",
        "currency": "kind",
    },
    key=("order_id",),
)

LINE_ITEMS = Table(
    "line_items",
    {
        "line_item_id": "id",
        "order_id": "id",
        "name": "text",
        "sku": "text",
        "quantity": "count",  # as ordered
        "current_quantity": "count",  # less what was removed or refunded
        "unfulfilled_quantity": "count",
        "refundable_quantity": "count",
        "refunded_quantity": "count",  # quantity - current_quantity
        "requires_shipping": "flag",
        "is_gift_card": "flag",
        "variant_id": "id",
        "inventory_item_id": "id",
    },
    key=("line_item_id",),
)

FULFILLMENTS = Table(
    "fulfillments",
    {
        "fulfillment_id": "id",
        "order_id": "id",
        "name": "text",
        "status": "kind",  # CANCELLED with two L; display_status CANCELED with one
        "status_before": "kind",  # in the export that this one rests on; missing where it did not know the fulfillment
        "display_status": "kind",
        "created_at": "time",
        "updated_at": "time",
        "in_transit_at": "time",
        "delivered_at": "time",
        "location_id": "id",
        "location_name": "text",
        "service_handle": "kind",
        "service_name": "text",
        "service_type": "kind",  # GIFT_CARD, MANUAL, THIRD_PARTY
        "tracking_company": "text",
        "tracking_numbers": "text",  # joined by ", "
        "tracking_urls": "text",  # joined by ", "
        "total_quantity": "count",
        "requires_shipping": "flag",
    },
    key=("fulfillment_id",),
)

FULFILLMENT_LINES = Table(
    "fulfillment_lines",
    {
        "fulfillment_id": "id",
        "line_item_id": "id",
        "quantity": "count",
    },
    key=("fulfillment_id", "line_item_id"),
)

FULFILLMENT_ORDERS = Table(
    "fulfillment_orders",
    {
        "fulfillment_order_id": "id",
        "order_id": "id",
        "status": "kind",
        "request_status": "kind",
        "created_at": "time",
        "updated_at": "time",
        "location_id": "id",  # assigned location
        "location_name": "text",
        "supported_actions": "text",  # joined by ", "
        "holds": "text",  # reasons, joined by ", "
        "delivery_method": "kind",  # SHIPPING, PICK_UP, RETAIL (handed over at the till), LOCAL, NONE …
    },
    key=("fulfillment_order_id",),
)

INVENTORY_LEVELS = Table(
    "inventory_levels",
    {
        "inventory_item_id": "id",
        "location_id": "id",
        "location_name": "text",
        "sku": "text",
        "barcode": "text",
        "item_name": "text",
        "tracked": "flag",
        "available": "count",
        "committed": "count",
        "on_hand": "count",
        "reserved": "count",
        "damaged": "count",
        "safety_stock": "count",
        "quality_control": "count",
        "incoming": "count",
    },
    key=("inventory_item_id", "location_id"),
)

EXPORTED = (ORDERS, LINE_ITEMS, FULFILLMENTS, FULFILLMENT_LINES, FULFILLMENT_ORDERS, INVENTORY_LEVELS)

# Asked only of orders that are about to ship, and only for their audit; not a part of an export.
TO_SHIP = Table(
    "to_ship",
    {
        "order_id": "id",
        "risk": "kind",  # what Shopify recommends: ACCEPT, INVESTIGATE, CANCEL, NONE; missing where it is not known
        "address_missing": "text",  # parts that the address lacks; blank: complete, missing: not known
        "customer_id": "id",  # missing where nobody signed in, or where it is not known
    },
    key=("order_id",),
)

# Asked only where a report shall name customers, and only of its orders.
CUSTOMERS = Table(
    "customers",
    {
        "order_id": "id",
        "initials": "text",  # "A. M."; blank where the order has no name
        "name": "text",  # missing where only initials were asked for
        "city": "text",  # missing where only initials were asked for
    },
    key=("order_id",),
)

FINDINGS = Table(
    "findings",
    {
        "finding_id": "text",
        "kind": "kind",
        "severity": "kind",  # high, medium, low
        "incident": "text",  # name shared by findings of one burst or cause; missing where it stands alone
        "order_id": "id",
        "order_name": "text",
        "fulfillment_id": "id",  # missing for findings about stock, and about orders that are about to ship
        "inventory_item_id": "id",
        "location_id": "id",
        "right_fix": "kind",  # unfulfill, hold, correct_tracking, request_cancellation, return, count_again, nothing
        "message": "text",
    },
    key=("finding_id",),
)

INCIDENTS = Table(
    "incidents",
    {
        "incident": "text",  # its name; findings carry it
        "kind": "kind",  # of its findings
        "severity": "kind",  # the worst of them
        "right_fix": "kind",  # of most of its fulfillments
        "fulfillments": "count",
        "to_undo": "count",  # of those, with a fix that ends in a cancel
        "locked": "count",  # of those, parcels that left
        "orders": "count",
        "units": "count",
        "explained": "count",  # units of a count's variance that they account for
        "first_at": "time",
        "last_at": "time",
        "location_name": "text",  # missing where there are several
    },
    key=("incident",),
)

STOCK = Table(
    "stock",
    {
        "inventory_item_id": "id",
        "location_id": "id",
        "sku": "text",
        "item_name": "text",
        "location_name": "text",
        "tracked": "flag",
        "on_hand": "count",  # what the shop says
        "available": "count",
        "committed": "count",
        "counted": "count",  # what lies on the shelf; missing where it was not counted
        "variance": "count",  # counted - on_hand
        "fulfilled_units": "count",  # units in live fulfillments from this location
        "units_in_question": "count",  # of those, units in fulfillments with a finding to unfulfill
        "expected": "count",  # on hand, from an earlier export and the orders since; missing without one
        "adjusted": "count",  # change since then that no order explains
        "explained": "count",  # units of the variance for which a cause was found
    },
    key=("inventory_item_id", "location_id"),
)

EVIDENCE = Table(
    "evidence",
    {
        "fulfillment_id": "id",
        "percent": "count",  # how likely it never left, without asking the shelf
        "points": "count",  # the base and all signals together; ten points: ten times the odds
        "left": "count",  # from here on: one signal each, see audit/signals.py
        "silence": "count",
        "no_tracking": "count",
        "number": "count",
        "label": "count",
        "payment": "count",
        "pace": "count",
        "customer": "count",
        "stock": "count",
        "service": "count",
        "hours": "count",
        "handed_over": "count",
    },
    key=("fulfillment_id",),
)

CAUSES = Table(
    "causes",
    {
        "cause_id": "text",
        "explanation_id": "text",  # shared by causes and places that can only be explained together
        "role": "kind",  # chosen, alternative (fits less or just as well), rest (no cause found)
        "cause": "kind",  # still_on_shelf, left_elsewhere, line_missing, missing_restock, … or unexplained
        "fulfillment_id": "id",  # missing where the cause is none
        "line_item_id": "id",  # of a missing line or a missing restock
        "inventory_item_id": "id",
        "location_id": "id",
        "other_location_id": "id",  # where the units really left from
        "other_inventory_item_id": "id",  # what they were taken for
        "units": "count",  # of the variance there, signed
        "percent": "count",  # how sure
        "ties": "count",  # fulfillments that fit exactly as well and were not chosen
    },
    key=("cause_id",),
)

MARKS = Table(
    "marks",
    {
        "fulfillment_id": "id",
        "order_name": "text",
        "order_id": "id",
        "decision": "kind",  # unfulfill, hold (unfulfill, then hold), request_cancellation, keep; blank: undecided
        "part": "text",  # "SKU-1=2; SKU-2=1": the units to unfulfill, by SKU or order line id; blank: all of them
        "reason": "text",
        "note": "text",
        "override": "text",  # why a locked row is unfulfilled all the same; blank: the lock stands
        "marked_by": "text",
        "severity": "kind",  # from here on: what the audit says, for the reader
        "findings": "text",
        "right_fix": "kind",
        "locked": "text",  # evidence that the parcel left
        "created_at": "time",
        "location_name": "text",
        "tracking_numbers": "text",
        "items": "text",
    },
    key=("fulfillment_id",),
)


def make_table(table: Table, rows: "pd.DataFrame | Mapping[str, object] | None" = None) -> pd.DataFrame:
    """A DataFrame with exactly the columns and dtypes of `table`; columns not given are all missing."""
    frame = pd.DataFrame(rows if rows is not None else {})
    columns = {}
    for column, kind in table.columns.items():
        dtype = pd.ArrowDtype(ARROW_TYPES[kind])
        if column in frame.columns:
            columns[column] = frame[column].astype(dtype)
        else:
            columns[column] = pd.Series([None] * len(frame), index=frame.index, dtype=dtype)
    return pd.DataFrame(columns, index=frame.index).reset_index(drop=True)


def check_table(table: Table, frame: pd.DataFrame, where: str) -> None:
    """Raise RunFolderRefused unless `frame` has the columns, the dtypes and a unique, complete key."""
    check_columns(table, frame, where)
    check_keys(table, frame, where)


def check_keys(table: Table, frame: pd.DataFrame, where: str) -> None:
    """Raise RunFolderRefused unless every row has a key of its own."""
    key = list(table.key)
    if frame[key].isna().any(axis=None):
        raise RunFolderRefused(said("saved_table.no_key", where=where, columns=", ".join(key)))
    doubled = frame.duplicated(key)
    if doubled.any():
        first = ", ".join(str(value) for value in frame.loc[doubled, key].iloc[0])
        raise RunFolderRefused(
            said("saved_table.doubled", where=where, count=int(doubled.sum()), first=first)
        )


def check_columns(
    table: Table, frame: pd.DataFrame, where: str, columns: Collection[str] | None = None
) -> None:
    """Raise RunFolderRefused unless `frame` has these columns (None: all) with their dtypes."""
    wanted = {name: kind for name, kind in table.columns.items() if columns is None or name in columns}
    missing = [column for column in wanted if column not in frame.columns]
    if missing:
        raise RunFolderRefused(
            said("saved_table.no_columns", where=where, table=table.name, columns=", ".join(missing))
        )
    for column, kind in wanted.items():
        if frame[column].dtype != pd.ArrowDtype(ARROW_TYPES[kind]):
            raise RunFolderRefused(
                said(
                    "saved_table.other_type",
                    where=where,
                    column=column,
                    found=frame[column].dtype,
                    wanted=ARROW_TYPES[kind],
                )
            )
