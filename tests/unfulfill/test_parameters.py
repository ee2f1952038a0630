"""Parameters are checked before anything starts."""

from pathlib import Path
from typing import Any

import pytest

from unfulfill.errors import ParameterRefused
from unfulfill.parameters import Parameter, check_parameters, declared_parameters, load_notebook, words

SOURCE = """shop: str = "sandbox"  # which shop
days: int = 5  # how long
share: float = 0.5
live: bool = False  # really
"""
DECLARED = (
    Parameter("shop", "str", "sandbox", "which shop"),
    Parameter("days", "int", 5, "how long"),
    Parameter("share", "float", 0.5, ""),
    Parameter("live", "bool", False, "really"),
)


def notebook(source: str) -> dict[str, Any]:
    cell = {"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": source.splitlines(True)}
    return {"cells": [{"cell_type": "markdown", "metadata": {}, "source": "# T"}, cell]}


def test_the_parameters_cell_is_read_with_types_defaults_and_help() -> None:
    assert declared_parameters(notebook(SOURCE), "t") == DECLARED


def test_a_notebook_without_a_parameters_cell_has_none() -> None:
    assert declared_parameters({"cells": []}, "t") == ()


@pytest.mark.parametrize(
    "source", ["import os", "a = 1", "a: int", "a: list = []", "a: int = '1'", "A: int = 1"]
)
def test_a_parameters_cell_with_anything_else_is_refused(source: str) -> None:
    with pytest.raises(ParameterRefused, match=r"^t: "):
        declared_parameters(notebook(source), "t")


def test_texts_become_the_declared_types() -> None:
    given = {"shop": "01234", "days": "-7", "share": "0.25", "live": "TRUE"}

    checked = check_parameters(DECLARED, given, "t")

    assert checked == {"shop": "01234", "days": -7, "share": 0.25, "live": True}


def test_typed_values_pass_and_a_whole_number_serves_as_a_number() -> None:
    assert check_parameters(DECLARED, {"days": 7, "share": 1, "live": False}, "t") == {
        "days": 7,
        "share": 1.0,
        "live": False,
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("days", "5.0"),
        ("days", "1e3"),
        ("days", "٥"),
        ("days", ""),
        ("days", True),
        ("days", 5.0),
        ("share", "nan"),
        ("share", "1e400"),
        ("share", float("inf")),
        ("live", "yes"),
        ("live", "1"),
        ("live", "fals"),
        ("live", 0),
        ("shop", 5),
        ("shop", None),
        ("shop", "two\nlines"),
        ("shop", "nul\0"),
        ("shop", "\u202etxt"),
    ],
)
def test_a_value_of_another_type_is_refused_with_its_name(name: str, value: object) -> None:
    with pytest.raises(ParameterRefused, match=rf"^{name}: "):
        check_parameters(DECLARED, {name: value}, "t")


def test_an_unknown_name_is_refused_and_the_known_ones_are_told() -> None:
    with pytest.raises(ParameterRefused, match="t has no parameter tokn; it has shop, days, share, live"):
        check_parameters(DECLARED, {"tokn": "x"}, "t")


@pytest.mark.parametrize(
    "name", ["x=1\nimport os", "shop; open('PWNED','w')", "", "Shop", "a" * 60, "__class__"]
)
def test_a_name_that_holds_code_is_refused(name: str) -> None:
    with pytest.raises(ParameterRefused, match="small letters"):
        check_parameters(DECLARED, {name: "1"}, "t")


@pytest.mark.parametrize("kind", ["at", "ca", "pa", "ss", "ua", "rt"])
def test_a_value_that_looks_like_a_token_is_refused_and_not_repeated(kind: str) -> None:
    token = f"shp{kind}_" + "0123456789abcdef" * 2

    with pytest.raises(ParameterRefused) as refused:
        check_parameters(DECLARED, {"shop": f"https://x?{token}"}, "t")

    assert "token" in str(refused.value)
    assert token not in str(refused.value)


@pytest.mark.parametrize("content", [None, "", "{", "[]", '{"cells": 1}', "\x80"])
def test_a_file_that_is_no_notebook_is_refused_by_name(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "mine.ipynb"
    if content is not None:
        path.write_bytes(content.encode("latin-1"))

    with pytest.raises(ParameterRefused, match=r"mine\.ipynb"):
        load_notebook(path)


def test_a_list_with_commas_becomes_its_parts() -> None:
    assert words(" burst, ,no_tracking ") == ("burst", "no_tracking")
    assert words("") == ()
