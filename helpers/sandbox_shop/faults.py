"""Faults that a test orders: which request they meet, how often, and what they do.

A fault is a dict: `kind` (one of KINDS), and optionally `operation` (its name), `field` (a root field),
`contains` (text in the variables), `nth` (skip the first nth − 1 requests that match), `count` (how many it
then meets; null: all that follow; 1 unless said), `after` (true: the request is executed and committed first),
`seconds` (of a hang), `message` (of an error), `code` (of a user error, one that its mutation knows). Fetching a
bulk result is the operation "BulkFile", posting a file to upload is "StagedFile"; only a fault that names them
meets them, and "cut" (half of the bytes, then the connection closes) is for the first alone.
"""

import json
from dataclasses import dataclass
from typing import Any

from sandbox_shop.world import World

HTTP_KINDS = ("403", "500", "502", "503", "504")
KINDS = (
    *HTTP_KINDS,
    "hang",
    "reset_before",
    "reset_after",
    "internal_server_error",
    "throttled",
    "html",
    "bad_json",
    "user_error",
    "cut",
)
KEYS = {"kind", "operation", "field", "contains", "nth", "count", "after", "seconds", "message", "code"}
BULK_FILE = "BulkFile"
STAGED_FILE = "StagedFile"
INVENTED = " (invented by the sandbox)"


class FaultRefused(ValueError):
    """A fault that is not one; the message says why."""


@dataclass(frozen=True)
class Fault:
    """A fault that meets the request at hand."""

    kind: str
    is_after: bool
    seconds: float
    message: str
    code: str | None


def add_fault(world: World, spec: dict[str, Any]) -> int:
    """Order a fault; returns its id. FaultRefused for an unknown kind or key."""
    unknown = sorted(set(spec) - KEYS)
    if unknown:
        raise FaultRefused(f"A fault has no {unknown[0]!r}; it has {', '.join(sorted(KEYS))}.")
    if str(spec.get("kind")) not in KINDS:
        raise FaultRefused(f"There is no fault {spec.get('kind')!r}; there are {', '.join(KINDS)}.")
    count = spec.get("count", 1)
    stored = {**spec, "kind": str(spec["kind"]), "skip": int(spec.get("nth") or 1) - 1}
    with world.writing():
        return world.insert(
            "fault", {"spec": json.dumps(stored), "remaining": -1 if count is None else int(count)}
        )


def clear_faults(world: World) -> None:
    """Take back every fault."""
    with world.writing():
        world.connection.execute("delete from fault")


def list_faults(world: World) -> list[dict[str, Any]]:
    """The faults that still wait; remaining −1: for ever."""
    rows = world.rows("select * from fault where remaining <> 0 order by id")
    return [{"id": row["id"], "remaining": row["remaining"], **json.loads(row["spec"])} for row in rows]


def meet_fault(world: World, operation: str, root_fields: list[str], variables: str) -> Fault | None:
    """The first fault that meets a request; counts it."""
    if not world.row("select 1 from fault where remaining <> 0 limit 1"):
        return None
    with world.writing():
        for row in world.rows("select * from fault where remaining <> 0 order by id"):
            spec = json.loads(row["spec"])
            if not _matches(spec, operation, root_fields, variables):
                continue
            if spec["skip"] > 0:
                world.update("fault", row["id"], spec=json.dumps({**spec, "skip": spec["skip"] - 1}))
                continue
            if row["remaining"] > 0:
                world.update("fault", row["id"], remaining=row["remaining"] - 1)
            return _fault(spec)
    return None


def _matches(spec: dict[str, Any], operation: str, root_fields: list[str], variables: str) -> bool:
    meant = spec.get("operation")
    return (
        (meant == operation or (meant is None and operation not in (BULK_FILE, STAGED_FILE)))
        and (spec.get("field") is None or spec["field"] in root_fields)
        and (spec.get("contains") is None or spec["contains"] in variables)
    )


def _fault(spec: dict[str, Any]) -> Fault:
    message = str(spec.get("message") or "The label must be voided first.")
    return Fault(
        kind=spec["kind"],
        is_after=bool(spec.get("after")) or spec["kind"] == "reset_after",
        seconds=float(spec.get("seconds") or 30),
        message=message + INVENTED,
        code=spec.get("code"),
    )
