"""What others do to an order while we work: staff in the admin, other apps, the customer, the carrier.

Each takes the world, an order and a source of chance, and returns whether there was something to do.
"""

from collections.abc import Callable
from random import Random

from simulated_effects import FULFILLABLE, fulfil, fulfillment_cancel, inventory_set_quantities
from simulated_world import LIVE, LOCATIONS, HoldOnOrder, Order, World

OUR_TAG = "unfulfilled-by-mistake"
Deed = Callable[[World, Order, Random], bool]


def cancels(world: World, order: Order, chance: Random) -> bool:
    """Staff cancels a live fulfillment."""
    live = world.live_of(order)
    return bool(live) and fulfillment_cancel(world, chance.choice(live).id)[1] is not None


def fulfils(world: World, order: Order, chance: Random) -> bool:
    """Staff, or another app, fulfils what is open in one fulfillment order, with a number of its own."""
    open_ones = [one for one in world.orders_of(order) if one.status in FULFILLABLE]
    if not open_ones:
        return False
    one = chance.choice(open_ones)
    found = [(one, line, line.quantity) for line in one.lines if line.quantity]
    fulfil(world, found, {"company": "Other", "numbers": [f"OTHER-{len(order.fulfillments)}"]})
    return True


def fulfils_a_part(world: World, order: Order, chance: Random) -> bool:
    """Staff fulfils one unit."""
    open_ones = [one for one in world.orders_of(order) if one.status in FULFILLABLE]
    if not open_ones:
        return False
    one = chance.choice(open_ones)
    line = next(line for line in one.lines if line.quantity)
    fulfil(world, [(one, line, 1)], {"company": "Other", "numbers": [f"OTHER-{len(order.fulfillments)}"]})
    return True


def removes_tag(world: World, order: Order, chance: Random) -> bool:
    """Somebody takes our tag away."""
    if OUR_TAG not in order.tags:
        return False
    order.tags.discard(OUR_TAG)
    world.touch(order)
    return True


def adds_tag(world: World, order: Order, chance: Random) -> bool:
    """Somebody adds the tag that we would add, in capitals."""
    if OUR_TAG in {tag.casefold() for tag in order.tags}:
        return False
    order.tags.add(OUR_TAG.upper())
    world.touch(order)
    return True


def adds_another_tag(world: World, order: Order, chance: Random) -> bool:
    """Somebody adds a tag that is not ours."""
    order.tags.add(f"vip-{len(order.tags)}")
    world.touch(order)
    return True


def releases_hold(world: World, order: Order, chance: Random) -> bool:
    """Staff releases every hold of a fulfillment order."""
    held = [one for one in world.orders_of(order) if one.holds and one.status in LIVE]
    if not held:
        return False
    one = chance.choice(held)
    one.holds.clear()
    world.settle(one)
    world.touch(order)
    return True


def holds(world: World, order: Order, chance: Random) -> bool:
    """Another app holds what is open."""
    open_ones = [one for one in world.orders_of(order) if one.status in FULFILLABLE]
    if not open_ones:
        return False
    one = chance.choice(open_ones)
    one.holds.append(HoldOnOrder(world.new_id("FulfillmentHold"), "theirs", "OTHER", ours=False))
    world.settle(one)
    world.touch(order)
    return True


def edits(world: World, order: Order, chance: Random) -> bool:
    """Staff edits the order's note: only the time of its last change tells."""
    world.touch(order)
    return True


def archives(world: World, order: Order, chance: Random) -> bool:
    """Staff archives the order, or takes it out of the archive."""
    order.closed_at = None if order.closed_at else world.clock.text()
    world.touch(order)
    return True


def cancels_order(world: World, order: Order, chance: Random) -> bool:
    """Staff cancels the order, which Shopify allows only where nothing is fulfilled."""
    if order.cancelled_at or world.live_of(order):
        return False
    order.cancelled_at = order.closed_at = world.clock.text()
    for one in world.orders_of(order):
        if one.status in LIVE:
            for line in one.lines:
                order.lines[line.line_id].removed += line.quantity
            one.status = "CLOSED"
    world.touch(order)
    return True


def refunds(world: World, order: Order, chance: Random) -> bool:
    """Staff refunds money."""
    order.financial_status = "PARTIALLY_REFUNDED"
    world.touch(order)
    return True


def refunds_open_unit(world: World, order: Order, chance: Random) -> bool:
    """Staff refunds a unit that is not fulfilled, so that it will never ship."""
    for one in world.orders_of(order):
        for line in one.lines:
            if one.status in FULFILLABLE and line.quantity:
                line.quantity -= 1
                order.lines[line.line_id].removed += 1
                world.settle(one)
                return refunds(world, order, chance)
    return False


def returns(world: World, order: Order, chance: Random) -> bool:
    """The customer asks for a return."""
    order.return_status = "RETURN_REQUESTED"
    world.touch(order)
    return True


def changes_tracking(world: World, order: Order, chance: Random) -> bool:
    """Staff corrects a tracking number. That does not move the order's own time."""
    live = world.live_of(order)
    if not live:
        return False
    one = chance.choice(live)
    one.numbers = (*one.numbers[:-1], f"NEW-{len(order.fulfillments)}")
    one.updated_at = world.clock.text()
    return True


def delivers(world: World, order: Order, chance: Random) -> bool:
    """The carrier delivers a parcel. That does not move the order's own time."""
    live = [one for one in world.live_of(order) if one.delivered_at is None]
    if not live:
        return False
    one = chance.choice(live)
    one.display_status, one.delivered_at = "DELIVERED", world.clock.text()
    one.updated_at = one.delivered_at
    return True


def moves(world: World, order: Order, chance: Random) -> bool:
    """Shopify, or staff, assigns what is open to another location."""
    untouched = [one for one in world.orders_of(order) if one.status == "OPEN"]
    if not untouched:
        return False
    one = chance.choice(untouched)
    one.location_id = next(place for place in LOCATIONS if place != one.location_id)
    world.touch(order)
    return True


def sells(world: World, order: Order, chance: Random) -> bool:
    """A customer buys one of the same thing; that is another order."""
    level = chance.choice(list(world.levels.values()))
    level.available -= 1
    level.committed += 1
    return True


def counts(world: World, order: Order, chance: Random) -> bool:
    """Staff counts stock: one more is on the shelf."""
    (item, place), level = chance.choice(list(world.levels.items()))
    entry = {
        "inventoryItemId": item,
        "locationId": place,
        "quantity": level.on_hand + 1,
        "changeFromQuantity": None,
    }
    inventory_set_quantities(world, {"name": "on_hand", "reason": "correction", "quantities": [entry]})
    return True


def answers_request(world: World, order: Order, chance: Random) -> bool:
    """A service says no to the request to cancel."""
    asked = [one for one in world.orders_of(order) if one.request_status == "CANCELLATION_REQUESTED"]
    for one in asked:
        one.request_status = "CANCELLATION_REJECTED"
        world.touch(order)
    return bool(asked)


DEEDS: dict[str, Deed] = {
    deed.__name__: deed
    for deed in (
        cancels,
        fulfils,
        fulfils_a_part,
        removes_tag,
        adds_tag,
        adds_another_tag,
        releases_hold,
        holds,
        edits,
        archives,
        cancels_order,
        refunds,
        refunds_open_unit,
        returns,
        changes_tracking,
        delivers,
        moves,
        sells,
        counts,
        answers_request,
    )
}
