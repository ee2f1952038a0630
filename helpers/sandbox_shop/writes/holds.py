"""fulfillmentOrderHold and fulfillmentOrderReleaseHold.

Codes from the schema; the messages follow its descriptions of them. Releasing without ids releases the
holds of everybody (documented).
"""

from typing import Any

from sandbox_shop import objects
from sandbox_shop.context import Context
from sandbox_shop.status import is_live
from sandbox_shop.world import Row
from sandbox_shop.writes import units
from sandbox_shop.writes.answers import Payload, Refused, fresh, user_error
from sandbox_shop.writes.history import record

MAX_HOLDS = 10
MAX_HANDLE = 64


def fulfillment_order_hold(
    context: Context,
    id: str,
    fulfillmentHold: dict[str, Any],
    **_: Any,
) -> Payload:
    """Hold a fulfillment order, or some of its units: then the others go into a new, open one."""
    world = context.world
    try:
        fo = _holdable(context, id, fulfillmentHold)
        held = _held_units(context, fo, fulfillmentHold.get("fulfillmentOrderLineItems") or [])
    except Refused as refused:
        return {
            "fulfillmentHold": None,
            "fulfillmentOrder": None,
            "remainingFulfillmentOrder": None,
            "userErrors": refused.errors,
        }
    at = world.tick()
    rest = _rest(context, fo, held)
    other = (
        units.split(context, fo, rest, location_id=fo["location_id"], status="OPEN", at=at) if rest else None
    )
    hold_id = _insert_hold(context, fo, fulfillmentHold)
    world.update("fulfillment_order", fo["id"], status="ON_HOLD", updated_at=at)
    record(context, fo["order_id"], "fulfillment_hold", f"{context.app} placed a hold on fulfillment.", at=at)
    return {
        "fulfillmentHold": fresh(context, "FulfillmentHold", hold_id),
        "fulfillmentOrder": fresh(context, "FulfillmentOrder", fo["id"]),
        "remainingFulfillmentOrder": fresh(context, "FulfillmentOrder", other) if other else None,
        "userErrors": [],
    }


def fulfillment_order_release_hold(
    context: Context,
    id: str,
    holdIds: list[str] | None = None,
    externalId: str | None = None,
    **_: Any,
) -> Payload:
    """Release the named holds of a fulfillment order, or all of them, those of other apps included."""
    world = context.world
    fo = objects.load(world, "FulfillmentOrder", id)
    if fo is None:
        error = user_error(["id"], "Fulfillment order does not exist.", "FULFILLMENT_ORDER_NOT_FOUND")
        return {"fulfillmentOrder": None, "userErrors": [error]}
    holds = world.rows("select * from hold where fo_id = ? order by id", fo["id"])
    if holdIds is not None:
        wanted = {objects.parse_gid(text)[1] for text in holdIds}
        holds = [hold for hold in holds if hold["id"] in wanted]
    if externalId is not None:
        holds = [hold for hold in holds if hold["external_id"] in (None, externalId)]
    for hold in holds:
        with world.lock:
            world.connection.execute("delete from hold where id = ?", (hold["id"],))
    if holds:
        at = world.tick()
        units.settle(world, fo["id"], at)
        text = f"{context.app} released {len(holds)} hold(s) on fulfillment."
        record(context, fo["order_id"], "fulfillment_hold_released", text, at=at)
    return {"fulfillmentOrder": fresh(context, "FulfillmentOrder", fo["id"]), "userErrors": []}


def _insert_hold(context: Context, fo: Row, given: dict[str, Any]) -> int:
    return context.world.insert(
        "hold",
        {
            "id": context.world.next_id("FulfillmentHold"),
            "fo_id": fo["id"],
            "handle": given.get("handle") or "",
            "reason": given["reason"],
            "notes": given.get("reasonNotes"),
            "app": context.app,
            "external_id": given.get("externalId"),
        },
    )


def _holdable(context: Context, id_: str, given: dict[str, Any]) -> Row:
    fo = objects.load(context.world, "FulfillmentOrder", id_)
    if fo is None:
        raise Refused(user_error(["id"], "Fulfillment order does not exist.", "FULFILLMENT_ORDER_NOT_FOUND"))
    if not is_live(fo):
        message = f"The fulfillment order is {fo['status'].lower()} and can't be put on hold."
        raise Refused(user_error(["id"], message))
    handle = given.get("handle") or ""
    if len(handle) > MAX_HANDLE:
        field = ["fulfillmentHold", "handle"]
        raise Refused(user_error(field, f"Handle is too long (maximum is {MAX_HANDLE} characters)"))
    mine = context.world.rows("select handle from hold where fo_id = ? and app = ?", fo["id"], context.app)
    if len(mine) >= MAX_HOLDS:
        message = "The maximum number of fulfillment holds for this fulfillment order has been reached for this app."
        raise Refused(user_error(["id"], message, "FULFILLMENT_ORDER_HOLD_LIMIT_REACHED"))
    if handle in [hold["handle"] for hold in mine]:
        message = (
            "The handle provided for the fulfillment hold is already in use by this app for another hold."
        )
        field = ["fulfillmentHold", "handle"]
        raise Refused(user_error(field, message, "DUPLICATE_FULFILLMENT_HOLD_HANDLE"))
    return fo


def _held_units(context: Context, fo: Row, chosen: list[dict[str, Any]]) -> dict[int, int]:
    """Fulfillment order line id → units to hold; empty for the whole order."""
    if not chosen:
        return {}
    field = ["fulfillmentHold", "fulfillmentOrderLineItems"]
    if fo["status"] == "ON_HOLD":
        message = "The fulfillment order is not in a splittable state."
        raise Refused(user_error(field, message, "FULFILLMENT_ORDER_NOT_SPLITTABLE"))
    return chosen_units(context, fo, chosen, field)


def chosen_units(context: Context, fo: Row, chosen: list[dict[str, Any]], field: list[str]) -> dict[int, int]:
    """The units that FulfillmentOrderLineItemInputs name; Refused where they name none of this order's."""
    lines = {row["id"]: row for row in units.lines_of(context.world, fo["id"])}
    wanted: dict[int, int] = {}
    for place, entry in enumerate(chosen):
        at = [*field, str(place)]
        id_ = objects.parse_gid(entry["id"])[1]
        if id_ in wanted:
            code = "DUPLICATED_FULFILLMENT_ORDER_LINE_ITEMS"
            raise Refused(user_error(field, "The fulfillment order line items are not unique.", code))
        if entry["quantity"] <= 0:
            message = "The fulfillment order line item quantity must be greater than 0."
            raise Refused(user_error([*at, "quantity"], message, "GREATER_THAN_ZERO"))
        if id_ not in lines or entry["quantity"] > lines[int(id_)]["remaining"]:
            message = "The fulfillment order line item quantity is invalid."
            raise Refused(user_error([*at, "quantity"], message, "INVALID_LINE_ITEM_QUANTITY"))
        wanted[int(id_)] = entry["quantity"]
    return wanted


def _rest(context: Context, fo: Row, held: dict[int, int]) -> dict[int, int]:
    """The waiting units that a partial hold leaves free."""
    if not held:
        return {}
    lines = units.lines_of(context.world, fo["id"])
    rest = {row["id"]: row["remaining"] - held.get(row["id"], 0) for row in lines}
    return {id_: quantity for id_, quantity in rest.items() if quantity}
