"""The root fields of a query."""

from typing import Any

from sandbox_shop import auth, objects
from sandbox_shop.connections import count_rows, root_page
from sandbox_shop.context import Context, TopLevelError
from sandbox_shop.resolvers.fields import Resolver
from sandbox_shop.resolvers.inventory import QUANTITY_NAMES
from sandbox_shop.versions import SUPPORTED, display_name
from sandbox_shop.world import Row

MAX_IDS = 250


def visible(context: Context, kind: str, id_: str) -> Row | None:
    """The object with this gid, None where there is none or where the token's window or scopes hide it."""
    row = objects.load(context.world, kind, id_)
    if row is None:
        return None
    order_id = row["id"] if kind == "Order" else row.get("order_id")
    if order_id is not None and not auth.sees_order(context, order_id):
        return None
    if kind == "FulfillmentOrder" and not auth.sees_fulfillment_order(context, row["id"]):
        return None
    return row


def _by_id(kind: str) -> Resolver:
    return lambda row, context, **args: visible(context, kind, args["id"]) if args.get("id") else None


def _page(name: str) -> Resolver:
    return lambda row, context, **args: root_page(context, name, args)


def _node(row: Any, context: Context, **args: Any) -> Row | None:
    return _load_node(context, args["id"])


def _nodes(row: Any, context: Context, **args: Any) -> list[Row | None]:
    """In the order of the ids; objects of one kind are loaded together."""
    ids = args["ids"]
    if len(ids) > MAX_IDS:
        raise TopLevelError(
            f"The input array size of {len(ids)} is greater than the maximum allowed of {MAX_IDS}.",
            "MAX_INPUT_SIZE_EXCEEDED",
        )
    parsed = [objects.parse_gid(text) for text in ids]
    kinds = {kind for kind, _ in parsed}
    if len(kinds) > 1 or "InventoryLevel" in kinds or not kinds & set(objects.TABLES):
        return [_load_node(context, text) for text in ids]
    kind = kinds.pop()
    numbers = [int(number) for _, number in parsed if isinstance(number, int)]
    rows = {row["id"]: row for row in objects.load_many(context.world, kind, dict.fromkeys(numbers))}
    return [_shown(context, rows.get(number)) for _, number in parsed]


def _load_node(context: Context, text: str) -> Row | None:
    return _shown(context, objects.load(context.world, objects.parse_gid(text)[0], text))


def _shown(context: Context, row: Row | None) -> Row | None:
    if row is None:
        return None
    kind = row["__typename"]
    needed = auth.NODE_SCOPES.get(kind)
    if needed and not context.scopes.intersection(needed):
        return None
    order_id = row["id"] if kind == "Order" else row.get("order_id")
    if order_id is not None and not auth.sees_order(context, order_id):
        return None
    is_hidden = kind == "FulfillmentOrder" and not auth.sees_fulfillment_order(context, row["id"])
    return None if is_hidden else row


def _count(name: str) -> Resolver:
    def resolve(row: Any, context: Context, **args: Any) -> dict[str, Any]:
        count, limit = count_rows(context, name, args.get("query")), args.get("limit")
        if limit is not None and count > limit:
            return {"count": limit, "precision": "AT_LEAST"}
        return {"count": count, "precision": "EXACT"}

    return resolve


def _order_by_identifier(row: Any, context: Context, **args: Any) -> Row | None:
    identifier = args["identifier"]
    return visible(context, "Order", identifier["id"]) if identifier.get("id") else None


def _location(row: Any, context: Context, **args: Any) -> Row | None:
    """Without an id: the location that comes first in the shop's priority."""
    if args.get("id"):
        return objects.load(context.world, "Location", args["id"])
    first = context.world.row("select id from location where active = 1 order by priority, id limit 1")
    return objects.load(context.world, "Location", first["id"]) if first else None


def _installation(row: Any, context: Context, **args: Any) -> dict[str, Any]:
    app = objects.app_object(context.world, context.app)
    return {
        "__typename": "AppInstallation",
        "id": app["id"] + 10**9,
        "app": app,
        "accessScopes": [{"handle": scope, "description": scope} for scope in sorted(context.scopes)],
    }


def _versions(row: Any, context: Context, **args: Any) -> list[dict[str, Any]]:
    versions = [{"handle": each, "displayName": display_name(each), "supported": True} for each in SUPPORTED]
    return [*versions, {"handle": "unstable", "displayName": "unstable", "supported": False}]


def _properties(row: Any, context: Context, **args: Any) -> dict[str, Any]:
    names = [
        {"name": name, "displayName": text, "isInUse": True, "belongsTo": belongs, "comprises": comprises}
        for name, text, belongs, comprises in QUANTITY_NAMES
    ]
    return {"quantityNames": names}


def _current_bulk(row: Any, context: Context, **args: Any) -> Row | None:
    type_ = args.get("type") or "QUERY"
    found = context.world.row("select id from bulk_operation where type = ? order by id desc limit 1", type_)
    return objects.load(context.world, "BulkOperation", found["id"]) if found else None


QUERY: dict[str, Resolver] = {
    "shop": lambda row, context, **args: {"__typename": "Shop", "id": 1, **context.shop},
    "currentAppInstallation": _installation,
    "publicApiVersions": _versions,
    "orders": _page("orders"),
    "ordersCount": _count("orders"),
    "order": _by_id("Order"),
    "orderByIdentifier": _order_by_identifier,
    "fulfillment": _by_id("Fulfillment"),
    "fulfillmentOrder": _by_id("FulfillmentOrder"),
    "fulfillmentOrders": _page("fulfillmentOrders"),
    "assignedFulfillmentOrders": _page("assignedFulfillmentOrders"),
    "manualHoldsFulfillmentOrders": _page("manualHoldsFulfillmentOrders"),
    "refund": _by_id("Refund"),
    "locations": _page("locations"),
    "location": _location,
    "inventoryItem": _by_id("InventoryItem"),
    "inventoryItems": _page("inventoryItems"),
    "inventoryLevel": _by_id("InventoryLevel"),
    "inventoryProperties": _properties,
    "productVariant": _by_id("ProductVariant"),
    "productVariants": _page("productVariants"),
    "productVariantsCount": _count("productVariants"),
    "node": _node,
    "nodes": _nodes,
    "bulkOperation": _by_id("BulkOperation"),
    "bulkOperations": _page("bulkOperations"),
    "currentBulkOperation": _current_bulk,
    "job": _by_id("Job"),
}
