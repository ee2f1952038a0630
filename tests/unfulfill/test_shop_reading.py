"""Fresh readings from the sandbox: whole values, pages inside pages, and what is not there."""

import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
from shop_servers import Told, telling

import sandbox_shop
from unfulfill.errors import BadAnswer
from unfulfill.settings import sandbox_settings
from unfulfill.shop import (
    Shop,
    read_fulfillments,
    read_levels,
    read_open_fulfillment_orders,
    read_orders,
)
from unfulfill.shop.pages import walk
from unfulfill.tables import INVENTORY_LEVELS, check_table


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    world = tmp_path_factory.mktemp("shop_reading") / "world.sqlite"
    with sandbox_shop.start(world, seed=5, size=300) as started:
        yield started


@pytest.fixture
def shop(server: Any) -> Iterator[Shop]:
    with Shop(sandbox_settings(server.url, server.token)) as opened:
        yield opened


def rows(server: Any, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(server.world)
    try:
        return connection.execute(sql, values).fetchall()
    finally:
        connection.close()


def gid(kind: str, number: int) -> str:
    return f"gid://shopify/{kind}/{number}"


def test_every_fulfillment_is_read_with_all_its_units(shop: Shop, server: Any) -> None:
    units = rows(server, "select fulfillment_id, sum(quantity) from fulfillment_line group by 1 order by 1")
    expected = {gid("Fulfillment", number): quantity for number, quantity in units}

    states = read_fulfillments(shop, expected)

    assert len(expected) > 250
    assert {id_: sum(line.quantity for line in state.lines) for id_, state in states.items()} == expected
    assert list(states) == list(expected)


def test_a_fulfillment_comes_with_tracking_service_location_and_order(shop: Shop, server: Any) -> None:
    ((number, name, status, order),) = rows(
        server,
        "select id, name, status, order_id from fulfillment where tracking <> '[]' order by id limit 1",
    )

    state = read_fulfillments(shop, [gid("Fulfillment", number)])[gid("Fulfillment", number)]

    assert (state.name, state.status, state.order.id) == (name, status, gid("Order", order))
    assert state.tracking.numbers
    assert state.location_name
    assert state.service_type in ("MANUAL", "THIRD_PARTY", "GIFT_CARD")
    assert (state.id, state.status) in state.order.fulfillments
    assert state.created_at.tzinfo is not None


def test_unknown_ids_and_ids_of_other_things_are_absent(shop: Shop, server: Any) -> None:
    ((order,),) = rows(server, 'select id from "order" limit 1')
    ids = [gid("Fulfillment", 1), gid("Order", order)]

    assert read_fulfillments(shop, ids) == {}
    assert list(read_orders(shop, ids)) == [gid("Order", order)]
    assert read_open_fulfillment_orders(shop, [gid("Order", 1)]) == {}


def test_nothing_is_asked_for_no_ids(shop: Shop) -> None:
    assert read_fulfillments(shop, []) == {}
    assert shop.served_version == ""


def test_a_cancelled_fulfillment_opens_its_units_again_and_closed_ones_are_left_out(
    shop: Shop, server: Any
) -> None:
    ((number, order),) = rows(
        server,
        """select f.id, f.order_id from fulfillment f join "order" o on o.id = f.order_id
             join service s on s.id = f.service_id
           where f.status = 'SUCCESS' and o.fulfillment_status = 'FULFILLED' and s.type = 'MANUAL'
             and o.financial_status = 'PAID' and o.closed_at is not null
             and (select count(*) from fulfillment where order_id = o.id) = 1 limit 1""",
    )
    id_, order_id = gid("Fulfillment", number), gid("Order", order)
    before = read_fulfillments(shop, [id_])[id_]
    opened_before = read_open_fulfillment_orders(shop, [order_id])[order_id]

    shop.write("FulfillmentCancel", id=id_)

    after = read_fulfillments(shop, [id_])[id_]
    opened = read_open_fulfillment_orders(shop, [order_id])[order_id]
    assert opened_before == ()
    assert (after.status, after.display_status, after.order.closed) == ("CANCELLED", "CANCELED", False)
    assert after.order.updated_at > before.order.updated_at
    units = {line.line_item_id: line.quantity for line in before.lines}
    assert {line.line_item_id: line.quantity for each in opened for line in each.lines} == units
    assert all(line.id.startswith("gid://shopify/FulfillmentOrderLineItem/") for line in opened[0].lines)


def test_a_hold_of_ours_is_told_from_the_rest(shop: Shop, server: Any) -> None:
    ((order,),) = rows(server, "select order_id from fulfillment_order where status = 'OPEN' limit 1")
    first = read_open_fulfillment_orders(shop, [gid("Order", order)])[gid("Order", order)][0]
    hold = {"reason": "OTHER", "handle": "uw-test"}

    payload = shop.write("FulfillmentOrderHold", id=first.id, hold=hold)

    held = read_open_fulfillment_orders(shop, [gid("Order", order)])[gid("Order", order)][0]
    assert payload["userErrors"] == []
    assert (held.status, [(each.handle, each.ours) for each in held.holds]) == (
        "ON_HOLD",
        [("uw-test", True)],
    )


def test_levels_are_a_table_of_every_location_that_stocks_the_item(shop: Shop, server: Any) -> None:
    items = [number for (number,) in rows(server, "select id from item order by id")]
    expected = rows(
        server,
        """select item_id, location_id, available, committed,
             available + committed + reserved + damaged + safety_stock + quality_control
           from level where active order by 1, 2""",
    )

    frame = read_levels(shop, [gid("InventoryItem", number) for number in items])

    check_table(INVENTORY_LEVELS, frame, "levels")
    found = frame.sort_values(["inventory_item_id", "location_id"])
    columns = ["inventory_item_id", "location_id", "available", "committed", "on_hand"]
    assert [tuple(row) for row in found[columns].to_numpy()] == [
        (gid("InventoryItem", item), gid("Location", location), *quantities)
        for item, location, *quantities in expected
    ]


def test_no_items_are_an_empty_table(shop: Shop) -> None:
    check_table(INVENTORY_LEVELS, read_levels(shop, []), "levels")


def long_order(server: Any, count: int) -> tuple[str, str]:
    """An order with one fulfillment of many lines, written into the world beside the API."""
    connection = sqlite3.connect(server.world)
    with connection:
        ((order, fulfillment),) = connection.execute(
            "select order_id, id from fulfillment where status = 'SUCCESS' order by id desc limit 1"
        ).fetchall()
        ((base_line, fo_line),) = connection.execute(
            "select line_id, fo_line_id from fulfillment_line where fulfillment_id = ? limit 1",
            (fulfillment,),
        ).fetchall()
        for number in range(count):
            line = 99_000_000_000_000 + number
            connection.execute(
                """insert into line(id, order_id, name, title, quantity, current_quantity)
                   select ?, order_id, name, title, 1, 1 from line where id = ?""",
                (line, base_line),
            )
            connection.execute(
                "insert into fulfillment_line(id, fulfillment_id, line_id, fo_line_id, quantity) values(?, ?, ?, ?, 1)",
                (98_000_000_000_000 + number, fulfillment, line, fo_line),
            )
    connection.close()
    return gid("Order", order), gid("Fulfillment", fulfillment)


def test_lines_beyond_the_first_page_are_read(shop: Shop, server: Any) -> None:
    _, fulfillment = long_order(server, 330)

    state = read_fulfillments(shop, [fulfillment])[fulfillment]

    assert len(state.lines) > 330
    assert len({line.line_item_id for line in state.lines}) == len(state.lines)
    assert sum(line.quantity for line in state.lines) == state.total_quantity


def connection(cursor: str | None, *ids: str) -> Told:
    page = {"nodes": [{"id": id_} for id_ in ids], "pageInfo": {"hasNextPage": True, "endCursor": cursor}}
    return Told({"data": {"locations": page}})


@pytest.mark.parametrize(
    "answers",
    [
        [connection("a", "1"), connection("a", "2")],
        [connection(None, "1")],
        [Told({"data": {"locations": None}})],
        [Told({"data": {}})],
        [
            Told(
                {
                    "data": {
                        "locations": {"nodes": [None], "pageInfo": {"hasNextPage": False, "endCursor": None}}
                    }
                }
            )
        ],
    ],
)
def test_pages_that_lead_nowhere_end_with_an_error(answers: list[Told]) -> None:
    with (
        telling(*answers) as server,
        Shop(sandbox_settings(server.url, "token")) as shop,
        pytest.raises(BadAnswer),
    ):
        list(walk(shop, "Locations", lambda data: data["locations"]))


STATE = {
    "__typename": "Order",
    "id": "gid://shopify/Order/1",
    "name": "#1",
    "updatedAt": "2026-10-01T00:00:00Z",
    "closed": False,
    "cancelledAt": None,
    "tags": [],
    "fulfillments": [],
}


@pytest.mark.parametrize(
    "nodes",
    [
        [],
        [STATE, STATE],
        [{**STATE, "id": "gid://shopify/Order/2"}],
        [{**STATE, "id": 1}],
        [{**STATE, "updatedAt": "yesterday"}],
        [{**STATE, "updatedAt": None}],
        [{**STATE, "closed": None}],
        [{**STATE, "tags": None}],
        [{**STATE, "name": 5}],
        [{**STATE, "fulfillments": [{"id": None}]}],
    ],
)
def test_a_value_that_shopify_never_sends_is_refused(nodes: list[Any]) -> None:
    with (
        telling(Told({"data": {"nodes": nodes}})) as server,
        Shop(sandbox_settings(server.url, "token")) as shop,
        pytest.raises(BadAnswer),
    ):
        read_orders(shop, ["gid://shopify/Order/1"])


def test_an_unknown_status_is_read_as_it_is() -> None:
    node = {**STATE, "displayFinancialStatus": "A_NEW_ONE"}
    answer = Told({"data": {"nodes": [node]}})
    with telling(answer) as server, Shop(sandbox_settings(server.url, "token")) as shop:
        state = read_orders(shop, ["gid://shopify/Order/1"])["gid://shopify/Order/1"]

    assert state.financial_status == "A_NEW_ONE"
