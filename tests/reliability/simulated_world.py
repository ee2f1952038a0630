"""What a simulated shop holds: orders, fulfillments, fulfillment orders and stock, in memory.

Written from what is documented and recorded about Shopify, not from what our client expects. Where only a guess is
possible, the behaviour is a switch (`Switches`), and generated shops have it one way or the other.
"""

from dataclasses import dataclass, field

from virtual_clock import VirtualClock

LIVE = ("OPEN", "IN_PROGRESS", "ON_HOLD", "SCHEDULED")
LOCATIONS = {"gid://shopify/Location/1": "Main warehouse", "gid://shopify/Location/2": "Second warehouse"}
MAIN, SECOND = LOCATIONS


@dataclass(frozen=True)
class Switches:
    """What is only inferred about Shopify."""

    partial_grows: bool = True  # a partly open fulfillment order grows back; else a new one is opened
    begun_is_in_progress: bool = True  # a partly fulfilled fulfillment order says IN_PROGRESS; else OPEN
    auto_archive: bool = False  # an order that is fulfilled whole is archived by itself
    moves_to: str = (
        ""  # location where the units of a cancelled fulfillment are opened; blank: where they were
    )


AS_DOCUMENTED = Switches()


@dataclass
class OrderLine:
    """One line of an order."""

    id: str
    sku: str
    item_id: str
    quantity: int
    removed: int = 0


@dataclass
class Portion:
    """Units of an order line at one fulfillment order, open there or fulfilled from it."""

    id: str  # of the fulfillment order line
    line_id: str
    quantity: int
    order_id: str = ""  # of the fulfillment order that a fulfillment took them from


@dataclass
class HoldOnOrder:
    """One hold."""

    id: str
    handle: str
    reason: str
    ours: bool


@dataclass
class FulfillmentOrder:
    """One fulfillment order. A closed one has remaining units too once its fulfillment was cancelled."""

    id: str
    order_id: str
    location_id: str
    status: str
    lines: list[Portion]
    request_status: str = "UNSUBMITTED"
    holds: list[HoldOnOrder] = field(default_factory=list)


@dataclass
class Fulfillment:
    """One fulfillment, with where its units came from."""

    id: str
    order_id: str
    name: str
    location_id: str
    created_at: str
    updated_at: str
    portions: list[Portion]
    status: str = "SUCCESS"
    display_status: str = "FULFILLED"
    in_transit_at: str | None = None
    delivered_at: str | None = None
    service_handle: str = "manual"
    service_type: str = "MANUAL"
    company: str = ""
    numbers: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()


@dataclass
class Order:
    """One order."""

    id: str
    name: str
    updated_at: str
    lines: dict[str, OrderLine]
    tags: set[str] = field(default_factory=set)
    fulfillments: list[str] = field(default_factory=list)
    fulfillment_orders: list[str] = field(default_factory=list)
    closed_at: str | None = None
    cancelled_at: str | None = None
    financial_status: str = "PAID"
    return_status: str = "NO_RETURN"


@dataclass
class Level:
    """Stock of one item at one location."""

    available: int
    committed: int

    @property
    def on_hand(self) -> int:
        """What stands on the shelf, as Shopify counts it."""
        return self.available + self.committed


class World:
    """Everything in the shop."""

    def __init__(self, clock: VirtualClock, switches: Switches = AS_DOCUMENTED) -> None:
        self.clock = clock
        self.switches = switches
        self.orders: dict[str, Order] = {}
        self.fulfillments: dict[str, Fulfillment] = {}
        self.fulfillment_orders: dict[str, FulfillmentOrder] = {}
        self.levels: dict[tuple[str, str], Level] = {}
        self._numbers: dict[str, int] = {}

    def new_id(self, kind: str) -> str:
        """A gid that nothing had before."""
        self._numbers[kind] = self._numbers.get(kind, 1000) + 1
        return f"gid://shopify/{kind}/{self._numbers[kind]}"

    def touch(self, order: Order) -> None:
        """The order was changed just now."""
        order.updated_at = self.clock.text()

    def orders_of(self, order: Order) -> list[FulfillmentOrder]:
        """Its fulfillment orders, the closed ones too."""
        return [self.fulfillment_orders[id_] for id_ in order.fulfillment_orders]

    def live_of(self, order: Order) -> list[Fulfillment]:
        """Its fulfillments that are not cancelled."""
        found = (self.fulfillments[id_] for id_ in order.fulfillments)
        return [fulfillment for fulfillment in found if fulfillment.status == "SUCCESS"]

    def level(self, line: OrderLine, location_id: str) -> Level:
        """The stock of a line's item at a location."""
        return self.levels.setdefault((line.item_id, location_id), Level(0, 0))

    def open_fulfillment_order(
        self, order: Order, location_id: str, units: dict[str, int]
    ) -> FulfillmentOrder:
        """A new fulfillment order with ids of its own."""
        lines = [
            Portion(self.new_id("FulfillmentOrderLineItem"), line, count) for line, count in units.items()
        ]
        opened = FulfillmentOrder(self.new_id("FulfillmentOrder"), order.id, location_id, "OPEN", lines)
        self.fulfillment_orders[opened.id] = opened
        order.fulfillment_orders.append(opened.id)
        return opened

    def settle(self, one: FulfillmentOrder) -> None:
        """The status that follows from its units and holds; closed ones stay closed."""
        if one.status not in LIVE:
            return
        if not any(line.quantity for line in one.lines):
            one.status = "CLOSED"
        elif one.holds:
            one.status = "ON_HOLD"
        else:
            taken = (p for f in self.live_of(self.orders[one.order_id]) for p in f.portions)
            begun = self.switches.begun_is_in_progress and any(p.order_id == one.id for p in taken)
            one.status = "IN_PROGRESS" if begun else "OPEN"

    def fulfillment_status(self, order: Order) -> str:
        """`displayFulfillmentStatus`."""
        waiting = [one for one in self.orders_of(order) if one.status in LIVE]
        if any(one.status == "ON_HOLD" for one in waiting):
            return "ON_HOLD"
        if not self.live_of(order):
            return "UNFULFILLED"
        return "PARTIALLY_FULFILLED" if waiting else "FULFILLED"


def units_of(portions: list[Portion]) -> dict[str, int]:
    """Order line id → units, without those of which there are none."""
    total: dict[str, int] = {}
    for portion in portions:
        if portion.quantity:
            total[portion.line_id] = total.get(portion.line_id, 0) + portion.quantity
    return total


def what_ships(world: World, order: Order) -> dict[str, object]:
    """What a merchant and a customer would notice of an order, without ids that differ from run to run."""
    waiting = [one for one in world.orders_of(order) if one.status in LIVE]
    return {
        "live": sorted(
            (f.location_id, sorted(units_of(f.portions).items()), f.company, f.numbers, f.urls)
            for f in world.live_of(order)
        ),
        "open": sorted(
            (one.location_id, sorted(units_of(one.lines).items()), sorted(hold.handle for hold in one.holds))
            for one in waiting
        ),
        "tags": sorted(order.tags),
        "closed": order.closed_at is not None,
        "cancelled": order.cancelled_at is not None,
    }


def stock_of(world: World) -> dict[tuple[str, str], tuple[int, int]]:
    """Available and committed units by item and location."""
    return {key: (level.available, level.committed) for key, level in sorted(world.levels.items())}
