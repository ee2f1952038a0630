"""Notebook 2 as a person works on it: a count is dropped, an incident marked by one click, an item looked into."""

import csv
import io
from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect
from test_notebooks_in_browser import seed


def count_of_one_more(lab: Any, run: str) -> bytes:
    """The count of the shop's own shelf, with one unit more of its first item."""
    with (lab.root / run / "stock_count.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    counted = next(name for name in rows[0] if name.lower() == "counted")
    rows[0][counted] = str(int(rows[0][counted]) + 1)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def test_a_count_is_dropped_and_an_incident_marked_by_one_click(
    open_notebook: Callable[..., Any], lab: Any
) -> None:
    seed(lab.root / "runs" / "auditing")
    run = "runs/auditing/run"
    notebook = open_notebook("2_audit", run=run)
    notebook.run_all()
    assert notebook.errors() == []
    area = notebook.page.get_by_role("group", name="A count of the shelf")
    area.scroll_into_view_if_needed()

    given = {"name": "shelf <b>.csv", "mimeType": "text/csv", "buffer": count_of_one_more(lab, run)}
    area.locator("input[type=file]").set_input_files(given)

    expect(
        notebook.out.get_by_text("shelf <b>.csv was compared and is kept in the run folder")
    ).to_be_visible()

    mark = notebook.out.get_by_role("button", name="as advised").first
    count = int(mark.inner_text().split()[1])
    mark.click()

    expect(notebook.out.get_by_text(f"{count} decided already").first).to_be_visible()
    decided = "marks = wb.marks(); print(int((marks['decision'] != '').sum()))"
    assert notebook.python(decided) == str(count)

    place = notebook.out.get_by_label("Look into")
    place.select_option(index=1)
    expect(notebook.out.get_by_text("Shop says on hand")).to_be_visible()
