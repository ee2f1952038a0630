"""fulfillmentEventCreate: what a carrier reports, and what the fulfillment shows because of it."""

from typing import Any

from sandbox_shop import objects
from sandbox_shop.context import Context
from sandbox_shop.world import Row, format_time, parse_time
from sandbox_shop.writes.answers import Payload, fresh, refusal, user_error
from sandbox_shop.writes.history import record


def fulfillment_event_create(context: Context, fulfillmentEvent: dict[str, Any], **_: Any) -> Payload:
    """Add an event; succeeds on a cancelled fulfillment too (recorded 2026-06)."""
    fulfillment = objects.load(context.world, "Fulfillment", fulfillmentEvent["fulfillmentId"])
    if fulfillment is None:
        field = ["fulfillmentEvent", "fulfillmentId"]
        return refusal("fulfillmentEvent", user_error(field, "Fulfillment does not exist."))
    event_id = add_event(
        context,
        fulfillment,
        fulfillmentEvent["status"],
        fulfillmentEvent.get("happenedAt"),
        fulfillmentEvent.get("message"),
        fulfillmentEvent.get("estimatedDeliveryAt"),
    )
    return {"fulfillmentEvent": fresh(context, "FulfillmentEvent", event_id), "userErrors": []}


def add_event(
    context: Context,
    fulfillment: Row,
    status: str,
    happened_at: str | None = None,
    message: str | None = None,
    estimated_delivery_at: str | None = None,
) -> int:
    """Store a FulfillmentEventStatus; returns the event's id. The latest event decides the display status.

    A cancelled fulfillment goes on showing CANCELED (inferred).
    """
    world = context.world
    now = record(
        context,
        fulfillment["order_id"],
        "fulfillment_event",
        f"{context.app} reported {status.lower()} for {fulfillment['name']}.",
    )
    moment = format_time(parse_time(str(happened_at))) if happened_at else now
    event_id = world.insert(
        "fulfillment_event",
        {
            "id": world.next_id("FulfillmentEvent"),
            "fulfillment_id": fulfillment["id"],
            "status": status,
            "happened_at": moment,
            "created_at": now,
            "message": message,
        },
    )
    world.update(
        "fulfillment", fulfillment["id"], updated_at=now, **_shown(context, fulfillment, status, moment)
    )
    if estimated_delivery_at:
        moment = format_time(parse_time(str(estimated_delivery_at)))
        world.update("fulfillment", fulfillment["id"], estimated_delivery_at=moment)
    return event_id


def _shown(context: Context, fulfillment: Row, status: str, moment: str) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    latest = context.world.row(
        "select status from fulfillment_event where fulfillment_id = ? order by happened_at desc, id desc",
        fulfillment["id"],
    )
    if fulfillment["status"] != "CANCELLED" and latest:
        columns["display_status"] = latest["status"]
    if status == "IN_TRANSIT" and not fulfillment["in_transit_at"]:
        columns["in_transit_at"] = moment
    if status == "DELIVERED":
        columns["delivered_at"] = moment
    return columns
