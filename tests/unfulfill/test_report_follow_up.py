"""What a run leaves to people, as a list."""

import csv
import io
from dataclasses import replace
from typing import Any

import pytest
from builders import NOW, make_tables, order, quiet
from plans_made import AT, IDENTITY, cancel, ended, plan_of, skip

from unfulfill.audit import audit_shop
from unfulfill.model import Change, FulfillmentState, RequestCancellation, Result
from unfulfill.report import ReportData, follow_up, follow_up_csv, render_report
from unfulfill.report.follow_up import Task


def tasks(*changes: Change, result: Result = Result.APPLIED, **more: Any) -> list[Task]:
    plan = plan_of(*changes, **more)
    return follow_up(ReportData("run", IDENTITY, AT, plan=plan, outcomes=ended(*changes, result=result)))


def whats(*changes: Change, **more: Any) -> list[tuple[str, str]]:
    return [(task.order, task.what) for task in tasks(*changes, **more)]


def test_a_quiet_fulfillment_that_was_cancelled_leaves_nothing_to_do() -> None:
    assert tasks(cancel(1)) == []


def test_a_label_is_to_be_voided_and_a_parcel_that_left_to_be_stopped() -> None:
    printed, left = cancel(1, display_status="LABEL_PRINTED"), cancel(2, in_transit_at=AT)

    assert whats(printed, left) == [
        ("#1001", "Void the shipping label"),
        ("#1002", "Stop the parcel with the carrier, or expect its return"),
    ]
    assert tasks(left)[0].why == "DHL JD01"


def test_a_cancelled_or_refunded_order_reminds_of_the_money() -> None:
    before = cancel(1).before
    assert isinstance(before, FulfillmentState)
    gone = replace(cancel(1), before=replace(before, order=replace(before.order, cancelled=True)))

    assert whats(gone) == [("#1001", "See that the customer has the money back")]


def test_a_service_that_was_asked_is_waited_for_and_what_was_refused_is_looked_at() -> None:
    asked = replace(cancel(1), action=RequestCancellation((), ""))

    assert whats(asked) == [("#1001", "Wait for the answer of the service, then unfulfill")]
    assert whats(cancel(2), result=Result.NEEDS_PERSON) == [("#1002", "Look at the order in the admin")]


def test_an_undo_reminds_of_nothing_that_it_took_back() -> None:
    assert tasks(cancel(1, display_status="LABEL_PRINTED"), kind="undo") == []


@pytest.mark.parametrize(
    ("reason", "count"), [("locked", 1), ("returned", 1), ("kept", 0), ("already_cancelled", 0)]
)
def test_a_row_that_was_left_out_is_a_task_where_a_person_can_do_something(reason: str, count: int) -> None:
    left_out = replace(skip(1), reason=reason)
    plan = replace(plan_of(), skips=(left_out,))

    assert len(follow_up(ReportData("run", IDENTITY, AT, plan=plan))) == count


def test_findings_say_what_to_do_by_hand_and_once_which_setting_to_look_at() -> None:
    tables = make_tables(
        *(order(n, paid_at="2026-10-02T08:00:00Z") for n in (1, 2)),
        *(quiet(n, created_at="2026-10-02T08:00:05Z", tracking_numbers=None) for n in (1, 2)),
    )
    audit = audit_shop(tables, now=NOW)
    assert {"auto_fulfil", "no_tracking"} <= set(audit.findings["kind"])

    found = follow_up(ReportData("run", IDENTITY, AT, findings=audit.findings))

    assert [task.order for task in found if task.what == "Correct the tracking number"] == ["#1001", "#1002"]
    assert [task.why for task in found if not task.order] == ["2 findings: auto fulfil"]


def test_the_list_is_in_the_report_and_in_a_file_that_computes_nothing() -> None:
    hostile = replace(cancel(1, display_status="LABEL_PRINTED"), order_name="=1+1<b>")
    data = ReportData("run", IDENTITY, AT, plan=plan_of(hostile), outcomes=ended(hostile))

    page, rows = (
        render_report(data),
        list(csv.reader(io.StringIO(follow_up_csv(follow_up(data)).decode("utf-8-sig")))),
    )

    assert (
        "What is left to people" in page and "1 × Void the shipping label" in page and "=1+1&lt;b&gt;" in page
    )
    assert rows == [
        ["order", "what to do", "why", "done"],
        ["'=1+1<b>", "Void the shipping label", "DHL JD01", ""],
    ]
    assert "What is left to people" not in render_report(ReportData("run", IDENTITY, AT))
