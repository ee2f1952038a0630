"""Journals for tests: rows as an apply writes them, files to damage, and threads that record at the same moment."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from unfulfill.journal import Journal

PLAN = "1a2b3c4d5e6f" + "0" * 52
Entry = tuple[str, str, int, str, dict[str, Any]]


def now() -> str:
    return "2026-10-05T08:00:00+00:00"


def entries(changes: int) -> list[Entry]:
    """The rows of so many changes, each long enough to fill a page now and then."""
    rows: list[Entry] = [(PLAN, "", 0, "PLAN", {"approved_by": "ana", "changes": changes})]
    for number in range(changes):
        change = f"m{number:04}-cancel"
        id_ = f"gid://shopify/Fulfillment/{number}"
        look = {"order": f"#{1000 + number}", "filler": "x" * (number * 397 % 4000)}
        body = {"operation": "FulfillmentCancel", "variables": {"id": id_}, "look": look}
        rows.append((PLAN, change, 1, "INTENT", body))
        rows.append((PLAN, change, 1, "APPLIED", {"created_id": f"{id_}9", "evidence": "answer"}))
    return rows


def written(path: Path, rows: list[Entry]) -> Path:
    with Journal(path, now) as journal:
        journal.record_many(rows)
    return path


def edit(path: Path, *statements: str) -> None:
    """As somebody who knows SQLite edits it, the triggers put back afterwards."""
    with closing(sqlite3.connect(path)) as connection, connection:
        found = connection.execute("select name, sql from sqlite_schema where type = 'trigger'").fetchall()
        for name, _ in found:
            connection.execute(f"drop trigger {name}")
        for statement in statements:
            connection.execute(statement)
        for _, text in found:
            connection.execute(text)


@contextmanager
def traced(journal: Journal) -> Iterator[list[str]]:
    """The statements that it executes meanwhile."""
    statements: list[str] = []
    journal._connection.set_trace_callback(statements.append)
    yield statements
    journal._connection.set_trace_callback(None)


def recorded_together(journal: Journal, rows: list[Entry]) -> list[BaseException | None]:
    """Each row recorded by a thread of its own, all in one write; what each of them raised."""
    raised: list[BaseException | None] = [None] * len(rows)

    def record(number: int) -> None:
        try:
            journal.record(*rows[number])
        except BaseException as error:
            raised[number] = error

    threads = [threading.Thread(target=record, args=(number,)) for number in range(len(rows))]
    with journal._file:  # until all of them wait
        for thread in threads:
            thread.start()
        wait_until(lambda: waiting(journal) == len(rows))
    for thread in threads:
        thread.join()
    return raised


def waiting(journal: Journal) -> int:
    """How many callers wait for a write."""
    return sum(not batch.is_settled for batch in list(journal._waiting))


def wait_until(is_so: Callable[[], bool]) -> None:
    while not is_so():
        time.sleep(0)  # only lets the others go on
