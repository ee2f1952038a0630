"""Whole columns at once: array types, Arrow columns made of numbers, and lots drawn."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

Numbers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]

MINUTE, HOUR, DAY = 60, 3_600, 86_400
NEVER = np.int64(-1)  # a time that is missing


def column(values: Any) -> pd.Series:
    """An Arrow array as a column of a table."""
    return pd.Series(pd.arrays.ArrowExtensionArray(pa.chunked_array([values])))


def gids(kind: str, numbers: Numbers, missing: Booleans | None = None) -> pd.Series:
    """gid://shopify/<kind>/<number>."""
    texts = pc.binary_join_element_wise(f"gid://shopify/{kind}/", pa.array(numbers).cast(pa.string()), "")
    return column(texts if missing is None else pc.if_else(pa.array(missing), None, texts))


def times(seconds: Numbers) -> pd.Series:
    """UTC times of seconds since 1970, missing where NEVER."""
    made = pa.array(seconds * 1_000_000, pa.int64(), mask=seconds == NEVER)
    return column(made.cast(pa.timestamp("us", tz="UTC")))


def words(codes: npt.NDArray[Any], texts: Sequence[str | None]) -> pd.Series:
    """The text of each code."""
    return column(pa.array(list(texts), pa.string()).take(pa.array(codes.astype(np.int64))))


def sizes(rng: np.random.Generator, total: int, least: int, most: int) -> list[int]:
    """Sizes of incidents, between `least` and `most` (small ones more often), that add up to `total`."""
    found: list[int] = []
    while total > 0:
        size = round(float(np.exp(rng.uniform(np.log(least), np.log(most + 1)))))
        found.append(min(size, total))
        total -= found[-1]
    return found
