"""Mistakes of one fulfillment or a few."""

import numpy as np
from known_arrays import DAY, HOUR, MINUTE, sizes
from known_making import Making
from known_parcels import KIND, ORDINARY, SHIPPING, UNTRACKED

MALFORMED = ("TBD", "0000000000", "NP12", "tracking follows", "4.71109E+12", "1Z", "see e-mail", "n/a")


def after_the_end(making: Making, quota: int) -> None:
    """The order was cancelled or refunded in full, and fulfilled all the same."""
    rng, parcels = making.rng, making.parcels
    rows = making.free()[:quota]
    waited = parcels.at[rows] - parcels.ordered[rows]
    parcels.gone[rows] = parcels.at[rows] - (waited * rng.uniform(0.02, 0.9, len(rows))).astype(np.int64)
    parcels.gone_by_cancel[rows] = rng.random(len(rows)) < 0.5
    making.mark(rows, "fulfilled_after_cancel_or_refund", together=False)


def lines_missing(making: Making, quota: int) -> None:
    """The parcel left without one of its lines."""
    rows = making.free()[:quota]
    making.parcels.fewest_lines[rows] = 2
    making.mark(rows, "line_missing", together=False)


def wrong_numbers(making: Making, quota: int) -> None:
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


def with_service(making: Making, quota: int) -> None:
    """A fulfillment service accepted it and has not sent it; mostly in the last days."""
    parcels = making.parcels
    free = parcels.exists & (parcels.looks == ORDINARY) & (parcels.method == SHIPPING)
    rows = np.flatnonzero(free & (parcels.location >= making.places.own))
    age = (making.now - parcels.at[rows]) / DAY
    wait = making.rng.exponential(1.0, len(rows)) * (1 + age)  # the younger, the likelier
    rows = rows[np.argsort(wait, kind="stable")[:quota]]
    making.untrack(rows)
    making.mark(rows, "third_party_accepted", together=False)


def cancelled_already(making: Making, quota: int) -> None:
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


def archived(making: Making, quota: int) -> None:
    """Fulfilled by an app or forgotten with its label, and archived with that."""
    parcels = making.parcels
    rows = making.free(making.old(6) & (parcels.carrier != UNTRACKED))[:quota]
    making.mark(rows, "archived", together=False)
    making.fulfil_at_once(rows[::2])
