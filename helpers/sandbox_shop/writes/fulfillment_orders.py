"""Fulfillment orders: move, open, cancel, and the request to a service to cancel.

Inferred, therefore a switch: `service_answer` (accept, reject, or nothing for "not answered yet") is what a
third-party service says to a cancellation request; `answer_request` gives the answer later.
"""

from typing import Any

from sandbox_shop import ledger, objects
from sandbox_shop.context import Context
from sandbox_shop.status import is_live
from sandbox_shop.world import Row
from sandbox_shop.writes import units
from sandbox_shop.writes.answers import Payload, Refused, UserError, fresh, refusal, user_error
from sandbox_shop.writes.history import record
from sandbox_shop.writes.holds import chosen_units

AT_SERVICE = ("SUBMITTED", "ACCEPTED", "CANCELLATION_REQUESTED", "CANCELLATION_REJECTED")
NOT_FOUND = "Fulfillment order does not exist."


def fulfillment_order_move(
    context: Context,
    id: str,
    newLocationId: str,
    fulfillmentOrderLineItems: list[dict[str, Any]] | None = None,
    **_: Any,
) -> Payload:
    """Assign the waiting units, or some of them, to another location; their claims on stock move along."""
    world = context.world
    try:
        fo, location = _movable(context, id, newLocationId)
        chosen = fulfillmentOrderLineItems or []
        taken = chosen_units(context, fo, chosen, ["fulfillmentOrderLineItems"]) if chosen else {}
    except Refused as refused:
        keys = ("movedFulfillmentOrder", "originalFulfillmentOrder", "remainingFulfillmentOrder")
        return {**dict.fromkeys(keys), "userErrors": [{**error, "code": None} for error in refused.errors]}
    lines = units.lines_of(world, fo["id"])
    taken = taken or {row["id"]: row["remaining"] for row in lines if row["remaining"]}
    for row in lines:
        if row["stock"] == "committed" and row["id"] in taken:
            units.commit_stock(context, row["line_id"], fo["location_id"], -taken[row["id"]], "moved")
            units.commit_stock(context, row["line_id"], location["id"], taken[row["id"]], "moved")
    at = world.tick()
    if all(taken.get(row["id"]) == row["total"] for row in lines):
        world.update("fulfillment_order", fo["id"], location_id=location["id"])
        moved = fo["id"]
    else:
        moved = units.split(context, fo, taken, location_id=location["id"], status="OPEN", at=at)
        units.settle(world, fo["id"], at)
    text = f"{context.app} moved items to {location['name']}."
    record(context, fo["order_id"], "fulfillment_order_moved", text, at=at)
    world.update("fulfillment_order", fo["id"], updated_at=at)
    return {
        "movedFulfillmentOrder": fresh(context, "FulfillmentOrder", moved),
        "originalFulfillmentOrder": fresh(context, "FulfillmentOrder", fo["id"]),
        "remainingFulfillmentOrder": None
        if moved == fo["id"]
        else fresh(context, "FulfillmentOrder", fo["id"]),
        "userErrors": [],
    }


def _movable(context: Context, id_: str, location: str) -> tuple[Row, Row]:
    world = context.world
    fo = objects.load(world, "FulfillmentOrder", id_)
    if fo is None:
        raise Refused(user_error(["id"], NOT_FOUND))
    target = objects.load(world, "Location", location)
    if target is None:
        raise Refused(user_error(["newLocationId"], "Location not found."))
    if not is_live(fo):
        raise Refused(user_error(["id"], "Cannot change location."))
    if fo["request_status"] in AT_SERVICE:
        message = "Cannot move submitted fulfillment order that is at a 3PL fulfillment service."
        raise Refused(user_error(["id"], message))
    for row in units.lines_of(world, fo["id"]):
        item_id = units.item_of(world, row["line_id"])
        level = ledger.level_at(world, item_id, target["id"]) if item_id else None
        if item_id and ledger.is_tracked(world, item_id) and (level is None or not level["active"]):
            # documented as a refusal; the words are ours
            raise Refused(
                user_error(["newLocationId"], "The location doesn't stock the requested inventory item.")
            )
    return fo, target


def fulfillment_order_open(context: Context, id: str, **_: Any) -> Payload:
    """Mark a scheduled fulfillment order as open, so that it can be fulfilled."""
    fo = objects.load(context.world, "FulfillmentOrder", id)
    if fo is None:
        return refusal("fulfillmentOrder", user_error(["id"], NOT_FOUND))
    if fo["status"] not in ("SCHEDULED", "IN_PROGRESS"):
        message = f"Fulfillment order is {fo['status'].lower()} and can't be marked as open."
        return refusal("fulfillmentOrder", user_error(["id"], message))
    context.world.update("fulfillment_order", fo["id"], status="OPEN", fulfill_at=None)
    _note(context, fo, "fulfillment_order_opened", "marked a fulfillment order as open")
    return {"fulfillmentOrder": fresh(context, "FulfillmentOrder", fo["id"]), "userErrors": []}


def fulfillment_order_cancel(context: Context, id: str, **_: Any) -> Payload:
    """Withdraw a fulfillment order from a service: it closes, and a new one takes the waiting units."""
    world = context.world
    fo = objects.load(world, "FulfillmentOrder", id)
    error = _not_cancelable(fo)
    if error or fo is None:
        return {"fulfillmentOrder": None, "replacementFulfillmentOrder": None, "userErrors": [error]}
    at = world.tick()
    world.update("fulfillment_order", fo["id"], status="CLOSED")
    portions = [
        units.Portion(row["line_id"], row["remaining"], row["stock"])
        for row in units.lines_of(world, fo["id"])
        if row["remaining"]
    ]
    other = units.new_fulfillment_order(
        world, fo["order_id"], fo["location_id"], portions, method=fo["method"], at=at
    )
    _note(context, fo, "fulfillment_order_cancelled", "canceled a fulfillment order", at)
    return {
        "fulfillmentOrder": fresh(context, "FulfillmentOrder", fo["id"]),
        "replacementFulfillmentOrder": fresh(context, "FulfillmentOrder", other),
        "userErrors": [],
    }


def _not_cancelable(fo: Row | None) -> UserError | None:
    if fo is None:
        return user_error(["id"], NOT_FOUND)
    if not is_live(fo) or fo["request_status"] not in ("SUBMITTED", "CANCELLATION_REQUESTED"):
        message = "Fulfillment order is not in cancelable request state and can't be cancelled."
        return user_error(["id"], message)
    return None


def fulfillment_order_submit_cancellation_request(
    context: Context,
    id: str,
    message: str | None = None,
    **_: Any,
) -> Payload:
    """Ask a service to stop; the answer comes later, or at once with the switch `service_answer`."""
    fo = objects.load(context.world, "FulfillmentOrder", id)
    if fo is None:
        return refusal("fulfillmentOrder", user_error(["id"], NOT_FOUND))
    if not is_live(fo) or fo["request_status"] not in ("ACCEPTED", "CANCELLATION_REJECTED"):
        text = "Cannot request cancellation for the fulfillment order."
        return refusal("fulfillmentOrder", user_error(["id"], text))
    context.world.update("fulfillment_order", fo["id"], request_status="CANCELLATION_REQUESTED")
    _note(
        context,
        fo,
        "cancellation_requested",
        f"asked the service to cancel{': ' + message if message else ''}",
    )
    answer = context.switch("service_answer")
    if answer:
        answer_request(context, fo["id"], accepted=answer == "accept")
    return {"fulfillmentOrder": fresh(context, "FulfillmentOrder", fo["id"]), "userErrors": []}


def answer_request(context: Context, fo_id: int, accepted: bool) -> None:
    """What the service answers to a cancellation request: the units wait in the same fulfillment order again,
    or it goes on. Only where a request is open; else nothing happens."""
    world = context.world
    fo = world.row("select * from fulfillment_order where id = ?", fo_id)
    if fo is None or fo["request_status"] != "CANCELLATION_REQUESTED":
        return
    if accepted:
        world.update("fulfillment_order", fo_id, request_status="CANCELLATION_ACCEPTED", status="OPEN")
    else:
        world.update("fulfillment_order", fo_id, request_status="CANCELLATION_REJECTED")
    _note(
        context,
        fo,
        "cancellation_answered",
        "accepted the cancellation" if accepted else "rejected the cancellation",
    )


def _note(context: Context, fo: Row, action: str, what: str, at: str | None = None) -> None:
    now = record(context, fo["order_id"], action, f"{context.app} {what}.", at=at)
    context.world.update("fulfillment_order", fo["id"], updated_at=now)
