"""What a plan should have done to stock, beside what was measured, item by location. Pure.

Expected is what the plan expected (`unfulfill.plan_effects`), as far as it was applied; and units that were found to
wait at another location are committed there. What others did in the same time is in the measured numbers only.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from unfulfill.model import (
    Change,
    FulfillmentState,
    Landing,
    Outcome,
    Plan,
    Result,
    SetOnHand,
    Verdict,
)
from unfulfill.plan_effects import moved_units

Place = tuple[str, str]  # inventory item id, location id
MEASURED = ("on_hand", "available", "committed")
_NAMES = ("sku", "item_name", "location_name")


@dataclass(frozen=True)
class Moved:
    """Units that came to an item at a location; negative: that left it."""

    on_hand: int = 0
    available: int = 0
    committed: int = 0


NOTHING = Moved()


@dataclass(frozen=True)
class Quantity:
    """One number of an item at a location, before and after, and how it should have moved."""

    before: int
    after: int
    expected: int

    @property
    def measured(self) -> int:
        """How it moved."""
        return self.after - self.before

    @property
    def difference(self) -> int:
        """Units that moved beside those expected; 0: as expected."""
        return self.measured - self.expected


@dataclass(frozen=True)
class StockRow:
    """One item at one location."""

    inventory_item_id: str
    location_id: str
    item: str
    location: str
    on_hand: Quantity
    available: Quantity
    committed: Quantity

    @property
    def agrees(self) -> bool:
        """Whether every number moved as expected."""
        return not (self.on_hand.difference or self.available.difference or self.committed.difference)


def expected_stock(
    plan: Plan, outcomes: Mapping[str, Outcome], verdicts: Mapping[str, Verdict], items: Mapping[str, str]
) -> dict[Place, Moved]:
    """What the changes that we applied should have done. `items` gives the inventory item of an order line."""
    return add_up(
        effect_of(change, outcomes.get(change.id), landed_of(change, verdicts), items)
        for change in plan.changes
    )


def landed_of(change: Change, verdicts: Mapping[str, Verdict]) -> tuple[Landing, ...]:
    """Where the units of a cancel were found; empty where it was not verified."""
    return verdicts[change.id].landed if change.id in verdicts else ()


def effect_of(
    change: Change, outcome: Outcome | None, landed: Iterable[Landing], items: Mapping[str, str]
) -> dict[Place, Moved]:
    """What one change should have done; nothing unless we applied it. Lines without an item keep no stock."""
    if outcome is None or outcome.result is not Result.APPLIED:
        return {}
    action, before = change.action, change.before
    if isinstance(action, SetOnHand) and outcome.replaced is not None:
        units = action.quantity - outcome.replaced
        return {(action.inventory_item_id, action.location_id): Moved(units, units, 0)}
    moved = [
        {(items[line.line_item_id], location_id): Moved(units, 0, units)}
        for line, units, location_id, _ in moved_units(change)
        if line.line_item_id in items
    ]
    if isinstance(before, FulfillmentState):
        moved += _claimed_elsewhere(before, landed, items)
    return add_up(moved)


def _claimed_elsewhere(
    before: FulfillmentState, landed: Iterable[Landing], items: Mapping[str, str]
) -> list[dict[Place, Moved]]:
    """Units that wait at another location are free on the shelf that had shipped, and claimed there."""
    return [
        {
            (items[line.line_item_id], before.location_id): Moved(0, line.quantity, -line.quantity),
            (items[line.line_item_id], landing.location_id): Moved(0, -line.quantity, line.quantity),
        }
        for landing in landed
        if landing.moved
        for line in landing.lines
        if line.line_item_id in items
    ]


def add_up(parts: Iterable[Mapping[Place, Moved]]) -> dict[Place, Moved]:
    """The sums, without places where nothing is left."""
    total: dict[Place, Moved] = {}
    for part in parts:
        for place, moved in part.items():
            so_far = total.get(place, NOTHING)
            total[place] = Moved(
                so_far.on_hand + moved.on_hand,
                so_far.available + moved.available,
                so_far.committed + moved.committed,
            )
    return {place: moved for place, moved in total.items() if moved != NOTHING}


def stock_rows(
    before: pd.DataFrame | None, after: pd.DataFrame | None, expected: Mapping[Place, Moved]
) -> list[StockRow]:
    """One row a place where something moved or should have, by item and location; two tables INVENTORY_LEVELS.

    Empty where one of the readings is missing. Items whose stock Shopify does not track are left out.
    """
    if before is None or after is None:
        return []
    old, new = _by_place(before), _by_place(after)
    rows = []
    for place in dict.fromkeys((*old, *new, *expected)):
        facts = new.get(place) or old.get(place) or {}
        if facts.get("tracked") is False:
            continue
        should = expected.get(place, NOTHING)
        quantities = [
            Quantity(_number(old.get(place), name), _number(new.get(place), name), getattr(should, name))
            for name in MEASURED
        ]
        if any(quantity.measured or quantity.expected for quantity in quantities):
            item = _text(facts, "sku") or _text(facts, "item_name") or place[0].rsplit("/", 1)[-1]
            rows.append(StockRow(*place, item, _text(facts, "location_name"), *quantities))
    return sorted(rows, key=lambda row: (row.item, row.location))


def _by_place(levels: pd.DataFrame) -> dict[Place, dict[str, Any]]:
    columns = ["inventory_item_id", "location_id", *_NAMES, "tracked", *MEASURED]
    return {
        (row[0], row[1]): dict(zip(columns[2:], row[2:], strict=True))
        for row in levels[columns].itertuples(index=False, name=None)
    }


def _number(facts: Mapping[str, Any] | None, name: str) -> int:
    value = facts[name] if facts else 0
    return 0 if pd.isna(value) else int(value)


def _text(facts: Mapping[str, Any], name: str) -> str:
    value = facts.get(name)
    return value if isinstance(value, str) else ""
