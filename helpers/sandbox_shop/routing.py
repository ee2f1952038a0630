"""Which location fulfils: the original one while it stocks the item, else by the shop's priority."""

from collections.abc import Sequence

from sandbox_shop import ledger
from sandbox_shop.world import World


def route_again(
    world: World, item_id: int | None, original: int | None, forced: int | None = None
) -> int | None:
    """The location of units that came back by a cancel.

    The original location while it is active and stocks the item, else the first of the priority that does
    (documented on fulfillmentCancel). `forced` is the switch `reroute_to`. None only in a shop without locations.
    """
    if forced is not None:
        return forced
    if original is not None and _is_active(world, original) and _stocks(world, original, item_id):
        return original
    for location_id in by_priority(world):
        if location_id != original and _stocks(world, location_id, item_id):
            return location_id
    return original


def route_order(world: World, wanted: Sequence[tuple[int | None, int]]) -> list[int | None]:
    """The location of each (item, quantity) of a new order, in the order given.

    One location for everything where one has it all, else line by line: enough units, stocked, first.
    """
    locations = by_priority(world)
    for location_id in locations:
        if all(_has(world, location_id, item_id, quantity) for item_id, quantity in wanted):
            return [location_id] * len(wanted)
    return [_route_line(world, locations, item_id, quantity) for item_id, quantity in wanted]


def by_priority(world: World) -> list[int]:
    """Active locations that fulfil online orders, the preferred ones first."""
    rows = world.rows(
        "select id from location where active = 1 and fulfills_online = 1 order by priority, id"
    )
    return [int(row["id"]) for row in rows]


def _route_line(world: World, locations: list[int], item_id: int | None, quantity: int) -> int | None:
    for location_id in locations:
        if _has(world, location_id, item_id, quantity):
            return location_id
    for location_id in locations:
        if _stocks(world, location_id, item_id):
            return location_id
    return locations[0] if locations else None


def _is_active(world: World, location_id: int) -> bool:
    row = world.row("select active from location where id = ?", location_id)
    return bool(row and row["active"])


def _stocks(world: World, location_id: int, item_id: int | None) -> bool:
    """Whether the item is stocked there; an item without any level may lie anywhere."""
    if item_id is None:
        return True
    level = ledger.level_at(world, item_id, location_id)
    if level is not None:
        return bool(level["active"])
    return world.row("select 1 from level where item_id = ? and active = 1", item_id) is None


def _has(world: World, location_id: int, item_id: int | None, quantity: int) -> bool:
    if not _stocks(world, location_id, item_id):
        return False
    if item_id is None or not ledger.is_tracked(world, item_id):
        return True
    level = ledger.level_at(world, item_id, location_id)
    return level is None or level["available"] >= quantity
