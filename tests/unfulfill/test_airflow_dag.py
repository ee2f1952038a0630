"""The DAG for those who have Airflow, which is not installed here: it is read, not run."""

import ast
import importlib
from pathlib import Path

import pytest

from unfulfill.parameters import declared_parameters, load_notebook
from unfulfill.scheduling.schedule_file import DEFAULTS, STEPS

ROOT = Path(__file__).resolve().parents[2]
DAG = ROOT / "helpers" / "docs" / "airflow_dag.py"
OF_THE_OPERATOR = {"task_id", "input_nb", "output_nb", "parameters"}


@pytest.fixture(scope="module")
def tree() -> ast.Module:
    source = DAG.read_text(encoding="utf-8")
    compile(source, str(DAG), "exec")
    return ast.parse(source)


def steps_of(tree: ast.Module) -> dict[str, dict[str, object]]:
    (value,) = [
        node.value
        for node in tree.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == "STEPS"
    ]
    found: dict[str, dict[str, object]] = ast.literal_eval(value)
    return found


def test_it_runs_the_notebooks_of_a_schedule_with_the_parameters_of_one(tree: ast.Module) -> None:
    assert {name: DEFAULTS.get(step, {}) for step, name in STEPS.items()} == steps_of(tree)


def test_every_parameter_that_it_passes_is_one_of_the_notebook(tree: ast.Module) -> None:
    (call,) = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "PapermillOperator"
    ]
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    parameters = given["parameters"]
    assert isinstance(parameters, ast.Dict)
    common = [key.value for key in parameters.keys if isinstance(key, ast.Constant)]

    assert set(given) == OF_THE_OPERATOR
    assert common == ["shop", "run"]
    for name, more in steps_of(tree).items():
        declared = {
            each.name: each
            for each in declared_parameters(load_notebook(ROOT / f"notebooks/{name}.ipynb"), name)
        }
        assert {*common, *more} <= set(declared), name
        assert all(type(value).__name__ == declared[key].type for key, value in more.items()), name


def test_what_it_imports_from_the_workbench_is_there(tree: ast.Module) -> None:
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    ours = [node for node in imports if node.module and node.module.startswith("unfulfill")]

    assert len(ours) == 3
    for node in ours:
        assert all(hasattr(importlib.import_module(str(node.module)), alias.name) for alias in node.names)
