"""The texts of `safe_cells` for whole Arrow columns: what is written by the hundred thousand.

Most columns hold nothing that must be changed. One look at their bytes says so, and then nothing is done to them.
"""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from unfulfill.sheets.cells import CELL_LIMIT
from unfulfill.sheets.safe_cells import cut_text

# As in safe_cells, in the dialect of Arrow's RE2. Arrow's texts have no lone surrogates.
_UNPRINTABLE = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x{fffe}\x{ffff}\x{202a}-\x{202e}\x{2066}-\x{2069}]"
_STARTS_FORMULA = r"^'*[ \x{a0}\x{feff}]*[=+\-@\t\r\n＝＋－＠]"
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}  # & first; XML drops a carriage return

_CONTROL = bytes([*range(9), 0x0B, 0x0C, *range(0x0E, 0x20)])
_BEGINS_UNPRINTABLE = (0xE2, 0xEF)  # bytes with which the others begin
_IS_FORMULA, _MAY_BE_FORMULA = np.zeros((2, 256), np.bool_)  # by the first byte of a text
_IS_FORMULA[[*b"=+-@\t\r\n"]] = True
_MAY_BE_FORMULA[[*b"' ", 0xC2, 0xEF]] = True  # C2 begins a no-break space, EF full-width signs


def clean_column(values: Any) -> Any:
    """`clean_text` of each text of an array; missing ones stay missing."""
    return _cleaned(values, *_bytes(values))


def safe_csv_column(values: Any) -> Any:
    """`safe_csv_text` of each text of an array."""
    text = clean_column(values)
    offsets, data = _bytes(text)
    if not data:
        return text
    first = np.frombuffer(data, np.uint8).take(offsets[:-1], mode="clip")
    is_filled = offsets[:-1] < offsets[1:]
    is_formula, maybe = _IS_FORMULA.take(first) & is_filled, _MAY_BE_FORMULA.take(first) & is_filled
    if maybe.any():
        is_formula[maybe] = pc.match_substring_regex(text.filter(pa.array(maybe)), _STARTS_FORMULA)
    if not is_formula.any():
        return text
    return _with_apostrophe(text, is_formula, offsets, data)


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


def _with_apostrophe(text: Any, is_meant: Any, offsets: Any, data: bytes) -> Any:
    """The texts with an apostrophe put before some: one insertion into the bytes of all of them."""
    longer = np.insert(np.frombuffer(data, np.uint8), offsets[:-1][is_meant], ord("'"))
    moved = offsets.copy()
    moved[1:] += np.cumsum(is_meant, dtype=np.int32)
    valid = pc.is_valid(text).buffers()[1] if text.null_count else None
    return pa.StringArray.from_buffers(len(text), pa.py_buffer(moved), pa.py_buffer(longer), valid)


def _bytes(values: Any) -> tuple[Any, bytes]:
    """Where each text of an array begins and the last one ends, and the bytes that this counts in."""
    _, starts, data = values.buffers()
    offsets = np.frombuffer(starts, np.int32)[values.offset : values.offset + len(values) + 1]
    return offsets, b"" if data is None else memoryview(data)[: offsets[-1]].tobytes()


def _is_suspect(data: bytes) -> bool:
    """Whether something unprintable may stand in it."""
    has_low = (
        bool(data) and np.frombuffer(data, np.uint8).min() < 0x20
    )  # many times as quick as the next line
    if has_low and len(data.translate(None, _CONTROL)) < len(data):
        return True
    return any(byte in data for byte in _BEGINS_UNPRINTABLE)


def _cleaned(values: Any, offsets: Any, data: bytes) -> Any:
    text = pc.replace_substring_regex(values, _UNPRINTABLE, "") if _is_suspect(data) else values
    may_be_long = np.diff(offsets) > CELL_LIMIT  # a text has at least as many bytes as characters
    if not may_be_long.any():
        return text
    mask = pa.array(may_be_long)
    cut = [cut_text(long) for long in text.filter(mask).to_pylist()]
    return pc.replace_with_mask(text, mask, pa.array(cut, pa.string()))
