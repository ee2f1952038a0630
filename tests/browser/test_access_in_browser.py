"""Every notebook for those who see little or use no mouse: axe on all that is ours, in both themes, and the Tab key.

Looked at are the outputs of our cells. JupyterLab's own frame around them (menus, toolbar, editors of cells) is not
ours to change.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from test_notebooks_in_browser import NOTEBOOKS, seed

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
