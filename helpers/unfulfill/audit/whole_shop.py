"""All rules over one export."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime

import pandas as pd

from unfulfill.audit import bursts, explained, reconcile, rules, stock, tracking
from unfulfill.audit.attribution import attribute
from unfulfill.audit.facts import gather_facts
from unfulfill.audit.findings import join_findings
from unfulfill.audit.incidents import name_incidents
from unfulfill.audit.reconcile import Snapshot
from unfulfill.audit.signals import score_shipments, silence
from unfulfill.tables import CAUSES, EVIDENCE, INCIDENTS, make_table


@dataclass(frozen=True)
class Audit:
    """What audit found."""

    findings: pd.DataFrame  # FINDINGS, the most severe first
    stock: pd.DataFrame  # STOCK
    evidence: pd.DataFrame = field(default_factory=lambda: make_table(EVIDENCE))
    causes: pd.DataFrame = field(default_factory=lambda: make_table(CAUSES))
    incidents: pd.DataFrame = field(default_factory=lambda: make_table(INCIDENTS))


def audit_shop(
    tables: Mapping[str, pd.DataFrame],
    *,
    now: datetime,
    counted: pd.DataFrame | None = None,
    days_without_movement: int = 5,
    ours: Set[str] = frozenset(),
    before: Snapshot | None = None,
    is_whole: bool = False,
) -> Audit:
    """What looks wrong in the tables of one export.

    `now` is the shop's time of the export. `counted` holds inventory_item_id, location_id and counted (units on the
    shelf), one row an item × location. A parcel without carrier events is a finding after `days_without_movement`.
    `ours` are the fulfillments that the workbench itself cancelled. `before` is the stock of an earlier export of
    the same shop. `is_whole`: the export was not filtered, so that what it does not hold does not exist.
    """
    facts = gather_facts(tables, now)
    shipped = stock.shipped_units(facts, tables)
    numbers = tracking.wrong_numbers(facts)
    is_wrong = tracking.is_to_correct(facts, numbers)
    quiet = silence(facts, is_wrong)
    unseen = tracking.unseen(facts, quiet)
    found = join_findings(
        [
            *_about_parcels(facts, numbers, unseen, facts.index[is_wrong], days_without_movement),
            *_about_orders(facts, tables, ours),
            stock.fulfilled_out_of_stock(facts, shipped, tables, unseen),
        ]
    )
    evidence = score_shipments(facts, found, quiet, is_wrong, tracking.tracks_its_parcels(facts))
    levels = stock.make_stock(tables, shipped, counted)
    if before is not None:
        levels = reconcile.adjusted(levels, reconcile.expected_stock(tables, before))
    causes = make_table(CAUSES)
    if counted is not None:
        places = stock.counted_places(levels)
        causes = attribute(facts, shipped, tables["line_items"], places, evidence["points"])
        found = explained.contradicted(found, shipped, facts, levels, causes)
        found = join_findings([found, explained.explained_fulfillments(facts, causes, levels)])
    found, incidents = name_incidents(found, facts, shipped, causes)
    undone = found.loc[found["right_fix"].isin(("unfulfill", "hold")), "fulfillment_id"]
    levels = stock.with_questions(levels, shipped, facts.index[facts["fulfillment_id"].isin(undone)])
    of_places = explained.explained_places(levels, causes)
    levels = stock.with_explained(levels, of_places)
    about_stock = [
        stock.negative_stock(levels),
        stock.count_variances(levels, of_places),
        stock.not_stocked(shipped, tables["inventory_levels"]),
        reconcile.identity_breaks(tables["inventory_levels"]),
        reconcile.committed_without_orders(tables["inventory_levels"], tables, is_whole),
    ]
    if before is not None:
        about_stock.append(reconcile.adjustments(levels, before))
    return Audit(join_findings([found, *about_stock]), levels, evidence, causes, incidents)


def _about_parcels(
    facts: pd.DataFrame, numbers: pd.DataFrame, unseen: pd.Series, wrong: pd.Index, days_without_movement: int
) -> list[pd.DataFrame]:
    """FINDINGS of the rules about pace and tracking. `numbers`: of `wrong_numbers`; `wrong`: rows with such a one."""
    still = tracking.no_movement(facts, days_without_movement, wrong)
    at_once = bursts.auto_fulfilled(facts)
    no_show = still.loc[still["incident"].notna(), "fulfillment_id"]
    explained_by = pd.concat([no_show, at_once["fulfillment_id"]])
    known = facts.index[facts["fulfillment_id"].isin(explained_by)].union(wrong)
    return [at_once, bursts.bursts(facts, unseen, known), still, tracking.no_tracking(facts), numbers]


def _about_orders(
    facts: pd.DataFrame, tables: Mapping[str, pd.DataFrame], ours: Set[str]
) -> list[pd.DataFrame]:
    """FINDINGS of the rules about a fulfillment and its order."""
    return [
        rules.fulfilled_after_cancel(facts),
        rules.fulfilled_after_refund(facts),
        rules.fulfilled_on_hold(facts, tables["fulfillment_orders"]),
        rules.fulfilled_before_payment(facts),
        rules.pos_fulfilled(facts),
        rules.third_party_open(facts),
        rules.cancelled_elsewhere(tables, ours),
    ]
