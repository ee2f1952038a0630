"""Orders of a made-up shop: which parcels belong together, their lines, payments and refunds."""

from dataclasses import dataclass

import numpy as np
from known_arrays import DAY, HOUR, NEVER, Booleans, Numbers
from known_parcels import KIND, NONE, ORDINARY, SHIPPING, Parcels
from known_places import GIFT_CARD, Items

RESTOCKED, THROWN_AWAY, NOT_RESTOCKED = range(3)


@dataclass
class Lines:
    """Lines of parcels (also of parcels that do not exist yet). `line` numbers the order's line items from 0."""

    parcel: Numbers
    item: Numbers
    units: Numbers
    line: Numbers
    is_copy: Booleans  # fulfilled again after a cancel: nothing new was ordered
    missing: Numbers  # units that were left out of the parcel
    extra: Numbers  # units ordered beside these, still open
    removed: Numbers  # units ordered beside these, and taken off before they were fulfilled
    refunded: Numbers  # units given back after they were sent
    fate: Numbers  # what became of those, -1 where none


@dataclass
class Orders:
    """Order of each parcel, and each order's times and refunds."""

    of_parcel: Numbers
    ordered: Numbers
    paid: Numbers
    cancelled: Numbers
    refunded: Numbers
    fully_refunded: Booleans
    returned: Booleans
    first: Numbers  # its first parcel


def pair_parcels(rng: np.random.Generator, parcels: Parcels) -> None:
    """Make about one order in fourteen of two parcels, about a day apart; half of these from two locations."""
    mixed = (ORDINARY, KIND["phantom_shipment"], KIND["wrong_location"], KIND["line_missing"])
    able = (
        parcels.exists
        & np.isin(parcels.looks, mixed)
        & (parcels.method == SHIPPING)
        & (parcels.cancelled == NEVER)
    )
    rows = np.flatnonzero(able)
    rows = rows[np.argsort(parcels.at[rows], kind="stable")]
    apart = max(1, len(rows) // 100)
    position = np.arange(len(rows))
    firsts = position[(position % (2 * apart) < apart) & (rng.random(len(rows)) < 0.16)]
    firsts = firsts[firsts + apart < len(rows)]
    one, two = rows[firsts], rows[firsts + apart]
    parcels.partner[two] = one
    parcels.ordered[two] = parcels.ordered[one] = np.minimum(parcels.ordered[one], parcels.ordered[two])


def make_lines(rng: np.random.Generator, parcels: Parcels, items: Items) -> Lines:
    """One to four lines a parcel, mostly of one unit."""
    rows = len(parcels.at)
    count = rng.choice((1, 2, 3, 4), rows, p=(0.62, 0.23, 0.1, 0.05))
    count = np.maximum(count, parcels.fewest_lines)
    count[(parcels.item >= 0) | (parcels.method == NONE)] = 1
    count[parcels.copy_of >= 0] = 0
    parcel = np.repeat(np.arange(rows), count)
    position = np.arange(len(parcel)) - np.repeat(np.cumsum(count) - count, count)
    item = items.draw(rng, parcels.location[parcel], parcels.looks[parcel] == KIND["wrong_location"])
    item = np.where(parcels.item[parcel] >= 0, parcels.item[parcel], item)
    item = np.where(parcels.method[parcel] == NONE, GIFT_CARD, item)
    again = (position == 1) & (parcels.fewest_lines[parcel] > 1) & (item == np.roll(item, 1))
    item = np.where(again, np.where(item == 1, 2, 1), item)
    kept = np.sort(np.unique(parcel * len(items.product) + item, return_index=True)[1])
    parcel, item = parcel[kept], item[kept]
    units = rng.choice((1, 2, 3, 4, 6), len(parcel), p=(0.84, 0.11, 0.03, 0.015, 0.005))
    line = np.arange(len(parcel))
    _share_lines(rng, parcels, parcel, item, line)
    copies = _copies(parcels, parcel)
    whole = np.concatenate((np.arange(len(parcel)), copies[0]))
    nothing = np.zeros(len(whole), np.int64)
    lines = Lines(
        parcel=np.concatenate((parcel, copies[1])),
        item=item[whole],
        units=units[whole],
        line=line[whole],
        is_copy=np.arange(len(whole)) >= len(parcel),
        missing=nothing.copy(),
        extra=nothing.copy(),
        removed=nothing.copy(),
        refunded=nothing.copy(),
        fate=nothing - 1,
    )
    _leave_out(rng, parcels, lines)
    _order_more(rng, parcels, lines)
    return lines


def _share_lines(
    rng: np.random.Generator, parcels: Parcels, parcel: Numbers, item: Numbers, line: Numbers
) -> None:
    """At times both parcels of an order carry units of the same line."""
    two = np.flatnonzero(parcels.partner >= 0)
    one = parcels.partner[two]
    same = (parcels.location[one] == parcels.location[two]) & (parcels.copy_of[two] < 0)
    same &= np.isin(parcels.looks[one], (0, KIND["phantom_shipment"])) & (parcels.looks[two] == ORDINARY)
    same &= rng.random(len(two)) < 0.25
    first, second = np.searchsorted(parcel, one[same]), np.searchsorted(parcel, two[same])
    alone = parcel[np.minimum(second + 1, len(parcel) - 1)] != parcel[second]  # else an item could come twice
    first, second = first[alone], second[alone]
    item[second], line[second] = item[first], line[first]


def _copies(parcels: Parcels, parcel: Numbers) -> tuple[Numbers, Numbers]:
    """Lines of the cancelled parcels that were sent again, and the parcels that they went with."""
    later = np.full(len(parcels.at), -1, np.int64)
    again = np.flatnonzero(parcels.copy_of >= 0)
    later[parcels.copy_of[again]] = again
    lines = np.flatnonzero(later[parcel] >= 0)
    return lines, later[parcel[lines]]


def _leave_out(rng: np.random.Generator, parcels: Parcels, lines: Lines) -> None:
    """One line of each parcel with a missing line: mostly all of its units."""
    rows = rng.permutation(np.flatnonzero(parcels.kind[lines.parcel] == KIND["line_missing"]))
    chosen = rows[np.unique(lines.parcel[rows], return_index=True)[1]]
    some = (lines.units[chosen] > 1) & (rng.random(len(chosen)) < 0.3)
    lines.missing[chosen] = np.where(some, 1, lines.units[chosen])


def _order_more(rng: np.random.Generator, parcels: Parcels, lines: Lines) -> None:
    """Units of the same line that wait for another parcel, or that were taken off before."""
    ordinary = parcels.exists & (parcels.looks == ORDINARY) & (parcels.method == SHIPPING)
    lot = np.where(ordinary[lines.parcel] & ~lines.is_copy, rng.random(len(lines.parcel)), 1.0)
    lines.extra[lot < 0.006] = 1
    lines.removed[(lot > 0.5) & (lot < 0.505)] = 1


def make_orders(rng: np.random.Generator, parcels: Parcels, lines: Lines, now: int) -> Orders:
    """Number the orders by time, let them be paid, cancelled, refunded."""
    alone = parcels.partner < 0
    firsts = np.flatnonzero(alone)
    firsts = firsts[np.argsort(parcels.ordered[firsts], kind="stable")]
    number = np.empty(len(alone), np.int64)
    number[firsts] = np.arange(len(firsts))
    of_parcel = number[np.where(alone, np.arange(len(alone)), parcels.partner)]
    ordered, count = parcels.ordered[firsts], len(firsts)
    paid = ordered + rng.integers(0, 4, count)
    plain = (parcels.looks[firsts] == ORDINARY) & (parcels.method[firsts] == SHIPPING)
    lot = np.where(plain, rng.random(count), 1.0)
    paid[lot < 0.02] = NEVER  # on invoice
    captured = (lot > 0.9) & (lot < 0.94) & parcels.exists[firsts]
    paid[captured] = parcels.at[firsts][captured] + 5
    waiting = ~parcels.exists & (rng.random(len(alone)) < 0.25)
    parcels.gone[waiting] = np.minimum(
        parcels.ordered[waiting] + rng.integers(HOUR, DAY, int(waiting.sum())), now - 1
    )
    parcels.gone_by_cancel[waiting] = True
    gone, by_cancel = parcels.gone[firsts], parcels.gone_by_cancel[firsts]
    orders = Orders(
        of_parcel=of_parcel,
        ordered=ordered,
        paid=paid,
        cancelled=np.where(by_cancel, gone, NEVER),
        refunded=np.where(paid == NEVER, NEVER, gone),
        fully_refunded=(gone != NEVER) & (paid != NEVER),
        returned=np.zeros(count, bool),
        first=firsts,
    )
    _refund(rng, parcels, lines, orders, now)
    return orders


def _refund(rng: np.random.Generator, parcels: Parcels, lines: Lines, orders: Orders, now: int) -> None:
    """Returns (restocked, thrown away, or forgotten on the shelf), lost parcels, and complaints of missing lines."""
    rows = len(parcels.at)
    arrived = (parcels.arrived != NEVER) & (parcels.looks == ORDINARY)
    at = parcels.arrived + rng.integers(2 * DAY, 12 * DAY, rows)
    back = arrived & (at < now) & (rng.random(rows) < 0.04)
    unsaid = parcels.lost & (rng.random(rows) < 0.35)
    complained = (parcels.kind == KIND["line_missing"]) & (rng.random(rows) < 0.3)
    at = np.where(unsaid | complained, parcels.at + rng.integers(8 * DAY, 20 * DAY, rows), at)
    chosen = (back | unsaid | complained) & (at < now) & (orders.paid[orders.of_parcel] != NEVER)
    fate = rng.choice((RESTOCKED, THROWN_AWAY, NOT_RESTOCKED), rows, p=(0.62, 0.33, 0.05))
    fate[unsaid | complained] = THROWN_AWAY
    first_only = chosen & back & (rng.random(rows) < 0.4)
    is_first = np.concatenate(([True], lines.parcel[1:] != lines.parcel[:-1]))
    given = chosen[lines.parcel] & (is_first | ~first_only[lines.parcel]) & ~lines.is_copy
    lines.refunded = np.where(given, lines.units, 0)
    lines.refunded = np.where(complained[lines.parcel] & given, lines.missing, lines.refunded)
    lines.fate = np.where(lines.refunded > 0, fate[lines.parcel], -1)
    order = orders.of_parcel[lines.parcel]
    kept = np.bincount(
        order, (~lines.is_copy) * (lines.units + lines.extra) - lines.refunded, len(orders.ordered)
    )
    touched = np.zeros(len(orders.ordered), bool)
    touched[order[lines.refunded > 0]] = True
    np.maximum.at(orders.refunded, orders.of_parcel[chosen], at[chosen])
    orders.fully_refunded |= touched & (kept == 0)
    sent_back = chosen & back & (rng.random(rows) < 0.75)
    orders.returned[orders.of_parcel[sent_back]] = True
    parcels.refunded = np.where(chosen, at, NEVER)
