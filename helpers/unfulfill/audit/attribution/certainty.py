"""How sure each cause is: its share of all explanations of its component, each weighed by its probability.

The sum over all explanations is taken group by group and place by place (a place is settled as soon as the last group
that touches it was seen), so that it takes seconds where counting explanations would take years.
"""

from collections import defaultdict
from itertools import product
from math import comb, exp, log

from unfulfill.audit.attribution.model import Component, Group, Noise

POINT = log(10) / 10
SLACK = 2  # units beyond the variance of a place that explanations may reach
MOST_STATES = 2000  # kept a step; explanations beyond have next to no weight

State = tuple[int, ...]  # what is left to explain at the open places, in their order
Step = list[tuple[int, int, float, tuple[int, ...]]]  # from state, to state, weight, members by option


def certainties(component: Component, noise: Noise) -> list[list[float]]:
    """For each group and option: the probability that a given member of the group is such a cause."""
    order = _order(component)
    last = _last_use(component, order)
    steps, weights = _forward(component, order, last, noise)
    expected = _backward(steps, weights)
    result: list[list[float]] = [[0.0] * len(group.options) for group in component.groups]
    for number, counts in zip(order, expected, strict=True):
        size = len(component.groups[number])
        result[number] = [min(1.0, count / size) for count in counts]
    return result


def _order(component: Component) -> list[int]:
    """Groups in an order in which few places are open at once: always the place with the fewest groups left."""
    touching: dict[int, set[int]] = {place: set() for place in range(len(component.places))}
    for number, group in enumerate(component.groups):
        for place in _places(group):
            touching[place].add(number)
    order: list[int] = []
    while touching:
        place = min(touching, key=lambda one: (len(touching[one]), one))
        groups = sorted(touching.pop(place))
        order += groups
        for others in touching.values():
            others.difference_update(groups)
    return order


def _places(group: Group) -> set[int]:
    return {place for option in group.options for place, _ in option.effects}


def _last_use(component: Component, order: list[int]) -> dict[int, int]:
    """Place → the step at which it is touched last."""
    return {place: step for step, number in enumerate(order) for place in _places(component.groups[number])}


def _forward(
    component: Component, order: list[int], last: dict[int, int], noise: Noise
) -> tuple[list[Step], list[list[float]]]:
    open_places: list[int] = []
    states: dict[State, int] = {(): 0}
    weights: list[list[float]] = [[1.0]]
    steps: list[Step] = []
    for number_of_step, number in enumerate(order):
        group = component.groups[number]
        fresh = sorted(_places(group) - set(open_places))
        open_places += fresh
        start = tuple(component.variances[place] for place in fresh)
        closing = [place for place in open_places if last[place] == number_of_step]
        staying = [index for index, place in enumerate(open_places) if place not in closing]
        shut = [open_places.index(place) for place in closing]
        ways = _ways(group, component, open_places)
        arrived: dict[State, float] = defaultdict(float)
        raw: list[tuple[int, State, float, tuple[int, ...]]] = []
        for state, source in states.items():
            whole = state + start
            for counts, shift, weight in ways:
                rest = [left - moved for left, moved in zip(whole, shift, strict=True)]
                factor = weight * exp(-POINT * sum(noise.cost(rest[index]) for index in shut))
                target = tuple(rest[index] for index in staying)
                raw.append((source, target, factor, counts))
                arrived[target] += weights[-1][source] * factor
        kept = _best(arrived, noise)
        states = {state: index for index, state in enumerate(kept)}
        scale = sum(arrived[state] for state in kept) or 1.0
        weights.append([arrived[state] / scale for state in kept])
        steps.append(
            [(source, states[target], w / scale, counts) for source, target, w, counts in raw if target in states]
        )
        open_places = [open_places[index] for index in staying]
    return steps, weights


def _best(arrived: dict[State, float], noise: Noise) -> list[State]:
    """The states that count, fewest units left first where there are too many."""
    if len(arrived) <= MOST_STATES:
        return list(arrived)
    rated = {
        state: weight * exp(-POINT * noise.unit * sum(map(abs, state)) / 2) for state, weight in arrived.items()
    }
    return sorted(rated, key=lambda state: -rated[state])[:MOST_STATES]


def _ways(
    group: Group, component: Component, open_places: list[int]
) -> list[tuple[tuple[int, ...], tuple[int, ...], float]]:
    """Every number of members by option that can be: the numbers, what they explain, their weight."""
    size = len(group)
    most = []
    for option in group.options:
        fits = [
            (max(component.variances[place] * (1 if units > 0 else -1), 0) + SLACK) // abs(units)
            for place, units in option.effects
        ]
        most.append(min([size, *fits]))
    ways = []
    for counts in product(*(range(number + 1) for number in most)):
        if sum(counts) > size:
            continue
        shift = dict.fromkeys(open_places, 0)
        weight, left = 1.0, size
        for option, count in zip(group.options, counts, strict=True):
            weight *= comb(left, count) * exp(-POINT * option.cost * count)
            left -= count
            for place, units in option.effects:
                shift[place] += units * count
        ways.append((counts, tuple(shift.values()), weight))
    return ways


def _backward(steps: list[Step], weights: list[list[float]]) -> list[list[float]]:
    """Of each step: the expected number of members by option."""
    expected: list[list[float]] = []
    ahead = [1.0] * len(weights[-1])
    for step, before in zip(reversed(steps), reversed(weights[:-1]), strict=True):
        here = [0.0] * len(before)
        sums: list[float] = []
        total = 0.0
        for source, target, weight, counts in step:
            way = weight * ahead[target]
            here[source] += way
            share = before[source] * way
            total += share
            sums = sums or [0.0] * len(counts)
            for index, count in enumerate(counts):
                sums[index] += share * count
        expected.append([value / total if total else 0.0 for value in sums])
        top = max(here, default=1.0) or 1.0
        ahead = [value / top for value in here]
    return expected[::-1]
