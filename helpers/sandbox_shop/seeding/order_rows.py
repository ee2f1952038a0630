"""Rows of one order, its lines and its fulfillments."""

import json

from sandbox_shop.customers import customer_id, made_up_address
from sandbox_shop.seeding.drafts import Draft, DraftLine
from sandbox_shop.seeding.lanes import OpenOrder
from sandbox_shop.seeding.rows import stamp, stamp_or_none
from sandbox_shop.status import display_fulfillment_status
from sandbox_shop.world import Row


def _order_status(order: OpenOrder, waiting: list[Row]) -> str:
    shipped = sum(
        sum(shipment.units.values()) for shipment in order.draft.shipments if shipment.cancelled_at is None
    )
    return display_fulfillment_status(shipped, waiting)


def order_row(order: OpenOrder, waiting: list[Row]) -> Row:
    """Row of the order; `waiting` are its live fulfillment orders with units left."""
    draft = order.draft
    return {
        "id": order.id,
        "name": draft.name,
        "number": draft.number,
        "created_at": stamp(draft.created),
        "processed_at": stamp(draft.created),
        "updated_at": stamp(_last_touched(draft)),
        "cancelled_at": stamp_or_none(draft.cancelled_at),
        "cancel_reason": draft.cancel_reason,
        "closed_at": stamp_or_none(draft.closed_at),
        "source_name": draft.source,
        "financial_status": draft.financial,
        "paid_at": stamp_or_none(draft.paid_at),
        "refunded_at": stamp(max(refund.at for refund in draft.refunds)) if draft.refunds else None,
        "return_status": _return_status(draft),
        "tags": json.dumps(sorted(draft.tags), ensure_ascii=False),
        "note": draft.note,
        "test": int(draft.test),
        "currency": draft.currency,
        "total": draft.total,
        "refunded": draft.refunded,
        "email": draft.email,
        "customer_name": draft.customer,
        "customer_locale": draft.locale,
        "retail_location_id": draft.retail_location,
        "fulfillment_status": _order_status(order, waiting),
        "customer_id": customer_id(draft.email),
        "risk": "ACCEPT" if draft.source == "web" else "NONE",
        "address": _address(draft),
    }


def _address(draft: Draft) -> str | None:
    """The shipping address as JSON; none where nothing of the order is carried anywhere."""
    if all(line.method != "SHIPPING" for line in draft.lines):
        return None
    return json.dumps(made_up_address(draft.number or 0, draft.customer), ensure_ascii=False)


def _return_status(draft: Draft) -> str:
    is_returned = any(kind == "RETURN" for refund in draft.refunds for _, _, kind, _ in refund.lines)
    return "RETURNED" if is_returned else "NO_RETURN"


def _last_touched(draft: Draft) -> int:
    times = [draft.created, draft.paid_at, draft.cancelled_at, draft.closed_at]
    for shipment in draft.shipments:
        times += [shipment.at, shipment.cancelled_at, *(at for _, at in shipment.events)]
    times += [refund.at for refund in draft.refunds]
    return max(at for at in times if at is not None)


def line_row(line_id: int, order_id: int, line: DraftLine, refunded: int) -> Row:
    """Row of an order line of which `refunded` units were given back or taken off."""
    item = line.item
    title = line.title or item.title
    ships = item.requires_shipping if line.requires_shipping is None else line.requires_shipping
    return {
        "id": line_id,
        "order_id": order_id,
        "item_id": item.id,
        "sku": item.sku,
        "name": line.name or (f"{title} - {item.variant_title}" if item.variant_title else title),
        "title": title,
        "variant_title": item.variant_title,
        "quantity": line.quantity,
        "current_quantity": line.quantity - refunded,
        "refunded_quantity": refunded,
        "requires_shipping": int(ships),
        "gift_card": int(item.gift_card),
        "price": line.price or item.price,
        "vendor": item.vendor,
    }


def fulfillment_row(fulfillment_id: int, order: OpenOrder, place: int) -> Row:
    """Row of the fulfillment in `place` of the order."""
    shipment = order.draft.shipments[place]
    is_cancelled = shipment.cancelled_at is not None
    touched = max([shipment.at, shipment.cancelled_at or 0, *(at for _, at in shipment.events)])
    return {
        "id": fulfillment_id,
        "order_id": order.id,
        "name": f"{order.draft.name}-F{place + 1}",
        "status": "CANCELLED" if is_cancelled else shipment.status,
        "display_status": "CANCELED" if is_cancelled else shipment.display,
        "created_at": stamp(shipment.at),
        "updated_at": stamp(touched),
        "in_transit_at": stamp_or_none(shipment.time_of("IN_TRANSIT")),
        "delivered_at": stamp_or_none(shipment.time_of("DELIVERED")),
        "estimated_delivery_at": None,
        "location_id": shipment.location,
        "service_id": shipment.service,
        "tracking": json.dumps(shipment.tracking, ensure_ascii=False),
        "app": shipment.app,
        "origin_address": None,
    }
