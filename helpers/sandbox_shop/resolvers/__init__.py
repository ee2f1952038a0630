"""How each field is read: `RESOLVERS[type name][field name](object, context, **arguments)`.

A field without an entry is the key of the same name in the row, camelCase or snake_case.
"""

from collections.abc import Callable
from typing import Any

from sandbox_shop.resolvers.fulfillment_orders import FULFILLMENT_ORDER_TYPES
from sandbox_shop.resolvers.fulfillments import FULFILLMENT_TYPES
from sandbox_shop.resolvers.inventory import INVENTORY_TYPES
from sandbox_shop.resolvers.orders import ORDER_TYPES
from sandbox_shop.resolvers.query import QUERY
from sandbox_shop.resolvers.refunds import REFUND_TYPES
from sandbox_shop.resolvers.shop import SHOP_TYPES

Resolver = Callable[..., Any]

RESOLVERS: dict[str, dict[str, Resolver]] = {
    "QueryRoot": QUERY,
    **ORDER_TYPES,
    **REFUND_TYPES,
    **FULFILLMENT_TYPES,
    **FULFILLMENT_ORDER_TYPES,
    **INVENTORY_TYPES,
    **SHOP_TYPES,
}
