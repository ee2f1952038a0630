"""Orders with something left to ship, gathered into one row an order, and findings about them."""

from collections.abc import Mapping

import pandas as pd

from unfulfill.audit.facts import HANDED_OVER
from unfulfill.audit.sentences import TEXT
from unfulfill.tables import FINDINGS, make_table
from unfulfill.words import said

READY = ("OPEN", "IN_PROGRESS")
LIVE_ORDERS = (*READY, "ON_HOLD", "SCHEDULED")


def gather_waiting(tables: Mapping[str, pd.DataFrame]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The orders, oldest first, and their lines with `units` left for somebody to pack.

    Of an order: order_id, order_name, ordered_at, financial_status; `is_held` (all that waits of it), `is_partly_held`
    and `holds` (reasons); `is_ready` (something could ship now), `place` and `place_name` (its location, missing where
    it is several or not known); `is_carried` (something is for a carrier).
    """
    lines = tables["line_items"]
    units = lines["unfulfilled_quantity"].fillna(0).astype("int64")
    packed = lines["requires_shipping"].fillna(True).astype(bool) & ~lines["is_gift_card"].fillna(
        False
    ).astype(bool)
    lines = lines.assign(units=units)[(units > 0) & packed]
    orders = tables["orders"]
    is_open = orders["cancelled_at"].isna() & orders["closed_at"].isna()
    orders = orders[is_open & orders["order_id"].isin(lines["order_id"])]
    orders = orders.rename(columns={"name": "order_name", "created_at": "ordered_at"})
    orders = orders.sort_values(["ordered_at", "order_id"], kind="stable", ignore_index=True)
    waiting = _with_fulfillment_orders(orders, tables["fulfillment_orders"])
    return waiting, lines[lines["order_id"].isin(waiting["order_id"])].reset_index(drop=True)


def order_findings(
    rows: pd.DataFrame,
    kind: str,
    severity: "str | pd.Series",
    right_fix: "str | pd.Series",
    message: pd.Series,
    incident: "pd.Series | None" = None,
) -> pd.DataFrame:
    """Findings about `rows` (of `gather_waiting`), one each; the Series given have their index.

    An order of which all is on hold ships nowhere: it gets no fix and the severity low. `item` and `place` of the rows
    become the finding's own, where the rows have them.
    """
    words, held = message.astype(TEXT), rows["is_held"]
    nothing = pd.Series(None, index=rows.index, dtype=TEXT)
    return make_table(
        FINDINGS,
        {
            "finding_id": kind + "/" + rows["order_id"].astype(TEXT).str.replace("^.*/", "", regex=True),
            "kind": pd.Series(kind, index=rows.index, dtype=TEXT),
            "severity": pd.Series(severity, index=rows.index, dtype=TEXT).mask(held, "low"),
            "incident": incident if incident is not None else nothing,
            "order_id": rows["order_id"],
            "order_name": rows["order_name"],
            "inventory_item_id": rows["item"] if "item" in rows.columns else nothing,
            "location_id": rows["place"],
            "right_fix": pd.Series(right_fix, index=rows.index, dtype=TEXT).mask(held, "nothing"),
            "message": words.mask(held, words + " " + said("finding.held_already")),
        },
    )


def _with_fulfillment_orders(orders: pd.DataFrame, fulfillment_orders: pd.DataFrame) -> pd.DataFrame:
    """The orders, with what their fulfillment orders say; where none is known, they count as ready."""
    live = fulfillment_orders[fulfillment_orders["status"].isin(LIVE_ORDERS).astype(bool)]
    live = live[live["order_id"].isin(orders["order_id"])]
    held, ready = live[live["status"] == "ON_HOLD"], live[live["status"].isin(READY).astype(bool)]
    others = live[live["status"] != "ON_HOLD"]
    reasons = (
        held.assign(holds=held["holds"].fillna("")).drop_duplicates("order_id").set_index("order_id")["holds"]
    )
    places = ready[ready["location_id"].notna()].drop_duplicates(["order_id", "location_id"])
    places = places[~places["order_id"].duplicated(keep=False)].set_index("order_id")
    handed = live[live["delivery_method"].isin(HANDED_OVER).astype(bool)]
    carried = live[~live["delivery_method"].isin(HANDED_OVER).astype(bool)]
    id_ = orders["order_id"]
    is_held = id_.isin(held["order_id"])
    has_others = id_.isin(others["order_id"])
    return orders.assign(
        is_held=(is_held & ~has_others).astype(bool),
        is_partly_held=(is_held & has_others).astype(bool),
        holds=id_.map(reasons).astype(TEXT).fillna(""),
        is_ready=(id_.isin(ready["order_id"]) | ~id_.isin(live["order_id"])).astype(bool),
        place=id_.map(places["location_id"]).astype(TEXT),
        place_name=id_.map(places["location_name"]).astype(TEXT),
        is_carried=(id_.isin(carried["order_id"]) | ~id_.isin(handed["order_id"])).astype(bool),
    )
