"""Every page that the workbench writes, in a browser without a network: readable, printable, and open to everybody."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import sandbox_shop
from unfulfill.notebook_runner import run_notebook
from unfulfill.report.runs_page import render_runs
from unfulfill.share import share_notebooks
from unfulfill.workbench import open_workbench

AXE = Path(__file__).parent / "axe" / "axe.min.js"
NOTEBOOKS = ("0_start", "1_export", "2_audit", "3_mark", "4_plan_and_apply", "5_verify_and_report", "6_undo")
PAGES = ("report", "report_named", "undo_report", "audit", "runs", *NOTEBOOKS)
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
VIOLATIONS = """async (rules) => {
  const { passes, violations } = await axe.run(document, { runOnly: rules });
  if (!passes.some(({ id }) => id === "color-contrast")) return "the contrast was not checked";
  const told = ({ html, failureSummary }) => [html.slice(0, 200), failureSummary];
  return violations.map(({ id, nodes }) => [id, nodes.slice(0, 3).map(told)]);
}"""
OVERFLOW = "() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
# Charts say in words what they show; what is only beside a text that says the same is hidden from readers of screens.
NAMELESS = """() => [...document.querySelectorAll("svg:not([aria-hidden=true])")].filter((svg) => {
  const words = document.getElementById(svg.getAttribute("aria-labelledby"))?.textContent ?? "";
  return svg.getAttribute("role") !== "img" || words.trim().length < 20;
}).map((svg) => svg.outerHTML.slice(0, 200))"""
# What ends beyond the right edge of what would be printed.
CUT_OFF = """() => [...document.querySelectorAll("main *, header *, footer *")].filter((element) =>
  element.checkVisibility() && !element.closest("svg")
  && element.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
  .map((element) => element.outerHTML.slice(0, 150)).slice(0, 3)"""
A4 = {"width": 1032, "height": 703}  # landscape, less 12 mm on each side, in CSS pixels

pytestmark = [
    pytest.mark.gate,
    pytest.mark.filterwarnings("default"),  # Jupyter's own parts warn about each other
]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    """The pages of one run on the incident shop, from its notebooks, and of four nights."""
    folder = tmp_path_factory.mktemp("pages")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("UNFULFILL_HOME", str(folder))
        environment.setenv("XDG_STATE_HOME", str(folder / "state"))
        sandbox_shop.start(folder / "sandbox_shop.sqlite", seed=7, size=60).stop()
        for name in NOTEBOOKS[:5]:
            run_notebook(name, folder / "run", {})
        bench = open_workbench("sandbox", folder / "run")
        bench.apply(bench.load_plan().digest).check()
        bench.verify()
        bench.read_customers("full")
        found = {"report_named": bench.report("full").rename(folder / "named.html")}
        assert bench.sandbox is not None
        bench.sandbox.stop()
        for name in NOTEBOOKS[5:]:
            run_notebook(name, folder / "run", {})
        bench.undo_workbench().report()
        found |= {path.stem: path for path in share_notebooks(bench.run)}
        bench.shop.close()
    found["report"], found["audit"] = bench.run.path("report.html"), bench.run.path("audit.html")
    found["undo_report"] = bench.run.path("undo/report.html")
    found["runs"] = folder / "nightly.html"
    found["runs"].write_text(render_runs("nightly", NIGHTS), encoding="utf-8")
    yield found


def night(day: int, status: int, text: str, **more: Any) -> dict[str, Any]:
    """The summary of one night."""
    return {
        "schedule": "nightly", "shop": "sandbox", "run": f"runs/nightly-2026-11-{day}-0200", "seconds": 41.5,
        "started_at": f"2026-11-{day}T02:00:00+00:00", "status": status, "text": text, "failed_step": "",
        "orders": 1250, "fulfillments": 1190, "findings": 3 * day, "marked": day, "changes": day, "skips": 0,
        "plan": "", "applied": {}, "report": "", **more,
    }  # fmt: skip


NIGHTS = [
    night(29, 3, f"A plan of 29 changes awaits approval: {'d' * 64}.", plan="d" * 64),
    night(28, 5, "Finished with refusals.", applied={"applied": 26, "refused": 2}),
    night(
        27, 1, "The shop cannot be reached.", failed_step="export", findings=None, marked=None, changes=None
    ),
    night(26, 0, "Nothing to do."),
]


@pytest.fixture
def page_of(browser: Any, pages: dict[str, Path]) -> Iterator[Any]:
    """Opens a page by name where there is no network; nothing may be asked for and nothing may go wrong."""
    opened, wrong = [], []

    def open_(name: str, **options: Any) -> Any:
        context = browser.new_context(offline=True, **options)
        opened.append(context)
        file = pages[name].as_uri()
        context.on("request", lambda request: wrong.append(request.url) if request.url != file else None)
        context.route(lambda url: url != file, lambda route: route.abort())
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text))
        page.goto(file)
        return page

    yield open_
    for context in opened:
        context.close()
    assert wrong == []


def picture(page: Any, name: str) -> None:
    """Kept where UNFULFILL_PICTURES says so: to look at them."""
    folder = os.environ.get("UNFULFILL_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"page-{name}.png", full_page=True)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_read_without_scripts_and_asks_for_nothing(name: str, page_of: Any) -> None:
    page = page_of(name, java_script_enabled=False, viewport=WIDE)

    words = page.inner_text("body")

    assert page.locator("script").count() == 0
    assert page.locator("h1").count() >= 1
    for heading in page.locator("h1, h2, h3").all():
        assert heading.is_visible()
        assert heading.inner_text().strip() in words
    assert len(words) > 200
    picture(page, f"{name}-light")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_everybody_can_read_it_in_light_and_in_dark(name: str, scheme: str, page_of: Any) -> None:
    page = page_of(name, color_scheme=scheme, viewport=WIDE)
    page.evaluate("() => document.querySelectorAll('details').forEach((each) => (each.open = true))")
    if scheme == "dark":
        picture(page, f"{name}-dark")

    page.evaluate(AXE.read_text(encoding="utf-8"))

    assert page.evaluate(VIOLATIONS, RULES) == []
    assert page.evaluate(NAMELESS) == []
    background = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(255, 255, 255)") is (scheme == "light")


@pytest.mark.parametrize("name", PAGES)
def test_no_page_is_wider_than_its_window(name: str, page_of: Any) -> None:
    for size, viewport in (("wide", WIDE), ("narrow", NARROW)):
        page = page_of(name, viewport=viewport)
        page.evaluate("() => document.querySelectorAll('details').forEach((each) => (each.open = true))")

        needed, there = page.evaluate(OVERFLOW)

        assert needed <= there, size
    picture(page, f"{name}-narrow")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert page.evaluate(VIOLATIONS, RULES) == []


@pytest.mark.parametrize("name", PAGES)
def test_on_paper_nothing_is_cut_off_and_everything_is_dark_on_white(name: str, page_of: Any) -> None:
    page = page_of(name, viewport=A4, color_scheme="dark")
    page.emulate_media(media="print")
    page.evaluate("() => document.querySelectorAll('details').forEach((each) => (each.open = true))")

    assert page.evaluate(CUT_OFF) == []
    assert page.evaluate("() => getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert page.evaluate(VIOLATIONS, {"type": "rule", "values": ["color-contrast"]}) == []
    paper = page.pdf(prefer_css_page_size=True, print_background=True)
    assert paper.startswith(b"%PDF") and len(paper) > 10_000
    folder = os.environ.get("UNFULFILL_PICTURES")
    if folder:
        (Path(folder) / f"page-{name}.pdf").write_bytes(paper)
