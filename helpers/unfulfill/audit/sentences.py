"""Sentences of the audit in the operator's language, for many rows at once."""

from collections.abc import Callable
from string import Formatter
from typing import Any

import pandas as pd

from unfulfill.tables import ARROW_TYPES
from unfulfill.words import day, form, number

TEXT = pd.ArrowDtype(ARROW_TYPES["text"])


def told(key: str, **columns: pd.Series) -> pd.Series:
    """The message of a key for each row, with columns in it; there is at least one.

    Whole numbers and times are written as the language does; `count` chooses among the forms of one and of many.
    """
    texts = {name: _texts(column) for name, column in columns.items()}
    if "count" not in columns:
        return _filled(form(key), texts)
    forms = columns["count"].map({count: form(key, count) for count in columns["count"].dropna().unique()})
    first, *others = forms.dropna().unique() if forms.notna().any() else [form(key, 0)]
    whole = _filled(first, texts)
    for other in others:
        whole = whole.mask((forms == other).fillna(False).astype(bool), _filled(other, texts))
    return whole


def days(times: pd.Series) -> pd.Series:
    """The day of each time (datetime64), missing where there is none."""
    number_, different = pd.factorize(times.dt.floor("D"))
    texts = pd.Series([day(each) for each in pd.DatetimeIndex(different)], dtype=TEXT)
    whole: pd.Series = texts.reindex(number_).set_axis(times.index)  # -1 where there is none
    return whole


def _texts(column: pd.Series) -> pd.Series:
    if pd.api.types.is_numeric_dtype(column.dtype):
        return each(column, number)
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return days(column)
    return column.astype(TEXT)


def each(column: pd.Series, written: Callable[[Any], str]) -> pd.Series:
    """Every value written otherwise; done once for those that are alike."""
    return column.map({value: written(value) for value in column.dropna().unique()}).astype(TEXT)


def _filled(message: str, texts: dict[str, pd.Series]) -> pd.Series:
    whole = pd.Series("", index=next(iter(texts.values())).index, dtype=TEXT)
    for literal, name, _, _ in Formatter().parse(message):
        whole = whole + literal
        whole = whole + texts[name] if name else whole
    return whole
