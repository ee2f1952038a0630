import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sandbox_client import Client

from sandbox_shop.auth import ALL_SCOPES
from sandbox_shop.connections import search_ids
from sandbox_shop.context import Context
from sandbox_shop.search import Group, Node, Term, parse_search
from sandbox_shop.world import World

ORDERS: list[dict[str, Any]] = [
    {
        "id": 1,
        "name": "#1001",
        "created_at": "2026-09-01T10:00:00Z",
        "fulfillment_status": "FULFILLED",
        "tags": ["vip"],
    },
    {"id": 2, "name": "#1002", "created_at": "2026-09-02T10:00:00Z", "fulfillment_status": "UNFULFILLED"},
    {
        "id": 3,
        "name": "#1003",
        "created_at": "2026-09-03T10:00:00Z",
        "fulfillment_status": "PARTIALLY_FULFILLED",
    },
    {"id": 4, "name": "#1004", "created_at": "2026-09-04T10:00:00Z", "closed_at": "2026-09-05T00:00:00Z"},
    {
        "id": 5,
        "name": "#1005-A",
        "created_at": "2026-10-01T10:00:00Z",
        "tags": ["VIP", "50% off"],
        "source_name": "pos",
    },
]


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    world = World(tmp_path_factory.mktemp("search") / "world.sqlite")
    world.set("clock", "2026-10-05T08:00:00Z")
    world.set("shop", {"timezone": "Europe/Berlin"})
    with world.writing():
        for order in ORDERS:
            moment = order["created_at"]
            row = {
                "number": order["id"],
                "processed_at": moment,
                "updated_at": moment,
                "financial_status": "PAID",
            }
            row |= {"customer_name": "Ada Byron", "email": f"{order['id']}@example.com"}
            world.insert("order", {**row, **order, "tags": json.dumps(order.get("tags", []))})
        world.insert(
            "line",
            {
                "id": 9,
                "order_id": 2,
                "sku": "AB-1",
                "name": "x",
                "title": "x",
                "quantity": 1,
                "current_quantity": 1,
            },
        )
    yield Context(world, "app", ALL_SCOPES, "2026-10")
    world.close()


def found(context: Context, query: str) -> list[int]:
    context.warnings.clear()
    return search_ids(context, "Order", query, "ID")


def term(field: str, value: str, comparator: str = "", is_prefix: bool = False) -> Term:
    return Term(field, comparator, value, is_prefix)


A, B, C = term("a", "1"), term("b", "2"), term("c", "3")


@pytest.mark.parametrize(
    ("query", "tree"),
    [
        ("", None),
        ("a:1", A),
        ("a:1 b:2", Group("AND", (A, B))),
        ("a:1 AND b:2", Group("AND", (A, B))),
        ("a:1 OR b:2", Group("OR", (A, B))),
        ("a:1 OR b:2 c:3", Group("OR", (A, Group("AND", (B, C))))),
        ("(a:1 OR b:2) AND c:3", Group("AND", (Group("OR", (A, B)), C))),
        ("(a:1 OR b:2) c:3", Group("AND", (Group("OR", (A, B)), C))),
        ("-a:1", Group("NOT", (A,))),
        ("NOT a:1 b:2", Group("AND", (Group("NOT", (A,)), B))),
        ("-(a:1 OR b:2)", Group("NOT", (Group("OR", (A, B)),))),
        ("a:>=1", term("a", "1", ">=")),
        ("a:<'2026-09-01T00:00:00Z'", term("a", "2026-09-01T00:00:00Z", "<")),
        ('a:"x y (z)"', term("a", "x y (z)")),
        (r"a:x\:y\(z\)", term("a", "x:y(z)")),
        ("a:x*", term("a", "x", is_prefix=True)),
        (r"a:x\*", term("a", "x*")),
        ("bob", term("", "bob")),
        ("'AND'", term("", "AND")),
        ("(a:1", A),
        ("a:1)", A),
        ("a:1) b:2", Group("AND", (A, B))),
    ],
)
def test_a_search_is_read_as_documented(query: str, tree: Node | None) -> None:
    assert parse_search(query) == tree


def test_precedence_follows_the_documentation_when_switched() -> None:
    assert parse_search("a:1 OR b:2 AND c:3", or_first=True) == Group("AND", (Group("OR", (A, B)), C))


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("fulfillment_status:shipped", [1]),
        ("fulfillment_status:partial OR fulfillment_status:fulfilled", [1, 3]),
        ("-fulfillment_status:shipped", [2, 3, 4, 5]),
        ("status:open", [1, 2, 3, 5]),
        ("status:closed", [4]),
        ("created_at:>=2026-09-03", [3, 4, 5]),
        ("created_at:>2026-09-03", [4, 5]),
        ("created_at:<=2026-09-03", [1, 2, 3]),
        ("created_at:<2026-09-03", [1, 2]),
        ("created_at:2026-09-03", [3]),
        ("created_at:2026-09", [1, 2, 3, 4]),
        ("created_at:>='2026-09-03T12:00:01'", [4, 5]),  # 10:00:01 UTC: the shop is in Berlin
        ("created_at:>='2026-09-03T12:00:00'", [3, 4, 5]),
        ("created_at:>='2026-09-03T10:00:00Z' created_at:<'2026-10-01T00:00:00+00:00'", [3, 4]),
        ("created_at:<now", [1, 2, 3, 4, 5]),
        ("created_at:>now", []),
        ("id:>=4", [4, 5]),
        ("id:2", [2]),
        ("name:1001", [1]),
        ("name:#1001", [1]),
        ("name:100*", [1, 2, 3, 4, 5]),
        ("name:1005-A", [5]),
        ("tag:vip", [1, 5]),
        ("tag:'50% off'", [5]),
        ("tag:5*", [5]),
        ("tag:5_% *", []),
        ("tag_not:vip", [2, 3, 4]),
        ("sku:ab-1", [2]),
        ("sku:AB*", [2]),
        ("source_name:pos", [5]),
        ("channel:web,pos", [5]),
        ("email:2@example.com", [2]),
        ("1003", [3]),
        ("Ada*", [1, 2, 3, 4, 5]),
        ("(name:1001 OR name:1002) AND -tag:vip", [2]),
        ("financial_status:paid", [1, 2, 3, 4, 5]),
        ("financial_status:refunded", []),
        ("risk_level:high", []),
    ],
)
def test_orders_are_found(context: Context, query: str, ids: list[int]) -> None:
    assert found(context, query) == ids
    assert context.warnings == []


@pytest.mark.parametrize(
    ("query", "warning"),
    [
        ("fulfilled_at:>2026-01-01", {"field": "fulfilled_at", "code": "invalid_field"}),
        ("fulfillment_status:delivered", {"field": "fulfillment_status", "code": "invalid_value"}),
        ("created_at:yesterdayish", {"field": "created_at", "code": "invalid_value"}),
        ("id:gid", {"field": "id", "code": "invalid_value"}),
        ("-fulfilled_at:2026", {"field": "fulfilled_at", "code": "invalid_field"}),
    ],
)
def test_a_filter_that_is_not_understood_matches_everything_and_warns(
    context: Context, query: str, warning: dict[str, str]
) -> None:
    assert found(context, query) == [1, 2, 3, 4, 5]
    (entry,) = context.warnings
    assert entry["query"] == query
    assert [{key: each[key] for key in warning} for each in entry["warnings"]] == [warning]


def test_a_dropped_filter_leaves_the_others(context: Context) -> None:
    assert found(context, "fulfilled_at:2026 name:1002") == [2]
    assert len(context.warnings) == 1


def test_orders_are_sorted_and_reversed(context: Context) -> None:
    assert search_ids(context, "Order", "", "CREATED_AT", reverse=True) == [5, 4, 3, 2, 1]
    assert search_ids(context, "orders", "fulfillment_status:unfulfilled", "NAME") == [2, 4, 5]


def test_warnings_come_with_the_path_over_http(reading: Client) -> None:
    answer = reading.ask('{ a: orders(first: 1, query: "shipped_at:2026") { nodes { id } } }')

    assert len(answer["data"]["a"]["nodes"]) == 1
    assert answer["extensions"]["search"] == [
        {
            "path": ["a"],
            "query": "shipped_at:2026",
            "parsed": {"field": "shipped_at", "match_all": "2026"},
            "warnings": [
                {
                    "field": "shipped_at",
                    "message": "Invalid search field for this query.",
                    "code": "invalid_field",
                }
            ],
        }
    ]


def test_a_search_without_warnings_is_shown_for_the_debug_header_only(reading: Client) -> None:
    query = '{ orders(first: 1, query: "status:open") { nodes { id } } }'

    plain = reading.ask(query)
    debug = reading.ask(query, **{"Shopify-Search-Query-Debug": "1"})

    assert "search" not in plain["extensions"]
    assert debug["extensions"]["search"][0]["parsed"] == {"field": "status", "match_all": "open"}


def test_fulfillments_of_an_order_are_found_by_time(reading: Client) -> None:
    query = """query($q: String!) { orders(first: 250, query: "fulfillment_status:shipped") { nodes {
        all: fulfillments { id createdAt } some: fulfillments(query: $q) { id createdAt } } } }"""
    edge = "2026-09-28T00:00:00Z"

    nodes = reading.data(query, {"q": f"created_at:>='{edge}'"})["orders"]["nodes"]

    assert [node["some"] for node in nodes] == [
        [each for each in node["all"] if each["createdAt"] >= edge] for node in nodes
    ]
    assert 0 < sum(len(node["some"]) for node in nodes) < sum(len(node["all"]) for node in nodes)


def test_a_hundred_thousand_orders_are_searched_in_well_under_a_second(tmp_path: Path) -> None:
    world = World(tmp_path / "big.sqlite")
    moment = "2026-09-01T10:00:00Z"
    times = {"created_at": moment, "processed_at": moment, "updated_at": moment}
    with world.writing():
        world.insert_many(
            "order", ({"id": n, "name": f"#{n}", "number": n, **times} for n in range(1, 100_001))
        )
    context = Context(world, "app", ALL_SCOPES, "2026-10")

    started = time.perf_counter()
    ids = search_ids(context, "Order", "name:1234* AND (status:open OR tag:vip)", "UPDATED_AT")
    seconds = time.perf_counter() - started
    world.close()

    assert len(ids) == 11
    assert seconds < 1
