"""What is imported before it is needed: nothing heavy, so that a command answers at once."""

import subprocess
import sys
from pathlib import Path

import pytest

from unfulfill.journal import Journal

HEAVY = (
    "IPython", "altair", "anywidget", "asyncio", "dask", "distributed", "duckdb", "fsspec", "graphql", "ipykernel",
    "ipywidgets", "jinja2", "jupyterlab", "nbclient", "nbconvert", "nbformat", "numpy", "openpyxl", "pandas",
    "papermill", "pyarrow", "requests", "sandbox_shop", "urllib3",
)  # fmt: skip


def heavy_after(code: str) -> list[str]:
    """The heavy modules that a fresh Python has imported after some code."""
    asked = f"import sys\n{code}\nprint(*[name for name in {HEAVY} if name in sys.modules], sep=',', file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [name for name in done.stderr.strip().split(",") if name]


def test_the_list_is_of_modules_that_a_workbench_does_need() -> None:
    assert {"pandas", "duckdb", "pyarrow", "requests"} <= set(heavy_after("import unfulfill.workbench"))


@pytest.mark.parametrize(
    "code",
    [
        "import unfulfill",
        "import unfulfill.cli",
        "from unfulfill.cli import _parser; _parser().format_help()",
        "from unfulfill import Plan, WorkbenchError",
    ],
)
def test_nothing_heavy_is_imported_to_begin_with(code: str) -> None:
    assert heavy_after(code) == []


@pytest.mark.parametrize(
    "arguments", [["--help"], ["run", "--help"], ["fleet", "--help"], ["lab", "--help"], ["--version"]]
)
def test_nothing_heavy_is_imported_for_help(arguments: list[str]) -> None:
    code = f"from unfulfill.cli import main\ntry:\n    main({arguments!r})\nexcept SystemExit:\n    pass"

    assert heavy_after(code) == []


def test_nothing_heavy_is_imported_to_show_a_journal(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal.sqlite", lambda: "2026-11-23T09:00:00+00:00") as journal:
        journal.record("digest", "m0001-cancel", 0, "STALE", {"message": "changed"})

    code = f"from unfulfill.cli import main; assert main(['journal', {str(tmp_path)!r}]) == 0"
    assert heavy_after(code) == []


def test_nothing_heavy_is_imported_to_refuse_a_notebook_that_does_not_exist() -> None:
    code = (
        "import contextlib, io\nfrom unfulfill.cli import main\n"
        "with contextlib.redirect_stderr(io.StringIO()):\n    assert main(['run', 'nosuch', '--run', 'r']) == 2"
    )

    assert heavy_after(code) == []
