"""The only way to a shop: reads, writes that are sent once, bulk operations."""

from unfulfill.shop.client import Shop
from unfulfill.shop.one_order import find_orders
from unfulfill.shop.preflight import Preflight, preflight, worst
from unfulfill.shop.readback import read_back
from unfulfill.shop.reading import read_fulfillments, read_levels, read_open_fulfillment_orders, read_orders
from unfulfill.shop.scopes import Check

__all__ = [
    "Check",
    "Preflight",
    "Shop",
    "find_orders",
    "preflight",
    "read_back",
    "read_fulfillments",
    "read_levels",
    "read_open_fulfillment_orders",
    "read_orders",
    "worst",
]
