"""What rules look at: one row a fulfillment of the marks, with its order and what the audit says. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from unfulfill.rules.columns import COLUMNS
from unfulfill.tables import ARROW_TYPES

# Which columns of the exported tables `make_review` reads.
REVIEWED_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "orders": (
        "order_id", "created_at", "paid_at", "cancelled_at", "closed_at", "refunded_at", "financial_status",
        "return_status", "source_name", "tags", "test", "total_amount",
    ),
    "fulfillments": (
        "fulfillment_id", "display_status", "service_name", "service_type", "tracking_company", "total_quantity",
    ),
}  # fmt: skip
_OF_ORDER = {"created_at": "ordered_at", "total_amount": "total"}
_OF_FULFILLMENT = {
    "service_name": "service",
    "tracking_company": "carrier",
    "total_quantity": "units",
}
_OF_MARK = {"created_at": "fulfilled_at", "location_name": "location", "tracking_numbers": "tracking"}
_TYPES = {
    "text": ARROW_TYPES["text"],
    "words": ARROW_TYPES["text"],
    "number": pa.float64(),
    "time": ARROW_TYPES["time"],
    "flag": ARROW_TYPES["flag"],
}


def make_review(
    tables: Mapping[str, pd.DataFrame], marks: pd.DataFrame, findings: pd.DataFrame, now: datetime
) -> pd.DataFrame:
    """One row for each of MARKS, in its order, with the columns that rules may ask about and no others.

    `now` is the shop's time of the export. What the export does not know of a row is missing.
    """
    rows = pd.concat(
        [
            marks.rename(columns=_OF_MARK).reset_index(drop=True),
            _looked_up(marks["order_id"], tables["orders"]).rename(columns=_OF_ORDER),
            _looked_up(marks["fulfillment_id"], tables["fulfillments"]).rename(columns=_OF_FULFILLMENT),
            _looked_up(marks["fulfillment_id"], _incidents(findings)),
        ],
        axis=1,
    )
    rows = rows.assign(
        total=_numbers(rows["total"]),
        is_tracked=rows["tracking"].fillna("").str.strip() != "",
        is_locked=rows["locked"].notna(),
        minutes_from_payment=_seconds(rows["fulfilled_at"] - rows["paid_at"]) / 60,
        days_since_ordered=_seconds(pd.Timestamp(now) - rows["ordered_at"]) / 86_400,
        days_since_fulfilled=_seconds(pd.Timestamp(now) - rows["fulfilled_at"]) / 86_400,
    )
    typed = {name: rows[name].astype(pd.ArrowDtype(_TYPES[column.kind])) for name, column in COLUMNS.items()}
    return pd.DataFrame(typed)


def _looked_up(keys: pd.Series, table: pd.DataFrame) -> pd.DataFrame:
    """The row of `table` for each key, which is the column of the same name there; missing where there is none.

    Arrow's look-up: a merge of texts takes ten times as long.
    """
    arrow: Any = pa.table({name: pa.array(table[name]) for name in table.columns})
    at = pc.index_in(pa.array(keys), value_set=arrow[keys.name].combine_chunks())
    found: pd.DataFrame = arrow.drop_columns([keys.name]).take(at).to_pandas(types_mapper=pd.ArrowDtype)
    return found


def _incidents(findings: pd.DataFrame) -> pd.DataFrame:
    """Names of the incidents of each fulfillment that belongs to one; hardly any belongs to two."""
    named = findings.loc[
        findings["fulfillment_id"].notna() & findings["incident"].notna(), ["fulfillment_id", "incident"]
    ].drop_duplicates()
    more = named.duplicated("fulfillment_id", keep=False)
    names = named[more].groupby("fulfillment_id")["incident"].agg("; ".join)
    doubled: pd.DataFrame = names.reset_index()
    return pd.concat([named[~more], doubled], ignore_index=True)


def _numbers(amounts: pd.Series) -> pd.Series:
    """Money as numbers; what is no amount is missing."""
    text = pa.array(amounts, type=pa.string())
    is_amount = pc.match_substring_regex(text, r"^-?[0-9]{1,15}(\.[0-9]{1,6})?$")
    numbers: Any = pc.cast(pc.if_else(is_amount, text, pa.scalar(None, pa.string())), pa.float64())
    return pd.Series(pd.arrays.ArrowExtensionArray(numbers), index=amounts.index)


def _seconds(span: pd.Series) -> pd.Series:
    seconds: pd.Series = span.astype(pd.ArrowDtype(pa.duration("us"))).dt.total_seconds()
    return seconds
