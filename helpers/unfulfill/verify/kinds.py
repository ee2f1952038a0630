"""What a fresh reading says of each kind of change that needs no other change to be judged. Pure."""

from unfulfill.model import (
    FulfillmentOrderState,
    FulfillmentState,
    OrderState,
    Outcome,
    RecreateFulfillment,
    SetOnHand,
    VerdictKind,
)
from unfulfill.plan import has_tag, units_by_line
from unfulfill.verify.reading import Reading
from unfulfill.words import said

Said = tuple[VerdictKind, str]


def judge_held(handle: str, opened: tuple[FulfillmentOrderState, ...]) -> Said:
    """Whether our hold is there."""
    held = [o for o in opened if any(hold.handle == handle for hold in o.holds)]
    if held:
        return VerdictKind.CONFIRMED, said("checked.held", place=held[0].location_name)
    return VerdictKind.CHANGED_SINCE, said("checked.hold_released")


def judge_released(handle: str, opened: tuple[FulfillmentOrderState, ...]) -> Said:
    """Whether our hold is gone."""
    if any(hold.handle == handle for o in opened for hold in o.holds):
        return VerdictKind.NOT_APPLIED, said("checked.hold_there")
    return VerdictKind.CONFIRMED, said("checked.hold_gone")


def judge_tagged(tag: str, add: bool, order: OrderState) -> Said:
    """Whether the tag is as it was set."""
    if has_tag(order, tag) is add:
        return VerdictKind.CONFIRMED, said("checked.tagged" if add else "checked.untagged", tag=tag)
    return VerdictKind.CHANGED_SINCE, said("checked.tag_removed" if add else "checked.tag_added", tag=tag)


def judge_requested(outcome: Outcome, opened: tuple[FulfillmentOrderState, ...]) -> Said:
    """What the service said to our request."""
    now = next((o.request_status for o in opened if o.id == outcome.fulfillment_order_id), "")
    match now:
        case "CANCELLATION_REQUESTED":
            return VerdictKind.CONFIRMED, said("checked.asked")
        case "CANCELLATION_ACCEPTED":
            return VerdictKind.CONFIRMED, said("checked.agreed")
        case "CANCELLATION_REJECTED":
            return VerdictKind.CONFIRMED, said("checked.turned_down")
    return VerdictKind.CHANGED_SINCE, said("checked.asked_and_closed")


def judge_on_hand(action: SetOnHand, later: int, reading: Reading) -> Said:
    """Whether on hand is what it was set to, and what changes of the same plan added after it (`later`)."""
    level = reading.levels.get((action.inventory_item_id, action.location_id))
    if level is None:
        return VerdictKind.CHANGED_SINCE, said("obstacle.not_stocked")
    if level.on_hand != action.quantity + later:
        key = "checked.on_hand_moved_later" if later else "checked.on_hand_moved"
        numbers = {"set": action.quantity, "wanted": action.quantity + later, "now": level.on_hand}
        return VerdictKind.CHANGED_SINCE, said(key, **numbers)
    return VerdictKind.CONFIRMED, said("checked.on_hand", number=level.on_hand)


def judge_recreated(action: RecreateFulfillment, state: FulfillmentState | None) -> Said:
    """Whether what we fulfilled is there, as planned."""
    if state is None:
        return VerdictKind.NOT_APPLIED, said("refusal.not_found")
    if state.status != "SUCCESS":
        return VerdictKind.CHANGED_SINCE, said("checked.made_and_gone", name=state.name, status=state.status)
    if units_by_line(state.lines) != units_by_line(action.lines):
        return VerdictKind.NOT_APPLIED, said("checked.other_lines", name=state.name)
    if (state.tracking.company, state.tracking.numbers) != (action.tracking.company, action.tracking.numbers):
        return VerdictKind.CHANGED_SINCE, said("checked.other_tracking", name=state.name)
    return VerdictKind.CONFIRMED, said("checked.made", name=state.name, place=state.location_name)
