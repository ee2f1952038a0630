"""What is written comes back as the same text: through Arrow and openpyxl for any text, and through LibreOffice."""

import csv
import io
import shutil
import subprocess
from pathlib import Path

import openpyxl
import pyarrow as pa
import pytest
from builders import NOW, gid, make_tables, order, quiet
from hypothesis import given, settings
from hypothesis import strategies as st

from unfulfill.audit import audit_shop
from unfulfill.mark import make_marks, mark_rows
from unfulfill.sheets import (
    ResultRow,
    clean_text,
    plain_csv_text,
    safe_csv_text,
    write_marks_sheet,
    write_orders_sheet,
    write_results,
)
from unfulfill.sheets.csv_stream import write_csv
from unfulfill.sheets.safe_columns import clean_column, safe_csv_column
from unfulfill.sheets.unfulfill_file import unfulfill_rows, write_unfulfill_files
from unfulfill.sheets.xlsx_stream import Column, write_workbook

HOSTILE = [
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "2026-10-03", "1-2", "3/4", "1E5", "TRUE", "00123", "0",
    "0034043412345678901234", "9007199254740993", "1,5", "é", "漢字", "🚚", "a\nb", "a\r\nb", " lead", "trail ", "'x",
    "_x0041_", "<b>&amp;</b>", '"quoted"', "a;b,c", "x" * 32_767,
]  # fmt: skip
# Arrow knows no lone surrogates; openpyxl leaves the escape of a text that looks like one (_x005F_) as it stands.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


def workbook_of(texts: list[str | None]) -> bytes:
    out = io.BytesIO()
    write_workbook(out, "Orders", [Column("a", 10)], [pa.table({"a": pa.array(texts, pa.string())})])
    return out.getvalue()


def cells_of(data: bytes) -> list[object]:
    sheet = openpyxl.load_workbook(io.BytesIO(data))["Orders"]
    return [row[0] for row in sheet.iter_rows(min_row=2, values_only=True)]


@given(st.lists(TEXTS, max_size=20))
def test_whole_columns_are_cleaned_as_single_texts_are(texts: list[str]) -> None:
    values = pa.array(texts, pa.string())

    assert clean_column(values).to_pylist() == [clean_text(text) for text in texts]
    assert safe_csv_column(values).to_pylist() == [safe_csv_text(text) for text in texts]


@given(
    st.lists(st.none() | st.sampled_from(HOSTILE) | TEXTS, max_size=20), st.integers(0, 5), st.integers(0, 5)
)
def test_a_part_of_a_column_is_made_safe_as_its_texts_are(
    texts: list[str | None], start: int, length: int
) -> None:
    values = pa.array(texts, pa.string()).slice(start, length)

    assert safe_csv_column(values).to_pylist() == [
        None if text is None else safe_csv_text(text) for text in values.to_pylist()
    ]


def test_a_column_with_a_text_that_is_too_long_is_cut_as_a_single_text_is() -> None:
    texts = ["x" * 40_000, "short", None]

    assert clean_column(pa.array(texts)).to_pylist() == [clean_text(texts[0]), "short", None]


@settings(deadline=None)
@given(st.lists(TEXTS.filter(lambda text: "_x" not in text), min_size=1, max_size=20))
def test_any_text_comes_back_from_a_streamed_workbook(texts: list[str]) -> None:
    assert [cell or "" for cell in cells_of(workbook_of([*texts, "end"]))] == [
        *map(clean_text, texts),
        "end",
    ]


def test_what_a_spreadsheet_would_compute_round_or_take_for_a_date_is_a_text_cell() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(workbook_of(list(HOSTILE))))["Orders"]

    cells = [row[0] for row in sheet.iter_rows(min_row=2)]
    assert [cell.value for cell in cells] == [text.replace("_x0041_", "_x005F_x0041_") for text in HOSTILE]
    assert {(cell.data_type, cell.number_format) for cell in cells} == {("s", "@")}


@settings(deadline=None)
@given(st.lists(st.none() | TEXTS, min_size=1, max_size=20))
def test_any_text_comes_back_from_a_streamed_csv_and_no_cell_is_a_formula(texts: list[str | None]) -> None:
    out = io.BytesIO()
    block = pa.table({"a": pa.array(texts, pa.string()), "b": pa.array([1] * len(texts))})

    write_csv(out, ("a", "b"), [block, block])

    rows = list(csv.reader(io.StringIO(out.getvalue().decode(), newline="")))
    assert rows[0] == ["a", "b"]
    assert [plain_csv_text(a) for a, _ in rows[1:]] == [clean_text(text or "") for text in texts * 2]
    assert not [a for a, _ in rows if a.lstrip(" \u00a0").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))]


def test_numbers_flags_and_missing_values_have_their_form_in_a_csv() -> None:
    out = io.BytesIO()
    block = pa.table({"n": pa.array([1, None]), "b": pa.array([True, None]), "t": pa.array(["0012", None])})

    write_csv(out, ("n", 'a "b"', "t"), [block])

    assert out.getvalue().decode() == '"n","a ""b""","t"\n"1","TRUE","0012"\n,,\n'


# LibreOffice opens what we write


def written(folder: Path) -> dict[str, Path]:
    """Every kind of workbook that we write, with hostile texts in it."""
    texts = [text for text in HOSTILE if len(text) < 100]
    tables = make_tables(
        *(order(n, tags=text) for n, text in enumerate(texts, 1)),
        *(quiet(n, tracking_numbers=text) for n, text in enumerate(texts, 1)),
    )
    marks = make_marks(tables, audit_shop(tables, now=NOW))
    ids = [gid("Fulfillment", n) for n in range(1, 4)]
    marks = mark_rows(marks, decision="unfulfill", fulfillment_ids=ids, reason="=1+1", note="-1")
    write_orders_sheet(folder / "orders.xlsx", tables)
    write_marks_sheet(folder / "marks.xlsx", marks)
    rows, left_out = unfulfill_rows(marks, tables)
    write_unfulfill_files(folder / "files", rows, left_out)
    results = [ResultRow("1", text, "1", "unfulfill", text, "OK", text, "", "") for text in texts]
    write_results(folder / "results.xlsx", results)
    unfulfill = folder / "files" / "orders_unfulfill_1_of_1.xlsx"
    names = {name: folder / f"{name}.xlsx" for name in ("orders", "marks", "results")}
    return {**names, "unfulfill": unfulfill}


def by_openpyxl(path: Path) -> list[list[str]]:
    sheet = openpyxl.load_workbook(path).worksheets[0]
    said = {True: "TRUE", False: "FALSE", None: ""}
    return [
        [said.get(value, str(value)) if not isinstance(value, int | str) or isinstance(value, bool) else str(value)
         for value in row]
        for row in sheet.iter_rows(values_only=True)
    ]  # fmt: skip


def in_libreoffice(text: str) -> str:
    """It knows one line break, and reads the escape of what looks like an escape, which openpyxl does not."""
    return text.replace("_x005F_", "_").replace("\r\n", "\n").replace("\r", "\n")


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice (soffice) is not installed")
def test_libreoffice_opens_every_workbook_and_reads_the_same_texts(tmp_path: Path) -> None:
    paths = written(tmp_path)
    out = tmp_path / "csv"

    subprocess.run(
        [
            "soffice", f"-env:UserInstallation=file://{tmp_path}/office", "--headless", "--convert-to",
            "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false", "--outdir", str(out),
            *map(str, paths.values()),
        ],
        check=True, capture_output=True, timeout=300,
    )  # fmt: skip

    for name, path in paths.items():
        text = (out / f"{path.stem}.csv").read_text(encoding="utf-8")
        read = list(csv.reader(io.StringIO(text, newline="")))
        expected = [[in_libreoffice(cell) for cell in row] for row in by_openpyxl(path)]
        assert (name, read) == (name, expected)
