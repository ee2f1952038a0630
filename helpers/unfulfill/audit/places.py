"""A place is an item at a location: its key, what its item is called, and whether its stock is kept at all."""

import pandas as pd

from unfulfill.audit.sentences import TEXT
from unfulfill.tables import ARROW_TYPES
from unfulfill.words import said

PLACE = ["inventory_item_id", "location_id"]
COUNT = pd.ArrowDtype(ARROW_TYPES["count"])


def name_of(rows: pd.DataFrame) -> pd.Series:
    """SKU, else the item's name."""
    sku = rows["sku"].fillna("")
    return sku.mask(sku == "", rows["item_name"].fillna(said("finding.no_sku")))


def is_kept(rows: pd.DataFrame) -> pd.Series:
    """Whether Shopify tracks the item's stock; where that is not known, it does."""
    return rows["tracked"].fillna(True).astype(bool)


def text_of(numbers: pd.Series) -> pd.Series:
    """Whole numbers as text."""
    return numbers.astype("string").astype(TEXT)
