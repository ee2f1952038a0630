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

Said = tuple[VerdictKind, str]


def judge_held(handle: str, opened: tuple[FulfillmentOrderState, ...]) -> Said:
    """Whether our hold is there."""
    held = [o for o in opened if any(hold.handle == handle for hold in o.holds)]
    if held:
        return VerdictKind.CONFIRMED, f"on hold at {held[0].location_name}"
    return VerdictKind.CHANGED_SINCE, "our hold was released by someone else"


def judge_released(handle: str, opened: tuple[FulfillmentOrderState, ...]) -> Said:
    """Whether our hold is gone."""
    if any(hold.handle == handle for o in opened for hold in o.holds):
        return VerdictKind.NOT_APPLIED, "our hold is still there"
    return VerdictKind.CONFIRMED, "our hold is gone"


def judge_tagged(tag: str, add: bool, order: OrderState) -> Said:
    """Whether the tag is as it was set."""
    if has_tag(order, tag) is add:
        return VerdictKind.CONFIRMED, f"the order {'has' if add else 'no longer has'} the tag {tag}"
    return VerdictKind.CHANGED_SINCE, f"someone {'removed' if add else 'added'} the tag {tag} again"


def judge_requested(outcome: Outcome, opened: tuple[FulfillmentOrderState, ...]) -> Said:
    """What the service said to our request."""
    now = next((o.request_status for o in opened if o.id == outcome.fulfillment_order_id), "")
    match now:
        case "CANCELLATION_REQUESTED":
            return VerdictKind.CONFIRMED, "the service was asked and has not answered yet"
        case "CANCELLATION_ACCEPTED":
            return VerdictKind.CONFIRMED, "the service has agreed to stop"
        case "CANCELLATION_REJECTED":
            return VerdictKind.CONFIRMED, "the service was asked and refuses to stop"
    return VerdictKind.CHANGED_SINCE, "the service was asked; its fulfillment order is not open any more"


def judge_on_hand(action: SetOnHand, later: int, reading: Reading) -> Said:
    """Whether on hand is what it was set to, and what changes of the same plan added after it (`later`)."""
    level = reading.levels.get((action.inventory_item_id, action.location_id))
    if level is None:
        return VerdictKind.CHANGED_SINCE, "the item is not stocked there any more"
    if level.on_hand != action.quantity + later:
        after = f", should be {action.quantity + later} after the rest of the plan" if later else ""
        return (
            VerdictKind.CHANGED_SINCE,
            f"on hand was set to {action.quantity}{after} and is {level.on_hand} now",
        )
    return VerdictKind.CONFIRMED, f"{level.on_hand} on hand"


def judge_recreated(action: RecreateFulfillment, state: FulfillmentState | None) -> Said:
    """Whether what we fulfilled is there, as planned."""
    if state is None:
        return VerdictKind.NOT_APPLIED, "the shop has no such fulfillment"
    if state.status != "SUCCESS":
        return VerdictKind.CHANGED_SINCE, f"fulfilled as {state.name}, which is {state.status} now"
    if units_by_line(state.lines) != units_by_line(action.lines):
        return VerdictKind.NOT_APPLIED, f"{state.name} holds other lines or quantities than planned"
    if (state.tracking.company, state.tracking.numbers) != (action.tracking.company, action.tracking.numbers):
        return VerdictKind.CHANGED_SINCE, f"the tracking of {state.name} is another than planned"
    return VerdictKind.CONFIRMED, f"fulfilled as {state.name} from {state.location_name}"
