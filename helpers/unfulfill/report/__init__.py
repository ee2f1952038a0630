"""What a run leaves for people: report.html, its charts and explanations, and the drafts of messages to customers."""

from unfulfill.report.charts import explaining_charts
from unfulfill.report.data import ReportData, parts_of
from unfulfill.report.explanations import explanations
from unfulfill.report.follow_up import FOLLOW_UP, follow_up, follow_up_csv, named_orders
from unfulfill.report.messages import write_messages
from unfulfill.report.page import draw_chart, render_report

__all__ = [
    "FOLLOW_UP",
    "ReportData",
    "draw_chart",
    "explaining_charts",
    "explanations",
    "follow_up",
    "follow_up_csv",
    "named_orders",
    "parts_of",
    "render_report",
    "write_messages",
]
