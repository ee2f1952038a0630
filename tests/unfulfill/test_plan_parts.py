"""What a person may write for a part of a fulfillment, and what is refused with its reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unfulfill.model import Line
from unfulfill.plan_parts import PartUnclear, part_units, read_part, split_lines, units_by_line

TEE, MUG = "gid://shopify/LineItem/11", "gid://shopify/LineItem/12"
TWIN, OTHER = "gid://shopify/LineItem/13", "gid://shopify/LineItem/14"
LINES = (
    Line(TEE, 3, sku="TEE-BLK=M"),
    Line(MUG, 2, sku="MUG"),
    Line(TWIN, 1, sku="TWIN"),
    Line(OTHER, 1, sku="TWIN"),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MUG=1", {MUG: 1}),
        ("MUG", {MUG: 2}),
        (" MUG = 2 ; 11=1; ", {MUG: 2, TEE: 1}),
        ("TEE-BLK=M=3", {TEE: 3}),
        ("gid://shopify/LineItem/13\nMUG=1", {TWIN: 1, MUG: 1}),
        ("11\u00a0=\u00a02", {TEE: 2}),
        ("", {}),
    ],
)
def test_a_line_is_named_by_its_sku_or_its_id_with_units_or_whole(text, expected):
    assert part_units(text, LINES) == expected


@pytest.mark.parametrize("count", ["0", "-1", "1.5", "1,5", "01", "1e3", "two", "", "١", "1234567890"])
def test_units_are_a_whole_number_from_one(count):
    with pytest.raises(PartUnclear, match="not a number of units"):
        read_part(f"MUG={count}")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("CUP=1", "no SKU or order line “CUP”; it has TEE-BLK=M, MUG, TWIN"),
        ("mug=1", "did you mean MUG?"),
        ("MUG=3", "3 units of MUG are asked for and 2 were fulfilled"),
        ("TWIN=1", "TWIN stands on 2 lines of this fulfillment; name one by its order line id: 13, 14"),
        ("MUG=1; MUG=1", "“MUG” is named twice"),
        ("MUG=1; 12=1", "“12” is a line that is named already"),
        ("TEE-BLK=M", "“M” in “TEE-BLK=M” is not a number of units"),
        ("5.3E+12=1", "rounded by a spreadsheet"),
        ("53E12=1", "rounded by a spreadsheet"),
        ("5300000000011.0=1", "no SKU or order line"),
        ("=2", "names no line"),
        (";", "names no line"),
    ],
)
def test_what_is_unclear_is_refused_with_its_reason(text, words):
    with pytest.raises(PartUnclear) as refused:
        part_units(text, LINES)

    assert words in str(refused.value)


def test_a_number_that_is_the_sku_of_one_line_and_the_id_of_another_is_refused():
    lines = (Line(TEE, 1, sku="12"), Line(MUG, 1, sku="MUG"))

    with pytest.raises(PartUnclear, match="stands on 2 lines"):
        part_units("12=1", lines)


@given(
    st.lists(st.tuples(st.sampled_from([TEE, MUG, TWIN]), st.integers(1, 5), st.integers(0, 5)), max_size=6)
)
def test_every_unit_is_in_the_part_or_in_the_rest(rows):
    lines = [Line(id_, quantity) for id_, quantity, _ in rows]
    whole = units_by_line(lines)
    wanted = {id_: min(taken, whole[id_]) for id_, _, taken in rows if taken}

    part, rest = split_lines(lines, wanted)

    assert units_by_line(part) == dict(sorted(wanted.items()))
    assert units_by_line([*part, *rest]) == whole
    assert all(line.quantity > 0 for line in (*part, *rest))
