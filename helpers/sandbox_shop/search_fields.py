"""The filters that a search knows, by kind of object, and the SQL of each, on alias `t`.

Names and accepted values are those of the descriptions in the official schema (2026-10). A filter for which a
sandbox shop holds no data (risk level, discount code …) is known and matches nothing.
"""

from sandbox_shop.filters import (
    Build,
    choice_filter,
    id_filter,
    metafield_filter,
    nothing,
    number_filter,
    text_filter,
    time_filter,
)


def _status(*values: str) -> str:
    quoted = ", ".join(f"'{value}'" for value in values)
    return f"t.fulfillment_status in ({quoted})"


def _column_choices(column: str, *values: str) -> dict[str, str]:
    return {value: f"t.{column} = '{value.upper()}'" for value in values}


def _fulfillment_order_exists(sql: str) -> str:
    return f"exists(select 1 from fulfillment_order o where o.order_id = t.id and {sql})"


_METHODS = {
    "shipping": "SHIPPING",
    "pick-up": "PICK_UP",
    "retail": "RETAIL",
    "local": "LOCAL",
    "pickup-point": "PICKUP_POINT",
    "none": "NONE",
}
_OPEN_KINDS = (
    "UNFULFILLED",
    "ON_HOLD",
    "SCHEDULED",
    "IN_PROGRESS",
    "OPEN",
    "PENDING_FULFILLMENT",
    "REQUEST_DECLINED",
)
_NO_DATA = [
    "cart_token",
    "channel_id",
    "chargeback_status",
    "checkout_token",
    "confirmation_number",
    "credit_card_last4",
    "customer_id",
    "discount_code",
    "fraud_protection_level",
    "payment_id",
    "payment_provider_id",
    "po_number",
    "risk_level",
    "source_identifier",
    "user_id",
    "subtotal_line_items_quantity",
    "saved_search_id",
]

ORDER_FIELDS: dict[str, Build] = {
    **dict.fromkeys(_NO_DATA, nothing),
    "default": text_filter("(t.name {0} or ltrim(t.name, '#') {0} or t.email {0} or t.customer_name {0})"),
    "id": id_filter("t.id {}"),
    "name": text_filter("ltrim(t.name, '#') {}", strip="#"),
    "email": text_filter("coalesce(t.email, '') {}"),
    "created_at": time_filter("t.created_at"),
    "updated_at": time_filter("t.updated_at"),
    "processed_at": time_filter("t.processed_at"),
    "tag": text_filter("t.tags <> '[]' and exists(select 1 from json_each(t.tags) where value {})"),
    "tag_not": text_filter("not exists(select 1 from json_each(t.tags) where value {})"),
    "sku": text_filter("exists(select 1 from line l where l.order_id = t.id and l.sku {})"),
    "gateway": text_filter("exists(select 1 from transaction_ x where x.order_id = t.id and x.gateway {})"),
    "source_name": text_filter("coalesce(t.source_name, '') {}"),
    "channel": text_filter("coalesce(t.source_name, '') {}", is_list=True),
    "sales_channel": text_filter("coalesce(t.source_name, '') {}"),
    "test": choice_filter({"true": "t.test = 1", "false": "t.test = 0"}),
    "current_total_price": number_filter("(cast(t.total as real) - cast(t.refunded as real))"),
    "total_price": number_filter("t.total"),
    "location_id": id_filter("t.retail_location_id {}"),
    "fulfillment_location_id": id_filter(
        "exists(select 1 from fulfillment f where f.order_id = t.id and f.location_id {})"
    ),
    "reference_location_id": id_filter(
        "(t.retail_location_id {0} or exists(select 1 from fulfillment f where f.order_id = t.id"
        " and f.location_id {0}))"
    ),
    "metafields": metafield_filter("Order"),
    "status": choice_filter(
        {
            "open": "t.closed_at is null and t.cancelled_at is null",
            "closed": "t.closed_at is not null",
            "cancelled": "t.cancelled_at is not null",
            "not_closed": "t.closed_at is null",
            "any": "1",
        }
    ),
    "fulfillment_status": choice_filter(
        {
            "unshipped": _status(*_OPEN_KINDS),
            "shipped": _status("FULFILLED"),
            "fulfilled": _status("FULFILLED"),
            "partial": _status("PARTIALLY_FULFILLED"),
            "scheduled": _status("SCHEDULED"),
            "on_hold": _status("ON_HOLD"),
            "unfulfilled": _status("UNFULFILLED"),
            "request_declined": _status("REQUEST_DECLINED"),
        }
    ),
    "financial_status": choice_filter(
        _column_choices(
            "financial_status",
            *[
                "paid",
                "pending",
                "authorized",
                "partially_paid",
                "partially_refunded",
                "refunded",
                "voided",
                "expired",
            ],
        )
    ),
    "return_status": choice_filter(
        _column_choices(
            "return_status",
            *[
                "return_requested",
                "in_progress",
                "inspection_complete",
                "returned",
                "return_failed",
                "no_return",
            ],
        )
    ),
    "delivery_method": choice_filter(
        {word: _fulfillment_order_exists(f"o.method = '{method}'") for word, method in _METHODS.items()}
    ),
}

_STATUS_TEXT = text_filter("t.status {}")
FIELDS: dict[str, dict[str, Build]] = {
    "Order": ORDER_FIELDS,
    "Fulfillment": {"created_at": time_filter("t.created_at"), "updated_at": time_filter("t.updated_at")},
    "FulfillmentOrder": {
        "default": text_filter('exists(select 1 from "order" o where o.id = t.order_id and o.name {})'),
        "id": id_filter("t.id {}"),
        "status": _STATUS_TEXT,
        "updated_at": time_filter("t.updated_at"),
        "assigned_location_id": id_filter("t.location_id {}"),
    },
    "InventoryItem": {
        "id": id_filter("t.id {}"),
        "sku": text_filter("coalesce(t.sku, '') {}"),
        "created_at": nothing,
        "updated_at": time_filter("(select max(v.updated_at) from level v where v.item_id = t.id)"),
    },
    "ProductVariant": {
        "default": text_filter("(t.title {0} or t.sku {0} or t.barcode {0})"),
        "id": id_filter("t.variant_id {}"),
        "sku": text_filter("coalesce(t.sku, '') {}"),
        "barcode": text_filter("coalesce(t.barcode, '') {}"),
        "title": text_filter("(t.title {0} or t.variant_title {0})"),
        "product_id": id_filter("t.product_id {}"),
    },
    "Location": {
        "default": text_filter("t.name {}"),
        "id": id_filter("t.id {}"),
        "location_id": id_filter("t.id {}"),
        "name": text_filter("t.name {}"),
        "active": choice_filter({"true": "t.active = 1", "false": "t.active = 0"}),
        "legacy": choice_filter({"true": "t.service_id is not null", "false": "t.service_id is null"}),
        **dict.fromkeys(
            [
                "address1",
                "address2",
                "city",
                "country",
                "created_at",
                "geolocated",
                "pickup_in_store",
                "province",
                "zip",
            ],
            nothing,
        ),
    },
    "BulkOperation": {
        "id": id_filter("t.id {}"),
        "created_at": time_filter("t.created_at"),
        "operation_type": choice_filter(_column_choices("type", "query", "mutation")),
        "status": choice_filter(
            _column_choices("status", *["canceled", "canceling", "completed", "created", "failed", "running"])
        ),
    },
    "BasicEvent": {
        "id": id_filter("t.id {}"),
        "action": text_filter("t.action {}"),
        "created_at": time_filter("t.created_at"),
        "comments": choice_filter({"true": "1", "false": "1"}),
        "subject_type": text_filter("'ORDER' {}"),
    },
    "InventoryLevel": {"updated_at": time_filter("t.updated_at"), "created_at": time_filter("t.created_at")},
}
