"""Shops of all shapes with a plan for them, from one source of chance."""

from dataclasses import dataclass
from datetime import timedelta
from random import Random

from more_changes import with_all_kinds
from operators import Operator
from other_people import OUR_TAG
from simulated_effects import fulfil
from simulated_shop import SimulatedShop
from simulated_world import (
    AS_DOCUMENTED,
    LIVE,
    LOCATIONS,
    MAIN,
    Fulfillment,
    Level,
    Order,
    OrderLine,
    Switches,
    World,
)
from virtual_clock import VirtualClock

from unfulfill.apply import outcomes_of
from unfulfill.journal import Journal
from unfulfill.model import Decision, Limits, Mark, Plan
from unfulfill.plan import PlanOptions, make_plan
from unfulfill.shop.readback import read_back
from unfulfill.shop.reading import read_fulfillments
from unfulfill.undo import plan_undo


@dataclass(frozen=True)
class Wanted:
    """What a generated shop shall have."""

    orders: int = 2
    switches: Switches = AS_DOCUMENTED
    maximum: float = 2000.0
    rate: float = 100.0
    odd: bool = True  # third-party services, delivered parcels: rows that need an override


def generate_shop(chance: Random, wanted: Wanted) -> SimulatedShop:
    """A shop with that many orders to work on and one that nobody marks."""
    world = World(VirtualClock(), wanted.switches)
    for number in range(wanted.orders + 1):
        _order(world, chance, number, wanted)
        world.clock.sleep(chance.choice([0.0, 40.0]))
    world.clock.sleep(3600.0)
    return SimulatedShop(world, maximum=wanted.maximum, rate=wanted.rate)


def _order(world: World, chance: Random, number: int, wanted: Wanted) -> None:
    order = Order(world.new_id("Order"), f"#{1001 + number}", world.clock.text(), {})
    world.orders[order.id] = order
    places = list(LOCATIONS) if chance.random() < 0.3 else [MAIN]
    by_place: dict[str, dict[str, int]] = {}
    for _ in range(chance.randint(1, 3)):
        item = f"gid://shopify/InventoryItem/{chance.randint(1, 4)}"
        line = OrderLine(world.new_id("LineItem"), f"SKU-{item[-1]}", item, chance.randint(1, 4))
        order.lines[line.id] = line
        place = chance.choice(places)
        by_place.setdefault(place, {})[line.id] = line.quantity
        level = world.levels.setdefault((item, place), Level(chance.randint(0, 9), 0))
        level.committed += line.quantity
    for place, units in by_place.items():
        _fulfil_some(world, chance, order, world.open_fulfillment_order(order, place, units).id)
    for one in world.orders_of(order):
        if one.status in LIVE and chance.random() < 0.3:  # a third-party service has the rest
            one.request_status = chance.choice(["ACCEPTED", "ACCEPTED", "CANCELLATION_REJECTED"])
    order.tags = {tag for tag in ("gift", "wholesale") if chance.random() < 0.2}
    if wanted.odd and world.live_of(order):
        _make_odd(chance, chance.choice(world.live_of(order)), world)
    if world.fulfillment_status(order) == "FULFILLED" and chance.random() < 0.4:
        order.closed_at = world.clock.text()


def _fulfil_some(world: World, chance: Random, order: Order, order_id: str) -> None:
    """One, two or three fulfillments of a fulfillment order, mostly until nothing is left."""
    one = world.fulfillment_orders[order_id]
    for _ in range(chance.choice([1, 1, 2, 3])):
        taken = [
            (one, line, chance.randint(1, line.quantity) if chance.random() < 0.4 else line.quantity)
            for line in one.lines
            if line.quantity and chance.random() < 0.9
        ]
        if taken:
            made = fulfil(world, taken, {})
            numbers = chance.choice([0, 1, 1, 1, 2])
            made.company = "DHL" if numbers else ""
            made.numbers = tuple(f"JD{made.id[-4:]}{i}" for i in range(numbers))
            made.urls = tuple(f"https://carrier.example/{number}" for number in made.numbers)


def _make_odd(chance: Random, one: Fulfillment, world: World) -> None:
    if chance.random() < 0.1:
        one.service_handle, one.service_type = "other-3pl", "THIRD_PARTY"
    elif chance.random() < 0.1:
        one.display_status, one.delivered_at = "DELIVERED", world.clock.text()


def plan_all(operator: Operator, chance: Random, share: float = 0.85) -> Plan:
    """A plan for most live fulfillments of every order but the last, made from a calm reading."""
    world = operator.shop.world
    decisions = [Decision.UNFULFILL, Decision.HOLD]
    marks = [
        Mark(one.id, order.id, order.name, chance.choice(decisions), override="seen on the shelf")
        for order in list(world.orders.values())[:-1]
        for one in world.live_of(order)
        if chance.random() < share
    ]
    plan = make_unfulfil(operator, marks, chance.choice(["", OUR_TAG]))
    return with_all_kinds(plan, world, chance)


def make_unfulfil(operator: Operator, marks: list[Mark], tag: str) -> Plan:
    """The plan for these marks, made from a calm reading."""
    with operator.connect() as shop:
        return make_plan(
            marks,
            read_fulfillments(shop, [mark.fulfillment_id for mark in marks]),
            shop=shop.identity(),
            api_version=shop.api_version,
            made_at=operator.clock.moment(),
            live_fulfillments=len(operator.shop.world.fulfillments),
            refunded_at={},
            options=PlanOptions(limits=Limits(max_cancels=10_000, max_units=10**6), tag=tag),
        )


def undo_plan(operator: Operator, plan: Plan) -> Plan:
    """The plan that takes back what the operator's journal says was applied."""
    with Journal(operator.path, operator.clock.text) as journal:
        outcomes = outcomes_of(plan, journal.history(plan.digest))
    with operator.connect() as shop:
        reading = read_back(shop, plan, outcomes)
    return plan_undo(plan, outcomes, reading, made_at=operator.clock.moment() + timedelta(seconds=1))
