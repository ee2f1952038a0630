"""Whether a plan may be applied at all: sizes, quiet hours, and a second person."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from states import NOW, fulfillment_state, mark, order_state, plan_for

from unfulfill.errors import GuardRefused, LimitExceeded, NotApproved, QuietHours
from unfulfill.model import Limits, Line, Plan
from unfulfill.plan import Calendar, plan_from_text, plan_to_text, raise_if_unsafe
from unfulfill.safety import people, sizes, too_large

DAY = Calendar(
    {"O1": "2026-10-01", "O2": "2026-10-01", "O3": "2026-10-02"}, {"2026-10-01": 20, "2026-10-02": 19}
)
NIGHT = datetime(2026, 10, 5, 21, 30, tzinfo=UTC)
QUIET = Limits(quiet_hours=("22:00-06:00",), timezone="Europe/Berlin")


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (Limits(max_changes=2), "3 changes, the limit is 2"),
        (Limits(max_cancels=1), "3 fulfillments to cancel, the limit is 1"),
        (Limits(max_share_of_export=0.01), "3% of the 100 live fulfillments, the limit is 1%"),
        (Limits(max_units=5), "6 units, the limit is 5"),
        (Limits(max_share_of_day=0.05), "10% of the 20 orders of 2026-10-01, the limit is 5%"),
        (
            Limits(max_cancels=2, max_units=5),
            "3 fulfillments to cancel, the limit is 2; 6 units, the limit is 5",
        ),
    ],
)
def test_a_plan_over_a_limit_is_refused_with_its_numbers_in_one_sentence(limits: Limits, words: str) -> None:
    plan = plan_for(mark(1), mark(2), mark(3), limits=limits, calendar=DAY)

    with pytest.raises(LimitExceeded) as refused:
        raise_if_unsafe(plan, NOW, ["anna"])

    assert str(refused.value) == (
        f"The plan is too large: {words}. Mark fewer rows, or raise the limit and plan again."
    )


def test_a_plan_at_its_limits_is_applied() -> None:
    limits = Limits(
        max_changes=3,
        max_cancels=3,
        max_units=6,
        max_share_of_export=0.03,
        max_share_of_day=0.1,
        second_person_above=3,
    )

    raise_if_unsafe(plan_for(mark(1), mark(2), mark(3), limits=limits, calendar=DAY), NOW, [])


def test_the_days_of_the_orders_that_are_touched_stand_in_the_plan() -> None:
    plan = plan_for(mark(1), mark(2, "keep"), mark(3, "hold"), tag="x", calendar=DAY)

    assert plan.days == (("2026-10-01", 1, 20), ("2026-10-02", 1, 19))
    assert plan_from_text(plan_to_text(plan)) == plan


def test_a_day_with_few_orders_has_no_share() -> None:
    plan = plan_for(mark(3), limits=Limits(max_share_of_day=0.001), calendar=DAY)

    raise_if_unsafe(plan, NOW, [])


def test_the_worst_day_is_the_one_that_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    calendar = Calendar({"O1": "2026-10-01", "O2": "2026-10-02"}, {"2026-10-01": 30, "2026-10-02": 25})

    plan = plan_for(mark(1), mark(2), limits=Limits(max_share_of_day=0.01), calendar=calendar)

    assert "is too large: 4% of the 25 orders of 2026-10-02, the limit is 1%. Mark" in too_large(plan)
    monkeypatch.setenv("UNFULFILL_LANGUAGE", "fr")
    assert "4\u00a0% des 25 commandes du 02/10/2026, la limite est 1\u00a0%. Marquez" in too_large(plan)


def test_a_number_without_a_limit_says_so() -> None:
    first = sizes(plan_for(mark(1)))[0]

    assert (first.told, first.told_limit) == ("1 changes", "no limit")


def test_nothing_new_is_sent_in_quiet_hours() -> None:
    plan = plan_for(mark(1), limits=QUIET)

    with pytest.raises(QuietHours) as refused:
        raise_if_unsafe(plan, NIGHT, [])

    assert str(refused.value) == (
        "Nothing new is sent now: it is 23:30 in Europe/Berlin, within the quiet hours 22:00-06:00."
    )
    raise_if_unsafe(plan, NOW, [])


@pytest.mark.parametrize(
    ("approvals", "so_far"),
    [([], "nobody"), (["Anna"], "Anna"), (["Anna", " anna ", "ANNA"], "Anna"), (["", " "], "nobody")],
)
def test_a_large_plan_needs_a_second_person(approvals: list[str], so_far: str) -> None:
    plan = plan_for(mark(1), mark(2), limits=Limits(second_person_above=1))

    with pytest.raises(NotApproved) as refused:
        raise_if_unsafe(plan, NOW, approvals)

    assert str(refused.value) == (
        f"2 changes are above 1: two people must approve, and {so_far} did so far. Another person gives their name in "
        f"the notebook, or runs unfulfill approve RUN --digest {plan.digest} --by NAME."
    )


def test_two_people_are_enough() -> None:
    raise_if_unsafe(plan_for(mark(1), limits=Limits(second_person_above=0)), NOW, ["anna", "ben"])


def test_the_same_name_in_another_spelling_is_the_same_person() -> None:
    assert people(["Anna  Bo", " anna bo", "Straße", "STRASSE", "ben"]) == ["Anna Bo", "Straße", "ben"]


def test_an_undo_is_never_held_back() -> None:
    limits = replace(QUIET, max_changes=0, max_cancels=0, max_share_of_day=0.001, second_person_above=0)
    plan = replace(plan_for(mark(1), mark(2), limits=limits, calendar=DAY), kind="undo")

    raise_if_unsafe(plan, NIGHT, [])


@given(
    st.builds(
        Limits,
        max_cancels=st.integers(0, 9),
        max_share_of_export=st.floats(0.01, 1),
        max_units=st.integers(0, 40),
        max_changes=st.none() | st.integers(0, 9),
        max_share_of_day=st.floats(0.01, 1),
        second_person_above=st.none() | st.integers(0, 9),
    ),
    st.lists(st.integers(1, 9), min_size=1, max_size=9),
    st.integers(20, 30),
    st.data(),
)
def test_a_part_of_a_plan_that_is_safe_is_safe(
    limits: Limits, units: list[int], of_day: int, data: st.DataObject
) -> None:
    numbers = range(1, len(units) + 1)
    states = {
        f"F{n}": fulfillment_state(n, order_state(n), lines=(Line(f"I{n}", units[n - 1]),)) for n in numbers
    }
    calendar = Calendar({f"O{n}": "2026-10-01" for n in numbers}, {"2026-10-01": of_day})
    part = data.draw(st.sets(st.sampled_from(list(numbers))))

    def planned(chosen: set[int]) -> Plan:
        marks = [mark(n) for n in sorted(chosen)]
        return plan_for(*marks, states=states, limits=limits, live_fulfillments=10, calendar=calendar)

    assert is_safe(planned(part)) or not is_safe(planned(set(numbers)))


def is_safe(plan: Plan) -> bool:
    try:
        raise_if_unsafe(plan, NOW, ["anna"])
    except GuardRefused:
        return False
    return True
