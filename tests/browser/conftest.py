"""A real JupyterLab and a real Chromium for the session; a page and a fresh kernel for each test.

Without Chromium the tests are skipped with a reason, unless UNFULFILL_REQUIRE_BROWSER=1 makes that a failure.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import pytest
from own_lab import CHROMIUM_OPTIONS, KERNEL_READY, chromium, free_port, lab_options, own_environment

from unfulfill.home import notebooks_folder
from unfulfill.lab import lab_command, lab_environment

TOKEN = "browser-tests"
STARTED_WITHIN_S = 120


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


def cannot(reason: str) -> NoReturn:
    """Skip, or fail where browser tests are demanded."""
    if os.environ.get("UNFULFILL_REQUIRE_BROWSER") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@dataclass
class Lab:
    """A running JupyterLab; `root` is the folder that it shows and that relative paths count from."""

    url: str
    root: Path

    def call(self, method: str, path: str) -> bytes:
        request = urllib.request.Request(f"{self.url}{path}?token={TOKEN}", method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return bytes(answer.read())


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("lab")
    root = folder / "workspace"
    (root / "notebooks").mkdir(parents=True)
    shutil.copy(notebooks_folder() / "rules.toml", root / "notebooks")
    port = free_port()
    command = lab_command(root, lab_options(port, TOKEN))
    with (folder / "lab.log").open("w") as log:
        process = subprocess.Popen(
            command,
            stdout=log,
            stderr=log,
            env=lab_environment(root, own_environment(folder)),
            start_new_session=True,
        )
    running = Lab(f"http://127.0.0.1:{port}", root)
    try:
        _wait_for(running, process, folder / "lab.log")
        yield running
    finally:
        with contextlib.suppress(OSError):
            running.call("POST", "/api/shutdown")
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait_for(lab: Lab, process: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + STARTED_WITHIN_S
    while time.monotonic() < end:
        if process.poll() is not None:
            pytest.fail(f"JupyterLab ended: {log.read_text()[-3000:]}")
        with contextlib.suppress(OSError):
            lab.call("GET", "/api/status")
            return
        time.sleep(0.2)  # the one wait without an event: for a server to open its port
    pytest.fail(f"JupyterLab did not start: {log.read_text()[-3000:]}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    program = chromium()
    if program is None:
        cannot("Chromium is not installed (Debian: apt install chromium); the browser tests need it.")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=CHROMIUM_OPTIONS)
        yield running
        running.close()


@dataclass
class NotebookPage:
    """One notebook, open in a page of its own with a fresh kernel."""

    page: Any
    problems: list[str] = field(default_factory=list)  # errors of the page, requests that leave the machine

    def run_all(self) -> None:
        """Run all cells and wait until the last has ended."""
        self.page.evaluate("() => jupyterapp.commands.execute('notebook:run-all-cells')")

    def python(self, code: str) -> str:
        """What `code` prints in the notebook's own kernel, without touching the notebook."""
        return str(
            self.page.evaluate(
                """async (code) => {
                  const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
                  let printed = "";
                  const future = kernel.requestExecute({ code, store_history: false });
                  future.onIOPub = (message) => {
                    if (message.header.msg_type === "stream") printed += message.content.text;
                    if (message.header.msg_type === "error") printed += message.content.evalue;
                  };
                  await future.done;
                  return printed.trim();
                }""",
                code,
            )
        )

    def errors(self) -> list[str]:
        """What the cells raised."""
        return list(
            self.page.evaluate(
                """() => jupyterapp.shell.currentWidget.content.model.sharedModel.toJSON().cells
                  .flatMap((cell) => cell.outputs ?? [])
                  .filter((output) => output.output_type === "error")
                  .map((output) => `${output.ename}: ${output.evalue}`)"""
            )
        )

    @property
    def out(self) -> Any:
        """All outputs: texts are looked for here, or a cell's source would be found too."""
        return self.page.locator(".jp-OutputArea-output")


OpenNotebook = Callable[..., NotebookPage]


@pytest.fixture
def open_notebook(lab: Lab, browser: Any) -> Iterator[OpenNotebook]:
    """Open a notebook by name, with parameters written into its parameters cell."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    opened: list[NotebookPage] = []

    def open_(name: str, **parameters: str) -> NotebookPage:
        path = _copy(name, lab.root / "notebooks", parameters)
        page = context.new_page()
        notebook = NotebookPage(page)
        opened.append(notebook)
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: notebook.problems.append(f"page: {error}"))
        page.on("console", lambda message: _note_console(notebook, message))
        page.on("request", lambda request: _note_request(notebook, lab, request.url))
        page.goto(f"{lab.url}/doc/tree/notebooks/{path.name}?token={TOKEN}", wait_until="domcontentloaded")
        page.wait_for_function(KERNEL_READY, timeout=90_000)
        return notebook

    yield open_
    pictures = os.environ.get("UNFULFILL_PICTURES")
    for number, notebook in enumerate(opened):
        if pictures:  # to look at them
            name = os.environ["PYTEST_CURRENT_TEST"].split("::")[-1].split(" ")[0]
            _picture(notebook.page, Path(pictures) / f"{name}-{number}.png")
    context.close()
    for session in json.loads(lab.call("GET", "/api/sessions")):  # kernels outlive pages
        lab.call("DELETE", f"/api/sessions/{session['id']}")
    assert [problem for notebook in opened for problem in notebook.problems] == []


def _copy(name: str, folder: Path, parameters: dict[str, str]) -> Path:
    notebook = json.loads((notebooks_folder() / f"{name}.ipynb").read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if "parameters" in cell["metadata"].get("tags", []):
            more = [f"{key} = {value!r}\n" for key, value in parameters.items()]
            cell["source"] = ["".join(cell["source"]) + "\n", *more]
    suffix = "".join(f"-{value.replace('/', '_')}" for value in parameters.values())
    path = folder / f"{name}{suffix}.ipynb"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path


def _note_console(notebook: NotebookPage, message: Any) -> None:
    if message.type == "error":
        notebook.problems.append(f"console: {message.text} {message.location.get('url', '')}")


def _note_request(notebook: NotebookPage, lab: Lab, url: str) -> None:
    inside = (lab.url, lab.url.replace("http", "ws", 1), "data:", "blob:")
    if not url.startswith(inside):
        notebook.problems.append(f"request: {url}")


def _picture(page: Any, path: Path) -> None:
    """The whole notebook in one picture: as tall as its content."""
    height = page.evaluate(
        "() => Math.max(...[...document.querySelectorAll('.jp-WindowedPanel-outer')].map((e) => e.scrollHeight))"
    )
    page.set_viewport_size({"width": 1400, "height": min(int(height) + 160, 9000)})
    page.evaluate(
        "() => document.querySelectorAll('.jp-WindowedPanel-outer').forEach((e) => e.scrollTo(0, 0))"
    )
    page.wait_for_timeout(500)
    page.screenshot(path=path)
