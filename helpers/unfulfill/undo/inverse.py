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


def invert(change: Change, outcome: Outcome, reading: Reading) -> Change | Skip:
    """The change that takes back one that we applied, against a reading made just now."""
    if isinstance(change.action, SetOnHand):
        return _set_back(change, change.action, outcome, reading)
    order = reading.orders.get(change.order_id)
    if order is None:
        return skip(change, "not_found", "the shop has no such order any more")
    if order.cancelled and not isinstance(change.action, TagOrder):
        return skip(change, "order_cancelled", "the order is cancelled; nothing of it can be fulfilled again")
    if change.reversibility is Reversibility.NOT_BY_US and isinstance(change.action, CancelFulfillment):
        return skip(
            change, "not_by_us", "another app's service fulfilled it; only that service can do it again"
        )
    base = replace(change, before=order, needs=(), override="", reversibility=Reversibility.UNDOABLE)
    match change.action:
        case CancelFulfillment():
            return _recreate(change, base)
        case RecreateFulfillment():
            return _cancel(change, change.action, base, reading.fulfillments.get(outcome.created_id))
        case HoldFulfillmentOrder(lines=lines, handle=handle):
            return replace(base, id=f"{change.case}-release", action=ReleaseHold(lines, handle))
        case ReleaseHold(lines=lines, handle=handle):
            hold = HoldFulfillmentOrder(lines, handle, "OTHER", "Held again by an undo")
            return replace(base, id=f"{change.case}-hold", action=hold)
        case TagOrder(tag=tag, add=add):
            word = "untag" if add else "tag"
            return replace(base, id=f"{change.case}-{word}", action=TagOrder(tag, not add))
        case CloseOrder():
            return skip(
                change, "opens_by_itself", "an archived order re-opens when its fulfillment is cancelled"
            )
        case RequestCancellation():  # pragma: no branch
            return skip(change, "not_by_us", "only the service can take up again what it was asked to stop")


def _recreate(change: Change, base: Change) -> Change | Skip:
    before = change.before
    if not isinstance(before, FulfillmentState):
        return skip(change, "no_before_state", "the plan does not hold what was fulfilled before")
    action = RecreateFulfillment(before.lines, before.tracking, before.location_id)
    return replace(base, id=f"{change.case}-refulfil", action=action, reversibility=Reversibility.NEW_IDS)


def _cancel(
    change: Change, made: RecreateFulfillment, base: Change, state: FulfillmentState | None
) -> Change | Skip:
    """Cancel what we made, as long as it is what we made: what others did with it since is theirs."""
    if state is None or state.status in DEAD:
        return skip(change, "already_cancelled", "the fulfillment that was made is cancelled already")
    locked = lock_reason(state)
    if locked:
        return skip(
            change, "locked", f"{state.name} is {locked} by now, and cancelling it does not stop a parcel"
        )
    same_tracking = sorted(state.tracking.numbers) == sorted(made.tracking.numbers)
    if units_by_line(state.lines) != units_by_line(made.lines) or not same_tracking:
        return skip(
            change,
            "changed_since",
            f"somebody changed {state.name} since we made it; look at it in the admin",
        )
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
        return skip(change, "not_stocked", "the item is not stocked there any more")
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
