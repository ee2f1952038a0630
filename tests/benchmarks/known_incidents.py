"""Mistakes of which one cause makes several: an app, a day, a place, a thing."""

import numpy as np
from known_arrays import DAY, HOUR, MINUTE, Numbers, sizes
from known_making import Making
from known_parcels import ORDINARY, RETAIL, SHIPPING, SILENT, UNTRACKED, WINDOW


def no_shows(making: Making, quota: int) -> None:
    """All labels that one carrier should have fetched at one location on one day."""
    parcels = making.parcels
    tracked = (parcels.carrier != UNTRACKED) & (parcels.carrier != SILENT)
    rows = making.free(tracked & making.old(2))
    for chosen in _whole_days(making, rows, quota):
        parcels.carrier[chosen] = np.bincount(parcels.carrier[chosen]).argmax()
        making.mark(chosen, "courier_no_show")


def _whole_days(making: Making, rows: Numbers, quota: int) -> list[Numbers]:
    """Groups of `rows`, each the whole of one location's day, about `quota` in all."""
    parcels = making.parcels
    key = parcels.location[rows] * 100_000 + parcels.at[rows] // DAY
    order = np.argsort(key, kind="stable")
    days, starts, counts = np.unique(key[order], return_index=True, return_counts=True)
    found: list[Numbers] = []
    for day in making.rng.permutation(len(days)):
        if quota >= 1 and 3 <= counts[day] <= 1.5 * quota:
            found.append(rows[order[starts[day] : starts[day] + counts[day]]])
            quota -= int(counts[day])
    if quota > 0 and not found:  # every day is larger than that: the driver took some of them
        day = int(counts.argmin())
        found.append(rows[order[starts[day] : starts[day] + quota]])
    return found


def wrong_locations(making: Making, quota: int) -> None:
    """Everything of a day left from another own location, and single parcels."""
    rng, parcels, own = making.rng, making.parcels, making.places.own
    for chosen in _whole_days(making, making.free(), quota // 2):
        parcels.other[chosen] = (parcels.location[chosen] + rng.integers(1, own)) % own
        making.mark(chosen, "wrong_location")
        quota -= len(chosen)
    singles = making.free()[: max(1, quota)]
    parcels.other[singles] = (parcels.location[singles] + rng.integers(1, own, len(singles))) % own
    making.mark(singles, "wrong_location", together=False)


def bursts(making: Making, quota: int) -> None:
    """An app fulfilled open orders of one location within minutes, at any hour."""
    rng, parcels = making.rng, making.parcels
    for size in sizes(rng, quota, 12, max(40, quota // 3)):
        place = making.some_place()
        chosen = making.take(size, place)
        begun = making.now - int(rng.uniform(2, WINDOW - 10) * DAY)
        parcels.at[chosen] = begun + (rng.uniform(0, rng.uniform(1, 9), len(chosen)) * MINUTE).astype(
            np.int64
        )
        parcels.ordered[chosen] = begun - (rng.uniform(0.5, 70, len(chosen)) * HOUR).astype(np.int64)
        if rng.random() < 0.8:
            making.untrack(chosen)
        making.mark(chosen, "app_burst")


def auto_fulfilled(making: Making, quota: int) -> None:
    """An app was left on for some hours or days: what is paid is fulfilled within seconds."""
    rng, parcels = making.rng, making.parcels
    for size in sizes(rng, quota, 3, max(30, quota // 3)):
        place = making.some_place()
        chosen = making.take(size, place)
        lasted = max(2 * HOUR, len(chosen) / max(1, (parcels.location == place).sum()) * WINDOW * DAY * 2)
        begun = making.now - int(rng.uniform(1, WINDOW - 15) * DAY) - lasted
        parcels.ordered[chosen] = (begun + rng.uniform(0, lasted, len(chosen))).astype(np.int64)
        making.fulfil_at_once(chosen)
        making.mark(chosen, "auto_fulfil")


def phantoms(making: Making, quota: int) -> None:
    """Labels that were made and forgotten: single ones, and some of one session together."""
    rng, parcels = making.rng, making.parcels
    together = sizes(rng, quota * 3 // 10, 3, 15)
    rows = making.free((parcels.carrier != UNTRACKED) & making.old(6))[:quota]
    for size in together:
        chosen, rows = rows[:size], rows[size:]
        if len(chosen):
            first = chosen[0]
            parcels.location[chosen], parcels.carrier[chosen] = (
                parcels.location[first],
                parcels.carrier[first],
            )
            moved = parcels.at[first] + rng.integers(0, 20 * MINUTE, len(chosen)) - parcels.at[chosen]
            parcels.at[chosen] += moved
            parcels.ordered[chosen] += moved
            making.mark(chosen, "phantom_shipment")
    making.mark(rows, "phantom_shipment", together=False)


def preorders(making: Making, quota: int) -> None:
    """A thing that has not come in yet, fulfilled for one or more of those who ordered it ahead."""
    rng, parcels = making.rng, making.parcels
    ahead = np.flatnonzero(making.items.preorder)
    for size in sizes(rng, quota, 1, 30):
        chosen = making.take(size, 0)
        parcels.item[chosen] = rng.choice(ahead)
        parcels.ordered[chosen] -= (rng.uniform(0, 20, len(chosen)) * DAY).astype(np.int64)
        if rng.random() < 0.5:
            making.untrack(chosen)
        making.mark(chosen, "preorder")


def at_the_till(making: Making, quota: int) -> None:
    """Sold at the till to be shipped later, and fulfilled there because a setting was left on."""
    rng, parcels = making.rng, making.parcels
    sold = {
        store: np.flatnonzero((parcels.method == RETAIL) & (parcels.location == store))
        for store in making.places.stores
    }
    sold = {store: rows[np.argsort(parcels.at[rows], kind="stable")] for store, rows in sold.items()}
    for size in sizes(rng, quota, 2, 40):
        rows = sold[rng.choice(making.places.stores)]
        first = int(rng.integers(0, max(1, len(rows) - 3 * size)))
        near = rows[first : first + 3 * size]
        chosen = rng.permutation(near[parcels.looks[near] == ORDINARY])[:size]
        parcels.method[chosen] = SHIPPING
        making.mark(chosen, "pos_mark_as_fulfilled")
