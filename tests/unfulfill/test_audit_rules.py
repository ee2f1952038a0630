from typing import Any

import pandas as pd
import pytest
from builders import NOW, Rows, fulfillment, fulfillment_order, gid, make_audit_tables, order, quiet

from unfulfill.audit import audit_shop
from unfulfill.tables import FINDINGS, STOCK, check_table


def found(*parts: Rows, days: int = 5) -> list[tuple[str, str, str, str]]:
    """(number of the fulfillment, kind, severity, right fix) of every finding about a fulfillment."""
    findings = audit_shop(make_audit_tables(*parts), now=NOW, days_without_movement=days).findings
    told = findings[findings["fulfillment_id"].notna()]
    number = told["fulfillment_id"].str.replace("^.*/", "", regex=True)
    return sorted(zip(number, told["kind"], told["severity"], told["right_fix"], strict=True))


def kinds(*parts: Rows, **options: int) -> dict[str, list[str]]:
    told: dict[str, list[str]] = {}
    for number, kind, _, fix in found(*parts, **options):
        told.setdefault(number, []).append(f"{kind} → {fix}")
    return told


def test_an_ordinary_parcel_on_its_way_gives_no_finding() -> None:
    assert found(fulfillment(1)) == []


def test_an_export_without_rows_gives_empty_tables_of_the_right_shape() -> None:
    audit = audit_shop(make_audit_tables(), now=NOW)

    check_table(FINDINGS, audit.findings, "findings")
    check_table(STOCK, audit.stock, "stock")
    assert (len(audit.findings), len(audit.stock)) == (0, 0)


def test_a_cancelled_fulfillment_is_never_looked_at() -> None:
    parts = order(1, cancelled_at="2026-10-01"), quiet(1, status="CANCELLED", tracking_numbers="")

    assert found(*parts) == []


@pytest.mark.parametrize("cancelled_at", ["2026-10-01", "2026-10-05"])
def test_a_live_fulfillment_of_a_cancelled_order_is_to_be_unfulfilled(cancelled_at: str) -> None:
    parts = order(1, cancelled_at=cancelled_at), quiet(1, created_at="2026-10-18")

    assert found(*parts) == [("1", "fulfilled_after_cancel", "high", "unfulfill")]


def test_a_parcel_that_left_after_the_order_was_cancelled_is_a_return() -> None:
    parts = order(1, cancelled_at="2026-10-01"), fulfillment(1)

    assert found(*parts) == [("1", "fulfilled_after_cancel", "medium", "return")]


def test_fulfilled_after_a_full_refund_is_found() -> None:
    parts = order(1, financial_status="REFUNDED", refunded_at="2026-10-17"), quiet(1, created_at="2026-10-18")

    assert kinds(*parts) == {"1": ["fulfilled_after_refund → unfulfill"]}


def test_a_refund_soon_after_the_fulfillment_is_a_change_of_mind() -> None:
    parts = order(1, financial_status="REFUNDED", refunded_at="2026-10-19"), quiet(1, created_at="2026-10-18")

    assert kinds(*parts) == {"1": ["fulfilled_after_refund → unfulfill"]}


def test_a_refund_days_after_the_fulfillment_says_that_it_was_lost_or_never_sent() -> None:
    parts = order(1, financial_status="REFUNDED", refunded_at="2026-10-19"), quiet(1, created_at="2026-10-10")

    assert "fulfilled_after_refund → count_again" in kinds(*parts)["1"]


@pytest.mark.parametrize(
    "changes",
    [
        {
            "financial_status": "PARTIALLY_REFUNDED",
            "refunded_at": "2026-10-17",
        },  # the rest of the order was shipped
        {
            "financial_status": "REFUNDED",
            "refunded_at": "2026-10-19",
            "return_status": "RETURNED",
        },  # came back
    ],
)
def test_a_partial_refund_or_a_return_is_no_finding(changes: dict[str, Any]) -> None:
    assert found(order(1, **changes), quiet(1, created_at="2026-10-18")) == []


def test_an_order_on_hold_for_fraud_and_fulfilled_is_to_be_held() -> None:
    held = fulfillment_order(1, status="ON_HOLD", holds="HIGH_RISK_OF_FRAUD")

    assert found(held, quiet(1, created_at="2026-10-18")) == [("1", "fulfilled_on_hold", "high", "hold")]


def test_a_hold_for_stock_keeps_back_the_rest_of_the_order_and_needs_no_fix() -> None:
    held = fulfillment_order(1, status="ON_HOLD", holds="INVENTORY_OUT_OF_STOCK")

    assert found(held, quiet(1, created_at="2026-10-18")) == [("1", "fulfilled_on_hold", "low", "nothing")]


def test_an_unpaid_order_that_was_fulfilled_is_to_be_held() -> None:
    parts = order(1, paid_at=None, financial_status="PENDING"), quiet(1, created_at="2026-10-18")

    assert found(*parts) == [("1", "fulfilled_before_payment", "medium", "hold")]


def test_payment_captured_within_the_hour_after_fulfillment_is_no_finding() -> None:
    parts = order(1, paid_at="2026-10-18 08:30:00"), quiet(1, created_at="2026-10-18 08:00:00")

    assert found(*parts) == []


def test_a_shop_that_sells_on_account_is_not_told_to_hold_every_order() -> None:
    parts = [
        part
        for n in range(1, 31)
        for part in (
            order(n, paid_at=None, financial_status="PENDING"),
            fulfillment(n, created_at="2026-10-18"),
        )
    ]

    assert {"low nothing"} == {f"{severity} {fix}" for _, _, severity, fix in found(*parts)}


def at_the_till(number: int, method: str) -> tuple[Rows, ...]:
    return (
        order(number, source_name="pos", created_at="2026-10-18 08:00:00", paid_at="2026-10-18 08:00:10"),
        fulfillment_order(number, delivery_method=method),
        quiet(number, tracking_numbers="", created_at="2026-10-18 08:00:20"),
    )


def test_items_to_be_shipped_and_fulfilled_at_the_till_are_to_be_unfulfilled() -> None:
    assert found(*at_the_till(1, "SHIPPING")) == [("1", "pos_fulfilled", "high", "unfulfill")]


def test_a_sale_handed_over_at_the_till_is_no_finding() -> None:
    assert found(*at_the_till(1, "RETAIL")) == []


@pytest.mark.parametrize("status", ["OPEN", "PENDING"])
def test_a_third_party_service_that_has_not_shipped_is_asked_for_a_cancellation(status: str) -> None:
    waiting = quiet(1, status=status, service_type="THIRD_PARTY", service_name="Depot", tracking_numbers="")

    assert kinds(waiting) == {"1": ["third_party_open → request_cancellation"]}


def test_a_third_party_fulfillment_is_never_simply_unfulfilled() -> None:
    parts = order(1, cancelled_at="2026-10-01"), quiet(1, service_type="THIRD_PARTY", created_at="2026-10-18")

    assert kinds(*parts) == {"1": ["fulfilled_after_cancel → request_cancellation"]}


def test_fulfilled_within_seconds_of_payment_without_tracking_is_to_be_unfulfilled() -> None:
    parts = (
        order(1, paid_at="2026-10-18 08:00:00"),
        quiet(1, tracking_numbers="", created_at="2026-10-18 08:00:09"),
    )

    assert kinds(*parts) == {"1": ["auto_fulfil → unfulfill", "no_tracking → correct_tracking"]}


@pytest.mark.parametrize(
    "changes",
    [
        {"requires_shipping": False},  # a download is fulfilled at once, rightly
        {"service_type": "GIFT_CARD"},
        {"tracking_numbers": "JD0123456789"},
        {"created_at": "2026-10-18 08:30:00", "tracking_numbers": "JD0123456789"},
    ],
)
def test_downloads_gift_cards_and_tracked_parcels_are_not_taken_for_auto_fulfilment(
    changes: dict[str, Any],
) -> None:
    base = {"tracking_numbers": "", "created_at": "2026-10-18 08:00:09"}
    parts = order(1, paid_at="2026-10-18 08:00:00"), quiet(1, **(base | changes))

    assert found(*parts) == []


def test_no_finding_ever_advises_to_undo_a_parcel_that_left() -> None:
    statuses = (
        "DELIVERED",
        "IN_TRANSIT",
        "OUT_FOR_DELIVERY",
        "ATTEMPTED_DELIVERY",
        "PICKED_UP",
        "CARRIER_PICKED_UP",
    )
    parts = [
        part
        for n, status in enumerate(statuses, 1)
        for part in (
            order(n, cancelled_at="2026-10-01", financial_status="REFUNDED", refunded_at="2026-10-01"),
            fulfillment_order(n, status="ON_HOLD", holds="OTHER"),
            quiet(n, display_status=status, tracking_numbers=""),
        )
    ]

    fixes = {fix for _, _, _, fix in found(*parts)}

    assert fixes <= {"return", "nothing", "correct_tracking"}


def test_findings_are_sorted_by_severity_and_have_unique_ids() -> None:
    findings = audit_shop(
        make_audit_tables(
            order(1, cancelled_at="2026-10-01"), quiet(1), quiet(2, tracking_numbers=""), fulfillment(3)
        ),
        now=NOW,
    ).findings

    ranks = findings["severity"].map({"high": 0, "medium": 1, "low": 2}).tolist()
    assert sorted(ranks) == ranks
    assert findings["finding_id"].is_unique
    assert gid("Order", 1) == findings.loc[findings["kind"] == "fulfilled_after_cancel", "order_id"].item()


def test_a_fulfillment_whose_order_is_not_in_the_export_is_still_audited() -> None:
    tables = make_audit_tables(quiet(1, tracking_numbers=""))
    tables["orders"] = tables["orders"].iloc[:0]

    findings = audit_shop(tables, now=NOW).findings

    assert findings["kind"].tolist() == ["no_tracking"]
    assert pd.isna(findings["order_name"].iloc[0]) or findings["order_name"].iloc[0] == ""


def cancelled(number: int, **changes: Any) -> Rows:
    """A fulfillment that stood in the earlier export and is cancelled in this one."""
    return quiet(
        number, **({"status": "CANCELLED", "status_before": "SUCCESS", "updated_at": "2026-10-15"} | changes)
    )


def test_a_cancel_by_somebody_else_since_the_last_export_is_told() -> None:
    tables = make_audit_tables(cancelled(1), cancelled(2), quiet(3))

    findings = audit_shop(tables, now=NOW, ours=frozenset([gid("Fulfillment", 2)])).findings

    told = findings[findings["kind"] == "cancelled_elsewhere"]
    assert told[["finding_id", "fulfillment_id", "order_name", "severity", "right_fix"]].values.tolist() == [
        ["cancelled_elsewhere/1", gid("Fulfillment", 1), "#1001", "medium", "nothing"]
    ]
    assert told["message"].iloc[0] == (
        "The fulfillment #1001-F1 of order #1001 was cancelled after the last export (it last changed on 2026-10-15),"
        " and not by this workbench. Who did it stands in the time line of the order in the Shopify admin."
    )


def test_a_cancelled_parcel_that_had_left_may_be_shipped_twice() -> None:
    tables = make_audit_tables(cancelled(1, delivered_at="2026-10-05"))

    message = audit_shop(tables, now=NOW).findings["message"].iloc[0]

    assert message.endswith(
        " The parcel had left (delivered on 2026-10-05): see to it that the order is not shipped twice."
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"status_before": None},  # a first export
        {"status_before": "CANCELLED"},
        {"status_before": "OPEN"},
        {"status": "SUCCESS"},
        {"status": "FAILURE"},
    ],
)
def test_what_was_not_cancelled_since_the_last_export_is_not_told(changes: dict[str, Any]) -> None:
    told = {kind for _, kind, _, _ in found(cancelled(1, **changes))}

    assert "cancelled_elsewhere" not in told
