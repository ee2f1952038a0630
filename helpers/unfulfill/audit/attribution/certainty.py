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
from unfulfill.audit.attribution.together import Together

ROUNDS = 80
SETTLED = 0.01  # change of a message (natural logarithm), below which it has settled
UNCHANGED = 0.03  # change of the probabilities at a place together, below which it need not be asked again
UNLIKELY = 0.01  # probability, under which an edge is reckoned together with others like it
DAMPING = 0.5  # of the last message that is kept, lest two places shout each other down in turns
DAYS_EVERY = 2  # rounds, after which the days are asked what their causes tell of each other
SLACK = 4  # units beyond a variance, on either side, that a sum may reach
WIDTHS = (6, 20, 80, 400)  # units of variance, at which a wider table is worth its work
_STEPS = 8  # in which what the unlikely edges may add is reckoned
FURTHEST = 40.0  # of a message: more certain than that is the same as certain


@dataclass(frozen=True)
class _Links:
    """An edge joins an owner and a place; an entry is what one cause of the owner does there.

    Entries of an edge with the same units share a slot: the place cannot tell them apart.
    """

    entry_edge: np.ndarray  # entry → edge
    entry_slot: np.ndarray  # entry → number of its units among those of its edge
    entry_cause: np.ndarray  # entry → position of the cause
    entry_units: np.ndarray
    edge_owner: np.ndarray
    edge_place: np.ndarray
    edge_slots: np.ndarray
    cause_owner: np.ndarray


def certainties(candidates: Candidates, variance: np.ndarray, noise: Noise) -> tuple[np.ndarray, np.ndarray]:
    """The probability (0 to 1) of each candidate, in their order; and its cost by what its day says of it."""
    if candidates.about.empty:
        return np.zeros(0), np.zeros(0, dtype="int64")
    links, together = _link(candidates), Together(candidates)
    prior = together.alone
    buckets = list(_buckets(links, variance, noise))
    told = np.zeros(len(links.entry_edge))  # what each place says of each entry: log odds against nothing
    for number in range(1, ROUNDS + 1):
        share = _edge_shares(links, prior, told)
        fresh = np.zeros_like(told)
        for bucket in buckets:
            bucket.tell(share, fresh)
        change = np.abs(fresh - told).max(initial=0.0)
        told = DAMPING * told + (1 - DAMPING) * fresh
        if number % DAYS_EVERY == 0 or change < SETTLED:
            weighed = together.weigh(*_evidence(links, prior, told))
            change = max(change, np.abs(weighed - prior).max(initial=0.0))
            prior = DAMPING * prior + (1 - DAMPING) * weighed
        if change < SETTLED:
            break
    shares = _shares(prior + np.bincount(links.entry_cause, told, len(prior)), links.cause_owner)
    return shares, np.rint(-prior / POINT).astype("int64")


def _evidence(links: _Links, prior: np.ndarray, told: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The share of each cause, and the log odds that places add to it, against nothing and its owner's other causes."""
    belief = prior + np.bincount(links.entry_cause, told, len(prior))
    odds = np.exp(np.clip(belief, -FURTHEST, FURTHEST))
    others = np.maximum(np.bincount(links.cause_owner, odds)[links.cause_owner] - odds, 0)
    return odds / (1 + others + odds), belief - prior - np.log1p(others)


def _link(candidates: Candidates) -> _Links:
    about = candidates.about
    owner = np.unique(about["owner"].to_numpy(), return_inverse=True)[1]
    summed = candidates.effects.groupby(["cause", "place"], as_index=False)["units"].sum()
    summed = summed[summed["units"] != 0]
    cause = about.index.get_indexer(summed["cause"])
    place = summed["place"].to_numpy()
    pairs = owner[cause] * (place.max(initial=0) + 1) + place
    _, first, edge = np.unique(pairs, return_index=True, return_inverse=True)
    units = summed["units"].to_numpy()
    lowest = units.min(initial=0)
    span = units.max(initial=0) - lowest + 1
    same, of = np.unique(edge * span + units - lowest, return_inverse=True)
    slots = np.bincount(same // span, minlength=len(first))
    slot = np.arange(len(same)) - (np.cumsum(slots) - slots)[same // span]
    return _Links(edge, slot[of], cause, units, owner[cause][first], place[first], slots, owner)


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
    (what the earlier ones contribute) and from the back (what the rest is then worth). A place whose edges say what
    they said before is not reckoned again.
    """

    def __init__(
        self, links: _Links, places: np.ndarray, table: np.ndarray, variance: np.ndarray, noise: Noise
    ) -> None:
        count, positions = table.shape
        lowest = np.minimum(variance, 0) - SLACK
        self.width = int((np.abs(variance) + 2 * SLACK + 1).max())
        sums = lowest[:, None] + np.arange(self.width)
        left = np.abs(variance[:, None] - sums)
        worth = -POINT * np.where(left, noise.some + noise.unit * left, 0.0)
        self.worth = np.exp(worth - worth.max(axis=1, keepdims=True))
        self.start = -lowest
        where = np.full(len(links.edge_place) + 1, -1)
        where[table.ravel()] = np.arange(table.size)
        where[-1] = -1
        at = where[links.entry_edge]
        self.entries = np.flatnonzero(at >= 0)
        row, position = np.divmod(at[self.entries], positions)
        self.at = (position, links.entry_slot[self.entries], row)
        shape = (positions, int(self.at[1].max(initial=0)) + 1, count)
        self.units = np.zeros(shape, dtype="int64")
        self.units[self.at] = np.clip(links.entry_units[self.entries], -self.width, self.width)
        self.margin = int(np.abs(self.units).max(initial=0))  # on both sides of a table: worth nothing
        self.columns = np.arange(self.margin, self.margin + self.width)
        self.chances = np.full(shape, -1.0)
        self.said = np.zeros(shape)

    def tell(self, share: np.ndarray, told: np.ndarray) -> None:
        """Write into `told` what these places say of their entries."""
        chances = np.zeros_like(self.chances)
        np.add.at(chances, self.at, share[self.entries])
        rows = np.flatnonzero(np.abs(chances - self.chances).sum(axis=(0, 1)) > UNCHANGED)
        if len(rows):
            self.chances[:, :, rows] = chances[:, :, rows]
            self.said[:, :, rows] = self._answers(chances[:, :, rows], self.units[:, :, rows], rows)
        told[self.entries] = self.said[self.at]

    def _answers(self, chances: np.ndarray, units: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Log odds of each entry, for some of the places: exact for likely edges, in one go for all unlikely ones.

        An unlikely edge hardly changes what the others add up to, so that it is answered from the sums of them all.
        """
        likely = chances.sum(axis=1)
        order = np.argsort(-likely, axis=0, kind="stable")[:, None, :]
        chances, units = (np.take_along_axis(each, order, axis=0) for each in (chances, units))
        first = int((likely > UNLIKELY).sum(axis=0).max(initial=0))
        ends = self._wide(len(rows))
        ends[:, self.margin : self.margin + self.width] = self.worth[rows]
        ends = self._with_unlikely(ends, chances[first:], units[first:])
        answers = np.zeros(chances.shape)
        sums, answers[:first] = self._one_by_one(ends, chances[:first], units[:first], rows)
        none = self._sum(sums, self._inner(ends))
        for number in np.unique(units[first:]):
            some = self._sum(sums, self._moved(ends, np.full(len(rows), number)))
            answers[first:] += np.where(units[first:] == number, np.log(some / none), 0.0)
        said = np.zeros(chances.shape)
        np.put_along_axis(said, np.broadcast_to(order, said.shape), answers, axis=0)
        clipped: np.ndarray = np.clip(said, -FURTHEST, FURTHEST)
        return clipped

    def _with_unlikely(self, ends: np.ndarray, chances: np.ndarray, units: np.ndarray) -> np.ndarray:
        """What sums are worth at the end, with what the unlikely edges may add."""
        rates = [
            (number, np.where(units == number, chances, 0.0).sum(axis=(0, 1)))
            for number in np.unique(units)
            if number
        ]
        for _ in range(_STEPS):
            nothing = 1 - sum((rate for _, rate in rates), np.zeros(len(ends))) / _STEPS
            mixed = ends * np.maximum(nothing, 0)[:, None]
            for number, rate in rates:
                moved = self._moved(ends, np.full(len(ends), number))
                self._inner(mixed)[:] += (rate / _STEPS)[:, None] * moved
            ends = mixed
        return ends

    def _one_by_one(
        self, ends: np.ndarray, chances: np.ndarray, units: np.ndarray, rows: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """The sums of all these edges, and the answers to each of them."""
        slots = (units != 0).any(axis=2).sum(axis=1).tolist()
        edges = [
            (units[position, :count], chances[position, :count], np.maximum(1 - likely, 0))
            for position, (count, likely) in enumerate(zip(slots, chances.sum(axis=1), strict=True))
        ]
        after = [ends]
        for edge in edges[:0:-1]:
            after.append(self._mixed(after[-1], *edge, 1))
        before = self._wide(len(rows))
        before[np.arange(len(rows)), self.margin + self.start[rows]] = 1.0
        answers = np.zeros(chances.shape)
        for position, edge in enumerate(edges):
            rest, sums = after.pop(), self._inner(before)
            none = self._sum(sums, self._inner(rest))
            for slot, moved in enumerate(edge[0]):
                answers[position, slot] = np.log(self._sum(sums, self._moved(rest, moved)) / none)
            before = self._mixed(before, *edge, -1)
        return self._inner(before), answers

    def _wide(self, count: int) -> np.ndarray:
        return np.zeros((count, self.width + 2 * self.margin))

    def _inner(self, values: np.ndarray) -> np.ndarray:
        return values[:, self.margin : self.margin + self.width]

    @staticmethod
    def _sum(sums: np.ndarray, worth: np.ndarray) -> np.ndarray:
        whole: np.ndarray = np.maximum(np.einsum("ps,ps->p", sums, worth), 1e-300)
        return whole

    def _moved(self, values: np.ndarray, units: np.ndarray) -> np.ndarray:
        """The inner part of `values`, of each row so many columns further."""
        first = np.arange(len(values)) * values.shape[1] + units
        moved: np.ndarray = values.ravel().take(first[:, None] + self.columns)
        return moved

    def _mixed(
        self, values: np.ndarray, units: np.ndarray, chances: np.ndarray, nothing: np.ndarray, sign: int
    ) -> np.ndarray:
        mixed = self._wide(len(values))
        inner = self._inner(mixed)
        inner[:] = nothing[:, None] * self._inner(values)
        for moved, chance in zip(units, chances, strict=True):
            inner += chance[:, None] * self._moved(values, sign * moved)
        mixed /= np.maximum(mixed.max(axis=1, keepdims=True), 1e-300)
        return mixed


def _buckets(links: _Links, variance: np.ndarray, noise: Noise) -> Iterator[_Bucket]:
    """Places with about as many edges (to the next power of two) and a variance of about the same width."""
    # Those with several units first: the rest need one slot only.
    order = np.lexsort((-links.edge_slots, links.edge_place))
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
