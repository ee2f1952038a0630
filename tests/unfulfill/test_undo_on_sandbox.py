"""Undo against the real sandbox: from the journal alone, for some, again and again, and its own undo."""

import json
from dataclasses import replace

import pytest
from on_sandbox import applied, choose, effects, names, rows, shipped, stock, undone

from unfulfill.apply import plans_in_journal
from unfulfill.errors import ParameterRefused, RunFolderRefused
from unfulfill.journal import read_journal
from unfulfill.model import Line, RecreateFulfillment, Reversibility
from unfulfill.plan import seal


@pytest.fixture
def bench(workbench):
    """A run with an audit, nothing marked."""
    return workbench(with_audit=True)


def test_an_undo_needs_no_plan_json_and_no_other_file_but_the_journal(bench, sandbox):
    before = shipped(sandbox), stock(sandbox)
    applied(bench, 3, decision="hold", tag="unfulfilled")
    for name in ("plan.json", "marks.csv", "findings.parquet"):
        bench.run.path(name).unlink()

    plan, done = undone(bench)

    assert done.check().paused == ""
    assert plan.skips == ()
    assert (shipped(sandbox), stock(sandbox)) == before


def test_an_undo_is_of_the_plan_that_was_applied_and_not_of_one_that_was_written_since(bench):
    made = applied(bench, 2)
    other = seal(replace(made, changes=made.changes[:1], kind="unfulfill"))
    bench.run.save_plan(other)

    assert set(names(bench.undo())) == set(names(made))


def test_a_plan_that_was_edited_in_the_journal_is_refused(bench):
    applied(bench)
    events = read_journal(bench.run.path("journal.sqlite"))
    body = {**events[0].body, "plan": {**events[0].body["plan"], "kind": "undo"}}

    with pytest.raises(RunFolderRefused, match="does not match its digest"):
        plans_in_journal([replace(events[0], body=body), *events[1:]])


def test_a_journal_of_an_earlier_version_rests_on_plan_json(bench, monkeypatch):
    monkeypatch.setattr("unfulfill.apply.engine.to_json", lambda plan: None)
    made = applied(bench)

    assert names(bench.undo()) == names(made)
    bench.run.path("plan.json").unlink()
    with pytest.raises(RunFolderRefused, match=r"put the plan\.json of that time back"):
        bench.undo()


def test_a_lost_plan_json_is_written_again_from_the_journal(bench):
    made = applied(bench, 2)
    bench.run.path("plan.json").unlink()

    assert bench.plan() == made


def test_several_plans_of_one_run_are_taken_back_together_the_last_first(bench, sandbox):
    before = shipped(sandbox)
    first = applied(bench, 1)
    bench.run.path("plan.json").rename(bench.run.path("journal_of_old.json"))
    second = plan_another(bench, first)
    bench.apply(second.digest).check()

    plan, done = undone(bench)

    assert names(plan) == [*names(second), *names(first)]
    assert done.check().paused == ""
    assert shipped(sandbox) == before


def plan_another(bench, first):
    """A second plan in the same run folder, of another fulfillment, as if plan.json had been changed by hand."""
    chosen = choose(bench, 2)[1]
    bench.mark("", fulfillment_ids=[first.changes[0].fulfillment_id])
    bench.mark("unfulfill", fulfillment_ids=[chosen])
    journal = bench.run.path("journal.sqlite")
    aside = journal.with_name("aside.sqlite")
    journal.rename(aside)
    second = bench.plan()
    aside.rename(journal)
    return second


def test_a_case_of_two_plans_is_named_by_its_order(bench):
    first = applied(bench, 1)
    bench.run.path("plan.json").unlink()
    second = plan_another(bench, first)
    bench.apply(second.digest).check()

    with pytest.raises(ParameterRefused, match="stands in 2 plans of this run"):
        bench.undo(cases=["m0001"])
    assert names(bench.undo(cases=["p2-m0001"])) == names(second)


def test_one_order_is_undone_then_one_case_then_the_rest_and_then_nothing_is_left(bench, sandbox):
    before = shipped(sandbox)
    made = applied(bench, 4)
    first, second, *rest = made.changes

    one, _ = undone(bench, orders=[first.order_name.removeprefix("#")])
    two, _ = undone(bench, cases=[second.case])
    three, done = undone(bench)

    assert [names(one), names(two), names(three)] == [
        [first.order_name],
        [second.order_name],
        [change.order_name for change in reversed(rest)],
    ]
    assert done.check().paused == ""
    assert shipped(sandbox) == before
    assert bench.undo() == three
    assert bench.undo_summary()["applied"] == 4
    assert effects(sandbox)["fulfillmentCreate"] == 4


def test_results_of_an_undo_stay_when_another_one_follows(bench):
    first, second = applied(bench, 2).changes
    one, _ = undone(bench, orders=[first.order_name])
    bench.undo_workbench().verify()

    bench.undo(orders=[second.order_name])

    earlier = bench.undo_workbench().run.folder / "earlier" / one.digest[:12]
    assert {path.name for path in earlier.iterdir()} >= {"plan.json", "results.xlsx", "verdicts.json"}
    assert json.loads((earlier / "plan.json").read_text())["digest"] == one.digest


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({"orders": ["#1", "2"]}, r"did not change the order #1, 2; it changed 2 orders, the first is #"),
        ({"cases": ["m9999"]}, r"did not change the case m9999; it changed 2 cases, the first is m0001"),
    ],
)
def test_a_name_that_the_run_did_not_change_is_refused(bench, chosen, words):
    applied(bench, 2)

    with pytest.raises(ParameterRefused, match=words):
        bench.undo(**chosen)


def test_an_undo_that_has_begun_is_brought_to_its_end_before_another_is_planned(bench, sandbox):
    first, second = applied(bench, 2).changes
    begun = bench.undo(orders=[first.order_name])
    sandbox.control("faults", {"add": {"kind": "throttled", "field": "fulfillmentCreate", "count": 6}})
    assert bench.undo_workbench().apply(begun.digest).paused
    bench.undo_workbench().run.path("plan.json").unlink()

    with pytest.raises(RunFolderRefused, match="apply it to its end first"):
        bench.undo(orders=[second.order_name])
    with pytest.raises(RunFolderRefused, match="apply it to its end first"):
        bench.undo(cases=[second.case])

    assert bench.undo() == bench.undo(orders=[first.order_name]) == begun
    assert bench.undo_workbench().apply(begun.digest).check().counts["applied"] == 1


def test_the_undo_of_an_undo_gives_the_state_after_apply_again(bench, sandbox):
    start = shipped(sandbox), stock(sandbox)
    applied(bench, 3, decision="hold", tag="unfulfilled")
    after_apply = shipped(sandbox), stock(sandbox)
    undone(bench)
    after_undo = shipped(sandbox), stock(sandbox)

    inner = bench.undo_workbench()
    _, done = undone(inner)

    assert after_undo == start != after_apply
    assert done.check().paused == ""
    assert (shipped(sandbox), stock(sandbox)) == after_apply
    assert set(inner.undo_workbench().verify().counts) == {"confirmed"}
    held = rows(sandbox, "select count(*) from hold where handle like 'uw-%'")
    assert held == [(3,)]
    _, again = undone(inner.undo_workbench())
    assert again.check().paused == ""
    assert (shipped(sandbox), stock(sandbox)) == start


def test_a_partial_unfulfill_is_taken_back_whole(bench, sandbox):
    before = shipped(sandbox), stock(sandbox)
    made = partial(bench)
    bench.apply(made.digest).check()
    assert set(bench.verify().counts) == {"confirmed"}

    plan, done = undone(bench)

    assert [change.kind for change in plan.changes][:2] == ["CancelFulfillment", "RecreateFulfillment"]
    assert done.check().paused == ""
    assert (shipped(sandbox), stock(sandbox)) == before


def partial(bench):
    """A plan that cancels a fulfillment of several units and fulfils all but one again."""
    bench.mark("unfulfill", fulfillment_ids=choose(bench, 1, units=2))
    plan = bench.plan()
    (cancel,) = plan.changes
    (line,) = cancel.before.lines
    rest = RecreateFulfillment(
        (Line(line.line_item_id, line.quantity - 1, "", line.sku, line.name),),
        cancel.before.tracking,
        cancel.before.location_id,
    )
    second = replace(
        cancel, id=f"{cancel.case}-rest", action=rest, before=None, needs=(cancel.id,),
        reversibility=Reversibility.NEW_IDS,
    )  # fmt: skip
    split = seal(replace(plan, changes=(cancel, second)))
    bench.run.save_plan(split)
    return split


def test_a_case_that_is_half_done_is_open_until_it_is_whole_and_can_be_undone(bench, sandbox):
    before = shipped(sandbox)
    made = partial(bench)
    refusal = {"kind": "user_error", "field": "fulfillmentCreate", "count": 1, "message": "not now"}
    sandbox.control("faults", {"add": refusal})

    bench.apply(made.digest)
    halves = bench.verify().verdicts[1]
    report = bench.report().read_text()
    _, done = undone(bench)

    assert halves.kind.value == "not applied"
    assert "half done: the rest is not fulfilled again yet (Shopify refused: not now" in halves.message
    assert "open: half done" in report
    assert next(step.text for step in bench.status().steps if step.name == "apply") == (
        "1 of 2 changes done, 1 case half done"
    )
    assert done.check().counts["applied"] >= 1
    assert shipped(sandbox) == before
