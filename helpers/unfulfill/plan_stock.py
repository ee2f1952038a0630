"""What is on hand, set to what was counted, where the cancels of the same plan do not explain the count. Pure."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from unfulfill.model import (
    CancelFulfillment,
    Change,
    FulfillmentState,
    LevelState,
    Line,
    RecreateFulfillment,
    Reversibility,
    SetOnHand,
    Skip,
)
from unfulfill.words import said

NAMESPACE = uuid.UUID(
    "6f1f4c0e-6d0a-5b52-9d0e-3f0a4f0a7c11"
)  # of the keys of stock changes; any fixed one would do

Place = tuple[str, str]  # inventory item and location


@dataclass(frozen=True)
class Counted:
    """What was counted of one item at one location, and what the export said at that time, in units."""

    inventory_item_id: str
    location_id: str
    sku: str
    location_name: str
    is_tracked: bool
    on_hand: int | None  # None: the shop did not stock it there
    counted: int

    @property
    def place(self) -> Place:
        """Inventory item and location."""
        return self.inventory_item_id, self.location_id


@dataclass(frozen=True)
class CountedStock:
    """A count, with the levels as read just now and the inventory item of each order line."""

    places: tuple[Counted, ...]
    levels: Mapping[Place, LevelState]
    items: Mapping[str, str]  # order line id → inventory item id


def counted_places(stock: pd.DataFrame) -> tuple[Counted, ...]:
    """The counted rows of a STOCK table."""
    rows = stock[stock["counted"].notna()]
    columns = [
        "inventory_item_id", "location_id", "sku", "item_name", "location_name", "tracked", "on_hand", "counted",
    ]  # fmt: skip
    return tuple(
        Counted(
            item,
            location,
            _text(sku) or _text(name) or item.rsplit("/", 1)[-1],
            _text(place),
            pd.isna(tracked) or bool(tracked),
            None if pd.isna(on_hand) else int(on_hand),
            int(counted),
        )
        for item, location, sku, name, place, tracked, on_hand, counted in rows[columns].itertuples(
            index=False, name=None
        )
    )


def stock_changes(
    stock: CountedStock, changes: Iterable[Change], run_key: str
) -> tuple[list[Change], list[Skip]]:
    """A change for each place whose count the cancels among `changes` do not explain, and skips with their reasons."""
    returned = _returned_units(changes, stock.items)
    made: list[Change] = []
    skips: list[Skip] = []
    for counted in sorted(stock.places, key=lambda counted: counted.place):
        now = stock.levels.get(counted.place)
        units = returned.get(counted.place, 0)
        if not counted.is_tracked:
            message = said("refusal.untracked")
            skips.append(_skip(counted, "untracked", message))
        elif counted.on_hand is None or now is None:
            message = said("refusal.not_stocked")
            skips.append(_skip(counted, "not_stocked", message))
        elif now.on_hand + units == counted.counted:
            continue  # the shop will say by itself what was counted
        elif now.on_hand != counted.on_hand:
            message = said(
                "refusal.moved_since_count", before=counted.on_hand, now=now.on_hand, counted=counted.counted
            )
            skips.append(_skip(counted, "moved_since_count", message))
        else:
            made.append(_set(counted, now, units, f"s{len(made) + 1:04d}", run_key))
    return made, skips


def place_name(level: LevelState) -> str:
    """The item and its location, in the words of the skips."""
    return f"{level.sku or level.inventory_item_id.rsplit('/', 1)[-1]} @ {level.location_name}"


def change_name(change: Change) -> str:
    """The order of a change, or the item and location whose stock it sets."""
    return place_name(change.before) if isinstance(change.before, LevelState) else change.order_name


def _skip(counted: Counted, reason: str, message: str) -> Skip:
    return Skip("", "", f"{counted.sku} @ {counted.location_name}", reason, message)


def _set(counted: Counted, now: LevelState, units: int, case: str, run_key: str) -> Change:
    key = str(uuid.uuid5(NAMESPACE, f"{run_key} {' '.join(counted.place)}"))
    return Change(
        id=f"{case}-stock",
        case=case,
        order_id="",
        order_name="",
        fulfillment_id="",
        action=SetOnHand(*counted.place, counted.counted, units, key),
        reversibility=Reversibility.UNDOABLE,
        before=now,
        reason=said("plan_error.counted", number=str(counted.counted)),
    )


def _returned_units(changes: Iterable[Change], items: Mapping[str, str]) -> dict[Place, int]:
    """Units that the cancels bring back on the shelf, less those that are fulfilled again, by place."""
    total: dict[Place, int] = {}
    for change in changes:
        if isinstance(change.action, CancelFulfillment) and isinstance(change.before, FulfillmentState):
            _add(total, change.before.lines, change.before.location_id, items, 1)
        elif isinstance(change.action, RecreateFulfillment):
            _add(total, change.action.lines, change.action.location_id, items, -1)
    return total


def _add(
    total: dict[Place, int], lines: Iterable[Line], location_id: str, items: Mapping[str, str], sign: int
) -> None:
    for line in lines:
        item = items.get(line.line_item_id, "")
        if item:
            place = item, location_id
            total[place] = total.get(place, 0) + sign * line.quantity


def _text(value: object) -> str:
    return "" if pd.isna(value) else str(value)  # type: ignore[call-overload]
