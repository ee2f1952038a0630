"""Fields of fulfillments: lines, tracking, events, service."""

import json
from decimal import Decimal
from typing import Any

from sandbox_shop import auth, objects
from sandbox_shop.context import Context
from sandbox_shop.pages import connection
from sandbox_shop.resolvers.fields import Resolver, column, constant, legacy_id, money, parent
from sandbox_shop.world import Row


def line_rows(fulfillment: Row, context: Context) -> list[Row]:
    """One row an order line: units of a line that come from several fulfillment orders are one (recorded 2026-06)."""
    rows = objects.children(context.world, fulfillment, "FulfillmentLineItem", "fulfillment_id")
    if len({row["line_id"] for row in rows}) == len(rows):
        return rows
    merged: dict[int, Row] = {}
    for row in rows:
        known = merged.get(row["line_id"])
        merged[row["line_id"]] = {
            **(known or row),
            "quantity": row["quantity"] + (known["quantity"] if known else 0),
        }
    return list(merged.values())


def _lines(row: Row, context: Context, **args: Any) -> Any:
    return connection(context, line_rows(row, context), args)


def _total(row: Row, context: Context, **args: Any) -> int:
    return sum(line["quantity"] for line in line_rows(row, context))


def _requires_shipping(row: Row, context: Context, **args: Any) -> bool:
    lines = (objects.parent(context.world, part, "LineItem", "line_id") for part in line_rows(row, context))
    return any(line and line["requires_shipping"] for line in lines)


def _fulfillment_orders(row: Row, context: Context, **args: Any) -> Any:
    """The fulfillment orders that its units came from, as far as the token sees them."""
    found: dict[int, Row] = {}
    for part in objects.children(context.world, row, "FulfillmentLineItem", "fulfillment_id"):
        fo_line = objects.parent(context.world, part, "FulfillmentOrderLineItem", "fo_line_id")
        fulfillment_order = fo_line and objects.parent(context.world, fo_line, "FulfillmentOrder", "fo_id")
        if fulfillment_order:
            found[fulfillment_order["id"]] = fulfillment_order
    rows = [found[id_] for id_ in sorted(found)]
    if auth.fulfillment_order_condition(context)[0] != "1":
        rows = [each for each in rows if auth.sees_fulfillment_order(context, each["id"])]
    return connection(context, rows, args)


def _events(row: Row, context: Context, **args: Any) -> Any:
    rows = objects.children(context.world, row, "FulfillmentEvent", "fulfillment_id")
    keys = {"CREATED_AT": "created_at", "ID": "id"}
    key = keys.get(args.get("sortKey") or "", "happened_at")
    return connection(context, sorted(rows, key=lambda event: (event[key], event["id"])), args)


def _tracking(row: Row, context: Context, **args: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(row["tracking"])
    return rows[: args.get("first")]


def _origin(row: Row, context: Context, **args: Any) -> Any:
    return json.loads(row["origin_address"]) if row["origin_address"] else None


def _line_money(row: Row, context: Context, **args: Any) -> Any:
    line = objects.parent(context.world, row, "LineItem", "line_id")
    return money(context, Decimal(line["price"]) * row["quantity"] if line else Decimal(0))


FULFILLMENT_TYPES: dict[str, dict[str, Resolver]] = {
    "Fulfillment": {
        "legacyResourceId": legacy_id,
        "events": _events,
        "fulfillmentLineItems": _lines,
        "fulfillmentOrders": _fulfillment_orders,
        "location": parent("Location", "location_id"),
        "order": parent("Order", "order_id"),
        "originAddress": _origin,
        "requiresShipping": _requires_shipping,
        "service": parent("FulfillmentService", "service_id"),
        "totalQuantity": _total,
        "trackingInfo": _tracking,
    },
    "FulfillmentLineItem": {
        "lineItem": parent("LineItem", "line_id"),
        "discountedTotalSet": _line_money,
        "originalTotalSet": _line_money,
    },
    "FulfillmentService": {
        "callbackUrl": constant(None),
        "inventoryManagement": lambda row, context, **args: row["type"] == "THIRD_PARTY",
        "location": parent("Location", "location_id"),
        "requiresShippingMethod": constant(True),
        "serviceName": column("name"),
        "trackingSupport": lambda row, context, **args: row["type"] == "THIRD_PARTY",
    },
    "FulfillmentEvent": {
        name: constant(None) for name in ("address1", "city", "country", "latitude", "longitude")
    }
    | {name: constant(None) for name in ("province", "zip", "estimatedDeliveryAt")},
}
