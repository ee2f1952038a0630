"""What notebooks show: results as tables, and the panels for marking and applying. No decision lives here."""

from unfulfill.ui.audit_views import audit_charts, evidence_view, explanations_view, incidents_view
from unfulfill.ui.contact_views import first_contact_view
from unfulfill.ui.language import language_panel
from unfulfill.ui.panels import apply_panel, audit_panel, connect_panel, first_contact_panel, marking_panel
from unfulfill.ui.plan_before import plan_view
from unfulfill.ui.plan_views import applied_view, report_view, verified_view
from unfulfill.ui.progressing import show_progress
from unfulfill.ui.strip import strip_view
from unfulfill.ui.views import (
    about_to_ship_view,
    advice_view,
    export_view,
    filters_view,
    findings_view,
    fulfillments_view,
    marks_view,
    preflight_view,
    rules_view,
    status_view,
    stock_view,
)

__all__ = [
    "about_to_ship_view",
    "advice_view",
    "applied_view",
    "apply_panel",
    "audit_charts",
    "audit_panel",
    "connect_panel",
    "evidence_view",
    "explanations_view",
    "export_view",
    "filters_view",
    "findings_view",
    "first_contact_panel",
    "first_contact_view",
    "fulfillments_view",
    "incidents_view",
    "language_panel",
    "marking_panel",
    "marks_view",
    "plan_view",
    "preflight_view",
    "report_view",
    "rules_view",
    "show_progress",
    "status_view",
    "stock_view",
    "strip_view",
    "verified_view",
]
