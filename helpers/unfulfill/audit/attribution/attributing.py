"""Which causes explain the variances of a count: candidates, the cheapest explanation, how sure it is, and the rest."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from unfulfill.audit.attribution import candidates as finding
from unfulfill.audit.attribution.certainty import certainties
from unfulfill.audit.attribution.choosing import Choice, choose
from unfulfill.audit.attribution.components import helpful, make_components
from unfulfill.audit.attribution.model import UNEXPLAINED, Candidates, Component, Noise
from unfulfill.tables import CAUSES, make_table

NOISE = Noise(some=15, unit=5)  # one place in thirty is off by a unit or two; each further unit is a third as likely
LEAST_SHOWN = 10  # percent, from which a cause that was not chosen is shown as an alternative
MOST_TOGETHER = 25  # points that a day's other causes may add
USUAL = 50  # fulfillments of a day that count as evidence against its being special


class Explained(NamedTuple):
    """One way through all components: what was chosen, and how sure each cause is."""

    components: list[Component]
    choices: list[Choice]
    certainties: list[list[list[float]]]


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

    Done twice: causes that come together (everything of one day from the wrong shelf) make each other likelier, and
    how many do is only known after the first time.
    """
    places = places.assign(place=np.arange(len(places)))
    variance = places["variance"].to_numpy(dtype="int64")
    if not variance.any():
        return make_table(CAUSES)
    counted = lines.rename(columns={"inventory_item_id": "item", "location_id": "location"})
    counted = counted.merge(places[["item", "location", "place"]], on=["item", "location"])
    totals = lines.groupby("row")["units"].sum()
    every = finding.join(
        [
            finding.still_on_shelf(counted, facts, points),
            finding.left_elsewhere(counted, facts, places),
            finding.line_missing(counted, places, totals),
            finding.missing_restock(counted, line_items),
            *finding.stock_errors(places),
        ]
    )
    first = _explain(every, variance)
    together = _together(every, first, _work_a_day(every, facts))
    every = Candidates(every.about.assign(cost=every.about["cost"] - together), every.effects)
    return _causes(every, _explain(every, variance), facts, places)


def _explain(every: Candidates, variance: np.ndarray) -> Explained:
    components = make_components(helpful(every, variance, NOISE), variance)
    return Explained(
        components, choose(components, NOISE), [certainties(component, NOISE) for component in components]
    )


def _work_a_day(every: Candidates, facts: pd.DataFrame) -> pd.Series:
    """Cluster → how many fulfillments it might concern: all of its location and day."""
    live = facts[facts["is_live"]]
    named = live["location_id"].astype(object) + "/" + live["created_at"].dt.strftime("%Y-%m-%d").fillna("")
    sizes = named.value_counts()
    clusters = pd.Series(every.about["cluster"].unique())
    return clusters.str.split("/").str[1:].str.join("/").map(sizes).fillna(0).set_axis(clusters)


def _together(every: Candidates, explained: Explained, work: pd.Series) -> pd.Series:
    """Points that each cause gains by others of its cluster."""
    sure = np.zeros(len(every.about))
    for _, cause, _, percent, _ in _members(explained):
        sure[cause] = percent / 100
    about = every.about
    sums = pd.Series(sure, index=about.index).groupby(about["cluster"]).transform("sum") - sure
    of_day = about["cluster"].map(work).astype("float64").fillna(0)
    prior = 1 / (1 + 10 ** (about["cost"].clip(lower=0) / 10))
    rate = (sums + prior * USUAL) / (of_day.clip(lower=sums) + USUAL)
    gain = 10 * (np.log10(rate / (1 - rate).clip(lower=0.001)) - np.log10(prior / (1 - prior)))
    return gain.clip(0, MOST_TOGETHER).where((about["cluster"] != "").to_numpy(), 0).round().astype("int64")


def _members(explained: Explained) -> Iterator[tuple[int, int, bool, int, int]]:
    """Component, cause, whether chosen, percent, ties: of every member of every group."""
    for number, (component, choice, sure) in enumerate(zip(*explained, strict=True)):
        for group, counts, shares in zip(component.groups, choice, sure, strict=True):
            taken = 0
            for option, (count, share) in enumerate(zip(counts, shares, strict=True)):
                for index, member in enumerate(group.members):
                    chosen = taken <= index < taken + count
                    ties = len(group) - count if chosen else 0
                    yield number, member[option], chosen, round(100 * share), ties
                taken += count


def _causes(every: Candidates, explained: Explained, facts: pd.DataFrame, places: pd.DataFrame) -> pd.DataFrame:
    shown = [one for one in _members(explained) if one[2] or one[3] >= LEAST_SHOWN]
    told = pd.DataFrame(shown, columns=["component", "number", "chosen", "percent", "ties"])
    told = told.astype({"chosen": bool, "number": "int64"})
    about = every.about.loc[told["number"]].reset_index(drop=True)
    ids = pd.Series(facts["fulfillment_id"].astype(object).to_numpy()).reindex(about["row"])
    told = told.assign(
        role=np.where(told["chosen"], "chosen", "alternative"),
        fulfillment_id=ids.to_numpy(),
        **{name: about[name] for name in ("cause", "line_item_id", "other_location_id", "other_inventory_item_id")},
    )
    effects = every.effects.groupby(["cause", "place"], as_index=False)["units"].sum()
    rows = told.merge(effects.rename(columns={"cause": "number"}), on="number")
    whole = pd.concat([rows, _rest(explained, rows, places)], ignore_index=True)
    whole = whole.sort_values(["component", "place", "chosen", "percent"], ascending=[True, True, False, False])
    whole = whole.reset_index(drop=True)
    name = "E" + (whole["component"] + 1).astype("string")
    at = whole["place"].to_numpy()
    return make_table(
        CAUSES,
        whole.assign(
            explanation_id=name,
            cause_id=name + "/" + (whole.groupby("component").cumcount() + 1).astype("string"),
            inventory_item_id=places["item"].to_numpy()[at],
            location_id=places["location"].to_numpy()[at],
        ),
    )


def _rest(explained: Explained, rows: pd.DataFrame, places: pd.DataFrame) -> pd.DataFrame:
    """What the chosen causes leave of each place's variance, where that is something."""
    taken = rows[rows["chosen"]].groupby("place")["units"].sum()
    left = places["variance"] - taken.reindex(places["place"]).fillna(0).to_numpy()
    of_place = {place: n for n, component in enumerate(explained.components) for place in component.places}
    rest = pd.DataFrame({"place": places["place"], "units": left.astype("int64")})
    rest = rest[rest["units"] != 0]
    return rest.assign(
        component=rest["place"].map(of_place), chosen=True, role="rest", cause=UNEXPLAINED, percent=None, ties=None
    )


def explained_units(causes: pd.DataFrame) -> Mapping[str, int]:
    """Units of variance, explained units, and the rest, all as sizes: "31 of 37 units"."""
    sums = causes[causes["role"] != "alternative"].assign(size=lambda frame: frame["units"].abs())
    by_role: Sequence[Any] = [int(sums.loc[sums["role"] == role, "size"].sum()) for role in ("chosen", "rest")]
    return {"explained": by_role[0], "rest": by_role[1]}
