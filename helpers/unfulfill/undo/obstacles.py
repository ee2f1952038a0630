"""What stands in the way of fulfilling again what was cancelled, in words that say what to do. Pure."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from unfulfill.model import (
    FulfillmentOrderState,
    FulfillmentState,
    Line,
    OrderState,
)
from unfulfill.open_units import FULFILLABLE, allocate
from unfulfill.plan import units_by_line
from unfulfill.verify import DEAD
from unfulfill.words import said, said_word

Obstacle = tuple[str, str]  # a word for programs, a sentence for people
REFUNDED = {"REFUNDED": "obstacle.refunded", "PARTIALLY_REFUNDED": "obstacle.partially_refunded"}


def since_obstacle(before: OrderState, now: OrderState) -> Obstacle | None:
    """Money or goods that came back since: nobody but a person knows whether the rest is still to ship."""
    if now.return_status != before.return_status:
        return "returned", said("obstacle.returned", status=said_word(now.return_status.lower()))
    if now.financial_status != before.financial_status and now.financial_status in REFUNDED:
        return "refunded", said(REFUNDED[now.financial_status])
    return None


def units_obstacle(
    before: FulfillmentState,
    opened: Sequence[FulfillmentOrderState],
    now: OrderState,
    ours: Collection[str],
) -> Obstacle | None:
    """Why the units of a cancelled fulfillment cannot be fulfilled again from where they shipped; None: they can.

    `opened` is what will be open when our own holds are released. `ours` are fulfillments that the workbench made.
    """
    lines, place = before.lines, before.location_id
    if allocate(opened, lines, place):
        return None
    held = [order for order in opened if order.status == "ON_HOLD" and _has(order, lines)]
    if held and allocate(_open(opened), lines, place):
        return "held", said("obstacle.held", reasons=hold_reasons(held))
    if any(order.status == "SCHEDULED" and _has(order, lines) for order in opened):
        return "scheduled", said("obstacle.scheduled")
    moved = [order for order in opened if allocate(opened, lines, order.location_id)]
    if moved:
        place, home = moved[0].location_name, before.location_name
        return "moved", said("obstacle.moved", place=place, before=home)
    return _gone(before, opened, now, ours)


def _gone(
    before: FulfillmentState, opened: Sequence[FulfillmentOrderState], now: OrderState, ours: Collection[str]
) -> Obstacle:
    known = {id_ for id_, _ in before.order.fulfillments} | set(ours)
    new = [id_ for id_, status in now.fulfillments if id_ not in known and status not in DEAD]
    if new:
        return "fulfilled_since", said("obstacle.fulfilled_since", id=new[0].rsplit("/", 1)[-1])
    places = sorted({order.location_name for order in opened if _has(order, before.lines)})
    if len(places) > 1:
        told = said("shown.and").join(places)
        return "moved", said("obstacle.in_several_places", places=told, before=before.location_name)
    wanted, total = units_by_line(before.lines), sum(line.quantity for line in before.lines)
    found = units_by_line(line for order in opened for line in order.lines)
    units = sum(min(number, found.get(line, 0)) for line, number in wanted.items())
    return "not_open", said("obstacle.not_open", count=units, all=total)


def hold_reasons(orders: Iterable[FulfillmentOrderState]) -> str:
    """Why these are on hold, in words."""
    reasons = {said_word(hold.reason.lower()) for order in orders for hold in order.holds}
    return ", ".join(sorted(filter(None, reasons))) or said("finding.no_reason")


def after_release(
    orders: Iterable[FulfillmentOrderState], handles: Collection[str]
) -> tuple[FulfillmentOrderState, ...]:
    """The fulfillment orders as they will be when our holds with these handles are released."""
    result = []
    for order in orders:
        left = tuple(hold for hold in order.holds if not (hold.ours and hold.handle in handles))
        freed = order.status == "ON_HOLD" and not left and len(left) < len(order.holds)
        result.append(replace(order, holds=left, status="OPEN" if freed else order.status))
    return tuple(result)


def opened_by_cancel(state: FulfillmentState) -> FulfillmentOrderState:
    """The fulfillment order that is expected to open when a fulfillment is cancelled."""
    lines = tuple(
        replace(line, id=f"{state.id} {number}") for number, line in enumerate(state.lines)
    )  # no id of the shop's: nothing is sent with it
    return FulfillmentOrderState(
        state.id, "OPEN", "UNSUBMITTED", state.location_id, state.location_name, (), (), lines
    )


def without(
    orders: Sequence[FulfillmentOrderState], lines: Sequence[Line], location_id: str
) -> tuple[FulfillmentOrderState, ...]:
    """What stays open when these units are fulfilled from there."""
    taken = {
        line.id: line.quantity for part in allocate(orders, lines, location_id).values() for line in part
    }
    return tuple(
        replace(
            order,
            lines=tuple(
                replace(line, quantity=line.quantity - taken.get(line.id, 0)) for line in order.lines
            ),
        )
        for order in orders
    )


def _open(orders: Iterable[FulfillmentOrderState]) -> list[FulfillmentOrderState]:
    return [replace(o, status="OPEN") if o.status not in FULFILLABLE else o for o in orders]


def _has(order: FulfillmentOrderState, lines: Iterable[Line]) -> bool:
    wanted = {line.line_item_id for line in lines}
    return any(line.quantity and line.line_item_id in wanted for line in order.lines)
