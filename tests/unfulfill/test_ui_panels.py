"""The panels, pressed as a person presses them, on a real sandbox."""

import itertools
from collections.abc import Callable
from typing import Any

from unfulfill import Limits, ui
from unfulfill.ui.applying import ApplyPanel, State
from unfulfill.ui.plan_views import orders_in
from unfulfill.workbench import Workbench

OpenRun = Callable[..., Workbench]


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
    assert "changes are in effect. Read it back next." in panel.status.value


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
    assert "changes done. Apply again" in panel.status.value
    assert "Apply again" not in panel.result.value and "applied" in panel.result.value

    done = f"{len(wb.outcomes())} of {len(plan.changes)} changes are done already"
    later = ApplyPanel(wb, plan)  # in another kernel, another day
    assert (later.state, later.button.description, later.bar.value) == (
        State.STOPPED,
        "Go on",
        len(wb.outcomes()),
    )
    assert done in later.status.value and later.button.disabled
    later.typed.value = "0"
    assert "not the number" in later.status.value and done in later.status.value
    assert done in ui.plan_view(plan, wb.forecast(plan)).text

    panel.bar.unobserve_all()
    panel.button.click()
    assert panel.wait(60)
    assert panel.state is State.DONE
    assert len(wb.outcomes()) == len(plan.changes)
    assert (ApplyPanel(wb, plan).state, "are done already" in ui.plan_view(plan, wb.forecast(plan)).text) == (
        State.DONE,
        False,
    )


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
    assert panel.widget.children == (panel.status,) and "nothing to apply" in panel.status.value


def test_a_plan_that_is_too_large_offers_no_approval_and_says_what_to_do(workbench: OpenRun) -> None:
    wb = workbench(with_audit=True).ensure("mark")
    panel = ApplyPanel(wb, wb.plan(Limits(max_cancels=1)))

    assert panel.widget.children == (panel.status,)
    assert "the limit is 1. Mark fewer rows, or raise the limit" in panel.status.value


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
    assert (state, "1 change had no effect so far" in first, "&lt;b&gt;no" in first) == (
        State.RUNNING,
        True,
        True,
    )
    assert any("points left" in words for words in said)
    names = {f"{change.order_name}:" for change in plan.changes}
    assert [name for name in names if f"were not made, the first is {name}" in panel.status.value] != []


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
