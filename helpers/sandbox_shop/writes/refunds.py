"""refundCreate: money and units go back. Needs @idempotent since 2026-04 (documented)."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

from sandbox_shop import objects
from sandbox_shop.context import Context
from sandbox_shop.world import Row, World
from sandbox_shop.writes import units
from sandbox_shop.writes.answers import Payload, Refused, fresh, user_error
from sandbox_shop.writes.history import record, send_email
from sandbox_shop.writes.idempotency import once
from sandbox_shop.writes.removal import Removal, remove


@once("refundCreate", ("refund", "order"))
def refund_create(context: Context, input: dict[str, Any], **_: Any) -> Payload:
    """Refund lines and transactions of an order."""
    try:
        order, removals, amount = _checked(context, input)
    except Refused as refused:
        return {"refund": None, "order": None, "userErrors": refused.errors}
    refund_id = store_refund(context.world, order, removals, amount, input.get("note"))
    for removal in removals:
        remove(context, removal)
    refunded = Decimal(order["refunded"]) + amount
    text = f"{context.app} refunded {amount:.2f} {order['currency']}."
    columns = financial_columns(context.world, order, refunded)
    record(context, order["id"], "refunded", text, refunded=f"{refunded:.2f}", **columns)
    if input.get("notify"):
        send_email(context, order["id"], "refund")
    return {
        "refund": fresh(context, "Refund", refund_id),
        "order": fresh(context, "Order", order["id"]),
        "userErrors": [],
    }


def store_refund(world: World, order: Row, removals: list[Removal], amount: Decimal, note: str | None) -> int:
    """Insert a refund with its lines and its transaction; returns its id. Moves no units."""
    now = world.tick(0)
    refund_id = world.insert(
        "refund",
        {
            "id": world.next_id("Refund"),
            "order_id": order["id"],
            "created_at": now,
            "note": note,
            "amount": f"{amount:.2f}",
        },
    )
    for removal in removals:
        world.insert(
            "refund_line",
            {
                "id": world.next_id("RefundLineItem"),
                "refund_id": refund_id,
                "line_id": removal.line["id"],
                "quantity": removal.quantity,
                "restock_type": removal.restock_type,
                "location_id": None if removal.restock_type == "NO_RESTOCK" else removal.location_id,
            },
        )
    if amount:
        world.insert(
            "transaction_",
            {
                "id": world.next_id("OrderTransaction"),
                "order_id": order["id"],
                "kind": "REFUND",
                "status": "SUCCESS",
                "gateway": "manual",
                "amount": f"{amount:.2f}",
                "processed_at": now,
            },
        )
    return refund_id


def financial_columns(world: World, order: Row, refunded: Decimal) -> dict[str, Any]:
    """The columns of an order of which `refunded` (money) has gone back."""
    if not refunded:
        return {}
    if refunded < Decimal(order["total"]):
        return {"financial_status": "PARTIALLY_REFUNDED"}
    return {"financial_status": "REFUNDED", "refunded_at": world.tick(0)}


def _checked(context: Context, given: dict[str, Any]) -> tuple[Row, list[Removal], Decimal]:
    order = objects.load(context.world, "Order", given["orderId"])
    if order is None:
        raise Refused(user_error(["orderId"], "Order does not exist"))
    taken: dict[int, int] = defaultdict(int)
    removals = []
    for place, entry in enumerate(given.get("refundLineItems") or []):
        removals.append(_removal(context, order, entry, place, taken))
    amount = sum(
        (
            Decimal(str(entry["amount"]))
            for entry in given.get("transactions") or []
            if entry["kind"] == "REFUND"
        ),
        Decimal("0.00"),
    )
    if amount + Decimal(order["refunded"]) > Decimal(order["total"]) and not given.get("allowOverRefunding"):
        raise Refused(user_error(["transactions"], "Refund amount can't be greater than the amount paid."))
    if not removals and not amount:
        raise Refused(user_error(None, "Refund must have at least one line item or transaction."))
    return order, removals, amount


def _removal(
    context: Context, order: Row, entry: dict[str, Any], place: int, taken: dict[int, int]
) -> Removal:
    """One line of a refund. `taken` counts the units of each line that earlier entries take."""
    field = ["refundLineItems", str(place)]
    line = objects.load(context.world, "LineItem", entry["lineItemId"])
    if line is None or line["order_id"] != order["id"]:
        raise Refused(user_error([*field, "lineItemId"], "Line item does not exist"))
    restock_type = entry.get("restockType") or "NO_RESTOCK"
    if restock_type == "LEGACY_RESTOCK":
        raise Refused(user_error([*field, "restockType"], "Legacy restock is not accepted for new refunds."))
    waiting = units.waiting_units(context.world, line["id"])
    room = {"CANCEL": waiting, "RETURN": line["current_quantity"] - waiting}.get(
        restock_type, line["current_quantity"]
    )
    taken[line["id"]] += entry["quantity"]
    if entry["quantity"] <= 0 or taken[line["id"]] > min(room, line["current_quantity"]):
        raise Refused(
            user_error([*field, "quantity"], "Quantity cannot refund more items than were purchased")
        )
    location_id = _location(context, line, entry.get("locationId"), restock_type, field)
    return Removal(line, entry["quantity"], restock_type, location_id)


def _location(
    context: Context, line: Row, given: str | None, restock_type: str, field: list[str]
) -> int | None:
    if restock_type == "NO_RESTOCK":
        return None
    if given:
        location = objects.load(context.world, "Location", given)
        if location is None:
            raise Refused(user_error([*field, "locationId"], "Location does not exist"))
        return int(location["id"])
    if restock_type == "RETURN":
        row = context.world.row(
            "select f.location_id from fulfillment f join fulfillment_line fl on fl.fulfillment_id = f.id"
            " where fl.line_id = ? and f.status != 'CANCELLED' order by f.id desc",
            line["id"],
        )
        return row["location_id"] if row else None
    waiting = units.waiting_lines(context.world, line["id"])
    return waiting[0]["location_id"] if waiting else None
