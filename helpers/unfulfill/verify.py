"""A plan, its outcomes and a fresh reading → one verdict for each change. Pure."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from unfulfill.model import (
    IN_EFFECT,
    CancelFulfillment,
    Change,
    CloseOrder,
    FulfillmentOrderState,
    FulfillmentState,
    HoldFulfillmentOrder,
    LevelState,
    OrderState,
    Outcome,
    Plan,
    RecreateFulfillment,
    ReleaseHold,
    RequestCancellation,
    Result,
    SetOnHand,
    TagOrder,
    Verdict,
    VerdictKind,
)
from unfulfill.plan import has_tag, units_by_line


@dataclass(frozen=True)
class Reading:
    """What was read after the plan was applied, by id."""

    fulfillments: Mapping[str, FulfillmentState]
    orders: Mapping[str, OrderState]
    open_orders: Mapping[str, tuple[FulfillmentOrderState, ...]]  # by order id
    levels: Mapping[tuple[str, str], LevelState] = field(
        default_factory=dict
    )  # by inventory item and location


@dataclass(frozen=True)
class Verified:
    """One verdict for each change of a plan."""

    verdicts: tuple[Verdict, ...]

    @property
    def counts(self) -> dict[str, int]:
        """Number of changes by verdict, in the words of `VerdictKind`."""
        return dict(Counter(verdict.kind.value for verdict in self.verdicts))


def verify_plan(plan: Plan, outcomes: Mapping[str, Outcome], reading: Reading) -> Verified:
    """Every change against the reading, in the plan's order."""
    return Verified(tuple(_verdict(change, outcomes.get(change.id), reading) for change in plan.changes))


def _verdict(change: Change, outcome: Outcome | None, reading: Reading) -> Verdict:
    if outcome is None:
        return Verdict(change.id, VerdictKind.NOT_SENT, "not applied yet")
    if outcome.result not in IN_EFFECT:
        return Verdict(change.id, VerdictKind.NOT_SENT, f"{outcome.result.value}: {outcome.message}")
    if isinstance(change.action, SetOnHand):
        kind, message = _on_hand(change.action, reading)
    elif (order := reading.orders.get(change.order_id)) is None:
        kind, message = VerdictKind.NOT_APPLIED, "the shop has no such order any more"
    else:
        kind, message = _compare(change, outcome, order, reading)
    before_us = "not sent, for it was so already: " if outcome.result is Result.ALREADY_DONE else ""
    return Verdict(change.id, kind, before_us + message)


def _compare(
    change: Change, outcome: Outcome, order: OrderState, reading: Reading
) -> tuple[VerdictKind, str]:
    open_orders = reading.open_orders.get(order.id, ())
    match change.action:
        case CancelFulfillment(fulfillment_id=fulfillment_id):
            return _cancelled(change, reading.fulfillments.get(fulfillment_id), open_orders)
        case RecreateFulfillment():
            return _recreated(change.action, reading.fulfillments.get(outcome.created_id))
        case HoldFulfillmentOrder(handle=handle):
            held = [o for o in open_orders if any(hold.handle == handle for hold in o.holds)]
            if held:
                return VerdictKind.CONFIRMED, f"on hold at {held[0].location_name}"
            return VerdictKind.CHANGED_SINCE, "our hold was released by someone else"
        case ReleaseHold(handle=handle):
            if any(hold.handle == handle for o in open_orders for hold in o.holds):
                return VerdictKind.NOT_APPLIED, "our hold is still there"
            return VerdictKind.CONFIRMED, "our hold is gone"
        case TagOrder(tag=tag, add=add):
            if has_tag(order, tag) is add:
                return VerdictKind.CONFIRMED, f"the order {'has' if add else 'no longer has'} the tag {tag}"
            return VerdictKind.CHANGED_SINCE, f"someone {'removed' if add else 'added'} the tag {tag} again"
        case CloseOrder():
            if order.closed:
                return VerdictKind.CONFIRMED, "archived"
            return VerdictKind.CHANGED_SINCE, "someone re-opened the order"
        case RequestCancellation():
            return _requested(outcome, open_orders)
        case SetOnHand():
            return _on_hand(change.action, reading)


def _requested(outcome: Outcome, open_orders: tuple[FulfillmentOrderState, ...]) -> tuple[VerdictKind, str]:
    now = next((o.request_status for o in open_orders if o.id == outcome.fulfillment_order_id), "")
    match now:
        case "CANCELLATION_REQUESTED":
            return VerdictKind.CONFIRMED, "the service was asked and has not answered yet"
        case "CANCELLATION_ACCEPTED":
            return VerdictKind.CONFIRMED, "the service has agreed to stop"
        case "CANCELLATION_REJECTED":
            return VerdictKind.CONFIRMED, "the service was asked and refuses to stop"
    return VerdictKind.CHANGED_SINCE, "the service was asked; its fulfillment order is not open any more"


def _on_hand(action: SetOnHand, reading: Reading) -> tuple[VerdictKind, str]:
    level = reading.levels.get((action.inventory_item_id, action.location_id))
    if level is None:
        return VerdictKind.CHANGED_SINCE, "the item is not stocked there any more"
    if level.on_hand != action.quantity:
        return VerdictKind.CHANGED_SINCE, f"on hand was set to {action.quantity} and is {level.on_hand} now"
    return VerdictKind.CONFIRMED, f"{level.on_hand} on hand"


def _cancelled(
    change: Change, state: FulfillmentState | None, open_orders: tuple[FulfillmentOrderState, ...]
) -> tuple[VerdictKind, str]:
    if state is None or state.status != "CANCELLED":
        return VerdictKind.NOT_APPLIED, f"its status is {state.status if state else 'unknown'}, not CANCELLED"
    lines = {line.line_item_id for line in state.lines}
    places = sorted(
        {o.location_name for o in open_orders if any(line.line_item_id in lines for line in o.lines)}
    )
    if not places:
        return (
            VerdictKind.CONFIRMED,
            "cancelled; its units are not open: somebody fulfilled or removed them since",
        )
    moved = "" if state.location_name in places else f", moved there from {state.location_name}"
    return VerdictKind.CONFIRMED, f"cancelled; its units are open again at {', '.join(places)}{moved}"


def _recreated(action: RecreateFulfillment, state: FulfillmentState | None) -> tuple[VerdictKind, str]:
    if state is None:
        return VerdictKind.NOT_APPLIED, "the shop has no such fulfillment"
    if state.status != "SUCCESS":
        return VerdictKind.CHANGED_SINCE, f"fulfilled again as {state.name}, which is {state.status} now"
    if units_by_line(state.lines) != units_by_line(action.lines):
        return VerdictKind.NOT_APPLIED, f"{state.name} holds other lines or quantities than before"
    if (state.tracking.company, state.tracking.numbers) != (action.tracking.company, action.tracking.numbers):
        return VerdictKind.CHANGED_SINCE, f"the tracking of {state.name} is another than before"
    return VerdictKind.CONFIRMED, f"fulfilled again as {state.name} from {state.location_name}"
