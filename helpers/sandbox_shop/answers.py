"""Answers of the server: GraphQL bodies, errors in Shopify's forms, and faults in their place."""

import json
import traceback
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graphql import GraphQLError

from sandbox_shop.bucket import BucketState
from sandbox_shop.context import TopLevelError
from sandbox_shop.cost import MAX_COST
from sandbox_shop.faults import Fault

JSON_TYPE = "application/json; charset=utf-8"
RATE_LIMITS = "https://shopify.dev/api/usage/rate-limits"


@dataclass
class Answer:
    """What goes back over HTTP, or what happens to the connection instead."""

    status: int = 200
    body: bytes = b""
    content_type: str = JSON_TYPE
    headers: dict[str, str] = field(default_factory=dict)
    hang_s: float | None = None  # say nothing for so long, then close
    is_reset: bool = False  # close at once, with a TCP reset
    file: Path | None = None  # sent instead of the body: the bytes from `start` to `stop`
    start: int = 0
    stop: int = 0
    is_cut: bool = False  # half of the file's bytes, then the connection closes


def cost_extension(requested: int, actual: int | None, state: BucketState) -> dict[str, Any]:
    """The `extensions.cost` of an answer; `actual` is None for a request that did not run."""
    return {
        "requestedQueryCost": requested,
        "actualQueryCost": actual,
        "throttleStatus": state.throttle_status(),
    }


def too_dear(requested: int) -> Answer:
    """The answer to a request that costs more than any single one may."""
    message = f"Query cost is {requested}, which exceeds the single query max cost limit ({MAX_COST})."
    extensions = {
        "code": "MAX_COST_EXCEEDED",
        "cost": requested,
        "maxCost": MAX_COST,
        "documentation": RATE_LIMITS,
    }
    return json_answer({"errors": [{"message": message, "extensions": extensions}]})


def field_error(error: GraphQLError) -> dict[str, Any]:
    """An error of a field, with what our TopLevelError says; anything else is a defect of the sandbox."""
    cause = error.original_error
    if isinstance(cause, TopLevelError):
        extensions = cause.extensions
        message = cause.message
    else:  # a defect of the sandbox: say so where its developer looks
        traceback.print_exception(cause or error)
        message, extensions = _internal(repr(cause or error))
    return {
        "message": message,
        "locations": [{"line": place.line, "column": place.column} for place in error.locations or ()],
        "path": error.path or [],
        "extensions": extensions,
    }


def _internal(defect: str = "") -> tuple[str, dict[str, Any]]:
    """Message and extensions of Shopify's INTERNAL_SERVER_ERROR."""
    request_id = str(uuid.uuid4())
    message = (
        "Internal error. Looks like something went wrong on our end.\n"
        f"Request ID: {request_id} (include this in support requests)."
    )
    extensions = {"code": "INTERNAL_SERVER_ERROR", "requestId": request_id}
    return message, {**extensions, "sandboxDefect": defect} if defect else extensions


def fault_answer(fault: Fault) -> Answer:
    """What a fault does in place of an answer."""
    if fault.kind == "hang":
        return Answer(hang_s=fault.seconds)
    if fault.kind.startswith("reset"):
        return Answer(is_reset=True)
    if fault.kind == "internal_server_error":
        message, extensions = _internal()
        return json_answer({"errors": [{"message": message, "extensions": extensions}]})
    if fault.kind == "html":
        body = b"<!DOCTYPE html><html><body><h1>Something went wrong</h1></body></html>"
        return Answer(body=body, content_type="text/html; charset=utf-8")
    if fault.kind == "bad_json":
        return Answer(body=b'{"data":{"orders":{"nodes":[{"id":"gid://shop')
    return errors_answer(int(fault.kind), "An unexpected error occurred")


def errors_answer(status: int, errors: Any) -> Answer:
    """An answer outside GraphQL: `errors` is text or an object."""
    return json_answer({"errors": errors}, status)


def json_answer(body: dict[str, Any], status: int = 200) -> Answer:
    """An answer of JSON."""
    return Answer(status, json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode())
