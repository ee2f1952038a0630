"""Tags of orders: tagsAdd and tagsRemove, and the rules that orderUpdate shares with them.

Tags come back sorted (recorded). One tag exists once whatever its case; the spelling that was there first
stays. 250 tags and 40 characters a tag are limits that are recorded elsewhere or remembered, so inferred.
"""

import json
from collections.abc import Iterable
from typing import Any

from sandbox_shop import objects
from sandbox_shop.context import Context
from sandbox_shop.world import Row
from sandbox_shop.writes.answers import Payload, UserError, fresh, refusal, user_error
from sandbox_shop.writes.history import record

MAX_TAGS = 250
MAX_LENGTH = 40


def tags_add(context: Context, id: str, tags: list[str], **_: Any) -> Payload:
    """Add tags to an order; those that it has already, in any case of letters, change nothing."""
    order = _taggable(context, id)
    if order is None:
        return refusal("node", user_error(["id"], "Order does not exist"))
    before = json.loads(order["tags"])
    after = merged([*before, *split(tags)])
    error = too_many(after)
    if error:
        return refusal("node", error)
    return _store(context, order, before, after, "added tags")


def tags_remove(context: Context, id: str, tags: list[str], **_: Any) -> Payload:
    """Remove tags from an order, in any case of letters; those that it has not change nothing."""
    order = _taggable(context, id)
    if order is None:
        return refusal("node", user_error(["id"], "Order does not exist"))
    gone = {tag.casefold() for tag in split(tags)}
    before = json.loads(order["tags"])
    return _store(
        context, order, before, [tag for tag in before if tag.casefold() not in gone], "removed tags"
    )


def split(tags: Iterable[str]) -> list[str]:
    """Single tags: each text may hold several, separated by commas; blanks around them are dropped."""
    return [tag.strip() for text in tags for tag in text.split(",") if tag.strip()]


def merged(tags: Iterable[str]) -> list[str]:
    """Each tag once, the first spelling kept, sorted without regard to case."""
    first: dict[str, str] = {}
    for tag in tags:
        first.setdefault(tag.casefold(), tag)
    return sorted(first.values(), key=lambda tag: (tag.casefold(), tag))


def too_many(tags: list[str], field: str = "tags") -> UserError | None:
    """The error of a list of tags that an order can't hold."""
    if len(tags) > MAX_TAGS:
        return user_error([field], f"The number of tags can't be more than {MAX_TAGS}")
    if any(len(tag) > MAX_LENGTH for tag in tags):
        return user_error([field], f"Tag is too long (maximum is {MAX_LENGTH} characters)")
    return None


def _taggable(context: Context, id_: str) -> Row | None:
    return objects.load(context.world, "Order", id_)


def _store(context: Context, order: Row, before: list[str], after: list[str], what: str) -> Payload:
    if merged(before) != after:
        names = ", ".join(sorted(set(before) ^ set(after)))
        text = f"{context.app} {what}: {names}."
        record(context, order["id"], "tags_changed", text, tags=json.dumps(after, ensure_ascii=False))
    return {"node": fresh(context, "Order", order["id"]), "userErrors": []}
