"""Units that leave an order by a refund or a cancel: their lines, their fulfillment orders, their stock.

Shopify's restock types: CANCEL restocks units that were not fulfilled, RETURN units that were, NO_RESTOCK none.
The movements are inferred from the definitions of the states (on hand is their sum).
"""

from dataclasses import dataclass

from sandbox_shop import ledger
from sandbox_shop.context import Context
from sandbox_shop.world import Row
from sandbox_shop.writes import units


@dataclass(frozen=True)
class Removal:
    """Units of a line that leave the order. `location_id` is where returned units are restocked."""

    line: Row
    quantity: int
    restock_type: str
    location_id: int | None


def remove(context: Context, removal: Removal, *, keep_remaining: bool = False) -> None:
    """Take the units out of the order. Waiting units go first, unless they are a RETURN.

    `keep_remaining`: the fulfillment orders keep their numbers, because the caller closes them (orderCancel).
    """
    world = context.world
    line, left = removal.line, removal.quantity
    if removal.restock_type != "RETURN":
        for row in units.waiting_lines(world, line["id"]):
            quantity = min(left, row["remaining"])
            left -= quantity
            _release(context, removal, row, quantity)
            if not keep_remaining:
                world.update("fo_line", row["id"], remaining=row["remaining"] - quantity)
                units.settle(world, row["fo_id"], world.tick(0))
            if not left:
                break
    if left and removal.restock_type == "RETURN":
        ledger.move(context, line["item_id"], removal.location_id, "available", left, "return")
    with world.lock:
        world.connection.execute(
            "update line set current_quantity = current_quantity - ?, refunded_quantity = refunded_quantity + ?"
            " where id = ?",
            (removal.quantity, removal.quantity, line["id"]),
        )


def _release(context: Context, removal: Removal, fo_line: Row, quantity: int) -> None:
    """Waiting units: restocked, they are available again; else they are gone from the shelf."""
    if fo_line["stock"] == "bypass":
        return
    item_id = removal.line["item_id"]
    if removal.restock_type != "CANCEL":
        ledger.move(context, item_id, fo_line["location_id"], fo_line["stock"], -quantity, "removed")
    elif fo_line["stock"] == "committed":
        location_id = fo_line["location_id"]
        ledger.move(context, item_id, location_id, "committed", -quantity, "restock")
        ledger.move(context, item_id, location_id, "available", quantity, "restock")
