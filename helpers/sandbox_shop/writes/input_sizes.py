"""How long the lists in a mutation's arguments may be: 250 entries (recorded), 512 lines of a fulfillment order."""

from typing import Any

from sandbox_shop.context import TopLevelError

MAX_ENTRIES = 250
LONGER = {"fulfillmentOrderLineItems": 512}


def check_input_sizes(value: Any, name: str = "") -> None:
    """TopLevelError MAX_INPUT_SIZE_EXCEEDED for the first list that is too long, however deep it stands."""
    if isinstance(value, dict):
        for key, inner in value.items():
            check_input_sizes(inner, key)
    elif isinstance(value, list):
        limit = LONGER.get(name, MAX_ENTRIES)
        if len(value) > limit:
            message = f"The input array size of {len(value)} is greater than the maximum allowed of {limit}."
            raise TopLevelError(message, "MAX_INPUT_SIZE_EXCEEDED")
        for inner in value:
            check_input_sizes(inner)
