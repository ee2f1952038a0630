"""The lines of a block by the kind of thing they hold: many at once, by their beginnings."""

from collections.abc import Callable

import numpy as np

KINDS = (
    "Order",
    "LineItem",
    "FulfillmentOrder",
    "Fulfillment",
    "FulfillmentLineItem",
    "InventoryItem",
    "ProductVariant",
    "InventoryLevel",
)
LINE_FEED = 10
# As a line begins: slashes stand escaped in Shopify's files, and plain in ours.
STARTS = tuple(
    (f'{{"id":"gid:{slash}{slash}shopify{slash}{kind}{slash}'.encode(), kind)
    for slash in ("\\/", "/")
    for kind in KINDS
)


def lines_by_kind(block: bytes, kind_of: Callable[[bytes], str]) -> dict[str, list[bytes]]:
    """The lines of a block, each with its line feed, by kind; `kind_of` is asked for lines that begin otherwise.

    The block ends with a line feed.
    """
    ends = np.flatnonzero(np.frombuffer(block, np.uint8) == LINE_FEED) + 1
    starts = np.concatenate(([0], ends[:-1]))
    found: dict[str, list[bytes]] = {}
    for start, kind in STARTS:
        places = len(block) - len(start) + 1
        if not len(starts) or places <= 0:
            break
        # Every place of the block as a text of this length; only those where a line begins are looked at.
        texts = np.ndarray((places,), f"S{len(start)}", block, strides=(1,))
        fits = starts < places
        is_kind = np.zeros(len(starts), bool)
        is_kind[fits] = texts[starts[fits]] == start
        if is_kind.any():
            found.setdefault(kind, []).extend(_cut(block, starts[is_kind], ends[is_kind]))
            starts, ends = starts[~is_kind], ends[~is_kind]
    for line in _cut(block, starts, ends):
        found.setdefault(kind_of(line), []).append(line)
    return found


def _cut(block: bytes, starts: np.ndarray, ends: np.ndarray) -> list[bytes]:
    # Copies: views of the block would be quicker to make, but keep the garbage collector busy.
    return [block[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
