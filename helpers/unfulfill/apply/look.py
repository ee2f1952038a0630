"""What changes touch, read just now: for many changes at a time, 250 ids a request."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from unfulfill.model import (
    CancelFulfillment,
    Change,
    FulfillmentOrderState,
    FulfillmentState,
    HoldFulfillmentOrder,
    LevelState,
    OrderState,
    RecreateFulfillment,
    ReleaseHold,
    RequestCancellation,
    SetOnHand,
)
from unfulfill.shop import Shop
from unfulfill.shop.reading import (
    read_fulfillments,
    read_level_states,
    read_open_fulfillment_orders,
    read_orders,
)

WITH_OPEN_UNITS = (RecreateFulfillment, HoldFulfillmentOrder, ReleaseHold, RequestCancellation)


@dataclass(frozen=True)
class Look:
    """A reading of what one change touches. What a kind does not need is None or empty."""

    order: OrderState | None = None
    fulfillment: FulfillmentState | None = None
    open_orders: tuple[FulfillmentOrderState, ...] = ()
    made_since: tuple[FulfillmentState, ...] = ()  # fulfillments that the order lacked when it was first sent
    level: LevelState | None = None


def look_at(shop: Shop, changes: Sequence[Change], seen: Mapping[str, Iterable[str]]) -> dict[str, Look]:
    """A look for each change, by its id.

    `seen` has an entry for each change that was sent before: the ids of the order's fulfillments at that time. What is
    open is read before the orders: a fulfillment that somebody makes in between then counts as seen, and is never
    taken for ours.
    """
    opened = read_open_fulfillment_orders(shop, _orders(c for c in changes if _is(c, WITH_OPEN_UNITS)))
    cancels = [c.action.fulfillment_id for c in changes if isinstance(c.action, CancelFulfillment)]
    fulfillments = read_fulfillments(shop, cancels)
    orders = read_orders(shop, _orders(c for c in changes if _order_of(c, fulfillments) is None))
    levels = read_level_states(
        shop, [c.action.inventory_item_id for c in changes if isinstance(c.action, SetOnHand)]
    )
    new = {c.id: _new(orders.get(c.order_id), seen[c.id]) for c in changes if c.id in seen and _makes(c)}
    made = read_fulfillments(shop, [id_ for ids in new.values() for id_ in ids])
    looks = {}
    for change in changes:
        action = change.action
        if isinstance(action, SetOnHand):
            looks[change.id] = Look(level=levels.get((action.inventory_item_id, action.location_id)))
            continue
        looks[change.id] = Look(
            order=_order_of(change, fulfillments) or orders.get(change.order_id),
            fulfillment=fulfillments.get(action.fulfillment_id)
            if isinstance(action, CancelFulfillment)
            else None,
            open_orders=opened.get(change.order_id, ()) if _is(change, WITH_OPEN_UNITS) else (),
            made_since=tuple(made[id_] for id_ in new.get(change.id, ()) if id_ in made),
        )
    return looks


def _is(change: Change, kinds: tuple[type, ...]) -> bool:
    return isinstance(change.action, kinds)


def _makes(change: Change) -> bool:
    return isinstance(change.action, RecreateFulfillment)


def _orders(changes: Iterable[Change]) -> list[str]:
    return [change.order_id for change in changes if change.order_id]


def _order_of(change: Change, fulfillments: Mapping[str, FulfillmentState]) -> OrderState | None:
    """The order as it came with the fulfillment to cancel; None where it must be read by itself."""
    if isinstance(change.action, CancelFulfillment) and change.action.fulfillment_id in fulfillments:
        return fulfillments[change.action.fulfillment_id].order
    return None


def _new(order: OrderState | None, seen: Iterable[str]) -> list[str]:
    known = set(seen)
    return [id_ for id_, _ in order.fulfillments if id_ not in known] if order else []
