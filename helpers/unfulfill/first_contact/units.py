"""Where the units of the cancelled fulfillment are. Pure."""

from unfulfill.first_contact.choosing import live_fulfillments
from unfulfill.first_contact.record import Glimpse, Observation
from unfulfill.first_contact.stock import stock_differs, stock_moved
from unfulfill.model import FulfillmentOrderState, FulfillmentState
from unfulfill.plan import units_by_line
from unfulfill.words import said

OPEN = ("OPEN", "IN_PROGRESS", "ON_HOLD", "SCHEDULED")


def target_of(before: Glimpse) -> FulfillmentState:
    """The one live fulfillment, which is cancelled."""
    return live_fulfillments(before)[0]


def is_open_again(before: Glimpse, now: Glimpse) -> bool:
    """Whether the shop shows the cancel whole: units open again, and stock moved where it is tracked."""
    wanted = sum(line.quantity for line in target_of(before).lines)
    opened = sum(_opened(before, now).values())
    return opened >= wanted and stock_moved(before, now)


def is_back(before: Glimpse, now: Glimpse) -> bool:
    """Whether the units that were fulfilled before are fulfilled again."""
    wanted = units_by_line(target_of(before).lines)
    return any(units_by_line(state.lines) == wanted for state in live_fulfillments(now))


def is_as_before(before: Glimpse, now: Glimpse) -> bool:
    """Whether the shop shows the undo whole: units and stock as before, and archived where it was."""
    archived = now.order.closed or not before.order.closed
    return is_back(before, now) and archived and not stock_differs(before, now)


def where_units_wait(before: Glimpse, between: Glimpse) -> list[Observation]:
    """In which fulfillment order, and where; and what the one that had shipped says now."""
    target = target_of(before)
    units = sum(line.quantity for line in target.lines)
    related = [fo for fo in before.fulfillment_orders if shares_lines(fo, target)]
    known = {fo.id for fo in before.fulfillment_orders}
    opened = _opened(before, between)
    was_open = any(fo.status in OPEN for fo in related)
    found, wanted = {fo_id not in known for fo_id in opened}, {not was_open}
    number = sum(opened.values())
    places = {fo.id: (fo.location_id, fo.location_name or "?") for fo in between.fulfillment_orders}
    at = sorted({places[fo_id] for fo_id in opened})
    rows = [
        Observation(
            said("observation.waits_in"),
            _waits_in(wanted, units),
            _waits_in(found, number),
            (found, number) == (wanted, units),
        ),
        Observation(
            said("observation.waits_at"),
            target.location_name or "?",
            ", ".join(name for _, name in at) or said("observation.nowhere"),
            [id_ for id_, _ in at] == [target.location_id],
        ),
    ]
    closed = [fo for fo in related if fo.status == "CLOSED"]
    if closed:
        rows.append(_closed_one(closed, between, target, units))
    return rows


def _waits_in(are_new: set[bool], units: int) -> str:
    """In which fulfillment orders units wait: new ones, such as were there before, both, or none."""
    if not are_new:
        return said("observation.in_none")
    key = "observation.in_both" if len(are_new) > 1 else "observation.in_new"
    return said(key if True in are_new else "observation.in_same", units=units_text(units))


def _closed_one(
    closed: list[FulfillmentOrderState], between: Glimpse, target: FulfillmentState, units: int
) -> Observation:
    now = {fo.id: fo for fo in between.fulfillment_orders}
    grown = sum(_of(now[fo.id], target) - _of(fo, target) for fo in closed if fo.id in now)
    still = all(fo.id in now and now[fo.id].status == "CLOSED" for fo in closed)
    key = "observation.closed_to_do" if still else "observation.opened_to_do"
    if not grown:
        key = "observation.closed_nothing" if still else "observation.opened_nothing"
    return Observation(
        said("observation.closed_one"),
        said("observation.closed_to_do", units=units_text(units)),
        said(key, units=units_text(grown)),
        still and grown == units,
    )


def _opened(before: Glimpse, now: Glimpse) -> dict[str, int]:
    """Fulfillment order id → units of the cancelled lines that are open there and were not before."""
    target = target_of(before)
    earlier = {fo.id: _of(fo, target) for fo in before.fulfillment_orders if fo.status in OPEN}
    found = {fo.id: _of(fo, target) for fo in now.fulfillment_orders if fo.status in OPEN}
    grown = {fo_id: units - earlier.get(fo_id, 0) for fo_id, units in found.items()}
    return {fo_id: units for fo_id, units in grown.items() if units > 0}


def _of(fo: FulfillmentOrderState, target: FulfillmentState) -> int:
    lines = {line.line_item_id for line in target.lines}
    return sum(line.quantity for line in fo.lines if line.line_item_id in lines)


def shares_lines(fo: FulfillmentOrderState, target: FulfillmentState) -> bool:
    """Whether the fulfillment order is about an order line of the fulfillment, whatever is left of it."""
    lines = {line.line_item_id for line in target.lines}
    return any(line.line_item_id in lines for line in fo.lines)


def units_text(number: int) -> str:
    """ "1 unit", "2 units"."""
    return said("observation.units", count=number)
