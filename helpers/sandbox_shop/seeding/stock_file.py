"""A merchant's inventory CSV → items and their stock, in the three generations that Shopify has exported.

1. by location, 19 columns: `Incoming (not editable)` … `On hand (current)`, `On hand (new)`
2. by location, older: `Incoming`, `Unavailable`, `Committed`, `Available`, `On hand`
3. available only: one column a location; the cell holds the units, or `not stocked`
"""

from dataclasses import dataclass, field
from pathlib import Path

from sandbox_shop.seeding.cells import read_units
from sandbox_shop.seeding.csv_text import Record, Sheet, read_sheet
from sandbox_shop.seeding.errors import SeedRefused

OPTIONS = ("Option1", "Option2", "Option3")
# Every other column of the third generation is a location.
ITEM_COLUMNS = {
    name.casefold()
    for name in (
        "Handle", "URL handle", "Title", "SKU", "Barcode", "HS Code", "COO", "Bin name",
        *(f"{option} {part}" for option in OPTIONS for part in ("Name", "Value")),
        *(f"Variant Packed {part}" for part in ("Length", "Width", "Height", "Dimension Unit")),
    )
}  # fmt: skip
NOT_STOCKED = ("not stocked", "")


@dataclass(slots=True)
class FileLevel:
    """Units of an item at a location. `committed` is None where the file does not say."""

    available: int
    committed: int | None = None
    unavailable: int = 0
    incoming: int = 0


@dataclass(slots=True)
class FileItem:
    """One variant, with its stock by name of location."""

    handle: str
    title: str
    variant_title: str
    sku: str
    barcode: str
    levels: dict[str, FileLevel] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Title - Opt1 / Opt2, as the orders CSV writes it."""
        return f"{self.title} - {self.variant_title}" if self.variant_title else self.title


@dataclass(frozen=True, slots=True)
class StockFile:
    """The items of a file, and its locations in the order in which they appear."""

    items: list[FileItem]
    locations: list[str]


def read_stock(path: Path) -> StockFile:
    """Every item of an inventory CSV. Raises SeedRefused with file, line and column."""
    sheet = read_sheet(path, "inventory CSV", ())
    if not (sheet.has("Title") or sheet.has("Handle") or sheet.has("SKU")):
        raise SeedRefused(
            f"{path.name}, line 1: the header lacks the columns Title, Handle and SKU; "
            "give the inventory CSV that Shopify's admin exports."
        )
    columns = _location_columns(sheet)
    items: dict[tuple[str, ...], FileItem] = {}
    locations = dict.fromkeys(columns)
    titles: dict[str, str] = {}
    for record in sheet.records():
        item = _item(record, items, titles)
        for location, level in _levels(record, columns):
            if location in item.levels:
                raise record.refuse(
                    "Location", f"a second row for {item.name} at {location}; delete one of the two"
                )
            item.levels[location] = level
            locations[location] = None
    return StockFile(list(items.values()), list(locations))


def _location_columns(sheet: Sheet) -> list[str]:
    """The location names that are columns; none in a file with a row per location."""
    if sheet.has("Location"):
        if not (sheet.has("Available") or sheet.has("Available (not editable)") or _on_hand_columns(sheet)):
            raise SeedRefused(
                f"{sheet.path.name}, line 1: the header lacks the columns Available and On hand; "
                "give the inventory CSV that Shopify's admin exports."
            )
        return []
    columns = [column for column in sheet.header if column and column.casefold() not in ITEM_COLUMNS]
    if not columns:
        raise SeedRefused(
            f"{sheet.path.name}, line 1: the header has neither a column Location nor a column for each location; "
            "give the inventory CSV that Shopify's admin exports."
        )
    return columns


def _on_hand_columns(sheet: Sheet) -> list[str]:
    return [column for column in ("On hand (new)", "On hand (current)", "On hand") if sheet.has(column)]


def _item(record: Record, items: dict[tuple[str, ...], FileItem], titles: dict[str, str]) -> FileItem:
    handle = record.get("Handle") or record.get("URL handle")
    title = record.get("Title") or titles.get(handle, "")
    options = [record.get(f"{option} Value") for option in OPTIONS]
    sku = record.get("SKU").removeprefix("'")  # so exports keep leading zeros
    key = (handle, title, *options) if handle or title else (sku,)
    if not any(key):
        raise record.refuse("Title", "the row names no item; fill in title, handle or SKU, or delete the row")
    titles.setdefault(handle, title)
    if key not in items:
        shown = [option for option in options if option and option != "Default Title"]
        items[key] = FileItem(handle, title or handle or sku, " / ".join(shown), sku, record.get("Barcode"))
    return items[key]


def _levels(record: Record, columns: list[str]) -> list[tuple[str, FileLevel]]:
    if columns:
        return [
            (column, FileLevel(read_units(record, column)))
            for column in columns
            if record.get(column).casefold() not in NOT_STOCKED
        ]
    location = record.get("Location")
    if not location:
        raise record.refuse("Location", "the row names no location; fill it in or delete the row")
    level = _level(record)
    return [(location, level)] if level is not None else []


def _level(record: Record) -> FileLevel | None:
    """One row of the first two generations. A new on hand that the merchant has filled in counts."""
    committed = _units(record, "Committed")
    unavailable = _units(record, "Unavailable") or 0
    available = _units(record, "Available")
    on_hand = None
    for column in _on_hand_columns(record.sheet):
        if record.get(column).casefold() not in NOT_STOCKED:
            on_hand = read_units(record, column)
            is_wished = column == "On hand (new)"
            break
    if on_hand is not None and (available is None or is_wished):
        available = on_hand - (committed or 0) - unavailable
    if available is None:
        return None
    return FileLevel(available, committed, unavailable, _units(record, "Incoming") or 0)


def _units(record: Record, name: str) -> int | None:
    """Units under a header with or without the words that newer files add; None where there are none."""
    for column in (name, f"{name} (not editable)"):
        if record.get(column).casefold() not in NOT_STOCKED:
            return read_units(record, column)
    return None
