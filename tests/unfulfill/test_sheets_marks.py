import csv
import io
from pathlib import Path

import pandas as pd
import pytest
from builders import NOW, gid, make_tables, order, quiet

from unfulfill.audit import audit_shop
from unfulfill.errors import SheetRefused
from unfulfill.mark import make_marks, mark_rows
from unfulfill.sheets import read_marks, write_marks


def made() -> pd.DataFrame:
    tables = make_tables(order(1, name="=cmd|' /C calc'!A0"), quiet(1), quiet(2), quiet(3))
    marks = make_marks(tables, audit_shop(tables, now=NOW))
    ids = [gid("Fulfillment", 2)]
    return mark_rows(marks, decision="hold", fulfillment_ids=ids, reason="-1 unit", note="two\nlines")


def edited(folder: Path, header: str, *rows: str) -> pd.DataFrame:
    path = folder / "marks.csv"
    path.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
    return read_marks(path)


def test_marks_come_back_as_they_were_written(tmp_path: Path) -> None:
    marks = made()
    path = tmp_path / "marks.csv"
    path.write_bytes(write_marks(marks))

    pd.testing.assert_frame_equal(read_marks(path), marks)


def test_the_file_opens_in_excel_and_holds_no_formula() -> None:
    content = write_marks(made())

    assert content.startswith(b"\xef\xbb\xbf")
    cells = [cell for row in csv.reader(io.StringIO(content.decode("utf-8-sig"))) for cell in row]
    assert not [cell for cell in cells if cell.lstrip(" ").startswith(("=", "+", "-", "@"))]
    assert "'=cmd|' /C calc'!A0" in cells


def test_a_file_that_excel_saved_with_semicolons_is_read(tmp_path: Path) -> None:
    marks = edited(tmp_path, "fulfillment_id;decision;reason;created_at;tracking_numbers",
                   "gid://shopify/Fulfillment/1;Unfulfill ;burst;03.10.2026 09:12;1,23E+15")  # fmt: skip

    written = marks[["fulfillment_id", "decision", "reason"]].to_numpy().tolist()
    assert written == [[gid("Fulfillment", 1), "unfulfill", "burst"]]
    assert marks["created_at"].isna().all()


@pytest.mark.parametrize(
    ("word", "decision"),
    [
        ("x", "unfulfill"),
        ("YES", "unfulfill"),
        ("ja", "unfulfill"),
        ("WAHR", "unfulfill"),
        ("no", "keep"),
        ("", ""),
    ],
)
def test_a_plain_yes_or_no_is_understood(tmp_path: Path, word: str, decision: str) -> None:
    assert edited(tmp_path, "fulfillment_id,decision", f"1,{word}")["decision"].tolist() == [decision]


@pytest.mark.parametrize("word", ["maybe", "n/a", "?", "unfulfil", "unfulfill hold"])
def test_an_unknown_decision_is_refused_with_its_line(tmp_path: Path, word: str) -> None:
    with pytest.raises(SheetRefused, match="line 3, column decision"):
        edited(tmp_path, "fulfillment_id,decision", "1,keep", f"2,{word}")


def test_a_mangled_id_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(SheetRefused, match=r"line 2, column fulfillment_id: “5\.3E\+12” was rounded"):
        edited(tmp_path, "fulfillment_id,decision", "5.3E+12,unfulfill")


def test_the_same_mark_twice_counts_once(tmp_path: Path) -> None:
    assert (
        len(edited(tmp_path, "fulfillment_id,decision", "1,x", "gid://shopify/Fulfillment/1,unfulfill")) == 1
    )


@pytest.mark.parametrize("second", ["1,keep,", "1,unfulfill,came back"])
def test_one_fulfillment_marked_two_ways_is_refused(tmp_path: Path, second: str) -> None:
    with pytest.raises(SheetRefused, match=r"line 3: .* keep one"):
        edited(tmp_path, "fulfillment_id,decision,override", "1,unfulfill,", second)


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(SheetRefused, match="has 3 problems"):
        edited(tmp_path, "fulfillment_id,decision", "x,maybe", "2,?")


@pytest.mark.parametrize("header", ["id,decision", "fulfillment_id,what"])
def test_a_lost_column_is_refused(tmp_path: Path, header: str) -> None:
    with pytest.raises(SheetRefused, match="has no column"):
        edited(tmp_path, header, "1,keep")


def test_a_part_is_read_as_it_was_written(tmp_path: Path) -> None:
    ids = [gid("Fulfillment", 1)]
    marks = mark_rows(made(), decision="unfulfill", fulfillment_ids=ids, part="-SKU=1; MUG")
    (tmp_path / "marks.csv").write_bytes(write_marks(marks))

    again = read_marks(tmp_path / "marks.csv")

    pd.testing.assert_frame_equal(again, marks)
    assert again.set_index("fulfillment_id").loc[ids[0], "part"] == "-SKU=1; MUG"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("2,unfulfill,MUG=0", "line 3, column part: “0” in “MUG=0” is not a number of units"),
        ("2,hold,MUG=1.5", "line 3, column part: “1.5” in “MUG=1.5” is not a number of units"),
        ("2,hold,5.3E+12=1", "line 3, column part: “5.3E+12” was rounded"),
        ("2,keep,MUG=1", "line 3, column part: units are named, and the decision is keep"),
        ("2,,MUG=1", "line 3, column part: units are named, and the decision is blank"),
        ("2,request_cancellation,MUG", "line 3, column part: units are named"),
        ("1,unfulfill,MUG=1", "line 3: gid://shopify/Fulfillment/1 is marked unfulfill here"),
    ],
)
def test_a_part_that_cannot_be_meant_is_refused_with_its_line(tmp_path: Path, row: str, words: str) -> None:
    with pytest.raises(SheetRefused) as refused:
        edited(tmp_path, "fulfillment_id,decision,part", "1,unfulfill,", row)

    assert words in str(refused.value)


def test_a_file_from_before_there_were_parts_is_read(tmp_path: Path) -> None:
    assert edited(tmp_path, "fulfillment_id,decision", "1,hold")["part"].tolist() == [""]


def test_written_marks_end_their_times_with_the_second(tmp_path: Path) -> None:
    marks = made()
    at = pd.Series(pd.to_datetime(["2026-10-03T09:12:33.999999Z"] * len(marks), utc=True))
    marks = marks.assign(created_at=at.astype(marks["created_at"].dtype))

    content = write_marks(marks).decode("utf-8-sig")

    assert {row["created_at"] for row in csv.DictReader(io.StringIO(content))} == {"2026-10-03T09:12:33Z"}
