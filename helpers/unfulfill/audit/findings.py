"""How a rule's rows become findings: severity, right fix, plain words, and the lock of parcels that left."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from unfulfill.audit.sentences import TEXT, told
from unfulfill.tables import FINDINGS, make_table

KINDS: Mapping[str, str] = {
    "auto_fulfil": "fulfilled within a minute of payment, without tracking",
    "burst": "many fulfillments within minutes at one location",
    "fulfilled_after_cancel": "fulfilled although the order is cancelled",
    "fulfilled_after_refund": "fulfilled although the order is refunded in full",
    "fulfilled_on_hold": "fulfilled although the order is on hold",
    "fulfilled_before_payment": "fulfilled before the order was paid",
    "fulfilled_out_of_stock": "fulfilled although there were no units left",
    "pos_fulfilled": "items to be shipped later, fulfilled at the till",
    "still_on_shelf": "fulfilled, and still on the shelf by the count",
    "left_elsewhere": "fulfilled from one location, sent from another",
    "line_missing": "a line of the parcel stayed behind",
    "third_party_open": "with a fulfillment service that has not shipped it",
    "no_movement": "tracking number without any carrier event",
    "no_tracking": "no tracking number",
    "duplicate_tracking": "one tracking number on several orders",
    "malformed_tracking": "tracking number that cannot be one",
    "cancelled_elsewhere": "cancelled since the last export, not by this workbench",
    "negative_stock": "less than nothing in stock",
    "count_variance": "the shelf and the shop disagree",
    "stock_identity": "the shop's own stock numbers do not add up",
    "not_stocked": "fulfilled from a location that does not stock the item",
    "committed_without_orders": "units committed, and no open order wants them",
    "stock_adjusted": "stock that changed by more than the orders explain",
    "open_unpaid": "about to ship and not paid",
    "open_on_hold": "waiting, and on hold",
    "open_out_of_stock": "about to ship and not enough in stock",
    "open_not_counted": "about to ship and not counted on the shelf",
    "open_risky": "about to ship and risky",
    "open_address_incomplete": "about to ship to an incomplete address",
    "open_duplicate_order": "about to ship the same twice to one customer",
}

SEVERITIES = ("high", "medium", "low")
UNDOING = (
    "unfulfill",
    "hold",
    "void_label",
    "request_cancellation",
    "partial",
    "move",
)  # all end in a cancel


def fulfillment_findings(
    rows: pd.DataFrame,
    kind: str,
    severity: "str | pd.Series",
    right_fix: "str | pd.Series",
    message: pd.Series,
    incident: "pd.Series | None" = None,
    fix_where_left: str = "nothing",
) -> pd.DataFrame:
    """Findings about `rows` (of `gather_facts`), one each; the Series given have their index.

    A locked row never gets a fix that ends in a cancel: it gets `fix_where_left` and a sentence that says why.
    A third-party service is asked for a cancellation, not overruled.
    """
    if rows.empty:
        return make_table(FINDINGS)
    fix = pd.Series(right_fix, index=rows.index, dtype=TEXT)
    level = pd.Series(severity, index=rows.index, dtype=TEXT)
    fix = fix.mask(fix.isin(("unfulfill", "hold")) & rows["is_third_party"], "request_cancellation")
    left = (rows["locked"] != "").astype(bool) & fix.isin(UNDOING).astype(bool)
    words = message.astype(TEXT)
    return make_table(
        FINDINGS,
        {
            "finding_id": kind + "/" + _number(rows["fulfillment_id"]),
            "kind": pd.Series(kind, index=rows.index, dtype=TEXT),
            "severity": level.mask(left, "medium" if fix_where_left == "return" else "low"),
            "incident": incident if incident is not None else pd.Series(None, index=rows.index, dtype=TEXT),
            "order_id": rows["order_id"],
            "order_name": rows["order_name"],
            "fulfillment_id": rows["fulfillment_id"],
            "location_id": rows["location_id"].mask(rows["location_id"] == ""),
            "right_fix": fix.mask(left, fix_where_left),
            "message": words.mask(left, told("finding.left", message=words, locked=rows["locked"])),
        },
    )


def stock_findings(
    rows: pd.DataFrame,
    kind: str,
    severity: "str | pd.Series",
    right_fix: "str | pd.Series",
    message: pd.Series,
) -> pd.DataFrame:
    """Findings about `rows` of STOCK, one each; the Series given have their index."""
    numbers = [_number(rows[column]) for column in ("inventory_item_id", "location_id")]
    return make_table(
        FINDINGS,
        {
            "finding_id": kind + "/" + numbers[0] + "-" + numbers[1],
            "kind": pd.Series(kind, index=rows.index, dtype=TEXT),
            "severity": pd.Series(severity, index=rows.index, dtype=TEXT),
            "inventory_item_id": rows["inventory_item_id"],
            "location_id": rows["location_id"],
            "right_fix": pd.Series(right_fix, index=rows.index, dtype=TEXT),
            "message": message,
        },
    )


def join_findings(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """One FINDINGS table: the most severe first, then in the order of KINDS, else as the parts had them."""
    whole = pd.concat(parts, ignore_index=True)
    order: dict[str, Any] = {
        "severity": whole["severity"]
        .map({word: rank for rank, word in enumerate(SEVERITIES)})
        .astype("int64"),
        "kind": whole["kind"].map({word: rank for rank, word in enumerate(KINDS)}).astype("int64"),
    }
    ranks = pd.DataFrame(order, index=whole.index).sort_values(["severity", "kind"], kind="stable")
    return make_table(FINDINGS, whole.loc[ranks.index].reset_index(drop=True))


def _number(ids: pd.Series) -> pd.Series:
    return ids.astype(TEXT).str.replace("^.*/", "", regex=True)
