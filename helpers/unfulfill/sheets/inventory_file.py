"""Counted stock in Shopify's own inventory file: the file that the merchant exported, with On hand (new) filled.

Shopify knows a variant there by Handle and option values, which no table of an export holds; so the merchant's own
file is the form that is filled in. On hand (current) stays and is Shopify's guard: a row whose stock has moved since
is skipped by the import and told by mail. A blank On hand (new) means no change (help.shopify.com, Inventory CSV).
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import pandas as pd

from unfulfill.errors import SheetRefused
from unfulfill.sheets.csv_text import CsvText, read_csv_text
from unfulfill.sheets.left_out import LEFT_OUT, LeftOut, write_left_out
from unfulfill.sheets.new_folder import write_new_folder
from unfulfill.words import said

FILE_LIMIT = 15_000_000  # bytes that Shopify's import takes
_NEEDED = ("Handle", "Option1 Value", "SKU", "Location", "On hand (current)", "On hand (new)")
_WHOLE = re.compile(r"-?[0-9]{1,9}")


@dataclass(frozen=True)
class Filled:
    """The file with what was counted, how many rows were set, how many were right already, and what is not in it."""

    sheet: CsvText
    set: int
    right: int
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True)
class _Counted:
    sku: str
    location: str
    on_hand: int | None
    counted: int


def fill_counts(path: Path, stock: pd.DataFrame) -> Filled:
    """Read a native inventory file and set On hand (new) of what STOCK says was counted and differs.

    A row is known by SKU and location, where both are unique; stock that moved between the run's export and this file
    is left out, because the count was held against another number. Every other cell stays. Raises SheetRefused.
    """
    sheet = read_csv_text(Path(path))
    at = _columns(sheet)
    counted = _counted(stock)
    times = Counter((one.sku, one.location) for one in counted)
    rows = [list(row) for row in sheet.rows]
    found: dict[tuple[str, str], list[int]] = {}
    for number, row in enumerate(rows):
        found.setdefault((row[at["SKU"]].strip(), row[at["Location"]].strip()), []).append(number)
    left_out: list[LeftOut] = []
    filled = 0
    for one in counted:
        numbers = found.get((one.sku, one.location), [])
        reason = _reason(one, [rows[number] for number in numbers], at, times[one.sku, one.location])
        if reason:
            left_out.append(LeftOut(_called(one), "", reason))
        elif one.on_hand != one.counted:
            rows[numbers[0]][at["On hand (new)"]] = str(one.counted)
            filled += 1
    right = len(counted) - filled - len(left_out)
    return Filled(replace(sheet, rows=tuple(map(tuple, rows))), filled, right, tuple(left_out))


def _called(one: _Counted) -> str:
    if one.sku:
        return said("left_out.item", sku=one.sku, location=one.location)
    return said("left_out.item_without_sku", location=one.location)


def _columns(sheet: CsvText) -> dict[str, int]:
    folded = [name.casefold() for name in sheet.header]
    missing = [name for name in _NEEDED if name.casefold() not in folded]
    if missing:
        raise SheetRefused(said("file.no_inventory_column", file=sheet.path.name, column=missing[0]))
    return {name: folded.index(name.casefold()) for name in _NEEDED}


def _counted(stock: pd.DataFrame) -> list[_Counted]:
    rows = stock[stock["counted"].notna()]
    columns = (rows[name].fillna("") for name in ("sku", "location_name"))
    return [
        _Counted(sku.strip(), location.strip(), None if pd.isna(on_hand) else int(on_hand), int(counted))
        for sku, location, on_hand, counted in zip(*columns, rows["on_hand"], rows["counted"], strict=True)
    ]


def _reason(one: _Counted, rows: Sequence[Sequence[str]], at: Mapping[str, int], times: int) -> str:
    """Why a counted row cannot be set; blank where it can."""
    if not one.sku:
        return said("left_out.no_sku")
    if not rows:
        return said("left_out.no_row")
    if len(rows) > 1 or times > 1:
        return said("left_out.several_variants")
    current, new = rows[0][at["On hand (current)"]].strip(), rows[0][at["On hand (new)"]].strip()
    if not _WHOLE.fullmatch(current):
        return said("left_out.no_number", text=current) if current else said("left_out.blank_number")
    if int(current) != one.on_hand:
        return said("left_out.stock_moved")
    if new and new != str(one.counted):
        return said("left_out.filled_already")
    return ""


def write_inventory_files(folder: Path, filled: Filled, limit: int = FILE_LIMIT) -> dict[str, int]:
    """Write the file, in parts of at most 15 MB, and left_out.csv into a new folder; returns file name → its rows.

    Cells are as Shopify wrote them, formulas included: this is for its import, and not to be opened in a spreadsheet.
    """
    parts = list(_parts(filled.sheet, limit))
    names = [f"inventory_counted_{number}_of_{len(parts)}.csv" for number in range(1, len(parts) + 1)]
    files = {name: _writer(data) for name, (data, _) in zip(names, parts, strict=True)}
    if filled.left_out:
        files[LEFT_OUT] = lambda file: write_left_out(file, filled.left_out)
    write_new_folder(folder, files)
    return {name: rows for name, (_, rows) in zip(names, parts, strict=True)}


def _writer(data: bytes) -> Callable[[IO[bytes]], object]:
    return lambda file: file.write(data)


def _parts(sheet: CsvText, limit: int) -> Iterator[tuple[bytes, int]]:
    head = _line(sheet.header)
    lines: list[bytes] = []
    size = len(head)
    for line in map(_line, sheet.rows):
        if lines and size + len(line) > limit:
            yield head + b"".join(lines), len(lines)
            lines, size = [], len(head)
        lines.append(line)
        size += len(line)
    yield head + b"".join(lines), len(lines)


def _line(cells: Sequence[str]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue().encode()
