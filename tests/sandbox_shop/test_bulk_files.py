import time
from typing import Any

import pytest
import requests
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


def test_a_download_can_be_made_to_break_off_half_way(
    shop: SandboxShop, client: Client, done: dict[str, Any]
) -> None:
    whole = get(client, done["url"]).content
    shop.control("faults", {"kind": "cut", "operation": "BulkFile"})

    answer = client.session.get(done["url"], stream=True, timeout=5)

    assert answer.raw.read(len(whole) // 2) == whole[: len(whole) // 2]
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        answer.content  # noqa: B018 - reading it is what fails


def test_a_range_of_another_file_is_answered_with_the_whole(client: Client, done: dict[str, Any]) -> None:
    whole = get(client, done["url"])

    same = get(client, done["url"], **{"Range": "bytes=10-", "If-Range": whole.headers["ETag"]})
    other = get(client, done["url"], **{"Range": "bytes=10-", "If-Range": '"another"'})

    assert (same.status_code, same.content) == (206, whole.content[10:])
    assert (other.status_code, other.content) == (200, whole.content)


def test_files_can_be_stored_compressed(shop: SandboxShop, client: Client, done: dict[str, Any]) -> None:
    plain = get(client, done["url"])
    shop.control("switches", {"gzip_files": True})

    packed = get(client, done["url"])

    assert (packed.headers["Content-Encoding"], packed.content) == ("gzip", plain.content)
    assert int(packed.headers["Content-Length"]) < len(plain.content)


def test_variants_are_counted(client: Client) -> None:
    query = "query($limit: Int) { productVariantsCount(limit: $limit) { count precision } }"
    every = client.data("{ productVariants(first: 250) { nodes { id } } }")["productVariants"]["nodes"]

    exact = client.data(query, {"limit": None})["productVariantsCount"]
    limited = client.data(query, {"limit": 3})["productVariantsCount"]

    assert exact == {"count": len(every), "precision": "EXACT"}
    assert limited == {"count": 3, "precision": "AT_LEAST"}
