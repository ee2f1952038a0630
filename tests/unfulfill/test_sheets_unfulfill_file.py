"""The unfulfill file: what is in it, what is not, and that an order is never torn apart."""

import csv
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from builders import NOW, fulfillment, gid, make_tables, order, quiet
from hypothesis import given
from hypothesis import strategies as st

from unfulfill.audit import audit_shop
from unfulfill.errors import ParameterRefused
from unfulfill.mark import make_marks, mark_rows
from unfulfill.sheets.left_out import LeftOut
from unfulfill.sheets.unfulfill_file import unfulfill_rows, unfulfill_tables, write_unfulfill_files


def decided(*parts: Any, protected: tuple[str, ...] = (), **changes: Any) -> tuple[list[str], list[str]]:
    """Ids that the file holds when every row is marked unfulfill, and why the others are not there."""
    tables = make_tables(*parts)
    marks = make_marks(tables, audit_shop(tables, now=NOW))
    ids = list(marks["fulfillment_id"])
    marks = mark_rows(marks, **({"decision": "unfulfill", "fulfillment_ids": ids} | changes))
    rows, left_out = unfulfill_rows(marks, tables, protected)
    return [id_.rsplit("/", 1)[-1] for id_ in rows["fulfillment_id"]], [row.reason for row in left_out]


def some_rows(*units: int) -> pd.DataFrame:
    """Rows of orders 1, 2, … with so many fulfillments each."""
    pairs = [(n, n * 100 + m) for n, count in enumerate(units, 1) for m in range(count)]
    return pd.DataFrame(
        {
            "order_id": [gid("Order", n) for n, _ in pairs],
            "fulfillment_id": [gid("Fulfillment", m) for _, m in pairs],
        }
    )


def test_every_row_that_is_decided_is_in_the_file_or_left_out_with_its_reason() -> None:
    tables = make_tables(order(1, name="#1001"), quiet(1), quiet(2), quiet(3), quiet(4))
    marks = make_marks(tables, audit_shop(tables, now=NOW))
    marks = mark_rows(marks, decision="unfulfill", fulfillment_ids=[gid("Fulfillment", 1)])
    marks = mark_rows(marks, decision="keep", fulfillment_ids=[gid("Fulfillment", 2)])
    marks = mark_rows(marks, decision="hold", fulfillment_ids=[gid("Fulfillment", 3)])

    rows, left_out = unfulfill_rows(marks, tables)

    assert rows.to_numpy().tolist() == [[gid("Order", 1), gid("Fulfillment", 1)]]
    assert set(left_out) == {
        LeftOut("#1002", "2", "marked to stay fulfilled"),
        LeftOut("#1003", "3", "a hold cannot be said in this file: use the plan"),
    }


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ((fulfillment(1, display_status="DELIVERED", delivered_at="2026-10-05"),), "delivered on 2026-10-05: unful"),
        ((quiet(1, service_type="THIRD_PARTY"),), "a service of another app"),
        ((quiet(1, service_type="THIRD_PARTY", status="PENDING"),), "its status was PENDING"),
        ((order(1, cancelled_at="2026-10-05"), quiet(1)), "the order is cancelled"),
        ((order(1, return_status="IN_PROGRESS"), quiet(1)), "a return is open"),
        ((order(1, refunded_at="2026-10-05"), quiet(1)), "refunded after"),
        ((order(1, tags="VIP, wholesale"), quiet(1)), "the order has the protected tag vip"),
    ],
)  # fmt: skip
def test_what_a_plan_would_skip_is_left_out(parts: tuple[Any, ...], reason: str) -> None:
    ids, reasons = decided(*parts, protected=("vip",))

    assert ids == []
    assert [why.startswith(reason) for why in reasons] == [True]


def test_a_part_is_left_out_and_an_override_lets_a_locked_row_through() -> None:
    locked = fulfillment(1, display_status="DELIVERED", delivered_at="2026-10-05")

    assert decided(locked, override="came back unopened") == (["1"], [])
    assert decided(quiet(1), part="SKU-1=1") == (
        [],
        ["only a part of it is marked, and the file cancels whole fulfillments: use the plan"],
    )


def test_a_mark_for_what_the_export_does_not_have_is_left_out() -> None:
    tables, others = make_tables(quiet(1)), make_tables(quiet(2))
    marks = make_marks(tables, audit_shop(tables, now=NOW))
    marks = mark_rows(marks, decision="unfulfill", fulfillment_ids=[gid("Fulfillment", 1)])

    rows, left_out = unfulfill_rows(marks, others)

    assert (len(rows), [row.reason for row in left_out]) == (0, ["the export does not have it: export again"])


def test_the_rows_of_an_order_stand_together() -> None:
    parts = (
        quiet(1, created_at="2026-10-04 08:00:00"),
        quiet(2, created_at="2026-10-03 08:00:00"),
        quiet(3, order_number=1, lines={1: 1}, created_at="2026-10-02 08:00:00"),
    )

    assert decided(*parts) == (["1", "3", "2"], [])


def test_the_file_of_each_app_has_its_columns_and_nothing_else(tmp_path: Path) -> None:
    for app in ("matrixify", "altera"):
        write_unfulfill_files(tmp_path / app, some_rows(1), (), app=app, file_format="csv")

    text = {
        app: (tmp_path / app / "orders_unfulfill_1_of_1.csv").read_text() for app in ("matrixify", "altera")
    }
    assert text == {
        "matrixify": '"ID","Command","Line: Type","Fulfillment: ID","Fulfillment: Status"\n'
        '"1","UPDATE","Fulfillment Line","100","cancelled"\n',
        "altera": '"ID","Fulfillment: ID","Fulfillment: Status"\n"1","100","cancelled"\n',
    }


def test_a_workbook_has_the_sheet_orders_with_text_ids(tmp_path: Path) -> None:
    write_unfulfill_files(tmp_path / "files", some_rows(2), ())

    book = openpyxl.load_workbook(tmp_path / "files" / "orders_unfulfill_1_of_1.xlsx")
    assert book.sheetnames == ["Orders"]
    sheet = book["Orders"]
    assert [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)] == [
        ["1", "UPDATE", "Fulfillment Line", "100", "cancelled"],
        ["1", "UPDATE", "Fulfillment Line", "101", "cancelled"],
    ]
    assert {(sheet[place].data_type, sheet[place].number_format) for place in ("A2", "D2")} == {("s", "@")}


def test_files_are_numbered_and_what_is_left_out_lies_beside_them(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "files"

    files = write_unfulfill_files(
        folder, some_rows(1, 2, 1), [LeftOut("=#1", "9", "why")], file_format="csv", limit=2
    )

    assert files == {"orders_unfulfill_1_of_2.csv": 3, "orders_unfulfill_2_of_2.csv": 1}
    assert {path.name for path in folder.iterdir()} == {*files, "left_out.csv"}
    assert list(csv.reader((folder / "left_out.csv").read_text("utf-8-sig").splitlines())) == [
        ["What", "Fulfillment: ID", "Reason"],
        ["'=#1", "9", "why"],
    ]


@given(st.lists(st.integers(1, 4), min_size=1, max_size=30), st.none() | st.integers(1, 12))
def test_no_file_tears_an_order_apart_or_exceeds_the_limit_and_no_row_is_lost(
    units: list[int], limit: int | None
) -> None:
    rows = some_rows(*units)

    tables = unfulfill_tables(rows, "matrixify", limit)

    orders = [set(table["ID"].to_pylist()) for table in tables]
    assert sum(map(len, orders)) == len(units)
    assert max(map(len, orders)) <= (limit or len(units))
    assert len(tables) == (1 if limit is None else -(-len(units) // limit))
    written = [id_ for table in tables for id_ in table["Fulfillment: ID"].to_pylist()]
    assert written == [id_.rsplit("/", 1)[-1] for id_ in rows["fulfillment_id"]]


def test_files_never_lie_beside_older_ones_and_a_failure_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    write_unfulfill_files(folder, some_rows(1), ())
    with pytest.raises(ParameterRefused, match="not an empty folder"):
        write_unfulfill_files(folder, some_rows(2), ())
    with pytest.raises(ParameterRefused, match="a number of orders from 1"):
        write_unfulfill_files(tmp_path / "other", some_rows(1), (), limit=0)
    with pytest.raises(AttributeError):
        write_unfulfill_files(tmp_path / "broken", some_rows(1), ["no row"])  # type: ignore[list-item]

    assert [path.name for path in tmp_path.iterdir()] == ["files"]
