"""Apply against the real sandbox over HTTP: guards, lost answers, other people's edits. The referee is its ledger."""

import os
import signal
import subprocess
import sys
import threading
from collections import Counter

import pytest
import requests

import sandbox_shop
from unfulfill.errors import (
    GuardRefused,
    Locked,
    NeedsPerson,
    NotApproved,
    OutcomeUnknown,
    Paused,
    RunFolderRefused,
    WorkbenchError,
    WrongShop,
)
from unfulfill.journal import read_journal, verify_journal
from unfulfill.lock import lock_folder, shop_lock
from unfulfill.model import Result
from unfulfill.run import JOURNAL
from unfulfill.settings import sandbox_settings
from unfulfill.shop import Shop
from unfulfill.tables import FULFILLMENTS
from unfulfill.workbench import Workbench, open_workbench

READ_SCOPES = [
    "read_orders",
    "read_all_orders",
    "read_merchant_managed_fulfillment_orders",
    "read_third_party_fulfillment_orders",
    "read_inventory",
    "read_locations",
    "read_products",
]


@pytest.fixture
def run(workbench):
    """A run with an audit, nothing marked."""
    return workbench(with_audit=True)


def choose(run, count):
    """Ids of live fulfillments that are not locked, without a service, each of another order that is not cancelled."""
    marks = run.marks()
    free = marks[marks["locked"].isna() & (marks["right_fix"].isna() | (marks["right_fix"] == "unfulfill"))]
    orders = run.run.load_tables()["orders"]
    alive = orders.loc[orders["cancelled_at"].isna() & orders["refunded_at"].isna(), "order_id"]
    made = run.run.load_table(FULFILLMENTS)
    ours = made.loc[made["service_type"] != "THIRD_PARTY", "fulfillment_id"]
    free = free[free["order_id"].isin(alive) & free["fulfillment_id"].isin(ours)]
    chosen = free.drop_duplicates("order_id")["fulfillment_id"].head(count).tolist()
    assert len(chosen) == count
    return chosen


def plan(run, count=1, decision="unfulfill", **options):
    run.mark(decision, fulfillment_ids=choose(run, count), reason="never left")
    return run.plan(**options)


def effects(sandbox):
    """Root mutations that really changed the shop, with their number."""
    rows = sandbox.control("request", {})["rows"]
    return Counter(row["mutation"] for row in rows if row["mutation"] and row["effect"])


def sent(sandbox):
    return Counter(row["mutation"] for row in sandbox.control("request", {})["rows"] if row["mutation"])


def test_nothing_is_sent_without_the_digest_of_the_plan(run, sandbox):
    digest = plan(run).digest

    for wrong in ("", digest[:-1], digest.upper(), "yes"):
        with pytest.raises(NotApproved):
            run.apply(wrong)

    assert sent(sandbox) == {}
    assert not run.run.has("stock_before.parquet")
    assert not run.run.has(JOURNAL)


def test_an_approved_plan_is_applied_once_and_a_second_apply_sends_nothing(run, sandbox):
    made = plan(run, 3, tag="unfulfilled")
    assert run.apply(made.digest).counts == {"applied": 6}
    before = sent(sandbox)

    again = run.apply(made.digest)

    assert (again.counts, again.paused) == ({"applied": 6}, "")
    assert sent(sandbox) == before == {"fulfillmentCancel": 3, "tagsAdd": 3}


@pytest.mark.parametrize("kind", ["reset_after", "500_after", "internal_server_error_after"])
def test_an_answer_that_was_lost_is_read_back_and_not_sent_again(run, sandbox, kind):
    made = plan(run, 2, decision="hold", tag="unfulfilled")
    for field in ("fulfillmentCancel", "fulfillmentOrderHold", "tagsAdd"):
        sandbox.control("faults", {"add": fault(kind, field)})

    applied = run.apply(made.digest)

    assert applied.counts == {"applied": 6}
    assert (
        sent(sandbox) == effects(sandbox) == {"fulfillmentCancel": 2, "fulfillmentOrderHold": 2, "tagsAdd": 2}
    )
    evidence = [outcome.evidence for outcome in applied.outcomes]
    assert Counter(evidence) == {"read back": 3, "answer": 3}


def fault(kind, field):
    """A fault of the sandbox's control API, once; `_after`: the shop does it and the answer is lost."""
    if kind == "500_after":
        return {"kind": "500", "field": field, "count": 1, "after": True}
    if kind == "internal_server_error_after":
        return {"kind": "internal_server_error", "field": field, "count": 1, "after": True}
    return {"kind": kind, "field": field, "count": 1}


@pytest.mark.parametrize(
    "kind", ["reset_before", "500", "502", "internal_server_error", "html", "bad_json", "throttled"]
)
def test_a_request_that_had_no_effect_is_made_again_after_looking(run, sandbox, kind):
    made = plan(run, 2, decision="hold")
    sandbox.control("faults", {"add": fault(kind, "fulfillmentCancel")})

    applied = run.apply(made.digest)

    assert applied.counts == {"applied": 4}
    assert effects(sandbox) == {"fulfillmentCancel": 2, "fulfillmentOrderHold": 2}


def test_a_shop_that_is_busy_for_long_pauses_the_run_which_goes_on_when_asked(run, sandbox):
    made = plan(run, 1)
    sandbox.control("faults", {"add": {"kind": "throttled", "field": "fulfillmentCancel", "count": 20}})

    runs = [run.apply(made.digest) for _ in range(4)]  # six sendings each, and 20 are refused

    assert ["takes no changes now" in each.paused for each in runs] == [True, True, True, False]
    assert runs[-1].counts == {"applied": 1}
    assert effects(sandbox) == {"fulfillmentCancel": 1}


def test_a_change_that_leaves_no_trace_again_and_again_is_handed_to_a_person(run, sandbox):
    made = plan(run, 2, decision="hold")
    target = made.changes[0].fulfillment_id
    sandbox.control(
        "faults",
        {"add": {"kind": "reset_before", "field": "fulfillmentCancel", "contains": target, "count": None}},
    )

    applied = run.apply(made.digest)

    assert [o.result for o in applied.outcomes] == [
        Result.NEEDS_PERSON,
        Result.BLOCKED,
        Result.APPLIED,
        Result.APPLIED,
    ]
    with pytest.raises(NeedsPerson, match="without a trace"):
        applied.check()
    assert effects(sandbox) == {"fulfillmentCancel": 1, "fulfillmentOrderHold": 1}


@pytest.mark.parametrize("kind", ["reset_after", "500_after", "reset_before", "500"])
def test_an_undo_whose_answer_was_lost_never_fulfils_twice(run, sandbox, kind):
    run.apply(plan(run, 2).digest)
    undo = run.undo()
    sandbox.control("faults", {"add": fault(kind, "fulfillmentCreate")})

    applied = run.undo_workbench().apply(undo.digest)

    assert applied.check().paused == ""
    assert effects(sandbox)["fulfillmentCreate"] == 2
    assert sandbox.control("email", {})["rows"] == []


def test_a_sending_that_arrives_after_it_was_given_up_is_found_and_not_repeated(run, sandbox, staff):
    run.apply(plan(run, 1).digest)
    undo = run.undo()
    undoing = run.undo_workbench()
    sandbox.control("faults", {"add": fault("reset_before", "fulfillmentCreate")})
    sandbox.control("faults", {"add": {"kind": "throttled", "field": "fulfillmentCreate", "count": 6}})
    paused = undoing.apply(undo.digest)
    intent = next(event for event in read_journal(undoing.run.path(JOURNAL)) if event.event == "INTENT")

    staff.write("FulfillmentCreate", **intent.body["variables"])  # the first sending, at last
    applied = undoing.apply(undo.digest)

    assert "takes no changes now" in paused.paused
    assert applied.outcomes[0].result is Result.APPLIED
    assert applied.outcomes[0].evidence == "read back"
    assert effects(sandbox)["fulfillmentCreate"] == 1
    assert set(undoing.verify().counts) == {"confirmed"}


def test_what_someone_else_cancelled_is_left_alone(run, sandbox, staff):
    made = plan(run, 2)
    staff.write("FulfillmentCancel", id=made.changes[0].fulfillment_id)

    applied = run.apply(made.digest)

    assert [outcome.result for outcome in applied.outcomes] == [Result.ALREADY_DONE, Result.APPLIED]
    assert sent(sandbox)["fulfillmentCancel"] == 2  # theirs and one of ours


def test_what_someone_else_cancelled_before_the_plan_is_a_skip(run, staff):
    first, second = choose(run, 2)
    staff.write("FulfillmentCancel", id=first)
    run.mark("unfulfill", fulfillment_ids=[first, second])

    made = run.plan()

    assert {skip.fulfillment_id: skip.reason for skip in made.skips} == {first: "already_cancelled"}
    assert [change.fulfillment_id for change in made.changes] == [second]


def test_an_edit_between_plan_and_apply_refuses_that_row_and_names_the_difference(run, sandbox, staff):
    made = plan(run, 2, tag="unfulfilled")
    staff.write("TagsAdd", id=made.changes[0].order_id, tags=["called the customer"])

    applied = run.apply(made.digest)

    first = [outcome for outcome in applied.outcomes if outcome.change_id.startswith("m0001")]
    assert [outcome.result for outcome in first] == [Result.STALE, Result.BLOCKED]
    assert "order last changed was" in first[0].message
    assert applied.counts == {"stale": 1, "blocked": 1, "applied": 2}
    assert effects(sandbox)["fulfillmentCancel"] == 1


def test_a_delivered_parcel_is_locked_before_the_plan_and_stale_after_it(run, sandbox):
    first, second = choose(run, 2)
    deliver(sandbox, first)
    run.mark("unfulfill", fulfillment_ids=[first, second])
    made = run.plan()
    deliver(sandbox, second)

    applied = run.apply(made.digest)

    assert {skip.fulfillment_id: skip.reason for skip in made.skips} == {first: "locked"}
    assert [outcome.result for outcome in applied.outcomes] == [Result.STALE]
    assert "fulfillmentCancel" not in sent(sandbox)


def deliver(sandbox, fulfillment_id):
    """As a carrier reports it: our own client has no operation for that."""
    query = """mutation E($e: FulfillmentEventInput!) {
      fulfillmentEventCreate(fulfillmentEvent: $e) { userErrors { message } } }"""
    answer = requests.post(
        f"{sandbox.url}/admin/api/2026-10/graphql.json",
        json={"query": query, "variables": {"e": {"fulfillmentId": fulfillment_id, "status": "DELIVERED"}}},
        headers={"X-Shopify-Access-Token": sandbox.token},
        timeout=30,
    )
    assert answer.json()["data"]["fulfillmentEventCreate"]["userErrors"] == []


def test_a_refusal_of_the_shop_is_an_outcome_with_its_words(run, sandbox):
    made = plan(run, 2, decision="hold")
    words = "The label must be voided first"
    sandbox.control(
        "faults", {"add": {"kind": "user_error", "field": "fulfillmentCancel", "count": 1, "message": words}}
    )

    applied = run.apply(made.digest)

    assert applied.counts == {"refused": 1, "blocked": 1, "applied": 2}
    assert words in applied.outcomes[0].message
    with pytest.raises(WorkbenchError, match="2 of 4 changes were not made") as ended:
        applied.check()
    assert ended.value.exit_status == 5


@pytest.mark.parametrize("decision", ["unfulfill", "hold"])
def test_ten_refusals_in_a_row_pause_the_run_which_goes_on_when_asked(run, sandbox, decision):
    use_four_threads(sandbox)
    made = plan(run, 16, decision=decision)
    words = "This fulfillment cannot be cancelled"
    refusal = {"kind": "user_error", "field": "fulfillmentCancel", "count": 20, "message": words}
    sandbox.control("faults", {"add": refusal})

    first = run.apply(made.digest)
    sandbox.control("faults", {"clear": True})
    second = run.apply(made.digest)

    refused = first.counts["refused"]
    assert 10 <= refused < 16  # ten, and what was in flight on a few threads
    assert words in first.paused
    with pytest.raises(Paused):
        first.check()
    assert (second.counts["refused"], second.paused) == (refused, "")
    assert effects(sandbox)["fulfillmentCancel"] == 16 - refused


def use_four_threads(sandbox):
    """A full bucket that refills slowly, as on a Standard shop."""
    sandbox.control("settings", {"bucket": {"maximum": 1_000_000, "rate": 10}})


def test_stop_ends_after_what_is_in_flight_and_the_same_call_goes_on(run, sandbox):
    use_four_threads(sandbox)
    made = plan(run, 12)
    stop = threading.Event()

    def stop_at_the_second(done, total, text=""):
        if done == 2:
            stop.set()

    first = run.apply(made.digest, stop=stop, progress=stop_at_the_second)
    second = run.apply(made.digest)

    assert 2 <= first.counts["applied"] <= 2 + 4
    assert first.paused == "Stopped"
    assert (second.counts, second.paused) == ({"applied": 12}, "")
    assert sent(sandbox) == {"fulfillmentCancel": 12}


def test_stop_ends_the_wait_for_a_lost_answer_and_resuming_begins_with_it(run, sandbox):
    made = plan(run, 2)
    sandbox.control("faults", {"add": fault("reset_before", "fulfillmentCancel")})
    stop = threading.Event()
    run._sleep = lambda seconds: stop.set()

    first = run.apply(made.digest, stop=stop)
    run._sleep = lambda seconds: None
    second = run.apply(made.digest)

    assert (first.counts, first.paused) == ({"applied": 1}, "Stopped")
    assert second.counts == {"applied": 2}
    assert effects(sandbox) == {"fulfillmentCancel": 2}


def test_an_intent_left_by_a_killed_process_is_read_back_first(run, sandbox, monkeypatch):
    made = plan(run, 3)
    sandbox.control("faults", {"add": fault("reset_after", "fulfillmentCancel")})

    class Killed(BaseException):
        pass

    def die(*args):
        raise Killed

    monkeypatch.setattr("unfulfill.apply.settling.Settler._is_found", die)
    with pytest.raises(Killed):
        run.apply(made.digest)
    monkeypatch.undo()

    applied = run.apply(made.digest)

    assert applied.counts == {"applied": 3}
    assert sent(sandbox) == effects(sandbox) == {"fulfillmentCancel": 3}
    events = Counter(event.event for event in read_journal(run.run.path(JOURNAL)))
    assert events == {"PLAN": 1, "INTENT": 3, "UNKNOWN": 1, "APPLIED": 3}


CHILD = """
import os, sys
from unfulfill.run import Run
from unfulfill.settings import sandbox_settings
from unfulfill.shop import Shop
from unfulfill.workbench import Workbench

url, folder, digest, lock = sys.argv[1:]
Workbench(Shop(sandbox_settings(url, os.environ["SANDBOX_TOKEN"])), Run(folder), lock=lock).apply(digest)
"""


LOOK_AGAIN = threading.Event()  # is never set


@pytest.mark.parametrize("effects_before", [1, 4, 7])
def test_a_run_that_was_killed_goes_on_and_does_nothing_twice(run, sandbox, effects_before):
    made = plan(run, 4, decision="hold", tag="unfulfilled")
    sandbox.control("settings", {"latency_ms": 10})
    command = [sys.executable, "-c", CHILD, sandbox.url, str(run.run.folder), made.digest, run._lock]
    with subprocess.Popen(command, env={**os.environ, "SANDBOX_TOKEN": sandbox.token}) as child:
        while effects(sandbox).total() < effects_before and child.poll() is None:
            LOOK_AGAIN.wait(0.005)  # who asks without a pause takes the child's time
        child.kill()
    assert child.returncode == -signal.SIGKILL

    applied = run.apply(made.digest)

    assert applied.counts == {"applied": 12}
    assert (
        sent(sandbox) == effects(sandbox) == {"fulfillmentCancel": 4, "fulfillmentOrderHold": 4, "tagsAdd": 4}
    )
    assert verify_journal(run.run.path(JOURNAL), applied.journal_head) > 12


def test_a_token_that_may_not_cancel_pauses_at_once(run, sandbox):
    made = plan(run, 3)
    readable = sandbox.control("tokens", {"scopes": READ_SCOPES})["token"]
    with Shop(sandbox_settings(sandbox.url, readable)) as shop:
        reader = Workbench(shop, run.run, lock="reader", sleep=lambda seconds: None)

        applied = reader.apply(made.digest)

    assert "takes no changes now" in applied.paused
    assert applied.counts == {}
    assert run.apply(made.digest).counts == {"applied": 3}


def test_while_one_applies_another_is_told_who(run, tmp_path):
    made = plan(run)
    with shop_lock(lock_folder(os.environ), run._lock, "ana"), pytest.raises(Locked, match="ana, process"):
        run.apply(made.digest)


def test_a_plan_of_another_shop_is_refused(run, workbench, tmp_path):
    plan(run)
    with sandbox_shop.start(tmp_path / "other.sqlite", seed=8, size=10) as other, pytest.raises(WrongShop):
        open_workbench(other, run.run.folder)


def test_rows_marked_after_apply_began_are_not_lost_silently(run):
    first, second = choose(run, 2)
    run.mark("unfulfill", fulfillment_ids=[first])
    run.apply(run.plan().digest)

    assert run.plan().digest == run.load_plan().digest
    run.mark("unfulfill", fulfillment_ids=[second])
    with pytest.raises(RunFolderRefused, match="new run folder"):
        run.plan()


def test_an_incomplete_export_is_not_planned_from(run):
    manifest = run.run.load_json("export/manifest.json", "export")
    run.run.save_json(
        "export/manifest.json", {**manifest, "complete": False, "reasons": ["3 lines are missing"]}
    )

    with pytest.raises(GuardRefused, match="3 lines are missing"):
        run.plan()


def test_the_journal_of_a_run_proves_itself_and_holds_no_token(run, sandbox):
    applied = run.apply(plan(run, 3, decision="hold").digest)
    path = run.run.path(JOURNAL)

    assert verify_journal(path, applied.journal_head) == 13
    assert sandbox.token.encode() not in path.read_bytes()


def test_a_lost_answer_is_never_taken_for_a_refusal(run, sandbox, staff):
    sandbox.control("faults", {"add": fault("reset_after", "tagsAdd")})
    order_id = run.run.load_tables()["orders"]["order_id"].iloc[0]

    with pytest.raises(OutcomeUnknown):
        staff.write("TagsAdd", id=order_id, tags=["x"])
