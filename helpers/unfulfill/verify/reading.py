"""What verify and undo rest on: everything that a plan touched, as read just now."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from unfulfill.model import FulfillmentOrderState, FulfillmentState, LevelState, OrderState

# FulfillmentStatus values of a fulfillment that ships nothing (schema 2026-10).
DEAD = ("CANCELLED", "ERROR", "FAILURE")


@dataclass(frozen=True)
class OrderedUnits:
    """Units of one order line."""

    ordered: int  # when the order was placed
    current: int  # less what was refunded or removed since


@dataclass(frozen=True)
class Reading:
    """What was read after the plan was applied, by id."""

    fulfillments: Mapping[str, FulfillmentState]
    orders: Mapping[str, OrderState]
    open_orders: Mapping[str, tuple[FulfillmentOrderState, ...]]  # by order id
    levels: Mapping[tuple[str, str], LevelState] = field(
        default_factory=dict
    )  # by inventory item and location
    shipped: Mapping[str, Mapping[str, int]] = field(
        default_factory=dict
    )  # fulfillment → order line → units, for every fulfillment of these orders
    ordered: Mapping[str, OrderedUnits] = field(default_factory=dict)  # by order line
    items: Mapping[str, str] = field(default_factory=dict)  # order line → inventory item, where that is known
