"""What an audit said of a made-up shop, held against what really happened there.

Everything is counted first (`Tally`) and divided at the end, so that many shops add up to one score.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from cause_scores import (
    Counts,
    bins_of,
    count_attribution,
    count_calibration,
    count_stock,
    error_of,
    true_effects,
)
from known_parcels import KINDS, STAYED
from known_shops import KnownShop
from known_stock import STOCK_KINDS
from twin_scores import count_twins, most_recall

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


@dataclass
class Tally:
    """Counts of one shop or many. Keys: (kind or other name, "said" | "right" | "true" | "found" …)."""

    kinds: Counts = field(default_factory=Counter)
    negatives: Counts = field(default_factory=Counter)
    attribution: Counts = field(default_factory=Counter)
    stock: Counts = field(default_factory=Counter)
    calibration: Counts = field(default_factory=Counter)
    alternatives: Counts = field(default_factory=Counter)
    twins: Counts = field(default_factory=Counter)
    locked_proposed: int = 0
    has_causes: bool = True

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.kinds + other.kinds,
            self.negatives + other.negatives,
            self.attribution + other.attribution,
            self.stock + other.stock,
            self.calibration + other.calibration,
            self.alternatives + other.alternatives,
            self.twins + other.twins,
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
        true, is_chosen = true_effects(shop), causes["role"] != "alternative"
        count_attribution(whole.attribution, true, causes[is_chosen])
        count_stock(whole.stock, shop, true, causes[is_chosen])
        count_calibration(whole.calibration, shop, true, causes[is_chosen])
        count_calibration(whole.alternatives, shop, true, causes[~is_chosen])
        count_twins(whole.twins, shop, causes[is_chosen])
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
        whole.negatives[str(why), "said"] += int(members.isin(proposed["fulfillment_id"]).sum())


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
        "explained_units_of_whole_parcels": _ratio(count, "explained of whole parcels", "found", "true"),
        "most_explained_units_of_whole_parcels": round(
            1 - whole.twins["expert", "lost units"] / max(count["explained of whole parcels", "true"], 1), 4
        ),
        "wrong_location": {
            "precision_of_alike": _ratio(whole.twins, "alike", "right", "said"),
            "recall_of_alike": _ratio(whole.twins, "alike", "found", "true"),
            "most_recall_at_95": most_recall(whole.twins, 0.95),
        },
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
        "calibration": bins_of(whole.calibration),
        "calibration_error": error_of(bins_of(whole.calibration)),
        "calibration_of_alternatives": bins_of(whole.alternatives),
    }


def _ratio(count: Counts, name: str, part: str, whole: str) -> float | None:
    return round(count[name, part] / count[name, whole], 4) if count[name, whole] else None
