"""Fields of refunds and transactions."""

from decimal import Decimal
from typing import Any

from sandbox_shop import objects
from sandbox_shop.context import Context
from sandbox_shop.pages import connection
from sandbox_shop.resolvers.fields import Resolver, children_page, column, constant, legacy_id, money, parent
from sandbox_shop.world import Row


def _amount(row: Row, context: Context, **args: Any) -> Any:
    return money(context, row["amount"])


def _line_total(row: Row, context: Context, **args: Any) -> Any:
    line = objects.parent(context.world, row, "LineItem", "line_id")
    return money(context, Decimal(line["price"]) * row["quantity"] if line else Decimal(0))


def _line_price(row: Row, context: Context, **args: Any) -> Any:
    line = objects.parent(context.world, row, "LineItem", "line_id")
    return money(context, line["price"] if line else "0")


def _refund_transactions(row: Row, context: Context, **args: Any) -> Any:
    """The refund transactions of the order at that moment; the world does not tie them to a refund."""
    rows = context.world.rows(
        "select * from transaction_ where order_id = ? and kind = 'REFUND' and processed_at = ? order by id",
        row["order_id"],
        row["created_at"],
    )
    return connection(context, objects.as_block("OrderTransaction", rows), args)


REFUND_TYPES: dict[str, dict[str, Resolver]] = {
    "Refund": {
        "legacyResourceId": legacy_id,
        "order": parent("Order", "order_id"),
        "processedAt": column("created_at"),
        "updatedAt": column("created_at"),
        "refundLineItems": children_page("RefundLineItem", "refund_id"),
        "totalRefundedSet": _amount,
        "transactions": _refund_transactions,
    },
    "RefundLineItem": {
        "lineItem": parent("LineItem", "line_id"),
        "location": parent("Location", "location_id"),
        "priceSet": _line_price,
        "subtotalSet": _line_total,
        "restocked": lambda row, context, **args: row["restock_type"] not in ("NO_RESTOCK",),
    },
    "OrderTransaction": {
        "amountSet": _amount,
        "createdAt": column("processed_at"),
        "manualPaymentGateway": lambda row, context, **args: row["gateway"] == "manual",
        "order": parent("Order", "order_id"),
        "test": constant(False),
    },
}
