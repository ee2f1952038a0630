"""Which mistakes a made-up shop has, and how many; what only looks like one; members that truly left."""

import numpy as np
from known_arrays import DAY, HOUR, MINUTE
from known_incidents import (
    at_the_till,
    auto_fulfilled,
    bursts,
    no_shows,
    phantoms,
    preorders,
    wrong_locations,
)
from known_making import Making
from known_parcels import CATCH_UP, COMBINED, KIND, NONE, ORDINARY, SILENT, UNTRACKED, WINDOW, Parcels
from known_places import Items, Places
from known_singles import (
    after_the_end,
    archived,
    cancelled_already,
    lines_missing,
    with_service,
    wrong_numbers,
)

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
FEW_KINDS = 0.25  # of the shops have only two to four kinds


def make_mistakes(
    rng: np.random.Generator, parcels: Parcels, places: Places, items: Items, now: int, few_kinds: bool | None
) -> None:
    """Turn 6 to 8 % of the parcels into mistakes; in a shop of few kinds 1 to 4 %. None: the lot decides."""
    count = int(parcels.exists.sum())
    share = {kind: usual * rng.uniform(0.5, 1.5) for kind, usual in SHARES.items()}
    total, lot = rng.uniform(0.06, 0.08), rng.random()
    if few_kinds or (few_kinds is None and lot < FEW_KINDS):
        kept = set(rng.choice(list(SHARES), int(rng.integers(2, 5)), replace=False).tolist())
        share, total = {kind: part for kind, part in share.items() if kind in kept}, rng.uniform(0.01, 0.04)
    scale = total / sum(share.values())
    making = Making(rng, parcels, places, items, now)
    _catch_up(making)
    for kind, make in _MAKERS.items():
        if kind in share:
            make(making, max(2, round(share[kind] * scale * count)))
    _send_some(making)


def _catch_up(making: Making) -> None:
    """What is right and looks wrong: a backlog packed at once, and two orders of one customer in one parcel."""
    rng, parcels = making.rng, making.parcels
    count = int(parcels.exists.sum())
    for _ in range(int(rng.integers(0, 4))):
        place, size = making.some_place(), int(rng.uniform(0.0005, 0.003) * count) + 5
        rows = making.take(size, place)
        begun = making.now // DAY * DAY - int(rng.integers(0, WINDOW)) * DAY + int(rng.uniform(7, 9) * HOUR)
        begun = min(begun, making.now - HOUR)
        parcels.at[rows] = begun + (rng.uniform(0, rng.uniform(4, 25), len(rows)) * MINUTE).astype(np.int64)
        parcels.ordered[rows] = begun - (rng.uniform(1, 12, len(rows)) * DAY).astype(np.int64)
        parcels.looks[rows] = CATCH_UP
    pairs = making.free(parcels.carrier != UNTRACKED)[: count // 1_000 * 2]
    one, two = pairs[: len(pairs) // 2], pairs[len(pairs) // 2 :]
    parcels.at[two] = np.minimum(parcels.at[one] + rng.integers(0, 60, len(one)), making.now - MINUTE)
    parcels.location[two], parcels.carrier[two] = parcels.location[one], parcels.carrier[one]
    parcels.ordered[two] = parcels.ordered[one] + rng.integers(0, HOUR // 3, len(one))
    parcels.shares_number_with[two] = one
    parcels.looks[pairs] = COMBINED


def _send_some(making: Making) -> None:
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
    parcels.events[parcels.by_hand] = False
    assert not (parcels.exists & (parcels.method == NONE) & (parcels.kind != ORDINARY)).any()


_MAKERS = {
    "courier_no_show": no_shows,
    "wrong_location": wrong_locations,
    "app_burst": bursts,
    "auto_fulfil": auto_fulfilled,
    "phantom_shipment": phantoms,
    "preorder": preorders,
    "pos_mark_as_fulfilled": at_the_till,
    "fulfilled_after_cancel_or_refund": after_the_end,
    "line_missing": lines_missing,
    "tracking_wrong_or_duplicate": wrong_numbers,
    "third_party_accepted": with_service,
    "already_cancelled": cancelled_already,
    "archived": archived,
}
