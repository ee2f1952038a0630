"""Runs of parcels that nobody has seen: within minutes, far more of them than the location usually has among its work.

Pace alone does not tell an app's burst from a busy hour. That nothing of it has left does: for each unseen parcel, the
next minutes are held against the binomial chance of so many unseen ones among all that were fulfilled then.
"""

import numpy as np
import pandas as pd
from scipy.stats import binom

WINDOWS = (120, 300, 600)  # seconds
FEWEST = 6  # unseen parcels in a window
CHANCE = 1e-6  # of so many or more, above which it is nothing special
HARDLY = 0.2  # of the parcels in the time of a run, those that are known to have left
SLOWEST = 180  # seconds between two of a run; a longer gap ends it
_WORST_DAYS = 0.1  # of a location's days, left out of what is usual: incidents are among them
_HOURS = 2  # hours of a day, from which the day counts more than what is usual
_KNOWN_AFTER = 20  # parcels, from which a location's own habit counts more than the shop's


def by_place_and_time(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of each location together, and those in order of time."""
    place = pd.factorize(rows["location_id"], sort=True)[0]
    return rows.iloc[np.lexsort((rows["created_at"].astype("int64").to_numpy(), place))]


def quiet_runs(parcels: pd.DataFrame, unseen: pd.Series) -> pd.Series:
    """Number of the run of each member. `parcels`: live ones with a location; `unseen`: those that nobody has seen."""
    rows = by_place_and_time(parcels.assign(unseen=unseen))
    place = pd.factorize(rows["location_id"])[0].astype("int64")
    second = rows["created_at"].astype("int64").to_numpy() // 1_000_000
    quiet = rows["unseen"].to_numpy(dtype=bool)
    key = (
        place * (int(np.ptp(second)) + SLOWEST + max(WINDOWS) + 1) + second - second.min()
        if len(second)
        else second
    )
    share = _usual_share(place, second, quiet)[quiet]
    hot = np.zeros(int(quiet.sum()) + 1, dtype="int64")
    first, begun = np.arange(int(quiet.sum())), np.searchsorted(key, key[quiet])
    for window in WINDOWS:
        end = np.searchsorted(key[quiet], key[quiet] + window, side="right")
        whole = np.searchsorted(key, key[quiet] + window, side="right") - begun
        inside = end - first
        found = np.flatnonzero(inside >= FEWEST)
        found = found[binom.sf(inside[found] - 1, whole[found], share[found]) < CHANCE]
        np.add.at(hot, found, 1)
        np.add.at(hot, end[found], -1)
    covered = np.cumsum(hot[:-1]) > 0
    gap = np.diff(key[quiet], prepend=-SLOWEST - 1)
    joined = covered & np.concatenate(([False], covered[:-1])) & (gap <= SLOWEST)
    number = np.cumsum(covered & ~joined)
    runs = pd.Series(number[covered], index=rows.index[quiet][covered])
    runs = runs[runs.map(runs.value_counts()) >= FEWEST]
    return _with_company(rows, runs)


def _with_company(rows: pd.DataFrame, runs: pd.Series) -> pd.Series:
    """The runs with those among them that are not known to have left either, where hardly anything of the time did.

    Of a carrier that never reports, nothing is known; between forty that never left, such a parcel has not left.
    """
    position = pd.Series(np.arange(len(rows)), index=rows.index)
    spans = position[runs.index].groupby(runs).agg(["min", "max"])
    of = np.zeros(len(rows) + 1, dtype="int64")
    np.add.at(of, spans["min"], spans.index)
    np.add.at(of, spans["max"] + 1, -spans.index)
    number = pd.Series(np.cumsum(of[:-1]), index=rows.index)
    number = number[number > 0]
    left = (rows.loc[number.index, "locked"] != "").astype(bool)
    gone = left.groupby(number).sum()
    few = gone <= HARDLY * (gone + runs.groupby(runs).size())
    among = number[(~left & number.map(few)).astype(bool)]
    whole: pd.Series = pd.concat([runs, among[~among.index.isin(runs.index)]])
    return whole


def _usual_share(place: np.ndarray, second: np.ndarray, quiet: np.ndarray) -> np.ndarray:
    """Of each parcel: the share that is unseen on its location's usual days, or in the other hours of its day if more.

    Hours count alike, however many parcels they have, so that one burst of a day does not hide another.
    """
    cells = pd.DataFrame({"place": place, "day": second // 86_400, "hour": second // 3_600, "quiet": quiet})
    days = cells.groupby(["place", "day"])["quiet"].agg(["sum", "size"])
    worst = days["sum"].groupby(level=0).rank(method="first", pct=True) > 1 - _WORST_DAYS
    usual = days[~worst].groupby(level=0).sum().reindex(range(int(place.max(initial=-1)) + 1)).fillna(0)
    shop = (usual["sum"].sum() + 1) / (usual["size"].sum() + _KNOWN_AFTER)
    own = ((usual["sum"] + _KNOWN_AFTER * shop) / (usual["size"] + _KNOWN_AFTER)).to_numpy()[place]
    mostly = cells.groupby(["place", "day", "hour"])["quiet"].mean() > 0.5
    hours = mostly.groupby(level=[0, 1]).agg(["sum", "size"])
    of_day = hours.loc[pd.MultiIndex.from_frame(cells[["place", "day"]])]
    of_hour = mostly.loc[pd.MultiIndex.from_frame(cells[["place", "day", "hour"]])].to_numpy()
    rest = (of_day["sum"].to_numpy() - of_hour + _HOURS * own) / (of_day["size"].to_numpy() - 1 + _HOURS)
    share: np.ndarray = np.maximum(own, rest)
    return share
