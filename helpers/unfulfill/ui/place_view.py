"""One item at one location: its numbers, what explains its difference, and what would fit as well."""

import pandas as pd

from unfulfill.audit import Audit
from unfulfill.audit.attribution import CAUSE_WORDS
from unfulfill.ui.shown import Shown, below, say, table, titled

MOST = 15
_NUMBERS = {
    "on_hand": "Shop says on hand",
    "available": "of these available",
    "committed": "of these committed",
    "counted": "Counted",
    "variance": "Difference",
    "explained": "Explained",
    "expected": "Expected from the earlier export",
    "adjusted": "Changed since then without an order",
    "fulfilled_units": "Units in its fulfillments",
    "units_in_question": "of these in doubtful ones",
}


def place_view(audit: Audit, place: pd.Series) -> Shown:
    """`place` is a row of the audit's table STOCK."""
    numbers = [
        (text, value)
        for name, text in _NUMBERS.items()
        if (value := place[name]) is not None and not pd.isna(value)
    ]
    here = audit.causes[
        (audit.causes["inventory_item_id"] == place["inventory_item_id"])
        & (audit.causes["location_id"] == place["location_id"])
    ]
    names = audit.findings.dropna(subset=["fulfillment_id"]).drop_duplicates("fulfillment_id")
    orders = here["fulfillment_id"].map(names.set_index("fulfillment_id")["order_name"])
    here = here.assign(order=orders.fillna(""))
    parts = [table(["Number", "Units"], numbers)]
    for role, title in (("chosen", "What explains it"), ("alternative", "What fits as well, or less")):
        rows = here[here["role"] == role].sort_values("percent", ascending=False, kind="stable")
        if len(rows):
            parts.append(titled(title, _causes(rows)))
    rest = int(here.loc[here["role"] == "rest", "units"].abs().sum())
    if rest:
        parts.append(say(f"{rest:,} units have no explanation: count them again.", "warn"))
    return below(*parts)


def _causes(rows: pd.DataFrame) -> Shown:
    told = [
        (
            CAUSE_WORDS.get(str(cause), str(cause)),
            order,
            int(units),
            "" if pd.isna(percent) else f"{percent} %",
        )
        for cause, order, units, percent in rows[["cause", "order", "units", "percent"]]
        .head(MOST)
        .itertuples(index=False, name=None)
    ]
    more = len(rows) - len(told)
    return table(["Cause", "Order", "Units", "How sure"], told, f"… and {more:,} more." if more > 0 else "")
