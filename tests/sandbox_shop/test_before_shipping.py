"""What the sandbox says of an order that waits to be shipped: risk, address, customer, and who may read that."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from sandbox_client import Client

from sandbox_shop import SandboxShop
from sandbox_shop.world import World

WAITING = """{ orders(first: 50, sortKey: ID,
  query: "fulfillment_status:unfulfilled AND source_name:web AND status:open") { nodes {
  risk { recommendation } shippingAddress { address1 city zip countryCodeV2 lastName validationResultSummary } } } }"""
CUSTOMERS = "{ orders(first: 2, sortKey: ID) { nodes { id customer { id } } } }"
ADDRESSES = "{ orders(first: 2, sortKey: ID) { nodes { id shippingAddress { city } } } }"
CREATE = """mutation($order: OrderCreateOrderInput!) { orderCreate(order: $order) {
  order { customer { id } risk { recommendation } shippingAddress { name address1 city zip countryCodeV2 } }
  userErrors { message } } }"""


def create(client: Client, **given: Any) -> dict[str, Any]:
    line = {"title": "Mug", "quantity": 1, "requiresShipping": True}
    payload = client.data(CREATE, {"order": {"lineItems": [line], **given}})["orderCreate"]
    assert payload["userErrors"] == []
    return payload["order"]


def test_the_first_waiting_orders_of_the_web_are_doubtful_and_the_others_are_not(reading: Client) -> None:
    orders = reading.data(WAITING)["orders"]["nodes"]

    told = [
        (
            order["risk"]["recommendation"],
            [
                name
                for name in ("address1", "city", "zip", "countryCodeV2", "lastName")
                if not order["shippingAddress"][name]
            ],
        )
        for order in orders
        if order["shippingAddress"]
    ]
    assert told[:4] == [
        ("CANCEL", []),
        ("ACCEPT", ["address1"]),
        ("INVESTIGATE", []),
        ("ACCEPT", ["city", "zip"]),
    ]
    assert len(told) > 6
    assert [each for each in told[4:] if each != ("ACCEPT", [])] == []


def test_a_new_order_keeps_the_address_that_it_was_given_and_a_customer_by_e_mail(client: Client) -> None:
    address = {
        "firstName": "Ada",
        "lastName": "Albers",
        "address1": "Weg 1",
        "city": "Kiel",
        "countryCode": "DE",
    }

    first = create(client, email="Ada@example.com", shippingAddress=address)
    again = create(client, email="ada@example.com")

    assert first["shippingAddress"] == {
        "name": "Ada Albers", "address1": "Weg 1", "city": "Kiel", "zip": None, "countryCodeV2": "DE",
    }  # fmt: skip
    assert first["risk"] == {"recommendation": "NONE"}
    assert first["customer"] == again["customer"]
    assert first["customer"]["id"].startswith("gid://shopify/Customer/")
    assert again["shippingAddress"] is None
    assert create(client)["customer"] is None


def test_the_customer_needs_a_scope_and_the_address_an_approval(shop: SandboxShop, client: Client) -> None:
    token = shop.control("tokens", {"scopes": ["read_orders", "read_all_orders"]})["token"]
    limited = client.as_token(token)
    with closing(limited.session):
        customers = limited.ask(CUSTOMERS)
        granted = limited.ask(ADDRESSES)
        shop.control("switches", {"customer_data": "denied"})
        denied = limited.ask(ADDRESSES)

    assert customers["errors"][0]["message"] == (
        "Access denied for customer field. Required access: `read_customers` access scope."
    )
    assert "errors" not in granted
    assert {error["extensions"]["code"] for error in denied["errors"]} == {"ACCESS_DENIED"}
    assert denied["errors"][0]["message"].startswith(
        "This app is not approved to use the shippingAddress field."
    )


def test_a_world_of_an_earlier_time_is_opened_with_what_it_lacks(tmp_path: Path) -> None:
    path = tmp_path / "old.sqlite"
    World(path).close()
    with closing(sqlite3.connect(path)) as connection:
        for column in ("customer_id", "risk", "address"):
            connection.execute(f'alter table "order" drop column {column}')
        connection.execute(
            'insert into "order"(name, number, created_at, processed_at, updated_at)'
            " values('#1', 1, '2026-10-01T08:00:00Z', '2026-10-01T08:00:00Z', '2026-10-01T08:00:00Z')"
        )
        connection.commit()

    world = World(path)

    assert world.row('select customer_id, risk, address from "order"') == {
        "customer_id": None, "risk": "NONE", "address": None,
    }  # fmt: skip
    world.close()
