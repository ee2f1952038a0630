"""All rules over one export."""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from unfulfill.audit import bursts, rules, stock, tracking
from unfulfill.audit.facts import gather_facts
from unfulfill.audit.findings import join_findings


@dataclass(frozen=True)
class Audit:
    """What audit found."""

    findings: pd.DataFrame  # FINDINGS, the most severe first
    stock: pd.DataFrame  # STOCK


def audit_shop(
    tables: Mapping[str, pd.DataFrame],
    *,
    now: datetime,
    counted: pd.DataFrame | None = None,
    days_without_movement: int = 5,
    ours: Set[str] = frozenset(),
) -> Audit:
    """What looks wrong in the tables of one export.

    `now` is the shop's time of the export. `counted` holds inventory_item_id, location_id and counted (units on the
    shelf), one row an item × location. A parcel without carrier events is a finding after `days_without_movement`.
    `ours` are the fulfillments that the workbench itself cancelled.
    """
    facts = gather_facts(tables, now)
    numbers = tracking.split_numbers(facts)
    shipped = stock.shipped_units(facts, tables)
    malformed = tracking.malformed_tracking(facts, numbers)
    duplicated = tracking.duplicate_tracking(facts, numbers)
    wrong = pd.concat([malformed["fulfillment_id"], duplicated["fulfillment_id"]])
    about_fulfillments = [
        bursts.auto_fulfilled(facts),
        bursts.bursts(facts),
        rules.fulfilled_after_cancel(facts),
        rules.fulfilled_after_refund(facts),
        rules.fulfilled_on_hold(facts, tables["fulfillment_orders"]),
        rules.fulfilled_before_payment(facts),
        rules.pos_fulfilled(facts),
        rules.third_party_open(facts),
        stock.fulfilled_out_of_stock(facts, shipped, tables),
        tracking.no_movement(facts, days_without_movement, facts.index[facts["fulfillment_id"].isin(wrong)]),
        tracking.no_tracking(facts),
        duplicated,
        malformed,
        rules.cancelled_elsewhere(tables, ours),
    ]
    found = join_findings(about_fulfillments)
    undone = found.loc[found["right_fix"].isin(("unfulfill", "hold")), "fulfillment_id"]
    levels = stock.make_stock(tables, shipped, facts.index[facts["fulfillment_id"].isin(undone)], counted)
    about_stock = [stock.negative_stock(levels), stock.count_variances(levels)]
    return Audit(findings=join_findings([found, *about_stock]), stock=levels)
