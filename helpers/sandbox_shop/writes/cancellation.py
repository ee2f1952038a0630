"""fulfillmentCancel, as recorded on a real shop in May and June 2026.

It protects nothing: cancelling twice is a success without effect, cancelling a delivered parcel is a
success. The fulfillment stays in the list as CANCELLED / CANCELED; an archived order opens again. A closed
fulfillment order stays CLOSED, yet its remaining units grow back; the units wait in a new open one, with new ids.

Inferred, therefore switches of the world: `cancel_stock` (committed or available), `partial_fo` (grow or
new), `closed_fo` (new or reopen), `reroute_to` (a location), `reopen_on_cancel`, `cancel_touches_order`,
`refuse_cancel` ({fulfillment number or gid: invented message}).
Inferred without a switch: units that were refunded, or whose order was cancelled, do not come back.
"""

from collections import defaultdict
from dataclasses import replace
from typing import Any

from sandbox_shop import ledger, objects, routing
from sandbox_shop.context import Context
from sandbox_shop.status import is_live
from sandbox_shop.world import Row, World, gid
from sandbox_shop.writes import units
from sandbox_shop.writes.answers import Payload, fresh, refusal, user_error
from sandbox_shop.writes.history import record


def fulfillment_cancel(context: Context, id: str, **_: Any) -> Payload:
    """Cancel a whole fulfillment."""
    fulfillment = objects.load(context.world, "Fulfillment", id)
    if fulfillment is None:
        return refusal("fulfillment", user_error(["id"], "Fulfillment not found."))
    if fulfillment["status"] == "CANCELLED":
        return {"fulfillment": fulfillment, "userErrors": []}
    invented = _invented_refusal(context, fulfillment)
    if invented:
        return {"fulfillment": fulfillment, "userErrors": [user_error(["id"], invented)]}
    cancel(context, fulfillment)
    return {"fulfillment": fresh(context, "Fulfillment", fulfillment["id"]), "userErrors": []}


def cancel(context: Context, fulfillment: Row) -> None:
    """Cancel a fulfillment that is not cancelled yet: its units, their stock, its order."""
    world = context.world
    order = world.row('select * from "order" where id = ?', fulfillment["order_id"])
    at = world.tick()
    returned = _returned_units(world, fulfillment)
    world.update(
        "fulfillment", fulfillment["id"], status="CANCELLED", display_status="CANCELED", updated_at=at
    )
    for fo_id, portions in returned.items():
        _take_back(context, fulfillment, fo_id, portions, at)
    count = sum(quantity for portions in returned.values() for _, quantity in portions)
    columns: dict[str, Any] = {}
    if (
        order
        and order["closed_at"]
        and not order["cancelled_at"]
        and context.switch("reopen_on_cancel", True)
    ):
        columns["closed_at"] = None
    record(
        context,
        fulfillment["order_id"],
        "fulfillment_cancelled",
        f"{context.app} canceled fulfillment {fulfillment['name']} ({count} units back to unfulfilled).",
        at=at,
        **columns,
    )
    if order and not context.switch("cancel_touches_order", True):
        world.update("order", order["id"], updated_at=order["updated_at"])


def _invented_refusal(context: Context, fulfillment: Row) -> str | None:
    refused: dict[str, str] = context.switch("refuse_cancel") or {}
    number = str(fulfillment["id"])
    return refused.get(number) or refused.get(gid("Fulfillment", number))


def _returned_units(world: World, fulfillment: Row) -> dict[int, list[tuple[Row, int]]]:
    """Fulfillment order id → (its line, units that come back)."""
    returned: dict[int, list[tuple[Row, int]]] = defaultdict(list)
    given: dict[int, int] = defaultdict(int)
    for row in world.rows(
        "select fol.*, fl.quantity, l.current_quantity from fulfillment_line fl"
        " join fo_line fol on fol.id = fl.fo_line_id join line l on l.id = fl.line_id"
        " where fl.fulfillment_id = ? order by fl.id",
        fulfillment["id"],
    ):
        line_id = row["line_id"]
        elsewhere = units.shipped_units(world, line_id, except_fulfillment=fulfillment["id"])
        room = row["current_quantity"] - elsewhere - units.waiting_units(world, line_id) - given[line_id]
        quantity = min(row["quantity"], room)
        if quantity > 0:
            given[line_id] += quantity
            returned[row["fo_id"]].append((row, quantity))
    return returned


def _take_back(
    context: Context, fulfillment: Row, fo_id: int, portions: list[tuple[Row, int]], at: str
) -> None:
    world = context.world
    fo = world.row("select * from fulfillment_order where id = ?", fo_id)
    if fo is None:
        raise LookupError(
            f"Fulfillment order {fo_id} of fulfillment {fulfillment['id']} is not in the world."
        )
    stocks = {_stock_after(context, row) for row, _ in portions}
    same_stock = all(row["stock"] in stocks for row, _ in portions) and len(stocks) == 1
    revives = not is_live(fo) and context.switch("closed_fo", "new") == "reopen"
    grows = same_stock and (revives or (is_live(fo) and context.switch("partial_fo", "grow") == "grow"))
    if grows or not is_live(fo):
        for row, quantity in portions:
            with world.lock:
                world.connection.execute(
                    "update fo_line set remaining = remaining + ? where id = ?", (quantity, row["id"])
                )
    if grows:
        if revives:
            world.update("fulfillment_order", fo_id, status="OPEN")
        for row, quantity in portions:
            _restock(context, fulfillment, fo["location_id"], row, quantity)
        units.settle(world, fo_id, at)
        return
    world.update("fulfillment_order", fo_id, updated_at=at)
    _open_anew(context, fulfillment, fo, portions, at)


def _open_anew(context: Context, fulfillment: Row, fo: Row, portions: list[tuple[Row, int]], at: str) -> None:
    world = context.world
    forced = _location_number(context.switch("reroute_to"))
    by_location: dict[int | None, list[units.Portion]] = defaultdict(list)
    for row, quantity in portions:
        item_id = units.item_of(world, row["line_id"])
        location_id = routing.route_again(world, item_id, fo["location_id"], forced)
        _restock(context, fulfillment, location_id, row, quantity)
        portion = units.Portion(row["line_id"], quantity, _stock_after(context, row))
        _add(by_location[location_id], portion)
    for location_id, wanted in by_location.items():
        units.new_fulfillment_order(world, fo["order_id"], location_id, wanted, method=fo["method"], at=at)


def _add(wanted: list[units.Portion], portion: units.Portion) -> None:
    for number, known in enumerate(wanted):
        if (known.line_id, known.stock) == (portion.line_id, portion.stock):
            wanted[number] = replace(known, quantity=known.quantity + portion.quantity)
            return
    wanted.append(portion)


def _stock_after(context: Context, fo_line: Row) -> str:
    if fo_line["stock"] == "bypass":
        return "bypass"
    return str(context.switch("cancel_stock", "committed"))


def _restock(
    context: Context, fulfillment: Row, location_id: int | None, fo_line: Row, quantity: int
) -> None:
    """The goods are on the shelf again where they were shipped from; a rerouted order claims them elsewhere."""
    state = _stock_after(context, fo_line)
    if state == "bypass":
        return
    item_id = units.item_of(context.world, fo_line["line_id"])
    shelf = fulfillment["location_id"] or location_id
    if state == "committed" and location_id == shelf:
        ledger.move(context, item_id, shelf, "committed", quantity, "fulfillment_cancelled")
        return
    ledger.move(context, item_id, shelf, "available", quantity, "fulfillment_cancelled")
    if state == "committed":
        units.commit_stock(context, fo_line["line_id"], location_id, quantity, "fulfillment_cancelled")


def _location_number(value: Any) -> int | None:
    if value is None:
        return None
    return int(str(value).rsplit("/", 1)[-1])
