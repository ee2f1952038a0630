"""What causes of one kind and of one day tell of each other; many unlikely ones are reckoned as well together."""

import numpy as np
import pandas as pd
import pytest

from unfulfill.audit.attribution import certainty, choosing
from unfulfill.audit.attribution.candidates import ELSEWHERE
from unfulfill.audit.attribution.model import LEFT_ELSEWHERE, Candidates, Component, Group, Noise, Option
from unfulfill.audit.attribution.together import Together

NOISE = Noise(some=15, unit=5)


def candidates(days: list[int], work: dict[int, int], places: list[list[int]] | None = None) -> Candidates:
    """Parcels that may have left elsewhere, one a day given; each adds a unit at its places."""
    count = len(days)
    about = pd.DataFrame(
        {
            "cause": LEFT_ELSEWHERE,
            "row": range(count),
            "owner": range(count),
            "day": days,
            "other": 1,
            "cost": ELSEWHERE,
        }
    )
    at = places or [[n] for n in range(count)]
    effects = [(cause, place, 1) for cause, some in enumerate(at) for place in some]
    sizes = pd.DataFrame(
        {"cause": LEFT_ELSEWHERE, "day": list(work), "other": 1, "fulfillments": list(work.values())}
    )
    return Candidates(about, pd.DataFrame(effects, columns=["cause", "place", "units"]), sizes)


def weighed(every: Candidates, evidence: list[float]) -> np.ndarray:
    told = np.array(evidence)
    together = Together(every)
    return together.weigh(1 / (1 + np.exp(-(together.alone + told))), told)


def test_a_day_of_which_most_left_elsewhere_makes_the_rest_likelier_than_another_day() -> None:
    every = candidates([1] * 8 + [2] * 8, {1: 9, 2: 9})

    prior = weighed(every, [9.0] * 7 + [0.0] + [0.0] * 8)

    assert prior[7] > 0 > prior[15]


def test_as_many_of_a_large_day_say_nothing_of_the_rest() -> None:
    few, many = (weighed(candidates([1] * 8, {1: size}), [9.0] * 7 + [0.0])[7] for size in (9, 900))

    assert few > 0
    assert many < -4


def test_a_shop_where_it_happens_more_often_is_one_where_it_is_likelier() -> None:
    often, seldom = (
        weighed(candidates(list(range(40)), dict.fromkeys(range(40), 250)), [level] * 39 + [0.0])[39]
        for level in (12.0, 0.0)
    )

    assert often > seldom


@pytest.mark.parametrize("unlikely", [0.0, 1.0])
def test_many_unlikely_parcels_of_a_place_share_its_unit(
    unlikely: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sixty parcels, each at two places with a unit: each is about as likely, and one of them it is; exact or not."""
    monkeypatch.setattr(certainty, "UNLIKELY", unlikely)
    every = candidates([-1] * 60, {-1: 60}, [[0, 1]] * 60)

    sure, _ = certainty.certainties(every, np.array([1, 1]), NOISE)

    assert np.ptp(sure) < 1e-6
    assert 0.8 < sure.sum() < 1.2


def test_a_programme_that_takes_too_long_explains_nothing_and_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    component = Component((3, 2), (Group((Option(5, ((0, 1), (1, 1))),), tuple((n,) for n in range(4))),))
    in_time = choosing.choose([component], NOISE)
    monkeypatch.setattr(choosing, "LONGEST_S", 0)

    too_late = choosing.choose([component], NOISE)

    assert in_time == [((2,),)]
    assert too_late == [((0,),)]
