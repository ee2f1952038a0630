import http.client
import json
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sandbox_client import Client

import sandbox_shop
from sandbox_shop import SandboxShop

SHOP = "{ shop { name } }"


def test_each_supported_version_answers_as_itself(reading: Client) -> None:
    for version in ("2026-04", "2026-07", "2026-10"):
        asker = reading.as_token(reading.token, version)
        name = asker.ask(SHOP)["data"]["shop"]["name"]
        asker.session.close()

        assert name.startswith("SANDBOX")
        assert asker.last.headers["X-Shopify-API-Version"] == version


@pytest.mark.parametrize("version", ["2025-01", "2027-04", "unstable", "nonsense"])
def test_any_other_version_is_served_by_the_oldest(reading: Client, version: str) -> None:
    reading.version = version

    reading.ask(SHOP)

    assert reading.last.headers["X-Shopify-API-Version"] == "2026-04"


def test_every_answer_has_a_request_id_of_its_own(reading: Client) -> None:
    reading.ask(SHOP)
    first = reading.last.headers["X-Request-Id"]
    reading.ask(SHOP)

    assert len(first) == 36 and first != reading.last.headers["X-Request-Id"]


def test_the_date_header_shows_the_shop_s_clock(shop: SandboxShop, client: Client) -> None:
    shop.control("clock", {"set": "2026-12-24T18:00:00Z"})

    client.ask(SHOP)

    assert client.last.headers["Date"] == "Thu, 24 Dec 2026 18:00:00 GMT"


@pytest.mark.parametrize("token", ["", "shpat_wrong"])
def test_a_wrong_token_is_refused(reading: Client, token: str) -> None:
    stranger = reading.as_token(token)
    answer = stranger.ask(SHOP)
    stranger.session.close()

    assert stranger.last.status_code == 401
    assert answer == {
        "errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"
    }


@pytest.mark.parametrize(
    "body", ["", "no json", "[]", '{"variables": {}}', '{"query": 5}', '{"query": "{", "variables": 7}']
)
def test_a_body_without_a_query_is_refused(reading: Client, body: str) -> None:
    answer = reading.post("/admin/api/2026-10/graphql.json", body)

    assert answer.status_code == 400
    assert answer.json() == {"errors": {"query": "Required parameter missing or invalid"}}


def test_other_paths_are_not_found(reading: Client) -> None:
    assert reading.post("/admin/api/2026-10/orders.json", "{}").status_code == 404
    assert reading.session.get(f"{reading.url}/admin/api/2026-10/graphql.json", timeout=5).status_code == 404


def test_a_foreign_host_is_misdirected(reading: Client) -> None:
    answer = reading.post(
        "/admin/api/2026-10/graphql.json", json.dumps({"query": SHOP}), Host="evil.example:80"
    )

    assert answer.status_code == 421


def test_a_web_page_is_refused_even_with_the_token(reading: Client) -> None:
    answer = reading.post(
        "/admin/api/2026-10/graphql.json", json.dumps({"query": SHOP}), Origin="https://evil.example"
    )

    assert answer.status_code == 403
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_body_of_more_than_ten_megabytes_is_refused(reading: Client) -> None:
    connection = http.client.HTTPConnection(urlsplit(reading.url).netloc, timeout=5)
    connection.putrequest("POST", "/admin/api/2026-10/graphql.json")
    connection.putheader("Content-Length", str(11 * 1024 * 1024))
    connection.endheaders()
    status = connection.getresponse().status
    connection.close()

    assert status == 413


def test_the_port_is_open_on_the_loopback_only(reading_shop: SandboxShop) -> None:
    port = urlsplit(reading_shop.url).port
    assert port is not None

    with socket.socket() as probe:
        probe.settimeout(1)
        refused = probe.connect_ex(("127.0.0.2", port))

    assert refused != 0


def test_a_connection_is_kept_for_several_requests(reading: Client) -> None:
    connection = http.client.HTTPConnection(urlsplit(reading.url).netloc, timeout=5)
    bodies = []
    for _ in range(3):
        body = json.dumps({"query": SHOP})
        connection.request(
            "POST", "/admin/api/2026-10/graphql.json", body, {"X-Shopify-Access-Token": reading.token}
        )
        bodies.append(json.loads(connection.getresponse().read())["data"]["shop"]["name"])
        first = connection.sock
    is_same = connection.sock is first
    connection.close()

    assert len(set(bodies)) == 1 and is_same


def test_header_names_may_be_written_in_any_case(reading: Client) -> None:
    answer = reading.post(
        "/admin/api/2026-10/graphql.json",
        json.dumps({"query": SHOP}),
        **{"x-shopify-access-token": reading.token},
    )

    assert answer.status_code == 200


def test_client_credentials_buy_a_token_for_a_day(shop: SandboxShop, client: Client) -> None:
    secrets = _client_of(shop)
    form = {
        "grant_type": "client_credentials",
        "client_id": secrets["id"],
        "client_secret": secrets["secret"],
    }
    granted = client.session.post(f"{shop.url}/admin/oauth/access_token", data=form, timeout=5).json()
    fresh = client.as_token(granted["access_token"])

    before = fresh.ask(SHOP)
    shop.control("clock", {"advance_s": 86_400})
    fresh.ask(SHOP)
    fresh.session.close()

    assert granted["expires_in"] == 86_399
    assert "read_all_orders" in granted["scope"].split(",")
    assert before["data"]["shop"]["name"]
    assert fresh.last.status_code == 401


def test_client_credentials_with_a_wrong_secret_are_refused(shop: SandboxShop, client: Client) -> None:
    form = {"grant_type": "client_credentials", "client_id": _client_of(shop)["id"], "client_secret": "wrong"}
    answer = client.session.post(f"{shop.url}/admin/oauth/access_token", data=form, timeout=5)

    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})


def test_tokens_differ_from_start_to_start_though_the_shop_is_the_same() -> None:
    with sandbox_shop.start(size=5) as one, sandbox_shop.start(size=5) as other:
        assert one.token != other.token
        assert one.control_token != other.control_token
        assert one.token not in repr(one)


def test_a_temporary_world_is_removed_and_a_named_one_stays(tmp_path: Path) -> None:
    with sandbox_shop.start(size=5) as temporary:
        pass
    with sandbox_shop.start(tmp_path / "kept.sqlite", size=5) as named:
        pass

    assert not temporary.world.exists()
    assert named.world.exists()


def test_nothing_is_printed(shop: SandboxShop, client: Client, capfd: pytest.CaptureFixture[str]) -> None:
    client.ask(SHOP)
    client.post("/nowhere", "{}")

    assert capfd.readouterr() == ("", "")


def _client_of(shop: SandboxShop) -> dict[str, str]:
    from sandbox_shop.world import World

    world = World(shop.world)
    try:
        return world.get("client")
    finally:
        world.close()
