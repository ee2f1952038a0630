import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unfulfill.sheets import MangledId, clean_text, exact_id, plain_csv_text, safe_csv_text, safe_xlsx_text
from unfulfill.sheets.cells import UnclearText, text_cell
from unfulfill.sheets.safe_columns import clean_column

FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "  =1",
    "\u00a0=1",
    "\ufeff=1",
    "＝1",
    "＋1",
    "－1",
    "＠A",
]
FORMULAS += ["'=1", "''=1"]


@pytest.mark.parametrize("text", FORMULAS)
def test_what_a_spreadsheet_would_compute_gets_an_apostrophe(text: str) -> None:
    assert safe_csv_text(text) == "'" + text


@pytest.mark.parametrize("text", ["#1001", "gid://shopify/Order/1", "2 × TEE", "'55 poster", "a=b", ""])
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert safe_csv_text(text) == text


@given(st.text())
def test_what_was_made_safe_can_be_read_back_exactly(text: str) -> None:
    assert plain_csv_text(safe_csv_text(text)) == clean_text(text)


def test_control_characters_and_direction_marks_are_dropped() -> None:
    assert clean_text("a\x00b\x0bc\u202ed\u2066e\tf\ng") == "abcde\tf\ng"


def test_a_text_longer_than_a_cell_is_cut_and_says_so() -> None:
    assert clean_text("x" * 40_000) == "x" * 32_766 + "…"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("🚚" * 16_383, "🚚" * 16_383),  # 32,766 of Excel's characters
        ("🚚" * 16_383 + "x", "🚚" * 16_383 + "x"),
        ("🚚" * 16_384, "🚚" * 16_383 + "…"),
        ("x" + "🚚" * 16_384, "x" + "🚚" * 16_382 + "…"),  # half of an emoji would be left: it goes too
        ("é" * 32_767, "é" * 32_767),
    ],
)
def test_a_cell_is_as_long_as_excel_counts_an_emoji_is_two(text: str, written: str) -> None:
    assert clean_text(text) == written
    assert clean_column(pa.array(["short", text, None])).to_pylist() == ["short", written, None]
    assert text_cell(clean_text(text)) == written
    assert not isinstance(text_cell(clean_text(text)), UnclearText)


def test_text_that_looks_like_an_escaped_character_is_kept_literal() -> None:
    assert safe_xlsx_text("_x0041_x0042_") == "_x005F_x0041_x005F_x0042_"


@pytest.mark.parametrize(
    "text",
    [
        "5300000000001",
        "5300000000001.0",
        " 5300000000001 ",
        "'5300000000001",
        "gid://shopify/Fulfillment/5300000000001",
    ],
)
def test_an_exact_id_is_read_in_each_way_that_exports_write_it(text: str) -> None:
    assert exact_id(text, "Fulfillment") == "gid://shopify/Fulfillment/5300000000001"


@pytest.mark.parametrize(
    "text",
    [
        "5.3E+12", "5,3E+12", "5.30000000000E+12", "", "0", "-5", "05300000000001", "5_300", "５３００", "٢",
        "5300 000", "TRUE", "5300000000001.5", "gid://shopify/Order/5300000000001", "gid://shopify/Fulfillment/",
        "gid://shopify/Fulfillment/1?x=1", "gid://shopify/Fulfillment/5.3E+12", "12345678901234567890",
    ],
)  # fmt: skip
def test_a_mangled_id_is_refused_and_never_repaired(text: str) -> None:
    with pytest.raises(MangledId):
        exact_id(text, "Fulfillment")
