"""Fields of orders and of their lines."""

import json
from decimal import Decimal
from typing import Any

from sandbox_shop import auth, objects
from sandbox_shop.context import Context
from sandbox_shop.objects import app_object, object_gid
from sandbox_shop.pages import connection
from sandbox_shop.resolvers.fields import (
    Resolver,
    children,
    children_page,
    column,
    constant,
    filtered,
    flag,
    is_set,
    legacy_id,
    money,
    parent,
)
from sandbox_shop.resolvers.metafields import METAFIELD_FIELDS
from sandbox_shop.status import DEAD_FULFILLMENTS, LIVE
from sandbox_shop.world import Row

ADDRESS = (
    "address1", "address2", "city", "company", "country", "firstName", "lastName", "phone", "province", "provinceCode",
    "validationResultSummary", "zip",
)  # fmt: skip


def lines(order: Row, context: Context) -> list[Row]:
    """The lines of an order, by id."""
    return objects.children(context.world, order, "LineItem", "order_id")


def unfulfilled_units(line: Row, context: Context) -> int:
    """Units that wait in fulfillment orders that are not closed; a closed one's units never count."""
    total = 0
    for fo_line in objects.children(context.world, line, "FulfillmentOrderLineItem", "line_id"):
        fulfillment_order = objects.parent(context.world, fo_line, "FulfillmentOrder", "fo_id")
        if fulfillment_order and fulfillment_order["status"] in LIVE:
            total += fo_line["remaining"]
    return total


def shipped_units(line: Row, context: Context) -> int:
    """Units in fulfillments that are not cancelled."""
    total = 0
    for part in objects.children(context.world, line, "FulfillmentLineItem", "line_id"):
        fulfillment = objects.parent(context.world, part, "Fulfillment", "fulfillment_id")
        if fulfillment and fulfillment["status"] not in DEAD_FULFILLMENTS:
            total += part["quantity"]
    return total


def _display_fulfillment_status(order: Row, context: Context, **args: Any) -> str:
    """The stored status; since 2026-10 an order with nothing to fulfil and no fulfillment says so."""
    status = str(order["fulfillment_status"])
    if context.version < "2026-10" or status != "UNFULFILLED":
        return status
    if any(unfulfilled_units(line, context) for line in lines(order, context)):
        return status
    fulfillments = objects.children(context.world, order, "Fulfillment", "order_id")
    is_shipped = any(row["status"] not in DEAD_FULFILLMENTS for row in fulfillments)
    return status if is_shipped else "FULFILLMENT_NOT_REQUIRED"


def _fulfillments(order: Row, context: Context, **args: Any) -> list[Row]:
    rows = objects.children(context.world, order, "Fulfillment", "order_id")
    return filtered(context, "Fulfillment", rows, args.get("query"))[: args.get("first")]


def _fulfillment_orders(order: Row, context: Context, **args: Any) -> Any:
    rows = objects.children(context.world, order, "FulfillmentOrder", "order_id")
    if auth.fulfillment_order_condition(context)[0] != "1":
        rows = [row for row in rows if auth.sees_fulfillment_order(context, row["id"])]
    if args.get("displayable"):
        rows = [row for row in rows if row["status"] not in ("CLOSED", "CANCELLED")]
    return connection(context, filtered(context, "FulfillmentOrder", rows, args.get("query")), args)


def _lines_page(order: Row, context: Context, **args: Any) -> Any:
    return connection(context, lines(order, context), args)


def _non_fulfillable_lines(order: Row, context: Context, **args: Any) -> Any:
    found = [line for line in lines(order, context) if _non_fulfillable(line, context) == line["quantity"]]
    return connection(context, found, args)


def _non_fulfillable(line: Row, context: Context, **args: Any) -> int:
    rest = line["quantity"] - unfulfilled_units(line, context) - shipped_units(line, context)
    return max(0, int(rest))


def _outstanding(order: Row, context: Context, **args: Any) -> Any:
    return money(context, max(Decimal(0), _net_total(order) - _received(order)), order["currency"])


def _net_total(order: Row) -> Decimal:
    return Decimal(order["total"]) - Decimal(order["refunded"])


def _received(order: Row) -> Decimal:
    is_paid = order["financial_status"] in ("PAID", "PARTIALLY_REFUNDED", "REFUNDED")
    return _net_total(order) if is_paid else Decimal(0)


def _gateways(order: Row, context: Context, **args: Any) -> list[str]:
    rows = objects.children(context.world, order, "OrderTransaction", "order_id")
    return sorted({row["gateway"] for row in rows if row["gateway"]})


def _source_app(order: Row, context: Context, **args: Any) -> Row | None:
    names: dict[str, str] = {
        "web": "Online Store",
        "pos": "Point of Sale",
        "shopify_draft_order": "Draft Orders",
    }
    source: str | None = order["source_name"]
    if not source:
        return None
    app = app_object(context.world, names.get(source, source))
    return {"__typename": "OrderApp", "id": object_gid(app), "name": app["title"]}


def _customer(order: Row, context: Context, **args: Any) -> Row | None:
    return {"__typename": "Customer", "id": order["customer_id"]} if order["customer_id"] else None


def _shipping_address(order: Row, context: Context, **args: Any) -> Row | None:
    """Shopify's own check of an address is not imitated: it says nothing."""
    if context.switch("customer_data", "granted") == "denied":
        raise auth.not_approved("shippingAddress")
    if order["address"] is None:
        return None
    parts = json.loads(order["address"])
    names = [parts.get("firstName"), parts.get("lastName")]
    return {
        "__typename": "MailingAddress",
        "id": order["id"],
        **dict.fromkeys(ADDRESS),
        **parts,
        "name": " ".join(name for name in names if name) or None,
        "countryCodeV2": parts.get("countryCode"),
    }


def _count(kind: str) -> Resolver:
    def resolve(row: Row, context: Context, **args: Any) -> dict[str, Any]:
        return {"count": len(objects.children(context.world, row, kind, "order_id")), "precision": "EXACT"}

    return resolve


def _line_sum(name: str) -> Resolver:
    """Units of the lines that make the subtotal: not gift cards (schema 2026-10)."""
    return lambda order, context, **args: sum(
        line[name] for line in lines(order, context) if not line["gift_card"]
    )


def _money_of(name: str) -> Resolver:
    return lambda order, context, **args: money(context, order[name], order["currency"])


def _line_money(name: str | None) -> Resolver:
    def resolve(line: Row, context: Context, **args: Any) -> Any:
        units = unfulfilled_units(line, context) if name == "unfulfilled" else line[name] if name else 1
        return money(context, Decimal(line["price"]) * units)

    return resolve


def variant_of_item(row: Row, context: Context, name: str) -> Row | None:
    """The variant of the inventory item that a column points at."""
    item = objects.parent(context.world, row, "InventoryItem", name)
    return objects.parent(context.world, item, "ProductVariant", "variant_id") if item else None


def _variant(line: Row, context: Context, **args: Any) -> Row | None:
    return variant_of_item(line, context, "item_id")


def _product(line: Row, context: Context, **args: Any) -> Row | None:
    item = objects.parent(context.world, line, "InventoryItem", "item_id")
    return objects.parent(context.world, item, "Product", "product_id") if item else None


def _unfulfilled(line: Row, context: Context, **args: Any) -> int:
    return unfulfilled_units(line, context)


ORDER_TYPES: dict[str, dict[str, Resolver]] = {
    "Order": {
        "legacyResourceId": legacy_id,
        "alerts": constant([]),
        "app": _source_app,
        "cancellation": lambda row, context, **args: {"staffNote": None} if row["cancelled_at"] else None,
        "canNotifyCustomer": is_set("email"),
        "closed": is_set("closed_at"),
        "confirmed": constant(True),
        "currencyCode": column("currency"),
        "customer": _customer,
        "presentmentCurrencyCode": column("currency"),
        "currentSubtotalLineItemsQuantity": _line_sum("current_quantity"),
        "subtotalLineItemsQuantity": _line_sum("quantity"),
        "currentTotalPriceSet": lambda row, context, **args: money(context, _net_total(row), row["currency"]),
        "originalTotalPriceSet": _money_of("total"),
        "totalPriceSet": _money_of("total"),
        "totalRefundedSet": _money_of("refunded"),
        "totalReceivedSet": lambda row, context, **args: money(context, _received(row), row["currency"]),
        "totalOutstandingSet": _outstanding,
        "displayFinancialStatus": column("financial_status"),
        "displayFulfillmentStatus": _display_fulfillment_status,
        "edited": constant(False),
        "events": children_page("BasicEvent", "order_id"),
        "fulfillable": lambda row, context, **args: any(
            unfulfilled_units(line, context) for line in lines(row, context)
        ),
        "fulfillmentOrders": _fulfillment_orders,
        "fulfillments": _fulfillments,
        "fulfillmentsCount": _count("Fulfillment"),
        "fullyPaid": lambda row, context, **args: row["financial_status"] in ("PAID", "PARTIALLY_REFUNDED"),
        "lineItems": _lines_page,
        "merchantEditable": lambda row, context, **args: row["cancelled_at"] is None,
        "merchantEditableErrors": constant([]),
        "nonFulfillableLineItems": _non_fulfillable_lines,
        "paymentGatewayNames": _gateways,
        "refundable": lambda row, context, **args: _received(row) > 0,
        "refunds": children("Refund", "order_id"),
        "requiresShipping": lambda row, context, **args: any(
            line["requires_shipping"] for line in lines(row, context)
        ),
        "restockable": lambda row, context, **args: any(
            line["item_id"] and line["current_quantity"] for line in lines(row, context)
        ),
        "retailLocation": parent("Location", "retail_location_id"),
        "risk": lambda row, context, **args: {
            "__typename": "OrderRiskSummary",
            "recommendation": row["risk"],
        },
        "shippingAddress": _shipping_address,
        "returns": lambda row, context, **args: connection(context, [], args),
        "sourceIdentifier": constant(None),
        "tags": lambda row, context, **args: sorted(json.loads(row["tags"])),
        "test": flag("test"),
        "transactions": children("OrderTransaction", "order_id"),
        "transactionsCount": _count("OrderTransaction"),
        "unpaid": lambda row, context, **args: (
            row["financial_status"] in ("PENDING", "AUTHORIZED", "EXPIRED")
        ),
        **METAFIELD_FIELDS,
    },
    "LineItem": {
        "unfulfilledQuantity": _unfulfilled,
        "refundableQuantity": lambda row, context, **args: row["quantity"] - row["refunded_quantity"],
        "nonFulfillableQuantity": _non_fulfillable,
        "restockable": lambda row, context, **args: (
            row["item_id"] is not None and row["current_quantity"] > 0
        ),
        "merchantEditable": lambda row, context, **args: unfulfilled_units(row, context) > 0,
        "requiresShipping": flag("requires_shipping"),
        "isGiftCard": flag("gift_card"),
        "taxable": lambda row, context, **args: not row["gift_card"],
        "variant": _variant,
        "product": _product,
        "originalUnitPriceSet": _line_money(None),
        "discountedUnitPriceSet": _line_money(None),
        "originalTotalSet": _line_money("quantity"),
        "discountedTotalSet": _line_money("quantity"),
        "unfulfilledOriginalTotalSet": _line_money("unfulfilled"),
    },
}
