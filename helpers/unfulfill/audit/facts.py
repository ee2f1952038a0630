"""Everything that the rules ask about a fulfillment, gathered into one row a fulfillment."""

from collections.abc import Mapping
from datetime import datetime

import pandas as pd

from unfulfill.audit.evidence import lock_reasons, moments
from unfulfill.audit.lookup import in_order, positions, taken
from unfulfill.audit.sentences import TEXT

LIVE = "SUCCESS"
OPEN_AT_SERVICE = (
    "OPEN",
    "PENDING",
)  # deprecated values of FulfillmentStatus; old third-party services still show them

HANDED_OVER = ("RETAIL", "PICK_UP", "LOCAL", "NONE")  # delivery methods without a carrier

_OF_ORDER = {
    "name": "order_name",
    "created_at": "ordered_at",
    "paid_at": "paid_at",
    "cancelled_at": "cancelled_at",
    "refunded_at": "refunded_at",
    "financial_status": "financial_status",
    "return_status": "return_status",
    "source_name": "source_name",
}
_TIMES = (
    "created_at", "updated_at", "in_transit_at", "delivered_at", "ordered_at", "paid_at", "cancelled_at", "refunded_at",
)  # fmt: skip
_TEXTS = (
    "order_name", "status", "display_status", "location_id", "location_name", "service_type", "service_name",
    "tracking_company", "tracking_numbers", "financial_status", "return_status", "source_name",
)  # fmt: skip


def gather_facts(tables: Mapping[str, pd.DataFrame], now: datetime) -> pd.DataFrame:
    """One row a fulfillment that is live or open at a service, oldest first, indexed from 0.

    Beside the columns of FULFILLMENTS and of its order: `is_live`, `ships` (a parcel is expected), `is_to_be_shipped`
    (the order is known to have something for a carrier), `is_tracked`
    (a tracking number stands there), `is_pos`, `is_third_party`, `locked` (text, blank where not locked) and `age`
    (time since it was made). Texts are blank and times NaT where missing, so that comparisons are plain booleans.
    """
    fulfillments = tables["fulfillments"]
    is_kept = fulfillments["status"].isin((LIVE, *OPEN_AT_SERVICE)).to_numpy(dtype=bool)
    order = in_order(fulfillments, ["created_at", "fulfillment_id"])
    kept = fulfillments.take(order[is_kept[order]]).reset_index(drop=True)
    orders = tables["orders"]
    at = positions(kept["order_id"], orders["order_id"])
    facts = kept.assign(**{name: taken(orders[column], at) for column, name in _OF_ORDER.items()})
    facts = facts.assign(
        **{column: moments(facts[column]) for column in _TIMES},
        **{column: facts[column].astype(TEXT).fillna("") for column in _TEXTS},
    )
    is_gift_card = facts["service_type"] == "GIFT_CARD"
    waiting, handed = _delivery(tables["fulfillment_orders"])
    return facts.assign(
        is_live=(facts["status"] == LIVE).astype(bool),
        ships=(
            facts["requires_shipping"].fillna(True).astype(bool)
            & ~is_gift_card
            & ~facts["order_id"].isin(handed)
        ).astype(bool),
        is_to_be_shipped=facts["order_id"].isin(waiting).astype(bool),
        is_tracked=(facts["tracking_numbers"].str.strip() != "").astype(bool),
        is_pos=(facts["source_name"].str.lower() == "pos").astype(bool),
        is_third_party=(facts["service_type"] == "THIRD_PARTY").astype(bool),
        locked=lock_reasons(facts, now).fillna(""),
        age=pd.Timestamp(now) - facts["created_at"],
    )


def _delivery(fulfillment_orders: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Ids of the orders with something for a carrier, and of those where everything is handed over otherwise."""
    known = fulfillment_orders[fulfillment_orders["delivery_method"].notna()]
    carried = known.loc[~known["delivery_method"].isin(HANDED_OVER), "order_id"]
    return carried, known.loc[~known["order_id"].isin(carried), "order_id"]
