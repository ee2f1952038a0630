"""Random manoeuvres of an operator and of everybody else, against the real sandbox without sockets.

Every rule is a whole manoeuvre, every run is driven to its end, and the referee reads the sandbox's own file. The gate
plays the same examples each time; nightly plays others every night and keeps what it finds in Hypothesis's database.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from manoeuvres import DEEDS, SEQUENCES, Manoeuvres, Trouble
from stage import memory_folder

WRITES = (
    "fulfillmentCancel", "fulfillmentCreate", "fulfillmentOrderHold", "fulfillmentOrderReleaseHold", "tagsAdd",
    "tagsRemove", "orderClose", "fulfillmentOrderSubmitCancellationRequest",
)  # fmt: skip
ANY = (None, *WRITES, "inventorySetQuantities", "nodes")
LOST = ("reset_before", "reset_after", "500", "502", "internal_server_error", "html", "bad_json", "hang")
LONGEST_RUN = 90  # points of one apply, about

once_or_twice = {"nth": st.integers(1, 3), "count": st.integers(1, 2)}
lost = {"kind": st.sampled_from(LOST), "field": st.sampled_from(ANY), "after": st.booleans(), **once_or_twice}
unheard = {"kind": st.sampled_from(["throttled", "403"]), "field": st.sampled_from(ANY), **once_or_twice}
# Not for stock: this fault knows nothing of keys, and refuses what was done before with the same one.
refused = {"kind": st.just("user_error"), "field": st.sampled_from(WRITES), **once_or_twice}
faults = st.one_of(*map(st.fixed_dictionaries, (lost, unheard, refused)))
places = st.integers(0, 6)
deeds = st.sampled_from(sorted(DEEDS))
troubles = st.builds(
    Trouble,
    faults=st.lists(faults, max_size=3).map(tuple),
    crash_at=st.none() | st.integers(1, LONGEST_RUN),
    deed=st.none() | st.tuples(st.integers(1, LONGEST_RUN), deeds, places),
)
marks = st.lists(st.tuples(places, st.sampled_from(SEQUENCES)), min_size=1, max_size=4)


class Life(RuleBasedStateMachine):
    """One shop."""

    folder: Path

    @initialize()
    def begin(self) -> None:
        self.all = Manoeuvres(self.folder)

    @precondition(lambda self: self.all.is_idle)
    @rule(marks=marks, stock=st.integers(0, 2), trouble=troubles)
    def plan_and_apply(self, marks: Any, stock: int, trouble: Trouble) -> None:
        if self.all.plan(marks, stock):
            self.all.apply(trouble)

    @precondition(lambda self: self.all.runs)
    @rule(trouble=troubles)
    def go_on(self, trouble: Trouble) -> None:
        self.all.apply(trouble)

    @precondition(lambda self: self.all.runs and self.all.is_idle and self.all.current.plan.kind != "undo")
    @rule(trouble=troubles)
    def undo(self, trouble: Trouble) -> None:
        if self.all.undo():
            self.all.apply(trouble)

    @rule(deed=deeds, place=places)
    def somebody_else(self, deed: str, place: int) -> None:
        self.all.do(deed, place)

    @rule(hours=st.sampled_from([1, 21, 25]))
    def time_passes(self, hours: int) -> None:
        self.all.sandbox.control("clock", {"advance_s": hours * 3600})

    @invariant()
    def nothing_is_wrong(self) -> None:
        if hasattr(self, "all"):
            self.all.check()

    def teardown(self) -> None:
        if hasattr(self, "all"):
            try:
                self.all.end()
            finally:
                self.all.close()


@pytest.fixture(scope="module", autouse=True)
def _folder() -> Iterator[None]:
    with memory_folder() as folder:
        Life.folder = folder
        yield


COMMON: dict[str, Any] = {
    "deadline": None,
    "print_blob": True,
    "suppress_health_check": list(HealthCheck),
}


class TestSome(Life.TestCase):
    settings = settings(max_examples=60, stateful_step_count=15, derandomize=True, database=None, **COMMON)


@pytest.mark.gate
class TestGate(Life.TestCase):
    settings = settings(max_examples=300, stateful_step_count=15, derandomize=True, database=None, **COMMON)


@pytest.mark.nightly
class TestNightly(Life.TestCase):
    settings = settings(max_examples=5_000, stateful_step_count=25, **COMMON)
