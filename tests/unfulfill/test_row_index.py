"""Rows that people look through: what passes a filter, in which order, and edits that can be taken back."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unfulfill.row_index import History, RowFilter, Rows, apply_edit, edit_of, passing

WRITTEN = ("decision", "reason", "override")
SEARCHED = ("order_name", "reason", "items")


def times(*texts: str | None) -> Any:
    return pa.array(texts).cast(pa.timestamp("us", tz="UTC"))


@pytest.fixture
def rows() -> Rows:
    return Rows(
        {
            "order_name": pa.array(["#1000", "#999", "#10", "#2"]),
            "decision": pa.array(["unfulfill", "", "keep", ""]),
            "reason": pa.array(["Burst", "", "", None]),
            "override": pa.array(["", "", "seen", ""]),
            "findings": pa.array(["burst, no_tracking", "no_tracking", None, "no_tracking_at_all"]),
            "incidents": pa.array(["9 at Lager\nall of May", None, "all of May", None]),
            "locked": pa.array([None, "delivered", "in transit", ""]),
            "location_name": pa.array(["Lager", "lager", None, "Laden"]),
            "items": pa.array(["2 × TEE-1", "1 × TEE-10, 3 × MUG (BLUE)", "1 × TEE", "1 × tee-1, 1 × X"]),
            "percent": pa.array([99, 95, None, 10], pa.int64()),
            "created_at": times("2026-10-01T00:00:00Z", "2026-10-01T23:59:59Z", None, "2026-10-02T00:00:00Z"),
        },
        WRITTEN,
        4,
    )


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (RowFilter(), [0, 1, 2, 3]),
        (RowFilter(text="tee"), [0, 1, 2, 3]),
        (RowFilter(text="TEE-1 #2"), [3]),
        (RowFilter(text="burst"), [0]),
        (RowFilter(text="×"), [0, 1, 2, 3]),
        (RowFilter(text="nowhere"), []),
        (RowFilter(equal={"location_name": "Lager"}), [0]),
        (RowFilter(equal={"location_name": "–"}), [2]),
        (RowFilter(equal={"location_name": ""}), [0, 1, 2, 3]),
        (RowFilter(kind="no_tracking"), [0, 1]),
        (RowFilter(incident="all of May"), [0, 2]),
        (RowFilter(decision="marked"), [0, 2]),
        (RowFilter(decision="unmarked"), [1, 3]),
        (RowFilter(decision="keep"), [2]),
        (RowFilter(lock="locked"), [1, 2]),
        (RowFilter(lock="free"), [0, 3]),
        (RowFilter(lock="overridden"), [2]),
        (RowFilter(evidence="sure"), [0, 1]),
        (RowFilter(evidence="likely"), []),
        (RowFilter(evidence="doubtful"), [3]),
        (RowFilter(evidence="none"), [2]),
        (RowFilter(sku="TEE-1"), [0, 3]),
        (RowFilter(sku="tee-1*"), [0, 1, 3]),
        (RowFilter(sku="MUG (BLUE)"), [1]),
        (RowFilter(sku="MUG"), []),
        (RowFilter(since="2026-10-02"), [3]),
        (RowFilter(until="2026-10-01"), [0, 1]),
        (RowFilter(since="2026-10-01", until="2026-10-01"), [0, 1]),
        (RowFilter(text="tee", lock="free", decision="unmarked"), [3]),
    ],
)
def test_rows_that_pass_a_filter(rows: Rows, wanted: RowFilter, expected: list[int]) -> None:
    rows.show(passing(rows, wanted, SEARCHED))

    assert rows.view.tolist() == expected
    assert rows.shown == len(expected)
    assert wanted.is_blank == (wanted in (RowFilter(), RowFilter(equal={"location_name": ""})))


@pytest.mark.parametrize(
    ("name", "ascending", "descending"),
    [
        ("order_name", [3, 2, 1, 0], [0, 1, 2, 3]),  # #2, #10, #999, #1000: numbers, not letters
        ("created_at", [0, 1, 3, 2], [3, 1, 0, 2]),  # what has no time stands last, either way
        ("location_name", [3, 0, 1, 2], [1, 0, 3, 2]),
        ("decision", [2, 0, 1, 3], [0, 2, 1, 3]),
    ],
)
def test_rows_in_order(rows: Rows, name: str, ascending: list[int], descending: list[int]) -> None:
    rows.show(None, name)
    assert rows.view.tolist() == ascending

    rows.show(None, name, descending=True)
    assert rows.view.tolist() == descending


def test_words_with_and_without_numbers_are_sorted_together() -> None:
    words = ["2 × TEE", "Lager 10", "", "lager 9", "Laden", None, "123456789012345678901234", "×"]
    rows = Rows({"a": pa.array(words)}, (), len(words))

    rows.show(None, "a")

    assert [words[row] for row in rows.view] == [
        "2 × TEE", "123456789012345678901234", "Laden", "lager 9", "Lager 10", "×", "", None,
    ]  # fmt: skip


def test_a_written_column_is_sorted_and_searched_as_it_is_now(rows: Rows) -> None:
    rows.show(None, "reason")
    apply_edit(rows, edit_of(rows, np.array([1]), {"reason": "Aardvark"}))

    rows.show(None, "reason")
    assert rows.view.tolist() == [1, 0, 2, 3]
    rows.show(passing(rows, RowFilter(text="aard"), SEARCHED))
    assert rows.view.tolist() == [1]
    assert rows["reason"].texts(range(4)) == ["Burst", "Aardvark", "", ""]


def test_texts_are_those_of_the_rows_asked_for(rows: Rows) -> None:
    assert rows["created_at"].texts(range(1, 3)) == ["2026-10-01 23:59", ""]
    assert rows["percent"].texts(np.array([2, 0])) == ["", "99"]
    assert list(rows.numbers(3, 9)) == [3]
    assert list(rows.numbers(7, 9)) == []


@pytest.mark.parametrize(
    ("text", "start", "place"),
    [("99", 0, 1), ("#1", 0, 0), ("1", 1, 2), ("1", 3, 0), ("2", 0, 3), ("7", 0, -1)],
)
def test_the_next_order_that_begins_so(rows: Rows, text: str, start: int, place: int) -> None:
    assert rows.beginning("order_name", text, start) == place


def test_a_place_is_one_of_the_view(rows: Rows) -> None:
    rows.show(np.array([False, True, True, True]), "order_name")  # #2, #10, #999

    assert rows.beginning("order_name", "9", 0) == 2
    assert rows.beginning("order_name", "1000", 0) == -1


def test_columns_are_read_when_they_are_needed() -> None:
    asked: list[str] = []
    rows = Rows({"a": lambda: asked.append("a") or pa.array(["x"]), "b": pa.array(["y"])}, (), 1)

    assert (rows["a"].is_at_hand, rows["b"].is_at_hand, asked) == (False, True, [])
    assert rows["a"].equals("x").tolist() == [True]
    assert (rows["a"].is_at_hand, asked) == (True, ["a"])


def test_what_is_counted_are_the_words_of_now(rows: Rows) -> None:
    assert rows["decision"].counted() == [("", 2), ("keep", 1), ("unfulfill", 1)]

    apply_edit(rows, edit_of(rows, np.array([0, 2]), {"decision": ""}))

    assert rows["decision"].counted() == [("", 4)]


def test_rows_that_say_so_already_are_not_in_an_edit(rows: Rows) -> None:
    edit = edit_of(rows, np.arange(4), {"decision": "keep", "reason": pa.array(["Burst", "", "", "x"])})

    assert edit.rows.tolist() == [0, 1, 3]


def test_what_was_written_is_told_by_key(rows: Rows) -> None:
    apply_edit(rows, edit_of(rows, np.array([3]), {"decision": "hold"}))

    table = rows.written_table(np.array([3, 0]), "order_name").to_pylist()

    assert table == [
        {"order_name": "#2", "decision": "hold", "reason": "", "override": ""},
        {"order_name": "#1000", "decision": "unfulfill", "reason": "Burst", "override": ""},
    ]


WORDS = st.sampled_from(["", "a", "b", "ab", "new"])
ROWS = st.lists(st.integers(0, 5), max_size=6, unique=True)
EDITS = st.lists(st.tuples(ROWS, st.dictionaries(st.sampled_from(["x", "y"]), WORDS, min_size=1)), max_size=8)


@given(st.lists(WORDS, min_size=6, max_size=6), EDITS)
def test_edits_taken_back_leave_everything_as_it_was(words: list[str], edits: list[Any]) -> None:
    rows = Rows({"x": pa.array(words), "y": pa.array(words[::-1])}, ("x", "y"), 6)
    model = {"x": list(words), "y": words[::-1]}
    states, history = [{name: list(column) for name, column in model.items()}], History()
    for numbers, told in edits:
        edit = edit_of(rows, np.array(numbers, dtype=np.int64), told)
        apply_edit(rows, edit)
        history.add(edit)
        for name, word in told.items():
            for number in numbers:
                model[name][number] = word
        states.append({name: list(column) for name, column in model.items()})
        assert {name: rows[name].texts(range(6)) for name in model} == model

    for state in reversed(states[:-1]):
        apply_edit(rows, history.done[-1].undone())
        history.undo()
        assert {name: rows[name].texts(range(6)) for name in state} == state
    for state in states[1:]:
        apply_edit(rows, history.undone[-1])
        history.redo()
        assert {name: rows[name].texts(range(6)) for name in state} == state


def test_a_new_edit_ends_what_could_be_done_again(rows: Rows) -> None:
    history = History()
    for word in ("a", "b"):
        history.add(edit_of(rows, np.array([0]), {"reason": word}))
    history.undo()
    assert (len(history.done), len(history.undone)) == (1, 1)

    history.add(edit_of(rows, np.array([1]), {"reason": "c"}))

    assert (len(history.done), len(history.undone)) == (2, 0)


def test_a_table_without_rows_can_be_asked_everything() -> None:
    rows = Rows({"a": pa.array([], pa.string()), "b": pa.array([], pa.string())}, ("b",), 0)

    rows.show(passing(rows, RowFilter(text="x", equal={"a": "y"}), ("a", "b")), "b")

    assert (rows.shown, rows["a"].counted(), rows.beginning("a", "1", 0)) == (0, [], -1)
