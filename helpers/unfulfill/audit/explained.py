"""What an explanation of the stock says about single fulfillments: findings in plain words, as sure as it is."""

import pandas as pd

from unfulfill.audit.attribution import model
from unfulfill.audit.findings import fulfillment_findings, join_findings
from unfulfill.audit.lookup import positions
from unfulfill.audit.places import PLACE, is_kept, name_of, text_of
from unfulfill.audit.sentences import TEXT, each, told
from unfulfill.words import said, said_word

SURE = 90  # percent, from which a fix is advised
WELL_POSSIBLE = 25  # percent, from which what a rule advises is not contradicted
WORTH_TELLING = 75  # percent, from which a finding is made at all
_FIX_OF_STOCK = {
    model.STILL_ON_SHELF: "unfulfill",
    model.LEFT_ELSEWHERE: "move",
    model.LINE_MISSING: "partial",
}
_UNDOING_WHOLE = ("unfulfill", "hold", "void_label")
_CUSTOMER_GONE = ("fulfilled_after_cancel", "fulfilled_after_refund")
_PRINTED = ("LABEL_PRINTED", "LABEL_PURCHASED")


def explained_fulfillments(facts: pd.DataFrame, causes: pd.DataFrame, stock: pd.DataFrame) -> pd.DataFrame:
    """Findings of the kinds still_on_shelf, left_elsewhere and line_missing, one a fulfillment."""
    chosen = causes[
        (causes["role"] == "chosen") & causes["fulfillment_id"].notna() & (causes["percent"] >= WORTH_TELLING)
    ]
    here = chosen[(chosen["units"] > 0).astype(bool)].merge(
        stock[[*PLACE, "sku", "item_name", "location_name"]], on=PLACE, how="left"
    )
    here = here.assign(said=text_of(here["units"]) + " × " + name_of(here))
    held = here.groupby(["fulfillment_id", "cause"], as_index=False).agg(
        said=("said", ", ".join),
        percent=("percent", "min"),
        ties=("ties", "max"),
        other=("other_location_id", "first"),
    )
    rows = positions(held["fulfillment_id"], facts["fulfillment_id"])
    held = held.set_index(pd.Index(rows)).sort_index()
    places = stock.drop_duplicates("location_id").set_index("location_id")["location_name"]
    held["other"] = held["other"].map(places).astype(TEXT).fillna(said("finding.another_location"))
    parts = [
        _still_on_shelf(facts, held[held["cause"] == model.STILL_ON_SHELF]),
        _left_elsewhere(facts, held[held["cause"] == model.LEFT_ELSEWHERE]),
        _line_missing(facts, held[held["cause"] == model.LINE_MISSING]),
    ]
    return join_findings(parts)


def _still_on_shelf(facts: pd.DataFrame, held: pd.DataFrame) -> pd.DataFrame:
    rows = facts.loc[held.index]
    message = told("finding.never_sent", units=held["said"], sure=_sure(held))
    is_label = rows["display_status"].isin(_PRINTED).astype(bool)
    fix = pd.Series("unfulfill", index=rows.index, dtype=TEXT).mask(is_label, "void_label")
    return _findings(rows, held, model.STILL_ON_SHELF, fix, message)


def _left_elsewhere(facts: pd.DataFrame, held: pd.DataFrame) -> pd.DataFrame:
    rows = facts.loc[held.index]
    message = told(
        "finding.left_elsewhere",
        place=rows["location_name"], units=held["said"], other=held["other"], sure=_sure(held),
    )  # fmt: skip
    left = (rows["locked"] != "").astype(bool)
    message = message.mask(left, message + " " + said("finding.only_stock"))
    fix = pd.Series("move", index=rows.index, dtype=TEXT)
    return _findings(rows, held, model.LEFT_ELSEWHERE, fix, message, fix_where_left="count_again")


def _line_missing(facts: pd.DataFrame, held: pd.DataFrame) -> pd.DataFrame:
    rows = facts.loc[held.index]
    message = told("finding.line_missing", units=held["said"], sure=_sure(held))
    fix = pd.Series("partial", index=rows.index, dtype=TEXT)
    return _findings(rows, held, model.LINE_MISSING, fix, message)


def _sure(held: pd.DataFrame) -> pd.Series:
    ties = held["ties"].fillna(0).astype("int64")
    alone = told("finding.sure", percent=held["percent"])
    return alone.mask(ties > 0, told("finding.sure_with_others", percent=held["percent"], count=ties))


def _findings(
    rows: pd.DataFrame,
    held: pd.DataFrame,
    kind: str,
    fix: pd.Series,
    message: pd.Series,
    fix_where_left: str = "nothing",
) -> pd.DataFrame:
    """Advice only where it is sure enough; below, the reader is held to count again."""
    is_sure = (held["percent"] >= SURE).astype(bool)
    severity = pd.Series("high", index=rows.index, dtype=TEXT).where(is_sure, "low")
    return fulfillment_findings(
        rows, kind, severity, fix.where(is_sure, "count_again"), message, fix_where_left=fix_where_left
    )


def explained_places(stock: pd.DataFrame, causes: pd.DataFrame) -> pd.DataFrame:
    """One row a place: `explained` units of its variance, `by` which causes in words, and the `fix` of the main one."""
    chosen = causes[causes["role"] == "chosen"].assign(size=lambda rows: rows["units"].abs())
    kinds = chosen.groupby([*PLACE, "cause"], as_index=False).agg(
        units=("units", "sum"), size=("size", "sum"), sure=("percent", "min"), times=("cause_id", "size")
    )
    kinds = kinds.sort_values("size", ascending=False, kind="stable")
    cause = each(kinds["cause"], lambda word: said_word(word, model.CAUSE_WORDS[word], of="cause"))
    by_cause = told("finding.by_cause", count=kinds["size"], cause=cause)
    several = told("finding.by_cause_times", count=kinds["size"], cause=cause, times=kinds["times"])
    fix = kinds["cause"].map(_FIX_OF_STOCK).astype(TEXT).fillna("count_again")
    kinds = kinds.assign(
        said=by_cause.mask(kinds["times"] > 1, several),
        fix=fix.where((kinds["sure"] >= SURE).astype(bool), "count_again"),
    )
    by = kinds.groupby(PLACE, as_index=False).agg(
        explained=("units", "sum"), by=("said", "; ".join), fix=("fix", "first")
    )
    return stock[PLACE].merge(by, on=PLACE, how="left")


def contradicted(
    found: pd.DataFrame,
    shipped: pd.DataFrame,
    facts: pd.DataFrame,
    stock: pd.DataFrame,
    causes: pd.DataFrame,
) -> pd.DataFrame:
    """`found` (FINDINGS about fulfillments) without advice to undo what the count says has left.

    Where every line was counted at its location, and it is hardly possible by the count that it stayed, its units are
    not there: none of those places has more on the shelf than the shop says, or what is more has better causes.
    Undoing it would put units on stock that nobody has. A parcel without any event is then rather a lost one.
    """
    is_known = stock["variance"].notna() & is_kept(stock)
    lines = shipped.merge(stock.loc[is_known, [*PLACE, "variance"]], on=PLACE, how="left")
    lines = lines.assign(
        missing=lines["variance"].isna(), more=(lines["variance"].fillna(0) > 0).astype(bool)
    )
    rows = lines.groupby("row")[["missing", "more"]].any()
    rows = rows[~rows["missing"]].set_index(facts["fulfillment_id"].reindex(rows.index[~rows["missing"]]))
    stays = causes.loc[(causes["cause"] == model.STILL_ON_SHELF) & (causes["percent"] >= WELL_POSSIBLE)]
    rows = rows[~rows.index.isin(stays["fulfillment_id"])]
    is_gone = (found["right_fix"].isin(_UNDOING_WHOLE) & found["fulfillment_id"].isin(rows.index)).astype(
        bool
    )
    is_none = is_gone & found["fulfillment_id"].isin(rows.index[~rows["more"]]).astype(bool)
    customer_gone = found["kind"].isin(_CUSTOMER_GONE).astype(bool)
    fix = found["right_fix"].mask(is_gone, "nothing").mask(is_gone & customer_gone, "return")
    but = found["message"] + " " + said("finding.better_explained")
    but = but.mask(is_none, found["message"] + " " + said("finding.count_has_none"))
    severity = found["severity"].mask(is_gone, "low").mask(is_gone & customer_gone, "medium")
    return found.assign(right_fix=fix, severity=severity, message=found["message"].mask(is_gone, but))
