"""How sure each cause is: its share of all explanations, each weighed by its probability.

Places and owners tell each other what they believe until nobody changes his mind (belief propagation, the sum-product
algorithm: Kschischang, Frey and Loeliger, IEEE Trans. Inf. Theory 47, 2001). Exact where no two ways lead from one
place to another; elsewhere an approximation, whose calibration the benchmark prints. Work grows with the number of
causes, where summing over all explanations would grow with the power of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from unfulfill.audit.attribution.model import POINT, Candidates, Noise

ROUNDS = 80
SETTLED = 0.01  # change of a message (natural logarithm), below which it has settled
DAMPING = 0.4  # of the last message that is kept, lest two places shout each other down in turns
SLACK = 4  # units beyond a variance, on either side, that a sum may reach
WIDTHS = (6, 20, 80, 400)  # units of variance, at which a wider table is worth its work
FURTHEST = 40.0  # of a message: more certain than that is the same as certain


@dataclass(frozen=True)
class _Links:
    """An edge joins an owner and a place; an entry is what one cause of the owner does there."""

    entry_edge: np.ndarray  # entry → edge
    entry_slot: np.ndarray  # entry → number among those of its edge
    entry_cause: np.ndarray  # entry → position of the cause
    entry_units: np.ndarray
    edge_owner: np.ndarray
    edge_place: np.ndarray
    cause_owner: np.ndarray
    slots: int  # most entries of an edge


def certainties(candidates: Candidates, variance: np.ndarray, noise: Noise) -> np.ndarray:
    """The probability (0 to 1) of each candidate, in their order."""
    if candidates.about.empty:
        return np.zeros(0)
    links = _link(candidates)
    prior = -POINT * candidates.about["cost"].to_numpy(dtype="float64")
    buckets = list(_buckets(links, variance, noise))
    told = np.zeros(len(links.entry_edge))  # what each place says of each entry: log odds against nothing
    for _ in range(ROUNDS):
        share = _edge_shares(links, prior, told)
        fresh = np.zeros_like(told)
        for bucket in buckets:
            bucket.tell(share, fresh)
        change = np.abs(fresh - told).max(initial=0.0)
        told = DAMPING * told + (1 - DAMPING) * fresh
        if change < SETTLED:
            break
    belief = prior + np.bincount(links.entry_cause, told, len(prior))
    return _shares(belief, links.cause_owner)


def _link(candidates: Candidates) -> _Links:
    about = candidates.about
    owner = np.unique(about["owner"].to_numpy(dtype=str), return_inverse=True)[1]
    summed = candidates.effects.groupby(["cause", "place"], as_index=False)["units"].sum()
    summed = summed[summed["units"] != 0]
    cause = about.index.get_indexer(summed["cause"])
    place = summed["place"].to_numpy()
    pairs = owner[cause] * (place.max(initial=0) + 1) + place
    _, first, edge = np.unique(pairs, return_index=True, return_inverse=True)
    order = np.argsort(edge, kind="stable")
    starts = np.searchsorted(edge[order], np.arange(len(first)))
    slot = np.empty(len(edge), dtype="int64")
    slot[order] = np.arange(len(edge)) - starts[edge[order]]
    return _Links(
        edge,
        slot,
        cause,
        summed["units"].to_numpy(),
        owner[cause][first],
        place[first],
        owner,
        int(slot.max(initial=0)) + 1,
    )


def _shares(belief: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """Of beliefs (log odds against nothing): each one's share, with the others of its owner and with nothing."""
    odds: np.ndarray = np.exp(np.clip(belief, -FURTHEST, FURTHEST))
    shares: np.ndarray = odds / (1 + np.bincount(owner, odds)[owner])
    return shares


def _edge_shares(links: _Links, prior: np.ndarray, told: np.ndarray) -> np.ndarray:
    """Entry → probability of its cause by all that is known but at its own edge.

    What is left to 1 of an edge is the probability that its owner does nothing there.
    """
    belief = prior + np.bincount(links.entry_cause, told, len(prior))
    odds = np.exp(np.clip(belief, -FURTHEST, FURTHEST))
    whole = 1 + np.bincount(links.cause_owner, odds)
    own = odds[links.entry_cause]
    without = np.exp(np.clip(belief[links.entry_cause] - told, -FURTHEST, FURTHEST))
    edges = len(links.edge_owner)
    total = whole[links.edge_owner] + np.bincount(links.entry_edge, without - own, edges)
    shares: np.ndarray = np.clip(without / np.maximum(total, 1e-300)[links.entry_edge], 0, 1)
    return shares


class _Bucket:
    """Places with about as many edges and as wide a variance, reckoned together.

    Edges stand in positions; a place with fewer has empty ones. Sums of units are taken edge by edge from the front
    (what the earlier ones contribute) and from the back (what the rest is then worth).
    """

    def __init__(
        self, links: _Links, places: np.ndarray, table: np.ndarray, variance: np.ndarray, noise: Noise
    ) -> None:
        count, positions = table.shape
        lowest = np.minimum(variance, 0) - SLACK
        self.width = int((np.abs(variance) + 2 * SLACK + 1).max())
        sums = lowest[:, None] + np.arange(self.width)
        left = np.abs(variance[:, None] - sums)
        self.worth = np.exp(-POINT * np.where(left, noise.some + noise.unit * left, 0.0))
        self.start = -lowest
        where = np.full(len(links.edge_place) + 1, -1)
        where[table.ravel()] = np.arange(table.size)
        where[-1] = -1
        at = where[links.entry_edge]
        self.entries = np.flatnonzero(at >= 0)
        row, position = np.divmod(at[self.entries], positions)
        self.at = (position, links.entry_slot[self.entries], row)
        slots = int(self.at[1].max(initial=0)) + 1
        self.shape = (positions, slots, count)
        units = np.zeros(self.shape, dtype="int64")
        units[self.at] = links.entry_units[self.entries]
        # Row by row, the value at s + units; sums beyond the edge are worth nothing: the column added on the right.
        columns = np.arange(self.width)
        rows = (np.arange(count) * (self.width + 1))[:, None]
        ahead, back = (columns + sign * units[..., None] for sign in (1, -1))
        beyond = self.width
        self.ahead = rows + np.where((ahead >= 0) & (ahead < beyond), ahead, beyond)
        self.back = rows + np.where((back >= 0) & (back < beyond), back, beyond)

    def tell(self, share: np.ndarray, told: np.ndarray) -> None:
        """Write into `told` what these places say of their entries."""
        positions, slots, count = self.shape
        chances = np.zeros(self.shape)
        chances[self.at] = share[self.entries]
        nothing = np.maximum(1 - chances.sum(axis=1), 0)
        worth = np.zeros((count, self.width + 1))
        worth[:, :-1] = self.worth
        after = [worth]
        for position in reversed(range(1, positions)):
            after.append(self._mixed(after[-1], chances[position], nothing[position], self.ahead[position]))
        before = np.zeros((count, self.width + 1))
        before[np.arange(count), self.start] = 1.0
        answers = np.empty((positions, slots + 1, count))
        for position in range(positions):
            rest = after[positions - 1 - position]
            sums = before[:, :-1]
            answers[position, slots] = np.einsum("ps,ps->p", sums, rest[:, :-1])
            for slot in range(slots):
                moved = rest.ravel()[self.ahead[position, slot]]
                answers[position, slot] = np.einsum("ps,ps->p", sums, moved)
            if position < positions - 1:
                before = self._mixed(before, chances[position], nothing[position], self.back[position])
                before /= np.maximum(before.sum(axis=1, keepdims=True), 1e-300)
        logs = np.log(np.maximum(answers, 1e-300))
        told[self.entries] = np.clip((logs[:, :-1] - logs[:, -1:])[self.at], -FURTHEST, FURTHEST)

    def _mixed(
        self, values: np.ndarray, chances: np.ndarray, nothing: np.ndarray, moves: np.ndarray
    ) -> np.ndarray:
        mixed: np.ndarray = nothing[:, None] * values
        for slot in range(self.shape[1]):
            mixed[:, :-1] += chances[slot][:, None] * values.ravel()[moves[slot]]
        return mixed


def _buckets(links: _Links, variance: np.ndarray, noise: Noise) -> Iterator[_Bucket]:
    """Places with about as many edges (to the next power of two) and a variance of about the same width."""
    order = np.argsort(links.edge_place, kind="stable")
    places, starts, sizes = np.unique(links.edge_place[order], return_index=True, return_counts=True)
    wide = np.searchsorted(WIDTHS, np.abs(variance[places]))
    kind = np.ceil(np.log2(sizes)).astype("int64") * (len(WIDTHS) + 1) + wide
    for one in np.unique(kind):
        inside = np.flatnonzero(kind == one)
        positions = np.arange(sizes[inside].max())
        table = np.where(
            positions < sizes[inside][:, None],
            order[np.minimum(starts[inside][:, None] + positions, len(order) - 1)],
            len(links.edge_place),
        )
        yield _Bucket(links, places[inside], table, variance[places[inside]], noise)
