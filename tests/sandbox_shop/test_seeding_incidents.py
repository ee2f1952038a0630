import csv
import json
import re
import sqlite3
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox_shop.seeding import SeedRefused, count_path, seed_incident_shop, truth_path
from sandbox_shop.seeding.truth import RIGHT_FIX
from sandbox_shop.status import refresh_order
from sandbox_shop.world import World, parse_time

STATES = ("available", "committed", "reserved", "damaged", "safety_stock", "quality_control")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(tmp_path_factory.mktemp("seeded") / "shop.sqlite")
    seed_incident_shop(world)
    yield world
    world.close()


def truth_of(world: World) -> list[dict[str, Any]]:
    return json.loads(truth_path(world.path).read_text(encoding="utf-8"))


def fulfillments_of(world: World, incident: str) -> list[dict[str, Any]]:
    ids = [gid for entry in truth_of(world) if entry["incident"] == incident for gid in entry["fulfillments"]]
    return [world.row("select * from fulfillment where id = ?", int(gid.rsplit("/", 1)[1])) for gid in ids]


def order_of(world: World, fulfillment: dict[str, Any]) -> dict[str, Any]:
    return world.row('select * from "order" where id = ?', fulfillment["order_id"])


def seconds_between(earlier: str, later: str) -> float:
    return (parse_time(later) - parse_time(earlier)).total_seconds()


def dump(path: Path) -> list[str]:
    with sqlite3.connect(path) as connection:
        lines = list(connection.iterdump())
    connection.close()
    return lines


def make(tmp_path: Path, name: str, **options: int) -> Path:
    world = World(tmp_path / name)
    seed_incident_shop(world, **options)
    world.close()
    return tmp_path / name


def test_the_same_seed_and_size_give_the_same_rows_truth_and_count(tmp_path: Path) -> None:
    one = make(tmp_path, "one.sqlite", seed=7, size=150)
    two = make(tmp_path, "two.sqlite", seed=7, size=150)

    assert dump(one) == dump(two)
    assert truth_path(one).read_bytes() == truth_path(two).read_bytes()
    assert count_path(one).read_bytes() == count_path(two).read_bytes()


def test_another_seed_gives_another_shop(tmp_path: Path) -> None:
    one = make(tmp_path, "one.sqlite", seed=1, size=50)
    two = make(tmp_path, "two.sqlite", seed=2, size=50)

    assert dump(one) != dump(two)


@pytest.mark.parametrize("size", [1, 2, 5, 17, 29, 30, 31, 199, 200, 600])
def test_a_shop_has_exactly_the_orders_asked_for(tmp_path: Path, size: int) -> None:
    world = World(tmp_path / "shop.sqlite")
    seed_incident_shop(world, size=size)

    assert world.row('select count(*) n from "order"') == {"n": size}
    world.close()


def test_a_shop_without_orders_is_refused(tmp_path: Path) -> None:
    world = World(tmp_path / "shop.sqlite")

    with pytest.raises(ValueError, match="at least 1 order"):
        seed_incident_shop(world, size=0)
    world.close()


def test_a_world_that_holds_a_shop_is_not_seeded_again(tmp_path: Path) -> None:
    path = make(tmp_path, "shop.sqlite", size=5)
    before = dump(path)
    world = World(path)

    with pytest.raises(SeedRefused, match="holds a shop already; give the path of a new file"):
        seed_incident_shop(world, size=5)
    world.close()
    assert dump(path) == before


@pytest.mark.parametrize("size", [30, 100, 200, 600])
def test_every_kind_of_incident_is_there(tmp_path: Path, size: int) -> None:
    world = World(tmp_path / "shop.sqlite")
    seed_incident_shop(world, size=size)

    assert {entry["incident"] for entry in truth_of(world)} == set(RIGHT_FIX)
    world.close()


def test_the_shop_of_the_demo_has_a_few_of_each_kind_and_mostly_orders_that_are_in_order(
    world: World,
) -> None:
    counts: Counter[str] = Counter()
    for entry in truth_of(world):
        counts[entry["incident"]] += max(1, len(entry["fulfillments"]))

    assert all(count >= 3 for count in counts.values()), counts
    assert sum(counts.values()) < 0.25 * 600


def test_no_fulfillment_has_two_truths_and_each_exists(world: World) -> None:
    gids = [gid for entry in truth_of(world) for gid in entry["fulfillments"]]
    known = {f"gid://shopify/Fulfillment/{row['id']}" for row in world.rows("select id from fulfillment")}

    assert len(gids) == len(set(gids))
    assert set(gids) <= known


def test_every_truth_says_its_right_fix(world: World) -> None:
    assert {entry["incident"]: entry["right_fix"] for entry in truth_of(world)} == RIGHT_FIX


def test_on_hand_is_what_its_states_sum_to_and_committed_is_what_orders_wait_for(world: World) -> None:
    waiting = defaultdict(int)
    for row in world.rows(
        "select l.item_id, fo.location_id, fl.remaining from fo_line fl join fulfillment_order fo on fo.id = fl.fo_id"
        " join line l on l.id = fl.line_id join item i on i.id = l.item_id"
        " where fo.status in ('OPEN', 'IN_PROGRESS', 'ON_HOLD', 'SCHEDULED') and i.tracked"
    ):
        waiting[row["item_id"], row["location_id"]] += row["remaining"]

    levels = world.rows("select * from level")

    assert {key: units for key, units in waiting.items() if units} == {
        (row["item_id"], row["location_id"]): row["committed"] for row in levels if row["committed"]
    }


def test_every_unit_of_an_order_is_shipped_waiting_or_gone(world: World) -> None:
    shipped = {
        row["line_id"]: row["units"]
        for row in world.rows(
            "select line_id, sum(quantity) units from fulfillment_line l"
            " join fulfillment f on f.id = l.fulfillment_id"
            " where f.status != 'CANCELLED' group by line_id"
        )
    }
    waiting = {
        row["line_id"]: row["units"]
        for row in world.rows(
            "select line_id, sum(remaining) units from fo_line fl join fulfillment_order fo on fo.id = fl.fo_id"
            " where fo.status != 'CLOSED' group by line_id"
        )
    }
    for line in world.rows('select l.*, o.cancelled_at from line l join "order" o on o.id = l.order_id'):
        units = shipped.get(line["id"], 0) + waiting.get(line["id"], 0)
        assert line["current_quantity"] + line["refunded_quantity"] == line["quantity"]
        assert line["current_quantity"] <= units or line["cancelled_at"]
        assert units <= line["quantity"]


def test_fulfillment_lines_hang_on_the_fulfillment_order_line_of_the_same_order_line_and_location(
    world: World,
) -> None:
    rows = world.rows(
        "select f.location_id f_location, fo.location_id fo_location, l.line_id f_line, fol.line_id fo_line,"
        " f.order_id f_order, fo.order_id fo_order, f.status, fo.status fo_status from fulfillment_line l"
        " join fulfillment f on f.id = l.fulfillment_id join fo_line fol on fol.id = l.fo_line_id"
        " join fulfillment_order fo on fo.id = fol.fo_id"
    )

    assert len(rows) == world.row("select count(*) n from fulfillment_line")["n"]
    for row in rows:
        assert (row["f_location"], row["f_line"], row["f_order"]) == (
            row["fo_location"],
            row["fo_line"],
            row["fo_order"],
        )


def test_units_gone_from_a_fulfillment_order_are_in_its_fulfillments(world: World) -> None:
    rows = world.rows(
        "select fol.total, fol.remaining, (select coalesce(sum(quantity), 0) from fulfillment_line l"
        " join fulfillment f on f.id = l.fulfillment_id"
        " where l.fo_line_id = fol.id and f.status != 'CANCELLED') shipped"
        " from fo_line fol"
    )

    assert all(row["total"] - row["remaining"] == row["shipped"] for row in rows)
    assert all(row["total"] > 0 for row in rows)


def test_no_two_live_fulfillment_orders_of_an_order_share_location_and_method(world: World) -> None:
    rows = world.rows(
        "select order_id, location_id, method, count(*) n from fulfillment_order fo"
        " where status != 'CLOSED' or not exists (select 1 from fo_line where fo_id = fo.id and remaining > 0)"
        " group by 1, 2, 3 having n > 1"
    )

    assert rows == []


def test_the_statuses_are_those_that_the_sandbox_works_out_itself(world: World) -> None:
    before = {
        row["id"]: row["fulfillment_status"]
        for row in world.rows('select id, fulfillment_status from "order"')
    }

    world.connection.execute("begin")
    after = {order_id: refresh_order(world, order_id) for order_id in before}
    world.connection.execute("rollback")

    assert after == before
    assert set(before.values()) >= {"FULFILLED", "UNFULFILLED", "PARTIALLY_FULFILLED", "ON_HOLD", "SCHEDULED"}


def test_ids_go_on_where_the_seeding_ended(world: World) -> None:
    for kind, table in (
        ("Order", "order"),
        ("LineItem", "line"),
        ("Fulfillment", "fulfillment"),
        ("FulfillmentLineItem", "fulfillment_line"),
        ("FulfillmentOrder", "fulfillment_order"),
        ("FulfillmentOrderLineItem", "fo_line"),
        ("InventoryItem", "item"),
        ("Location", "location"),
    ):
        assert world.get(f"id:{kind}") == world.row(f'select max(id) id from "{table}"')["id"]


def test_nothing_happens_after_the_clock_and_nothing_before_its_order(world: World) -> None:
    clock = world.get("clock")

    assert clock == "2026-10-05T08:00:00Z"
    assert world.rows('select name from "order" where updated_at > ? or updated_at < created_at', clock) == []
    assert (
        world.rows("select name from fulfillment where updated_at > ? or updated_at < created_at", clock)
        == []
    )
    assert world.rows("select id from fulfillment_event where happened_at > ?", clock) == []
    assert (
        world.rows(
            'select f.name from fulfillment f join "order" o on o.id = f.order_id where f.created_at < o.created_at'
        )
        == []
    )


def test_orders_reach_back_45_days_and_a_few_more_than_60(world: World) -> None:
    old = world.row("select count(*) n from \"order\" where created_at < '2026-08-06T08:00:00Z'")
    recent = world.row("select count(*) n from \"order\" where created_at > '2026-08-20T00:00:00Z'")

    assert 3 <= old["n"] <= 20
    assert old["n"] + recent["n"] == 600


def test_the_shop_calls_itself_a_sandbox_and_its_token_is_not_a_real_one(world: World) -> None:
    assert world.get("shop")["name"].startswith("SANDBOX")
    assert world.get("token").startswith("shpat_sandbox_")
    assert not re.search(r"shp(at|ss)_[0-9a-f]{16,}", json.dumps(world.rows("select * from meta")))
    assert len({world.get("token"), world.get("control_token"), world.get("client")["secret"]}) == 3


def test_there_are_three_locations_one_of_them_a_third_party_service(world: World) -> None:
    rows = world.rows(
        "select l.name, s.type from location l left join service s on s.id = l.service_id order by l.id"
    )

    assert rows == [
        {"name": "Lager Nord", "type": None},
        {"name": "Laden Altstadt", "type": None},
        {"name": "Cargolane Depot", "type": "THIRD_PARTY"},
    ]
    assert world.row(
        "select count(*) n from fulfillment f join service s on s.id = f.service_id where type = 'THIRD_PARTY'"
    )["n"]


def test_the_catalogue_has_the_flaws_of_real_ones(world: World) -> None:
    skus = Counter(row["sku"] or "" for row in world.rows("select sku from item where tracked"))

    assert sum(skus.values()) >= 40
    assert skus[""] == 3
    assert sorted(skus.values())[-3:-1] == [2, 2]
    assert world.row("select count(*) n from item where not tracked")["n"] == 3
    assert world.row("select count(*) n from level where available < 0")["n"] >= 1


def test_hostile_text_is_in_names_notes_tags_and_titles(world: World) -> None:
    orders = world.rows('select customer_name, note, tags from "order"')
    text = json.dumps([orders, world.rows("select title from line")], ensure_ascii=False)

    for piece in (
        "<script>",
        "=1+1",
        "\u202e",
        "🧵",
        "=HYPERLINK",
        "@SUM(",
        "{{ 7*7 }}",
        "drop table",
        "</td>",
    ):
        assert json.dumps(piece, ensure_ascii=False)[1:-1] in text


def test_orders_come_from_every_source_in_several_languages_and_one_currency_has_no_decimals(
    world: World,
) -> None:
    sources = {row["source_name"] for row in world.rows('select distinct source_name from "order"')}
    locales = {row["customer_locale"] for row in world.rows('select distinct customer_locale from "order"')}
    yen = world.rows("select total from \"order\" where currency = 'JPY'")

    assert sources == {"web", "pos", "shopify_draft_order"}
    assert len(locales) > 5
    assert [re.fullmatch(r"\d+", row["total"]) is not None for row in yen] == [True]


# What each incident looks like from the API, and what the count of the shelf says of it.


def test_auto_fulfilled_orders_were_fulfilled_seconds_after_their_payment_by_one_app(world: World) -> None:
    rows = fulfillments_of(world, "auto_fulfil")

    assert len({row["app"] for row in rows}) == 1
    assert all(row["tracking"] == "[]" for row in rows)
    assert all(0 < seconds_between(order_of(world, row)["paid_at"], row["created_at"]) < 10 for row in rows)


def test_a_burst_is_one_app_in_minutes_with_mixed_items(world: World) -> None:
    rows = fulfillments_of(world, "app_burst")
    times = sorted(row["created_at"] for row in rows)

    assert len(rows) >= 24
    assert len({row["app"] for row in rows}) == 1
    assert seconds_between(times[0], times[-1]) <= 240


def test_phantom_shipments_have_a_number_and_no_event_for_a_week(world: World) -> None:
    for row in fulfillments_of(world, "phantom_shipment"):
        assert json.loads(row["tracking"])[0]["number"]
        assert world.rows("select * from fulfillment_event where fulfillment_id = ?", row["id"]) == []
        assert seconds_between(row["created_at"], world.get("clock")) > 7 * 86_400


def test_a_courier_no_show_is_a_whole_day_of_labels_at_the_warehouse(world: World) -> None:
    rows = fulfillments_of(world, "courier_no_show")
    (day,) = {row["created_at"][:10] for row in rows}
    (location,) = {row["location_id"] for row in rows}
    all_of_day = world.rows(
        "select * from fulfillment where created_at like ? and location_id = ? and tracking != '[]'",
        f"{day}%",
        location,
    )

    moved = [row for row in all_of_day if row["in_transit_at"]]

    assert {row["display_status"] for row in rows} == {"LABEL_PRINTED"}
    assert len(moved) <= 2  # what an app fulfilled that day and another carrier took


def test_orders_fulfilled_after_a_refund_or_cancellation_were_given_back_before(world: World) -> None:
    for row in fulfillments_of(world, "fulfilled_after_cancel_or_refund"):
        order = order_of(world, row)
        assert order["refunded_at"] < row["created_at"]
        assert order["financial_status"] == "REFUNDED"


def test_till_orders_marked_as_fulfilled_are_to_be_shipped(world: World) -> None:
    for row in fulfillments_of(world, "pos_mark_as_fulfilled"):
        assert order_of(world, row)["source_name"] == "pos"
        assert world.rows("select method from fulfillment_order where order_id = ?", row["order_id"]) == [
            {"method": "SHIPPING"}
        ]


def test_duplicate_tracking_numbers_are_only_those_of_the_truth(world: World) -> None:
    numbers = Counter(
        entry["number"]
        for row in world.rows("select tracking from fulfillment")
        for entry in json.loads(row["tracking"])
    )
    doubled = {number for number, count in numbers.items() if count > 1}
    truth = {
        entry["detail"]["number"]
        for entry in truth_of(world)
        if entry["incident"] == "tracking_wrong_or_duplicate" and entry["detail"]["cause"] == "duplicate"
    }

    assert doubled == truth


def test_what_the_service_works_on_is_pending_or_open(world: World) -> None:
    for row in fulfillments_of(world, "third_party_accepted"):
        assert row["status"] in ("PENDING", "OPEN")
        (order,) = world.rows("select * from fulfillment_order where order_id = ?", row["order_id"])
        assert (order["status"], order["request_status"]) == ("IN_PROGRESS", "ACCEPTED")


def test_what_is_really_gone_has_carrier_events(world: World) -> None:
    for row in fulfillments_of(world, "delivered_or_in_transit"):
        assert row["in_transit_at"]


def test_a_cancelled_fulfillment_left_a_closed_fulfillment_order_with_its_units_grown_back(
    world: World,
) -> None:
    for row in fulfillments_of(world, "already_cancelled"):
        old, new = world.rows(
            "select * from fulfillment_order where order_id = ? order by id", row["order_id"]
        )
        lines = {
            fo["id"]: world.rows(
                "select total, remaining from fo_line where fo_id = ? order by line_id", fo["id"]
            )
            for fo in (old, new)
        }
        assert (row["status"], row["display_status"]) == ("CANCELLED", "CANCELED")
        assert (old["status"], new["status"]) == ("CLOSED", "OPEN")
        assert lines[old["id"]] == lines[new["id"]]
        assert all(line["remaining"] == line["total"] for line in lines[old["id"]])


def test_archived_mistakes_are_closed_orders(world: World) -> None:
    assert all(order_of(world, row)["closed_at"] for row in fulfillments_of(world, "archived"))


def read_count(world: World) -> dict[tuple[str, str], int]:
    """(barcode, location) → counted units."""
    with count_path(world.path).open(encoding="utf-8", newline="") as file:
        return {(row["barcode"], row["location"]): int(row["counted"]) for row in csv.DictReader(file)}


def variances(world: World) -> dict[tuple[int, int], int]:
    """(item, location) → counted less on hand, where they differ."""
    counted = read_count(world)
    found = {}
    for row in world.rows(
        "select v.*, i.barcode, p.name from level v join item i on i.id = v.item_id"
        " join location p on p.id = v.location_id"
    ):
        if (row["barcode"], row["name"]) in counted:
            on_hand = sum(row[state] for state in STATES)
            variance = counted[row["barcode"], row["name"]] - on_hand
            if variance:
                found[row["item_id"], row["location_id"]] = variance
    return found


def test_the_count_differs_by_the_units_of_the_incidents_and_the_unexplained_ones_and_by_nothing_else(
    world: World,
) -> None:
    still_here = (
        "auto_fulfil", "app_burst", "phantom_shipment", "courier_no_show", "wrong_location", "preorder",
        "pos_mark_as_fulfilled", "fulfilled_after_cancel_or_refund", "archived", "staff_edit",
    )  # fmt: skip
    expected: Counter[tuple[int, int]] = Counter()
    for kind in still_here:
        for row in fulfillments_of(world, kind):
            for line in world.rows(
                "select l.item_id, f.quantity from fulfillment_line f join line l on l.id = f.line_id"
                " where f.fulfillment_id = ?",
                row["id"],
            ):
                expected[line["item_id"], row["location_id"]] += line["quantity"]
    for entry in truth_of(world):
        detail = entry.get("detail", {})
        ids = {
            key: int(value.rsplit("/", 1)[1])
            for key, value in detail.items()
            if str(value).startswith("gid:")
        }
        if entry["incident"] == "wrong_location":
            expected[ids["inventory_item"], ids["left_from"]] -= detail["units"]
        if entry["incident"] == "line_missing":
            location = world.row("select id from location where name = 'Lager Nord'")["id"]
            expected[ids["missing"], location] += detail["units"]
        if entry["incident"] == "stock_unexplained":
            expected[ids["inventory_item"], ids["location"]] += detail["units"]
            if "other_inventory_item" in ids:
                expected[ids["other_inventory_item"], ids["location"]] -= detail["units"]

    assert {place: units for place, units in expected.items() if units} == variances(world)


def test_a_count_is_never_below_zero_and_covers_both_own_locations(world: World) -> None:
    counted = read_count(world)

    assert min(counted.values()) >= 0
    assert {location for _, location in counted} == {"Lager Nord", "Laden Altstadt"}


def test_ten_thousand_orders_are_seeded_within_seconds(tmp_path: Path) -> None:
    begun = time.process_time()
    make(tmp_path, "large.sqlite", size=10_000)

    assert time.process_time() - begun < 6  # 100,000 in 60 s
