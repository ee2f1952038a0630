"""The panels, pressed as a person presses them, on a real sandbox."""

import csv
import itertools
from collections.abc import Callable
from typing import Any

from unfulfill.ui.applying import ApplyPanel, State
from unfulfill.ui.marking import MarkingPanel
from unfulfill.ui.plan_views import orders_in
from unfulfill.workbench import Workbench

OpenRun = Callable[..., Workbench]


def saved(wb: Workbench) -> dict[str, tuple[str, str]]:
    with wb.run.path("marks.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        return {row["fulfillment_id"]: (row["decision"], row["reason"]) for row in rows if row["decision"]}


def press(panel: MarkingPanel, **message: object) -> None:
    panel.grid._handle_custom_msg(message, [])


def test_a_tick_is_saved_at_once_with_decision_and_reason(workbench: OpenRun) -> None:
    panel = MarkingPanel(wb := workbench(with_audit=True))
    panel.decision.value, panel.reason.value = "hold", "out of stock"
    id_ = panel.marks["fulfillment_id"].iloc[3]

    press(panel, op="tick", row=3, value=True)

    assert saved(wb) == {id_: ("hold", "out of stock")}
    assert "1 marked of" in panel.status.value

    press(panel, op="tick", row=3, value=False)

    assert saved(wb) == {}


def test_filtered_rows_are_marked_and_unmarked_together(workbench: OpenRun) -> None:
    panel = MarkingPanel(wb := workbench(with_audit=True))
    everything = panel.grid.total
    panel.kind.value = "no_tracking"
    panel.lock.value = "open"
    shown = panel.grid.total
    assert 0 < shown < everything

    panel.mark_button.click()

    assert len(saved(wb)) == shown
    panel.decided.value = "marked"
    assert panel.grid.total == shown
    panel.unmark_button.click()
    assert saved(wb) == {}


def test_an_incident_is_marked_as_advised_and_what_is_locked_or_decided_stays(workbench: OpenRun) -> None:
    panel = MarkingPanel(wb := workbench().ensure("audit"))
    assert panel.incident_button.disabled
    label, name = next(
        option for option in panel.incident.options[1:] if not option[0].endswith(": 0 to undo")
    )
    members = set(wb.last_audit().findings.query("incident == @name")["fulfillment_id"])
    rows = panel.marks[panel.marks["fulfillment_id"].isin(members)]
    fixes = rows["right_fix"].isin(("unfulfill", "hold", "request_cancellation")) & rows["locked"].isna()
    free = dict(zip(rows.loc[fixes, "fulfillment_id"], rows.loc[fixes, "right_fix"], strict=True))
    kept, *others = free
    panel.marks = wb.mark("keep", fulfillment_ids=[kept], reason="seen")
    panel.incident.value = name
    assert (panel.grid.total, label.startswith(name)) == (len(rows), True)
    assert f"The incident has {len(rows)} rows." in panel.status.value
    assert f" {len(others)}; decided already 1," in panel.status.value

    panel.incident_button.click()

    assert saved(wb) == {kept: ("keep", "seen"), **{id_: (free[id_], name) for id_ in others}}
    assert "none to mark" in panel.status.value
    assert panel.incident_button.disabled


def test_an_override_is_never_given_to_many_rows_at_once(workbench: OpenRun) -> None:
    panel = MarkingPanel(workbench(with_audit=True))
    panel.override.value = "I saw them on the shelf"

    panel.mark_button.click()

    assert (panel.marks["override"].fillna("") == "").all()


def test_a_part_is_saved_with_its_row_and_never_given_to_the_next_or_changed_with_many(
    workbench: OpenRun,
) -> None:
    panel = MarkingPanel(wb := workbench(with_audit=True))
    panel.part.value = " SKU-1=2 "

    press(panel, op="tick", row=0, value=True)
    press(panel, op="tick", row=1, value=True)

    assert wb.marks()["part"].tolist()[:2] == ["SKU-1=2", ""]
    assert panel.grid.page(0, 1)[0][4] == "SKU-1=2"

    panel.part.value = "SKU-1=1"
    panel.mark_button.click()

    assert wb.marks()["part"].tolist() == ["SKU-1=2"] + [""] * (len(wb.marks()) - 1)


def test_a_part_that_cannot_be_read_is_told_and_marks_nothing(workbench: OpenRun) -> None:
    panel = MarkingPanel(wb := workbench(with_audit=True))
    panel.part.value = "SKU-1=0"

    press(panel, op="tick", row=0, value=True)

    assert "is not a number of units" in panel.status.value
    assert panel.part.value == "SKU-1=0"
    assert (wb.marks()["decision"] == "").all()


def test_rows_are_found_by_any_word_of_theirs(workbench: OpenRun) -> None:
    panel = MarkingPanel(workbench(with_audit=True))
    order = panel.marks["order_name"].iloc[0]

    panel.find.value = f"  {order} "

    assert panel.grid.total >= 1
    assert {panel.marks["order_name"].iloc[row] for row in panel.grid.shown_rows} == {order}


def test_an_error_while_marking_is_shown_and_not_lost(workbench: OpenRun) -> None:
    panel = MarkingPanel(wb := workbench(with_audit=True))
    wb.run.path("marks.csv").write_text("no marks\n<b>\n")

    press(panel, op="tick", row=0, value=True)

    assert "marks.csv" in panel.status.value
    assert "<b>" not in panel.status.value


def test_a_plan_is_applied_only_after_its_number_of_orders_was_typed(workbench: OpenRun) -> None:
    wb = workbench(with_audit=True).ensure("plan")
    panel = ApplyPanel(wb, plan := wb.load_plan())
    assert panel.button.disabled

    for wrong in ("", "0", str(orders_in(plan) + 1), "many"):
        panel.typed.value = wrong
        panel.button.click()
        assert panel.state is State.READY
    assert wb.outcomes() == {}

    panel.typed.value = str(orders_in(plan))
    panel.button.click()

    assert panel.wait(60)
    assert panel.state is State.DONE
    assert panel.button.disabled
    assert len(wb.outcomes()) == len(plan.changes)
    assert "Finished." in panel.status.value


def test_a_small_plan_that_was_to_go_in_bulk_is_applied_and_told_how(workbench: OpenRun) -> None:
    wb = workbench(with_audit=True).ensure("plan")
    panel = ApplyPanel(wb, plan := wb.load_plan(), bulk=True)
    panel.typed.value = str(orders_in(plan))

    panel.button.click()

    assert panel.wait(60)
    assert panel.state is State.DONE
    assert "No bulk operation was started" in panel.result.value


def test_stop_ends_before_the_last_change_and_the_same_button_goes_on(workbench: OpenRun) -> None:
    wb = workbench(with_audit=True).ensure("plan")
    a_second_a_look = itertools.count().__next__
    panel = ApplyPanel(wb, plan := wb.load_plan(), clock=a_second_a_look)
    panel.typed.value = str(orders_in(plan))
    panel.bar.observe(lambda _: panel.stop(), names="value")
    panel.button.click()
    assert panel.wait(60)

    assert panel.state is State.STOPPED
    assert 0 < len(wb.outcomes()) < len(plan.changes)
    assert panel.button.description == "Go on"

    panel.bar.unobserve_all()
    panel.button.click()
    assert panel.wait(60)
    assert panel.state is State.DONE
    assert len(wb.outcomes()) == len(plan.changes)


def test_a_refusal_is_shown_beside_the_button(workbench: OpenRun) -> None:
    wb = workbench(with_audit=True).ensure("plan")
    panel = ApplyPanel(wb, plan := wb.load_plan())
    wb.run.path("plan.json").write_text("{}")
    panel.typed.value = str(orders_in(plan))

    panel.button.click()
    assert panel.wait(60)

    assert panel.state is State.FAILED
    assert "plan.json" in panel.status.value


def test_an_empty_plan_cannot_be_approved(workbench: OpenRun) -> None:
    wb = workbench(with_audit=True)
    panel = ApplyPanel(wb, wb.plan())
    panel.typed.value = "0"

    panel.button.click()

    assert panel.state is State.EMPTY
    assert panel.button.disabled


def test_a_second_person_types_their_own_name_and_only_then_it_is_applied(workbench: OpenRun) -> None:
    wb = workbench(with_audit=True).ensure("mark")
    wb.run.write("policy.toml", "second_person_above = 0")
    panel = ApplyPanel(wb, plan := wb.plan())
    assert panel.by.layout.display == ""
    assert "Two people must approve" in panel.status.value

    panel.typed.value = str(orders_in(plan))
    assert panel.button.disabled  # nobody has said who it is
    panel.by.value = "Anna"
    panel.button.click()
    assert panel.wait(60)

    assert (panel.state, panel.by.value, panel.typed.value) == (State.READY, "", "")
    assert "and Anna did so far" in panel.status.value
    assert wb.outcomes() == {}

    panel.by.value, panel.typed.value = "Ben", str(orders_in(plan))
    panel.button.click()
    assert panel.wait(60)
    assert panel.state is State.DONE
    assert len(wb.outcomes()) == len(plan.changes)


def test_a_plan_for_one_person_asks_for_no_name(workbench: OpenRun) -> None:
    wb = workbench(with_audit=True).ensure("plan")

    panel = ApplyPanel(wb, wb.load_plan())

    assert panel.by.layout.display == "none"
    assert panel.status.value == '<span role="status">Nothing has been sent to the shop.</span>'


def test_ten_refusals_in_a_row_are_told_and_a_person_says_whether_to_go_on(
    workbench: OpenRun, sandbox: Any
) -> None:
    sandbox.control("settings", {"bucket": {"maximum": 1_000_000, "rate": 10}})  # four threads
    wb = workbench(with_audit=True)
    marks = wb.marks()
    free = marks.loc[marks["locked"].isna(), "fulfillment_id"].tolist()
    wb.mark("unfulfill", fulfillment_ids=free, reason="never left")
    panel = ApplyPanel(wb, plan := wb.plan())
    assert len(plan.changes) > 20
    words = "The label <b>must</b> be voided first"
    sandbox.control(
        "faults", {"add": {"kind": "user_error", "field": "fulfillmentCancel", "count": 20, "message": words}}
    )
    panel.typed.value = str(orders_in(plan))

    panel.button.click()
    assert panel.wait(60)

    assert panel.state is State.STOPPED
    assert (
        "changes in a row were refused, the last with: Shopify refused: The label &lt;b&gt;must"
        in panel.status.value
    )
    assert (panel.button.description, panel.button.disabled) == ("Go on", False)
    assert len(wb.outcomes()) < len(plan.changes)
    sandbox.control("faults", {"clear": True})
    panel.button.click()
    assert panel.wait(60)
    assert panel.state is State.DONE
    assert len(wb.outcomes()) == len(plan.changes)


def test_stop_says_that_what_is_in_flight_is_ended_first(workbench: OpenRun) -> None:
    panel = ApplyPanel(wb := workbench(with_audit=True).ensure("plan"), wb.load_plan())
    panel.state = State.RUNNING

    panel.stop()

    assert "Stopping after what is in flight" in panel.status.value
    assert "after what is in flight" in panel.stop_button.tooltip


def test_what_had_no_effect_is_shown_while_the_rest_goes_on(workbench: OpenRun, sandbox: Any) -> None:
    wb = workbench(with_audit=True).ensure("plan")
    panel = ApplyPanel(wb, plan := wb.load_plan(), clock=itertools.count().__next__)
    fault = {"kind": "user_error", "field": "fulfillmentCancel", "count": 1, "message": "<b>no</b>"}
    sandbox.control("faults", {"add": fault})
    shown: list[tuple[State, str]] = []
    panel.result.observe(lambda change: shown.append((panel.state, change["new"])), names="value")
    said: list[str] = []
    panel.status.observe(lambda change: said.append(change["new"]), names="value")
    panel.typed.value = str(orders_in(plan))

    panel.button.click()
    assert panel.wait(60)

    state, first = shown[0]
    assert (state, "1 changes had no effect so far" in first, "&lt;b&gt;no" in first) == (
        State.RUNNING,
        True,
        True,
    )
    assert any("points left" in words for words in said)


def test_after_an_apply_two_buttons_read_it_back_and_show_what_takes_it_back(workbench: OpenRun) -> None:
    wb = workbench(with_audit=True).ensure("plan")
    panel = ApplyPanel(wb, plan := wb.load_plan())
    after = panel.after
    assert after.widget.layout.display == "none"
    panel.typed.value = str(orders_in(plan))
    panel.button.click()
    assert panel.wait(60)
    assert after.widget.layout.display == ""

    after.verify_button.click()
    assert after.wait(60)
    assert f"All {len(plan.changes)} changes are confirmed" in after.result.value

    after.undo_button.click()
    assert after.wait(60)
    assert "Nothing was sent. To approve it, open the notebook 6_undo." in after.result.value
    assert wb.undo_workbench().load_plan().kind == "undo"
    assert wb.undo_workbench().outcomes() == {}


def test_what_goes_wrong_after_an_apply_is_a_sentence_below_its_button(workbench: OpenRun) -> None:
    panel = ApplyPanel(wb := workbench(with_audit=True).ensure("plan"), wb.load_plan())
    wb.run.path("plan.json").write_text("{}")

    panel.after.verify_button.click()
    assert panel.after.wait(60)

    assert "plan.json" in panel.after.result.value
    assert not panel.after.verify_button.disabled
