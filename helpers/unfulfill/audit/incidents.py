"""Incidents: findings with one cause, under one name, with their size and their time."""

import pandas as pd

from unfulfill.audit.evidence import TEXT
from unfulfill.audit.findings import KINDS, SEVERITIES, UNDOING
from unfulfill.tables import INCIDENTS, make_table

QUIET = pd.Timedelta(days=7)  # a cause that is not seen for so long has ended
FEWEST = 2  # findings; one alone is no incident

# Kinds of single cases that often share a cause, and how their incident is called.
_CALLED = {
    "fulfilled_after_cancel": "cancelled orders fulfilled",
    "fulfilled_after_refund": "refunded orders fulfilled",
    "fulfilled_on_hold": "orders on hold fulfilled",
    "fulfilled_before_payment": "unpaid orders fulfilled",
    "fulfilled_out_of_stock": "fulfilled out of stock",
    "pos_fulfilled": "ship-later sales fulfilled at the till",
    "still_on_shelf": "still on the shelf",
    "left_elsewhere": "sent from another location",
    "line_missing": "lines left behind",
    "third_party_open": "waiting at a fulfillment service",
    "no_movement": "parcels without a carrier event",
    "malformed_tracking": "malformed tracking numbers",
}


def name_incidents(
    findings: pd.DataFrame, facts: pd.DataFrame, shipped: pd.DataFrame, causes: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """`findings` (FINDINGS, about fulfillments) with an incident for those that share a cause, and INCIDENTS.

    A rule that knows its incidents has named them. Of the other kinds, findings of one location belong together
    while they follow each other within a week. Where nothing is to be done, nothing is named.
    """
    rows = pd.Index(facts["fulfillment_id"]).get_indexer(findings["fulfillment_id"])
    known = findings.assign(row=rows)
    known = known.assign(
        at=facts["created_at"].reindex(rows).to_numpy(), place=facts["location_name"].reindex(rows).to_numpy()
    )
    free = known[known["incident"].isna() & (known["row"] >= 0) & known["kind"].isin(_CALLED)]
    free = free[(free["right_fix"] != "nothing").astype(bool)].sort_values(
        ["kind", "place", "at"], kind="stable"
    )
    fresh = (free["kind"] != free["kind"].shift()) | (free["place"] != free["place"].shift())
    run = (fresh.fillna(True).astype(bool) | (free["at"].diff() > QUIET)).cumsum()
    names = run.map(_names(free, run)).astype(TEXT)
    incident = findings["incident"].where(findings["incident"].notna(), names.reindex(findings.index))
    named = known.assign(incident=incident)
    return findings.assign(incident=incident.astype(TEXT)), _table(
        named[incident.notna()], facts, shipped, causes
    )


def _names(rows: pd.DataFrame, run: pd.Series) -> dict[int, str]:
    told = rows.groupby(run).agg(
        kind=("kind", "first"), place=("place", "first"), size=("at", "size"), first=("at", "min"), last=("at", "max")
    )  # fmt: skip
    return {
        number: f"{size} {_CALLED[kind]} at {place or 'no location'}, {_days(first, last)}"
        for number, kind, place, size, first, last in told.itertuples(name=None)
        if size >= FEWEST
    }


def _days(first: pd.Timestamp, last: pd.Timestamp) -> str:
    """ "3 Oct to 9 Oct", or "3 Oct" of one day."""
    return " to ".join(dict.fromkeys((f"{first.day} {first:%b}", f"{last.day} {last:%b}")))


def _table(
    named: pd.DataFrame, facts: pd.DataFrame, shipped: pd.DataFrame, causes: pd.DataFrame
) -> pd.DataFrame:
    """INCIDENTS, the largest of the most severe first."""
    units = shipped.groupby("row")["units"].sum().reindex(named["row"]).fillna(0)
    chosen = causes[(causes["role"] == "chosen") & causes["fulfillment_id"].notna() & (causes["units"] > 0)]
    explained = chosen.groupby("fulfillment_id")["units"].sum().reindex(named["fulfillment_id"]).fillna(0)
    rank = {word: number for number, word in enumerate(SEVERITIES)}
    rows = named.assign(
        units=units.to_numpy(),
        explained=explained.to_numpy(),
        rank=named["severity"].map(rank).astype("int64"),
        to_undo=named["right_fix"].isin(UNDOING),
        locked=(facts["locked"].reindex(named["row"]) != "").to_numpy(dtype=bool),
    )
    groups = rows.groupby("incident", sort=False)
    table = groups.agg(
        kind=("kind", "first"), rank=("rank", "min"), right_fix=("right_fix", _most),
        fulfillments=("fulfillment_id", "nunique"), to_undo=("to_undo", "sum"), locked=("locked", "sum"),
        orders=("order_id", "nunique"), units=("units", "sum"), explained=("explained", "sum"),
        first_at=("at", "min"), last_at=("at", "max"), location_name=("place", _only),
    )  # fmt: skip
    table = table.assign(severity=table["rank"].map(dict(enumerate(SEVERITIES))))
    table = table.sort_values(["rank", "fulfillments"], ascending=[True, False], kind="stable").reset_index()
    return make_table(INCIDENTS, table)


def _most(fixes: pd.Series) -> str:
    return str(fixes.value_counts().index[0])


def _only(places: pd.Series) -> str | None:
    return str(places.iloc[0]) if places.nunique() == 1 else None


assert set(_CALLED) <= set(KINDS)
