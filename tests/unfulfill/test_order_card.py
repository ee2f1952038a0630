"""The card of one fulfillment: its order's lines, time line, tracking, stock and advice, and the way into the admin."""

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from builders import NOW, fulfillment, gid, level, line, make_tables, order, quiet

from unfulfill.audit import audit_shop
from unfulfill.model import Line, ShopIdentity
from unfulfill.order_card import CARD_COLUMNS, OrderCard, admin_url, order_card
from unfulfill.tables import STOCK, make_table

SHOP = ShopIdentity(gid("Shop", 1), "my-shop2.myshopify.com", "Mine", "Basic", False)


def card_of(number: int, *parts: Any, stock: pd.DataFrame | None = None) -> OrderCard:
    tables = make_tables(*parts)
    audit = audit_shop(tables, now=NOW)
    stock = audit.stock if stock is None else stock
    card = order_card(tables, audit.findings, audit.evidence, stock, gid("Fulfillment", number), SHOP)
    assert card is not None
    return card


@pytest.mark.parametrize(
    ("changes", "order_id", "expected"),
    [
        ({}, gid("Order", 12), "https://admin.shopify.com/store/my-shop2/orders/12"),
        ({"is_sandbox": True}, gid("Order", 12), ""),
        ({"domain": "shop.example.com"}, gid("Order", 12), ""),
        ({"domain": "evil.com/x.myshopify.com"}, gid("Order", 12), ""),
        ({}, "file:order/12", ""),
        ({}, gid("Order", 12) + "/../../settings", ""),
        ({}, "gid://shopify/Order/١٢", ""),
    ],
)
def test_an_order_is_found_in_the_admin_of_a_real_shop(
    changes: dict[str, Any], order_id: str, expected: str
) -> None:
    assert admin_url(replace(SHOP, **changes), order_id) == expected


def test_a_card_shows_the_whole_order_and_what_of_it_is_in_this_fulfillment() -> None:
    card = card_of(
        1,
        quiet(1, tracking_numbers="A1, B2", tracking_urls="https://post.example/A1, javascript:alert(1)"),
        line(7, 1, sku="MUG", quantity=3, unfulfilled_quantity=3),
        level(1, on_hand=5, available=4),
        quiet(2),
    )

    assert card.order_name == "#1001"
    assert {(each.sku, each.in_this, each.open) for each in card.lines} >= {("MUG", 0, 3)}
    (own,) = card.units
    assert own == Line(own.line_item_id, own.quantity, sku=own.sku)
    assert card.tracking == (("A1", "https://post.example/A1"), ("B2", ""))
    assert [each.on_hand for each in card.lines if each.in_this] == [5]
    assert [word for _, word in card.events] == ["created_at", "paid_at", "fulfilled_at"]
    assert card.locked == ""


def test_links_that_are_not_one_for_each_number_are_left_out() -> None:
    card = card_of(1, fulfillment(1, tracking_numbers="A1, B2", tracking_urls="https://post.example/A1"))

    assert card.tracking == (("A1", ""), ("B2", ""))


def test_a_parcel_that_left_says_so_and_when() -> None:
    card = card_of(
        1,
        fulfillment(
            1,
            display_status="DELIVERED",
            in_transit_at="2026-10-03 08:00:00",
            delivered_at="2026-10-04 08:00:00",
        ),
    )

    assert card.locked == "delivered on 2026-10-04"
    assert [word for _, word in card.events][-2:] == ["in_transit_at", "delivered_at"]
    assert dict(card.signals)["left"] < 0


def test_findings_come_with_their_words_and_their_fix() -> None:
    card = card_of(
        1,
        order(1, cancelled_at="2026-10-01 09:00:00"),
        quiet(1, tracking_numbers=None, tracking_urls=None),
    )

    kinds = {finding.kind: finding for finding in card.findings}
    assert "fulfilled_after_cancel" in kinds
    assert kinds["fulfilled_after_cancel"].message
    assert "cancelled_at" in [word for _, word in card.events]
    assert card.percent is not None


def test_what_was_counted_stands_beside_what_the_shop_says() -> None:
    first = card_of(1, fulfillment(1), level(1, on_hand=5))
    (item,) = [each for each in first.lines if each.in_this]
    counted = make_table(
        STOCK,
        {
            "inventory_item_id": [gid("InventoryItem", 1)],
            "location_id": ["gid://shopify/Location/1"],
            "counted": [9],
        },
    )

    card = card_of(1, fulfillment(1), level(1, on_hand=5), stock=counted)

    assert item.counted is None
    assert [each.counted for each in card.lines if each.in_this] == [9]


def test_an_unknown_fulfillment_has_no_card() -> None:
    tables = make_tables(quiet(1))
    audit = audit_shop(tables, now=NOW)

    assert (
        order_card(tables, audit.findings, audit.evidence, audit.stock, gid("Fulfillment", 9), SHOP) is None
    )


def test_a_card_is_made_of_the_columns_that_are_read_for_it() -> None:
    tables = make_tables(quiet(1))
    audit = audit_shop(tables, now=NOW)
    read = {name: tables[name][list(columns)] for name, columns in CARD_COLUMNS.items()}

    cards = [
        order_card(each, audit.findings, audit.evidence, audit.stock, gid("Fulfillment", 1), SHOP)
        for each in (tables, read)
    ]

    assert cards[0] == cards[1]
