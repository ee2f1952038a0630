"""What speaks for a parcel having left: such a fulfillment is locked, because cancelling it stops nothing."""

from datetime import datetime

import pandas as pd
import pyarrow as pa

from unfulfill.audit.sentences import TEXT, each, told
from unfulfill.model import FulfillmentState
from unfulfill.tables import ARROW_TYPES
from unfulfill.words import day, said

# FulfillmentDisplayStatus values that only a carrier's or a pick-up event gives (schema 2026-10). Labels, CONFIRMED
# and SUBMITTED are not among them: they say that a parcel was announced, not that it left.
LEFT = (
    "DELIVERED", "IN_TRANSIT", "OUT_FOR_DELIVERY", "ATTEMPTED_DELIVERY", "CARRIER_PICKED_UP", "PICKED_UP",
    "READY_FOR_PICKUP", "DELAYED", "NOT_DELIVERED", "FAILURE",
)  # fmt: skip


def lock_reasons(fulfillments: pd.DataFrame, now: datetime | None = None) -> pd.Series:
    """Why each fulfillment is locked ("delivered on 2026-10-03"), missing where nothing says that it left.

    `fulfillments` is a FULFILLMENTS table; the result has its index. With `now`, a parcel in transit also says
    for how many days.
    """
    delivered, moving = moments(fulfillments["delivered_at"]), moments(fulfillments["in_transit_at"])
    status = fulfillments["display_status"].astype(TEXT)
    status = status.where(status.isin(LEFT))
    status = status.mask(status.isna() & moving.notna(), "IN_TRANSIT").mask(delivered.notna(), "DELIVERED")
    words = each(status, lambda left: said(f"lock.{left}"))
    is_moving = (status == "IN_TRANSIT").fillna(False).astype(bool) & moving.notna()
    words = words.mask(delivered.notna(), told("lock.delivered_on", day=delivered))
    since = told("lock.since", day=moving)
    if now is not None:
        days = (pd.Timestamp(now) - moving).dt.days.clip(lower=0).astype("Int64")
        since = told("lock.since_days", day=moving, count=days)
    return words.mask(is_moving, since)


def lock_reason(state: FulfillmentState) -> str:
    """Why one fulfillment, as just read from the shop, is locked; blank where nothing says that it left."""
    status = state.display_status if state.display_status in LEFT else ""
    if state.delivered_at is not None:
        return said("lock.delivered_on", day=day(state.delivered_at))
    if state.in_transit_at is not None and status in ("", "IN_TRANSIT"):
        return said("lock.since", day=day(state.in_transit_at))
    return said(f"lock.{status}") if status else ""


def locked_by(state: FulfillmentState) -> str:
    """What speaks against unfulfilling it, as just read: a parcel that left, another app's service, a return …"""
    found = [lock_reason(state)]
    if state.service_type == "THIRD_PARTY":
        found.append(said("lock.service", name=state.service_handle or said("lock.of_another_app")))
    if state.order.cancelled:
        found.append(said("lock.order_cancelled"))
    if state.order.return_status not in ("NO_RETURN", ""):
        found.append(said("lock.has_return"))
    return ", ".join(filter(None, found))


def moments(column: pd.Series) -> pd.Series:
    """The same times as datetime64, whose comparisons with a missing one are False.

    By way of Arrow: pandas' own conversion of an Arrow column makes an object of every value.
    """
    arrow = pa.array(column, type=ARROW_TYPES["time"])
    plain: pd.Series = arrow.to_pandas()
    return plain.set_axis(column.index)
