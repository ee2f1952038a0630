"""Made-up shops whose causes are known: the referee of the audit.

The ordinary shop comes first, then mistakes are made of some of its fulfillments. What the shop counts (on hand,
committed) and what lies on the shelf are two accounts of the same events; a count finds the shelf. Nothing here knows
how the audit works: only the names of the tables' columns are shared with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pyarrow as pa
from known_arrays import DAY, HOUR, NEVER, Numbers, column, words
from known_mistakes import make_mistakes
from known_orders import Lines, make_lines, make_orders, pair_parcels
from known_parcels import (
    CATCH_UP,
    COMBINED,
    KIND,
    KINDS,
    ORDINARY,
    SHIPPING,
    SILENT,
    UNTRACKED,
    Parcels,
    let_carriers_report,
    ordinary_parcels,
)
from known_places import Items, Places, make_items, make_places
from known_stock import STOCK_KINDS, Levels, Stock, StockErrors, book_errors, book_orders, make_levels, settle
from known_tables import (
    fulfillment_ids,
    fulfillment_lines_table,
    fulfillment_orders_table,
    fulfillments_table,
    item_ids,
    levels_table,
    line_ids,
    line_items_table,
    location_ids,
    orders_table,
)

START = 1_788_220_800  # 2026-09-01
NEGATIVES = ("shared_parcel", "lost_parcel", "sent_by_hand", "backlog", "silent_carrier", "letter")


@dataclass(frozen=True)
class KnownShop:
    """One export with a count, an earlier stock, and what really happened."""

    tables: Mapping[str, pd.DataFrame]
    now: datetime
    counted: pd.DataFrame  # inventory_item_id, location_id, counted: own locations only
    before: pd.DataFrame  # INVENTORY_LEVELS of an earlier export
    before_at: datetime
    truth: pd.DataFrame  # fulfillment_id, kind, incident, line_item_id, other_location_id, units
    stock_truth: pd.DataFrame  # kind, inventory_item_id, location_id, units, other_inventory_item_id
    hard_negatives: pd.DataFrame  # fulfillment_id, why: parcels that rightly left and look as if they had not


def make_known_shop(
    seed: int,
    fulfillments: int,
    *,
    items: int | None = None,
    counted_share: float = 1.0,
    noise: float = 0.02,
    before_days: int = 30,
    few_kinds: bool | None = None,
) -> KnownShop:
    """A shop with so many fulfillments in 90 days; the same seed gives the same tables.

    `items`: default a tenth of the fulfillments. `counted_share`: part of the own places that were counted.
    `noise`: part of them where the count is off by one or two, rarely more. `before_days`: age of the earlier stock.
    `few_kinds`: whether it has only two to four kinds of mistakes; None: one shop in four.
    """
    rng = np.random.default_rng(seed)
    now = START + int(rng.integers(0, 60)) * DAY + int(rng.integers(8 * HOUR, 19 * HOUR))
    before_at = now - before_days * DAY
    places = make_places(rng)
    catalogue = make_items(rng, max(40, fulfillments // 10) if items is None else items, places)
    parcels = ordinary_parcels(rng, fulfillments, places, now)
    make_mistakes(rng, parcels, places, catalogue, now, few_kinds)
    pair_parcels(rng, parcels)
    lines = make_lines(rng, parcels, catalogue)
    let_carriers_report(rng, parcels, now)
    orders = make_orders(rng, parcels, lines, now)
    levels = make_levels(catalogue, before_at)
    book_orders(levels, catalogue, parcels, lines)
    errors = book_errors(rng, levels, catalogue, places, parcels, lines, now)
    stock = settle(rng, levels, catalogue, places, errors, now)
    return KnownShop(
        tables={
            "orders": orders_table(rng, parcels, orders),
            "line_items": line_items_table(parcels, lines, orders, catalogue),
            "fulfillments": fulfillments_table(rng, parcels, lines, orders, places, before_at),
            "fulfillment_lines": fulfillment_lines_table(parcels, lines),
            "fulfillment_orders": fulfillment_orders_table(rng, parcels, lines, orders, places),
            "inventory_levels": levels_table(
                levels, catalogue, places, stock.on_hand, stock.committed, stock.others
            ),
        },
        now=datetime.fromtimestamp(now, UTC),
        counted=_count(rng, stock, catalogue, places, counted_share, noise),
        before=levels_table(
            levels, catalogue, places, stock.on_hand_before, stock.committed_before, stock.others
        ),
        before_at=datetime.fromtimestamp(before_at, UTC),
        truth=_truth(parcels, lines),
        stock_truth=_stock_truth(levels, errors),
        hard_negatives=_hard_negatives(parcels),
    )


def _count(
    rng: np.random.Generator, stock: Stock, items: Items, places: Places, share: float, noise: float
) -> pd.DataFrame:
    """What people counted: the shelf, at times not quite."""
    levels = stock.levels
    rows = np.flatnonzero(items.tracked[levels.item] & (levels.location < places.own))
    lot, off_by = rng.random((2, len(rows))), rng.choice((1, 2, 3, 5), len(rows), p=(0.7, 0.24, 0.04, 0.02))
    error = (lot[1] < noise) * off_by * rng.choice((-1, 1), len(rows))
    found = np.maximum(stock.shelf[rows] + error, 0)
    kept = lot[0] < share
    return pd.DataFrame(
        {
            "inventory_item_id": item_ids(levels.item[rows[kept]]),
            "location_id": location_ids(levels.location[rows[kept]]),
            "counted": column(pa.array(found[kept])),
        }
    )


def _truth(parcels: Parcels, lines: Lines) -> pd.DataFrame:
    """One row a fulfillment that is not ordinary. `units`: of the whole of it, or those that were left out."""
    rows = np.flatnonzero(parcels.exists & (parcels.kind != ORDINARY))
    size = len(parcels.at)
    units = np.bincount(lines.parcel, lines.units, size).astype(np.int64)
    left_out = np.bincount(lines.parcel, lines.missing, size).astype(np.int64)
    line = np.full(size, -1, np.int64)
    line[lines.parcel[lines.missing > 0]] = lines.line[lines.missing > 0]
    other = parcels.other[rows]
    partly = parcels.kind[rows] == KIND["line_missing"]
    return pd.DataFrame(
        {
            "fulfillment_id": fulfillment_ids(rows),
            "kind": words(parcels.kind[rows], KINDS),
            "incident": column(pa.array(parcels.incident[rows])),
            "line_item_id": line_ids(line[rows], line[rows] < 0),
            "other_location_id": location_ids(other, other < 0),
            "units": column(pa.array(np.where(partly, left_out[rows], units[rows]))),
        }
    )


def _stock_truth(levels: Levels, errors: StockErrors) -> pd.DataFrame:
    level, other = _joined(errors.level), _joined(errors.other)
    return pd.DataFrame(
        {
            "kind": words(_joined(errors.kind), STOCK_KINDS),
            "inventory_item_id": item_ids(levels.item[level]),
            "location_id": location_ids(levels.location[level]),
            "units": column(pa.array(_joined(errors.units))),
            "other_inventory_item_id": item_ids(other, other < 0),
        }
    )


def _joined(parts: list[Numbers]) -> Numbers:
    return np.concatenate([np.zeros(0, np.int64), *parts])


def _hard_negatives(parcels: Parcels) -> pd.DataFrame:
    """Parcels that rightly left and show no event; two orders in one parcel, whether it shows any or not."""
    plain = parcels.exists & (parcels.kind == ORDINARY) & (parcels.method == SHIPPING)
    unseen = (parcels.moved == NEVER) & (parcels.arrived == NEVER)
    reasons = [
        parcels.looks == COMBINED,
        parcels.lost,
        parcels.by_hand,
        (parcels.looks == CATCH_UP) & unseen,
        parcels.carrier == SILENT,
        parcels.carrier == UNTRACKED,
    ]
    why = np.select(reasons, list(range(len(reasons))), -1)
    rows = np.flatnonzero(plain & (why >= 0))
    return pd.DataFrame({"fulfillment_id": fulfillment_ids(rows), "why": words(why[rows], NEGATIVES)})
