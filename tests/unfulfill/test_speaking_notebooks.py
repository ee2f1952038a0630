"""The notebooks in French: every text of theirs, and the very same code."""

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from unfulfill.home import notebooks_folder
from unfulfill.parameters import declared_parameters
from unfulfill.speaking_notebooks import notebooks_in, translated
from unfulfill.words import LANGUAGES
from unfulfill.words.saying import messages

NOTEBOOKS = sorted(notebooks_folder().glob("*.ipynb"))
OTHERS = [name for name in LANGUAGES if name != "en"]


def loaded(path: Path) -> dict[str, Any]:
    notebook: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return notebook


def is_name(text: str) -> bool:
    """Links, files and rulers: the same in every language."""
    return not text or text.startswith(("[", "`", "---"))


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("UNFULFILL_LANGUAGE", raising=False)
    (tmp_path / "notebooks").mkdir()
    for path in NOTEBOOKS:
        (tmp_path / "notebooks" / path.name).write_bytes(path.read_bytes())
    return tmp_path


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_of_the_notebooks_has_a_translation_and_every_translation_is_used(language: str) -> None:
    known = {key.removeprefix("notebook.") for key in messages(language) if key.startswith("notebook.")}
    asked: set[str] = set()

    for path in NOTEBOOKS:
        translated(loaded(path), lambda text: asked.add(text) or text)  # type: ignore[func-returns-value]

    texts = {text for text in asked if not is_name(text)}
    assert sorted(texts - known) == []
    assert sorted(known - texts) == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_code_and_the_parameters_are_the_same(path: Path) -> None:
    notebook = loaded(path)

    told = translated(notebook, lambda text: f"« {text} »")

    pairs = list(zip(notebook["cells"], told["cells"], strict=True))
    code = [pair for pair in pairs if pair[0]["cell_type"] == "code"]
    assert [ast.dump(ast.parse("".join(cell["source"]))) for cell, _ in code] == [
        ast.dump(ast.parse("".join(cell["source"]))) for _, cell in code
    ]
    assert [parameter.default for parameter in declared_parameters(notebook, "a")] == [
        parameter.default for parameter in declared_parameters(told, "a")
    ]
    assert [{**cell, "source": ""} for cell, _ in pairs] == [{**cell, "source": ""} for _, cell in pairs]


def test_in_english_the_notebooks_are_opened_as_they_are(workspace: Path) -> None:
    assert notebooks_in(workspace) == "notebooks"
    assert [path.name for path in workspace.iterdir()] == ["notebooks"]


def test_copies_are_made_once_and_parameters_that_were_set_stay(workspace: Path) -> None:
    (workspace / ".env").write_text("UNFULFILL_LANGUAGE=fr\n")

    assert notebooks_in(workspace) == "notebooks-fr"

    copy = workspace / "notebooks-fr" / "0_start.ipynb"
    text = copy.read_text(encoding="utf-8")
    assert "# Commencez ici" in text
    assert "| ce qu'il fait | ce qu'il laisse dans le dossier de travail |" in text
    assert 'shop: str = \\"sandbox\\"  # sandbox (bac à sable), ou le profil' in text
    assert sorted(path.name for path in copy.parent.iterdir()) == [path.name for path in NOTEBOOKS]
    copy.write_text(text.replace("runs/sandbox", "runs/mien"), encoding="utf-8")
    notebooks_in(workspace)
    assert "runs/mien" in copy.read_text(encoding="utf-8")


def test_a_text_without_a_translation_stays_english(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNFULFILL_LANGUAGE", "fr-CA")
    cell = {"cell_type": "markdown", "metadata": {}, "source": ["## Something new\n", "\n", "Not told."]}
    (workspace / "notebooks" / "7_new.ipynb").write_text(json.dumps({"cells": [cell]}))

    notebooks_in(workspace)

    assert "## Something new" in (workspace / "notebooks-fr" / "7_new.ipynb").read_text()
