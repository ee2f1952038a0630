import pandas as pd
from builders import NOW, SHOP, WAREHOUSE, Rows, fulfillment, gid, level, make_audit_tables, order, quiet

from unfulfill.audit import Audit, audit_shop


def counts(*rows: tuple[int, str, int]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "inventory_item_id": [gid("InventoryItem", item) for item, _, _ in rows],
            "location_id": [place for _, place, _ in rows],
            "counted": [counted for _, _, counted in rows],
        }
    )


def variances(audit: Audit) -> list[tuple[str, str, str]]:
    found = audit.findings[audit.findings["kind"] == "count_variance"]
    return sorted(zip(found["finding_id"], found["right_fix"], found["message"], strict=True))


def test_the_stock_table_sets_the_count_beside_the_system() -> None:
    tables = make_audit_tables(
        level(1),
        level(2),
        order(1, cancelled_at="2026-10-01"),
        quiet(1, lines={1: 3}),
        fulfillment(2, lines={1: 2, 2: 1}),
    )

    stock = audit_shop(tables, now=NOW, counted=counts((1, WAREHOUSE, 13))).stock

    columns = ["on_hand", "counted", "variance", "fulfilled_units", "units_in_question"]
    assert stock[columns].fillna(-99).to_numpy().tolist() == [[10, 13, 3, 5, 3], [10, -99, -99, 1, 0]]


def test_without_a_count_nothing_is_said_about_variance() -> None:
    audit = audit_shop(make_audit_tables(level(1), fulfillment(1)), now=NOW)

    assert audit.stock["variance"].isna().all()
    assert len(audit.findings) == 0


def test_a_fulfillment_whose_units_the_count_has_explains_the_surplus() -> None:
    tables = make_audit_tables(level(1), order(1, cancelled_at="2026-10-01"), quiet(1, lines={1: 3}))

    audit = audit_shop(tables, now=NOW, counted=counts((1, WAREHOUSE, 13)))

    said = "3 units more on the shelf than in the system at Warehouse. "
    said += "Explained: 3 units fulfilled and still on the shelf."
    assert variances(audit) == [("count_variance/1-1", "unfulfill", f"SKU-1: {said}")]


def test_a_shortage_is_to_be_counted_again() -> None:
    audit = audit_shop(make_audit_tables(level(1)), now=NOW, counted=counts((1, WAREHOUSE, 7)))

    assert [row[:2] for row in variances(audit)] == [("count_variance/1-1", "count_again")]


def test_opposite_differences_at_two_locations_that_no_fulfillment_explains_are_to_be_counted_again() -> None:
    tables = make_audit_tables(level(1), level(1, location_id=SHOP))

    audit = audit_shop(tables, now=NOW, counted=counts((1, WAREHOUSE, 12), (1, SHOP, 8)))

    assert {"count_again"} == {fix for _, fix, _ in variances(audit)}


def test_what_was_counted_where_the_shop_does_not_stock_it_is_a_row_and_a_finding() -> None:
    audit = audit_shop(
        make_audit_tables(level(1), level(2, location_id=SHOP)), now=NOW, counted=counts((1, SHOP, 4))
    )

    row = audit.stock[(audit.stock["location_id"] == SHOP) & (audit.stock["sku"] == "SKU-1")]
    assert row["location_name"].tolist() == ["Shop Berlin"]
    assert [row[2] for row in variances(audit)] == [
        "SKU-1: counted at Shop Berlin, where the shop does not stock it."
    ]


def moved(days: range) -> list[Rows]:
    """Parcels of other items of some days in October, all on their way: the carrier reports on what it has."""
    return [
        fulfillment(100 * day + n, lines={9: 1}, created_at=f"2026-10-{day}")
        for day in days
        for n in range(12)
    ]


def out_of_stock(*parts: Rows) -> list[tuple[str, str, str]]:
    findings = audit_shop(make_audit_tables(level(1, on_hand=-2, available=-2), *parts), now=NOW).findings
    rows = findings[findings["kind"] == "fulfilled_out_of_stock"]
    return sorted(zip(rows["fulfillment_id"], rows["severity"], rows["right_fix"], strict=True))


def test_the_latest_fulfillments_of_an_item_below_zero_are_to_be_held() -> None:
    silent = [quiet(n, lines={1: 1}, created_at=f"2026-10-{11 + n}") for n in (1, 2, 3)]

    assert out_of_stock(*silent, *moved(range(12, 15))) == [
        (gid("Fulfillment", 2), "high", "hold"),
        (gid("Fulfillment", 3), "high", "hold"),
    ]


def test_of_an_item_below_zero_nothing_is_to_be_held_that_may_well_have_left() -> None:
    fresh = [quiet(n, lines={1: 1}, created_at="2026-10-20") for n in (2, 3)]

    assert {row[1:] for row in out_of_stock(*fresh, *moved(range(12, 15)))} == {("medium", "count_again")}


def test_where_others_of_an_item_below_zero_have_left_its_stock_was_not_booked() -> None:
    silent = quiet(1, lines={1: 1}, created_at="2026-10-12")
    left = fulfillment(2, lines={1: 1}, created_at="2026-10-13")

    assert out_of_stock(silent, left, *moved(range(12, 15))) == [
        (gid("Fulfillment", 1), "low", "count_again")
    ]


def test_a_parcel_that_left_is_not_taken_for_one_out_of_stock() -> None:
    tables = make_audit_tables(
        level(1, on_hand=-1, available=-1),
        quiet(1, lines={1: 1}, created_at="2026-10-16"),
        fulfillment(2, lines={1: 1}, created_at="2026-10-17"),
    )

    findings = audit_shop(tables, now=NOW).findings

    assert [gid("Fulfillment", 1)] == findings.loc[
        findings["kind"] == "fulfilled_out_of_stock", "fulfillment_id"
    ].tolist()


def test_an_untracked_item_may_be_below_zero() -> None:
    findings = audit_shop(
        make_audit_tables(level(1, tracked=False, on_hand=-5, available=-5), fulfillment(1)), now=NOW
    ).findings

    assert findings["kind"].tolist() == []


def test_negative_stock_tells_oversold_from_less_than_nothing() -> None:
    tables = make_audit_tables(
        level(1, on_hand=-2, available=-2), level(2, on_hand=3, available=-1, committed=4)
    )

    findings = audit_shop(tables, now=NOW).findings

    assert list(zip(findings["severity"], findings["message"], strict=True)) == [
        ("medium", "SKU-1 has -2 units on hand at Warehouse."),
        ("low", "SKU-2 is sold beyond its stock at Warehouse: -1 available."),
    ]


def test_lines_without_an_inventory_item_count_nowhere() -> None:
    tables = make_audit_tables(level(1), fulfillment(1))
    tables["line_items"] = tables["line_items"].assign(inventory_item_id=None)
    tables["line_items"]["inventory_item_id"] = tables["line_items"]["inventory_item_id"].astype(
        "string[pyarrow]"
    )

    assert audit_shop(tables, now=NOW).stock["fulfilled_units"].tolist() == [0]
