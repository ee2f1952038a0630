import time
from typing import Any

import pytest
from sandbox_client import Client

from sandbox_shop import SandboxShop

RUN = "mutation($q: String!) { bulkOperationRunQuery(query: $q) { bulkOperation { id } userErrors { message } } }"
READ = "query($id: ID!) { bulkOperation(id: $id) { status url fileSize objectCount } }"


def finished(client: Client, query: str) -> dict[str, Any]:
    id_ = client.data(RUN, {"q": query})["bulkOperationRunQuery"]["bulkOperation"]["id"]
    deadline = time.monotonic() + 10
    while True:
        found = client.data(READ, {"id": id_})["bulkOperation"]
        if found["status"] in ("COMPLETED", "FAILED"):
            return {"id": id_, **found}
        assert time.monotonic() < deadline, found


@pytest.fixture
def done(client: Client) -> dict[str, Any]:
    return finished(client, "{ orders { edges { node { id name } } } }")


def get(client: Client, url: str, **headers: str) -> Any:
    return client.session.get(url, headers=headers, timeout=5)


def test_a_result_is_fetched_without_a_token_at_an_address_nobody_can_guess(
    client: Client, done: dict[str, Any]
) -> None:
    answer = get(client, done["url"])
    guessed = get(client, done["url"].replace("/files/", "/files/0"))

    assert (answer.status_code, len(answer.content)) == (200, int(done["fileSize"]))
    assert len(answer.text.splitlines()) == int(done["objectCount"]) == 40
    assert guessed.status_code == 404


@pytest.mark.parametrize(
    ("asked", "start", "stop"), [("bytes=0-9", 0, 10), ("bytes=30-", 30, None), ("bytes=-5", -5, None)]
)
def test_a_part_of_a_result_is_sent_for_a_range(
    client: Client, done: dict[str, Any], asked: str, start: int, stop: int | None
) -> None:
    whole = get(client, done["url"]).content

    part = get(client, done["url"], Range=asked)

    assert (part.status_code, part.content) == (206, whole[start:stop])
    assert part.headers["Content-Range"].endswith(f"/{len(whole)}")


def test_a_range_beyond_the_end_cannot_be_sent(client: Client, done: dict[str, Any]) -> None:
    assert get(client, done["url"], Range="bytes=999999999-").status_code == 416


def test_an_address_lives_for_seven_days(shop: SandboxShop, client: Client, done: dict[str, Any]) -> None:
    shop.control("clock", {"advance_s": 7 * 86_400 - 60})
    before = get(client, done["url"]).status_code
    shop.control("clock", {"advance_s": 120})

    assert (before, get(client, done["url"]).status_code) == (200, 404)
    assert client.data(READ, {"id": done["id"]})["bulkOperation"]["url"] is None


def test_an_empty_result_has_no_address(client: Client) -> None:
    empty = finished(client, '{ orders(query: "name:nothing") { edges { node { id } } } }')

    assert (empty["status"], empty["url"], empty["objectCount"]) == ("COMPLETED", None, "0")


def test_a_download_can_be_made_to_fail(shop: SandboxShop, client: Client, done: dict[str, Any]) -> None:
    shop.control("faults", {"kind": "503", "operation": "BulkFile"})

    statuses = [get(client, done["url"]).status_code for _ in range(2)]

    assert statuses == [503, 200]
