"""Where the open units of an order are: found by order line, because a cancel opens them under new ids. Pure."""

from collections.abc import Collection, Sequence

from unfulfill.model import FulfillmentOrderState, Line

FULFILLABLE = ("OPEN", "IN_PROGRESS")
AT_SERVICE = ("ACCEPTED", "CANCELLATION_REJECTED")  # request statuses in which a service may be asked to stop


def allocate(
    orders: Sequence[FulfillmentOrderState], lines: Sequence[Line], location_id: str
) -> dict[str, list[Line]]:
    """Open units for these lines at one location: fulfillment order id → its lines with the units to take.

    Empty where they do not suffice.
    """
    taken: dict[str, list[Line]] = {}
    left = {line.id: line.quantity for order in orders for line in order.lines}
    for line in lines:
        missing = line.quantity
        for order in orders:
            if order.status not in FULFILLABLE or order.location_id != location_id:
                continue
            for open_line in order.lines:
                same = open_line.line_item_id == line.line_item_id
                units = min(missing, left[open_line.id]) if same else 0
                if units > 0:
                    left[open_line.id] -= units
                    taken.setdefault(order.id, []).append(
                        Line(line.line_item_id, units, open_line.id, line.sku, line.name)
                    )
                    missing -= units
        if missing:
            return {}
    return taken


def holdable(
    orders: Sequence[FulfillmentOrderState], lines: Sequence[Line]
) -> tuple[FulfillmentOrderState, list[Line]] | None:
    """The open fulfillment order that has all these units, and its lines with the units to hold.

    One of which something is shipped is IN_PROGRESS, and comes last: what is left of it may be held too (inferred:
    Shopify documents no status that a hold needs), and if not, Shopify refuses.
    """
    for order in sorted(orders, key=lambda order: order.status != "OPEN"):
        taken = allocate((order,), lines, order.location_id)
        if taken:
            return order, taken[order.id]
    return None


def our_holds(orders: Sequence[FulfillmentOrderState], handle: str) -> list[tuple[str, str]]:
    """Fulfillment order and hold of every hold that we placed with this handle."""
    return [
        (order.id, hold.id) for order in orders for hold in order.holds if hold.ours and hold.handle == handle
    ]


def requestable(
    orders: Sequence[FulfillmentOrderState], lines: Sequence[Line], but_not: Collection[str] = ()
) -> FulfillmentOrderState | None:
    """The fulfillment order of one of these lines whose service has accepted it and can be asked to stop.

    `but_not` are ids of fulfillment orders to pass over.
    """
    wanted = {line.line_item_id for line in lines}
    for order in orders:
        has_one = any(line.line_item_id in wanted for line in order.lines)
        if (
            has_one
            and order.id not in but_not
            and order.request_status in AT_SERVICE
            and "REQUEST_CANCELLATION" in order.supported_actions
        ):
            return order
    return None
