"""What each result looks like and how it says that a step ended."""

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from unfulfill import Filters, ui
from unfulfill.errors import RunFolderRefused
from unfulfill.model import Verdict, VerdictKind
from unfulfill.verify import Verified
from unfulfill.workbench import Workbench

OpenRun = Callable[..., Workbench]


def test_a_waiting_plan_shows_its_digest_and_ends_with_3(workbench: OpenRun) -> None:
    plan = workbench(with_audit=True).ensure("plan").load_plan()

    shown = ui.plan_view(plan)

    assert shown.ending.exit_status == 3
    assert plan.digest in shown.ending.text
    assert plan.digest in shown.text
    assert ui.plan_view(plan, approved=True).ending.exit_status == 0


def test_an_empty_plan_is_nothing_to_do(workbench: OpenRun) -> None:
    plan = workbench(with_audit=True).plan()

    shown = ui.plan_view(plan)

    assert (shown.ending.exit_status, shown.text) == (0, "There is nothing to do.")
    assert ui.verified_view(Verified(()), plan).text == "The plan has no change."


def test_what_was_applied_and_read_back_is_told_in_numbers(workbench: OpenRun) -> None:
    wb = workbench(with_audit=True).ensure("plan")
    plan = wb.load_plan()

    applied = ui.applied_view(wb.apply(plan.digest))
    verified = ui.verified_view(wb.verify(), plan)

    assert (applied.ending.exit_status, verified.ending.exit_status) == (0, 0)
    assert f"All {len(plan.changes)} changes" in applied.text
    assert f"All {len(plan.changes)} changes are confirmed" in verified.text


def test_a_change_that_is_not_as_planned_ends_with_5(workbench: OpenRun) -> None:
    plan = workbench(with_audit=True).ensure("plan").load_plan()
    wrong = Verdict(plan.changes[0].id, VerdictKind.NOT_APPLIED, "still SUCCESS <b>")

    shown = ui.verified_view(Verified((wrong,)), plan)

    assert shown.ending.exit_status == 5
    assert "<b>" not in shown.markup


def test_a_plan_that_was_never_applied_has_nothing_to_read_back(workbench: OpenRun) -> None:
    wb = workbench(with_audit=True).ensure("plan")

    shown = ui.verified_view(wb.verify(), wb.load_plan())

    assert "Nothing of this plan was applied yet" in shown.text
    assert shown.ending.exit_status == 0


def test_status_names_the_next_notebook(workbench: OpenRun) -> None:
    wb = workbench()
    assert "Next: export, in the notebook 1_export." in ui.status_view(wb.status()).text

    wb.ensure("plan")

    assert "Next: apply, in the notebook 4_plan_and_apply." in ui.status_view(wb.status()).text


def test_what_is_read_back_and_reported_before_an_apply_is_no_step_that_is_done(workbench: OpenRun) -> None:
    wb = workbench().ensure("plan")
    wb.verify()
    wb.report()

    assert [step.done for step in wb.status().steps if step.name in ("apply", "verify", "report")] == [
        False
    ] * 3
    wb.apply(wb.load_plan().digest)
    assert [step.done for step in wb.status().steps] == [True] * 7


def test_an_undo_that_was_stopped_comes_next_and_one_that_has_ended_is_told(workbench: OpenRun) -> None:
    wb = workbench(with_audit=True).ensure("plan")
    wb.apply(wb.load_plan().digest)
    wb.ensure("report")
    plan, undoing, stop = wb.undo(), wb.undo_workbench(), threading.Event()
    assert wb.status().next == "" and "undo" not in ui.strip_view(wb.status()).text

    undoing.apply(plan.digest, stop=stop, progress=lambda done, total, text="": stop.set() if done else None)

    shown = ui.strip_view(wb.status())
    assert wb.status().next == "undo" and 'href="6_undo.ipynb"' in shown.markup
    assert f"of {len(plan.changes)} changes done" in shown.markup.partition("undo:")[2]
    undoing.apply(plan.digest)
    total = len(plan.changes)
    assert f"undo: {total} of {total} changes done, Every step is done." in ui.strip_view(wb.status()).text


def test_the_audit_alone_is_a_page_to_share_also_after_a_plan(workbench: OpenRun) -> None:
    wb = workbench().ensure("plan")

    page = wb.audit_report().read_text(encoding="utf-8")

    assert "Nothing was planned or changed." in page
    assert "What was found" in page
    assert wb.load_plan().digest not in page


def test_nothing_is_shared_of_a_run_that_was_not_audited(workbench: OpenRun) -> None:
    with pytest.raises(RunFolderRefused, match="run audit first"):
        workbench().audit_report()


def test_the_strip_says_which_shop_and_what_comes_next(workbench: OpenRun) -> None:
    wb = workbench()
    before = ui.strip_view(wb.status())
    wb.ensure("plan")
    after = ui.strip_view(replace(wb.status(), is_sandbox=False, shop_name="<b>Acme</b>"))

    assert before.text.startswith("SANDBOX, ")
    assert before.text.endswith("Next: 1_export")
    assert after.text.startswith("LIVE SHOP, ")
    assert 'href="4_plan_and_apply.ipynb"' in after.markup
    assert "fulfillments marked" in after.text
    assert "<b>Acme" not in after.markup
    assert "Missing, and done now" not in before.text
    assert "sandbox: export, audit, mark, plan (marked as the audit advises)." in after.text
    assert "Missing, and done now" not in ui.strip_view(workbench().status()).text


def test_what_is_advised_is_counted_in_whatever_order_the_findings_are_told(workbench: OpenRun) -> None:
    marks = workbench().ensure("audit").marks().head(3)
    told = ["burst, no_tracking", "no_tracking, burst", "burst"]

    shown = ui.advice_view(
        marks.assign(findings=told, right_fix="unfulfill", locked=[None, "delivered", None])
    )

    assert "burst, no tracking 2 1" in " ".join(shown.text.split())


def test_marks_begin_with_the_gravest_findings_and_of_equals_with_the_newest(workbench: OpenRun) -> None:
    marks = workbench().ensure("audit").marks()
    rank = marks["severity"].map({"high": 0, "medium": 1, "low": 2}).fillna(3)

    assert rank.is_monotonic_increasing and set(rank) == {0, 1, 2, 3}
    assert all(part["created_at"].is_monotonic_decreasing for _, part in marks.groupby(rank))


def test_no_table_is_shown_where_nothing_is_marked(workbench: OpenRun) -> None:
    marks = workbench().ensure("audit").marks()

    assert ui.marks_view(marks).text == f"0 of {len(marks)} fulfillments are marked; 0 are to be kept."


def test_an_incomplete_export_is_told_with_its_reasons(workbench: OpenRun) -> None:
    manifest = replace(workbench().export(), complete=False, reasons=("3 orders are missing",))

    shown = ui.export_view(manifest)

    assert "NOT complete: 3 orders are missing" in shown.text
    assert shown.ending.exit_status == 3


def test_the_way_of_an_export_is_told(workbench: OpenRun) -> None:
    workbench("monday").export()

    merged = workbench("tuesday").export(since="last")
    filtered = workbench("wednesday").export(Filters(carriers=("Parcello",)))

    assert "Only what changed since the export in monday of 2026-" in ui.export_view(merged).text
    assert "Forecast: 60 orders and" in ui.export_view(filtered).text
    assert "Shopify cannot filter by carrier" in ui.export_view(filtered).text


def test_a_spreadsheet_that_nobody_could_read_is_not_written(
    workbench: OpenRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    wb = workbench()
    wb.export()
    was_there = wb.run.has("orders.xlsx")
    monkeypatch.setattr("unfulfill.workbench.auditing.MOST_IN_A_SHEET", 59)

    wb.export()

    assert (was_there, wb.run.has("orders.xlsx")) == (True, False)


def test_the_audit_and_the_shelf_are_told(workbench: OpenRun) -> None:
    wb = workbench().ensure("export")

    audit = wb.audit()

    assert "findings in" in ui.findings_view(audit, wb.identity).text
    assert "<a " not in ui.findings_view(audit, wb.identity).markup  # a sandbox has no admin

    real = replace(wb.identity, is_sandbox=False, domain="acme.myshopify.com")
    order = audit.findings["order_id"].dropna().iloc[0].rsplit("/", 1)[-1]
    link = f'<a href="https://admin.shopify.com/store/acme/orders/{order}" target="_blank" rel="noopener noreferrer">#'
    assert link in ui.findings_view(audit, real).markup
    assert "were counted" in ui.stock_view(audit).text
