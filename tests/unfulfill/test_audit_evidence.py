import dataclasses
from datetime import UTC, datetime

import pytest
from builders import NOW, fulfillment, make_tables, quiet

from unfulfill.audit import lock_reason, lock_reasons
from unfulfill.model import FulfillmentState, OrderState, Tracking

AT = datetime(2026, 10, 3, 8, tzinfo=UTC)


def state(**changes: object) -> FulfillmentState:
    order = OrderState(
        "gid://shopify/Order/1", "#1001", AT, False, False, "PAID", "FULFILLED", "NO_RETURN", (), ()
    )
    plain = FulfillmentState(
        "gid://shopify/Fulfillment/1", "#1001-F1", "SUCCESS", "FULFILLED", AT, AT, None, None, "gid://shopify/Location/1",
        "Warehouse", "manual", "MANUAL", Tracking(), 1, (), order,
    )  # fmt: skip
    return dataclasses.replace(plain, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"display_status": "FULFILLED"}, ""),
        ({"display_status": "MARKED_AS_FULFILLED"}, ""),
        ({"display_status": "LABEL_PRINTED"}, ""),
        ({"display_status": "CONFIRMED"}, ""),
        ({"display_status": "DELIVERED"}, "delivered"),
        ({"display_status": "DELIVERED", "delivered_at": AT}, "delivered on 2026-10-03"),
        ({"display_status": "IN_TRANSIT", "in_transit_at": AT}, "in transit since 2026-10-03"),
        ({"display_status": "FULFILLED", "in_transit_at": AT}, "in transit since 2026-10-03"),
        ({"display_status": "OUT_FOR_DELIVERY", "in_transit_at": AT}, "out for delivery"),
        ({"display_status": "ATTEMPTED_DELIVERY"}, "delivery attempted"),
        ({"display_status": "PICKED_UP"}, "picked up by the customer"),
        ({"display_status": "CARRIER_PICKED_UP"}, "picked up by the carrier"),
        ({"display_status": "NOT_DELIVERED"}, "carried but not delivered"),
    ],
)
def test_a_parcel_is_locked_for_the_same_reason_in_the_export_and_as_read_from_the_shop(
    changes: dict[str, object], reason: str
) -> None:
    row = {"in_transit_at": None, "delivered_at": None, **changes}
    tables = make_tables(fulfillment(1, **row))

    of_table = lock_reasons(tables["fulfillments"])

    assert reason == lock_reason(state(**changes))
    assert [reason] == of_table.fillna("").tolist()


def test_a_parcel_in_transit_says_for_how_many_days_where_now_is_given() -> None:
    tables = make_tables(fulfillment(1, in_transit_at="2026-10-03 08:00:00"))

    assert lock_reasons(tables["fulfillments"], NOW).tolist() == ["in transit since 2026-10-03 (17 days)"]


def test_lock_reasons_keep_the_index_of_the_table() -> None:
    fulfillments = make_tables(quiet(1), fulfillment(2))["fulfillments"].set_axis([7, 3])

    assert lock_reasons(fulfillments).index.tolist() == [7, 3]
