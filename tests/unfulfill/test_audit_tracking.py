import pytest
from builders import NOW, Rows, fulfillment, make_audit_tables, order, quiet

from unfulfill.audit import audit_shop


def found(*parts: Rows, days: int = 5) -> list[tuple[str, str, str, str]]:
    findings = audit_shop(make_audit_tables(*parts), now=NOW, days_without_movement=days).findings
    number = findings["fulfillment_id"].str.replace("^.*/", "", regex=True)
    return sorted(zip(number, findings["kind"], findings["severity"], findings["right_fix"], strict=True))


def test_a_parcel_without_tracking_is_found() -> None:
    assert found(quiet(1, tracking_numbers="")) == [("1", "no_tracking", "medium", "correct_tracking")]


def test_a_parcel_of_today_without_tracking_is_only_low() -> None:
    assert found(quiet(1, tracking_numbers="", created_at="2026-10-20 08:00:00"))[0][2] == "low"


def test_a_shop_that_never_tracks_is_not_told_to_correct_every_parcel() -> None:
    parts = [quiet(n, tracking_numbers="", created_at=f"2026-10-10 {n % 24:02d}:00:00") for n in range(1, 31)]

    assert {("no_tracking", "low", "nothing")} == {row[1:] for row in found(*parts)}


def test_a_tracked_parcel_without_any_event_for_days_is_to_be_unfulfilled() -> None:
    assert found(quiet(1, created_at="2026-10-14")) == [("1", "no_movement", "high", "unfulfill")]


def test_the_number_of_days_without_movement_is_the_operators_choice() -> None:
    assert found(quiet(1, created_at="2026-10-14"), days=7) == []


def test_a_carrier_that_never_reports_proves_nothing() -> None:
    silent = [quiet(n, tracking_company="Letter Post") for n in range(1, 8)]

    assert {("no_movement", "low", "nothing")} == {row[1:] for row in found(*silent, fulfillment(20))}


def test_a_label_never_picked_up_is_to_be_voided_first() -> None:
    assert found(quiet(1, display_status="LABEL_PRINTED")) == [("1", "no_movement", "high", "void_label")]


def test_a_voided_label_counts_at_once() -> None:
    fresh = quiet(1, display_status="LABEL_VOIDED", created_at="2026-10-20 08:00:00")

    assert found(fresh) == [("1", "no_movement", "high", "unfulfill")]


def test_a_day_of_labels_that_the_courier_passed_over_is_one_incident() -> None:
    labels = [quiet(n, display_status="LABEL_PRINTED", created_at="2026-10-16 09:00:00") for n in range(1, 7)]
    later = fulfillment(9, created_at="2026-10-18 09:00:00", in_transit_at="2026-10-19")

    findings = audit_shop(make_audit_tables(*labels, later), now=NOW).findings

    assert findings["incident"].tolist() == ["courier no-show at Warehouse, 16 Oct (6 parcels)"] * 6
    assert {"void_label"} == set(findings["right_fix"])


def test_fresh_labels_are_no_finding_while_no_later_parcel_has_moved() -> None:
    labels = [quiet(n, display_status="LABEL_PRINTED", created_at="2026-10-16 09:00:00") for n in range(1, 7)]

    assert found(*labels) == []


def test_one_number_on_three_orders_is_a_wrong_number_and_not_a_phantom() -> None:
    parts = [
        quiet(n, tracking_numbers=number)
        for n, number in ((1, "AB 1234-5678"), (2, "ab12345678"), (3, "AB12345678"))
    ]

    assert {("duplicate_tracking", "medium", "correct_tracking")} == {row[1:] for row in found(*parts)}


def two_with_one_number(*packed_at: str, ordered_at: str = "2026-10-01 08:00:00") -> list[Rows]:
    parts = [
        fulfillment(n, tracking_numbers="AB12345678", created_at=at)
        for n, at in enumerate(packed_at, start=1)
    ]
    return [*parts, order(2, created_at=ordered_at)]


def test_two_orders_made_and_packed_together_share_a_parcel() -> None:
    parts = two_with_one_number("2026-10-02 08:00:00", "2026-10-02 08:01:00")

    assert {("duplicate_tracking", "low", "nothing")} == {row[1:] for row in found(*parts)}


@pytest.mark.parametrize(
    ("packed_at", "ordered_at"),
    [("2026-10-02 09:00:00", "2026-10-01 08:00:00"), ("2026-10-02 08:01:00", "2026-09-28 08:00:00")],
)
def test_one_number_on_two_orders_that_have_nothing_in_common_is_wrong(
    packed_at: str, ordered_at: str
) -> None:
    parts = two_with_one_number("2026-10-02 08:00:00", packed_at, ordered_at=ordered_at)

    assert {("duplicate_tracking", "low", "correct_tracking")} == {row[1:] for row in found(*parts)}


def test_two_fulfillments_of_one_order_may_share_a_number() -> None:
    assert (
        found(fulfillment(1, tracking_numbers="AB12345678"), fulfillment(2, 1, tracking_numbers="AB12345678"))
        == []
    )


@pytest.mark.parametrize(
    "number",
    [
        "n/a",
        "TBD",
        "1234",
        "00000000",
        "1.23E+15",
        "12345é789",
        "1Z12345",
        "https://carrier.example/1",
        "-----",
    ],
)
def test_what_cannot_be_a_number_is_to_be_corrected(number: str) -> None:
    assert found(quiet(1, tracking_numbers=number)) == [
        ("1", "malformed_tracking", "medium", "correct_tracking")
    ]


@pytest.mark.parametrize(
    "number", ["1Z999AA10123456784", "JD014600003828392837", "9400 1000 0000 0000 0000 00", "RR123456785DE"]
)
def test_numbers_of_real_carriers_are_not_malformed(number: str) -> None:
    assert found(fulfillment(1, tracking_numbers=number)) == []


def test_one_wrong_number_among_several_is_found_once() -> None:
    assert len(found(fulfillment(1, tracking_numbers="JD0146000038, n/a, TBD"))) == 1
