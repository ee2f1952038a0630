"""What somebody does, or the shop says, at the one moment that matters: on the way, before a resend, in a wait.

Real requests to the real sandbox, through its App; the referee reads its file.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
import staff_deeds
from all_kinds import make_world
from stage import memory_folder
from test_faults_on_sandbox import Case, open_case

from unfulfill.apply import Applied, Engine
from unfulfill.apply.course import WAIT_STEP_S
from unfulfill.apply.sender import BACK_OFF_S, LATEST_S
from unfulfill.apply.settling import QUARANTINE_S, SHORT_QUARANTINE_S
from unfulfill.journal import Journal, read_journal
from unfulfill.model import SetOnHand
from unfulfill.shop.reading import read_level_states

UNDO = "release refulfil close untag"
CANCEL, CREATE, SET = "FulfillmentCancel", "FulfillmentCreate", "InventorySetQuantities"
Deed = Callable[[], object]
Moment = tuple[str, str, int]  # "before" or "after", an operation, and which of its sendings


@pytest.fixture(scope="module")
def prepared() -> Iterator[Any]:
    with memory_folder() as folder:
        yield folder, make_world(folder / "prepared.sqlite", {"cancel": 1, UNDO: 1, "stock": 1})


@pytest.fixture
def cancelling(prepared: Any) -> Iterator[Case]:
    """One fulfillment to cancel."""
    yield from open_case(prepared, {"cancel": 1})


@pytest.fixture
def undoing(prepared: Any) -> Iterator[Case]:
    """One order to release and to fulfil again."""
    yield from open_case(prepared, {UNDO: 1})


@pytest.fixture
def counting(prepared: Any) -> Iterator[Case]:
    """One level to set."""
    yield from open_case(prepared, {"stock": 1})


def apply(
    case: Case,
    deeds: Mapping[Moment, Deed] | None = None,
    waiting: Mapping[int, Deed] | None = None,
    stop: threading.Event | None = None,
) -> Applied:
    """Apply, with deeds around sendings and, by number, at steps of the engine's waits."""
    seen: Counter[tuple[str, str]] = Counter()
    steps = 0

    def watch(when: str, operation: str, variables: dict[str, Any]) -> None:
        seen[when, operation] += 1
        (deeds or {}).get((when, operation, seen[when, operation]), lambda: None)()

    def sleep(seconds: float) -> None:
        nonlocal steps
        steps += 1
        (waiting or {}).get(steps, lambda: None)()

    with case.sandbox.shop(watch=watch) as shop, Journal(case.journal, lambda: "") as journal:
        engine = Engine(case.plan, shop, journal, sleep=sleep, stop=stop, threads=1)
        return engine.run(case.plan.digest, "ana")


def somebody(case: Case, deed: str) -> Deed:
    """Another app's deed on the first order."""
    token = case.sandbox.control("tokens", {"app": "Somebody Else"})["token"]
    return lambda: staff_deeds.DEEDS[deed](case.sandbox, token, case.plan.changes[0].order_id)


def answer(case: Case, kind: str, field: str, **more: Any) -> None:
    case.sandbox.control("faults", {"kind": kind, "field": field, **more})


def announced(case: Case, operation: str) -> list[dict[str, Any]]:
    """The variables of each sending, by the journal."""
    rows = read_journal(case.journal)
    return [row.body["variables"] for row in rows if row.body.get("operation") == operation]


def steps(wait_s: float) -> int:
    """How many steps a wait has."""
    return round(wait_s / WAIT_STEP_S)


# Stop, at every kind of wait


def test_stop_while_a_busy_shop_is_waited_for_leaves_the_change_to_the_next_run(cancelling: Case) -> None:
    answer(cancelling, "throttled", "fulfillmentCancel", count=2)
    stop = threading.Event()
    in_the_second_wait = steps(BACK_OFF_S[0]) + 1

    first = apply(cancelling, waiting={in_the_second_wait: stop.set}, stop=stop)
    second = apply(cancelling)

    assert (first.counts, first.paused) == ({}, "Stopped")
    assert second.counts == {"applied": 1}
    assert (cancelling.effects(), cancelling.problems()) == ({"fulfillmentCancel": 1}, [])


def test_stop_while_a_request_may_still_arrive_ends_nothing_and_the_next_run_waits_for_it(
    cancelling: Case,
) -> None:
    answer(cancelling, "reset_before", "fulfillmentCancel")
    stop = threading.Event()
    edit = somebody(cancelling, "notes")  # for which the change would be stale, had nothing been sent before

    first = apply(cancelling, waiting={1: edit, steps(SHORT_QUARANTINE_S) + 1: stop.set}, stop=stop)
    effects = cancelling.effects()
    second = apply(cancelling)

    assert (first.counts, first.paused, effects) == ({}, "Stopped", {})
    assert second.counts == {"stale": 1}
    assert (cancelling.effects(), cancelling.problems()) == ({}, [])


# What was given up for lost


def test_what_stands_in_the_way_of_a_resend_and_goes_while_it_is_waited_ends_nothing(undoing: Case) -> None:
    answer(undoing, "reset_before", "fulfillmentCreate")
    later = steps(QUARANTINE_S["RecreateFulfillment"]) + steps(LATEST_S) // 2

    ended = apply(undoing, waiting={1: somebody(undoing, "holds"), later: somebody(undoing, "releases")})

    assert ended.counts == {"applied": 4}
    assert (undoing.effects()["fulfillmentCreate"], undoing.problems()) == (1, [])


def test_a_resend_that_is_refused_because_the_first_sending_arrived_at_last_counts_as_applied(
    undoing: Case,
) -> None:
    answer(undoing, "reset_before", "fulfillmentCreate")

    def arrive() -> None:
        undoing.sandbox.world.connection.execute(
            "delete from request where fault is not null"
        )  # it is this one
        with undoing.sandbox.shop() as wire:
            wire.write(CREATE, **announced(undoing, CREATE)[0])

    ended = apply(undoing, {("before", CREATE, 2): arrive})

    evidence = {outcome.change_id[6:]: outcome.evidence for outcome in ended.outcomes}
    assert (ended.counts, evidence["refulfil"]) == ({"applied": 4}, "read back")
    assert (undoing.effects()["fulfillmentCreate"], undoing.problems()) == (1, [])


# Stock: its keys, and levels that move


def set_on_hand(case: Case) -> SetOnHand:
    action = case.plan.changes[0].action
    assert isinstance(action, SetOnHand)
    return action


def on_hand(case: Case) -> int:
    """What the shop has of the item now."""
    action = set_on_hand(case)
    with case.sandbox.shop() as shop:
        levels = read_level_states(shop, [action.inventory_item_id])
    return levels[action.inventory_item_id, action.location_id].on_hand


def move(case: Case, units: int) -> Deed:
    """Somebody finds units of everything, or loses them."""
    return lambda: case.sandbox.world.connection.execute(
        "update level set available = available + ?", (units,)
    )


def test_a_level_that_moves_just_before_it_is_set_is_left_as_it_is(counting: Case) -> None:
    before = on_hand(counting)

    ended = apply(counting, {("before", SET, 1): move(counting, 1)})

    assert ended.counts == {"stale": 1}
    assert "the stock moved just before it was set" in ended.outcomes[0].message
    assert (on_hand(counting), counting.effects(), counting.problems()) == (before + 1, {}, [])


def test_a_key_whose_first_request_was_refused_unheard_is_spent_and_another_sets_the_level(
    counting: Case,
) -> None:
    answer(counting, "reset_after", "inventorySetQuantities")

    ended = apply(counting, {("before", SET, 1): move(counting, 1), ("after", SET, 1): move(counting, -1)})

    first, second = (variables["key"] for variables in announced(counting, SET))
    assert ended.counts == {"applied": 1}
    assert first == set_on_hand(counting).key != second
    assert (on_hand(counting), counting.effects()) == (
        set_on_hand(counting).quantity, {"inventorySetQuantities": 1},
    )  # fmt: skip
    assert counting.problems() == []


@pytest.mark.parametrize("lost", ["reset_before", "reset_after"])
def test_a_shop_that_is_still_busy_with_the_first_request_is_asked_until_it_answers(
    counting: Case, lost: str
) -> None:
    answer(counting, lost, "inventorySetQuantities")
    answer(counting, "user_error", "inventorySetQuantities", code="IDEMPOTENCY_CONCURRENT_REQUEST", count=3)

    ended = apply(counting)

    assert (ended.counts, ended.outcomes[0].evidence) == ({"applied": 1}, "answer")
    assert (counting.effects(), counting.problems()) == ({"inventorySetQuantities": 1}, [])


def test_a_shop_that_stays_busy_with_the_first_request_pauses_the_run_which_goes_on_when_asked(
    counting: Case,
) -> None:
    answer(
        counting, "user_error", "inventorySetQuantities", code="IDEMPOTENCY_CONCURRENT_REQUEST", count=None
    )

    first = apply(counting)
    counting.sandbox.control("faults", {"clear": True})
    second = apply(counting)

    assert (first.counts, "does not say what became of a stock change" in first.paused) == ({}, True)
    assert second.counts == {"applied": 1}
    assert (counting.effects(), counting.problems()) == ({"inventorySetQuantities": 1}, [])


def test_a_key_that_was_used_for_another_quantity_is_for_a_person(counting: Case) -> None:
    def use_its_key() -> None:
        (sent,) = announced(counting, SET)
        quantity = {**sent["input"]["quantities"][0], "quantity": 1}
        with counting.sandbox.shop() as ours:
            ours.write(SET, key=sent["key"], input={**sent["input"], "quantities": [quantity]})

    ended = apply(counting, {("before", SET, 1): use_its_key})

    assert ended.counts == {"needs a person": 1}
    assert "was used for something else" in ended.outcomes[0].message
    assert on_hand(counting) == 1
