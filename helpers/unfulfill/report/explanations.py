"""The explanations of a count as sentences: what accounts for it, how sure, what fits as well, and the honest rest."""

from dataclasses import dataclass

import pandas as pd

from unfulfill.audit import Audit
from unfulfill.audit.places import name_of
from unfulfill.report.stock_charts import cause_words
from unfulfill.words import listed, said

MOST_NAMED = 5  # orders and items in one sentence


@dataclass(frozen=True)
class Explanation:
    """One explanation: causes and places that can only be explained together."""

    id: str  # explanation_id of its rows in table CAUSES
    text: str  # "7 fulfillments explain 31 of 37 units: …"
    where: str  # items and locations
    orders: str  # of the fulfillments, as far as findings name them
    sure: int | None  # percent of the least sure cause
    others: str  # what would fit as well
    units: int  # that it accounts for
    rest: int  # units without any cause


def explanations(audit: Audit, most: int) -> tuple[list[Explanation], int]:
    """The first `most` explanations, those of the most units first, and how many there are.

    Only places where some cause was found; what nothing explains at all is in the table of stock.
    """
    chosen = audit.causes[audit.causes["role"] == "chosen"]
    sizes = chosen["units"].abs().groupby(chosen["explanation_id"]).sum()
    first = sizes.sort_values(ascending=False, kind="stable").index[:most]
    shown = audit.causes[audit.causes["explanation_id"].isin(first)]
    places = audit.stock[["inventory_item_id", "location_id", "sku", "item_name", "location_name"]]
    shown = shown.merge(places, on=["inventory_item_id", "location_id"], how="left")
    named = audit.findings.dropna(subset=["fulfillment_id"]).drop_duplicates("fulfillment_id")
    shown = shown.assign(order=shown["fulfillment_id"].map(named.set_index("fulfillment_id")["order_name"]))
    groups = dict(list(shown.groupby("explanation_id")))
    return [_explanation(groups[name]) for name in first], len(sizes)


def _explanation(rows: pd.DataFrame) -> Explanation:
    chosen, rest = rows[rows["role"] == "chosen"], rows[rows["role"] == "rest"]
    known, left = (int(part["units"].abs().sum()) for part in (chosen, rest))
    fulfillments = int(chosen["fulfillment_id"].nunique())
    key = "explanations.by_fulfillments" if fulfillments else "explanations.by_errors"
    causes = ", ".join(cause_words(str(cause)) for cause in chosen["cause"].unique())
    at = said("explanations.at")
    places = name_of(rows).astype("str") + at + rows["location_name"].fillna("?").astype("str")
    sure = chosen["percent"].dropna()
    return Explanation(
        id=str(rows["explanation_id"].iloc[0]),
        text=said(key, count=fulfillments or len(chosen), known=known, all=known + left, causes=causes),
        where=_first(list(places.unique())),
        orders=_first([str(name) for name in chosen["order"].dropna().unique()]),
        sure=int(sure.min()) if len(sure) else None,
        others=_others(rows[rows["role"] == "alternative"], chosen),
        units=known,
        rest=left,
    )


def _others(alternatives: pd.DataFrame, chosen: pd.DataFrame) -> str:
    ties = int(chosen["ties"].fillna(0).max())
    told = [said("explanations.alike", count=ties)] if ties else []
    best = alternatives.groupby("cause", sort=False).agg(
        number=("cause_id", "size"), percent=("percent", "max")
    )
    told += [
        said("explanations.other", number=number, cause=cause_words(str(cause)), percent=percent)
        for cause, number, percent in best.itertuples(name=None)
    ]
    return listed(told)


def _first(names: list[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (said("check.more", count=more) if more > 0 else "")
