"""What a write leaves behind on its order: a line in the timeline, a new updatedAt, a new status."""

from typing import Any

from sandbox_shop.context import Context
from sandbox_shop.status import refresh_order


def record(
    context: Context, order_id: int, action: str, message: str, *, at: str | None = None, **columns: Any
) -> str:
    """Note on the order that this request changed something; returns the time of the change.

    `columns` are further columns of the order to set. Unless the caller gives the time (`at`, of its own
    `world.tick()`), a frozen clock moves by a second, so that updatedAt differs from before. Counts as an
    effect of the request.
    """
    world = context.world
    now = at or world.tick()
    world.insert(
        "order_event",
        {"order_id": order_id, "action": action, "message": message, "created_at": now, "app": context.app},
    )
    world.update("order", order_id, updated_at=now, **columns)
    refresh_order(world, order_id)
    context.mutation_effects += 1
    return now


def send_email(context: Context, order_id: int, kind: str) -> None:
    """Note an e-mail to the customer; nothing is sent, the row is what tests look at."""
    now = context.world.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    context.world.insert("email", {"at": now, "order_id": order_id, "kind": kind})
