"""What nobody could know: of parcels that are alike, which one left from elsewhere, and which one lacks a line.

Two parcels of one location with the same items and units do the same to every place that was counted. Where one of them
left from elsewhere, the best of experts, who knows all the rest, can only guess which. The bound is what such an expert
would reach; a twin named in the place of the true one corrects the stock just as well, which `alike` counts.
"""

from collections import Counter

import numpy as np
import pandas as pd
from known_shops import KnownShop

from unfulfill.audit.explained import WORTH_TELLING

CHANCES = tuple(range(0, 101, 5))  # percent, in which the expert's chances are counted


def count_twins(count: Counter[tuple[str, str]], shop: KnownShop, causes: pd.DataFrame) -> None:
    """Of parcels that left from elsewhere: the expert's chance for each, and what was said up to what is alike."""
    alike = _alike(shop)
    truth = shop.truth.set_index("fulfillment_id")
    moved = truth[truth["kind"] == "wrong_location"]
    together = moved["incident"].map(moved["incident"].value_counts()).to_numpy() > 1  # known by their day
    others = alike[~alike.index.isin(truth.index[truth["kind"] != "wrong_location"])]
    free = others[~others.index.isin(moved.index[together])].value_counts()
    single = moved[~together]
    name = alike.reindex(single.index) + ">" + single["other_location_id"].astype(object)
    chance = name.map(name.value_counts()) / alike.reindex(single.index).map(free)
    count["expert", "100"] += int(together.sum())
    sure = chance.clip(upper=1).fillna(1).astype("float64").to_numpy()
    units = 2 * single["units"].to_numpy(dtype="float64")  # more here, fewer there
    count["expert", "lost units"] += int(((1 - sure) * units).sum())
    for percent in np.floor(20 * sure) * 5:
        count["expert", str(int(percent))] += 1
    said = causes[(causes["cause"] == "left_elsewhere") & (causes["percent"] >= WORTH_TELLING)]
    said = (
        said[(said["units"] > 0).astype(bool)].drop_duplicates("fulfillment_id").set_index("fulfillment_id")
    )
    named = (alike.reindex(said.index) + ">" + said["other_location_id"].astype(object)).value_counts()
    true = (alike.reindex(moved.index) + ">" + moved["other_location_id"].astype(object)).value_counts()
    right = int(np.minimum(named, true.reindex(named.index).fillna(0)).sum())
    count["alike", "said"] += int(named.sum())
    count["alike", "true"] += len(moved)
    count["alike", "right"] += right
    count["alike", "found"] += right


def most_recall(count: Counter[tuple[str, str]], precision: float) -> float | None:
    """The recall of the expert who names the surest ones first, and stops before he is less precise than that."""
    said, right, best, whole = 0.0, 0.0, 0.0, sum(count["expert", str(chance)] for chance in CHANCES)
    for chance in reversed(CHANCES):
        for _ in range(count["expert", str(chance)]):
            said, right = said + 1, right + chance / 100
            if right / said >= precision:
                best = right
    return round(best / whole, 4) if whole else None


def _alike(shop: KnownShop) -> pd.Series:
    """Of each live fulfillment, its location, items and units as one text."""
    tables = shop.tables
    live = tables["fulfillments"][tables["fulfillments"]["status"] == "SUCCESS"]
    lines = tables["fulfillment_lines"].merge(live[["fulfillment_id", "location_id"]], on="fulfillment_id")
    lines = lines.merge(tables["line_items"][["line_item_id", "inventory_item_id"]], on="line_item_id")
    said = lines["inventory_item_id"].astype(object).fillna("?") + "×" + lines["quantity"].astype(str)
    lines = lines.assign(said=said.astype(object)).sort_values(["fulfillment_id", "said"])
    groups = lines.groupby("fulfillment_id")
    texts: pd.Series = groups["location_id"].first().astype(object) + groups["said"].agg("|".join).astype(
        object
    )
    return texts
