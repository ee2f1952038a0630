"""What happened to an order beside our changes: other fulfillments, and units that are nowhere. Pure."""

from collections.abc import Collection, Iterable, Mapping

from unfulfill.model import Change, FulfillmentState, OrderState
from unfulfill.verify.reading import DEAD, Reading
from unfulfill.words import listed, said


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
        said("checked.was_and_is", id=_number(id_), before=status, now=statuses[id_])
        if id_ in statuses
        else said("checked.was_and_gone", id=_number(id_), before=status)
        for id_, status in before.fulfillments
        if id_ not in ours and statuses.get(id_) != status
    ]
    known = {id_ for id_, _ in before.fulfillments} | set(ours)
    new = [_number(id_) for id_, status in now.fulfillments if id_ not in known and status not in DEAD]
    told = []
    if changed:
        told.append(said("checked.others_changed", changed=", ".join(changed)))
    if new:
        told.append(said("checked.fulfilled_since", ids=", ".join(new)))
    return told


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
    told = []
    for line in dict.fromkeys(lines):
        known = reading.ordered.get(line)
        if known is None:
            continue
        there = fulfilled.get(line, 0) + opened.get(line, 0)
        if there < known.current:
            lost = known.current - there
            told.append(said("checked.lost", count=lost, all=known.current, line=_number(line)))
        elif there > known.ordered:
            told.append(said("checked.too_many", line=_number(line), count=known.ordered, there=there))
    return listed(told)


def _units_of(parts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for part in parts:
        for line, units in part.items():
            total[line] = total.get(line, 0) + units
    return total


def _number(gid: str) -> str:
    return gid.rsplit("/", 1)[-1]
