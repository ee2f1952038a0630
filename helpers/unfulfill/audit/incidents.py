"""Incidents: findings with one cause, under one name, with their size and their time."""

import pandas as pd

from unfulfill.audit.bursts import said_days
from unfulfill.audit.findings import SEVERITIES, UNDOING
from unfulfill.audit.lookup import positions
from unfulfill.audit.sentences import TEXT
from unfulfill.tables import INCIDENTS, make_table
from unfulfill.words import said

QUIET = pd.Timedelta(days=7)  # a cause that is not seen for so long has ended
FEWEST = 2  # findings; one alone is no incident

# Kinds of single cases that often share a cause. Of several kinds that one fulfillment has, the first here names its
# incident.
_CALLED = (
    "fulfilled_after_cancel", "fulfilled_after_refund", "pos_fulfilled", "fulfilled_on_hold", "fulfilled_out_of_stock",
    "third_party_open", "still_on_shelf", "left_elsewhere", "line_missing", "no_movement", "fulfilled_before_payment",
    "malformed_tracking",
)  # fmt: skip


def name_incidents(
    findings: pd.DataFrame, facts: pd.DataFrame, shipped: pd.DataFrame, causes: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """`findings` (FINDINGS, about fulfillments) with an incident for those that share a cause, and INCIDENTS.

    A rule that knows its incidents (bursts, a courier's no-show …) has named them. Of the other kinds, findings of
    one location belong together while they follow each other within a week. A fulfillment is in one incident: what
    the count says of a member of a burst belongs to that burst. Where nothing is to be done, nothing is named.
    """
    rows = positions(findings["fulfillment_id"], facts["fulfillment_id"])
    known = findings.assign(
        row=rows,
        at=facts["created_at"].reindex(rows).to_numpy(),
        place=facts["location_name"].reindex(rows).to_numpy(),
        rank=findings["kind"].map({kind: number for number, kind in enumerate(_CALLED)}),
    )
    known = known[(known["row"] >= 0) & (known["right_fix"] != "nothing").astype(bool)]
    by_rule = known[known["incident"].notna()].drop_duplicates("row").set_index("row")
    single = known[known["incident"].isna() & known["rank"].notna() & ~known["row"].isin(by_rule.index)]
    single = single.sort_values("rank", kind="stable").drop_duplicates("row")
    single = single.sort_values(["kind", "place", "at"], kind="stable")
    fresh = (single["kind"] != single["kind"].shift()) | (single["place"] != single["place"].shift())
    run = (fresh.fillna(True).astype(bool) | (single["at"].diff() > QUIET)).cumsum()
    single = single.assign(incident=run.map(_names(single, run)).astype(TEXT)).set_index("row")
    columns = ["incident", "kind"]
    named = pd.concat([by_rule[columns], single.loc[single["incident"].notna(), columns]])
    joins = known["rank"].notna() & known["incident"].isna()
    joined = known.loc[joins, "row"].map(named["incident"]).astype(TEXT)
    incident = findings["incident"].where(findings["incident"].notna(), joined.reindex(findings.index))
    findings = findings.assign(incident=incident.astype(TEXT))
    members = known.assign(incident=incident.reindex(known.index), cause=known["row"].map(named["kind"]))
    return findings, _table(members[members["incident"].notna()], facts, shipped, causes)


def _names(rows: pd.DataFrame, run: pd.Series) -> dict[int, str]:
    told = rows.groupby(run).agg(
        kind=("kind", "first"), place=("place", "first"), size=("at", "size"), first=("at", "min"), last=("at", "max")
    )  # fmt: skip
    return {
        number: said(
            "incident.of_kind",
            what=said(f"incident.{kind}", count=size),
            place=place or said("incident.no_location"),
            days=said_days(first, last),
        )
        for number, kind, place, size, first, last in told.itertuples(name=None)
        if size >= FEWEST
    }


def _table(
    members: pd.DataFrame, facts: pd.DataFrame, shipped: pd.DataFrame, causes: pd.DataFrame
) -> pd.DataFrame:
    """INCIDENTS, the largest of the most severe first. `members`: findings; a fulfillment may have several."""
    rank = {word: number for number, word in enumerate(SEVERITIES)}
    whole = members.assign(
        rank=members["severity"].map(rank).astype("int64"), undoes=members["right_fix"].isin(UNDOING)
    )
    whole = whole.sort_values(["undoes", "rank"], ascending=[False, True], kind="stable")
    once = whole.drop_duplicates(["incident", "row"])
    units = shipped.groupby("row")["units"].sum()
    chosen = causes[(causes["role"] == "chosen") & causes["fulfillment_id"].notna()]
    chosen = chosen[(chosen["units"] > 0).astype(bool)]
    explained = chosen.groupby("fulfillment_id")["units"].sum()
    once = once.assign(
        units=once["row"].map(units).fillna(0).astype("int64"),
        explained=once["fulfillment_id"].map(explained).fillna(0).astype("int64"),
        locked=(facts["locked"].reindex(once["row"]) != "").to_numpy(dtype=bool),
    )
    table = once.groupby("incident", sort=False).agg(
        kind=("cause", _most), rank=("rank", "min"), right_fix=("right_fix", _most),
        fulfillments=("row", "size"), to_undo=("undoes", "sum"), locked=("locked", "sum"),
        orders=("order_id", "nunique"), units=("units", "sum"), explained=("explained", "sum"),
        first_at=("at", "min"), last_at=("at", "max"), location_name=("place", _only),
    )  # fmt: skip
    table = table.assign(severity=table["rank"].map(dict(enumerate(SEVERITIES))))
    table = table.sort_values(["rank", "fulfillments"], ascending=[True, False], kind="stable")
    return make_table(INCIDENTS, table.reset_index())


def _most(fixes: pd.Series) -> str:
    return str(fixes.value_counts().index[0])


def _only(places: pd.Series) -> str | None:
    return str(places.iloc[0]) if places.nunique() == 1 else None
