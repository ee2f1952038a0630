"""How the status, the export, the audit and the marks look: one function a result, no decision in any of them."""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from unfulfill.audit import Audit
from unfulfill.ending import Ending
from unfulfill.errors import IncompleteExport
from unfulfill.export import Filters, Manifest
from unfulfill.mark import CHANGING
from unfulfill.model import ShopIdentity
from unfulfill.order_card import admin_url
from unfulfill.run_rules import RulesCounted
from unfulfill.shop import Preflight
from unfulfill.status import Status
from unfulfill.ui.shown import ROWS, Link, Shown, below, frame_table, near, said_kind, said_kinds, say, table
from unfulfill.words import headings, listed, said, said_word
from unfulfill.workbench.looking_ahead import AboutToShip

NOTEBOOK_OF_STEP = {
    "export": "1_export",
    "audit": "2_audit",
    "mark": "3_mark",
    "plan": "4_plan_and_apply",
    "apply": "4_plan_and_apply",
    "verify": "5_verify_and_report",
    "report": "5_verify_and_report",
    "undo": "6_undo",
}


def status_view(status: Status) -> Shown:
    """Which shop, which run, what is done, what comes next."""
    key, tone = ("status.sandbox", "plain") if status.is_sandbox else ("status.real", "warn")
    head = say(said(key, shop=status.shop_name, domain=status.domain, run=status.run), tone)
    steps = table(
        headings("step", "done", "what", "notebook"),
        [(said_word(step.name), step.done, step.text, NOTEBOOK_OF_STEP[step.name]) for step in status.steps],
    )
    if not status.next:
        return head + steps + say(said("status.all_done"), "good")
    step, notebook = said_word(status.next), NOTEBOOK_OF_STEP[status.next]
    return head + steps + say(said("status.next", step=step, notebook=notebook))


def preflight_view(checks: Preflight) -> Shown:
    """Whether the shop and its token are good for the work, and what to do where they are not."""
    bad, to_note = (sum(check.state == state for check in checks) for state in ("bad", "warn"))
    if bad:
        head = say(said("preflight.bad", count=bad, all=len(checks)), "bad")
    elif to_note:
        head = say(said("preflight.to_note", count=to_note), "good")
    else:
        head = say(said("preflight.good"), "good")
    rows = [
        (said(f"preflight.state_{check.state}"), said_word(check.name, check.name), check.text, check.advice)
        for check in checks
    ]
    return head + table(headings("state", "what", "as_it_is", "what_to_do"), rows)


def filters_view(filters: Filters) -> Shown:
    """What will be exported."""
    chosen = filters.to_json()
    if not chosen:
        return say(said("export.every_order"))
    rows = [
        (said_word(name), value if isinstance(value, str) else ", ".join(value))
        for name, value in chosen.items()
    ]
    return table(headings("only_orders_with", "value"), rows)


def export_view(manifest: Manifest) -> Shown:
    """How many rows of what, how they came, and whether the export is provably complete."""
    if manifest.complete:
        verdict = say(said("export.complete"), "good")
    else:
        text = said("export.incomplete", reasons=listed(manifest.reasons))
        verdict = say(text, "bad", Ending(IncompleteExport.exit_status, text))
    warnings = [say(text, "warn") for text in manifest.warnings]
    counts = [(said_word(name), count) for name, count in manifest.counts.items()]
    return below(verdict, *warnings, table(headings("table", "rows"), counts), say(_way(manifest)))


def _way(manifest: Manifest) -> str:
    """By which way the export came, what was expected of it, and what was filtered on our side."""
    way = "export.by_bulk" if manifest.route == "bulk" else "export.by_pages"
    sentences = [said(way), said("export.forecast", forecast=manifest.forecast)]
    if manifest.since:
        sentences.append(
            said("export.since", run=manifest.since["run"], taken_at=str(manifest.since["taken_at"]))
        )
    if manifest.filtered_here:
        sentences.append(
            said("export.filtered_here", names=", ".join(map(said_word, manifest.filtered_here)))
        )
    return " ".join(sentences)


def fulfillments_view(tables: Mapping[str, pd.DataFrame], most: int = 10) -> Shown:
    """The newest fulfillments of an export."""
    names = tables["orders"].set_index("order_id")["name"]
    fulfillments = tables["fulfillments"].sort_values("created_at", ascending=False, kind="stable")
    columns = {
        "order_name": "order",
        "status": "status",
        "created_at": "fulfilled_at",
        "location_name": "location",
        "service_name": "service",
        "tracking_numbers": "tracking",
        "total_quantity": "units",
    }
    named = fulfillments.assign(order_name=fulfillments["order_id"].map(names))
    return frame_table(named, columns, most, empty=said("export.no_fulfillment"))


def findings_view(audit: Audit, shop: ShopIdentity, most: int = ROWS) -> Shown:
    """Findings by kind, then the first of them, each with its order in the admin; the most severe first."""
    return _findings_shown(audit.findings, shop, most, said("findings.none"))


def about_to_ship_view(found: AboutToShip | None, shop: ShopIdentity, most: int = ROWS) -> Shown:
    """What was found about orders that are about to ship; None: nobody asked."""
    if found is None:
        return say(said("about_to_ship.not_asked"))
    notes = [say(text, "warn") for text in found.unknown]
    head = say(said("about_to_ship.waiting", count=found.orders))
    nothing = said("about_to_ship.none", count=found.orders)
    return below(head, *notes, _findings_shown(found.findings, shop, most, nothing))


def _findings_shown(findings: pd.DataFrame, shop: ShopIdentity, most: int, nothing: str) -> Shown:
    if findings.empty:
        return say(nothing, "good")
    groups = findings.groupby(["severity", "kind"], sort=False).agg(
        findings=("finding_id", "size"), orders=("order_id", "nunique"), fixes=("right_fix", _joined)
    )
    counts = [
        (said_word(severity), said_kind(kind), row.findings, row.orders, row.fixes)
        for (severity, kind), row in zip(groups.index, groups.itertuples(index=False), strict=True)
    ]
    columns = {"order_name": "order", "severity": "severity", "message": "what", "right_fix": "right_fix"}
    about_orders = findings[findings["order_id"].notna()]
    shown = about_orders.head(most)
    links = [
        Link(str(name), admin_url(shop, str(id_)))
        for name, id_ in zip(shown["order_name"], shown["order_id"], strict=True)
    ]
    about_orders = about_orders.assign(
        order_name=pd.Series(links, index=shown.index, dtype=object).reindex(about_orders.index),
        right_fix=_worded(about_orders["right_fix"]),
        severity=_worded(about_orders["severity"]),
    )
    orders = findings["order_id"].nunique()
    return (
        say(said("findings.found", count=len(findings), orders=orders), "warn")
        + table(headings("severity", "found", "findings", "orders", "right_fix"), counts)
        + frame_table(about_orders, columns, most, empty=said("findings.none_about_orders"))
    )


def stock_view(audit: Audit, most: int = ROWS) -> Shown:
    """Where the shelf and the shop disagree, largest difference first."""
    stock = audit.stock
    counted = stock[stock["counted"].notna()]
    if counted.empty:
        return say(said("stock.not_counted", count=len(stock)))
    differing = counted[counted["variance"] != 0]
    differing = differing.loc[differing["variance"].abs().sort_values(ascending=False, kind="stable").index]
    columns = {
        "sku": "sku",
        "item_name": "item",
        "location_name": "location",
        "on_hand": "shop_says",
        "counted": "counted",
        "variance": "difference",
        "units_in_question": "units_in_question",
    }
    units = int(differing["variance"].abs().sum())
    text = said("stock.counted", counted=len(counted), all=len(stock), differing=len(differing), units=units)
    return say(text, "warn" if len(differing) else "good") + frame_table(
        differing, columns, most, empty=said("stock.agrees")
    )


def advice_view(marks: pd.DataFrame) -> Shown:
    """What the audit advises, counted: how many fulfillments, and how many of them are locked."""
    told = marks[marks["findings"].notna()]
    same = {text: ", ".join(sorted(text.split(", "))) for text in told["findings"].unique()}
    told = told.assign(findings=told["findings"].map(same))  # in whatever order they are told
    groups = told.groupby(["right_fix", "findings"], sort=False).agg(
        fulfillments=("fulfillment_id", "size"), locked=("locked", "count")
    )
    groups = groups.sort_values("fulfillments", ascending=False, kind="stable").reset_index()
    groups = groups.assign(right_fix=_worded(groups["right_fix"]), findings=_kinds(groups["findings"]))
    columns = {
        "right_fix": "right_fix",
        "findings": "findings",
        "fulfillments": "fulfillments",
        "locked": "of_these_locked",
    }
    return say(said("marks.have_findings", count=len(told), all=len(marks))) + frame_table(
        groups, columns, empty=said("marks.no_advice")
    )


def marks_view(marks: pd.DataFrame, most: int = ROWS) -> Shown:
    """How many rows have which decision, and the first decided ones."""
    decided = marks[marks["decision"].isin(CHANGING)]
    kept = int((marks["decision"] == "keep").sum())
    locked = int((decided["locked"].notna() & (decided["override"].fillna("") == "")).sum())
    text = said("marks.marked", count=len(decided), all=len(marks), kept=kept)
    if locked:
        text += " " + said("marks.locked", count=locked)
    if decided.empty:
        return say(text)
    columns = {
        "order_name": "order",
        "decision": "decision",
        "part": "part",
        "reason": "reason",
        "severity": "severity",
        "findings": "findings",
        "locked": "locked",
        "items": "items",
    }
    shown = decided.assign(
        decision=_worded(decided["decision"]), severity=_worded(decided["severity"]),
        reason=_kinds(decided["reason"]), findings=_kinds(decided["findings"]),
    )  # fmt: skip
    return say(text) + frame_table(shown, columns, most)


def rules_view(counted: RulesCounted) -> Shown:
    """What each rule matches, and what it would mark."""
    rows = [
        (one.rule, said_word(one.decision), one.matches, one.earlier, one.decided, one.locked, one.marked)
        for one in counted.counts
    ]
    columns = headings(
        "rule", "decision", "matches", "by_earlier_rule", "decided_already", "locked", "would_mark"
    )
    text = said("rules.would_mark", file=near(counted.file), count=counted.marked, all=counted.rows)
    return say(text, "warn" if counted.marked else "plain") + table(columns, rows)


def _joined(values: Iterable[str]) -> str:
    return ", ".join(sorted({said_word(value) for value in values}))


def _worded(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """Our words of a column, in the operator's language."""
    return column.map({word: said_word(word) for word in column.dropna().unique()})


def _kinds(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """Kinds of findings in few words."""
    return column.map({text: said_kinds(text) for text in column.dropna().unique()})
