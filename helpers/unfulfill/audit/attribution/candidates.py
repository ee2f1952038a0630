"""What may be the cause of a variance: fulfillments first, and the errors of stock that no fulfillment explains."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from unfulfill.audit.attribution import model
from unfulfill.audit.attribution.model import Candidates

# Improbability in points of one such cause, before anything speaks for it.
ELSEWHERE, LINE_LEFT, NOT_RESTOCKED, DEDUCTED_TWICE, PACKS, SWAPPED = 33, 30, 8, 12, 20, 24
PACK_SIZES = (2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 24, 25, 30, 36, 48, 50, 100)
SMALLEST_PACK_ERROR = 5  # units of variance, under which a ratio is chance
SMALLEST_SWAP = 2
_ABOUT = {
    "cause": "",
    "row": -1,
    "owner": "",
    "line_item_id": None,
    "other_location_id": None,
    "other_inventory_item_id": None,
    "cluster": "",
    "day": "",
    "cost": 0,
}


def still_on_shelf(lines: pd.DataFrame, facts: pd.DataFrame, points: pd.Series) -> Candidates:
    """Whole fulfillments without a carrier's event: they may never have left, and then all their units are there.

    `lines`: one row a line of a live fulfillment at a counted place: row (of facts), line_item_id, place, item,
    location, units. `points`: evidence of each row of `facts`.
    """
    free = lines[(facts["locked"] == "").to_numpy(dtype=bool)[lines["row"]]]
    rows = free["row"].unique()
    about = pd.DataFrame({"row": rows, "cost": -points.to_numpy()[rows], "day": days_of(facts.loc[rows])})
    about["cluster"] = "shelf/" + about["day"]
    return _candidates(model.STILL_ON_SHELF, about, free, ["row"])


def left_elsewhere(lines: pd.DataFrame, facts: pd.DataFrame, places: pd.DataFrame) -> Candidates:
    """Whole fulfillments whose units may have left from another location: more there than the shop says, fewer here.

    Also those that have left for certain: their stock is wrong all the same.
    """
    others = places[["item", "location", "place", "variance"]].rename(
        columns={"location": "other", "place": "place_there", "variance": "variance_there"}
    )
    here = lines[["row", "item", "location"]].assign(over=places["variance"].to_numpy()[lines["place"]] > 0)
    pairs = here.merge(others[["item", "other", "variance_there"]], on="item")
    pairs = pairs[(pairs["other"] != pairs["location"]) & (pairs["over"] | (pairs["variance_there"] < 0))]
    moved = pairs[["row", "other"]].drop_duplicates().merge(lines, on="row")
    moved = moved.merge(others, on=["item", "other"], how="left")
    whole = moved.groupby(["row", "other"])["place_there"].transform(lambda column: column.notna().all())
    moved = moved[whole.astype(bool)]
    here = moved[["row", "other", "place", "units"]]
    there = moved.assign(place=moved["place_there"].astype("int64"), units=-moved["units"])[here.columns]
    about = moved[["row", "other"]].drop_duplicates().assign(cost=ELSEWHERE)
    about["other_location_id"] = about["other"]
    about["day"] = days_of(facts.loc[about["row"]])
    about["cluster"] = "from/" + about["other"].astype(object) + "/" + about["day"]
    return _candidates(model.LEFT_ELSEWHERE, about, pd.concat([here, there]), ["row", "other"])


def line_missing(lines: pd.DataFrame, places: pd.DataFrame, totals: pd.Series) -> Candidates:
    """One line of a fulfillment with more than that: the parcel may have left without it.

    `totals`: units of each fulfillment, by row of facts.
    """
    over = lines[places["variance"].to_numpy()[lines["place"]] >= lines["units"].to_numpy()]
    over = over[over["units"].to_numpy() < totals.reindex(over["row"]).to_numpy()]
    about = over[["row", "line_item_id"]].assign(cost=LINE_LEFT)
    return _candidates(model.LINE_MISSING, about, over, ["row", "line_item_id"])


def missing_restock(lines: pd.DataFrame, line_items: pd.DataFrame) -> Candidates:
    """Units that were fulfilled and refunded: they may have come back without being put on stock again."""
    items = line_items[["line_item_id", "quantity", "refunded_quantity"]].fillna(
        {"quantity": 0, "refunded_quantity": 0}
    )
    refunded = items[(items["refunded_quantity"] > 0).astype(bool)]
    back = lines.merge(refunded, on="line_item_id")
    sent = back.groupby("line_item_id")["units"].transform("sum")
    back["came"] = (sent + back["refunded_quantity"].astype("int64") - back["quantity"].astype("int64")).clip(
        lower=0
    )
    back["units"] = back[["came", "units"]].min(axis=1)
    back = back[back["units"] > 0].drop_duplicates("line_item_id")
    about = back[["line_item_id"]].assign(
        cost=NOT_RESTOCKED, owner="restock/" + back["line_item_id"].astype(object)
    )
    return _candidates(model.MISSING_RESTOCK, about, back, ["line_item_id"])


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
    about = pd.DataFrame(
        {"key": rows["place"], "cost": DEDUCTED_TWICE, "owner": _named("twice", rows["place"])}
    )
    return _candidates(model.DOUBLED_DEDUCTION, about, effects, ["key"])


def _packs(places: pd.DataFrame) -> Candidates:
    rows = places[places["variance"].abs() >= SMALLEST_PACK_ERROR]
    less, more = rows["on_hand"].clip(lower=0), (rows["on_hand"] + rows["variance"]).clip(lower=0)
    small, large = np.minimum(less, more), np.maximum(less, more)
    fits = np.zeros(len(rows), dtype=bool)
    for size in PACK_SIZES:
        fits |= ((small * size == large) & (small > 0)).to_numpy()
    rows = rows[fits]
    effects = pd.DataFrame({"place": rows["place"], "units": rows["variance"], "key": rows["place"]})
    about = pd.DataFrame({"key": rows["place"], "cost": PACKS, "owner": _named("pack", rows["place"])})
    return _candidates(model.PACK_SIZE, about, effects, ["key"])


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
        owner="swap/" + pairs["key"].astype(object),
    )
    return _candidates(model.SWAPPED_SKU, about, pd.concat([here, there]), ["key"])


def join(parts: Iterable[Candidates]) -> Candidates:
    """All of them, numbered anew."""
    abouts, effects, offset = [], [], 0
    for part in parts:
        abouts.append(part.about.set_axis(part.about.index + offset))
        effects.append(part.effects.assign(cause=part.effects["cause"] + offset))
        offset += len(part.about)
    return Candidates(pd.concat(abouts), pd.concat(effects, ignore_index=True))


def _candidates(cause: str, about: pd.DataFrame, effects: pd.DataFrame, key: list[str]) -> Candidates:
    """`about` (one row a cause) and `effects` (place, units), which belong together by `key`."""
    about = about.reset_index(drop=True)
    numbered = effects.merge(about[key].assign(number=np.arange(len(about))), on=key)
    columns = {name: about[name] if name in about.columns else default for name, default in _ABOUT.items()}
    whole = pd.DataFrame(columns, index=about.index).assign(cause=cause)
    if "owner" not in about.columns:
        whole["owner"] = _named("fulfillment", whole["row"])
    text = ["owner", "cluster", "day", "line_item_id", "other_location_id", "other_inventory_item_id"]
    whole[text] = whole[text].astype(object)
    found = pd.DataFrame(
        {
            "cause": numbered["number"].astype("int64"),
            "place": numbered["place"].astype("int64"),
            "units": numbered["units"].astype("int64"),
        }
    )
    return Candidates(whole, found)


def _named(word: str, numbers: pd.Series) -> pd.Series:
    named: pd.Series = word + "/" + numbers.astype("string").astype(object)
    return named


def days_of(fulfillments: pd.DataFrame) -> np.ndarray:
    """Location and day of each row of facts, as text."""
    day = fulfillments["created_at"].dt.strftime("%Y-%m-%d").fillna("")
    texts: np.ndarray = (fulfillments["location_id"].astype(object) + "/" + day).to_numpy(dtype=object)
    return texts
