import json
from contextlib import closing
from typing import Any

import pytest
from sandbox_client import Client

from sandbox_shop import SandboxShop
from sandbox_shop.control import COMMANDS, ControlRefused


def test_the_control_api_has_a_token_of_its_own(shop: SandboxShop, client: Client) -> None:
    body = json.dumps({"advance_s": 60})

    statuses = [
        client.post("/_sandbox/clock", body).status_code,
        client.post("/_sandbox/clock", body, **{"X-Sandbox-Control": shop.token}).status_code,
        client.post("/_sandbox/clock", body, **{"X-Sandbox-Control": shop.control_token}).status_code,
    ]

    assert statuses == [401, 401, 200]
    assert client.as_token(shop.control_token).ask("{ shop { name } }")["errors"]


def test_the_clock_is_read_set_moved_and_freed(shop: SandboxShop) -> None:
    seeded = shop.control("clock")
    frozen = shop.control("clock", {"set": "2026-12-01T00:00:00Z"})
    moved = shop.control("clock", {"advance_s": 90})
    freed = shop.control("clock", {"set": None})

    assert seeded["frozen"] and frozen["clock"] == "2026-12-01T00:00:00Z"
    assert moved["clock"] == "2026-12-01T00:01:30Z"
    assert not freed["frozen"]


def test_reset_seeds_the_same_shop_again_under_the_same_token(shop: SandboxShop, client: Client) -> None:
    order_id = client.data("{ orders(first: 1) { nodes { id } } }")["orders"]["nodes"][0]["id"]
    before = shop.control("state")
    client.data('mutation($id: ID!) { tagsAdd(id: $id, tags: ["x"]) { node { id } } }', {"id": order_id})

    after = client.control("reset", {"seed": 1, "size": 40})

    assert {**after["rows"], "request": 0} == {**before["rows"], "request": 0}
    assert client.data("query($id: ID!) { order(id: $id) { tags } }", {"id": order_id})["order"]["tags"] == (
        _seeded_tags(shop, order_id)
    )


def _seeded_tags(shop: SandboxShop, order_id: str) -> list[str]:
    import sandbox_shop

    with sandbox_shop.start(size=40) as twin:
        client = Client(twin.url, twin.token)
        with closing(client.session):
            return client.data("query($id: ID!) { order(id: $id) { tags } }", {"id": order_id})["order"][
                "tags"
            ]


def test_truth_is_readable_over_http(client: Client) -> None:
    client.ask("query Mine { shop { name } }")

    (row,) = client.control("request")["rows"]

    assert (row["operation"], row["mutation"], row["effect"], row["status"]) == ("Mine", None, 0, 200)
    assert client.control("request", {"since": row["id"]})["rows"] == []


def test_switches_are_merged(shop: SandboxShop) -> None:
    before = shop.control("switches")["switches"]

    after = shop.control("switches", {"cancel_stock": "available"})["switches"]

    assert after == {**before, "cancel_stock": "available"}


def test_latency_delays_every_answer(shop: SandboxShop, client: Client) -> None:
    shop.control("settings", {"latency_ms": 80})

    client.ask("{ shop { name } }")

    assert client.last.elapsed.total_seconds() > 0.08


@pytest.mark.parametrize(
    ("command", "given"),
    [
        ("explode", {}),
        ("settings", {"speed": 3}),
        ("tokens", {"scopes": ["write_everything"]}),
        ("tokens", {"expire": "no token"}),
    ],
)
def test_a_command_that_cannot_be_is_refused(shop: SandboxShop, command: str, given: dict[str, Any]) -> None:
    with pytest.raises(ControlRefused):
        shop.control(command, given)


def test_a_malformed_command_is_answered_with_a_sentence(client: Client, shop: SandboxShop) -> None:
    header = {"X-Sandbox-Control": shop.control_token}
    answers = [
        client.post("/_sandbox/clock", '{"set": "noon"}', **header),
        client.post("/_sandbox/clock", "[1]", **header),
        client.post("/_sandbox/nothing", "{}", **header),
    ]

    assert [answer.status_code for answer in answers] == [400, 400, 400]
    assert all(answer.json()["error"].endswith(".") for answer in answers)


def test_every_command_says_what_it_does() -> None:
    assert all(command.__doc__ for command in COMMANDS.values())
