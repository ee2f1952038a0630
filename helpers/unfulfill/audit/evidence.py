"""What speaks for a parcel having left: such a fulfillment is locked, because cancelling it stops nothing."""

from datetime import datetime

import pandas as pd
import pyarrow as pa

from unfulfill.model import FulfillmentState
from unfulfill.tables import ARROW_TYPES

TEXT = pd.ArrowDtype(ARROW_TYPES["text"])

# FulfillmentDisplayStatus values that only a carrier's or a pick-up event gives (schema 2026-10). Labels, CONFIRMED
# and SUBMITTED are not among them: they say that a parcel was announced, not that it left.
LEFT = {
    "DELIVERED": "delivered",
    "IN_TRANSIT": "in transit",
    "OUT_FOR_DELIVERY": "out for delivery",
    "ATTEMPTED_DELIVERY": "delivery attempted",
    "CARRIER_PICKED_UP": "picked up by the carrier",
    "PICKED_UP": "picked up by the customer",
    "READY_FOR_PICKUP": "ready for pickup",
    "DELAYED": "delayed on its way",
    "NOT_DELIVERED": "carried but not delivered",
    "FAILURE": "delivery failed",
}


def lock_reasons(fulfillments: pd.DataFrame, now: datetime | None = None) -> pd.Series:
    """Why each fulfillment is locked ("delivered on 2026-10-03"), missing where nothing says that it left.

    `fulfillments` is a FULFILLMENTS table; the result has its index. With `now`, a parcel in transit also says
    for how many days.
    """
    delivered, moving = moments(fulfillments["delivered_at"]), moments(fulfillments["in_transit_at"])
    words = fulfillments["display_status"].map(LEFT).astype(TEXT)
    words = words.mask(words.isna() & moving.notna(), LEFT["IN_TRANSIT"])
    words = words.mask(delivered.notna(), LEFT["DELIVERED"])
    is_moving = (words == LEFT["IN_TRANSIT"]).fillna(False).astype(bool) & moving.notna()
    words = words.mask(delivered.notna(), "delivered on " + day_text(delivered))
    since = "in transit since " + day_text(moving)
    if now is not None:
        days = (pd.Timestamp(now) - moving).dt.days.clip(lower=0)
        since = since + " (" + days.astype("Int64").astype(TEXT) + " days)"
    return words.mask(is_moving, since)


def lock_reason(state: FulfillmentState) -> str:
    """Why one fulfillment, as just read from the shop, is locked; blank where nothing says that it left."""
    if state.delivered_at is not None:
        return f"delivered on {state.delivered_at:%Y-%m-%d}"
    word = LEFT.get(state.display_status, "")
    if state.in_transit_at is not None and word in ("", LEFT["IN_TRANSIT"]):
        return f"in transit since {state.in_transit_at:%Y-%m-%d}"
    return word


def locked_by(state: FulfillmentState) -> str:
    """What speaks against unfulfilling it, as just read: a parcel that left, another app's service, a return …"""
    found = [lock_reason(state)]
    if state.service_type == "THIRD_PARTY":
        found.append(f"fulfilled by the service {state.service_handle or 'of another app'}")
    if state.order.cancelled:
        found.append("the order is cancelled")
    if state.order.return_status not in ("NO_RETURN", ""):
        found.append("the order has a return")
    return ", ".join(filter(None, found))


def moments(column: pd.Series) -> pd.Series:
    """The same times as datetime64, whose comparisons with a missing one are False.

    By way of Arrow: pandas' own conversion of an Arrow column makes an object of every value.
    """
    arrow = pa.array(column, type=ARROW_TYPES["time"])
    plain: pd.Series = arrow.to_pandas()
    return plain.set_axis(column.index)


def day_text(times: pd.Series) -> pd.Series:
    """ "2026-10-03" of each time (datetime64), missing where there is none."""
    number, days = pd.factorize(times.dt.floor("D"))
    texts = pd.Series(pd.DatetimeIndex(days).strftime("%Y-%m-%d"), dtype=TEXT)
    whole: pd.Series = texts.reindex(number).set_axis(times.index)  # -1 where there is none
    return whole
