"""The causes that an audit named, held against what each mistake did at each counted place."""

from collections import Counter
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from known_parcels import STAYED
from known_shops import KnownShop
from known_stock import STOCK_KINDS

Counts = Counter[tuple[str, str]]
BY_FULFILLMENT = {
    "still_on_shelf": STAYED,
    "left_elsewhere": ("wrong_location",),
    "line_missing": ("line_missing",),
}
BINS = (0, 20, 40, 60, 80, 90, 95, 99, 100)
KEY = ["fulfillment_id", "inventory_item_id", "location_id"]
PLACE = ["inventory_item_id", "location_id"]


def true_effects(shop: KnownShop) -> pd.DataFrame:
    """What each mistake did at each counted place: KEY, kind and units (part of counted - on_hand)."""
    tables = shop.tables
    lines = tables["fulfillment_lines"].merge(
        shop.truth.rename(columns={"line_item_id": "missing", "units": "concerned"}), on="fulfillment_id"
    )
    lines = lines.merge(tables["fulfillments"][["fulfillment_id", "location_id"]], on="fulfillment_id")
    lines = lines.merge(tables["line_items"][["line_item_id", "inventory_item_id"]], on="line_item_id")
    stayed = lines[lines["kind"].isin(STAYED)]
    elsewhere = lines[lines["kind"] == "wrong_location"]
    gone = elsewhere.assign(location_id=elsewhere["other_location_id"], quantity=-elsewhere["quantity"])
    left_out = lines[(lines["kind"] == "line_missing") & (lines["line_item_id"] == lines["missing"])]
    left_out = left_out.assign(quantity=left_out["concerned"])
    effects = pd.concat([stayed, elsewhere, gone, left_out]).rename(columns={"quantity": "units"})
    effects = effects.merge(shop.counted[PLACE], on=PLACE)
    return effects.groupby([*KEY, "kind"], as_index=False)["units"].sum()


def _fulfillment_claims(causes: pd.DataFrame, true: pd.DataFrame) -> pd.DataFrame:
    """Causes that name a fulfillment, summed by KEY, with the units that are truly so and whether the name is."""
    said = causes[causes["cause"].isin(BY_FULFILLMENT) & causes["fulfillment_id"].notna()]
    said = said.groupby([*KEY, "cause"], as_index=False).agg(
        units=("units", "sum"), percent=("percent", "mean")
    )
    said = said.merge(true, on=KEY, how="left", suffixes=("", "_true"))
    claimed, real = said["units"].astype("int64"), said["units_true"].fillna(0).astype("int64")
    same = np.where(np.sign(claimed) == np.sign(real), np.minimum(claimed.abs(), real.abs()), 0)
    pairs = zip(said["cause"], said["kind"].fillna(""), strict=True)
    named = np.array([kind in BY_FULFILLMENT[cause] for cause, kind in pairs], dtype=bool)
    return said.assign(units=claimed, same=same, named=named)


def count_attribution(count: Counts, true: pd.DataFrame, causes: pd.DataFrame) -> None:
    """Precision and recall, by fulfillments and by units. `explained` does not ask for the right name of the cause.

    Of whole parcels: without single lines that were left out, which a count can hardly tell from a slip of counting.
    """
    said = _fulfillment_claims(causes, true)
    right = said[said["named"] & (said["same"] > 0)]
    count["fulfillments", "said"] += said["fulfillment_id"].nunique()
    count["fulfillments", "right"] += right["fulfillment_id"].nunique()
    count["fulfillments", "true"] += true["fulfillment_id"].nunique()
    count["fulfillments", "found"] += right["fulfillment_id"].nunique()
    count["units", "said"] += int(said["units"].abs().sum())
    count["units", "true"] += int(true["units"].abs().sum())
    for what in ("right", "found"):
        count["units", what] += int(right["same"].sum())
    count["explained", "true"] += int(true["units"].abs().sum())
    count["explained", "found"] += int(said["same"].sum())
    whole = true["kind"] != "line_missing"
    count["explained of whole parcels", "true"] += int(true.loc[whole, "units"].abs().sum())
    count["explained of whole parcels", "found"] += int(
        said.loc[said["kind"] != "line_missing", "same"].sum()
    )
    for kind, part in true.groupby("kind"):
        count[f"of {kind}", "true"] += int(part["units"].abs().sum())
        count[f"of {kind}", "found"] += int(right.loc[right["kind"] == kind, "same"].sum())


def count_stock(count: Counts, shop: KnownShop, effects: pd.DataFrame, causes: pd.DataFrame) -> None:
    """Errors in the stock itself, by place. A miscount is found where it is alone and nothing is blamed for it."""
    counted = shop.stock_truth.merge(shop.counted[PLACE], on=PLACE)
    for kind in STOCK_KINDS:
        true = counted[counted["kind"] == kind].groupby(PLACE, as_index=False)["units"].sum()
        if kind == "miscount":
            others = pd.concat([effects[PLACE], counted.loc[counted["kind"] != kind, PLACE]])
            joined = true.merge(others.drop_duplicates(), on=PLACE, how="left", indicator=True)
            true = joined.loc[joined["_merge"] == "left_only", PLACE]
            blamed = causes.loc[causes["cause"] != "unexplained", PLACE].drop_duplicates()
            count[kind, "true"] += len(true)
            count[kind, "found"] += len(true) - len(true.merge(blamed, on=PLACE))
            continue
        said = causes[causes["cause"] == kind].groupby(PLACE, as_index=False)["units"].sum()
        both = said.merge(true, on=PLACE, suffixes=("", "_true"))
        right = int((np.sign(both["units"]) == np.sign(both["units_true"])).sum())
        count[kind, "said"] += len(said)
        count[kind, "true"] += len(true)
        count[kind, "right"] += right
        count[kind, "found"] += right


def count_calibration(count: Counts, shop: KnownShop, true: pd.DataFrame, causes: pd.DataFrame) -> None:
    """How sure it was against how often it was so: a fulfillment named rightly with no more units than it truly has."""
    claims = _fulfillment_claims(causes, true)
    is_so = claims["named"] & (claims["same"] > 0) & (claims["same"] == claims["units"].abs())
    parts = [pd.DataFrame({"percent": claims["percent"].astype("float64"), "so": is_so})]
    stock = causes[causes["cause"].isin(STOCK_KINDS)]
    stock = stock.groupby([*PLACE, "cause"], as_index=False).agg(
        units=("units", "sum"), percent=("percent", "mean")
    )
    real = shop.stock_truth.groupby([*PLACE, "kind"], as_index=False)["units"].sum()
    both = stock.merge(
        real, left_on=[*PLACE, "cause"], right_on=[*PLACE, "kind"], how="left", suffixes=("", "_true")
    )
    agree = np.sign(both["units"].astype("int64")) == np.sign(both["units_true"].fillna(0).astype("int64"))
    parts.append(pd.DataFrame({"percent": both["percent"].astype("float64"), "so": agree}))
    rows = pd.concat(parts)
    number = np.clip(np.searchsorted(BINS, rows["percent"], side="right") - 1, 0, len(BINS) - 2)
    for place, part in rows.groupby(number):
        name = f"{BINS[place]}-{BINS[place + 1]}"
        count[name, "n"] += len(part)
        count[name, "said"] += round(float(part["percent"].sum()))
        count[name, "so"] += int(part["so"].sum())


def bins_of(count: Counts) -> list[dict[str, Any]]:
    """One row a bin of percent that has any: how sure the audit was, how often it was so, how many."""
    bins = []
    for low, high in pairwise(BINS):
        name = f"{low}-{high}"
        if rows := count[name, "n"]:
            said, so = count[name, "said"] / rows / 100, count[name, "so"] / rows
            bins.append({"percent": name, "said": round(said, 3), "true": round(so, 3), "n": rows})
    return bins


def error_of(bins: list[dict[str, Any]]) -> float | None:
    """How far what was said is from what was so, on average."""
    rows = sum(each["n"] for each in bins)
    if not rows:
        return None
    return round(sum(abs(each["said"] - each["true"]) * each["n"] for each in bins) / rows, 4)
