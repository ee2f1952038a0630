"""What a person may write for a part of a fulfillment, and what is refused with its reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unfulfill.model import Line
from unfulfill.plan_parts import PartUnclear, part_text, part_units, read_part, split_lines, units_by_line

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


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({MUG: 1}, "MUG=1"),
        ({TEE: 1, MUG: 0}, "11=1"),  # an = in a SKU would be misread by people
        ({TWIN: 1, OTHER: 0}, "13=1"),
        ({TEE: 3, MUG: 2, TWIN: 1, OTHER: 1}, ""),
        ({MUG: 2, TEE: 3}, "MUG=2; 11=3"),
    ],
)
def test_units_are_written_as_a_person_would(wanted, expected):
    assert part_text(LINES, wanted) == expected


@pytest.mark.parametrize("wanted", [{}, {MUG: 0}, {MUG: 3}, {"gid://shopify/LineItem/99": 1}, {MUG: -1}])
def test_units_that_cannot_be_are_refused(wanted):
    with pytest.raises(PartUnclear):
        part_text(LINES, wanted)


SKUS = st.sampled_from(["", "A", "B", "11", "12", "A;B", "A=1", " A", "1.2E+3", "A\nB", "ö", "="])


@given(st.lists(st.tuples(SKUS, st.integers(1, 4), st.integers(0, 4)), min_size=1, max_size=4))
def test_what_is_written_for_units_is_read_as_those_units(told):
    lines = tuple(
        Line(f"gid://shopify/LineItem/{11 + at}", most, sku=sku) for at, (sku, most, _) in enumerate(told)
    )
    wanted = {
        line.line_item_id: min(units, line.quantity) for line, (_, _, units) in zip(lines, told, strict=True)
    }
    if not any(wanted.values()):
        return

    text = part_text(lines, wanted)

    everything = {line.line_item_id: line.quantity for line in lines}
    assert (
        part_units(text, lines) == {id_: units for id_, units in wanted.items() if units}
        if text
        else wanted == everything
    )
