"""Parameters of a notebook: what its parameters cell declares, and values checked against it.

A parameters cell holds nothing but lines of the form `name: type = default  # help`, where the type is str,
int, float or bool. Values from outside are checked here before a kernel starts: papermill only warns about an
unknown name, writes names into code as they are, and takes the word false for a true text.
"""

import ast
import io
import json
import math
import re
import tokenize
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unfulfill.errors import ParameterRefused
from unfulfill.redaction import CONTROL, SECRET
from unfulfill.words import said

Value = str | int | float | bool

NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,18}")
DECIMAL_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,18})?")
TYPES: Mapping[str, type] = {"str": str, "int": int, "float": float, "bool": bool}
MUST_BE = {
    "str": "run_error.must_be_str",
    "int": "run_error.must_be_int",
    "float": "run_error.must_be_float",
    "bool": "run_error.must_be_bool",
}


@dataclass(frozen=True)
class Parameter:
    """One line of a parameters cell."""

    name: str
    type: str  # str, int, float or bool
    default: Value
    help: str


def load_notebook(path: Path) -> dict[str, Any]:
    """The JSON of a notebook. Raises ParameterRefused where the file is missing or no notebook."""
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ParameterRefused(said("run_error.no_notebook_file", file=path)) from None
    except (OSError, ValueError) as error:
        raise ParameterRefused(
            said("run_error.notebook_unread", file=path, error=_first_line(error))
        ) from None
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        raise ParameterRefused(said("run_error.no_notebook", file=path))
    return notebook


def declared_parameters(notebook: Mapping[str, Any], where: str) -> tuple[Parameter, ...]:
    """What the cell tagged `parameters` declares, in its order; nothing where there is no such cell.

    Raises ParameterRefused where the cell holds anything but `name: type = default  # help`; `where` is the
    notebook's name for that message.
    """
    for cell in notebook["cells"]:
        if "parameters" in cell.get("metadata", {}).get("tags", []):
            source = cell["source"]
            return _parse(source if isinstance(source, str) else "".join(source), where)
    return ()


def check_parameters(
    declared: Sequence[Parameter], given: Mapping[str, object], where: str
) -> dict[str, Value]:
    """The given values in the declared types. Raises ParameterRefused; the message never repeats a secret."""
    known = {parameter.name: parameter for parameter in declared}
    checked: dict[str, Value] = {}
    for name, value in given.items():
        if not NAME.fullmatch(name) or SECRET.search(name):
            raise ParameterRefused(said("run_error.parameter_name", where=where))
        if name not in known:
            key = "run_error.no_parameter" if known else "run_error.no_parameters"
            raise ParameterRefused(said(key, where=where, name=name, known=", ".join(known)))
        checked[name] = _typed(known[name], value)
    return checked


def declared_in(source: str) -> tuple[Parameter, ...]:
    """What a cell declares that holds nothing but declarations; nothing for any other cell."""
    try:
        return _parse(source, "")
    except (ParameterRefused, SyntaxError, ValueError, tokenize.TokenError):
        return ()


def names_given(source: str) -> tuple[str, ...]:
    """The names that a cell sets which papermill made: nothing but `name = value` lines."""
    try:
        nodes = ast.parse(source).body
    except (SyntaxError, ValueError):
        return ()
    targets = [target for node in nodes if isinstance(node, ast.Assign) for target in node.targets]
    return tuple(target.id for target in targets if isinstance(target, ast.Name))


def words(text: str) -> tuple[str, ...]:
    """The parts of a parameter that lists things with commas; blank parts are left out."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _typed(parameter: Parameter, value: object) -> Value:
    text = value if isinstance(value, str) else repr(value)
    if SECRET.search(text):
        raise ParameterRefused(said("run_error.token_in_value", name=parameter.name))
    if CONTROL.search(text):
        raise ParameterRefused(said("run_error.control_character", name=parameter.name))
    wanted = TYPES[parameter.type]
    if type(value) is wanted and not isinstance(value, str):
        typed: Value | None = value  # type: ignore[assignment]  # one of the types of Value
    elif not isinstance(value, str):
        typed = float(value) if wanted is float and type(value) is int else None
    else:
        typed = _from_text(parameter.type, value)
    if typed is None or (isinstance(typed, float) and not math.isfinite(typed)):
        raise ParameterRefused(said(MUST_BE[parameter.type], name=parameter.name, value=repr(text[:80])))
    return typed


def _from_text(type_name: str, text: str) -> Value | None:
    if type_name == "str":
        return text
    if type_name == "bool":
        return {"true": True, "false": False}.get(text.lower())
    if type_name == "int":
        return int(text) if WHOLE_NUMBER.fullmatch(text) else None
    return float(text) if DECIMAL_NUMBER.fullmatch(text) else None


def _parse(source: str, where: str) -> tuple[Parameter, ...]:
    helps = {
        token.start[0]: token.string.lstrip("# ").strip()
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    }
    found = []
    for node in ast.parse(source).body:
        match node:
            case ast.AnnAssign(target=ast.Name(id=name), annotation=ast.Name(id=type_name), value=ast.expr()):
                default = _literal(node.value)
            case _:
                raise ParameterRefused(said("run_error.no_declaration", where=where, line=str(node.lineno)))
        is_sound = type_name in TYPES and type(default) is TYPES[type_name] and NAME.fullmatch(name)
        if not is_sound:
            raise ParameterRefused(said("run_error.parameter_type", where=where, name=name))
        found.append(Parameter(name, type_name, default, helps.get(node.end_lineno or node.lineno, "")))
    return tuple(found)


def _literal(node: ast.expr | None) -> Any:
    """What an expression says, where it is a literal; None otherwise."""
    try:
        return None if node is None else ast.literal_eval(node)
    except ValueError:
        return None


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
