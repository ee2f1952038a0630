"""One mark and a fresh reading → the changes of its case, or why there are none. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from unfulfill.audit.evidence import lock_reason
from unfulfill.model import (
    CancelFulfillment,
    Change,
    Decision,
    FulfillmentOrderState,
    FulfillmentState,
    HoldFulfillmentOrder,
    Line,
    Mark,
    RecreateFulfillment,
    RequestCancellation,
    Reversibility,
)
from unfulfill.open_units import requestable
from unfulfill.plan_orders import has_tag
from unfulfill.plan_parts import PartUnclear, part_units, split_lines
from unfulfill.words import said

AT_SERVICE = ("PENDING", "OPEN")  # statuses of a fulfillment that its service works on


@dataclass(frozen=True)
class Refusal:
    """Why a mark becomes no change: one word for programs, one sentence for people."""

    reason: str
    message: str


@dataclass(frozen=True)
class Around:
    """What decides about marks beside their fulfillments."""

    run_key: str
    hold_reason: str
    protected_tags: tuple[str, ...]
    refunded_at: Mapping[str, datetime]  # latest refund, by order id
    open_orders: Mapping[str, tuple[FulfillmentOrderState, ...]]  # by order id, read where a service is asked


def make_case(
    mark: Mark, state: FulfillmentState | None, case: str, around: Around
) -> list[Change] | Refusal:
    """The changes of one mark, in their order: cancel, fulfil the rest again, hold; or ask the service."""
    if mark.decision is Decision.KEEP:
        return Refusal("kept", said("refusal.kept"))
    if state is None:
        return Refusal("not_found", said("refusal.not_found"))
    if mark.decision is Decision.REQUEST:
        return _refuse(state, around) or _refuse_request(mark, state, around) or [_request(mark, state, case)]
    refusal = _refuse(state, around) or _refuse_cancel(mark, state, around)
    if refusal:
        return refusal
    split = _split(mark, state)
    if isinstance(split, Refusal):
        return split
    part, rest = split
    cancel = _cancel(mark, state, case)
    changes = [cancel]
    if rest:
        again = RecreateFulfillment(rest, state.tracking, state.location_id)
        changes.append(_then(changes, "rest", again, Reversibility.NEW_IDS))
    if mark.decision is Decision.HOLD:
        notes = mark.note or mark.reason or said("plan_error.held_notes")
        hold = HoldFulfillmentOrder(part, f"uw-{around.run_key}-{case}", around.hold_reason, notes)
        changes.append(_then(changes, "hold", hold, Reversibility.UNDOABLE))
    return changes


def _refuse(state: FulfillmentState, around: Around) -> Refusal | None:
    """What no decision and no override can change."""
    if state.status == "CANCELLED":
        return Refusal("already_cancelled", said("refusal.already_cancelled"))
    if state.status != "SUCCESS" and not (state.service_type == "THIRD_PARTY" and state.status in AT_SERVICE):
        return Refusal("not_live", said("refusal.not_live", status=state.status))
    protected = next((tag for tag in around.protected_tags if has_tag(state.order, tag)), "")
    if protected:
        return Refusal("protected", said("refusal.protected", tag=protected))
    return None


def _refuse_request(mark: Mark, state: FulfillmentState, around: Around) -> Refusal | None:
    if state.service_type != "THIRD_PARTY":
        return Refusal("not_requestable", said("refusal.no_service"))
    if mark.part.strip():
        return Refusal("part_unclear", said("refusal.service_stops_all"))
    locked = lock_reason(state)
    if locked and not mark.override:
        return Refusal("locked", said("refusal.nothing_to_stop", locked=locked))
    orders = around.open_orders.get(state.order.id, ())
    if requestable(orders, state.lines):
        return None
    service = _service(state)
    ids = {line.line_item_id for line in state.lines}
    answers = {
        order.request_status for order in orders if any(line.line_item_id in ids for line in order.lines)
    }
    if "CANCELLATION_REQUESTED" in answers:
        return Refusal("not_requestable", said("refusal.asked_already", service=service))
    if "CANCELLATION_ACCEPTED" in answers:
        return Refusal("not_requestable", said("refusal.agreed_already", service=service))
    return Refusal("not_requestable", said("refusal.not_in_work", service=service))


def _refuse_cancel(mark: Mark, state: FulfillmentState, around: Around) -> Refusal | None:
    if state.status in AT_SERVICE:
        return Refusal("third_party", said("refusal.in_work", service=_service(state), status=state.status))
    if mark.override:
        return None
    locked = lock_reason(state)
    if locked:
        return Refusal("locked", said("refusal.locked", locked=locked))
    if state.service_type == "THIRD_PARTY":
        return Refusal("third_party", said("refusal.by_service", service=_service(state)))
    if state.order.cancelled:
        return Refusal("not_undoable", said("refusal.not_undoable"))
    if state.order.return_status not in ("NO_RETURN", ""):
        return Refusal("returned", said("refusal.returned"))
    refunded_at = around.refunded_at.get(mark.order_id)
    if refunded_at is not None and refunded_at > state.created_at:
        return Refusal("refunded", said("refusal.refunded"))
    return None


def _split(mark: Mark, state: FulfillmentState) -> tuple[tuple[Line, ...], tuple[Line, ...]] | Refusal:
    """Lines to unfulfill, and lines to fulfil again because the mark names a part without them."""
    if not mark.part.strip():
        return state.lines, ()
    try:
        part, rest = split_lines(state.lines, part_units(mark.part, state.lines))
    except PartUnclear as unclear:
        return Refusal("part_unclear", str(unclear))
    if rest and _reversibility(state) is Reversibility.NOT_BY_US:
        return Refusal("rest_impossible", said("refusal.rest_impossible"))
    return part, rest


def _cancel(mark: Mark, state: FulfillmentState, case: str) -> Change:
    return Change(
        id=f"{case}-cancel",
        case=case,
        order_id=state.order.id,
        order_name=state.order.name,
        fulfillment_id=state.id,
        action=CancelFulfillment(state.id),
        reversibility=_reversibility(state),
        before=state,
        reason=mark.reason,
        override=mark.override,
        marked_by=mark.marked_by,
    )


def _request(mark: Mark, state: FulfillmentState, case: str) -> Change:
    return replace(
        _cancel(mark, state, case),
        id=f"{case}-request",
        action=RequestCancellation(state.lines, mark.note or mark.reason),
        reversibility=Reversibility.NOT_BY_US,
    )


def _then(
    done: list[Change], word: str, action: RecreateFulfillment | HoldFulfillmentOrder, how: Reversibility
) -> Change:
    """The next change of a case, which needs all before it."""
    first = done[0]
    return replace(
        first,
        id=f"{first.case}-{word}",
        action=action,
        reversibility=how,
        before=None,
        needs=tuple(change.id for change in done),
    )


def _reversibility(state: FulfillmentState) -> Reversibility:
    """What undo could give back.

    An app can re-fulfil only what is not assigned to another app's service (Shopify, since 2024-10), and
    nothing of a cancelled order.
    """
    if state.service_type == "THIRD_PARTY" or state.order.cancelled:
        return Reversibility.NOT_BY_US
    return Reversibility.NEW_IDS


def _service(state: FulfillmentState) -> str:
    return said("refusal.the_service", name=state.service_handle or said("lock.of_another_app"))
