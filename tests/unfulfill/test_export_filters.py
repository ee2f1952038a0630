from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from unfulfill.errors import ParameterRefused, SheetRefused
from unfulfill.export import Filters, names_from_file
from unfulfill.export.filters import here, searches

ID = "6100000000001"


def test_no_filter_is_one_empty_search() -> None:
    assert searches(Filters()) == ("",)
    assert Filters().is_everything
    assert Filters().to_json() == {}


def test_every_filter_of_the_shop_stands_in_parentheses_and_quotes() -> None:
    filters = Filters(
        created_from="2026-10-01",
        created_to="2026-10-31",
        updated_from="2026-11-01T10:00:00+02:00",
        tags=("vip", 'a "b" \\ c'),
        source_names=("pos",),
        statuses=("closed", "shipped", "partial"),
    )

    assert searches(filters) == (
        "(created_at:>='2026-10-01T00:00:00Z') AND (created_at:<'2026-11-01T00:00:00Z')"
        " AND (updated_at:>='2026-11-01T08:00:00Z')"
        r' AND (tag:"vip" OR tag:"a \"b\" \\ c")'
        ' AND (source_name:"pos")'
        ' AND (status:"closed")'
        ' AND (fulfillment_status:"shipped" OR fulfillment_status:"partial")',
    )
    assert here(filters) == []


def test_a_hostile_tag_stays_inside_its_quotes() -> None:
    assert searches(Filters(tags=('x" OR status:any OR tag:"y',))) == (
        r'(tag:"x\" OR status:any OR tag:\"y")',
    )


def test_what_the_shop_cannot_search_is_left_to_us() -> None:
    filters = Filters(fulfilled_from="2026-10-05", fulfilled_to="2026-10-05", locations=("Berlin",))

    assert searches(filters) == ("",)
    assert here(filters) == ["fulfilled between", "fulfillment location"]
    assert filters.span("fulfilled") == (
        datetime(2026, 10, 5, tzinfo=UTC),
        datetime(2026, 10, 6, tzinfo=UTC),
    )


def test_names_and_ids_are_searched_in_groups() -> None:
    filters = Filters(names=(*tuple(f"#{number}" for number in range(1001, 1060)), ID))

    found = searches(filters)

    assert [search.count(" OR ") + 1 for search in found] == [50, 10]
    assert found[0].startswith('(name:"#1001" OR name:"#1002"')
    assert found[1].endswith(f" OR id:{ID})")
    assert filters.order_ids == {f"gid://shopify/Order/{ID}"}


def test_very_many_names_are_compared_here() -> None:
    filters = Filters(names=tuple(str(number) for number in range(2001)))

    assert searches(filters) == ("",)
    assert here(filters) == ["names"]


def test_dates_and_lists_are_taken_as_notebooks_give_them() -> None:
    filters = Filters(
        created_from=date(2026, 10, 1),  # type: ignore[arg-type]
        tags=["vip", " vip ", ""],  # type: ignore[arg-type]
        names="#1001",  # type: ignore[arg-type]
    )

    assert filters == Filters(created_from="2026-10-01", tags=("vip",), names=("#1001",))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"created_from": "03/04/2026"}, "write a day"),
        ({"created_from": "2026-10-05T08:30:00"}, "zone"),
        ({"created_from": "2026-10-05", "created_to": "2026-10-04"}, "created_from is after created_to"),
        ({"statuses": ("shippd",)}, "shippd"),
        ({"tags": 5}, "tags must be a list"),
        ({"names": ("1.23E+15",)}, "rounded"),
        ({"names": ("6100000000001.0",)}, "rounded"),
        ({"names": ("gid://shopify/Fulfillment/6100000000001",)}, "not the id of an order"),
        ({"names": ("#1001,#1002",)}, "not an order name"),
    ],
)
def test_filters_that_make_no_sense_are_refused(wrong: dict[str, object], words: str) -> None:
    with pytest.raises(ParameterRefused, match=words):
        Filters(**wrong)  # type: ignore[arg-type]


def test_all_problems_of_filters_are_told_at_once() -> None:
    with pytest.raises(ParameterRefused) as refused:
        Filters(created_from="x", statuses=("y",), names=("1.2E+12",))

    assert all(word in str(refused.value) for word in ("created_from", "'y'", "1.2E+12"))


def names_file(folder: Path, content: bytes) -> Path:
    path = folder / "names.txt"
    path.write_bytes(content)
    return path


def test_a_list_of_names_is_read_without_its_heading_and_doubles(tmp_path: Path) -> None:
    path = names_file(tmp_path, b'\xef\xbb\xbfName\r\n#1001\r\n\r\n "#1002" \r\n#1001\r\n' + ID.encode())

    assert names_from_file(path) == ("#1001", "#1002", ID)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "holds no order name"),
        (b"Name\n", "holds no order name"),
        (b"#1001\n1.23E+15\n#1003,x\n", "line 2: .*line 3: "),
        (b"#1001\n5.32146E+12\n", "line 2"),
        ("#1001\nä\n".encode("latin-1"), "UTF-8"),
        (b"#1001\n\x00\n", "line 2"),
        (b"gid://shopify/Product/6100000000001\n", "line 1"),
    ],
)
def test_a_file_that_is_no_list_of_orders_is_refused_with_its_lines(
    tmp_path: Path, content: bytes, words: str
) -> None:
    with pytest.raises(SheetRefused, match=words):
        names_from_file(names_file(tmp_path, content))


def test_a_missing_list_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SheetRefused, match="check the path"):
        names_from_file(tmp_path / "none.txt")
