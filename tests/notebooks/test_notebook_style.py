"""The rules of style for notebooks, held against each of them."""

import ast
import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest

from unfulfill.parameters import declared_parameters

NOTEBOOKS = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("*.ipynb"))
NAMES = [
    "0_start",
    "1_export",
    "2_audit",
    "3_mark",
    "4_plan_and_apply",
    "5_verify_and_report",
    "6_undo",
]
FORBIDDEN = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Lambda,
    ast.Try,
    ast.While,
    ast.For,
    ast.With,
    ast.Global,
    ast.Delete,
)
MOST_LINES = 12
BUILTINS = {"bool", "str", "int", "float"}

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def load(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def code_cells(path: Path) -> list[dict[str, Any]]:
    return [cell for cell in load(path)["cells"] if cell["cell_type"] == "code"]


def is_parameters(cell: dict[str, Any]) -> bool:
    return "parameters" in cell["metadata"].get("tags", [])


def test_the_notebooks_are_those_of_the_design() -> None:
    assert [path.stem for path in NOTEBOOKS] == NAMES


@each_notebook
def test_a_notebook_opens_with_a_title_and_then_one_parameters_cell(path: Path) -> None:
    title, parameters, *_ = load(path)["cells"]

    assert title["cell_type"] == "markdown"
    assert source(title).startswith("# ")
    assert is_parameters(parameters)
    assert sum(is_parameters(cell) for cell in code_cells(path)) == 1


@each_notebook
def test_every_parameter_has_a_safe_default_and_help(path: Path) -> None:
    declared = declared_parameters(load(path), path.stem)

    assert [parameter.name for parameter in declared[:2]] == ["shop", "run"]
    assert [parameter.default for parameter in declared[:2]] == ["sandbox", "runs/sandbox"]
    assert [p.name for p in declared if p.name == "approve" and p.default != ""] == []
    without_help = [p.name for p in declared if not p.help]
    assert all(re.fullmatch(r"\w+_(from|to)", name) for name in without_help)  # the line above explains them


@each_notebook
def test_every_code_cell_stands_under_a_heading_of_one_line(path: Path) -> None:
    cells = load(path)["cells"]

    for above, cell in itertools.pairwise(cells[1:]):
        if cell["cell_type"] == "code":
            assert above["cell_type"] == "markdown"
            assert re.fullmatch(r"## [^\n]+", source(above))
            assert source(cell).startswith(f"# {source(above)[3:]}"), "a hidden cell shows its first line"


@each_notebook
def test_a_cell_is_short_and_defines_tries_and_loops_nothing(path: Path) -> None:
    for cell in code_cells(path):
        if not is_parameters(cell):
            assert len(source(cell).splitlines()) <= MOST_LINES
        tree = ast.parse(source(cell))
        found = [type(node).__name__ for node in ast.walk(tree) if isinstance(node, FORBIDDEN)]
        assert found == []
        assert [node for node in ast.walk(tree) if isinstance(node, ast.comprehension)] == []


@each_notebook
def test_only_names_of_unfulfill_are_used(path: Path) -> None:
    known = set(BUILTINS)
    for cell in code_cells(path):
        for node in ast.walk(ast.parse(source(cell))):
            match node:
                case ast.Import(names=names):
                    assert [a.name for a in names if a.name.split(".")[0] != "unfulfill"] == []
                    known |= {alias.asname or alias.name.split(".")[0] for alias in names}
                case ast.ImportFrom(module=module, names=names):
                    assert (module or "").split(".")[0] == "unfulfill"
                    known |= {alias.asname or alias.name for alias in names}
                case ast.Name(id=name, ctx=ast.Store()):
                    known.add(name)
    used = {
        node.id
        for cell in code_cells(path)
        for node in ast.walk(ast.parse(source(cell)))
        if isinstance(node, ast.Name)
    }
    assert set() == used - known


@each_notebook
def test_code_is_hidden_and_protected_and_the_parameters_are_not(path: Path) -> None:
    for cell in code_cells(path):
        metadata = cell["metadata"]
        assert metadata["deletable"] is False
        assert metadata.get("jupyter", {}).get("source_hidden", False) is not is_parameters(cell)
        assert metadata.get("editable", True) is is_parameters(cell)


@each_notebook
def test_no_output_widget_state_or_path_of_a_machine_is_kept(path: Path) -> None:
    notebook = load(path)

    assert {"kernelspec", "language_info"} == set(notebook["metadata"])
    assert [notebook["nbformat"], notebook["nbformat_minor"]] == [4, 5]
    for cell in notebook["cells"]:
        assert cell["id"]
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            assert cell["execution_count"] is None
    assert len({cell["id"] for cell in notebook["cells"]}) == len(notebook["cells"])


@each_notebook
def test_apply_is_called_only_with_the_parameter_approve(path: Path) -> None:
    calls = [
        node
        for cell in code_cells(path)
        for node in ast.walk(ast.parse(source(cell)))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "apply"
    ]

    assert (["approve"] if path.stem in ("4_plan_and_apply", "6_undo") else []) == [
        ast.unparse(call.args[0]) for call in calls
    ]
