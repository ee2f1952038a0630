"""The journal: every intent before its call, every outcome after it; append-only, in one SQLite file.

Each row carries the hash of the row before it, so that a cut or an edit shows. `journal_mode=DELETE` and
`synchronous=EXTRA`: what was committed survives a power cut, at some milliseconds a row. It never holds a
token or anything of a customer.
"""

import hashlib
import json
import sqlite3
import threading
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unfulfill.errors import RunFolderRefused, WorkbenchError

SCHEMA = """
create table if not exists event(
  seq integer primary key, plan text not null, change text not null, attempt integer not null,
  event text not null, body text not null, at text not null, previous text not null, hash text not null);
create unique index if not exists one_intent on event(plan, change, attempt) where event = 'INTENT';
create unique index if not exists one_outcome on event(plan, change, attempt)
  where event in ('APPLIED', 'NOT_APPLIED', 'REFUSED', 'NEEDS_PERSON');
create unique index if not exists one_end on event(plan, change)
  where event in ('APPLIED', 'REFUSED', 'STALE', 'ALREADY_DONE', 'BLOCKED', 'NEEDS_PERSON');
create trigger if not exists no_update before update on event begin select raise(abort, 'append-only'); end;
create trigger if not exists no_delete before delete on event begin select raise(abort, 'append-only'); end;
"""

Entry = tuple[str, str, int, str, dict[str, Any]]  # plan, change, attempt, event, body
ENDS = frozenset({"APPLIED", "REFUSED", "STALE", "ALREADY_DONE", "BLOCKED", "NEEDS_PERSON"})


@dataclass(frozen=True)
class Event:
    """One row: what happened to one change of one plan."""

    seq: int
    plan: str  # digest
    change: str  # id of the change; blank: about the plan
    attempt: int  # 0: before anything was sent
    event: str  # PLAN, INTENT, NOT_APPLIED, UNKNOWN, or one of ENDS
    body: dict[str, Any]
    at: str
    previous: str
    hash: str


class Journal:
    """An open journal. One process writes it (see the lock in unfulfill.lock); any may read it.

    `now` tells the time that rows carry, as text; it is for people, no decision rests on it.
    """

    def __init__(self, path: Path, now: Callable[[], str]) -> None:
        self.path = path
        self._now = now
        self._lock = threading.Lock()
        if not path.exists():
            path.touch(mode=0o600)
        self._connection = sqlite3.connect(path, isolation_level=None, timeout=5, check_same_thread=False)
        try:
            self._connection.execute("pragma journal_mode=delete")
            self._connection.execute("pragma synchronous=extra")
            self._connection.executescript(SCHEMA)
            verify_journal(path)
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise RunFolderRefused(f"{path} is damaged ({error}); nothing was sent.") from None
        except WorkbenchError:
            self._connection.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def __enter__(self) -> "Journal":
        """The journal itself."""
        return self

    def __exit__(self, *exc: object) -> None:
        """Close the file."""
        self.close()

    def record(self, plan: str, change: str, attempt: int, event: str, body: dict[str, Any]) -> None:
        """Append one row; it is on disk when this returns. Raises WorkbenchError where it cannot be written."""
        self.record_many([(plan, change, attempt, event, body)])

    def record_many(self, entries: Iterable[Entry]) -> None:
        """Append rows, all or none; they are on disk when this returns. Raises WorkbenchError as `record` does."""
        at = self._now()
        rows = [
            (*entry[:4], json.dumps(entry[4], sort_keys=True, ensure_ascii=False), at) for entry in entries
        ]
        if not rows:
            return
        try:
            with self._lock:
                self._append(rows)
        except sqlite3.Error as error:
            _, change, _, event, *_ = rows[0]
            raise WorkbenchError(
                f"{self.path} could not be written ({error}) for {event} of {change}; nothing more was sent. "
                "Make room or mend the disk, then apply the same plan again."
            ) from None

    def _append(self, rows: Iterable[tuple[Any, ...]]) -> None:
        insert = "insert into event values(?, ?, ?, ?, ?, ?, ?, ?, ?)"
        self._connection.execute("begin immediate")
        try:
            seq, previous = self._last()
            for content in rows:
                seq += 1
                row = (seq, *content, previous)
                previous = _hash(row)
                self._connection.execute(insert, (*row, previous))
            self._connection.execute("commit")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("rollback")
            raise

    def _last(self) -> tuple[int, str]:
        row = self._connection.execute("select seq, hash from event order by seq desc limit 1").fetchone()
        return (row[0], row[1]) if row else (0, "")

    def head(self) -> str:
        """The hash of the last row; blank while there is none."""
        return self._last()[1]

    def history(self, plan: str) -> dict[str, list[Event]]:
        """The events of each change of a plan, oldest first."""
        result: dict[str, list[Event]] = {}
        rows = self._connection.execute("select * from event where plan = ? order by seq", (plan,))
        for event in map(_event, rows):
            result.setdefault(event.change, []).append(event)
        return result


def _event(row: tuple[Any, ...]) -> Event:
    seq, plan, change, attempt, name, body, at, previous, digest = row
    return Event(seq, plan, change, attempt, name, json.loads(body), at, previous, digest)


def _hash(row: tuple[Any, ...]) -> str:
    return hashlib.sha256(json.dumps(row, ensure_ascii=False).encode()).hexdigest()


def read_journal(path: Path) -> list[Event]:
    """Every row, oldest first. Raises RunFolderRefused where the file is missing or damaged."""
    if not path.exists():
        raise RunFolderRefused(f"{path} is missing; nothing was applied in this run.")
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            return [_event(row) for row in connection.execute("select * from event order by seq")]
    except (sqlite3.DatabaseError, ValueError) as error:
        raise RunFolderRefused(
            f"{path} is damaged ({error}); compare the shop with the plan by verify."
        ) from None


def verify_journal(path: Path, head: str = "") -> int:
    """The number of rows, after proving that none was cut out or edited.

    `head`: the hash of the last row as a report shows it; it proves that no row was cut from the end.
    Raises RunFolderRefused at the first row that does not fit.
    """
    previous, count = "", 0
    for count, event in enumerate(read_journal(path), 1):
        body = json.dumps(event.body, sort_keys=True, ensure_ascii=False)
        row = (
            event.seq,
            event.plan,
            event.change,
            event.attempt,
            event.event,
            body,
            event.at,
            event.previous,
        )
        if event.seq != count or event.previous != previous or _hash(row) != event.hash:
            raise RunFolderRefused(
                f"{path}: row {count} was edited, or one before it was cut out; do not rely on it."
            )
        previous = event.hash
    if head and head != previous:
        raise RunFolderRefused(
            f"{path}: its last row is not the one in the report; rows were cut from its end."
        )
    return count


def journal_head(path: Path) -> str:
    """The hash of the last row: with it a report proves that no row was cut from the end since."""
    events = read_journal(path)
    return events[-1].hash if events else ""
