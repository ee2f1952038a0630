"""What a token may do, held against what the workbench needs: one line a scope. Pure.

Scopes by field are those of the Admin schema and shopify.dev/docs/api/usage/access-scopes (2026-11).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from unfulfill.words import said

State = Literal["good", "warn", "bad"]

VISIBLE_DAYS = 60  # orders that an app without read_all_orders sees


@dataclass(frozen=True)
class Check:
    """One line of the preflight: what was looked at, how it stands, in words, and what to do about it."""

    name: str
    state: State
    text: str
    advice: str = ""


# Scopes; what fails without one is said by the message of its name.
READING = (
    "read_orders", "read_products", "read_inventory", "read_locations", "read_merchant_managed_fulfillment_orders",
    "read_third_party_fulfillment_orders",
)  # fmt: skip
APPLYING = (
    "write_merchant_managed_fulfillment_orders", "write_third_party_fulfillment_orders", "write_orders",
)  # fmt: skip
CANCEL_RIGHT = "right to cancel"
ALL_ORDERS = "read_all_orders"
CUSTOMERS = "read_customers"


def scope_checks(held: Collection[str], now: datetime) -> list[Check]:
    """A line for every scope that the workbench needs, for the right to cancel, old orders, and what is too much.

    `now` is the shop's clock.
    """
    able = with_implied(held)
    return [
        *(_reading(scope, scope in able) for scope in READING),
        *(_applying(scope, scope in able) for scope in APPLYING),
        _cancel_right(able),
        _old_orders(ALL_ORDERS in able, now),
        _customers(CUSTOMERS in able),
        _more_than_needed(held),
    ]


def with_implied(held: Collection[str]) -> frozenset[str]:
    """The scopes and those that they bring: who may write may read."""
    reads = {scope.replace("write_", "read_", 1) for scope in held if scope.startswith("write_")}
    return frozenset(held) | reads


def _reading(scope: str, is_held: bool) -> Check:
    if is_held:
        return Check(scope, "good", said("scope.held_for_reading"))
    return Check(scope, "bad", said("scope.not_held", lack=said(f"scope.{scope}")), said("scope.grant"))


def _applying(scope: str, is_held: bool) -> Check:
    if is_held:
        return Check(scope, "good", said("scope.held_for_applying"))
    lack = said("scope.not_held_to_apply", lack=said(f"scope.{scope}"))
    return Check(scope, "warn", lack, said("scope.grant_to_apply"))


def _cancel_right(able: Collection[str]) -> Check:
    if not any(scope in able for scope in APPLYING if scope.endswith("fulfillment_orders")):
        return Check(CANCEL_RIGHT, "warn", said("scope.no_cancel_right"), said("scope.grant_cancel_right"))
    return Check(CANCEL_RIGHT, "warn", said("scope.cancel_right"), said("scope.first_contact"))


def _old_orders(is_held: bool, now: datetime) -> Check:
    if is_held:
        return Check(ALL_ORDERS, "good", said("scope.all_orders"))
    day = str((now - timedelta(days=VISIBLE_DAYS)).date())
    return Check(
        ALL_ORDERS, "warn", said("scope.no_old_orders", day=day), said("scope.ask_for_old_orders", day=day)
    )


def _customers(is_held: bool) -> Check:
    """Good either way: only the audit of orders that are about to ship asks for it, and does without."""
    return Check(CUSTOMERS, "good", said("scope.customers" if is_held else "scope.no_customers"))


def _more_than_needed(held: Collection[str]) -> Check:
    needed = with_implied([*READING, *APPLYING, ALL_ORDERS, CUSTOMERS])
    more = sorted(set(held) - needed)
    if not more:
        return Check("other scopes", "good", said("scope.no_other"))
    state: State = "warn" if any(scope.startswith("write_") for scope in more) else "good"
    return Check("other scopes", state, said("scope.other", scopes=", ".join(more)), said("scope.take_away"))
