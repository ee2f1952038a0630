"""Stock from files: Shopify's inventory export in its three generations, and Matrixify's Products sheet."""

import re
from collections.abc import Iterator
from typing import Any

from unfulfill.sheets.grid import Grid
from unfulfill.sheets.sheet import Dialect, Part
from unfulfill.sheets.typed_cells import TypedCells
from unfulfill.tables import INVENTORY_LEVELS, make_table
from unfulfill.words import said

NOT_STOCKED = "not stocked"
_PRODUCT = ("handle", "url handle", "title", "option1 name", "option1 value", "option2 name", "option2 value",
            "option3 name", "option3 value", "sku", "hs code", "coo", "bin name", "barcode", "variant packed length",
            "variant packed width", "variant packed height", "variant packed dimension unit")  # fmt: skip
_STATES = {"incoming": "incoming", "committed": "committed", "available": "available", "on hand": "on_hand"}
_SUFFIX = re.compile(r" \((?:not editable|current)\)$")
_LEVEL = re.compile(
    r"inventory (available|on hand|committed|reserved|incoming|damaged|safety stock|quality control): (.+)"
)

Row = dict[str, Any]


def read_shopify_inventory(grid: Grid, problems: list[str]) -> Part:
    """Levels of a file of Products ▸ Inventory ▸ Export. Rows and cells that say “not stocked” give none."""
    cells = TypedCells(grid, problems)
    if "location" in cells.at:
        levels = _by_rows(cells)
        kind = "all states"
    else:
        levels = _by_columns(cells)
        kind = "available only, one column a location"
    rows = _once(cells, levels)
    notes = [said("sheet.no_ids")]
    if cells.has("on hand (new)"):
        notes.append(said("sheet.new_not_read"))
    return _part(Dialect.SHOPIFY_INVENTORY, f"{Dialect.SHOPIFY_INVENTORY} ({kind})", rows, notes, cells)


def read_matrixify_products(grid: Grid, problems: list[str]) -> Part:
    """Levels of the columns “Inventory Available: <location>” and their like; a location without a value gives none."""
    cells = TypedCells(grid, problems)
    rows = _once(cells, _of_products(cells))
    return _part(Dialect.MATRIXIFY_PRODUCTS, str(Dialect.MATRIXIFY_PRODUCTS), rows, [], cells)


def _part(dialect: Dialect, about: str, rows: list[Row], notes: list[str], cells: TypedCells) -> Part:
    table = make_table(
        INVENTORY_LEVELS, {name: [row.get(name) for row in rows] for name in INVENTORY_LEVELS.columns}
    )
    places = len({row["location_name"] for row in rows})
    about = f"{about}, {len(rows):,} levels at {places:,} location{'' if places == 1 else 's'}"
    return Part(dialect, about, {INVENTORY_LEVELS.name: table}, (), tuple(notes), cells.ignored())


def _once(cells: TypedCells, levels: Iterator[tuple[tuple[str, ...], Row]]) -> list[Row]:
    """The levels; one that stands twice is a problem."""
    found: dict[tuple[str, ...], Row] = {}
    for key, row in levels:
        if key in found:
            item = row["sku"] or row["item_name"]
            cells.problem("", said("cell.item_twice", item=item, location=row["location_name"]))
        found[key] = row
    return list(found.values())


def _item(cells: TypedCells) -> tuple[tuple[str, ...], Row]:
    """What tells the item apart (handle and options), and how it is called."""
    handle = cells.text("handle") or cells.text("url handle") or ""
    options = [cells.text(f"option{n} value") or "" for n in (1, 2, 3)]
    for n in (1, 2, 3):
        cells.has(f"option{n} name")
    shown = [option for option in options if option and option != "Default Title"]
    title = cells.text("title") or handle
    sku = cells.text("sku")
    return (handle, *options, sku or ""), {"sku": sku, "item_name": " - ".join([title, *shown]) or None}


def _by_rows(cells: TypedCells) -> Iterator[tuple[tuple[str, ...], Row]]:
    states = {name: _STATES[_SUFFIX.sub("", name)] for name in cells.at if _SUFFIX.sub("", name) in _STATES}
    for number, row in cells.grid.rows:
        cells.take(number, row)
        key, item = _item(cells)
        location = cells.text("location")
        if location is None:
            cells.problem("location", said("cell.no_location"))
            continue
        if NOT_STOCKED in {cells.raw(name).casefold() for name in states}:
            continue
        counts = {ours: cells.count(name, least=None) for name, ours in states.items()}
        yield (*key, location), {**item, "location_name": location, **counts}


def _by_columns(cells: TypedCells) -> Iterator[tuple[tuple[str, ...], Row]]:
    places = {name: cells.grid.header[place] for name, place in cells.at.items() if name not in _PRODUCT}
    for number, row in cells.grid.rows:
        cells.take(number, row)
        key, item = _item(cells)
        for name, location in places.items():
            if cells.raw(name).casefold() == NOT_STOCKED:
                continue
            available = cells.count(name, least=None)
            if available is not None:
                yield (*key, location), {**item, "location_name": location, "available": available}


def _of_products(cells: TypedCells) -> Iterator[tuple[tuple[str, ...], Row]]:
    columns: dict[str, dict[str, str]] = {}
    for name, place in cells.at.items():
        found = _LEVEL.fullmatch(name)
        if found:
            location = cells.grid.header[place].partition(":")[2].strip()
            columns.setdefault(location, {})[found[1].replace(" ", "_")] = name
    titles: dict[str, str] = {}
    for number, row in cells.grid.rows:
        cells.take(number, row)
        product = cells.text("id") or cells.text("handle") or ""
        title = titles.setdefault(product, cells.text("title") or "")
        tracker = cells.text("variant inventory tracker")
        item: Row = {
            "inventory_item_id": cells.id("variant inventory item id", "InventoryItem"),
            "sku": cells.text("variant sku"),
            "barcode": cells.text("variant barcode"),
            "item_name": title or cells.text("handle"),
            "tracked": (tracker is not None) if "variant inventory tracker" in cells.at else None,
        }
        variant = cells.id("variant id", "ProductVariant") or item["inventory_item_id"] or item["sku"]
        for location, states in columns.items():
            counts = {ours: cells.count(name, least=None) for ours, name in states.items()}
            if any(count is not None for count in counts.values()):
                yield (
                    (str(variant or f"row {number}"), location),
                    {**item, "location_name": location, **counts},
                )
