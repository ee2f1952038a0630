"""Stock: every movement of units between states and locations, with the request that caused it.

Only `move` changes a level. What is on hand is never stored: it is the sum of six states, so that
Shopify's identity holds whatever happens (inventoryProperties, recorded 2026; incoming stands outside).
"""

from sandbox_shop.context import Context
from sandbox_shop.world import Row, World, format_time

STATES = ("available", "committed", "reserved", "damaged", "safety_stock", "quality_control")
NAMES = (*STATES, "incoming")


def on_hand(level: Row) -> int:
    """Units that are physically there: the sum of the six states. Negative where oversold."""
    return sum(int(level[name]) for name in STATES)


def level_at(world: World, item_id: int, location_id: int) -> Row | None:
    """The stock row of an item at a location, active or not; None where the item never was there."""
    return world.row("select * from level where item_id = ? and location_id = ?", item_id, location_id)


def is_tracked(world: World, item_id: int | None) -> bool:
    """Whether stock is kept for the item. Lines without an item (custom lines, gift cards) keep none."""
    row = world.row("select tracked from item where id = ?", item_id)
    return bool(row and row["tracked"])


def move(
    source: Context | World,
    item_id: int | None,
    location_id: int | None,
    name: str,
    delta: int,
    reason: str,
    document: str | None = None,
) -> bool:
    """Add `delta` units to one state of an item at a location, and write the ledger row.

    `name` is one of NAMES. Untracked items, lines without an item and orders without a location move
    nothing; then the answer is False. An item that never was at the location is activated there.
    """
    world = source if isinstance(source, World) else source.world
    if name not in NAMES:
        raise ValueError(f"No stock state is called {name!r}; the states are {', '.join(NAMES)}.")
    if not delta or location_id is None or item_id is None or not is_tracked(world, item_id):
        return False
    if level_at(world, item_id, location_id) is None:
        activate(world, item_id, location_id)
    now = format_time(world.now())
    with world.lock:
        world.connection.execute(
            f"update level set {name} = {name} + ?, updated_at = ? where item_id = ? and location_id = ?",
            (delta, now, item_id, location_id),
        )
    row = {"item_id": item_id, "location_id": location_id, "name": name, "delta": delta, "reason": reason}
    request_id = None if isinstance(source, World) else source.request_id
    world.insert("ledger", {"at": now, "request_id": request_id, "document": document, **row})
    return True


def activate(world: World, item_id: int, location_id: int) -> None:
    """Stock the item at the location, with zero units; an inactive level becomes active again."""
    now = format_time(world.now())
    with world.lock:
        world.connection.execute(
            "insert into level(item_id, location_id, created_at, updated_at) values(?, ?, ?, ?)"
            " on conflict(item_id, location_id) do update set active = 1, updated_at = excluded.updated_at",
            (item_id, location_id, now, now),
        )
