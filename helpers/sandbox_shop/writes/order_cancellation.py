"""orderCancel: irreversible, answered by a job; refused while fulfillments are live (documented).

Afterwards the fulfillment orders are CLOSED with their remaining quantities unchanged, and the order is
closed (recorded). Here the job is done at once.
"""

import uuid
from decimal import Decimal
from typing import Any

from sandbox_shop import objects
from sandbox_shop.context import Context
from sandbox_shop.status import DEAD_FULFILLMENTS, LIVE
from sandbox_shop.world import Row, World
from sandbox_shop.writes import units
from sandbox_shop.writes.answers import Payload, UserError, user_error
from sandbox_shop.writes.history import record, send_email
from sandbox_shop.writes.refunds import financial_columns, store_refund
from sandbox_shop.writes.removal import Removal, remove

MAX_NOTE = 255


def order_cancel(
    context: Context,
    orderId: str,
    reason: str,
    restock: bool,
    notifyCustomer: bool | None = False,
    refund: bool | None = None,
    refundMethod: dict[str, Any] | None = None,
    staffNote: str | None = None,
    **_: Any,
) -> Payload:
    """Cancel an order: its waiting units are restocked or dropped, its money refunded where asked."""
    order = objects.load(context.world, "Order", orderId)
    error = _not_cancelable(context.world, order, staffNote)
    if error or order is None:
        return {"job": None, "orderCancelUserErrors": [error], "userErrors": []}
    back = refund or bool((refundMethod or {}).get("originalPaymentMethodsRefund"))
    _cancel(context, order, reason, restock, back, staffNote)
    if notifyCustomer:
        send_email(context, order["id"], "order_cancelled")
    seed = f"{order['id']}/{order['updated_at']}/{context.request_id}"
    job = {"__typename": "Job", "id": str(uuid.uuid5(uuid.NAMESPACE_URL, seed)), "done": False}
    return {"job": job, "orderCancelUserErrors": [], "userErrors": []}


def _not_cancelable(world: World, order: Row | None, note: str | None) -> UserError | None:
    """Why not, if not. Only the codes are Shopify's; the words are ours."""
    if order is None:
        return user_error(["orderId"], "Order does not exist", "NOT_FOUND")
    if note and len(note) > MAX_NOTE:
        return user_error(
            ["staffNote"], f"Staff note is too long (maximum is {MAX_NOTE} characters)", "INVALID"
        )
    if order["cancelled_at"]:
        return user_error(["orderId"], "Order has already been cancelled", "INVALID")
    live = world.row(
        "select 1 from fulfillment where order_id = ? and status not in (?, ?, ?)",
        order["id"],
        *DEAD_FULFILLMENTS,
    )
    if live:
        return user_error(["orderId"], "Cannot cancel an order that has fulfillments", "INVALID")
    return None


def _cancel(context: Context, order: Row, reason: str, restock: bool, back: bool, note: str | None) -> None:
    world = context.world
    removals = []
    for line in world.rows("select * from line where order_id = ? and current_quantity > 0", order["id"]):
        waiting = units.waiting_lines(world, line["id"])
        location_id = waiting[0]["location_id"] if waiting else None
        type_ = "CANCEL" if restock else "NO_RESTOCK"
        removals.append(Removal(line, line["current_quantity"], type_, location_id))
    paid = order["financial_status"] in ("PAID", "PARTIALLY_PAID", "PARTIALLY_REFUNDED")
    amount = Decimal(order["total"]) - Decimal(order["refunded"]) if paid and back else Decimal("0.00")
    for removal in removals:
        remove(context, removal, keep_remaining=True)
    if removals:
        store_refund(world, order, removals, amount, note)
    _close_fulfillment_orders(world, order["id"])
    refunded = Decimal(order["refunded"]) + amount
    columns = financial_columns(world, order, refunded)
    if order["financial_status"] in ("PENDING", "AUTHORIZED"):
        columns = {"financial_status": "VOIDED"}
    text = f"{context.app} canceled this order. Reason: {reason.lower()}."
    columns |= {"refunded": f"{refunded:.2f}", "cancel_reason": reason}
    now = record(context, order["id"], "cancelled", text, **columns)
    world.update("order", order["id"], cancelled_at=now, closed_at=now)


def _close_fulfillment_orders(world: World, order_id: int) -> None:
    for fo in world.rows("select * from fulfillment_order where order_id = ?", order_id):
        if fo["status"] in LIVE:
            with world.lock:
                world.connection.execute("delete from hold where fo_id = ?", (fo["id"],))
            world.update("fulfillment_order", fo["id"], status="CLOSED", updated_at=world.tick(0))
