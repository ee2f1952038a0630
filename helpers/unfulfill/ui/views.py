"""How the status, the export, the audit and the marks look: one function a result, no decision in any of them."""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from unfulfill.audit import KINDS, Audit
from unfulfill.ending import Ending
from unfulfill.errors import IncompleteExport
from unfulfill.export import Filters, Manifest
from unfulfill.mark import CHANGING
from unfulfill.run_rules import RulesCounted
from unfulfill.shop import Preflight
from unfulfill.status import Status
from unfulfill.ui.shown import ROWS, Shown, below, frame_table, say, table
from unfulfill.workbench.looking_ahead import AboutToShip

NOTEBOOK_OF_STEP = {
    "export": "1_export",
    "audit": "2_audit",
    "mark": "3_mark",
    "plan": "4_plan_and_apply",
    "apply": "4_plan_and_apply",
    "verify": "5_verify_and_report",
    "report": "5_verify_and_report",
}


def status_view(status: Status) -> Shown:
    """Which shop, which run, what is done, what comes next."""
    kind = "a sandbox: nothing here is real" if status.is_sandbox else "A REAL SHOP"
    head = say(
        f"{status.shop_name} ({status.domain}), {kind}. Run folder: {status.run}.",
        "plain" if status.is_sandbox else "warn",
    )
    steps = table(
        ["Step", "Done", "What", "Notebook"],
        [(step.name, step.done, step.text, NOTEBOOK_OF_STEP[step.name]) for step in status.steps],
    )
    if not status.next:
        return (
            head + steps + say("Every step is done. 6_undo takes it back, should it have been wrong.", "good")
        )
    return head + steps + say(f"Next: {status.next}, in the notebook {NOTEBOOK_OF_STEP[status.next]}.")


def preflight_view(checks: Preflight) -> Shown:
    """Whether the shop and its token are good for the work, and what to do where they are not."""
    bad, to_note = (sum(check.state == state for check in checks) for state in ("bad", "warn"))
    if bad:
        head = say(f"{bad} of {len(checks)} lines stand in the way: do what they advise first.", "bad")
    else:
        noted = f"; {to_note} to take note of" if to_note else ""
        head = say(f"Nothing stands in the way{noted}.", "good")
    words = {"good": "good", "warn": "look", "bad": "BAD"}
    rows = [(words[check.state], check.name, check.text, check.advice) for check in checks]
    return head + table(["State", "What", "As it is", "What to do"], rows)


def filters_view(filters: Filters) -> Shown:
    """What will be exported."""
    chosen = filters.to_json()
    if not chosen:
        return say("Every order of the shop.")
    rows = [
        (name.replace("_", " "), value if isinstance(value, str) else ", ".join(value))
        for name, value in chosen.items()
    ]
    return table(["Only orders with", "Value"], rows)


def export_view(manifest: Manifest) -> Shown:
    """How many rows of what, how they came, and whether the export is provably complete."""
    if manifest.complete:
        verdict = say("Complete: the counts agree with the shop's own.", "good")
    else:
        text = f"NOT complete: {'; '.join(manifest.reasons)}. Nothing is planned from it."
        verdict = say(text, "bad", Ending(IncompleteExport.exit_status, text))
    warnings = [say(text, "warn") for text in manifest.warnings]
    counts = [(name.replace("_", " "), count) for name, count in manifest.counts.items()]
    return below(verdict, *warnings, table(["Table", "Rows"], counts), say(_way(manifest)))


def _way(manifest: Manifest) -> str:
    """By which way the export came, what was expected of it, and what was filtered on our side."""
    way = "bulk operations" if manifest.route == "bulk" else "pages"
    sentences = [f"Orders were read by {way}.", f"Forecast: {manifest.forecast}."]
    if manifest.since:
        earlier = f"the export in {manifest.since['run']} of {manifest.since['taken_at']}"
        sentences.append(f"Only what changed since {earlier} was read; the rest is from there.")
    if manifest.filtered_here:
        sentences.append(
            f"Shopify cannot filter by {', '.join(manifest.filtered_here)}: that was done on this machine."
        )
    return " ".join(sentences)


def fulfillments_view(tables: Mapping[str, pd.DataFrame], most: int = 10) -> Shown:
    """The newest fulfillments of an export."""
    names = tables["orders"].set_index("order_id")["name"]
    fulfillments = tables["fulfillments"].sort_values("created_at", ascending=False, kind="stable")
    headings = {
        "order_name": "Order",
        "status": "Status",
        "created_at": "Fulfilled at",
        "location_name": "Location",
        "service_name": "Service",
        "tracking_numbers": "Tracking",
        "total_quantity": "Units",
    }
    named = fulfillments.assign(order_name=fulfillments["order_id"].map(names))
    return frame_table(named, headings, most, empty="The export has no fulfillment.")


def findings_view(audit: Audit, most: int = ROWS) -> Shown:
    """Findings by kind, then the first of them; the most severe first."""
    return _findings_shown(
        audit.findings, most, "Nothing was found: no fulfillment of this export looks wrong."
    )


def about_to_ship_view(found: AboutToShip | None, most: int = ROWS) -> Shown:
    """What was found about orders that are about to ship; None: nobody asked."""
    if found is None:
        return say(
            "Not looked at. With the parameter scope = about_to_ship, the shop is asked about the orders that wait: "
            "their risk, what their addresses lack, and which are of one customer."
        )
    notes = [say(text, "warn") for text in found.unknown]
    nothing = f"Nothing was found: of {found.orders:,} waiting orders none looks wrong."
    head = say(f"{found.orders:,} orders wait to be shipped. Nothing is planned from these findings.")
    return below(head, *notes, _findings_shown(found.findings, most, nothing))


def _findings_shown(findings: pd.DataFrame, most: int, nothing: str) -> Shown:
    if findings.empty:
        return say(nothing, "good")
    groups = findings.groupby(["severity", "kind"], sort=False).agg(
        findings=("finding_id", "size"), orders=("order_id", "nunique"), fixes=("right_fix", _joined)
    )
    counts = [
        (severity, KINDS.get(kind, kind), row.findings, row.orders, row.fixes)
        for (severity, kind), row in zip(groups.index, groups.itertuples(index=False), strict=True)
    ]
    headings = {"order_name": "Order", "severity": "Severity", "message": "What", "right_fix": "Right fix"}
    about_orders = findings[findings["order_id"].notna()]
    about_orders = about_orders.assign(right_fix=_spaced(about_orders["right_fix"]))
    return (
        say(f"{len(findings):,} findings in {findings['order_id'].nunique():,} orders.", "warn")
        + table(["Severity", "What was found", "Findings", "Orders", "Right fix"], counts)
        + frame_table(about_orders, headings, most, empty="No finding is about an order.")
    )


def stock_view(audit: Audit, most: int = ROWS) -> Shown:
    """Where the shelf and the shop disagree, largest difference first."""
    stock = audit.stock
    counted = stock[stock["counted"].notna()]
    if counted.empty:
        return say(
            f"{len(stock):,} items at locations; none was counted. Give a count file (columns SKU, Location, "
            "Counted) as the parameter stock_count to see where the shelf disagrees."
        )
    differing = counted[counted["variance"] != 0]
    differing = differing.loc[differing["variance"].abs().sort_values(ascending=False, kind="stable").index]
    headings = {
        "sku": "SKU",
        "item_name": "Item",
        "location_name": "Location",
        "on_hand": "Shop says",
        "counted": "Counted",
        "variance": "Difference",
        "units_in_question": "Units in doubtful fulfillments",
    }
    return say(
        f"{len(counted):,} of {len(stock):,} items at locations were counted; {len(differing):,} differ, "
        f"{int(differing['variance'].abs().sum()):,} units in all.",
        "warn" if len(differing) else "good",
    ) + frame_table(differing, headings, most, empty="Shelf and shop agree everywhere.")


def advice_view(marks: pd.DataFrame) -> Shown:
    """What the audit advises, counted: how many fulfillments, and how many of them are locked."""
    told = marks[marks["findings"].notna()]
    groups = told.groupby(["right_fix", "findings"], sort=False).agg(
        fulfillments=("fulfillment_id", "size"), locked=("locked", "count")
    )
    groups = groups.sort_values("fulfillments", ascending=False, kind="stable").reset_index()
    groups = groups.assign(right_fix=_spaced(groups["right_fix"]), findings=_spaced(groups["findings"]))
    headings = {
        "right_fix": "Right fix",
        "findings": "Findings",
        "fulfillments": "Fulfillments",
        "locked": "Of these locked",
    }
    return say(f"{len(told):,} of {len(marks):,} live fulfillments have a finding.") + frame_table(
        groups, headings, empty="The audit advises nothing."
    )


def marks_view(marks: pd.DataFrame, most: int = ROWS) -> Shown:
    """How many rows have which decision, and the first decided ones."""
    decided = marks[marks["decision"].isin(CHANGING)]
    kept = int((marks["decision"] == "keep").sum())
    locked = int((decided["locked"].notna() & (decided["override"].fillna("") == "")).sum())
    text = f"{len(decided):,} of {len(marks):,} fulfillments are marked; {kept:,} are to be kept."
    if locked:
        text += f" {locked:,} of the marked are locked: the plan skips them, unless each has an override."
    headings = {
        "order_name": "Order",
        "decision": "Decision",
        "part": "Part",
        "reason": "Reason",
        "severity": "Severity",
        "findings": "Findings",
        "locked": "Locked",
        "items": "Items",
    }
    return say(text) + frame_table(decided, headings, most, empty="No fulfillment is marked yet.")


def rules_view(counted: RulesCounted) -> Shown:
    """What each rule matches, and what it would mark."""
    rows = [
        (count.rule, count.decision, count.matches, count.earlier, count.decided, count.locked, count.marked)
        for count in counted.counts
    ]
    headings = [
        "Rule",
        "Decision",
        "Matches",
        "By an earlier rule",
        "Decided already",
        "Locked",
        "Would mark",
    ]
    text = f"{counted.file}: {counted.marked:,} of {counted.rows:,} live fulfillments would be marked by its rules."
    return say(text, "warn" if counted.marked else "plain") + table(headings, rows)


def _joined(values: Iterable[str]) -> str:
    return ", ".join(sorted({value.replace("_", " ") for value in values}))


def _spaced(column: "pd.Series[Any]") -> "pd.Series[Any]":
    return column.str.replace("_", " ", regex=False)
