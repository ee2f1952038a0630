"""The notebooks in French: every heading and sentence of ours, with numbers and times as French writes them."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from french import english_pieces

from unfulfill import Filters, ui
from unfulfill.ui.applying import ApplyPanel
from unfulfill.ui.contacting import FirstContactPanel
from unfulfill.ui.marking import MarkingPanel
from unfulfill.ui.secret_form import SecretForm
from unfulfill.ui.shown import Shown
from unfulfill.words.saying import messages
from unfulfill.workbench import Workbench

OpenRun = Callable[..., Workbench]


@pytest.fixture(autouse=True)
def _in_french(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNFULFILL_LANGUAGE", "fr")


def test_every_view_has_french_headings_and_no_english_sentence_of_ours(workbench: OpenRun) -> None:
    wb = workbench(with_audit=True).ensure("plan")
    audit, plan, marks = wb.audit(), wb.load_plan(), wb.marks()
    applied = wb.apply(plan.digest)

    shown = [
        ui.status_view(wb.status()),
        ui.strip_view(wb.status()),
        ui.preflight_view(wb.preflight()),
        ui.filters_view(Filters(created_from="2026-10-05", tags=("vip",))),
        ui.filters_view(Filters()),
        ui.fulfillments_view(wb.run.load_tables()),
        ui.findings_view(audit, wb.identity),
        ui.about_to_ship_view(None, wb.identity),
        ui.incidents_view(audit),
        ui.stock_view(audit),
        ui.explanations_view(audit),
        ui.evidence_view(audit, wb.run.load_tables()["fulfillments"]),
        ui.advice_view(marks),
        ui.marks_view(marks),
        ui.rules_view(wb.count_by_rules("")),
        ui.plan_view(plan, wb.forecast(plan)),
        ui.applied_view(applied),
        ui.verified_view(wb.verify(), plan),
        ui.report_view(Path("report.html")),
    ]

    headings = {text for one in shown for text in re.findall(r'<th scope="col"[^>]*>(.*?)</th>', one.markup)}
    french = {
        text.replace("'", "&#x27;") for key, text in messages("fr").items() if key.startswith("column.")
    }  # type: ignore[union-attr]
    assert len(headings) > 30
    assert headings - french == set()
    assert english_in(shown) == []


def english_in(shown: list[Shown]) -> list[str]:
    """Pieces of our English messages that stand in what is shown."""
    return english_pieces(one.text for one in shown)


def test_the_numbers_of_a_table_are_written_as_french_does() -> None:
    from unfulfill.ui.shown import table

    assert "1\u202f234\u202f567" in table(["Unités"], [(1_234_567,)]).markup


def test_the_panels_are_labelled_in_french(workbench: OpenRun) -> None:
    wb = workbench(with_audit=True).ensure("plan")
    plan = wb.load_plan()

    apply, contact = ApplyPanel(wb, plan), FirstContactPanel(wb)
    form = SecretForm(lambda *given: None, lambda shop: None)

    assert apply.typed.description == f"Pour approuver, tapez le nombre de commandes ({apply.orders})"
    assert (apply.button.description, apply.stop_button.description) == ("Appliquer le plan", "Arrêter")
    assert contact.plan_button.description == "Lire et planifier"
    assert form.words["check"] == "Vérifier et enregistrer"


def test_the_marking_table_speaks_french_to_the_browser(workbench: OpenRun) -> None:
    sent: list[dict[str, Any]] = []
    panel = MarkingPanel(workbench(with_audit=True))
    panel.widget.send = lambda message, buffers=None: sent.append(message)

    panel.receive({"op": "hello"})

    headings = [column["heading"] for column in panel.widget.columns]
    assert headings[:3] == ["Commande", "Décision", "Gravité"]
    assert panel.widget.words["mark_shown"] == "Marquer les {count} affichés"
    assert panel.widget.words["locale"] == "fr"
    (state,) = [message for message in sent if message["op"] == "state"][-1:]
    assert re.match(r"0 marqués\. \d+ lignes affichées sur \d+\. ", state["counts"])


def test_a_plan_that_waits_ends_with_3_in_french_too(workbench: OpenRun) -> None:
    plan = workbench(with_audit=True).ensure("plan").load_plan()

    shown = ui.plan_view(plan)

    assert shown.ending.exit_status == 3
    assert shown.ending.text == f"Un plan attend l'approbation\u00a0: son empreinte est {plan.digest}."
