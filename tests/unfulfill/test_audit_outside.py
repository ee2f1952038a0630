"""Cancels outside the workbench, told apart from its own by the journals of the run folders."""

from collections.abc import Callable

from unfulfill import ui
from unfulfill.tables import FULFILLMENTS
from unfulfill.ui.mark_book import MarkBook
from unfulfill.ui.marking_choices import choices_of
from unfulfill.workbench import Workbench

OpenRun = Callable[..., Workbench]


def merge_into(wb: Workbench, before: Workbench) -> None:
    """Make the export of `wb` one that was merged into that of `before`."""
    earlier = before.run.load_table(FULFILLMENTS).set_index("fulfillment_id")["status"]
    now = wb.run.load_table(FULFILLMENTS)
    status = now["fulfillment_id"].map(earlier).astype(now["status"].dtype)
    wb.run.save_table(FULFILLMENTS, now.assign(status_before=status))


def test_a_cancel_in_the_admin_is_told_and_one_of_a_neighbouring_run_is_not(
    workbench: OpenRun, staff: object
) -> None:
    monday = workbench("monday", with_audit=True).ensure("plan")
    plan = monday.load_plan()
    monday.apply(plan.digest)
    ours = {change.fulfillment_id for change in plan.changes}
    marks = monday.marks()
    other = marks.loc[~marks["fulfillment_id"].isin(ours) & marks["locked"].isna(), "fulfillment_id"].iloc[0]
    assert staff.write("FulfillmentCancel", id=other)["userErrors"] == []  # type: ignore[attr-defined]
    tuesday = workbench("tuesday")
    tuesday.export()
    merge_into(tuesday, monday)
    broken = tuesday.run.folder.with_name("broken")
    (broken / "undo").mkdir(parents=True)
    (broken / "run.json").write_bytes(monday.run.path("run.json").read_bytes())
    (broken / "journal.sqlite").write_text("no journal")
    (broken / "undo" / "journal.sqlite").write_bytes(b"")
    tuesday.run.folder.with_name("a file").write_text("")

    findings = tuesday.audit().findings

    told = findings[findings["kind"] == "cancelled_elsewhere"]
    assert list(told["fulfillment_id"]) == [other]
    assert (
        "not by this workbench" in ui.findings_view(tuesday.last_audit(), tuesday.identity, most=10_000).text
    )
    assert other not in set(tuesday.propose()["fulfillment_id"])
    book = MarkBook(tuesday)
    assert "cancelled_elsewhere" not in {kind for kind, _ in choices_of(book.rows, book.audit())["kind"]}
    assert "not by this workbench" in tuesday.report().read_text()


def test_an_export_without_such_a_cancel_reads_no_journal(workbench: OpenRun) -> None:
    wb = workbench("monday").ensure("export")
    wb.run.path("journal.sqlite").write_text("damaged")

    assert "cancelled_elsewhere" not in set(wb.audit().findings["kind"])
