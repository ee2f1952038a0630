"""Every document that we send is valid in every version that we support, and bulk documents keep the bulk rules."""

import gzip
import json
from functools import cache
from pathlib import Path

import pytest
from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    build_client_schema,
    get_named_type,
    parse,
    specified_rules,
    validate,
)
from graphql.validation import NoDeprecatedCustomRule

from unfulfill.settings import API_VERSIONS
from unfulfill.shop.documents import bulk_text, load_document, operation_names

SCHEMAS = Path(__file__).resolve().parents[3] / "shared" / "reference" / "schema"
BULK = [
    name for name in operation_names() if name.startswith("Bulk") and "__SEARCH__" in load_document(name).text
]
BULK += ["BulkInventory"]


@cache
def official_schema(version: str) -> GraphQLSchema:
    path = SCHEMAS / f"admin_{version}.json.gz"
    if not path.exists():
        pytest.skip(f"the official introspection of {version} is not on this machine")
    introspection = json.loads(gzip.decompress(path.read_bytes()))
    # graphql-core 3.3 refuses Shopify's own schema: a field of an interface is deprecated in some of its types.
    return build_client_schema(introspection.get("data", introspection), assume_valid=True)


@pytest.mark.parametrize("version", API_VERSIONS)
def test_every_operation_is_valid_and_uses_nothing_deprecated(version: str) -> None:
    schema = official_schema(version)
    rules = [*specified_rules, NoDeprecatedCustomRule]

    errors = {
        name: [error.message for error in validate(schema, parse(load_document(name).text), rules)]
        for name in operation_names()
    }

    assert {name: found for name, found in errors.items() if found} == {}


@pytest.mark.parametrize("name", operation_names())
def test_a_file_holds_one_operation_of_its_own_name(name: str) -> None:
    document = load_document(name)

    definitions = parse(document.text).definitions

    assert len(definitions) == 1
    operation = definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    assert operation.name is not None
    assert (operation.name.value, operation.operation.value) == (name, document.kind)


@pytest.mark.parametrize("name", operation_names())
def test_a_mutation_has_one_root_field_and_asks_for_its_user_errors(name: str) -> None:
    document = load_document(name)
    if document.kind == "query":
        assert "userErrors" not in document.text
        return
    operation = parse(document.text).definitions[0]
    assert isinstance(operation, OperationDefinitionNode)

    roots = fields(operation)

    assert len(roots) == 1
    assert "userErrors" in [field.name.value for field in fields(roots[0])]


@pytest.mark.parametrize("name", BULK)
def test_a_bulk_document_keeps_the_rules_of_bulk_operations(name: str) -> None:
    schema = official_schema(API_VERSIONS[0])
    text = bulk_text(name, "created_at:>='2026-10-01T00:00:00Z'")

    assert bulk_problems(schema, parse(text)) == []
    assert len(text.encode()) <= 65_535
    assert "query Bulk" not in text


def test_the_check_of_bulk_rules_finds_a_connection_in_a_list() -> None:
    text = "{ orders { edges { node { id fulfillments { events { edges { node { id } } } } } } } }"

    assert bulk_problems(official_schema(API_VERSIONS[0]), parse(text)) == ["events stands in a list"]


def test_a_search_is_written_into_a_bulk_document_with_its_quotes_escaped() -> None:
    text = bulk_text("BulkOrders", 'tag:"a \\"b\\" c"')

    operation = parse(text).definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    argument = fields(operation)[0].arguments[0]
    assert argument.value.to_dict()["value"] == 'tag:"a \\"b\\" c"'


def fields(node: OperationDefinitionNode | FieldNode) -> list[FieldNode]:
    selections = node.selection_set.selections if node.selection_set else ()
    return [selection for selection in selections if isinstance(selection, FieldNode)]


def bulk_problems(schema: GraphQLSchema, document: DocumentNode) -> list[str]:
    """Shopify's rules for bulk queries (shopify.dev, bulk operations, 2026-11), checked by hand."""
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    assert schema.query_type is not None
    problems: list[str] = []
    connections: list[str] = []
    for root in fields(operation):
        if root.name.value in ("node", "nodes"):
            problems.append("a top-level node field")
        _walk(root, schema.query_type, -1, False, connections, problems)
    if not 1 <= len(connections) <= 5:
        problems.append(f"{len(connections)} connections")
    return problems


def _walk(
    field: FieldNode,
    parent: GraphQLObjectType,
    depth: int,
    in_list: bool,
    connections: list[str],
    problems: list[str],
) -> None:
    name = field.name.value
    kind = parent.fields[name].type
    inner = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
    target = get_named_type(kind)
    if not isinstance(target, GraphQLObjectType):
        return
    if target.name.endswith("Connection"):
        connections.append(name)
        depth += 1
        if in_list:
            problems.append(f"{name} stands in a list")
        if depth > 2:
            problems.append(f"{name} is nested too deep")
        if [child.name.value for child in fields(field)] != ["edges"]:
            problems.append(f"{name} is not read by edges alone")
        node = fields(fields(field)[0])[0]
        if "id" not in [child.name.value for child in fields(node) if child.alias is None]:
            problems.append(f"{name} lacks the id of its nodes")
        edge = get_named_type(target.fields["edges"].type)
        assert isinstance(edge, GraphQLObjectType)
        element = get_named_type(edge.fields["node"].type)
        assert isinstance(element, GraphQLObjectType)
        if "Node" not in [interface.name for interface in element.interfaces]:
            problems.append(f"{name} holds things without an id")
        for child in fields(node):
            _walk(child, element, depth, False, connections, problems)
        return
    for child in fields(field):
        _walk(child, target, depth, in_list or isinstance(inner, GraphQLList), connections, problems)
