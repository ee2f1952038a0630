"""The audit of orders that wait: each kind of finding with a case and what only looks like one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from builders import SHOP, WAREHOUSE, Rows, fulfillment_order, gid, level, line, make_tables, order
from on_sandbox import admin, rows

from unfulfill.audit.about_to_ship import OPEN_KINDS, audit_about_to_ship, waiting_orders
from unfulfill.audit.columns import ABOUT_TO_SHIP_COLUMNS
from unfulfill.audit.findings import KINDS
from unfulfill.errors import AccessDenied, ParameterRefused
from unfulfill.settings import sandbox_settings
from unfulfill.shop import Shop
from unfulfill.shop.before_shipping import missing_parts, read_before_shipping
from unfulfill.tables import FINDINGS, TO_SHIP, check_table, make_table
from unfulfill.ui import about_to_ship_view
from unfulfill.workbench import Workbench, open_workbench

ADDRESS = {"lastName": "Albers", "address1": "Weg 1", "city": "Kiel", "zip": "24103", "countryCodeV2": "DE"}
CREATE = """mutation($order: OrderCreateOrderInput!) { orderCreate(order: $order) {
  order { id name } userErrors { message } } }"""


def waiting(number: int, *, units: int = 1, item: int | None = None, **changes: Any) -> Rows:
    """A paid order with `units` of one item to ship from the warehouse. Changes of its FO begin with fo_."""
    fo = {name[3:]: value for name, value in changes.items() if name.startswith("fo_")}
    of_line = {name[5:]: value for name, value in changes.items() if name.startswith("line_")}
    own = {name: value for name, value in changes.items() if not name.startswith(("fo_", "line_"))}
    of_line = {
        "unfulfilled_quantity": units,
        "inventory_item_id": gid("InventoryItem", item or number),
    } | of_line
    parts = (
        order(number, **({"display_fulfillment_status": "UNFULFILLED"} | own)),
        line(number, **({"variant_id": gid("ProductVariant", item or number)} | of_line)),
        fulfillment_order(number, **({"status": "OPEN"} | fo)),
    )
    return Rows({name: some for part in parts for name, some in part.rows.items()})


def facts(**of_orders: dict[str, Any]) -> pd.DataFrame:
    """TO_SHIP of o1, o2 …; what is not said is fine."""
    usual = {"risk": "ACCEPT", "address_missing": "", "customer_id": None}
    return make_table(
        TO_SHIP,
        pd.DataFrame(
            [{"order_id": gid("Order", int(name[1:])), **usual, **each} for name, each in of_orders.items()],
            columns=list(TO_SHIP.columns),
            dtype=object,
        ),
    )


def counts(*levels: tuple[int, str, int]) -> pd.DataFrame:
    return pd.DataFrame(
        [(gid("InventoryItem", item), place, units) for item, place, units in levels],
        columns=["inventory_item_id", "location_id", "counted"],
    ).astype(
        {
            "inventory_item_id": "string[pyarrow]",
            "location_id": "string[pyarrow]",
            "counted": "int64[pyarrow]",
        }
    )


def found(
    *parts: Rows, known: pd.DataFrame | None = None, counted: pd.DataFrame | None = None
) -> list[tuple[str, ...]]:
    """(order, kind, severity, right fix, message) of every finding."""
    tables = make_tables(*parts)
    loaded = {name: tables[name][list(columns)] for name, columns in ABOUT_TO_SHIP_COLUMNS.items()}
    findings = audit_about_to_ship(loaded, facts() if known is None else known, counted)
    check_table(FINDINGS, findings, "findings")
    assert findings["fulfillment_id"].isna().all()
    columns = ["order_name", "kind", "severity", "right_fix", "message"]
    return [tuple(row) for row in findings[columns].itertuples(index=False, name=None)]


def kinds(*parts: Rows, **options: Any) -> list[tuple[str, str, str]]:
    return [(name, kind, fix) for name, kind, _, fix, _ in found(*parts, **options)]


def test_every_kind_has_words() -> None:
    assert set(OPEN_KINDS) == {kind for kind in KINDS if kind.startswith("open_")}


def test_an_export_without_orders_has_nothing_to_ship() -> None:
    assert found() == []


def test_an_ordinary_order_that_waits_gives_no_finding() -> None:
    assert found(waiting(1), level(1), known=facts(o1={"customer_id": "gid://shopify/Customer/1"})) == []


def test_tables_without_anything_asked_of_a_shop_are_looked_at_all_the_same() -> None:
    assert kinds(waiting(1, financial_status="PENDING"), known=make_table(TO_SHIP)) == [
        ("#1001", "open_unpaid", "hold")
    ]


def test_what_is_not_known_is_no_finding() -> None:
    unknown = facts(o1={"risk": None, "address_missing": None})

    assert found(waiting(1, financial_status=None, fo_location_id=None, line_inventory_item_id=None)) == []
    assert found(waiting(1), known=unknown) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"cancelled_at": "2026-10-02"},
        {"closed_at": "2026-10-02"},
        {"line_unfulfilled_quantity": 0},
        {"line_unfulfilled_quantity": None},
        {"line_requires_shipping": False},
        {"line_is_gift_card": True},
    ],
)
def test_an_order_that_will_not_be_packed_is_not_looked_at(changes: dict[str, Any]) -> None:
    tables = make_tables(waiting(1, financial_status="PENDING", **changes), waiting(2))

    assert waiting_orders(tables) == [gid("Order", 2)]


@pytest.mark.parametrize(
    ("status", "severity", "fix", "message"),
    [
        ("PENDING", "medium", "hold", "Nothing was paid yet."),
        ("PARTIALLY_PAID", "medium", "hold", "Only a part was paid yet."),
        ("VOIDED", "high", "hold", "The payment was voided."),
        ("REFUNDED", "high", "hold", "All the money was given back, and units still wait to be shipped."),
        ("AUTHORIZED", "low", "nothing", "The payment is authorised and not captured yet."),
    ],
)
def test_an_order_that_is_not_paid_is_found(status: str, severity: str, fix: str, message: str) -> None:
    assert found(waiting(1, financial_status=status)) == [("#1001", "open_unpaid", severity, fix, message)]


@pytest.mark.parametrize("status", ["PAID", "PARTIALLY_REFUNDED"])
def test_an_order_that_is_paid_for_what_is_left_is_not(status: str) -> None:
    assert found(waiting(1, financial_status=status)) == []


def test_a_shop_that_sells_on_account_is_not_told_to_hold_every_order() -> None:
    orders = [waiting(n, financial_status="PENDING") for n in range(1, 21)]

    told = found(*orders)

    assert {(severity, fix) for _, _, severity, fix, _ in told} == {("low", "nothing")}
    assert told[0][4] == "Nothing was paid yet. Most of this shop's waiting orders are so."


def test_an_order_on_hold_is_told_and_needs_no_fix_and_neither_does_what_else_is_wrong_with_it() -> None:
    held = waiting(1, financial_status="PENDING", fo_status="ON_HOLD", fo_holds="INCORRECT_ADDRESS")

    assert found(held) == [
        ("#1001", "open_unpaid", "low", "nothing", "Nothing was paid yet. It is on hold already."),
        ("#1001", "open_on_hold", "low", "nothing", "On hold (incorrect address): see to the reason before anybody "
         "releases it."),
    ]  # fmt: skip


def test_an_order_of_which_a_part_would_ship_while_another_is_on_hold_is_told_louder() -> None:
    parts = waiting(1), fulfillment_order(2, 1, status="ON_HOLD", holds="")

    assert found(*parts) == [
        ("#1001", "open_on_hold", "medium", "nothing", "A part is on hold (no reason given), and the rest of the order "
         "would ship."),
    ]  # fmt: skip


def test_a_hold_that_was_released_is_no_finding() -> None:
    assert found(waiting(1), fulfillment_order(2, 1, status="CLOSED", holds="OTHER")) == []


def test_the_oldest_orders_get_what_there_is_and_the_next_are_out_of_stock() -> None:
    parts = (
        waiting(3, item=9, units=1, created_at="2026-10-03"),
        waiting(1, item=9, units=2, created_at="2026-10-01"),
        waiting(2, item=9, units=2, created_at="2026-10-02"),
        level(9, available=0, committed=3, on_hand=3),
    )

    assert found(*parts) == [
        ("#1003", "open_out_of_stock", "high", "hold", "SKU-9: 1 wanted, and of the 3 at Warehouse 0 are left for this "
         "order."),
        ("#1002", "open_out_of_stock", "medium", "hold", "SKU-9: 2 wanted, and of the 3 at Warehouse 1 is left "
         "for this order."),
    ]  # fmt: skip


def test_several_short_items_of_an_order_are_one_finding() -> None:
    parts = (
        waiting(1), line(2, 1, unfulfilled_quantity=1), line(3, 1, unfulfilled_quantity=1),
        *(level(n, available=0, on_hand=0) for n in (1, 2, 3)),
    )  # fmt: skip

    ((*_, message),) = found(*parts)

    assert message == (
        "SKU-1: 1 wanted, and of the 0 at Warehouse 0 are left for this order; so it is with 2 more items of it."
    )


@pytest.mark.parametrize(
    "parts",
    [
        (waiting(1, units=3), level(1, available=-1, committed=4, on_hand=3)),  # sold to others, but this one is there
        (waiting(1), level(1, available=0, on_hand=0, tracked=False)),
        (waiting(1, fo_status="SCHEDULED"), level(1, available=0, on_hand=0)),  # a pre-order
        (waiting(1), level(1, location_id=SHOP, available=0, on_hand=0)),  # does not ship from there
        (
            waiting(1, units=2), fulfillment_order(2, 1, status="OPEN", location_id=SHOP),
            level(1, available=1), level(1, location_id=SHOP, available=1),
        ),
        (
            waiting(1, item=9, fo_status="ON_HOLD", created_at="2026-10-01"), waiting(2, item=9),
            level(9, available=0, committed=1, on_hand=1),
        ),
    ],
)  # fmt: skip
def test_what_is_there_or_takes_nothing_is_not_out_of_stock(parts: tuple[Rows, ...]) -> None:
    assert [kind for _, kind, _ in kinds(*parts) if kind == "open_out_of_stock"] == []


def test_where_an_order_ships_from_several_locations_their_sum_is_compared() -> None:
    parts = (
        waiting(1, units=3), fulfillment_order(2, 1, status="OPEN", location_id=SHOP),
        level(1, available=1), level(1, location_id=SHOP, available=1),
    )  # fmt: skip

    assert [message for *_, message in found(*parts)] == [
        "SKU-1: 3 wanted, and of the 2 at all locations 2 are left for this order."
    ]


def test_a_count_goes_before_the_system() -> None:
    parts = waiting(1, units=2), level(1, available=8, committed=2)

    assert kinds(*parts, counted=counts((1, WAREHOUSE, 1))) == [("#1001", "open_out_of_stock", "hold")]
    assert kinds(waiting(1), level(1, available=0), counted=counts((1, WAREHOUSE, 1))) == []


def test_an_item_that_was_not_counted_where_others_were_is_to_be_counted() -> None:
    parts = waiting(1), level(1), level(2), level(1, location_id=SHOP)

    assert found(*parts, counted=counts((2, WAREHOUSE, 10))) == [
        ("#1001", "open_not_counted", "low", "count_again", "SKU-1 was not counted at Warehouse, where other items "
         "were."),
    ]  # fmt: skip
    assert found(*parts, counted=counts((1, SHOP, 10))) == []
    assert found(*parts) == []


@pytest.mark.parametrize(("risk", "severity"), [("CANCEL", "high"), ("INVESTIGATE", "medium")])
def test_what_shopify_would_cancel_or_look_into_is_risky(risk: str, severity: str) -> None:
    ((name, kind, level_, fix, _),) = found(
        waiting(1), waiting(2), known=facts(o1={"risk": risk}, o2={"risk": "NONE"})
    )

    assert (name, kind, level_, fix) == ("#1001", "open_risky", severity, "hold")


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        ("street, city", "The shipping address is not complete: street, city missing."),
        ("all of it", "There is no shipping address."),
        ("Shopify finds a fault in it", "The shipping address: Shopify finds a fault in it."),
    ],
)
def test_an_incomplete_address_is_found_for_what_a_carrier_takes(missing: str, message: str) -> None:
    known = facts(o1={"address_missing": missing}, o2={"address_missing": missing})

    assert found(waiting(1), waiting(2, fo_delivery_method="PICK_UP"), known=known) == [
        ("#1001", "open_address_incomplete", "medium", "hold", message),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({}, ""),
        ({"lastName": None, "company": "Albers & Co"}, ""),
        ({"lastName": " ", "company": None}, "name"),
        ({"address1": "", "zip": None}, "street, postcode"),
        ({"zip": None, "countryCodeV2": "HK"}, ""),
        ({"countryCodeV2": None}, "country"),
        ({"validationResultSummary": "ERROR"}, "Shopify finds a fault in it"),
        ({"validationResultSummary": "WARNING"}, ""),
    ],
)
def test_what_an_address_lacks_is_told_by_the_names_of_its_parts(
    changes: dict[str, Any], missing: str
) -> None:
    assert missing == missing_parts({"shippingAddress": ADDRESS | changes})


def test_no_address_at_all_lacks_all_of_it() -> None:
    assert missing_parts({"shippingAddress": None}) == "all of it"


def test_the_same_order_again_within_a_day_is_doubled_and_the_first_of_them_is_not() -> None:
    known = facts(**{f"o{n}": {"customer_id": "gid://shopify/Customer/1"} for n in (1, 2, 3)})
    parts = (
        waiting(1, item=9, created_at="2026-10-01 08:00:00"),
        waiting(2, item=9, created_at="2026-10-01 08:05:30"),
        waiting(3, item=9, created_at="2026-10-01 18:00:00"),
    )

    assert found(*parts, known=known) == [
        ("#1002", "open_duplicate_order", "medium", "hold", "The same customer ordered the same in #1001, 5 minutes "
         "before."),
        ("#1003", "open_duplicate_order", "medium", "hold", "The same customer ordered the same in #1002, 9 hours "
         "before."),
    ]  # fmt: skip
    tables = make_tables(*parts)
    assert set(audit_about_to_ship(tables, known)["incident"]) == {"same order twice: #1001, #1002, #1003"}


@pytest.mark.parametrize(
    ("second", "customer"),
    [
        ({"item": 9, "created_at": "2026-10-02 08:00:01"}, 1),  # a day later
        ({"item": 9, "units": 2, "created_at": "2026-10-01 08:05:00"}, 1),
        ({"item": 8, "created_at": "2026-10-01 08:05:00"}, 1),
        ({"item": 9, "created_at": "2026-10-01 08:05:00"}, 2),
        ({"item": 9, "created_at": "2026-10-01 08:05:00"}, None),
        ({"item": 9, "created_at": "2026-10-01 08:05:00", "cancelled_at": "2026-10-01 09:00:00"}, 1),
    ],
)
def test_another_order_is_no_double(second: dict[str, Any], customer: int | None) -> None:
    ids = [1, customer]
    known = facts(
        **{f"o{n}": {"customer_id": id_ and f"gid://shopify/Customer/{id_}"} for n, id_ in enumerate(ids, 1)}
    )

    assert (
        found(waiting(1, item=9, created_at="2026-10-01 08:00:00"), waiting(2, **second), known=known) == []
    )


# On the sandbox


@pytest.fixture
def bench(sandbox: Any, tmp_path: Path) -> Iterator[Workbench]:
    wb = open_workbench(sandbox, tmp_path / "run", sleep=lambda seconds: None)
    yield wb
    wb.shop.close()


def told(findings: pd.DataFrame, *wanted: str) -> list[tuple[str, str]]:
    some = findings[findings["kind"].isin(wanted)]
    return sorted(zip(some["order_name"], some["kind"], strict=True))


def create(sandbox: Any, **given: Any) -> str:
    variant = rows(
        sandbox, "select variant_id from item where tracked = 1 and requires_shipping = 1 order by id limit 1"
    )
    lines = [{"variantId": gid("ProductVariant", variant[0][0]), "quantity": 1}]
    name: str = admin(sandbox, CREATE, order={"lineItems": lines, "financialStatus": "PAID", **given})[
        "order"
    ]["name"]
    return name


def test_a_real_export_gives_the_doubtful_orders_of_the_world_and_no_others(
    sandbox: Any, bench: Workbench
) -> None:
    address = {"lastName": "Albers", "address1": "Weg 1", "city": "Kiel", "zip": "24103", "countryCode": "DE"}
    once = create(sandbox, email="twice@example.com", shippingAddress=address)
    twice = create(sandbox, email="Twice@example.com", shippingAddress=address)
    other = create(sandbox, email="other@example.com", shippingAddress=address)
    waits = "fulfillment_status in ('UNFULFILLED', 'PARTIALLY_FULFILLED')"
    open_ones = f"cancelled_at is null and closed_at is null and {waits}"
    risky = rows(
        sandbox, f"select name from \"order\" where risk in ('CANCEL', 'INVESTIGATE') and {open_ones}"
    )
    incomplete = rows(
        sandbox, f"select name from \"order\" where {open_ones} and address not like '%address1%zip%'"
    )
    bench.export()
    bench.audit()
    before = bench.run.path("findings.parquet").read_bytes()

    ahead = bench.about_to_ship()

    assert ahead is not None
    assert ahead.unknown == ()
    assert told(ahead.findings, "open_risky") == sorted((name, "open_risky") for (name,) in risky)
    assert told(ahead.findings, "open_address_incomplete") == sorted(
        (name, "open_address_incomplete") for (name,) in incomplete
    )
    assert len(risky) == len(incomplete) == 2
    assert told(ahead.findings, "open_duplicate_order") == [(twice, "open_duplicate_order")]
    assert once != other
    assert bench.run.path("findings.parquet").read_bytes() == before
    assert bench.run.load_table(FINDINGS, "about_to_ship.parquet").equals(ahead.findings)
    assert "open orders" not in about_to_ship_view(ahead, bench.identity).text
    assert f"{ahead.orders:,} orders wait to be shipped" in about_to_ship_view(ahead, bench.identity).text


def test_no_part_of_an_address_and_no_e_mail_stands_in_the_run_folder(sandbox: Any, bench: Workbench) -> None:
    address = {
        "lastName": "Qwertzuiop",
        "address1": "Geheimweg 77",
        "city": "Verborgen",
        "zip": "98765",
        "countryCode": "DE",
    }
    create(sandbox, email="hidden-person@example.com", shippingAddress=address)
    bench.export()

    bench.about_to_ship()

    secrets = [b"Qwertzuiop", b"Geheimweg", b"Verborgen", b"98765", b"hidden-person"]
    holding = [
        (path.name, word) for path in bench.run.folder.rglob("*") if path.is_file() for word in secrets
        if word in path.read_bytes()
    ]  # fmt: skip
    assert holding == []
    facts_ = bench.run.load_table(TO_SHIP, "to_ship.parquet").astype("string").to_csv()
    assert [word for word in secrets if word.decode() in facts_] == []


def test_what_a_token_may_not_know_is_said_and_the_rest_is_found(sandbox: Any, tmp_path: Path) -> None:
    scopes = [
        "read_all_orders", "read_inventory", "read_locations", "read_merchant_managed_fulfillment_orders",
        "read_orders", "read_products", "read_third_party_fulfillment_orders",
    ]  # fmt: skip
    token = sandbox.control("tokens", {"scopes": scopes})["token"]
    sandbox.control("switches", {"customer_data": "denied"})
    ids = [gid("Order", id_) for (id_,) in rows(sandbox, "select id from \"order\" where risk = 'CANCEL'")]
    with Shop(sandbox_settings(sandbox.url, token)) as shop:
        asked = read_before_shipping(shop, [*ids, gid("Order", 1)])

    assert asked.facts.fillna("").to_dict("records") == [
        {"order_id": ids[0], "risk": "CANCEL", "address_missing": "", "customer_id": ""},
        {"order_id": gid("Order", 1), "risk": "", "address_missing": "", "customer_id": ""},
    ]
    assert asked.facts["address_missing"].isna().all()
    assert [sentence.split(" is not known")[0] for sentence in asked.unknown] == [
        "Which addresses are incomplete",
        "Which orders are of one customer",
    ]
    assert "read_customers" in asked.unknown[1]


def test_a_token_that_may_know_nothing_is_an_error(sandbox: Any) -> None:
    token = sandbox.control("tokens", {"scopes": ["read_orders"]})["token"]
    sandbox.control("tokens", {"expire": token})

    with (
        Shop(sandbox_settings(sandbox.url, token)) as shop,
        pytest.raises(AccessDenied),
    ):
        read_before_shipping(shop, [gid("Order", 1)])


def test_only_a_scope_that_there_is_is_taken_and_fulfilled_asks_nothing(bench: Workbench) -> None:
    bench.export()

    assert bench.about_to_ship(scope="fulfilled") is None
    assert not bench.run.has("to_ship.parquet")
    assert "scope = about_to_ship" in about_to_ship_view(None, bench.identity).text
    with pytest.raises(ParameterRefused, match="scope is 'open'; write fulfilled or about_to_ship"):
        bench.about_to_ship(scope="open")
