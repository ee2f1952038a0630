"""Which order is no good for a first contact, and why. Pure."""

from unfulfill.audit.evidence import lock_reason
from unfulfill.first_contact.record import Glimpse
from unfulfill.model import FulfillmentState
from unfulfill.words import said, said_word

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
    return said("contact_error.no_good", order=glimpse.order.name, why=reason)


def _reason(glimpse: Glimpse) -> str:
    order, live = glimpse.order, live_fulfillments(glimpse)
    if order.cancelled:
        return said("contact_error.order_cancelled")
    if not live:
        return said("contact_error.nothing_live")
    if len(live) > 1:
        return said("contact_error.several_live", number=len(live))
    (state,) = live
    if state.status != "SUCCESS":
        return said("contact_error.not_success", status=state.status)
    if state.service_type == "THIRD_PARTY":
        key = "contact_error.by_service" if state.service_handle else "contact_error.by_unknown_service"
        return said(key, service=state.service_handle)
    if state.service_type == "GIFT_CARD":
        return said("contact_error.gift_card")
    if state.display_status in LABELLED:
        return said("contact_error.has_label")
    if locked := lock_reason(state):
        return said("contact_error.has_left", locked=locked)
    if order.financial_status in ("REFUNDED", "PARTIALLY_REFUNDED", "VOIDED"):
        return said("contact_error.payment", status=said_word(order.financial_status.lower()))
    if order.return_status not in ("NO_RETURN", ""):
        return said("contact_error.has_return")
    if not state.lines:
        return said("contact_error.no_lines")
    return ""
