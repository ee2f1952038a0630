"""A plan, its outcomes and a fresh reading → one verdict for each change, and what stock should have done. Pure."""

from unfulfill.verify.half_done import open_cases
from unfulfill.verify.reading import DEAD, OrderedUnits, Reading
from unfulfill.verify.stock import (
    Moved,
    Quantity,
    StockRow,
    add_up,
    effect_of,
    expected_stock,
    landed_of,
    stock_rows,
)
from unfulfill.verify.verdicts import Verified, verify_plan

__all__ = [
    "DEAD",
    "Moved",
    "OrderedUnits",
    "Quantity",
    "Reading",
    "StockRow",
    "Verified",
    "add_up",
    "effect_of",
    "expected_stock",
    "landed_of",
    "open_cases",
    "stock_rows",
    "verify_plan",
]
