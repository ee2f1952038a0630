"""Every fault that the sandbox can order, against every kind of change: nothing lost, nothing doubled, every row told.

Real requests to the real sandbox, through its App. What each fault of the failure model is tested by stands in
`failure_model.csv`; `test_named_tests.py` sees to it that every name there exists.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from all_kinds import make_plan, make_world
from direct_shop import DirectSandbox
from ground_truth import disagreements, picture, truth_of
from stage import memory_folder

from unfulfill.apply import Applied, Engine
from unfulfill.errors import AccessDenied
from unfulfill.journal import Journal
from unfulfill.model import Plan
from unfulfill.shop import Shop

# One of each kind of change, and the write that it is made by.
FIELDS = {
    "fulfillmentCancel": {"cancel": 2},
    "fulfillmentCreate": {"release refulfil close untag": 1, "cancel rest": 1},
    "fulfillmentOrderHold": {"cancel hold": 2},
    "fulfillmentOrderReleaseHold": {"release refulfil close untag": 1},
    "tagsAdd": {"cancel tag": 2},
    "tagsRemove": {"release refulfil close untag": 1},
    "orderClose": {"cancel close": 2},
    "fulfillmentOrderSubmitCancellationRequest": {"ask": 2},
    "inventorySetQuantities": {"stock": 2},
}
EVERYTHING = {
    "cancel": 2, "cancel tag": 2, "cancel hold": 2, "cancel rest": 1, "cancel close": 2,
    "release refulfil close untag": 1, "ask": 2, "stock": 2,
}  # fmt: skip
BEFORE = ("reset_before", "500", "502", "503", "504", "internal_server_error", "html", "bad_json", "hang")
AFTER = ("reset_after", "500", "502", "503", "504", "internal_server_error", "html", "bad_json", "hang")
CALM_RUNS = 2


class Case:
    """One world, one plan, one journal."""

    def __init__(self, folder: Path, sandbox: DirectSandbox, plan: Plan) -> None:
        self.sandbox = sandbox
        self.plan = plan
        self.journal = folder / "journal.sqlite"
        self.journal.unlink(missing_ok=True)
        self.world = folder / "world.sqlite"

    def apply(self, threads: int = 1) -> Applied:
        with self.sandbox.shop() as shop, Journal(self.journal, lambda: "") as journal:
            engine = Engine(
                self.plan, shop, journal, sleep=lambda seconds: None, threads=threads
            )  # fmt: skip
            return engine.run(self.plan.digest, "ana")

    def effects(self) -> Counter[str]:
        with truth_of(self.world) as truth:
            return Counter(row["mutation"] for row in truth.writes() if row["effect"])

    def problems(self) -> list[str]:
        return disagreements(self.world, self.plan, self.journal)


@pytest.fixture(scope="module")
def prepared() -> Iterator[Any]:
    with memory_folder() as folder:
        yield folder, make_world(folder / "prepared.sqlite", EVERYTHING)


def open_case(prepared: Any, wanted: dict[str, int]) -> Iterator[Case]:
    folder, made = prepared
    (folder / "world.sqlite").write_bytes((folder / "prepared.sqlite").read_bytes())
    with DirectSandbox(folder / "world.sqlite") as sandbox:
        with sandbox.shop() as shop:
            plan = make_plan(shop, made, wanted)
        yield Case(folder, sandbox, plan)


@pytest.fixture
def case(prepared: Any, request: pytest.FixtureRequest) -> Iterator[Case]:
    """A case whose plan makes the write that the test is about."""
    yield from open_case(prepared, FIELDS[request.node.callspec.params["field"]])


@pytest.fixture(scope="module")
def calm(prepared: Any) -> dict[str, Any]:
    """What each plan leads to without any fault, by its write."""
    pictures = {}
    for field, wanted in FIELDS.items():
        for each in open_case(prepared, wanted):
            assert each.apply().counts == {"applied": len(each.plan.changes)}
            pictures[field] = picture(each.world), each.effects()
    return pictures


def assert_as_calm(case: Case, calm: Any, ended: Applied) -> None:
    assert (ended.counts, ended.paused) == ({"applied": len(case.plan.changes)}, "")
    assert case.problems() == []
    assert (picture(case.world), case.effects()) == calm


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize(("kind", "after"), [*((k, False) for k in BEFORE), *((k, True) for k in AFTER)])
@pytest.mark.parametrize("count", [1, pytest.param(2, marks=pytest.mark.gate)])
def test_a_lost_sending_or_answer_of_any_change_is_neither_lost_nor_doubled(
    case: Case, calm: dict[str, Any], field: str, kind: str, after: bool, count: int
) -> None:
    case.sandbox.control("faults", {"kind": kind, "field": field, "after": after, "count": count})

    ended = case.apply()

    assert_as_calm(case, calm[field], ended)


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("kind", ["throttled", "403"])
def test_a_sending_that_the_shop_did_not_take_is_made_again(
    case: Case, calm: dict[str, Any], field: str, kind: str
) -> None:
    case.sandbox.control("faults", {"kind": kind, "field": field})

    first = case.apply()
    ended = case.apply()

    assert bool(first.paused) is (kind == "403")  # nobody grants a scope by waiting
    assert_as_calm(case, calm[field], ended)


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("then", ["throttled", "403", "500", "hang"])
def test_what_a_second_sending_meets_says_nothing_about_the_first(
    case: Case, calm: dict[str, Any], field: str, then: str
) -> None:
    case.sandbox.control("faults", {"kind": "reset_after", "field": field})
    case.sandbox.control("faults", {"kind": then, "field": field})

    case.apply()
    ended = case.apply()

    assert_as_calm(case, calm[field], ended)


@pytest.mark.parametrize("field", FIELDS)
def test_a_refusal_of_any_change_is_told_with_its_words_and_nothing_is_done(case: Case, field: str) -> None:
    words = "Not today"
    case.sandbox.control("faults", {"kind": "user_error", "field": field, "message": words, "count": None})

    case.apply()
    ended = case.apply()

    refused = [outcome for outcome in ended.outcomes if words in outcome.message]
    assert refused or words in ended.paused  # the second half of a case is tried again, never given up
    assert case.effects()[field] == 0
    assert len(ended.outcomes) == len(case.plan.changes) or "half done" in ended.paused
    assert case.problems() == []


@pytest.mark.parametrize("field", FIELDS)
def test_a_change_that_never_leaves_a_trace_is_handed_to_a_person_or_waits(case: Case, field: str) -> None:
    case.sandbox.control("faults", {"kind": "reset_before", "field": field, "count": None})

    ended = [case.apply() for _ in range(3)][-1]

    waiting = [outcome for outcome in ended.outcomes if outcome.result.value == "needs a person"]
    assert waiting or "does not say what became of a stock change" in ended.paused
    assert case.effects()[field] == 0
    assert case.problems() == []


@pytest.mark.parametrize("kind", ["500", "reset_before", "html", "bad_json", "hang", "throttled"])
@pytest.mark.parametrize("nth", [1, 2, 5])
def test_a_reading_that_fails_once_delays_and_changes_nothing(prepared: Any, kind: str, nth: int) -> None:
    for case in open_case(prepared, EVERYTHING):
        case.sandbox.control("faults", {"kind": kind, "field": "nodes", "nth": nth})

        ended = case.apply(threads=4)

        assert ended.counts == {"applied": len(case.plan.changes)}
        assert case.problems() == []


@pytest.mark.parametrize("at", [1, 3, 6, 9, 14, 22])
def test_a_token_that_ends_in_the_middle_pauses_and_a_new_one_goes_on(prepared: Any, at: int) -> None:
    for case in open_case(prepared, EVERYTHING):
        token = case.sandbox.control("tokens", {"app": "Unfulfill Workbench"})["token"]
        seen = 0

        def watch(
            when: str, operation: str, variables: dict[str, Any], case: Case = case, token: str = token
        ) -> None:
            nonlocal seen
            seen += when == "before"
            if seen == at and when == "before":
                case.sandbox.control("tokens", {"expire": token})

        with case.sandbox.shop(token, watch) as shop, Journal(case.journal, lambda: "") as journal:
            first = run_or_none(case, shop, journal)
        ended = case.apply()

        assert first is None or first.paused
        assert ended.counts == {"applied": len(case.plan.changes)}
        assert case.problems() == []


def test_a_stock_change_whose_answer_was_lost_a_day_ago_needs_a_person(prepared: Any) -> None:
    for case in open_case(prepared, {"stock": 1}):
        field = "inventorySetQuantities"
        case.sandbox.control("faults", {"kind": "reset_after", "field": field})
        case.sandbox.control("faults", {"kind": "throttled", "field": field, "count": None})
        paused = case.apply()
        case.sandbox.control("faults", {"clear": True})
        case.sandbox.control("clock", {"advance_s": 21 * 3600})

        ended = case.apply()

        assert "does not say what became of a stock change" in paused.paused
        assert ended.counts == {"needs a person": 1}
        assert "its answer was lost too long ago to ask again" in ended.outcomes[0].message
        assert (case.effects()[field], case.problems()) == (1, [])


def run_or_none(case: Case, shop: Shop, journal: Journal) -> Applied | None:
    """What came of a run; None where not even the shop's name could be read."""
    try:
        return Engine(case.plan, shop, journal, sleep=lambda seconds: None, threads=1).run(
            case.plan.digest, "ana"
        )
    except AccessDenied:
        return None
