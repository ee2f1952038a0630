"""Text from a shop made safe for spreadsheets: no formula, no control character, nothing too long for a cell."""

import re

from unfulfill.redaction import STARTS_FORMULA, UNPRINTABLE
from unfulfill.sheets.cells import CELL_LIMIT, utf16_units

_ESCAPE_LIKE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


def clean_text(text: str) -> str:
    """The text without control characters and direction marks, at most as long as a cell may be."""
    return cut_text(UNPRINTABLE.sub("", text))


def cut_text(text: str) -> str:
    """The text at most as long as a cell may be, as Excel counts: an emoji is two characters, and stays whole."""
    if utf16_units(text) <= CELL_LIMIT:
        return text
    return text.encode("utf-16-le")[: 2 * (CELL_LIMIT - 1)].decode("utf-16-le", errors="ignore") + "…"


def safe_xlsx_text(text: str) -> str:
    """For a text cell of a workbook: cleaned, and `_x0041_` kept from being read as an escaped character."""
    return _ESCAPE_LIKE.sub("_x005F_", clean_text(text))


def safe_csv_text(text: str) -> str:
    """For a cell of a CSV: cleaned, and an apostrophe before what would be a formula. `plain_csv_text` undoes it."""
    cleaned = clean_text(text)
    return "'" + cleaned if STARTS_FORMULA.match(cleaned) else cleaned


def plain_csv_text(text: str) -> str:
    """The inverse of `safe_csv_text`."""
    return text[1:] if text.startswith("'") and STARTS_FORMULA.match(text) else text
