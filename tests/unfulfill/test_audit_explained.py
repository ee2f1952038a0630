"""What a count says of fulfillments: explained, contradicted, tied, or not at all."""

import pandas as pd
import pytest
from builders import NOW, SHOP, WAREHOUSE, fulfillment, gid, level, line, make_audit_tables, order, quiet

from unfulfill.audit import Audit, Snapshot, audit_shop
from unfulfill.audit.attribution import attributing, explained_units


def counted(*rows: tuple[int, str, int]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "inventory_item_id": [gid("InventoryItem", item) for item, _, _ in rows],
            "location_id": [place for _, place, _ in rows],
            "counted": [number for _, _, number in rows],
        }
    )


def told(audit: Audit, kind: str) -> list[tuple[str, str]]:
    rows = audit.findings[audit.findings["kind"] == kind]
    return sorted(zip(rows["fulfillment_id"], rows["right_fix"], strict=True))


def causes(audit: Audit, role: str = "chosen") -> list[tuple[str, int]]:
    rows = audit.causes[audit.causes["role"] == role]
    return sorted(zip(rows["cause"], rows["units"], strict=True))


def test_lines_of_a_fulfillment_stand_or_fall_together() -> None:
    tables = make_audit_tables(
        level(1), level(2), quiet(1, lines={1: 2, 2: 1}), quiet(2, lines={1: 2}), quiet(3, lines={2: 1})
    )

    audit = audit_shop(tables, now=NOW, counted=counted((1, WAREHOUSE, 12), (2, WAREHOUSE, 11)))

    assert causes(audit) == [("still_on_shelf", 1), ("still_on_shelf", 2)]
    assert {gid("Fulfillment", 1)} == set(
        audit.causes.loc[audit.causes["role"] == "chosen", "fulfillment_id"]
    )
    assert explained_units(audit.causes) == {"explained": 3, "rest": 0}


def test_fulfillments_that_fit_equally_well_are_told_and_none_is_advised() -> None:
    tables = make_audit_tables(level(1), *(quiet(n, lines={1: 3}) for n in (1, 2, 3)))

    audit = audit_shop(tables, now=NOW, counted=counted((1, WAREHOUSE, 13)))

    chosen = audit.causes[audit.causes["role"] == "chosen"]
    assert chosen["ties"].tolist() == [2]
    assert chosen["percent"].iloc[0] < 60
    assert len(audit.causes[audit.causes["role"] == "alternative"]) == 2
    assert "unfulfill" not in [fix for _, fix in told(audit, "still_on_shelf")]


def test_a_parcel_that_left_is_never_taken_for_one_on_the_shelf() -> None:
    tables = make_audit_tables(level(1), fulfillment(1, lines={1: 3}))

    audit = audit_shop(tables, now=NOW, counted=counted((1, WAREHOUSE, 13)))

    assert told(audit, "still_on_shelf") == []
    assert causes(audit, "rest") == [("unexplained", 3)]


def test_units_too_many_here_and_too_few_there_were_sent_from_there() -> None:
    tables = make_audit_tables(
        level(1),
        level(1, location_id=SHOP),
        level(2),
        level(2, location_id=SHOP),
        fulfillment(1, lines={1: 4, 2: 3}),
    )
    places = ((1, WAREHOUSE, 14), (1, SHOP, 6), (2, WAREHOUSE, 13), (2, SHOP, 7))

    audit = audit_shop(tables, now=NOW, counted=counted(*places))

    assert causes(audit) == [
        ("left_elsewhere", -4),
        ("left_elsewhere", -3),
        ("left_elsewhere", 3),
        ("left_elsewhere", 4),
    ]
    assert told(audit, "left_elsewhere") == [
        (gid("Fulfillment", 1), "count_again")
    ]  # it has left: only stock is wrong


def test_what_the_count_does_not_have_is_not_to_be_unfulfilled() -> None:
    tables = make_audit_tables(level(1), quiet(1, lines={1: 3}))

    without, with_count = (
        audit_shop(tables, now=NOW, counted=count) for count in (None, counted((1, WAREHOUSE, 10)))
    )

    assert told(without, "no_movement") == [(gid("Fulfillment", 1), "unfulfill")]
    assert told(with_count, "no_movement") == [(gid("Fulfillment", 1), "nothing")]


def test_a_cancelled_order_whose_parcel_left_by_the_count_is_a_return() -> None:
    tables = make_audit_tables(level(1), order(1, cancelled_at="2026-10-01"), quiet(1, lines={1: 3}))

    audit = audit_shop(tables, now=NOW, counted=counted((1, WAREHOUSE, 10)))

    assert told(audit, "fulfilled_after_cancel") == [(gid("Fulfillment", 1), "return")]


def test_a_ratio_of_a_pack_is_an_error_of_counting() -> None:
    tables = make_audit_tables(level(1, on_hand=120, available=120))

    audit = audit_shop(tables, now=NOW, counted=counted((1, WAREHOUSE, 10)))

    assert causes(audit) == [("pack_size", -110)]


def test_two_items_of_one_family_with_opposite_differences_were_swapped() -> None:
    tables = make_audit_tables(level(1), level(2))

    audit = audit_shop(tables, now=NOW, counted=counted((1, WAREHOUSE, 17), (2, WAREHOUSE, 3)))

    assert causes(audit) == [("swapped_sku", -7), ("swapped_sku", 7)]


def test_stock_is_expected_from_the_earlier_export_and_the_orders_since() -> None:
    earlier = make_audit_tables(level(1, on_hand=20, available=20))["inventory_levels"]
    tables = make_audit_tables(level(1), fulfillment(1, lines={1: 3}, created_at="2026-10-15"))

    audit = audit_shop(tables, now=NOW, before=Snapshot(earlier, pd.Timestamp("2026-10-10", tz="UTC")))

    assert audit.stock[["expected", "adjusted"]].to_numpy().tolist() == [[17, -7]]
    assert audit.findings["kind"].tolist() == ["stock_adjusted"]


def test_states_that_do_not_add_up_are_found() -> None:
    states = {"reserved": 0, "damaged": 0, "safety_stock": 0, "quality_control": 0}
    tables = make_audit_tables(level(1, available=7, committed=1, **states), level(2, **states))

    findings = audit_shop(tables, now=NOW).findings

    assert findings["kind"].tolist() == ["stock_identity"]
    assert findings["message"].tolist() == [
        "SKU-1: the shop says 10 on hand at Warehouse, and its states add up to 8."
    ]


def test_no_count_no_causes() -> None:
    audit = audit_shop(make_audit_tables(level(1), quiet(1)), now=NOW)

    assert len(audit.causes) == 0


def test_every_fulfillment_has_its_evidence_and_a_parcel_that_left_has_the_least() -> None:
    tables = make_audit_tables(fulfillment(1), quiet(2), order(3, cancelled_at="2026-10-01"), quiet(3))

    evidence = audit_shop(tables, now=NOW).evidence.set_index("fulfillment_id")

    points = [evidence.loc[gid("Fulfillment", n), "points"] for n in (1, 2, 3)]
    assert points[0] == -60
    assert points[1] < points[2]
    assert evidence.loc[gid("Fulfillment", 3), "customer"] == 18


def sure_of_the_third(day_of_the_others: str) -> int:
    """How sure it is that a third parcel of a day, where two surely left elsewhere, did so too, and not its twin of
    another day. Fifty more of the same location are of that day or not."""
    places = [level(n, location_id=place) for n in range(1, 5) for place in (WAREHOUSE, SHOP)]
    parts = [fulfillment(n, lines={n: units}) for n, units in ((1, 4), (2, 5), (3, 1))]
    twin = fulfillment(9, lines={3: 1}, created_at="2026-10-08 08:00:00")
    others = [
        fulfillment(10 + n, lines={4: 1}, created_at=f"{day_of_the_others} 08:00:00") for n in range(50)
    ]
    moved = {1: 4, 2: 5, 3: 1, 4: 0}
    count = [
        (n, place, 10 + sign * units)
        for n, units in moved.items()
        for place, sign in ((WAREHOUSE, 1), (SHOP, -1))
    ]

    audit = audit_shop(make_audit_tables(*places, *parts, twin, *others), now=NOW, counted=counted(*count))

    third = audit.causes[audit.causes["fulfillment_id"] == gid("Fulfillment", 3)]
    return int(third["percent"].max())


def test_two_of_three_of_a_day_from_elsewhere_say_more_of_the_third_than_two_of_fifty() -> None:
    assert sure_of_the_third("2026-10-02") < sure_of_the_third("2026-10-05")


def refunded(return_status: str) -> Audit:
    """An order of two lines, one of them refunded after it was sent; the count has that one's two units more."""
    tables = make_audit_tables(
        level(1),
        level(2),
        order(
            1, financial_status="PARTIALLY_REFUNDED", refunded_at="2026-10-12", return_status=return_status
        ),
        line(1, quantity=2, current_quantity=0, refunded_quantity=2),
        line(2, 1),
        fulfillment(1, lines={1: 2, 2: 1}),
    )
    return audit_shop(tables, now=NOW, counted=counted((1, WAREHOUSE, 12), (2, WAREHOUSE, 10)))


def test_a_line_that_was_refunded_without_a_return_was_left_out_of_the_parcel() -> None:
    assert causes(refunded("NO_RETURN")) == [("line_missing", 2)]


def test_a_line_that_came_back_and_is_more_on_the_shelf_was_not_restocked() -> None:
    assert causes(refunded("RETURNED")) == [("missing_restock", 2)]


def test_what_the_count_explains_better_without_a_fulfillment_is_not_to_be_unfulfilled() -> None:
    """Two units more, and one parcel of two without a number; another of the item is late, and has one unit."""
    others = [fulfillment(20 + n, lines={9: 1}, created_at="2026-10-12") for n in range(12)]
    parts = [
        quiet(1, lines={1: 2}, created_at="2026-10-12"),
        quiet(2, lines={2: 3, 1: 3}, created_at="2026-10-12"),
    ]

    audit = audit_shop(
        make_audit_tables(level(1), level(2), *parts, *others),
        now=NOW,
        counted=counted((1, WAREHOUSE, 12), (2, WAREHOUSE, 10)),
    )

    assert told(audit, "still_on_shelf") == [(gid("Fulfillment", 1), "unfulfill")]
    assert told(audit, "no_movement") == [
        (gid("Fulfillment", 1), "unfulfill"),
        (gid("Fulfillment", 2), "nothing"),
    ]


def day_of_ten_parcels(units_at_the_shop: int) -> Audit:
    """Ten parcels left the warehouse on one day, each of an item of its own, of which the count there has one more."""
    items = range(1, 11)
    places = [level(n, location_id=place) for n in items for place in (WAREHOUSE, SHOP)]
    parcels = [fulfillment(n, lines={n: 1}) for n in items]
    count = [
        (n, place, found) for n in items for place, found in ((WAREHOUSE, 11), (SHOP, 10 + units_at_the_shop))
    ]
    return audit_shop(make_audit_tables(*places, *parcels), now=NOW, counted=counted(*count))


def test_a_day_of_parcels_that_left_with_more_on_the_shelf_was_taken_off_the_stock_twice() -> None:
    audit = day_of_ten_parcels(units_at_the_shop=0)

    assert causes(audit) == [("doubled_deduction", 1)] * 10
    assert told(audit, "left_elsewhere") == []
    rows = audit.findings
    assert set(rows["right_fix"]) == {"count_again"}
    assert rows["message"].str.contains("taken off the stock twice").all()


def test_the_same_day_with_as_many_missing_elsewhere_left_from_there() -> None:
    audit = day_of_ten_parcels(units_at_the_shop=-1)

    assert causes(audit) == sorted([("left_elsewhere", 1), ("left_elsewhere", -1)] * 10)


def test_what_is_too_much_for_the_solver_is_chosen_by_how_sure_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """With no room for a single column, what is likelier than not is taken."""
    tables = make_audit_tables(level(1), level(2), quiet(1, lines={1: 4, 2: 3}), quiet(2, lines={1: 1}))
    count = counted((1, WAREHOUSE, 14), (2, WAREHOUSE, 13))
    monkeypatch.setattr(attributing, "MOST_COLUMNS", 0)

    audit = audit_shop(tables, now=NOW, counted=count)

    assert causes(audit) == [("still_on_shelf", 3), ("still_on_shelf", 4)]
    assert told(audit, "still_on_shelf") == [(gid("Fulfillment", 1), "unfulfill")]
