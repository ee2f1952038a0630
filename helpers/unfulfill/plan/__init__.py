"""Marks and a fresh reading → a Plan; its digest and its limits. Pure.

making         the plan as a whole
cases          one mark → its changes, or why it becomes none
parts          what a person writes for a part of a fulfillment
order_changes  tag, untag, archive again
stock          what is on hand, set to the count
open_units     where the open units of an order are, also for apply
"""

from unfulfill.plan.making import (
    HOLD_REASONS,
    PlanOptions,
    cancels,
    make_plan,
    plan_from_text,
    plan_to_text,
    raise_if_unsafe,
    seal,
    units,
)
from unfulfill.plan.order_changes import has_tag
from unfulfill.plan.parts import PartUnclear, read_part, units_by_line
from unfulfill.plan.stock import CountedStock, counted_places, place_name

__all__ = [
    "HOLD_REASONS",
    "CountedStock",
    "PartUnclear",
    "PlanOptions",
    "cancels",
    "counted_places",
    "has_tag",
    "make_plan",
    "place_name",
    "plan_from_text",
    "plan_to_text",
    "raise_if_unsafe",
    "read_part",
    "seal",
    "units",
    "units_by_line",
]
