"""What an audit said of a made-up shop, held against what really happened there.

Everything is counted first (`Tally`) and divided at the end, so that many shops add up to one score.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from known_parcels import KINDS, STAYED
from known_shops import KnownShop
from known_stock import STOCK_KINDS

from unfulfill.audit.evidence import lock_reasons

# Under which finding kinds each mistake is found; no_movement is a courier's no-show where an incident is named.
FOUND_AS: Mapping[str, tuple[str, ...]] = {
    "auto_fulfil": ("auto_fulfil",),
    "app_burst": ("burst",),
    "phantom_shipment": ("still_on_shelf", "no_movement alone"),
    "courier_no_show": ("no_movement of an incident",),
    "wrong_location": ("left_elsewhere",),
    "preorder": ("fulfilled_out_of_stock",),
    "pos_mark_as_fulfilled": ("pos_fulfilled",),
    "fulfilled_after_cancel_or_refund": ("fulfilled_after_cancel", "fulfilled_after_refund"),
    "line_missing": ("line_missing",),
    "tracking_wrong_or_duplicate": ("duplicate_tracking", "malformed_tracking"),
    "third_party_accepted": ("third_party_open",),
}
LEAVE_ALONE = ("delivered_or_in_transit", "already_cancelled")
UNDOING = ("unfulfill", "hold", "void_label", "request_cancellation", "partial", "move")
# Which truth each fix is right for: cancelling is right for what never left, whatever the rule that found it.
DESERVES: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("unfulfill", "hold", "void_label", "request_cancellation"), STAYED),
    "move": ("wrong_location",),
    "partial": ("line_missing",),
    "correct_tracking": ("tracking_wrong_or_duplicate",),
}
# Claims about parcels that left, and so are often locked: there the finding counts whatever its fix.
CLAIMS = {"left_elsewhere": "wrong_location", "line_missing": "line_missing"}
BY_FULFILLMENT = {
    "still_on_shelf": STAYED,
    "left_elsewhere": ("wrong_location",),
    "line_missing": ("line_missing",),
}
BINS = (0, 20, 40, 60, 80, 90, 95, 99, 100)
KEY = ["fulfillment_id", "inventory_item_id", "location_id"]
PLACE = ["inventory_item_id", "location_id"]


@dataclass
class Tally:
    """Counts of one shop or many. Keys: (kind or other name, "said" | "right" | "true" | "found" …)."""

    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)
    negatives: Counter[tuple[str, str]] = field(default_factory=Counter)
    attribution: Counter[tuple[str, str]] = field(default_factory=Counter)
    stock: Counter[tuple[str, str]] = field(default_factory=Counter)
    calibration: Counter[tuple[str, str]] = field(default_factory=Counter)
    locked_proposed: int = 0
    has_causes: bool = True

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.kinds + other.kinds,
            self.negatives + other.negatives,
            self.attribution + other.attribution,
            self.stock + other.stock,
            self.calibration + other.calibration,
            self.locked_proposed + other.locked_proposed,
            self.has_causes and other.has_causes,
        )


def tally(shop: KnownShop, findings: pd.DataFrame, causes: pd.DataFrame | None) -> Tally:
    """Everything counted for one shop. `causes` is None where the audit does not name causes."""
    whole = Tally(has_causes=causes is not None)
    proposed = _proposals(shop, findings)
    _count_kinds(whole, shop, proposed)
    locked = lock_reasons(shop.tables["fulfillments"].set_index("fulfillment_id")).dropna().index
    undoing = findings[findings["right_fix"].isin(UNDOING) & findings["fulfillment_id"].isin(locked)]
    whole.locked_proposed = len(undoing)
    if causes is not None:
        true = true_effects(shop)
        _count_attribution(whole, true, causes)
        _count_stock(whole, shop, true, causes)
        _count_calibration(whole, shop, true, causes)
    return whole


def _proposals(shop: KnownShop, findings: pd.DataFrame) -> pd.DataFrame:
    """Findings that ask for something, with the name they count under, the truth, and whether they are `right`."""
    found = findings[findings["fulfillment_id"].notna()]
    alone = np.where(found["incident"].isna(), "no_movement alone", "no_movement of an incident")
    name = found["kind"].to_numpy(dtype=object)
    found = found.assign(name=np.where(name == "no_movement", alone, name))
    about_number = found["kind"].isin(FOUND_AS["tracking_wrong_or_duplicate"])
    asks = found["right_fix"].isin(UNDOING) | (about_number & (found["right_fix"] == "correct_tracking"))
    found = found[asks | found["kind"].isin(CLAIMS)]
    truth = shop.truth.set_index("fulfillment_id")["kind"]
    found = found.assign(truth=found["fulfillment_id"].map(truth).fillna("").to_numpy(dtype=object))
    pairs = zip(found["kind"], found["right_fix"], found["truth"], strict=True)
    right = [true in ((CLAIMS[kind],) if kind in CLAIMS else DESERVES[fix]) for kind, fix, true in pairs]
    return found.assign(right=np.array(right, dtype=bool))


def _count_kinds(whole: Tally, shop: KnownShop, proposed: pd.DataFrame) -> None:
    for kind, names in FOUND_AS.items():
        said = proposed[proposed["name"].isin(names)].drop_duplicates("fulfillment_id")
        whole.kinds[kind, "said"] += len(said)
        whole.kinds[kind, "right"] += int(said["right"].sum())
    right = set(proposed.loc[proposed["right"], "fulfillment_id"])
    asked = set(proposed.loc[proposed["right_fix"].isin(UNDOING), "fulfillment_id"])
    for kind in KINDS[1:]:
        members = shop.truth.loc[shop.truth["kind"] == kind, "fulfillment_id"]
        found = ~members.isin(asked) if kind in LEAVE_ALONE else members.isin(right)
        whole.kinds[kind, "true"] += len(members)
        whole.kinds[kind, "found"] += int(found.sum())
    whole.kinds["all", "said"] += proposed["fulfillment_id"].nunique()
    whole.kinds["all", "right"] += proposed.loc[proposed["right"], "fulfillment_id"].nunique()
    mistakes = shop.truth.loc[~shop.truth["kind"].isin(LEAVE_ALONE), "fulfillment_id"]
    whole.kinds["all", "true"] += len(mistakes)
    whole.kinds["all", "found"] += int(mistakes.isin(right).sum())
    for why, members in shop.hard_negatives.groupby("why")["fulfillment_id"]:
        whole.negatives[str(why), "true"] += len(members)
        whole.negatives[str(why), "said"] += int(members.isin(asked).sum())


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


def _count_attribution(whole: Tally, true: pd.DataFrame, causes: pd.DataFrame) -> None:
    """Precision and recall, by fulfillments and by units. `explained` does not ask for the right name of the cause."""
    said, count = _fulfillment_claims(causes, true), whole.attribution
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
    for kind, part in true.groupby("kind"):
        count[f"of {kind}", "true"] += int(part["units"].abs().sum())
        count[f"of {kind}", "found"] += int(right.loc[right["kind"] == kind, "same"].sum())


def _count_stock(whole: Tally, shop: KnownShop, effects: pd.DataFrame, causes: pd.DataFrame) -> None:
    """Errors in the stock itself, by place. A miscount is found where it is alone and nothing is blamed for it."""
    counted = shop.stock_truth.merge(shop.counted[PLACE], on=PLACE)
    for kind in STOCK_KINDS:
        true = counted[counted["kind"] == kind].groupby(PLACE, as_index=False)["units"].sum()
        if kind == "miscount":
            others = pd.concat(
                [effects[PLACE], counted.loc[counted["kind"] != kind, PLACE]]
            ).drop_duplicates()
            true = true.merge(others, on=PLACE, how="left", indicator=True).query("_merge == 'left_only'")[
                PLACE
            ]
            blamed = causes.loc[causes["cause"] != "unexplained", PLACE].drop_duplicates()
            whole.stock[kind, "true"] += len(true)
            whole.stock[kind, "found"] += len(true) - len(true.merge(blamed, on=PLACE))
            continue
        said = causes[causes["cause"] == kind].groupby(PLACE, as_index=False)["units"].sum()
        both = said.merge(true, on=PLACE, suffixes=("", "_true"))
        right = int((np.sign(both["units"]) == np.sign(both["units_true"])).sum())
        whole.stock[kind, "said"] += len(said)
        whole.stock[kind, "true"] += len(true)
        whole.stock[kind, "right"] += right
        whole.stock[kind, "found"] += right


def _count_calibration(whole: Tally, shop: KnownShop, true: pd.DataFrame, causes: pd.DataFrame) -> None:
    """How sure it was against how often it was so: a fulfillment named rightly with no more units than it truly has."""
    claims = _fulfillment_claims(causes, true)
    is_so = claims["named"] & (claims["same"] > 0) & (claims["same"] == claims["units"].abs())
    rows = [pd.DataFrame({"percent": claims["percent"].astype("float64"), "so": is_so})]
    stock = causes[causes["cause"].isin(STOCK_KINDS)]
    stock = stock.groupby([*PLACE, "cause"], as_index=False).agg(
        units=("units", "sum"), percent=("percent", "mean")
    )
    real = shop.stock_truth.groupby([*PLACE, "kind"], as_index=False)["units"].sum()
    both = stock.merge(
        real, left_on=[*PLACE, "cause"], right_on=[*PLACE, "kind"], how="left", suffixes=("", "_true")
    )
    agree = np.sign(both["units"].astype("int64")) == np.sign(both["units_true"].fillna(0).astype("int64"))
    rows.append(pd.DataFrame({"percent": both["percent"].astype("float64"), "so": agree}))
    whole_rows = pd.concat(rows)
    number = np.clip(np.searchsorted(BINS, whole_rows["percent"], side="right") - 1, 0, len(BINS) - 2)
    for place, part in whole_rows.groupby(number):
        name = f"{BINS[place]}-{BINS[place + 1]}"
        whole.calibration[name, "n"] += len(part)
        whole.calibration[name, "said"] += round(float(part["percent"].sum()))
        whole.calibration[name, "so"] += int(part["so"].sum())


def figures(whole: Tally) -> dict[str, Any]:
    """The counts as ratios, for JSON. A ratio is None where there is nothing to divide by."""
    kinds = {
        kind: {
            "precision": _ratio(whole.kinds, kind, "right", "said"),
            "recall": _ratio(whole.kinds, kind, "found", "true"),
            "fulfillments": whole.kinds[kind, "true"],
        }
        for kind in ("all", *KINDS[1:])
    }
    plain: dict[str, Any] = {
        "kinds": kinds,
        "false_alarms": {
            why: {
                "share": _ratio(whole.negatives, why, "said", "true"),
                "fulfillments": whole.negatives[why, "true"],
            }
            for why in sorted({why for why, _ in whole.negatives})
        },
        "locked_proposed": whole.locked_proposed,
    }
    if not whole.has_causes:
        return {**plain, "attribution": None, "explained_units": None, "stock": None, "calibration": None}
    count = whole.attribution
    return {
        **plain,
        "attribution": {
            what: {
                "precision": _ratio(count, what, "right", "said"),
                "recall": _ratio(count, what, "found", "true"),
                "true": count[what, "true"],
            }
            for what in ("fulfillments", "units")
        },
        "explained_units": _ratio(count, "explained", "found", "true"),
        "recall_of_units_by_kind": {
            what[3:]: _ratio(count, what, "found", "true")
            for what in sorted({what for what, _ in count})
            if what.startswith("of ")
        },
        "stock": {
            kind: {
                "precision": _ratio(whole.stock, kind, "right", "said"),
                "recall": _ratio(whole.stock, kind, "found", "true"),
                "places": whole.stock[kind, "true"],
            }
            for kind in STOCK_KINDS
        },
        **_calibration(whole.calibration),
    }


def _calibration(count: Counter[tuple[str, str]]) -> dict[str, Any]:
    bins = []
    for low, high in pairwise(BINS):
        name = f"{low}-{high}"
        if rows := count[name, "n"]:
            said, so = count[name, "said"] / rows / 100, count[name, "so"] / rows
            bins.append({"percent": name, "said": round(said, 3), "true": round(so, 3), "n": rows})
    rows = sum(each["n"] for each in bins)
    error = sum(abs(each["said"] - each["true"]) * each["n"] for each in bins) / rows if rows else None
    return {"calibration": bins, "calibration_error": None if error is None else round(error, 4)}


def _ratio(count: Counter[tuple[str, str]], name: str, part: str, whole: str) -> float | None:
    return round(count[name, part] / count[name, whole], 4) if count[name, whole] else None
