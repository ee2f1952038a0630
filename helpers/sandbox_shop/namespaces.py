"""Namespaces of metafields: what an app calls its own, and what the shop stores."""

from sandbox_shop import objects
from sandbox_shop.context import Context


def namespace_of(context: Context, name: str | None) -> str:
    """The stored namespace: `$app:lock` and no namespace at all belong to the app that asks (documented)."""
    name = name or "$app"
    if not name.startswith("$app"):
        return name
    own = f"app--{objects.app_object(context.world, context.app)['id']}"
    return own + name.removeprefix("$app").replace(":", "--", 1)
