"""fulfillmentCreate, with the refusals recorded in 2026-04.

Inferred, therefore switches: `auto_archive` closes an order that is paid and wholly fulfilled,
`names_count_cancelled` numbers a fulfillment after every earlier one, cancelled ones too. Inferred without
one: a partly fulfilled fulfillment order is IN_PROGRESS; a scheduled one must be opened first.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sandbox_shop import objects
from sandbox_shop.context import Context
from sandbox_shop.world import Row, World
from sandbox_shop.writes import units
from sandbox_shop.writes.answers import Payload, Refused, fresh, refusal, user_error
from sandbox_shop.writes.history import record, send_email
from sandbox_shop.writes.tracking import tracking_rows

UNPAID = ("PENDING", "AUTHORIZED", "PARTIALLY_PAID", "EXPIRED", "VOIDED")


@dataclass(frozen=True)
class Share:
    """Units of one fulfillment order line that a fulfillment ships."""

    line: Row
    quantity: int


def fulfillment_create(
    context: Context, fulfillment: dict[str, Any], message: str | None = None, **_: Any
) -> Payload:
    """Ship units of fulfillment orders of one order and one location."""
    try:
        fos, shares = _checked(context, fulfillment.get("lineItemsByFulfillmentOrder") or [])
    except Refused as refused:
        return refusal("fulfillment", *refused.errors)
    id_ = ship(
        context,
        fos,
        shares,
        tracking=tracking_rows(fulfillment.get("trackingInfo")),
        notify=bool(fulfillment.get("notifyCustomer")),
        origin_address=fulfillment.get("originAddress"),
        message=message,
    )
    return {"fulfillment": fresh(context, "Fulfillment", id_), "userErrors": []}


def ship(
    context: Context,
    fos: list[Row],
    shares: Iterable[Share],
    *,
    tracking: list[Row],
    notify: bool = False,
    origin_address: dict[str, Any] | None = None,
    message: str | None = None,
) -> int:
    """Make a fulfillment of these units; returns its id. The caller has checked that they may be shipped."""
    world = context.world
    order_id, location_id = fos[0]["order_id"], fos[0]["location_id"]
    at = world.tick()
    id_ = _insert(context, order_id, location_id, tracking, origin_address, at)
    count = 0
    for share in shares:
        row, quantity = share.line, share.quantity
        world.insert(
            "fulfillment_line",
            {
                "id": world.next_id("FulfillmentLineItem"),
                "fulfillment_id": id_,
                "line_id": row["line_id"],
                "fo_line_id": row["id"],
                "quantity": quantity,
            },
        )
        world.update("fo_line", row["id"], remaining=row["remaining"] - quantity)
        units.ship_stock(context, row, location_id, quantity)
        count += quantity
    for fo in fos:
        units.settle(world, fo["id"], at)
    text = f"{context.app} fulfilled {count} units." + (f" {message}" if message else "")
    record(context, order_id, "fulfillment_created", text, at=at)
    _archive(context, order_id, at)
    if notify:
        send_email(context, order_id, "fulfillment_created")
    return id_


def next_name(context: Context, order_id: int) -> str:
    """The name of the order's next fulfillment: #1001-F1, then -F2; cancelled ones count unless switched off."""
    world = context.world
    counted = "" if context.switch("names_count_cancelled", True) else " and status != 'CANCELLED'"
    row = world.row(
        f'select name, (select count(*) from fulfillment where order_id = o.id{counted}) made from "order" o'
        " where id = ?",
        order_id,
    )
    if row is None:
        raise LookupError(f"Order {order_id} is not in the world.")
    return f"{row['name']}-F{row['made'] + 1}"


def _insert(
    context: Context,
    order_id: int,
    location_id: int | None,
    tracking: list[Row],
    origin_address: dict[str, Any] | None,
    at: str,
) -> int:
    world = context.world
    return world.insert(
        "fulfillment",
        {
            "id": world.next_id("Fulfillment"),
            "order_id": order_id,
            "name": next_name(context, order_id),
            "status": "SUCCESS",
            "display_status": "FULFILLED",
            "created_at": at,
            "updated_at": at,
            "location_id": location_id,
            "service_id": _service_at(context, location_id),
            "tracking": json.dumps(tracking),
            "app": context.app,
            "origin_address": json.dumps(origin_address) if origin_address else None,
        },
    )


def _service_at(context: Context, location_id: int | None) -> int | None:
    """The service that ships from a location: its own, else the merchant's, which Shopify calls manual."""
    location = context.world.row("select service_id from location where id = ?", location_id)
    if location and location["service_id"]:
        return int(location["service_id"])
    manual = context.world.row("select id from service where type = 'MANUAL' order by id")
    return int(manual["id"]) if manual else None


def _archive(context: Context, order_id: int, now: str) -> None:
    if not context.switch("auto_archive", True):
        return
    order = context.world.row('select * from "order" where id = ?', order_id)
    if (
        order
        and order["fulfillment_status"] == "FULFILLED"
        and order["closed_at"] is None
        and order["financial_status"] not in UNPAID
    ):
        context.world.update("order", order_id, closed_at=now)


def _refuse(message: str) -> Refused:
    return Refused(user_error(["fulfillment"], message))


def _checked(context: Context, wanted: list[dict[str, Any]]) -> tuple[list[Row], list[Share]]:
    """The fulfillment orders and units asked for; Refused where Shopify refuses."""
    if not wanted:
        raise _refuse("Line items by fulfillment order must not be empty.")
    _check_quantities(wanted)
    fos: dict[int, Row] = {}
    for entry in wanted:
        fo = objects.load(context.world, "FulfillmentOrder", entry["fulfillmentOrderId"])
        if fo is None:
            raise _refuse("Fulfillment order does not exist.")
        fos[fo["id"]] = fo
    _check_together(context, list(fos.values()))
    shares: dict[int, Share] = {}
    for entry in wanted:
        fo_id = objects.parse_gid(entry["fulfillmentOrderId"])[1]
        for share in _shares(context.world, int(fo_id), entry.get("fulfillmentOrderLineItems")):
            known = shares.get(share.line["id"])
            quantity = share.quantity + (known.quantity if known else 0)
            if quantity > share.line["remaining"]:
                raise _refuse("Invalid fulfillment order line item quantity requested.")
            shares[share.line["id"]] = Share(share.line, quantity)
    return list(fos.values()), list(shares.values())


def _check_quantities(wanted: list[dict[str, Any]]) -> None:
    errors = [
        user_error(
            [
                "fulfillment",
                "lineItemsByFulfillmentOrder",
                str(place),
                "fulfillmentOrderLineItems",
                str(inner),
                "quantity",
            ],
            "Quantity must be greater than 0",
        )
        for place, entry in enumerate(wanted)
        for inner, line in enumerate(entry.get("fulfillmentOrderLineItems") or [])
        if line["quantity"] <= 0
    ]
    if errors:
        raise Refused(*errors)


def _check_together(context: Context, fos: list[Row]) -> None:
    orders = sorted({fo["order_id"] for fo in fos})
    if len(orders) > 1:
        raise _refuse(
            "All fulfillment orders must belong to the same order."
            f" Multiple orders with ids {orders} were found."
        )
    for fo in fos:
        if fo["status"] not in ("OPEN", "IN_PROGRESS"):
            raise _refuse(
                f"Fulfillment order {fo['id']} has an unfulfillable status= {fo['status'].lower()}."
            )
        service = _foreign_service(context, fo)
        if service:
            # documented since 2024-10; the words are ours, no recording shows Shopify's
            raise _refuse(f"Fulfillment order {fo['id']} is assigned to the fulfillment service {service}.")
    locations = sorted({fo["location_id"] for fo in fos if fo["location_id"] is not None})
    if len(locations) > 1:
        raise _refuse(
            "All fulfillment orders must be assigned to a single location."
            f" Multiple locations with ids {locations} were found."
        )


def _foreign_service(context: Context, fo: Row) -> str | None:
    """Handle of the third-party service that must ship this itself; None where the asking app may.

    An app whose name is the service's handle or name is that service.
    """
    service = context.world.row(
        "select s.* from service s join location l on l.service_id = s.id where l.id = ?", fo["location_id"]
    )
    if (
        service is None
        or service["type"] != "THIRD_PARTY"
        or context.app in (service["handle"], service["name"])
    ):
        return None
    return str(service["handle"])


def _shares(world: World, fo_id: int, chosen: list[dict[str, Any]] | None) -> list[Share]:
    lines = {row["id"]: row for row in units.lines_of(world, fo_id)}
    if not chosen:
        return [Share(row, row["remaining"]) for row in lines.values() if row["remaining"]]
    shares = []
    for entry in chosen:
        kind, id_ = objects.parse_gid(entry["id"])
        if kind != "FulfillmentOrderLineItem" or id_ not in lines:
            raise _refuse("Fulfillment order line item does not exist.")
        shares.append(Share(lines[int(id_)], entry["quantity"]))
    return shares
