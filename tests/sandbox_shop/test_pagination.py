from typing import Any

import pytest
from sandbox_client import Client

PAGE = """query($first: Int, $last: Int, $after: String, $before: String, $reverse: Boolean, $key: OrderSortKeys) {
  orders(first: $first, last: $last, after: $after, before: $before, reverse: $reverse, sortKey: $key) {
    nodes { id updatedAt } edges { cursor node { id } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""


def page(client: Client, **variables: Any) -> dict[str, Any]:
    return client.data(PAGE, variables)["orders"]


@pytest.mark.parametrize("key", ["ID", "UPDATED_AT", "PROCESSED_AT", "TOTAL_PRICE", "CUSTOMER_NAME"])
@pytest.mark.parametrize("is_reversed", [False, True])
def test_pages_hold_every_order_once_in_order(reading: Client, key: str, is_reversed: bool) -> None:
    whole = page(reading, first=250, key=key, reverse=is_reversed)
    ids, after, walked = [node["id"] for node in whole["nodes"]], None, []

    while True:
        part = page(reading, first=33, key=key, reverse=is_reversed, after=after)
        walked += [node["id"] for node in part["nodes"]]
        after = part["pageInfo"]["endCursor"]
        if not part["pageInfo"]["hasNextPage"]:
            break

    assert len(ids) == len(set(ids)) == 200
    assert walked == ids


def test_pages_can_be_walked_backwards(reading: Client) -> None:
    whole = [node["id"] for node in page(reading, first=250, key="UPDATED_AT")["nodes"]]

    last = page(reading, last=10, key="UPDATED_AT")
    before = page(reading, last=10, key="UPDATED_AT", before=last["pageInfo"]["startCursor"])

    assert [node["id"] for node in last["nodes"]] == whole[-10:]
    assert [node["id"] for node in before["nodes"]] == whole[-20:-10]
    assert (before["pageInfo"]["hasNextPage"], before["pageInfo"]["hasPreviousPage"]) == (True, True)


def test_edges_carry_the_cursors_of_the_page(reading: Client) -> None:
    first = page(reading, first=3)

    assert [edge["node"]["id"] for edge in first["edges"]] == [node["id"] for node in first["nodes"]]
    assert first["edges"][-1]["cursor"] == first["pageInfo"]["endCursor"]
    assert page(reading, first=1, after=first["edges"][0]["cursor"])["nodes"] == first["nodes"][1:2]


def test_more_than_250_are_cut_to_250_rows(reading: Client) -> None:
    assert len(page(reading, first=1000)["nodes"]) == 200


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "you must provide one of first or last"),
        ({"first": 1, "last": 1}, "providing both first and last is not supported"),
        ({"first": 1, "after": "nonsense"}, "Invalid cursor for current pagination sort: nonsense"),
    ],
)
def test_a_page_that_cannot_be_is_a_bad_request(reading: Client, given: dict[str, Any], message: str) -> None:
    answer = reading.ask(PAGE, given)

    assert answer["errors"][0]["message"] == message
    assert answer["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    assert answer["errors"][0]["path"] == ["orders"]
    assert answer["data"] is None


def test_connections_inside_an_object_are_paged_too(reading: Client) -> None:
    item = reading.data("{ inventoryItems(first: 1) { nodes { id } } }")["inventoryItems"]["nodes"][0]["id"]
    query = """query($id: ID!, $n: Int!, $after: String) { inventoryItem(id: $id) {
        inventoryLevels(first: $n, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } } }"""

    def levels(n: int, after: str | None = None) -> dict[str, Any]:
        return reading.data(query, {"id": item, "n": n, "after": after})["inventoryItem"]["inventoryLevels"]

    whole, first = levels(50), levels(1)
    second = levels(50, first["pageInfo"]["endCursor"])

    assert len(whole["nodes"]) > 1 and first["pageInfo"]["hasNextPage"]
    assert first["nodes"] + second["nodes"] == whole["nodes"]


def test_more_than_250_ids_are_refused(reading: Client) -> None:
    answer = reading.ask(
        "query($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": ["gid://shopify/Order/1"] * 251}
    )

    (error,) = answer["errors"]
    assert error["message"] == "The input array size of 251 is greater than the maximum allowed of 250."
    assert error["extensions"]["code"] == "MAX_INPUT_SIZE_EXCEEDED"


def test_nodes_come_in_the_order_asked_with_null_for_the_unknown(reading: Client) -> None:
    ids = [node["id"] for node in page(reading, first=3, key="ID")["nodes"]]
    asked = [ids[2], "gid://shopify/Order/999", ids[0], ids[2]]

    nodes = reading.data("query($ids: [ID!]!) { nodes(ids: $ids) { id __typename } }", {"ids": asked})[
        "nodes"
    ]

    assert [node and node["id"] for node in nodes] == [ids[2], None, ids[0], ids[2]]
    assert nodes[0]["__typename"] == "Order"


def test_nodes_of_several_kinds_are_told_apart(reading: Client) -> None:
    data = reading.data("{ orders(first: 1) { nodes { id } } locations(first: 1) { nodes { id } } }")
    ids = [data["orders"]["nodes"][0]["id"], data["locations"]["nodes"][0]["id"]]

    nodes = reading.data("query($ids: [ID!]!) { nodes(ids: $ids) { __typename } }", {"ids": ids})["nodes"]

    assert [node["__typename"] for node in nodes] == ["Order", "Location"]


@pytest.mark.parametrize("id_", ["gid://shopify/Order/0", "6100000000001", "Order/1"])
def test_an_id_that_is_none_is_a_top_level_error(reading: Client, id_: str) -> None:
    answer = reading.ask("query($id: ID!) { order(id: $id) { id } }", {"id": id_})

    assert answer["data"] == {"order": None}
    assert answer["errors"][0]["extensions"]["code"] == "RESOURCE_NOT_FOUND"


def test_an_unknown_id_is_just_null(reading: Client) -> None:
    ids = {"id": "gid://shopify/Order/12345"}

    assert reading.data("query($id: ID!) { order(id: $id) { id } }", ids) == {"order": None}
    assert reading.data("query($id: ID!) { fulfillment(id: $id) { id } }", ids) == {"fulfillment": None}
