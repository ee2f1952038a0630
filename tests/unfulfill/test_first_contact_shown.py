"""A first contact as people see it: panel, view and report. The record is hostile where a shop's text may be."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from contacts import quiet_orders, writes
from plans_made import AT, IDENTITY

from unfulfill import ui
from unfulfill.first_contact import FirstContact, Observation
from unfulfill.report import ReportData, render_report
from unfulfill.ui.contacting import FirstContactPanel, State
from unfulfill.workbench import Workbench

OpenRun = Callable[..., Workbench]
HOSTILE = "<img src=x onerror=alert(1)>"


def contact(**changes: Any) -> FirstContact:
    base = FirstContact(
        shop="made-up.myshopify.com",
        shop_id="gid://shopify/Shop/1",
        api_version="2026-10",
        taken_at=datetime(2026, 10, 20, 12, tzinfo=UTC),
        order_id="gid://shopify/Order/1",
        order_name="#1001",
        fulfillment_id="gid://shopify/Fulfillment/1",
        digest="d" * 64,
        cancelled=True,
        finished=True,
        observations=(
            Observation("Where do they wait?", "Warehouse", f"Berlin {HOSTILE}", False),
            Observation("Is its tracking kept?", "DHL, 1 number", "DHL, 1 number", True),
            Observation("Did the customer get an e-mail?", "no", "not visible", None),
        ),
        stock="In the first contact with #1001 a cancel raised on hand.",
    )
    return replace(base, **changes)


# The view


def test_a_plan_is_shown_with_its_steps_and_ends_with_3_and_its_digest(
    workbench: OpenRun, sandbox: Any
) -> None:
    planned = workbench().first_contact(quiet_orders(sandbox)[0])

    shown = ui.first_contact_view(planned)

    assert shown.ending.exit_status == 3
    assert planned.digest in shown.ending.text
    assert planned.digest in shown.text
    assert "Nothing was sent for it yet." in shown.text
    assert all(step[:50] in shown.text for step in planned.will_happen)


@pytest.mark.parametrize(("ending", "status"), [("", 0), ("paused", 4), ("refused", 5), ("person", 7)])
def test_how_it_ended_is_said_first_and_by_the_exit_status(ending: str, status: int) -> None:
    shown = ui.first_contact_view(contact(ending=ending, problem="It is so." if ending else ""))

    assert shown.ending.exit_status == status
    assert shown.text.startswith("It is so." if ending else "First contact with #1001: done")


def test_what_differs_is_marked_in_words_and_a_shops_text_is_escaped() -> None:
    shown = ui.first_contact_view(contact())

    assert "1 answer is not as expected" in shown.text
    assert re.search(r"Where do they wait\? .*NO, different", shown.text)
    assert re.search(r"Is its tracking kept\? .*yes", shown.text)
    assert re.search(r"e-mail\? .*–", shown.text)
    assert HOSTILE not in shown.markup
    assert "&lt;img" in shown.markup


def test_without_an_order_the_view_says_that_nothing_was_tried() -> None:
    shown = ui.first_contact_view(None)

    assert (shown.ending.exit_status, shown.text) == (
        0,
        "No order was tried: the parameter first_contact is blank.",
    )


def test_where_nobody_sits_the_panel_says_how_it_is_done(workbench: OpenRun) -> None:
    shown = ui.first_contact_panel(workbench())

    assert 'unfulfill run 0_start --run RUN -p first_contact "#1001"' in shown.text


# The report


def page(**parts: Any) -> str:
    return render_report(ReportData("run one", IDENTITY, AT, **parts))


def test_the_report_has_the_table_of_a_first_contact_and_marks_what_differs_in_words() -> None:
    text = page(first_contact=contact(warnings=("Its items are not tracked.",)))

    assert "<h2>First contact</h2>" in text
    assert "1 of 3 answers are not as expected." in text
    assert HOSTILE not in text
    assert re.search(r"Where do they wait\?</td><td>Warehouse</td><td>Berlin &lt;img.*NO, different", text)
    assert "Its items are not tracked." in text
    assert "First contact" not in page()


def test_the_report_says_what_a_person_must_do_where_it_did_not_go_as_planned() -> None:
    text = page(first_contact=contact(ending="person", problem="Order #1001 is unfulfilled: act."))

    assert "<strong>It did not go as planned:</strong> Order #1001 is unfulfilled: act." in text


def test_the_stock_table_tells_what_the_first_contact_measured(workbench: OpenRun, sandbox: Any) -> None:
    wb = workbench(with_audit=True).ensure("plan")
    planned = {change.order_name for change in wb.load_plan().changes}
    order = next(name for name in quiet_orders(sandbox) if name not in planned)
    measured = wb.first_contact(order, wb.first_contact(order).digest).check().stock
    wb.apply(wb.load_plan().digest).check()
    wb.verify()

    text = wb.report().read_text(encoding="utf-8")

    assert f"available stays. {measured}</p>" in text
    undoing = wb.undo_workbench()
    undoing.apply(wb.undo().digest)
    assert "<h2>First contact</h2>" in undoing.report().read_text(encoding="utf-8")


def test_the_headline_tells_of_a_first_contact_that_is_not_finished_and_of_one_that_was_taken_back() -> None:
    half = contact(finished=False, ending="person", problem="Order #1001 is unfulfilled: act.")

    assert "<strong>Order #1001, the first contact, needs a look.</strong>" in page(first_contact=half)
    assert "Nothing was changed but order #1001, which was tried and taken back." in page(
        first_contact=contact()
    )
    assert "Nothing was changed." in page(first_contact=contact(cancelled=False))


# The panel


def test_an_order_is_read_planned_approved_by_its_name_and_tried(workbench: OpenRun, sandbox: Any) -> None:
    panel = FirstContactPanel(wb := workbench())
    name = quiet_orders(sandbox)[0]
    assert panel.plan_button.disabled
    panel.order.value = name
    panel.plan_button.click()
    assert panel.wait(60)
    assert panel.state is State.PLANNED
    assert "Nothing was sent" in panel.status.value
    assert writes(sandbox) == []

    for wrong in ("", "yes", f"{name}1", "1"):
        panel.typed.value = wrong
        assert panel.go_button.disabled
        panel.go_button.click()
        assert panel.state is State.PLANNED
    panel.typed.value = f" {name} "
    panel.go_button.click()

    assert panel.wait(60)
    assert panel.state is State.DONE
    assert "May the token cancel" in panel.result.value
    assert panel.go_button.disabled
    assert writes(sandbox) == ["fulfillmentCancel", "fulfillmentCreate"]
    assert (wb.last_first_contact() or contact()).order_name == name


def test_a_refused_order_is_a_sentence_beside_the_button_and_another_may_be_named(
    workbench: OpenRun, sandbox: Any
) -> None:
    panel = FirstContactPanel(workbench())
    for asked, words in (("#99999", "shows no order"), (HOSTILE, "shows no order")):
        panel.order.value = asked
        panel.plan_button.click()
        assert panel.wait(60)
        assert panel.state is State.CHOOSING
        assert words in panel.status.value
        assert HOSTILE not in panel.status.value

    panel.order.value = quiet_orders(sandbox)[0]
    panel.plan_button.click()

    assert panel.wait(60)
    assert panel.state is State.PLANNED


def test_naming_another_order_takes_the_approval_back(workbench: OpenRun, sandbox: Any) -> None:
    first, second = quiet_orders(sandbox)[:2]
    panel = FirstContactPanel(workbench())
    panel.order.value = first
    panel.plan_button.click()
    assert panel.wait(60)
    panel.typed.value = first
    assert not panel.go_button.disabled

    panel.order.value = second

    assert panel.go_button.disabled
    panel.plan_button.click()
    assert panel.wait(60)
    assert panel.typed.value == ""
    assert second in panel.result.value


def test_the_panel_opens_with_the_last_record_and_survives_a_damaged_one(
    workbench: OpenRun, sandbox: Any
) -> None:
    wb, order = workbench(), quiet_orders(sandbox)[0]
    wb.first_contact(order, wb.first_contact(order).digest)

    assert f"with {order}" in FirstContactPanel(wb).status.value
    wb.run.path("first_contact.json").write_text(json.dumps({"shop": HOSTILE}))
    assert "move it away" in FirstContactPanel(wb).status.value


def test_a_person_is_called_in_the_panel_where_the_undo_cannot_be_done(
    workbench: OpenRun, sandbox: Any
) -> None:
    sandbox.control(
        "faults", {"add": {"kind": "user_error", "field": "fulfillmentCreate", "count": 1, "message": "No"}}
    )
    panel = FirstContactPanel(workbench())
    panel.order.value = panel.typed.value = quiet_orders(sandbox)[0]
    panel.plan_button.click()
    assert panel.wait(60)
    panel.typed.value = panel.order.value

    panel.go_button.click()

    assert panel.wait(60)
    assert "A person must act" in panel.result.value
