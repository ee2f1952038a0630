"""Walks a bulk query over the shop's own resolvers, without graphql-core's work for each node.

A selection set is compiled once for each type into readers; a reader takes an object and gives the plain
value. Objects come in blocks whose children are read together, so the walk does not read row by row.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLLeafType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    get_nullable_type,
    is_enum_type,
    is_leaf_type,
    is_list_type,
)
from graphql.execution import get_argument_values

from sandbox_shop import objects
from sandbox_shop.bulk.selections import Selected, fields_of, fragments_of, is_connection, node_of, opened
from sandbox_shop.connections import search_ids
from sandbox_shop.context import Context
from sandbox_shop.resolvers import RESOLVERS
from sandbox_shop.world import Row, gid

BLOCK = 250
PLAIN: dict[str, type] = {"Int": int, "Boolean": bool, "Float": float}
Read = Callable[[Row, Context], Any]
Convert = Callable[[Any, Context], Any]


@dataclass
class Plan:
    """How one selection set is read for objects of one type."""

    values: list[tuple[str, Read]] = field(default_factory=list)
    connections: list[tuple[Read, "Selections"]] = field(default_factory=list)


@dataclass(frozen=True)
class RootConnection:
    """A connection at the root of the query: what it searches, and what is read of each node."""

    name: str
    args: dict[str, Any]
    node: "Selections"


class Selections:
    """Selection sets of one place of the query; their plan is made once for each type that turns up there."""

    def __init__(self, walker: "Walker", sets: list[SelectionSetNode]) -> None:
        self.walker = walker
        self.sets = sets
        self.plans: dict[str, Plan] = {}

    def plan(self, type_name: str) -> Plan:
        """The plan for objects of a type."""
        if type_name not in self.plans:
            self.plans[type_name] = self.walker.compile(type_name, self.sets)
        return self.plans[type_name]


class Walker:
    """One bulk query, compiled for a schema."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self.schema = schema
        self.fragments = fragments_of(document)
        operation = next(each for each in document.definitions if isinstance(each, OperationDefinitionNode))
        assert schema.query_type is not None
        self.roots: list[RootConnection] = []
        for selected in fields_of(schema, schema.query_type, operation.selection_set, self.fragments):
            if is_connection(selected.type):
                _, sets = node_of(schema, selected, self.fragments)
                args = get_argument_values(selected.definition, selected.node)
                self.roots.append(RootConnection(selected.node.name.value, args, Selections(self, sets)))

    def ids(self, context: Context, root: RootConnection) -> list[int]:
        """The ids of a root connection's rows, in its order."""
        args = dict(root.args)
        return search_ids(
            context,
            root.name,
            args.pop("query", None),
            args.pop("sortKey", None),
            bool(args.pop("reverse", False)),
            **args,
        )

    def walk(
        self, context: Context, root: RootConnection, kind: str, ids: list[int]
    ) -> Iterator[tuple[int, Row]]:
        """The lines of these nodes and of everything below them, as (depth, line); each parent before its children."""
        for row in objects.load_many(context.world, kind, ids):
            yield from _lines(row, context, root.node, None, 0)

    def compile(self, type_name: str, sets: list[SelectionSetNode]) -> Plan:
        """Readers for objects of one type: of the fields that apply to it, merged by their answer's name."""
        type_ = self.schema.type_map[type_name]
        merged: dict[str, list[Selected]] = {}
        order: list[str] = []
        for selections in sets:
            for key, selected in self._applying(type_, selections):
                if key not in merged:
                    order.append(key)
                merged.setdefault(key, []).append(selected)
        plan = Plan()
        for key in order:
            first = merged[key][0]
            if first.node.name.value == "__typename":
                plan.values.append((key, lambda row, context: row["__typename"]))
            elif is_connection(first.type):
                sets_below = [
                    one for each in merged[key] for one in node_of(self.schema, each, self.fragments)[1]
                ]
                plan.connections.append((self._reader(type_, first), Selections(self, sets_below)))
            else:
                plan.values.append((key, self._value(type_, merged[key])))
        return plan

    def _applying(
        self, type_: GraphQLNamedType, selections: SelectionSetNode
    ) -> Iterator[tuple[str, Selected]]:
        assert isinstance(type_, GraphQLObjectType)
        for node in selections.selections:
            if isinstance(node, FieldNode):
                key = node.alias.value if node.alias else node.name.value
                definition = type_.fields.get(node.name.value) or self.schema.get_field(
                    type_, node.name.value
                )
                assert definition is not None
                yield key, Selected(type_, node, definition)
                continue
            fragment = opened(node, self.fragments)
            condition = fragment.type_condition.name.value if fragment.type_condition else type_.name
            if condition == type_.name or any(each.name == condition for each in type_.interfaces):
                yield from self._applying(type_, fragment.selection_set)

    def _value(self, type_: GraphQLNamedType, all_selected: list[Selected]) -> Read:
        first = all_selected[0]
        read = self._reader(type_, first)
        output = get_nullable_type(first.definition.type)
        if is_list_type(output):
            return _each(read, self._converter(first, all_selected))
        return _one(read, self._converter(first, all_selected), PLAIN.get(first.type.name, str))

    def _converter(self, first: Selected, all_selected: list[Selected]) -> Convert | None:
        """What makes an answer of a field's value; None where the value is the answer."""
        named = first.type
        if is_enum_type(named):
            return None
        if is_leaf_type(named):
            return _leaf(named)
        below = Selections(
            self, [each.node.selection_set for each in all_selected if each.node.selection_set]
        )
        default = named.name
        return lambda value, context: _object(value, context, below, default)

    def _reader(self, type_: GraphQLNamedType, selected: Selected) -> Read:
        name = selected.node.name.value
        args = get_argument_values(selected.definition, selected.node)
        resolver = RESOLVERS.get(type_.name, {}).get(name)
        if resolver is not None:
            return (lambda row, context: resolver(row, context, **args)) if args else resolver
        if name == "id":
            return _identity(type_.name)
        snake = re.sub(r"([A-Z])", lambda match: "_" + match[1].lower(), name)
        return lambda row, context: row[snake] if snake in row else row.get(name)


def kind_of(schema: GraphQLSchema, root: RootConnection) -> str:
    """The type of a root connection's nodes."""
    assert schema.query_type is not None
    definition = schema.query_type.fields[root.name]
    return _node_type_name(schema, definition.type)


def _node_type_name(schema: GraphQLSchema, type_: Any) -> str:
    name = str(get_nullable_type(type_))
    return name.removesuffix("Connection")


def _lines(
    row: Row, context: Context, selections: Selections, parent: str | None, depth: int
) -> Iterator[tuple[int, Row]]:
    plan = selections.plan(row["__typename"])
    line = {key: read(row, context) for key, read in plan.values}
    if parent is not None:
        line["__parentId"] = parent
    yield depth, line
    if plan.connections:
        own = objects.object_gid(row)
        for read, below in plan.connections:
            for child in read(row, context)["nodes"]:
                yield from _lines(child, context, below, own, depth + 1)


def _object(value: Any, context: Context, below: Selections, default: str) -> Any:
    if value is None:
        return None
    plan = below.plan(value.get("__typename", default))
    return {key: read(value, context) for key, read in plan.values}


def _identity(type_name: str) -> Read:
    if type_name == "InventoryLevel":
        return lambda row, context: objects.object_gid(row)
    prefix = gid(type_name, "")

    def identity(row: Row, context: Context) -> Any:
        id_ = row["id"]
        return id_ if id_ is None or str(id_).startswith("gid:") else f"{prefix}{id_}"

    return identity


def _one(read: Read, convert: Convert | None, plain: type = str) -> Read:
    """A single value; `plain` is the Python type that is an answer already."""
    if convert is None:
        return read

    def value(row: Row, context: Context) -> Any:
        found = read(row, context)
        return found if found is None or type(found) is plain else convert(found, context)

    return value


def _each(read: Read, convert: Convert | None) -> Read:
    if convert is None:
        return read

    def values(row: Row, context: Context) -> Any:
        found = read(row, context)
        return None if found is None else [convert(value, context) for value in found]

    return values


def _leaf(type_: GraphQLLeafType) -> Convert | None:
    """Serialization of a scalar as graphql-core does it; text and null are answers already."""
    serialize = type_.serialize
    return lambda value, context: value if value is None or type(value) is str else serialize(value)
