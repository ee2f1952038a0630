"""A token got for a client id and secret: renewed before it ends, once, and only for the same shop."""

import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from shop_servers import PREFLIGHT, Told, ToldServer, telling

import sandbox_shop
from unfulfill.errors import AccessDenied, BadAnswer, ShopUnreachable, WrongShop
from unfulfill.export import Filters
from unfulfill.export.exporter import export_shop
from unfulfill.run import Run
from unfulfill.settings import Secret, ShopSettings
from unfulfill.shop import Shop
from unfulfill.workbench import Workbench

LIFE_S = 86_399
CANARY = "shpss_canary0123456789"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    world = tmp_path_factory.mktemp("credentials") / "world.sqlite"
    with sandbox_shop.start(world, seed=3, size=60) as server:
        server.control("settings", {"bucket": {"maximum": 1_000_000, "rate": 100_000}})
        yield server


def of(server: Any) -> ShopSettings:
    client = server._server.world.get("client")
    return ShopSettings(server.url, "", client_id=client["id"], client_secret=Secret(client["secret"]))


def tokens(server: Any) -> list[str]:
    """Every token that was given out, the newest last."""
    return [
        row["token"] for row in server._server.world.rows("select token from access_token order by rowid")
    ]


def end_every_token(server: Any) -> None:
    """The shop's clock goes on, past the end of whatever was given out."""
    server.control("clock", {"advance_s": LIFE_S + 1})


@pytest.fixture(params=["pages", "bulk"])
def route(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_token_that_ends_during_an_export_is_renewed_and_the_export_is_complete(
    shared: Any, route: str, tmp_path: Path
) -> None:
    before = len(tokens(shared))
    ended: list[str] = []

    def progress(done: int, total: int | None, text: str = "") -> None:
        if done and not ended:
            end_every_token(shared)
            ended.append(text)

    with Shop(of(shared), sleep=lambda seconds: None) as shop:
        manifest = export_shop(shop, Run(tmp_path / "run"), Filters(), progress, route=route)

    assert manifest.complete, manifest.reasons
    assert (manifest.route, manifest.counts["orders"]) == (route, 60)
    assert ended != []
    assert len(tokens(shared)) - before == 2


def test_a_token_that_ends_while_a_bulk_operation_is_waited_for_is_renewed(
    sandbox: Any, tmp_path: Path
) -> None:
    sandbox.control("switches", {"bulk_fault": {"delay_s": 0.2, "times": 1}})
    waited: list[float] = []

    def sleep(seconds: float) -> None:
        if not waited:
            end_every_token(sandbox)
        waited.append(seconds)
        threading.Event().wait(min(seconds, 0.02))

    with Shop(of(sandbox), sleep=sleep) as shop:
        manifest = export_shop(shop, Run(tmp_path / "run"), Filters(), route="bulk")

    assert (manifest.complete, manifest.route) == (True, "bulk")
    assert waited != []


def test_a_token_that_ends_while_a_plan_is_applied_is_renewed_and_every_change_is_made(
    sandbox: Any, tmp_path: Path
) -> None:
    shop = Shop(of(sandbox), sleep=lambda seconds: None)
    wb = Workbench(shop, Run(tmp_path / "run"), lock="credentials", sleep=lambda seconds: None)
    plan = wb.ensure("plan").load_plan()

    def progress(done: int, total: int | None, text: str = "") -> None:
        if done == 3:
            end_every_token(sandbox)

    applied = wb.apply(plan.digest, progress=progress)

    assert len(plan.changes) > 3
    assert len(applied.check().outcomes) == len(plan.changes)
    shop.close()


def granted(token: str = "one", expires_in: Any = LIFE_S) -> Told:
    return Told({"access_token": token, "expires_in": expires_in})


CLIENT: dict[str, Any] = {"client_id": "x", "client_secret": Secret(CANARY)}
COUNT = Told({"data": {"ordersCount": {"count": 1, "precision": "EXACT"}}})


def grants(server: ToldServer) -> int:
    return sum(path == "/admin/oauth/access_token" for _, path, _, _ in server.seen)


def used(server: ToldServer) -> list[str]:
    return [headers["X-Shopify-Access-Token"] for _, path, headers, _ in server.seen if "graphql" in path]


@pytest.mark.parametrize(
    ("life_s", "quiet_s", "renewing_s"),
    [(LIFE_S, LIFE_S - 301, LIFE_S - 299), (60, 47, 49), (LIFE_S, 10, LIFE_S + 5000)],
)
def test_a_token_is_renewed_shortly_before_its_end_and_not_earlier(
    life_s: int, quiet_s: float, renewing_s: float
) -> None:
    now = 0.0
    answers = (granted("one", life_s), Told(PREFLIGHT), COUNT, granted("two", life_s), Told(PREFLIGHT), COUNT)
    with (
        telling(*answers) as server,
        Shop(ShopSettings(server.url, "", **CLIENT), clock=lambda: now) as shop,
    ):
        shop.identity()
        now = quiet_s
        shop.read("OrdersCount", search=None)
        assert grants(server) == 1
        now = renewing_s
        shop.read("OrdersCount", search=None)

        assert used(server) == ["one", "one", "two", "two"]
        assert grants(server) == 2


def test_the_time_on_the_way_counts_as_life_of_the_token() -> None:
    moments = iter([0.0, *[LIFE_S - 100.0] * 100])  # the answer came so late that the token is nearly over
    with (
        telling(granted(), Told(PREFLIGHT)) as server,
        Shop(ShopSettings(server.url, "", **CLIENT), clock=lambda: next(moments)) as shop,
    ):
        shop._credentials.token()

        assert shop.token_ends_in_s == 100.0


def test_many_threads_ask_for_one_token(shared: Any) -> None:
    before = len(tokens(shared))
    with Shop(of(shared)) as shop:
        together(12, lambda: shop.read("OrdersCount", search=None))
        assert len(tokens(shared)) - before == 1

        end_every_token(shared)
        together(12, lambda: shop.read("OrdersCount", search=None))

    assert len(tokens(shared)) - before == 2


def together(count: int, action: Callable[[], object]) -> None:
    """Do it in so many threads at once; an error of any is an error of the test."""
    failed: list[BaseException] = []
    start = threading.Barrier(count)

    def work() -> None:
        try:
            start.wait(10)
            action()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failed == []


@pytest.mark.parametrize(
    "expires_in", [0, -1, True, None, "86399", "soon", [], 1e12, float("nan"), float("inf"), float("-inf")]
)
def test_a_token_without_a_sensible_end_is_refused(expires_in: Any) -> None:
    with (
        telling(granted("one", expires_in)) as server,
        Shop(ShopSettings(server.url, "", **CLIENT), sleep=lambda seconds: None) as shop,
    ):
        with pytest.raises(BadAnswer, match="in how many seconds"):
            shop.identity()

        assert used(server) == []


@pytest.mark.parametrize("token", ["", None, 7, "two words", "line\nbreak", "ünïcode", {"a": 1}])
def test_something_that_is_no_token_is_refused(token: Any) -> None:
    with (
        telling(Told({"access_token": token, "expires_in": LIFE_S})) as server,
        Shop(ShopSettings(server.url, "", **CLIENT), sleep=lambda seconds: None) as shop,
        pytest.raises(BadAnswer, match="something else"),
    ):
        shop.identity()


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Told({}, 503), ShopUnreachable),
        (Told(b"{", cut=True), ShopUnreachable),
        (Told(b"<html>"), BadAnswer),
        (Told(["one"]), BadAnswer),
    ],
)
def test_a_token_that_is_not_given_ends_with_a_sentence(answer: Told, error: type[Exception]) -> None:
    with (
        telling(answer) as server,
        Shop(ShopSettings(server.url, "", **CLIENT), sleep=lambda seconds: None) as shop,
        pytest.raises(error, match=server.url),
    ):
        shop.identity()


def test_without_any_credential_nothing_is_asked() -> None:
    with (
        telling(Told({})) as server,
        Shop(ShopSettings(server.url, "")) as shop,
        pytest.raises(AccessDenied, match="There is no token"),
    ):
        shop.identity()

    assert server.seen == []


def test_a_renewed_token_of_another_shop_is_never_used_for_anything_else() -> None:
    other = Told(
        {"data": {**PREFLIGHT["data"], "shop": {**PREFLIGHT["data"]["shop"], "id": "gid://shopify/Shop/2"}}}
    )
    now = 0.0
    answers = (granted("one"), Told(PREFLIGHT), granted("two"), other, granted("three"), other)
    with (
        telling(*answers) as server,
        Shop(ShopSettings(server.url, "", **CLIENT), clock=lambda: now) as shop,
    ):
        shop.identity()
        now = LIFE_S
        for _ in range(2):  # a second try does not get through either
            with pytest.raises(WrongShop, match="stopped"):
                shop.write("TagsAdd", id="gid://shopify/Order/1", tags=["x"])

        assert server.operations == ["Preflight", "Preflight", "Preflight"]
        assert used(server) == ["one", "two", "three"]


def test_a_refused_client_names_the_profile_that_it_belongs_to() -> None:
    with (
        telling(Told({"error": "invalid_client"}, 401)) as server,
        Shop(ShopSettings(server.url, "", profile="acme", **CLIENT)) as shop,
        pytest.raises(AccessDenied, match="client id and secret of the profile acme") as refused,
    ):
        shop.identity()

    assert CANARY not in "".join(traceback.format_exception(refused.value))


def test_a_refused_token_names_the_command_that_gives_another() -> None:
    with (
        telling(Told({"errors": "[API] Invalid API key or access token"}, 401)) as server,
        Shop(ShopSettings(server.url, "", token=Secret(CANARY), profile="acme")) as shop,
        pytest.raises(AccessDenied, match="unfulfill connect --profile acme"),
    ):
        shop.identity()
