"""The rows to mark, as columns to filter and sort by: the marks, and what export and audit say beside them."""

from collections.abc import Callable
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from unfulfill.audit import Audit
from unfulfill.mark import DECIDED, SEVERITIES
from unfulfill.row_index import Rows
from unfulfill.tables import FULFILLMENTS, ORDERS
from unfulfill.workbench import Workbench

KEY = "fulfillment_id"


def marking_rows(wb: Workbench, marks: pd.DataFrame, audit: Callable[[], Audit]) -> Rows:
    """Rows of MARKS. What is not in that table is read when it is needed for the first time: it may be large."""
    columns: dict[str, Any] = {str(name): pa.array(marks[name]) for name in marks.columns}

    def fulfilled(name: str) -> Callable[[], Any]:
        return lambda: _beside(columns[KEY], wb.run.load_table(FULFILLMENTS, columns=(KEY, name)), KEY, name)

    columns |= {name: fulfilled(name) for name in ("display_status", "service_name")}
    columns["source_name"] = lambda: _beside(
        columns["order_id"],
        wb.run.load_table(ORDERS, columns=("order_id", "source_name")),
        "order_id",
        "source_name",
    )
    columns["percent"] = lambda: _beside(columns[KEY], audit().evidence, KEY, "percent")
    columns["incidents"] = lambda: _beside(columns[KEY], _incidents(audit().findings), KEY, "incident")
    return Rows(columns, DECIDED, len(marks), {"severity": SEVERITIES})


def _beside(keys: Any, frame: pd.DataFrame, key: str, name: str) -> Any:
    """The values of a column of `frame` for these keys, missing where it has none."""
    places = pc.index_in(keys, pa.array(frame[key]))
    return pc.take(pa.array(frame[name]), places)


def _incidents(findings: pd.DataFrame) -> pd.DataFrame:
    """One row a fulfillment of some incident: their names, a line each."""
    named = findings.loc[
        findings[KEY].notna() & findings["incident"].notna(), [KEY, "incident"]
    ].drop_duplicates()
    joined = named.groupby(KEY)["incident"].agg("\n".join)
    return joined.astype(pd.ArrowDtype(pa.string())).reset_index()
