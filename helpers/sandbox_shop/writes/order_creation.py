"""orderCreate: lines, fulfillment orders by routing, claims on stock, and a first fulfillment where asked.

What it keeps of the input: e-mail, note, tags, name, source, test, closedAt, processedAt, currency, financial
status, lines, transactions, fulfillment, customer's name and locale-free e-mail, shipping address. Taxes,
discounts, shipping lines and the billing address are accepted and dropped. Stock is claimed only as
`options.inventoryBehaviour` says; BYPASS, Shopify's default, claims none.
"""

import json
from collections import defaultdict
from decimal import Decimal
from typing import Any

from sandbox_shop import ledger, objects, routing
from sandbox_shop.context import Context
from sandbox_shop.customers import customer_id, given_address
from sandbox_shop.world import Row, World, format_time, parse_time
from sandbox_shop.writes import tags, units
from sandbox_shop.writes.answers import Payload, Refused, fresh, refusal, user_error
from sandbox_shop.writes.fulfillment_events import add_event
from sandbox_shop.writes.fulfillments import Share, ship
from sandbox_shop.writes.history import record, send_email
from sandbox_shop.writes.metafields import store_metafield
from sandbox_shop.writes.tracking import tracking_rows

TRACKING_NAMES = {"company": "trackingCompany", "number": "trackingNumber", "numbers": "trackingNumbers"}


def order_create(
    context: Context, order: dict[str, Any], options: dict[str, Any] | None = None, **_: Any
) -> Payload:
    """Create an order."""
    options = options or {}
    behaviour = options.get("inventoryBehaviour") or "BYPASS"
    try:
        lines = _lines(context, order)
        locations = _locations(context, order, lines)
        _check_stock(context, behaviour, lines, locations)
    except Refused as refused:
        return refusal("order", *refused.errors)
    order_id = _insert_order(context, order, lines)
    _insert_lines(context.world, order_id, lines)
    fos = _open_fulfillment_orders(context, order_id, lines, locations, behaviour)
    record(context, order_id, "placed", f"{context.app} created this order.", at=context.world.tick(0))
    _fulfill(context, order, fos, bool(options.get("sendFulfillmentReceipt")))
    if options.get("sendReceipt"):
        send_email(context, order_id, "order_created")
    for metafield in order.get("metafields") or []:
        store_metafield(context, f"gid://shopify/Order/{order_id}", metafield)
    return {"order": fresh(context, "Order", order_id), "userErrors": []}


def _lines(context: Context, order: dict[str, Any]) -> list[Row]:
    given = order.get("lineItems") or []
    if not given:
        raise Refused(
            user_error(["order", "lineItems"], "Line items must have at least one line item", "INVALID")
        )
    return [_line(context, entry, place) for place, entry in enumerate(given)]


def _line(context: Context, entry: dict[str, Any], place: int) -> Row:
    field = ["order", "lineItems", str(place)]
    if entry["quantity"] < 1:
        raise Refused(user_error([*field, "quantity"], "Quantity must be greater than 0", "INVALID"))
    item: Row = {}
    if entry.get("variantId"):
        variant = objects.load(context.world, "ProductVariant", entry["variantId"])
        if variant is None:
            raise Refused(user_error([*field, "variantId"], "Variant does not exist", "INVALID"))
        item = context.world.row("select * from item where variant_id = ?", variant["id"]) or {}
    title = entry.get("title") or item.get("title")
    if not title:
        raise Refused(user_error([*field, "title"], "Title can't be blank", "INVALID"))
    variant_title = entry.get("variantTitle") or item.get("variant_title")
    price = (entry.get("priceSet") or {}).get("shopMoney", {}).get("amount", item.get("price", "0.00"))
    return {
        "item_id": item.get("id"),
        "sku": entry.get("sku") or item.get("sku"),
        "name": f"{title} - {variant_title}" if variant_title else title,
        "title": title,
        "variant_title": variant_title,
        "quantity": entry["quantity"],
        "current_quantity": entry["quantity"],
        "requires_shipping": int(
            item.get("requires_shipping", 1) if item else entry.get("requiresShipping", False)
        ),
        "gift_card": int(bool(entry.get("giftCard"))),
        "price": str(Decimal(str(price))),
        "vendor": entry.get("vendor"),
    }


def _locations(context: Context, order: dict[str, Any], lines: list[Row]) -> list[int | None]:
    fulfillment = order.get("fulfillment")
    if not fulfillment:
        return routing.route_order(context.world, [(line["item_id"], line["quantity"]) for line in lines])
    location = objects.load(context.world, "Location", fulfillment["locationId"])
    if location is None:
        field = ["order", "fulfillment", "locationId"]
        raise Refused(user_error(field, "Location does not exist", "FULFILLMENT_SERVICE_INVALID"))
    return [location["id"]] * len(lines)


def _check_stock(context: Context, behaviour: str, lines: list[Row], locations: list[int | None]) -> None:
    if behaviour != "DECREMENT_OBEYING_POLICY":
        return
    wanted: dict[tuple[int, int], int] = defaultdict(int)
    for line, location_id in zip(lines, locations, strict=True):
        if location_id is not None and ledger.is_tracked(context.world, line["item_id"]):
            wanted[line["item_id"], location_id] += line["quantity"]
    for (item_id, location_id), quantity in wanted.items():
        level = ledger.level_at(context.world, item_id, location_id)
        if level is None or level["available"] < quantity:
            raise Refused(
                user_error(["order", "lineItems"], "Unable to reserve inventory", "INVENTORY_CLAIM_FAILED")
            )


def _insert_order(context: Context, order: dict[str, Any], lines: list[Row]) -> int:
    world = context.world
    now = world.tick()
    last = world.row('select max(number) number from "order"')
    number = max(1000, (last or {}).get("number") or 0) + 1
    total = sum((Decimal(line["price"]) * line["quantity"] for line in lines), Decimal("0.00"))
    transactions = order.get("transactions") or []
    financial_status = order.get("financialStatus") or ("PAID" if transactions else "PENDING")
    customer = (order.get("customer") or {}).get("toUpsert") or {}
    names = [customer.get("firstName"), customer.get("lastName")]
    address = given_address(order.get("shippingAddress"))
    order_id = world.next_id("Order")
    world.insert(
        "order",
        {
            "id": order_id,
            "name": order.get("name") or f"#{number}",
            "number": number,
            "created_at": now,
            "processed_at": _moment(order.get("processedAt")) or now,
            "updated_at": now,
            "closed_at": _moment(order.get("closedAt")),
            "source_name": order.get("sourceName") or context.app,
            "financial_status": financial_status,
            "paid_at": now if financial_status == "PAID" else None,
            "tags": json.dumps(tags.merged(tags.split(order.get("tags") or [])), ensure_ascii=False),
            "note": order.get("note"),
            "test": int(bool(order.get("test"))),
            "currency": order.get("currency") or world.get("shop", {}).get("currency", "EUR"),
            "total": f"{total:.2f}",
            "email": order.get("email") or customer.get("email"),
            "customer_name": " ".join(name for name in names if name) or None,
            "customer_id": customer_id(order.get("email") or customer.get("email")),
            "address": json.dumps(address, ensure_ascii=False) if address else None,
        },
    )
    _insert_transactions(world, order_id, transactions, now)
    return order_id


def _insert_transactions(world: World, order_id: int, transactions: list[dict[str, Any]], now: str) -> None:
    for given in transactions:
        world.insert(
            "transaction_",
            {
                "id": world.next_id("OrderTransaction"),
                "order_id": order_id,
                "kind": given.get("kind") or "SALE",
                "status": given.get("status") or "SUCCESS",
                "gateway": given.get("gateway"),
                "amount": str(given["amountSet"]["shopMoney"]["amount"]),
                "processed_at": _moment(given.get("processedAt")) or now,
            },
        )


def _insert_lines(world: World, order_id: int, lines: list[Row]) -> None:
    for line in lines:
        line["id"] = world.next_id("LineItem")
        world.insert("line", {**line, "order_id": order_id})


def _open_fulfillment_orders(
    context: Context, order_id: int, lines: list[Row], locations: list[int | None], behaviour: str
) -> list[int]:
    stock = "bypass" if behaviour == "BYPASS" else "committed"
    groups: dict[tuple[int | None, str], list[units.Portion]] = defaultdict(list)
    for line, location_id in zip(lines, locations, strict=True):
        method = "SHIPPING" if line["requires_shipping"] else "NONE"
        groups[location_id, method].append(units.Portion(line["id"], line["quantity"], stock))
        if stock == "committed":
            units.commit_stock(context, line["id"], location_id, line["quantity"], "order_created")
    at = context.world.tick(0)
    return [
        units.new_fulfillment_order(context.world, order_id, location_id, portions, method=method, at=at)
        for (location_id, method), portions in groups.items()
    ]


def _fulfill(context: Context, order: dict[str, Any], fo_ids: list[int], notify: bool) -> None:
    """Ship what the order says is shipped: everything, or with the status PARTIAL its first line."""
    given = order.get("fulfillment") or {}
    status = order.get("fulfillmentStatus") or ("FULFILLED" if given else None)
    if status not in ("FULFILLED", "PARTIAL"):
        return
    numbers = {key: given.get(name) for key, name in TRACKING_NAMES.items()}
    by_location: dict[int | None, list[Row]] = defaultdict(list)
    for fo_id in fo_ids[: 1 if status == "PARTIAL" else None]:
        fo = fresh(context, "FulfillmentOrder", fo_id)
        by_location[fo["location_id"]].append(fo)
    for fos in by_location.values():
        lines = [row for fo in fos for row in units.lines_of(context.world, fo["id"])]
        id_ = ship(
            context,
            fos,
            [Share(row, row["remaining"]) for row in (lines[:1] if status == "PARTIAL" else lines)],
            tracking=tracking_rows(numbers),
            notify=notify or bool(given.get("notifyCustomer")),
            origin_address=given.get("originAddress"),
        )
        if given.get("shipmentStatus"):
            add_event(context, fresh(context, "Fulfillment", id_), given["shipmentStatus"])


def _moment(value: Any) -> str | None:
    return format_time(parse_time(str(value))) if value else None
