"""The tables of an export made from staged files: same bytes for same content, orders read again, an earlier export."""

import hashlib
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bulk_lines
import pandas as pd
import pyarrow.parquet as pq
import pytest
from bulk_lines import (
    Line,
    as_text,
    fulfilled_lines,
    fulfillment,
    fulfillment_order,
    gid,
    line_item,
    order,
    shop_lines,
)

from unfulfill.errors import BadAnswer
from unfulfill.export import Filters, id_sets, proof
from unfulfill.export import staging as stagings
from unfulfill.export.making import make_tables
from unfulfill.export.staging import Staging
from unfulfill.progress import no_progress
from unfulfill.settings import sandbox_settings
from unfulfill.shop import Shop
from unfulfill.tables import (
    EXPORTED,
    FULFILLMENT_LINES,
    FULFILLMENT_ORDERS,
    FULFILLMENTS,
    INVENTORY_LEVELS,
    LINE_ITEMS,
    ORDERS,
    Table,
)

NOBODY = "http://127.0.0.1:9"  # where no shop answers: these tables need none


@pytest.fixture
def shop() -> Iterator[Shop]:
    with Shop(sandbox_settings(NOBODY, "no-token")) as opened:
        yield opened


def made(
    shop: Shop, folder: Path, files: dict[str, list[Line]], filters: Filters | None = None, **named: Any
) -> Staging:
    """Staging with every table made of these lines; closed by its caller or with the test."""
    bulk_lines.write(folder, files)
    staging = Staging(folder)
    make_tables(shop, staging, filters or Filters(), (), no_progress, **named)
    return staging


def load(folder: Path, table: Table) -> pd.DataFrame:
    return pq.read_table(folder / f"{table.name}.parquet").to_pandas(types_mapper=pd.ArrowDtype)


def rows(folder: Path, table: Table, *columns: str) -> list[tuple[Any, ...]]:
    frame = load(folder, table)[list(columns)].astype(object)
    return list(frame.where(frame.notna(), None).itertuples(index=False, name=None))


def test_the_same_lines_in_any_order_and_any_number_of_threads_give_the_same_bytes(
    shop: Shop, tmp_path: Path
) -> None:
    numbers = range(10**12, 10**12 + 70_000 * 10, 10)
    files: dict[str, list[str]] = {"orders.jsonl": [], "lines.jsonl": []}
    for n in numbers:  # few columns, for what counts here are rows for several row groups
        owner = f'"__parentId":"{gid("Order", n)}"'
        ful = f'"fulfillments":[{{"id":"{gid("Fulfillment", n)}","totalQuantity":1}}]'
        files["orders.jsonl"] += [
            f'{{"id":"{gid("Order", n)}","name":"#{n}",{ful}}}',
            f'{{"id":"{gid("LineItem", n)}","name":"{n % 977}",{owner}}}',
            f'{{"id":"{gid("FulfillmentOrder", n)}","status":"OPEN",{owner}}}',
        ]
        files["lines.jsonl"].append(
            f'{{"id":"{gid("FulfillmentLineItem", n)}","quantity":1,"lineItem":{{"id":"{gid("LineItem", n)}"}},'
            f'"__parentId":"{gid("Fulfillment", n)}"}}'
        )
    bytes_of = []
    for threads in (1, 2):
        folder = tmp_path / str(threads)
        folder.mkdir()
        for name, lines in files.items():
            random.Random(threads).shuffle(lines)
            (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        with Staging(folder) as staging:
            staging.use_threads(threads)
            make_tables(shop, staging, Filters(), (), no_progress)
            bytes_of.append({table.name: staging.table_path(table).read_bytes() for table in EXPORTED})

    assert pq.read_metadata(tmp_path / "1" / "line_items.parquet").num_row_groups > 1
    assert load(tmp_path / "1", LINE_ITEMS)["line_item_id"].tolist() == [gid("LineItem", n) for n in numbers]
    assert bytes_of[0] == bytes_of[1]


def test_rows_are_sorted_by_their_numbers(shop: Shop, tmp_path: Path) -> None:
    with made(shop, tmp_path, shop_lines([900, 10_000, 20, 1_000])):
        pass

    assert rows(tmp_path, ORDERS, "order_id") == [(gid("Order", n),) for n in (20, 900, 1_000, 10_000)]
    assert rows(tmp_path, FULFILLMENT_LINES, "fulfillment_id", "line_item_id", "quantity") == [
        (gid("Fulfillment", n + 1), gid("LineItem", n + 2), 2) for n in (20, 900, 1_000, 10_000)
    ]


def test_values_come_through_as_they_are(shop: Shop, tmp_path: Path) -> None:
    big = 9_007_199_254_740_993
    name = 'Ring 💍 „L“\u2028"30" \\ =1+1'
    files = shop_lines([])
    files["orders.jsonl"] = [
        line_item(big, big + 1, name=name, sku=None, variant=None),
        line_item(big + 2, big + 1, sku="", variant={"id": gid("ProductVariant", 1), "inventoryItem": None}),
        order(
            big + 1,
            createdAt="2026-09-01T10:30:00+02:00",
            transactions=[],
            refunds=[{"createdAt": bulk_lines.AT}],
        ),
    ]
    with made(shop, tmp_path, files) as staging:
        assert proof.table_reasons(staging) == []

    assert rows(
        tmp_path, LINE_ITEMS, "line_item_id", "order_id", "name", "sku", "variant_id", "inventory_item_id"
    ) == [
        (gid("LineItem", big), gid("Order", big + 1), name, None, None, None),
        (gid("LineItem", big + 2), gid("Order", big + 1), "Hemd", "", gid("ProductVariant", 1), None),
    ]
    assert rows(
        tmp_path, ORDERS, "order_id", "tags", "paid_at", "created_at", "refunded_at", "total_amount"
    ) == [
        (
            gid("Order", big + 1),
            "a, b",
            None,
            pd.Timestamp("2026-09-01T08:30:00Z"),
            pd.Timestamp(bulk_lines.AT),
            "12.50",
        )
    ]
    assert rows(tmp_path, INVENTORY_LEVELS, "inventory_item_id", "barcode", "item_name", "committed") == [
        (gid("InventoryItem", 6), "0012", "Hemd", 1)
    ]


def test_a_fulfillment_under_two_fulfillment_orders_counts_once(shop: Shop, tmp_path: Path) -> None:
    files = shop_lines([100])
    files["orders.jsonl"].append(fulfillment_order(104, 100))
    files["lines.jsonl"] += [{"id": gid("FulfillmentOrder", 104)}, *fulfilled_lines(101, 104, {102: 2})]

    with made(shop, tmp_path, files) as staging:
        assert proof.table_reasons(staging) == []

    assert rows(tmp_path, FULFILLMENT_LINES, "line_item_id", "quantity") == [(gid("LineItem", 102), 2)]
    assert len(load(tmp_path, FULFILLMENTS)) == 1


def test_two_lines_of_one_line_item_in_a_fulfillment_are_added(shop: Shop, tmp_path: Path) -> None:
    files = shop_lines([100])
    files["lines.jsonl"] = [
        *fulfilled_lines(101, 103, {102: 1}),
        *fulfilled_lines(101, 103, {102: 1}, first=7),
    ]

    with made(shop, tmp_path, files):
        pass

    assert rows(tmp_path, FULFILLMENT_LINES, "line_item_id", "quantity") == [(gid("LineItem", 102), 2)]


@pytest.mark.parametrize("seed", [1, 2])
def test_an_order_that_came_twice_stays_to_be_seen_and_its_fulfillment_is_the_newest(
    shop: Shop, tmp_path: Path, seed: int
) -> None:
    files = shop_lines([100, 200])
    later = fulfillment(101, status="CANCELLED", updatedAt="2026-09-02T00:00:00Z")
    files["orders.jsonl"].append(order(100, [later], note="x", updatedAt="2026-09-02T00:00:00Z"))
    random.Random(seed).shuffle(files["orders.jsonl"])

    with made(shop, tmp_path, files) as staging:
        assert proof.table_reasons(staging) == ["1 row of orders came twice"]
        assert (staging.keys(ORDERS).rows, staging.keys(ORDERS).doubled) == (3, 1)

    assert rows(tmp_path, ORDERS, "order_id", "updated_at")[:2] == [
        (gid("Order", 100), pd.Timestamp(at)) for at in (bulk_lines.AT, "2026-09-02T00:00:00Z")
    ]
    assert rows(tmp_path, FULFILLMENTS, "fulfillment_id", "status") == [
        (gid("Fulfillment", 101), "CANCELLED"),
        (gid("Fulfillment", 201), "SUCCESS"),
    ]


def test_a_line_that_came_twice_and_one_that_belongs_to_nothing_are_told(shop: Shop, tmp_path: Path) -> None:
    files = shop_lines([100])
    files["orders.jsonl"] += [line_item(102, 100), line_item(7, 999)]
    files["inventory.jsonl"] += bulk_lines.stock(60)[1:]
    files["lines.jsonl"].append({"id": "gid://shopify/Return/1"})

    with made(shop, tmp_path, files) as staging:
        assert proof.table_reasons(staging) == [
            "1 row of line_items came twice",
            "1 line of orders.jsonl belongs to nothing in it",
            "1 line of lines.jsonl is of no known kind",
            "2 lines of inventory.jsonl belong to nothing in it",
        ]


def test_an_order_that_was_read_again_is_taken_from_the_later_reading(shop: Shop, tmp_path: Path) -> None:
    files = shop_lines([100, 200])
    files["moved.jsonl"] = [order(100, name="#new"), line_item(109, 100), fulfillment_order(103, 100)]

    with made(shop, tmp_path, files) as staging:
        assert proof.table_reasons(staging) == []
        assert [(c.table, c.lines, c.ids, c.rows) for c in id_sets.count_rows(staging)] == [
            ("orders", 3, 2, 2),
            ("line_items", 3, 2, 2),
            ("fulfillment_orders", 3, 2, 2),
        ]
        assert [m.not_in_lines.count for m in id_sets.match_files(staging)] == [0, 0]

    assert rows(tmp_path, ORDERS, "name") == [("#new",), ("#200",)]
    assert rows(tmp_path, LINE_ITEMS, "line_item_id") == [(gid("LineItem", 109),), (gid("LineItem", 202),)]
    assert rows(tmp_path, FULFILLMENTS, "fulfillment_id") == [(gid("Fulfillment", 201),)]
    assert rows(tmp_path, FULFILLMENT_LINES, "fulfillment_id") == [(gid("Fulfillment", 201),)]


def test_what_was_not_read_now_comes_from_the_earlier_export(shop: Shop, tmp_path: Path) -> None:
    base, now = tmp_path / "base", tmp_path / "now"
    with made(shop, base, shop_lines([100, 200])):
        pass
    files = shop_lines([200, 300])
    changed, made_since = fulfillment(201, status="CANCELLED"), fulfillment(209)
    files["orders.jsonl"][0] = order(200, [changed, made_since], name="#again")
    files["lines.jsonl"] += fulfilled_lines(209, 203, {202: 2})
    files["inventory.jsonl"] = bulk_lines.stock(8)

    with made(shop, now, files, base=base) as staging:
        assert proof.table_reasons(staging) == []

    assert rows(now, ORDERS, "name") == [("#100",), ("#again",), ("#300",)]
    assert rows(now, LINE_ITEMS, "line_item_id") == [(gid("LineItem", n),) for n in (102, 202, 302)]
    assert rows(now, FULFILLMENT_ORDERS, "order_id") == [(gid("Order", n),) for n in (100, 200, 300)]
    assert rows(now, FULFILLMENTS, "fulfillment_id", "status", "status_before") == [
        (gid("Fulfillment", 101), "SUCCESS", "SUCCESS"),
        (gid("Fulfillment", 201), "CANCELLED", "SUCCESS"),
        (gid("Fulfillment", 209), "SUCCESS", None),
        (gid("Fulfillment", 301), "SUCCESS", None),
    ]
    assert [row[0] for row in rows(now, FULFILLMENT_LINES, "fulfillment_id")] == [
        gid("Fulfillment", n) for n in (101, 201, 209, 301)
    ]
    assert rows(now, INVENTORY_LEVELS, "inventory_item_id") == [(gid("InventoryItem", 8),)]


def test_nothing_read_now_gives_the_earlier_export_again(shop: Shop, tmp_path: Path) -> None:
    base, now = tmp_path / "base", tmp_path / "now"
    files = shop_lines(range(100, 400, 10))
    with made(shop, base, files):
        pass
    with made(shop, now, {"inventory.jsonl": files["inventory.jsonl"]}, base=base):
        pass

    for table in EXPORTED:
        before, after = load(base, table), load(now, table)
        if table is FULFILLMENTS:
            before["status_before"] = before["status"]
        pd.testing.assert_frame_equal(before, after)


def test_an_order_that_no_longer_passes_the_filters_here_leaves_with_all_it_has(
    shop: Shop, tmp_path: Path
) -> None:
    with made(shop, tmp_path, shop_lines([100, 200]), Filters(names=("#200",))) as staging:
        assert proof.table_reasons(staging) == []

    for table in (ORDERS, LINE_ITEMS, FULFILLMENTS, FULFILLMENT_LINES, FULFILLMENT_ORDERS):
        assert len(load(tmp_path, table)) == 1


def test_a_broken_line_is_named(shop: Shop, tmp_path: Path) -> None:
    files = shop_lines([100, 200])
    bulk_lines.write(tmp_path, files)
    lines = [as_text(line) for line in files["orders.jsonl"]]
    (tmp_path / "orders.jsonl").write_text(
        "\n".join([*lines[:4], lines[4][:-1], lines[5]]) + "\n", encoding="utf-8"
    )

    with (
        Staging(tmp_path) as staging,
        pytest.raises(BadAnswer, match=r"Line 5 of orders.jsonl is no JSON object"),
    ):
        make_tables(shop, staging, Filters(), (), no_progress)


def test_an_id_without_a_number_is_named(shop: Shop, tmp_path: Path) -> None:
    files = shop_lines([100])
    files["orders.jsonl"][1]["id"] = "gid://shopify/LineItem/x1"

    with pytest.raises(BadAnswer, match=r"Line 2 of orders.jsonl has the id 'gid://shopify/LineItem/x1'"):
        made(shop, tmp_path, files)


def test_ids_that_one_file_has_and_the_other_lacks_are_found(shop: Shop, tmp_path: Path) -> None:
    files = shop_lines([100, 200])
    files["orders.jsonl"].append(fulfillment_order(999, 100))
    files["lines.jsonl"].append({"id": gid("FulfillmentOrder", 888)})
    files["lines.jsonl"] += fulfilled_lines(777, 103, {102: 1})

    with made(shop, tmp_path, files) as staging:
        nothing = id_sets.Missing(0, "")
        assert id_sets.match_files(staging) == (
            id_sets.Unmatched(
                "FulfillmentOrder",
                id_sets.Missing(1, gid("FulfillmentOrder", 888)),
                id_sets.Missing(1, gid("FulfillmentOrder", 999)),
            ),
            id_sets.Unmatched("Fulfillment", id_sets.Missing(1, gid("Fulfillment", 777)), nothing),
        )


def test_line_items_that_nobody_has_are_found(shop: Shop, tmp_path: Path) -> None:
    files = shop_lines([100, 200])
    del files["orders.jsonl"][1]

    with made(shop, tmp_path, files) as staging:
        assert id_sets.missing_line_items(staging) == id_sets.Missing(1, gid("LineItem", 102))


def test_rows_that_nothing_explains_are_counted(shop: Shop, tmp_path: Path) -> None:
    files = shop_lines([100, 200])
    files["orders.jsonl"].append(line_item(102, 100))

    with made(shop, tmp_path, files) as staging:
        assert id_sets.count_rows(staging)[1] == id_sets.RowCount("line_items", 3, 2, 3)


def test_known_orders_are_those_of_the_file_and_their_times_are_looked_up(tmp_path: Path) -> None:
    bulk_lines.write(tmp_path, shop_lines([100, 200]))
    with Staging(tmp_path) as staging:
        known = proof.Known(staging)
        known.look_up([gid("Order", 100), gid("Order", 7)])

        assert known.orders == 2
        assert known.is_known(gid("Order", 100), bulk_lines.AT)
        assert not known.is_known(gid("Order", 100), "2026-09-02T00:00:00Z")
        assert not known.is_known(gid("Order", 7), bulk_lines.AT)


def test_the_digest_of_ids_is_that_of_their_text(shop: Shop, tmp_path: Path) -> None:
    with made(shop, tmp_path, shop_lines([900, 10_000])) as staging:
        text = "".join(f"{gid('Fulfillment', n + 1)}\t{gid('LineItem', n + 2)}\n" for n in (900, 10_000))

        assert staging.id_digest(FULFILLMENT_LINES) == hashlib.sha256(text.encode()).hexdigest()


def test_with_too_little_memory_the_tables_are_made_with_more(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = shop_lines(range(1, 40))
    made(shop, tmp_path / "usual", files)
    monkeypatch.setattr(stagings, "MEMORY", "8MB")

    made(shop, tmp_path / "short", files)

    for table in EXPORTED:
        name = f"{table.name}.parquet"
        assert (tmp_path / "short" / name).read_bytes() == (tmp_path / "usual" / name).read_bytes()


def test_more_memory_than_there_is_is_told(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stagings, "MEMORY", "8MB")
    monkeypatch.setattr(stagings, "MUCH_MEMORY", "8MB")

    with pytest.raises(stagings.MemoryShort, match="more memory than there is"):
        made(shop, tmp_path, shop_lines(range(1, 40)))
