"""What a token may do, held against what the workbench needs: one line a scope. Pure.

Scopes by field are those of the Admin schema and shopify.dev/docs/api/usage/access-scopes (2026-11).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

State = Literal["good", "warn", "bad"]

VISIBLE_DAYS = 60  # orders that an app without read_all_orders sees
GRANT = "Grant it to the app in its settings and install the app again."


@dataclass(frozen=True)
class Check:
    """One line of the preflight: what was looked at, how it stands, in words, and what to do about it."""

    name: str
    state: State
    text: str
    advice: str = ""


# scope → what fails without it
READING: Mapping[str, str] = {
    "read_orders": "no order can be exported",
    "read_products": "items have no variant and no barcode, and the export fails",
    "read_inventory": "stock cannot be exported",
    "read_locations": "locations have no name, and the export fails",
    "read_merchant_managed_fulfillment_orders": "Shopify leaves out what you ship yourself without saying so, "
    "and the export is not complete",
    "read_third_party_fulfillment_orders": "Shopify leaves out what services ship without saying so, "
    "and the export is not complete",
}
APPLYING: Mapping[str, str] = {
    "write_merchant_managed_fulfillment_orders": "what you ship yourself can be neither fulfilled again by undo "
    "nor held",
    "write_third_party_fulfillment_orders": "what services ship can be neither fulfilled again by undo nor held",
    "write_orders": "orders can be neither tagged nor archived again",
}
ALL_ORDERS = "read_all_orders"
CUSTOMERS = "read_customers"


def scope_checks(held: Collection[str], now: datetime) -> list[Check]:
    """A line for every scope that the workbench needs, for the right to cancel, old orders, and what is too much.

    `now` is the shop's clock.
    """
    able = with_implied(held)
    return [
        *(_reading(scope, lack, scope in able) for scope, lack in READING.items()),
        *(_applying(scope, lack, scope in able) for scope, lack in APPLYING.items()),
        _cancel_right(able),
        _old_orders(ALL_ORDERS in able, now),
        _customers(CUSTOMERS in able),
        _more_than_needed(held),
    ]


def with_implied(held: Collection[str]) -> frozenset[str]:
    """The scopes and those that they bring: who may write may read."""
    reads = {scope.replace("write_", "read_", 1) for scope in held if scope.startswith("write_")}
    return frozenset(held) | reads


def _reading(scope: str, lack: str, is_held: bool) -> Check:
    if is_held:
        return Check(scope, "good", "held; needed for reading")
    return Check(scope, "bad", f"not held: {lack}", GRANT)


def _applying(scope: str, lack: str, is_held: bool) -> Check:
    if is_held:
        return Check(scope, "good", "held; needed for applying")
    return Check(
        scope,
        "warn",
        f"not held: {lack}. Reading, marking and planning do not need it",
        f"To apply, g{GRANT[1:]}",
    )


def _cancel_right(able: Collection[str]) -> Check:
    text = "Shopify names no scope for it; only a first cancel proves it"
    if not any(scope in able for scope in APPLYING if scope.endswith("fulfillment_orders")):
        return Check(
            "right to cancel",
            "warn",
            f"{text}. No token without a write scope for fulfillment orders is known to have it",
            "To apply, grant write_merchant_managed_fulfillment_orders.",
        )
    return Check(
        "right to cancel",
        "warn",
        text,
        "Make a first contact before many: one order that you know, there and back.",
    )


def _old_orders(is_held: bool, now: datetime) -> Check:
    if is_held:
        return Check(ALL_ORDERS, "good", "held: orders of any age are visible")
    day = (now - timedelta(days=VISIBLE_DAYS)).date()
    return Check(
        ALL_ORDERS,
        "warn",
        f"not held: orders made before {day} are invisible, and Shopify does not say so",
        f"Export with created_from after {day}, or ask for the scope in the app's settings at Shopify.",
    )


def _customers(is_held: bool) -> Check:
    """Good either way: only the audit of orders that are about to ship asks for it, and does without."""
    if is_held:
        return Check(CUSTOMERS, "good", "held: doubled orders of one customer are seen before they ship")
    return Check(CUSTOMERS, "good", "not held: doubled orders of one customer are not seen before they ship")


def _more_than_needed(held: Collection[str]) -> Check:
    needed = with_implied([*READING, *APPLYING, ALL_ORDERS, CUSTOMERS])
    more = sorted(set(held) - needed)
    if not more:
        return Check("other scopes", "good", "none: the token may do no more than it needs")
    return Check(
        "other scopes",
        "warn" if any(scope.startswith("write_") for scope in more) else "good",
        f"held and not needed here: {', '.join(more)}",
        "Take away what no other program uses: what a token may not do, a thief of it cannot do.",
    )
