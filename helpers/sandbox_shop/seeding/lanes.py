"""In which fulfillment order each unit of an order stands."""

from typing import NamedTuple

from sandbox_shop.seeding.drafts import Draft, DraftLine, Shipment

UNFINISHED = ("OPEN", "PENDING")  # of a fulfillment: still with the third-party service


class Lane(NamedTuple):
    """What one fulfillment order is for. `round` is 0, or the number of the cancelled fulfillment it served."""

    location: int
    method: str
    round: int


class OpenOrder(NamedTuple):
    """An order while its rows are made."""

    id: int
    draft: Draft
    line_ids: list[int]
    units: dict[Lane, dict[int, list[int]]]  # lane → position of the line → [total, remaining]
    fo_line_ids: dict[tuple[Lane, int], int]


def units_of(draft: Draft) -> dict[Lane, dict[int, list[int]]]:
    """Lane → place of the line → [total, remaining]: in which fulfillment order each unit stands."""
    lanes: dict[Lane, dict[int, list[int]]] = {}
    for place, line in enumerate(draft.lines):
        left = line.quantity - line.removed
        for number, shipment in enumerate(draft.shipments):
            quantity = shipment.units.get(place, 0)
            if quantity:
                cell = lanes.setdefault(lane_of(line, shipment, number), {}).setdefault(place, [0, 0])
                cell[0] += quantity
                if shipment.cancelled_at is None:
                    left -= quantity
                else:
                    cell[1] += quantity
        if left > 0:
            cell = lanes.setdefault(Lane(line.location, line.method, 0), {}).setdefault(place, [0, 0])
            cell[0] += left
            cell[1] += left
    return lanes


def lane_of(line: DraftLine, shipment: Shipment, place: int) -> Lane:
    """The lane that a fulfillment (in `place` of its order) served for a line."""
    return Lane(shipment.location, line.method, place + 1 if shipment.cancelled_at is not None else 0)


def is_of_lane(draft: Draft, shipment: Shipment, place: int, lane: Lane) -> bool:
    """Whether a fulfillment served this lane."""
    return any(lane_of(draft.lines[line_place], shipment, place) == lane for line_place in shipment.units)


def fo_status(order: OpenOrder, lane: Lane) -> str:
    """FulfillmentOrderStatus of a lane."""
    draft = order.draft
    total = sum(cell[0] for cell in order.units[lane].values())
    remaining = sum(cell[1] for cell in order.units[lane].values())
    if lane.round or draft.cancelled_at is not None:
        return "CLOSED"
    if not remaining:
        with_service = any(
            shipment.status in UNFINISHED and is_of_lane(draft, shipment, place, lane)
            for place, shipment in enumerate(draft.shipments)
        )
        return "IN_PROGRESS" if with_service else "CLOSED"
    if draft.hold:
        return "ON_HOLD"
    if draft.fulfill_at is not None:
        return "SCHEDULED"
    return "IN_PROGRESS" if remaining < total or draft.request == "ACCEPTED" else "OPEN"
