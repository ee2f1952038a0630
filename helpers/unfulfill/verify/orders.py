"""What happened to an order beside our changes: other fulfillments, and units that are nowhere. Pure."""

from collections.abc import Collection, Iterable, Mapping

from unfulfill.model import Change, FulfillmentState, OrderState
from unfulfill.verify.reading import DEAD, Reading


def order_before(change: Change) -> OrderState | None:
    """The order as it was when the change was planned."""
    if isinstance(change.before, FulfillmentState):
        return change.before.order
    return change.before if isinstance(change.before, OrderState) else None


def done_by_others(before: OrderState, now: OrderState, ours: Collection[str]) -> list[str]:
    """What somebody did to fulfillments of the order that are not ours, in words; what has no effect now is left out.

    `ours` are those that the plan cancels and those that the workbench made.
    """
    statuses = dict(now.fulfillments)
    changed = [
        f"{_number(id_)} was {status} and is {statuses.get(id_, 'gone')}"
        for id_, status in before.fulfillments
        if id_ not in ours and statuses.get(id_) != status
    ]
    known = {id_ for id_, _ in before.fulfillments} | set(ours)
    new = [_number(id_) for id_, status in now.fulfillments if id_ not in known and status not in DEAD]
    said = []
    if changed:
        said.append(f"the plan leaves other fulfillments of the order alone, and {', '.join(changed)}")
    if new:
        said.append(f"somebody fulfilled the order since ({', '.join(new)})")
    return said


def lost_units(order: OrderState, lines: Iterable[str], reading: Reading) -> str:
    """What does not add up: order lines whose units are neither fulfilled nor open, or fulfilled too often.

    Over every order line, units in live fulfillments and open ones must be at least those that the order still asks
    for, and at most those that were ever ordered. Blank where they are, and for a cancelled order.
    """
    if order.cancelled:
        return ""
    fulfilled = _units_of(
        units
        for id_, status in order.fulfillments
        if status not in DEAD
        for units in [reading.shipped.get(id_, {})]
    )
    opened = _units_of(
        {line.line_item_id: line.quantity} for o in reading.open_orders.get(order.id, ()) for line in o.lines
    )
    said = []
    for line in dict.fromkeys(lines):
        known = reading.ordered.get(line)
        if known is None:
            continue
        there = fulfilled.get(line, 0) + opened.get(line, 0)
        if there < known.current:
            said.append(
                f"{known.current - there} of {known.current} units of line {_number(line)} are neither fulfilled nor "
                "open"
            )
        elif there > known.ordered:
            said.append(f"line {_number(line)} has {known.ordered} units, and {there} are fulfilled or open")
    return "; ".join(said)


def _units_of(parts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for part in parts:
        for line, units in part.items():
            total[line] = total.get(line, 0) + units
    return total


def _number(gid: str) -> str:
    return gid.rsplit("/", 1)[-1]
