"""The physical count: a CSV or workbook with SKU or barcode, location and counted units."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from unfulfill.errors import SheetRefused
from unfulfill.sheets.count_columns import HEADERS, OPTIONAL_COUNT, count_columns, plain_name
from unfulfill.sheets.csv_text import CsvText
from unfulfill.sheets.problems import Problem, refuse
from unfulfill.sheets.table_text import read_table_text
from unfulfill.tables import ARROW_TYPES
from unfulfill.words import said

_WHOLE = re.compile(r"[0-9]{1,9}")
_ROUNDED = re.compile(r"[0-9]+(?:[.,][0-9]+)?[eE]\+?[0-9]+")
# What is said of a text that is none of the shop, and of one that may be several.
_UNCLEAR = {
    "location": ("cell.unknown_location", "cell.several_locations"),
    "sku": ("cell.unknown_sku", "cell.several_skus"),
    "barcode": ("cell.unknown_barcode", "cell.several_barcodes"),
}
_TOTALS = ("total", "totals", "sum", "somme", "summe", "gesamt", "suma", "subtotal")

Note = Callable[[str], None]  # takes what is wrong with the row that is read


@dataclass(frozen=True)
class Known:
    """What the shop's levels know: text → ids that it may mean."""

    skus: Mapping[str, frozenset[str]]
    barcodes: Mapping[str, frozenset[str]]
    locations: Mapping[str, frozenset[str]]


def read_counts(path: Path, levels: pd.DataFrame, location: str = "") -> pd.DataFrame:
    """The count as inventory_item_id, location_id, counted (units), one row an item × location.

    `levels` is INVENTORY_LEVELS, where SKUs, barcodes and locations (by name or id) are looked up, exactly as written.
    A location may have a column of its own instead, named by it, with its counts (blank: not counted). `location` is
    where a file without either was counted; without it the shop must have one location. Raises SheetRefused with every
    problem of the file.
    """
    known = _known(levels)
    sheet = read_table_text(Path(path), _names_items)
    sheet = _spread(sheet, known.locations)
    if location and not set(_names(sheet)) & set(HEADERS["location"]):
        rows = tuple((*row, location) for row in sheet.rows)
        sheet = replace(sheet, header=(*sheet.header, "Location"), rows=rows)
    columns = _columns(sheet)
    if "location" not in columns and len(set(levels["location_id"].dropna())) != 1:
        raise SheetRefused(said("error.count_without_location", file=sheet.path.name))
    problems: list[str] = []
    counts: dict[tuple[str, str], tuple[int, int]] = {}
    for cells, line in zip(sheet.rows, sheet.lines, strict=True):
        row = {name: cells[position].strip(" \u00a0\t") for name, position in columns.items()}
        if plain_name(sheet.header[columns["counted"]]) == OPTIONAL_COUNT and row["counted"] in (
            "",
            "not stocked",
        ):
            continue

        def note(why: str, line: int = line) -> None:
            problems.append(Problem.at(sheet.place, line, why))

        found = _read_row(row, known, note)
        if found is None:
            continue
        place, counted = found
        other, before = counts.setdefault(place, (counted, line))
        if other != counted:
            item, where = row.get("sku") or row.get("barcode"), sheet.place.at(before)
            note(said("cell.counted_twice", item=item, count=counted, other=other, where=where))
    refuse(sheet.path, problems)
    return _table(counts)


def _names(sheet: CsvText) -> list[str]:
    """Of the columns, without case and doubled blanks."""
    return [plain_name(name) for name in sheet.header]


def _names_items(header: Sequence[str]) -> bool:
    return bool({"sku", "barcode"} & count_columns(header)[0].keys())


def _spread(sheet: CsvText, locations: Mapping[str, object]) -> CsvText:
    """A row for each count of a file with one column a location; any other file as it is."""
    names = _names(sheet)
    places = [place for place, name in enumerate(sheet.header) if name in locations]
    if not places or set(names) & {*HEADERS["counted"], *HEADERS["location"]}:
        return sheet
    kept = [place for place in range(len(names)) if place not in places]
    rows, lines = [], []
    for cells, line in zip(sheet.rows, sheet.lines, strict=True):
        for place in places:
            if cells[place].strip():
                rows.append((*(cells[at] for at in kept), sheet.header[place], cells[place]))
                lines.append(line)
    header = (*(sheet.header[at] for at in kept), "Location", "Counted")
    return CsvText(sheet.path, header, tuple(rows), tuple(lines), sheet.header_line, sheet.place)


def _columns(sheet: CsvText) -> dict[str, int]:
    """Our name → position of the column. Raises SheetRefused where one is missing or could be two."""
    columns, doubled = count_columns(sheet.header)
    if doubled:
        raise SheetRefused(said("file.is_wrong", file=sheet.path.name, why=doubled))
    if "counted" not in columns or not {"sku", "barcode"} & set(columns):
        missing = said("sheet.counted" if "counted" not in columns else "sheet.sku_or_barcode")
        raise SheetRefused(
            said(
                "error.count_without_column",
                file=sheet.path.name,
                missing=missing,
                columns=", ".join(sheet.header),
            )
        )
    return columns


def _known(levels: pd.DataFrame) -> Known:
    numbers = levels["location_id"].str.replace("^.*/", "", regex=True)
    places = [
        _lookup(keys, levels["location_id"])
        for keys in (levels["location_name"], levels["location_id"], numbers)
    ]
    merged: dict[str, frozenset[str]] = {}
    for lookup in places:
        for key, ids in lookup.items():
            merged[key] = merged.get(key, frozenset()) | ids
    items = levels["inventory_item_id"]
    return Known(_lookup(levels["sku"], items), _lookup(levels["barcode"], items), merged)


def _lookup(keys: pd.Series, ids: pd.Series) -> dict[str, frozenset[str]]:
    pairs = pd.DataFrame({"key": keys.str.strip(), "id": ids}).dropna().drop_duplicates()
    found: dict[str, frozenset[str]] = {}
    for key, id_ in pairs[pairs["key"] != ""].itertuples(index=False, name=None):
        found[key] = found.get(key, frozenset()) | {id_}
    return found


def _read_row(row: Mapping[str, str], known: Known, note: Note) -> tuple[tuple[str, str], int] | None:
    """(item, location) and count of one row; None after what is wrong with it was noted."""
    item = _item(row, known, note)
    location = _one(row.get("location"), known.locations, "location", note)
    counted = row["counted"]
    if not _WHOLE.fullmatch(counted):
        note(said("cell.no_count", text=counted) if counted else said("cell.blank_counted"))
        return None
    return None if item is None or location is None else ((item, location), int(counted))


def _item(row: Mapping[str, str], known: Known, note: Note) -> str | None:
    sku, barcode = row.get("sku", ""), row.get("barcode", "")
    if not sku and not barcode:
        note(said("cell.no_item"))
        return None
    by_sku = _one(sku, known.skus, "sku", note) if sku else None
    by_barcode = _one(barcode, known.barcodes, "barcode", note) if barcode and not sku else None
    meant = known.barcodes.get(barcode, frozenset())
    if by_sku and meant and by_sku not in meant:
        note(said("cell.different_items", sku=sku, barcode=barcode))
        return None
    return by_sku or by_barcode


def _one(text: str | None, lookup: Mapping[str, frozenset[str]], what: str, note: Note) -> str | None:
    """The one id that a text means; a text of None (no such column) means the only id there is."""
    ids = frozenset().union(*lookup.values()) if text is None else lookup.get(text, frozenset())
    if len(ids) == 1:
        return next(iter(ids))
    unknown, several = _UNCLEAR[what]
    if len(ids) > 1:
        note(said(several, text=text, count=len(ids)))
    else:
        problem, hint = said(unknown, text=text), _hint(str(text), lookup)
        note(said("cell.with_hint", problem=problem, hint=hint) if hint else problem)
    return None


def _hint(text: str, lookup: Mapping[str, frozenset[str]]) -> str:
    if text.casefold().split(" ")[0].rstrip(":") in _TOTALS:
        return said("cell.hint_totals")
    if _ROUNDED.fullmatch(text):
        return said("cell.hint_rounded")
    if not text.isascii():
        return said("cell.hint_letters")
    folded = [key for key in lookup if key.casefold() == text.casefold()] if len(lookup) < 100_000 else []
    return said("cell.hint_meant", text=folded[0]) if folded else ""


def _table(counts: Mapping[tuple[str, str], Sequence[int]]) -> pd.DataFrame:
    text, count = pd.ArrowDtype(ARROW_TYPES["id"]), pd.ArrowDtype(ARROW_TYPES["count"])
    return pd.DataFrame(
        {
            "inventory_item_id": pd.Series([item for item, _ in counts], dtype=text),
            "location_id": pd.Series([location for _, location in counts], dtype=text),
            "counted": pd.Series([counted for counted, _ in counts.values()], dtype=count),
        }
    )
