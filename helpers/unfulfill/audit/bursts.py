"""Rules about pace: many fulfillments within minutes, and fulfillments within seconds of the payment.

A burst stands out in one of two ways. Of its pace: against the busiest ten minutes of a usual day at its location, and
against the rest of the same day, so that neither a daily batch nor a busy day is taken for one. Or of its silence: far
more parcels that nobody has seen than this location ever has within minutes.
"""

import numpy as np
import pandas as pd

from unfulfill.audit.findings import fulfillment_findings
from unfulfill.audit.quiet_runs import by_place_and_time, quiet_runs
from unfulfill.audit.sentences import TEXT, told
from unfulfill.audit.tracking import tracks_its_parcels
from unfulfill.words import day_of_year, said

WINDOW = pd.Timedelta(minutes=10)
FEWEST = 8  # fulfillments in a window, under which nothing is a burst
FEWEST_AT_FIRST = (
    12  # the same at a location with less than three days of work, whose usual pace is not known
)
TIMES_THE_USUAL_PEAK = 4
TIMES_THE_DAY = 3
WITHIN_SECONDS = pd.Timedelta(seconds=60)
QUIET = pd.Timedelta(days=7)  # an incident of auto-fulfilment ends where none happens for so long


def bursts(facts: pd.DataFrame, unseen: pd.Series, known: pd.Index) -> pd.DataFrame:
    """Live fulfillments that belong to a burst. High where most have no tracking, or nothing shows that they moved.

    `unseen`: rows that should have been seen by now. `known`: those whose silence another rule explains.
    """
    tracks = tracks_its_parcels(facts)
    live = facts[facts["is_live"] & (facts["location_id"] != "").astype(bool)]
    runs = _runs(by_place_and_time(live[["location_id", "created_at"]]))
    left = (live["locked"] != "").astype(bool)
    shares = left[runs.index].groupby(runs).mean()
    runs = runs[runs.map(shares) <= 0.5]  # most parcels of a real batch are on their way soon
    parcels = live[live["ships"] & ~live["is_pos"] & ~live["is_third_party"]]
    parcels = parcels[["location_id", "created_at", "locked"]]
    quiet = quiet_runs(parcels, unseen[parcels.index] & ~parcels.index.isin(known))
    run = _joined(runs, quiet).sort_index()
    rows = live.loc[run.index]
    names = run.map(_burst_names(rows, run)).astype(TEXT)
    bare = (~rows["is_tracked"] & rows["ships"] & tracks).groupby(run).mean() > 0.5
    is_high = run.map(bare).astype(bool) | run.index.isin(quiet.index)
    severity = pd.Series("medium", index=rows.index, dtype=TEXT).mask(is_high, "high")
    message = told("finding.burst", incident=names)
    return fulfillment_findings(rows, "burst", severity, "unfulfill", message, incident=names)


def _joined(runs: pd.Series, quiet: pd.Series) -> pd.Series:
    """One number of each member: of its run of pace, else of the one that shares members with its quiet run."""
    shared = runs.reindex(quiet.index)
    same = shared.groupby(quiet).first()
    more = quiet[shared.isna()]
    number = more.map(same).fillna(more + runs.max() + 1 if len(runs) else more)
    whole: pd.Series = pd.concat([runs, number]).astype("int64")
    return whole


def _runs(live: pd.DataFrame) -> pd.Series:
    """Number of the burst for each row of one; `live` is sorted by location and time. Rows of none are left out."""
    place = pd.factorize(live["location_id"])[0].astype("int64")
    second = live["created_at"].astype("int64").to_numpy() // 1_000_000
    ahead = _count_ahead(place, second)
    day = second // 86_400
    peaks = pd.Series(ahead).groupby([place, day]).max()
    usual = peaks.groupby(level=0).median()
    limit = np.maximum(FEWEST, TIMES_THE_USUAL_PEAK * usual.reindex(place).to_numpy())
    # The peak of a shop's only day is the burst itself; the rest of the day is then the only measure.
    days = peaks.groupby(level=0).size().reindex(place).to_numpy()
    is_hot = ahead >= np.where(days >= 3, limit, FEWEST_AT_FIRST)
    covered = _covered(is_hot, ahead)
    run = _split(covered, place, second)
    frame = pd.DataFrame({"run": run, "place": place, "day": day, "second": second}, index=live.index)
    return _standing_out(frame)


def _count_ahead(place: np.ndarray, second: np.ndarray) -> np.ndarray:
    """How many fulfillments the location made in the window that starts with each one."""
    if not len(second):
        return np.zeros(0, dtype="int64")
    step = int(second.max() - second.min()) + int(WINDOW.total_seconds()) + 1
    key = place * step + (second - second.min())
    end = np.searchsorted(key, key + int(WINDOW.total_seconds()), side="right")
    count: np.ndarray = end - np.arange(len(key))
    return count


def _covered(is_hot: np.ndarray, ahead: np.ndarray) -> np.ndarray:
    """Whether each row lies in the window of a hot one."""
    start = np.flatnonzero(is_hot)
    edges = np.zeros(len(is_hot) + 1, dtype="int64")
    np.add.at(edges, start, 1)
    np.add.at(edges, start + ahead[start], -1)
    return np.cumsum(edges[:-1]) > 0


def _split(covered: np.ndarray, place: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Number of the run of each covered row, -1 elsewhere.

    A gap much longer than the run's own pace ends it, so that ordinary work just before and after stays out.
    """
    joined = covered & np.concatenate(([False], covered[:-1])) & (np.diff(place, prepend=-1) == 0)
    rough = np.cumsum(covered & ~joined)
    gap = np.diff(second, prepend=0)
    inner = pd.Series(np.where(joined, gap, np.nan))
    pace = inner.groupby(rough).transform("median").fillna(0).to_numpy()
    tight = joined & (gap <= np.maximum(60, 8 * pace))
    return np.where(covered, np.cumsum(covered & ~tight), -1)


def _standing_out(frame: pd.DataFrame) -> pd.Series:
    """The runs that are large enough and out of proportion to the rest of their day at that location."""
    inside = frame[frame["run"] >= 0]
    sizes = inside.groupby("run").agg(size=("run", "size"), place=("place", "first"), day=("day", "first"))
    sizes = sizes[sizes["size"] >= FEWEST]
    outside = frame[~frame["run"].isin(sizes.index)]
    pace = _count_ahead(
        outside["place"].to_numpy(), outside["second"].to_numpy()
    )  # without the runs themselves
    rest = (
        outside.assign(pace=pace)
        .groupby(["place", "day"])["pace"]
        .quantile(0.75)
        .rename("rest")
        .reset_index()
    )
    compared = sizes.reset_index().merge(rest, on=["place", "day"], how="left")
    out = compared.loc[compared["size"] >= TIMES_THE_DAY * compared["rest"].fillna(0), "run"]
    return inside.loc[inside["run"].isin(out), "run"]


def _burst_names(rows: pd.DataFrame, run: pd.Series) -> dict[int, str]:
    """Run → "burst of 38 at Warehouse, 3 Oct 09:12-09:20" (UTC)."""
    sums = rows.groupby(run).agg(
        size=("created_at", "size"), place=("location_name", "first"),
        first=("created_at", "min"), last=("created_at", "max"),
    )  # fmt: skip
    return {
        number: said(
            "incident.burst", size=size, place=place, day=day_of_year(first), span=_span(first, last)
        )
        for number, size, place, first, last in sums.itertuples(name=None)
    }


def _span(first: pd.Timestamp, last: pd.Timestamp) -> str:
    """ "09:12-09:20", or "09:12" within one minute."""
    return "-".join(dict.fromkeys((f"{first:%H:%M}", f"{last:%H:%M}")))


def auto_fulfilled(facts: pd.DataFrame) -> pd.DataFrame:
    """Parcels fulfilled within a minute of payment without tracking: nobody packs that fast.

    Only medium in a shop that does not track its parcels: there it may be a sale over the counter.
    """
    paid = facts["paid_at"].where(facts["paid_at"].notna(), facts["ordered_at"])
    waited = facts["created_at"] - paid
    is_auto = (
        facts["is_live"] & facts["ships"] & ~facts["is_tracked"] & ~facts["is_pos"] & ~facts["is_third_party"]
        & (waited >= pd.Timedelta(0)) & (waited <= WITHIN_SECONDS)
        & (facts["paid_at"].notna() | (facts["financial_status"] == "PAID").astype(bool))
    )  # fmt: skip
    rows = facts[is_auto].sort_values(["location_id", "created_at"], kind="stable")
    starts = (rows["location_id"] != rows["location_id"].shift()).fillna(True).astype(bool)
    run = (starts | (rows["created_at"].diff() > QUIET)).cumsum()
    seconds = waited[rows.index].dt.total_seconds().astype("int64")
    message = told("finding.auto_fulfil", count=seconds)
    names = run.map(_auto_names(rows, run)).astype(TEXT)
    severity = "high" if tracks_its_parcels(facts) else "medium"
    return fulfillment_findings(rows, "auto_fulfil", severity, "unfulfill", message, incident=names)


def _auto_names(rows: pd.DataFrame, run: pd.Series) -> dict[int, str]:
    sums = rows.groupby(run).agg(
        size=("created_at", "size"), place=("location_name", "first"),
        first=("created_at", "min"), last=("created_at", "max"),
    )  # fmt: skip
    return {
        number: said(
            "incident.auto_fulfil",
            size=size,
            place=place or said("incident.no_location"),
            days=said_days(first, last),
        )
        for number, size, place, first, last in sums.itertuples(name=None)
        if size > 1
    }


def said_days(first: pd.Timestamp, last: pd.Timestamp) -> str:
    """ "3 Oct to 9 Oct", or "3 Oct" of one day."""
    if first.date() == last.date():
        return day_of_year(first)
    return said("incident.days", first=day_of_year(first), last=day_of_year(last))
