"""Static errors of a request in Shopify's words: what graphql-core finds, with the codes of graphql-ruby."""

from collections.abc import Callable
from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLSchema,
    GraphQLSyntaxError,
    Node,
    ObjectFieldNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableDefinitionNode,
    get_named_type,
    get_nullable_type,
    get_operation_ast,
    is_required_argument,
    is_required_input_field,
    print_ast,
    specified_rules,
    validate,
)

from sandbox_shop.places import Place, Places

ErrorDict = dict[str, Any]
Worded = tuple[str, ErrorDict]  # message and extensions
MAX_ERRORS = 20


def static_errors(schema: GraphQLSchema, document: DocumentNode) -> list[ErrorDict]:
    """Every violation of a document, as Shopify reports it; empty where it may run."""
    if not validate(schema, document):
        return []
    places = Places(schema, document)
    found: list[ErrorDict] = []
    for rule in specified_rules:  # one at a time: an error does not say which rule it came from
        for error in validate(schema, document, [rule]):
            reported = _reported(rule.__name__, error, places)
            if reported not in found:
                found.append(reported)
    return found[:MAX_ERRORS]


def syntax_error(error: GraphQLSyntaxError) -> ErrorDict:
    """A document that cannot be read."""
    place = error.locations[0] if error.locations else None
    where = f" at [{place.line}, {place.column}]" if place else ""
    text = error.message.removeprefix("Syntax Error: ").rstrip(".")
    return {
        "message": f"syntax error, {text[:1].lower()}{text[1:]}{where}",
        "locations": _locations(error),
        "extensions": {"code": "PARSE_ERROR"},
    }


def operation_of(document: DocumentNode, name: str | None) -> OperationDefinitionNode | ErrorDict:
    """The operation that shall run, or the error where it cannot be told."""
    operation = get_operation_ast(document, name)
    if operation:
        return operation
    message = f'No operation named "{name}"' if name else "An operation name is required"
    return {"message": message, "extensions": {"code": "BAD_REQUEST"}}


def _reported(rule: str, error: GraphQLError, places: Places) -> ErrorDict:
    """One error in Shopify's words, or in graphql-core's where Shopify's are not known."""
    mapper = _MAPPERS.get(rule)
    nodes = list(error.nodes or ())
    if mapper and nodes:
        message, extensions = mapper(nodes, places)
    else:
        name = rule.removesuffix("Rule")
        message, extensions = error.message, {"code": name[:1].lower() + name[1:]}
    return {
        "message": message,
        "locations": _locations(error),
        "path": places.path(nodes[0]) if nodes else [],
        "extensions": extensions,
    }


def _locations(error: GraphQLError) -> list[dict[str, int]]:
    return [{"line": place.line, "column": place.column} for place in error.locations or ()]


def _field(nodes: list[Any], places: Places) -> Worded:
    name, type_name = nodes[0].name.value, str(places.of(nodes[0]).parent_type)
    message = f"Field '{name}' doesn't exist on type '{type_name}'"
    return message, {"code": "undefinedField", "typeName": type_name, "fieldName": name}


def _argument(nodes: list[Any], places: Places) -> Worded:
    kind, owner = places.of(nodes[0]).owner
    return _not_accepted(nodes[0].name.value, kind, owner)


def _not_accepted(name: str, kind: str, owner: str) -> Worded:
    message = f"{kind} '{owner}' doesn't accept argument '{name}'"
    return message, {"code": "argumentNotAccepted", "name": owner, "typeName": kind, "argumentName": name}


def _missing_argument(nodes: list[Any], places: Places) -> Worded:
    node = nodes[0]
    name = node.name.value
    directive = places.schema.get_directive(name) if node.kind == "directive" else None
    kind, definition = ("Directive", directive) if directive else ("Field", places.of(node).definition)
    given = {each.name.value for each in node.arguments or ()}
    required = (
        arg for arg, each in definition.args.items() if is_required_argument(each) and arg not in given
    )
    missing = ", ".join(required)
    message = f"{kind} '{name}' is missing required arguments: {missing}"
    return message, {
        "code": "missingRequiredArguments",
        "className": kind,
        "name": name,
        "arguments": missing,
    }


def _literal(nodes: list[Any], places: Places) -> Worded:
    node, place = nodes[0], places.of(nodes[0])
    if isinstance(node, ObjectFieldNode) and node.name.value not in get_named_type(place.input_object).fields:
        return _not_accepted(node.name.value, "InputObject", str(get_named_type(place.input_object)))
    expected = get_nullable_type(place.expected) if place.expected else None
    if isinstance(node, ObjectValueNode) and isinstance(expected, GraphQLInputObjectType):
        given = {each.name.value for each in node.fields}
        for name, field in expected.fields.items():
            if is_required_input_field(field) and name not in given:
                return _missing_attribute(name, str(field.type), expected.name)
    return _incompatible(node, place, places)


def _missing_attribute(name: str, type_text: str, owner: str) -> Worded:
    message = f"Argument '{name}' on InputObject '{owner}' is required. Expected type {type_text}"
    return message, {
        "code": "missingRequiredInputObjectAttribute",
        "argumentName": name,
        "argumentType": type_text,
        "inputObjectType": owner,
    }


def _incompatible(node: Node, place: Place, places: Places) -> Worded:
    holder = node if isinstance(node, ObjectFieldNode) else place.nearest(ArgumentNode, ObjectFieldNode)
    around = places.of(holder) if holder else place
    kind, owner = around.owner
    if isinstance(holder, ObjectFieldNode):
        kind, owner = "InputObject", str(get_named_type(around.input_object))
    name = holder.name.value if holder else ""
    value = print_ast(holder.value if holder else node)
    expected = around.expected or place.expected
    message = (
        f"Argument '{name}' on {kind} '{owner}' has an invalid value ({value}). Expected type '{expected}'."
    )
    return message, {"code": "argumentLiteralsIncompatible", "typeName": kind, "argumentName": name}


def _selection(nodes: list[Any], places: Places) -> Worded:
    is_superfluous = isinstance(nodes[0], SelectionSetNode)
    field: Any = places.of(nodes[0]).above[-1] if is_superfluous else nodes[0]
    name, type_name = field.name.value, str(get_named_type(places.of(field).definition.type))
    if is_superfluous:
        inner = ", ".join(each.name.value for each in nodes[0].selections if hasattr(each, "name"))
        where = f"field '{name}' returns {type_name} but has selections [{inner}]"
        message = f"Selections can't be made on scalars ({where})"
    else:
        message = (
            f"Field must have selections (field '{name}' returns {type_name} but has no selections."
            f" Did you mean '{name} {{ ... }}'?)"
        )
    return message, {"code": "selectionMismatch", "nodeName": f"field '{name}'", "typeName": type_name}


def _unused_variable(nodes: list[Any], places: Places) -> Worded:
    name = nodes[0].variable.name.value
    message = f"Variable ${name} is declared by {places.of(nodes[0]).operation} but not used"
    return message, {"code": "variableNotUsed", "variableName": name}


def _undefined_variable(nodes: list[Any], places: Places) -> Worded:
    name, operation = nodes[0].name.value, nodes[-1]
    owner = operation.name.value if isinstance(operation, OperationDefinitionNode) and operation.name else ""
    message = f"Variable ${name} is used by {owner or 'anonymous query'} but not declared"
    return message, {"code": "variableNotDefined", "variableName": name}


def _variable_type(nodes: list[Any], places: Places) -> Worded:
    declared, use = nodes[0], nodes[-1]
    name, given, place = declared.variable.name.value, print_ast(declared.type), places.of(use)
    holder = place.nearest(ArgumentNode, ObjectFieldNode)
    argument = holder.name.value if holder else ""
    return f"Type mismatch on variable ${name} and argument {argument} ({given} / {place.expected})", {
        "code": "variableMismatch",
        "variableName": name,
        "typeName": given,
        "argumentName": argument,
        "errorMessage": "Type mismatch",
    }


def _directive(nodes: list[Any], places: Places) -> Worded:
    name = nodes[0].name.value
    if places.schema.get_directive(name):
        return f"'@{name}' can't be applied here", {"code": "directiveCannotBeApplied", "targetName": name}
    return f"Directive @{name} is not defined", {"code": "undefinedDirective", "directiveName": name}


def _unused_fragment(nodes: list[Any], places: Places) -> Worded:
    name = nodes[0].name.value
    message = f"Fragment {name} was defined, but not used"
    return message, {"code": "useAndDefineFragment", "fragmentName": name}


def _unknown_fragment(nodes: list[Any], places: Places) -> Worded:
    name = nodes[0].value
    message = f"Fragment {name} was used, but not defined"
    return message, {"code": "useAndDefineFragment", "fragmentName": name}


def _unknown_type(nodes: list[Any], places: Places) -> Worded:
    name, variable = nodes[0].name.value, places.of(nodes[0]).nearest(VariableDefinitionNode)
    if variable:
        owner = variable.variable.name.value
        message = f"{name} isn't a defined input type (on ${owner})"
        return message, {"code": "variableRequiresValidType", "typeName": name, "variableName": owner}
    message = f"No such type {name}, so it can't be a fragment condition"
    return message, {"code": "undefinedType", "typeName": name}


_MAPPERS: dict[str, Callable[[list[Any], Places], Worded]] = {
    "FieldsOnCorrectTypeRule": _field,
    "KnownArgumentNamesRule": _argument,
    "KnownArgumentNamesOnDirectivesRule": _argument,
    "ProvidedRequiredArgumentsRule": _missing_argument,
    "ValuesOfCorrectTypeRule": _literal,
    "ScalarLeafsRule": _selection,
    "NoUnusedVariablesRule": _unused_variable,
    "NoUndefinedVariablesRule": _undefined_variable,
    "VariablesInAllowedPositionRule": _variable_type,
    "KnownDirectivesRule": _directive,
    "NoUnusedFragmentsRule": _unused_fragment,
    "KnownFragmentNamesRule": _unknown_fragment,
    "KnownTypeNamesRule": _unknown_type,
}
