"""Notebooks by plain papermill, as cron calls it: what is checked, what it ends with, and what it leaves."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import sandbox_shop
from unfulfill.errors import ParameterRefused
from unfulfill.home import notebooks_folder
from unfulfill.kernel import check_cells, guard_notebook, hide_secrets

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "shpat_" + "0123456789abcdef" * 2
CELL = 'shop: str = "sandbox"  # help\nrun: str = "r"  # help\ndays: int = 5  # help\nshare: float = 1.0  # help\n'
GIVEN = {"shop": "sandbox", "run": "r", "days": 5, "share": 1.0}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the notebooks, and a small shop for its run folders."""
    folder = tmp_path_factory.mktemp("home")
    (folder / "notebooks").symlink_to(notebooks_folder())
    (folder / ".venv").mkdir()
    (folder / ".venv" / "bin").symlink_to(Path(sys.executable).parent)
    (folder / "runs").mkdir()
    sandbox_shop.start(folder / "runs" / "sandbox_shop.sqlite", seed=7, size=60).stop()
    return folder


def test_the_line_for_cron_in_the_readme_exports_and_then_only_what_changed(home: Path) -> None:
    block = re.search(r"<!-- cron -->\n```\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S)
    assert block is not None
    minute, command = block[1].strip().split("* * *  ")
    assert minute == "0 2 "
    command = (
        command.replace("\\%", "%")
        .replace("/srv/unfulfill", str(home))
        .replace("-p shop example", "-p shop sandbox")
    )

    first = subprocess.run(["sh", "-c", command.replace("-r since last", "")], check=False)
    today = next(path for path in (home / "runs").iterdir() if path.is_dir())
    today.rename(home / "runs" / "yesterday")
    second = subprocess.run(["sh", "-c", command], check=False)

    log = (home / "runs" / "cron.log").read_text(encoding="utf-8")
    assert (first.returncode, second.returncode) == (0, 0), log
    manifests = [home / "runs" / name / "export/manifest.json" for name in ("yesterday", today.name)]
    assert [json.loads(path.read_text())["complete"] for path in manifests] == [True, True]
    assert json.loads(manifests[1].read_text())["since"]
    assert (home / "runs" / "1_export.ipynb").stat().st_mode & 0o077 == 0
    assert (home / "runs" / "cron.log").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("-r", "sincee", "last"), "This notebook has no parameter sincee; it has shop, run, created_from"),
        (("-p", "names", "1001"), "names: must be a text, not 1001; with papermill, give a text by -r names"),
        (("-r", "shopify_token", TOKEN), "holds what looks like an access token"),
    ],
)
def test_what_it_was_given_is_checked_before_anything_is_done(
    home: Path, tmp_path: Path, given: tuple[str, str, str], words: str
) -> None:
    run = home / "runs" / tmp_path.name
    options = ("--no-progress-bar", "notebooks/1_export.ipynb", "out.ipynb", "-r", "run", str(run))

    done = subprocess.run(
        [sys.executable, "-m", "papermill", *options, *given],
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert words in done.stderr
    assert TOKEN not in done.stderr + done.stdout
    assert not run.exists()


def test_good_parameters_and_what_is_no_parameters_cell_pass() -> None:
    check_cells({})
    check_cells({"In": ["", "import x", CELL], **GIVEN})
    check_cells({"In": ["", CELL, "# Parameters\nshop = 'x'\nshare = 1\n"], **GIVEN, "share": 1, "other": 3})
    guard_notebook({})  # not a notebook


@pytest.mark.parametrize(
    ("namespace", "words"),
    [
        ({"In": [CELL], **GIVEN, "days": "soon"}, "days: must be a whole number, not 'soon'"),
        ({"In": [CELL], **GIVEN, "days": True}, "days: must be a whole number, not True"),
        ({"In": [CELL], **GIVEN, "share": "1"}, "share: must be a number"),
        ({"In": [CELL], **GIVEN, "run": None}, "run: must be a text, not None"),
        (
            {"In": [CELL, "# Parameters\nopen = 1\n"], **GIVEN},
            "no parameter open; it has shop, run, days, share",
        ),
        ({"In": [f"token = '{TOKEN}'"]}, "looks like an access token"),
        ({"In": [f"# {TOKEN}"], **GIVEN}, "looks like an access token"),
        ({"In": ["token = input()"], "token": TOKEN.upper()}, "looks like an access token"),
    ],
)
def test_cells_with_secrets_and_other_kinds_of_parameters_are_refused(
    namespace: dict[str, object], words: str
) -> None:
    with pytest.raises(ParameterRefused, match=words) as refused:
        check_cells(namespace)

    assert TOKEN not in str(refused.value)


def test_errors_are_shown_without_secrets_once() -> None:
    class Shell:
        shown: list[object]

        def _showtraceback(self, *told: object) -> None:
            self.shown = list(told)

    shell = Shell()
    environ = {"UNFULFILL_TOKEN": "own-token-1", "UNFULFILL_PROFILE_A_TOKEN": "own-token-12", "HOME": "x"}
    hide_secrets(shell, environ)
    hide_secrets(shell, environ)

    shell._showtraceback(ValueError, ValueError("x"), [f"environ = {environ}", f"token = {TOKEN}", "x"])

    removed = {**environ, "UNFULFILL_TOKEN": "[removed]", "UNFULFILL_PROFILE_A_TOKEN": "[removed]"}
    assert shell.shown[2] == [f"environ = {removed}", "token = [removed]", "x"]
