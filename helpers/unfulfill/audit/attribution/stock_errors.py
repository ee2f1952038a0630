"""Errors of counting and of stock keeping that no fulfillment explains, and that show in the numbers alone."""

import numpy as np
import pandas as pd

from unfulfill.audit.attribution import model
from unfulfill.audit.attribution.candidates import make_candidates
from unfulfill.audit.attribution.model import Candidates

DEDUCTED_TWICE, PACKS, SWAPPED = 12, 20, 24  # improbability in points of one such error
PACK_SIZES = (2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 24, 25, 30, 36, 48, 50, 100)
SMALLEST_PACK_ERROR = 5  # units of variance, under which a ratio is chance
SMALLEST_SWAP = 2


def stock_errors(places: pd.DataFrame) -> list[Candidates]:
    """Errors of counting and of stock keeping that show in the numbers of one place, or of two.

    `places`: item, location, place, variance, on_hand, `adjusted` (change of stock since the last export that no order
    explains, 0 where unknown), `like` (what items of one family share).
    """
    return [_deducted_twice(places), _packs(places), _swapped(places)]


def _deducted_twice(places: pd.DataFrame) -> Candidates:
    rows = places[(places["variance"] > 0) & (places["adjusted"] < 0)]
    units = np.minimum(rows["variance"], -rows["adjusted"])
    effects = pd.DataFrame({"place": rows["place"], "units": units, "key": rows["place"]})
    about = pd.DataFrame({"key": rows["place"], "cost": DEDUCTED_TWICE})
    return make_candidates(model.DOUBLED_DEDUCTION, about, effects, ["key"])


def _packs(places: pd.DataFrame) -> Candidates:
    rows = places[places["variance"].abs() >= SMALLEST_PACK_ERROR]
    less, more = rows["on_hand"].clip(lower=0), (rows["on_hand"] + rows["variance"]).clip(lower=0)
    small, large = np.minimum(less, more), np.maximum(less, more)
    fits = np.zeros(len(rows), dtype=bool)
    for size in PACK_SIZES:
        fits |= ((small * size == large) & (small > 0)).to_numpy()
    rows = rows[fits]
    effects = pd.DataFrame({"place": rows["place"], "units": rows["variance"], "key": rows["place"]})
    about = pd.DataFrame({"key": rows["place"], "cost": PACKS})
    return make_candidates(model.PACK_SIZE, about, effects, ["key"])


def _swapped(places: pd.DataFrame) -> Candidates:
    """Pairs of items at one location, one as many too many as the other is too few; of one family, or the only pair."""
    rows = places[places["variance"].abs() >= SMALLEST_SWAP].assign(
        size=lambda frame: frame["variance"].abs()
    )
    more, less = rows[rows["variance"] > 0], rows[rows["variance"] < 0]
    pairs = more.merge(less, on=["location", "size"], suffixes=("", "_less"))
    alike = (pairs["like"] == pairs["like_less"]) & (pairs["like"] != "")
    only = pairs.groupby(["location", "size"])["size"].transform("size") == 1
    pairs = pairs[alike | (only & (pairs["size"] > SMALLEST_PACK_ERROR))].reset_index(drop=True)
    pairs["key"] = pairs["place"].astype("string") + "/" + pairs["place_less"].astype("string")
    here = pairs[["key", "place"]].assign(units=pairs["size"])
    there = pairs[["key"]].assign(place=pairs["place_less"], units=-pairs["size"])
    about = pairs[["key"]].assign(
        cost=SWAPPED - np.where(alike.reindex(pairs.index, fill_value=False), 4, 0),
        other_inventory_item_id=pairs["item_less"],
    )
    return make_candidates(model.SWAPPED_SKU, about, pd.concat([here, there]), ["key"])
