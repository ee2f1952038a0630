"""Which queries a bulk operation takes, and what Shopify says to the others (recorded 2026-04).

One or more connections and at most five, nested at most two levels below a root connection, selected as
`edges { node { … } }`, with an unaliased `id` on every parent, none of them inside a list.
"""

from dataclasses import dataclass, field

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    parse,
    validate,
)

from sandbox_shop.bulk.selections import Selected, fields_of, fragments_of, is_connection, node_of

MAX_BYTES = 65_535
MAX_CONNECTIONS = 5
MAX_DEPTH = 2
ROOT_NODE = ("node", "nodes")


@dataclass
class Findings:
    """What a walk over the selections of a query has come across; names of fields, in document order."""

    connections: int = 0
    depth: int = 0  # below the root connections
    with_nodes: list[str] = field(default_factory=list)
    without_id: list[str] = field(default_factory=list)
    in_list: list[str] = field(default_factory=list)
    not_nodes: list[str] = field(default_factory=list)
    root_fields: list[str] = field(default_factory=list)


def check_query(schema: GraphQLSchema, text: str) -> tuple[DocumentNode | None, str | None]:
    """The parsed query, or why Shopify refuses it (one message)."""
    if len(text.encode()) > MAX_BYTES:
        return None, f"Bulk query is too long: the maximum is {MAX_BYTES} bytes."
    try:
        document = parse(text)
    except GraphQLError as error:
        return None, f"Invalid bulk query: {error.message}"
    operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    if len(operations) != 1:
        return None, "Bulk queries must contain exactly one operation."
    if operations[0].operation is not OperationType.QUERY:
        return None, "Invalid operation type. Only `query` operations are supported."
    errors = validate(schema, document)
    if errors:
        return None, f"Invalid bulk query: {errors[0].message}"
    if operations[0].variable_definitions:
        return None, "Bulk queries cannot contain variables."
    message = _refusal(find(schema, document, operations[0]))
    return (None, message) if message else (document, None)


def find(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode) -> Findings:
    """Walk the selections of an operation."""
    findings = Findings()
    fragments = fragments_of(document)
    root = schema.query_type if operation.operation is OperationType.QUERY else schema.mutation_type
    assert root is not None
    for selected in fields_of(schema, root, operation.selection_set, fragments):
        findings.root_fields.append(selected.node.name.value)
        _visit(schema, selected, fragments, findings, depth=-1, in_list=False, parent_has_id=True)
    return findings


def _visit(
    schema: GraphQLSchema,
    selected: Selected,
    fragments: dict[str, FragmentDefinitionNode],
    findings: Findings,
    *,
    depth: int,
    in_list: bool,
    parent_has_id: bool,
) -> None:
    name = selected.node.name.value
    if not is_connection(selected.type):
        for child in fields_of(schema, selected.type, selected.node.selection_set, fragments):
            _visit(
                schema,
                child,
                fragments,
                findings,
                depth=depth,
                in_list=in_list or selected.is_list,
                parent_has_id=parent_has_id,
            )
        return
    findings.connections += 1
    findings.depth = max(findings.depth, depth + 1)
    if in_list:
        findings.in_list.append(name)
    children = list(fields_of(schema, selected.type, selected.node.selection_set, fragments))
    if any(child.node.name.value == "nodes" for child in children):
        findings.with_nodes.append(name)
        return
    type_, selections = node_of(schema, selected, fragments)
    fields = [each for one in selections for each in fields_of(schema, type_, one, fragments)]
    has_id = any(each.node.name.value == "id" and not each.node.alias for each in fields)
    if not _is_node(type_):
        findings.not_nodes.append(name)
    if not has_id and any(_holds_connection(schema, each, fragments) for each in fields):
        findings.without_id.append(name)
    for each in fields:
        _visit(schema, each, fragments, findings, depth=depth + 1, in_list=False, parent_has_id=has_id)


def _holds_connection(
    schema: GraphQLSchema, selected: Selected, fragments: dict[str, FragmentDefinitionNode]
) -> bool:
    if is_connection(selected.type):
        return True
    children = fields_of(schema, selected.type, selected.node.selection_set, fragments)
    return any(_holds_connection(schema, child, fragments) for child in children)


def _is_node(type_: GraphQLNamedType) -> bool:
    if isinstance(type_, GraphQLObjectType):
        return any(each.name == "Node" for each in type_.interfaces)
    return isinstance(type_, GraphQLInterfaceType)


def _refusal(findings: Findings) -> str | None:
    """The message of the first rule that is broken."""
    for name in findings.root_fields:
        if name in ROOT_NODE:
            return f"Bulk queries cannot contain a top level `{name}` field."
    if findings.with_nodes:
        return (
            "All connection fields in a bulk query must select their contents using 'edges' > 'node', e.g:"
            " 'orders { edges { node {'. Selecting via 'nodes' is not supported. Invalid connection fields:"
            f" {_quoted(findings.with_nodes)}."
        )
    if not findings.connections:
        return "Bulk queries must contain at least one connection."
    if findings.connections > MAX_CONNECTIONS:
        return f"Bulk queries cannot contain more than {MAX_CONNECTIONS} connections."
    if findings.depth > MAX_DEPTH:
        return f"Bulk queries cannot contain connections with a nesting depth greater than {MAX_DEPTH}."
    if findings.in_list:
        return "Queries that contain a connection field within a list field are not currently supported."
    if findings.without_id:
        return (
            "The parent 'node' field for a nested connection must select the 'id' field without an alias and must"
            f" be of 'ID' return type. Connection fields without 'id': {', '.join(findings.without_id)}."
        )
    if findings.not_nodes:
        names = _quoted(findings.not_nodes)
        return f"The nodes of every connection in a bulk query must implement Node. Invalid connection fields: {names}."
    return None


def _quoted(names: list[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
