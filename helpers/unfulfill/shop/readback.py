"""A fresh reading of everything that a plan touched, for verify and undo.

An order comes with each of its fulfillments, together with all that is open in it: most plans are read back with one
request for 250 fulfillments and none beside.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from unfulfill.model import (
    IN_EFFECT,
    CancelFulfillment,
    Change,
    FulfillmentOrderState,
    FulfillmentState,
    HoldFulfillmentOrder,
    OrderState,
    Outcome,
    Plan,
    RecreateFulfillment,
    ReleaseHold,
    RequestCancellation,
    SetOnHand,
)
from unfulfill.shop.client import Shop
from unfulfill.shop.reading import (
    fulfillment_lines,
    fulfillment_orders,
    nodes_by_id,
    only_open,
    read_level_states,
    read_open_fulfillment_orders,
    read_orders,
)
from unfulfill.shop.shapes import Node, fulfillment_state, identifier, number, part, parts
from unfulfill.verify import OrderedUnits, Reading

WITH_OPEN_UNITS = (CancelFulfillment, HoldFulfillmentOrder, ReleaseHold, RequestCancellation)


def read_back(
    shop: Shop, plan: Plan, outcomes: Mapping[str, Outcome], items: Mapping[str, str] | None = None
) -> Reading:
    """The fulfillments that `plan` cancelled or made, their orders, and what is open in those orders.

    `items` (order line → inventory item) is passed on.
    """
    in_effect = [c for c in plan.changes if c.id in outcomes and outcomes[c.id].result in IN_EFFECT]
    found = _Found()
    for node in nodes_by_id(shop, "FulfillmentsReadBack", _fulfillments(in_effect, outcomes), "Fulfillment"):
        _add(found, shop, node)
    wanted = dict.fromkeys(change.order_id for change in in_effect if change.order_id)
    found.orders |= read_orders(shop, [id_ for id_ in wanted if id_ not in found.orders])
    with_open = dict.fromkeys(c.order_id for c in in_effect if isinstance(c.action, WITH_OPEN_UNITS))
    found.open_orders |= read_open_fulfillment_orders(
        shop, [id_ for id_ in with_open if id_ not in found.open_orders]
    )
    set_ = [change.action for change in in_effect if isinstance(change.action, SetOnHand)]
    return Reading(
        found.fulfillments,
        found.orders,
        found.open_orders,
        read_level_states(shop, [action.inventory_item_id for action in set_]),
        found.shipped,
        found.ordered,
        items or {},
    )


@dataclass
class _Found:
    fulfillments: dict[str, FulfillmentState] = field(default_factory=dict)
    orders: dict[str, OrderState] = field(default_factory=dict)
    open_orders: dict[str, tuple[FulfillmentOrderState, ...]] = field(default_factory=dict)
    shipped: dict[str, dict[str, int]] = field(default_factory=dict)
    ordered: dict[str, OrderedUnits] = field(default_factory=dict)


def _fulfillments(in_effect: Iterable[Change], outcomes: Mapping[str, Outcome]) -> list[str]:
    """Ids of those that were cancelled or made, once each."""
    wanted = (
        change.action.fulfillment_id
        if isinstance(change.action, CancelFulfillment)
        else outcomes[change.id].created_id
        for change in in_effect
        if isinstance(change.action, CancelFulfillment | RecreateFulfillment)
    )
    return [id_ for id_ in dict.fromkeys(wanted) if id_]


def _add(found: _Found, shop: Shop, node: Node) -> None:
    """Keep one fulfillment and its order. An order that came before is as good as now."""
    lines = fulfillment_lines(shop, node)
    state = fulfillment_state(node, lines)
    found.fulfillments[state.id] = state
    for line in lines:
        item = part(line, "lineItem")
        found.ordered[identifier(item)] = OrderedUnits(
            number(item, "quantity"), number(item, "currentQuantity")
        )
    if state.order.id in found.orders:
        return
    order = part(node, "order")
    found.orders[state.order.id] = state.order
    found.open_orders[state.order.id] = only_open(fulfillment_orders(shop, order))
    for other in parts(order, "fulfillments"):
        found.shipped[identifier(other)] = _units(fulfillment_lines(shop, other))


def _units(lines: Iterable[Node]) -> dict[str, int]:
    total: dict[str, int] = {}
    for line in lines:
        id_ = identifier(part(line, "lineItem"))
        total[id_] = total.get(id_, 0) + number(line, "quantity")
    return total
