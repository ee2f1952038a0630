"""Reads and writes against the sandbox, with the faults that a real network and a real shop have."""

import socket
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from shop_servers import PREFLIGHT, Told, telling

import sandbox_shop
from unfulfill.errors import (
    AccessDenied,
    BadAnswer,
    NotApplied,
    OutcomeUnknown,
    QueryRefused,
    SearchIgnored,
    ShopUnreachable,
    WrongShop,
    WrongVersion,
)
from unfulfill.settings import Secret, ShopSettings, sandbox_settings
from unfulfill.shop import Shop

TOKEN = "shpat_canary0123456789"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    world = tmp_path_factory.mktemp("shop_client") / "world.sqlite"
    with sandbox_shop.start(world, seed=3, size=60) as server:
        yield server


@pytest.fixture
def server(shared: Any) -> Any:
    shared.control("faults", {"clear": True})
    return shared


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def shop(server: Any, slept: list[float]) -> Iterator[Shop]:
    with Shop(sandbox_settings(server.url, server.token), sleep=slept.append) as opened:
        yield opened


def order_id(shop: Shop) -> str:
    return str(shop.read("OrdersPage", first=1, search=None)["orders"]["nodes"][0]["id"])


def tag(shop: Shop, order: str) -> dict[str, Any]:
    return shop.write("TagsAdd", id=order, tags=["held"])


def tagged(server: Any) -> int:
    return sum(row["operation"] == "TagsAdd" for row in server.control("request")["rows"])


def test_the_identity_says_which_shop_and_that_it_is_a_sandbox(shop: Shop) -> None:
    identity = shop.identity()

    assert identity.is_sandbox
    assert identity.domain == "sandbox-shop.myshopify.com"
    assert identity.name.startswith("SANDBOX")
    assert "read_all_orders" in shop.scopes
    assert shop.served_version == "2026-10"


@pytest.mark.parametrize("version", ["2026-04", "2026-07", "2026-10"])
def test_every_supported_version_is_served(server: Any, version: str) -> None:
    with Shop(sandbox_settings(server.url, server.token, version)) as shop:
        assert shop.read("OrdersCount", search=None)["ordersCount"]["count"] == 60
        assert shop.served_version == version


def test_the_time_is_the_shops_and_not_ours(shop: Shop, server: Any) -> None:
    clock = datetime.fromisoformat(server.control("clock")["clock"])

    shop.read("OrdersCount", search=None)

    assert shop.server_time is not None
    assert abs((shop.server_time - clock).total_seconds()) <= 1
    assert shop.server_time.tzinfo is UTC


@pytest.mark.parametrize(
    "kind", ["500", "502", "503", "504", "internal_server_error", "html", "bad_json", "reset_before"]
)
def test_a_read_is_repeated_after_what_passes(shop: Shop, server: Any, slept: list[float], kind: str) -> None:
    server.control("faults", {"kind": kind, "operation": "OrdersCount", "count": 2})

    count = shop.read("OrdersCount", search=None)["ordersCount"]["count"]

    assert count == 60
    assert slept == [0.5, 1.0]


def test_a_read_that_always_fails_ends(shop: Shop, server: Any, slept: list[float]) -> None:
    server.control("faults", {"kind": "502", "operation": "OrdersCount", "count": None})

    with pytest.raises(ShopUnreachable, match="502"):
        shop.read("OrdersCount", search=None)

    assert slept == [0.5, 1.0, 2.0, 4.0, 8.0]


def test_a_throttled_read_waits_at_least_a_second(shop: Shop, server: Any, slept: list[float]) -> None:
    server.control("faults", {"kind": "throttled", "operation": "OrdersCount"})

    shop.read("OrdersCount", search=None)

    assert slept[0] >= 1


def test_a_search_that_the_shop_ignores_is_an_error(shop: Shop) -> None:
    with pytest.raises(SearchIgnored, match="tagg"):
        shop.read("OrdersPage", first=1, search='(tagg:"x")')


def test_a_write_gives_its_payload(shop: Shop) -> None:
    payload = tag(shop, order_id(shop))

    assert payload["userErrors"] == []


def test_user_errors_are_for_the_caller(shop: Shop) -> None:
    payload = shop.write("FulfillmentCancel", id="gid://shopify/Fulfillment/999999")

    assert payload["fulfillment"] is None
    assert payload["userErrors"] != []


@pytest.mark.parametrize("kind", ["500", "502", "504", "internal_server_error", "html", "bad_json"])
@pytest.mark.parametrize("after", [False, True])
def test_a_write_with_a_lost_answer_is_unknown_and_was_sent_once(
    shop: Shop, server: Any, kind: str, after: bool
) -> None:
    order = order_id(shop)
    before = tagged(server)
    server.control("faults", {"kind": kind, "operation": "TagsAdd", "count": None, "after": after})

    with pytest.raises(OutcomeUnknown, match="TagsAdd"):
        tag(shop, order)

    assert tagged(server) - before == 1


@pytest.mark.parametrize("kind", ["reset_before", "reset_after"])
def test_a_write_whose_connection_breaks_is_unknown_and_was_sent_once(
    shop: Shop, server: Any, kind: str
) -> None:
    order = order_id(shop)
    before = tagged(server)
    server.control("faults", {"kind": kind, "operation": "TagsAdd", "count": None})

    with pytest.raises(OutcomeUnknown):
        tag(shop, order)

    assert tagged(server) - before == 1


def test_a_throttled_write_had_no_effect_and_may_be_repeated(shop: Shop, server: Any) -> None:
    order = order_id(shop)
    server.control("faults", {"kind": "throttled", "operation": "TagsAdd"})

    with pytest.raises(NotApplied) as refused:
        tag(shop, order)

    assert refused.value.may_repeat
    assert tag(shop, order)["userErrors"] == []


def test_a_write_that_hangs_is_unknown(server: Any) -> None:
    settings = ShopSettings(server.url, "", token=Secret(server.token), read_timeout_s=0.2)
    with Shop(settings) as shop:
        order = order_id(shop)
        server.control("faults", {"kind": "hang", "operation": "TagsAdd", "seconds": 0.5})

        with pytest.raises(OutcomeUnknown, match="no answer in time"):
            tag(shop, order)


def test_a_write_without_its_scope_had_no_effect(shop: Shop, server: Any) -> None:
    order = order_id(shop)
    token = server.control("tokens", {"scopes": ["read_orders"]})["token"]
    reader = Shop(sandbox_settings(server.url, token))

    with reader, pytest.raises(NotApplied, match="ACCESS_DENIED") as refused:
        tag(reader, order)

    assert not refused.value.may_repeat


def test_a_malformed_id_is_refused_before_it_has_an_effect(shop: Shop) -> None:
    with pytest.raises(NotApplied):
        shop.write("FulfillmentCancel", id="gid://shopify/Fulfillment/0")


def test_a_query_is_not_written_and_a_mutation_not_read(shop: Shop) -> None:
    with pytest.raises(ValueError, match="sent by write"):
        shop.read("TagsAdd", id="x", tags=[])
    with pytest.raises(ValueError, match="sent by read"):
        shop.write("OrdersCount", search=None)


def test_a_wrong_token_is_told_without_showing_it(server: Any) -> None:
    with Shop(sandbox_settings(server.url, TOKEN)) as shop:
        with pytest.raises(AccessDenied, match="create a new one") as refused:
            shop.identity()
        text = "".join(traceback.format_exception(refused.value)) + repr(shop) + repr(vars(shop))

    assert TOKEN not in text
    assert refused.value.__context__ is None


def test_a_closed_port_is_certain_not_to_have_been_reached() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with Shop(sandbox_settings(url, TOKEN), sleep=lambda seconds: None) as shop:
            with pytest.raises(ShopUnreachable, match="no connection"):
                shop.read("OrdersCount", search=None)
            with pytest.raises(NotApplied):
                shop.write("TagsAdd", id="gid://shopify/Order/1", tags=["x"])


def test_a_write_after_the_shop_went_away_was_not_sent_and_may_be_repeated() -> None:
    with telling(Told(PREFLIGHT, headers={"Connection": "close"})) as server:
        shop = Shop(sandbox_settings(server.url, TOKEN), sleep=lambda seconds: None)
        shop.identity()
    with shop, pytest.raises(NotApplied, match="no connection") as refused:
        shop.write("TagsAdd", id="gid://shopify/Order/1", tags=["x"])

    assert refused.value.may_repeat


def test_a_name_that_nobody_knows_is_told(tmp_path: Path) -> None:
    settings = ShopSettings("https://no-such-shop.invalid", "no-such-shop.invalid", token=Secret(TOKEN))
    with Shop(settings, sleep=lambda seconds: None) as shop, pytest.raises(ShopUnreachable, match="its name"):
        shop.identity()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_never_followed_and_the_token_goes_nowhere(status: int) -> None:
    with telling(Told(PREFLIGHT)) as other:
        moved = Told({}, status, {"Location": f"{other.url}/admin/api/2026-10/graphql.json"})
        with (
            telling(moved) as server,
            Shop(sandbox_settings(server.url, TOKEN)) as shop,
            pytest.raises(BadAnswer, match="redirect"),
        ):
            shop.read("OrdersCount", search=None)

    assert other.seen == []


def test_a_proxy_of_the_environment_is_not_used(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    with Shop(sandbox_settings(server.url, server.token)) as shop:
        assert shop.identity().is_sandbox


@pytest.mark.parametrize(
    "told",
    [
        Told({"data": {"tagsAdd": None}}),
        Told({"data": {"tagsAdd": {"node": None}}}),
        Told({"data": {"tagsAdd": {"node": None, "userErrors": None}}}),
        Told({"data": {"tagsAdd": {"userErrors": []}, "tagsRemove": {"userErrors": []}}}),
        Told({"data": {}}),
        Told({"data": None}),
        Told([]),
        Told(b""),
        Told(b"<html>"),
        Told(b'{"data": {"tagsAdd": ', cut=True),
        Told({"errors": "[API] something"}),
        Told({}, 307, {"Location": "http://127.0.0.1:9"}),
        Told({"data": {"tagsAdd": {"userErrors": []}}}, headers={"X-Shopify-API-Version": "2026-07"}),
        Told({"data": {"tagsAdd": {"userErrors": []}}}, headers={"Content-Encoding": "gzip"}),
    ],
)
def test_a_write_with_an_answer_without_sense_is_unknown(told: Told) -> None:
    with telling(Told(PREFLIGHT), told) as server, Shop(sandbox_settings(server.url, TOKEN)) as shop:
        with pytest.raises(OutcomeUnknown):
            shop.write("TagsAdd", id="gid://shopify/Order/1", tags=["x"])

        assert server.operations == ["Preflight", "TagsAdd"]


@pytest.mark.parametrize("served", ["2026-07", ""])
def test_nothing_is_written_to_a_shop_that_serves_another_version(served: str) -> None:
    told = Told(PREFLIGHT, headers={"X-Shopify-API-Version": served})
    with telling(told) as server, Shop(sandbox_settings(server.url, TOKEN)) as shop:
        with pytest.raises(WrongVersion):
            shop.read("OrdersCount", search=None)
        with pytest.raises(NotApplied):
            shop.write("TagsAdd", id="gid://shopify/Order/1", tags=["x"])

        assert server.operations == ["OrdersCount", "Preflight"]


def test_a_shop_that_does_not_say_who_it_is_is_not_written_to() -> None:
    with telling(Told({"data": {"shop": None}})) as server, Shop(sandbox_settings(server.url, TOKEN)) as shop:
        with pytest.raises(NotApplied, match="which shop"):
            shop.write("TagsAdd", id="gid://shopify/Order/1", tags=["x"])

        assert server.operations == ["Preflight"]


def test_an_answer_that_drips_is_given_up(server: Any) -> None:
    moments = iter(range(0, 100_000, 50))
    settings = ShopSettings(server.url, "", token=Secret(server.token), read_timeout_s=1)
    shop = Shop(settings, clock=lambda: float(next(moments)), sleep=lambda seconds: None)

    with shop, pytest.raises(ShopUnreachable, match="not complete after 3 s"):
        shop.read("OrdersPage", first=50, search=None)


def client_settings(server: Any, **more: Any) -> ShopSettings:
    client = server._server.world.get("client")
    return ShopSettings(
        server.url, "", client_id=client["id"], client_secret=Secret(client["secret"]), **more
    )


def test_a_client_id_and_secret_get_a_token_and_a_new_one_when_it_ends(server: Any) -> None:
    with Shop(client_settings(server)) as shop:
        shop.identity()
        first = shop._credentials.token()
        server.control("tokens", {"expire": first.reveal()})

        count = shop.read("OrdersCount", search=None)["ordersCount"]["count"]

        second = shop._credentials.token()
    assert count == 60
    assert second != first


def test_a_write_with_an_expired_token_may_be_repeated_with_a_new_one(server: Any) -> None:
    with Shop(client_settings(server)) as shop:
        order = order_id(shop)
        shop.identity()
        first = shop._credentials.token()
        server.control("tokens", {"expire": first.reveal()})

        with pytest.raises(NotApplied) as refused:
            tag(shop, order)

        assert refused.value.may_repeat
        assert tag(shop, order)["userErrors"] == []


def test_a_wrong_client_secret_is_told_without_showing_it(server: Any) -> None:
    settings = ShopSettings(server.url, "", client_id="x", client_secret=Secret(TOKEN))
    with Shop(settings) as shop, pytest.raises(AccessDenied, match="UNFULFILL_CLIENT_ID") as refused:
        shop.identity()

    assert TOKEN not in "".join(traceback.format_exception(refused.value))


def test_a_new_token_that_opens_another_shop_stops_everything() -> None:
    granted = Told({"access_token": "one", "expires_in": 86399})
    expired = Told({"errors": "[API] Invalid API key or access token"}, 401)
    other = Told(
        {"data": {**PREFLIGHT["data"], "shop": {**PREFLIGHT["data"]["shop"], "id": "gid://shopify/Shop/2"}}}
    )
    again = Told({"access_token": "two", "expires_in": 86399})
    with telling(granted, Told(PREFLIGHT), expired, again, other) as server:
        settings = ShopSettings(server.url, "", client_id="x", client_secret=Secret("y"))
        with Shop(settings) as shop:
            shop.identity()

            with pytest.raises(WrongShop):
                shop.read("OrdersCount", search=None)


def test_a_new_token_whose_shop_cannot_be_told_is_not_used() -> None:
    granted = Told({"access_token": "one", "expires_in": 86399})
    expired = Told({"errors": "[API] Invalid API key or access token"}, 401)
    again = Told({"access_token": "two", "expires_in": 86399})
    with telling(granted, Told(PREFLIGHT), expired, again, Told({}, 503)) as server:
        settings = ShopSettings(server.url, "", client_id="x", client_secret=Secret("y"))
        with Shop(settings, sleep=lambda seconds: None) as shop:
            shop.identity()

            with pytest.raises(NotApplied):
                shop.write("TagsAdd", id="gid://shopify/Order/1", tags=["x"])

        assert "TagsAdd" not in server.operations[2:]


def test_a_shop_whose_clock_makes_no_sense_has_no_time() -> None:
    with (
        telling(Told(PREFLIGHT, headers={"Date": "when the moon is full"})) as server,
        Shop(sandbox_settings(server.url, TOKEN)) as shop,
    ):
        shop.identity()

        assert shop.server_time is None


def test_a_shop_that_answers_by_another_name_is_refused() -> None:
    with telling(Told(PREFLIGHT)) as server:
        settings = ShopSettings(server.url, "asked.myshopify.com", token=Secret(TOKEN))
        with Shop(settings) as shop, pytest.raises(WrongShop, match=r"told\.myshopify\.com"):
            shop.identity()


def test_a_bad_id_in_a_query_is_refused(shop: Shop) -> None:
    with pytest.raises(QueryRefused):
        shop.read("FulfillmentsById", ids=["nonsense"])
