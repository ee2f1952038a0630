"""What a request costs in points, before and after it ran.

The rules were worked out from recorded answers of real shops; Shopify does not publish them: an object or a
list of objects costs 1 and what is inside; a connection costs 2 and `page_factor(first)` times (1 and what is
inside a node); money, page infos, errors and scalars are free; a mutation costs 10 with the objects directly
in its payload free; `nodes(ids)` costs the dearest of its fragments however many ids are asked for.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    get_named_type,
    value_from_ast_untyped,
)

MAX_COST = 1000
MUTATION_COST = 10
MUTATION_COSTS = {"refundCreate": 20, "fulfillmentTrackingInfoUpdate": 50}
COUNT_COST = 10
FREE_TYPES = {"MoneyBag", "MoneyV2", "PageInfo"}


@dataclass(frozen=True)
class CostNode:
    """The cost of one field of a request and of what is inside it."""

    key: str  # in the answer
    kind: str  # object, list, connection, or free (costs only what is inside)
    own: int
    first: int  # rows asked for; connections only
    children: tuple["CostNode", ...]
    branches: tuple[tuple["CostNode", ...], ...] = ()  # fragments on concrete types; the dearest counts

    @property
    def inside(self) -> int:
        """Points of the children, once."""
        return sum(each.total for each in self.children) + max(
            (sum(each.total for each in branch) for branch in self.branches), default=0
        )

    @property
    def total(self) -> int:
        """Points of this field with everything inside, as requested."""
        if self.kind == "connection":
            return self.own + page_factor(self.first) * sum(
                1 + node.inside for side in self.children for node in _row_nodes(side)
            )
        return self.own + self.inside


def page_factor(first: int) -> int:
    """How often a row of a connection counts: 1→1, 10→4, 50→7, 250→11."""
    return max(1, math.floor(2 * math.log(first))) if first > 0 else 1


def cost_tree(
    schema: GraphQLSchema,
    operation: OperationDefinitionNode,
    fragments: Mapping[str, FragmentDefinitionNode],
    variables: Mapping[str, Any],
) -> CostNode:
    """The costs of an operation, as a tree whose root is free."""
    root = schema.mutation_type if operation.operation is OperationType.MUTATION else schema.query_type
    assert root is not None
    reader = _Reader(schema, fragments, variables, is_mutation=root is schema.mutation_type)
    children, _ = reader.inside(operation.selection_set, root)
    return CostNode("", "free", 0, 0, children)


def actual_cost(tree: CostNode, data: Any) -> int:
    """Points of what really came back: connections shrink with the share of rows that there were."""
    return math.ceil(_actual(tree, data) - 1e-9)


def cost_fields(tree: CostNode) -> list[dict[str, Any]]:
    """The lines of `extensions.cost.fields`, for the header Shopify-GraphQL-Cost-Debug."""
    lines: list[dict[str, Any]] = []

    def walk(node: CostNode, path: list[str]) -> None:
        here = [*path, node.key]
        lines.append(
            {
                "path": here,
                "definedCost": node.own,
                "requestedTotalCost": node.total,
                "requestedChildrenCost": node.total - node.own or None,
            }
        )
        for child in (*node.children, *(each for branch in node.branches for each in branch)):
            walk(child, here)

    for child in tree.children:
        walk(child, [])
    return lines


def _row_nodes(side: CostNode) -> list[CostNode]:
    """Of a connection's `nodes` or `edges` field: what is selected of one row."""
    if side.key == "nodes" or side.kind == "rows":
        return [side]
    return [each for each in side.children if each.kind == "rows"]


def _actual(node: CostNode, data: Any) -> float:
    if data is None:
        return node.own
    if node.kind == "connection":
        return node.own + _actual_rows(node, data)
    rows = data if isinstance(data, list) else [data]
    return node.own + max((_actual_inside(node, row) for row in rows), default=0)


def _actual_inside(node: CostNode, data: Any) -> float:
    if not isinstance(data, dict):
        return 0
    dearest = max(
        (sum(_actual(each, data.get(each.key)) for each in branch) for branch in node.branches), default=0
    )
    return sum(_actual(each, data.get(each.key)) for each in node.children) + dearest


def _actual_rows(node: CostNode, data: dict[str, Any]) -> float:
    points = 0.0
    for side in node.children:
        for part in _row_nodes(side):
            rows = data.get(side.key) or []
            if part is not side:
                rows = [edge[part.key] for edge in rows]
            points += sum(1 + _actual_inside(part, row) for row in rows)
    return points * page_factor(node.first) / max(node.first, 1)


class _Reader:
    """Turns selections into cost nodes."""

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: Mapping[str, Any],
        is_mutation: bool,
    ) -> None:
        self.schema = schema
        self.fragments = fragments
        self.variables = dict(variables)
        self.is_mutation = is_mutation

    def inside(self, selections: SelectionSetNode | None, type_: Any) -> tuple[tuple[CostNode, ...], Any]:
        """Cost nodes of a selection on a type, and the branches where that type is abstract."""
        grouped: dict[str, list[FieldNode]] = {}
        branches: dict[str, list[SelectionSetNode]] = {}
        self._collect(selections, type_, grouped, branches)
        children = tuple(
            node for key, fields in grouped.items() if (node := self._field(key, fields, type_)) is not None
        )
        inner = tuple(
            self.inside(_merged(sets), self.schema.type_map[name])[0] for name, sets in branches.items()
        )
        return children, inner

    def _collect(
        self,
        selections: SelectionSetNode | None,
        type_: Any,
        grouped: dict[str, list[FieldNode]],
        branches: dict[str, list[SelectionSetNode]],
    ) -> None:
        for each in selections.selections if selections else ():
            if not self._included(each.directives):
                continue
            if isinstance(each, FieldNode):
                grouped.setdefault(each.alias.value if each.alias else each.name.value, []).append(each)
                continue
            assert isinstance(each, FragmentSpreadNode | InlineFragmentNode)
            fragment = self.fragments[each.name.value] if isinstance(each, FragmentSpreadNode) else each
            condition = fragment.type_condition.name.value if fragment.type_condition else type_.name
            is_abstract = isinstance(type_, GraphQLInterfaceType | GraphQLUnionType)
            if is_abstract and isinstance(self.schema.type_map[condition], GraphQLObjectType):
                branches.setdefault(condition, []).append(fragment.selection_set)
            else:
                self._collect(fragment.selection_set, type_, grouped, branches)

    def _included(self, directives: Sequence[DirectiveNode] | None) -> bool:
        for directive in directives or ():
            if directive.name.value in ("skip", "include") and directive.arguments:
                value = value_from_ast_untyped(directive.arguments[0].value, self.variables)
                if bool(value) == (directive.name.value == "skip"):
                    return False
        return True

    def _field(self, key: str, fields: list[FieldNode], parent: Any) -> CostNode | None:
        name = fields[0].name.value
        if name.startswith("__"):
            return None
        definition = parent.fields.get(name)
        named = get_named_type(definition.type) if definition else None
        if not isinstance(named, GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType):
            return None
        selections = _merged([each.selection_set for each in fields if each.selection_set])
        children, branches = self.inside(selections, named)
        if self.is_mutation and parent is self.schema.mutation_type:
            return CostNode(key, "object", MUTATION_COSTS.get(name, MUTATION_COST), 0, children, branches)
        if parent.name.endswith(("Connection", "Edge")) and name in ("nodes", "node"):
            return CostNode(key, "rows", 0, 0, children, branches)
        if named.name.endswith("Connection"):
            return CostNode(key, "connection", 2, self._first(fields[0]), children, branches)
        kind = "list" if _is_list(definition.type) else "object"
        return CostNode(key, kind, self._own(parent, name, named), 0, children, branches)

    def _own(self, parent: Any, name: str, named: Any) -> int:
        is_free = named.name in FREE_TYPES or named.name.endswith("Edge") or "Error" in named.name
        if is_free or (self.is_mutation and parent.name.endswith("Payload")):
            return 0
        return COUNT_COST if named.name == "Count" else 1

    def _first(self, field: FieldNode) -> int:
        for argument in field.arguments or ():
            if argument.name.value in ("first", "last"):
                value = value_from_ast_untyped(argument.value, self.variables)
                if isinstance(value, int):
                    return value
        return 0


def _merged(sets: list[SelectionSetNode]) -> SelectionSetNode:
    return SelectionSetNode(selections=tuple(each for one in sets for each in one.selections))


def _is_list(type_: Any) -> bool:
    if isinstance(type_, GraphQLNonNull):
        type_ = type_.of_type
    return isinstance(type_, GraphQLList)
