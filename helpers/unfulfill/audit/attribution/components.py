"""From candidates to components: what cannot help is left out, what cannot be told apart is one group."""

from collections import defaultdict

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from unfulfill.audit.attribution.model import Candidates, Component, Group, Noise, Option

DOUBTFUL = 12  # points by which a cause may cost more than it saves: many such ones together are not nothing
LIKELY = 6  # points: what is at least as likely as one in five is asked in any case
MOST_OF_DAY = 40  # points that the other causes of its day may add


def helpful(candidates: Candidates, variance: np.ndarray, noise: Noise) -> Candidates:
    """The candidates that are worth a thought.

    What a cause saves is at most what its units save at places with a variance of the same sign, less what it spoils
    elsewhere. Where that is far less than its cost, with all that its day may say for it, it is next to impossible.
    """
    effects = candidates.effects
    units = effects["units"].to_numpy()
    there = variance[effects["place"].to_numpy()]
    agrees = units * there > 0
    size, room = np.abs(units), np.abs(there)
    saved = np.where(
        agrees,
        noise.unit * np.minimum(size, room)
        - noise.unit * np.maximum(size - room, 0)
        + noise.some * (size <= room),
        -noise.unit * size - noise.some * (there == 0),
    )
    cause = effects["cause"].to_numpy()
    gain = np.zeros(len(candidates.about), dtype="int64")
    np.add.at(gain, cause, saved)
    helps = np.zeros(len(candidates.about), dtype=bool)
    helps[cause[agrees]] = True
    of_day = np.where(candidates.about["day"].to_numpy() >= 0, MOST_OF_DAY, 0)
    cost = candidates.about["cost"].to_numpy()
    kept = (helps & (gain + of_day + DOUBTFUL > cost)) | (cost <= LIKELY)
    return only(candidates, kept)


def only(candidates: Candidates, kept: np.ndarray) -> Candidates:
    """Some of the candidates; `kept`: which, in their order. They keep their numbers."""
    about = candidates.about[kept]
    effects = candidates.effects
    inside = kept[candidates.about.index.get_indexer(pd.Index(effects["cause"]))]
    return Candidates(about, effects[inside], candidates.work)


def connected(candidates: Candidates, places: int) -> np.ndarray:
    """Place → number of its component: two places are in one where a chain of causes leads from one to the other."""
    owner = np.unique(candidates.about["owner"].to_numpy(), return_inverse=True)[1]
    at = owner[candidates.about.index.get_indexer(pd.Index(candidates.effects["cause"]))]
    return _labels(candidates.effects["place"].to_numpy(), at, places, owner.max(initial=-1) + 1)[:places]


def _labels(place: np.ndarray, other: np.ndarray, places: int, others: int) -> np.ndarray:
    """Component of each node of a graph whose edges join a place and something else; the places come first."""
    nodes = places + others
    graph = coo_array((np.ones(len(place)), (place, other + places)), (nodes, nodes))
    label: np.ndarray = connected_components(graph, directed=False)[1]
    return label


def make_components(candidates: Candidates, variance: np.ndarray) -> list[Component]:
    """The candidates as groups, and the places that they touch, in components that are independent."""
    groups = _groups(candidates)
    touched = [sorted({place for option in group.options for place, _ in option.effects}) for group in groups]
    number = np.repeat(np.arange(len(groups)), [len(places) for places in touched])
    place = np.array([place for places in touched for place in places], dtype="int64")
    label = _labels(place, number, len(variance), len(groups))
    members: dict[int, list[Group]] = defaultdict(list)
    for group, name in zip(groups, label[len(variance) :].tolist(), strict=True):
        members[name].append(group)
    of_component: dict[int, list[int]] = defaultdict(list)
    for one in np.unique(place).tolist():
        of_component[label[one]].append(one)
    return [_component(places, variance, members[name]) for name, places in sorted(of_component.items())]


def _component(places: list[int], variance: np.ndarray, groups: list[Group]) -> Component:
    inside = {place: number for number, place in enumerate(places)}
    renamed = tuple(
        Group(
            tuple(
                Option(option.cost, tuple((inside[place], units) for place, units in option.effects))
                for option in group.options
            ),
            group.members,
        )
        for group in groups
    )
    return Component(tuple(int(variance[place]) for place in places), renamed)


def _groups(candidates: Candidates) -> list[Group]:
    """Owners with the same options are one group; the numbers of its places are those of the whole shop."""
    effects = candidates.effects.groupby(["cause", "place"], as_index=False)["units"].sum()
    of_cause: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for cause, place, units in zip(
        *(effects[name].tolist() for name in ("cause", "place", "units")), strict=True
    ):
        if units:
            of_cause[cause].append((place, units))
    about = candidates.about
    options: dict[int, list[tuple[Option, int]]] = defaultdict(list)
    for cause, owner, cost in zip(
        about.index.tolist(), about["owner"].tolist(), about["cost"].tolist(), strict=True
    ):
        options[owner].append((Option(cost, tuple(of_cause[cause])), cause))
    alike: dict[tuple[Option, ...], list[tuple[int, ...]]] = defaultdict(list)
    for choices in options.values():
        choices.sort(key=lambda one: (one[0].effects, one[0].cost))
        alike[tuple(option for option, _ in choices)].append(tuple(cause for _, cause in choices))
    return [Group(choice, tuple(members)) for choice, members in alike.items()]
