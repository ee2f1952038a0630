"""Writing a journal. Rows that several threads record at the same time share one transaction:

    1. append     a caller puts its rows at the end of those that wait
    2. lead       where nobody leads, it does: it writes everything that waits, in one transaction
    3. settle     every row of the transaction is on disk, or none is and every caller of it hears why
    4. follow     the others wait until theirs are settled or nobody leads

`journal_mode=DELETE` and `synchronous=EXTRA`: what was committed survives a power cut, at some milliseconds a
transaction. WAL is not used, for SQLite before 3.51.3 can damage a file in it (https://www.sqlite.org/wal.html#walresetbug).
"""

import json
import os
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from unfulfill.errors import Paused, RunFolderRefused, WorkbenchError
from unfulfill.filesystem import refuse_shared_folder
from unfulfill.journal.chain import (
    BUSY_S,
    COLUMNS,
    SCHEMA,
    Event,
    content_of,
    event_of,
    hash_of,
    is_empty,
    prove_pages,
    proven_rows,
    unreadable,
)
from unfulfill.redaction import printable, without_secrets
from unfulfill.words import said

LONGEST_WAIT_S = 1.0  # for a leader who was interrupted and could not tell
EXTRA = 3  # how SQLite tells `synchronous=EXTRA`
INSERT = f"insert into event({COLUMNS}) values(?, ?, ?, ?, ?, ?, ?, ?, ?)"

Entry = tuple[str, str, int, str, dict[str, Any]]  # plan, change, attempt, event, body


class _Batch:
    """The rows of one caller, until they are written or refused together."""

    def __init__(self, entries: Iterable[Entry], at: str) -> None:
        self.rows = [(*entry[:4], _text(entry[4]), at) for entry in entries]
        self.contents = [content_of(*row) for row in self.rows]
        self.is_settled = False
        self.error: sqlite3.Error | None = None
        self.tried = (0, "")  # number and hash of its last row, where it was last tried to write them


class Journal:
    """An open journal. One process writes it (see the lock in unfulfill.lock), from any number of threads; any may
    read it.

    `now` tells the time that rows carry, as text; it is for people, no decision rests on it. Raises
    RunFolderRefused where the file is damaged, cannot be opened, or stands where no journal must.
    """

    def __init__(self, path: Path, now: Callable[[], str]) -> None:
        refuse_shared_folder(path, os.environ)
        self.path = path
        self._now = now
        self._waiting: list[_Batch] = []
        self._turn = threading.Condition()  # over _waiting; notified when a leader has ended
        self._leading = threading.Lock()
        self._file = threading.Lock()  # over _connection
        try:
            if not path.exists():
                path.touch(mode=0o600)
            self._connection = sqlite3.connect(
                path, isolation_level=None, timeout=BUSY_S, check_same_thread=False
            )
        except (OSError, sqlite3.Error) as error:
            raise unreadable(path, error) from None
        try:
            self._prepare()
        except (sqlite3.Error, ValueError) as error:
            self._connection.close()
            raise unreadable(path, error) from None
        except BaseException:
            self._connection.close()
            raise

    def _prepare(self) -> None:
        """Make the table in a new file, or prove that an old one may be gone on with."""
        connection = self._connection
        connection.execute("pragma synchronous = extra")
        (mode,) = connection.execute("pragma journal_mode = delete").fetchone()
        (level,) = connection.execute("pragma synchronous").fetchone()
        if (mode, level) != ("delete", EXTRA):
            modes = {"mode": str(mode), "level": str(level)}
            raise RunFolderRefused(said("journal_error.unsafe_disk", file=self.path, **modes))
        if is_empty(connection):
            connection.executescript(f"begin immediate; {SCHEMA} commit;")
        prove_pages(connection, self.path, "integrity_check")
        for _ in proven_rows(connection, self.path):
            pass
        with closing(sqlite3.connect(":memory:")) as model:
            model.executescript(SCHEMA)
            if _rules(connection) != _rules(model):
                raise RunFolderRefused(said("journal_error.rules_edited", file=self.path))

    def close(self) -> None:
        """Close the file, after the write in hand."""
        with self._file:
            self._connection.close()

    def __enter__(self) -> "Journal":
        """The journal itself."""
        return self

    def __exit__(self, *exc: object) -> None:
        """Close the file."""
        self.close()

    # Writing

    def record(self, plan: str, change: str, attempt: int, event: str, body: dict[str, Any]) -> None:
        """Append one row; it is on disk when this returns. See `record_many`."""
        self.record_many([(plan, change, attempt, event, body)])

    def record_many(self, entries: Iterable[Entry]) -> None:
        """Append rows, all or none; they are on disk when this returns.

        Raises Paused where the disk does not take them, WorkbenchError where an intent or an end is there already;
        then none of them is in the file, and an outcome among them is told on stderr. An interrupt while it waits or
        writes may leave them written or not, as a kill would.
        """
        batch = _Batch(entries, self._now())
        if not batch.rows:
            return
        try:
            with self._turn:
                self._waiting.append(batch)
                self._turn.wait_for(lambda: batch.is_settled or not self._leading.locked(), LONGEST_WAIT_S)
            if not batch.is_settled:
                self._lead(batch)
        except BaseException:
            with self._turn:
                self._waiting = [other for other in self._waiting if other is not batch]
            raise
        if batch.error is not None:
            _tell_lost(batch)
            raise self._refusal(batch, batch.error)

    def _lead(self, batch: _Batch) -> None:
        """Settle everything that waits, unless another leader has settled this batch meanwhile."""
        try:
            with self._leading, self._file:
                if not batch.is_settled:
                    self._write_waiting()
        finally:
            with self._turn:
                self._waiting = [other for other in self._waiting if not other.is_settled]
                self._turn.notify_all()

    def _write_waiting(self) -> None:
        with self._turn:
            batches = [batch for batch in self._waiting if not batch.is_settled]
        self._settle(batches)

    def _settle(self, batches: list[_Batch]) -> None:
        failure = None
        try:
            self._write(batches)
        except sqlite3.Error as error:
            failure = error
        if isinstance(failure, sqlite3.IntegrityError) and len(batches) > 1:
            for batch in batches:  # one holds a row that is there already; the others are not to blame
                self._settle([batch])
            return
        for batch in batches:
            batch.error, batch.is_settled = failure, True

    def _write(self, batches: list[_Batch]) -> None:
        """All rows in one transaction: they are on disk when this returns, and none is where it raises an Error."""
        try:
            self._roll_back()  # what a second interrupt may have left open
            self._connection.execute("begin immediate")
            seq, previous = self._last()
            rows = []
            for batch in batches:
                if self._is_written(batch):
                    continue
                for row, content in zip(batch.rows, batch.contents, strict=True):
                    digest = hash_of(seq + 1, content, previous)
                    rows.append((seq + 1, *row, previous, digest))
                    seq, previous = seq + 1, digest
                batch.tried = (seq, previous)
            self._connection.executemany(INSERT, rows)
            self._connection.execute("commit")
        except BaseException:
            self._roll_back()
            raise

    def _is_written(self, batch: _Batch) -> bool:
        """Whether it is in the file already, by a leader who was interrupted after the commit."""
        seq, digest = batch.tried
        find = "select count(*) from event where seq = ? and hash = ?"
        return bool(seq and self._connection.execute(find, (seq, digest)).fetchone()[0])

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("rollback")

    def _refusal(self, batch: _Batch, error: sqlite3.Error) -> WorkbenchError:
        _, change, _, event, *_ = batch.rows[0]
        row = said("journal_error.row" if change else "journal_error.row_of_plan", event=event, change=change)
        if len(batch.rows) > 1:
            row = said("journal_error.rows", row=row, count=len(batch.rows) - 1)
        if isinstance(error, sqlite3.IntegrityError):
            told = said("journal_error.written_by_another", file=self.path, error=error, row=row)
            return WorkbenchError(told)
        return Paused(said("journal_error.not_written", file=self.path, error=error, row=row))

    # Reading, also what other threads wrote

    def _last(self) -> tuple[int, str]:
        row = self._connection.execute("select seq, hash from event order by seq desc limit 1").fetchone()
        return (row[0], row[1]) if row else (0, "")

    def head(self) -> str:
        """The hash of the last row; blank while there is none."""
        with self._file:
            return self._last()[1]

    def history(self, plan: str) -> dict[str, list[Event]]:
        """The events of each change of a plan, oldest first."""
        with self._file:
            rows = self._connection.execute(
                f"select {COLUMNS} from event where plan = ? order by seq", (plan,)
            ).fetchall()
        result: dict[str, list[Event]] = {}
        for event in map(event_of, rows):
            result.setdefault(event.change, []).append(event)
        return result


def _text(body: dict[str, Any]) -> str:
    """The body as JSON, without what looks like a secret. Half a surrogate pair, which SQLite refuses, is escaped."""
    text = json.dumps(body, sort_keys=True, ensure_ascii=False)
    return without_secrets(text.encode(errors="backslashreplace").decode())


def _rules(connection: sqlite3.Connection) -> list[tuple[str, ...]]:
    """Tables, indexes and triggers of a file, as SQL."""
    return connection.execute("select type, name, tbl_name, sql from sqlite_schema order by name").fetchall()


def _tell_lost(batch: _Batch) -> None:
    """Say on stderr what came of calls that were made, where the journal cannot: ids only."""
    for plan, change, attempt, event, body, _ in batch.rows:
        if not attempt or event == "INTENT":
            continue
        made = json.loads(body).get("created_id")
        line = f"{event} of {change}, attempt {attempt}, plan {plan[:12]}{f', made {made}' if made else ''}"
        with suppress(OSError, ValueError):  # it may be full or closed too
            print(f"unfulfill: not in the journal: {printable(line)}", file=sys.stderr, flush=True)
