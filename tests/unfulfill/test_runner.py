"""The runner: what it refuses before a kernel starts, and what it leaves behind after one."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from unfulfill.ending import Ending, last_ending
from unfulfill.errors import NotApproved, ParameterRefused, RunFolderRefused, WorkbenchError
from unfulfill.home import notebooks_folder
from unfulfill.notebook_runner import find_notebook, run_notebook
from unfulfill.parameters import load_notebook

# Jupyter's own parts warn about each other; what is tested here is ours.
pytestmark = pytest.mark.filterwarnings("default")

TOKEN = "shpat_" + "0123456789abcdef" * 2


def cell(source: str, *tags: str) -> dict[str, Any]:
    kind: dict[str, Any] = {"cell_type": "code", "execution_count": None, "outputs": []}
    return {**kind, "id": f"c{abs(hash(source))}", "metadata": {"tags": list(tags)}, "source": source}


def write_notebook(folder: Path, *sources: str) -> Path:
    title = {"cell_type": "markdown", "id": "t", "metadata": {}, "source": "# Mine"}
    parameters = cell('run: str = "r"  # run folder\nname: str = "x"\ncount: int = 1\n', "parameters")
    notebook = {
        "cells": [title, parameters, *map(cell, sources)],
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path = folder / "mine.ipynb"
    path.write_text(json.dumps(notebook))
    return path


def printed(path: Path) -> str:
    outputs = [output for c in load_notebook(path)["cells"] for output in c.get("outputs", [])]
    return "".join("".join(output.get("text", "")) for output in outputs)


@pytest.mark.parametrize(
    "parameters",
    [
        {"nme": "typo"},
        {"count": "1.5"},
        {"count": "three"},
        {"name": TOKEN},
        {"x=1\nopen('PWNED','w')": "1"},
        {TOKEN: "1"},
    ],
)
def test_a_wrong_parameter_is_refused_before_anything_is_started_or_written(
    tmp_path: Path, parameters: dict[str, object]
) -> None:
    notebook = write_notebook(tmp_path, "print(1)")

    with pytest.raises(ParameterRefused) as refused:
        run_notebook(notebook, tmp_path / "run", parameters)

    assert TOKEN not in str(refused.value)
    assert [notebook] == list(tmp_path.iterdir())


def test_a_run_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("a file")

    with pytest.raises(RunFolderRefused, match="run"):
        run_notebook(write_notebook(tmp_path, "1"), tmp_path / "run", {})


def test_an_unknown_notebook_is_refused_with_the_names_that_there_are() -> None:
    with pytest.raises(ParameterRefused, match=r"nosuch: .*0_start, 1_export"):
        find_notebook("nosuch")


@pytest.mark.parametrize("name", ["1_export", "export", "1_export.ipynb"])
def test_a_notebook_is_found_by_its_name(name: str) -> None:
    assert notebooks_folder() / "1_export.ipynb" == find_notebook(name)


def test_the_executed_notebook_is_private_and_tells_nothing_of_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also: parameters arrive typed, relative paths count from here, and a person is not taken to be there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JPY_SESSION_NAME", "somebody's notebook")
    told: list[tuple[int, int | None, str]] = []
    write_notebook(
        tmp_path,
        "import os, sys, ipywidgets\nprint(count + 1, name, run, os.getcwd() == os.environ['UNFULFILL_HOME'])",
        f"print('JPY_SESSION_NAME' in os.environ, '{TOKEN[:6]}' + '{TOKEN[6:]}')\nipywidgets.IntSlider()",
        "from unfulfill.ui.shown import Ending, say\nsay('wait', ending=Ending(3, 'waits'))",
    )

    output = run_notebook(
        "mine.ipynb", Path("runs/a"), {"count": "4", "name": "007"}, lambda *a: told.append(a)
    )

    assert tmp_path / "runs/a/notebooks/mine.ipynb" == output
    assert printed(output) == "5 007 runs/a True\nFalse [removed]\n"
    assert stat.S_IMODE(output.stat().st_mode) == 0o600
    assert stat.S_IMODE(output.parent.stat().st_mode) == 0o700
    metadata = load_notebook(output)["metadata"]
    assert "widgets" not in metadata
    assert {"parameters", "version", "start_time", "end_time", "duration", "exception"} == set(
        metadata["papermill"]
    )
    assert TOKEN not in output.read_text()
    assert str(tmp_path) not in output.read_text()
    assert Ending(3, "waits") == last_ending(load_notebook(output))
    assert told[-1] == (5, 6, "Mine")  # papermill adds the cell with the parameters


def test_the_progress_of_a_step_reaches_the_runner_and_only_its_last_line_is_kept(tmp_path: Path) -> None:
    told: list[tuple[int, int | None, str]] = []
    notebook = write_notebook(
        tmp_path,
        "import itertools\nfrom unfulfill import ui\n"
        "show = ui.show_progress('Export', clock=itertools.count(step=1).__next__)\n"
        "for done in range(0, 501, 100):\n    show(done, 500, 'reading orders')\n"
        f"show(1, None, '{TOKEN[:6]}' + '{TOKEN[6:]}')\nshow(500, 500, 'exported')",
    )

    output = run_notebook(notebook, tmp_path / "run", {}, lambda *a: told.append(a))

    steps = [text for cell, _, text in told if cell == 3 and text != "Mine"]
    assert steps[0] == "Export: 0 of 500 orders"
    assert [text for text in steps if text.startswith("Export: 200 of 500 orders · ")]
    assert "Export: [removed] · 1 object" in steps
    shown = [output for c in load_notebook(output)["cells"] for output in c.get("outputs", [])]
    assert ["".join(each["data"]["text/plain"]) for each in shown] == ["Export: exported · 500 of 500 orders"]


def test_an_error_of_ours_in_a_cell_is_the_error_of_the_run(tmp_path: Path) -> None:
    notebook = write_notebook(
        tmp_path, f"from unfulfill.errors import NotApproved\nraise NotApproved('No: {TOKEN}')"
    )

    with pytest.raises(NotApproved, match=r"^No: \[removed\]$"):
        run_notebook(notebook, tmp_path / "run", {})

    assert TOKEN not in (tmp_path / "run/notebooks/mine.ipynb").read_text()


def test_any_other_error_in_a_cell_is_a_defect_told_in_one_line(tmp_path: Path) -> None:
    notebook = write_notebook(tmp_path, "1 / 0")

    with pytest.raises(
        WorkbenchError, match=r"mine: a cell stopped with ZeroDivisionError: .*mine\.ipynb\.$"
    ):
        run_notebook(notebook, tmp_path / "run", {})


def test_a_kernel_listens_on_no_port_that_another_program_could_take_first(tmp_path: Path) -> None:
    asked = "from ipykernel.kernelapp import IPKernelApp as App; print(App.instance().transport, App.instance().ip)"
    notebook = write_notebook(tmp_path, asked)

    transport, place = printed(run_notebook(notebook, tmp_path / "run", {})).split()

    assert transport == "ipc"
    assert not Path(place).parent.exists()  # afterwards


def test_a_kernel_that_dies_is_told(tmp_path: Path) -> None:
    notebook = write_notebook(tmp_path, "import os\nos._exit(1)")

    with pytest.raises(WorkbenchError, match="kernel stopped"):
        run_notebook(notebook, tmp_path / "run", {})


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_reaches_the_cell_and_ends_with_130(tmp_path: Path, number: signal.Signals) -> None:
    started, ended = tmp_path / "started", tmp_path / "ended"
    notebook = write_notebook(
        tmp_path,
        "import pathlib, time\n"
        f"pathlib.Path({str(started)!r}).touch()\n"
        "try:\n    time.sleep(60)\n"
        f"finally:\n    pathlib.Path({str(ended)!r}).touch()",
    )
    command = [sys.executable, "-m", "unfulfill.cli", "run", str(notebook), "--run", str(tmp_path / "run")]
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, env={**os.environ, "PYTHONWARNINGS": "ignore"}
    )
    while not started.exists() and process.poll() is None:
        time.sleep(0.05)  # for a sign from another process

    process.send_signal(number)
    _, told = process.communicate(timeout=30)

    assert process.returncode == 130
    assert ended.exists()
    assert b"interrupted" in told


@pytest.mark.parametrize("before", [3, 4])
def test_an_interrupt_that_no_cell_hears_is_not_lost(tmp_path: Path, before: int) -> None:
    """An idle kernel ignores it, and so does one that has run its last cell."""
    ran = [tmp_path / "first", tmp_path / "second"]
    notebook = write_notebook(
        tmp_path, *(f"import pathlib\npathlib.Path({str(path)!r}).touch()" for path in ran)
    )

    def interrupt(done: int, total: int | None, text: str = "") -> None:
        if done == before:
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(KeyboardInterrupt):
        run_notebook(notebook, tmp_path / "run", {}, interrupt)

    assert [path.exists() for path in ran] == [before == 4, False]


def test_an_interrupt_after_the_last_cell_is_not_lost(tmp_path: Path) -> None:
    """The kernel is on its way out then, and the next notebook of a schedule must not begin."""
    notebook = write_notebook(
        tmp_path,
        "import atexit, os, signal\nrunner = os.getppid()\natexit.register(lambda: os.kill(runner, signal.SIGTERM))",
    )

    with pytest.raises(KeyboardInterrupt):
        run_notebook(notebook, tmp_path / "run", {})


def test_an_interrupt_that_a_kernel_dies_of_while_it_starts_is_one(tmp_path: Path) -> None:
    told = "import os, signal, time\nos.kill(os.getppid(), signal.SIGTERM)\ntime.sleep(60)"
    (tmp_path / "sitecustomize.py").write_text(told)  # run before anything else in the kernel
    notebook = write_notebook(tmp_path, "print('never')")

    with pytest.raises(KeyboardInterrupt):
        run_notebook(notebook, tmp_path / "run", {}, environment={"PYTHONPATH": str(tmp_path)})


SWALLOWING = """
import os, signal, sys
from unfulfill.cli import main

class Swallowing:
    def find_spec(self, name, path, target=None):
        if name == "papermill":
            try:
                os.kill(os.getpid(), signal.SIGTERM)
            except KeyboardInterrupt:
                pass

sys.meta_path.insert(0, Swallowing())
sys.exit(main(["run", *sys.argv[1:]]))
"""


def test_an_interrupt_that_a_module_swallows_while_it_is_imported_is_not_lost(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    notebook = write_notebook(tmp_path, f"import pathlib\npathlib.Path({str(ran)!r}).touch()")

    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SWALLOWING, str(notebook), "--run", str(tmp_path / "run")],
        timeout=60,
    )

    assert done.returncode == 130
    assert not ran.exists()
