import csv
import io
from dataclasses import replace

from plans_made import cancel, ended, hold, plan_of, tag

from unfulfill.model import Change, Line, RecreateFulfillment, Result, Reversibility, Tracking
from unfulfill.report import write_messages


def again(number: int) -> Change:
    first = cancel(number)
    lines = first.before.lines if first.before is not None and hasattr(first.before, "lines") else ()
    action = RecreateFulfillment(lines, Tracking(), "gid://shopify/Location/1")
    return Change(
        "r1",
        "r1",
        first.order_id,
        first.order_name,
        first.fulfillment_id,
        action,
        Reversibility.NEW_IDS,
        first.before,
    )


def test_each_changed_order_gets_one_draft_and_a_row_of_the_index() -> None:
    plan = plan_of(cancel(1), hold(2), tag(2))

    files = write_messages(plan, ended(*plan.changes))

    assert list(files) == ["0001-1001.txt", "0002-1002.txt", "index.csv"]
    assert list(csv.reader(io.StringIO(files["index.csv"]))) == [
        ["file", "order", "draft", "subject"],
        ["0001-1001.txt", "#1001", "unfulfilled", "Correction to your order #1001"],
        ["0002-1002.txt", "#1002", "held", "Your order #1002 has not been shipped yet"],
    ]


def test_a_draft_says_what_changed_what_it_means_and_what_happens_next() -> None:
    files = write_messages(plan_of(cancel(1)), ended(cancel(1)))

    lines = files["0001-1001.txt"].splitlines()
    assert lines[0] == "Subject: Correction to your order #1001"
    assert "  2 × Tee, black" in lines
    assert {"What it means:", "What happens next:"} <= set(lines)


def test_a_part_is_told_without_what_was_shipped_all_along() -> None:
    whole = cancel(1, lines=(Line("I1", 3, name="Tee"), Line("I2", 1, name="Mug")))
    rest = RecreateFulfillment((Line("I1", 1, name="Tee"), Line("I2", 1, name="Mug")), Tracking(), "L1")
    again = replace(whole, id="m0001-rest", action=rest, before=None)
    plan = plan_of(whole, again)

    for outcomes in (ended(whole, again), ended(whole)):
        files = write_messages(plan, outcomes)

        text = files["0001-1001.txt"]
        assert "Correction to your order #1001" in text
        assert [line for line in text.splitlines() if "×" in line] == ["  2 × Tee"]


def test_an_order_that_was_fulfilled_again_is_told_so() -> None:
    files = write_messages(plan_of(again(1), kind="undo"), ended(again(1)))

    assert "is on its way after all" in files["0001-1001.txt"]


def test_nothing_is_written_for_what_was_not_applied_or_only_tagged() -> None:
    plan = plan_of(cancel(1), cancel(2), tag(3))
    outcomes = ended(cancel(1), result=Result.REFUSED) | ended(cancel(2), result=Result.STALE) | ended(tag(3))

    assert write_messages(plan, outcomes) == {}


def test_the_reason_of_the_operator_stays_inside() -> None:
    plan = plan_of(cancel(1, reason="app went wild, customer is a fraud"))

    assert "fraud" not in "".join(write_messages(plan, ended(*plan.changes)).values())


def test_a_hostile_name_of_an_order_makes_no_path_no_header_and_no_formula() -> None:
    plan = plan_of(cancel(1, name="=../../cmd\nBcc: all@example.test\x00"))

    files = write_messages(plan, ended(*plan.changes))

    (name, text), index = next(iter(files.items())), files["index.csv"]
    assert name == "0001-cmd-Bcc-all-example-test.txt"
    assert text.splitlines()[0] == "Subject: Correction to your order =../../cmd Bcc: all@example.test"
    assert list(csv.reader(io.StringIO(index)))[1][1] == "'=../../cmd Bcc: all@example.test"
