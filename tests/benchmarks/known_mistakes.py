"""Mistakes of every kind, made of a made-up shop's ordinary parcels. What is chosen once is not chosen again."""

from dataclasses import dataclass, field

import numpy as np
from known_arrays import DAY, HOUR, MINUTE, Booleans, Numbers, sizes
from known_parcels import (
    KIND,
    NONE,
    ORDINARY,
    RETAIL,
    SHIPPING,
    SILENT,
    UNTRACKED,
    WINDOW,
    Parcels,
)
from known_places import Items, Places

SHARES = {  # of all fulfillments, in a shop that has a bit of everything
    "courier_no_show": 0.0075, "wrong_location": 0.0085, "app_burst": 0.013, "auto_fulfil": 0.010,
    "phantom_shipment": 0.0085, "preorder": 0.0035, "pos_mark_as_fulfilled": 0.0035,
    "fulfilled_after_cancel_or_refund": 0.0035, "line_missing": 0.005, "tracking_wrong_or_duplicate": 0.004,
    "third_party_accepted": 0.003, "already_cancelled": 0.0025, "archived": 0.0025,
}  # fmt: skip
HAVE_DECOYS = (
    "auto_fulfil", "app_burst", "phantom_shipment", "courier_no_show", "preorder", "pos_mark_as_fulfilled",
    "fulfilled_after_cancel_or_refund", "archived", "third_party_accepted",
)  # fmt: skip
MALFORMED = ("TBD", "0000000000", "NP12", "tracking follows", "4.71109E+12", "1Z", "see e-mail", "n/a")
FEW_KINDS = 0.25  # of the shops have only two to four kinds


@dataclass
class _Making:
    """What the makers share."""

    rng: np.random.Generator
    parcels: Parcels
    places: Places
    items: Items
    now: int
    incidents: int = 0
    pools: dict[int, Numbers] = field(default_factory=dict)

    def free(self, also: Booleans | bool = True) -> Numbers:
        """Rows of ordinary shipped parcels from own locations, in random order."""
        parcels = self.parcels
        free = parcels.exists & (parcels.looks == ORDINARY) & (parcels.method == SHIPPING)
        return self.rng.permutation(np.flatnonzero(free & (parcels.location < self.places.own) & also))

    def some_place(self) -> int:
        """An own location, the busy ones more often."""
        shares = self.places.shares[: self.places.own]
        return int(self.rng.choice(self.places.own, p=shares / shares.sum()))

    def take(self, size: int, place: int) -> Numbers:
        """So many ordinary parcels of one location (fewer where there are no more), drawn once."""
        if place not in self.pools:
            self.pools[place] = self.free(self.parcels.location == place)
        pool = self.pools[place]
        near = pool[: size * 2 + 50]
        still = near[(self.parcels.looks[near] == ORDINARY) & (self.parcels.location[near] == place)]
        chosen = still[:size]
        last = np.flatnonzero(near == chosen[-1])[0] + 1 if len(chosen) else len(near)
        self.pools[place] = pool[last:]
        return chosen

    def mark(self, rows: Numbers, kind: str, *, together: bool = True) -> None:
        """These are of that kind, one incident or one each."""
        self.parcels.kind[rows] = self.parcels.looks[rows] = KIND[kind]
        self.parcels.incident[rows] = self.incidents + (0 if together else np.arange(len(rows)))
        self.incidents += 1 if together else len(rows)

    def untrack(self, rows: Numbers) -> None:
        """No label, no number."""
        self.parcels.carrier[rows] = UNTRACKED

    def old(self, days: float) -> Booleans:
        """Parcels made more than so many days ago."""
        return self.parcels.at < self.now - days * DAY


def make_mistakes(
    rng: np.random.Generator, parcels: Parcels, places: Places, items: Items, now: int
) -> dict[str, int]:
    """Turn 6 to 8 % of the parcels into mistakes; returns how many of each kind were asked for."""
    count = int(parcels.exists.sum())
    share = {kind: usual * rng.uniform(0.5, 1.5) for kind, usual in SHARES.items()}
    total = rng.uniform(0.06, 0.08)
    if rng.random() < FEW_KINDS:
        kept = set(rng.choice(list(SHARES), int(rng.integers(2, 5)), replace=False).tolist())
        share, total = {kind: part for kind, part in share.items() if kind in kept}, rng.uniform(0.01, 0.04)
    scale = total / sum(share.values())
    quotas = {kind: max(2, round(part * scale * count)) for kind, part in share.items()}
    making = _Making(rng, parcels, places, items, now)
    for kind, make in _MAKERS.items():
        if kind in quotas:
            make(making, quotas[kind])
    _send_some(making)
    return quotas


def _no_shows(making: _Making, quota: int) -> None:
    """All labels that one carrier should have fetched at one location on one day."""
    parcels = making.parcels
    tracked = (parcels.carrier != UNTRACKED) & (parcels.carrier != SILENT)
    rows = making.free(tracked & making.old(2))
    for chosen in _whole_days(making, rows, quota):
        parcels.carrier[chosen] = np.bincount(parcels.carrier[chosen]).argmax()
        parcels.labelled[chosen] = True
        making.mark(chosen, "courier_no_show")


def _whole_days(making: _Making, rows: Numbers, quota: int) -> list[Numbers]:
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


def _wrong_locations(making: _Making, quota: int) -> None:
    """Everything of a day left from another own location, and single parcels."""
    rng, parcels, own = making.rng, making.parcels, making.places.own
    for chosen in _whole_days(making, making.free(), quota // 2):
        parcels.other[chosen] = (parcels.location[chosen] + rng.integers(1, own)) % own
        making.mark(chosen, "wrong_location")
        quota -= len(chosen)
    singles = making.free()[: max(1, quota)]
    parcels.other[singles] = (parcels.location[singles] + rng.integers(1, own, len(singles))) % own
    making.mark(singles, "wrong_location", together=False)


def _bursts(making: _Making, quota: int) -> None:
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


def _auto_fulfilled(making: _Making, quota: int) -> None:
    """An app was left on for some hours or days: what is paid is fulfilled within seconds."""
    rng, parcels = making.rng, making.parcels
    for size in sizes(rng, quota, 3, max(30, quota // 3)):
        place = making.some_place()
        chosen = making.take(size, place)
        lasted = max(2 * HOUR, len(chosen) / max(1, (parcels.location == place).sum()) * WINDOW * DAY * 2)
        begun = making.now - int(rng.uniform(1, WINDOW - 15) * DAY) - lasted
        parcels.ordered[chosen] = (begun + rng.uniform(0, lasted, len(chosen))).astype(np.int64)
        _fulfil_at_once(making, chosen)
        making.mark(chosen, "auto_fulfil")


def _fulfil_at_once(making: _Making, rows: Numbers) -> None:
    making.parcels.at[rows] = making.parcels.ordered[rows] + making.rng.integers(3, 40, len(rows))
    making.untrack(rows)


def _phantoms(making: _Making, quota: int) -> None:
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


def _preorders(making: _Making, quota: int) -> None:
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


def _at_the_till(making: _Making, quota: int) -> None:
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


def _after_the_end(making: _Making, quota: int) -> None:
    """The order was cancelled or refunded in full, and fulfilled all the same."""
    rng, parcels = making.rng, making.parcels
    rows = making.free()[:quota]
    waited = parcels.at[rows] - parcels.ordered[rows]
    parcels.gone[rows] = parcels.at[rows] - (waited * rng.uniform(0.02, 0.9, len(rows))).astype(np.int64)
    parcels.gone_by_cancel[rows] = rng.random(len(rows)) < 0.5
    making.mark(rows, "fulfilled_after_cancel_or_refund", together=False)


def _lines_missing(making: _Making, quota: int) -> None:
    """The parcel left without one of its lines."""
    rows = making.free()[:quota]
    making.parcels.fewest_lines[rows] = 2
    making.mark(rows, "line_missing", together=False)


def _wrong_numbers(making: _Making, quota: int) -> None:
    """Parcels that left: one number typed on several in the same session, or no number at all."""
    rng, parcels = making.rng, making.parcels
    free = making.free(parcels.carrier != UNTRACKED)
    for size in sizes(rng, quota // 2, 2, 6):
        rows, free = free[: max(2, size)], free[max(2, size) :]
        first = rows[0]
        parcels.location[rows], parcels.carrier[rows] = parcels.location[first], parcels.carrier[first]
        moved = parcels.at[first] + rng.integers(0, 25 * MINUTE, len(rows)) - parcels.at[rows]
        moved = np.minimum(moved, making.now - MINUTE - parcels.at[rows])
        parcels.at[rows] += moved
        parcels.ordered[rows] += moved
        parcels.shares_number_with[rows] = first
        parcels.events[rows] = rng.random() < 0.5
        making.mark(rows, "tracking_wrong_or_duplicate")
    rows = making.free(parcels.carrier != UNTRACKED)[: max(1, quota - quota // 2)]
    parcels.malformed[rows] = rng.integers(0, len(MALFORMED), len(rows))
    parcels.events[rows] = False
    making.mark(rows, "tracking_wrong_or_duplicate", together=False)


def _with_service(making: _Making, quota: int) -> None:
    """A fulfillment service accepted it and has not sent it; mostly in the last days."""
    parcels = making.parcels
    free = parcels.exists & (parcels.looks == ORDINARY) & (parcels.method == SHIPPING)
    rows = np.flatnonzero(free & (parcels.location >= making.places.own))
    age = (making.now - parcels.at[rows]) / DAY
    wait = making.rng.exponential(1.0, len(rows)) * (1 + age)  # the younger, the likelier
    rows = rows[np.argsort(wait, kind="stable")[:quota]]
    making.untrack(rows)
    making.mark(rows, "third_party_accepted", together=False)


def _cancelled_already(making: _Making, quota: int) -> None:
    """Somebody saw it and cancelled the fulfillment; half were sent again, half wait or were cancelled too."""
    rng, parcels = making.rng, making.parcels
    rows = making.free(making.old(5))[:quota]
    parcels.cancelled[rows] = parcels.at[rows] + rng.integers(HOUR, DAY, len(rows))
    parcels.left[rows] = False
    making.mark(rows, "already_cancelled", together=False)
    again = rows[: len(rows) // 2]
    second = making.free()[: len(again)]
    again = again[: len(second)]
    parcels.copy_of[second] = parcels.partner[second] = again
    parcels.location[second], parcels.ordered[second] = parcels.location[again], parcels.ordered[again]
    parcels.at[second] = parcels.cancelled[again] + rng.integers(HOUR, 2 * DAY, len(second))
    parcels.looks[second] = KIND["already_cancelled"]  # not to be chosen for another order
    ended = rows[len(rows) // 2 :]
    ended = ended[rng.random(len(ended)) < 0.5]
    parcels.gone[ended], parcels.gone_by_cancel[ended] = parcels.cancelled[ended] + HOUR, True


def _archived(making: _Making, quota: int) -> None:
    """Fulfilled by an app or forgotten with its label, and archived with that."""
    parcels = making.parcels
    rows = making.free(making.old(6) & (parcels.carrier != UNTRACKED))[:quota]
    making.mark(rows, "archived", together=False)
    _fulfil_at_once(making, rows[::2])


def _send_some(making: _Making) -> None:
    """Members that truly left: most of them with carrier events (locked), a few of the bursts by hand and unseen."""
    rng, parcels = making.rng, making.parcels
    never_left = np.isin(parcels.kind, [KIND[kind] for kind in HAVE_DECOYS])
    parcels.left[never_left] = False
    known = parcels.at < making.now - HOUR
    decoys = never_left & known & (rng.random(len(never_left)) < rng.uniform(0.03, 0.12))
    parcels.kind[decoys] = KIND["delivered_or_in_transit"]
    bare = decoys & np.isin(parcels.carrier, (UNTRACKED, SILENT))
    parcels.carrier[bare] = rng.integers(0, 2, int(bare.sum()))
    of_apps = np.isin(parcels.kind, (KIND["app_burst"], KIND["auto_fulfil"]))
    parcels.by_hand = of_apps & (rng.random(len(of_apps)) < rng.uniform(0, 0.03))
    parcels.kind[parcels.by_hand], parcels.incident[parcels.by_hand] = ORDINARY, -1
    parcels.left[decoys | parcels.by_hand] = True
    assert not (parcels.exists & (parcels.method == NONE) & (parcels.kind != ORDINARY)).any()


_MAKERS = {
    "courier_no_show": _no_shows,
    "wrong_location": _wrong_locations,
    "app_burst": _bursts,
    "auto_fulfil": _auto_fulfilled,
    "phantom_shipment": _phantoms,
    "preorder": _preorders,
    "pos_mark_as_fulfilled": _at_the_till,
    "fulfilled_after_cancel_or_refund": _after_the_end,
    "line_missing": _lines_missing,
    "tracking_wrong_or_duplicate": _wrong_numbers,
    "third_party_accepted": _with_service,
    "already_cancelled": _cancelled_already,
    "archived": _archived,
}
