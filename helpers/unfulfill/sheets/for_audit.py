"""Tables of files made whole enough for an audit: every table is there, and what has no id gets a stand-in."""

from collections.abc import Iterable

import pandas as pd

from unfulfill.errors import SheetRefused
from unfulfill.sheets.sheet import Sheet
from unfulfill.tables import ARROW_TYPES, EXPORTED, make_table
from unfulfill.words import said, said_word

_ID = pd.ArrowDtype(ARROW_TYPES["id"])


def audit_tables(sheets: Iterable[Sheet]) -> dict[str, pd.DataFrame]:
    """All exported tables of some files, such as an orders export and an inventory export.

    Locations are joined by name and items by SKU, where the files have no ids. A stand-in ("file:location/Main") is no
    id of Shopify's, so nothing can be changed by it. Raises SheetRefused where two files give the same table.
    """
    tables = {table.name: make_table(table) for table in EXPORTED}
    given: dict[str, Sheet] = {}
    for sheet in sheets:
        for name, frame in sheet.tables.items():
            if name in given:
                first = given[name].path.name
                raise SheetRefused(
                    said("file.both_hold", first=first, second=sheet.path.name, table=said_word(name))
                )
            if name in tables:
                given[name], tables[name] = sheet, frame
    tables["orders"] = _with_id(tables["orders"], "order_id", "order", "name")
    tables["fulfillments"] = _with_id(tables["fulfillments"], "location_id", "location", "location_name")
    levels = _with_id(tables["inventory_levels"], "location_id", "location", "location_name")
    tables["inventory_levels"] = _with_item(levels)
    lines = _with_id(tables["line_items"], "inventory_item_id", "item", "sku")
    rows = pd.Series(lines.index.astype("string"), index=lines.index, dtype=_ID)
    tables["line_items"] = lines.assign(line_item_id=lines["line_item_id"].fillna("file:line/" + rows))
    return tables


def _with_id(frame: pd.DataFrame, id_: str, kind: str, by: str) -> pd.DataFrame:
    stand_in = (f"file:{kind}/" + frame[by]).astype(_ID)
    return frame.assign(**{id_: frame[id_].fillna(stand_in)})


def _with_item(levels: pd.DataFrame) -> pd.DataFrame:
    """Items by SKU; by their name too where they have none, or share it."""
    sku, name = levels["sku"], levels["item_name"].fillna("")
    names = pd.DataFrame({"sku": sku, "name": name}).drop_duplicates()
    shared = set(names.loc[names["sku"].duplicated(keep=False), "sku"].dropna())
    called = sku.where(sku.notna() & ~sku.isin(shared), sku.fillna("") + " " + name)
    stand_in = ("file:item/" + called).astype(_ID)
    return levels.assign(inventory_item_id=levels["inventory_item_id"].fillna(stand_in))
