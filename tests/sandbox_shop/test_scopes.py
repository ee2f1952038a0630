from contextlib import closing
from typing import Any

import pytest
from sandbox_client import Client
from small_shop import AT_SERVICE, A, SmallShop, serve_small_shop

from sandbox_shop import SandboxShop

FULFILLMENT_ORDERS = "{ fulfillmentOrders(first: 50, includeClosed: true) { nodes { id } } }"
MERCHANT = "read_merchant_managed_fulfillment_orders"
THIRD_PARTY = "read_third_party_fulfillment_orders"


def asked(
    shop: SandboxShop, client: Client, scopes: list[str], query: str, **variables: Any
) -> dict[str, Any]:
    token = shop.control("tokens", {"scopes": scopes})["token"]
    limited = client.as_token(token)
    with closing(limited.session):
        return limited.ask(query, variables)


def test_a_field_without_its_scope_is_denied_by_name(shop: SandboxShop, client: Client) -> None:
    answer = asked(shop, client, ["read_products"], "{ orders(first: 1) { nodes { id } } }")

    assert answer["data"] is None
    (error,) = answer["errors"]
    assert error["message"] == (
        "Access denied for orders field. Required access: `read_orders` access scope."
    )
    assert error["extensions"]["code"] == "ACCESS_DENIED"
    assert error["extensions"]["requiredAccess"] == "`read_orders` access scope."
    assert error["path"] == ["orders"]


def test_cancelling_without_its_scope_names_no_scope(shop: SandboxShop, client: Client) -> None:
    query = 'mutation { fulfillmentCancel(id: "gid://shopify/Fulfillment/1") { userErrors { message } } }'

    denied = asked(shop, client, ["write_fulfillments", "write_orders"], query)
    allowed = asked(shop, client, ["write_merchant_managed_fulfillment_orders"], query)

    assert denied["data"] == {"fulfillmentCancel": None}
    assert denied["errors"][0]["message"] == "Access denied for fulfillmentCancel field."
    assert "requiredAccess" not in denied["errors"][0]["extensions"]
    assert allowed["data"]["fulfillmentCancel"]["userErrors"] == [{"message": "Fulfillment not found."}]


def test_a_denied_field_deep_inside_is_null_beside_the_data(shop: SandboxShop, client: Client) -> None:
    answer = asked(
        shop,
        client,
        ["read_inventory"],
        "{ inventoryItems(first: 1) { nodes { sku variants(first: 1) { nodes { id } } } } }",
    )

    (node,) = answer["data"]["inventoryItems"]["nodes"]
    assert node["sku"] and node["variants"] is None
    assert answer["errors"][0]["path"] == ["inventoryItems", "nodes", 0, "variants"]


def test_the_name_of_a_location_has_a_scope_of_its_own(shop: SandboxShop, client: Client) -> None:
    query = "{ location { id isActive name } }"

    denied = asked(shop, client, ["read_inventory"], query)
    allowed = asked(shop, client, ["read_locations"], query)

    assert denied["errors"][0]["extensions"]["requiredAccess"] == "`read_locations` access scope."
    assert denied["errors"][0]["path"] == ["location", "name"]
    assert allowed["data"]["location"]["name"]
    assert "errors" not in allowed


def test_a_write_scope_brings_the_read_scope(shop: SandboxShop, client: Client) -> None:
    answer = asked(shop, client, ["write_orders"], "{ ordersCount { count } }")

    assert "errors" not in answer


def test_the_installation_lists_the_scopes_of_the_token(shop: SandboxShop, client: Client) -> None:
    answer = asked(
        shop, client, ["write_orders"], "{ currentAppInstallation { accessScopes { handle } app { title } } }"
    )

    installation = answer["data"]["currentAppInstallation"]
    assert [each["handle"] for each in installation["accessScopes"]] == ["read_orders", "write_orders"]


@pytest.fixture
def mixed(tmp_path: Any) -> Any:
    """One order with a fulfillment order of the merchant, and one at a third party."""
    with serve_small_shop(tmp_path) as small:
        order_id = small.create_order((A, 1), (AT_SERVICE, 1))
        assert len(small.open_fos(order_id)) == 2
        yield small, order_id


def seen(small: SmallShop, scopes: list[str], order_id: str) -> tuple[int, int]:
    """How many fulfillment orders a token sees: at the root, and below the order."""
    token = small.served.control("tokens", {"scopes": ["read_orders", *scopes]})["token"]
    root = small.answer(FULFILLMENT_ORDERS, token=token)["data"]["fulfillmentOrders"]["nodes"]
    query = "query($id: ID!) { order(id: $id) { fulfillmentOrders(first: 9) { nodes { id } } } }"
    below = small.answer(query, {"id": order_id}, token=token)["data"]["order"]["fulfillmentOrders"]["nodes"]
    return len(root), len(below)


def test_missing_scopes_hide_fulfillment_orders_without_a_word(mixed: tuple[SmallShop, str]) -> None:
    small, order_id = mixed

    assert seen(small, [MERCHANT, THIRD_PARTY], order_id) == (2, 2)
    assert seen(small, [MERCHANT], order_id) == (1, 1)
    assert seen(small, [THIRD_PARTY], order_id) == (1, 1)
    assert seen(small, ["read_assigned_fulfillment_orders"], order_id) == (0, 0)


def test_without_any_of_their_scopes_fulfillment_orders_are_denied(mixed: tuple[SmallShop, str]) -> None:
    small, _ = mixed
    token = small.served.control("tokens", {"scopes": ["read_orders"]})["token"]

    answer = small.answer(FULFILLMENT_ORDERS, token=token)

    assert answer["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"


def test_without_read_all_orders_old_orders_are_not_there(shop: SandboxShop, client: Client) -> None:
    query = """query($id: ID!) { ordersCount(limit: null) { count } order(id: $id) { id } node(id: $id) { id }
        orders(first: 250) { nodes { id } } }"""
    oldest = client.data("{ orders(first: 1, sortKey: CREATED_AT) { nodes { id createdAt } } }")["orders"][
        "nodes"
    ][0]
    shop.control("clock", {"set": oldest["createdAt"]})
    shop.control("clock", {"advance_s": 61 * 86_400})
    all_scopes = client.data(query, {"id": oldest["id"]})

    limited = asked(shop, client, ["read_orders"], query, id=oldest["id"])["data"]

    assert all_scopes["order"] and all_scopes["node"]
    assert limited["order"] is None and limited["node"] is None
    assert (
        0
        < limited["ordersCount"]["count"]
        == len(limited["orders"]["nodes"])
        < all_scopes["ordersCount"]["count"]
    )


def test_a_token_can_be_made_to_expire(shop: SandboxShop, client: Client) -> None:
    shop.control("tokens", {"expire": client.token})

    client.ask("{ shop { name } }")

    assert client.last.status_code == 401


def test_holds_of_another_app_are_told_from_one_s_own(mixed: tuple[SmallShop, str]) -> None:
    small, order_id = mixed
    other = small.served.control("tokens", {"app": "Fraud Guard"})["token"]
    hold = """mutation($id: ID!) { fulfillmentOrderHold(id: $id, fulfillmentHold: {reason: OTHER, handle: "h"}) {
        userErrors { message } } }"""
    (fo, *_) = small.open_fos(order_id)
    small.answer(hold, {"id": fo["id"]}, token=other)
    small.answer(hold, {"id": fo["id"]})

    query = """query($id: ID!) { fulfillmentOrder(id: $id) { status
        fulfillmentHolds { heldByRequestingApp heldByApp { title } displayReason } } }"""
    found = small.run(query, id=fo["id"])

    assert found["status"] == "ON_HOLD"
    assert [
        (each["heldByRequestingApp"], each["heldByApp"]["title"]) for each in found["fulfillmentHolds"]
    ] == [
        (False, "Fraud Guard"),
        (True, "Unfulfill Workbench"),
    ]
