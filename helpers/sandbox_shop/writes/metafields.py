"""metafieldsSet: atomic, with compare-and-set by `compareDigest` (documented since 2024-07).

`compareDigest` null means "must not exist yet"; left out, nothing is compared. Without a namespace the
app's own one is used. The digest of a value is the SHA-256 of its text, in hex.
"""

import hashlib
from typing import Any

from sandbox_shop import objects
from sandbox_shop.context import Context
from sandbox_shop.namespaces import namespace_of
from sandbox_shop.world import Row
from sandbox_shop.writes.answers import Payload, fresh

MAX_METAFIELDS = 25


def metafields_set(context: Context, metafields: list[dict[str, Any]], **_: Any) -> Payload:
    """Set values; nothing at all where one of them is refused."""
    errors = [error for place, given in enumerate(metafields) if (error := _wrong(context, place, given))]
    if len(metafields) > MAX_METAFIELDS:
        message = f"Exceeded the maximum metafields input limit of {MAX_METAFIELDS}."
        errors = [_error(None, [], message, "LESS_THAN_OR_EQUAL_TO")]
    if errors:
        return {"metafields": None, "userErrors": errors}
    ids = [store_metafield(context, given["ownerId"], given) for given in metafields]
    return {"metafields": [fresh(context, "Metafield", id_) for id_ in ids], "userErrors": []}


def digest(value: str) -> str:
    """The compareDigest of a value."""
    return hashlib.sha256(value.encode()).hexdigest()


def store_metafield(context: Context, owner: str, given: dict[str, Any]) -> int:
    """Insert or overwrite one metafield of an owner (a gid); returns its id."""
    world = context.world
    known = _known(context, owner, given)
    values = {
        "type": given.get("type") or (known or {}).get("type") or "single_line_text_field",
        "value": given["value"],
    }
    if known and all(known[name] == value for name, value in values.items()):
        return int(known["id"])
    context.mutation_effects += 1
    if known:
        world.update("metafield", known["id"], **values)
        return int(known["id"])
    key = {"owner": owner, "namespace": namespace_of(context, given.get("namespace")), "key": given["key"]}
    return world.insert("metafield", {"id": world.next_id("Metafield"), **key, **values})


def _known(context: Context, owner: str, given: dict[str, Any]) -> Row | None:
    return context.world.row(
        "select * from metafield where owner = ? and namespace = ? and key = ?",
        owner,
        namespace_of(context, given.get("namespace")),
        given["key"],
    )


def _wrong(context: Context, place: int, given: dict[str, Any]) -> dict[str, Any] | None:
    kind, id_ = objects.parse_gid(given["ownerId"])
    field = ["metafields", str(place)]
    if kind not in objects.TABLES and kind not in ("Shop", "AppInstallation"):
        return _error(place, [*field, "ownerId"], "Owner does not exist.", "INVALID")
    if kind in objects.TABLES and objects.load(context.world, kind, id_) is None:
        return _error(place, [*field, "ownerId"], "Owner does not exist.", "INVALID")
    if given["value"] == "":
        return _error(place, [*field, "value"], "can't be blank", "BLANK")
    known = _known(context, given["ownerId"], given)
    if known is None and not given.get("type"):
        return _error(place, [*field, "type"], "can't be blank", "BLANK")
    if "compareDigest" in given:
        persisted = digest(known["value"]) if known else None
        if given["compareDigest"] != persisted:
            message = (
                "The resource has been updated since it was loaded."
                " Try again with an updated `compareDigest` value."
            )
            return _error(place, [*field, "compareDigest"], message, "STALE_OBJECT")
    return None


def _error(place: int | None, field: list[str], message: str, code: str) -> dict[str, Any]:
    return {"field": field, "message": message, "code": code, "elementIndex": place}
