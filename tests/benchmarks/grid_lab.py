"""A JupyterLab and a Chromium in which tables are measured; each measurement has a kernel and a page of its own."""

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "browser"))

from own_lab import (
    CHROMIUM_OPTIONS,
    KERNEL_READY,
    chromium,
    free_port,
    lab_options,
    own_environment,
)
from playwright.sync_api import sync_playwright

HELPERS = Path(__file__).parents[2] / "helpers"
TOKEN = "grid-benchmark"
PATIENCE_S = 400
RUN_CELL = """async (at) => {
  const panel = jupyterapp.shell.currentWidget;
  panel.content.activeCellIndex = at;
  await jupyterapp.commands.execute("notebook:run-cell");
  const cell = panel.content.widgets[at].model.sharedModel.toJSON();
  return cell.outputs.filter((o) => o.output_type === "error").map((o) => `${o.ename}: ${o.evalue}`);
}"""
IN_PAGE = (Path(__file__).parent / "grid_page.js").read_text(encoding="utf-8")


class GridPage:
    """A notebook of plain cells, open with a fresh kernel; `received` counts what came over its websockets."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.received = 0
        page.on("websocket", lambda socket_: socket_.on("framereceived", self._count))

    def _count(self, payload: "str | bytes") -> None:
        self.received += len(payload)

    def run(self, at: int) -> None:
        """Run a cell to its end."""
        errors = self.page.evaluate(RUN_CELL, at)
        if errors:
            raise RuntimeError(errors[0])

    def first_row(self, at: int, table: str) -> float | None:
        """Run a cell; seconds until the first row of that table is on the page. None: never."""
        seconds: float | None = self.page.evaluate("(what) => bench.firstRow(what)", [at, table])
        return seconds


class GridLab:
    """A running JupyterLab of one Python environment."""

    def __init__(self, url: str, root: Path, browser: Any) -> None:
        self.url, self.root, self._browser = url, root, browser

    def call(self, method: str, path: str) -> bytes:
        """One request to the server."""
        request = urllib.request.Request(f"{self.url}{path}?token={TOKEN}", method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return bytes(answer.read())

    @contextmanager
    def open(self, *cells: str) -> Iterator[GridPage]:
        """A notebook with these cells."""
        made = [
            {
                "cell_type": "code",
                "id": f"c{at}",
                "metadata": {},
                "execution_count": None,
                "outputs": [],
                "source": cell,
            }
            for at, cell in enumerate(cells)
        ]
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        notebook = {"cells": made, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
        (self.root / "grid.ipynb").write_text(json.dumps(notebook))
        context = self._browser.new_context(viewport={"width": 1400, "height": 1000})
        page = context.new_page()
        page.set_default_timeout(PATIENCE_S * 1000)
        measured = GridPage(page)
        try:
            page.goto(f"{self.url}/doc/tree/grid.ipynb?token={TOKEN}", wait_until="domcontentloaded")
            page.wait_for_function(KERNEL_READY)
            page.evaluate(IN_PAGE)
            yield measured
        finally:
            context.close()
            for session in json.loads(self.call("GET", "/api/sessions")):
                with suppress(urllib.error.HTTPError):
                    self.call("DELETE", f"/api/sessions/{session['id']}")


@contextmanager
def grid_lab(python: Path, folder: Path) -> Iterator[GridLab]:
    """Start JupyterLab by `python`, and Chromium."""
    root = folder / "workspace"
    root.mkdir(parents=True, exist_ok=True)
    port = free_port()
    command = [
        str(python), "-m", "jupyterlab", "--ip=127.0.0.1", f"--ServerApp.root_dir={root}", "--LabApp.news_url=None",
        *lab_options(port, TOKEN),
    ]  # fmt: skip
    environment = {**own_environment(folder), "PYTHONPATH": str(HELPERS)}
    url = f"http://127.0.0.1:{port}"
    with (folder / "lab.log").open("w") as log, sync_playwright() as playwright:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment, start_new_session=True)
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_OPTIONS)
        lab = GridLab(url, root, browser)
        try:
            _wait_for(lab, process)
            yield lab
        finally:
            browser.close()
            process.terminate()
            process.wait(20)


def _wait_for(lab: GridLab, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < end:
        with suppress(OSError):
            lab.call("GET", "/api/status")
            return
        time.sleep(0.2)
    raise RuntimeError(f"JupyterLab did not start; see {lab.root.parent / 'lab.log'}")
