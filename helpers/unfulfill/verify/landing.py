"""Where the units of cancelled fulfillments are now: in which open fulfillment orders, and where those are. Pure."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace

from unfulfill.model import FulfillmentOrderState, FulfillmentState, Landing, Line, OrderState
from unfulfill.verify.reading import DEAD, Reading


@dataclass
class UnitsLeft:
    """Units of one order that are open, or fulfilled again by us; each is found once."""

    opened: tuple[FulfillmentOrderState, ...]
    by_us: dict[str, int] = field(default_factory=dict)  # by order line
    taken: dict[str, int] = field(default_factory=dict)  # by id of a fulfillment order line

    def take_ours(self, line: Line) -> int:
        """How many units of a line we fulfilled again."""
        units = min(line.quantity, self.by_us.get(line.line_item_id, 0))
        self.by_us[line.line_item_id] = self.by_us.get(line.line_item_id, 0) - units
        return units

    def take_open(self, open_line: Line, wanted: int) -> int:
        """How many units of a fulfillment order line are open, at most those wanted."""
        units = min(wanted, open_line.quantity - self.taken.get(open_line.id, 0))
        self.taken[open_line.id] = self.taken.get(open_line.id, 0) + units
        return units


def units_left(
    order: OrderState, before: OrderState | None, ours: Collection[str], reading: Reading
) -> UnitsLeft:
    """What can be found of an order. What was fulfilled already in `before`, the order as planned, does not count."""
    earlier = {id_ for id_, _ in before.fulfillments} if before else set()
    by_us: dict[str, int] = {}
    for id_, status in order.fulfillments:
        if id_ in ours and id_ not in earlier and status not in DEAD:
            for line, units in reading.shipped.get(id_, {}).items():
                by_us[line] = by_us.get(line, 0) + units
    return UnitsLeft(reading.open_orders.get(order.id, ()), by_us)


def land(state: FulfillmentState, left: UnitsLeft) -> tuple[tuple[Landing, ...], int]:
    """Where the units of a cancelled fulfillment are open, and how many we fulfilled again.

    Open units do not say where they came from: those at the location that had shipped are taken first.
    """
    at_home = sorted(left.opened, key=lambda order: order.location_id != state.location_id)
    found: dict[str, list[Line]] = {}
    by_us = 0
    for line in state.lines:
        again = left.take_ours(line)
        by_us += again
        missing = line.quantity - again
        for order, open_line in _lines_of(at_home, line.line_item_id):
            units = left.take_open(open_line, missing)
            if units:
                missing -= units
                found.setdefault(order.id, []).append(replace(open_line, quantity=units))
    orders = {order.id: order for order in left.opened}
    landed = tuple(
        Landing(
            id_,
            orders[id_].location_id,
            orders[id_].location_name,
            orders[id_].location_id != state.location_id,
            tuple(lines),
        )
        for id_, lines in found.items()
    )
    return landed, by_us


def _lines_of(
    orders: Iterable[FulfillmentOrderState], line_item_id: str
) -> Iterable[tuple[FulfillmentOrderState, Line]]:
    return [(order, line) for order in orders for line in order.lines if line.line_item_id == line_item_id]
