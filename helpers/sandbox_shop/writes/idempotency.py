"""The @idempotent directive: a key runs a mutation once; the same request again gets the same answer.

Keys live 24 hours for each app (documented). Another request with a used key is refused
(IDEMPOTENCY_KEY_PARAMETER_MISMATCH). A key whose request ended in user errors is refused too
(IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED): that this holds for refused input is inferred, so it is the switch
`failed_keys` ("refuse", or "run" to try again).
"""

import functools
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sandbox_shop.context import Context
from sandbox_shop.world import format_time
from sandbox_shop.writes.answers import Payload, user_error

LIFETIME = timedelta(hours=24)
Mutation = Callable[..., Payload]


def once(root: str, keys: tuple[str, ...]) -> Callable[[Mutation], Mutation]:
    """Make a mutation run once for a key. `keys` are the payload's objects, null in a refusal.

    Without a key it just runs: that Shopify demands one is checked where the directive is read.
    """

    def wrap(mutation: Mutation) -> Mutation:
        @functools.wraps(mutation)
        def run(context: Context, **args: Any) -> Payload:
            if not context.idempotency_key:
                return mutation(context, **args)
            return _run_once(context, root, keys, mutation, args)

        return run

    return wrap


def _run_once(
    context: Context, root: str, keys: tuple[str, ...], mutation: Mutation, args: dict[str, Any]
) -> Payload:
    world = context.world
    key = f"{context.app}/{context.idempotency_key}"
    request = json.dumps([root, args], sort_keys=True, default=str)
    oldest = format_time(world.now() - LIFETIME)
    with world.lock:
        world.connection.execute("delete from idempotency where at < ?", (oldest,))
    known = world.row("select * from idempotency where key = ?", key)
    if known and known["request"] != request:
        message = "The same idempotency key cannot be used with different operation parameters."
        return _refused(keys, message, "IDEMPOTENCY_KEY_PARAMETER_MISMATCH")
    if known:
        answer: Payload = json.loads(known["answer"])
        if not answer["userErrors"]:
            return answer
        if context.switch("failed_keys", "refuse") == "refuse":
            message = "A previous request with this idempotency key failed. Retry with a new idempotency key."
            return _refused(keys, message, "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED")
    payload = mutation(context, **args)
    with world.lock:
        world.connection.execute(
            "insert or replace into idempotency(key, app, request, answer, at) values(?, ?, ?, ?, ?)",
            (key, context.app, request, json.dumps(_plain(payload)), format_time(world.now())),
        )
    return payload


def _refused(keys: tuple[str, ...], message: str, code: str) -> Payload:
    return {**dict.fromkeys(keys), "userErrors": [user_error(None, message, code)]}


def _plain(value: Any) -> Any:
    """The answer without the caches that rows carry under keys of their own."""
    if isinstance(value, dict):
        return {
            key: _plain(each) for key, each in value.items() if key == "__typename" or not key.startswith("_")
        }
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value
