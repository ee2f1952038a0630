"""What a run leaves for people: report.html, its charts and explanations, and the drafts of messages to customers."""

from unfulfill.report.charts import explaining_charts
from unfulfill.report.data import ReportData
from unfulfill.report.explanations import explanations
from unfulfill.report.messages import write_messages
from unfulfill.report.page import draw_chart, render_report

__all__ = ["ReportData", "draw_chart", "explaining_charts", "explanations", "render_report", "write_messages"]
