"""Plans with their outcomes and verdicts, for tests of results and reports."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from states import fulfillment_state, order_state

from unfulfill.model import (
    CancelFulfillment,
    Change,
    FulfillmentState,
    HoldFulfillmentOrder,
    Limits,
    Line,
    Outcome,
    Plan,
    RecreateFulfillment,
    Result,
    Reversibility,
    ShopIdentity,
    Skip,
    TagOrder,
    Tracking,
    Verdict,
    VerdictKind,
)

AT = datetime(2026, 10, 20, 12, tzinfo=UTC)
IDENTITY = ShopIdentity("gid://shopify/Shop/1", "made-up.myshopify.com", "Made-up Shop", "Basic", False)
TRACKING = Tracking("DHL", ("JD01",), ("https://carrier.example/JD01", "javascript:alert(1)"))
LINES = (Line("gid://shopify/LineItem/1", 2, sku="TEE", name="Tee, black"),)


def state(number: int, name: str = "", **changes: Any) -> FulfillmentState:
    """A quiet fulfillment of the archived order #<1000 + number>."""
    order = order_state(
        number, id=f"gid://shopify/Order/{number}", name=name or f"#{1000 + number}", closed=True
    )
    plain = {"id": f"gid://shopify/Fulfillment/{number}", "lines": LINES, "tracking": TRACKING}
    return fulfillment_state(number, order, **(plain | changes))


def cancel(number: int, **changes: Any) -> Change:
    """Cancelling fulfillment `number`; `changes` are of the state."""
    reason = changes.pop("reason", "burst")
    before = state(number, **changes)
    return Change(
        f"m{number:04d}-cancel", f"m{number:04d}", before.order.id, before.order.name, before.id,
        CancelFulfillment(before.id), Reversibility.NEW_IDS, before, reason=reason,
    )  # fmt: skip


def hold(number: int) -> Change:
    """Holding what cancel(number) opened."""
    first = cancel(number)
    action = HoldFulfillmentOrder(LINES, "uw-1", "OTHER", "")
    return Change(
        f"{first.case}-hold", first.case, first.order_id, first.order_name, first.fulfillment_id, action,
        Reversibility.UNDOABLE, None, (first.id,), first.reason,
    )  # fmt: skip


def recreate(number: int, units: int = 1) -> Change:
    """Fulfilling again `units` of what cancel(number) cancelled: the second half of a partial unfulfill."""
    first = cancel(number)
    line = replace(LINES[0], quantity=units)
    action = RecreateFulfillment((line,), TRACKING, "L1")
    return Change(
        f"{first.case}-rest", first.case, first.order_id, first.order_name, first.fulfillment_id, action,
        Reversibility.NEW_IDS, None, (first.id,), first.reason,
    )  # fmt: skip


def tag(number: int) -> Change:
    """Tagging the order of fulfillment `number`."""
    first = cancel(number)
    return Change(
        f"{first.case}-tag", first.case, first.order_id, first.order_name, first.fulfillment_id, TagOrder("x", True),
        Reversibility.UNDOABLE, None,
    )  # fmt: skip


def skip(number: int, reason: str = "locked") -> Skip:
    """A marked row that the plan leaves out."""
    return Skip(
        f"gid://shopify/Fulfillment/{number}",
        f"gid://shopify/Order/{number}",
        f"#{1000 + number}",
        reason,
        "why",
    )


def plan_of(*changes: Change, skips: tuple[Skip, ...] = (), kind: str = "unfulfill") -> Plan:
    """A plan of these changes."""
    return Plan(kind, IDENTITY, "2026-10", AT, changes, skips, Limits(), 100, "d" * 64)


def ended(*changes: Change, result: Result = Result.APPLIED, **more: str) -> dict[str, Outcome]:
    """The same outcome for each change."""
    return {change.id: Outcome(change.id, result, **more) for change in changes}


def read_back(
    *changes: Change, kind: VerdictKind = VerdictKind.CONFIRMED, message: str = "cancelled"
) -> dict[str, Verdict]:
    """The same verdict for each change."""
    return {change.id: Verdict(change.id, kind, message) for change in changes}
