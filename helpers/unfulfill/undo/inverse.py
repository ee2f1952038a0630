"""The inverse of each kind of change, or why there is none. Pure."""

import uuid
from dataclasses import replace

from unfulfill.audit.evidence import lock_reason
from unfulfill.model import (
    CancelFulfillment,
    Change,
    CloseOrder,
    FulfillmentState,
    HoldFulfillmentOrder,
    Outcome,
    RecreateFulfillment,
    ReleaseHold,
    RequestCancellation,
    Reversibility,
    SetOnHand,
    Skip,
    TagOrder,
)
from unfulfill.plan import units_by_line
from unfulfill.verify import DEAD, Reading
from unfulfill.words import said


def invert(change: Change, outcome: Outcome, reading: Reading) -> Change | Skip:
    """The change that takes back one that we applied, against a reading made just now."""
    if isinstance(change.action, SetOnHand):
        return _set_back(change, change.action, outcome, reading)
    order = reading.orders.get(change.order_id)
    if order is None:
        return skip(change, "not_found", said("sent.no_order"))
    if order.cancelled and not isinstance(change.action, TagOrder):
        return skip(change, "order_cancelled", said("obstacle.order_cancelled"))
    if change.reversibility is Reversibility.NOT_BY_US and isinstance(change.action, CancelFulfillment):
        return skip(change, "not_by_us", said("obstacle.by_service"))
    base = replace(change, before=order, needs=(), override="", reversibility=Reversibility.UNDOABLE)
    match change.action:
        case CancelFulfillment():
            return _recreate(change, base)
        case RecreateFulfillment():
            return _cancel(change, change.action, base, reading.fulfillments.get(outcome.created_id))
        case HoldFulfillmentOrder(lines=lines, handle=handle):
            return replace(base, id=f"{change.case}-release", action=ReleaseHold(lines, handle))
        case ReleaseHold(lines=lines, handle=handle):
            hold = HoldFulfillmentOrder(lines, handle, "OTHER", said("obstacle.held_again"))
            return replace(base, id=f"{change.case}-hold", action=hold)
        case TagOrder(tag=tag, add=add):
            word = "untag" if add else "tag"
            return replace(base, id=f"{change.case}-{word}", action=TagOrder(tag, not add))
        case CloseOrder():
            return skip(change, "opens_by_itself", said("obstacle.opens_by_itself"))
        case RequestCancellation():  # pragma: no branch
            return skip(change, "not_by_us", said("obstacle.asked_to_stop"))


def _recreate(change: Change, base: Change) -> Change | Skip:
    before = change.before
    if not isinstance(before, FulfillmentState):
        return skip(change, "no_before_state", said("obstacle.no_before_state"))
    action = RecreateFulfillment(before.lines, before.tracking, before.location_id)
    return replace(base, id=f"{change.case}-refulfil", action=action, reversibility=Reversibility.NEW_IDS)


def _cancel(
    change: Change, made: RecreateFulfillment, base: Change, state: FulfillmentState | None
) -> Change | Skip:
    """Cancel what we made, as long as it is what we made: what others did with it since is theirs."""
    if state is None or state.status in DEAD:
        return skip(change, "already_cancelled", said("obstacle.already_cancelled"))
    locked = lock_reason(state)
    if locked:
        return skip(change, "locked", said("obstacle.locked", name=state.name, locked=locked))
    same_tracking = sorted(state.tracking.numbers) == sorted(made.tracking.numbers)
    if units_by_line(state.lines) != units_by_line(made.lines) or not same_tracking:
        return skip(change, "changed_since", said("obstacle.changed_since", name=state.name))
    return replace(
        base,
        id=f"{change.case}-cancel",
        fulfillment_id=state.id,
        action=CancelFulfillment(state.id),
        before=state,
        reversibility=Reversibility.NEW_IDS,
    )


def _set_back(change: Change, action: SetOnHand, outcome: Outcome, reading: Reading) -> Change | Skip:
    """Takes away what was added, whatever was sold or cancelled since."""
    now = reading.levels.get((action.inventory_item_id, action.location_id))
    if now is None or outcome.replaced is None:
        return skip(change, "not_stocked", said("obstacle.not_stocked"))
    back = SetOnHand(
        action.inventory_item_id,
        action.location_id,
        now.on_hand - (action.quantity - outcome.replaced),
        0,
        str(uuid.uuid5(uuid.UUID(action.key), "undo")),
    )
    return replace(
        change,
        id=f"{change.case}-back",
        action=back,
        before=now,
        needs=(),
        override="",
        reversibility=Reversibility.UNDOABLE,
    )


def skip(change: Change, reason: str, message: str) -> Skip:
    """A change that is not taken back."""
    return Skip(change.fulfillment_id, change.order_id, change.order_name, reason, message)
