"""Bulk queries over HTTP: results, counters, slots, cancelling, faults, restarts."""

import json
import subprocess
import sys
import threading
import urllib.error
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from bulk_client import RUN, STATUS, lines, start, wait
from graphql import ExecutionResult, execute, parse
from small_shop import A, AnyShop, B, C, SmallShop, serve_small_shop

import sandbox_shop
from sandbox_shop.auth import ALL_SCOPES
from sandbox_shop.bulk.results import ResultWriter, result_file
from sandbox_shop.bulk.runner import BulkRunner, fail_abandoned
from sandbox_shop.bulk.walker import Walker, kind_of
from sandbox_shop.context import Context
from sandbox_shop.execution import executable_schema
from sandbox_shop.seeding import seed_incident_shop
from sandbox_shop.world import World, gid

ALL_ORDERS = """{ orders { edges { node { id name tags lineItems { edges { node { id sku quantity } } }
  fulfillments { id name status trackingInfo { number } } } } } }"""
CANCEL = """mutation($id: ID!) { bulkOperationCancel(id: $id) {
  bulkOperation { id status } userErrors { field message } } }"""
OPERATIONS = Path(__file__).resolve().parents[3] / "shared" / "reference" / "operations.graphql"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[SmallShop]:
    with serve_small_shop(tmp_path) as shop:
        yield shop


def test_every_object_is_a_line_and_children_name_their_parent(shop: SmallShop) -> None:
    order_id, fulfillment_id = shop.fulfilled_order((A, 1), (B, 2), tags=["x", "a"])

    operation = wait(shop, start(shop, ALL_ORDERS))

    assert (operation["status"], operation["errorCode"]) == ("COMPLETED", None)
    assert (operation["objectCount"], operation["rootObjectCount"]) == ("3", "1")
    found = lines(shop, operation["url"])
    assert operation["fileSize"] == str(len(shop.fetch(operation["url"])))
    (order,) = [line for line in found if "__parentId" not in line]
    fulfillment = {
        "id": fulfillment_id,
        "name": f"{order['name']}-F1",
        "status": "SUCCESS",
        "trackingInfo": [],
    }
    assert order == {"id": order_id, "name": order["name"], "tags": ["a", "x"], "fulfillments": [fulfillment]}
    children = sorted((line["sku"], line["quantity"]) for line in found if line.get("__parentId") == order_id)
    assert children == [("SKU-1", 1), ("SKU-2", 2)]


def test_slashes_are_escaped_in_the_file(shop: SmallShop) -> None:
    shop.create_order((A, 1))

    operation = wait(shop, start(shop, ALL_ORDERS))

    assert b'"id":"gid:\\/\\/shopify\\/Order\\/' in shop.fetch(operation["url"])


def _parents_before(found: list[dict[str, Any]]) -> bool:
    last = ""
    for line in found:
        if "__parentId" not in line:
            last = line["id"]
        elif line["__parentId"] != last:
            return False
    return True


def test_children_stand_next_to_their_parents_only_where_grouped(shop: SmallShop) -> None:
    for _ in range(8):
        shop.create_order((A, 1), (B, 1), (C, 1))

    loose = lines(shop, wait(shop, start(shop, ALL_ORDERS))["url"])
    grouped = lines(shop, wait(shop, start(shop, ALL_ORDERS, group=True))["url"])

    assert (_parents_before(loose), _parents_before(grouped)) == (False, True)
    assert sorted(map(json.dumps, loose)) == sorted(map(json.dumps, grouped))


def test_nothing_found_has_no_file(shop: SmallShop) -> None:
    operation = wait(shop, start(shop, ALL_ORDERS))

    assert (operation["status"], operation["objectCount"], operation["url"]) == ("COMPLETED", "0", None)


def test_a_refused_query_is_not_started(shop: SmallShop) -> None:
    payload = shop.run(RUN, q="{ shop { name } }", g=False)

    message = "Bulk queries must contain at least one connection."
    assert payload == {
        "bulkOperation": None,
        "userErrors": [{"field": ["query"], "message": message, "code": "INVALID"}],
    }


def test_a_missing_scope_fails_the_operation(shop: SmallShop) -> None:
    token = shop.served.control("tokens", {"scopes": ["read_products"]})["token"]
    answer = shop.answer(RUN, {"q": ALL_ORDERS, "g": False}, token=token)

    operation = wait(shop, answer["data"]["bulkOperationRunQuery"]["bulkOperation"]["id"])

    assert (operation["status"], operation["errorCode"]) == ("FAILED", "ACCESS_DENIED")


def _busy(shop: SmallShop, count: int) -> list[str]:
    """Operations that do not end by themselves."""
    for _ in range(300):
        shop.world.connection.execute(
            'insert into "order"(name, number, created_at, processed_at, updated_at)'
            " select 'x', 1, '2026-10-01T00:00:00Z', '2026-10-01T00:00:00Z', '2026-10-01T00:00:00Z'"
        )
    shop.switch(bulk_fault={"delay_s": 30})
    return [start(shop, ALL_ORDERS) for _ in range(count)]


def test_the_sixth_query_at_a_time_is_refused_with_the_ids_of_the_others(shop: SmallShop) -> None:
    ids = _busy(shop, 5)

    payload = shop.run(RUN, q=ALL_ORDERS, g=False)

    message = f"A bulk query operation for this app and shop is already in progress: {', '.join(ids)}."
    assert payload["userErrors"] == [{"field": None, "message": message, "code": "OPERATION_IN_PROGRESS"}]
    other = shop.served.control("tokens", {"app": "Other"})["token"]
    answer = shop.answer(RUN, {"q": ALL_ORDERS, "g": False}, token=other)
    assert answer["data"]["bulkOperationRunQuery"]["userErrors"] == []


def test_a_running_query_is_cancelled(shop: SmallShop) -> None:
    shop.switch(bulk_fault={"delay_s": 0.3})
    for _ in range(3):
        shop.create_order((A, 1))
    operation_id = start(shop, ALL_ORDERS)

    shop.run(CANCEL, id=operation_id)

    assert wait(shop, operation_id)["status"] == "CANCELED"


def test_what_has_ended_cannot_be_cancelled(shop: SmallShop) -> None:
    operation_id = start(shop, ALL_ORDERS)
    wait(shop, operation_id)

    payload = shop.run(CANCEL, id=operation_id)

    messages = [error["message"] for error in payload["userErrors"]]
    assert messages == ["A bulk operation cannot be canceled when it is completed"]


def test_an_unknown_operation_cannot_be_cancelled(shop: SmallShop) -> None:
    payload = shop.run(CANCEL, id=gid("BulkOperation", 9))

    assert payload["userErrors"] == [{"field": ["id"], "message": "Bulk operation does not exist"}]


def test_a_failure_leaves_partial_data(shop: SmallShop) -> None:
    for _ in range(3):
        shop.create_order((A, 1))
    shop.switch(bulk_fault={"fail_at": 4, "times": 1})

    failed = wait(shop, start(shop, ALL_ORDERS))
    again = wait(shop, start(shop, ALL_ORDERS))

    assert (failed["status"], failed["errorCode"], failed["url"]) == ("FAILED", "INTERNAL_SERVER_ERROR", None)
    assert len(lines(shop, failed["partialDataUrl"])) == int(failed["objectCount"]) == 4
    assert (again["status"], again["objectCount"]) == ("COMPLETED", "6")


@pytest.mark.parametrize(("counted", "count"), [(True, "6"), (False, "4")])
def test_rows_can_be_lost_with_and_without_a_trace(shop: SmallShop, counted: bool, count: str) -> None:
    for _ in range(3):
        shop.create_order((A, 1))
    shop.switch(bulk_fault={"drop_every": 3, "drop_counted": counted})

    operation = wait(shop, start(shop, ALL_ORDERS))

    assert (operation["status"], operation["objectCount"]) == ("COMPLETED", count)
    assert len(lines(shop, operation["url"])) == 4


def test_the_address_of_a_result_lives_seven_days(shop: SmallShop) -> None:
    shop.create_order((A, 1))
    operation_id = start(shop, ALL_ORDERS)
    url = wait(shop, operation_id)["url"]

    shop.served.control("clock", {"advance_s": 7 * 86_400 + 1})

    expired = wait(shop, operation_id)
    assert (expired["status"], expired["url"]) == ("EXPIRED", None)
    with pytest.raises(urllib.error.HTTPError) as error:
        shop.fetch(url)
    error.value.close()
    assert error.value.code == 404


def test_operations_are_listed_by_status(shop: SmallShop) -> None:
    shop.create_order((A, 1))
    operation_id = start(shop, ALL_ORDERS)
    wait(shop, operation_id)

    document = "query($q: String) { bulkOperations(first: 5, query: $q) { nodes { id } } }"
    assert shop.run(document, q="status:completed") == {"nodes": [{"id": operation_id}]}
    assert shop.run(document, q="status:running") == {"nodes": []}


def test_operations_are_listed_newest_first(shop: SmallShop) -> None:
    ids = [start(shop, ALL_ORDERS) for _ in range(3)]

    document = (
        "query($r: Boolean) { bulkOperations(first: 2, reverse: $r) { nodes { id } pageInfo { endCursor } } }"
    )
    newest, oldest = shop.run(document), shop.run(document, r=True)
    rest = shop.run(document.replace("first: 2", f'first: 2, after: "{newest["pageInfo"]["endCursor"]}"'))

    assert [[node["id"] for node in page["nodes"]] for page in (newest, rest, oldest)] == [
        [ids[2], ids[1]],
        [ids[0]],
        [ids[0], ids[1]],
    ]


def test_what_a_living_process_runs_is_left_alone(tmp_path: Path) -> None:
    world = World(tmp_path / "shared.sqlite")
    values = {"type": "QUERY", "created_at": "2026-10-05T08:00:00Z", "query": "", "version": "2026-10"}
    world.insert("bulk_operation", {"id": 7, "status": "RUNNING", **values})

    with closing(world), ResultWriter(result_file(world, 7), None):
        fail_abandoned(world)

        assert world.rows("select status from bulk_operation") == [{"status": "RUNNING"}]


def test_a_killed_shop_fails_its_bulk_operation_when_it_comes_back(tmp_path: Path) -> None:
    world = tmp_path / "killed.sqlite"
    command = [sys.executable, "-m", "sandbox_shop", "--world", str(world), "--size", "600"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        printed = json.loads(process.stdout.readline())
        shop = AnyShop(printed["url"], printed["token"])
        with closing(World(world)) as opened, opened.writing():
            opened.set("switches", {**opened.get("switches"), "bulk_fault": {"delay_s": 0.2}})
        operation_id = start(shop, ALL_ORDERS)
        pause = threading.Event()
        while int(shop.run(STATUS, id=operation_id)["objectCount"]) < 1_100:
            pause.wait(0.02)
        process.kill()

    with sandbox_shop.start(world) as served:
        again = AnyShop(served.url, served.token)
        operation = again.run(STATUS, id=operation_id)
        found = lines(again, operation["partialDataUrl"])

    assert (operation["status"], operation["errorCode"]) == ("FAILED", "INTERNAL_SERVER_ERROR")
    assert 0 < len(found) <= int(operation["objectCount"])


def test_what_a_dead_process_left_running_is_failed_and_what_it_left_waiting_is_run(tmp_path: Path) -> None:
    world = World(tmp_path / "left.sqlite")
    folder = tmp_path / "left.sqlite.files"
    folder.mkdir()
    (folder / "7.jsonl").write_text('{"id":"half"}\n')
    with world.writing():
        left = {
            "type": "QUERY",
            "created_at": "2026-10-05T08:00:00Z",
            "query": ALL_ORDERS,
            "version": "2026-10",
        }
        world.insert("bulk_operation", {"id": 7, "status": "RUNNING", **left})
        world.insert("bulk_operation", {"id": 8, "status": "CREATED", **left, "scopes": '["read_orders"]'})

    with closing(world):
        runner = BulkRunner(world, lambda context, text, variables: {})
        runner.start()
        pause = threading.Event()
        while world.rows("select 1 from bulk_operation where status in ('CREATED', 'RUNNING')"):
            pause.wait(0.01)
        runner.stop()
        left_running, waiting = world.rows(
            "select status, error_code, partial from bulk_operation order by id"
        )

    assert left_running == {"status": "FAILED", "error_code": "INTERNAL_SERVER_ERROR", "partial": "7.jsonl"}
    assert waiting == {"status": "COMPLETED", "error_code": None, "partial": None}


def _inner(name: str) -> str:
    """The text of a bulk document of the operations that we start from, its filter opened."""
    if not OPERATIONS.exists():
        pytest.skip(f"{OPERATIONS} is not here.")
    text = OPERATIONS.read_text(encoding="utf-8")
    text = text[text.index("{", text.index(f"query {name}")) :]
    depth = 0
    for place, character in enumerate(text):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if depth == 0:
            return text[: place + 1].replace("2026-09-01", "2020-01-01")
    raise AssertionError("The document does not end.")


@pytest.mark.parametrize(
    ("name", "root"),
    [
        ("BulkInner_Orders", "orders"),
        ("BulkInner_FulfillmentOrders", "fulfillmentOrders"),
        ("BulkInner_Inventory", "inventoryItems"),
    ],
)
@pytest.mark.parametrize("version", ["2026-07", "2026-10"])
def test_a_bulk_query_reads_what_the_same_query_reads_page_by_page(
    shop: SmallShop, name: str, root: str, version: str
) -> None:
    """The walker is not graphql-core: both must give the same values for every field."""
    shop.fulfilled_order((A, 1), (B, 2), note='ü / \\ "')
    _, fulfillment_id = shop.fulfilled_order((A, 3))
    shop.cancel(fulfillment_id)
    shop.create_order((C, 2))
    query = _inner(name)

    found = lines(shop, wait(shop, start(shop, query, version=version))["url"])
    answer = shop.answer(_paged(query, root, 50), version=version)

    assert "errors" not in answer, answer["errors"]
    expected = _flat(answer["data"][root], None)
    assert sorted(map(_sorted_json, expected)) == sorted(map(_sorted_json, found))
    assert len(expected) > 3


@pytest.mark.parametrize(
    ("name", "root"), [("BulkInner_Orders", "orders"), ("BulkInner_FulfillmentOrders", "fulfillmentOrders")]
)
def test_every_incident_reads_the_same_in_bulk_and_by_graphql(
    incident_world: World, name: str, root: str
) -> None:
    text = _inner(name)
    schema = executable_schema("2026-10")
    context = Context(incident_world, "App", ALL_SCOPES, "2026-10", bulk=True)
    walker = Walker(schema, parse(text))
    found = [
        line
        for connection in walker.roots
        for _, line in walker.walk(
            context, connection, kind_of(schema, connection), walker.ids(context, connection)
        )
    ]

    result = execute(schema, parse(_paged(text, root, 250)), context_value=replace(context, bulk=False))

    assert isinstance(result, ExecutionResult)
    assert (result.errors, result.data is not None) == (None, True)
    expected = _flat((result.data or {})[root], None)
    assert sorted(map(_sorted_json, expected)) == sorted(map(_sorted_json, found))
    assert len(found) > 500


@pytest.fixture(scope="module")
def incident_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(tmp_path_factory.mktemp("incidents") / "world.sqlite")
    seed_incident_shop(world, seed=3, size=200)
    with closing(world):
        yield world


def _paged(text: str, root: str, size: int) -> str:
    """The same query for the synchronous API, every connection with a page size."""
    text = text.replace(f"{root}(", f"{root}(first: {size}, ").replace(
        f"{root} {{", f"{root}(first: {size}) {{"
    )
    for connection in (
        "lineItems",
        "fulfillmentOrders",
        "fulfillments",
        "fulfillmentLineItems",
        "inventoryLevels",
    ):
        text = text.replace(f"{connection} {{ edges", f"{connection}(first: 50) {{ edges")
    return text


def _sorted_json(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _flat(connection: dict[str, Any], parent: str | None) -> list[dict[str, Any]]:
    """The lines that a page is in a bulk result."""
    found = []
    for edge in connection["edges"]:
        node = dict(edge["node"])
        below = {
            key: node.pop(key) for key in list(node) if isinstance(node[key], dict) and "edges" in node[key]
        }
        found.append({**node, **({"__parentId": parent} if parent else {})})
        for child in below.values():
            found += _flat(child, node["id"])
    return found
