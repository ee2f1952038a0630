"""What a case of the corpus is."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from unfulfill.sheets import read_counts, read_marks, read_sheet
from unfulfill.tables import INVENTORY_LEVELS, make_table

Reader = Callable[[Path], object]
ITEMS = ((1, "SKU-1", "4001"), (2, "00123", "4002"), (3, "TWIN", "4003"), (4, "TWIN", "4004"))
LEVELS = make_table(
    INVENTORY_LEVELS,
    pd.DataFrame(
        [
            (f"gid://shopify/InventoryItem/{item}", f"gid://shopify/Location/{place}", name, sku, barcode)
            for item, sku, barcode in (
                (1, "SKU-1", "4001"),
                (2, "00123", "4002"),
                (3, "TWIN", "4003"),
                (4, "TWIN", "4004"),
            )
            for place, name in ((1, "Warehouse"), (2, "Shop Berlin"))
        ],
        columns=["inventory_item_id", "location_id", "location_name", "sku", "barcode"],
    ),
)


def read_as_count(path: Path) -> object:
    return read_counts(path, LEVELS)


@dataclass(frozen=True)
class Case:
    """A file and what is said of it: each text of `said` stands in the one refusal."""

    name: str
    file: str
    content: Callable[[], bytes]
    said: tuple[str, ...]
    read: Reader = read_sheet


def text_case(
    name: str,
    text: str | bytes,
    *said: str,
    file: str = "orders.csv",
    read: Reader = read_sheet,
) -> Case:
    return Case(name, file, text.encode, said, read)


READ_MARKS: Reader = read_marks
