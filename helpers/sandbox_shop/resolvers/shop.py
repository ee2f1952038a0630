"""Fields of the shop, of apps, of bulk operations, of events and of metafields."""

from typing import Any

from sandbox_shop.bulk.operations import shown_status
from sandbox_shop.context import Context
from sandbox_shop.files import result_url
from sandbox_shop.resolvers.fields import Resolver, constant, text_of
from sandbox_shop.resolvers.metafields import METAFIELD_FIELDS, METAFIELD_TYPE
from sandbox_shop.world import Row, gid

PLAN = {"publicDisplayName": "Development", "partnerDevelopment": True, "shopifyPlus": False}


def _setting(name: str, default: Any = None) -> Resolver:
    return lambda row, context, **args: context.shop.get(name, default)


def _event_app(row: Row, context: Context, **args: Any) -> str | None:
    return row["app"] or None


def _file_url(column: str) -> Resolver:
    return lambda row, context, **args: result_url(context, row, column)


SHOP_TYPES: dict[str, dict[str, Resolver]] = {
    "Shop": {
        "currencyCode": _setting("currency", "EUR"),
        "ianaTimezone": _setting("timezone", "UTC"),
        "myshopifyDomain": _setting("domain", ""),
        "name": _setting("name", "SANDBOX"),
        "plan": lambda row, context, **args: {**PLAN, **context.shop.get("plan", {})},
    },
    "BasicEvent": {
        "appTitle": _event_app,
        "attributeToApp": lambda row, context, **args: bool(row["app"]),
        "attributeToUser": lambda row, context, **args: not row["app"],
        "criticalAlert": constant(False),
        "subjectId": lambda row, context, **args: gid("Order", row["order_id"]),
        "subjectType": constant("ORDER"),
    },
    "BulkOperation": {
        "status": shown_status,
        "objectCount": text_of("object_count"),
        "rootObjectCount": text_of("root_object_count"),
        "fileSize": text_of("file_size"),
        "url": _file_url("result"),
        "partialDataUrl": _file_url("partial"),
    },
    "AppInstallation": METAFIELD_FIELDS,
    "Metafield": METAFIELD_TYPE,
    "Job": {"done": constant(True)},
}
