"""A fresh reading of everything that a plan touched, for verify and undo."""

from collections.abc import Mapping

from unfulfill.model import (
    IN_EFFECT,
    CancelFulfillment,
    HoldFulfillmentOrder,
    Outcome,
    Plan,
    RecreateFulfillment,
    ReleaseHold,
    RequestCancellation,
    SetOnHand,
)
from unfulfill.shop.client import Shop
from unfulfill.shop.reading import (
    read_fulfillments,
    read_level_states,
    read_open_fulfillment_orders,
    read_orders,
)
from unfulfill.verify import Reading


def read_back(shop: Shop, plan: Plan, outcomes: Mapping[str, Outcome]) -> Reading:
    """The fulfillments that `plan` cancelled or made, their orders, and what is open in those orders."""
    in_effect = [
        change for change in plan.changes if change.id in outcomes and outcomes[change.id].result in IN_EFFECT
    ]
    wanted = {c.action.fulfillment_id for c in in_effect if isinstance(c.action, CancelFulfillment)}
    wanted |= {
        outcomes[change.id].created_id
        for change in in_effect
        if isinstance(change.action, RecreateFulfillment)
    }
    fulfillments = read_fulfillments(shop, sorted(wanted - {""}))
    orders = read_orders(shop, sorted({change.order_id for change in in_effect} - {""}))
    opened = CancelFulfillment | HoldFulfillmentOrder | ReleaseHold | RequestCancellation
    with_open = sorted({change.order_id for change in in_effect if isinstance(change.action, opened)})
    open_orders = read_open_fulfillment_orders(shop, with_open)
    set_ = [change.action for change in in_effect if isinstance(change.action, SetOnHand)]
    levels = read_level_states(shop, [action.inventory_item_id for action in set_])
    return Reading(fulfillments, orders, open_orders, levels)
