"""Marks and a fresh reading → a Plan: what would be done, row by row, and what would not and why. Pure.

The life cycle of a plan:

    1. make_plan         every mark becomes one case of changes, or one skip with its reason (see plan_cases), what
                         is done once to an order follows (plan_orders), and last the counted stock (plan_stock)
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

from unfulfill.errors import ParameterRefused
from unfulfill.model import (
    Change,
    FulfillmentOrderState,
    FulfillmentState,
    Limits,
    Mark,
    Plan,
    RequestCancellation,
    ShopIdentity,
    Skip,
    from_json,
    to_json,
)
from unfulfill.open_units import requestable
from unfulfill.plan_cases import Around, Refusal, make_case
from unfulfill.plan_orders import has_tag, with_order_changes
from unfulfill.plan_parts import units_by_line
from unfulfill.plan_stock import CountedStock, stock_changes
from unfulfill.safety import raise_if_unsafe
from unfulfill.words import said

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
    untag: str = ""  # removed from every order that is touched; blank: none
    close_again: bool = False  # archive again the orders that were archived before a cancel opened them
    set_on_hand: bool = False  # set what is on hand to the count, where the cancels do not explain it


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
    open_orders: Mapping[str, tuple[FulfillmentOrderState, ...]] | None = None,
    stock: CountedStock | None = None,
) -> Plan:
    """The plan for these marks, sealed: order by order, and last the stock that was counted.

    `states` is a reading made just now; a marked fulfillment that is missing there is skipped.
    `refunded_at` is the latest refund by order id. `live_fulfillments` counts those of the export. `open_orders`, by
    order id, are needed for orders whose service is asked to stop; `stock` for the option set_on_hand. Raises
    ParameterRefused for a tag or a hold reason that Shopify would not take.
    """
    _check_options(options)
    run_key = hashlib.sha256(f"{shop.id} {made_at.isoformat()}".encode()).hexdigest()[:12]
    around = Around(
        run_key, options.hold_reason, options.limits.protected_tags, refunded_at, open_orders or {}
    )
    cases, skips = _cases(marks, states, around)
    changes = [
        change
        for of_order in cases.values()
        for change in with_order_changes(
            of_order, tag=options.tag, untag=options.untag, close_again=options.close_again
        )
    ]
    if options.set_on_hand and stock is not None:
        counted, left_out = stock_changes(stock, changes, run_key)
        changes += counted
        skips += left_out
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


def _cases(
    marks: Iterable[Mark], states: Mapping[str, FulfillmentState], around: Around
) -> tuple[dict[str, list[list[Change]]], list[Skip]]:
    """The cases by order id, and a skip for each mark without one."""
    cases: dict[str, list[list[Change]]] = {}
    skips: list[Skip] = []
    asked: set[str] = set()
    for number, mark in enumerate(sorted(marks, key=lambda mark: (mark.order_id, mark.fulfillment_id)), 1):
        case = make_case(mark, states.get(mark.fulfillment_id), f"m{number:04d}", around)
        if not isinstance(case, Refusal):
            case = _asked_once(case, around, asked)
        if isinstance(case, Refusal):
            skips.append(Skip(mark.fulfillment_id, mark.order_id, mark.order_name, case.reason, case.message))
        else:
            cases.setdefault(case[0].order_id, []).append(case)
    return cases, skips


def _asked_once(case: list[Change], around: Around, asked: set[str]) -> list[Change] | Refusal:
    """A service is asked once for each fulfillment order, however many of its fulfillments are marked."""
    action = case[0].action
    if not isinstance(action, RequestCancellation):
        return case
    found = requestable(around.open_orders.get(case[0].order_id, ()), action.lines, asked)
    if found is None:
        return Refusal("not_requestable", said("plan_error.asked_by_another"))
    asked.add(found.id)
    return case


def _check_options(options: PlanOptions) -> None:
    if options.hold_reason not in HOLD_REASONS:
        known, reason = ", ".join(HOLD_REASONS), repr(options.hold_reason)
        raise ParameterRefused(said("plan_error.hold_reason", reason=reason, known=known))
    for name, tag in (("tag", options.tag), ("untag", options.untag)):
        if tag != tag.strip() or "," in tag or len(tag) > LONGEST_TAG or not tag.isprintable():
            raise ParameterRefused(said("plan_error.tag", name=name, tag=repr(tag), most=LONGEST_TAG))
    if options.tag and options.tag.casefold() == options.untag.casefold():
        raise ParameterRefused(said("plan_error.same_tags", tag=repr(options.tag)))


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
        raise ValueError(said("plan_error.other_digest"))
    return plan
