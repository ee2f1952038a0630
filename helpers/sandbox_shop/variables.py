"""Variables of a request: their errors as Shopify words them, and their values with defaults filled in."""

from datetime import datetime
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLSchema,
    OperationDefinitionNode,
    Undefined,
    print_ast,
    type_from_ast,
    value_from_ast_untyped,
)

Problem = dict[str, Any]


def variable_errors(
    schema: GraphQLSchema, operation: OperationDefinitionNode, given: dict[str, Any]
) -> list[dict[str, Any]]:
    """INVALID_VARIABLE errors, one a variable. Variables that are not declared are ignored, as by Shopify."""
    errors = []
    for definition in operation.variable_definitions or ():
        name = definition.variable.name.value
        type_ = type_from_ast(schema, definition.type)
        if name not in given and definition.default_value is not None:
            continue
        if name not in given and not isinstance(type_, GraphQLNonNull):
            continue
        problems = _problems(type_, given.get(name), [])
        if problems:
            errors.append(_error(definition, name, print_ast(definition.type), given.get(name), problems))
    return errors


def variable_values(operation: OperationDefinitionNode, given: dict[str, Any]) -> dict[str, Any]:
    """Given values, and the defaults of those that are missing."""
    values = {}
    for definition in operation.variable_definitions or ():
        name = definition.variable.name.value
        if name in given:
            values[name] = given[name]
        elif definition.default_value is not None:
            values[name] = value_from_ast_untyped(definition.default_value)
    return values


def _error(definition: Any, name: str, type_text: str, value: Any, problems: list[Problem]) -> dict[str, Any]:
    details = ", ".join(
        f"{'.'.join(map(str, each['path']))} ({each['explanation']})" for each in problems if each["path"]
    )
    message = f"Variable ${name} of type {type_text} was provided invalid value" + (
        f" for {details}" if details else ""
    )
    start = definition.loc.start_token if definition.loc else None
    return {
        "message": message,
        "locations": [{"line": start.line, "column": start.column}] if start else [],
        "extensions": {"code": "INVALID_VARIABLE", "value": value, "problems": problems},
    }


def _problems(type_: Any, value: Any, path: list[Any]) -> list[Problem]:
    if isinstance(type_, GraphQLNonNull):
        if value is None:
            return [{"path": path, "explanation": "Expected value to not be null"}]
        return _problems(type_.of_type, value, path)
    if value is None:
        return []
    if isinstance(type_, GraphQLList):
        values = value if isinstance(value, list) else [value]
        return [
            one for place, each in enumerate(values) for one in _problems(type_.of_type, each, [*path, place])
        ]
    if isinstance(type_, GraphQLInputObjectType):
        return _object_problems(type_, value, path)
    if isinstance(type_, GraphQLEnumType):
        if isinstance(value, str) and value in type_.values:
            return []
        choices = ", ".join(type_.values)
        return [{"path": path, "explanation": f'Expected "{value}" to be one of: {choices}'}]
    if isinstance(type_, GraphQLScalarType) and not _fits(type_.name, value):
        return [{"path": path, "explanation": f"Could not coerce value {_shown(value)} to {type_.name}"}]
    return []


def _object_problems(type_: GraphQLInputObjectType, value: Any, path: list[Any]) -> list[Problem]:
    if not isinstance(value, dict):
        return [{"path": path, "explanation": f"Expected {_shown(value)} to be a key-value object."}]
    problems = [
        {"path": [*path, name], "explanation": f"Field is not defined on {type_.name}"}
        for name in value
        if name not in type_.fields
    ]
    if getattr(type_, "is_one_of", False) and [each is not None for each in value.values()] != [True]:
        problems.append({"path": path, "explanation": f"'{type_.name}' requires exactly one argument"})
    for name, field in type_.fields.items():
        has_default = _has_default(field)
        if name in value:
            problems += _problems(field.type, value[name], [*path, name])
        elif isinstance(field.type, GraphQLNonNull) and not has_default:
            problems.append({"path": [*path, name], "explanation": "Expected value to not be null"})
    return problems


def _has_default(field: GraphQLInputField) -> bool:
    """graphql-core 3.2 has `default_value`, 3.3 has `default` beside it."""
    return field.default_value is not Undefined or getattr(field, "default", None) is not None


def _fits(scalar: str, value: Any) -> bool:
    if scalar == "Int":
        return isinstance(value, int) and not isinstance(value, bool) and -(2**31) <= value < 2**31
    if scalar == "Float":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if scalar == "Boolean":
        return isinstance(value, bool)
    if scalar == "ID":
        return isinstance(value, str | int) and not isinstance(value, bool)
    if scalar == "DateTime":
        return isinstance(value, str) and _is_time(value)
    if scalar == "JSON":
        return True
    if scalar in ("Decimal", "Money", "UnsignedInt64"):
        return isinstance(value, str | int | float) and not isinstance(value, bool)
    return isinstance(value, str)


def _is_time(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _shown(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)
