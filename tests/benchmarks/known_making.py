"""How mistakes are made of ordinary parcels: what is chosen once is not chosen again."""

from dataclasses import dataclass, field

import numpy as np
from known_arrays import DAY, Booleans, Numbers
from known_parcels import KIND, ORDINARY, SHIPPING, UNTRACKED, Parcels
from known_places import Items, Places


@dataclass
class Making:
    """What the makers share."""

    rng: np.random.Generator
    parcels: Parcels
    places: Places
    items: Items
    now: int
    incidents: int = 0
    pools: dict[int, Numbers] = field(default_factory=dict)

    def free(self, also: Booleans | bool = True) -> Numbers:
        """Rows of ordinary shipped parcels from own locations, in random order."""
        parcels = self.parcels
        free = parcels.exists & (parcels.looks == ORDINARY) & (parcels.method == SHIPPING)
        return self.rng.permutation(np.flatnonzero(free & (parcels.location < self.places.own) & also))

    def some_place(self) -> int:
        """An own location, the busy ones more often."""
        shares = self.places.shares[: self.places.own]
        return int(self.rng.choice(self.places.own, p=shares / shares.sum()))

    def take(self, size: int, place: int) -> Numbers:
        """So many ordinary parcels of one location (fewer where there are no more), drawn once."""
        if place not in self.pools:
            self.pools[place] = self.free(self.parcels.location == place)
        pool = self.pools[place]
        near = pool[: size * 2 + 50]
        still = near[(self.parcels.looks[near] == ORDINARY) & (self.parcels.location[near] == place)]
        chosen = still[:size]
        last = np.flatnonzero(near == chosen[-1])[0] + 1 if len(chosen) else len(near)
        self.pools[place] = pool[last:]
        return chosen

    def mark(self, rows: Numbers, kind: str, *, together: bool = True) -> None:
        """These are of that kind, one incident or one each."""
        self.parcels.kind[rows] = self.parcels.looks[rows] = KIND[kind]
        self.parcels.incident[rows] = self.incidents + (0 if together else np.arange(len(rows)))
        self.incidents += 1 if together else len(rows)

    def untrack(self, rows: Numbers) -> None:
        """No label, no number."""
        self.parcels.carrier[rows] = UNTRACKED

    def old(self, days: float) -> Booleans:
        """Parcels made more than so many days ago."""
        return self.parcels.at < self.now - days * DAY

    def fulfil_at_once(self, rows: Numbers) -> None:
        """By an app, seconds after the order."""
        self.parcels.at[rows] = self.parcels.ordered[rows] + self.rng.integers(3, 40, len(rows))
        self.untrack(rows)
