"""Fields of fulfillment orders, their lines and holds."""

from typing import Any

from sandbox_shop import objects
from sandbox_shop.context import Context
from sandbox_shop.objects import app_object
from sandbox_shop.pages import connection
from sandbox_shop.resolvers.fields import Resolver, children, children_page, column, constant, parent
from sandbox_shop.resolvers.orders import variant_of_item
from sandbox_shop.world import Row, gid

REASON_WORDS = {
    "AWAITING_PAYMENT": "Awaiting payment",
    "AWAITING_RETURN_ITEMS": "Awaiting return items",
    "HIGH_RISK_OF_FRAUD": "High risk of fraud",
    "INCORRECT_ADDRESS": "Incorrect address",
    "INVENTORY_OUT_OF_STOCK": "Inventory out of stock",
    "ONLINE_STORE_POST_PURCHASE_CROSS_SELL": "Post-purchase cross-sell",
    "OTHER": "Other",
    "UNKNOWN_DELIVERY_DATE": "Unknown delivery date",
}


def supported_actions(
    status: str, request_status: str, has_service: bool, units: int, lines: int
) -> list[str]:
    """What may be done with a fulfillment order. Shopify publishes no table; inferred from its error messages.

    A fulfillment order at another app's service is fulfilled by that service, so an order management app
    may not create its fulfillment (changelog, 2024-10).
    """
    if status in ("CLOSED", "CANCELLED", "INCOMPLETE"):
        return []
    if status == "ON_HOLD":
        return ["RELEASE_HOLD", "HOLD", "MOVE"]
    if status == "SCHEDULED":
        return ["MARK_AS_OPEN", "HOLD"]
    if has_service:
        if request_status in ("SUBMITTED", "ACCEPTED", "CANCELLATION_REJECTED"):
            return ["REQUEST_CANCELLATION"]
        if request_status == "CANCELLATION_REQUESTED":
            return []
        return ["REQUEST_FULFILLMENT", "HOLD", "MOVE"]
    actions = ["CREATE_FULFILLMENT", "MOVE", "HOLD"] if status == "OPEN" else ["CREATE_FULFILLMENT", "MOVE"]
    actions.append("REPORT_PROGRESS")
    if units > 1 or lines > 1:
        actions.append("SPLIT")
    return actions


def _actions(row: Row, context: Context, **args: Any) -> list[dict[str, Any]]:
    location = objects.parent(context.world, row, "Location", "location_id")
    lines = objects.children(context.world, row, "FulfillmentOrderLineItem", "fo_id")
    names = supported_actions(
        row["status"],
        row["request_status"],
        bool(location and location["service_id"]),
        sum(line["remaining"] for line in lines),
        len(lines),
    )
    return [{"action": name, "externalUrl": None} for name in names]


def _assigned_location(row: Row, context: Context, **args: Any) -> dict[str, Any]:
    location = objects.parent(context.world, row, "Location", "location_id")
    country = context.shop.get("country", "DE")
    return {"name": location["name"] if location else "", "location": location, "countryCode": country}


def _fulfillments(row: Row, context: Context, **args: Any) -> Any:
    found: dict[int, Row] = {}
    for line in objects.children(context.world, row, "FulfillmentOrderLineItem", "fo_id"):
        for part in objects.children(context.world, line, "FulfillmentLineItem", "fo_line_id"):
            fulfillment = objects.parent(context.world, part, "Fulfillment", "fulfillment_id")
            if fulfillment:
                found[fulfillment["id"]] = fulfillment
    return connection(context, [found[id_] for id_ in sorted(found)], args)


def _order_name(row: Row, context: Context, **args: Any) -> str:
    order = objects.parent(context.world, row, "Order", "order_id")
    return str(order["name"]) if order else ""


def _order_processed(row: Row, context: Context, **args: Any) -> str:
    order = objects.parent(context.world, row, "Order", "order_id")
    return str(order["processed_at"] if order else row["created_at"])


def _locations_for_move(row: Row, context: Context, **args: Any) -> Any:
    """Every other active location; whether the items are stocked there is not looked at."""
    rows = context.world.rows("select id from location where active = 1 order by id")
    rows = [each for each in rows if each["id"] != row["location_id"]]
    if args.get("locationIds"):
        wanted = {objects.parse_gid(text)[1] for text in args["locationIds"]}
        rows = [each for each in rows if each["id"] in wanted]
    found = objects.load_many(context.world, "Location", [each["id"] for each in rows])
    is_movable = row["status"] in ("OPEN", "ON_HOLD", "SCHEDULED", "IN_PROGRESS")
    message = None if is_movable else "Cannot change location."
    moves = [
        {"id": each["id"], "location": each, "message": message, "movable": is_movable} for each in found
    ]
    return connection(context, moves, args)


def _line(row: Row, context: Context, name: str) -> Any:
    line = objects.parent(context.world, row, "LineItem", "line_id")
    return line[name] if line else None


def _of_line(name: str) -> Resolver:
    return lambda row, context, **args: _line(row, context, name)


def _item_gid(row: Row, context: Context, **args: Any) -> str | None:
    item = _line(row, context, "item_id")
    return gid("InventoryItem", item) if item else None


def _variant(row: Row, context: Context, **args: Any) -> Row | None:
    line = objects.parent(context.world, row, "LineItem", "line_id")
    return variant_of_item(line, context, "item_id") if line else None


FULFILLMENT_ORDER_TYPES: dict[str, dict[str, Resolver]] = {
    "FulfillmentOrder": {
        "assignedLocation": _assigned_location,
        "deliveryMethod": lambda row, context, **args: {
            "__typename": "DeliveryMethod",
            "id": row["id"],
            "methodType": row["method"],
        },
        "fulfillBy": constant(None),
        "fulfillmentHolds": children("FulfillmentHold", "fo_id"),
        "fulfillments": _fulfillments,
        "lineItems": children_page("FulfillmentOrderLineItem", "fo_id"),
        "locationsForMove": _locations_for_move,
        "merchantRequests": lambda row, context, **args: connection(context, [], args),
        "order": parent("Order", "order_id"),
        "orderId": lambda row, context, **args: gid("Order", row["order_id"]),
        "orderName": _order_name,
        "orderProcessedAt": _order_processed,
        "supportedActions": _actions,
    },
    "FulfillmentOrderLineItem": {
        "inventoryItemId": _item_gid,
        "lineItem": parent("LineItem", "line_id"),
        "productTitle": _of_line("title"),
        "remainingQuantity": column("remaining"),
        "requiresShipping": lambda row, context, **args: bool(_line(row, context, "requires_shipping")),
        "sku": _of_line("sku"),
        "totalQuantity": column("total"),
        "variant": _variant,
        "variantTitle": _of_line("variant_title"),
        "vendor": _of_line("vendor"),
    },
    "FulfillmentHold": {
        "displayReason": lambda row, context, **args: REASON_WORDS.get(row["reason"], row["reason"]),
        "handle": lambda row, context, **args: row["handle"] or None,
        "heldByApp": lambda row, context, **args: (
            app_object(context.world, row["app"]) if row["app"] else None
        ),
        "heldByRequestingApp": lambda row, context, **args: row["app"] == context.app,
        "reasonNotes": column("notes"),
    },
}
