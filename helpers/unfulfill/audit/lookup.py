"""Rows looked up by their id, and put in order, by Arrow: with texts, pandas takes several times as long."""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

_ID = pa.large_string()


def positions(keys: pd.Series, known: pd.Series) -> np.ndarray:
    """Where each key stands in `known`, which has each once; -1 where it does not, or is missing."""
    found: Any = pc.index_in(_plain(keys), value_set=_plain(known), skip_nulls=True)
    at: np.ndarray = found.fill_null(-1).to_numpy(zero_copy_only=False).astype("int64")
    return at


def taken(column: pd.Series, at: np.ndarray) -> pd.Series:
    """The values at some positions, missing where that is -1."""
    arrow: Any = _one(pa.array(column)).take(pa.array(at, mask=at < 0))
    return pd.Series(pd.arrays.ArrowExtensionArray(arrow))


def in_order(rows: pd.DataFrame, columns: list[str]) -> np.ndarray:
    """Positions of the rows, sorted by some columns; what is missing comes last."""
    arrow: Any = pa.table({name: pa.array(rows[name]) for name in columns})
    order: np.ndarray = pc.sort_indices(arrow, [(name, "ascending") for name in columns]).to_numpy()
    return order


def _plain(ids: pd.Series) -> Any:
    return pc.cast(_one(pa.array(ids)), _ID)


def _one(values: Any) -> Any:
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
