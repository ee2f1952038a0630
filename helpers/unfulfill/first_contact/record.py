"""What a first contact reads, and the record that it leaves."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from unfulfill.errors import FinishedWithRefusals, NeedsPerson, Paused
from unfulfill.model import FulfillmentOrderState, FulfillmentState, OrderState, Plan, from_json, to_json
from unfulfill.words import said

MOST_NAMED = 5  # items of a fulfillment
# What the undo does, by whether the fulfillment has tracking and whether the order is archived.
WILL_UNDO = {
    (True, False): "observation.will_undo",
    (True, True): "observation.will_undo_archive",
    (False, False): "observation.will_undo_untracked",
    (False, True): "observation.will_undo_untracked_archive",
}


@dataclass(frozen=True)
class Level:
    """Stock of one item at one location, as the shop counts it."""

    inventory_item_id: str
    item: str  # SKU, else the item's name
    location_id: str
    location_name: str
    tracked: bool
    available: int
    committed: int
    on_hand: int


@dataclass(frozen=True)
class Glimpse:
    """Everything about one order at one moment: nothing of its customer."""

    taken_at: datetime
    order: OrderState
    fulfillments: tuple[FulfillmentState, ...]  # all of the order, cancelled ones too
    fulfillment_orders: tuple[FulfillmentOrderState, ...]  # all of the order, closed ones too
    items: tuple[tuple[str, str], ...]  # (order line id, inventory item id), for lines that have one
    levels: tuple[Level, ...]  # of these items, at every location


@dataclass(frozen=True)
class Observation:
    """One thing that Shopify does not document, and what this shop did."""

    question: str
    expected: str  # inferred, never a fact; blank where nothing is expected
    seen: str
    agrees: bool | None  # None: nothing was expected, or it was not seen


@dataclass(frozen=True)
class FirstContact:
    """How far a first contact is, and what it showed."""

    shop: str
    shop_id: str
    api_version: str
    taken_at: datetime  # the shop's clock
    order_id: str
    order_name: str
    fulfillment_id: str
    digest: str  # of the plan that cancels
    undo_digest: str = ""  # of the plan that takes it back; blank: not planned
    cancelled: bool = False  # our cancel is in effect
    finished: bool = False  # nothing is left to do: the order is fulfilled as before, or was never changed
    observations: tuple[Observation, ...] = ()
    stock: str = ""  # one sentence: what the cancel did to stock
    warnings: tuple[str, ...] = ()
    problem: str = ""  # why it did not go as planned, and what a person does now; blank: it did
    ending: str = ""  # paused, refused or person: how `check` ends; blank: well
    will_happen: tuple[str, ...] = ()  # while it is only planned, in words
    plan: Plan | None = None  # while it is only planned

    @property
    def disagreements(self) -> tuple[Observation, ...]:
        """Where this shop did something else than was expected."""
        return tuple(seen for seen in self.observations if seen.agrees is False)

    def check(self) -> "FirstContact":
        """Itself. Raises Paused, NeedsPerson or FinishedWithRefusals where it did not go as planned."""
        match self.ending:
            case "paused":
                raise Paused(self.problem)
            case "person":
                raise NeedsPerson(self.problem)
            case "refused":
                raise FinishedWithRefusals(self.problem)
        return self


def record_to_json(contact: FirstContact) -> dict[str, Any]:
    """The record as first_contact.json keeps it: without the plan, which has a file of its own."""
    plain: dict[str, Any] = to_json(replace(contact, plan=None, will_happen=()))
    return {name: value for name, value in plain.items() if name not in ("plan", "will_happen")}


def record_from_json(plain: dict[str, Any]) -> FirstContact:
    """The inverse. Raises KeyError, TypeError or ValueError where `plain` is something else."""
    return from_json(FirstContact, {**plain, "plan": None, "will_happen": []})


def what_will_happen(glimpse: Glimpse, fulfillment: FulfillmentState) -> tuple[str, ...]:
    """The steps in words, for the person who approves them."""
    lines = fulfillment.lines
    items = ", ".join(f"{line.quantity} × {line.sku or line.name or '?'}" for line in lines[:MOST_NAMED])
    if len(lines) > MOST_NAMED:
        items = said("observation.items_and_more", items=items, number=len(lines) - MOST_NAMED)
    return (
        said("observation.will_read", order=glimpse.order.name),
        said(
            "observation.will_cancel",
            fulfillment=fulfillment.name,
            count=sum(line.quantity for line in lines),
            items=items,
            place=fulfillment.location_name or said("observation.unknown_place"),
        ),
        said("observation.will_look"),
        said(WILL_UNDO[bool(fulfillment.tracking.numbers), glimpse.order.closed]),
        said("observation.will_stay"),
    )
