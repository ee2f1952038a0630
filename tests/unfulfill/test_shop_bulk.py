"""Bulk operations against the sandbox, and their files from everywhere."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from shop_servers import PREFLIGHT, Told, telling

import sandbox_shop
from unfulfill.errors import BadAnswer, QueryRefused, ShopUnreachable
from unfulfill.settings import sandbox_settings
from unfulfill.shop import Shop
from unfulfill.shop.bulk import BulkFile, BulkRefused, is_allowed_source, run_bulk


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    world = tmp_path_factory.mktemp("shop_bulk") / "world.sqlite"
    with sandbox_shop.start(world, seed=3, size=80) as server:
        yield server


@pytest.fixture
def server(shared: Any) -> Any:
    shared.control("faults", {"clear": True})
    shared.control("switches", {"bulk_fault": None})
    return shared


@pytest.fixture
def shop(server: Any) -> Iterator[Shop]:
    with Shop(sandbox_settings(server.url, server.token)) as opened:
        yield opened


def bulk(shop: Shop, path: Path, search: str = "", name: str = "BulkOrders") -> BulkFile | BulkRefused:
    return run_bulk(shop, name, search, path, poll_s=0.01)


@pytest.mark.parametrize("name", ["BulkOrders", "BulkFulfillmentLines", "BulkInventory"])
def test_the_file_holds_as_many_lines_as_the_shop_counted(shop: Shop, tmp_path: Path, name: str) -> None:
    found = bulk(shop, tmp_path / "file.jsonl", name=name)

    assert isinstance(found, BulkFile)
    lines = [json.loads(line) for line in found.path.read_text(encoding="utf-8").splitlines()]
    assert found.objects == found.lines == len(lines) > 0
    assert found.roots == sum("__parentId" not in line for line in lines)


def test_nothing_found_is_an_empty_file(shop: Shop, tmp_path: Path) -> None:
    found = bulk(shop, tmp_path / "file.jsonl", '(tag:"nobody has this")')

    assert found == BulkFile(tmp_path / "file.jsonl", 0, 0, 0)
    assert found.path.read_bytes() == b""


def test_a_failed_operation_is_told_and_leaves_no_file(shop: Shop, server: Any, tmp_path: Path) -> None:
    server.control("switches", {"bulk_fault": {"fail_at": 5, "error_code": "TIMEOUT"}})

    with pytest.raises(QueryRefused, match="TIMEOUT"):
        bulk(shop, tmp_path / "file.jsonl")

    assert not (tmp_path / "file.jsonl").exists()


def test_an_operation_that_somebody_cancels_is_told(shop: Shop, server: Any, tmp_path: Path) -> None:
    server.control("switches", {"bulk_fault": {"delay_s": 0.2}})

    def cancel(seconds: float) -> None:
        running = shop.read("BulkList", search=None)["bulkOperations"]["nodes"][0]
        if running["status"] == "RUNNING":
            shop.write("BulkCancel", id=running["id"])

    shop.sleep = cancel

    with pytest.raises(QueryRefused, match="cancelled by somebody"):
        bulk(shop, tmp_path / "file.jsonl")


def test_an_interrupt_cancels_the_operation(shop: Shop, server: Any, tmp_path: Path) -> None:
    server.control("switches", {"bulk_fault": {"delay_s": 0.2, "times": 1}})

    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    shop.sleep = interrupt

    with pytest.raises(KeyboardInterrupt):
        bulk(shop, tmp_path / "file.jsonl")

    latest = shop.read("BulkList", search=None)["bulkOperations"]["nodes"][0]
    assert latest["status"] in ("CANCELING", "CANCELED")


def test_a_sixth_operation_is_refused_as_data(tmp_path: Path) -> None:
    with sandbox_shop.start(size=60) as server, Shop(sandbox_settings(server.url, server.token)) as shop:
        server.control("switches", {"bulk_fault": {"delay_s": 0.4, "times": 5}})
        for _ in range(5):
            shop.write("BulkRunQuery", query="{ orders { edges { node { id } } } }")

        refused = bulk(shop, tmp_path / "file.jsonl")

    assert isinstance(refused, BulkRefused)
    assert "already in progress" in refused.reason


@pytest.mark.parametrize("kind", ["502", "throttled", "reset_after"])
def test_a_start_that_gets_lost_is_tried_again(shop: Shop, server: Any, tmp_path: Path, kind: str) -> None:
    server.control("faults", {"kind": kind, "operation": "BulkRunQuery"})
    shop.sleep = lambda seconds: None

    assert isinstance(bulk(shop, tmp_path / "file.jsonl"), BulkFile)


def test_a_start_that_never_succeeds_is_refused_as_data(shop: Shop, server: Any, tmp_path: Path) -> None:
    server.control("faults", {"kind": "502", "operation": "BulkRunQuery", "count": None})
    shop.sleep = lambda seconds: None

    assert isinstance(bulk(shop, tmp_path / "file.jsonl"), BulkRefused)


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://storage.googleapis.com/shopify-tiers-assets-prod-us-east1/x?y=z", True),
        ("https://files.shopify.com/x", True),
        ("http://127.0.0.1:8000/_bulk/x", True),
        ("http://127.0.0.1:8001/_bulk/x", False),
        ("http://127.0.0.1:8000@evil.com/x", False),
        ("http://storage.googleapis.com/x", False),
        ("https://storage.googleapis.com.evil.com/x", False),
        ("https://evil.com/storage.googleapis.com", False),
        ("https://shopify.com.evil.com/x", False),
        ("https://notshopify.com/x", False),
        ("https://user@storage.googleapis.com/x", False),
        ("https://storage.googleapis.com:8443/x", False),
        ("https://169.254.169.254/latest/meta-data", False),
        ("file:///etc/passwd", False),
        ("ftp://storage.googleapis.com/x", False),
        ("https://[::1", False),
        ("", False),
    ],
)
def test_a_file_is_fetched_only_from_shopify_or_the_connected_sandbox(url: str, allowed: bool) -> None:
    assert is_allowed_source(url, "http://127.0.0.1:8000") is allowed


def test_a_real_shop_never_leads_to_this_machine() -> None:
    assert not is_allowed_source("http://127.0.0.1:8000/x", "")


STARTED = Told(
    {
        "data": {
            "bulkOperationRunQuery": {
                "bulkOperation": {"id": "gid://shopify/BulkOperation/1"},
                "userErrors": [],
            }
        }
    }
)


def completed(**more: Any) -> Told:
    operation = {
        "id": "gid://shopify/BulkOperation/1",
        "status": "COMPLETED",
        "objectCount": "1",
        "rootObjectCount": "1",
        "url": None,
    }
    return Told({"data": {"bulkOperation": {**operation, **more}}})


def test_the_file_is_fetched_without_the_token_and_without_following_redirects(tmp_path: Path) -> None:
    with telling(Told({})) as elsewhere, telling(Told(PREFLIGHT), STARTED) as server:
        moved = Told({}, 302, {"Location": f"{elsewhere.url}/file"})
        server.answers += [completed(url=f"{server.url}/file"), moved]
        with (
            Shop(sandbox_settings(server.url, "canary-token")) as shop,
            pytest.raises(BadAnswer, match="302"),
        ):
            bulk(shop, tmp_path / "file.jsonl")
        method, path, headers, _ = server.seen[-1]

    assert (method, path) == ("GET", "/file")
    assert "canary-token" not in str(headers)
    assert elsewhere.seen == []


def test_a_file_from_another_place_is_not_fetched(tmp_path: Path) -> None:
    with telling(Told(b"{}")) as elsewhere:
        operation = completed(url=f"{elsewhere.url}/file")
        with (
            telling(Told(PREFLIGHT), STARTED, operation) as server,
            Shop(sandbox_settings(server.url, "t")) as shop,
            pytest.raises(BadAnswer, match="not a place of Shopify's"),
        ):
            bulk(shop, tmp_path / "file.jsonl")

    assert elsewhere.seen == []


def test_a_file_that_breaks_off_is_fetched_again(tmp_path: Path) -> None:
    with telling(Told(PREFLIGHT), STARTED) as server:
        whole = Told(b'{"id":"gid://shopify/Order/1"}\n')
        server.answers += [
            completed(url=f"{server.url}/file"),
            Told(whole.content[:9], cut=True),
            Told({}, 503),
            whole,
        ]
        with Shop(sandbox_settings(server.url, "t"), sleep=lambda seconds: None) as shop:
            found = bulk(shop, tmp_path / "file.jsonl")

    assert found == BulkFile(tmp_path / "file.jsonl", 1, 1, 1)


def test_a_file_that_never_comes_is_told(tmp_path: Path) -> None:
    with telling(Told(PREFLIGHT), STARTED) as server:
        server.answers += [completed(url=f"{server.url}/file"), Told({}, 503)]
        shop = Shop(sandbox_settings(server.url, "t"), sleep=lambda seconds: None)
        with shop, pytest.raises(ShopUnreachable, match="503"):
            bulk(shop, tmp_path / "file.jsonl")


@pytest.mark.parametrize(
    "operation",
    [
        Told({"data": {"bulkOperation": None}}),
        completed(objectCount=1),
        completed(objectCount="-1"),
        completed(rootObjectCount=None),
        completed(url=5),
    ],
)
def test_an_operation_without_sense_is_refused(tmp_path: Path, operation: Told) -> None:
    with (
        telling(Told(PREFLIGHT), STARTED, operation) as server,
        Shop(sandbox_settings(server.url, "t")) as shop,
        pytest.raises(BadAnswer),
    ):
        bulk(shop, tmp_path / "file.jsonl")


@pytest.mark.parametrize("status", ["FAILED", "EXPIRED", "A_NEW_ONE"])
def test_an_operation_that_ends_otherwise_is_never_read(tmp_path: Path, status: str) -> None:
    told = completed(status=status, partialDataUrl="https://storage.googleapis.com/x")
    with telling(Told(PREFLIGHT), STARTED, told) as server:
        shop = Shop(sandbox_settings(server.url, "t"))
        with shop, pytest.raises(QueryRefused):
            bulk(shop, tmp_path / "file.jsonl")
