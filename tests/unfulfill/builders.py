"""Builders of tables with sane defaults: say only what a test is about.

    tables = make_tables(fulfillment(1, display_status="DELIVERED"), order(2, cancelled_at="2026-10-02"))

Each call of `order`, `fulfillment`, `level` … gives one row (or a few that belong together); `make_tables` adds what
is missing (the order of a fulfillment, its line) and gives all exported tables with the right dtypes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from unfulfill.audit import AUDIT_COLUMNS
from unfulfill.tables import EXPORTED, make_table

NOW = datetime(2026, 10, 20, 12, 0, tzinfo=UTC)
WAREHOUSE = "gid://shopify/Location/1"
SHOP = "gid://shopify/Location/2"
LOCATION_NAMES = {WAREHOUSE: "Warehouse", SHOP: "Shop Berlin"}


@dataclass(frozen=True)
class Rows:
    """Rows of some tables that belong together."""

    rows: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)


def gid(kind: str, number: int) -> str:
    return f"gid://shopify/{kind}/{number}"


def moment(text: str) -> pd.Timestamp:
    """A UTC time from "2026-10-03" or "2026-10-03 09:12:00"."""
    return pd.Timestamp(text, tz="UTC")


def _times(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: moment(value) if name.endswith("_at") and isinstance(value, str) else value
        for name, value in row.items()
    }


def order(number: int, **changes: Any) -> Rows:
    """A paid web order #<1000 + number> of one day before its fulfillment."""
    row = {
        "order_id": gid("Order", number),
        "name": f"#{1000 + number}",
        "created_at": "2026-10-01 08:00:00",
        "processed_at": "2026-10-01 08:00:00",
        "updated_at": "2026-10-02 08:00:00",
        "paid_at": "2026-10-01 08:00:05",
        "display_fulfillment_status": "FULFILLED",
        "financial_status": "PAID",
        "return_status": "NO_RETURN",
        "source_name": "web",
        "tags": "",
        "customer_locale": "en",
        "requires_shipping": True,
        "test": False,
        "total_amount": "20.00",
        "refunded_amount": "0.00",
        "currency": "EUR",
    } | changes
    return Rows({"orders": [_times(row)]})


def line(number: int, order_number: int | None = None, **changes: Any) -> Rows:
    """Order line `number`: one unit of SKU-<number>, fulfilled."""
    row = {
        "line_item_id": gid("LineItem", number),
        "order_id": gid("Order", order_number or number),
        "name": f"Thing {number}",
        "sku": f"SKU-{number}",
        "quantity": 1,
        "current_quantity": 1,
        "unfulfilled_quantity": 0,
        "refundable_quantity": 1,
        "refunded_quantity": 0,
        "requires_shipping": True,
        "is_gift_card": False,
        "variant_id": gid("ProductVariant", number),
        "inventory_item_id": gid("InventoryItem", number),
    } | changes
    return Rows({"line_items": [row]})


def fulfillment(
    number: int, order_number: int | None = None, lines: Mapping[int, int] | None = None, **changes: Any
) -> Rows:
    """Live fulfillment `number` of order `order_number` (the same number), on its way with a number of its own.

    `lines` maps line numbers to units; by default one unit of the line with the order's number.
    """
    of = order_number or number
    units = lines or {of: 1}
    row = {
        "fulfillment_id": gid("Fulfillment", number),
        "order_id": gid("Order", of),
        "name": f"#{1000 + of}-F1",
        "status": "SUCCESS",
        "display_status": "IN_TRANSIT",
        "created_at": "2026-10-02 08:00:00",
        "updated_at": "2026-10-02 08:00:00",
        "in_transit_at": "2026-10-03 08:00:00",
        "location_id": WAREHOUSE,
        "service_handle": "manual",
        "service_name": "Manual",
        "service_type": "MANUAL",
        "tracking_company": "DHL Express",
        "tracking_numbers": f"JD01{number:010d}",
        "tracking_urls": f"https://carrier.example/track/{number}",
        "total_quantity": sum(units.values()),
        "requires_shipping": True,
    } | changes
    row.setdefault("location_name", LOCATION_NAMES.get(str(row["location_id"]), "Elsewhere"))
    return Rows(
        {
            "fulfillments": [_times(row)],
            "fulfillment_lines": [
                {
                    "fulfillment_id": gid("Fulfillment", number),
                    "line_item_id": gid("LineItem", item),
                    "quantity": n,
                }
                for item, n in units.items()
            ],
        }
    )


def quiet(number: int, **changes: Any) -> Rows:
    """A fulfillment with nothing that says that the parcel left."""
    return fulfillment(number, **({"display_status": "FULFILLED", "in_transit_at": None} | changes))


def fulfillment_order(number: int, order_number: int | None = None, **changes: Any) -> Rows:
    """A fulfillment order, closed."""
    row = {
        "fulfillment_order_id": gid("FulfillmentOrder", number),
        "order_id": gid("Order", order_number or number),
        "status": "CLOSED",
        "request_status": "UNSUBMITTED",
        "created_at": "2026-10-01 08:00:00",
        "updated_at": "2026-10-01 08:00:00",
        "location_id": WAREHOUSE,
        "location_name": "Warehouse",
        "supported_actions": "",
        "holds": "",
        "delivery_method": "SHIPPING",
    } | changes
    return Rows({"fulfillment_orders": [_times(row)]})


def level(number: int, **changes: Any) -> Rows:
    """Item `number` at the warehouse: 10 on hand, all available."""
    row = {
        "inventory_item_id": gid("InventoryItem", number),
        "location_id": WAREHOUSE,
        "sku": f"SKU-{number}",
        "barcode": f"40000000{number:05d}",
        "item_name": f"Thing {number}",
        "tracked": True,
        "available": 10,
        "committed": 0,
        "on_hand": 10,
        "reserved": 0,
        "damaged": 0,
        "safety_stock": 0,
        "quality_control": 0,
        "incoming": 0,
    } | changes
    row.setdefault("location_name", LOCATION_NAMES.get(str(row["location_id"]), "Elsewhere"))
    return Rows({"inventory_levels": [row]})


def make_tables(*parts: Rows) -> dict[str, pd.DataFrame]:
    """All exported tables of these rows; a fulfillment's order and lines are added where no part gives them."""
    rows: dict[str, list[dict[str, Any]]] = {table.name: [] for table in EXPORTED}
    for part in parts:
        for name, some in part.rows.items():
            rows[name].extend(some)
    orders = {row["order_id"] for row in rows["orders"]}
    for row in rows["fulfillments"]:
        if row["order_id"] not in orders:
            orders.add(row["order_id"])
            rows["orders"].extend(order(int(row["order_id"].rsplit("/", 1)[1])).rows["orders"])
    of_order = {row["fulfillment_id"]: int(row["order_id"].rsplit("/", 1)[1]) for row in rows["fulfillments"]}
    lines = {row["line_item_id"] for row in rows["line_items"]}
    for row in rows["fulfillment_lines"]:
        if row["line_item_id"] not in lines:
            lines.add(row["line_item_id"])
            number = int(row["line_item_id"].rsplit("/", 1)[1])
            rows["line_items"].extend(line(number, of_order[row["fulfillment_id"]]).rows["line_items"])
    return {
        table.name: make_table(
            table, {column: [row.get(column) for row in rows[table.name]] for column in table.columns}
        )
        for table in EXPORTED
    }


def make_audit_tables(*parts: Rows) -> dict[str, pd.DataFrame]:
    """The same with only the columns that are loaded for an audit: a rule that reads another one fails."""
    tables = make_tables(*parts)
    return {name: tables[name][list(columns)] for name, columns in AUDIT_COLUMNS.items()}
