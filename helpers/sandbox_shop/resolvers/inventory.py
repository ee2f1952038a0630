"""Fields of inventory items, levels, locations, variants and products."""

from typing import Any

from sandbox_shop import objects
from sandbox_shop.context import Context, TopLevelError
from sandbox_shop.ledger import NAMES, on_hand
from sandbox_shop.pages import connection
from sandbox_shop.resolvers.fields import Resolver, constant, flag, legacy_id, parent
from sandbox_shop.search import compile_search
from sandbox_shop.status import LIVE
from sandbox_shop.world import Row

FIRST_DAY = "2024-01-01T00:00:00Z"  # of things for which the world keeps no time of creation

# name, display name, what it belongs to, what it comprises (recorded inventoryProperties)
QUANTITY_NAMES: tuple[tuple[str, str, list[str], list[str]], ...] = (
    ("incoming", "Incoming", [], []),
    (
        "on_hand",
        "On hand",
        [],
        ["available", "committed", "damaged", "quality_control", "reserved", "safety_stock"],
    ),
    ("available", "Available", ["on_hand"], []),
    ("committed", "Committed", ["on_hand"], []),
    ("reserved", "Reserved", ["on_hand"], []),
    ("damaged", "Damaged", ["on_hand"], []),
    ("safety_stock", "Safety stock", ["on_hand"], []),
    ("quality_control", "Quality control", ["on_hand"], []),
)


def _quantities(row: Row, context: Context, **args: Any) -> list[dict[str, Any]]:
    """The quantities asked for, in that order; on hand is a sum, and has no time of change (recorded)."""
    unknown = [name for name in args["names"] if name not in NAMES and name != "on_hand"]
    if unknown:
        raise TopLevelError(f"The quantity name {unknown[0]} is not valid.", "BAD_REQUEST")
    place = f"{row['location_id']}?inventory_item_id={row['item_id']}"
    return [
        {
            "__typename": "InventoryQuantity",
            "id": f"{place}&name={name}",
            "name": name,
            "quantity": on_hand(row) if name == "on_hand" else row[name],
            "updatedAt": None if name == "on_hand" else row["updated_at"],
        }
        for name in args["names"]
    ]


def _levels(column: str) -> Resolver:
    def resolve(row: Row, context: Context, **args: Any) -> Any:
        rows = objects.children(context.world, row, "InventoryLevel", column)
        if not args.get("includeInactive"):
            rows = [each for each in rows if each["active"]]
        return connection(context, _found(context, rows, column, row["id"], args.get("query")), args)

    return resolve


def _found(context: Context, rows: list[Row], column: str, id_: int, query: str | None) -> list[Row]:
    """The levels that a search finds."""
    sql, values = compile_search(context, "InventoryLevel", query) if query else ("1", [])
    if sql == "1":
        return rows
    found = context.world.rows(
        f"select item_id, location_id from level t where {column} = ? and ({sql})", id_, *values
    )
    kept = {(each["item_id"], each["location_id"]) for each in found}
    return [row for row in rows if (row["item_id"], row["location_id"]) in kept]


def _level_at(column: str, other: str, argument: str) -> Resolver:
    def resolve(row: Row, context: Context, **args: Any) -> Row | None:
        wanted = objects.parse_gid(args[argument])[1]
        for level in objects.children(context.world, row, "InventoryLevel", column):
            if level[other] == wanted and (level["active"] or args.get("includeInactive")):
                return level
        return None

    return resolve


def _item_updated(row: Row, context: Context, **args: Any) -> str:
    levels = objects.children(context.world, row, "InventoryLevel", "item_id")
    return max((level["updated_at"] for level in levels), default=FIRST_DAY)


def _sku_count(row: Row, context: Context, **args: Any) -> int:
    if not row["sku"]:
        return 0
    found = context.world.row("select count(*) as number from item where sku = ?", row["sku"])
    return int(found["number"]) - 1 if found else 0


def _history_url(row: Row, context: Context, **args: Any) -> str:
    domain = context.shop.get("domain", "")
    return (
        f"https://{domain}/admin/products/{row['product_id']}/variants/{row['variant_id']}/inventory_history"
    )


def _variants(row: Row, context: Context, **args: Any) -> Any:
    variant = objects.parent(context.world, row, "ProductVariant", "variant_id")
    return connection(context, [variant] if variant else [], args)


def _locations_count(row: Row, context: Context, **args: Any) -> dict[str, Any]:
    levels = objects.children(context.world, row, "InventoryLevel", "item_id")
    return {"count": sum(level["active"] for level in levels), "precision": "EXACT"}


def _sellable(row: Row, context: Context, **args: Any) -> int:
    """Available units over the locations that fulfil online orders (inferred)."""
    total = 0
    for level in objects.children(context.world, row, "InventoryLevel", "item_id", key="item_id"):
        location = objects.parent(context.world, level, "Location", "location_id")
        if location and location["fulfills_online"] and location["active"] and level["active"]:
            total += level["available"]
    return total


def _display_name(row: Row, context: Context, **args: Any) -> str:
    return f"{row['title']} - {row['variant_title'] or 'Default Title'}"


def _has_unfulfilled(row: Row, context: Context, **args: Any) -> bool:
    marks = ", ".join("?" * len(LIVE))
    sql = f"select 1 from fulfillment_order where location_id = ? and status in ({marks}) limit 1"
    return bool(context.world.row(sql, row["id"], *LIVE))


def _has_inventory(row: Row, context: Context, **args: Any) -> bool:
    sql = "select 1 from level where location_id = ? and active = 1 limit 1"
    return bool(context.world.row(sql, row["id"]))


def _deactivated(row: Row, context: Context, **args: Any) -> str | None:
    return None if row["active"] else FIRST_DAY


INVENTORY_TYPES: dict[str, dict[str, Resolver]] = {
    "InventoryItem": {
        "createdAt": constant(FIRST_DAY),
        "duplicateSkuCount": _sku_count,
        "inventoryHistoryUrl": _history_url,
        "inventoryLevel": _level_at("item_id", "location_id", "locationId"),
        "inventoryLevels": _levels("item_id"),
        "legacyResourceId": legacy_id,
        "locationsCount": _locations_count,
        "requiresShipping": flag("requires_shipping"),
        "tracked": flag("tracked"),
        "updatedAt": _item_updated,
        "variants": _variants,
    },
    "InventoryLevel": {
        "canDeactivate": lambda row, context, **args: not any(row[name] for name in NAMES),
        "isActive": flag("active"),
        "item": parent("InventoryItem", "item_id"),
        "location": parent("Location", "location_id"),
        "quantities": _quantities,
    },
    "InventoryQuantity": {"id": lambda row, context, **args: f"gid://shopify/InventoryQuantity/{row['id']}"},
    "Location": {
        "createdAt": constant(FIRST_DAY),
        "updatedAt": constant(FIRST_DAY),
        "deactivatedAt": _deactivated,
        "fulfillmentService": parent("FulfillmentService", "service_id"),
        "fulfillsOnlineOrders": flag("fulfills_online"),
        "hasActiveInventory": _has_inventory,
        "hasUnfulfilledOrders": _has_unfulfilled,
        "inventoryLevel": _level_at("location_id", "item_id", "inventoryItemId"),
        "inventoryLevels": _levels("location_id"),
        "isActive": flag("active"),
        "isFulfillmentService": lambda row, context, **args: row["service_id"] is not None,
        "legacyResourceId": legacy_id,
        "shipsInventory": lambda row, context, **args: row["service_id"] is None,
    },
    "ProductVariant": {
        "createdAt": constant(FIRST_DAY),
        "updatedAt": constant(FIRST_DAY),
        "displayName": _display_name,
        "inventoryItem": parent("InventoryItem", "item_id"),
        "inventoryQuantity": _sellable,
        "legacyResourceId": legacy_id,
        "product": parent("Product", "product_id"),
        "title": lambda row, context, **args: row["variant_title"] or "Default Title",
    },
    "Product": {
        "createdAt": constant(FIRST_DAY),
        "updatedAt": constant(FIRST_DAY),
        "handle": lambda row, context, **args: row["product_handle"] or str(row["id"]),
        "legacyResourceId": legacy_id,
        "status": constant("ACTIVE"),
        "vendor": constant(""),
    },
}
