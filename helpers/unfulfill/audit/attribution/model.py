"""What attribution reckons with: places that were counted, causes that may explain them, and what each costs.

A cost is an improbability in points, ten points for each factor of ten; the cheapest set of causes is the likeliest.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import log

import pandas as pd

POINT = log(10) / 10  # points as natural logarithms

STILL_ON_SHELF = "still_on_shelf"
LEFT_ELSEWHERE = "left_elsewhere"
LINE_MISSING = "line_missing"
MISSING_RESTOCK = "missing_restock"
DOUBLED_DEDUCTION = "doubled_deduction"
PACK_SIZE = "pack_size"
SWAPPED_SKU = "swapped_sku"
UNEXPLAINED = "unexplained"

CAUSE_WORDS: Mapping[str, str] = {
    STILL_ON_SHELF: "fulfilled and still on the shelf",
    LEFT_ELSEWHERE: "fulfilled from one location and sent from another",
    LINE_MISSING: "a line of a parcel that stayed behind",
    MISSING_RESTOCK: "refunded, come back and not restocked",
    DOUBLED_DEDUCTION: "taken off the stock twice",
    PACK_SIZE: "packs taken for units, or units for packs",
    SWAPPED_SKU: "one item taken for another",
    UNEXPLAINED: "no cause found",
}


@dataclass(frozen=True)
class Noise:
    """What it costs to call a difference of `r` units a slip of counting: `some` points and `unit` more for each."""

    some: int
    unit: int


@dataclass(frozen=True)
class Candidates:
    """Causes that may be, before anybody looked whether they help.

    `about`: one row a cause, indexed from 0: cause, row (of facts; -1 where it is no fulfillment), owner (a number; of
    several causes of one owner, one at most is true), line_item_id, other_location_id, other_inventory_item_id, day
    (location and day that it belongs to, a number), other (number of the other location, -1 where there is none), cost.
    Causes of one kind, day and other location tend to come together; day is -1 where they do not. `effects`: cause
    (index in `about`), place, units that it adds to the variance there. `work`: one row a kind, day and other location:
    `fulfillments`, how many that may concern (of lines left out: how many lines, of all days).
    """

    about: pd.DataFrame
    effects: pd.DataFrame
    work: pd.DataFrame


@dataclass(frozen=True)
class Option:
    """One kind of cause, the same for every member of a group."""

    cost: int
    effects: tuple[tuple[int, int], ...]  # place of the component, units


@dataclass(frozen=True)
class Group:
    """Owners whose causes cannot be told apart: the same effects at the same cost."""

    options: tuple[Option, ...]
    members: tuple[tuple[int, ...], ...]  # a member: its cause for each option

    def __len__(self) -> int:
        """How many owners."""
        return len(self.members)


@dataclass(frozen=True)
class Component:
    """Places and groups that can only be explained together, and have nothing to do with any other component."""

    variances: tuple[int, ...]  # of its places, which options name by their number here
    groups: tuple[Group, ...]

    @property
    def columns(self) -> int:
        """How many unknowns the solver has to choose: a cause of each group."""
        return sum(len(group.options) for group in self.groups)

    @property
    def causes(self) -> list[int]:
        """Every cause of every member."""
        return [cause for group in self.groups for member in group.members for cause in member]
