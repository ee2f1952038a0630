"""What the mutations do to a simulated shop: payload and effect. Pure but for the world that they change."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from simulated_graphql import Node
from simulated_world import (
    LIVE,
    Fulfillment,
    FulfillmentOrder,
    HoldOnOrder,
    Order,
    Portion,
    World,
    units_of,
)

FULFILLABLE = ("OPEN", "IN_PROGRESS")
Payload = dict[str, Any]


@dataclass(frozen=True)
class Did:
    """One effect on the shop: what was changed, and how it was before."""

    what: str  # name of the mutation
    order_id: str
    target: str
    before: Any = None


Result = tuple[Payload, Did | None]


def refuse(root: str, message: str, field: list[str] | None = None, code: str | None = None) -> Result:
    """A payload with a user error, and no effect."""
    error = {"field": field, "message": message, "code": code}
    return {root: None, "userErrors": [error]}, None


def fulfillment_cancel(world: World, id: str) -> Result:  # noqa: A002
    """Cancel whole. Twice is a success, and so is a delivered one; a closed fulfillment order stays closed."""
    one = world.fulfillments.get(id)
    if one is None:
        return refuse("fulfillment", "Fulfillment not found.", ["id"])
    if one.status == "CANCELLED":
        return {"fulfillment": Node("Fulfillment", one), "userErrors": []}, None
    order = world.orders[one.order_id]
    one.status, one.display_status, one.updated_at = "CANCELLED", "CANCELED", world.clock.text()
    back = _open_again(world, order, one)
    if order.cancelled_at is None:
        order.closed_at = None
    world.touch(order)
    return {"fulfillment": Node("Fulfillment", one), "userErrors": []}, Did(
        "fulfillmentCancel", order.id, id, back
    )


def _open_again(world: World, order: Order, one: Fulfillment) -> dict[tuple[str, str], int]:
    """Open its units; says how many came back to which level."""
    back: dict[tuple[str, str], int] = {}
    moves_to = world.switches.moves_to
    for source_id in dict.fromkeys(portion.order_id for portion in one.portions):
        source = world.fulfillment_orders[source_id]
        portions = [portion for portion in one.portions if portion.order_id == source_id]
        alive = source.status in LIVE
        location_id = source.location_id if alive or not moves_to else moves_to
        for portion in portions:
            line = order.lines[portion.line_id]
            world.level(line, location_id).committed += portion.quantity
            key = (line.item_id, location_id)
            back[key] = back.get(key, 0) + portion.quantity
            if not alive or world.switches.partial_grows:
                next(each for each in source.lines if each.id == portion.id).quantity += portion.quantity
        if alive and world.switches.partial_grows:
            world.settle(source)
        else:
            world.open_fulfillment_order(order, location_id, units_of(portions))
            world.settle(source)
    return back


def fulfillment_create(world: World, fulfillment: dict[str, Any], message: str | None = None) -> Result:
    """Fulfil open units of fulfillment orders of one order at one location."""
    found: list[tuple[FulfillmentOrder, Portion, int]] = []
    for group in fulfillment["lineItemsByFulfillmentOrder"]:
        one = world.fulfillment_orders.get(group["fulfillmentOrderId"])
        if one is None:
            return refuse("fulfillment", "Fulfillment order does not exist.", ["fulfillment"])
        if one.status not in FULFILLABLE:
            number = one.id.rpartition("/")[2]
            text = f"Fulfillment order {number} has an unfulfillable status= {one.status.lower()}."
            return refuse("fulfillment", text, ["fulfillment"])
        asked = group.get("fulfillmentOrderLineItems") or [
            {"id": line.id, "quantity": line.quantity} for line in one.lines if line.quantity
        ]
        for item in asked:
            line = next((line for line in one.lines if line.id == item["id"]), None)
            if line is None:
                return refuse("fulfillment", "Fulfillment order line item does not exist.", ["fulfillment"])
            if not 0 < item["quantity"] <= line.quantity:
                return refuse(
                    "fulfillment", "Invalid fulfillment order line item quantity requested.", ["fulfillment"]
                )
            found.append((one, line, item["quantity"]))
    orders = {one.order_id for one, _, _ in found}
    places = {one.location_id for one, _, _ in found}
    if len(orders) != 1 or len(places) != 1:
        return refuse("fulfillment", "All fulfillment orders must belong together.", ["fulfillment"])
    made = fulfil(world, found, fulfillment.get("trackingInfo") or {})
    gone: dict[tuple[str, str], int] = {}
    for one, line, quantity in found:
        key = (world.orders[one.order_id].lines[line.line_id].item_id, one.location_id)
        gone[key] = gone.get(key, 0) - quantity
    did = Did("fulfillmentCreate", made.order_id, made.id, gone)
    return {"fulfillment": Node("Fulfillment", made), "userErrors": []}, did


def fulfil(
    world: World, found: list[tuple[FulfillmentOrder, Portion, int]], tracking: dict[str, Any]
) -> Fulfillment:
    """A new fulfillment of these units."""
    order = world.orders[found[0][0].order_id]
    now = world.clock.text()
    numbers = tuple(tracking.get("numbers") or filter(None, [tracking.get("number")]))
    made = Fulfillment(
        id=world.new_id("Fulfillment"),
        order_id=order.id,
        name=f"{order.name}-F{len(order.fulfillments) + 1}",
        location_id=found[0][0].location_id,
        created_at=now,
        updated_at=now,
        portions=[Portion(line.id, line.line_id, quantity, one.id) for one, line, quantity in found],
        company=tracking.get("company") or "",
        numbers=numbers,
        urls=tuple(tracking.get("urls") or filter(None, [tracking.get("url")])),
    )
    world.fulfillments[made.id] = made
    order.fulfillments.append(made.id)
    for one, line, quantity in found:
        line.quantity -= quantity
        world.level(order.lines[line.line_id], one.location_id).committed -= quantity
    for one in {one.id: one for one, _, _ in found}.values():
        world.settle(one)
    if world.switches.auto_archive and world.fulfillment_status(order) == "FULFILLED":
        order.closed_at = now
    world.touch(order)
    return made


def fulfillment_order_hold(world: World, id: str, fulfillmentHold: dict[str, Any]) -> Result:  # noqa: A002, N803
    """Hold a fulfillment order, or split some units off and hold those. A handle is unique on a fulfillment order."""
    one = world.fulfillment_orders.get(id)
    code = None
    if one is None or one.status not in LIVE:
        message, code = "Fulfillment order does not exist.", "FULFILLMENT_ORDER_NOT_FOUND"
    elif any(hold.ours and hold.handle == fulfillmentHold.get("handle", "") for hold in one.holds):
        message, code = "The handle has already been taken.", "DUPLICATE_FULFILLMENT_HOLD_HANDLE"
    elif sum(hold.ours for hold in one.holds) >= 10:
        message, code = "The maximum number of holds was reached.", "FULFILLMENT_ORDER_HOLD_LIMIT_REACHED"
    chosen = {item["id"]: item["quantity"] for item in fulfillmentHold.get("fulfillmentOrderLineItems") or []}
    if not code and one and any(not 0 < n <= _quantity(one, id_) for id_, n in chosen.items()):
        message, code = "Invalid line item quantity.", "INVALID_LINE_ITEM_QUANTITY"
    if code or one is None:
        return refuse("fulfillmentHold", message, ["id"], code)
    order = world.orders[one.order_id]
    rest = None
    left = {
        line.line_id: line.quantity - chosen[line.id] if line.id in chosen else line.quantity
        for line in one.lines
    }
    if chosen and any(left.values()):
        for line in one.lines:
            line.quantity -= left[line.line_id]
        rest = world.open_fulfillment_order(
            order, one.location_id, {line: n for line, n in left.items() if n}
        )
    hold = HoldOnOrder(
        world.new_id("FulfillmentHold"),
        fulfillmentHold.get("handle") or "",
        fulfillmentHold["reason"],
        ours=True,
    )
    one.holds.append(hold)
    world.settle(one)
    world.touch(order)
    payload = {
        "fulfillmentHold": Node("FulfillmentHold", hold),
        "fulfillmentOrder": Node("FulfillmentOrder", one),
        "remainingFulfillmentOrder": Node("FulfillmentOrder", rest) if rest else None,
        "userErrors": [],
    }
    return payload, Did("fulfillmentOrderHold", order.id, hold.id)


def _quantity(one: FulfillmentOrder, line_id: str) -> int:
    return next((line.quantity for line in one.lines if line.id == line_id), 0)


def fulfillment_order_release_hold(world: World, id: str, holdIds: list[str] | None = None) -> Result:  # noqa: A002, N803
    """Release holds by id, everybody's where no ids are given."""
    one = world.fulfillment_orders.get(id)
    if one is None:
        return refuse(
            "fulfillmentOrder", "Fulfillment order does not exist.", ["id"], "FULFILLMENT_ORDER_NOT_FOUND"
        )
    gone = [hold for hold in one.holds if holdIds is None or hold.id in holdIds]
    one.holds = [hold for hold in one.holds if hold not in gone]
    world.settle(one)
    did = None
    if gone:
        world.touch(world.orders[one.order_id])
        handles = [(hold.handle, hold.ours) for hold in gone]
        did = Did("fulfillmentOrderReleaseHold", one.order_id, id, handles)
    return {"fulfillmentOrder": Node("FulfillmentOrder", one), "userErrors": []}, did


def tags_add(world: World, id: str, tags: list[str]) -> Result:  # noqa: A002
    """Add tags; one that is there in another case counts as there."""
    order = world.orders.get(id)
    if order is None:
        return refuse("node", "Invalid id.", ["id"])
    present = {tag.casefold() for tag in order.tags}
    new = [tag for tag in tags if tag.casefold() not in present]
    before = sorted(order.tags)
    order.tags.update(new)
    if new:
        world.touch(order)
    return {"node": Node("Order", order), "userErrors": []}, Did("tagsAdd", id, id, before) if new else None


def tags_remove(world: World, id: str, tags: list[str]) -> Result:  # noqa: A002
    """Remove tags, whatever their case."""
    order = world.orders.get(id)
    if order is None:
        return refuse("node", "Invalid id.", ["id"])
    gone = {tag for tag in order.tags if tag.casefold() in {asked.casefold() for asked in tags}}
    before = sorted(order.tags)
    order.tags -= gone
    if gone:
        world.touch(order)
    return {"node": Node("Order", order), "userErrors": []}, Did(
        "tagsRemove", id, id, before
    ) if gone else None


def order_close(world: World, input: dict[str, Any]) -> Result:  # noqa: A002
    """Archive; doing it twice is fine."""
    return _archive(world, input["id"], "orderClose", world.clock.text())


def order_open(world: World, input: dict[str, Any]) -> Result:  # noqa: A002
    """Take out of the archive; doing it twice is fine."""
    return _archive(world, input["id"], "orderOpen", None)


def _archive(world: World, id_: str, what: str, closed_at: str | None) -> Result:
    order = world.orders.get(id_)
    if order is None:
        return refuse("order", "Order does not exist.", ["id"])
    did = None
    if (order.closed_at is None) != (closed_at is None):
        order.closed_at = closed_at
        world.touch(order)
        did = Did(what, id_, id_)
    return {"order": Node("Order", order), "userErrors": []}, did


def submit_cancellation_request(world: World, id: str, message: str | None = None) -> Result:  # noqa: A002
    """Ask the service that accepted a fulfillment order to stop; it has not answered yet."""
    one = world.fulfillment_orders.get(id)
    if one is None:
        return refuse("fulfillmentOrder", "Fulfillment order does not exist.", ["id"])
    if one.status not in LIVE or one.request_status not in ("ACCEPTED", "CANCELLATION_REJECTED"):
        return refuse("fulfillmentOrder", "Cannot request cancellation for the fulfillment order.", ["id"])
    before, one.request_status = one.request_status, "CANCELLATION_REQUESTED"
    world.touch(world.orders[one.order_id])
    did = Did("fulfillmentOrderSubmitCancellationRequest", one.order_id, id, before)
    return {"fulfillmentOrder": Node("FulfillmentOrder", one), "userErrors": []}, did


def inventory_set_quantities(world: World, input: dict[str, Any]) -> Result:  # noqa: A002
    """Set available or on hand, by way of available, where it still is what the caller saw."""
    root = "inventoryAdjustmentGroup"
    deltas = []
    for place, entry in enumerate(input["quantities"]):
        level = world.levels.get((entry["inventoryItemId"], entry["locationId"]))
        field = ["input", "quantities", str(place)]
        if level is None:
            text = "The specified inventory item could not be found."
            return refuse(root, text, [*field, "inventoryItemId"], "INVALID_INVENTORY_ITEM")
        now = level.on_hand if input["name"] == "on_hand" else level.available
        if entry["changeFromQuantity"] is not None and entry["changeFromQuantity"] != now:
            text = "The changeFromQuantity argument no longer matches the persisted quantity."
            return refuse(root, text, [*field, "changeFromQuantity"], "CHANGE_FROM_QUANTITY_STALE")
        deltas.append((entry, level, entry["quantity"] - now, now))
    moved = [(entry, level, delta, now) for entry, level, delta, now in deltas if delta]
    if not moved:
        return {root: None, "userErrors": []}, None
    for _, level, delta, _ in moved:
        level.available += delta
    changes = [
        Node(
            "InventoryChange",
            {
                "name": name,
                "delta": delta,
                "item": entry["inventoryItemId"],
                "place": entry["locationId"],
            },
        )
        for entry, _, delta, _ in moved
        for name in ("available", "on_hand")
    ]
    group = {
        "id": world.new_id("InventoryAdjustmentGroup"),
        "createdAt": world.clock.text(),
        "reason": input["reason"],
        "referenceDocumentUri": input.get("referenceDocumentUri"),
        "changes": changes,
    }
    first, _, _, before = moved[0]
    did = Did(
        "inventorySetQuantities",
        "",
        f"{first['inventoryItemId']} {first['locationId']}",
        before,
    )
    return {root: Node("InventoryAdjustmentGroup", group), "userErrors": []}, did


MUTATIONS: dict[str, Callable[..., Result]] = {
    "fulfillmentCancel": fulfillment_cancel,
    "fulfillmentCreate": fulfillment_create,
    "fulfillmentOrderHold": fulfillment_order_hold,
    "fulfillmentOrderReleaseHold": fulfillment_order_release_hold,
    "fulfillmentOrderSubmitCancellationRequest": submit_cancellation_request,
    "inventorySetQuantities": inventory_set_quantities,
    "orderClose": order_close,
    "orderOpen": order_open,
    "tagsAdd": tags_add,
    "tagsRemove": tags_remove,
}
