"""What should be on hand: the stock of the last export, and what orders did to it since.

Shopify has no history of stock in its stable API (2026-10): an earlier export is the only snapshot there is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd

from unfulfill.audit.evidence import moments
from unfulfill.audit.findings import stock_findings
from unfulfill.audit.lookup import positions
from unfulfill.audit.places import COUNT, PLACE, is_kept, name_of
from unfulfill.audit.sentences import told
from unfulfill.words import day

STATES = ("available", "committed", "reserved", "damaged", "safety_stock", "quality_control")


@dataclass(frozen=True)
class Snapshot:
    """Stock as an earlier export saw it: INVENTORY_LEVELS, and when."""

    levels: pd.DataFrame
    taken_at: datetime


def expected_stock(tables: Mapping[str, pd.DataFrame], before: Snapshot) -> pd.DataFrame:
    """One row a place of the snapshot: `expected` units on hand, and `restocked`, by how much more refunds may make it.

    Fulfilled since: less. Cancelled since, and fulfilled before: more. Whether a refund put its units on stock again
    stands in no table, so they are a margin. A fulfillment both made and cancelled since changes nothing.
    """
    since = pd.Timestamp(before.taken_at)
    moved = _moved_units(tables, since)
    sums = moved.groupby(PLACE, as_index=False)[["units", "restocked"]].sum()
    stock = before.levels[[*PLACE, "on_hand"]].merge(sums, on=PLACE, how="left", validate="one_to_one")
    change = stock[["units", "restocked"]].astype("float64").fillna(0).astype("int64")
    return stock[PLACE].assign(expected=stock["on_hand"] + change["units"], restocked=change["restocked"])


def adjusted(stock: pd.DataFrame, expected: pd.DataFrame) -> pd.DataFrame:
    """`stock` (STOCK) with `expected`, and `adjusted`: the change since the snapshot that no order explains."""
    whole = stock.drop(columns=["expected", "adjusted"], errors="ignore").merge(
        expected, on=PLACE, how="left", validate="one_to_one"
    )
    beyond = whole["on_hand"] - whole["expected"]
    most = whole["restocked"].fillna(0)
    unexplained = beyond.mask((beyond > 0).fillna(False), (beyond - most).clip(lower=0))
    return whole.assign(adjusted=unexplained.astype(COUNT), expected=whole["expected"].astype(COUNT))


def _moved_units(tables: Mapping[str, pd.DataFrame], since: pd.Timestamp) -> pd.DataFrame:
    """One row a line of a fulfillment that moved stock: item, location, units, and units that a refund may restock."""
    fulfillments = tables["fulfillments"]
    created, updated = moments(fulfillments["created_at"]), moments(fulfillments["updated_at"])
    live = (fulfillments["status"] == "SUCCESS").fillna(False).astype(bool)
    gone = (fulfillments["status"] == "CANCELLED").fillna(False).astype(bool)
    was_live = (fulfillments["status_before"].fillna("SUCCESS") == "SUCCESS").astype(bool)
    sign = (gone & was_live & (created < since) & (updated >= since)).astype("int64") - (
        live & (created >= since)
    ).astype("int64")
    refunds = moments(tables["orders"]["refunded_at"])
    refunded = tables["orders"].loc[(refunds >= since).to_numpy(dtype=bool), "order_id"]
    of_order = fulfillments["order_id"].isin(refunded)
    concerned = np.flatnonzero(((sign != 0) | (of_order & live)).to_numpy(dtype=bool))
    at = positions(
        tables["fulfillment_lines"]["fulfillment_id"], fulfillments["fulfillment_id"].take(concerned)
    )
    lines, at = tables["fulfillment_lines"][at >= 0], concerned[at[at >= 0]]
    items = tables["line_items"]
    item = positions(lines["line_item_id"], items["line_item_id"])
    lines, at, item = lines[item >= 0], at[item >= 0], item[item >= 0]
    units = lines["quantity"].fillna(0).astype("int64").to_numpy()
    back = items["refunded_quantity"].take(item).fillna(0).astype("int64").to_numpy()
    may_be_back = of_order.to_numpy(dtype=bool)[at] & live.to_numpy(dtype=bool)[at]
    moved = pd.DataFrame(
        {
            "inventory_item_id": items["inventory_item_id"].take(item).reset_index(drop=True),
            "location_id": fulfillments["location_id"].take(at).reset_index(drop=True),
            "units": units * sign.to_numpy()[at],
            "restocked": np.where(may_be_back, np.minimum(back, units), 0),
        }
    )
    return moved[(moved["units"] != 0) | (moved["restocked"] != 0)]


def identity_breaks(levels: pd.DataFrame) -> pd.DataFrame:
    """Places whose on hand is not the sum of its states: available, committed, reserved, damaged and the rest."""
    known = levels[[*STATES, "on_hand"]].notna().all(axis=1)
    rows = levels[known & is_kept(levels)]
    total = sum((rows[state].astype("int64") for state in STATES), pd.Series(0, index=rows.index))
    broken = total != rows["on_hand"].astype("int64")
    rows, total = rows[broken], total[broken]
    place = rows["location_name"].fillna("")
    on_hand = rows["on_hand"]
    message = told("finding.stock_identity", item=name_of(rows), on_hand=on_hand, place=place, total=total)
    return stock_findings(rows, "stock_identity", "medium", "count_again", message)


def committed_without_orders(
    levels: pd.DataFrame, tables: Mapping[str, pd.DataFrame], whole: bool
) -> pd.DataFrame:
    """Items with units committed to orders, where no order of the export waits for any. Only of a `whole` export."""
    items = tables["line_items"]
    waiting = items.loc[(items["unfulfilled_quantity"].fillna(0) > 0).astype(bool), "inventory_item_id"]
    held = levels[is_kept(levels) & (levels["committed"].fillna(0) > 0).astype(bool)]
    rows = held[~held["inventory_item_id"].isin(waiting)] if whole else held.iloc[:0]
    place = rows["location_name"].fillna("")
    message = told("finding.committed", item=name_of(rows), count=rows["committed"], place=place)
    return stock_findings(rows, "committed_without_orders", "low", "count_again", message)


def adjustments(stock: pd.DataFrame, before: Snapshot) -> pd.DataFrame:
    """Stock that changed since the earlier export by more than its orders explain."""
    rows = stock[is_kept(stock) & (stock["adjusted"].fillna(0) != 0).astype(bool)]
    since = pd.Series(day(before.taken_at), index=rows.index)
    of_rows = {"item": name_of(rows), "place": rows["location_name"].fillna(""), "day": since}
    less = told("finding.adjusted_down", count=rows["adjusted"].abs(), **of_rows)
    more = told("finding.adjusted_up", count=rows["adjusted"].abs(), **of_rows)
    message = less.mask((rows["adjusted"] > 0).astype(bool), more)
    return stock_findings(rows, "stock_adjusted", "low", "nothing", message)
