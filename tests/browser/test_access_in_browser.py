"""Every notebook for those who see little or use no mouse: axe on all that is ours, in both themes, and the Tab key.

Looked at are the outputs of our cells. JupyterLab's own frame around them (menus, toolbar, editors of cells) is not
ours to change.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from test_notebooks_in_browser import NOTEBOOKS, seed

pytestmark = pytest.mark.gate


AXE = Path(__file__).parent / "axe" / "axe.min.js"
THEMES = ("JupyterLab Light", "JupyterLab Dark")
OURS = ".jp-OutputArea-output"
VIOLATIONS = """async ([ours, tags]) => {
  document.body.style.height = "100vh";  // JupyterLab's has none, so that axe takes all text for cut off
  const { passes, violations, incomplete } = await axe.run(ours, { runOnly: tags });
  const [sure, unsure] = [passes, incomplete].map((results) =>
    results.filter(({ id }) => id === "color-contrast").flatMap(({ nodes }) => nodes).length);
  if (sure < 5 || sure < unsure) return [`the contrast of ${sure} texts was checked, of ${unsure} it was not`];
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html, any, all, none }) =>
    [id, html.slice(0, 300), ...[...any, ...all, ...none].map(({ message }) => message)]));
}"""
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
TALL = """() => Math.ceil(
  Math.max(...[...document.querySelectorAll(".jp-WindowedPanel-outer")].map((each) => each.scrollHeight)))"""
MOST_PX = 14_000
# The other theme is there, and the page that JupyterLab lays over all while it changes is gone.
IS_SHOWN = """(theme) => document.body.dataset.jpThemeName === theme
  && document.getElementById("jupyterlab-splash") === null"""
# What Tab reaches inside one output, by the name that a screen reader says.
REACHED = """() => {
  const { activeElement } = document;
  if (!activeElement.closest(".jp-OutputArea-output")) return null;
  const label = activeElement.labels?.[0]?.textContent || activeElement.getAttribute("aria-label")
    || activeElement.textContent;
  return label.trim();
}"""


@pytest.fixture(scope="module")
def run(lab: Any) -> str:
    """One run folder for all notebooks, as a person has."""
    seed(lab.root / "runs" / "access")
    return "runs/access/run"


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_every_output_is_accessible_in_both_themes(
    name: str, run: str, open_notebook: Callable[..., Any]
) -> None:
    notebook = open_notebook(name, run=run)
    notebook.run_all()
    assert notebook.errors() == []
    page = notebook.page
    page.wait_for_load_state("networkidle")
    height = page.evaluate(TALL)
    page.set_viewport_size(
        {"width": 1400, "height": min(height + 160, MOST_PX)}
    )  # or cells below are not there
    page.add_script_tag(path=str(AXE))

    found = {}
    for theme in THEMES:
        page.evaluate("(theme) => jupyterapp.commands.execute('apputils:change-theme', { theme })", theme)
        page.wait_for_function(IS_SHOWN, arg=theme)
        found[theme] = page.evaluate(VIOLATIONS, [OURS, LEVELS])
    page.evaluate("(theme) => jupyterapp.commands.execute('apputils:change-theme', { theme })", THEMES[0])

    assert found == {theme: [] for theme in THEMES}


def reached_by_tab(page: Any, first: Any) -> list[str]:
    """The names of what Tab reaches from `first` on, until it leaves our outputs or comes to a cell's end."""
    first.focus()
    names = []
    while (name := page.evaluate(REACHED)) is not None and len(names) < 60:
        names.append(name)
        page.keyboard.press("Tab")
    return names


def begins(names: list[str], *wanted: str) -> bool:
    """Whether names that begin so come in this order, whatever stands between them."""
    rest = iter(names)
    return all(any(name.startswith(one) for name in rest) for one in wanted)


def test_tab_reaches_what_connects_a_shop(run: str, open_notebook: Callable[..., Any]) -> None:
    notebook = open_notebook("0_start", run=run)
    notebook.run_all()

    names = reached_by_tab(notebook.page, notebook.page.get_by_label("Shop", exact=True))

    assert begins(names, "Shop", "Profile", "access token", "Access token", "Check and store"), names


def test_tab_reaches_the_controls_of_the_audit(lab: Any, open_notebook: Callable[..., Any]) -> None:
    seed(lab.root / "runs" / "unmarked")
    notebook = open_notebook("2_audit", run="runs/unmarked/run")
    notebook.run_all()
    choose = notebook.page.get_by_role("button", name="Choose a file")

    names = reached_by_tab(notebook.page, choose)

    marking = notebook.page.get_by_role("button", name="as advised").count()
    assert sum(name.startswith("Mark ") for name in names) == marking > 0
    assert begins(names, "Choose a file", "Mark ", "Look into"), names


def test_tab_reaches_filters_then_decisions_then_the_table_once(
    run: str, open_notebook: Callable[..., Any]
) -> None:
    notebook = open_notebook("3_mark", run=run)
    notebook.run_all()
    expect(notebook.page.get_by_role("grid").get_by_role("row").nth(1)).to_be_visible()

    names = reached_by_tab(notebook.page, notebook.page.get_by_label("Find", exact=True))

    wanted = (
        "Find",
        "Marked",
        "Finding",
        "Incident",
        "Clear the filters",
        "Decision",
        "Reason",
        "Mark all",
        "Save as",
    )
    assert begins(names, *wanted), names
    after = names[next(at for at, name in enumerate(names) if name.startswith("Load marks.xlsx")) + 1 :]
    assert len(after) <= 2, names  # the table is one stop; arrows move within it


def test_tab_reaches_what_approves_and_applies_and_a_wrong_number_is_told(
    run: str, open_notebook: Callable[..., Any]
) -> None:
    notebook = open_notebook("4_plan_and_apply", run=run)
    notebook.run_all()
    number = notebook.page.get_by_label("To approve")
    orders = notebook.python("print(len({change.order_id for change in plan.changes}))")

    number.fill(f"{orders}7")
    expect(notebook.out.get_by_role("status").first).to_contain_text(f"type {orders} to approve it")
    number.fill(orders)
    expect(notebook.out.get_by_role("status").first).to_contain_text("Nothing has been sent")
    expect(notebook.page.get_by_role("button", name="Apply the plan")).to_be_enabled()

    assert begins(reached_by_tab(notebook.page, number), "To approve", "Apply the plan")
