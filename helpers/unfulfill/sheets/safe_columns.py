"""The texts of `safe_cells` for whole Arrow columns: what is written by the hundred thousand.

Most columns hold nothing that must be changed. One look at their bytes says so, and then nothing is done to them.
"""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from unfulfill.sheets.safe_cells import CELL_LIMIT

# As in safe_cells, in the dialect of Arrow's RE2. Arrow's texts have no lone surrogates.
_UNPRINTABLE = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x{fffe}\x{ffff}\x{202a}-\x{202e}\x{2066}-\x{2069}]"
_STARTS_FORMULA = r"^'*[ \x{a0}]*[=+\-@\t\r\n＝＋－＠]"
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}  # & first; XML drops a carriage return

# Bytes that may be, or begin, something unprintable; and those that may begin a formula.
_MAYBE_UNPRINTABLE = bytes([*range(9), 0x0B, 0x0C, *range(0x0E, 0x20), 0xE2, 0xEF])
_MAYBE_FORMULA = np.zeros(256, np.bool_)
_MAYBE_FORMULA[[*b"' =+-@\t\r\n", 0xC2, 0xEF]] = True  # C2 begins a no-break space, EF the full-width signs


def clean_column(values: Any) -> Any:
    """`clean_text` of each text of an array; missing ones stay missing."""
    return _cleaned(values, *_bytes(values))


def safe_csv_column(values: Any) -> Any:
    """`safe_csv_text` of each text of an array."""
    text = clean_column(values)
    offsets, data = _bytes(text)
    first = offsets[:-1]
    is_filled = first < offsets[1:]
    maybe = np.zeros(len(text), np.bool_)
    maybe[is_filled] = _MAYBE_FORMULA[np.frombuffer(data, np.uint8)[first[is_filled]]]
    if not maybe.any():
        return text
    maybe[maybe] = pc.match_substring_regex(text.filter(pa.array(maybe)), _STARTS_FORMULA)
    return pc.binary_join_element_wise(pc.if_else(pa.array(maybe), "'", ""), text, "")


def safe_xlsx_column(values: Any) -> Any:
    """`safe_xlsx_text` of each text of an array, ready to stand in XML."""
    offsets, data = _bytes(values)
    text = _cleaned(values, offsets, data)
    if b"_x" in data:
        is_escape = pc.match_substring_regex(text, "_x[0-9A-Fa-f]{4}_")
        text = pc.if_else(is_escape, pc.replace_substring(text, "_x", "_x005F_x"), text)
    for character, entity in _ENTITIES.items():
        if character.encode() in data:
            text = pc.replace_substring(text, character, entity)
    return text


def _bytes(values: Any) -> tuple[Any, bytes]:
    """Where each text of an array begins and the last one ends, and the bytes that this counts in."""
    _, starts, data = values.buffers()
    offsets = np.frombuffer(starts, np.int32)[values.offset : values.offset + len(values) + 1]
    return offsets, b"" if data is None else memoryview(data)[: offsets[-1]].tobytes()


def _cleaned(values: Any, offsets: Any, data: bytes) -> Any:
    is_suspect = len(data.translate(None, _MAYBE_UNPRINTABLE)) < len(data)
    text = pc.replace_substring_regex(values, _UNPRINTABLE, "") if is_suspect else values
    if np.diff(offsets).max(initial=0) <= CELL_LIMIT:
        return text
    cut = pc.binary_join_element_wise(pc.utf8_slice_codeunits(text, 0, CELL_LIMIT - 1), "…", "")
    return pc.if_else(pc.greater(pc.utf8_length(text), CELL_LIMIT), cut, text)
