from datetime import timedelta

import pandas as pd
from builders import NOW, SHOP, Rows, fulfillment, make_audit_tables, moment, quiet

from unfulfill.audit import audit_shop


def worked(first: int, day: str, count: int, minutes: float, **changes: object) -> list[Rows]:
    """`count` ordinary fulfillments, one every `minutes` from nine o'clock."""
    return [
        fulfillment(
            first + n, created_at=moment(f"{day} 09:00:00") + timedelta(minutes=n * minutes), **changes
        )
        for n in range(count)
    ]


def rushed(first: int, at: str, count: int, seconds: float, **changes: object) -> list[Rows]:
    """`count` fulfillments without tracking, one every few seconds."""
    return [
        quiet(
            first + n,
            created_at=moment(at) + timedelta(seconds=n * seconds),
            **({"tracking_numbers": ""} | changes),
        )
        for n in range(count)
    ]


def usual_days() -> list[Rows]:
    return [
        row for n, day in enumerate(range(10, 18)) for row in worked(1000 + 100 * n, f"2026-10-{day}", 12, 20)
    ]


def burst(*parts: Rows) -> pd.DataFrame:
    findings = audit_shop(make_audit_tables(*parts), now=NOW).findings
    return findings[findings["kind"] == "burst"]


def test_a_burst_is_found_whole_and_named() -> None:
    found = burst(*usual_days(), *rushed(1, "2026-10-18 09:12:00", 38, 13))

    assert {"burst of 38 at Warehouse, 18 Oct 09:12-09:20"} == set(found["incident"])
    assert {f"gid://shopify/Fulfillment/{n}" for n in range(1, 39)} == set(found["fulfillment_id"])
    assert {("high", "unfulfill")} == set(zip(found["severity"], found["right_fix"], strict=True))


def test_ordinary_work_just_before_a_burst_stays_out_of_it() -> None:
    before = fulfillment(900, created_at="2026-10-18 09:07:00")

    found = burst(*usual_days(), before, *rushed(1, "2026-10-18 09:12:00", 38, 5))

    assert len(found) == 38


def test_a_shop_that_ships_in_a_daily_batch_has_no_burst() -> None:
    batches = [
        row
        for n, day in enumerate(range(10, 19))
        for row in worked(1000 + 100 * n, f"2026-10-{day}", 30, 0.2)
    ]

    assert len(burst(*batches)) == 0


def test_a_busy_day_is_no_burst() -> None:
    assert len(burst(*usual_days(), *worked(1, "2026-10-18", 150, 2, display_status="FULFILLED"))) == 0


def test_a_batch_whose_parcels_are_on_their_way_is_no_burst() -> None:
    assert len(burst(*usual_days(), *worked(1, "2026-10-18", 40, 0.1))) == 0


def test_a_burst_at_one_location_says_nothing_of_another() -> None:
    found = burst(*usual_days(), *rushed(1, "2026-10-18 09:12:00", 38, 5, location_id=SHOP))

    assert {SHOP} == set(found["location_id"])


def test_a_burst_on_the_only_day_of_an_export_is_found() -> None:
    assert len(burst(*rushed(1, "2026-10-18 09:12:00", 20, 5))) == 20


def test_parcels_of_a_burst_that_left_are_not_to_be_unfulfilled() -> None:
    found = burst(
        *usual_days(),
        *rushed(1, "2026-10-18 09:12:00", 30, 5),
        fulfillment(99, created_at="2026-10-18 09:13:00"),
    )

    of_it = found[found["fulfillment_id"] == "gid://shopify/Fulfillment/99"]
    assert list(zip(of_it["severity"], of_it["right_fix"], strict=True)) == [("low", "nothing")]


def busy_hours(first: int, day: str, **changes: object) -> list[Rows]:
    """A batch of ten within three minutes, each hour from nine to four."""
    return [
        fulfillment(
            first + 20 * hour + n,
            created_at=moment(f"{day} 09:00:00") + timedelta(hours=hour, seconds=20 * n),
            **changes,
        )
        for hour in range(8)
        for n in range(10)
    ]


def busy_days() -> list[Rows]:
    return [row for n in range(10, 18) for row in busy_hours(10_000 * n, f"2026-10-{n}")]


def test_a_burst_that_is_no_larger_than_a_busy_hour_is_told_by_its_silence() -> None:
    found = burst(*busy_days(), *busy_hours(1000, "2026-10-18"), *rushed(1, "2026-10-18 10:00:00", 12, 20))

    assert {f"gid://shopify/Fulfillment/{n}" for n in range(1, 13)} == set(found["fulfillment_id"])


def test_a_burst_at_night_does_not_hide_another_of_that_day() -> None:
    found = burst(
        *busy_days(),
        *busy_hours(1000, "2026-10-18"),
        *rushed(1, "2026-10-18 02:00:00", 12, 20),
        *rushed(101, "2026-10-18 21:30:00", 12, 20),
    )

    assert found["incident"].nunique() == 2
    assert len(found) == 24


def test_a_day_on_which_nothing_got_a_number_is_no_burst() -> None:
    bare = busy_hours(1000, "2026-10-18", display_status="FULFILLED", in_transit_at=None, tracking_numbers="")

    assert len(burst(*busy_days(), *bare)) == 0


def test_of_a_carrier_that_never_reports_a_parcel_within_a_burst_belongs_to_it() -> None:
    mute = {"tracking_company": "Mute", "display_status": "FULFILLED", "in_transit_at": None}
    some = [fulfillment(n, created_at=f"2026-10-{n % 7 + 10} 09:00:00", **mute) for n in range(500, 530)]
    within = fulfillment(99, created_at="2026-10-18 02:01:00", **mute)

    found = burst(*busy_days(), *some, within, *rushed(1, "2026-10-18 02:00:00", 12, 20))

    assert len(found) == 13
