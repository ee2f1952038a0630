"""inventoryAdjustQuantities, inventorySetQuantities, inventoryMoveQuantities and inventoryActivate.

Writing a state moves what is on hand by the same delta: both appear among the changes, and
quantityAfterChange is null (recorded). All checks come before the first movement.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sandbox_shop import ledger, objects
from sandbox_shop.context import Context
from sandbox_shop.world import Row
from sandbox_shop.writes import inventory_rules as rules
from sandbox_shop.writes.answers import Payload, Refused, refusal, user_error
from sandbox_shop.writes.idempotency import once

GROUP = "inventoryAdjustmentGroup"


@dataclass(frozen=True)
class Movement:
    """Units that one input entry adds to one state of a level."""

    level: Row
    name: str
    delta: int
    document: str | None = None


@once("inventoryAdjustQuantities", (GROUP,))
def inventory_adjust_quantities(context: Context, input: dict[str, Any], **_: Any) -> Payload:
    """Add deltas to one state."""
    rules.demand_compare(input["changes"], "InventoryChangeInput")
    movements = []
    try:
        rules.check_reason(input)
        name = input["name"]
        if name not in rules.WRITABLE:
            message = (
                f"The specified quantity name is invalid. Valid values are: {', '.join(rules.WRITABLE)}."
            )
            raise Refused(user_error(["input", "name"], message, "INVALID_QUANTITY_NAME"))
        for place, entry in enumerate(input["changes"]):
            field = ["input", "changes", str(place)]
            level = rules.level_for(context, entry, field)
            rules.check_document(name, entry.get("ledgerDocumentUri"), field)
            rules.compare(entry, rules.quantity_of(level, name), field)
            rules.check_range(level[name] + entry["delta"], rules.MAX_ADJUST, [*field, "delta"])
            movements.append(Movement(level, name, entry["delta"], entry.get("ledgerDocumentUri")))
    except Refused as refused:
        return refusal(GROUP, *refused.errors)
    return _apply(context, input, movements)


@once("inventorySetQuantities", (GROUP,))
def inventory_set_quantities(context: Context, input: dict[str, Any], **_: Any) -> Payload:
    """Set available or on hand to a value; on hand is reached by moving available."""
    rules.demand_compare(input["quantities"], "InventoryQuantityInput")
    movements = []
    seen = set()
    try:
        rules.check_reason(input)
        name = input["name"]
        if name not in ("available", "on_hand"):
            message = "The quantity name must be either 'available' or 'on_hand'."
            raise Refused(user_error(["input", "name"], message, "INVALID_NAME"))
        for place, entry in enumerate(input["quantities"]):
            field = ["input", "quantities", str(place)]
            level = rules.level_for(context, entry, field)
            if (level["item_id"], level["location_id"]) in seen:
                message = "The combination of inventoryItemId and locationId must be unique."
                raise Refused(user_error(field, message, "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR"))
            seen.add((level["item_id"], level["location_id"]))
            current = rules.quantity_of(level, name)
            rules.compare(entry, current, field)
            rules.check_range(entry["quantity"], rules.MAX_SET, [*field, "quantity"])
            if name == "on_hand" and entry["quantity"] < 0:
                message = "The quantity can't be negative."
                raise Refused(user_error([*field, "quantity"], message, "INVALID_QUANTITY_NEGATIVE"))
            movements.append(Movement(level, "available", entry["quantity"] - current))
    except Refused as refused:
        return refusal(GROUP, *refused.errors)
    return _apply(context, input, movements)


@once("inventoryMoveQuantities", (GROUP,))
def inventory_move_quantities(context: Context, input: dict[str, Any], **_: Any) -> Payload:
    """Move units from one state to another at one location."""
    ends = [entry[side] for entry in input["changes"] for side in ("from", "to")]
    rules.demand_compare(ends, "InventoryMoveQuantityTerminalInput")
    movements: list[Movement] = []
    try:
        rules.check_reason(input)
        for place, entry in enumerate(input["changes"]):
            movements += _move(context, entry, ["input", "changes", str(place)])
    except Refused as refused:
        return refusal(GROUP, *refused.errors)
    return _apply(context, input, movements)


@once("inventoryActivate", ("inventoryLevel",))
def inventory_activate(
    context: Context,
    inventoryItemId: str,
    locationId: str,
    available: int | None = None,
    onHand: int | None = None,
    **_: Any,
) -> Payload:
    """Stock an item at a location, with a first quantity."""
    world = context.world
    item = objects.load(world, "InventoryItem", inventoryItemId)
    location = objects.load(world, "Location", locationId)
    if item is None:
        return refusal("inventoryLevel", user_error(["inventoryItemId"], "The product couldn't be stocked."))
    if location is None or not location["active"]:
        return refusal("inventoryLevel", user_error(["locationId"], "The location couldn't be found."))
    level = ledger.level_at(world, item["id"], location["id"])
    if level and level["active"]:
        if available is not None or onHand is not None:
            message = "Not allowed to set available quantity when the item is already active at the location."
            return refusal("inventoryLevel", user_error(["available"], message))
    else:
        ledger.activate(world, item["id"], location["id"])
        before = ledger.level_at(world, item["id"], location["id"]) or {}
        now_there = ledger.on_hand(before) if onHand is not None else before["available"]
        wanted = onHand if onHand is not None else available
        if wanted is not None:
            ledger.move(context, item["id"], location["id"], "available", wanted - now_there, "activated")
        context.mutation_effects += 1
    gid = f"gid://shopify/InventoryLevel/{location['id']}?inventory_item_id={item['id']}"
    return {"inventoryLevel": objects.load(world, "InventoryLevel", gid), "userErrors": []}


def _move(context: Context, entry: dict[str, Any], field: list[str]) -> list[Movement]:
    source, target, quantity = entry["from"], entry["to"], entry["quantity"]
    if quantity < 0:
        message = "The quantity can't be negative."
        raise Refused(user_error([*field, "quantity"], message, "INVALID_QUANTITY_NEGATIVE"))
    if source["locationId"] != target["locationId"]:
        message = "The quantities can't be moved between different locations."
        raise Refused(user_error(field, message, "DIFFERENT_LOCATIONS"))
    if source["name"] == target["name"]:
        message = "The quantity names for each change can't be the same."
        raise Refused(user_error(field, message, "SAME_QUANTITY_NAME"))
    movements = []
    for side, end, delta in (("from", source, -quantity), ("to", target, quantity)):
        at = [*field, side]
        if end["name"] not in rules.WRITABLE:
            message = (
                f"The specified quantity name is invalid. Valid values are: {', '.join(rules.WRITABLE)}."
            )
            raise Refused(user_error([*at, "name"], message, "INVALID_QUANTITY_NAME"))
        level = rules.level_for(context, entry, field, end["locationId"])
        rules.check_document(end["name"], end.get("ledgerDocumentUri"), at)
        rules.compare(end, rules.quantity_of(level, end["name"]), at)
        rules.check_range(abs(level[end["name"]] + delta), rules.MAX_SET, [*field, "quantity"])
        movements.append(Movement(level, end["name"], delta, end.get("ledgerDocumentUri")))
    return movements


def _apply(context: Context, given: dict[str, Any], movements: Iterable[Movement]) -> Payload:
    """Move, and report. Nothing to move: the group is null and there is no error (recorded)."""
    world = context.world
    moved = [movement for movement in movements if _moved(context, given, movement)]
    if not moved:
        return {GROUP: None, "userErrors": []}
    context.mutation_effects += 1
    group = {
        "__typename": "InventoryAdjustmentGroup",
        "id": world.next_id("InventoryAdjustmentGroup"),
        "created_at": world.tick(),
        "reason": given["reason"],
        "reference_document_uri": given.get("referenceDocumentUri"),
        "app": objects.app_object(world, context.app),
        "staff_member": None,
        "changes": [_change(context, movement) for movement in [*moved, *_on_hand(moved)]],
    }
    return {GROUP: group, "userErrors": []}


def _moved(context: Context, given: dict[str, Any], movement: Movement) -> bool:
    item_id, location_id = movement.level["item_id"], movement.level["location_id"]
    if not movement.level["active"]:
        ledger.activate(context.world, item_id, location_id)
    document = given.get("referenceDocumentUri") or movement.document
    return ledger.move(
        context, item_id, location_id, movement.name, movement.delta, given["reason"], document
    )


def _on_hand(moved: list[Movement]) -> list[Movement]:
    """What the movements do to the units on hand of each level; levels where that is nothing are left out."""
    sums: dict[tuple[int, int], Movement] = {}
    for movement in moved:
        if movement.name != "incoming":
            key = (movement.level["item_id"], movement.level["location_id"])
            before = sums[key].delta if key in sums else 0
            sums[key] = Movement(movement.level, "on_hand", before + movement.delta)
    return [movement for movement in sums.values() if movement.delta]


def _change(context: Context, movement: Movement) -> Row:
    world = context.world
    return {
        "__typename": "InventoryChange",
        "name": movement.name,
        "delta": movement.delta,
        "quantity_after_change": None,
        "ledger_document_uri": movement.document,
        "item": objects.load(world, "InventoryItem", movement.level["item_id"]),
        "location": objects.load(world, "Location", movement.level["location_id"]),
    }
