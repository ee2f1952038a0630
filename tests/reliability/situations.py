"""One small shop and one plan for each kind of change: where a sweep begins each of its scenarios."""

import pickle
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from random import Random

from generated_shops import make_unfulfil, undo_plan
from more_changes import kept_part, requests, stock_change
from operators import Operator
from other_people import OUR_TAG
from simulated_effects import fulfil
from simulated_shop import SimulatedShop
from simulated_world import AS_DOCUMENTED, MAIN, Level, Order, OrderLine, Switches, World
from virtual_clock import VirtualClock

from unfulfill.journal import Journal
from unfulfill.model import Change, Decision, Mark, Plan
from unfulfill.plan import seal

REQUEST = "FulfillmentOrderSubmitCancellationRequest"


@dataclass(frozen=True)
class Situation:
    """A shop just before a plan is applied, and the change that the scenario is about."""

    name: str
    operation: str  # the mutation of that change
    change: str  # its id
    plan: Plan
    frozen: bytes  # the shop

    def shop(self) -> SimulatedShop:
        """The shop, new for each scenario."""
        return pickle.loads(self.frozen)


def one_order(
    units: int, fulfilled: int, closed: bool = False, switches: Switches = AS_DOCUMENTED
) -> SimulatedShop:
    """A shop with an order of two lines, `fulfilled` units of the first and one of the second fulfilled.

    There is a second order like it, which nobody means.
    """
    world = World(VirtualClock(), switches)
    for _ in range(2):
        _add_order(world, units, fulfilled, closed)
    world.clock.sleep(3600.0)
    return SimulatedShop(world)


def many_orders(count: int) -> SimulatedShop:
    """A shop with so many orders of the shapes of `one_order`, archived, partly open and at a service, and one more."""
    world = World(VirtualClock())
    for number in range(count + 1):
        order = _add_order(world, 4 if number % 4 == 1 else 2, 2, closed=number % 4 == 2)
        if number % 8 == 1:
            world.orders_of(order)[0].request_status = "ACCEPTED"
    world.clock.sleep(3600.0)
    return SimulatedShop(world)


def _add_order(world: World, units: int, fulfilled: int, closed: bool) -> Order:
    number = len(world.orders)
    order = Order(world.new_id("Order"), f"#{1001 + number}", world.clock.text(), {})
    world.orders[order.id] = order
    for place, quantity in enumerate((units, 2 if units > fulfilled else 1)):
        item = f"gid://shopify/InventoryItem/{place + 1}"
        line = OrderLine(world.new_id("LineItem"), f"SKU-{place + 1}", item, quantity)
        order.lines[line.id] = line
        world.levels.setdefault((item, MAIN), Level(5, 0)).committed += quantity
    whole = {line.id: line.quantity for line in order.lines.values()}
    one = world.open_fulfillment_order(order, MAIN, whole)
    taken = [(one, one.lines[0], fulfilled), (one, one.lines[1], 1)]
    fulfil(
        world,
        taken,
        {"company": "DHL", "numbers": [f"JD{number}"], "urls": [f"https://dhl.example/{number}"]},
    )
    order.closed_at = world.clock.text() if closed else None
    return order


def unfulfil(operator: Operator, decision: Decision, tag: str = "") -> Plan:
    """The plan for the first order's live fulfillments."""
    world = operator.shop.world
    order = next(iter(world.orders.values()))
    marks = [
        Mark(one.id, order.id, order.name, decision, reason="not shipped") for one in world.live_of(order)
    ]
    return make_unfulfil(operator, marks, tag)


@cache
def situations() -> tuple[Situation, ...]:
    """Every kind of change, on a whole and on a partly open fulfillment order where that differs."""
    whole, partial = (lambda: one_order(2, 2)), (lambda: one_order(4, 2))
    archived = lambda: one_order(2, 2, closed=True)  # noqa: E731
    at_service = lambda: _at_service(one_order(4, 2), "ACCEPTED")  # noqa: E731
    turned_down = lambda: _at_service(one_order(4, 2), "CANCELLATION_REJECTED")  # noqa: E731
    unfulfill, hold = Decision.UNFULFILL, Decision.HOLD
    return (
        _situation("cancel", whole, unfulfill, "FulfillmentCancel", "m0001-cancel"),
        _situation("cancel partly open", partial, unfulfill, "FulfillmentCancel", "m0001-cancel"),
        _situation("hold", whole, hold, "FulfillmentOrderHold", "m0001-hold"),
        _situation("hold a part", partial, hold, "FulfillmentOrderHold", "m0001-hold"),
        _situation("tag", whole, unfulfill, "TagsAdd", "m0001-tag"),
        _situation("refulfil", whole, unfulfill, "FulfillmentCreate", "m0001-refulfil", undo=True),
        _situation(
            "refulfil partly open", partial, unfulfill, "FulfillmentCreate", "m0001-refulfil", undo=True
        ),
        _situation("release", partial, hold, "FulfillmentOrderReleaseHold", "m0001-release", undo=True),
        _situation("untag", whole, unfulfill, "TagsRemove", "m0001-untag", undo=True),
        _situation("close", archived, unfulfill, "OrderClose", "m0001-close", undo=True),
        _situation("keep a part", whole, unfulfill, "FulfillmentCreate", "m0001-refulfil", more=_keep_a_part),
        _situation("stock", whole, unfulfill, "InventorySetQuantities", "s0001-stock", more=_count_stock),
        _situation(
            "stock back", whole, unfulfill, "InventorySetQuantities", "s0001-back", True, _count_stock
        ),
        _situation("ask again", turned_down, unfulfill, REQUEST, "r0000-request", more=_only_request),
        _situation("request", at_service, unfulfill, REQUEST, "r0000-request", more=_only_request),
    )


def _keep_a_part(plan: Plan, world: World) -> list[Change]:
    return [*plan.changes, *kept_part(plan.changes[0], Random(4))]


def _count_stock(plan: Plan, world: World) -> list[Change]:
    return [*plan.changes, stock_change(world, list(plan.changes), *sorted(world.levels)[0], 9)]


def _only_request(plan: Plan, world: World) -> list[Change]:
    return requests(world, plan, Random(1))


def _at_service(shop: SimulatedShop, request_status: str) -> SimulatedShop:
    """The shop, where a third-party service has what is open of the first order."""
    order = next(iter(shop.world.orders.values()))
    shop.world.orders_of(order)[0].request_status = request_status
    return shop


def _situation(
    name: str,
    build: Callable[[], SimulatedShop],
    decision: Decision,
    operation: str,
    change: str,
    undo: bool = False,
    more: Callable[[Plan, World], list[Change]] | None = None,
) -> Situation:
    with tempfile.TemporaryDirectory() as folder:
        operator = Operator(build(), Path(folder))
        plan = unfulfil(operator, decision, OUR_TAG if "tag" in name else "")
        if more:
            plan = seal(replace(plan, changes=tuple(more(plan, operator.shop.world)), digest=""))
        if undo:
            operator.run(plan)
            operator.clock.sleep(900.0)
            plan = undo_plan(operator, plan)
        if change not in {each.id for each in plan.changes}:
            raise ValueError(f"{name}: the plan has no {change}")
        return Situation(name, operation, change, plan, pickle.dumps(operator.shop))


@cache
def _empty_journal() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "journal.sqlite"
        Journal(path, lambda: "").close()
        return path.read_bytes()


def fresh_operator(shop: SimulatedShop, folder: Path, **actors: type) -> Operator:
    """An operator with an empty journal, made by copying one: that is quicker than making it."""
    operator = Operator(shop, folder, **actors)
    operator.path.write_bytes(_empty_journal())
    return operator
