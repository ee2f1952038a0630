"""Open units and tracking → a Plan that marks orders as fulfilled: the other way round. Pure.

Each open fulfillment order becomes one fulfillment with all that is left in it, from the location where it is open,
without an e-mail. Its undo is the ordinary one: the fulfillment is cancelled.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from unfulfill.model import (
    Change,
    FulfillmentOrderState,
    Limits,
    OrderState,
    Plan,
    RecreateFulfillment,
    Reversibility,
    ShopIdentity,
    Skip,
    Tracking,
)
from unfulfill.open_units import FULFILLABLE
from unfulfill.plan import seal
from unfulfill.undo import hold_reasons
from unfulfill.words import said

FULFIL_KIND = "fulfil"
NO_TRACKING = Tracking()


@dataclass(frozen=True)
class ToFulfil:
    """One order that shall be fulfilled: as read just now, with the tracking of its parcel."""

    order: OrderState
    open_orders: tuple[FulfillmentOrderState, ...]
    tracking: Tracking = NO_TRACKING


def plan_fulfil(
    wanted: Sequence[ToFulfil],
    *,
    shop: ShopIdentity,
    api_version: str,
    made_at: datetime,
    limits: Limits,
    live_fulfillments: int = 0,
) -> Plan:
    """The plan that fulfils what is open in these orders, sealed. What cannot be fulfilled by us is a skip."""
    changes: list[Change] = []
    skips: list[Skip] = []
    for each in wanted:
        refusal = _refusal(each, limits)
        if refusal:
            skips.append(_skip(each.order, *refusal))
            continue
        for state in each.open_orders:
            refusal = _not_fulfillable(state)
            if refusal:
                skips.append(_skip(each.order, *refusal))
            elif any(line.quantity for line in state.lines):
                changes.append(_change(each, state, f"f{len(changes) + 1:04d}"))
    return seal(
        Plan(
            kind=FULFIL_KIND,
            shop=shop,
            api_version=api_version,
            made_at=made_at,
            changes=tuple(changes),
            skips=tuple(skips),
            limits=limits,
            live_fulfillments=live_fulfillments,
        )
    )


def _refusal(each: ToFulfil, limits: Limits) -> tuple[str, str] | None:
    order = each.order
    if order.cancelled:
        return "order_cancelled", said("lock.order_cancelled")
    protected = sorted(set(order.tags) & set(limits.protected_tags))
    if protected:
        return "protected", said("refusal.protected", tag=protected[0])
    open_ = [state for state in each.open_orders if any(line.quantity for line in state.lines)]
    if not open_:
        return "nothing_open", said("obstacle.nothing_open")
    parcels = [state for state in open_ if _not_fulfillable(state) is None]
    if each.tracking.numbers and len(parcels) > 1:
        places = said("shown.and").join(sorted({state.location_name for state in parcels}))
        return "several_parcels", said("obstacle.several_parcels", number=len(parcels), places=places)
    return None


def _not_fulfillable(state: FulfillmentOrderState) -> tuple[str, str] | None:
    """Why one open fulfillment order cannot be fulfilled by us."""
    place = state.location_name or said("open.its_location")
    if state.status == "ON_HOLD":
        return "on_hold", said("obstacle.open_on_hold", place=place, reasons=hold_reasons([state]))
    if state.status == "SCHEDULED":
        return "scheduled", said("obstacle.open_scheduled", place=place)
    if state.status not in FULFILLABLE or "CREATE_FULFILLMENT" not in state.supported_actions:
        return "third_party", said("obstacle.open_at_service", place=place)
    return None


def _change(each: ToFulfil, state: FulfillmentOrderState, case: str) -> Change:
    lines = tuple(replace(line, id="") for line in state.lines if line.quantity)
    return Change(
        id=f"{case}-fulfil",
        case=case,
        order_id=each.order.id,
        order_name=each.order.name,
        fulfillment_id="",
        action=RecreateFulfillment(lines, each.tracking, state.location_id),
        reversibility=Reversibility.UNDOABLE,
        before=each.order,
    )


def _skip(order: OrderState, reason: str, message: str) -> Skip:
    return Skip("", order.id, order.name, reason, message)
