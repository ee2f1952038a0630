"""What was applied, and a fresh reading → an ordinary Plan that takes it back. Pure.

It restores what ships (lines, quantities, tracking, location, no e-mail), not the old ids: a cancelled
fulfillment stays cancelled, a new one takes its place.
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from unfulfill.model import (
    CancelFulfillment,
    Change,
    CloseOrder,
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
    Reversibility,
    SetOnHand,
    Skip,
    TagOrder,
)
from unfulfill.plan import seal


def plan_undo(
    plan: Plan,
    outcomes: Mapping[str, Outcome],
    *,
    orders: Mapping[str, OrderState],
    fulfillments: Mapping[str, FulfillmentState],
    levels: Mapping[tuple[str, str], LevelState],
    made_at: datetime,
    only_orders: Iterable[str] | None = None,
) -> Plan:
    """The plan that takes back every change of `plan` that we applied, last case first.

    `orders` and `fulfillments` are read just now: the orders touched, the fulfillments that `plan` made.
    `only_orders` are order names; None takes all. Changes that nobody or somebody else applied are left out;
    those that cannot be taken back are skips.
    """
    wanted = None if only_orders is None else {name.strip() for name in only_orders}
    changes: list[Change] = []
    skips: list[Skip] = []
    cases: dict[str, list[Change]] = {}
    for change in plan.changes:
        outcome = outcomes.get(change.id)
        if outcome and outcome.result is Result.APPLIED and (wanted is None or change.order_name in wanted):
            cases.setdefault(change.case, []).append(change)
    for case in reversed(list(cases.values())):
        inverse = [
            _invert(change, outcomes[change.id], orders, fulfillments, levels) for change in reversed(case)
        ]
        skips += [item for item in inverse if isinstance(item, Skip)]
        changes += _in_order([item for item in inverse if isinstance(item, Change)], case, orders)
    return seal(
        Plan(
            kind="undo",
            shop=plan.shop,
            api_version=plan.api_version,
            made_at=made_at,
            changes=tuple(changes),
            skips=tuple(skips),
            limits=plan.limits,
            live_fulfillments=plan.live_fulfillments,
        )
    )


def _invert(
    change: Change,
    outcome: Outcome,
    orders: Mapping[str, OrderState],
    fulfillments: Mapping[str, FulfillmentState],
    levels: Mapping[tuple[str, str], LevelState],
) -> Change | Skip:
    if isinstance(change.action, SetOnHand):
        return _set_back(change, change.action, outcome, levels)
    order = orders.get(change.order_id)
    if order is None:
        return _skip(change, "not_found", "the shop has no such order any more")
    if order.cancelled and not isinstance(change.action, TagOrder):
        return _skip(
            change, "order_cancelled", "the order is cancelled; nothing of it can be fulfilled again"
        )
    if change.reversibility is Reversibility.NOT_BY_US:
        return _skip(
            change, "not_by_us", "another app's service fulfilled it; only that service can do it again"
        )
    base = replace(change, before=order, needs=(), override="", reversibility=Reversibility.UNDOABLE)
    match change.action:
        case CancelFulfillment():
            return _recreate(change, base)
        case RecreateFulfillment():
            state = fulfillments.get(outcome.created_id)
            if state is None or state.status == "CANCELLED":
                return _skip(
                    change, "already_cancelled", "the fulfillment that was made is cancelled already"
                )
            return replace(
                base,
                id=f"{change.case}-cancel",
                fulfillment_id=state.id,
                action=CancelFulfillment(state.id),
                before=state,
                reversibility=Reversibility.NEW_IDS,
            )
        case HoldFulfillmentOrder(lines=lines, handle=handle):
            return replace(base, id=f"{change.case}-release", action=ReleaseHold(lines, handle))
        case ReleaseHold(lines=lines, handle=handle):
            hold = HoldFulfillmentOrder(lines, handle, "OTHER", "Held again by an undo")
            return replace(base, id=f"{change.case}-hold", action=hold)
        case TagOrder(tag=tag, add=add):
            word = "untag" if add else "tag"
            return replace(base, id=f"{change.case}-{word}", action=TagOrder(tag, not add))
        case CloseOrder():
            return _skip(
                change, "opens_by_itself", "an archived order re-opens when its fulfillment is cancelled"
            )
        case RequestCancellation():
            return _skip(change, "not_by_us", "only the service can take up again what it was asked to stop")
        case SetOnHand():
            return _set_back(change, change.action, outcome, levels)


def _set_back(
    change: Change, action: SetOnHand, outcome: Outcome, levels: Mapping[tuple[str, str], LevelState]
) -> Change | Skip:
    """Takes away what was added, whatever was sold or cancelled since."""
    now = levels.get((action.inventory_item_id, action.location_id))
    if now is None or outcome.replaced is None:
        return _skip(change, "not_stocked", "the item is not stocked there any more")
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


def _recreate(change: Change, base: Change) -> Change | Skip:
    before = change.before
    if not isinstance(before, FulfillmentState):
        return _skip(change, "no_before_state", "the plan does not hold what was fulfilled before")
    action = RecreateFulfillment(before.lines, before.tracking, before.location_id)
    return replace(base, id=f"{change.case}-refulfil", action=action, reversibility=Reversibility.NEW_IDS)


def _in_order(inverse: list[Change], case: list[Change], orders: Mapping[str, OrderState]) -> list[Change]:
    """The changes of one case: release a hold first, fulfil or cancel, close, then the rest."""
    rank = {"ReleaseHold": 0, "CancelFulfillment": 1, "RecreateFulfillment": 1, "HoldFulfillmentOrder": 2}
    ordered = sorted(inverse, key=lambda change: rank.get(change.kind, 3))
    result: list[Change] = []
    for change in ordered:
        needs = tuple(
            earlier.id
            for earlier in result
            if rank.get(change.kind, 3) in (1, 2) and rank.get(earlier.kind, 3) < rank.get(change.kind, 3)
        )
        result.append(replace(change, needs=needs))
        first = next((done.before for done in case if isinstance(done.before, FulfillmentState)), None)
        if isinstance(change.action, RecreateFulfillment) and first is not None and first.order.closed:
            close = replace(change, id=f"{change.case}-close", action=CloseOrder(), needs=(change.id,))
            result.append(replace(close, reversibility=Reversibility.UNDOABLE))
    return result


def _skip(change: Change, reason: str, message: str) -> Skip:
    return Skip(change.fulfillment_id, change.order_id, change.order_name, reason, message)
