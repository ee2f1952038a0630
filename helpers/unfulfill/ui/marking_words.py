"""The texts of the marking table, which stand in the files of messages, and the widths of its columns."""

from collections.abc import Mapping
from typing import Any

from unfulfill import words

COLUMN = "marking_column"

# Columns of the table, in their order: name → width in pixels.
WIDTHS: Mapping[str, int] = {
    "order_name": 100,
    "decision": 90,
    "severity": 75,
    "findings": 200,
    "locked": 180,
    "items": 210,
    "display_status": 110,
    "created_at": 130,
    "location_name": 130,
    "service_name": 110,
    "tracking_numbers": 140,
    "reason": 150,
    "part": 100,
    "note": 140,
    "override": 140,
}


def said(key: str, **values: object) -> str:
    """What the kernel says, with its values."""
    return words.said(f"marking.{key}", **values)


def page_words() -> dict[str, Any]:
    """Every text that the browser shows by itself, and how it writes numbers."""
    return {**words.section("marking_page"), "locale": str(words.locale()).replace("_", "-")}


def heading(name: str) -> str:
    """The heading of a column."""
    return words.said(f"{COLUMN}.{name}")
