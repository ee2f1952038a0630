"""Levels that agree with the orders, and the count of the shelf with errors that no fulfillment explains."""

from collections import Counter
from collections.abc import Iterator

from sandbox_shop.seeding.drafts import DraftLine, Item
from sandbox_shop.seeding.stage import DAY, LABELS_APP, Stage
from sandbox_shop.seeding.truth import Incident
from sandbox_shop.world import gid

PACK = 6


def add_levels(stage: Stage) -> None:
    """Queue a level for every tracked item and location, after all orders are written."""
    rng, shelf, catalogue = stage.rng, stage.shelf, stage.catalogue
    for item in catalogue.preorder:  # never was in stock: what was fulfilled made on hand negative
        place = (item.id, stage.warehouse)
        free: int | None = -shelf.surplus[place] - shelf.committed[place]
        stage.rows.add("level", shelf.level_row(rng, item, stage.warehouse, most=2, now=stage.now, free=free))
    for item in (*catalogue.regular, catalogue.short, catalogue.hostile):
        for location, most in ((stage.warehouse, 120), (stage.store, 30), (stage.depot, 150)):
            free = None
            if item is catalogue.short and location == stage.warehouse:
                free = -min(3, shelf.committed[item.id, location])
            row = shelf.level_row(rng, item, location, most=most, now=stage.now, free=free)
            stage.rows.add("level", row)


def add_unexplained(stage: Stage) -> None:
    """Make the count differ for reasons outside the fulfillments, and note each in the truth.

    Each of the catalogue's calm items once, so that a variance has one cause.
    """
    calm = stage.catalogue.calm[len(refund_items(stage)) :]
    for first in range(0, len(calm), 4):
        location = stage.rng.choice((stage.warehouse, stage.store))
        one, other, pack, wrong = (*calm[first : first + 4], None, None, None)[:4]
        if one and other:
            _swap(stage, one, other, location)
        if pack:
            _miss(stage, pack, stage.warehouse, -PACK, "pack_size")
        if wrong:
            _miss(stage, wrong, location, stage.rng.choice((-2, -1, 1, 3)), "counted_wrong")


def refund_items(stage: Stage) -> list[Item]:
    """The items of which one return was refunded without restock; each once."""
    calm = stage.catalogue.calm
    return calm[: len(calm) // 4]


def refunded_without_restock(stage: Stage, created: int, *, item: Item) -> None:
    """A parcel that came back and lies on the shelf, refunded without being put back into stock."""
    draft = stage.order(created, [DraftLine(item, 1, stage.warehouse)])
    at = created + DAY
    shipment = stage.ship(draft, at, stage.warehouse, LABELS_APP)
    stage.travel(shipment)
    line = draft.lines[0]
    back = min((shipment.time_of("DELIVERED") or at + 5 * DAY) + 4 * DAY, stage.now - 60)
    stage.refund(draft, back, [(0, line.quantity, "NO_RESTOCK", None)], "Returned, in good order")
    stage.shelf.misplace(line.item, stage.warehouse, line.quantity)
    stage.write(draft)
    detail = _detail(stage, line.item, stage.warehouse, line.quantity, "refund_without_restock")
    stage.incidents.append(Incident("stock_unexplained", [], detail))


def count_rows(stage: Stage, names: dict[int, str]) -> Iterator[tuple[str, str, str, int]]:
    """The count of both own locations: SKU, barcode, name of the location, units. The depot is not counted.

    The SKU is left blank where several items share it or where a spreadsheet would compute it; the barcode is enough.
    """
    shared = Counter(item.sku for item in stage.catalogue.tracked)
    for item in stage.catalogue.tracked:
        for location in (stage.warehouse, stage.store):
            if (item.id, location) in stage.shelf.on_hand:
                counted = stage.shelf.counted(item, location)
                is_clear = item.sku and shared[item.sku] == 1 and item.sku[0].isalnum()
                yield (item.sku or "") if is_clear else "", item.barcode or "", names[location], counted


def _swap(stage: Stage, one: Item, other: Item, location: int) -> None:
    """Two items in each other's box: what one lacks, the other has."""
    units = min(4, stage.shelf.counted(one, location))
    for item, delta in ((one, -units), (other, units)):
        stage.shelf.misplace(item, location, delta)
    detail = _detail(stage, one, location, -units, "swapped_pair")
    detail["other_inventory_item"] = gid("InventoryItem", other.id)
    stage.incidents.append(Incident("stock_unexplained", [], detail))


def _miss(stage: Stage, item: Item, location: int, units: int, cause: str) -> None:
    units = max(units, -stage.shelf.counted(item, location))
    stage.shelf.misplace(item, location, units)
    detail = _detail(stage, item, location, units, cause)
    stage.incidents.append(Incident("stock_unexplained", [], detail))


def _detail(stage: Stage, item: Item, location: int, units: int, cause: str) -> dict[str, object]:
    return {
        "cause": cause,
        "inventory_item": gid("InventoryItem", item.id),
        "location": gid("Location", location),
        "units": units,
    }
