"""A table as exact texts, whatever kind of file it stands in."""

import io
import zipfile
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from unfulfill.sheets.cells import UnclearText, date_text, is_date_format, number_text
from unfulfill.sheets.grid import open_grids

Row = list[object]


def saved(folder: Path, rows: list[Row], is_1904: bool = False) -> Path:
    book = openpyxl.Workbook()
    if is_1904:
        book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    for row in rows:
        book.worksheets[0].append(row)
    path = folder / "file.xlsx"
    book.save(path)
    return path


def edited(path: Path, old: str, new: str) -> Path:
    """The same workbook with a piece of its sheet replaced."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"].decode()
    assert old in sheet
    parts["xl/worksheets/sheet1.xml"] = sheet.replace(old, new).encode()
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    path.write_bytes(data.getvalue())
    return path


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("6489142231355", "6489142231355"),
        ("123.0", "123"),
        ("6.489142231355E+12", "6489142231355"),
        ("0.30000000000000004", "0.3"),
        ("12.50", "12.5"),
        ("-4", "-4"),
        ("1E-3", "0.001"),
        ("999999999999999", "999999999999999"),
    ],
)
def test_a_number_is_the_digits_that_stand_in_the_file(raw: str, text: str) -> None:
    assert (number_text(raw), type(number_text(raw))) == (text, str)


@pytest.mark.parametrize(
    "raw", ["6.48914E+12", "1000000000000000", "5321456789012345678", "1E400", "nan", "½", "1_0x"]
)
def test_a_number_whose_digits_may_be_lost_is_unclear(raw: str) -> None:
    assert isinstance(number_text(raw), UnclearText)


@pytest.mark.parametrize(
    ("serial", "is_1904", "text"),
    [
        ("46000", False, "2025-12-09"),
        ("46000.5", False, "2025-12-09T12:00:00"),
        ("59", False, "1900-02-28"),
        ("61", False, "1900-03-01"),
        ("0.25", False, "06:00:00"),
        ("44538", True, "2025-12-09"),
    ],
)
def test_a_serial_number_is_a_date_of_its_calendar(serial: str, is_1904: bool, text: str) -> None:
    assert date_text(serial, is_1904) == text


@pytest.mark.parametrize(
    ("code", "is_date"),
    [
        ("yyyy\\-mm\\-dd", True), ("[$-409]d/m/yy h:mm AM/PM;@", True), ("[h]:mm:ss", True), ("General", False),
        ("0.00", False), ('0 "days"', False), ("#,##0.00 [$EUR]", False), ("@", False), ("[Red]0", False),
    ],
)  # fmt: skip
def test_formats_that_show_a_date_are_known(code: str, is_date: bool) -> None:
    assert is_date_format(code) == is_date


@pytest.mark.parametrize("is_1904", [False, True])
def test_cells_of_every_kind_are_text_and_rows_have_their_own_numbers(tmp_path: Path, is_1904: bool) -> None:
    rows: list[Row] = [
        ["ID", "what"],
        [6489142231355, "00123"],
        [None, None],
        [True, date(2026, 10, 3)],
        [12.5, datetime(2026, 10, 3, 9, 12)],
        ["a\nb", "_x0041_ <&>"],
    ]

    grid = open_grids(saved(tmp_path, rows, is_1904))[0]

    assert (grid.name, grid.header, grid.place.at(7)) == ("Sheet", ("ID", "what"), "sheet Sheet, row 7")
    assert list(grid.rows) == [
        (2, ("6489142231355", "00123")),
        (4, ("TRUE", "2026-10-03")),
        (5, ("12.5", "2026-10-03T09:12:00")),
        (6, ("a\nb", "A <&>")),  # openpyxl wrote _x0041_ without an escape, and so it means A
    ]


@pytest.mark.parametrize("text", ["_x0000_", "_xD800_", "_xdfff_"])
def test_an_escape_of_what_is_no_character_stays_as_it_stands(tmp_path: Path, text: str) -> None:
    grid = open_grids(saved(tmp_path, [["ID"], [text]]))[0]

    assert list(grid.rows) == [(2, (text,))]


def test_a_formula_counts_by_its_result(tmp_path: Path) -> None:
    path = edited(saved(tmp_path, [["ID"], ["=1+1"]]), "<v />", "<v>2</v>")

    assert list(open_grids(path)[0].rows) == [(2, ("2",))]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('<dimension ref="A1:A2" />', '<dimension ref="A1:XFD1048576" />'),
        ('<dimension ref="A1:A2" />', '<dimension ref="A1" />'),
    ],
)
def test_a_dimension_is_not_believed(tmp_path: Path, old: str, new: str) -> None:
    path = edited(saved(tmp_path, [["ID"], ["x"]]), old, new)

    assert list(open_grids(path)[0].rows) == [(2, ("x",))]


def test_elements_may_have_a_prefix(tmp_path: Path) -> None:
    path = saved(tmp_path, [["ID"], [5]])
    with zipfile.ZipFile(path) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    body = sheet[sheet.index("<sheetData>") : sheet.index("</sheetData>") + len("</sheetData>")]
    prefixed = body.replace("</", "\0").replace("<", "<x:").replace("\0", "</x:")
    path = edited(
        path,
        body,
        f'<x:y xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{prefixed}</x:y>',
    )

    assert list(open_grids(path)[0].rows) == [(2, ("5",))]


CELLS = st.one_of(
    st.none(),
    st.integers(-(10**14), 10**14),
    st.booleans(),
    st.dates(date(1901, 1, 1), date(2100, 1, 1)),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn")), max_size=8).filter(
        lambda text: "_x" not in text and not text.startswith("=")
    ),
)


def as_text(cell: object) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return str(cell).upper()
        case datetime():
            return cell.date().isoformat()
        case _:
            return str(cell)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=5))
def test_another_reader_sees_the_same_cells(tmp_path: Path, rows: list[tuple[object, ...]]) -> None:
    path = saved(tmp_path, [["a", "b", "c"], *(list(row) for row in rows)])
    seen = [
        tuple(as_text(cell) for cell in row)
        for row in openpyxl.load_workbook(path)
        .worksheets[0]
        .iter_rows(min_row=2, max_col=3, values_only=True)
    ]

    found = [tuple(map(str, cells)) for _, cells in open_grids(path)[0].rows]

    assert found == [row for row in seen if any(cell.strip() for cell in row)]
