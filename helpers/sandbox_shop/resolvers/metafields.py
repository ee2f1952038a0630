"""Metafields of any object that has them."""

from typing import Any

from sandbox_shop import objects
from sandbox_shop.context import Context
from sandbox_shop.namespaces import namespace_of
from sandbox_shop.objects import object_gid
from sandbox_shop.pages import connection
from sandbox_shop.resolvers.fields import Resolver, legacy_id
from sandbox_shop.world import Row
from sandbox_shop.writes.metafields import digest


def _all(row: Row, context: Context) -> list[Row]:
    rows = context.world.rows("select * from metafield where owner = ? order by id", object_gid(row))
    return objects.as_block("Metafield", rows)


def _metafield(row: Row, context: Context, **args: Any) -> Row | None:
    wanted = (namespace_of(context, args.get("namespace")), args["key"])
    return next((each for each in _all(row, context) if (each["namespace"], each["key"]) == wanted), None)


def _metafields(row: Row, context: Context, **args: Any) -> Any:
    rows = _all(row, context)
    if args.get("namespace"):
        namespace = namespace_of(context, args["namespace"])
        rows = [each for each in rows if each["namespace"] == namespace]
    if args.get("keys"):
        rows = [each for each in rows if f"{each['namespace']}.{each['key']}" in args["keys"]]
    return connection(context, rows, args)


def _owner_type(row: Row, context: Context, **args: Any) -> str:
    kinds = {
        "Order": "ORDER",
        "Product": "PRODUCT",
        "ProductVariant": "PRODUCTVARIANT",
        "Location": "LOCATION",
        "AppInstallation": "API_PERMISSION",
    }
    return kinds.get(objects.parse_gid(row["owner"])[0], "SHOP")


def _moment(row: Row, context: Context, **args: Any) -> str:
    """The world keeps no time for a metafield: the shop's clock stands in."""
    return context.world.now().strftime("%Y-%m-%dT%H:%M:%SZ")


def _digest(row: Row, context: Context, **args: Any) -> str:
    return digest(row["value"])


METAFIELD_FIELDS: dict[str, Resolver] = {"metafield": _metafield, "metafields": _metafields}
METAFIELD_TYPE: dict[str, Resolver] = {
    "legacyResourceId": legacy_id,
    "compareDigest": _digest,
    "ownerType": _owner_type,
    "createdAt": _moment,
    "updatedAt": _moment,
}
