"""Answers a GraphQL document from a simulated world: the fields asked for, named and nested as asked."""

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from graphql import FieldNode, FragmentDefinitionNode, InlineFragmentNode, SelectionSetNode, parse
from graphql.language import OperationDefinitionNode, ValueNode, VariableNode
from graphql.utilities import value_from_ast_untyped
from simulated_world import LOCATIONS, Fulfillment, FulfillmentOrder, Order, World

CURSOR = "after "


class Node(NamedTuple):
    """An object of the shop with the name of its GraphQL type."""

    kind: str
    value: Any


@dataclass(frozen=True)
class Field:
    """One field of a selection; `on`: the type that the fragment around it names, blank for none."""

    key: str
    name: str
    arguments: tuple[tuple[str, ValueNode], ...]
    fields: tuple["Field", ...]
    on: str = ""
    directives: tuple[tuple[str, tuple[tuple[str, ValueNode], ...]], ...] = ()


@functools.cache
def read_document(text: str) -> tuple[str, Field]:
    """Whether it is a query or a mutation, and its one root field. Parsed once a text."""
    document = parse(text, no_location=True)
    fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
    operation = next(d for d in document.definitions if isinstance(d, OperationDefinitionNode))
    root = Field("", "", (), tuple(_fields(operation.selection_set, fragments, "")))
    return operation.operation.value, root


def _fields(
    selection: SelectionSetNode | None, fragments: Mapping[str, FragmentDefinitionNode], on: str
) -> Iterable[Field]:
    for node in selection.selections if selection else ():
        if isinstance(node, FieldNode):
            yield Field(
                node.alias.value if node.alias else node.name.value,
                node.name.value,
                _arguments(node.arguments),
                tuple(_fields(node.selection_set, fragments, "")),
                on,
                tuple((d.name.value, _arguments(d.arguments)) for d in node.directives or ()),
            )
        elif isinstance(node, InlineFragmentNode):
            yield from _fields(node.selection_set, fragments, node.type_condition.name.value)
        else:
            fragment = fragments[node.name.value]
            yield from _fields(fragment.selection_set, fragments, fragment.type_condition.name.value)


def _arguments(nodes: Sequence[Any]) -> tuple[tuple[str, ValueNode], ...]:
    return tuple((node.name.value, node.value) for node in nodes or ())


def values(arguments: Sequence[tuple[str, ValueNode]], variables: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments with their values; those whose variable was not sent are absent."""
    found = {}
    for name, node in arguments:
        if isinstance(node, VariableNode) and node.name.value not in variables:
            continue
        found[name] = value_from_ast_untyped(node, variables)
    return found


def project(
    world: World, node: Node, fields: Sequence[Field], variables: Mapping[str, Any]
) -> dict[str, Any]:
    """The fields asked for of one object."""
    known = FIELDS.get(node.kind)
    result = {}
    for field in fields:
        if field.on and field.on != node.kind:
            continue
        if field.name == "__typename":
            result[field.key] = node.kind
        elif known is None:  # a payload; what a refusal lacks is null
            result[field.key] = _shape(world, node.value.get(field.name), field, variables)
        else:
            found = known[field.name](world, node.value)
            result[field.key] = _shape(world, found, field, variables)
    return result


def _shape(world: World, found: Any, field: Field, variables: Mapping[str, Any]) -> Any:
    if isinstance(found, Node):
        return project(world, found, field.fields, variables)
    if isinstance(found, Connection):
        return _page(world, found, field, variables)
    if isinstance(found, list) and field.fields:
        return [_shape(world, item, field, variables) for item in found]
    if isinstance(found, dict):  # a user error and the like
        return {inner.key: found[inner.name] for inner in field.fields}
    return found


class Connection(NamedTuple):
    """What is given page by page."""

    nodes: list[Node]


def _page(world: World, all_of: Connection, field: Field, variables: Mapping[str, Any]) -> dict[str, Any]:
    arguments = values(field.arguments, variables)
    after = arguments.get("after")
    start = int(after.removeprefix(CURSOR)) if after else 0
    end = start + arguments["first"]
    more = end < len(all_of.nodes)
    result: dict[str, Any] = {}
    for inner in field.fields:
        if inner.name == "nodes":
            result[inner.key] = [
                project(world, node, inner.fields, variables) for node in all_of.nodes[start:end]
            ]
        else:
            page = {"hasNextPage": more, "endCursor": f"{CURSOR}{min(end, len(all_of.nodes))}"}
            result[inner.key] = {each.key: page[each.name] for each in inner.fields}
    return result


def _tracking(one: Fulfillment) -> list[dict[str, Any]]:
    count = max(len(one.numbers), len(one.urls), 1 if one.company else 0)
    return [
        {
            "company": one.company or None,
            "number": one.numbers[place] if place < len(one.numbers) else None,
            "url": one.urls[place] if place < len(one.urls) else None,
        }
        for place in range(count)
    ]


def _fulfillment_lines(world: World, one: Fulfillment) -> Connection:
    """One line for each order line, whatever the number of fulfillment orders that it came from (recorded)."""
    total: dict[str, int] = {}
    for portion in one.portions:
        total[portion.line_id] = total.get(portion.line_id, 0) + portion.quantity
    lines = world.orders[one.order_id].lines
    number = one.id.rpartition("/")[2]
    return Connection(
        [
            Node(
                "FulfillmentLineItem",
                (f"gid://shopify/FulfillmentLineItem/{number}{place}", lines[id_], units),
            )
            for place, (id_, units) in enumerate(total.items())
        ]
    )


def _open_lines(world: World, one: FulfillmentOrder) -> Connection:
    lines = world.orders[one.order_id].lines
    return Connection([Node("FulfillmentOrderLineItem", (each, lines[each.line_id])) for each in one.lines])


def _place(location_id: str) -> Node:
    return Node("Location", location_id)


def _actions(one: FulfillmentOrder) -> list[dict[str, str]]:
    names = {"OPEN": ("CREATE_FULFILLMENT", "HOLD", "MOVE"), "IN_PROGRESS": ("CREATE_FULFILLMENT",)}
    asked = ("REQUEST_CANCELLATION",) if one.request_status in ("ACCEPTED", "CANCELLATION_REJECTED") else ()
    return [{"action": name, "externalUrl": None} for name in (*names.get(one.status, ()), *asked)]


def _order_of(world: World, one: Fulfillment) -> Node:
    return Node("Order", world.orders[one.order_id])


Resolver = Callable[[World, Any], Any]
FIELDS: dict[str, dict[str, Resolver]] = {
    "Order": {
        "id": lambda w, o: o.id,
        "name": lambda w, o: o.name,
        "updatedAt": lambda w, o: o.updated_at,
        "closed": lambda w, o: o.closed_at is not None,
        "closedAt": lambda w, o: o.closed_at,
        "cancelledAt": lambda w, o: o.cancelled_at,
        "displayFinancialStatus": lambda w, o: o.financial_status,
        "displayFulfillmentStatus": lambda w, o: w.fulfillment_status(o),
        "returnStatus": lambda w, o: o.return_status,
        "tags": lambda w, o: sorted(o.tags),
        "fulfillments": lambda w, o: [Node("Fulfillment", w.fulfillments[id_]) for id_ in o.fulfillments],
        "fulfillmentOrders": lambda w, o: Connection([Node("FulfillmentOrder", x) for x in w.orders_of(o)]),
    },
    "Fulfillment": {
        "id": lambda w, f: f.id,
        "name": lambda w, f: f.name,
        "status": lambda w, f: f.status,
        "displayStatus": lambda w, f: f.display_status,
        "createdAt": lambda w, f: f.created_at,
        "updatedAt": lambda w, f: f.updated_at,
        "inTransitAt": lambda w, f: f.in_transit_at,
        "deliveredAt": lambda w, f: f.delivered_at,
        "totalQuantity": lambda w, f: sum(portion.quantity for portion in f.portions),
        "location": lambda w, f: _place(f.location_id),
        "service": lambda w, f: {"handle": f.service_handle, "type": f.service_type},
        "trackingInfo": lambda w, f: _tracking(f),
        "fulfillmentLineItems": _fulfillment_lines,
        "order": _order_of,
    },
    "FulfillmentLineItem": {
        "id": lambda w, x: x[0],
        "quantity": lambda w, x: x[2],
        "lineItem": lambda w, x: Node("LineItem", x[1]),
    },
    "LineItem": {
        "id": lambda w, x: x.id,
        "sku": lambda w, x: x.sku,
        "name": lambda w, x: f"Thing {x.sku}",
        "quantity": lambda w, x: x.quantity,
        "currentQuantity": lambda w, x: x.quantity - x.removed,
    },
    "FulfillmentOrder": {
        "id": lambda w, x: x.id,
        "status": lambda w, x: x.status,
        "requestStatus": lambda w, x: x.request_status,
        "assignedLocation": lambda w, x: Node("AssignedLocation", x.location_id),
        "supportedActions": lambda w, x: _actions(x),
        "fulfillmentHolds": lambda w, x: [Node("FulfillmentHold", hold) for hold in x.holds],
        "lineItems": _open_lines,
    },
    "FulfillmentOrderLineItem": {
        "id": lambda w, x: x[0].id,
        "remainingQuantity": lambda w, x: x[0].quantity,
        "lineItem": lambda w, x: Node("LineItem", x[1]),
    },
    "FulfillmentHold": {
        "id": lambda w, x: x.id,
        "handle": lambda w, x: x.handle,
        "reason": lambda w, x: x.reason,
        "heldByRequestingApp": lambda w, x: x.ours,
    },
    "AssignedLocation": {"name": lambda w, x: LOCATIONS[x], "location": lambda w, x: _place(x)},
    "Location": {"id": lambda w, x: x, "name": lambda w, x: LOCATIONS[x]},
    "InventoryItem": {
        "id": lambda w, x: x,
        "sku": lambda w, x: x.rpartition("/")[2],
        "tracked": lambda w, x: True,
        "variants": lambda w, x: Connection([]),
        "inventoryLevels": lambda w, x: Connection(
            [Node("InventoryLevel", (place, level)) for (item, place), level in w.levels.items() if item == x]
        ),
    },
    "InventoryLevel": {
        "id": lambda w, x: f"gid://shopify/InventoryLevel/{x[0].rpartition('/')[2]}?inventory_item_id=1",
        "location": lambda w, x: _place(x[0]),
        "quantities": lambda w, x: [
            {"name": "available", "quantity": x[1].available},
            {"name": "committed", "quantity": x[1].committed},
            {"name": "on_hand", "quantity": x[1].on_hand},
        ],
    },
    "InventoryAdjustmentGroup": {
        name: functools.partial(lambda w, x, key: x[key], key=name)
        for name in ("id", "createdAt", "reason", "referenceDocumentUri", "changes")
    },
    "InventoryChange": {
        "name": lambda w, x: x["name"],
        "delta": lambda w, x: x["delta"],
        "quantityAfterChange": lambda w, x: None,
        "item": lambda w, x: Node("InventoryItem", x["item"]),
        "location": lambda w, x: _place(x["place"]),
    },
}


def find(world: World, gid: str) -> Node | None:
    """The object with this id, as `node` and `nodes` find it."""
    kind = gid.split("/")[3] if gid.startswith("gid://shopify/") else ""
    if kind == "InventoryItem":
        return Node(kind, gid) if any(item == gid for item, _ in world.levels) else None
    tables: dict[str, Mapping[str, Order | Fulfillment | FulfillmentOrder]] = {
        "Order": world.orders,
        "Fulfillment": world.fulfillments,
        "FulfillmentOrder": world.fulfillment_orders,
    }
    value = tables[kind].get(gid) if kind in tables else None
    return Node(kind, value) if value is not None else None


__all__ = ["FIELDS", "Connection", "Field", "Node", "find", "project", "read_document", "values"]
