"""The marking table in a real JupyterLab: filtered, marked by keyboard and together, taken back, and never lost."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

import sandbox_shop


def test_first(open_notebook: Callable[..., Any], lab: Any) -> None:
    folder = lab.root / "runs" / "marking"
    folder.mkdir(parents=True)
    sandbox_shop.start(folder / "sandbox_shop.sqlite", seed=7, size=60).stop()
    notebook = open_notebook("3_mark", run="runs/marking/run")
    notebook.run_all()
    assert notebook.errors() == []
    page = notebook.page
    grid = page.get_by_role("grid", name="Fulfillments")
    expect(grid.get_by_role("row")).not_to_have_count(1)
    page.wait_for_timeout(2000)
    grid.get_by_role("row").nth(3).get_by_role("gridcell").nth(2).click()
    page.wait_for_timeout(1000)
    page.screenshot(path="/tmp/grid/first.png")
