"""The ordinary work of a made-up shop: when parcels are made, how they are handed over, and what the carrier reports.

One row a fulfillment. Behind them stand rows of orders that nobody has fulfilled, so that these get lines as well.
"""

from dataclasses import dataclass, field

import numpy as np
from known_arrays import DAY, HOUR, MINUTE, NEVER, Booleans, Floats, Numbers
from known_places import Places

WINDOW = 90  # days that the export reaches back
SHIPPING, RETAIL, PICK_UP, NONE = range(4)
METHODS = ("SHIPPING", "RETAIL", "PICK_UP", "NONE")
CARRIERS = ("Nordpost", "Swiftline", "Citybike Couriers")
SILENT = 2  # the carrier that reports nothing to Shopify
UNTRACKED = -1

ORDINARY, CATCH_UP, COMBINED = 0, 100, 101  # the latter two are ordinary as well; only `looks` tells them
KINDS = (
    "", "auto_fulfil", "app_burst", "phantom_shipment", "courier_no_show", "wrong_location", "preorder",
    "pos_mark_as_fulfilled", "fulfilled_after_cancel_or_refund", "line_missing", "tracking_wrong_or_duplicate",
    "third_party_accepted", "delivered_or_in_transit", "already_cancelled", "archived",
)  # fmt: skip
KIND = {name: number for number, name in enumerate(KINDS)}
STAYED = (
    "auto_fulfil", "app_burst", "phantom_shipment", "courier_no_show", "preorder", "pos_mark_as_fulfilled",
    "fulfilled_after_cancel_or_refund", "third_party_accepted", "archived",
)  # fmt: skip

NOTHING, LABEL, MOVING, OUT, ATTEMPTED, ARRIVED, HANDED, SUBMITTED, VOID = range(9)
DISPLAYS = (
    "FULFILLED", "LABEL_PRINTED", "IN_TRANSIT", "OUT_FOR_DELIVERY", "ATTEMPTED_DELIVERY", "DELIVERED", "PICKED_UP",
    "CONFIRMED", "CANCELED",
)  # fmt: skip


@dataclass
class Parcels:
    """One column each; filled while the shop is made. Times are seconds since 1970, NEVER where missing."""

    exists: Booleans  # False: only an order, not fulfilled
    location: Numbers
    at: Numbers
    ordered: Numbers
    method: Numbers
    carrier: Numbers
    labelled: Booleans  # bought through Shopify (of carriers that report to it), which shows the label
    kind: Numbers = field(init=False)
    looks: Numbers = field(init=False)  # how it was made; differs from kind for members that truly left
    incident: Numbers = field(init=False)
    other: Numbers = field(init=False)  # where it left from, for wrong_location
    left: Booleans = field(init=False)
    lost: Booleans = field(init=False)
    by_hand: Booleans = field(init=False)  # left later, without a label
    cancelled: Numbers = field(init=False)
    gone: Numbers = field(init=False)  # the order was cancelled or refunded before it was fulfilled
    gone_by_cancel: Booleans = field(init=False)
    fewest_lines: Numbers = field(init=False)
    item: Numbers = field(init=False)  # its only item, for a pre-order
    copy_of: Numbers = field(init=False)  # the cancelled parcel whose lines it carries
    partner: Numbers = field(init=False)  # the earlier parcel of the same order
    shares_number_with: Numbers = field(init=False)
    malformed: Numbers = field(init=False)
    events: Booleans = field(init=False)
    shown: Numbers = field(init=False)
    moved: Numbers = field(init=False)
    arrived: Numbers = field(init=False)
    refunded: Numbers = field(init=False)

    def __post_init__(self) -> None:
        rows = len(self.at)
        self.kind, self.looks = np.zeros(rows, np.int64), np.zeros(rows, np.int64)
        for name in ("incident", "other", "item", "copy_of", "partner", "shares_number_with", "malformed"):
            setattr(self, name, np.full(rows, -1, np.int64))
        for name in ("cancelled", "gone", "moved", "arrived", "refunded"):
            setattr(self, name, np.full(rows, NEVER, np.int64))
        self.left = self.exists.copy()
        self.events = self.exists.copy()
        self.lost, self.by_hand, self.gone_by_cancel = (np.zeros(rows, bool) for _ in range(3))
        self.fewest_lines, self.shown = np.ones(rows, np.int64), np.zeros(rows, np.int64)


def ordinary_parcels(rng: np.random.Generator, count: int, places: Places, now: int) -> Parcels:
    """`count` fulfillments as they should be, and a few orders that wait or were cancelled."""
    waiting = max(3, round(0.035 * count))
    rows = count + waiting
    exists = np.arange(rows) < count
    location = rng.choice(len(places.names), rows, p=places.shares)
    at = _working_times(rng, location, location >= places.own, now)
    method = np.zeros(rows, np.int64)
    lot = rng.random(rows)
    tills, pick_ups = rng.uniform(0.06, 0.2), rng.uniform(0.01, 0.04)
    method[exists & (lot < tills)] = RETAIL
    method[exists & (lot >= tills) & (lot < tills + pick_ups)] = PICK_UP
    method[exists & (lot > 0.99)] = NONE
    in_store = np.isin(method, (RETAIL, PICK_UP))
    location[in_store] = rng.choice(places.stores, int(in_store.sum()))
    at[in_store] = _shop_hours(rng, int(in_store.sum()), now)
    waited = (rng.gamma(2.0, 9.0, rows) * HOUR).astype(np.int64) + 20 * MINUTE
    waited[method == RETAIL] = rng.integers(1, 20, int((method == RETAIL).sum()))
    waited[method == NONE] = rng.integers(10, 60, int((method == NONE).sum()))
    ordered = at - waited
    recent = now - (rng.exponential(1.3, rows) * DAY).astype(np.int64) - MINUTE
    ordered = np.where(exists, ordered, np.maximum(recent, now - WINDOW * DAY))
    carrier = _carriers(rng, location, method)
    return Parcels(
        exists=exists,
        location=location,
        at=np.where(exists, at, NEVER),
        ordered=ordered,
        method=method,
        carrier=carrier,
        labelled=(rng.random((len(places.names), len(CARRIERS) + 1)) < 0.65)[location, carrier],
    )


def _day_weights(rng: np.random.Generator, first_day: int, saturday: float, sunday: float) -> Floats:
    """How busy each day of the window is: weekdays, weekends, some growth, and a campaign."""
    days = first_day + np.arange(WINDOW + 1)
    weekday = (days + 3) % 7  # 1970-01-01 was a Thursday
    weight = np.where(
        weekday == 5, saturday, np.where(weekday == 6, sunday, rng.uniform(0.85, 1.15, len(days)))
    )
    weight[weekday == 0] *= 1.35
    begins = int(rng.integers(5, WINDOW - 8))
    weight[begins : begins + 4] *= rng.uniform(1.5, 3.5)
    grown: Floats = weight * np.linspace(1, rng.uniform(0.9, 1.5), len(days))
    return grown


def _working_times(rng: np.random.Generator, location: Numbers, at_service: Booleans, now: int) -> Numbers:
    """Daily batches: most in the morning, then before noon and before the courier comes; hardly any at night.

    A service tells the shop in the evening what it sent, all within minutes.
    """
    rows, first = len(location), now // DAY - WINDOW
    weights = _day_weights(rng, first, 0.12, 0.03)
    day = rng.choice(len(weights), rows, p=weights / weights.sum())
    batch = rng.choice(3, rows, p=(0.5, 0.2, 0.3))
    begins = np.array((8.2, 10.8, 14.0))[batch] * HOUR
    late = rng.normal(0, 18 * MINUTE, (int(location.max()) + 1, len(weights), 3))[location, day]
    spread = rng.uniform(6, 22, (int(location.max()) + 1, 3))[location, batch] * MINUTE
    second = begins + late[np.arange(rows), batch] + rng.gamma(2.0, 1.0, rows) * spread
    anyhow = rng.random(rows)
    second = np.where(anyhow < 0.12, rng.uniform(7, 17, rows) * HOUR, second)
    second = np.where(anyhow > 0.996, rng.uniform(0, 24, rows) * HOUR, second)
    evening = 16.5 * HOUR + late[:, 0] / 3 + rng.uniform(0, 4, rows) * MINUTE
    second = np.where(at_service, evening, second)
    at = (first + day) * DAY + second.astype(np.int64)
    return np.where(at > now - 5 * MINUTE, at - 7 * DAY, at)


def _shop_hours(rng: np.random.Generator, rows: int, now: int) -> Numbers:
    first = now // DAY - WINDOW
    weights = _day_weights(rng, first, 1.6, 0.0)
    day = rng.choice(len(weights), rows, p=weights / weights.sum())
    at = (first + day) * DAY + (rng.uniform(8, 18, rows) * HOUR).astype(np.int64)
    return np.where(at > now - 5 * MINUTE, at - 7 * DAY, at)


def _carriers(rng: np.random.Generator, location: Numbers, method: Numbers) -> Numbers:
    """A usual carrier at each location, sometimes another, sometimes the silent one; 5 % letters without tracking."""
    usual = rng.integers(0, 2, int(location.max()) + 1)[location]
    lot, rows = rng.random(len(location)), len(location)
    silent = rng.uniform(0.05, 0.15)
    carrier = np.where(lot < 0.12, 1 - usual, np.where(lot > 1 - silent, SILENT, usual))
    return np.where((rng.random(rows) < 0.05) | (method != SHIPPING), UNTRACKED, carrier)


def let_carriers_report(rng: np.random.Generator, parcels: Parcels, now: int) -> None:
    """Events of the parcels that have any, as far as `now`; what never moves shows at most its label."""
    rows = len(parcels.at)
    tracked = parcels.carrier != UNTRACKED
    old_enough = parcels.at < now - 7 * DAY  # who is lost is known only then
    parcels.lost = (
        parcels.exists & (parcels.kind == ORDINARY) & tracked & (parcels.carrier != SILENT) & old_enough
        & (parcels.method == SHIPPING) & (parcels.cancelled == NEVER) & (rng.random(rows) < rng.uniform(0.003, 0.01))
    )  # fmt: skip
    locked = parcels.kind == KIND["delivered_or_in_transit"]
    reported = parcels.exists & parcels.left & parcels.events & tracked & ~parcels.lost
    reported &= (parcels.carrier != SILENT) | locked
    moved = parcels.at + (rng.uniform(3, 26, rows) * HOUR).astype(np.int64)
    moved = np.where(locked, np.minimum(moved, now - MINUTE), moved)  # that is how it is known that they left
    arrived = parcels.at + (rng.uniform(2, 4.2, rows) * DAY + rng.exponential(0.8, rows) * DAY).astype(
        np.int64
    )
    arrived[rng.random(rows) < 0.01] = now + DAY  # the carrier never says so
    on_its_way, there = reported & (moved <= now), reported & (arrived <= now)
    parcels.moved = np.where(on_its_way & (rng.random(rows) < 0.96), moved, NEVER)
    parcels.arrived = np.where(there, arrived, NEVER)
    almost = on_its_way & ~there & (arrived - now < 6 * HOUR)
    labelled = parcels.labelled & tracked & (parcels.carrier != SILENT)
    shown = np.where(labelled, LABEL, NOTHING)
    shown = np.where(on_its_way, MOVING, shown)
    shown = np.where(almost, OUT, shown)
    shown = np.where(almost & (rng.random(rows) < 0.15), ATTEMPTED, shown)
    shown = np.where(there, ARRIVED, shown)
    shown = np.where((parcels.method == PICK_UP) & (rng.random(rows) < 0.6), HANDED, shown)
    shown = np.where(parcels.kind == KIND["third_party_accepted"], SUBMITTED, shown)
    parcels.shown = np.where(parcels.cancelled != NEVER, VOID, shown)
