"""Runs waiting bulk operations in threads of the serving process, in blocks, so that other requests go on.

An operation that a dead process left running is FAILED, with what it had written as partial data, when the
next runner starts on the world.
"""

import json
import random
import threading
from collections.abc import Callable
from typing import Any

from graphql import parse

from sandbox_shop.auth import require
from sandbox_shop.bulk import operations
from sandbox_shop.bulk.faults import BulkFault, is_nth, take_fault
from sandbox_shop.bulk.results import ResultWriter, is_being_written, result_file
from sandbox_shop.bulk.schemas import schema_of
from sandbox_shop.bulk.selections import fields_used
from sandbox_shop.bulk.uploads import uploaded
from sandbox_shop.bulk.walker import BLOCK, Walker, kind_of
from sandbox_shop.context import Context, TopLevelError
from sandbox_shop.faults import INVENTED
from sandbox_shop.world import Row, World

# runs one document for a context with variables; gives the GraphQL answer
Execute = Callable[[Context, str, dict[str, Any]], dict[str, Any]]

POLL_S = 0.05
YIELD_S = 0.001  # between blocks, so that a waiting request gets the world's lock


class BulkRunner:
    """Watches one world for operations that were created, by this process or by another."""

    def __init__(self, world: World, execute: Execute, poll_s: float = POLL_S) -> None:
        self.world = world
        self.execute = execute
        self.poll_s = poll_s
        self._stopping = threading.Event()
        self._watcher: threading.Thread | None = None
        self._running: list[threading.Thread] = []

    def start(self) -> None:
        """Clean up after dead processes and begin to watch."""
        fail_abandoned(self.world)
        self._watcher = _thread(self._watch)

    def stop(self) -> None:
        """Stop after the current blocks and wait for it; what runs is FAILED with partial data."""
        self._stopping.set()
        if self._watcher:
            self._watcher.join()
        for thread in self._running:  # complete only now that nobody adds to it
            thread.join()

    def _watch(self) -> None:
        while not self._stopping.is_set():
            self._running = [thread for thread in self._running if thread.is_alive()]
            for operation_id in self._waiting():
                if not self._stopping.is_set() and operations.claim(self.world, operation_id):
                    self._running.append(_thread(self._run, operation_id))
            self._stopping.wait(self.poll_s)

    def _waiting(self) -> list[int]:
        rows = self.world.rows("select id from bulk_operation where status = 'CREATED' order by id")
        return [int(row["id"]) for row in rows]

    def _run(self, operation_id: int) -> None:
        row = self.world.row("select * from bulk_operation where id = ?", operation_id)
        if row is None:
            return
        Run(self.world, row, take_fault(self.world, row["query"]), self.execute, self._stopping).run()


def _thread(target: Callable[..., None], *args: Any) -> threading.Thread:
    thread = threading.Thread(target=target, args=args, name="bulk", daemon=True)
    thread.start()
    return thread


class Run:
    """One operation that runs."""

    def __init__(
        self, world: World, row: Row, fault: BulkFault, execute: Execute, stopping: threading.Event
    ) -> None:
        self.world = world
        self.row = row
        self.fault = fault
        self.execute = execute
        self.stopping = stopping
        self.objects = 0
        self.roots = 0
        self.written = 0
        self.random = random.Random(f"{world.get('seed', 0)}/{row['id']}")
        self.context = Context(
            world=world,
            app=row["app"],
            scopes=frozenset(json.loads(row["scopes"])),
            version=row["version"],
            bulk=row["type"] == "QUERY",
        )

    def run(self) -> None:
        """Run to the end, and store how it ended, whatever happens."""
        path = result_file(self.world, self.row["id"])
        shuffle = None if self.row["group_objects"] else self.random
        error_code: str | None = "INTERNAL_SERVER_ERROR"
        size = 0
        with ResultWriter(path, shuffle) as writer:
            try:
                error_code = self._query(writer) if self.row["type"] == "QUERY" else self._mutation(writer)
                lost = writer.drop_last(self.fault.drop_last)
                self.objects -= 0 if self.fault.drop_counted else lost
            except TopLevelError as error:
                error_code = "ACCESS_DENIED" if error.code == "ACCESS_DENIED" else "INTERNAL_SERVER_ERROR"
            finally:
                writer.finish()
                size = writer.size
                operations.progress(self.world, self.row["id"], self.objects, self.roots)
                operations.finish(
                    self.world, self.row["id"], size=size, error_code=error_code, file=path.name
                )
        if not size:
            path.unlink()

    def _query(self, writer: ResultWriter) -> str | None:
        schema, document = schema_of(self.context.version), parse(self.row["query"])
        for type_name, field in fields_used(schema, document):
            require(self.context, type_name, field)
        walker = Walker(schema, document)
        for root in walker.roots:
            kind = kind_of(schema, root)
            ids = walker.ids(self.context, root)
            for start in range(0, len(ids), BLOCK):
                with self.world.reading():
                    lines = list(walker.walk(self.context, root, kind, ids[start : start + BLOCK]))
                error_code = self._write(writer, lines)
                if error_code or not self._go_on():
                    return error_code or self._stopped()
        return None

    def _mutation(self, writer: ResultWriter) -> str | None:
        body = uploaded(self.world, self.row["upload"]) or b""
        numbered = [pair for pair in enumerate(body.decode("utf-8-sig").splitlines()) if pair[1].strip()]
        self.random.shuffle(numbered)
        for count, (number, text) in enumerate(numbered, 1):
            line = {**self._answer(text, count), "__lineNumber": number}
            copies = 2 if is_nth(count, self.fault.double_every) else 1
            error_code = self._write(writer, [(0, line)] * copies)
            if error_code or not self._go_on():
                return error_code or self._stopped()
        return None

    def _answer(self, text: str, count: int) -> dict[str, Any]:
        """What a line answers, and the fault that meets it: it is the n-th that is run."""
        is_refused = is_nth(count, self.fault.refuse_every)
        self.context.forced_user_error = f"This cannot be done{INVENTED}" if is_refused else ""
        answer = self._run_line(text)
        if is_nth(count, self.fault.error_every):
            error = {"message": "Internal error.", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}
            return {"data": None, "errors": [error]}
        return answer

    def _run_line(self, text: str) -> dict[str, Any]:
        try:
            variables = json.loads(text)
        except ValueError:
            return {"errors": [{"message": "The line is no JSON object."}]}
        if not isinstance(variables, dict):
            return {"errors": [{"message": "The line is no JSON object."}]}
        return self.execute(self.context, self.row["query"], variables)

    def _write(self, writer: ResultWriter, lines: list[tuple[int, Row]]) -> str | None:
        """Add lines; the error code where the fault of this operation strikes."""
        for depth, line in lines:
            if self.fault.fails(self.objects):
                return self.fault.error_code
            self.written += 1
            is_lost = self.fault.drops(self.written, str(line.get("id")))
            if not is_lost:
                writer.add(line, is_cut=self.written == self.fault.cut_line)
            if not is_lost or self.fault.drop_counted:
                self.objects += 1
                self.roots += depth == 0
        return None

    def _go_on(self) -> bool:
        """Store the progress and let others work; False where the operation shall stop."""
        goes_on = operations.progress(self.world, self.row["id"], self.objects, self.roots)
        return not self.stopping.wait(self.fault.delay_s or YIELD_S) and goes_on

    def _stopped(self) -> str | None:
        """Cancelled by its owner: no error. The server ends: the operation fails."""
        row = self.world.row("select status from bulk_operation where id = ?", self.row["id"])
        return None if row and row["status"] == "CANCELING" else "INTERNAL_SERVER_ERROR"


def fail_abandoned(world: World) -> None:
    """End the operations of processes that died: FAILED, with what they had written as partial data."""
    for row in world.rows("select * from bulk_operation where status in ('RUNNING', 'CANCELING')"):
        path = result_file(world, row["id"])
        if is_being_written(path):
            continue
        size = path.stat().st_size if path.exists() else 0
        operations.finish(world, row["id"], size=size, error_code="INTERNAL_SERVER_ERROR", file=path.name)
