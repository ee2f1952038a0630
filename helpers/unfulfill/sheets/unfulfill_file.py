"""The unfulfill file: what was decided, in the form in which Matrixify or Altera takes it. Untested in either.

One row a fulfillment, its status `cancelled`, the rows of an order together. Altera's help describes three columns
(support.getaltera.com, 14450909, read 2026-11); for Matrixify two more are put together from what its users found:
a blank Command means NEW there, and without Line: Type a row is reported OK and does nothing. Nothing else stands in
it: no Name, by which another order could be found; no Line: ID, which would make a part of it; no receipt.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

import pandas as pd
import pyarrow as pa

from unfulfill.audit.evidence import moments
from unfulfill.audit.sentences import told
from unfulfill.errors import ParameterRefused
from unfulfill.model import Decision
from unfulfill.sheets.csv_stream import write_csv
from unfulfill.sheets.left_out import LEFT_OUT, LeftOut, write_left_out
from unfulfill.sheets.new_folder import write_new_folder
from unfulfill.sheets.xlsx_stream import SHEET_LIMIT, Column, write_workbook
from unfulfill.tables import ARROW_TYPES
from unfulfill.words import said

TEXT = pd.ArrowDtype(ARROW_TYPES["text"])
APPS: Mapping[str, tuple[str, ...]] = {
    "matrixify": ("ID", "Command", "Line: Type", "Fulfillment: ID", "Fulfillment: Status"),
    "altera": ("ID", "Fulfillment: ID", "Fulfillment: Status"),
}
FORMATS = ("xlsx", "csv")
_ALWAYS = {"Command": "UPDATE", "Line: Type": "Fulfillment Line", "Fulfillment: Status": "cancelled"}
_WIDTHS = {"ID": 18, "Command": 11, "Line: Type": 18, "Fulfillment: ID": 18, "Fulfillment: Status": 20}

# Which columns of the exported tables `unfulfill_rows` reads.
READ_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "orders": ("order_id", "tags", "cancelled_at", "return_status", "refunded_at"),
    "fulfillments": ("fulfillment_id", "order_id", "status", "service_type", "created_at"),
}


def unfulfill_rows(
    marks: pd.DataFrame, tables: Mapping[str, pd.DataFrame], protected_tags: Collection[str] = ()
) -> tuple[pd.DataFrame, tuple[LeftOut, ...]]:
    """(order_id, fulfillment_id) of what the file can say, rows of an order together; and every other decided row.

    What a plan would skip is left out too, as far as the export tells. An override counts as in a plan.
    """
    decided = marks[marks["decision"].fillna("") != ""]
    fulfillments, orders = (tables[name][list(READ_COLUMNS[name])] for name in ("fulfillments", "orders"))
    known = fulfillments[fulfillments["fulfillment_id"].isin(decided["fulfillment_id"])].merge(
        orders, on="order_id", how="left", validate="many_to_one", indicator="in_orders"
    )
    written = ["fulfillment_id", "order_name", "decision", "part", "override", "locked"]
    rows = decided[written].merge(known, on="fulfillment_id", how="left", validate="one_to_one")
    reason = pd.Series(None, index=rows.index, dtype=TEXT)
    for is_so, why in _reasons(rows, protected_tags):
        reason = reason.mask(reason.isna() & is_so.fillna(False).astype(bool), why)
    left_out = tuple(
        LeftOut(name or said("left_out.unknown_order"), id_.rsplit("/", 1)[-1], why)
        for name, id_, why in zip(rows["order_name"].fillna(""), rows["fulfillment_id"], reason, strict=True)
        if not pd.isna(why)
    )
    chosen = rows.loc[reason.isna(), ["order_id", "fulfillment_id"]]
    together = chosen.assign(place=chosen.groupby("order_id", sort=False).ngroup())
    return (
        together.sort_values("place", kind="stable", ignore_index=True)[["order_id", "fulfillment_id"]],
        left_out,
    )


def _reasons(
    rows: pd.DataFrame, protected_tags: Collection[str]
) -> Iterator[tuple[pd.Series, "str | pd.Series"]]:
    """Which rows cannot be in the file, and why; the first that holds counts."""
    decision, free = rows["decision"], rows["override"].fillna("") == ""
    yield decision == Decision.KEEP.value, said("refusal.kept")
    yield decision == Decision.HOLD.value, said("left_out.hold")
    yield decision == Decision.REQUEST.value, said("left_out.request")
    part = rows["part"].fillna("").str.strip()
    yield part != "", said("left_out.part")
    yield (
        rows["in_orders"].isna() | (rows["in_orders"] != "both"),
        said("left_out.not_exported"),
    )
    yield rows["status"] == "CANCELLED", said("left_out.cancelled")
    status = rows["status"].fillna(said("left_out.unknown"))
    yield rows["status"] != "SUCCESS", told("left_out.status", status=status)
    tags = ", " + rows["tags"].fillna("").str.lower() + ", "
    for tag in protected_tags:
        held = tags.str.contains(f", {tag.lower()}, ", regex=False)
        yield held, said("refusal.protected", tag=tag)
    locked = rows["locked"].fillna("")
    yield (locked != "") & free, told("left_out.locked", locked=locked)
    yield (
        (rows["service_type"] == "THIRD_PARTY") & free,
        said("left_out.at_service"),
    )
    yield rows["cancelled_at"].notna() & free, said("left_out.order_cancelled")
    returned = rows["return_status"].fillna("NO_RETURN")
    yield ~returned.isin(["NO_RETURN", ""]) & free, said("left_out.returned")
    is_later = moments(rows["refunded_at"]) > moments(rows["created_at"])
    yield is_later & free, said("left_out.refunded")


def unfulfill_tables(rows: pd.DataFrame, app: str, limit: int | None = None) -> list[pa.Table]:
    """One table a file, at most `limit` orders in each (None: all in one); an order is never torn apart."""
    place = (rows["order_id"] != rows["order_id"].shift()).fillna(True).astype(bool).cumsum() - 1
    number = place // limit if limit else place * 0
    return [_file_table(part, app) for _, part in rows.groupby(number.to_numpy(), sort=True)]


def _file_table(rows: pd.DataFrame, app: str) -> pa.Table:
    texts = {
        "ID": rows["order_id"].str.replace("^.*/", "", regex=True),
        "Fulfillment: ID": rows["fulfillment_id"].str.replace("^.*/", "", regex=True),
    }
    cells = {name: texts.get(name, [_ALWAYS.get(name)] * len(rows)) for name in APPS[app]}
    return pa.table({name: pa.array(values, pa.string()) for name, values in cells.items()})


def write_unfulfill_files(
    folder: Path,
    rows: pd.DataFrame,
    left_out: Sequence[LeftOut],
    *,
    app: str = "matrixify",
    file_format: str = "xlsx",
    limit: int | None = None,
) -> dict[str, int]:
    """Write the numbered files and left_out.csv into a new folder, all or none; returns file name → its rows.

    `limit` is what the app's plan takes in one file, in orders. Ids are text. The names hold "orders", by which
    Matrixify knows what a CSV is about; so does the sheet. Raises ParameterRefused.
    """
    if app not in APPS or file_format not in FORMATS or (limit is not None and limit < 1):
        raise ParameterRefused(said("file.app_or_format", apps=", ".join(APPS), formats=", ".join(FORMATS)))
    tables = unfulfill_tables(rows, app, limit)
    if file_format == "xlsx" and any(table.num_rows > SHEET_LIMIT for table in tables):
        raise ParameterRefused(said("file.many_rows"))
    digits = len(str(len(tables)))
    named = {
        f"orders_unfulfill_{number:0{digits}}_of_{len(tables)}.{file_format}": table
        for number, table in enumerate(tables, 1)
    }
    fills = {name: _fill(table, file_format) for name, table in named.items()}
    if left_out:
        fills[LEFT_OUT] = lambda file: write_left_out(file, left_out)
    write_new_folder(folder, fills)
    return {name: table.num_rows for name, table in named.items()}


def _fill(table: pa.Table, file_format: str) -> Callable[[IO[bytes]], object]:
    names = table.column_names
    if file_format == "csv":
        return lambda file: write_csv(file, names, [table])
    return lambda file: write_workbook(
        file, "Orders", [Column(name, _WIDTHS[name]) for name in names], [table]
    )
