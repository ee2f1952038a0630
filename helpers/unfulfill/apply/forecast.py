"""What an apply will cost in points, and how long it will take on this shop. Pure."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from unfulfill.apply.engine import waves
from unfulfill.apply.look import WITH_OPEN_UNITS
from unfulfill.model import CancelFulfillment, Change, Plan, SetOnHand, TagOrder
from unfulfill.shop.reading import IDS_A_REQUEST

# Points of one request while the shop has not said them: by the formula fitted to recorded shops, inferred.
USUAL_POINTS = {
    "FulfillmentCancel": 10.0,
    "FulfillmentCreate": 12.0,
    "FulfillmentOrderHold": 10.0,
    "FulfillmentOrderReleaseHold": 10.0,
    "FulfillmentOrderSubmitCancellationRequest": 10.0,
    "InventorySetQuantities": 10.0,
    "OrderClose": 10.0,
    "TagsAdd": 10.0,
    "TagsRemove": 10.0,
    "FulfillmentsById": 22.0,
    "FulfillmentOrdersById": 48.0,
    "InventoryLevelsById": 24.0,
    "OrdersById": 2.0,
}
OPERATIONS = {  # what a kind of change sends; tags are told apart below
    "CancelFulfillment": "FulfillmentCancel",
    "RecreateFulfillment": "FulfillmentCreate",
    "HoldFulfillmentOrder": "FulfillmentOrderHold",
    "ReleaseHold": "FulfillmentOrderReleaseHold",
    "RequestCancellation": "FulfillmentOrderSubmitCancellationRequest",
    "SetOnHand": "InventorySetQuantities",
    "CloseOrder": "OrderClose",
}
USUAL_RATE = 100.0  # points a second, of the smallest plan of Shopify's


@dataclass(frozen=True)
class Situation:
    """How the connection to a shop stands."""

    points: float  # left in the bucket now
    restore_rate: float  # points a second; 0: not known yet
    latency_s: float  # of one request
    threads: int
    cost_of: Callable[[str], float | None]  # of an operation, as the shop said; None: it has not


@dataclass(frozen=True)
class ApplyForecast:
    """Points and seconds of one plan, from its beginning."""

    points_each: Mapping[str, float]  # of sending one change, by operation
    write_points: int  # of sending them all
    readings: int  # requests that look before something is sent
    reading_points: int
    restore_rate: float
    seconds: float

    @property
    def points(self) -> int:
        """All points."""
        return self.write_points + self.reading_points

    def points_of(self, changes: Iterable[Change]) -> int:
        """Points of sending some changes of the plan."""
        return math.ceil(sum(self.points_each[operation_of(change)] for change in changes))


def forecast_apply(plan: Plan, situation: Situation, stock_items: int = 0) -> ApplyForecast:
    """What applying this plan should cost and take.

    `stock_items` are the items whose stock is read beforehand. The time is what the points need or what the answers
    need, whichever is longer; other apps and people at the same shop make it longer.
    """

    def points(operation: str) -> float:
        told = situation.cost_of(operation)
        return USUAL_POINTS[operation] if told is None else told

    writes = Counter(operation_of(change) for change in plan.changes)
    write_points = math.ceil(sum(points(name) * count for name, count in writes.items()))
    readings = Counter({"InventoryLevelsById": math.ceil(stock_items / IDS_A_REQUEST)})
    answers = 0  # one after another
    for changes in _rounds(plan):
        readings += Counter(_readings(changes))
        answers += math.ceil(len(changes) / situation.threads)
    reading_points = math.ceil(sum(points(name) * count for name, count in readings.items()))
    rate = situation.restore_rate or USUAL_RATE
    wanting = max(0.0, write_points + reading_points - situation.points)
    return ApplyForecast(
        {name: points(name) for name in writes},
        write_points,
        readings.total(),
        reading_points,
        rate,
        max(wanting / rate, (answers + readings.total()) * situation.latency_s),
    )


def _rounds(plan: Plan) -> Iterator[list[Change]]:
    """The changes that the engine looks at together: of each order of a wave the first, then the second …"""
    of_order: dict[str, list[Change]] = {}
    for change in plan.changes:
        of_order.setdefault(change.order_id or change.case, []).append(change)
    for wave in waves(of_order):
        for changes in zip_longest(*(of_order[order] for order in wave)):
            yield [change for change in changes if change is not None]


def _readings(changes: Sequence[Change]) -> Iterator[str]:
    """The operations that a look at these changes reads by, as `look_at` does."""
    if any(isinstance(change.action, CancelFulfillment) for change in changes):
        yield "FulfillmentsById"
    if any(isinstance(change.action, WITH_OPEN_UNITS) for change in changes):
        yield "FulfillmentOrdersById"
    if any(isinstance(change.action, SetOnHand) for change in changes):
        yield "InventoryLevelsById"
    if any(not isinstance(change.action, (CancelFulfillment, SetOnHand)) for change in changes):
        yield "OrdersById"


def operation_of(change: Change) -> str:
    """The mutation that a change sends."""
    if isinstance(change.action, TagOrder):
        return "TagsAdd" if change.action.add else "TagsRemove"
    return OPERATIONS[change.kind]
