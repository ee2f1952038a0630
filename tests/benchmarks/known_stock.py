"""What the shop counts and what lies on the shelf: two accounts of the same events, kept apart."""

from dataclasses import dataclass, field

import numpy as np
from known_arrays import DAY, HOUR, NEVER, Booleans, Numbers
from known_orders import NOT_RESTOCKED, RESTOCKED, Lines
from known_parcels import ORDINARY, WINDOW, Parcels
from known_places import Items, Places

STOCK_KINDS = ("missing_restock", "miscount", "pack_size", "swapped_sku", "doubled_deduction")
ACCOUNTS = ("on_hand", "committed", "shelf")
OTHERS = ("reserved", "damaged", "safety_stock", "quality_control")


@dataclass
class Levels:
    """Item × location pairs and what happened to each: `moves[account]` to the end, `early` to the earlier export."""

    item: Numbers
    location: Numbers
    number: Numbers  # item × location → row, -1 where the item is not stocked
    before_at: int
    moves: dict[str, Numbers] = field(init=False)
    early: dict[str, Numbers] = field(init=False)

    def __post_init__(self) -> None:
        self.moves = {account: np.zeros(len(self.item), np.int64) for account in ACCOUNTS}
        self.early = {account: np.zeros(len(self.item), np.int64) for account in ACCOUNTS}

    def book(self, account: str, level: Numbers, at: Numbers, units: Numbers) -> None:
        """Add units to an account; levels of -1 and times of NEVER are passed over."""
        real = (level >= 0) & (at != NEVER) & (units != 0)
        level, at, units = level[real], at[real], units[real]
        self.moves[account] += np.bincount(level, units, len(self.item)).astype(np.int64)
        soon = at <= self.before_at
        self.early[account] += np.bincount(level[soon], units[soon], len(self.item)).astype(np.int64)

    def tracked(self, items: Items, item: Numbers, location: Numbers) -> Numbers:
        """The level of each line, -1 where the item is not tracked."""
        return np.where(items.tracked[item], self.number[item, location], -1)


@dataclass
class StockErrors:
    """Errors that no fulfillment explains, one row each; `other` is the item that was taken for it, or -1."""

    kind: list[Numbers] = field(default_factory=list)
    level: list[Numbers] = field(default_factory=list)
    units: list[Numbers] = field(default_factory=list)
    other: list[Numbers] = field(default_factory=list)

    def add(self, kind: str, level: Numbers, units: Numbers, other: Numbers | None = None) -> None:
        """Note errors of one kind; the units are counted - on_hand that comes of each."""
        self.kind.append(np.full(len(level), STOCK_KINDS.index(kind)))
        self.level.append(level)
        self.units.append(units)
        self.other.append(np.full(len(level), -1) if other is None else other)


@dataclass(frozen=True)
class Stock:
    """The stock at the end, and at the earlier export. Rows as `Levels`."""

    levels: Levels
    on_hand: Numbers
    committed: Numbers
    others: dict[str, Numbers]
    shelf: Numbers  # what a faultless count would find
    on_hand_before: Numbers
    committed_before: Numbers


def make_levels(items: Items, before_at: int) -> Levels:
    """A row for every item at every location that stocks it."""
    item, location = np.nonzero(items.stocked)
    number = np.full(items.stocked.shape, -1, np.int64)
    number[item, location] = np.arange(len(item))
    return Levels(item, location, number, before_at)


def book_orders(levels: Levels, items: Items, parcels: Parcels, lines: Lines) -> None:
    """Orders commit, fulfilling takes on_hand and committed down, cancelling gives back; the shelf is booked apart."""
    parcel, units = lines.parcel, lines.units
    level = levels.tracked(items, lines.item, parcels.location[parcel])
    ordered, at, gone = parcels.ordered[parcel], parcels.at[parcel], parcels.gone[parcel]
    levels.book("committed", level, ordered, np.where(lines.is_copy, 0, units) + lines.extra + lines.removed)
    levels.book("committed", level, ordered + HOUR // 4, -lines.removed)
    cancelled = parcels.cancelled[parcel]
    ends_first = (gone != NEVER) & (
        cancelled == NEVER
    )  # the order ended before, or instead of, the fulfillment
    levels.book("on_hand", level, at, -units)
    levels.book("committed", level, np.where(ends_first, NEVER, at), -units)
    levels.book("on_hand", level, cancelled, units)
    levels.book("committed", level, cancelled, units)
    levels.book("committed", level, gone, -units)
    from_ = np.where(parcels.other[parcel] >= 0, parcels.other[parcel], parcels.location[parcel])
    taken = np.where(parcels.left[parcel], units - lines.missing, 0)
    levels.book("shelf", levels.tracked(items, lines.item, from_), at, -taken)
    back = parcels.refunded[parcel]
    levels.book("on_hand", level, back, np.where(lines.fate == RESTOCKED, lines.refunded, 0))
    returned = np.isin(lines.fate, (RESTOCKED, NOT_RESTOCKED))
    levels.book("shelf", level, back, np.where(returned, lines.refunded, 0))


def book_errors(
    rng: np.random.Generator,
    levels: Levels,
    items: Items,
    places: Places,
    parcels: Parcels,
    lines: Lines,
    now: int,
) -> StockErrors:
    """Errors in the stock itself, in own locations; a shop may have none of a kind."""
    errors, own = StockErrors(), (levels.location < places.own) & items.tracked[levels.item]
    level = levels.tracked(items, lines.item, parcels.location[lines.parcel])
    level = np.where(parcels.location[lines.parcel] < places.own, level, -1)
    forgotten = (lines.fate == NOT_RESTOCKED) & (level >= 0)
    errors.add("missing_restock", level[forgotten], lines.refunded[forgotten])
    able = np.flatnonzero(own & ~items.preorder[levels.item])
    if rng.random() < 0.85:
        _miscount(rng, levels, errors, able, now)
    if rng.random() < 0.7:
        _book_packs(rng, levels, items, errors, able, now)
    if rng.random() < 0.7:
        _swap(rng, levels, items, errors, able)
    if rng.random() < 0.6:
        _deduct_twice(rng, levels, errors, parcels, lines, level, now)
    return errors


def _some(rng: np.random.Generator, levels: Numbers, share: float) -> Numbers:
    return rng.permutation(levels)[: max(1, round(share * len(levels)))]


def _miscount(rng: np.random.Generator, levels: Levels, errors: StockErrors, able: Numbers, now: int) -> None:
    """The last stock-take was wrong there, mostly by a few units."""
    rows = _some(rng, able, rng.uniform(0.003, 0.012))
    units = rng.geometric(0.45, len(rows)) * rng.choice((-1, 1), len(rows), p=(0.6, 0.4))
    at = now - rng.integers(DAY, WINDOW * DAY, len(rows))
    levels.book("on_hand", rows, at, -units)
    errors.add("miscount", rows, units)


def _book_packs(
    rng: np.random.Generator, levels: Levels, items: Items, errors: StockErrors, able: Numbers, now: int
) -> None:
    """A delivery of packs was booked as so many units, or one of units as so many packs."""
    packed = able[items.pack[levels.item[able]] > 1]
    if not len(packed):
        return
    rows = _some(rng, packed, rng.uniform(0.01, 0.04))
    packs, size = rng.integers(1, 9, len(rows)), items.pack[levels.item[rows]]
    as_units = rng.random(len(rows)) < 0.6
    at = now - rng.integers(DAY, WINDOW * DAY, len(rows))
    levels.book("on_hand", rows, at, np.where(as_units, packs, packs * size))
    levels.book("shelf", rows, at, np.where(as_units, packs * size, packs))
    errors.add("pack_size", rows, np.where(as_units, 1, -1) * packs * (size - 1))


def _swap(rng: np.random.Generator, levels: Levels, items: Items, errors: StockErrors, able: Numbers) -> None:
    """One variant was picked for another of the same product."""
    rows = _some(rng, able[levels.item[able] + 1 < len(items.product)], rng.uniform(0.001, 0.004))
    item, location = levels.item[rows], levels.location[rows]
    other = levels.number[item + 1, location]
    fits = (items.product[item] == items.product[item + 1]) & (other >= 0) & items.tracked[item + 1]
    fits &= ~items.preorder[item + 1]
    one, two = rows[fits], other[fits]
    one, two = (one, two) if rng.random() < 0.5 else (two, one)
    alone = ~np.isin(one, two)
    one, two = one[alone], two[alone]
    units = rng.integers(1, 5, len(one))
    at = np.full(len(one), levels.before_at)  # the shelf has no earlier account
    levels.book("shelf", one, at, -units)  # left in the other's stead
    levels.book("shelf", two, at, units)
    errors.add("swapped_sku", one, -units, levels.item[two])
    errors.add("swapped_sku", two, units, levels.item[one])


def _deduct_twice(
    rng: np.random.Generator,
    levels: Levels,
    errors: StockErrors,
    parcels: Parcels,
    lines: Lines,
    level: Numbers,
    now: int,
) -> None:
    """Another system took the units off as well: all of some hours at one location, and now and then."""
    at, place = parcels.at[lines.parcel], parcels.location[lines.parcel]
    able = parcels.exists[lines.parcel] & (parcels.looks[lines.parcel] == ORDINARY) & (level >= 0)
    able &= parcels.cancelled[lines.parcel] == NEVER
    begun = now - int(rng.uniform(1, 40) * DAY)
    most = max(3, round(0.003 * len(lines.parcel)))
    where = rng.choice(np.unique(place[able]))
    during = np.flatnonzero(able & (place == where) & (at >= begun) & (at < begun + 3 * DAY))
    during = during[np.argsort(at[during], kind="stable")][: int(rng.integers(2, most + 1))]
    single = rng.random(len(lines.parcel)) < 0.0006
    twice = able & single
    twice[during] = True
    levels.book("on_hand", level[twice], at[twice] + 30, -lines.units[twice])
    rows = np.unique(level[twice])
    units = np.bincount(level[twice], lines.units[twice], len(levels.item)).astype(np.int64)[rows]
    errors.add("doubled_deduction", rows, units)


def settle(
    rng: np.random.Generator, levels: Levels, items: Items, places: Places, errors: StockErrors, now: int
) -> Stock:
    """Choose what stands there at the end, no shelf below nothing, and reckon back to the earlier export."""
    tracked, rows = items.tracked[levels.item], len(levels.item)
    sold = -np.minimum(levels.moves["shelf"], 0)
    _receive(rng, levels, items, tracked, now)
    variance = levels.moves["shelf"] - levels.moves["on_hand"]
    others = {name: (rng.random(rows) < 0.03) * rng.integers(1, 4, rows) * tracked for name in OTHERS}
    committed, kept = levels.moves["committed"], sum(others.values())
    on_hand = rng.poisson(3 + sold * rng.uniform(0.05, 0.4, rows))
    on_hand[rng.random(rows) < 0.08] = 0
    promised = committed + kept + rng.integers(0, 3, rows)
    on_hand = np.where(rng.random(rows) < 0.97, np.maximum(on_hand, promised), on_hand)
    sold_out = (variance > 0) & (rng.random(rows) < 0.2)
    on_hand = np.where(sold_out, rng.integers(0, 3, rows) - variance, on_hand)
    on_hand = np.maximum(on_hand, -variance)
    on_hand = np.where(items.preorder[levels.item], -variance, on_hand)
    on_hand, ratio = _count_packs(rng, levels, items, places, errors, on_hand, np.asarray(promised))
    shelf = (on_hand + variance + ratio) * tracked
    on_hand = on_hand * tracked
    return Stock(
        levels=levels,
        on_hand=on_hand,
        committed=committed,
        others=others,
        shelf=shelf,
        on_hand_before=on_hand - levels.moves["on_hand"] + levels.early["on_hand"],
        committed_before=levels.early["committed"],
    )


def _receive(rng: np.random.Generator, levels: Levels, items: Items, tracked: Booleans, now: int) -> None:
    """Deliveries since the earlier export, in whole cases, and units that were written off as they should be."""
    out = -np.minimum(levels.moves["on_hand"] - levels.early["on_hand"], 0)
    case = rng.choice((6, 10, 12, 24), len(out))
    units = (out * rng.uniform(0, 1, len(out)) / case).astype(np.int64) * case
    units -= (rng.random(len(out)) < 0.01) * rng.integers(1, 3, len(out))
    units = units * (tracked & ~items.preorder[levels.item])
    later = np.full(len(out), (levels.before_at + now) // 2)
    for account in ("on_hand", "shelf"):
        levels.book(account, np.arange(len(out)), later, units)


def _count_packs(
    rng: np.random.Generator, levels: Levels, items: Items, places: Places, errors: StockErrors,
    on_hand: Numbers, promised: Numbers,
) -> tuple[Numbers, Numbers]:  # fmt: skip
    """Places where packs were counted as units, or units where packs are kept: the count is a whole multiple."""
    size = items.pack[levels.item]
    calm = (levels.moves["shelf"] == levels.moves["on_hand"]) & items.tracked[levels.item]
    able = np.flatnonzero(calm & (size > 1) & (levels.location < places.own) & ~items.preorder[levels.item])
    able = able[~np.isin(able, np.concatenate([*errors.level, np.zeros(0, np.int64)]))]
    ratio = np.zeros(len(on_hand), np.int64)
    if not len(able) or rng.random() > 0.6:
        return on_hand, ratio
    rows = _some(rng, able, rng.uniform(0.01, 0.03))
    packs = np.maximum(promised[rows] // size[rows] + 1, rng.integers(1, 12, len(rows)))
    fewer = rng.random(len(rows)) < 0.6
    on_hand = on_hand.copy()
    on_hand[rows] = np.where(fewer, packs * size[rows], np.maximum(packs, promised[rows]))
    units = np.where(fewer, packs - on_hand[rows], on_hand[rows] * (size[rows] - 1))
    ratio[rows] = units
    errors.add("pack_size", rows, units)
    return on_hand, ratio
