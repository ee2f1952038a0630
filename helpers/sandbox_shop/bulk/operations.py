"""bulkOperationRunQuery and bulkOperationCancel, the five slots, and how an operation changes its state.

Messages recorded 2026-04. Five queries and five mutations may run at a time for an app (documented for
2026-01 and later).
"""

import json
from datetime import timedelta
from typing import Any

from sandbox_shop import objects
from sandbox_shop.bulk.schemas import schema_of
from sandbox_shop.bulk.validator import check_query
from sandbox_shop.context import Context
from sandbox_shop.world import Row, World, format_time, gid, parse_time

SLOTS = 5
LIFETIME = timedelta(days=7)  # of a result's address, after which the operation shows as EXPIRED
UNFINISHED = ("CREATED", "RUNNING", "CANCELING")
Payload = dict[str, Any]


def bulk_operation_run_query(context: Context, query: str, groupObjects: bool = False, **_: Any) -> Payload:
    """Queue a query; a thread of the serving process runs it."""
    message = check_query(schema_of(context.version), query)[1]
    if message:
        return refused(["query"], message, "INVALID")
    running = in_progress(context, "QUERY")
    if running:
        return refused(None, running, "OPERATION_IN_PROGRESS")
    id_ = queue(context, "QUERY", query, group_objects=groupObjects)
    return {"bulkOperation": objects.load(context.world, "BulkOperation", id_), "userErrors": []}


def bulk_operation_cancel(context: Context, id: str, **_: Any) -> Payload:
    """Ask a running operation to stop. Rows that a mutation has done stay done."""
    world = context.world
    row = objects.load(world, "BulkOperation", id)
    if row is None:
        error = {"field": ["id"], "message": "Bulk operation does not exist"}
        return {"bulkOperation": None, "userErrors": [error]}
    if row["status"] not in UNFINISHED:
        message = f"A bulk operation cannot be canceled when it is {row['status'].lower()}"
        return {"bulkOperation": row, "userErrors": [{"field": ["id"], "message": message}]}
    if row["status"] == "CREATED":
        world.update("bulk_operation", row["id"], status="CANCELED", completed_at=format_time(world.now()))
    else:
        world.update("bulk_operation", row["id"], status="CANCELING")
    return {"bulkOperation": objects.load(world, "BulkOperation", row["id"]), "userErrors": []}


def refused(field: list[str] | None, message: str, code: str) -> Payload:
    """The payload of an operation that was not started."""
    return {"bulkOperation": None, "userErrors": [{"field": field, "message": message, "code": code}]}


def in_progress(context: Context, type_: str) -> str | None:
    """The message for an app whose slots are all taken; None where one is free."""
    rows = context.world.rows(
        "select id from bulk_operation where type = ? and app = ? and status in (?, ?, ?) order by id",
        type_,
        context.app,
        *UNFINISHED,
    )
    if len(rows) < SLOTS:
        return None
    ids = ", ".join(gid("BulkOperation", row["id"]) for row in rows)
    return f"A bulk {type_.lower()} operation for this app and shop is already in progress: {ids}."


def queue(
    context: Context,
    type_: str,
    text: str,
    *,
    group_objects: bool = False,
    upload: str | None = None,
    client_identifier: str | None = None,
) -> int:
    """Store an operation that waits to be run, with what it needs to run later; returns its id."""
    world = context.world
    context.mutation_effects += 1
    return world.insert(
        "bulk_operation",
        {
            "id": world.next_id("BulkOperation"),
            "type": type_,
            "status": "CREATED",
            "created_at": world.tick(),
            "query": text,
            "client_identifier": client_identifier,
            "app": context.app,
            "scopes": json.dumps(sorted(context.scopes)),
            "version": context.version,
            "upload": upload,
            "group_objects": int(group_objects),
        },
    )


def shown_status(row: Row, context: Context, **_: Any) -> str:
    """The status that the API shows: COMPLETED becomes EXPIRED with the address of the result."""
    expires = row["status"] == "COMPLETED" and row["result"]
    if expires and context.world.now() - parse_time(row["completed_at"]) >= LIFETIME:
        return "EXPIRED"
    return str(row["status"])


def claim(world: World, operation_id: int) -> bool:
    """Take a waiting operation; False where another process was faster or it was cancelled."""
    with world.writing():
        cursor = world.connection.execute(
            "update bulk_operation set status = 'RUNNING' where id = ? and status = 'CREATED'",
            (operation_id,),
        )
        return cursor.rowcount == 1


def progress(world: World, operation_id: int, objects_done: int, roots_done: int) -> bool:
    """Store how far an operation is; False where it shall stop."""
    with world.writing():
        world.update("bulk_operation", operation_id, object_count=objects_done, root_object_count=roots_done)
        row = world.row("select status from bulk_operation where id = ?", operation_id)
    return bool(row and row["status"] == "RUNNING")


def finish(
    world: World, operation_id: int, *, size: int, error_code: str | None = None, file: str | None = None
) -> Row:
    """End an operation: COMPLETED with its file, CANCELED where that was asked, FAILED with partial data.

    An empty result has no file, hence no url.
    """
    with world.writing():
        row = world.row("select * from bulk_operation where id = ?", operation_id)
        if row is None:
            raise LookupError(f"Bulk operation {operation_id} is not in the world.")
        status = "FAILED" if error_code else "CANCELED" if row["status"] == "CANCELING" else "COMPLETED"
        name = file if size else None
        world.update(
            "bulk_operation",
            operation_id,
            status=status,
            error_code=error_code,
            completed_at=format_time(world.now()),
            file_size=size if name else None,
            result=name if status == "COMPLETED" else None,
            partial=name if status != "COMPLETED" else None,
        )
    return row
