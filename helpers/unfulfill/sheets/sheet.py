"""A file that was read: which dialect it is, the tables that it gives, and what is wrong or missing."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import pandas as pd

from unfulfill.words import said_word


class Dialect(StrEnum):
    """Who wrote the file, and what for."""

    MATRIXIFY_ORDERS = "Matrixify Orders sheet"
    MATRIXIFY_RESULTS = "Matrixify results file"
    MATRIXIFY_PRODUCTS = "Matrixify Products sheet"
    STOREROBO_ORDERS = "StoreRobo orders export"
    SHOPIFY_ORDERS = "Shopify orders export"
    SHOPIFY_INVENTORY = "Shopify inventory export"
    COUNT = "count file"
    MARKS = "file of marks"
    ORDER_LIST = "list of orders"

    @property
    def called(self) -> str:
        """The same in the operator's language."""
        return said_word(self.name.lower(), str(self), of="dialect")


@dataclass(frozen=True)
class Part:
    """What one table of a file gave."""

    dialect: Dialect
    about: str
    tables: Mapping[str, pd.DataFrame]
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """A file that was read.

    `tables` has names and columns of `unfulfill.tables` (a count file: `counts` with sku, barcode, location, counted);
    what the file cannot say is missing. `complete` is false where the file says, or shows, that something was left
    out; `reasons` say what. `notes` say what a reader should know, `ignored` names the columns that were not used.
    """

    path: Path
    dialect: Dialect
    about: str
    tables: Mapping[str, pd.DataFrame]
    complete: bool
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    rows: int = 0  # below the header, blank ones not counted
    problems: tuple[str, ...] = ()  # rows and cells that could not be read: the tables lack them
