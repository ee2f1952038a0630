"""The physical count: a CSV or workbook with SKU or barcode, location and counted units."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from unfulfill.errors import SheetRefused
from unfulfill.sheets.count_columns import HEADERS, OPTIONAL_COUNT, count_columns, plain_name
from unfulfill.sheets.csv_text import CsvText
from unfulfill.sheets.problems import refuse
from unfulfill.sheets.table_text import read_table_text
from unfulfill.tables import ARROW_TYPES
from unfulfill.words import said

_WHOLE = re.compile(r"[0-9]{1,9}")
_ROUNDED = re.compile(r"[0-9]+(?:[.,][0-9]+)?[eE]\+?[0-9]+")
_TOTALS = ("total", "totals", "sum", "somme", "summe", "gesamt", "suma", "subtotal")


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
        found = _read_row(row, known, problems, f"{sheet.place} {line}")
        if found is None:
            continue
        place, counted = found
        earlier = counts.setdefault(place, (counted, line))
        if earlier[0] != counted:
            problems.append(
                f"{sheet.place} {line}: {_called(row)} was counted {counted} here and {earlier[0]} in"
                f" {sheet.place} {earlier[1]}; keep one"
            )
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
        raise SheetRefused(f"{sheet.path.name}: {doubled}.")
    if "counted" not in columns or not {"sku", "barcode"} & set(columns):
        missing = "counted" if "counted" not in columns else "SKU or barcode"
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


def _read_row(
    row: Mapping[str, str], known: Known, problems: list[str], where: str
) -> tuple[tuple[str, str], int] | None:
    """(item, location) and count of one row; None after its problems were added."""
    before = len(problems)
    item = _item(row, known, problems, where)
    location = _one(row.get("location"), known.locations, "location", problems, where)
    if not _WHOLE.fullmatch(row["counted"]):
        said = f"“{row['counted']}”" if row["counted"] else "a blank"
        problems.append(f"{where}: counted is {said}, and must be a whole number of units, 0 or more")
    if len(problems) > before or item is None or location is None:
        return None
    return (item, location), int(row["counted"])


def _item(row: Mapping[str, str], known: Known, problems: list[str], where: str) -> str | None:
    sku, barcode = row.get("sku", ""), row.get("barcode", "")
    if not sku and not barcode:
        problems.append(f"{where}: neither SKU nor barcode is given")
        return None
    by_sku = _one(sku, known.skus, "SKU", problems, where) if sku else None
    by_barcode = _one(barcode, known.barcodes, "barcode", problems, where) if barcode and not sku else None
    meant = known.barcodes.get(barcode, frozenset())
    if by_sku and meant and by_sku not in meant:
        problems.append(f"{where}: SKU {sku} and barcode {barcode} are different items in the shop")
        return None
    return by_sku or by_barcode


def _one(
    text: str | None, lookup: Mapping[str, frozenset[str]], what: str, problems: list[str], where: str
) -> str | None:
    """The one id that a text means; a text of None (no such column) means the only id there is."""
    ids = frozenset().union(*lookup.values()) if text is None else lookup.get(text, frozenset())
    if len(ids) == 1:
        return next(iter(ids))
    if len(ids) > 1:
        problems.append(
            f"{where}: the {what} {text} belongs to {len(ids)} {what}s or items of the shop; use another column"
        )
    else:
        problems.append(f"{where}: the shop has no {what} “{text}”{_hint(str(text), lookup)}")
    return None


def _hint(text: str, lookup: Mapping[str, frozenset[str]]) -> str:
    if text.casefold().split(" ")[0].rstrip(":") in _TOTALS:
        return "; this looks like a row of totals, remove it"
    if _ROUNDED.fullmatch(text):
        return "; a spreadsheet rounded it, take it from the export again"
    if not text.isascii():
        return "; it holds letters outside the Latin alphabet that may look alike"
    folded = [key for key in lookup if key.casefold() == text.casefold()] if len(lookup) < 100_000 else []
    return f"; did you mean {folded[0]}?" if folded else ""


def _called(row: Mapping[str, str]) -> str:
    return row.get("sku") or row.get("barcode") or "an item"


def _table(counts: Mapping[tuple[str, str], Sequence[int]]) -> pd.DataFrame:
    text, count = pd.ArrowDtype(ARROW_TYPES["id"]), pd.ArrowDtype(ARROW_TYPES["count"])
    return pd.DataFrame(
        {
            "inventory_item_id": pd.Series([item for item, _ in counts], dtype=text),
            "location_id": pd.Series([location for _, location in counts], dtype=text),
            "counted": pd.Series([counted for counted, _ in counts.values()], dtype=count),
        }
    )
