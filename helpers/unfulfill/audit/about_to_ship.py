"""The audit of orders that are about to ship, before anybody fulfils them. Pure: tables in, FINDINGS out.

What is not known (no customer, no location, no count) is never a finding. Nothing is planned from these findings:
they have no fulfillment yet.
"""

from collections.abc import Mapping

import pandas as pd

from unfulfill.audit import about_to_ship_stock as stock
from unfulfill.audit.evidence import moments
from unfulfill.audit.findings import join_findings
from unfulfill.audit.rules import hold_words
from unfulfill.audit.sentences import TEXT, each, told
from unfulfill.audit.waiting import gather_waiting, order_findings
from unfulfill.words import said, said_word

OPEN_KINDS = (
    "open_unpaid", "open_on_hold", "open_out_of_stock", "open_not_counted", "open_risky", "open_address_incomplete",
    "open_duplicate_order",
)  # fmt: skip
ENOUGH = 20  # orders, from which the habit of a shop can be told
USUAL_SHARE = 0.5
ONE_AFTER_THE_OTHER = pd.Timedelta(days=1)
UNPAID: Mapping[str, tuple[str, str]] = {  # financial status → severity, right fix
    "PENDING": ("medium", "hold"),
    "PARTIALLY_PAID": ("medium", "hold"),
    "EXPIRED": ("high", "hold"),
    "VOIDED": ("high", "hold"),
    "REFUNDED": ("high", "hold"),
    "AUTHORIZED": ("low", "nothing"),
}
RISKS = {
    "CANCEL": "high",
    "INVESTIGATE": "medium",
}  # OrderRiskRecommendationResult (schema 2026-10) → severity


def waiting_orders(tables: Mapping[str, pd.DataFrame]) -> list[str]:
    """Ids of the orders with something left to ship, oldest first: not cancelled, and not archived."""
    return list(gather_waiting(tables)[0]["order_id"])


def audit_about_to_ship(
    tables: Mapping[str, pd.DataFrame], facts: pd.DataFrame, counted: pd.DataFrame | None = None
) -> pd.DataFrame:
    """FINDINGS about the orders of an export with something left to ship; the most severe first.

    `facts` is a TO_SHIP table, which may lack orders; `counted` holds inventory_item_id, location_id and counted.
    """
    waiting, lines = gather_waiting(tables)
    known = facts.drop_duplicates("order_id")
    waiting = waiting.merge(known, on="order_id", how="left", validate="one_to_one")
    return join_findings(
        [
            unpaid(waiting),
            on_hold(waiting),
            *stock.findings(waiting, lines, tables["inventory_levels"], counted),
            risky(waiting),
            address_incomplete(waiting),
            duplicate_orders(waiting, lines),
        ]
    )


def unpaid(waiting: pd.DataFrame) -> pd.DataFrame:
    """Orders of which the money is not there; low and no fix where that is usual in this shop."""
    status = waiting["financial_status"]
    rows = waiting[status.isin(list(UNPAID)).astype(bool)]
    severity, fix = (rows["financial_status"].map({k: v[n] for k, v in UNPAID.items()}) for n in range(2))
    message = each(rows["financial_status"], lambda word: said(f"open.{word}"))
    pending = (status == "PENDING").fillna(False).astype(bool)
    if len(waiting) >= ENOUGH and pending.mean() > USUAL_SHARE:
        usual = pending[rows.index]
        severity, fix = severity.mask(usual, "low"), fix.mask(usual, "nothing")
        message = message.mask(usual, message + " " + said("open.usually_unpaid"))
    return order_findings(rows, "open_unpaid", severity, fix, message)


def on_hold(waiting: pd.DataFrame) -> pd.DataFrame:
    """Orders with something on hold; medium where another part of the order would ship meanwhile."""
    rows = waiting[waiting["is_held"] | waiting["is_partly_held"]]
    reasons = each(rows["holds"].fillna(""), hold_words)
    is_part = rows["is_partly_held"]
    message = told("open.on_hold", reason=reasons).mask(is_part, told("open.partly_on_hold", reason=reasons))
    severity = pd.Series("low", index=rows.index, dtype=TEXT).mask(is_part, "medium")
    return order_findings(rows.assign(is_held=False), "open_on_hold", severity, "nothing", message)


def risky(waiting: pd.DataFrame) -> pd.DataFrame:
    """Orders that Shopify recommends to cancel or to look into."""
    rows = waiting[waiting["risk"].isin(list(RISKS)).astype(bool)]
    severity, message = rows["risk"].map(RISKS), each(rows["risk"], lambda word: said(f"open.{word}"))
    return order_findings(rows, "open_risky", severity, "hold", message)


def address_incomplete(waiting: pd.DataFrame) -> pd.DataFrame:
    """Orders for a carrier whose address lacks something; what is picked up or handed over needs none."""
    missing = waiting["address_missing"].fillna("")
    rows = waiting[waiting["is_carried"] & (missing != "").astype(bool)]
    what = missing[rows.index]
    parts = each(what, lambda text: ", ".join(said_word(part) for part in text.split(", ")))
    message = told("open.address_lacks", parts=parts)
    message = message.mask(what == "all of it", said("open.no_address"))
    message = message.mask(what.str.startswith("Shopify"), said("open.faulty_address"))
    return order_findings(rows, "open_address_incomplete", "medium", "hold", message)


def duplicate_orders(waiting: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """Of orders of one customer with the same open units within a day: all but the first."""
    some = _close_together(waiting[waiting["customer_id"].notna()])
    contents = some["order_id"].map(_contents(lines[lines["order_id"].isin(some["order_id"])])).astype(TEXT)
    keys = ["customer_id", "contents", "at", "order_id"]
    same = some.assign(contents=contents).sort_values(keys, kind="stable")
    waited = same["at"] - same["at"].shift()
    again = _as_before(same["customer_id"]) & _as_before(same["contents"]) & (waited <= ONE_AFTER_THE_OTHER)
    chain = (~again).cumsum()
    chained = same[chain.duplicated(keep=False)]
    names = chained["order_name"].fillna("?").groupby(chain[chained.index]).agg(", ".join)
    minutes = (waited.dt.total_seconds() // 60)[again].astype("int64")
    order = same["order_name"].shift()[again]
    in_hours = told("open.ordered_hours_before", order=order, count=minutes // 60)
    in_minutes = told("open.ordered_minutes_before", order=order, count=minutes)
    message = in_hours.mask(minutes < 120, in_minutes)
    incident = told("incident.same_order", orders=chain[again].map(names))
    return order_findings(same[again], "open_duplicate_order", "medium", "hold", message, incident=incident)


def _close_together(orders: pd.DataFrame) -> pd.DataFrame:
    """Those with another order of their customer within a day, with `at`: few, and only they are compared."""
    orders = orders.assign(at=moments(orders["ordered_at"])).sort_values(["customer_id", "at"], kind="stable")
    near = _as_before(orders["customer_id"]) & (orders["at"] - orders["at"].shift() <= ONE_AFTER_THE_OTHER)
    return orders[near | near.shift(-1, fill_value=False)]


def _as_before(column: pd.Series) -> pd.Series:
    return (column == column.shift()).fillna(False).astype(bool)


def _contents(lines: pd.DataFrame) -> pd.Series:
    """What waits of each order, as one text that is the same for the same units of the same variants."""
    what = lines["variant_id"].fillna(lines["sku"]).fillna(lines["name"]).fillna("?")
    units = lines.assign(what=what).groupby(["order_id", "what"], as_index=False)["units"].sum()
    said = units["what"] + " × " + units["units"].astype("string").astype(TEXT)
    texts: pd.Series = said.groupby(units["order_id"]).agg("; ".join)
    return texts
