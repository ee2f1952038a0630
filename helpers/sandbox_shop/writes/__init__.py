"""The mutations of the shop: what each does, who may call it, which need an idempotency key.

Every mutation is a function of the context and of its GraphQL arguments (inputs are dicts with GraphQL
names, absent fields are absent). It runs inside one transaction and answers with its payload.
"""

from collections.abc import Callable, Mapping
from typing import Any

from sandbox_shop.bulk.mutations import bulk_operation_run_mutation
from sandbox_shop.bulk.operations import bulk_operation_cancel, bulk_operation_run_query
from sandbox_shop.bulk.uploads import staged_uploads_create
from sandbox_shop.writes.cancellation import fulfillment_cancel
from sandbox_shop.writes.fulfillment_events import fulfillment_event_create
from sandbox_shop.writes.fulfillment_orders import (
    fulfillment_order_cancel,
    fulfillment_order_move,
    fulfillment_order_open,
    fulfillment_order_submit_cancellation_request,
)
from sandbox_shop.writes.fulfillments import fulfillment_create
from sandbox_shop.writes.holds import fulfillment_order_hold, fulfillment_order_release_hold
from sandbox_shop.writes.inventory import (
    inventory_activate,
    inventory_adjust_quantities,
    inventory_move_quantities,
    inventory_set_quantities,
)
from sandbox_shop.writes.metafields import metafields_set
from sandbox_shop.writes.order_cancellation import order_cancel
from sandbox_shop.writes.order_creation import order_create
from sandbox_shop.writes.orders import order_close, order_open, order_update
from sandbox_shop.writes.refunds import refund_create
from sandbox_shop.writes.tags import tags_add, tags_remove
from sandbox_shop.writes.tracking import fulfillment_tracking_info_update

MUTATIONS: Mapping[str, Callable[..., dict[str, Any]]] = {
    "fulfillmentCancel": fulfillment_cancel,
    "fulfillmentCreate": fulfillment_create,
    "fulfillmentTrackingInfoUpdate": fulfillment_tracking_info_update,
    "fulfillmentEventCreate": fulfillment_event_create,
    "fulfillmentOrderHold": fulfillment_order_hold,
    "fulfillmentOrderReleaseHold": fulfillment_order_release_hold,
    "fulfillmentOrderMove": fulfillment_order_move,
    "fulfillmentOrderOpen": fulfillment_order_open,
    "fulfillmentOrderCancel": fulfillment_order_cancel,
    "fulfillmentOrderSubmitCancellationRequest": fulfillment_order_submit_cancellation_request,
    "orderCreate": order_create,
    "orderCancel": order_cancel,
    "orderClose": order_close,
    "orderOpen": order_open,
    "orderUpdate": order_update,
    "tagsAdd": tags_add,
    "tagsRemove": tags_remove,
    "inventoryAdjustQuantities": inventory_adjust_quantities,
    "inventorySetQuantities": inventory_set_quantities,
    "inventoryMoveQuantities": inventory_move_quantities,
    "inventoryActivate": inventory_activate,
    "refundCreate": refund_create,
    "metafieldsSet": metafields_set,
    "bulkOperationRunQuery": bulk_operation_run_query,
    "bulkOperationRunMutation": bulk_operation_run_mutation,
    "bulkOperationCancel": bulk_operation_cancel,
    "stagedUploadsCreate": staged_uploads_create,
}

_MERCHANT = "write_merchant_managed_fulfillment_orders"
_THIRD_PARTY = "write_third_party_fulfillment_orders"
_ASSIGNED = "write_assigned_fulfillment_orders"
_SHIPPING = frozenset({_MERCHANT, _THIRD_PARTY, _ASSIGNED})
_ORDERS = frozenset({"write_orders"})
_INVENTORY = frozenset({"write_inventory"})

# root field → any of these scopes; a field that is not here needs none
SCOPES: Mapping[str, frozenset[str]] = {
    "fulfillmentCancel": _SHIPPING,
    "fulfillmentCreate": _SHIPPING,
    "fulfillmentTrackingInfoUpdate": _SHIPPING,
    "fulfillmentEventCreate": frozenset({"write_fulfillments"}),
    "fulfillmentOrderHold": frozenset({_MERCHANT, _THIRD_PARTY}),
    "fulfillmentOrderReleaseHold": frozenset({_MERCHANT, _THIRD_PARTY}),
    "fulfillmentOrderMove": _SHIPPING,
    "fulfillmentOrderOpen": _SHIPPING,
    "fulfillmentOrderCancel": _SHIPPING,
    "fulfillmentOrderSubmitCancellationRequest": frozenset({_THIRD_PARTY}),
    "orderCreate": _ORDERS,
    "orderCancel": _ORDERS,
    "orderClose": _ORDERS,
    "orderOpen": _ORDERS,
    "orderUpdate": _ORDERS,
    "tagsAdd": _ORDERS,
    "tagsRemove": _ORDERS,
    "inventoryAdjustQuantities": _INVENTORY,
    "inventorySetQuantities": _INVENTORY,
    "inventoryMoveQuantities": _INVENTORY,
    "inventoryActivate": _INVENTORY,
    "refundCreate": _ORDERS,
}

# mutations that answer ACCESS_DENIED without naming the scope that is missing (recorded)
SCOPE_NOT_NAMED = frozenset({"fulfillmentCancel"})

# mutations that must carry @idempotent(key:) since 2026-04
IDEMPOTENT = frozenset(
    {
        "inventoryAdjustQuantities",
        "inventorySetQuantities",
        "inventoryMoveQuantities",
        "inventoryActivate",
        "refundCreate",
    }
)
