"""Plain rows of a workbook are read quickly, and never otherwise than the XML parser reads them."""

import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sheets_made import END, HEAD, STRANGE, STRANGE_ROWS, cut, damaged, made_sheet, text_cell

from unfulfill.errors import SheetRefused
from unfulfill.sheets.cells import UnclearText
from unfulfill.sheets.plain_rows import PlainRows
from unfulfill.sheets.row_sorter import RowSorter
from unfulfill.sheets.strict_rows import HiddenRow, StrictRows
from unfulfill.sheets.workbook_parts import Book, SheetPart, feed, make_parser
from unfulfill.sheets.workbook_text import read_rows, read_strictly

BOOK = Book(Path("a.xlsx"), (), ("shared", "", "two\nlines"), frozenset([2]), False)


def read(pieces: list[bytes], is_quick: bool) -> tuple[list[object], str]:
    """The rows, with what is known of each number and cell, and why the sheet is refused."""
    strict = StrictRows(BOOK, "a.xlsx")
    parser = make_parser("a.xlsx", strict.start, strict.end, strict.text)
    sorter = RowSorter(strict, PlainRows(BOOK), lambda piece: feed(parser, "a.xlsx", piece))
    if not is_quick:
        sorter.give_up()
    try:
        for piece in pieces:
            sorter.take(piece)
        sorter.give_up()
        feed(parser, "a.xlsx", b"", is_last=True)
    except SheetRefused as refused:
        return [], str(refused).partition("(")[0]  # then comes a place that counts only what the parser got
    rows = [(type(number), number, [known(cell) for cell in cells]) for number, cells in strict.take()]
    return [*rows, strict.merged], ""


def known(cell: str) -> tuple[object, ...]:
    return type(cell), len(cell), cell[:40], cell.why if isinstance(cell, UnclearText) else ""


def assert_the_same(xml: bytes, seed: int) -> None:
    strictly = read([xml], is_quick=False)

    assert read([xml], is_quick=True) == strictly
    assert read(cut(xml, seed), is_quick=True) == strictly


@settings(max_examples=400, deadline=None)
@given(seed=st.integers(0, 2**32), strange=st.sampled_from([0.0, 0.05, 0.3]))
def test_any_sheet_is_read_or_refused_as_the_parser_alone_does_it(seed: int, strange: float) -> None:
    assert_the_same(made_sheet(seed, strange), seed)


@settings(max_examples=400, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_a_damaged_sheet_is_read_or_refused_as_the_parser_alone_does_it(seed: int) -> None:
    assert_the_same(damaged(made_sheet(seed, 0.02), seed), seed)


def test_a_cell_after_the_rows_is_taken_as_the_parser_alone_takes_it() -> None:
    xml = damaged(made_sheet(24328101, 0.02), 24328101)  # it has one in the list of merged cells

    assert b'<mergeCell ref="A1:B1"/>/><c r="C3"/>' in xml
    assert_the_same(xml, 24328101)


@pytest.mark.nightly
def test_a_hundred_thousand_sheets_are_read_as_the_parser_alone_does_it() -> None:
    for seed in range(100_000):
        xml = made_sheet(seed, (0.0, 0.05, 0.3)[seed % 3])
        assert_the_same(damaged(xml, seed) if seed % 2 else xml, seed)


@pytest.mark.parametrize("strange", STRANGE)
@pytest.mark.parametrize("address", ["", ' r="A1"'])
def test_a_strange_cell_between_plain_ones_is_read_as_the_parser_alone_does_it(
    strange: str, address: str
) -> None:
    row = f"<row>{text_cell('a', address)}{strange}{text_cell('b', '')}</row>"
    plain = f"<row>{text_cell('c', '')}</row>"
    xml = f"{HEAD}<sheetData>{plain}{row}{plain}</sheetData>{END}"

    assert_the_same(xml.encode("utf-8", "surrogateescape"), 1)


@pytest.mark.parametrize("strange", STRANGE_ROWS)
def test_a_strange_row_between_plain_ones_is_read_as_the_parser_alone_does_it(strange: str) -> None:
    plain = f"<row>{text_cell('c', '')}</row>"
    xml = f"{HEAD}<sheetData>{plain}{strange.format(2, 2)}{text_cell('a', '')}</row>{plain}</sheetData>{END}"

    assert_the_same(xml.encode(), 1)


@pytest.mark.parametrize(
    "head",
    [
        "<worksheet>", "<worksheet><!--", "<worksheet><![CDATA[", "<worksheet><row><c><v>", "<worksheet><rPh>",
        "<worksheet><v>1</v>", '<?xml version="1.0" encoding="us-ascii"?><worksheet>', "<a/>", "",
        '<?xml version="1.0" encoding="latin-1"?><worksheet>', "\ufeff<worksheet>", "<!DOCTYPE x><worksheet>",
        '<worksheet a="', "<worksheet><sheetData></sheetData>", "<worksheet><sheetData/>", "<worksheet><sheetData>",
    ],
)  # fmt: skip
def test_what_stands_before_the_rows_hides_none_from_the_parser(head: str) -> None:
    rows = f"<row>{text_cell('ä', '')}</row><row>{text_cell('b', '')}</row>"
    for end in (
        "</sheetData></worksheet>",
        "]]>--></v></c></row></sheetData></worksheet>",
        "</v></c></row></sheetData>",
    ):
        assert_the_same(f"{head}<sheetData>{rows}{end}".encode(), 1)


@pytest.mark.parametrize(
    ("row", "cells"),
    [
        ('<row><c s="1" t="inlineStr"><is><t xml:space="preserve">a &lt; b</t></is></c><c/><c t="b"><v>1</v></c>',
         ["a < b", "", "TRUE"]),
        ('<row r="7" x14ac:dyDescent="0.25"><c r="A7" t="s"><v>0</v></c><c r="C7" s="2"><v>46000</v></c>',
         ["shared", "", "2025-12-09"]),
        ('\n<row r="7" hidden="1"><c r="B7" s="1" t="n"><v>6489142231355</v></c><c r="C7" s="1"/>',
         ["", "6489142231355"]),
    ],
)  # fmt: skip
def test_rows_of_the_usual_writers_are_plain(row: str, cells: list[str]) -> None:
    assert PlainRows(BOOK).read(row.encode(), 6) == (7, cells)


def test_a_damaged_sheet_is_refused_in_the_words_of_the_parser_that_read_all_of_it(tmp_path: Path) -> None:
    rows = f"<row>{text_cell('a', '')}</row>" * 3
    book = replace(BOOK, path=tmp_path / "a.xlsx")
    with zipfile.ZipFile(book.path, "w") as archive:
        archive.writestr("s.xml", f"{HEAD}<sheetData>{rows}<row></sheetData>{END}")
    sheet = SheetPart("Orders", "s.xml", is_hidden=False)
    with pytest.raises(SheetRefused) as strictly:
        list(read_strictly(book, sheet))

    with pytest.raises(SheetRefused) as refused:
        list(read_rows(book, sheet))

    assert str(refused.value) == str(strictly.value)


def test_a_hidden_row_has_a_number_that_says_so() -> None:
    found = PlainRows(BOOK).read(b'<row hidden="1"><c><v>1</v></c>', 6)

    assert found is not None
    assert isinstance(found[0], HiddenRow)
