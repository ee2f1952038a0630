"""Files of JSON lines, split by kind: every layout, every spelling, and what is no line at all."""

import gzip
import random
from collections.abc import Iterator
from pathlib import Path

import bulk_lines
import pytest
from bulk_lines import as_text, gid, line_item, order, shop_lines

from unfulfill.errors import BadAnswer
from unfulfill.export import queries
from unfulfill.export import splitting as splits
from unfulfill.export.splitting import LineCounts, counted, links, named_bad_lines, rows_of, split
from unfulfill.export.staging import Staging

HEAD = {"id": "VARCHAR", "name": "VARCHAR"}
NUMBERS = range(1000, 1100, 10)


@pytest.fixture
def staging(tmp_path: Path) -> Iterator[Staging]:
    with Staging(tmp_path / "raw") as opened:
        yield opened


def put(staging: Staging, text: str | bytes, file: str = "orders.jsonl") -> None:
    staging.path(file).write_bytes(text.encode() if isinstance(text, str) else text)


def found(staging: Staging, kind: str, file: str = "orders.jsonl") -> list[tuple[object, ...]]:
    return sorted(staging.each(rows_of(staging, file, kind, HEAD)))


def test_lines_are_counted_by_kind(staging: Staging) -> None:
    bulk_lines.write(staging.folder, shop_lines(NUMBERS))

    counts = {file: split(staging, file) for file in ("orders.jsonl", "lines.jsonl", "inventory.jsonl")}

    assert counts == {
        "orders.jsonl": LineCounts(30, {"FulfillmentOrder": 10, "LineItem": 10, "Order": 10}),
        "lines.jsonl": LineCounts(30, {"Fulfillment": 10, "FulfillmentLineItem": 10, "FulfillmentOrder": 10}),
        "inventory.jsonl": LineCounts(3, {"InventoryItem": 1, "InventoryLevel": 1, "ProductVariant": 1}),
    }


@pytest.mark.parametrize("escaped", [True, False])
@pytest.mark.parametrize("layout", ["parents first", "children first", "shuffled"])
def test_layout_and_slashes_make_no_difference(staging: Staging, layout: str, escaped: bool) -> None:
    lines = shop_lines(NUMBERS)["orders.jsonl"]
    if layout == "children first":
        lines.reverse()
    if layout == "shuffled":
        random.Random(4).shuffle(lines)
    bulk_lines.write(staging.folder, {"orders.jsonl": lines}, escaped=escaped)

    split(staging, "orders.jsonl")

    assert found(staging, "Order") == [(gid("Order", n), f"#{n}") for n in NUMBERS]
    assert found(staging, "LineItem") == [(gid("LineItem", n + 2), "Hemd") for n in NUMBERS]


def test_a_line_whose_id_is_not_first_is_found_by_parsing_it(staging: Staging) -> None:
    moved = {"name": "#1", **order(1)}
    spaced = as_text(order(2)).replace(":", " : ", 1)
    put(
        staging,
        f"{as_text({'a': gid('LineItem', 9), **moved})}\n{spaced}\n{as_text(order(3), escaped=False)}\n",
    )

    counts = split(staging, "orders.jsonl")

    assert counts == LineCounts(3, {"Order": 3})
    assert [row[0] for row in found(staging, "Order")] == [gid("Order", n) for n in (1, 2, 3)]


def test_texts_come_through_unharmed(staging: Staging) -> None:
    name = 'Ring 💍 „L“\u2028\u2029\x85 "30 x 40" \\ / \t 帽子 {"id":"gid://shopify/Order/7"'
    bulk_lines.write(staging.folder, {"orders.jsonl": [line_item(1, 2, name=name), order(2)]})

    split(staging, "orders.jsonl")

    assert found(staging, "LineItem") == [(gid("LineItem", 1), name)]


def test_lines_longer_than_a_block_and_blocks_that_end_inside_a_line_are_whole(
    staging: Staging, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(splits, "BLOCK", 100)
    bulk_lines.write(staging.folder, {"orders.jsonl": shop_lines(NUMBERS)["orders.jsonl"]})

    assert split(staging, "orders.jsonl").lines == 30
    assert len(found(staging, "Order")) == 10


def test_lines_of_no_known_kind_are_counted(staging: Staging) -> None:
    lines = [{"id": "gid://shopify/Metafield/1"}, {"id": None}, {"name": "#1"}, {"id": "1"}, {"id": 5}]
    for file in ("orders.jsonl", "lines.jsonl"):
        bulk_lines.write(staging.folder, {file: [*lines, order(1)] if file == "orders.jsonl" else lines})

    assert split(staging, "orders.jsonl") == LineCounts(6, {"Order": 1}, 5)
    assert split(staging, "lines.jsonl") == LineCounts(5, {}, 5)


@pytest.mark.parametrize("file", ["orders.jsonl", "lines.jsonl"])
@pytest.mark.parametrize("bad", ["[1]", "null", '"gid"', "{", "not json"])
def test_a_line_that_is_no_object_is_refused_with_its_number(staging: Staging, file: str, bad: str) -> None:
    put(
        staging,
        f"{as_text({'id': gid('Fulfillment', 1)})}\n{bad}\n{as_text({'id': gid('Fulfillment', 2)})}\n",
        file,
    )

    with pytest.raises(BadAnswer, match=rf"Line 2 of {file} is no JSON object"):
        split(staging, file)


@pytest.mark.parametrize("file", ["orders.jsonl", "lines.jsonl"])
def test_a_file_that_was_cut_off_is_refused_at_its_last_line(staging: Staging, file: str) -> None:
    lines = shop_lines(NUMBERS)[file]
    put(staging, "\n".join(map(as_text, lines))[:-9], file)

    with pytest.raises(BadAnswer, match=f"Line 30 of {file} is no JSON object"):
        split(staging, file)


def test_the_last_line_may_lack_its_end_of_line(staging: Staging) -> None:
    put(staging, "\n".join(map(as_text, shop_lines(NUMBERS)["orders.jsonl"])))

    assert split(staging, "orders.jsonl").lines == 30
    assert len(found(staging, "FulfillmentOrder")) == 10


def test_a_line_broken_in_its_middle_is_named_when_its_kind_is_read(staging: Staging) -> None:
    lines = [as_text(line) for line in shop_lines(NUMBERS)["orders.jsonl"]]
    lines[16] = lines[16].replace('"name":', '"name"', 1)
    put(staging, "\n".join(lines) + "\n")

    with (
        pytest.raises(BadAnswer, match=r"Line 17 of orders.jsonl is no JSON object"),
        named_bad_lines(staging, "orders.jsonl"),
    ):
        found(staging, "LineItem")


@pytest.mark.parametrize("text", [None, b""])
@pytest.mark.parametrize("file", ["orders.jsonl", "lines.jsonl"])
def test_a_file_that_is_empty_or_missing_has_no_lines(
    staging: Staging, file: str, text: bytes | None
) -> None:
    if text is not None:
        put(staging, text, file)

    assert split(staging, file) == LineCounts()
    assert found(staging, "Order") == []
    assert list(staging.each(f"from {links(staging, 'lines.jsonl')}")) == []


def test_a_packed_file_is_read_as_it_came(staging: Staging) -> None:
    bulk_lines.write(staging.folder, shop_lines(NUMBERS))
    plain = {file: split(staging, file) for file in ("orders.jsonl", "lines.jsonl")}
    for file in plain:
        path = staging.path(file)
        staging.path(f"{file}.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()

    assert {file: counted(staging, file) for file in plain} == plain
    assert len(found(staging, "Order")) == 10


@pytest.mark.parametrize("file", ["orders.jsonl", "lines.jsonl"])
def test_a_packed_file_that_was_cut_off_is_refused(staging: Staging, file: str) -> None:
    packed = gzip.compress("".join(f"{as_text(line)}\n" for line in shop_lines(NUMBERS)[file]).encode())
    put(staging, packed[:-20], f"{file}.gz")

    with pytest.raises(BadAnswer, match=file):
        split(staging, file)


def test_a_file_is_split_again_only_when_it_is_another(staging: Staging) -> None:
    put(staging, f"{as_text(order(1))}\n")
    first = counted(staging, "orders.jsonl")
    kept = splits.split_path(staging, "orders.jsonl", "Order.jsonl")
    kept.touch()
    before = kept.stat().st_mtime_ns

    assert (counted(staging, "orders.jsonl"), kept.stat().st_mtime_ns) == (first, before)

    put(staging, f"{as_text(order(1))}\n{as_text(order(2))}\n")

    assert counted(staging, "orders.jsonl").lines == 2
    assert split(staging, "orders.jsonl") == LineCounts(2, {"Order": 2})
    assert len(found(staging, "Order")) == 2


def test_lines_of_fulfillments_become_numbers_that_no_float_has_touched(staging: Staging) -> None:
    big = 9_007_199_254_740_993
    lines = [
        {"id": gid("FulfillmentOrder", 1), "orderId": gid("Order", big + 6)},
        *bulk_lines.fulfilled_lines(big, 1, {big + 2: 3}, first=big + 4),
    ]
    bulk_lines.write(staging.folder, {"lines.jsonl": lines})

    assert sorted(staging.each(f"from {links(staging, 'lines.jsonl')}")) == [
        ("Fulfillment", big, 1, None, None, None),
        ("FulfillmentLineItem", big + 4, big, big + 2, 3, None),
        ("FulfillmentOrder", 1, None, None, None, big + 6),
    ]
    assert "float" not in queries.LINKS_SELECT
