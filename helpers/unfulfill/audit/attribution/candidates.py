"""Fulfillments that may be the cause of a variance, and their lines."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from unfulfill.audit.attribution import model
from unfulfill.audit.attribution.model import Candidates

# Improbability in points of one such cause, before anything speaks for it.
ELSEWHERE, LINE_LEFT, TWICE, NOT_RESTOCKED = 30, 30, 50, 12
COMPLAINED = 6  # of a line that was left out, where it was refunded and nothing came back
DAY_KEY = ["cause", "day", "other"]  # what causes that come together share
_ABOUT = {
    "cause": "",
    "row": -1,
    "owner": -1,
    "line_item_id": None,
    "other_location_id": None,
    "other_inventory_item_id": None,
    "day": -1,
    "other": -1,
    "cost": 0,
}


@dataclass(frozen=True)
class Counted:
    """What was counted, with numbers for ids.

    `lines`: one row a line of a live fulfillment at a counted place: row (of facts), line_item_id, place, item,
    location, units. `place`: item × location → its place, -1 where it was not counted. `day`: of each row of facts,
    the number of its location and day, -1 where it is no parcel: what is handed over has no incident of a day.
    """

    lines: pd.DataFrame
    place: np.ndarray
    variance: np.ndarray
    locations: np.ndarray
    day: np.ndarray


def counted_lines(facts: pd.DataFrame, lines: pd.DataFrame, places: pd.DataFrame) -> Counted:
    """Of `lines` (row, line_item_id, inventory_item_id, location_id, units) those whose place was counted."""
    item, items = pd.factorize(places["item"])
    location, locations = pd.factorize(places["location"])
    place = np.full((len(items), len(locations)), -1)
    place[item, location] = np.arange(len(places))
    of_item = pd.Index(items).get_indexer(lines["inventory_item_id"])
    of_location = pd.Index(locations).get_indexer(lines["location_id"])
    at = (
        np.where((of_item >= 0) & (of_location >= 0), place[of_item, of_location], -1) if place.size else None
    )
    known = np.flatnonzero(at >= 0) if at is not None else np.zeros(0, dtype="int64")
    numbered = pd.DataFrame(
        {
            "row": lines["row"].to_numpy(dtype="int64")[known],
            "line_item_id": lines["line_item_id"].to_numpy(dtype=object)[known],
            "place": at[known] if at is not None else known,
            "item": of_item[known],
            "location": of_location[known],
            "units": lines["units"].to_numpy(dtype="int64")[known],
        }
    ).sort_values("row", kind="stable", ignore_index=True)
    day = pd.factorize(facts["created_at"].dt.floor("D"))[0] + 1
    day = pd.factorize(facts["location_id"])[0] * (day.max(initial=0) + 1) + day
    variance = places["variance"].to_numpy(dtype="int64")
    ships = facts["ships"].to_numpy(dtype=bool)
    return Counted(numbered, place, variance, np.asarray(locations, dtype=object), np.where(ships, day, -1))


def still_on_shelf(counted: Counted, locked: np.ndarray, points: np.ndarray) -> Candidates:
    """Whole fulfillments without a carrier's event: they may never have left, and then all their units are there.

    `points`: evidence of each row of facts.
    """
    lines = counted.lines
    free = lines[~locked[lines["row"]]]
    rows = free["row"].unique()
    about = pd.DataFrame({"row": rows, "cost": -points[rows], "day": counted.day[rows]})
    work = _work(counted.day[lines["row"].unique()], -1)
    return make_candidates(model.STILL_ON_SHELF, about, free, ["row"], work)


def left_elsewhere(counted: Counted) -> Candidates:
    """Whole fulfillments whose units may have left from another location: more there than the shop says, fewer here.

    Also those that have left for certain: their stock is wrong all the same.
    """
    lines, variance = counted.lines, counted.variance
    row, place = lines["row"].to_numpy(), lines["place"].to_numpy()
    starts = np.flatnonzero(np.diff(row, prepend=-1))
    abouts, effects, work = [], [], []
    for number, location in enumerate(counted.locations):
        there = counted.place[lines["item"], number]
        fits = (there >= 0) & (lines["location"].to_numpy() != number)
        agrees = fits & ((variance[place] > 0) | (variance[np.maximum(there, 0)] < 0))
        if not len(starts) or not agrees.any():
            continue
        whole = np.logical_and.reduceat(fits, starts)
        work.append(_work(counted.day[row[starts[whole]]], number))
        chosen = whole & np.logical_or.reduceat(agrees, starts)
        inside = np.repeat(chosen, np.diff(starts, append=len(row)))
        rows = row[starts[chosen]]
        abouts.append(
            pd.DataFrame(
                {"row": rows, "day": counted.day[rows], "other": number, "other_location_id": location}
            )
        )
        moved = lines.loc[inside, ["row", "place", "units"]].assign(other=number)
        effects += [moved, moved.assign(place=there[inside], units=-moved["units"])]
    if not abouts:
        return make_candidates(model.LEFT_ELSEWHERE, pd.DataFrame({"row": []}), lines.iloc[:0], ["row"])
    about = pd.concat(abouts, ignore_index=True).assign(cost=ELSEWHERE)
    return make_candidates(model.LEFT_ELSEWHERE, about, pd.concat(effects), ["row", "other"], pd.concat(work))


def deducted_twice(counted: Counted) -> Candidates:
    """Whole fulfillments whose units another system took off the stock as well: more there than the shop says.

    Mostly a till or a stock system that did so for some hours or days at one location, whatever became of the parcels.
    """
    lines = counted.lines
    fits = pd.Series(counted.variance[lines["place"]] > 0).groupby(lines["row"].to_numpy()).all()
    more = fits.index.to_numpy()[fits.to_numpy()]
    about = pd.DataFrame({"row": more, "cost": TWICE, "day": counted.day[more]})
    work = _work(counted.day[lines["row"].unique()], -1)
    return make_candidates(model.DOUBLED_DEDUCTION, about, lines[lines["row"].isin(more)], ["row"], work)


def line_missing(
    counted: Counted, totals: pd.Series, items: pd.DataFrame, returned: np.ndarray
) -> Candidates:
    """One line of a fulfillment with more than that: the parcel may have left without it.

    `totals`: units of each fulfillment, by row of facts. `returned`: whether the order of each row has a return; a
    refund without one is what a customer gets who complains that something was missing.
    """
    lines = counted.lines
    with_more = lines[lines["units"].to_numpy() < totals.reindex(lines["row"]).to_numpy()]
    over = with_more[counted.variance[with_more["place"]] >= with_more["units"].to_numpy()]
    refunded = _refunded(over, items)
    complained = (refunded > 0) & (refunded <= over["units"].to_numpy()) & ~returned[over["row"]]
    over = over.assign(units=np.where(complained, refunded, over["units"]))
    about = over[["row", "line_item_id"]].assign(cost=np.where(complained, COMPLAINED, LINE_LEFT))
    work = pd.DataFrame({"day": [-1], "other": -1, "fulfillments": len(with_more)})
    return make_candidates(model.LINE_MISSING, about, over, ["row", "line_item_id"], work)


def missing_restock(
    counted: Counted, items: pd.DataFrame, returned: np.ndarray, locked: np.ndarray
) -> Candidates:
    """Units that were fulfilled and refunded: they may have come back without being put on stock again.

    Only what has left can come back: a carrier's event or a return must say so.
    """
    lines = counted.lines
    back = lines[(returned | locked)[lines["row"]]]
    back = back.assign(refunded=_refunded(back, items))
    back = back[back["refunded"] > 0].drop_duplicates("line_item_id")
    back = back.assign(units=np.minimum(back["refunded"], back["units"]))
    about = back[["line_item_id"]].assign(cost=NOT_RESTOCKED, owner=back["row"])
    return make_candidates(model.MISSING_RESTOCK, about, back, ["line_item_id"])


def _refunded(lines: pd.DataFrame, items: pd.DataFrame) -> np.ndarray:
    """Units of each line's order line that were sent and refunded. `items`: LINE_ITEMS, indexed by line_item_id."""
    of_line = items.index.get_indexer(pd.Index(lines["line_item_id"]))
    quantity, given = (items[name].to_numpy()[of_line] for name in ("quantity", "refunded_quantity"))
    sent = lines.groupby("line_item_id")["units"].transform("sum").to_numpy()
    units: np.ndarray = np.where(of_line >= 0, np.clip(sent + given - quantity, 0, given), 0)
    return units


def _work(day: np.ndarray, other: int) -> pd.DataFrame:
    days, sizes = np.unique(day[day >= 0], return_counts=True)
    return pd.DataFrame({"day": days, "other": other, "fulfillments": sizes})


def join(parts: Iterable[Candidates]) -> Candidates:
    """All of them, numbered anew; what has no owner owns itself."""
    abouts, effects, works, offset = [], [], [], 0
    for part in parts:
        abouts.append(part.about.set_axis(part.about.index + offset))
        effects.append(part.effects.assign(cause=part.effects["cause"] + offset))
        works.append(part.work)
        offset += len(part.about)
    about = pd.concat([each for each in abouts if len(each)] or abouts[:1])
    free = about["owner"].max() + 1 + np.arange(len(about))
    about["owner"] = np.where(about["owner"] < 0, free, about["owner"])
    return Candidates(about, pd.concat(effects, ignore_index=True), pd.concat(works, ignore_index=True))


def make_candidates(
    cause: str,
    about: pd.DataFrame,
    effects: pd.DataFrame,
    key: list[str],
    work: pd.DataFrame | None = None,
) -> Candidates:
    """`about` (one row a cause) and `effects` (place, units), which belong together by `key`."""
    about = about.reset_index(drop=True)
    numbered = effects[[*key, "place", "units"]].merge(
        about[key].assign(number=np.arange(len(about))), on=key
    )
    columns = {name: about[name] if name in about.columns else default for name, default in _ABOUT.items()}
    whole = pd.DataFrame(columns, index=about.index).assign(cause=cause)
    if "owner" not in about.columns:
        whole["owner"] = whole["row"]
    numbers = ["row", "owner", "day", "other", "cost"]
    whole[numbers] = whole[numbers].astype("int64")
    text = ["line_item_id", "other_location_id", "other_inventory_item_id"]
    whole[text] = whole[text].astype(object)
    found = numbered.rename(columns={"number": "cause"})[["cause", "place", "units"]].astype("int64")
    if work is None:
        work = _work(np.zeros(0, dtype="int64"), -1)
    return Candidates(whole, found, work.assign(cause=cause))
