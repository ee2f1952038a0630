"""Which causes explain the variances of a count: candidates, the cheapest explanation, how sure it is, and the rest."""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from unfulfill.audit.attribution import candidates as finding
from unfulfill.audit.attribution.certainty import certainties
from unfulfill.audit.attribution.choosing import choose
from unfulfill.audit.attribution.components import connected, helpful, make_components, only
from unfulfill.audit.attribution.model import UNEXPLAINED, Candidates, Component, Noise
from unfulfill.audit.attribution.stock_errors import stock_errors
from unfulfill.tables import CAUSES, make_table

NOISE = Noise(
    some=15, unit=5
)  # one place in thirty is off by a unit or two; each further unit is a third as likely
CERTAIN = (
    0.97,
    0.9,
    0.8,
    0.7,
    0.6,
    0.5,
)  # from which a cause is settled before the solver (and 1 less that: left out)
MOST_COLUMNS = (
    1_500  # of a component, above which more of it is settled first: the solver takes seconds, then hours
)
LEAST_SHOWN = 10  # percent, from which a cause that was not chosen is shown as an alternative


class Explained(NamedTuple):
    """The candidates that help, how sure each is, which were chosen, how many of their like were not, and which belong
    together."""

    candidates: Candidates
    sure: np.ndarray
    chosen: np.ndarray
    ties: np.ndarray
    component: np.ndarray  # of each place


def attribute(
    facts: pd.DataFrame,
    lines: pd.DataFrame,
    line_items: pd.DataFrame,
    places: pd.DataFrame,
    points: pd.Series,
) -> pd.DataFrame:
    """CAUSES: what explains the variance of each place, how sure, which alternatives, and what nothing explains.

    `lines`: one row a line of a live fulfillment: row (of facts), line_item_id, inventory_item_id, location_id, units.
    `places`: one row a counted place, indexed from 0: item, location, variance, on_hand, adjusted, like. `points`:
    evidence of each row of facts that it never left.
    """
    places = places.assign(place=np.arange(len(places)))
    counted = finding.counted_lines(facts, lines, places)
    variance = counted.variance
    if not variance.any():
        return make_table(CAUSES)
    locked = (facts["locked"] != "").to_numpy(dtype=bool)
    returned = (~facts["return_status"].isin(("", "NO_RETURN"))).to_numpy(dtype=bool)
    totals = lines.groupby("row")["units"].sum()
    items = line_items.set_index("line_item_id")[["quantity", "refunded_quantity"]].fillna(0).astype("int64")
    every = finding.join(
        [
            finding.still_on_shelf(counted, locked, points.to_numpy(dtype="int64")),
            finding.left_elsewhere(counted),
            finding.deducted_twice(counted),
            finding.line_missing(counted, totals, items, returned),
            finding.missing_restock(counted, items, returned, locked),
            *stock_errors(places),
        ]
    )
    return _causes(_explain(helpful(every, variance, NOISE), variance), facts, places)


def _explain(candidates: Candidates, variance: np.ndarray) -> Explained:
    """The cheapest explanation, exact among all that is not as good as certain, and not too much for the solver."""
    sure, cost = certainties(candidates, variance, NOISE)
    candidates = replace(candidates, about=candidates.about.assign(cost=cost))
    position = pd.Series(np.arange(len(sure)), index=candidates.about.index)
    certain = np.full(len(sure), CERTAIN[0])  # from which each is settled before the solver is asked
    for narrower in (*CERTAIN[1:], None):
        settled = sure >= certain
        components = _open(candidates, variance, settled, ~settled & (sure > 1 - certain))
        too_much = [component for component in components if component.columns > MOST_COLUMNS]
        if not too_much or narrower is None:
            break
        certain[position[[cause for component in too_much for cause in component.causes]]] = narrower
    chosen, ties = settled.copy(), np.zeros(len(sure), dtype="int64")
    for component, choice in zip(components, choose(components, NOISE), strict=True):
        for group, counts in zip(component.groups, choice, strict=True):
            taken = 0
            for option, count in enumerate(counts):
                members = [member[option] for member in group.members[taken : taken + count]]
                chosen[position[members]] = True
                ties[position[members]] = len(group) - count
                taken += count
    return Explained(candidates, sure, chosen, ties, connected(candidates, len(variance)))


def _open(
    candidates: Candidates, variance: np.ndarray, settled: np.ndarray, is_open: np.ndarray
) -> list[Component]:
    """What is open, in components, with the variance that what is settled leaves."""
    effects = only(candidates, settled).effects
    left = variance.copy()
    np.subtract.at(left, effects["place"].to_numpy(), effects["units"].to_numpy())
    return make_components(only(candidates, is_open), left)


def _causes(explained: Explained, facts: pd.DataFrame, places: pd.DataFrame) -> pd.DataFrame:
    candidates, sure, chosen, ties, component = explained
    percent = np.rint(100 * sure).astype("int64")
    shown = chosen | (percent >= LEAST_SHOWN)
    about = candidates.about[shown]
    fulfillment = pd.Series(facts["fulfillment_id"].astype(object).to_numpy()).reindex(about["row"])
    told = about.assign(
        fulfillment_id=fulfillment.to_numpy(), percent=percent[shown], ties=ties[shown], chosen=chosen[shown]
    )
    effects = candidates.effects.rename(columns={"cause": "number"})
    effects = effects.groupby(["number", "place"], as_index=False).agg(units=("units", "sum"))
    rows = effects.merge(told, left_on="number", right_index=True)
    whole = pd.concat([rows, _rest(rows, places)], ignore_index=True)
    whole["component"] = component[whole["place"]]
    whole = whole.sort_values(
        ["component", "place", "chosen", "percent"], ascending=[True, True, False, False]
    )
    whole = whole.reset_index(drop=True)
    name = "E" + (pd.factorize(whole["component"])[0] + 1).astype(str).astype(object)
    at = whole["place"].to_numpy()
    role = np.where(whole["cause"] == UNEXPLAINED, "rest", np.where(whole["chosen"], "chosen", "alternative"))
    number = (whole.groupby("component").cumcount() + 1).astype(str)
    return make_table(
        CAUSES,
        whole.assign(
            explanation_id=name,
            cause_id=name + "/" + number,
            role=role,
            inventory_item_id=places["item"].to_numpy()[at],
            location_id=places["location"].to_numpy()[at],
        ),
    )


def _rest(rows: pd.DataFrame, places: pd.DataFrame) -> pd.DataFrame:
    """What the chosen causes leave of each place's variance, where that is something."""
    taken = rows[rows["chosen"]].groupby("place")["units"].sum()
    left = places["variance"] - taken.reindex(places["place"]).fillna(0).to_numpy()
    rest = pd.DataFrame({"place": places["place"], "units": left.astype("int64")})
    return rest[rest["units"] != 0].assign(chosen=True, cause=UNEXPLAINED, percent=None, ties=None)


def explained_units(causes: pd.DataFrame) -> Mapping[str, int]:
    """Units of variance, explained units, and the rest, all as sizes: "31 of 37 units"."""
    sums = causes[causes["role"] != "alternative"].assign(size=lambda frame: frame["units"].abs())
    names = {"explained": "chosen", "rest": "rest"}
    return {name: int(sums.loc[sums["role"] == role, "size"].sum()) for name, role in names.items()}
