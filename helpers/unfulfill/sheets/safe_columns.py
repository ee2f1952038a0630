"""The texts of `safe_cells` for whole Arrow columns: what is written by the hundred thousand."""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from unfulfill.sheets.safe_cells import CELL_LIMIT

# As in safe_cells, in the dialect of Arrow's RE2. Arrow's texts have no lone surrogates.
_UNPRINTABLE = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x{fffe}\x{ffff}\x{202a}-\x{202e}\x{2066}-\x{2069}]"
_STARTS_FORMULA = r"^'*[ \x{a0}]*[=+\-@\t\r\n＝＋－＠]"


def clean_column(values: Any) -> Any:
    """`clean_text` of each text; missing ones stay missing."""
    text = pc.replace_substring_regex(values, _UNPRINTABLE, "")
    is_long = pc.greater(pc.utf8_length(text), CELL_LIMIT)
    if not pc.any(is_long).as_py():
        return text
    cut = pc.binary_join_element_wise(pc.utf8_slice_codeunits(text, 0, CELL_LIMIT - 1), "…", "")
    return pc.if_else(is_long, cut, text)


def safe_csv_column(values: Any) -> Any:
    """`safe_csv_text` of each text."""
    text = clean_column(values)
    is_formula = pc.match_substring_regex(text, _STARTS_FORMULA)
    if not pc.any(is_formula).as_py():
        return text
    return pc.if_else(is_formula, pc.binary_join_element_wise(pa.scalar("'"), text, ""), text)


def safe_xlsx_column(values: Any) -> Any:
    """`safe_xlsx_text` of each text, ready to stand in XML; a carriage return, which XML drops, as its number."""
    text = clean_column(values)
    is_like_escape = pc.match_substring_regex(text, "_x[0-9A-Fa-f]{4}_")
    if pc.any(is_like_escape).as_py():
        text = pc.if_else(is_like_escape, pc.replace_substring(text, "_x", "_x005F_x"), text)
    for plain, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\r", "&#13;")):
        text = pc.replace_substring(text, plain, entity)
    return text
