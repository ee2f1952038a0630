"""The marking table in a real JupyterLab: filtered, marked by keyboard and together, taken back, and never lost."""

import csv
import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

import sandbox_shop

OpenNotebook = Callable[..., Any]
AXE = Path(__file__).parent / "axe" / "axe.min.js"
HOSTILE = (  # what a shop's texts may hold: markup, a formula, text from right to left that turns others around
    """update line set name = '<img src=x onerror="window.hacked=1">' || char(8238) || 'evil' where id % 3 = 0""",
    """update line set sku = '=HYPERLINK("http://example.com")' where id % 3 = 1""",
    """update service set name = '<script>window.hacked=2</script>'""",
    """update "order" set name = '#' || number || ' שלום "''><b>' """,
)
VIOLATIONS = """async (tags) => {
  const { passes, violations } = await axe.run(".uw-marking", { runOnly: tags });
  if (!passes.some(({ id }) => id === "color-contrast")) return "the contrast was not checked";
  return violations.map(({ id, nodes }) => [id, nodes.map(({ html, failureSummary }) => [html, failureSummary])]);
}"""


def seed(folder: Path, *changes: str) -> None:
    folder.mkdir(parents=True)
    sandbox_shop.start(folder / "sandbox_shop.sqlite", seed=7, size=60).stop()
    with closing(sqlite3.connect(folder / "sandbox_shop.sqlite")) as world, world:
        for change in changes:
            world.execute(change)


class Table:
    """The marking table of an open notebook 3."""

    def __init__(self, notebook: Any, path: Path) -> None:
        self.notebook, self.page, self.path = notebook, notebook.page, path
        notebook.run_all()
        assert notebook.errors() == []
        self.grid = self.page.get_by_role("grid", name="Fulfillments")
        self.rows = self.grid.get_by_role("row").filter(has=self.page.get_by_role("checkbox"))
        self.counts = self.page.locator(".uw-counts")
        expect(self.page.get_by_label("Location", exact=True).get_by_role("option").nth(1)).to_be_attached()

    def choose(self, label: str, text: str) -> None:
        """An option of a filter by how it begins, without its number."""
        option = self.page.get_by_label(label, exact=True).locator(
            "option", has_text=re.compile(f"^{re.escape(text)}")
        )
        self.page.get_by_label(label, exact=True).select_option(option.first.get_attribute("value"))

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def active(self) -> str:
        """The text of the cell that the keyboard is in."""
        return str(self.page.locator(".uw-active").inner_text())

    def saved(self) -> dict[str, tuple[str, str]]:
        """Order → decision and reason, of the decided rows of marks.csv."""
        if not self.path.exists():
            return {}
        with self.path.open(encoding="utf-8-sig", newline="") as file:
            return {
                row["order_name"]: (row["decision"], row["reason"])
                for row in csv.DictReader(file)
                if row["decision"]
            }


@pytest.fixture
def open_table(open_notebook: OpenNotebook, lab: Any) -> Callable[..., Table]:
    def open_(name: str, *changes: str, more: str = "") -> Table:
        folder = lab.root / "runs" / name
        if not folder.exists():
            seed(folder, *changes)
        parameters = {"run": f"runs/{name}/run", **({"reason": more} if more else {})}
        return Table(open_notebook("3_mark", **parameters), folder / "run" / "marks.csv")

    return open_


def test_rows_are_marked_by_keyboard_and_together_taken_back_and_kept_by_a_new_kernel(
    open_table: Callable[..., Table],
) -> None:
    table = open_table("marking")
    page, press = table.page, table.press
    page.get_by_label("Reason", exact=True).first.fill("never shipped")
    table.choose("Lock", "not locked")
    expect(table.counts).not_to_contain_text("55 of 55")
    shown = int(re.search(r"(\d+) of 55", table.counts.inner_text())[1])  # type: ignore[index]

    table.grid.focus()
    press("ArrowDown", "ArrowDown", "End", "Home", "ArrowRight")
    second = table.active()
    press("Space")
    expect(table.counts).to_contain_text("1 marked.")
    expect(table.counts).to_contain_text("Saved in marks.csv")
    order = table.rows.nth(2).get_by_role("gridcell").nth(1).inner_text()
    assert (second, table.saved()) == (order, {order: ("unfulfill", "never shipped")})

    press("ArrowDown", "ArrowDown", "Shift+Space")
    expect(table.counts).to_contain_text("3 marked.")
    press("Control+z")
    expect(table.counts).to_contain_text("1 marked.")
    press("Control+y")
    expect(table.counts).to_contain_text("3 marked.")
    press("Control+End")
    last = table.active()
    assert int(str(table.grid.get_attribute("aria-activedescendant")).split("-")[-2]) == shown - 1
    press("Control+Home")
    page.keyboard.type(last.removeprefix("#") if last.startswith("#") else order)
    press("d", "d", "0", "0")  # JupyterLab's keys for: delete the cell, restart the kernel
    expect(page.get_by_text("No order shown begins with")).to_be_visible()
    assert table.notebook.python("print(len(wb.marks()))") == "55"

    table.choose("Incident", "")  # the first option is "any"
    page.get_by_label("Incident", exact=True).select_option(index=1)
    expect(page.get_by_role("button", name=re.compile(r"Mark as advised \([1-9]"))).to_be_enabled()
    before = len(table.saved())
    page.get_by_role("button", name="Mark as advised").click()
    expect(page.get_by_text("Rows marked as the audit advises")).to_be_visible()
    marks = table.saved()
    assert len(marks) > before
    page.get_by_label("Find", exact=True).fill(order)
    expect(table.counts).to_contain_text("hidden by the filter")

    page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    again = Table(table.notebook, table.path)
    expect(again.counts).to_contain_text(f"{len(marks)} marked.")
    assert again.saved() == marks


def test_a_locked_row_needs_a_typed_override_and_a_second_editor_is_told(
    open_table: Callable[..., Table],
) -> None:
    anna, ben = open_table("locked"), open_table("locked", more="second")
    page = anna.page
    anna.choose("Lock", "locked")
    expect(anna.rows.first.get_by_role("gridcell").nth(5)).not_to_be_empty()
    order = anna.rows.first.get_by_role("gridcell").nth(1).inner_text()
    anna.rows.first.get_by_role("checkbox").click()
    card = page.get_by_role("complementary", name="The order")
    expect(card.get_by_role("heading", name=f"Order {order}")).to_be_visible()
    expect(card.get_by_text("This row is locked")).to_be_visible()
    why = card.get_by_label("Why it is cancelled although it left")
    expect(why).to_be_focused()
    card.get_by_role("button", name="Save this row").click()
    expect(card.get_by_text("The row is locked: ")).to_be_visible()
    assert anna.saved() == {}

    page.keyboard.type("dd00")  # goes nowhere: the button has the focus
    why.fill("it stands in the hall")
    card.get_by_role("button", name="Save this row").click()
    expect(card.get_by_text("Saved.")).to_be_visible()
    assert anna.saved() == {order: ("unfulfill", "")}

    ben.page.bring_to_front()
    ben.rows.nth(1).get_by_role("checkbox").click()
    expect(ben.page.get_by_text("marks.csv was changed elsewhere")).to_be_visible()
    assert anna.saved() == {order: ("unfulfill", "")}
    ben.page.get_by_role("button", name="Load again").click()
    expect(ben.page.get_by_text("decided differently elsewhere: 1")).to_be_visible()
    expect(ben.counts).to_contain_text("1 marked.")


def test_hostile_texts_are_shown_as_text_and_the_table_is_accessible_in_both_themes(
    open_table: Callable[..., Table], tmp_path: Path
) -> None:
    table = open_table("hostile", *HOSTILE)
    page = table.page
    page.add_script_tag(content=AXE.read_text(encoding="utf-8"))
    table.choose("Finding", "")
    page.get_by_label("Severity", exact=True).select_option("high")
    # Or a row is clicked that the filter is about to hide.
    expect(table.counts).not_to_contain_text("55 of 55")
    expect(table.rows.first).to_contain_text("<b>")
    table.rows.first.get_by_role("gridcell").nth(1).click()
    card = page.get_by_role("complementary", name="The order")
    expect(card).to_contain_text("שלום")
    page.get_by_role("button", name=re.compile("^Mark all")).click()
    expect(page.get_by_text("Rows marked")).to_be_visible()
    expect(card.get_by_label("Decision", exact=True)).to_have_value(
        "unfulfill"
    )  # it follows what was done to all
    page.get_by_label("Severity", exact=True).select_option("")
    expect(table.counts).to_contain_text("55 of 55")

    drawn = table.rows.count()
    whole = table.page.locator(".uw-marking").inner_text()
    assert "=HYPERLINK" in whole
    assert page.evaluate("() => window.hacked") is None
    assert page.locator(".uw-marking :is(img, script, b)").count() == 0
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as marks.xlsx").click()
    marks, file = table.saved(), tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    page.get_by_role("button", name="Undo").click()
    expect(table.counts).to_contain_text("0 marked.")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Load marks.xlsx").click()
    chooser.value.set_files(file)
    expect(page.get_by_text("Rows changed as marks.xlsx says: 11.")).to_be_visible()
    assert table.saved() == marks

    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        page.evaluate("(theme) => jupyterapp.commands.execute('apputils:change-theme', { theme })", theme)
        page.wait_for_function(
            "(dark) => document.body.dataset.jpThemeLight === String(!dark)", arg=theme.endswith("Dark")
        )
        assert table.rows.count() == drawn  # nothing is lost while the theme changes
        found = page.evaluate(VIOLATIONS, [f"wcag{level}" for level in ("2a", "2aa", "21a", "21aa", "22aa")])
        assert found == [], f"{theme}: {json.dumps(found, indent=1)}"
    page.evaluate("() => jupyterapp.commands.execute('apputils:change-theme', { theme: 'JupyterLab Light' })")
