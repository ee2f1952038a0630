"""Which fulfillments account for the stock on the shelf."""

from unfulfill.audit.attribution.attributing import attribute, explained_units
from unfulfill.audit.attribution.model import CAUSE_WORDS

__all__ = ["CAUSE_WORDS", "attribute", "explained_units"]
