"""Marks of a run folder: kept while their files stay, saved row by row, and never written over unseen."""

import threading
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from unfulfill.errors import MarksChanged, ParameterRefused
from unfulfill.lock import marks_lock
from unfulfill.mark import DECIDED, mark_rows, replace_decided
from unfulfill.sheets import KeptMarks, save_marks
from unfulfill.workbench import Workbench

OpenRun = Callable[..., Workbench]


def changed(marks: pd.DataFrame, *rows: int, **words: str) -> pd.DataFrame:
    """Rows of `marks` as an edit gives them."""
    told = dict.fromkeys(DECIDED, "") | words
    return marks.iloc[list(rows)][["fulfillment_id", *DECIDED]].assign(**told)


@pytest.fixture
def wb(workbench: OpenRun) -> Workbench:
    return workbench(with_audit=True)


def test_rows_are_saved_each_with_its_own_words(wb: Workbench) -> None:
    marks = wb.marks()
    rows = pd.concat(
        [changed(marks, 3, decision="hold"), changed(marks, 1, decision="keep", note=" a\x07\u202e ")]
    )

    state = wb.mark_each(rows, wb.marks_state())

    assert state == wb.marks_state()
    decided = wb.marks()[lambda frame: frame["decision"] != ""]
    assert decided[["decision", "note"]].to_dict("index") == {
        1: {"decision": "keep", "note": "a"},
        3: {"decision": "hold", "note": ""},
    }
    pd.testing.assert_frame_equal(wb.marks(), KeptMarks(wb.run).load())


def test_what_a_person_has_not_seen_is_not_written_over(wb: Workbench, workbench: OpenRun) -> None:
    seen, marks = wb.marks_state(), wb.marks()
    workbench("run").mark("keep", fulfillment_ids=[marks["fulfillment_id"].iloc[0]], reason="ben")
    content = wb.run.path("marks.csv").read_bytes()

    with pytest.raises(MarksChanged, match="changed elsewhere since it was loaded here"):
        wb.mark_each(changed(marks, 2, decision="hold"), seen)
    with pytest.raises(MarksChanged):
        wb.take_marks(wb.run.path("marks.csv"), seen)

    assert wb.run.path("marks.csv").read_bytes() == content
    assert wb.marks()["decision"].tolist()[:3] == ["keep", "", ""]


def test_marks_are_read_again_only_when_a_file_behind_them_changed(wb: Workbench, monkeypatch: Any) -> None:
    read = []
    monkeypatch.setattr(
        wb.run, "load_tables", lambda *given: (read.append(1), type(wb.run).load_tables(wb.run, *given))[1]
    )

    for _ in range(3):
        wb.marks()
    assert read == [1]
    wb.mark("keep", fulfillment_ids=wb.marks()["fulfillment_id"].head(2))
    wb.marks()
    assert read == [1]

    save_marks(
        wb.run, mark_rows(wb.marks(), decision="", fulfillment_ids=wb.marks()["fulfillment_id"].head(1))
    )
    assert wb.marks()["decision"].tolist()[:3] == ["", "keep", ""]
    assert read == [1, 1]


def test_a_table_that_somebody_changes_does_not_change_what_is_kept(wb: Workbench) -> None:
    marks = wb.marks()
    marks.loc[0, "decision"] = "hold"

    assert wb.marks()["decision"].tolist()[0] == ""


@pytest.mark.parametrize(
    ("words", "match"),
    [
        ({"decision": "yes"}, "is not a decision"),
        ({"decision": "hold", "part": "SKU-1=0"}, "not a number of units"),
        ({"decision": "keep", "part": "SKU-1=1"}, "A part goes with"),
    ],
)
def test_rows_that_say_what_cannot_be_are_refused(wb: Workbench, words: dict[str, str], match: str) -> None:
    with pytest.raises(ParameterRefused, match=match):
        wb.mark_each(changed(wb.marks(), 0, **words), wb.marks_state())

    assert not wb.run.has("marks.csv")


def test_a_row_that_is_not_there_or_twice_there_is_refused(wb: Workbench) -> None:
    marks = wb.marks()
    strange = changed(marks, 0, decision="hold").assign(fulfillment_id="gid://shopify/Fulfillment/1")

    with pytest.raises(ParameterRefused, match="not in the marks of this run"):
        replace_decided(marks, strange)
    with pytest.raises(ParameterRefused, match="changed twice at once"):
        replace_decided(marks, changed(marks, 0, 0, decision="hold"))


def test_two_notebooks_that_mark_at_once_lose_nothing(wb: Workbench, workbench: OpenRun) -> None:
    other, ids = workbench("run"), wb.marks()["fulfillment_id"].tolist()

    def mark(bench: Workbench, own: list[str]) -> None:
        for id_ in own:
            bench.mark("keep", fulfillment_ids=[id_])

    threads = [
        threading.Thread(target=mark, args=(wb, ids[:8])),
        threading.Thread(target=mark, args=(other, ids[8:16])),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert set(wb.marks()[lambda frame: frame["decision"] == "keep"]["fulfillment_id"]) == set(ids[:16])


def test_where_nothing_was_exported_no_lock_is_held(tmp_path: Any) -> None:
    with marks_lock(tmp_path), marks_lock(tmp_path):
        assert list(tmp_path.iterdir()) == []
