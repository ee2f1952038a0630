"""The panel of the audit, used as a person uses it, on a real sandbox."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from unfulfill.audit import Audit
from unfulfill.ui.auditing import NONE, AuditPanel
from unfulfill.workbench import Workbench

OpenRun = Callable[..., Workbench]


def opened(workbench: OpenRun) -> tuple[Workbench, AuditPanel]:
    wb = workbench().ensure("audit")
    return wb, AuditPanel(wb, wb.last_audit())


def cards(panel: AuditPanel) -> list[tuple[str, Any, Any]]:
    """Markup, button and answer of every card."""
    return [
        (card.children[0].value, *card.children[1].children)
        for card in panel.cards.children
        if hasattr(card, "children")
    ]


def free(wb: Workbench, ids: set[str]) -> set[str]:
    marks = wb.marks()
    is_advised = (
        marks["right_fix"].isin(("unfulfill", "hold", "request_cancellation")) & marks["locked"].isna()
    )
    return set(marks.loc[is_advised & marks["fulfillment_id"].isin(ids), "fulfillment_id"])


def test_an_incident_is_marked_as_advised_by_one_click_and_what_was_decided_stays(workbench: OpenRun) -> None:
    wb, panel = opened(workbench)
    incident = panel.audit.incidents.iloc[0]
    members = panel.audit.findings.query("incident == @incident.incident")["fulfillment_id"].dropna()
    wanted = free(wb, set(members))
    kept = sorted(wanted)[0]
    wb.mark("keep", fulfillment_ids=[kept], reason="seen")

    panel = AuditPanel(wb, wb.last_audit())
    markup, button, told = cards(panel)[0]
    assert button.description == f"Mark {len(wanted) - 1} as advised"
    assert "1 decided already" in told.value

    button.click()

    marks = wb.marks().set_index("fulfillment_id")
    assert incident["incident"] in markup
    assert set(
        marks.index[marks["decision"].isin(("unfulfill", "hold", "request_cancellation"))]
    ) == wanted - {kept}
    assert marks.loc[kept, "decision"] == "keep"
    assert set(marks.loc[sorted(wanted - {kept}), "reason"]) == {incident["incident"]}
    assert (button.description, button.disabled) == ("Nothing to mark", True)
    assert f"{len(wanted)} decided already" in told.value


def test_an_explanation_is_marked_by_one_click(workbench: OpenRun) -> None:
    wb, panel = opened(workbench)
    chosen = panel.audit.causes[panel.audit.causes["role"] == "chosen"]
    ids = set(chosen["fulfillment_id"].dropna())

    for markup, button, _ in cards(panel):
        if re.search(r"explains? [0-9,]+ of ", markup) and not button.disabled:
            button.click()

    marks = wb.marks()
    marked = marks[marks["decision"] != ""]
    assert 0 < len(marked) <= len(ids)
    assert set(marked["fulfillment_id"]) <= free(wb, ids)
    assert marked["reason"].str.fullmatch("explains [0-9,]+ units of a count").all()


def test_a_dropped_count_is_compared_kept_and_shown(workbench: OpenRun) -> None:
    wb, panel = opened(workbench)
    level = wb.run.load_tables()["inventory_levels"].dropna(subset=["sku"]).iloc[0]
    rows = f"SKU,Location,Counted\n{level['sku']},{level['location_name']},{int(level['on_hand']) + 7}\n"

    panel.drop._receive(None, {"op": "file", "name": "C:\\fakepath\\shelf.csv"}, [memoryview(rows.encode())])

    assert "shelf.csv was compared" in panel.status.value
    assert "1 items at locations were counted, 1 differ" in panel.status.value
    assert wb.run.path("stock_count.csv").read_text() == rows
    assert int(panel.audit.stock["variance"].dropna().iloc[0]) == 7
    assert len(panel.place.options) == 2
    assert not panel.drop.busy


@pytest.mark.parametrize(
    "content", [b"", b"a,b\n1,2\n", b"\x00\x01\x02", b"SKU,Location,Counted\nNOBODY,Nowhere,x\n"]
)
def test_a_file_that_is_no_count_is_told_and_changes_nothing(workbench: OpenRun, content: bytes) -> None:
    wb, panel = opened(workbench)
    before, count = panel.audit, wb.run.path("stock_count.csv").read_bytes()

    panel.drop._receive(None, {"op": "file", "name": "shelf.csv"}, [content])

    assert "shelf.csv" in panel.status.value
    assert panel.audit is before
    assert wb.run.path("stock_count.csv").read_bytes() == count
    assert not panel.drop.busy


def test_what_the_browser_refuses_is_said(workbench: OpenRun) -> None:
    _, panel = opened(workbench)

    panel.drop._receive(None, {"op": "refused", "text": "Drop one <file> at a time."}, [])

    assert "Drop one &lt;file&gt; at a time." in panel.status.value


def test_an_item_that_differs_is_looked_into(workbench: OpenRun) -> None:
    _, panel = opened(workbench)
    assert panel.place.value == NONE
    label, row = panel.place.options[1]

    panel.place.value = row

    assert label.split(" at ")[0] in label
    assert "Shop says on hand" in panel.about_place.value
    panel.place.value = NONE
    assert panel.about_place.value == ""


def test_what_fails_unexpectedly_is_said_beside_its_button(
    workbench: OpenRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    wb, panel = opened(workbench)

    def fail(*_: object) -> Audit:
        raise OSError("no <space> left")

    monkeypatch.setattr(wb, "propose", fail)
    _, button, told = cards(panel)[0]

    button.click()

    assert "OSError: no &lt;space&gt; left" in told.value
