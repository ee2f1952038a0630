"""From the JSON of an answer to the states of `model`, with every value checked on the way. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from unfulfill.errors import BadAnswer
from unfulfill.model import FulfillmentOrderState, FulfillmentState, Hold, Line, OrderState, Tracking
from unfulfill.words import said

Node = Mapping[str, Any]


def text(node: Node, name: str) -> str:
    """A text, blank where Shopify says null. Raises BadAnswer for anything else."""
    value = node.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadAnswer(said("shop_error.no_text", name=name, value=repr(value)))
    return value


def identifier(node: Node, name: str = "id") -> str:
    """A gid. Raises BadAnswer where there is none."""
    value = text(node, name)
    if not value.startswith("gid://"):
        raise BadAnswer(said("shop_error.no_id", name=name, value=repr(value)))
    return value


def number(node: Node, name: str) -> int:
    """A whole number; 0 where Shopify says null. Raises BadAnswer for anything else."""
    value = node.get(name)
    if value is None:
        return 0
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadAnswer(said("shop_error.no_number", name=name, value=repr(value)))
    return value


def moment(node: Node, name: str) -> datetime:
    """A time with its zone. Raises BadAnswer where there is none."""
    try:
        value = datetime.fromisoformat(text(node, name))
    except ValueError:
        value = datetime.min
    if value.tzinfo is None:
        raise BadAnswer(said("shop_error.no_time", name=name, value=repr(node.get(name))))
    return value


def moment_or_none(node: Node, name: str) -> datetime | None:
    """A time, or None where Shopify says null."""
    return None if node.get(name) is None else moment(node, name)


def flag(node: Node, name: str) -> bool:
    """True or false. Raises BadAnswer for anything else."""
    value = node.get(name)
    if not isinstance(value, bool):
        raise BadAnswer(said("shop_error.no_flag", name=name, value=repr(value)))
    return value


def part(node: Node, name: str) -> Node:
    """An object inside; empty where Shopify says null."""
    value = node.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BadAnswer(said("shop_error.no_object", name=name, value=repr(value)))
    return value


def parts(node: Node, name: str) -> list[Node]:
    """A list of objects inside; empty where Shopify says null."""
    value = node.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise BadAnswer(said("shop_error.no_objects", name=name))
    return value


def order_state(node: Node) -> OrderState:
    """The state of an order."""
    tags = node.get("tags")
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise BadAnswer(said("shop_error.no_texts", name="tags"))
    return OrderState(
        id=identifier(node),
        name=text(node, "name"),
        updated_at=moment(node, "updatedAt"),
        closed=flag(node, "closed"),
        cancelled=node.get("cancelledAt") is not None,
        financial_status=text(node, "displayFinancialStatus"),
        display_fulfillment_status=text(node, "displayFulfillmentStatus"),
        return_status=text(node, "returnStatus"),
        tags=tuple(sorted(tags)),
        fulfillments=tuple((identifier(item), text(item, "status")) for item in parts(node, "fulfillments")),
    )


def fulfillment_state(node: Node, lines: list[Node]) -> FulfillmentState:
    """The state of a fulfillment whose lines are `lines`."""
    location, service = part(node, "location"), part(node, "service")
    tracking = parts(node, "trackingInfo")
    companies = [text(item, "company") for item in tracking]
    return FulfillmentState(
        id=identifier(node),
        name=text(node, "name"),
        status=text(node, "status"),
        display_status=text(node, "displayStatus"),
        created_at=moment(node, "createdAt"),
        updated_at=moment(node, "updatedAt"),
        in_transit_at=moment_or_none(node, "inTransitAt"),
        delivered_at=moment_or_none(node, "deliveredAt"),
        location_id=text(location, "id"),
        location_name=text(location, "name"),
        service_handle=text(service, "handle"),
        service_type=text(service, "type"),
        tracking=Tracking(
            company=next(filter(None, companies), ""),
            numbers=tuple(filter(None, (text(item, "number") for item in tracking))),
            urls=tuple(filter(None, (text(item, "url") for item in tracking))),
        ),
        total_quantity=number(node, "totalQuantity"),
        lines=tuple(_line(line, "quantity") for line in lines),
        order=order_state(part(node, "order")),
    )


def fulfillment_order_state(node: Node, lines: list[Node]) -> FulfillmentOrderState:
    """The state of a fulfillment order whose lines are `lines`."""
    assigned = part(node, "assignedLocation")
    return FulfillmentOrderState(
        id=identifier(node),
        status=text(node, "status"),
        request_status=text(node, "requestStatus"),
        location_id=text(part(assigned, "location"), "id"),
        location_name=text(assigned, "name"),
        supported_actions=tuple(text(item, "action") for item in parts(node, "supportedActions")),
        holds=tuple(
            Hold(
                identifier(hold),
                text(hold, "handle"),
                text(hold, "reason"),
                flag(hold, "heldByRequestingApp"),
            )
            for hold in parts(node, "fulfillmentHolds")
        ),
        lines=tuple(_line(line, "remainingQuantity", identifier(line)) for line in lines),
    )


def _line(node: Node, quantity: str, id_: str = "") -> Line:
    item = part(node, "lineItem")
    return Line(identifier(item), number(node, quantity), id_, text(item, "sku"), text(item, "name"))
