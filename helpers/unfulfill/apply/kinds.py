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
from unfulfill.words import listed, said

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
        return Result.STALE, said("sent.no_order")
    match change.action:
        case CancelFulfillment():
            return _check_cancel(change, look, order_is_ours)
        case RecreateFulfillment(lines=lines, location_id=location_id):
            return _since(change, look) or _check_recreate(look, lines, location_id)
        case HoldFulfillmentOrder(lines=lines, handle=handle):
            if our_holds(look.open_orders, handle):
                return Result.ALREADY_DONE, said("sent.held_already")
            if not holdable(look.open_orders, lines):
                return Result.STALE, said("sent.nothing_to_hold")
        case ReleaseHold(handle=handle):
            if not our_holds(look.open_orders, handle):
                return Result.ALREADY_DONE, said("sent.hold_gone")
        case TagOrder(tag=tag, add=add):
            if has_tag(look.order, tag) is add:
                key = "sent.tagged_already" if add else "sent.untagged_already"
                return Result.ALREADY_DONE, said(key, tag=tag)
        case CloseOrder():
            if look.order.closed:
                return Result.ALREADY_DONE, said("sent.archived_already")
        case RequestCancellation(lines=lines):  # pragma: no branch
            if requestable(look.open_orders, lines) is None:
                return Result.STALE, said("sent.no_service")
    return None


def _check_level(action: SetOnHand, before: object, now: LevelState | None) -> Refusal | None:
    """The level may have moved by what this plan cancelled, and by nothing else."""
    if now is None:
        return Result.STALE, said("obstacle.not_stocked")
    if not isinstance(before, LevelState):
        return Result.STALE, said("sent.no_before")
    if now.on_hand == action.quantity:
        return Result.ALREADY_DONE, said("sent.on_hand_already", number=now.on_hand)
    most = before.on_hand + action.cancelled_units
    if before.on_hand <= now.on_hand <= most:
        return None
    if most == before.on_hand:
        return Result.STALE, said("sent.on_hand_moved", expected=most, now=now.on_hand)
    told = said("sent.on_hand_moved_from", least=before.on_hand, most=most, now=now.on_hand)
    return Result.STALE, told


def _check_cancel(change: Change, look: Look, order_is_ours: bool) -> Refusal | None:
    now, before = look.fulfillment, change.before
    if now is None:
        return Result.STALE, said("sent.no_fulfillment")
    if now.status == "CANCELLED":
        return Result.ALREADY_DONE, said("sent.cancelled_already")
    if not isinstance(before, FulfillmentState):
        return Result.STALE, said("sent.no_before")
    moved = differences(before, now, order_is_ours)
    if moved:
        return Result.STALE, said("sent.changed", what=listed(moved))
    return None


def differences(before: FulfillmentState, now: FulfillmentState, order_is_ours: bool) -> list[str]:
    """What moved between two readings of a fulfillment and its order, in words."""
    pairs: dict[str, tuple[object, object]] = {
        "sent.moved_status": (before.status, now.status),
        "sent.moved_display_status": (before.display_status, now.display_status),
        "sent.moved_in_transit": (before.in_transit_at, now.in_transit_at),
        "sent.moved_delivered": (before.delivered_at, now.delivered_at),
        "sent.moved_tracking": (_words(before.tracking), _words(now.tracking)),
        "sent.moved_lines": (units_by_line(before.lines), units_by_line(now.lines)),
        "sent.moved_location": (before.location_id, now.location_id),
        "sent.moved_cancelled": (before.order.cancelled, now.order.cancelled),
        "sent.moved_payment": (before.order.financial_status, now.order.financial_status),
        "sent.moved_return": (before.order.return_status, now.order.return_status),
    }
    if not order_is_ours:
        pairs["sent.moved_order"] = (before.order.updated_at, now.order.updated_at)
    return [said(key, old=_shown(old), new=_shown(new)) for key, (old, new) in pairs.items() if old != new]


def _since(change: Change, look: Look) -> Refusal | None:
    """Money or goods that came back after the plan was made against the order."""
    if not isinstance(change.before, OrderState) or look.order is None:
        return None
    obstacle = since_obstacle(change.before, look.order)
    return (Result.STALE, obstacle[1]) if obstacle else None


def _check_recreate(look: Look, lines: tuple[Line, ...], location_id: str) -> Refusal | None:
    if look.order is not None and look.order.cancelled:
        return Result.STALE, said("sent.order_cancelled")
    if allocate(look.open_orders, lines, location_id):
        return None
    if any(order.status == "ON_HOLD" for order in look.open_orders):
        return Result.STALE, said("sent.on_hold")
    elsewhere = sorted(
        {order.location_name for order in look.open_orders if allocate((order,), lines, order.location_id)}
    )
    if elsewhere:
        return Result.STALE, said("sent.units_moved", place=elsewhere[0])
    return Result.STALE, said("sent.not_open")


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
            return Result.NEEDS_PERSON, said("sent.other_tracking", name=state.name)
    return None


def _shown(value: object) -> str:
    """One side of a difference, to the second where it is a time."""
    if isinstance(value, dict):
        return ", ".join(f"{units} × {line.rsplit('/', 1)[-1]}" for line, units in value.items())
    if isinstance(value, bool):
        return said("shown.yes" if value else "shown.no")
    return str(value or said("sent.blank"))


def _words(tracking: Tracking) -> str:
    return " ".join((tracking.company, *tracking.numbers)).strip()
