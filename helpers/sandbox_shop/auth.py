"""Who may see and do what: tokens, scopes, and the orders and fulfillment orders that a token cannot see.

Scopes by field are those of the official schema's descriptions, as far as it names them (2026-10).
"""

import json
from dataclasses import dataclass
from datetime import timedelta

from sandbox_shop.context import Context, TopLevelError
from sandbox_shop.world import World, format_time, parse_time

READ_FULFILLMENT_ORDERS = (
    "read_assigned_fulfillment_orders",
    "read_merchant_managed_fulfillment_orders",
    "read_third_party_fulfillment_orders",
)
ALL_SCOPES = frozenset(
    [
        "read_all_orders",
        "read_apps",
        "read_assigned_fulfillment_orders",
        "read_customers",
        "read_fulfillments",
        "read_inventory",
        "read_locations",
        "read_merchant_managed_fulfillment_orders",
        "read_orders",
        "read_products",
        "read_returns",
        "read_third_party_fulfillment_orders",
        "write_assigned_fulfillment_orders",
        "write_fulfillments",
        "write_inventory",
        "write_merchant_managed_fulfillment_orders",
        "write_orders",
        "write_returns",
        "write_third_party_fulfillment_orders",
    ]
)
OWN_APP = "Unfulfill Workbench"  # the app of the world's own token and of client credentials
TOKEN_LIFETIME_S = 86_399
DOCUMENTATION = "https://shopify.dev/api/usage/access-scopes"

# GraphQL type → field → scopes of which one is needed
NEEDED: dict[str, dict[str, tuple[str, ...]]] = {
    "QueryRoot": {
        "orders": ("read_orders",),
        "ordersCount": ("read_orders",),
        "order": ("read_orders",),
        "orderByIdentifier": ("read_orders",),
        "refund": ("read_orders",),
        "fulfillment": ("read_orders", *READ_FULFILLMENT_ORDERS),
        "fulfillmentOrder": READ_FULFILLMENT_ORDERS,
        "fulfillmentOrders": READ_FULFILLMENT_ORDERS,
        "assignedFulfillmentOrders": READ_FULFILLMENT_ORDERS,
        "manualHoldsFulfillmentOrders": READ_FULFILLMENT_ORDERS,
        "inventoryItem": ("read_inventory", "read_products"),
        "inventoryItems": ("read_inventory", "read_products"),
        "inventoryLevel": ("read_inventory",),
        "inventoryProperties": ("read_inventory",),
        "locations": ("read_locations", "read_inventory"),
        "location": ("read_locations", "read_inventory"),
        "productVariant": ("read_products",),
        "productVariants": ("read_products",),
        "productVariantsCount": ("read_products",),
    },
    "Order": {
        "customer": ("read_customers",),
        "fulfillmentOrders": READ_FULFILLMENT_ORDERS,
        "returns": ("read_returns",),
    },
    "Fulfillment": {"fulfillmentOrders": READ_FULFILLMENT_ORDERS},
    "FulfillmentHold": {"heldByApp": ("read_apps",)},
    "LineItem": {"variant": ("read_products",), "product": ("read_products",)},
    "InventoryItem": {"variants": ("read_products",), "inventoryLevels": ("read_inventory",)},
    "Location": {"name": ("read_locations",), "inventoryLevels": ("read_inventory",)},
}
NODE_SCOPES = {
    "Order": ("read_orders",),
    "LineItem": ("read_orders",),
    "Fulfillment": ("read_orders", *READ_FULFILLMENT_ORDERS),
    "FulfillmentOrder": READ_FULFILLMENT_ORDERS,
    "InventoryItem": ("read_inventory", "read_products"),
    "InventoryLevel": ("read_inventory",),
    "ProductVariant": ("read_products",),
    "Product": ("read_products",),
    "Location": ("read_locations", "read_inventory"),
}


@dataclass(frozen=True)
class Identity:
    """The app behind a token."""

    app: str
    granted: frozenset[str]  # as the app was installed
    scopes: frozenset[str]  # with the read_… scopes that write_… scopes bring


def identify(world: World, token: str | None) -> Identity | None:
    """The app behind a token; None where the token is missing, unknown or expired (by the shop's clock)."""
    if not token:
        return None
    row = world.row("select * from access_token where token = ?", token)
    if row is None:
        return identity(OWN_APP, ALL_SCOPES) if token == world.get("token") else None
    if row["expires_at"] and parse_time(row["expires_at"]) <= world.now():
        return None
    return identity(row["app"], frozenset(json.loads(row["scopes"])))


def identity(app: str, granted: frozenset[str]) -> Identity:
    """An app with the scopes granted to it."""
    reads = {scope.replace("write_", "read_", 1) for scope in granted if scope.startswith("write_")}
    return Identity(app, granted, granted | reads)


def issue_token(
    world: World,
    token: str,
    app: str = OWN_APP,
    scopes: frozenset[str] = ALL_SCOPES,
    lifetime_s: float | None = None,
) -> None:
    """Make a token valid; `lifetime_s` seconds of the shop's clock, or for ever."""
    expires = None if lifetime_s is None else format_time(world.now() + timedelta(seconds=lifetime_s))
    values = {"token": token, "app": app, "scopes": json.dumps(sorted(scopes)), "expires_at": expires}
    with world.writing():
        world.connection.execute("delete from access_token where token = ?", (token,))
        world.insert("access_token", values)


def require(context: Context, type_name: str, field: str) -> None:
    """TopLevelError ACCESS_DENIED where the token lacks the scopes of a field."""
    needed = NEEDED.get(type_name, {}).get(field)
    if needed and not context.scopes.intersection(needed):
        raise access_denied(field, needed)


def access_denied(field: str, needed: tuple[str, ...] = ()) -> TopLevelError:
    """The error of a field that the token may not use. Without `needed` it names no scope, as fulfillmentCancel's."""
    if not needed:
        return TopLevelError(
            f"Access denied for {field} field.", "ACCESS_DENIED", {"documentation": DOCUMENTATION}
        )
    scopes = " or ".join(f"`{scope}` access scope" for scope in needed)
    return TopLevelError(
        f"Access denied for {field} field. Required access: {scopes}.",
        "ACCESS_DENIED",
        {"documentation": DOCUMENTATION, "requiredAccess": f"{scopes}."},
    )


def not_approved(field: str) -> TopLevelError:
    """The error of customer data that an app was not approved for (shopify.dev, protected customer data, 2026-11)."""
    return TopLevelError(
        f"This app is not approved to use the {field} field. See "
        "https://shopify.dev/docs/apps/launch/protected-customer-data for more details.",
        "ACCESS_DENIED",
    )


def order_condition(context: Context, column: str = "t.created_at") -> tuple[str, list[object]]:
    """SQL for the orders that the token sees: without read_all_orders, those of the last 60 days."""
    if "read_all_orders" in context.scopes:
        return "1", []
    days = context.switch("hide_old_orders_days", 60)
    if days is None:
        return "1", []
    return f"{column} >= ?", [format_time(context.world.now() - timedelta(days=days))]


def fulfillment_order_condition(context: Context) -> tuple[str, list[object]]:
    """SQL for the fulfillment orders that the token sees. Shopify leaves the others out without a word.

    A fulfillment order at a location without a service is merchant managed, any other belongs to a third
    party. No app of the sandbox is itself a service, so read_assigned_fulfillment_orders shows nothing.
    """
    parts: list[str] = []
    if "read_merchant_managed_fulfillment_orders" in context.scopes:
        parts.append("coalesce((select l.service_id from location l where l.id = t.location_id), 0) = 0")
    if "read_third_party_fulfillment_orders" in context.scopes:
        parts.append("coalesce((select l.service_id from location l where l.id = t.location_id), 0) <> 0")
    sql = " or ".join(parts) or "0"
    if len(parts) == 2:
        sql = "1"
    recent, values = order_condition(context, "created_at")
    if recent != "1":
        sql = f'({sql}) and t.order_id in (select id from "order" where {recent})'
    return sql, values


def sees_order(context: Context, order_id: int) -> bool:
    """Whether the order is inside the token's window."""
    sql, values = order_condition(context)
    return sql == "1" or bool(
        context.world.row(f'select 1 from "order" t where t.id = ? and {sql}', order_id, *values)
    )


def sees_fulfillment_order(context: Context, id_: int) -> bool:
    """Whether the token's scopes reach this fulfillment order."""
    sql, values = fulfillment_order_condition(context)
    if sql == "1":
        return True
    return bool(
        context.world.row(f"select 1 from fulfillment_order t where t.id = ? and ({sql})", id_, *values)
    )
