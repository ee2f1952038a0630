"""One item at one location: its numbers, what explains its difference, and what would fit as well."""

import pandas as pd

from unfulfill.audit import Audit
from unfulfill.audit.attribution import CAUSE_WORDS
from unfulfill.ui.shown import Shown, below, more_rows, percent, say, table, titled
from unfulfill.words import headings, said, said_word

MOST = 15
_NUMBERS = (
    "on_hand", "available", "committed", "counted", "variance", "explained", "expected", "adjusted", "fulfilled_units",
    "units_in_question",
)  # fmt: skip


def place_view(audit: Audit, place: pd.Series) -> Shown:
    """`place` is a row of the audit's table STOCK."""
    numbers = [
        (said(f"place.{name}"), value)
        for name in _NUMBERS
        if (value := place[name]) is not None and not pd.isna(value)
    ]
    here = audit.causes[
        (audit.causes["inventory_item_id"] == place["inventory_item_id"])
        & (audit.causes["location_id"] == place["location_id"])
    ]
    names = audit.findings.dropna(subset=["fulfillment_id"]).drop_duplicates("fulfillment_id")
    orders = here["fulfillment_id"].map(names.set_index("fulfillment_id")["order_name"])
    here = here.assign(order=orders.fillna(""))
    parts = [table(headings("number", "units"), numbers)]
    for role, title in (("chosen", said("place.chosen")), ("alternative", said("place.alternative"))):
        rows = here[here["role"] == role].sort_values("percent", ascending=False, kind="stable")
        if len(rows):
            parts.append(titled(title, _causes(rows)))
    rest = int(here.loc[here["role"] == "rest", "units"].abs().sum())
    if rest:
        parts.append(say(said("place.rest", count=rest), "warn"))
    return below(*parts)


def _causes(rows: pd.DataFrame) -> Shown:
    told = [
        (
            said_word(str(cause), CAUSE_WORDS.get(str(cause), ""), of="cause"),
            order,
            int(units),
            percent(sure),
        )
        for cause, order, units, sure in rows[["cause", "order", "units", "percent"]]
        .head(MOST)
        .itertuples(index=False, name=None)
    ]
    more = len(rows) - len(told)
    return table(headings("cause", "order", "units", "how_sure"), told, more_rows(more))
