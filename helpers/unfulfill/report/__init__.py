"""What a run leaves for people: report.html and the drafts of messages to customers."""

from unfulfill.report.data import ReportData
from unfulfill.report.messages import write_messages
from unfulfill.report.page import render_report

__all__ = ["ReportData", "render_report", "write_messages"]
