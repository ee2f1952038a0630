"""Which order is no good for a first contact, and why. Pure."""

from unfulfill.audit.evidence import lock_reason
from unfulfill.first_contact.record import Glimpse
from unfulfill.model import FulfillmentState

DEAD = ("CANCELLED", "ERROR", "FAILURE")
LABELLED = ("LABEL_PURCHASED", "LABEL_PRINTED", "CONFIRMED")  # an undo does not bring a label back


def live_fulfillments(glimpse: Glimpse) -> list[FulfillmentState]:
    """The fulfillments of the order that are neither cancelled nor failed."""
    return [state for state in glimpse.fulfillments if state.status not in DEAD]


def refuse_order(glimpse: Glimpse) -> str:
    """Why this order is not tried, in a sentence with what to pick instead; blank: it is good."""
    reason = _reason(glimpse)
    if not reason:
        return ""
    return (
        f"Order {glimpse.order.name} is no good for a first contact: {reason}. Pick a paid order with one fulfillment "
        "that has not left the house."
    )


def _reason(glimpse: Glimpse) -> str:
    order, live = glimpse.order, live_fulfillments(glimpse)
    if order.cancelled:
        return "it is cancelled, so that its fulfillment could not be made again"
    if not live:
        return "nothing of it is fulfilled"
    if len(live) > 1:
        return f"it has {len(live)} live fulfillments, and one is what can be compared clearly"
    (state,) = live
    if state.status != "SUCCESS":
        return f"the status of its fulfillment is {state.status}, not SUCCESS"
    if state.service_type == "THIRD_PARTY":
        service = state.service_handle or "of another app"
        return f"the service {service} fulfilled it, and only that service can do it again"
    if state.service_type == "GIFT_CARD":
        return "its fulfillment is a gift card, which was sent to the customer at once"
    if state.display_status in LABELLED:
        return "it has a shipping label, which an undo does not bring back"
    if locked := lock_reason(state):
        return f"its parcel seems to have left ({locked})"
    if order.financial_status in ("REFUNDED", "PARTIALLY_REFUNDED", "VOIDED"):
        return f"its payment is {order.financial_status.replace('_', ' ').lower()}"
    if order.return_status not in ("NO_RETURN", ""):
        return "a return is open or done for it"
    if not state.lines:
        return "its fulfillment has no lines"
    return ""
