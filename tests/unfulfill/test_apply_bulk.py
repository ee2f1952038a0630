"""Applying through bulk mutations, against the sandbox over HTTP. The referee is its ledger."""

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from datetime import timedelta
from pkgutil import resolve_name

import pytest

import sandbox_shop
from unfulfill.apply import bulk, bulk_operation
from unfulfill.apply.bulk_operation import PREFIX
from unfulfill.errors import Locked, Paused
from unfulfill.journal import read_journal, verify_journal
from unfulfill.lock import lock_folder, shop_lock
from unfulfill.model import Limits, Result
from unfulfill.run import JOURNAL
from unfulfill.shop.bulk_write import lines_of, mutation_text, mutations_since, start, upload
from unfulfill.tables import FULFILLMENTS, ORDERS
from unfulfill.workbench import open_workbench

COUNT = 24  # cancels of most tests: every way of an operation is the same with thousands
FEW = 10  # changes that are worth a bulk operation in these tests


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setattr(bulk, "FEWEST", FEW)


@pytest.fixture
def run(workbench):
    """A run with an audit, nothing marked, whose waits take no time."""
    return workbench(with_audit=True)


def choose(run, count):
    """Ids of live fulfillments, each of another order that can be fulfilled again."""
    orders = run.run.load_table(ORDERS)
    alive = orders.loc[orders["cancelled_at"].isna() & orders["refunded_at"].isna(), "order_id"]
    made = run.run.load_table(FULFILLMENTS)
    ours = made.loc[made["service_type"] != "THIRD_PARTY", "fulfillment_id"]
    marks = run.marks()
    marks = marks[marks["order_id"].isin(alive) & marks["fulfillment_id"].isin(ours)]
    chosen = marks.drop_duplicates("order_id")["fulfillment_id"].head(count).tolist()
    assert len(chosen) == count
    return chosen


def plan(run, count=COUNT, decision="unfulfill", **options):
    """A plan for so many fulfillments; evidence of shipment is overridden, for there is nothing to decide here."""
    run.mark(decision, fulfillment_ids=choose(run, count), reason="never left", override="all of them")
    return run.plan(Limits(max_cancels=5_000, max_units=50_000), **options)


def requests(sandbox):
    return [row for row in sandbox.control("request", {})["rows"] if row["mutation"]]


def effects(sandbox):
    """Root mutations that really changed the shop, with their number."""
    roots = ("fulfillmentCancel", "tagsAdd", "tagsRemove", "fulfillmentOrderHold", "fulfillmentCreate")
    return Counter(row["mutation"] for row in requests(sandbox) if row["effect"] and row["mutation"] in roots)


def in_bulk(sandbox):
    """Lines that were run by bulk operations, by root mutation."""
    return Counter(row["mutation"] for row in requests(sandbox) if row["operation"] == "bulk")


def operations(shop):
    shop.identity()
    return mutations_since(shop, shop.server_time - timedelta(days=30))


def events(run):
    return Counter(event.event for event in read_journal(run.run.path(JOURNAL)))


# The way of an operation


def test_hundreds_of_cancels_and_tags_go_in_two_operations_and_everything_once(tmp_path, monkeypatch):
    monkeypatch.setattr(bulk, "FEWEST", 250)
    with sandbox_shop.start(tmp_path / "world.sqlite", seed=3, size=350) as sandbox:
        sandbox.control("settings", {"bucket": {"maximum": 1_000_000, "rate": 100_000}})
        run = open_workbench(sandbox, tmp_path / "run", sleep=lambda seconds: None)
        run.export()
        run.audit()
        made = plan(run, 260, tag="unfulfilled")
        seen = []

        applied = run.apply(made.digest, bulk=True, progress=lambda done, total, text="": seen.append(text))
        again = run.apply(made.digest, bulk=True)

        assert (applied.counts, applied.paused, applied.notes) == ({"applied": 520}, "", ())
        assert effects(sandbox) == in_bulk(sandbox) == {"fulfillmentCancel": 260, "tagsAdd": 260}
        assert {outcome.evidence for outcome in applied.outcomes} == {"answer"}
        assert "waiting for Shopify's bulk operation" in seen
        assert (again.outcomes, again.notes) == (applied.outcomes, ())
        assert len(operations(run.shop)) == 2
        assert set(run.verify().counts) == {"confirmed"}
        assert not list(run.run.folder.glob("*.jsonl*"))
        run.shop.close()


def test_all_intents_are_on_disk_before_anything_is_uploaded(run, sandbox, monkeypatch):
    made = plan(run)
    on_disk = []

    def look_and_upload(*args):
        on_disk.append(events(run))
        return upload(*args)

    monkeypatch.setattr("unfulfill.apply.bulk_operation.upload", look_and_upload)
    run.apply(made.digest, bulk=True)

    rows = [event.event for event in read_journal(run.run.path(JOURNAL))]

    start = ["PLAN", *["INTENT"] * COUNT, "BULK", "BULK_STARTED"]
    assert on_disk == [{"PLAN": 1, "INTENT": COUNT, "BULK": 1}]
    assert rows == [*start, *["APPLIED"] * COUNT, "BULK_ENDED"]
    assert verify_journal(run.run.path(JOURNAL)) == len(rows)


def test_few_changes_go_one_by_one_and_it_is_said(run, sandbox):
    made = plan(run, FEW - 1)

    applied = run.apply(made.digest, bulk=True)

    assert applied.counts == {"applied": FEW - 1}
    assert in_bulk(sandbox) == {}
    assert f"fewer than {FEW} cancels or tags wait" in applied.notes[0]


def test_without_being_asked_nothing_goes_in_bulk(run, sandbox):
    made = plan(run)

    assert run.apply(made.digest).counts == {"applied": COUNT}
    assert in_bulk(sandbox) == {}


def test_what_has_to_be_held_at_once_is_never_cancelled_in_bulk(run, sandbox):
    made = plan(run, decision="hold", tag="unfulfilled")

    applied = run.apply(made.digest, bulk=True)

    assert applied.counts == {"applied": 3 * COUNT}
    assert in_bulk(sandbox) == {}
    expected = {"fulfillmentCancel": COUNT, "fulfillmentOrderHold": COUNT, "tagsAdd": COUNT}
    assert effects(sandbox) == expected


def test_an_undo_takes_tags_off_in_bulk_and_fulfills_one_by_one(run, sandbox):
    run.apply(plan(run, FEW, tag="unfulfilled").digest, bulk=True)
    undo = run.undo()

    applied = run.undo_workbench().apply(undo.digest, bulk=True)

    assert applied.check().paused == ""
    assert in_bulk(sandbox) == {"fulfillmentCancel": FEW, "tagsAdd": FEW, "tagsRemove": FEW}
    assert effects(sandbox)["fulfillmentCreate"] == FEW


def test_what_is_too_much_for_one_file_goes_in_several_operations(run, sandbox, monkeypatch):
    monkeypatch.setattr(bulk, "MOST", FEW)
    made = plan(run, 2 * FEW)

    applied = run.apply(made.digest, bulk=True)

    assert applied.counts == {"applied": 2 * FEW}
    assert effects(sandbox) == in_bulk(sandbox) == {"fulfillmentCancel": 2 * FEW}
    assert len(operations(run.shop)) == 2


def test_what_moved_since_the_plan_is_left_out_and_its_tag_with_it(run, sandbox, staff):
    made = plan(run, tag="unfulfilled")
    staff.write("TagsAdd", id=made.changes[0].order_id, tags=["called the customer"])
    staff.write("FulfillmentCancel", id=made.changes[2].fulfillment_id)

    applied = run.apply(made.digest, bulk=True)

    first = [outcome.result for outcome in applied.outcomes[:4]]
    assert first == [Result.STALE, Result.BLOCKED, Result.ALREADY_DONE, Result.BLOCKED]
    assert applied.counts["applied"] == 2 * (COUNT - 2)
    assert in_bulk(sandbox) == {"fulfillmentCancel": COUNT - 2, "tagsAdd": COUNT - 2}


def test_where_somebody_has_cancelled_everything_meanwhile_no_operation_is_started(run, sandbox, staff):
    made = plan(run, FEW)
    for change in made.changes:
        staff.write("FulfillmentCancel", id=change.fulfillment_id)

    applied = run.apply(made.digest, bulk=True)

    assert applied.counts == {"already done": FEW}
    assert (operations(run.shop), in_bulk(sandbox)) == ([], {})


def test_while_one_applies_in_bulk_another_is_told_who(run):
    made = plan(run)

    with shop_lock(lock_folder(os.environ), run._lock, "ana"), pytest.raises(Locked, match="ana, process"):
        run.apply(made.digest, bulk=True)


# Results that do not say everything


@pytest.mark.parametrize(
    ("fault", "silent"),
    [
        ({"drop_every": 4}, COUNT // 4),
        ({"drop_last": 5}, 5),
        ({"cut_line": 3}, 1),
        ({"error_every": 5}, COUNT // 5),
        ({"double_every": 2}, 0),
        ({"drop_every": 1}, COUNT),
    ],
)
def test_a_line_without_a_certain_answer_is_read_back(run, sandbox, fault, silent):
    made = plan(run)
    sandbox.control("switches", {"bulk_fault": fault})

    applied = run.apply(made.digest, bulk=True)

    evidence = Counter(outcome.evidence for outcome in applied.outcomes)
    assert applied.counts == {"applied": COUNT}
    assert evidence == Counter({"answer": COUNT - silent, "read back": silent})
    assert effects(sandbox) == in_bulk(sandbox) == {"fulfillmentCancel": COUNT}


def test_a_line_that_is_refused_is_an_outcome_with_the_words_of_the_shop(run, sandbox):
    made = plan(run, tag="unfulfilled")
    sandbox.control("switches", {"bulk_fault": {"refuse_every": 6, "of": "fulfillmentCancel"}})

    applied = run.apply(made.digest, bulk=True)

    assert applied.counts == {"refused": 4, "blocked": 4, "applied": 2 * (COUNT - 4)}
    refused = next(outcome for outcome in applied.outcomes if outcome.result is Result.REFUSED)
    assert "This cannot be done" in refused.message


def test_when_everything_is_refused_the_run_pauses_before_the_tags(run, sandbox):
    made = plan(run, tag="unfulfilled")
    sandbox.control("switches", {"bulk_fault": {"refuse_every": 1, "times": 1}})

    applied = run.apply(made.digest, bulk=True)

    assert applied.counts == {"refused": COUNT}
    assert "in a row were refused" in applied.paused
    assert effects(sandbox) == {}


def test_a_result_that_is_stored_compressed_is_read(run, sandbox):
    made = plan(run)
    sandbox.control("switches", {"gzip_files": True})

    applied = run.apply(made.digest, bulk=True)

    assert {outcome.evidence for outcome in applied.outcomes} == {"answer"}


@pytest.mark.parametrize(
    ("fault", "evidence"),
    [
        ({"kind": "cut", "operation": "BulkFile", "count": 2}, "answer"),
        ({"kind": "500", "operation": "BulkFile", "count": 3}, "answer"),
        ({"kind": "403", "operation": "BulkFile"}, "answer"),
        ({"kind": "403", "operation": "BulkFile", "count": 2}, "read back"),
    ],
)
def test_a_file_that_comes_badly_is_fetched_again_and_one_that_is_gone_is_done_without(
    run, sandbox, fault, evidence
):
    made = plan(run)
    sandbox.control("faults", fault)

    applied = run.apply(made.digest, bulk=True)

    assert applied.counts == {"applied": COUNT}
    assert {outcome.evidence for outcome in applied.outcomes} == {evidence}
    assert in_bulk(sandbox) == {"fulfillmentCancel": COUNT}


# Operations that end early, or do not start


def test_a_failed_operation_is_read_back_and_the_rest_is_sent_again(run, sandbox):
    made = plan(run, 2 * FEW + 3)
    sandbox.control("switches", {"bulk_fault": {"fail_at": 9, "error_code": "TIMEOUT", "times": 1}})

    applied = run.apply(made.digest, bulk=True)

    assert applied.counts == {"applied": 2 * FEW + 3}
    assert effects(sandbox) == {"fulfillmentCancel": 2 * FEW + 3}
    assert "ended as FAILED (TIMEOUT) after 9 of 23 changes" in applied.notes[0]
    assert len(operations(run.shop)) == 2


def test_an_operation_that_the_token_may_not_go_on_with_pauses_the_run(run, sandbox):
    made = plan(run)
    sandbox.control("switches", {"bulk_fault": {"fail_at": 3, "error_code": "ACCESS_DENIED", "times": 1}})

    applied = run.apply(made.digest, bulk=True)

    assert "FAILED (ACCESS_DENIED)" in applied.paused
    assert applied.counts["applied"] == effects(sandbox)["fulfillmentCancel"] == 4  # one more than it told


def test_an_operation_that_somebody_cancels_pauses_the_run_which_goes_on_when_asked(run, sandbox, staff):
    made = plan(run)
    sandbox.control("switches", {"bulk_fault": {"delay_s": 0.02, "times": 1}})

    def cancel(done, total, text=""):
        if text.startswith("waiting") and done >= 3:
            staff.write("BulkCancel", id=operations(staff)[0].id)

    first = run.apply(made.digest, bulk=True, progress=cancel)
    second = run.apply(made.digest, bulk=True)

    assert "ended as CANCELED" in first.paused
    assert 3 <= first.counts["applied"] < COUNT
    assert (second.counts, second.paused) == ({"applied": COUNT}, "")
    assert effects(sandbox) == {"fulfillmentCancel": COUNT}


@pytest.mark.parametrize("kind", ["reset_after", "500", "internal_server_error", "throttled"])
def test_a_start_that_was_not_answered_is_looked_for_and_never_doubled(run, sandbox, kind):
    made = plan(run)
    sandbox.control("faults", {"kind": kind, "operation": "BulkRunMutation"})

    applied = run.apply(made.digest, bulk=True)

    assert applied.counts == {"applied": COUNT}
    assert effects(sandbox) == in_bulk(sandbox) == {"fulfillmentCancel": COUNT}
    assert len(operations(run.shop)) == 1


@pytest.mark.parametrize("kind", ["reset_before", "reset_after"])
def test_the_second_start_that_was_not_answered_is_not_taken_for_the_first(run, sandbox, kind):
    made = plan(run, tag="unfulfilled")
    sandbox.control("faults", {"kind": kind, "operation": "BulkRunMutation", "nth": 2})

    applied = run.apply(made.digest, bulk=True)

    assert applied.counts == {"applied": 2 * COUNT}
    assert effects(sandbox) == in_bulk(sandbox) == {"fulfillmentCancel": COUNT, "tagsAdd": COUNT}
    assert len(operations(run.shop)) == 2


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"kind": "throttled", "count": 6}, "The shop takes no changes now"),
        ({"kind": "user_error", "code": "OPERATION_IN_PROGRESS"}, "Shopify starts no bulk operation now"),
    ],
)
def test_a_start_for_which_the_shop_is_too_busy_pauses_and_is_known_to_have_done_nothing(
    run, sandbox, fault, words
):
    made = plan(run)
    sandbox.control("faults", {**fault, "operation": "BulkRunMutation"})

    first = run.apply(made.digest, bulk=True)
    second = run.apply(made.digest, bulk=True)

    assert (first.counts, words in first.paused) == ({}, True)
    assert second.counts == {"applied": COUNT}
    assert events(run)["NOT_APPLIED"] == COUNT
    assert effects(sandbox) == in_bulk(sandbox) == {"fulfillmentCancel": COUNT}


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "500", "operation": "StagedFile", "count": 2},
        {"kind": "reset_after", "operation": "StagedFile"},
        {"kind": "reset_after", "operation": "BulkUpload"},
    ],
)
def test_an_upload_that_fails_is_made_again(run, sandbox, fault):
    made = plan(run)
    sandbox.control("faults", fault)

    assert run.apply(made.digest, bulk=True).counts == {"applied": COUNT}
    assert in_bulk(sandbox) == {"fulfillmentCancel": COUNT}


def test_an_upload_that_never_succeeds_pauses_and_is_known_to_have_done_nothing(run, sandbox):
    made = plan(run)
    sandbox.control("faults", {"kind": "503", "operation": "StagedFile", "count": 4})

    first = run.apply(made.digest, bulk=True)
    second = run.apply(made.digest, bulk=True)

    assert (first.counts, "could not be uploaded: HTTP status 503" in first.paused) == ({}, True)
    assert second.counts == {"applied": COUNT}
    assert events(run)["NOT_APPLIED"] == COUNT
    assert effects(sandbox) == {"fulfillmentCancel": COUNT}


def test_a_shop_that_takes_no_such_operation_gets_the_changes_one_by_one(run, sandbox):
    made = plan(run)
    refusal = {
        "kind": "user_error",
        "operation": "BulkRunMutation",
        "message": "You must use an allowed mutation name.",
    }
    sandbox.control("faults", refusal)

    applied = run.apply(made.digest, bulk=True)

    assert applied.counts == {"applied": COUNT}
    assert "allowed mutation name" in applied.notes[0]
    assert in_bulk(sandbox) == {}


def others(staff, name, count=1):
    """Bulk mutations of the same app that run for long."""
    text = mutation_text("TagsAdd", name)
    order = "gid://shopify/Order/1"
    for _ in range(count):
        path = upload(staff, lines_of([{"id": order, "tags": ["x"]}] * 100), "others.jsonl")
        start(staff, text, path, "somebody-else")


def test_where_all_places_are_taken_the_run_pauses_with_the_reason_and_has_sent_nothing(run, sandbox, staff):
    made = plan(run)
    sandbox.control("switches", {"bulk_fault": {"delay_s": 0.5}})
    others(staff, "Import", 5)

    applied = run.apply(made.digest, bulk=True)

    assert "runs 5 bulk mutations already" in applied.paused
    assert "INTENT" not in events(run)


def test_an_operation_that_another_apply_started_is_not_joined_and_not_doubled(run, sandbox, staff):
    made = plan(run)
    sandbox.control("switches", {"bulk_fault": {"delay_s": 0.5, "of": "Unfulfill_"}})
    others(staff, f"{PREFIX}of_another_machine")

    applied = run.apply(made.digest, bulk=True)

    assert "was started elsewhere" in applied.paused
    assert "INTENT" not in events(run)


def test_an_operation_that_does_not_end_pauses_every_run_until_it_does_and_its_results_are_taken(
    run, sandbox, monkeypatch
):
    made = plan(run)
    sandbox.control("switches", {"bulk_fault": {"delay_s": 0.1}})
    with monkeypatch.context() as patch:
        patch.setattr(bulk_operation, "LONGEST_RUN", timedelta(seconds=3))
        paused = [run.apply(made.digest, bulk=True) for _ in range(2)]

    ended = run.apply(made.digest, bulk=True)

    assert [(each.counts, "does not end" in each.paused) for each in paused] == [({}, True)] * 2
    assert ended.counts == {"applied": COUNT}
    assert effects(sandbox) == in_bulk(sandbox) == {"fulfillmentCancel": COUNT}


# Stopped, killed, resumed


@pytest.mark.parametrize(
    ("fault", "intents"),
    [
        ({"kind": "throttled", "operation": "FulfillmentsById"}, 0),  # stopped while it looks
        ({"kind": "reset_before", "operation": "BulkRunMutation"}, COUNT),  # while a lost start is looked for
    ],
)
def test_stop_before_it_is_known_that_an_operation_goes_on_leaves_everything_to_the_next_run(
    run, sandbox, fault, intents
):
    made = plan(run)
    sandbox.control("faults", fault)
    stop = threading.Event()
    stopped = open_workbench(sandbox, run.run.folder, sleep=lambda seconds: stop.set())

    first = stopped.apply(made.digest, bulk=True, stop=stop)
    stopped.shop.close()
    announced = events(run)["INTENT"]
    second = run.apply(made.digest, bulk=True)

    assert (first.counts, first.paused, announced) == ({}, "Stopped", intents)
    assert second.counts == {"applied": COUNT}
    assert effects(sandbox) == in_bulk(sandbox) == {"fulfillmentCancel": COUNT}
    assert len(operations(run.shop)) == 1


def test_stop_leaves_the_operation_to_shopify_and_the_same_call_takes_its_results(run, sandbox):
    made = plan(run)
    sandbox.control("switches", {"bulk_fault": {"delay_s": 0.02}})
    stop = threading.Event()

    def stop_while_waiting(done, total, text=""):
        if text.startswith("waiting"):
            stop.set()

    first = run.apply(made.digest, bulk=True, stop=stop, progress=stop_while_waiting)
    second = run.apply(made.digest)

    assert first.counts == {}
    with pytest.raises(Paused, match="Shopify goes on with the bulk operation gid://"):
        first.check()
    assert second.counts == {"applied": COUNT}
    assert {outcome.evidence for outcome in second.outcomes} == {"answer"}
    assert effects(sandbox) == in_bulk(sandbox) == {"fulfillmentCancel": COUNT}
    assert len(operations(run.shop)) == 1


class Killed(BaseException):
    pass


def die(*args):
    raise Killed


def die_after(function):
    def call(*args):
        function(*args)
        raise Killed

    return call


@pytest.mark.parametrize(
    ("point", "after", "sent"),
    [
        ("unfulfill.apply.bulk.BulkRounds._looks", True, 0),
        ("unfulfill.apply.bulk_operation.BulkOperations.announce", False, 0),
        ("unfulfill.apply.bulk_operation.upload", False, 0),
        ("unfulfill.apply.bulk_operation.start", False, 0),
        ("unfulfill.apply.bulk_operation.start", True, 1),
        ("unfulfill.apply.bulk.BulkRounds._take", False, 1),
        ("unfulfill.apply.bulk_operation.write_status", True, 1),
        ("unfulfill.apply.bulk.results", False, 1),
        ("unfulfill.apply.bulk.results", True, 1),
        ("unfulfill.apply.bulk.BulkRounds._settle", False, 1),
    ],
)
def test_a_run_that_died_at_any_point_goes_on_and_does_nothing_twice(
    run, sandbox, monkeypatch, point, after, sent
):
    made = plan(run, tag="unfulfilled")
    sandbox.control("switches", {"bulk_fault": {"drop_every": 6, "delay_s": 0.01, "of": "fulfillmentCancel"}})
    with monkeypatch.context() as patch:
        patch.setattr(point, die_after(resolve_name(point)) if after else die)
        with pytest.raises(Killed):
            run.apply(made.digest, bulk=True)
    before = len(operations(run.shop))

    applied = run.apply(made.digest, bulk=True)

    assert before == sent
    assert (applied.counts, applied.paused) == ({"applied": 2 * COUNT}, "")
    assert effects(sandbox) == in_bulk(sandbox) == {"fulfillmentCancel": COUNT, "tagsAdd": COUNT}
    assert len(operations(run.shop)) == 2
    assert set(run.verify().counts) == {"confirmed"}


def test_results_that_were_not_fetched_in_time_are_read_back(run, sandbox, monkeypatch):
    made = plan(run)
    with monkeypatch.context() as patch:
        patch.setattr(bulk, "results", die)
        with pytest.raises(Killed):
            run.apply(made.digest, bulk=True)
    sandbox.control("clock", {"advance_s": 8 * 24 * 3600})

    applied = run.apply(made.digest)

    assert {outcome.evidence for outcome in applied.outcomes} == {"read back"}
    assert "ended as EXPIRED" in applied.notes[0]
    assert in_bulk(sandbox) == {"fulfillmentCancel": COUNT}


CHILD = """
import os, sys
from unfulfill.apply import bulk
from unfulfill.apply.bulk_operation import PREFIX
from unfulfill.run import Run
from unfulfill.settings import sandbox_settings
from unfulfill.shop import Shop
from unfulfill.workbench import Workbench

bulk.FEWEST = 10
url, folder, digest, lock = sys.argv[1:]
shop = Shop(sandbox_settings(url, os.environ["SANDBOX_TOKEN"]))
Workbench(shop, Run(folder), lock=lock).apply(digest, bulk=True)
"""


LOOK_AGAIN = threading.Event()  # is never set


@pytest.mark.parametrize("lines", [0, 1, 15, COUNT, COUNT + 5])
def test_a_process_that_was_killed_in_the_middle_goes_on_and_does_nothing_twice(run, sandbox, lines):
    made = plan(run, tag="unfulfilled")
    sandbox.control("switches", {"bulk_fault": {"delay_s": 0.02}})
    command = [sys.executable, "-c", CHILD, sandbox.url, str(run.run.folder), made.digest, run._lock]
    with subprocess.Popen(command, env={**os.environ, "SANDBOX_TOKEN": sandbox.token}) as child:
        while child.poll() is None and not is_reached(sandbox, run, lines):
            LOOK_AGAIN.wait(0.005)  # who asks without a pause takes the child's time
        child.kill()
    assert child.returncode == -signal.SIGKILL

    applied = run.apply(made.digest, bulk=True)

    assert (applied.counts, applied.paused) == ({"applied": 2 * COUNT}, "")
    assert effects(sandbox) == {"fulfillmentCancel": COUNT, "tagsAdd": COUNT}
    assert verify_journal(run.run.path(JOURNAL), applied.journal_head) > 4 * COUNT


def is_reached(sandbox, run, lines):
    """Whether so many lines were run; 0: the first upload was asked for."""
    if lines:
        return in_bulk(sandbox).total() >= lines
    return any(row["operation"] == "BulkUpload" for row in requests(sandbox))
