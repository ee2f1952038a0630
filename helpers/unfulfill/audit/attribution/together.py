"""How likely a cause is before the count has spoken of it, learned from what the count says of others of its kind.

How often a shop sends from another shelf, or leaves out a line, is its own: the rate is that of the causes found, from
a usual one at first. And causes come together: one location and day either has an incident, which concerns some
share of its work, or has none. How likely that is follows from all its fulfillments, also those without a variance.
"""

import numpy as np
import pandas as pd

from unfulfill.audit.attribution.candidates import DAY_KEY
from unfulfill.audit.attribution.model import (
    DOUBLED_DEDUCTION,
    LEFT_ELSEWHERE,
    LINE_MISSING,
    POINT,
    Candidates,
)

EXTENTS = (0.1, 0.4, 0.9)  # shares of a day's work that an incident may concern
INCIDENT = 20  # points: one location and day in a hundred has one
TAKEN_TWICE = {
    0.1: np.inf,
    0.4: 40,
    0.9: 40,
}  # a system that takes stock twice does so for all that comes along
RATED = (LEFT_ELSEWHERE, LINE_MISSING)  # causes without evidence of their own, whose rate is learned
KNOWN_AFTER = 3_000  # fulfillments, from which a shop's own rate counts more than the usual one
_FURTHEST = 30.0


class Together:
    """What causes of one kind tell of each other, and those of one location and day."""

    def __init__(self, candidates: Candidates) -> None:
        about, work = candidates.about, candidates.work
        self.of = pd.MultiIndex.from_frame(work[DAY_KEY]).get_indexer(
            pd.MultiIndex.from_frame(about[DAY_KEY])
        )
        of_day = (self.of >= 0) & (about["day"].to_numpy() >= 0)
        self.inside = np.flatnonzero(of_day)
        self.of = self.of[self.inside]
        fulfillments = work["fulfillments"].to_numpy(dtype="float64")
        self.twice = (work["cause"] == DOUBLED_DEDUCTION).to_numpy(dtype=bool)
        self.others = np.maximum(fulfillments - np.bincount(self.of, minlength=len(work)), 0)
        cost = about["cost"].to_numpy(dtype="float64")
        self.alone = -POINT * cost
        self.fresh = self.alone
        self.rated = []
        for cause in (each for each in RATED if (about["cause"] == each).any()):
            members = about["cause"].to_numpy() == cause
            usual = cost[members].max()  # those that something speaks for cost less, and have no part in it
            members &= cost == usual
            whole = float(fulfillments[work["cause"] == cause].sum())
            self.rated.append((np.flatnonzero(members), 10 ** (-usual / 10), whole))

    def weigh(self, shares: np.ndarray, evidence: np.ndarray) -> np.ndarray:
        """Log odds of each cause before the count has spoken of it, by what it says of others.

        `shares`: how likely each is by now. `evidence`: the log odds that the count adds for each.
        """
        self._learn_rates(shares)
        self.fresh = self.alone.copy()
        if not len(self.inside):
            return self.fresh
        told = np.exp(np.clip(evidence[self.inside], -_FURTHEST, _FURTHEST))
        alone = 1 / (1 + np.exp(-self.alone[self.inside]))
        chances, weights = [], []
        for extent in (0.0, *EXTENTS):
            chance = alone + (1 - alone) * extent
            own = np.log1p(chance * (told - 1))
            weight = np.bincount(self.of, own, len(self.others)) + np.log1p(-extent) * self.others
            if extent:
                incident = np.where(self.twice, TAKEN_TWICE[extent], INCIDENT)
                weight -= POINT * incident + np.log(len(EXTENTS))
            chances.append(chance)
            weights.append(weight[self.of] - own)
        likely = np.exp(np.array(weights) - np.max(weights, axis=0))
        chance = (likely * np.array(chances)).sum(axis=0) / likely.sum(axis=0)
        self.fresh[self.inside] = np.log(chance / (1 - chance))
        return self.fresh

    def _learn_rates(self, shares: np.ndarray) -> None:
        """What is found of a kind, less what is due to incidents of days, is how often it happens in this shop."""
        own = shares * np.minimum(1, np.exp(self.alone - self.fresh))
        for members, usual, whole in self.rated:
            rate = (own[members].sum() + usual * KNOWN_AFTER) / (whole + KNOWN_AFTER)
            self.alone[members] = np.log(rate / (1 - rate))
