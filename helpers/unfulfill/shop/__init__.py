"""The only way to a shop: reads, writes that are sent once, bulk operations."""

from unfulfill.shop.client import Shop
from unfulfill.shop.readback import read_back
from unfulfill.shop.reading import read_fulfillments, read_levels, read_open_fulfillment_orders, read_orders

__all__ = [
    "Shop",
    "read_back",
    "read_fulfillments",
    "read_levels",
    "read_open_fulfillment_orders",
    "read_orders",
]
