"""Units of order lines in fulfillment orders: how many stand where, and what moves in the stock with them.

A unit is shipped (in a fulfillment that is not cancelled), waiting (in a live fulfillment order) or gone
(refunded, removed, cancelled with its order). Every write keeps the sum of the three.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sandbox_shop import ledger
from sandbox_shop.context import Context
from sandbox_shop.status import DEAD_FULFILLMENTS, LIVE
from sandbox_shop.world import Row, World


@dataclass(frozen=True)
class Portion:
    """Units of one line that go into a fulfillment order; `stock` is the state that they are taken from."""

    line_id: int
    quantity: int
    stock: str = "committed"


def item_of(world: World, line_id: int) -> int | None:
    """The inventory item of an order line; None for lines without one."""
    row = world.row("select item_id from line where id = ?", line_id)
    return row["item_id"] if row else None


def shipped_units(world: World, line_id: int, except_fulfillment: int = 0) -> int:
    """Units of a line in fulfillments that are not cancelled, leaving one fulfillment out."""
    row = world.row(
        "select coalesce(sum(fl.quantity), 0) units from fulfillment_line fl"
        " join fulfillment f on f.id = fl.fulfillment_id"
        " where fl.line_id = ? and f.id != ? and f.status not in (?, ?, ?)",
        line_id,
        except_fulfillment,
        *DEAD_FULFILLMENTS,
    )
    return int(row["units"]) if row else 0


def waiting_lines(world: World, line_id: int) -> list[Row]:
    """The fulfillment order lines with units of an order line that still wait, with `location_id` and `status`."""
    return world.rows(
        "select fl.*, fo.location_id, fo.status from fo_line fl join fulfillment_order fo on fo.id = fl.fo_id"
        f" where fl.line_id = ? and fl.remaining > 0 and fo.status in ({', '.join('?' * len(LIVE))}) order by fl.id",
        line_id,
        *LIVE,
    )


def waiting_units(world: World, line_id: int) -> int:
    """Units of a line that still wait for fulfillment."""
    return sum(int(row["remaining"]) for row in waiting_lines(world, line_id))


def lines_of(world: World, fo_id: int) -> list[Row]:
    """The lines of a fulfillment order, in the order of their ids."""
    return world.rows("select * from fo_line where fo_id = ? order by id", fo_id)


def new_fulfillment_order(
    world: World,
    order_id: int,
    location_id: int | None,
    portions: Iterable[Portion],
    *,
    method: str = "SHIPPING",
    status: str = "OPEN",
    fulfill_at: str | None = None,
    at: str,
) -> int:
    """Open a fulfillment order for units at a location; returns its id. Moves no stock."""
    fo_id = world.next_id("FulfillmentOrder")
    world.insert(
        "fulfillment_order",
        {
            "id": fo_id,
            "order_id": order_id,
            "status": status,
            "location_id": location_id,
            "created_at": at,
            "updated_at": at,
            "fulfill_at": fulfill_at,
            "method": method,
        },
    )
    for portion in portions:
        world.insert(
            "fo_line",
            {
                "id": world.next_id("FulfillmentOrderLineItem"),
                "fo_id": fo_id,
                "line_id": portion.line_id,
                "total": portion.quantity,
                "remaining": portion.quantity,
                "stock": portion.stock,
            },
        )
    return fo_id


def split(
    context: Context, fo: Row, taken: dict[int, int], *, location_id: int | None, status: str, at: str
) -> int:
    """Take waiting units (fulfillment order line id → units) out of a fulfillment order into a new one."""
    world = context.world
    portions = []
    for row in lines_of(world, fo["id"]):
        quantity = taken.get(row["id"], 0)
        if not quantity:
            continue
        portions.append(Portion(row["line_id"], quantity, row["stock"]))
        if row["total"] == quantity:
            with world.lock:
                world.connection.execute("delete from fo_line where id = ?", (row["id"],))
        else:
            world.update(
                "fo_line", row["id"], total=row["total"] - quantity, remaining=row["remaining"] - quantity
            )
    world.update("fulfillment_order", fo["id"], updated_at=at)
    return new_fulfillment_order(
        world,
        fo["order_id"],
        location_id,
        portions,
        method=fo["method"],
        status=status,
        fulfill_at=fo["fulfill_at"],
        at=at,
    )


def ship_stock(context: Context, fo_line: Row, location_id: int | None, quantity: int) -> None:
    """Units leave the shelf: they are taken from the state where their line had put them."""
    if fo_line["stock"] != "bypass":
        item_id = item_of(context.world, fo_line["line_id"])
        ledger.move(context, item_id, location_id, fo_line["stock"], -quantity, "fulfillment")


def commit_stock(context: Context, line_id: int, location_id: int | None, quantity: int, reason: str) -> None:
    """Claim units of a location for an order: out of available, into committed. Negative units give back."""
    item_id = item_of(context.world, line_id)
    ledger.move(context, item_id, location_id, "available", -quantity, reason)
    ledger.move(context, item_id, location_id, "committed", quantity, reason)


def settle(world: World, fo_id: int, at: str) -> None:
    """Give a fulfillment order the status that its units and holds ask for.

    Nothing left: CLOSED. Partly shipped: IN_PROGRESS. Held, scheduled or accepted ones stay as they are.
    """
    fo = world.row("select * from fulfillment_order where id = ?", fo_id)
    if fo is None or fo["status"] not in LIVE:
        return
    lines = lines_of(world, fo_id)
    status = fo["status"]
    if not any(row["remaining"] for row in lines):
        status = "CLOSED"
    elif world.row("select 1 from hold where fo_id = ?", fo_id):
        status = "ON_HOLD"
    elif status in ("OPEN", "IN_PROGRESS", "ON_HOLD"):
        begun = fo["request_status"] == "ACCEPTED" or _has_shipped(world, fo_id)
        waits = bool(fo["fulfill_at"]) and fo["fulfill_at"] > at
        status = "IN_PROGRESS" if begun else "SCHEDULED" if waits else "OPEN"
    world.update("fulfillment_order", fo_id, status=status, updated_at=at)


def _has_shipped(world: World, fo_id: int) -> bool:
    row = world.row(
        "select 1 from fo_line fol join fulfillment_line fl on fl.fo_line_id = fol.id"
        " join fulfillment f on f.id = fl.fulfillment_id where fol.fo_id = ? and f.status not in (?, ?, ?)",
        fo_id,
        *DEAD_FULFILLMENTS,
    )
    return row is not None
