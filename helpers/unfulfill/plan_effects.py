"""What a plan should do to stock, item by location. Pure, and an expectation: Shopify documents none of it.

By inference from Shopify's definitions of the quantities: a cancelled fulfillment puts its units back on the shelf (on
hand +q) where they are still sold (committed +q), and available stays; fulfilling again takes both back. A first
contact measures it on the shop itself, and verify reads the stock again.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pandas as pd

from unfulfill.model import (
    CancelFulfillment,
    Change,
    FulfillmentState,
    LevelState,
    Line,
    Plan,
    RecreateFulfillment,
    SetOnHand,
)


@dataclass(frozen=True)
class StockEffect:
    """What is expected of one item at one location, in units more or less than now."""

    item: str  # SKU, else its name
    location: str
    on_hand: int
    committed: int
    available: int
    set_to: int | None = None  # the number on hand that the plan sets there, after everything else


@dataclass(frozen=True)
class KnownItems:
    """What the export knows of the items that a plan touches. Everything may be missing."""

    item_of: Mapping[str, str] = field(default_factory=dict)  # order line id → inventory item id
    untracked: frozenset[str] = frozenset()  # inventory items of which Shopify keeps no stock
    locations: Mapping[str, str] = field(default_factory=dict)  # location id → name


@dataclass(frozen=True)
class StockForecast:
    """The places where stock should move, the largest number first."""

    effects: tuple[StockEffect, ...]
    untracked_units: int  # units of items of which Shopify keeps no stock: nothing moves for them


@dataclass(frozen=True)
class _Move:
    item: str  # inventory item id, else its SKU or name
    name: str
    location_id: str
    location: str
    units: int  # back on the shelf; negative: off it


def expected_stock(plan: Plan, known: KnownItems) -> StockForecast:
    """What the cancels, the fulfillments made again and the counted numbers of a plan should do to stock."""
    moves = [move for change in plan.changes for move in _moves(change, known)]
    sets = {
        (change.action.inventory_item_id, change.action.location_id): (change.action, change.before)
        for change in plan.changes
        if isinstance(change.action, SetOnHand) and isinstance(change.before, LevelState)
    }
    units = dict.fromkeys(sets, 0)
    names = {place: (before.sku or "?", before.location_name) for place, (_, before) in sets.items()}
    for move in moves:
        if move.item not in known.untracked:
            place = (move.item, move.location_id)
            units[place] = units.get(place, 0) + move.units
            names.setdefault(place, (move.name, move.location))
    effects = []
    for place, number in units.items():
        on_hand, available, set_to = number, 0, None
        if place in sets:
            action, before = sets[place]
            set_to, on_hand = action.quantity, action.quantity - before.on_hand
            available = on_hand - number
        effects.append(StockEffect(*names[place], on_hand, number, available, set_to))
    return StockForecast(
        tuple(sorted(effects, key=lambda effect: (-abs(effect.on_hand), effect.item, effect.location))),
        sum(abs(move.units) for move in moves if move.item in known.untracked),
    )


def known_items(line_items: pd.DataFrame, levels: pd.DataFrame, plan: Plan) -> KnownItems:
    """What tables LINE_ITEMS and INVENTORY_LEVELS know of the order lines of a plan."""
    wanted = {line.line_item_id for change in plan.changes for line, *_ in moved_units(change)}
    lines = line_items[line_items["line_item_id"].isin(wanted) & line_items["inventory_item_id"].notna()]
    item_of = dict(zip(lines["line_item_id"], lines["inventory_item_id"], strict=True))
    of_plan = levels[levels["inventory_item_id"].isin(set(item_of.values()))]
    not_tracked = of_plan.loc[~of_plan["tracked"].fillna(True).astype(bool), "inventory_item_id"]
    places = levels[["location_id", "location_name"]].dropna().drop_duplicates("location_id")
    return KnownItems(
        item_of,
        frozenset(not_tracked),
        dict(zip(places["location_id"], places["location_name"], strict=True)),
    )


def _moves(change: Change, known: KnownItems) -> Iterator[_Move]:
    for line, units, location_id, location in moved_units(change):
        name = line.sku or line.name or "?"
        where = location or known.locations.get(location_id, "an unknown location")
        item = known.item_of.get(line.line_item_id, name)
        yield _Move(item, name, location_id, where, units)


def moved_units(change: Change) -> Iterator[tuple[Line, int, str, str]]:
    """The lines whose units a change moves: how many come back on the shelf (negative: leave it), and where.

    A place has an id and, where that is known without the export, a name.
    """
    action, before = change.action, change.before
    if isinstance(action, CancelFulfillment) and isinstance(before, FulfillmentState):
        for line in before.lines:
            yield line, line.quantity, before.location_id, before.location_name
    elif isinstance(action, RecreateFulfillment):
        for line in action.lines:
            yield line, -line.quantity, action.location_id, ""
