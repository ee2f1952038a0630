"""How likely each fulfillment never left, without asking the shelf: named signals, each with its weight in points.

Ten points are ten times the odds (decibans). The weights are judgements of people who ship, checked for calibration
against made-up shops with known causes (tests/benchmarks/audit.py); only the weight of silence is measured in the shop
itself, for each carrier reports to Shopify in its own way.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from unfulfill.audit.lookup import positions
from unfulfill.tables import EVIDENCE, make_table
from unfulfill.words import said_word

BASE = -20  # one in a hundred fulfillments never left
LEFT = -60
LEAST, MOST = -60, 30

SIGNALS: Mapping[str, str] = {
    "left": "a carrier's or a pick-up event: it left",
    "silence": "tracking number, and no event at an age at which this carrier has usually reported one",
    "no_tracking": "no tracking number, in a shop that has one on most parcels",
    "number": "a tracking number that cannot be one, or that stands on several orders",
    "label": "a label that was only printed, or was voided",
    "payment": "fulfilled faster after the payment than anybody packs",
    "pace": "one of many fulfilled at the same place within minutes",
    "customer": "the order was cancelled, refunded, on hold or unpaid when it was fulfilled",
    "stock": "there were no units left to send",
    "service": "a fulfillment service has it and has not shipped it",
    "hours": "fulfilled at an hour at which this location hardly ever works",
    "handed_over": "handed over at the counter, or picked up",
}

# Findings that are signals: kind → signal, and its points by severity.
_OF_FINDINGS: Mapping[str, tuple[str, Mapping[str, int]]] = {
    "auto_fulfil": ("payment", {"high": 30, "medium": 8}),
    "burst": ("pace", {"high": 30, "medium": 6}),
    "pos_fulfilled": ("payment", {"high": 30}),
    "fulfilled_after_cancel": ("customer", {"high": 18}),
    "fulfilled_after_refund": ("customer", {"high": 18}),
    "fulfilled_on_hold": ("customer", {"high": 10}),
    "fulfilled_before_payment": ("customer", {"medium": 2}),
    "fulfilled_out_of_stock": ("stock", {"high": 25, "medium": 18}),
    "third_party_open": ("service", {"medium": 25}),
    "duplicate_tracking": ("number", {"medium": 2}),
    "malformed_tracking": ("number", {"medium": 3}),
}
_LABELS: Mapping[str, int] = {"LABEL_PRINTED": 3, "LABEL_PURCHASED": 3, "LABEL_VOIDED": 20}
_NO_SHOW = 15
_HANDED_OVER = -15
_UNTRACKED, _ODD_HOUR = 3, 2
_DAY = pd.Timedelta(days=1)
_AGES = np.array((1, 2, 3, 4, 5, 7, 10, 14))  # days, in which a carrier's habit is told apart
_FEWEST_A_DAY = 5  # parcels, from which a day's share says something
_RAREST = 0.01  # of parcels that leave, those that never show an event even with the best carrier
_HARDLY = 0.02  # of a location's work, in an hour at which it hardly ever works


def score_shipments(
    facts: pd.DataFrame, found: pd.DataFrame, silence: np.ndarray, wrong: np.ndarray, tracks: bool
) -> pd.DataFrame:
    """EVIDENCE: one row of `facts` each, in its order. `found` are the findings about fulfillments.

    `silence`: of `silence`. `wrong`: rows whose tracking number is wrong, for whose label nobody can tell. `tracks`:
    whether most of the shop's parcels have a tracking number.
    """
    unlocked = (facts["locked"] == "").to_numpy(dtype=bool)
    tracked = facts["is_tracked"].to_numpy(dtype=bool)
    parcel = facts["ships"].to_numpy(dtype=bool)
    weights = {name: np.zeros(len(facts), dtype="int64") for name in SIGNALS}
    weights["left"][~unlocked] = LEFT
    weights["silence"] = silence
    weights["no_tracking"] = np.where(unlocked & ~tracked & parcel & tracks, _UNTRACKED, 0)
    old = (facts["age"] >= _DAY).to_numpy(dtype=bool)
    label = facts["display_status"].map(_LABELS).fillna(0).to_numpy(dtype="int64")
    weights["label"] = np.where(unlocked & ~wrong & (old | (label > 10)), label, 0)
    weights["hours"] = np.where(unlocked & _is_odd_hour(facts), _ODD_HOUR, 0)
    weights["handed_over"] = np.where(parcel, 0, _HANDED_OVER)
    _add_findings(weights, facts, found)
    points = np.clip(BASE + sum(weights.values()), LEAST, MOST)
    percent = np.rint(100 / (1 + 10 ** (-points / 10.0))).astype("int64")
    return make_table(
        EVIDENCE, {"fulfillment_id": facts["fulfillment_id"], "percent": percent, "points": points, **weights}
    )


def said_signals(row: Mapping[str, object]) -> list[str]:
    """The signals of one row of EVIDENCE in words, the heaviest first: "+20 a label that …"."""
    told = [(int(str(row[name])), said_signal(name)) for name in SIGNALS if row[name]]
    return [f"{points:+d} {words}" for points, words in sorted(told, key=lambda one: -abs(one[0]))]


def said_signal(name: str) -> str:
    """A signal in words."""
    return said_word(name, SIGNALS[name], of="signal")


def _add_findings(weights: Mapping[str, np.ndarray], facts: pd.DataFrame, found: pd.DataFrame) -> None:
    """The points of findings; of several that are the same signal, the heaviest counts."""
    told = found[found["kind"].isin((*_OF_FINDINGS, "no_movement")) & (found["severity"] != "")]
    rows = positions(told["fulfillment_id"], facts["fulfillment_id"])
    for kind, (signal, points) in _OF_FINDINGS.items():
        ours = ((told["kind"] == kind).to_numpy(dtype=bool)) & (rows >= 0)
        heavy = told["severity"][ours].map(points).fillna(0).to_numpy(dtype="int64")
        np.maximum.at(weights[signal], rows[ours], heavy)
    no_show = (told["kind"] == "no_movement").to_numpy(dtype=bool) & told["incident"].notna().to_numpy()
    np.maximum.at(weights["label"], rows[no_show & (rows >= 0)], _NO_SHOW)


def silence(facts: pd.DataFrame, wrong: np.ndarray) -> np.ndarray:
    """Of each row, points of having no event: the rarer that is among this carrier's parcels of that age, the more.

    The share is that of the carrier's better days: days on which nothing left would spoil it. Labels that were only
    printed are silent for a reason of their own, which another signal weighs; so are rows whose number is `wrong`.
    """
    unlocked = (facts["locked"] == "").to_numpy(dtype=bool)
    parcels = facts["is_live"] & facts["is_tracked"] & facts["ships"]
    age = np.searchsorted(_AGES, facts["age"].dt.days.to_numpy(dtype="float64"), side="right")
    frame = pd.DataFrame(
        {
            "carrier": pd.factorize(facts["tracking_company"])[0],
            "age": age,
            "place": pd.factorize(facts["location_id"])[0],
            "day": facts["created_at"].dt.floor("D"),
            "silent": unlocked.astype("float64"),
        }
    )
    cells = frame[parcels.to_numpy(dtype=bool)].groupby(["carrier", "age", "place", "day"], sort=False)
    days = cells["silent"].agg(["sum", "size"]).reset_index()
    large = days[days["size"] >= _FEWEST_A_DAY]
    usual = (large["sum"] / large["size"]).groupby([large["carrier"], large["age"]]).quantile(0.25)
    sums = days.groupby(["carrier", "age"])[["sum", "size"]].sum()
    pooled = (sums["sum"] + 0.5) / (sums["size"] + 1)
    share = usual.reindex(pooled.index).fillna(pooled).clip(_RAREST, 1.0)
    points = np.rint(-10 * np.log10(share)).astype("int64").rename("points").reset_index()
    merged = frame[["carrier", "age"]].merge(points, on=["carrier", "age"], how="left")
    concerned = unlocked & ~wrong & (facts["is_tracked"] & facts["ships"]).to_numpy(dtype=bool)
    result: np.ndarray = np.where(concerned, merged["points"].fillna(0).to_numpy(dtype="int64"), 0)
    return result


def _is_odd_hour(facts: pd.DataFrame) -> np.ndarray:
    """Whether a fulfillment was made at an hour and kind of day at which its location hardly ever works."""
    created = facts["created_at"]
    slot = created.dt.hour.fillna(0).astype("int64") + 24 * (created.dt.day_of_week.fillna(0) >= 5).astype(
        "int64"
    )
    place = pd.Series(pd.factorize(facts["location_id"])[0], index=facts.index)
    here = slot.groupby([place, slot]).transform("size")
    whole = slot.groupby(place).transform("size")
    near = here / whole
    odd: np.ndarray = ((near < _HARDLY) & (whole >= 200)).to_numpy(dtype=bool)
    return odd
