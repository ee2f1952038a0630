"""Every notebook in a real JupyterLab: all cells from a fresh kernel, marking, approving, stopping, undoing."""

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

import sandbox_shop

ORDERS_IN_PLAN = "print(len({change.order_id for change in plan.changes}))"
NOTEBOOKS = ("0_start", "1_export", "2_audit", "3_mark", "4_plan_and_apply", "5_verify_and_report", "6_undo")


MARK_MANY = """
from unfulfill import open_workbench
wb = open_workbench("sandbox", "{run}").ensure("mark")
marks = wb.marks()
free = marks.loc[marks["locked"].isna() & (marks["decision"] == ""), "fulfillment_id"].head(230)
wb.mark("unfulfill", fulfillment_ids=free, reason="never left", by="test")
wb.sandbox.stop()
print("marked")
"""


def seed(folder: Path, latency_ms: int = 0, size: int = 60) -> None:
    """An incident shop for the run folders in `folder`; slow, where something is to be stopped."""
    folder.mkdir(parents=True)
    shop = sandbox_shop.start(folder / "sandbox_shop.sqlite", seed=7, size=size)
    shop.stop()
    if latency_ms:
        with closing(sqlite3.connect(folder / "sandbox_shop.sqlite")) as world, world:
            world.execute("insert or replace into meta values('latency_ms', ?)", (str(latency_ms),))


@pytest.fixture(scope="session")
def practice(lab: Any) -> str:
    """One run folder that the notebooks share, as they do for a person."""
    seed(lab.root / "runs" / "practice")
    return "runs/practice/run"


def writes(root: Path, run: str) -> int:
    """Mutations that the shop of a run folder has seen."""
    world = (root / run).parent / "sandbox_shop.sqlite"
    with closing(sqlite3.connect(world)) as connection:
        return int(
            connection.execute("select count(*) from request where mutation is not null").fetchone()[0]
        )


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_all_cells_of_a_notebook_run_and_change_nothing(
    name: str, practice: str, open_notebook: Callable[..., Any], lab: Any
) -> None:
    before = writes(lab.root, practice)

    notebook = open_notebook(name, run=practice)
    notebook.run_all()

    assert notebook.errors() == []
    assert notebook.out.count() > 0
    assert writes(lab.root, practice) == before


def test_a_plan_is_approved_stopped_and_finished_and_taken_back(
    open_notebook: Callable[..., Any], lab: Any
) -> None:
    seed(lab.root / "runs" / "applying", latency_ms=200)
    run = "runs/applying/run"
    notebook = open_notebook("4_plan_and_apply", run=run)
    notebook.run_all()
    assert notebook.errors() == []
    page, status = notebook.page, notebook.out.get_by_role("status")
    apply = page.get_by_role("button", name="Apply the plan")
    orders = int(notebook.python(ORDERS_IN_PLAN))
    assert orders > 2
    assert writes(lab.root, run) == 0

    expect(apply).to_be_disabled()
    page.get_by_label("To approve").fill(str(orders + 1))
    expect(apply).to_be_disabled()
    page.get_by_label("To approve").fill(str(orders))
    expect(apply).to_be_enabled()
    apply.click()
    expect(status).to_contain_text("changes")
    assert notebook.python("print('awake')") == "awake"  # the kernel answers while it applies
    page.get_by_role("button", name="Stop").click()
    expect(status).to_contain_text("Apply again to go on")
    stopped = writes(lab.root, run)
    assert stopped < int(notebook.python("print(len(plan.changes))"))

    page.get_by_role("button", name="Go on").click()
    expect(status).to_contain_text("Read it back next", timeout=30_000)

    assert writes(lab.root, run) == int(notebook.python("print(len(plan.changes))"))

    undo = open_notebook("6_undo", run=run)
    undo.run_all()
    assert undo.errors() == []
    undo.page.get_by_label("To approve").fill(undo.python(ORDERS_IN_PLAN))
    undo.page.get_by_role("button", name="Apply the plan").click()
    expect(undo.out.get_by_role("status")).to_contain_text("Read it back next", timeout=30_000)


@pytest.mark.nightly
def test_three_hundred_marks_are_stopped_and_finished(open_notebook: Callable[..., Any], lab: Any) -> None:
    seed(lab.root / "runs" / "many", latency_ms=50, size=1_200)
    run = "runs/many/run"
    notebook = open_notebook("4_plan_and_apply", run=run)
    assert notebook.python(MARK_MANY.format(run=run)) == "marked"
    notebook.run_all()
    page, status = notebook.page, notebook.out.get_by_role("status")
    apply = page.get_by_role("button", name="Apply the plan")
    expect(apply).to_be_visible(timeout=120_000)
    changes = int(notebook.python("print(len(plan.changes))"))
    assert changes >= 300

    page.get_by_label("To approve").fill(notebook.python(ORDERS_IN_PLAN))
    apply.click()
    expect(status).to_contain_text(re.compile(r"\b1\d\d of"))
    page.get_by_role("button", name="Stop").click()
    expect(status).to_contain_text("Apply again to go on")
    stopped = writes(lab.root, run)
    page.get_by_role("button", name="Go on").click()
    expect(status).to_contain_text("Read it back next", timeout=180_000)

    assert 0 < stopped < changes
    assert writes(lab.root, run) == changes
    assert notebook.errors() == []


def test_a_shop_is_connected_and_its_token_is_in_no_notebook_and_no_widget(
    open_notebook: Callable[..., Any], lab: Any, tmp_path: Path
) -> None:
    seed(lab.root / "runs" / "connecting")
    notebook = open_notebook("0_start", run="runs/connecting/run")
    notebook.run_all()
    assert notebook.errors() == []
    page = notebook.page
    form = page.get_by_role("form", name="Connect a shop")
    status = notebook.out.filter(has=form).get_by_role("status")
    token = page.get_by_label("Access token", exact=True)
    with sandbox_shop.start(tmp_path / "world.sqlite", seed=7, size=60) as shop:
        page.get_by_label("Shop", exact=True).fill(f"{shop.url}/")
        page.get_by_label("Profile", exact=True).fill("of-mine")
        expect(status).to_contain_text(f"would be {shop.url}.")
        expect(page.get_by_label("Shop", exact=True)).to_have_value(shop.url)

        token.focus()
        page.keyboard.type("dd00")  # JupyterLab's keys for: delete the cell, restart the kernel
        token.fill(shop.token)
        page.get_by_role("button", name="Check and store").click()

        expect(status).to_contain_text("Connected.")
        expect(token).to_have_value("")
        expect(notebook.out.get_by_text("only a first cancel proves it")).to_have_count(2)
        kept = (lab.root / ".env").read_text()
        page.evaluate("() => jupyterapp.commands.execute('docmanager:save')")
        widgets = (
            "import ipywidgets, json; print(json.dumps(ipywidgets.Widget.get_manager_state(), default=str))"
        )
        state = notebook.python(widgets)

    assert kept == f"UNFULFILL_PROFILE_OF_MINE_TOKEN={shop.token}\n"
    assert "SecretForm" in state
    assert shop.token not in state
    saved = (lab.root / "notebooks" / "0_start-runs_connecting_run.ipynb").read_text()
    assert "SecretForm" in saved or "widget-view" in saved
    assert shop.token not in saved
    assert shop.token not in page.content()
