"""How soon `unfulfill lab` is usable beside a bare JupyterLab, and how the page answers while a plan is applied.

    python tests/benchmarks/lab.py [--size N] [--repeat N] [--json] [--folder DIR]

`start_ratio`: from the start of the server to a notebook with a kernel that waits, 0_start in ours, an empty one in a
bare JupyterLab; they take turns, the least of each counts. `--size` fulfillments are cancelled on a sandbox with 100 ms
before each answer; meanwhile the kernel is asked for nothing, again and again: `kernel_p95_ms`, `kernel_max_ms`.
`stop_s` is from the click on Stop to the button that goes on.
"""

import json
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2] / "helpers")]

import measuring  # noqa: E402
from grid_lab import HELPERS, TOKEN, grid_lab  # noqa: E402
from own_lab import (  # noqa: E402 - found through grid_lab
    CHROMIUM_OPTIONS,
    KERNEL_READY,
    chromium,
    free_port,
    lab_options,
    own_environment,
)
from playwright.sync_api import sync_playwright  # noqa: E402

from unfulfill.lab import lab_command, lab_environment  # noqa: E402

LATENCY_MS = 100
APPLYING = """import unfulfill, sandbox_shop
from unfulfill.ui.applying import ApplyPanel
shop = sandbox_shop.start({world!r}, seed={seed}, size={size} * 4)
shop.control("settings", {{"bucket": {{"maximum": 1_000_000, "rate": 100}}}})
wb = unfulfill.open_workbench(shop, {run!r})
wb.export(); wb.audit()
marks = wb.marks()
free = marks.loc[marks["locked"].isna(), "fulfillment_id"].head({size})
wb.mark("unfulfill", fulfillment_ids=free, reason="measured")
plan = wb.plan()
shop.control("settings", {{"latency_ms": {latency}}})
panel = ApplyPanel(wb, plan)
panel.typed.value = str(panel.orders)"""
# Round trips to the kernel until Stop is pressed; milliseconds each.
ASK = """async (milliseconds) => {
  const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
  const took = [];
  const end = performance.now() + milliseconds;
  while (performance.now() < end) {
    const begun = performance.now();
    await kernel.requestExecute({ code: "None", store_history: false }).done;
    took.push(performance.now() - begun);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return took;
}"""


def main() -> None:
    """Measure and print."""
    parser = measuring.parser_of(__doc__, 300, "fulfillments that are cancelled")
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    with measuring.folder_of(arguments.folder) as folder:
        turns = measuring.in_turns(
            ("ours", "bare"), arguments.repeat, lambda name: start(name, folder / "start")
        )
        least = measuring.least(turns)
        result: measuring.Figures = {
            "start_s": least["ours"]["usable_s"],
            "bare_start_s": least["bare"]["usable_s"],
            "start_ratio": measuring.ratio(least["ours"]["usable_s"], least["bare"]["usable_s"]),
            **applying(folder / "apply", arguments.size, arguments.seed),
            **measuring.machine(),
        }
    print(json.dumps(result) if arguments.json else measuring.as_table(result))


def start(name: str, folder: Path) -> measuring.Figures:
    """Seconds from the start of a server to a notebook whose kernel waits."""
    root = folder / name
    shutil.rmtree(root, ignore_errors=True)
    (root / "notebooks").mkdir(parents=True)
    notebook = root / "notebooks" / "0_start.ipynb"
    if name == "ours":
        shutil.copyfile(Path(__file__).parents[2] / "notebooks" / "0_start.ipynb", notebook)
    else:
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        notebook.write_text(json.dumps({"cells": [], "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}))
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    options = lab_options(port, TOKEN)
    environment = {**own_environment(folder / f"{name}-own"), "PYTHONPATH": str(HELPERS)}
    bare = [sys.executable, "-m", "jupyterlab", "--ip=127.0.0.1", f"--ServerApp.root_dir={root}", *options]
    ours = lab_command(root, options)
    with _browser() as browser:
        begun = time.monotonic()
        with _server(
            ours if name == "ours" else bare,
            lab_environment(root, environment) if name == "ours" else environment,
            url,
        ):
            page = browser.new_page()
            page.set_default_timeout(120_000)
            page.goto(f"{url}/doc/tree/notebooks/0_start.ipynb?token={TOKEN}", wait_until="domcontentloaded")
            page.wait_for_function(KERNEL_READY)
            return {"usable_s": round(time.monotonic() - begun, 2)}


def applying(folder: Path, size: int, seed: int) -> measuring.Figures:
    """How the kernel answers while a plan is applied, and how soon Stop stops it."""
    folder.mkdir(parents=True, exist_ok=True)
    world, run = str(folder / "world.sqlite"), str(folder / "run")
    cell = APPLYING.format(world=world, run=run, size=size, seed=seed, latency=LATENCY_MS)
    with grid_lab(Path(sys.executable), folder) as lab, lab.open(cell, "panel.widget") as open_:
        open_.run(0)
        open_.run(1)
        page = open_.page
        page.set_default_timeout(60_000)
        page.get_by_role("button", name="Apply the plan").click()
        took = sorted(page.evaluate(ASK, 3_000))
        begun = time.monotonic()
        page.get_by_role("button", name="Stop").click()
        page.get_by_role("button", name="Go on").wait_for()
        stopped = time.monotonic() - begun
    return {
        "asked": len(took),
        "kernel_median_ms": round(took[len(took) // 2], 1),
        "kernel_p95_ms": round(took[int(len(took) * 0.95)], 1),
        "kernel_max_ms": round(took[-1], 1),
        "stop_s": round(stopped, 2),
    }


@contextmanager
def _browser() -> Iterator[Any]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_OPTIONS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def _server(command: Sequence[str], environment: Mapping[str, str], url: str) -> Iterator[None]:
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(
        command, stdout=quiet, stderr=quiet, env=dict(environment), start_new_session=True
    )
    try:
        while process.poll() is None:
            with suppress(OSError), urllib.request.urlopen(f"{url}/api/status?token={TOKEN}", timeout=10):
                break
            time.sleep(0.02)
        yield
    finally:
        process.terminate()
        process.wait(30)


if __name__ == "__main__":
    main()
