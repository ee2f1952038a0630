"""Builders of what is read from a shop and of plans, with sane defaults."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from unfulfill.model import (
    CancelFulfillment,
    Change,
    Decision,
    FulfillmentOrderState,
    FulfillmentState,
    LevelState,
    Line,
    Mark,
    OrderState,
    Plan,
    Reversibility,
    ShopIdentity,
    Tracking,
)
from unfulfill.plan import PlanOptions, make_plan

NOW = datetime(2026, 10, 5, 8, 0, tzinfo=UTC)
SHIPPED = datetime(2026, 10, 1, 9, 0, tzinfo=UTC)
SHOP = ShopIdentity("gid://shopify/Shop/1", "sandbox-shop.myshopify.com", "SANDBOX", "Basic", True)


def order_state(number: int = 1, **changes: Any) -> OrderState:
    state = OrderState(
        id=f"O{number}",
        name=f"#{1000 + number}",
        updated_at=SHIPPED,
        closed=False,
        cancelled=False,
        financial_status="PAID",
        display_fulfillment_status="FULFILLED",
        return_status="NO_RETURN",
        tags=(),
        fulfillments=((f"F{number}", "SUCCESS"),),
    )
    return replace(state, **changes)


def fulfillment_state(number: int = 1, order: OrderState | None = None, **changes: Any) -> FulfillmentState:
    order = order or order_state(number)
    state = FulfillmentState(
        id=f"F{number}",
        name=f"{order.name}-F1",
        status="SUCCESS",
        display_status="FULFILLED",
        created_at=SHIPPED,
        updated_at=SHIPPED,
        in_transit_at=None,
        delivered_at=None,
        location_id="L1",
        location_name="Warehouse",
        service_handle="manual",
        service_type="MANUAL",
        tracking=Tracking("DHL", ("00340",), ("https://dhl.example/00340",)),
        total_quantity=2,
        lines=(Line(f"I{number}", 2),),
        order=order,
    )
    return replace(state, **changes)


def open_order(number: int = 1, **changes: Any) -> FulfillmentOrderState:
    state = FulfillmentOrderState(
        id=f"FO{number}",
        status="OPEN",
        request_status="UNSUBMITTED",
        location_id="L1",
        location_name="Warehouse",
        supported_actions=("CREATE_FULFILLMENT", "HOLD"),
        holds=(),
        lines=(Line(f"I{number}", 2, f"FOL{number}"),),
    )
    return replace(state, **changes)


def mark(number: int = 1, decision: str = "unfulfill", **changes: Any) -> Mark:
    return replace(
        Mark(f"F{number}", f"O{number}", f"#{1000 + number}", Decision(decision), "never left"), **changes
    )


def plan_for(*marks: Mark, states: dict[str, FulfillmentState] | None = None, **options: Any) -> Plan:
    """A plan over fulfillments as `fulfillment_state` makes them, or over the states given."""
    if states is None:
        states = {f"F{n}": fulfillment_state(n) for n in range(1, 10)}
    refunded_at = options.pop("refunded_at", {})
    open_orders, stock = options.pop("open_orders", {}), options.pop("stock", None)
    live = options.pop("live_fulfillments", 100)
    calendar = options.pop("calendar", None)
    return make_plan(
        marks,
        states,
        shop=SHOP,
        api_version="2026-10",
        made_at=NOW,
        live_fulfillments=live,
        refunded_at=refunded_at,
        options=PlanOptions(**options),
        calendar=calendar,
        open_orders=open_orders,
        stock=stock,
    )


def at_service(number: int = 1, **changes: Any) -> FulfillmentState:
    """A fulfillment that another app's service works on."""
    facts = {"service_type": "THIRD_PARTY", "service_handle": "cargolane", "status": "PENDING"} | changes
    return fulfillment_state(number, **facts)


def accepted_order(number: int = 1, **changes: Any) -> FulfillmentOrderState:
    """The fulfillment order of `at_service`, which the service has accepted."""
    facts = {"request_status": "ACCEPTED", "supported_actions": ("REQUEST_CANCELLATION",)} | changes
    return open_order(number, status="IN_PROGRESS", **facts)


def level_state(item: str = "II1", location: str = "L1", on_hand: int = 10, **changes: Any) -> LevelState:
    return replace(LevelState(item, location, "Warehouse", f"SKU-{item}", on_hand, on_hand, 0), **changes)


def change(action: object = None, **changes: Any) -> Change:
    base = Change(
        id="m0001-x",
        case="m0001",
        order_id="O1",
        order_name="#1001",
        fulfillment_id="F1",
        action=CancelFulfillment("F1"),
        reversibility=Reversibility.NEW_IDS,
        before=fulfillment_state(),
    )
    return replace(base, **({"action": action} if action else {}), **changes)
