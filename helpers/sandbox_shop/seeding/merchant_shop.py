"""A merchant's own shop, rebuilt from the two CSV files that Shopify's admin exports.

Stock is seeded as the inventory CSV says: it was exported after the fulfillments, so they do not move it.
"""

import random
from collections import Counter
from datetime import timedelta
from pathlib import Path

from sandbox_shop.seeding.file_drafts import Files, created_at, draft_of
from sandbox_shop.seeding.matching import Matcher
from sandbox_shop.seeding.meta import set_meta
from sandbox_shop.seeding.orders import OrderWriter
from sandbox_shop.seeding.orders_file import FileOrder, read_orders
from sandbox_shop.seeding.rows import Rows, stamp
from sandbox_shop.seeding.seed_report import SeedReport
from sandbox_shop.seeding.shelf import Shelf
from sandbox_shop.seeding.stock_file import StockFile, read_stock
from sandbox_shop.seeding.truth import write_truth
from sandbox_shop.world import World

DAY = 86_400
ONLY_LOCATION = "Shop location"  # where neither file names one; so Shopify calls the first location of a shop


def seed_merchant_shop(world: World, *, orders: Path, inventory: Path | None = None) -> SeedReport:
    """Fill an empty world from an orders CSV and, where given, an inventory CSV; says what matched what.

    The clock stands a day after the newest date of the orders. The truth beside the world is an empty list.
    Raises SeedRefused (one sentence: file, line, column, what to do); the world then holds what it held before.
    """
    file_orders = read_orders(orders)
    stock = read_stock(inventory) if inventory is not None else StockFile([], [])
    with world.writing():
        rows = Rows(world)
        files = _prepare(rows, file_orders, stock)
        _set_meta(world, files, orders)
        shelf = Shelf()
        writer = OrderWriter(rows, shelf, service_locations=frozenset(), first_number=1001)
        for order in sorted(file_orders, key=lambda order: created_at(order, files)):
            draft = draft_of(order, files)
            writer.write(draft)
            files.report.fulfillments += len(draft.shipments)
        files.matcher.add_rows()
        _add_levels(rows, files, shelf)
        rows.finish()
    write_truth(world, [])
    return _counted(files)


def _prepare(rows: Rows, orders: list[FileOrder], stock: StockFile) -> Files:
    for order in orders:
        if order.id is not None:
            rows.start_ids_above("Order", order.id)
    names = list(dict.fromkeys([*stock.locations, *(order.location for order in orders if order.location)]))
    locations = {name: rows.new_id("Location") for name in names or [ONLY_LOCATION]}
    for place, (name, id_) in enumerate(locations.items()):
        rows.add(
            "location",
            {
                "id": id_,
                "name": name,
                "active": 1,
                "service_id": None,
                "fulfills_online": 1,
                "priority": place,
            },
        )
    service = rows.new_id("FulfillmentService")
    rows.add(
        "service",
        {"id": service, "handle": "manual", "name": "Manual", "type": "MANUAL", "location_id": None},
    )
    newest = max(at for order in orders for at in order.times.values())
    currency = Counter(order.currency for order in orders if order.currency).most_common(1)
    return Files(
        orders=orders,
        matcher=Matcher(rows, stock.items),
        locations=locations,
        service=service,
        newest=newest,
        currency=currency[0][0] if currency else "USD",
    )


def _set_meta(world: World, files: Files, orders: Path) -> None:
    offset = files.newest.utcoffset() or timedelta()
    hours = offset / timedelta(hours=1)
    set_meta(
        world,
        random.Random(1),
        name=f"of {orders.stem}",
        currency=files.currency,
        # the sign of these zones is reversed: Etc/GMT-5 is five hours ahead of UTC
        timezone=f"Etc/GMT{-int(hours):+d}" if hours and hours == int(hours) else "UTC",
        clock=int(files.newest.timestamp()) + DAY,
        seed=1,
    )


def _add_levels(rows: Rows, files: Files, shelf: Shelf) -> None:
    """Levels as the file says; committed from the open units of the orders where the file has no such column."""
    now = stamp(files.newest.timestamp())
    for item_id, stock in files.matcher.levels.items():
        for name, level in stock.levels.items():
            location = files.locations[name]
            committed = shelf.committed[item_id, location] if level.committed is None else level.committed
            rows.add(
                "level",
                {
                    "item_id": item_id,
                    "location_id": location,
                    "available": level.available,
                    "committed": committed,
                    "reserved": level.unavailable,
                    "incoming": level.incoming,
                    "created_at": now,
                    "updated_at": now,
                },
            )


def _counted(files: Files) -> SeedReport:
    report = files.report
    report.orders = len(files.orders)
    report.locations = len(files.locations)
    report.items_by_sku = len(files.matcher.by_sku)
    report.items_by_name = len(files.matcher.by_name - files.matcher.by_sku)
    report.skus_shared = len(files.matcher.guessed)
    report.items_not_tracked = len(files.matcher.not_tracked)
    return report
