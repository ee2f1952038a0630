"""What each kind of change sends, and takes as proof that it happened.

Every kind answers the same four questions over a `Look`, a reading made just now:

    check     may it be sent? A Result with a sentence where not
    request   the operation and its variables
    created   from the shop's answer: what it made, and where
    happened  from a reading after an unknown outcome: did the event take place?

`happened` is about the event, never about the present state: a fulfillment that we made and that somebody
cancelled since did happen.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from unfulfill.apply.look import Look
from unfulfill.model import (
    CancelFulfillment,
    Change,
    CloseOrder,
    FulfillmentState,
    HoldFulfillmentOrder,
    LevelState,
    Line,
    OrderState,
    RecreateFulfillment,
    ReleaseHold,
    RequestCancellation,
    Result,
    SetOnHand,
    TagOrder,
    Tracking,
)
from unfulfill.open_units import allocate, holdable, our_holds, requestable
from unfulfill.plan import has_tag, units_by_line
from unfulfill.undo import since_obstacle

ASKED = ("CANCELLATION_REQUESTED", "CANCELLATION_ACCEPTED", "CANCELLATION_REJECTED")


@dataclass(frozen=True)
class Created:
    """What a change made, and on which fulfillment order."""

    id: str = ""
    fulfillment_order_id: str = ""


Refusal = tuple[Result, str]
Request = tuple[str, dict[str, Any]]


def check(change: Change, look: Look, order_is_ours: bool) -> Refusal | None:
    """Why this change is not sent, or None.

    `order_is_ours`: this plan has already written to the order, so that its `updated_at` moved by us.
    """
    if isinstance(change.action, SetOnHand):
        return _check_level(change.action, change.before, look.level)
    if look.order is None:
        return Result.STALE, "the shop has no such order any more"
    match change.action:
        case CancelFulfillment():
            return _check_cancel(change, look, order_is_ours)
        case RecreateFulfillment(lines=lines, location_id=location_id):
            return _since(change, look) or _check_recreate(look, lines, location_id)
        case HoldFulfillmentOrder(lines=lines, handle=handle):
            if our_holds(look.open_orders, handle):
                return Result.ALREADY_DONE, "held already with the same handle"
            if not holdable(look.open_orders, lines):
                return (
                    Result.STALE,
                    "no open fulfillment order has these units; somebody fulfilled or moved them",
                )
        case ReleaseHold(handle=handle):
            if not our_holds(look.open_orders, handle):
                return Result.ALREADY_DONE, "our hold is gone already"
        case TagOrder(tag=tag, add=add):
            if has_tag(look.order, tag) is add:
                return (
                    Result.ALREADY_DONE,
                    f"the order {'has' if add else 'does not have'} the tag {tag} already",
                )
        case CloseOrder():
            if look.order.closed:
                return Result.ALREADY_DONE, "archived already"
        case RequestCancellation(lines=lines):  # pragma: no branch
            if requestable(look.open_orders, lines) is None:
                return Result.STALE, "no service has these units any more, or it was asked already"
    return None


def _check_level(action: SetOnHand, before: object, now: LevelState | None) -> Refusal | None:
    """The level may have moved by what this plan cancelled, and by nothing else."""
    if now is None:
        return Result.STALE, "the item is not stocked there any more"
    if not isinstance(before, LevelState):
        return Result.STALE, "the plan does not hold what it was made against; plan again"
    if now.on_hand == action.quantity:
        return Result.ALREADY_DONE, f"{now.on_hand} on hand already"
    most = before.on_hand + action.cancelled_units
    if before.on_hand <= now.on_hand <= most:
        return None
    expected = f"{before.on_hand}" if most == before.on_hand else f"{before.on_hand} to {most}"
    return (
        Result.STALE,
        f"on hand should be {expected} now and is {now.on_hand}: sold or counted since; count it again",
    )


def _check_cancel(change: Change, look: Look, order_is_ours: bool) -> Refusal | None:
    now, before = look.fulfillment, change.before
    if now is None:
        return Result.STALE, "the shop has no such fulfillment any more"
    if now.status == "CANCELLED":
        return Result.ALREADY_DONE, "cancelled by someone else since the plan was made"
    if not isinstance(before, FulfillmentState):
        return Result.STALE, "the plan does not hold what it was made against; plan again"
    moved = differences(before, now, order_is_ours)
    if moved:
        return Result.STALE, "changed since the plan was made: " + "; ".join(moved)
    return None


def differences(before: FulfillmentState, now: FulfillmentState, order_is_ours: bool) -> list[str]:
    """What moved between two readings of a fulfillment and its order, in words."""
    pairs: dict[str, tuple[object, object]] = {
        "status": (before.status, now.status),
        "carrier status": (before.display_status, now.display_status),
        "in transit since": (before.in_transit_at, now.in_transit_at),
        "delivered at": (before.delivered_at, now.delivered_at),
        "tracking": (_words(before.tracking), _words(now.tracking)),
        "lines": (units_by_line(before.lines), units_by_line(now.lines)),
        "location": (before.location_id, now.location_id),
        "order cancelled": (before.order.cancelled, now.order.cancelled),
        "payment": (before.order.financial_status, now.order.financial_status),
        "return": (before.order.return_status, now.order.return_status),
    }
    if not order_is_ours:
        pairs["order last changed"] = (before.order.updated_at, now.order.updated_at)
    return [
        f"{name} was {old or 'blank'}, is {new or 'blank'}"
        for name, (old, new) in pairs.items()
        if old != new
    ]


def _since(change: Change, look: Look) -> Refusal | None:
    """Money or goods that came back after the plan was made against the order."""
    if not isinstance(change.before, OrderState) or look.order is None:
        return None
    obstacle = since_obstacle(change.before, look.order)
    return (Result.STALE, obstacle[1]) if obstacle else None


def _check_recreate(look: Look, lines: tuple[Line, ...], location_id: str) -> Refusal | None:
    if look.order is not None and look.order.cancelled:
        return Result.STALE, "the order was cancelled since"
    if allocate(look.open_orders, lines, location_id):
        return None
    if any(order.status == "ON_HOLD" for order in look.open_orders):
        return Result.STALE, "the units are on hold; release the hold in the admin first"
    elsewhere = sorted(
        {order.location_name for order in look.open_orders if allocate((order,), lines, order.location_id)}
    )
    if elsewhere:
        return Result.STALE, (
            f"Shopify moved the open units to {elsewhere[0]}; move them back in the admin first"
        )
    return Result.STALE, "the units are not open any more; somebody fulfilled, edited or removed them"


def request(change: Change, look: Look, generation: int = 0) -> Request:
    """The operation to send and its variables; `check` has said yes to the same look.

    `generation` counts the idempotency keys of this change that are spent.
    """
    match change.action:
        case CancelFulfillment(fulfillment_id=fulfillment_id):
            return "FulfillmentCancel", {"id": fulfillment_id}
        case RecreateFulfillment(lines=lines, tracking=tracking, location_id=location_id):
            return "FulfillmentCreate", {
                "fulfillment": _fulfillment_input(look, lines, tracking, location_id)
            }
        case HoldFulfillmentOrder():
            return _hold_request(change.action, look)
        case ReleaseHold(handle=handle):
            holds = our_holds(look.open_orders, handle)
            order_id = holds[0][0]
            return "FulfillmentOrderReleaseHold", {
                "id": order_id,
                "holdIds": [hold for order, hold in holds if order == order_id],
            }
        case TagOrder(tag=tag, add=add):
            return ("TagsAdd" if add else "TagsRemove"), {"id": change.order_id, "tags": [tag]}
        case CloseOrder():
            return "OrderClose", {"id": change.order_id}
        case RequestCancellation(lines=lines, message=message):
            found = requestable(look.open_orders, lines)
            assert found is not None, "a cancellation was requested where no service has the units"
            return "FulfillmentOrderSubmitCancellationRequest", {"id": found.id, "message": message or None}
        case SetOnHand():  # pragma: no branch
            return "InventorySetQuantities", _set_on_hand_request(change.action, look, generation)


def _set_on_hand_request(action: SetOnHand, look: Look, generation: int) -> dict[str, Any]:
    assert look.level is not None, "stock was to be set without a level"
    key = action.key if generation == 0 else str(uuid.uuid5(uuid.UUID(action.key), str(generation)))
    quantity = {
        "inventoryItemId": action.inventory_item_id,
        "locationId": action.location_id,
        "quantity": action.quantity,
        "changeFromQuantity": look.level.on_hand,
    }
    return {
        "input": {
            "name": "on_hand",
            "reason": "correction",
            "referenceDocumentUri": f"gid://unfulfill-workbench/Change/{action.key}",
            "quantities": [quantity],
        },
        "key": key,
    }


def _fulfillment_input(
    look: Look, lines: tuple[Line, ...], tracking: Tracking, location_id: str
) -> dict[str, Any]:
    groups = allocate(look.open_orders, lines, location_id)
    value: dict[str, Any] = {
        "notifyCustomer": False,
        "lineItemsByFulfillmentOrder": [
            {
                "fulfillmentOrderId": order_id,
                "fulfillmentOrderLineItems": [{"id": line.id, "quantity": line.quantity} for line in taken],
            }
            for order_id, taken in groups.items()
        ],
    }
    info: dict[str, Any] = {"company": tracking.company} if tracking.company else {}
    if tracking.numbers:
        info["numbers"] = list(tracking.numbers)
    if tracking.urls:
        info["urls"] = list(tracking.urls)
    return {**value, "trackingInfo": info} if info else value


def _hold_request(action: HoldFulfillmentOrder, look: Look) -> Request:
    found = holdable(look.open_orders, action.lines)
    assert found is not None, "a hold was requested without an open fulfillment order"
    order, taken = found
    hold: dict[str, Any] = {
        "reason": action.reason,
        "reasonNotes": action.notes,
        "handle": action.handle,
        "notifyMerchant": False,
    }
    if sum(line.quantity for line in taken) < sum(line.quantity for line in order.lines):
        # Other units share the fulfillment order: hold ours only; Shopify splits the rest off.
        hold["fulfillmentOrderLineItems"] = [{"id": line.id, "quantity": line.quantity} for line in taken]
    return "FulfillmentOrderHold", {"id": order.id, "hold": hold}


def created(change: Change, variables: Mapping[str, Any], payload: Mapping[str, Any]) -> Created | None:
    """What the answer says was made; None where it does not show the effect that was asked for."""
    match change.action:
        case CancelFulfillment(fulfillment_id=fulfillment_id):
            found = payload.get("fulfillment") or {}
            done = found.get("id") == fulfillment_id and found.get("status") == "CANCELLED"
            return Created() if done else None
        case RecreateFulfillment():
            found = payload.get("fulfillment") or {}
            group = variables["fulfillment"]["lineItemsByFulfillmentOrder"][0]
            return Created(found["id"], group["fulfillmentOrderId"]) if found.get("id") else None
        case HoldFulfillmentOrder():
            found = payload.get("fulfillmentHold") or {}
            order = payload.get("fulfillmentOrder") or {}
            return Created(found["id"], order.get("id") or variables["id"]) if found.get("id") else None
        case ReleaseHold():
            return Created(fulfillment_order_id=variables["id"]) if payload.get("fulfillmentOrder") else None
        case TagOrder():
            return Created() if payload.get("node") else None
        case CloseOrder():
            return Created() if (payload.get("order") or {}).get("closed") else None
        case RequestCancellation():
            order = payload.get("fulfillmentOrder") or {}
            return Created(fulfillment_order_id=order["id"]) if order.get("id") == variables["id"] else None
        case SetOnHand():  # pragma: no branch
            group = (
                payload.get("inventoryAdjustmentGroup") or {}
            )  # null where nothing moved, which we never ask for
            return Created(group["id"]) if group.get("id") else None


def happened(change: Change, look: Look, intent: Mapping[str, Any]) -> Created | None:
    """What a reading after an unknown outcome proves was made; None where there is no trace of it (yet).

    `intent` is what the journal holds of the sending. A stock change leaves no trace that can be read: it is sent again
    with the same key instead.
    """
    if look.order is None or isinstance(change.action, SetOnHand):
        return None
    match change.action:
        case CancelFulfillment():
            return Created() if look.fulfillment and look.fulfillment.status == "CANCELLED" else None
        case RecreateFulfillment(lines=lines, tracking=tracking):
            for state in look.made_since:
                same_lines = units_by_line(state.lines) == units_by_line(lines)
                if same_lines and sorted(state.tracking.numbers) == sorted(tracking.numbers):
                    return Created(state.id)
            return None
        case HoldFulfillmentOrder(handle=handle):
            holds = our_holds(look.open_orders, handle)
            return Created(holds[0][1], holds[0][0]) if holds else None
        case ReleaseHold(handle=handle):
            return None if our_holds(look.open_orders, handle) else Created()
        case TagOrder(tag=tag, add=add):
            return Created() if has_tag(look.order, tag) is add else None
        case CloseOrder():
            return Created() if look.order.closed else None
        case RequestCancellation():  # pragma: no branch
            proofs = ASKED[:2] if intent.get("was_rejected") else ASKED
            id_ = intent["variables"]["id"]
            asked = [o for o in look.open_orders if o.id == id_ and o.request_status in proofs]
            return Created(fulfillment_order_id=asked[0].id) if asked else None


def doubt(change: Change, look: Look) -> Refusal | None:
    """Why a person must say whether a sending happened that left no trace we know; None where nothing speaks for it.

    Tracking can be edited: a new fulfillment of the same units with other numbers is ours, or somebody else's.
    """
    if not isinstance(change.action, RecreateFulfillment):
        return None
    for state in look.made_since:
        if units_by_line(state.lines) == units_by_line(change.action.lines):
            return Result.NEEDS_PERSON, (
                f"{state.name} has the same units but other tracking numbers, and what we sent was lost: "
                "look in the admin whether the app made it"
            )
    return None


def _words(tracking: Tracking) -> str:
    return " ".join((tracking.company, *tracking.numbers)).strip()
