"""Causes that come together: a day on which one location sent from the wrong shelf, or sent nothing, has many of them.

One location and day either has such an incident, which concerns some share of its work, or has none. How likely each is
follows from what the count says of all fulfillments of that day, also of those that nothing speaks for.
"""

import numpy as np
import pandas as pd

from unfulfill.audit.attribution.candidates import DAY_KEY
from unfulfill.audit.attribution.model import POINT, Candidates

INCIDENT = 20  # points: one location and day in a hundred has one
EXTENTS = (0.05, 0.2, 0.5, 0.9)  # shares of a day's work that it may concern
_FURTHEST = 30.0


class Together:
    """What the causes of one kind, location and day tell of each other."""

    def __init__(self, candidates: Candidates) -> None:
        about = candidates.about
        key = pd.MultiIndex.from_frame(about[DAY_KEY])
        self.of = pd.Index(candidates.work.set_index(DAY_KEY).index).get_indexer(key)
        self.inside = np.flatnonzero(self.of >= 0)
        self.of = self.of[self.inside]
        work = candidates.work["fulfillments"].to_numpy(dtype="float64")
        self.others = np.maximum(work - np.bincount(self.of, minlength=len(work)), 0)
        self.prior = -POINT * about["cost"].to_numpy(dtype="float64")

    def weigh(self, evidence: np.ndarray) -> np.ndarray:
        """Log odds of each cause before the count has spoken of it, by what it says of the others of its day.

        `evidence`: the log odds that the count adds for each cause.
        """
        if not len(self.inside):
            return self.prior
        told = np.exp(np.clip(evidence[self.inside], -_FURTHEST, _FURTHEST))
        alone = 1 / (1 + np.exp(-self.prior[self.inside]))
        chances, weights = [], []
        for extent in (0.0, *EXTENTS):
            chance = alone + (1 - alone) * extent
            own = np.log1p(chance * (told - 1))
            weight = np.bincount(self.of, own, len(self.others)) + np.log1p(-extent) * self.others
            weight += -POINT * INCIDENT - np.log(len(EXTENTS)) if extent else 0.0
            chances.append(chance)
            weights.append(weight[self.of] - own)
        likely = np.exp(np.array(weights) - np.max(weights, axis=0))
        chance = (likely * np.array(chances)).sum(axis=0) / likely.sum(axis=0)
        fresh = self.prior.copy()
        fresh[self.inside] = np.log(chance / (1 - chance))
        return fresh
