"""The fulfillment status that an order shows, worked out from its fulfillments and fulfillment orders."""

from sandbox_shop.world import Row, World

LIVE = ("OPEN", "IN_PROGRESS", "ON_HOLD", "SCHEDULED", "INCOMPLETE")
DEAD_FULFILLMENTS = ("CANCELLED", "ERROR", "FAILURE")


def is_live(fulfillment_order: Row) -> bool:
    """Whether work is still to be done on it. A CLOSED one is not live, although its remaining units may
    have grown back after a cancel (recorded 2026-05): its units stand in a newer fulfillment order."""
    return fulfillment_order["status"] in LIVE


def display_fulfillment_status(shipped_units: int, waiting: list[Row]) -> str:
    """The status of an order with so many shipped units and these live fulfillment orders with units left.

    The precedence follows the descriptions of OrderDisplayFulfillmentStatus: "all of the unfulfilled
    items" are on hold or scheduled, even where others are shipped. This is 2026-07's value: later
    versions call an order with nothing to ship FULFILLMENT_NOT_REQUIRED.
    """
    if not waiting:
        return "FULFILLED" if shipped_units else "UNFULFILLED"
    statuses = {row["status"] for row in waiting}
    requests = {row["request_status"] for row in waiting}
    if statuses == {"ON_HOLD"}:
        return "ON_HOLD"
    if statuses == {"SCHEDULED"}:
        return "SCHEDULED"
    if shipped_units:
        return "PARTIALLY_FULFILLED"
    if "REJECTED" in requests:
        return "REQUEST_DECLINED"
    asked = {"SUBMITTED", "ACCEPTED", "CANCELLATION_REQUESTED", "CANCELLATION_REJECTED"}
    if all(row["status"] == "IN_PROGRESS" or row["request_status"] in asked for row in waiting):
        return "IN_PROGRESS"
    return "UNFULFILLED"


def refresh_order(world: World, order_id: int) -> str:
    """Work the order's fulfillment status out anew and store it; returns it."""
    shipped = world.row(
        "select coalesce(sum(fl.quantity), 0) units from fulfillment f join fulfillment_line fl"
        " on fl.fulfillment_id = f.id where f.order_id = ? and f.status not in (?, ?, ?)",
        order_id,
        *DEAD_FULFILLMENTS,
    )
    waiting = world.rows(
        "select fo.status, fo.request_status from fulfillment_order fo where fo.order_id = ?"
        f" and fo.status in ({', '.join('?' * len(LIVE))})"
        " and exists(select 1 from fo_line where fo_id = fo.id and remaining > 0)",
        order_id,
        *LIVE,
    )
    status = display_fulfillment_status(shipped["units"] if shipped else 0, waiting)
    world.update("order", order_id, fulfillment_status=status)
    return status
