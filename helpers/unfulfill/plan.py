"""Marks and a fresh reading → a Plan: what would be done, row by row, and what would not and why.

Pure. The life cycle of a plan:

    1. make_plan         every mark becomes one case of changes, or one skip with its reason
    2. seal              the digest over everything in it
    3. raise_if_unsafe   the limits (see unfulfill.safety)
    4. apply             by its digest (see unfulfill.apply)
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from unfulfill.audit.evidence import lock_reason
from unfulfill.errors import ParameterRefused
from unfulfill.model import (
    CancelFulfillment,
    Change,
    Decision,
    FulfillmentState,
    HoldFulfillmentOrder,
    Limits,
    Line,
    Mark,
    OrderState,
    Plan,
    Reversibility,
    ShopIdentity,
    Skip,
    TagOrder,
    from_json,
    to_json,
)
from unfulfill.safety import raise_if_unsafe

# FulfillmentHoldReason, the same in 2026-04, 2026-07 and 2026-10. A word that Shopify does not know would be
# refused only after the fulfillment was cancelled.
HOLD_REASONS = (
    "AWAITING_PAYMENT",
    "AWAITING_RETURN_ITEMS",
    "HIGH_RISK_OF_FRAUD",
    "INCORRECT_ADDRESS",
    "INVENTORY_OUT_OF_STOCK",
    "ONLINE_STORE_POST_PURCHASE_CROSS_SELL",
    "OTHER",
    "UNKNOWN_DELIVERY_DATE",
)
LONGEST_TAG = 40  # characters; Shopify's limit for a tag

__all__ = [
    "HOLD_REASONS",
    "Calendar",
    "PlanOptions",
    "has_tag",
    "make_plan",
    "plan_from_text",
    "plan_to_text",
    "raise_if_unsafe",
    "seal",
    "units_by_line",
]


@dataclass(frozen=True)
class Calendar:
    """On which day orders were created, in the time zone of the limits."""

    day_of: Mapping[str, str] = field(default_factory=dict)  # order id → "2026-10-03", of the marked ones
    orders_of: Mapping[str, int] = field(default_factory=dict)  # day → all its orders in the export


@dataclass(frozen=True)
class PlanOptions:
    """What the operator asks for beside the marks."""

    limits: Limits = field(default_factory=Limits)
    tag: str = ""  # added to every order that is touched; blank: none
    hold_reason: str = "OTHER"  # FulfillmentHoldReason, for marks with the decision hold


def make_plan(
    marks: Iterable[Mark],
    states: Mapping[str, FulfillmentState],
    *,
    shop: ShopIdentity,
    api_version: str,
    made_at: datetime,
    live_fulfillments: int,
    refunded_at: Mapping[str, datetime],
    options: PlanOptions,
    calendar: Calendar | None = None,
) -> Plan:
    """The plan for these marks, sealed.

    `states` is a reading made just now; a marked fulfillment that is missing there is skipped.
    `refunded_at` is the latest refund by order id. `live_fulfillments` counts those of the export. Raises
    ParameterRefused for a tag or a hold reason that Shopify would not take.
    """
    _check_options(options)
    changes: list[Change] = []
    skips: list[Skip] = []
    tagged: set[str] = set()
    run_key = hashlib.sha256(f"{shop.id} {made_at.isoformat()}".encode()).hexdigest()[:12]
    for number, mark in enumerate(sorted(marks, key=lambda mark: (mark.order_id, mark.fulfillment_id)), 1):
        state = states.get(mark.fulfillment_id)
        refusal = _refusal(mark, state, refunded_at.get(mark.order_id), options.limits)
        if refusal or state is None:
            reason, message = refusal or ("not_found", "the shop has no such fulfillment")
            skips.append(Skip(mark.fulfillment_id, mark.order_id, mark.order_name, reason, message))
            continue
        case = _case(mark, state, f"m{number:04d}", run_key, options)
        if options.tag and state.order.id not in tagged:
            tagged.add(state.order.id)
            case.append(_tag(mark, state, case[0].case, options.tag))
        changes += case
    return seal(
        Plan(
            kind="unfulfill",
            shop=shop,
            api_version=api_version,
            made_at=made_at,
            changes=tuple(changes),
            skips=tuple(skips),
            limits=options.limits,
            live_fulfillments=live_fulfillments,
            days=_days({change.order_id for change in changes}, calendar or Calendar()),
        )
    )


def _days(order_ids: Iterable[str], calendar: Calendar) -> tuple[tuple[str, int, int], ...]:
    touched = Counter(calendar.day_of[id_] for id_ in order_ids if id_ in calendar.day_of)
    return tuple((day, count, calendar.orders_of[day]) for day, count in sorted(touched.items()))


def _check_options(options: PlanOptions) -> None:
    if options.hold_reason not in HOLD_REASONS:
        raise ParameterRefused(
            f"hold_reason is {options.hold_reason!r}; Shopify knows {', '.join(HOLD_REASONS)}."
        )
    tag = options.tag
    if tag != tag.strip() or "," in tag or len(tag) > LONGEST_TAG or not tag.isprintable():
        raise ParameterRefused(
            f"tag is {tag!r}; give one tag of at most {LONGEST_TAG} characters, without commas and outer blanks."
        )


def _refusal(
    mark: Mark, state: FulfillmentState | None, refunded_at: datetime | None, limits: Limits
) -> tuple[str, str] | None:
    """Why this mark becomes no change: a word and a sentence. None: it becomes one."""
    if mark.decision is Decision.KEEP:
        return "kept", "marked to stay fulfilled"
    if state is None:
        return "not_found", "the shop has no such fulfillment"
    if state.status == "CANCELLED":
        return "already_cancelled", "cancelled by someone else since the export; nothing to do"
    if state.status != "SUCCESS":
        return "not_live", f"its status is {state.status}, not SUCCESS; look at it in the admin"
    protected = next((tag for tag in limits.protected_tags if has_tag(state.order, tag)), "")
    if protected:
        return "protected", f"the order has the protected tag {protected}"
    if mark.override:
        return None
    locked = lock_reason(state)
    if locked:
        return (
            "locked",
            f"{locked}; unfulfilling does not stop a parcel. Give an override to do it all the same",
        )
    if state.service_type == "THIRD_PARTY":
        return "third_party", (
            f"fulfilled by the service {state.service_handle or 'of another app'}: ask the service to cancel first, "
            "then give an override. We could not undo it"
        )
    if state.order.cancelled:
        return "not_undoable", (
            "the order is cancelled, so that an undo could probably not fulfil it again; "
            "give an override to cancel the fulfillment for good"
        )
    if state.order.return_status not in ("NO_RETURN", ""):
        return "returned", "a return is open or done for this order; give an override after looking at it"
    if refunded_at is not None and refunded_at > state.created_at:
        return "refunded", "refunded after it was fulfilled; give an override after looking at the restock"
    return None


def _case(mark: Mark, state: FulfillmentState, case: str, run_key: str, options: PlanOptions) -> list[Change]:
    cancel = Change(
        id=f"{case}-cancel",
        case=case,
        order_id=state.order.id,
        order_name=state.order.name,
        fulfillment_id=state.id,
        action=CancelFulfillment(state.id),
        reversibility=_cancel_reversibility(state),
        before=state,
        reason=mark.reason,
        override=mark.override,
        marked_by=mark.marked_by,
    )
    if mark.decision is not Decision.HOLD:
        return [cancel]
    hold = HoldFulfillmentOrder(
        lines=state.lines,
        handle=f"uw-{run_key}-{case}",
        reason=options.hold_reason,
        notes=mark.note or mark.reason or "Held after its fulfillment was cancelled",
    )
    return [
        cancel,
        replace(
            cancel,
            id=f"{case}-hold",
            action=hold,
            reversibility=Reversibility.UNDOABLE,
            before=None,
            needs=(cancel.id,),
        ),
    ]


def _cancel_reversibility(state: FulfillmentState) -> Reversibility:
    """What undo could give back.

    An app can re-fulfil only what is not assigned to another app's service (Shopify, since 2024-10), and
    nothing of a cancelled order.
    """
    if state.service_type == "THIRD_PARTY" or state.order.cancelled:
        return Reversibility.NOT_BY_US
    return Reversibility.NEW_IDS


def _tag(mark: Mark, state: FulfillmentState, case: str, tag: str) -> Change:
    return Change(
        id=f"{case}-tag",
        case=case,
        order_id=state.order.id,
        order_name=state.order.name,
        fulfillment_id=state.id,
        action=TagOrder(tag, add=True),
        reversibility=Reversibility.UNDOABLE,
        before=state.order,
        needs=(f"{case}-cancel",),
        reason=mark.reason,
    )


def units_by_line(lines: Iterable[Line]) -> dict[str, int]:
    """Order line id → units, sorted: how two sets of lines are compared."""
    total: dict[str, int] = {}
    for line in lines:
        total[line.line_item_id] = total.get(line.line_item_id, 0) + line.quantity
    return dict(sorted(total.items()))


def has_tag(order: OrderState, tag: str) -> bool:
    """Whether an order has a tag; Shopify tells tags apart without their case."""
    return tag.casefold() in {present.casefold() for present in order.tags}


def seal(plan: Plan) -> Plan:
    """The plan with its digest: SHA-256 over the canonical JSON of everything else in it."""
    return replace(plan, digest=_digest(to_json(plan)))


def _digest(plain: dict[str, Any]) -> str:
    rest = {name: value for name, value in plain.items() if name != "digest"}
    canonical = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def plan_to_text(plan: Plan) -> str:
    """The text of plan.json: one line for each field, change and skip."""
    parts = []
    for name, value in to_json(plan).items():
        if name in ("changes", "skips") and value:
            items = ",\n  ".join(json.dumps(item, ensure_ascii=False) for item in value)
            parts.append(f'"{name}": [\n  {items}]')
        else:
            parts.append(f'"{name}": {json.dumps(value, ensure_ascii=False)}')
    return "{" + ",\n ".join(parts) + "}\n"


def plan_from_text(text: str) -> Plan:
    """The plan in plan.json. Raises ValueError where its digest is not that of its content."""
    return plan_from_plain(json.loads(text))


def plan_from_plain(plain: dict[str, Any]) -> Plan:
    """The plan in plain JSON. Raises ValueError where its digest is not that of its content."""
    plan = from_json(Plan, plain)
    if _digest(plain) != plan.digest:
        raise ValueError("its content does not match its digest")
    return plan
