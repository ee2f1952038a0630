"""Orders: close, open, update. orderUpdate overwrites note and tags; a no-op close or open is fine (recorded)."""

import json
from typing import Any

from sandbox_shop import objects
from sandbox_shop.context import Context
from sandbox_shop.world import Row
from sandbox_shop.writes import tags
from sandbox_shop.writes.answers import Payload, fresh, refusal, user_error
from sandbox_shop.writes.history import record
from sandbox_shop.writes.metafields import store_metafield


def order_close(context: Context, input: dict[str, Any], **_: Any) -> Payload:
    """Archive an order."""
    return _set_closed(context, input["id"], closed=True)


def order_open(context: Context, input: dict[str, Any], **_: Any) -> Payload:
    """Take an order out of the archive."""
    return _set_closed(context, input["id"], closed=False)


def _set_closed(context: Context, id_: str, closed: bool) -> Payload:
    order = objects.load(context.world, "Order", id_)
    if order is None:
        return refusal("order", user_error(["id"], "Order does not exist"))
    if closed and not order["closed_at"]:
        now = record(context, order["id"], "closed", f"{context.app} archived this order.")
        context.world.update("order", order["id"], closed_at=now)
    elif not closed and order["closed_at"]:
        record(context, order["id"], "re_opened", f"{context.app} unarchived this order.", closed_at=None)
    return {"order": fresh(context, "Order", order["id"]), "userErrors": []}


def order_update(context: Context, input: dict[str, Any], **_: Any) -> Payload:
    """Overwrite tags, note or e-mail of an order, and set metafields. Addresses and the rest are not kept."""
    given = {key: value for key, value in input.items() if key != "id"}
    order = objects.load(context.world, "Order", input["id"])
    if order is None:
        return refusal("order", user_error(["id"], "Order does not exist"))
    if not given:
        return refusal("order", user_error(None, "No valid update parameters have been provided"))
    columns: dict[str, Any] = {key: given[key] for key in ("note", "email") if key in given}
    if "tags" in given:
        wanted = tags.merged(tags.split(given["tags"] or []))
        error = tags.too_many(wanted)
        if error:
            return refusal("order", error)
        columns["tags"] = json.dumps(wanted, ensure_ascii=False)
    _store(context, order, columns)
    for metafield in given.get("metafields") or []:
        store_metafield(context, objects.object_gid(order), metafield)
    return {"order": fresh(context, "Order", order["id"]), "userErrors": []}


def _store(context: Context, order: Row, columns: dict[str, Any]) -> None:
    names = ", ".join(columns) or "details"
    record(context, order["id"], "updated", f"{context.app} updated {names}.", **columns)
