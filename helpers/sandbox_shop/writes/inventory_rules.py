"""What the inventory mutations accept: reasons, names, ids, compare-and-set. Codes and most words are Shopify's."""

from typing import Any

from sandbox_shop import ledger, objects
from sandbox_shop.context import Context, TopLevelError
from sandbox_shop.world import Row
from sandbox_shop.writes.answers import Refused, user_error

REASONS = (
    "correction",
    "cycle_count_available",
    "damaged",
    "movement_canceled",
    "movement_created",
    "movement_received",
    "movement_updated",
    "other",
    "promotion",
    "quality_control",
    "received",
    "reservation_created",
    "reservation_deleted",
    "reservation_updated",
    "restock",
    "safety_stock",
    "shrinkage",
)
WRITABLE = ("available", "damaged", "incoming", "quality_control", "reserved", "safety_stock")
MAX_SET = 1_000_000_000
MAX_ADJUST = 2_000_000_000


def check_reason(given: dict[str, Any]) -> None:
    """Refused unless the reason is one of the recorded list."""
    if given["reason"] not in REASONS:
        message = f"The specified reason is invalid. Valid values are: {', '.join(REASONS)}."
        raise Refused(user_error(["input", "reason"], message, "INVALID_REASON"))
    document = given.get("referenceDocumentUri")
    if document is not None and "://" not in document:
        message = "The specified reference document is invalid."
        raise Refused(user_error(["input", "referenceDocumentUri"], message, "INVALID_REFERENCE_DOCUMENT"))


def demand_compare(entries: list[dict[str, Any]], type_name: str) -> None:
    """Since 2026-04 changeFromQuantity must be there, though it may be null."""
    if any("changeFromQuantity" not in entry for entry in entries):
        message = f"{type_name} must include the following argument: changeFromQuantity."
        raise TopLevelError(message, "INVALID_FIELD_ARGUMENTS")


def level_for(context: Context, entry: dict[str, Any], field: list[str], location: str | None = None) -> Row:
    """The stock row that an input means. Until 2026-07 an item that is not stocked there is refused; since
    2026-10 that error code is gone, and the item is stocked there by the write."""
    world = context.world
    item = objects.load(world, "InventoryItem", entry["inventoryItemId"])
    if item is None:
        message = "The specified inventory item could not be found."
        raise Refused(user_error([*field, "inventoryItemId"], message, "INVALID_INVENTORY_ITEM"))
    place = objects.load(world, "Location", location or entry["locationId"])
    if place is None:
        message = "The specified location could not be found."
        raise Refused(user_error([*field, "locationId"], message, "INVALID_LOCATION"))
    level = ledger.level_at(world, item["id"], place["id"])
    if (level is None or not level["active"]) and context.version < "2026-10":
        message = "The specified inventory item is not stocked at the location."
        raise Refused(user_error([*field, "locationId"], message, "ITEM_NOT_STOCKED_AT_LOCATION"))
    zero = dict.fromkeys(ledger.NAMES, 0)
    return level or {"item_id": item["id"], "location_id": place["id"], "active": 0, **zero}


def quantity_of(level: Row, name: str) -> int:
    """Units in a state, or on hand."""
    return ledger.on_hand(level) if name == "on_hand" else int(level[name])


def compare(entry: dict[str, Any], current: int, field: list[str]) -> None:
    """Refused where changeFromQuantity is given and is not what is there."""
    expected = entry.get("changeFromQuantity")
    if expected is not None and expected != current:
        message = "The changeFromQuantity argument no longer matches the persisted quantity."
        raise Refused(user_error([*field, "changeFromQuantity"], message, "CHANGE_FROM_QUANTITY_STALE"))


def check_range(quantity: int, limit: int, field: list[str]) -> None:
    """Refused beyond what Shopify can count."""
    if quantity > limit:
        message = f"The quantity can't be higher than {limit:,}."
        raise Refused(user_error(field, message, "INVALID_QUANTITY_TOO_HIGH"))
    if quantity < -limit:
        message = f"The quantity can't be lower than -{limit:,}."
        raise Refused(user_error(field, message, "INVALID_QUANTITY_TOO_LOW"))


def check_document(name: str, document: str | None, field: list[str]) -> None:
    """A ledger document is demanded for every state but available, where it is forbidden."""
    at = [*field, "ledgerDocumentUri"]
    if name == "available":
        if document is not None:
            message = "A ledger document URI is not allowed when adjusting available."
            raise Refused(user_error(at, message, "INVALID_AVAILABLE_DOCUMENT"))
    elif document is None:
        message = "A ledger document URI is required except when adjusting available."
        raise Refused(user_error(at, message, "INVALID_QUANTITY_DOCUMENT"))
    elif document.startswith("gid://shopify/"):
        message = "Internal (gid://shopify/) ledger documents are not allowed to be adjusted via API."
        raise Refused(user_error(at, message, "INTERNAL_LEDGER_DOCUMENT"))
    elif "://" not in document:
        raise Refused(user_error(at, "The specified ledger document is invalid.", "INVALID_LEDGER_DOCUMENT"))
