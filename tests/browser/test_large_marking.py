"""A marking table with more rows than a browser has pixels to scroll: every row is reached, marked and saved."""

import csv
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
from grid_shop import make_run

ROWS = 320_000  # of 28 pixels: more than the 8 million that are drawn unscaled
ON_SCREEN = """() => {
  const grid = document.querySelector(".uw-grid").getBoundingClientRect();
  const isWhole = ({ top, bottom }) => top >= grid.top + 29 && bottom <= grid.bottom + 1;
  return [...document.querySelectorAll(".uw-row:not([hidden])")]
    .filter((row) => isWhole(row.getBoundingClientRect()))
    .map((row) => Number(row.getAttribute("aria-rowindex")) - 2).sort((a, b) => a - b);
}"""


@pytest.mark.gate
def test_every_row_of_a_large_table_is_reached_and_can_be_marked(
    open_notebook: Callable[..., Any], lab: Any
) -> None:
    run = make_run(lab.root / "runs", ROWS, seed=1)
    notebook = open_notebook("3_mark", run=str(run.relative_to(lab.root)))
    notebook.run_all()
    assert notebook.errors() == []
    page, grid = notebook.page, notebook.page.get_by_role("grid", name="Fulfillments")
    expect(page.locator(".uw-counts")).to_contain_text("rows shown")
    total = int(str(grid.get_attribute("aria-rowcount"))) - 1
    assert total * 28 > 8_000_000

    def place() -> int:
        """Where the keyboard is; the row is on the screen, whole, and its neighbours are drawn where they belong."""
        expect(page.locator(".uw-row:not([hidden])", has_text="…").first).not_to_be_visible()
        at = int(str(grid.get_attribute("aria-activedescendant")).split("-")[-2])
        shown = page.evaluate(ON_SCREEN)
        assert shown == list(range(shown[0], shown[-1] + 1))
        assert at in shown
        return at

    grid.focus()
    page.keyboard.press("Control+End")
    assert place() == total - 1
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    assert place() == total - 3
    page.keyboard.press("PageUp")
    above = place()
    assert total - 40 < above < total - 3
    page.keyboard.press("PageDown")
    assert place() == total - 3
    grid.evaluate("(grid) => (grid.scrollTop = grid.scrollHeight / 3)")
    page.wait_for_function(f"() => ({ON_SCREEN})().length > 10")
    middle = page.evaluate(ON_SCREEN)
    assert total / 4 < middle[0] < total / 2
    page.locator(f".uw-row[aria-rowindex='{middle[3] + 2}'] .uw-cell").nth(2).click()
    assert place() == middle[3]
    for step in range(1, 40):
        page.keyboard.press("ArrowDown")
        assert place() == middle[3] + step

    cells = page.locator(".uw-row:has(.uw-active) .uw-cell")
    order, lock = cells.nth(1).inner_text(), cells.nth(5).inner_text()
    page.keyboard.press("Space")
    if lock:
        expect(page.get_by_text("This row is locked")).to_be_visible(timeout=30_000)
        page.get_by_label("Why it is cancelled although it left").fill("seen")
        page.get_by_role("button", name="Save this row").click()
    expect(page.locator(".uw-counts")).to_contain_text("1 marked.", timeout=30_000)
    expect(page.locator(".uw-counts")).to_contain_text("Saved in marks.csv", timeout=30_000)

    with (run / "marks.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [row["order_name"] for row in csv.DictReader(file) if row["decision"]] == [order]
