import pandas as pd
import pytest
from builders import NOW, Rows, fulfillment, gid, line, make_tables, order, quiet

from unfulfill.audit import audit_shop
from unfulfill.errors import ParameterRefused
from unfulfill.mark import make_marks, mark_rows, propose, to_marks
from unfulfill.model import Decision, Mark
from unfulfill.tables import MARKS, check_table

PARTS = (
    order(1, cancelled_at="2026-10-01"),
    quiet(1),
    quiet(2, created_at="2026-10-19"),
    fulfillment(3),
    quiet(4, status="CANCELLED"),
)


def marked(*parts: Rows, earlier: pd.DataFrame | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    tables = make_tables(*parts)
    audit = audit_shop(tables, now=NOW)
    return make_marks(tables, audit, earlier), audit.findings


def told(marks: pd.DataFrame, *columns: str) -> dict[str, tuple[str, ...]]:
    number = marks["fulfillment_id"].str.replace("^.*/", "", regex=True)
    return dict(zip(number, marks[list(columns)].fillna("").itertuples(index=False, name=None), strict=True))


def test_every_live_fulfillment_is_a_row_with_what_the_audit_says() -> None:
    marks, _ = marked(*PARTS)

    check_table(MARKS, marks, "marks")
    assert told(marks, "decision", "right_fix", "locked") == {
        "2": ("", "", ""),
        "1": ("", "unfulfill", ""),
        "3": ("", "", "in transit since 2026-10-03"),
    }


@pytest.mark.parametrize("status", ["PENDING", "OPEN"])
def test_what_a_service_works_on_is_a_row_and_proposed_to_be_stopped_unless_it_left(status: str) -> None:
    facts = {"status": status, "display_status": "CONFIRMED", "service_type": "THIRD_PARTY"}
    parts = (
        quiet(1, **facts),
        quiet(2, status=status),
        quiet(3, **facts, in_transit_at="2026-10-03"),
    )
    marks, findings = marked(*parts)

    proposed = propose(marks, findings)

    assert told(proposed, "decision", "reason") == {
        "1": ("request_cancellation", "third_party_open"),
        "3": ("", ""),
    }


def test_findings_of_one_fulfillment_are_joined_and_the_worst_severity_shown() -> None:
    marks, _ = marked(*PARTS)

    assert told(marks, "findings", "severity")["1"] == ("fulfilled_after_cancel, no_movement", "high")


def test_items_are_named_by_sku_and_else_by_name() -> None:
    marks, _ = marked(line(7, 1, sku=None, name="Lamp"), fulfillment(1, lines={1: 2, 7: 1}))

    assert told(marks, "items") == {"1": ("2 × SKU-1, 1 × Lamp",)}


def test_an_export_without_fulfillments_has_no_marks() -> None:
    marks, _ = marked(order(1))

    check_table(MARKS, marks, "marks")
    assert len(marks) == 0


def test_earlier_decisions_are_kept_and_facts_are_fresh() -> None:
    first, _ = marked(*PARTS)
    first = mark_rows(
        first, decision="unfulfill", fulfillment_ids=[gid("Fulfillment", 2)], reason="burst", by="ann"
    )
    first = first.assign(locked="stale")

    again, _ = marked(*PARTS, earlier=first)

    assert told(again, "decision", "reason", "marked_by", "locked")["2"] == ("unfulfill", "burst", "ann", "")


def test_a_decided_fulfillment_that_is_gone_stays_a_row_so_that_the_plan_can_say_why() -> None:
    first, _ = marked(quiet(1), quiet(2), quiet(3))
    first = mark_rows(first, decision="hold", fulfillment_ids=[gid("Fulfillment", 1), gid("Fulfillment", 2)])

    again, _ = marked(quiet(1, status="CANCELLED"), quiet(3), earlier=first)

    assert told(again, "decision") == {"3": ("",), "1": ("hold",), "2": ("hold",)}


def test_rows_are_marked_by_kind_of_finding() -> None:
    marks, findings = marked(*PARTS)

    by_column = mark_rows(marks, decision="unfulfill", kinds=("no_movement",))
    by_table = mark_rows(marks, decision="unfulfill", kinds=("no_movement",), findings=findings)

    assert (
        told(by_column, "decision")
        == told(by_table, "decision")
        == {"2": ("",), "1": ("unfulfill",), "3": ("",)}
    )


def test_ids_and_kinds_together_mean_rows_that_are_both() -> None:
    marks, _ = marked(*PARTS)
    ids = (gid("Fulfillment", n) for n in (1, 2))

    assert told(mark_rows(marks, decision="keep", fulfillment_ids=ids, kinds=["no_movement"]), "decision")[
        "2"
    ] == ("",)


def test_a_blank_decision_takes_one_back_with_its_reason() -> None:
    marks, _ = marked(*PARTS)
    ids = [gid("Fulfillment", 1)]
    marks = mark_rows(
        marks, decision="unfulfill", fulfillment_ids=ids, reason="a", note="b", override="c", by="d"
    )

    marks = mark_rows(marks, decision="", fulfillment_ids=ids)

    assert told(marks, "decision", "reason", "note", "override", "marked_by")["1"] == ("", "", "", "", "")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"decision": "cancel", "kinds": ["burst"]}, "“cancel” is not a decision"),
        ({"decision": "unfulfill"}, "Nothing says which"),
        ({"decision": "unfulfill", "kinds": ["brst"]}, "the kinds are auto_fulfil, burst"),
        ({"decision": "unfulfill", "kinds": "burst"}, "lists"),
        ({"decision": "unfulfill", "fulfillment_ids": [gid("Fulfillment", 99)]}, "Fulfillment/99"),
        ({"decision": "unfulfill", "kinds": ["burst"], "override": "all are here"}, "row by row"),
        ({"decision": "unfulfill", "kinds": ["burst"], "part": "MUG=1"}, "row by row"),
        (
            {"decision": "keep", "fulfillment_ids": [gid("Fulfillment", 1)], "part": "MUG=1"},
            "goes with unfulfill",
        ),
        ({"decision": "hold", "fulfillment_ids": [gid("Fulfillment", 1)], "part": "MUG=0"}, "whole number"),
    ],
)
def test_a_mark_that_cannot_be_meant_is_refused(options: dict[str, object], said: str) -> None:
    marks, _ = marked(*PARTS)

    with pytest.raises(ParameterRefused, match=said):
        mark_rows(marks, **options)  # type: ignore[arg-type]


def test_marks_are_the_decided_rows_only() -> None:
    marks, _ = marked(*PARTS)
    ids = [gid("Fulfillment", 1)]
    marks = mark_rows(marks, decision="hold", fulfillment_ids=ids, part="SKU-1=1", reason="r", by="ann")

    assert to_marks(marks) == (
        Mark(gid("Fulfillment", 1), gid("Order", 1), "#1001", Decision.HOLD, "r", "", "", "ann", "SKU-1=1"),
    )


@pytest.mark.parametrize(
    ("decision", "part", "expected"),
    [("hold", None, "SKU-1=1"), ("hold", "", ""), ("keep", None, ""), ("", None, "")],
)
def test_a_part_stands_until_it_is_written_anew_or_can_no_longer_be_meant(
    decision: str, part: str | None, expected: str
) -> None:
    marks, _ = marked(quiet(1))
    ids = [gid("Fulfillment", 1)]
    marks = mark_rows(marks, decision="unfulfill", fulfillment_ids=ids, part="SKU-1=1")

    marks = mark_rows(marks, decision=decision, fulfillment_ids=ids, part=part)

    assert told(marks, "decision", "part")["1"] == (decision, expected)


def test_the_same_mark_twice_counts_once_and_two_different_ones_are_refused() -> None:
    marks, _ = marked(quiet(1))
    marks = mark_rows(marks, decision="hold", fulfillment_ids=[gid("Fulfillment", 1)])
    other = marks.assign(decision="keep")

    assert len(to_marks(pd.concat([marks, marks]))) == 1
    with pytest.raises(ParameterRefused, match=r"#1001 .* is marked 2 times and not alike"):
        to_marks(pd.concat([marks, other]))


def test_an_unknown_decision_is_refused_with_its_order() -> None:
    marks, _ = marked(quiet(1))

    with pytest.raises(ParameterRefused, match=r"#1001 .* says “maybe”"):
        to_marks(marks.assign(decision="maybe"))


def test_the_proposal_marks_what_the_audit_advises_and_leaves_locked_and_decided_rows() -> None:
    parts = (
        *PARTS,
        order(5, cancelled_at="2026-10-01"),
        quiet(5),
        order(6, cancelled_at="2026-10-01"),
        fulfillment(6),
    )
    marks, findings = marked(*parts)
    marks = mark_rows(marks, decision="keep", fulfillment_ids=[gid("Fulfillment", 5)], by="ann")

    proposed = propose(marks, findings)

    assert told(proposed, "decision", "reason", "marked_by") == {
        "2": ("", "", ""),
        "1": ("unfulfill", "fulfilled_after_cancel, no_movement", "audit"),
        "3": ("", "", ""),
        "5": ("keep", "", "ann"),
        "6": ("", "", ""),
    }
