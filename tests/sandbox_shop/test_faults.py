import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import requests
from sandbox_client import Client

import sandbox_shop
from sandbox_shop import SandboxShop
from sandbox_shop.faults import FaultRefused

SHOP = "query Name { shop { name } }"
TAG = 'mutation Tag($id: ID!) { tagsAdd(id: $id, tags: ["met"]) { userErrors { message } } }'
READ_TAGS = "query Tags($id: ID!) { order(id: $id) { tags } }"


def some_order(client: Client) -> str:
    return client.data("{ orders(first: 1) { nodes { id } } }")["orders"]["nodes"][0]["id"]


def tags(client: Client, order_id: str) -> list[str]:
    return client.data(READ_TAGS, {"id": order_id})["order"]["tags"]


@pytest.mark.parametrize("kind", ["500", "502", "503", "504"])
@pytest.mark.parametrize("is_after", [False, True])
def test_an_http_error_comes_before_or_after_the_write(
    shop: SandboxShop, client: Client, kind: str, is_after: bool
) -> None:
    order_id = some_order(client)
    shop.control("faults", {"kind": kind, "field": "tagsAdd", "after": is_after})

    answer = client.ask(TAG, {"id": order_id})

    assert client.last.status_code == int(kind)
    assert answer == {"errors": "An unexpected error occurred"}
    assert ("met" in tags(client, order_id)) is is_after


@pytest.mark.parametrize(("kind", "is_written"), [("reset_before", False), ("reset_after", True)])
def test_a_reset_connection_leaves_the_write_undone_or_done(
    shop: SandboxShop, client: Client, kind: str, is_written: bool
) -> None:
    order_id = some_order(client)
    shop.control("faults", {"kind": kind, "operation": "Tag"})

    with pytest.raises(requests.ConnectionError, match="reset"):
        client.ask(TAG, {"id": order_id})

    assert ("met" in tags(client, order_id)) is is_written


def test_a_hanging_answer_times_out_at_the_client(shop: SandboxShop, client: Client) -> None:
    order_id = some_order(client)
    shop.control("faults", {"kind": "hang", "seconds": 20, "after": True, "operation": "Tag"})
    hanging = Client(shop.url, shop.token)

    with closing(hanging.session), pytest.raises(requests.ReadTimeout):
        hanging.session.post(
            f"{shop.url}/admin/api/2026-10/graphql.json",
            json={"query": TAG, "variables": {"id": order_id}},
            headers={"X-Shopify-Access-Token": shop.token},
            timeout=0.3,
        )

    assert "met" in tags(client, order_id)


def test_a_shop_stops_at_once_though_an_answer_hangs() -> None:
    shop = sandbox_shop.start(size=5)
    shop.control("faults", {"kind": "hang", "seconds": 60})
    client = Client(shop.url, shop.token)
    with closing(client.session), pytest.raises(requests.ReadTimeout):
        client.session.post(
            f"{shop.url}/admin/api/2026-10/graphql.json",
            json={"query": SHOP},
            headers={"X-Shopify-Access-Token": shop.token},
            timeout=0.2,
        )

    started = time.perf_counter()
    shop.stop()

    assert time.perf_counter() - started < 5


@pytest.mark.parametrize("is_after", [False, True])
def test_an_internal_error_has_a_request_id(shop: SandboxShop, client: Client, is_after: bool) -> None:
    order_id = some_order(client)
    shop.control("faults", {"kind": "internal_server_error", "operation": "Tag", "after": is_after})

    answer = client.ask(TAG, {"id": order_id})

    (error,) = answer["errors"]
    assert "data" not in answer
    assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert error["extensions"]["requestId"] in error["message"]
    assert ("met" in tags(client, order_id)) is is_after


def test_a_throttled_request_costs_nothing(shop: SandboxShop, client: Client) -> None:
    shop.control("faults", {"kind": "throttled"})

    answer = client.ask(SHOP)

    assert answer["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert answer["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"] == 2000


def test_a_web_page_or_half_an_answer_comes_in_place_of_json(shop: SandboxShop, client: Client) -> None:
    shop.control("faults", {"add": [{"kind": "html"}, {"kind": "bad_json"}]})
    texts = []
    for _ in range(2):
        with pytest.raises(requests.JSONDecodeError):
            client.ask(SHOP)
        texts.append((client.last.status_code, client.last.headers["Content-Type"], client.last.text[:9]))

    assert texts == [
        (200, "text/html; charset=utf-8", "<!DOCTYPE"),
        (200, "application/json; charset=utf-8", '{"data":{'),
    ]


def test_an_invented_user_error_says_so_and_changes_nothing(shop: SandboxShop, client: Client) -> None:
    order_id = some_order(client)
    shop.control("faults", {"kind": "user_error", "field": "tagsAdd", "message": "Label must be voided."})

    answer = client.ask(TAG, {"id": order_id})

    errors = answer["data"]["tagsAdd"]["userErrors"]
    assert errors == [{"message": "Label must be voided. (invented by the sandbox)"}]
    assert "met" not in tags(client, order_id)


def test_an_invented_user_error_may_have_a_code_that_its_mutation_knows(
    shop: SandboxShop, client: Client
) -> None:
    shop.control("faults", {"kind": "user_error", "field": "metafieldsSet", "code": "STALE_OBJECT"})

    answer = client.ask("mutation { metafieldsSet(metafields: []) { userErrors { code } } }")

    assert answer["data"]["metafieldsSet"]["userErrors"] == [{"code": "STALE_OBJECT"}]


def test_a_fault_meets_the_nth_request_and_so_many_after_it(shop: SandboxShop, client: Client) -> None:
    shop.control("faults", {"kind": "503", "operation": "Name", "nth": 2, "count": 2})
    statuses = []
    for _ in range(5):
        client.ask(SHOP)
        statuses.append(client.last.status_code)

    assert statuses == [200, 503, 503, 200, 200]


def test_a_fault_without_a_count_stays_until_it_is_cleared(shop: SandboxShop, client: Client) -> None:
    shop.control("faults", {"kind": "500", "count": None})
    statuses = []
    for _ in range(3):
        client.ask(SHOP)
        statuses.append(client.last.status_code)
    shop.control("faults", {"clear": True})
    client.ask(SHOP)

    assert [*statuses, client.last.status_code] == [500, 500, 500, 200]


def test_a_fault_can_be_meant_for_one_object(shop: SandboxShop, client: Client) -> None:
    order_id = some_order(client)
    shop.control("faults", {"kind": "500", "contains": order_id})

    client.ask(READ_TAGS, {"id": "gid://shopify/Order/1"})
    other = client.last.status_code
    client.ask(READ_TAGS, {"id": order_id})

    assert (other, client.last.status_code) == (200, 500)


@pytest.mark.parametrize("spec", [{"kind": "earthquake"}, {"kind": "500", "oeration": "Tag"}])
def test_a_fault_that_is_none_is_refused(shop: SandboxShop, spec: dict[str, Any]) -> None:
    with pytest.raises(FaultRefused, match=r"there are|it has"):
        shop.control("faults", spec)

    assert shop.control("faults") == {"faults": []}


def test_requests_and_their_faults_are_noted(shop: SandboxShop, client: Client) -> None:
    order_id = some_order(client)
    shop.control("faults", {"kind": "reset_after", "operation": "Tag"})
    with pytest.raises(requests.ConnectionError):
        client.ask(TAG, {"id": order_id})
    client.ask(TAG, {"id": order_id})

    rows = shop.control("request")["rows"][-2:]

    assert [
        (row["operation"], row["mutation"], row["effect"], row["fault"], row["status"]) for row in rows
    ] == [
        ("Tag", "tagsAdd", 1, "reset_after", None),
        ("Tag", "tagsAdd", 0, None, 200),
    ]


def test_a_second_process_meets_the_fault_too(tmp_path: Path) -> None:
    world = tmp_path / "shared.sqlite"
    with sandbox_shop.start(world, size=5) as one, sandbox_shop.start(world) as other:
        one.control("faults", {"kind": "500"})
        client = Client(other.url, other.token)
        with closing(client.session):
            client.ask(SHOP)

        assert client.last.status_code == 500
        assert one.token == other.token
