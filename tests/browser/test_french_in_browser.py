"""The workbench in French in a real JupyterLab: chosen once, kept, and no label is cut off."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

import sandbox_shop

SPEAK = "import os; os.environ['UNFULFILL_LANGUAGE'] = 'fr'"
CUT = """() => [...document.querySelectorAll(".jp-OutputArea-output button, .jp-OutputArea-output label")]
  .filter((each) => each.offsetParent && each.scrollWidth > each.clientWidth + 1)
  .map((each) => each.textContent)"""


@pytest.fixture
def env_file(lab: Any) -> Iterator[Any]:
    """Where the choice is kept; as it was afterwards, for the other tests speak English."""
    file = lab.root / ".env"
    before = file.read_text() if file.exists() else None
    yield file
    file.unlink(missing_ok=True)
    if before is not None:
        file.touch(mode=0o600)
        file.write_text(before)


def test_a_language_is_chosen_from_the_list_and_kept_for_all_notebooks(
    open_notebook: Callable[..., Any], lab: Any, env_file: Any
) -> None:
    notebook = open_notebook("0_start", run="runs/french/run")
    notebook.run_all()
    assert notebook.errors() == []

    notebook.page.get_by_label("Language", exact=True).select_option("Français")

    expect(notebook.out.get_by_text("parle désormais français")).to_be_visible()
    assert "UNFULFILL_LANGUAGE=fr" in env_file.read_text().splitlines()
    other = open_notebook("2_audit", run="runs/french/run")
    other.run_all()
    assert other.errors() == []
    expect(other.out.get_by_text("Bonne correction").first).to_be_visible()
    expect(other.out.get_by_text("BAC À SABLE", exact=True)).to_be_visible()
    assert other.page.evaluate(CUT) == []


@pytest.mark.gate
def test_rows_are_marked_in_french(open_notebook: Callable[..., Any], lab: Any) -> None:
    (lab.root / "runs" / "marquer").mkdir(parents=True)
    sandbox_shop.start(lab.root / "runs" / "marquer" / "sandbox_shop.sqlite", seed=7, size=60).stop()
    notebook = open_notebook("3_mark", run="runs/marquer/run")
    notebook.python(SPEAK)
    notebook.run_all()
    assert notebook.errors() == []
    table = notebook.page.get_by_role("grid", name="Traitements")
    expect(table.get_by_role("columnheader", name="Gravité")).to_be_visible()

    notebook.page.get_by_role("button", name="Marquer selon le conseil").click()

    expect(notebook.out.get_by_text("Enregistré dans marks.csv.")).to_be_visible()
    assert notebook.page.evaluate(CUT) == []
    assert notebook.problems == []


@pytest.mark.gate
def test_a_plan_is_approved_and_applied_in_french(open_notebook: Callable[..., Any], lab: Any) -> None:
    (lab.root / "runs" / "appliquer").mkdir(parents=True)
    sandbox_shop.start(lab.root / "runs" / "appliquer" / "sandbox_shop.sqlite", seed=7, size=60).stop()
    notebook = open_notebook("4_plan_and_apply", run="runs/appliquer/run")
    notebook.python(SPEAK)
    notebook.run_all()
    assert notebook.errors() == []
    page = notebook.page
    apply = page.get_by_role("button", name="Appliquer le plan")
    expect(apply).to_be_disabled()
    expect(page.get_by_role("button", name="Arrêter")).to_be_disabled()
    assert page.evaluate(CUT) == []

    orders = notebook.python("print(len({change.order_id for change in plan.changes}))")
    page.get_by_label("Pour approuver").fill(orders)
    apply.click()

    expect(notebook.out.get_by_text("Relisez maintenant le résultat.")).to_be_visible(timeout=30_000)
    assert page.evaluate(CUT) == []
    assert notebook.problems == []
