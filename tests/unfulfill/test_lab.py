"""JupyterLab starts where the notebooks are, with our settings before the machine's."""

import json
import os
from pathlib import Path

import pytest

from unfulfill.errors import InputRefused
from unfulfill.home import notebooks_folder
from unfulfill.lab import LAB_CONFIG, lab_command, lab_environment, workspace


def test_a_folder_that_has_the_notebooks_is_opened_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "0_start.ipynb").write_text("{}")

    assert tmp_path == workspace(tmp_path)


def test_elsewhere_the_notebooks_of_a_checkout_are_opened_or_copies_are_made(tmp_path: Path) -> None:
    root = workspace(tmp_path)

    names = sorted(path.name for path in notebooks_folder().glob("*.ipynb"))
    assert names == sorted(path.name for path in (root / "notebooks").glob("*.ipynb"))
    assert root in (tmp_path / "unfulfill-workbench", notebooks_folder().parent)


def test_copies_are_made_of_notebooks_and_rules_and_what_is_there_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = tmp_path / "package" / "notebooks"
    shipped.mkdir(parents=True)
    for name in ("0_start.ipynb", "rules.toml", "notes.txt"):
        (shipped / name).write_text("shipped")
    monkeypatch.setattr("unfulfill.lab.notebooks_folder", lambda: shipped)
    own = tmp_path / "unfulfill-workbench" / "notebooks" / "rules.toml"
    own.parent.mkdir(parents=True)
    own.write_text("mine")

    root = workspace(tmp_path)

    found = {path.name: path.read_text() for path in (root / "notebooks").iterdir()}
    assert found == {"0_start.ipynb": "shipped", "rules.toml": "mine"}


def test_jupyterlab_listens_on_this_machine_only_and_opens_the_first_notebook(tmp_path: Path) -> None:
    command = lab_command(tmp_path, ["--port=1"])

    assert "--ip=127.0.0.1" in command
    assert f"--ServerApp.root_dir={tmp_path}" in command
    assert "--LabApp.default_url=/doc/tree/notebooks/0_start.ipynb" in command
    assert command[-1] == "--port=1"


def test_our_settings_come_before_those_of_the_machine_and_leave_them_alone(tmp_path: Path) -> None:
    environment = lab_environment(tmp_path, {"JUPYTER_CONFIG_PATH": "/theirs", "HOME": "/h"})

    assert {
        "JUPYTER_CONFIG_PATH": f"{LAB_CONFIG}{os.pathsep}/theirs",
        "HOME": "/h",
        "UNFULFILL_HOME": str(tmp_path),
    } == environment
    for name in ("default_setting_overrides", "page_config"):
        assert json.loads((LAB_CONFIG / "labconfig" / f"{name}.json").read_text())


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unfulfill.lab.notebooks_folder", lambda: tmp_path / "package" / "notebooks")
    (tmp_path / "unfulfill-workbench").write_text("a file")

    with pytest.raises(InputRefused, match="cannot be written"):
        workspace(tmp_path)
