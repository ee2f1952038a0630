"""Bulk mutations as the client sends and reads them, against answers that no shop gives on purpose."""

import gzip
import json
from email import message_from_bytes
from email.policy import HTTP
from pathlib import Path
from typing import Any

import pytest
from shop_servers import PREFLIGHT, Told, ToldServer, telling

from unfulfill.errors import NotApplied, OutcomeUnknown
from unfulfill.settings import sandbox_settings
from unfulfill.shop import Shop
from unfulfill.shop.bulk_file import is_allowed_source
from unfulfill.shop.bulk_write import (
    UPLOAD_HOSTS,
    BulkWrite,
    StartRefused,
    lines_of,
    mutation_text,
    results,
    start,
    upload,
    write_status,
)


def open_shop(server: ToldServer) -> Shop:
    return Shop(sandbox_settings(server.url, "canary-token"), sleep=lambda seconds: None)


def staged(url: Any, **fields: str) -> Told:
    parameters = [{"name": name, "value": value} for name, value in fields.items()]
    payload = {"stagedTargets": [{"url": url, "parameters": parameters}], "userErrors": []}
    return Told({"data": {"stagedUploadsCreate": payload}})


def test_the_file_is_the_last_part_of_the_form_and_the_token_stays_at_home() -> None:
    with telling(Told(PREFLIGHT)) as server, open_shop(server) as shop:
        server.answers += [
            staged(f"{server.url}/up", policy="p", key="tmp/1/in.jsonl", **{"x-goog-date": "d"}),
            Told(b"<ok/>", 201),
        ]

        path = upload(shop, lines_of([{"id": 1}, {"id": "ü"}]), "in.jsonl")

        _, where, headers, body = server.seen[-1]
    message = message_from_bytes(
        b"Content-Type: " + headers["Content-Type"].encode() + b"\r\n\r\n" + body, policy=HTTP
    )
    parts = [
        (part.get_param("name", header="content-disposition"), part.get_payload(decode=True))
        for part in message.iter_parts()
    ]
    assert (path, where) == ("tmp/1/in.jsonl", "/up")
    assert parts == [
        ("policy", b"p"),
        ("key", b"tmp/1/in.jsonl"),
        ("x-goog-date", b"d"),
        ("file", '{"id":1}\n{"id":"ü"}\n'.encode()),
    ]
    assert "canary-token" not in str(headers)


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://shopify-staged-uploads.storage.googleapis.com/", True),
        ("https://files.shopify.com/x", True),
        ("http://shopify-staged-uploads.storage.googleapis.com/", False),
        ("https://shopify-staged-uploads.storage.googleapis.com.example/", False),
        ("https://shopify-staged-uploads.storage.googleapis.com:8443/", False),
        ("https://me@shopify-staged-uploads.storage.googleapis.com/", False),
        ("https://storage.googleapis.com/somebodys-bucket", False),
        ("https://example.com/", False),
    ],
)
def test_a_file_goes_to_shopifys_storage_only(url: str, allowed: bool) -> None:
    assert is_allowed_source(url, "", UPLOAD_HOSTS) is allowed


@pytest.mark.parametrize(
    "answer",
    [
        staged("https://example.com/up", key="k"),
        staged(None, key="k"),
        staged("{url}/up", policy="there is no key"),
        Told({"data": {"stagedUploadsCreate": {"stagedTargets": [], "userErrors": []}}}),
        Told({"data": {"stagedUploadsCreate": {"stagedTargets": None, "userErrors": [{"message": "no"}]}}}),
    ],
)
def test_a_place_without_sense_gets_no_file(answer: Told) -> None:
    with telling(Told(PREFLIGHT)) as server, open_shop(server) as shop:
        told = json.loads(json.dumps(answer.body).replace("{url}", server.url))
        server.answers += [Told(told), Told(b"", 201)]

        with pytest.raises(NotApplied):
            upload(shop, b"{}\n", "in.jsonl")

        assert [path for _, path, _, _ in server.seen if not path.endswith("graphql.json")] == []


@pytest.mark.parametrize(
    ("code", "is_busy"),
    [("OPERATION_IN_PROGRESS", True), ("LIMIT_REACHED", True), ("INVALID_MUTATION", False), (None, False)],
)
def test_a_refused_start_says_whether_there_is_no_place(code: str | None, is_busy: bool) -> None:
    errors = [{"field": None, "message": "not now", "code": code}]
    payload = {"bulkOperation": None, "userErrors": errors}
    with telling(Told(PREFLIGHT), Told({"data": {"run": payload}})) as server, open_shop(server) as shop:
        assert start(shop, "mutation X { x }", "tmp/1", "a-name-of-ours") == StartRefused("not now", is_busy)


def test_a_start_that_does_not_say_which_is_an_unknown_outcome() -> None:
    payload = {"bulkOperation": None, "userErrors": []}
    with (
        telling(Told(PREFLIGHT), Told({"data": {"run": payload}})) as server,
        open_shop(server) as shop,
        pytest.raises(OutcomeUnknown),
    ):
        start(shop, "mutation X { x }", "tmp/1", "a-name-of-ours")


@pytest.mark.parametrize(
    ("operation", "is_running"),
    [
        ({"id": "B", "status": "CREATED"}, True),
        ({"id": "B", "status": "CANCELING"}, True),
        ({"id": "B", "status": "A_NEW_ONE"}, True),
        ({"id": "B", "status": "COMPLETED"}, False),
        ({"id": "B", "status": "EXPIRED"}, False),
        (None, False),
    ],
)
def test_what_is_not_known_to_have_ended_may_still_run(
    operation: dict[str, Any] | None, is_running: bool
) -> None:
    with telling(Told({"data": {"bulkOperation": operation}})) as server, open_shop(server) as shop:
        assert write_status(shop, "B").is_running is is_running


def test_the_mutation_of_an_operation_bears_its_name() -> None:
    text = mutation_text("TagsAdd", "Unfulfill_1_2")

    assert text.startswith("mutation Unfulfill_1_2($id: ID!")
    assert "tagsAdd(id: $id" in text


def line(number: Any, **root: Any) -> bytes:
    return json.dumps({"data": {"fulfillmentCancel": root}, "__lineNumber": number}).encode() + b"\n"


GOOD = {"fulfillment": {"id": "F", "status": "CANCELLED"}, "userErrors": []}
REFUSED = {"fulfillment": None, "userErrors": [{"message": "no"}]}


@pytest.mark.parametrize("packed", [False, True])
def test_results_are_matched_by_line_and_only_what_is_certain_is_told(tmp_path: Path, packed: bool) -> None:
    content = b"".join(
        [
            line(7, **GOOD),
            line(0, **REFUSED),
            line(1, **GOOD) * 2,
            line(2, **GOOD) + line(2, **REFUSED),
            line(3, **GOOD) + b'{"errors":[{"message":"broken"}],"__lineNumber":3}\n',
            b'{"data":null,"errors":[{"message":"broken"}],"__lineNumber":4}\n',
            line(5, fulfillment=None),
            line("6", **GOOD),
            line(True, **GOOD),
            b'{"data":{"fulfillmentCancel":null},"__lineNumber":8}\n',
            b"[]\n\nnot json\n\xff\n",
            line(9, **GOOD)[:-9],
        ]
    )
    stored = gzip.compress(content) if packed else content
    headers = {"Content-Encoding": "gzip"} if packed else {}
    with telling(Told(stored, 200, headers)) as server, open_shop(server) as shop:
        found = results(
            shop, BulkWrite("B", "COMPLETED", url=f"{server.url}/file"), tmp_path / "results.jsonl"
        )

        assert server.seen[-1][:2] == ("GET", "/file")
        assert "canary-token" not in str(server.seen[-1][2])
    assert found == {0: REFUSED, 1: GOOD, 7: GOOD}
    assert list(tmp_path.iterdir()) == []


def test_results_from_another_place_are_not_fetched_and_nothing_is_certain(tmp_path: Path) -> None:
    with telling(Told(line(0, **GOOD))) as elsewhere, telling(Told({})) as server, open_shop(server) as shop:
        operation = BulkWrite("B", "COMPLETED", url=f"{elsewhere.url}/file")

        assert results(shop, operation, tmp_path / "results.jsonl") == {}
        assert elsewhere.seen == []


def test_a_packed_file_that_is_damaged_counts_as_far_as_it_can_be_read(tmp_path: Path) -> None:
    stored = gzip.compress(b"".join(line(number, **GOOD) for number in range(5_000)))[:-2_000]
    with telling(Told(stored, 200, {"Content-Encoding": "gzip"})) as server, open_shop(server) as shop:
        found = results(
            shop, BulkWrite("B", "COMPLETED", url=f"{server.url}/file"), tmp_path / "results.jsonl"
        )

    assert found == dict.fromkeys(range(len(found)), GOOD)
    assert 0 < len(found) < 5_000


def test_a_file_that_shopify_would_not_take_is_not_uploaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unfulfill.shop.bulk_write.LARGEST_FILE", 3)
    with telling(Told(PREFLIGHT)) as server, Shop(sandbox_settings(server.url, "t")) as shop:
        with pytest.raises(NotApplied, match="has 4 bytes; Shopify takes no more than 3"):
            upload(shop, b"1234", "changes.jsonl")

        assert server.seen == []
