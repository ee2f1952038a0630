"""Bulk operations against the sandbox, and their files from everywhere."""

import gzip
import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from shop_servers import PREFLIGHT, Told, telling

import sandbox_shop
from unfulfill.errors import BadAnswer, ShopUnreachable
from unfulfill.settings import sandbox_settings
from unfulfill.shop import Shop
from unfulfill.shop.bulk import BulkFile, BulkJob, BulkRefused, QueryRefused, run_bulk, run_side_by_side
from unfulfill.shop.bulk_file import is_allowed_source
from unfulfill.shop.documents import bulk_text


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    world = tmp_path_factory.mktemp("shop_bulk") / "world.sqlite"
    with sandbox_shop.start(world, seed=3, size=80) as server:
        yield server


@pytest.fixture
def server(shared: Any) -> Any:
    shared.control("faults", {"clear": True})
    shared.control("switches", {"bulk_fault": None, "gzip_files": False})
    return shared


@pytest.fixture
def shop(server: Any) -> Iterator[Shop]:
    with Shop(sandbox_settings(server.url, server.token)) as opened:
        yield opened


def bulk(
    shop: Shop, path: Path, search: str = "", name: str = "BulkOrders", poll_s: float = 0.01
) -> BulkFile | BulkRefused:
    return run_bulk(shop, name, search, path, poll_s=poll_s)


@pytest.mark.parametrize("name", ["BulkOrders", "BulkFulfillmentLines", "BulkInventory"])
def test_the_file_holds_as_many_lines_as_the_shop_counted(shop: Shop, tmp_path: Path, name: str) -> None:
    found = bulk(shop, tmp_path / "file.jsonl", name=name)

    assert isinstance(found, BulkFile)
    lines = [json.loads(line) for line in found.path.read_text(encoding="utf-8").split("\n")[:-1]]
    assert found.objects == len(lines) > 0
    assert found.roots == sum("__parentId" not in line for line in lines)


def test_nothing_found_is_an_empty_file(shop: Shop, tmp_path: Path) -> None:
    found = bulk(shop, tmp_path / "file.jsonl", '(tag:"nobody has this")')

    assert isinstance(found, BulkFile)
    assert (found.objects, found.roots) == (0, 0)
    assert found.path.read_bytes() == b""


def operations(shop: Shop) -> list[dict[str, Any]]:
    """The bulk operations of the app, the newest first."""
    nodes: list[dict[str, Any]] = shop.read("BulkList")["bulkOperations"]["nodes"]
    return nodes


@pytest.mark.parametrize("code", ["TIMEOUT", "INTERNAL_SERVER_ERROR"])
def test_an_operation_that_failed_is_run_again_and_its_partial_file_is_never_used(
    shop: Shop, server: Any, tmp_path: Path, code: str
) -> None:
    server.control("switches", {"bulk_fault": {"fail_at": 300, "error_code": code, "times": 1}})
    job = BulkJob(shop, "BulkOrders", "", tmp_path / "file.jsonl")

    run_side_by_side(shop, [job], lambda jobs: None, poll_s=0.01)

    assert isinstance(job.result, BulkFile)
    assert job.result.path.read_bytes().count(b"\n") == job.result.objects
    assert [note for note in job.notes if code in note and "after 300 objects" in note]


def test_an_operation_that_keeps_failing_is_refused_as_data_and_leaves_no_file(
    shop: Shop, server: Any, tmp_path: Path
) -> None:
    server.control("switches", {"bulk_fault": {"fail_at": 5, "error_code": "TIMEOUT"}})

    refused = bulk(shop, tmp_path / "file.jsonl")

    assert isinstance(refused, BulkRefused)
    assert "TIMEOUT" in refused.reason
    assert list(tmp_path.iterdir()) == []


def test_an_operation_that_somebody_cancels_is_started_again(shop: Shop, server: Any, tmp_path: Path) -> None:
    server.control("switches", {"bulk_fault": {"delay_s": 0.2, "times": 1}})
    job = BulkJob(shop, "BulkOrders", "", tmp_path / "file.jsonl")

    def cancel(seconds: float) -> None:
        if operations(shop)[0]["status"] == "RUNNING" and not job.notes:
            shop.write("BulkCancel", id=operations(shop)[0]["id"])

    shop.sleep = cancel

    run_side_by_side(shop, [job], lambda jobs: None, poll_s=0.01)

    assert isinstance(job.result, BulkFile)
    assert "cancelled by somebody" in job.notes[0]


def test_an_interrupt_leaves_the_operation_running_and_the_next_call_takes_it(
    shop: Shop, server: Any, tmp_path: Path
) -> None:
    server.control("switches", {"bulk_fault": {"delay_s": 0.2, "times": 1}})
    sleep = shop.sleep

    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    shop.sleep = interrupt
    with pytest.raises(KeyboardInterrupt):
        bulk(shop, tmp_path / "file.jsonl")
    interrupted = operations(shop)[0]
    shop.sleep = sleep
    found = bulk(shop, tmp_path / "file.jsonl")

    assert interrupted["status"] in ("CREATED", "RUNNING")
    assert isinstance(found, BulkFile)
    assert found.operation == interrupted["id"] == operations(shop)[0]["id"]


def test_a_running_operation_with_another_search_is_not_taken(
    shop: Shop, server: Any, tmp_path: Path
) -> None:
    server.control("switches", {"bulk_fault": {"delay_s": 0.2, "times": 1}})
    other = shop.write("BulkRunQuery", query=bulk_text("BulkOrders", '(tag:"x")'))["bulkOperation"]

    found = bulk(shop, tmp_path / "file.jsonl")

    assert isinstance(found, BulkFile)
    assert found.operation != other["id"]


def test_what_completed_before_is_taken_only_where_it_was_begun_since_the_export_began(
    shop: Shop, tmp_path: Path
) -> None:
    first = bulk(shop, tmp_path / "file.jsonl")
    assert isinstance(first, BulkFile)
    begun = datetime.fromisoformat(first.created_at)
    ids = []
    for since in (begun, begun + timedelta(seconds=1), None):
        job = BulkJob(shop, "BulkOrders", "", tmp_path / "other.jsonl", since=since)
        run_side_by_side(shop, [job], lambda jobs: None, poll_s=0.01)
        assert isinstance(job.result, BulkFile)
        ids.append(job.result.operation)

    assert ids[0] == first.operation
    assert first.operation not in ids[1:]


def test_a_lost_answer_to_the_start_does_not_start_a_second_operation(
    shop: Shop, server: Any, tmp_path: Path
) -> None:
    server.control("switches", {"bulk_fault": {"delay_s": 0.1, "times": 1}})
    server.control("faults", {"kind": "reset_after", "operation": "BulkRunQuery"})
    before = len(operations(shop))

    assert isinstance(bulk(shop, tmp_path / "file.jsonl"), BulkFile)
    assert len(operations(shop)) == before + 1


def test_five_run_side_by_side_and_the_sixth_follows(server: Any, tmp_path: Path) -> None:
    server.control("switches", {"bulk_fault": {"delay_s": 1.5, "times": 6}})
    most = 0

    with Shop(sandbox_settings(server.url, server.token)) as shop:

        def look(jobs: Sequence[BulkJob]) -> None:
            nonlocal most
            running = [each for each in operations(shop) if each["status"] in ("CREATED", "RUNNING")]
            most = max(most, len(running))

        jobs = [
            BulkJob(shop, "BulkOrders", f"(id:>{number})", tmp_path / f"{number}.jsonl")
            for number in range(6)
        ]
        run_side_by_side(shop, jobs, look, poll_s=0.01)

    assert all(isinstance(job.result, BulkFile) for job in jobs)
    assert most == 5


# The file


def test_a_file_that_breaks_off_is_gone_on_with_where_it_broke_off(
    shop: Shop, server: Any, tmp_path: Path
) -> None:
    whole = bulk(shop, tmp_path / "whole.jsonl")
    assert isinstance(whole, BulkFile)
    server.control("faults", {"kind": "cut", "operation": "BulkFile", "count": 3})
    shop.sleep = lambda seconds: None
    sizes: list[int] = []
    job = BulkJob(
        shop, "BulkOrders", "", tmp_path / "file.jsonl", since=datetime.fromisoformat(whole.created_at)
    )

    run_side_by_side(shop, [job], lambda jobs: sizes.append(jobs[0].bytes), poll_s=0.01)

    size = whole.path.stat().st_size
    assert isinstance(job.result, BulkFile)
    assert job.result.path.read_bytes() == whole.path.read_bytes()
    assert sizes[:2] == [size // 2, (size // 2 + size) // 2]


def test_another_process_goes_on_with_the_part_of_a_file_that_is_there(
    shop: Shop, server: Any, tmp_path: Path
) -> None:
    whole = bulk(shop, tmp_path / "whole.jsonl")
    assert isinstance(whole, BulkFile)
    kept: dict[str, Any] = {}

    def stop(seconds: float) -> None:
        raise KeyboardInterrupt

    def job(memory: dict[str, Any]) -> BulkJob:
        since = datetime.fromisoformat(whole.created_at)
        return BulkJob(
            shop, "BulkOrders", "", tmp_path / "f.jsonl", memory=memory, remember=kept.update, since=since
        )

    sleep, shop.sleep = shop.sleep, stop
    server.control("faults", {"kind": "cut", "operation": "BulkFile"})
    with pytest.raises(KeyboardInterrupt):
        run_side_by_side(shop, [job({})], lambda jobs: None, poll_s=0.01)
    part = (tmp_path / "f.jsonl.part").stat().st_size
    shop.sleep = sleep
    again = job(dict(kept))
    sizes: list[int] = []
    run_side_by_side(shop, [again], lambda jobs: sizes.append(jobs[0].bytes), poll_s=0.01)

    assert isinstance(again.result, BulkFile)
    assert 0 < part < sizes[0] == whole.path.stat().st_size
    assert again.result.path.read_bytes() == whole.path.read_bytes()
    assert again.result.operation == whole.operation


def test_a_file_stored_compressed_comes_as_it_is_and_is_gone_on_with(
    shop: Shop, server: Any, tmp_path: Path
) -> None:
    whole = bulk(shop, tmp_path / "whole.jsonl")
    assert isinstance(whole, BulkFile)
    server.control("switches", {"gzip_files": True})
    server.control("faults", {"kind": "cut", "operation": "BulkFile"})
    shop.sleep = lambda seconds: None
    job = BulkJob(
        shop, "BulkOrders", "", tmp_path / "f.jsonl", since=datetime.fromisoformat(whole.created_at)
    )

    run_side_by_side(shop, [job], lambda jobs: None, poll_s=0.01)

    assert isinstance(job.result, BulkFile)
    assert job.result.path == tmp_path / "f.jsonl.gz"
    assert gzip.decompress(job.result.path.read_bytes()) == whole.path.read_bytes()


def test_a_part_of_another_file_is_not_gone_on_with(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "file.jsonl.part").write_bytes(b"something else")
    job = BulkJob(shop, "BulkOrders", "", tmp_path / "file.jsonl", memory={"part": {"etag": '"other"'}})

    run_side_by_side(shop, [job], lambda jobs: None, poll_s=0.01)

    assert isinstance(job.result, BulkFile)
    assert job.result.path.read_bytes().count(b"\n") == job.result.objects


def test_an_expired_operation_is_run_again(shop: Shop, server: Any, tmp_path: Path) -> None:
    kept: dict[str, Any] = {}
    first = BulkJob(shop, "BulkOrders", "", tmp_path / "file.jsonl", remember=kept.update)
    run_side_by_side(shop, [first], lambda jobs: None, poll_s=0.01)
    assert isinstance(first.result, BulkFile)
    first.result.path.unlink()
    clock = server.control("clock", {})["clock"]
    server.control("clock", {"advance_s": 8 * 24 * 3600})

    again = BulkJob(shop, "BulkOrders", "", tmp_path / "file.jsonl", memory=kept)
    run_side_by_side(shop, [again], lambda jobs: None, poll_s=0.01)

    server.control("clock", {"set": clock})
    assert isinstance(again.result, BulkFile)
    assert again.result.operation != first.result.operation
    assert "expired" in again.notes[0]


def test_an_address_that_dies_costs_another_operation(shop: Shop, server: Any, tmp_path: Path) -> None:
    shop.sleep = lambda seconds: None
    server.control("faults", {"kind": "403", "operation": "BulkFile", "count": 2})

    job = BulkJob(shop, "BulkOrders", "", tmp_path / "file.jsonl")
    run_side_by_side(shop, [job], lambda jobs: None, poll_s=0.01)

    assert isinstance(job.result, BulkFile)
    assert "is gone (HTTP status 403)" in job.notes[0]


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


NONE_YET = Told({"data": {"bulkOperations": {"nodes": []}}})
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
    with telling(Told({})) as elsewhere, telling(NONE_YET, Told(PREFLIGHT), STARTED) as server:
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
            telling(NONE_YET, Told(PREFLIGHT), STARTED, operation) as server,
            Shop(sandbox_settings(server.url, "t")) as shop,
            pytest.raises(BadAnswer, match="not a place of Shopify's"),
        ):
            bulk(shop, tmp_path / "file.jsonl")

    assert elsewhere.seen == []


def test_a_file_that_breaks_off_is_fetched_again(tmp_path: Path) -> None:
    with telling(NONE_YET, Told(PREFLIGHT), STARTED) as server:
        whole = Told(b'{"id":"gid://shopify/Order/1"}\n')
        server.answers += [
            completed(url=f"{server.url}/file"),
            Told(whole.content[:9], cut=True),
            Told({}, 503),
            whole,
        ]
        with Shop(sandbox_settings(server.url, "t"), sleep=lambda seconds: None) as shop:
            found = bulk(shop, tmp_path / "file.jsonl")

    assert isinstance(found, BulkFile)
    assert found.path.read_bytes() == whole.content


def test_a_file_that_never_comes_is_told(tmp_path: Path) -> None:
    with telling(NONE_YET, Told(PREFLIGHT), STARTED) as server:
        server.answers += [completed(url=f"{server.url}/file"), Told({}, 503)]
        shop = Shop(sandbox_settings(server.url, "t"), sleep=lambda seconds: None)
        with shop, pytest.raises(ShopUnreachable, match="503"):
            bulk(shop, tmp_path / "file.jsonl")


@pytest.mark.parametrize(
    "operation",
    [
        completed(objectCount=1),
        completed(objectCount="-1"),
        completed(rootObjectCount=None),
        completed(url=5),
    ],
)
def test_an_operation_without_sense_is_refused(tmp_path: Path, operation: Told) -> None:
    with (
        telling(NONE_YET, Told(PREFLIGHT), STARTED, operation) as server,
        Shop(sandbox_settings(server.url, "t")) as shop,
        pytest.raises(BadAnswer),
    ):
        bulk(shop, tmp_path / "file.jsonl")


LONGEST_WAIT = "unfulfill.shop.bulk.LONGEST_WAIT_S"


def refused_start(**error: str) -> Told:
    payload = {"bulkOperation": None, "userErrors": [{"field": None, "message": "no", **error}]}
    return Told({"data": {"bulkOperationRunQuery": payload}})


DENIED = Told({"errors": [{"message": "Access denied", "extensions": {"code": "ACCESS_DENIED"}}]})
NAMELESS = Told({"data": {"bulkOperationRunQuery": {"bulkOperation": {}, "userErrors": []}}})


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [(DENIED, QueryRefused, "Access denied"), (NAMELESS, BadAnswer, "did not say which")],
    ids=["denied", "without an id"],
)
def test_a_start_that_leads_nowhere_ends_the_export(
    tmp_path: Path, answer: Told, error: type[Exception], words: str
) -> None:
    with (
        telling(NONE_YET, Told(PREFLIGHT), answer) as server,
        Shop(sandbox_settings(server.url, "t")) as shop,
        pytest.raises(error, match=words),
    ):
        bulk(shop, tmp_path / "file.jsonl")


def test_a_start_that_is_refused_is_not_tried_again(tmp_path: Path) -> None:
    with (
        telling(NONE_YET, Told(PREFLIGHT), refused_start(code="INVALID")) as server,
        Shop(sandbox_settings(server.url, "t")) as shop,
    ):
        refused = bulk(shop, tmp_path / "file.jsonl")

        assert isinstance(refused, BulkRefused)
        assert refused.reason == "no"
        assert server.operations.count("BulkRunQuery") == 1


def test_an_operation_that_the_shop_forgets_is_started_again(tmp_path: Path) -> None:
    forgotten = Told({"data": {"bulkOperation": None}})
    with (
        telling(NONE_YET, Told(PREFLIGHT), STARTED, forgotten, NONE_YET, STARTED, completed()) as server,
        Shop(sandbox_settings(server.url, "t"), sleep=lambda seconds: None) as shop,
    ):
        job = BulkJob(shop, "BulkOrders", "", tmp_path / "file.jsonl")
        run_side_by_side(shop, [job], lambda jobs: None, poll_s=0.01)

    assert "no longer knows" in job.notes[0]
    assert isinstance(job.result, BulkFile)


def test_a_slot_that_one_of_ours_holds_is_waited_for(tmp_path: Path) -> None:
    taken = refused_start(code="OPERATION_IN_PROGRESS")
    other = {"id": "gid://shopify/BulkOperation/2"}
    second = Told({"data": {"bulkOperationRunQuery": {"bulkOperation": other, "userErrors": []}}})
    answers = [
        NONE_YET,
        Told(PREFLIGHT),
        STARTED,
        NONE_YET,
        taken,
        completed(),
        NONE_YET,
        second,
        completed(),
    ]
    with (
        telling(*answers) as server,
        Shop(sandbox_settings(server.url, "t"), sleep=lambda seconds: None) as shop,
    ):
        jobs = [BulkJob(shop, name, "", tmp_path / name) for name in ("BulkOrders", "BulkInventory")]
        run_side_by_side(shop, jobs, lambda jobs: None, poll_s=0.01)

    assert [type(job.result) for job in jobs] == [BulkFile, BulkFile]


def test_an_operation_that_never_ends_is_given_up_after_a_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LONGEST_WAIT, 20.0)  # the day is shorter here
    running = completed(status="RUNNING")
    slept: list[float] = []
    with (
        telling(NONE_YET, Told(PREFLIGHT), STARTED, running) as server,
        Shop(sandbox_settings(server.url, "t"), sleep=slept.append) as shop,
        pytest.raises(ShopUnreachable, match="within a day"),
    ):
        bulk(shop, tmp_path / "file.jsonl", poll_s=4.0)

    assert 20.0 <= sum(slept) < 40.0


@pytest.mark.parametrize(
    ("answer", "whole"),
    [(Told(b"x", 206, {"Content-Range": "bytes 3-3/4"}), False), (Told({}, 416), True)],
    ids=["from another place", "nothing there"],
)
def test_a_part_that_does_not_fit_is_never_put_on_the_file(tmp_path: Path, answer: Told, whole: bool) -> None:
    line = Told(b'{"id":"gid://shopify/Order/1"}\n', headers={"ETag": '"a"'})
    with telling(NONE_YET, Told(PREFLIGHT), STARTED) as server:
        cut = Told(line.content[:9], headers={"ETag": '"a"'}, cut=True)
        server.answers += [completed(url=f"{server.url}/file"), cut, answer, line]
        with Shop(sandbox_settings(server.url, "t"), sleep=lambda seconds: None) as shop:
            if whole:
                found = bulk(shop, tmp_path / "file.jsonl")
                assert isinstance(found, BulkFile)
                assert found.path.read_bytes() == line.content
            else:
                with pytest.raises(BadAnswer, match="another place"):
                    bulk(shop, tmp_path / "file.jsonl")


@pytest.mark.parametrize("status", ["FAILED", "EXPIRED", "A_NEW_ONE"])
def test_an_operation_that_ends_otherwise_is_never_read(tmp_path: Path, status: str) -> None:
    told = completed(status=status, partialDataUrl="https://storage.googleapis.com/x")
    with telling(NONE_YET, Told(PREFLIGHT), STARTED, told, *[NONE_YET, STARTED, told] * 2) as server:
        shop = Shop(sandbox_settings(server.url, "t"), sleep=lambda seconds: None)
        with shop:
            assert isinstance(bulk(shop, tmp_path / "file.jsonl"), BulkRefused)
