"""Whatever a shop, the way to it or the disk does wrong: one sentence, a status, the earlier export as it was."""

import multiprocessing
import resource
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from shop_servers import PREFLIGHT, Told, telling

import sandbox_shop
from unfulfill.errors import (
    AccessDenied,
    BadAnswer,
    Locked,
    QueryRefused,
    ShopError,
    ShopUnreachable,
    WorkbenchError,
    WrongVersion,
)
from unfulfill.export import Filters, export_shop
from unfulfill.lock import folder_lock
from unfulfill.run import Run
from unfulfill.settings import ShopSettings, sandbox_settings
from unfulfill.shop import Shop

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["unfulfill.export", "pandas", "duckdb"])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    world = tmp_path_factory.mktemp("export_bad") / "world.sqlite"
    with sandbox_shop.start(world, seed=17, size=60) as started:
        started.control("settings", {"bucket": {"maximum": 1_000_000, "rate": 100_000}})
        yield started


@pytest.fixture(scope="module")
def earlier(server: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export_bad_runs") / "run"
    with Shop(sandbox_settings(server.url, server.token)) as shop:
        export_shop(shop, Run(folder), Filters(), route="bulk", poll_s=0.01)
    return folder


@pytest.fixture
def run(earlier: Path, tmp_path: Path) -> Run:
    return Run(shutil.copytree(earlier, tmp_path / "run"))


def content(run: Run) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (run.folder / "export").iterdir()}


def refused(run: Run, settings: ShopSettings, route: Any = "auto") -> WorkbenchError:
    """What an export ends with; the earlier one must be as it was."""
    before = content(run)
    with Shop(settings, sleep=lambda seconds: None) as shop, pytest.raises(WorkbenchError) as caught:
        export_shop(shop, run, Filters(), route=route, poll_s=0.01)
    assert content(run) == before
    assert caught.value.exit_status != 0
    assert "\n" not in str(caught.value)
    return caught.value


NOT_JSON = "<html><body>Please log in to the proxy</body></html>"
ANSWERS: list[tuple[Told, type[ShopError], str]] = [
    (Told({"errors": "[API] Invalid API key or access token"}, 401), AccessDenied, "create a new one"),
    (Told({"errors": "Unavailable Shop"}, 402), AccessDenied, "frozen"),
    (Told({"errors": "User does not have access"}, 403), AccessDenied, "install the app again"),
    (Told({"errors": "Not Found"}, 404), QueryRefused, "check the shop's domain"),
    (Told({"errors": "This shop is unavailable"}, 423), AccessDenied, "locked"),
    (Told(NOT_JSON.encode(), 200), BadAnswer, "did not answer with JSON"),
    (Told(NOT_JSON.encode(), 407), QueryRefused, "407"),
    (Told(b"", 200), BadAnswer, "did not answer with JSON"),
    (Told(PREFLIGHT, 200, {"X-Shopify-API-Version": "2025-10"}), WrongVersion, "UNFULFILL_API_VERSION"),
    (Told({"errors": "An unexpected error occurred"}, 503), ShopUnreachable, "try again later"),
    (Told({}, 302, {"Location": "https://example.com"}), BadAnswer, "redirect"),
]


@pytest.mark.parametrize(("told", "error", "words"), ANSWERS)
def test_an_answer_that_is_none_ends_in_a_sentence(
    run: Run, told: Told, error: type[ShopError], words: str
) -> None:
    with telling(told) as server:
        found = refused(run, sandbox_settings(server.url, "token"))

    assert isinstance(found, error)
    assert words in str(found)


def test_a_shop_that_is_not_there_is_told_with_its_name(run: Run) -> None:
    settings = ShopSettings(url="https://no-such-shop.invalid", domain="no-such-shop.invalid")
    with_token = ShopSettings(
        settings.url, settings.domain, token=sandbox_settings("http://127.0.0.1:9", "t").token
    )

    found = refused(run, with_token)

    assert isinstance(found, ShopUnreachable)
    assert "no-such-shop.invalid cannot be reached: its name is not known" in str(found)


@pytest.mark.parametrize("route", ["bulk", "pages"])
@pytest.mark.parametrize(
    ("scopes", "words"),
    [
        (["read_inventory", "read_products", "read_locations"], "grant the app the scope"),
        (
            ["read_orders", "read_all_orders", "read_merchant_managed_fulfillment_orders"],
            "grant the app the scope",
        ),
    ],
)
def test_a_scope_that_is_missing_is_told(
    server: Any, run: Run, route: str, scopes: list[str], words: str
) -> None:
    token = server.control("tokens", {"scopes": scopes})["token"]

    found = refused(run, sandbox_settings(server.url, token), route)

    assert isinstance(found, AccessDenied)
    assert words in str(found)


def test_two_exports_into_one_folder_do_not_mix(server: Any, run: Run) -> None:
    with folder_lock(run.folder):
        found = refused(run, sandbox_settings(server.url, server.token))

    assert isinstance(found, Locked)


def export_with_little_room(url: str, token: str, folder: str, room: int, said: Any) -> None:
    """Export where no file may grow beyond `room` bytes, as on a disk that is full."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
    with Shop(sandbox_settings(url, token)) as shop:
        try:
            export_shop(shop, Run(folder), Filters(), route="bulk", poll_s=0.01)
        except WorkbenchError as error:
            said.put((type(error).__name__, error.exit_status, str(error)))
        else:
            said.put(None)


@pytest.mark.parametrize("room", [10, 1_000, 4_000, 20_000, 40_000])
def test_a_full_disk_is_told_and_the_same_export_goes_on_later(server: Any, run: Run, room: int) -> None:
    before = content(run)
    said = CONTEXT.SimpleQueue()
    process = CONTEXT.Process(
        target=export_with_little_room, args=(server.url, server.token, str(run.folder), room, said)
    )
    process.start()
    process.join(60)
    name, status, text = said.get()

    assert content(run) == before
    assert (name, status) == ("WorkbenchError", 1)
    assert "room on the disk" in text
    with Shop(sandbox_settings(server.url, server.token)) as shop:
        assert export_shop(shop, run, Filters(), route="bulk", poll_s=0.01).complete
