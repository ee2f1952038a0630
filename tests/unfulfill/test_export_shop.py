"""Exports from the sandbox over HTTP, held against its world, with everything that goes wrong on the way."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

import sandbox_shop
from unfulfill.errors import ParameterRefused, QueryRefused, ShopUnreachable
from unfulfill.export import Filters, Manifest, export_shop, load_manifest
from unfulfill.export import exporter as exporting
from unfulfill.run import Run
from unfulfill.settings import sandbox_settings
from unfulfill.shop import Shop
from unfulfill.tables import EXPORTED, FULFILLMENTS, INVENTORY_LEVELS, ORDERS, check_table

COUNTS = {
    "orders": 'select count(*) from "order"',
    "line_items": "select count(*) from line",
    "fulfillments": "select count(*) from fulfillment",
    "fulfillment_lines": "select count(distinct fulfillment_id || ' ' || line_id) from fulfillment_line",
    "fulfillment_orders": "select count(*) from fulfillment_order",
    "inventory_levels": "select count(*) from level where active",
}


ORDERS_IN_SHOP = 120


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world that no test writes to."""
    path = tmp_path_factory.mktemp("export_shop") / "world.sqlite"
    sandbox_shop.start(path, seed=11, size=ORDERS_IN_SHOP).stop()
    return path


@pytest.fixture
def server(seeded: Path, tmp_path: Path) -> Iterator[Any]:
    world = Path(shutil.copy(seeded, tmp_path / "world.sqlite"))
    with sandbox_shop.start(world) as started:
        yield started


@pytest.fixture
def shop(server: Any) -> Iterator[Shop]:
    with Shop(sandbox_settings(server.url, server.token)) as opened:
        yield opened


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path / "run")


def export(shop: Shop, run: Run, filters: Filters | None = None, route: exporting.Route = "auto") -> Manifest:
    return export_shop(shop, run, filters or Filters(), route=route, poll_s=0.01)


def world_rows(server: Any, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(server.world)
    try:
        return connection.execute(sql, values).fetchall()
    finally:
        connection.close()


def order_names(run: Run) -> set[str]:
    return set(run.load_table(ORDERS)["name"])


def named(server: Any, condition: str, *values: Any) -> set[str]:
    return {
        name for (name,) in world_rows(server, f'select name from "order" as o where {condition}', *values)
    }


@pytest.mark.parametrize("route", ["bulk", "pages"])
def test_everything_in_the_shop_is_exported_and_proved(
    shop: Shop, server: Any, run: Run, route: exporting.Route
) -> None:
    manifest = export(shop, run, route=route)

    assert (manifest.complete, manifest.reasons, manifest.route) == (True, (), route)
    assert manifest.counts == {name: world_rows(server, sql)[0][0] for name, sql in COUNTS.items()}
    assert manifest.api_version_asked == manifest.api_version_served == "2026-10"
    assert manifest.shop == "sandbox-shop.myshopify.com"
    assert load_manifest(run) == manifest
    for table in EXPORTED:
        check_table(table, run.load_table(table), table.name)


def test_both_routes_give_the_same_tables(shop: Shop, tmp_path: Path) -> None:
    bulk, pages = Run(tmp_path / "bulk"), Run(tmp_path / "pages")

    by_bulk, by_pages = export(shop, bulk, route="bulk"), export(shop, pages, route="pages")

    assert by_bulk.id_digest == by_pages.id_digest
    for table in EXPORTED:
        pd.testing.assert_frame_equal(bulk.load_table(table), pages.load_table(table))


def test_parquet_files_have_exactly_the_columns_and_types_of_their_tables(shop: Shop, run: Run) -> None:
    export(shop, run)

    for table in EXPORTED:
        schema = pq.read_schema(run.folder / "export" / f"{table.name}.parquet")
        found = [(field.name, field.type) for field in schema]
        assert found == [(field.name, field.type) for field in table.arrow_schema]


def test_the_files_of_an_export_are_private(shop: Shop, run: Run) -> None:
    export(shop, run)

    files = sorted((run.folder / "export").iterdir())
    assert [path.name for path in files] == sorted(
        [*(f"{table.name}.parquet" for table in EXPORTED), "manifest.json"]
    )
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert (run.folder / "export").stat().st_mode & 0o777 == 0o700


def test_the_manifest_has_the_keys_that_others_rely_on(shop: Shop, run: Run) -> None:
    export(shop, run)

    plain = json.loads((run.folder / "export" / "manifest.json").read_text(encoding="utf-8"))
    assert {
        "complete",
        "reasons",
        "counts",
        "id_digest",
        "api_version_asked",
        "api_version_served",
        "shop",
        "taken_at",
        "filters",
        "route",
        "warnings",
    } <= plain.keys()


def test_values_are_those_of_the_world(shop: Shop, server: Any, run: Run) -> None:
    export(shop, run)

    orders = run.load_table(ORDERS).set_index("name")
    paid = {
        name: at and pd.Timestamp(at)
        for name, at in world_rows(
            server,
            """select o.name, (select min(processed_at) from transaction_ t where t.order_id = o.id
                 and t.kind in ('SALE', 'CAPTURE') and t.status = 'SUCCESS') from "order" o""",
        )
    }
    assert {name: None if pd.isna(at) else at for name, at in orders["paid_at"].items()} == paid
    stock = run.load_table(INVENTORY_LEVELS)
    sums = stock[["available", "committed", "reserved", "damaged", "safety_stock", "quality_control"]].sum(
        axis=1
    )
    assert (sums == stock["on_hand"]).all()
    assert (run.load_table(FULFILLMENTS)["location_name"].notna()).all()


def test_progress_is_told(shop: Shop, run: Run) -> None:
    told: list[tuple[int, int | None, str]] = []

    export_shop(
        shop, run, Filters(), lambda done, total, text="": told.append((done, total, text)), poll_s=0.01
    )

    assert told[-1] == (ORDERS_IN_SHOP, ORDERS_IN_SHOP, "exported")
    assert {"reading orders", "making tables"} <= {text for _, _, text in told}


AT = (
    "id in (select order_id from fulfillment f join location l on l.id = f.location_id where l.name = '{}'{})"
)
FILTERS = [
    (Filters(created_from="2026-09-01"), "created_at >= '2026-09-01'"),
    (Filters(created_to="2026-08-31"), "created_at < '2026-09-01'"),
    (Filters(updated_from="2026-09-15"), "updated_at >= '2026-09-15'"),
    (Filters(source_names=("pos",)), "source_name = 'pos'"),
    (Filters(statuses=("cancelled",)), "cancelled_at is not null"),
    (
        Filters(fulfilled_from="2026-09-01", fulfilled_to="2026-09-07"),
        "id in (select order_id from fulfillment where created_at >= '2026-09-01' and created_at < '2026-09-08')",
    ),
    (
        Filters(locations=("laden altstadt",)),
        AT.format("Laden Altstadt", ""),
    ),
    (
        Filters(created_from="2026-08-01", fulfilled_from="2026-09-01", locations=("Lager Nord",)),
        "created_at >= '2026-08-01' and " + AT.format("Lager Nord", " and f.created_at >= '2026-09-01'"),
    ),
    (Filters(names=("#1001", "1002", "#1003")), "name in ('#1001', '#1002', '#1003')"),
    (
        Filters(carriers=("kurier blitz", "nobody")),
        "id in (select order_id from fulfillment where tracking like '%\"Kurier Blitz\"%')",
    ),
    (
        Filters(tracking=("KB3768770964DE", "none")),
        "id in (select order_id from fulfillment where tracking in ('[]', '') or tracking like '%KB3768770964DE\"%')",
    ),
    (
        Filters(services=("cargolane",)),
        "id in (select order_id from fulfillment f join service s on s.id = f.service_id where s.name = 'Cargolane')",
    ),
]


@pytest.mark.parametrize("route", ["bulk", "pages"])
@pytest.mark.parametrize(("filters", "condition"), FILTERS)
def test_filters_give_exactly_their_orders_by_either_route(
    shop: Shop, server: Any, run: Run, filters: Filters, condition: str, route: exporting.Route
) -> None:
    expected = named(server, condition)

    manifest = export(shop, run, filters, route)

    assert 0 < len(expected) < ORDERS_IN_SHOP
    assert order_names(run) == expected
    assert (manifest.complete, manifest.filters) == (True, filters.to_json())


def test_a_tag_is_found_by_its_exact_text(shop: Shop, server: Any, run: Run) -> None:
    ((tags,),) = world_rows(server, """select tags from "order" where tags <> '[]' limit 1""")
    tag = json.loads(tags)[0]

    export(shop, run, Filters(tags=(tag,)))

    assert order_names(run) == named(server, "exists (select 1 from json_each(o.tags) where value = ?)", tag)


def test_order_ids_are_as_good_as_names(shop: Shop, server: Any, run: Run) -> None:
    ((number, name),) = world_rows(server, 'select id, name from "order" limit 1')

    export(shop, run, Filters(names=(str(number), f"gid://shopify/Order/{number}")))

    assert order_names(run) == {name}


def test_names_beyond_one_search_are_all_found_and_the_missing_one_is_told(shop: Shop, run: Run) -> None:
    names = tuple(f"#{number}" for number in range(1001, 1121))

    manifest = export(shop, run, Filters(names=(*names, "#9999")))

    assert order_names(run) == set(names)
    assert manifest.complete
    assert any("9999" in warning for warning in manifest.warnings)


def test_more_names_than_can_be_searched_are_compared_here(shop: Shop, run: Run) -> None:
    names = ("#1001", *(f"#X{number}" for number in range(2001)))

    manifest = export(shop, run, Filters(names=names))

    assert order_names(run) == {"#1001"}
    assert manifest.complete


def test_an_unknown_location_is_refused_with_those_there_are(shop: Shop, run: Run) -> None:
    with pytest.raises(ParameterRefused, match="Lager Nord"):
        export(shop, run, Filters(locations=("Nowhere",)))


def test_a_filter_that_matches_nothing_is_complete_and_empty(shop: Shop, run: Run) -> None:
    manifest = export(shop, run, Filters(created_from="2030-01-01"))

    assert manifest.complete
    assert {name: manifest.counts[name] for name in COUNTS if name != "inventory_levels"} == dict.fromkeys(
        list(COUNTS)[:5], 0
    )
    for table in EXPORTED:
        check_table(table, run.load_table(table), table.name)


@pytest.mark.parametrize("route", ["bulk", "pages"])
def test_an_empty_shop_is_complete(server: Any, shop: Shop, run: Run, route: exporting.Route) -> None:
    connection = sqlite3.connect(server.world)
    with connection:
        for table in (
            '"order"',
            "line",
            "fulfillment",
            "fulfillment_line",
            "fulfillment_order",
            "fo_line",
            "item",
            "level",
        ):
            connection.execute(f"delete from {table}")
    connection.close()

    manifest = export(shop, run, route=route)

    assert (manifest.complete, set(manifest.counts.values())) == (True, {0})


# What goes wrong


def test_lines_lost_from_the_file_make_the_export_incomplete(shop: Shop, server: Any, run: Run) -> None:
    server.control("switches", {"bulk_fault": {"drop_every": 50, "of": " orders(", "times": 1}})

    manifest = export(shop, run, route="bulk")

    assert not manifest.complete
    assert any("BulkOrders" in reason for reason in manifest.reasons)


def test_lines_lost_without_a_trace_in_the_counter_are_noticed(shop: Shop, server: Any, run: Run) -> None:
    server.control(
        "switches", {"bulk_fault": {"drop_every": 7, "drop_counted": False, "of": " orders(", "times": 1}}
    )

    manifest = export(shop, run, route="bulk")

    assert not manifest.complete


def test_lost_lines_of_fulfillments_are_fetched_one_by_one(shop: Shop, server: Any, run: Run) -> None:
    whole = export(shop, run, route="pages")

    def lose(done: int, total: int | None, text: str = "") -> None:
        if text == "reading lines" and not done:
            fault = {"drop_every": 9, "drop_counted": False, "of": " fulfillmentOrders(", "times": 1}
            server.control("switches", {"bulk_fault": fault})

    manifest = export_shop(shop, run, Filters(), lose, route="bulk", poll_s=0.01)

    assert manifest.counts["fulfillment_lines"] == whole.counts["fulfillment_lines"]
    assert manifest.id_digest["fulfillment_lines"] == whole.id_digest["fulfillment_lines"]


@pytest.mark.parametrize("route", ["bulk", "pages"])
def test_a_failed_export_leaves_the_earlier_one_as_it_was(
    shop: Shop, server: Any, run: Run, route: exporting.Route
) -> None:
    export(shop, run)
    before = {path.name: path.read_bytes() for path in (run.folder / "export").iterdir()}
    server.control("switches", {"bulk_fault": {"fail_at": 30, "error_code": "INTERNAL_SERVER_ERROR"}})
    server.control("faults", {"kind": "502", "operation": "InventoryPage", "count": None})
    shop.sleep = lambda seconds: None

    with pytest.raises((QueryRefused, ShopUnreachable)):
        export(shop, run, route=route)

    assert {path.name: path.read_bytes() for path in (run.folder / "export").iterdir()} == before
    assert {path.name for path in run.folder.iterdir()} == {"export", "export.new"}


def test_an_export_that_was_cut_off_between_two_renames_is_taken_back(shop: Shop, run: Run) -> None:
    first = export(shop, run)
    (run.folder / "export").rename(run.folder / "export.old")
    (run.folder / "export.new").mkdir()

    with pytest.raises(ParameterRefused):
        export(shop, run, Filters(locations=("Nowhere",)))
    export_shop(shop, Run(run.folder), Filters(names=("#1001",)))

    assert load_manifest(run).counts["orders"] == 1
    assert first.counts["orders"] == ORDERS_IN_SHOP
    assert [path.name for path in run.folder.iterdir()] == ["export"]


def test_bulk_operations_that_are_refused_are_replaced_by_pages(shop: Shop, server: Any, run: Run) -> None:
    server.control("switches", {"bulk_fault": {"delay_s": 1.5, "times": 5}})
    started = [shop.write("BulkRunQuery", query="{ orders { edges { node { id } } } }") for _ in range(5)]

    manifest = export(shop, run, route="bulk")

    for each in started:
        shop.write("BulkCancel", id=each["bulkOperation"]["id"])
    assert (manifest.complete, manifest.route, manifest.counts["orders"]) == (True, "pages", ORDERS_IN_SHOP)
    assert any("already in progress" in warning for warning in manifest.warnings)


@pytest.mark.parametrize(
    "kind", ["502", "internal_server_error", "html", "bad_json", "reset_after", "throttled"]
)
def test_an_export_survives_what_passes(shop: Shop, server: Any, run: Run, kind: str) -> None:
    shop.sleep = lambda seconds: None
    for nth in (1, 3, 4):
        server.control("faults", {"kind": kind, "nth": nth, "field": "orders"})
        server.control("faults", {"kind": kind, "nth": nth, "field": "inventoryItems"})
        server.control("faults", {"kind": kind, "nth": nth, "field": "nodes"})

    manifest = export(shop, run, route="pages")

    assert (manifest.complete, manifest.counts["orders"]) == (True, ORDERS_IN_SHOP)


@pytest.mark.parametrize("route", ["bulk", "pages"])
def test_an_order_that_changes_meanwhile_is_read_again(
    shop: Shop, server: Any, run: Run, route: exporting.Route
) -> None:
    ((number,),) = world_rows(server, "select order_id from fulfillment where status = 'SUCCESS' limit 1")
    ((fulfillment,),) = world_rows(server, "select id from fulfillment where order_id = ? limit 1", number)
    done: list[bool] = []

    def interfere(count: int, total: int | None, text: str = "") -> None:
        if text.startswith(("reading stock", "downloading orders")) and not done:
            done.append(True)
            with Shop(sandbox_settings(server.url, server.token)) as staff:
                staff.write("FulfillmentCancel", id=f"gid://shopify/Fulfillment/{fulfillment}")

    manifest = export_shop(shop, run, Filters(), interfere, route=route, poll_s=0.01)

    fulfillments = run.load_table(FULFILLMENTS).set_index("fulfillment_id")
    assert done
    assert fulfillments.loc[f"gid://shopify/Fulfillment/{fulfillment}", "status"] == "CANCELLED"
    assert manifest.complete
    assert manifest.counts == {name: world_rows(server, sql)[0][0] for name, sql in COUNTS.items()}
    assert any("read again" in warning for warning in manifest.warnings)


def test_an_order_that_leaves_the_filter_meanwhile_makes_the_export_incomplete(
    shop: Shop, server: Any, run: Run
) -> None:
    ((number, tags),) = world_rows(server, """select id, tags from "order" where tags <> '[]' limit 1""")
    tag = json.loads(tags)[0]
    done: list[bool] = []

    def interfere(count: int, total: int | None, text: str = "") -> None:
        if text.startswith(("reading stock", "downloading orders")) and not done:
            done.append(True)
            with Shop(sandbox_settings(server.url, server.token)) as staff:
                staff.write("TagsRemove", id=f"gid://shopify/Order/{number}", tags=[tag])

    manifest = export_shop(shop, run, Filters(tags=(tag,)), interfere, poll_s=0.01)

    assert done
    assert not manifest.complete
    assert any("the shop counts" in reason for reason in manifest.reasons)


SCOPES = ["read_orders", "read_inventory", "read_locations", "read_products", "read_fulfillments"]
FO_SCOPES = ["read_merchant_managed_fulfillment_orders", "read_third_party_fulfillment_orders"]


@pytest.mark.parametrize(
    ("scopes", "filters", "word"),
    [
        ([*SCOPES, *FO_SCOPES, "read_all_orders"], Filters(), ""),
        ([*SCOPES, *FO_SCOPES], Filters(), "read_all_orders"),
        ([*SCOPES, *FO_SCOPES], Filters(created_from="2026-09-01"), ""),
        ([*SCOPES, FO_SCOPES[0], "read_all_orders"], Filters(), "read_third_party_fulfillment_orders"),
    ],
)
def test_a_token_that_sees_only_a_part_makes_the_export_incomplete(
    server: Any, run: Run, scopes: list[str], filters: Filters, word: str
) -> None:
    token = server.control("tokens", {"scopes": scopes})["token"]
    with Shop(sandbox_settings(server.url, token)) as shop:
        manifest = export(shop, run, filters)

    assert manifest.complete is not bool(word)
    assert word in " ".join(manifest.reasons)


def test_very_many_orders_are_walked_in_windows(
    shop: Shop, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from unfulfill.export import pages

    monkeypatch.setattr(pages, "A_WALK", 130)
    monkeypatch.setattr(pages, "ORDERS", replace(pages.ORDERS, a_page=60))
    monkeypatch.setattr(pages, "ITEMS", replace(pages.ITEMS, a_page=7))

    manifest = export(shop, run, route="pages")

    assert (manifest.complete, manifest.counts["orders"]) == (True, ORDERS_IN_SHOP)
