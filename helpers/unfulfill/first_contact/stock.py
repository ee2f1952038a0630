"""What a cancel and its undo did to stock, item by location. Pure.

Expected, by inference from Shopify's definitions and from nothing else: after a cancel the units are on the shelf again
(on hand +q) and still sold (committed +q); available stays. After the undo everything is as before.
"""

from collections.abc import Iterable

from unfulfill.first_contact.choosing import live_fulfillments
from unfulfill.first_contact.record import Glimpse, Level, Observation
from unfulfill.words import day, listed, said, signed

Numbers = tuple[int, int, int]  # available, committed, on hand
Place = tuple[str, str]  # inventory item id, location id
NONE: Numbers = (0, 0, 0)


def stock_after_cancel(before: Glimpse, between: Glimpse) -> list[Observation]:
    """One row a tracked item and location where something was expected or seen."""
    expected, changes = _expected(before), _changes(before, between)
    return [
        Observation(
            said("observation.stock_after_cancel", where=_where(before, between, place)),
            _told(expected.get(place, NONE)),
            _told(changes.get(place, NONE)),
            changes.get(place, NONE) == expected.get(place, NONE),
        )
        for place in _sorted(before, between, expected.keys() | changes.keys())
    ]


def stock_after_undo(before: Glimpse, between: Glimpse, after: Glimpse) -> list[Observation]:
    """The same places, and others that moved: is every number as it was?"""
    moved, left = _changes(before, between), _changes(before, after)
    same = said("observation.as_before")
    return [
        Observation(
            said("observation.stock_after_undo", where=_where(before, between, place)),
            same,
            same if place not in left else said("observation.not_as_before", change=_told(left[place])),
            place not in left,
        )
        for place in _sorted(before, between, _expected(before).keys() | moved.keys() | left.keys())
    ]


def stock_moved(before: Glimpse, now: Glimpse) -> bool:
    """Whether stock of every item that should move has moved somehow; true where none should."""
    changed = {item for item, _ in _changes(before, now)}
    return all(item in changed for item, _ in _expected(before))


def stock_differs(before: Glimpse, now: Glimpse) -> bool:
    """Whether any number of the order's items differs."""
    return bool(_changes(before, now))


def stock_sentence(before: Glimpse, between: Glimpse) -> str:
    """What the cancel did to stock, in one sentence; blank where none of the items is tracked."""
    expected, changes = _expected(before), _changes(before, between)
    if not expected:
        return ""
    order, when = before.order.name, day(between.taken_at)
    if changes == expected:
        units = sum(numbers[1] for numbers in expected.values())
        return said("observation.stock_as_inferred", order=order, day=when, count=units)
    told = listed(
        said(
            "observation.change_at",
            where=_where(before, between, place),
            change=_told(changes.get(place, NONE)),
        )
        for place in _sorted(before, between, expected.keys() | changes.keys())
    )
    return said("observation.stock_otherwise", order=order, day=when, told=told)


def is_anything_tracked(glimpse: Glimpse) -> bool:
    """Whether the shop keeps stock of any item of the order's fulfillment."""
    return bool(_expected(glimpse))


def _expected(before: Glimpse) -> dict[Place, Numbers]:
    (target,) = live_fulfillments(before)
    items = dict(before.items)
    tracked = {level.inventory_item_id for level in before.levels if level.tracked}
    units: dict[Place, int] = {}
    for line in target.lines:
        item = items.get(line.line_item_id, "")
        if item in tracked:
            place = (item, target.location_id)
            units[place] = units.get(place, 0) + line.quantity
    return {place: (0, number, number) for place, number in units.items()}


def _changes(before: Glimpse, now: Glimpse) -> dict[Place, Numbers]:
    """Item and location → how available, committed and on hand differ, where they do."""
    old, new = _numbers(before.levels), _numbers(now.levels)
    changes = {}
    for place in old.keys() | new.keys():
        was, is_now = old.get(place, NONE), new.get(place, NONE)
        delta = (is_now[0] - was[0], is_now[1] - was[1], is_now[2] - was[2])
        if delta != NONE:
            changes[place] = delta
    return changes


def _numbers(levels: Iterable[Level]) -> dict[Place, Numbers]:
    return {
        (level.inventory_item_id, level.location_id): (level.available, level.committed, level.on_hand)
        for level in levels
    }


def _sorted(before: Glimpse, now: Glimpse, places: Iterable[Place]) -> list[Place]:
    return sorted(places, key=lambda place: (_where(before, now, place), place))


def _where(before: Glimpse, now: Glimpse, place: Place) -> str:
    for level in (*before.levels, *now.levels):
        if (level.inventory_item_id, level.location_id) == place:
            return said("observation.where", item=level.item, place=level.location_name)
    known = (level.item for level in before.levels if level.inventory_item_id == place[0])
    (target,) = live_fulfillments(before)
    return said(
        "observation.where",
        item=next(known, said("observation.some_item")),
        place=target.location_name or said("observation.unknown_place"),
    )


def _told(numbers: Numbers) -> str:
    if numbers == NONE:
        return said("observation.no_change")
    available, committed, on_hand = map(signed, numbers)
    return said("observation.change", available=available, committed=committed, on_hand=on_hand)
