"""The cheapest explanation of each component: a mixed-integer programme, solved by HiGHS through SciPy.

Exact, unless one takes longer than LONGEST_S: then it is the cheapest of those found so far. How sure its causes are is
reckoned apart (`certainty`), so that what is not worth its percent is not advised either way.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from unfulfill.audit.attribution.model import Component, Noise

BEYOND = 2  # units by which an explanation may overshoot a variance; a tight limit is what makes the programme quick
AT_ONCE = 40  # columns of small components that are solved in one call; a call costs more than they do
LONGEST_S = 10  # seconds of one programme; milliseconds are usual
OUT_OF_TIME = 1  # SciPy's word for a programme that reached them

Choice = tuple[tuple[int, ...], ...]  # group → option → how many of its members


def choose(components: Sequence[Component], noise: Noise) -> list[Choice]:
    """How many members of each group are the cause, by each of its options, in the cheapest explanation.

    The rest of a place is a slip of counting and costs what `noise` says. Components are independent, so several
    small ones may share a programme without changing the answer.
    """
    chosen: list[Choice] = []
    for batch in _batches(components):
        chosen += _solve(batch, noise)
    return chosen


def _batches(components: Sequence[Component]) -> Iterator[list[Component]]:
    batch: list[Component] = []
    size = 0
    for component in components:
        if batch and size + component.columns > AT_ONCE:
            yield batch
            batch, size = [], 0
        batch.append(component)
        size += component.columns
    if batch:
        yield batch


class _Programme:
    """Columns (cost, highest value, whole or not) and rows (entries, lowest and highest sum) of a programme."""

    def __init__(self) -> None:
        self.costs: list[float] = []
        self.highest: list[float] = []
        self.entries: list[tuple[int, int, float]] = []  # row, column, factor
        self.limits: list[tuple[float, float]] = []  # of each row

    def column(self, cost: float, highest: float) -> int:
        self.costs.append(cost)
        self.highest.append(highest)
        return len(self.costs) - 1

    def row(self, entries: Sequence[tuple[int, float]], lowest: float, highest: float) -> None:
        self.entries += [(len(self.limits), column, factor) for column, factor in entries]
        self.limits.append((lowest, highest))

    def solve(self) -> np.ndarray:
        rows, columns, factors = zip(*self.entries, strict=True)
        matrix = coo_array((factors, (rows, columns)), (len(self.limits), len(self.costs))).tocsc()
        lowest, highest = zip(*self.limits, strict=True)
        answer = milp(
            self.costs,
            integrality=np.ones(len(self.costs)),
            bounds=Bounds(0, self.highest),
            constraints=LinearConstraint(matrix, lowest, highest),
            options={"mip_rel_gap": 0.0, "time_limit": LONGEST_S},
        )
        if answer.x is None and answer.status == OUT_OF_TIME:
            return np.zeros(len(self.costs), dtype="int64")  # none was found: nothing is explained
        if answer.x is None:  # a rest is always allowed, so every programme has an answer
            raise AssertionError(f"HiGHS gave no explanation: {answer.message}")
        whole: np.ndarray = np.rint(answer.x).astype("int64")
        return whole


def _solve(components: Sequence[Component], noise: Noise) -> list[Choice]:
    programme = _Programme()
    columns = [_write(programme, component, noise) for component in components]
    found = programme.solve()
    return [tuple(tuple(int(found[column]) for column in group) for group in one) for one in columns]


def _write(programme: _Programme, component: Component, noise: Noise) -> list[list[int]]:
    """Write one component into the programme: the column of each option of each group."""
    columns = [
        [programme.column(option.cost, len(group)) for option in group.options] for group in component.groups
    ]
    at_place: list[list[tuple[int, float]]] = [[] for _ in component.variances]
    for group, numbers in zip(component.groups, columns, strict=True):
        if len(group.options) > 1:
            programme.row([(number, 1.0) for number in numbers], 0, len(group))
        for option, number in zip(group.options, numbers, strict=True):
            for place, units in option.effects:
                at_place[place].append((number, float(units)))
    for place, variance in enumerate(component.variances):
        some = programme.column(noise.some, 1)
        entries = at_place[place]
        for sign in (1, -1):
            most = max(sign * variance, 0) or BEYOND
            rest = programme.column(noise.unit, most)
            entries.append((rest, float(sign)))
            programme.row([(rest, 1.0), (some, -float(most))], -np.inf, 0)
        programme.row(entries, variance, variance)
    return columns
