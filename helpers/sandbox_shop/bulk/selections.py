"""The selections of a GraphQL document, fragments opened, and what counts as a connection in them."""

from collections.abc import Iterator
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
)
from graphql.type import GraphQLField


@dataclass(frozen=True)
class Selected:
    """One field of a selection set, fragments opened: where it stands, and what it is."""

    parent: GraphQLNamedType
    node: FieldNode
    definition: GraphQLField

    @property
    def type(self) -> GraphQLNamedType:
        """The named type behind lists and non-nulls."""
        return get_named_type(self.definition.type)

    @property
    def is_list(self) -> bool:
        """Whether the field is a list, not a connection."""
        return is_list_type(get_nullable_type(self.definition.type))


def fragments_of(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    """The named fragments of a document."""
    return {
        each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
    }


def fields_of(
    schema: GraphQLSchema,
    parent: GraphQLNamedType,
    selections: SelectionSetNode | None,
    fragments: dict[str, FragmentDefinitionNode],
) -> Iterator[Selected]:
    """The fields of a selection set in document order, those of fragments at their place; no `__typename`."""
    for node in selections.selections if selections else ():
        if isinstance(node, FieldNode):
            if (
                isinstance(parent, GraphQLObjectType | GraphQLInterfaceType)
                and node.name.value in parent.fields
            ):
                yield Selected(parent, node, parent.fields[node.name.value])
            continue
        inner = parent
        fragment = opened(node, fragments)
        if fragment.type_condition:
            inner = schema.type_map[fragment.type_condition.name.value]
        yield from fields_of(schema, inner, fragment.selection_set, fragments)


def opened(
    node: SelectionNode, fragments: dict[str, FragmentDefinitionNode]
) -> InlineFragmentNode | FragmentDefinitionNode:
    """The fragment that a selection stands for."""
    if isinstance(node, FragmentSpreadNode):
        return fragments[node.name.value]
    assert isinstance(node, InlineFragmentNode)
    return node


def is_connection(type_: GraphQLNamedType) -> bool:
    """Whether a type is a connection: an object with edges."""
    return (
        isinstance(type_, GraphQLObjectType) and type_.name.endswith("Connection") and "edges" in type_.fields
    )


def node_of(
    schema: GraphQLSchema, selected: Selected, fragments: dict[str, FragmentDefinitionNode]
) -> tuple[GraphQLNamedType, list[SelectionSetNode]]:
    """The type and the selection sets of `edges { node { … } }` in a connection field."""
    found: list[SelectionSetNode] = []
    type_ = selected.type
    for edges in fields_of(schema, selected.type, selected.node.selection_set, fragments):
        if edges.node.name.value != "edges":
            continue
        for node in fields_of(schema, edges.type, edges.node.selection_set, fragments):
            if node.node.name.value == "node" and node.node.selection_set:
                type_ = node.type
                found.append(node.node.selection_set)
    return type_, found


def fields_used(schema: GraphQLSchema, document: DocumentNode) -> set[tuple[str, str]]:
    """Every (type, field) that a query reads, so that its scopes can be checked before it starts."""
    fragments = fragments_of(document)
    used: set[tuple[str, str]] = set()

    def visit(parent: GraphQLNamedType, selections: SelectionSetNode | None) -> None:
        for selected in fields_of(schema, parent, selections, fragments):
            used.add((selected.parent.name, selected.node.name.value))
            visit(selected.type, selected.node.selection_set)

    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode) and schema.query_type:
            visit(schema.query_type, definition.selection_set)
    return used
