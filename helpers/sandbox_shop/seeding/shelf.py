"""The shelf: what orders commit, what lies there although the shop thinks it left, and what a count would find."""

import random
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from sandbox_shop.seeding.drafts import Item
from sandbox_shop.seeding.rows import stamp

Place = tuple[int, int]  # (item id, location id)


@dataclass
class Shelf:
    """Units per item and location. Untracked items have no shelf."""

    committed: defaultdict[Place, int] = field(default_factory=lambda: defaultdict(int))
    surplus: defaultdict[Place, int] = field(default_factory=lambda: defaultdict(int))
    on_hand: dict[Place, int] = field(default_factory=dict)

    def commit(self, item: Item, location: int, units: int) -> None:
        """Units that an order has sold and nobody has fulfilled."""
        if item.tracked:
            self.committed[item.id, location] += units

    def misplace(self, item: Item, location: int, units: int) -> None:
        """Units that lie there and that the shop does not know of; negative: that it counts and that are gone."""
        if item.tracked:
            self.surplus[item.id, location] += units

    def counted(self, item: Item, location: int) -> int:
        """What a person counts there, after `level_row` has fixed the stock."""
        place = (item.id, location)
        return self.on_hand[place] + self.surplus[place]

    def level_row(
        self, rng: random.Random, item: Item, location: int, *, most: int, now: int, free: int | None = None
    ) -> dict[str, Any]:
        """A level whose on hand is the sum of its states, and whose count can never be below zero.

        `free`: units available; otherwise a random number up to `most`.
        """
        place = (item.id, location)
        committed = self.committed[place]
        reserved = rng.choice((0, 0, 0, 0, 0, 1, 2)) if free is None else 0
        damaged = rng.choice((0, 0, 0, 0, 0, 0, 1)) if free is None else 0
        safety_stock = rng.choice((0, 0, 0, 0, 5)) if free is None and most > 40 else 0
        quality_control = rng.choice((0, 0, 0, 0, 0, 0, 3)) if free is None and most > 40 else 0
        others = committed + reserved + damaged + safety_stock + quality_control
        available = rng.randrange(2, most) if free is None else free
        if free is None:  # units that left from here unseen were once counted
            available = max(available, -self.surplus[place] - others)
        self.on_hand[place] = available + others
        return {
            "item_id": item.id,
            "location_id": location,
            "available": available,
            "committed": committed,
            "reserved": reserved,
            "damaged": damaged,
            "safety_stock": safety_stock,
            "quality_control": quality_control,
            "incoming": rng.choice((0, 0, 0, 0, 24)) if free is None else 0,
            "active": 1,
            "created_at": stamp(now - 400 * 86_400),
            "updated_at": stamp(now - rng.randrange(60, 86_400)),
        }
