"""Bulk mutations over HTTP: upload form, results by line, refusals."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bulk_client import lines, wait
from small_shop import A, SmallShop, serve_small_shop

from sandbox_shop.world import gid

STAGE = """mutation($i: [StagedUploadInput!]!) { stagedUploadsCreate(input: $i) {
  stagedTargets { url resourceUrl parameters { name value } } userErrors { field message } } }"""
RUN = """mutation($m: String!, $p: String!, $c: String) {
  bulkOperationRunMutation(mutation: $m, stagedUploadPath: $p, clientIdentifier: $c) {
  bulkOperation { id status type } userErrors { field message code } } }"""
CANCEL = "mutation call($id: ID!) { fulfillmentCancel(id: $id) { fulfillment { id status } userErrors { message } } }"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[SmallShop]:
    with serve_small_shop(tmp_path) as shop:
        yield shop


def _stage(shop: SmallShop, method: str) -> dict[str, Any]:
    entry = {"resource": "BULK_MUTATION_VARIABLES", "filename": "in.jsonl", "mimeType": "text/jsonl"}
    payload = shop.run(STAGE, i=[{**entry, "httpMethod": method}])
    assert payload["userErrors"] == []
    target: dict[str, Any] = payload["stagedTargets"][0]
    return target


def _form(parameters: dict[str, str], body: bytes) -> tuple[bytes, str]:
    parts = [
        f'--line\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in parameters.items()
    ]
    head = b'--line\r\nContent-Disposition: form-data; name="file"; filename="in.jsonl"\r\n\r\n'
    return b"".join([*parts, head, body, b"\r\n--line--\r\n"]), "multipart/form-data; boundary=line"


def _post(url: str, parameters: dict[str, str], body: bytes) -> int:
    data, content_type = _form(parameters, body)
    request = urllib.request.Request(url, data, {"Content-Type": content_type})
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def _upload(shop: SmallShop, rows: list[dict[str, Any]]) -> str:
    """The stagedUploadPath of a file with these rows."""
    target = _stage(shop, "POST")
    parameters = {pair["name"]: pair["value"] for pair in target["parameters"]}
    body = "\n".join(json.dumps(row) for row in rows).encode()
    assert _post(target["url"], parameters, body) == 201
    return parameters["key"]


def test_each_line_is_run_and_its_answer_names_the_line(shop: SmallShop) -> None:
    made = [shop.fulfilled_order((A, 1)) for _ in range(4)]
    rows = [{"id": fulfillment_id} for _, fulfillment_id in made] + [
        {"id": gid("Fulfillment", 9)},
        {"id": None},
    ]
    payload = shop.run(RUN, m=CANCEL, p=_upload(shop, rows))
    assert payload["userErrors"] == []

    operation = wait(shop, payload["bulkOperation"]["id"])

    assert (operation["status"], operation["type"], operation["objectCount"]) == (
        "COMPLETED",
        "MUTATION",
        "6",
    )
    found = lines(shop, operation["url"])
    by_line = {line["__lineNumber"]: line for line in found}
    assert [line["__lineNumber"] for line in found] != sorted(by_line)
    for number, (order_id, fulfillment_id) in enumerate(made):
        cancelled = {"id": fulfillment_id, "status": "CANCELLED"}
        data = {"fulfillmentCancel": {"fulfillment": cancelled, "userErrors": []}}
        assert by_line[number] == {"data": data, "__lineNumber": number}
        assert shop.order(order_id)["displayFulfillmentStatus"] == "UNFULFILLED"
    missing = by_line[4]["data"]["fulfillmentCancel"]["userErrors"]
    assert missing == [{"message": "Fulfillment not found."}]
    assert "data" not in by_line[5] or by_line[5]["data"] is None
    assert by_line[5]["errors"]


def test_lines_are_requests_of_the_ledger(shop: SmallShop) -> None:
    _, fulfillment_id = shop.fulfilled_order((A, 1))
    payload = shop.run(RUN, m=CANCEL, p=_upload(shop, [{"id": fulfillment_id}]))

    wait(shop, payload["bulkOperation"]["id"])

    (row,) = shop.world.rows("select * from request where operation = 'bulk'")
    assert (row["mutation"], row["effect"]) == ("fulfillmentCancel", 1)
    moved = shop.world.rows("select * from ledger where request_id = ?", row["id"])
    assert [(move["name"], move["delta"]) for move in moved] == [("committed", 1)]


def test_a_file_can_be_put(shop: SmallShop) -> None:
    _, fulfillment_id = shop.fulfilled_order((A, 1))
    target = _stage(shop, "PUT")
    body = json.dumps({"id": fulfillment_id}).encode()

    request = urllib.request.Request(target["url"], body, method="PUT")
    with urllib.request.urlopen(request, timeout=20) as response:
        assert response.status in (200, 201)

    (row,) = shop.world.rows("select * from staged_upload")
    operation = wait(shop, shop.run(RUN, m=CANCEL, p=row["key"])["bulkOperation"]["id"])
    assert operation["objectCount"] == "1"


def test_a_key_that_was_not_given_out_takes_no_file(shop: SmallShop) -> None:
    target = _stage(shop, "POST")

    assert _post(target["url"], {"key": "tmp/invented"}, b"{}") == 403


def test_a_file_that_never_came_is_not_found(shop: SmallShop) -> None:
    payload = shop.run(RUN, m=CANCEL, p="tmp/nothing")

    assert [error["code"] for error in payload["userErrors"]] == ["NO_SUCH_FILE"]
    assert payload["userErrors"][0]["message"].startswith("The JSONL file could not be found. Try uploading")


def test_an_empty_file_is_refused(shop: SmallShop) -> None:
    payload = shop.run(RUN, m=CANCEL, p=_upload(shop, []))

    error = payload["userErrors"][0]
    assert (error["message"], error["code"]) == ("The input file is empty.", "INVALID_STAGED_UPLOAD_FILE")


@pytest.mark.parametrize(("identifier", "taken"), [("x" * 9, False), ("x" * 10, True), ("x" * 256, False)])
def test_a_client_identifier_has_10_to_255_characters(shop: SmallShop, identifier: str, taken: bool) -> None:
    path = _upload(shop, [{"id": gid("Fulfillment", 9)}])

    payload = shop.run(RUN, m=CANCEL, p=path, c=identifier)

    assert (payload["bulkOperation"] is not None) is taken


def test_a_mutation_that_is_not_allowed_is_refused(shop: SmallShop) -> None:
    text = "mutation($q: String!) { bulkOperationRunQuery(query: $q) { userErrors { message } } }"

    payload = shop.run(RUN, m=text, p="tmp/nothing")

    message = "You must use an allowed mutation name."
    assert payload["userErrors"] == [{"field": ["mutation"], "message": message, "code": "INVALID_MUTATION"}]


def test_a_line_that_is_no_object_does_not_stop_the_others(shop: SmallShop) -> None:
    target = _stage(shop, "POST")
    parameters = {pair["name"]: pair["value"] for pair in target["parameters"]}
    body = b'not json\n{"id": "gid://shopify/Fulfillment/9"}\n'
    _post(target["url"], parameters, body)

    operation = wait(shop, shop.run(RUN, m=CANCEL, p=parameters["key"])["bulkOperation"]["id"])

    by_line = {line["__lineNumber"]: line for line in lines(shop, operation["url"])}
    assert ("errors" in by_line[0], "errors" in by_line[1]) == (True, False)


def test_lines_are_refused_answered_wrongly_and_doubled_on_request(shop: SmallShop) -> None:
    made = [shop.fulfilled_order((A, 1)) for _ in range(6)]
    shop.switch(bulk_fault={"refuse_every": 6, "error_every": 4, "double_every": 5})

    payload = shop.run(RUN, m=CANCEL, p=_upload(shop, [{"id": fulfillment_id} for _, fulfillment_id in made]))
    found = lines(shop, wait(shop, payload["bulkOperation"]["id"])["url"])

    refused = [row for row in found if "This cannot be done" in json.dumps(row)]
    wrong = [row for row in found if "errors" in row]
    assert (len(found), len({row["__lineNumber"] for row in found})) == (7, 6)
    assert (len(refused), len(wrong)) == (1, 1)
    states = [shop.order(order_id)["displayFulfillmentStatus"] for order_id, _ in made]
    assert states.count("UNFULFILLED") == 5
    assert states[wrong[0]["__lineNumber"]] == "UNFULFILLED"
