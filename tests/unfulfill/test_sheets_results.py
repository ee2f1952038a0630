from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from plans_made import cancel, ended, hold, plan_of, read_back, skip

from unfulfill.model import (
    Change,
    LevelState,
    Plan,
    RecreateFulfillment,
    RequestCancellation,
    Result,
    Reversibility,
    SetOnHand,
    Tracking,
    VerdictKind,
)
from unfulfill.sheets import ResultRow, result_rows, write_results


def test_a_case_that_was_applied_and_confirmed_is_ok() -> None:
    plan = plan_of(cancel(1), hold(1))

    rows = result_rows(plan, ended(*plan.changes), read_back(*plan.changes))

    assert rows == (
        ResultRow(
            "1", "#1001", "1", "hold", "burst", "OK", "CancelFulfillment: applied; HoldFulfillmentOrder: applied",
            "undoable, new ids", "confirmed", "m0001",
        ),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("result", "word"),
    [
        (Result.APPLIED, "OK"),
        (Result.ALREADY_DONE, "OK"),
        (Result.STALE, "Skipped"),
        (Result.BLOCKED, "Skipped"),
        (Result.REFUSED, "Failed"),
        (Result.NEEDS_PERSON, "Failed"),
    ],
)
def test_each_result_has_its_word_in_an_import_results_file(result: Result, word: str) -> None:
    plan = plan_of(cancel(1))

    (row,) = result_rows(plan, ended(cancel(1), result=result, message="because"), {})

    assert (row.result, row.comment, row.verdict) == (
        word,
        f"CancelFulfillment: {result.value} (because)",
        "not verified",
    )


def test_each_kind_of_case_has_its_decision_in_words() -> None:
    rest = replace(cancel(2), id="m0002-rest", action=RecreateFulfillment((), Tracking(), "L1"), before=None)
    request = replace(cancel(3), id="m0003-request", action=RequestCancellation((), ""))
    stock = Change(
        "s0001-stock", "s0001", "", "", "", SetOnHand("I1", "L1", 7, 0, "key"), Reversibility.UNDOABLE,
        LevelState("I1", "L1", "Warehouse", "TEE", 5, 5, 0), reason="7 counted",
    )  # fmt: skip
    held = replace(hold(4), needs=())
    plan = plan_of(cancel(1), cancel(2), rest, request, cancel(4), replace(rest, case="m0004"), held, stock)

    rows = result_rows(plan, {}, {})

    assert [(row.order_name, row.decision) for row in rows] == [
        ("#1001", "unfulfill"),
        ("#1002", "unfulfill part"),
        ("#1003", "request_cancellation"),
        ("#1004", "hold part"),
        ("TEE @ Warehouse", "set on hand"),
    ]


def test_one_failed_change_fails_the_whole_case() -> None:
    plan = plan_of(cancel(1), hold(1))
    outcomes = ended(cancel(1)) | ended(hold(1), result=Result.REFUSED)

    assert [row.result for row in result_rows(plan, outcomes, {})] == ["Failed"]


def test_applied_but_not_so_when_read_back_is_failed() -> None:
    plan = plan_of(cancel(1))

    (row,) = result_rows(plan, ended(cancel(1)), read_back(cancel(1), kind=VerdictKind.NOT_APPLIED))

    assert (row.result, row.verdict) == ("Failed", "not applied")


def test_no_mark_is_lost_between_plan_and_results() -> None:
    plan: Plan = plan_of(cancel(1), cancel(2), skips=(skip(3), skip(4, "kept")))

    rows = result_rows(plan, ended(cancel(1)), {})

    assert [(row.fulfillment_id, row.result) for row in rows] == [
        ("1", "OK"), ("2", "Skipped"), ("3", "Skipped"), ("4", "Skipped"),
    ]  # fmt: skip


def test_the_sheet_holds_text_only_with_filters_and_a_frozen_header(tmp_path: Path) -> None:
    plan = plan_of(cancel(1, reason="=1+1", name="=cmd"), skips=(skip(2),))
    path = tmp_path / "results.xlsx"

    write_results(path, result_rows(plan, ended(*plan.changes), read_back(*plan.changes)))

    sheet = openpyxl.load_workbook(path)["Results"]
    assert [cell.value for cell in sheet[1]][5:7] == ["Import Result", "Import Comment"]
    assert (sheet["B2"].value, sheet["E2"].value) == ("=cmd", "=1+1")
    assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value is not None} == {"s"}
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:N3")


def test_a_run_without_marks_gives_a_sheet_with_its_header(tmp_path: Path) -> None:
    write_results(tmp_path / "results.xlsx", ())

    assert openpyxl.load_workbook(tmp_path / "results.xlsx")["Results"].max_row == 1
