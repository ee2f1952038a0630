"""A made-up shop in which every known kind of mistake has happened, among many orders that are in order."""

import random
from functools import partial

from sandbox_shop.seeding.catalogue import Catalogue
from sandbox_shop.seeding.doubtful import add_doubts
from sandbox_shop.seeding.drafts import DraftLine
from sandbox_shop.seeding.incident_kinds import Case, plan_mistakes
from sandbox_shop.seeding.items import add_items
from sandbox_shop.seeding.meta import set_meta
from sandbox_shop.seeding.orders import OrderWriter
from sandbox_shop.seeding.rows import Rows
from sandbox_shop.seeding.shelf import Shelf
from sandbox_shop.seeding.stage import DAY, HOUR, Stage
from sandbox_shop.seeding.stocktaking import (
    add_levels,
    add_unexplained,
    count_rows,
    refund_items,
    refunded_without_restock,
)
from sandbox_shop.seeding.truth import write_count, write_truth
from sandbox_shop.seeding.usual import old_order, usual_order, yen_order
from sandbox_shop.world import World, parse_time

CLOCK = int(parse_time("2026-10-05T08:00:00Z").timestamp())
WAREHOUSE, STORE, DEPOT = "Lager Nord", "Laden Altstadt", "Cargolane Depot"


def seed_incident_shop(world: World, *, seed: int = 1, size: int = 600) -> None:
    """Fill an empty world with a shop of `size` orders; the same seed and size give the same rows.

    Beside the world it saves what really happened (`<world>.truth.json`) and a count of the shelf
    (`<world>.count.csv`). From 30 orders on every kind of incident is there. Raises ValueError for a size below 1.
    """
    if size < 1:
        raise ValueError(f"A shop needs at least 1 order; the size given is {size}.")
    rng = random.Random(seed)
    with world.writing():
        set_meta(
            world,
            rng,
            name="Lantern & Loom",
            currency="EUR",
            timezone="Europe/Berlin",
            clock=CLOCK,
            seed=seed,
        )
        rows = Rows(world)
        stage = _set_stage(rows, rng, size)
        for created, write in sorted(_plan(stage), key=lambda case: case[0]):
            write(stage, created)
        add_levels(stage)
        add_unexplained(stage)
        rows.finish()
        add_doubts(world)
    write_truth(world, stage.incidents)
    write_count(world, count_rows(stage, {stage.warehouse: WAREHOUSE, stage.store: STORE}))


def _set_stage(rows: Rows, rng: random.Random, size: int) -> Stage:
    warehouse, store, depot = (rows.new_id("Location") for _ in range(3))
    manual, gift_card, cargolane = (rows.new_id("FulfillmentService") for _ in range(3))
    _add_locations(rows, {warehouse: (WAREHOUSE, None), store: (STORE, None), depot: (DEPOT, cargolane)})
    _add_services(
        rows,
        {
            manual: ("manual", "Manual", "MANUAL", None),
            gift_card: ("gift_card", "Gift Card", "GIFT_CARD", None),
            cargolane: ("cargolane", "Cargolane", "THIRD_PARTY", depot),
        },
    )
    catalogue = Catalogue(rows, size)
    add_items(rows, catalogue.all)
    shelf = Shelf()
    return Stage(
        rng=rng,
        now=CLOCK,
        size=size,
        rows=rows,
        shelf=shelf,
        writer=OrderWriter(rows, shelf, service_locations=frozenset({depot}), first_number=1001),
        catalogue=catalogue,
        warehouse=warehouse,
        store=store,
        depot=depot,
        manual=manual,
        gift_card_service=gift_card,
        depot_service=cargolane,
    )


def _add_locations(rows: Rows, locations: dict[int, tuple[str, int | None]]) -> None:
    """Id → (name, service); the first is preferred when an order is routed."""
    for priority, (id_, (name, service)) in enumerate(locations.items()):
        row = {"id": id_, "name": name, "active": 1, "service_id": service}
        rows.add("location", {**row, "fulfills_online": 1, "priority": priority})


def _add_services(rows: Rows, services: dict[int, tuple[str, str, str, int | None]]) -> None:
    """Id → (handle, name, type, location)."""
    for id_, (handle, name, type_, location) in services.items():
        rows.add(
            "service", {"id": id_, "handle": handle, "name": name, "type": type_, "location_id": location}
        )


def _plan(stage: Stage) -> list[Case]:
    """Exactly `size` orders: the mistakes, some that must not lack, and the usual ones."""
    cases = plan_mistakes(stage)
    if stage.size >= 30:
        for item in refund_items(stage):
            cases.append((_ago(stage, 12, 30), partial(refunded_without_restock, item=item)))
        for _ in range(max(3, stage.size // 100)):
            cases.append((_ago(stage, 61, 120), old_order))
        cases += [
            (_ago(stage, 1, 3), _oversold),
            (_ago(stage, 5, 20), _hostile_item),
            (_ago(stage, 8, 20), yen_order),
        ]
    cases += [(_recent(stage), usual_order) for _ in range(stage.size - len(cases))]
    return cases


def _oversold(stage: Stage, created: int) -> None:
    """More kettles than there are: their available stock is negative."""
    stage.write(stage.order(created, [DraftLine(stage.catalogue.short, 4, stage.warehouse)]))


def _hostile_item(stage: Stage, created: int) -> None:
    stage.write(stage.order(created, [DraftLine(stage.catalogue.hostile, 1, stage.warehouse)]))


def _ago(stage: Stage, youngest: int, oldest: int) -> int:
    return stage.now - stage.rng.randint(youngest * DAY, oldest * DAY)


def _recent(stage: Stage) -> int:
    """A time in the last 45 days, by day rather than by night."""
    day = stage.now // DAY - stage.rng.randint(0, 45)
    at = day * DAY + int(stage.rng.triangular(5 * HOUR, 23 * HOUR, 17 * HOUR))
    return at if at < stage.now - 5 * 60 else at - DAY
