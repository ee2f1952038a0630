"""A first contact: what this shop really does when one order is cancelled and undone. Pure.

Shopify does not document what a cancel does to stock, where the units wait afterwards, or whether an archived order
archives itself again. So one order goes there and back before hundreds do:

    read → plan → approve → cancel → read again → undo → read again → observations
"""

from unfulfill.first_contact.choosing import live_fulfillments, refuse_order
from unfulfill.first_contact.observing import (
    CANCEL_SHOWED,
    CANCELLING,
    UNDO_SHOWED,
    UNDOING,
    Happened,
    observe,
)
from unfulfill.first_contact.record import (
    FirstContact,
    Glimpse,
    Level,
    Observation,
    record_from_json,
    record_to_json,
    what_will_happen,
)
from unfulfill.first_contact.stock import is_anything_tracked, stock_sentence
from unfulfill.first_contact.units import is_as_before, is_back, is_open_again

__all__ = [
    "CANCELLING",
    "CANCEL_SHOWED",
    "UNDOING",
    "UNDO_SHOWED",
    "FirstContact",
    "Glimpse",
    "Happened",
    "Level",
    "Observation",
    "is_anything_tracked",
    "is_as_before",
    "is_back",
    "is_open_again",
    "live_fulfillments",
    "observe",
    "record_from_json",
    "record_to_json",
    "refuse_order",
    "stock_sentence",
    "what_will_happen",
]
