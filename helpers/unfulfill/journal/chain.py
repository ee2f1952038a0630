"""The rows of a journal and the chain of hashes through them: reading, and proving that none was cut or edited."""

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from json.encoder import encode_basestring as quoted
from pathlib import Path
from typing import Any

from unfulfill.errors import RunFolderRefused
from unfulfill.words import said

# A file is opened for writing only where it holds this text to the letter: laid out anew, it would refuse every
# journal that was written before.
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

ENDS = frozenset({"APPLIED", "REFUSED", "STALE", "ALREADY_DONE", "BLOCKED", "NEEDS_PERSON"})

COLUMNS = "seq, plan, change, attempt, event, body, at, previous, hash"
ROWS_A_READ = (
    10_000  # between two reads the file is free, so that a slow reader never keeps the writer waiting
)
BUSY_S = 30.0  # how long a reader waits for a writer who never pauses, and a writer for a reader
SMALLEST_SEQ = -(2**63)  # of SQLite: a row slipped in before the first is seen too
NOT_NOW = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
    }
)

Row = tuple[int, str, str, int, str, str, str, str, str]  # COLUMNS


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


def content_of(plan: str, change: str, attempt: int, event: str, body: str, at: str) -> str:
    """What goes into the hash of a row and is known before its place in the chain is. The type of each is certain."""
    return f"{quoted(plan)}, {quoted(change)}, {attempt:d}, {quoted(event)}, {quoted(body)}, {quoted(at)}"


def hash_of(seq: int, content: str, previous: str) -> str:
    """The hash of a row: SHA-256 over the JSON of everything else in it, the hash before it included."""
    return hashlib.sha256(f'[{seq:d}, {content}, "{previous}"]'.encode()).hexdigest()


def event_of(row: Row) -> Event:
    """The row as an Event. Raises ValueError where its body is no JSON object: no journal of ours has that."""
    seq, plan, change, attempt, event, text, at, previous, digest = row
    body = json.loads(text)
    if not isinstance(body, dict):
        raise ValueError(said("journal_error.no_object", row=str(seq)))
    return Event(seq, plan, change, attempt, event, body, at, previous, digest)


def prove_pages(connection: sqlite3.Connection, path: Path, pragma: str) -> None:
    """Raise RunFolderRefused where SQLite finds its file damaged.

    `pragma`: quick_check, or integrity_check, which compares the indexes with the rows too, in five times the time.
    """
    (found,) = connection.execute(f"pragma {pragma}(1)").fetchone()
    if found != "ok":
        raise _damaged(path, " ".join(found.split()))


def proven_rows(connection: sqlite3.Connection, path: Path) -> Iterator[Row]:
    """Every row, oldest first. Raises RunFolderRefused at the first that does not continue the chain."""
    # By rowid, which seq is: where a damaged file says that it is not, no row would have a seq, and none be found.
    ask = f"select {COLUMNS} from event where rowid >= ? order by rowid limit {ROWS_A_READ}"
    count, previous, first = 0, "", SMALLEST_SEQ
    while rows := connection.execute(ask, (first,)).fetchall():
        for row in rows:
            count += 1
            if not _continues(row, count, previous):
                raise RunFolderRefused(said("journal_error.edited", file=path, row=str(count)))
            previous = row[-1]
            yield row
        first = count + 1


def _continues(row: Row, number: int, hash_before: str) -> bool:
    seq, plan, change, attempt, event, body, at, previous, digest = row
    if (seq, previous) != (number, hash_before):
        return False
    try:
        return digest == hash_of(seq, content_of(plan, change, attempt, event, body, at), previous)
    except (TypeError, ValueError):  # a damaged file has bytes or nothing where a text was
        return False


def is_empty(connection: sqlite3.Connection) -> bool:
    """Whether nothing was ever written into the file; its writer may have been killed before its first row."""
    return bool(connection.execute("pragma page_count").fetchone() == (0,))


def iter_journal(path: Path) -> Iterator[Event]:
    """Every row, oldest first, each proven by the chain. Raises RunFolderRefused at the first that is not."""
    with _reading(path) as connection:
        if not is_empty(connection):
            yield from map(event_of, proven_rows(connection, path))


def read_journal(path: Path) -> list[Event]:
    """Every row, oldest first. Raises RunFolderRefused where the file is missing or damaged, or the chain broken."""
    with _reading(path) as connection:
        if is_empty(connection):
            return []
        prove_pages(connection, path, "quick_check")
        return [event_of(row) for row in proven_rows(connection, path)]


def journal_hashes(path: Path) -> list[str]:
    """The hash of every row, oldest first, after proving the whole file. Raises RunFolderRefused as verify_journal."""
    with _reading(path) as connection:
        if is_empty(connection):
            return []
        prove_pages(connection, path, "integrity_check")
        return [row[-1] for row in proven_rows(connection, path)]


def verify_journal(path: Path, head: str = "") -> int:
    """The number of rows, after proving that none was cut out or edited.

    `head`: the hash of the last row as a report shows it; it proves that no row was cut from the end since. Rows that
    came after the report do no harm. Raises RunFolderRefused at the first row that does not fit.
    """
    hashes = journal_hashes(path)
    if head and head not in hashes:
        raise RunFolderRefused(said("journal_error.cut", file=path, count=len(hashes)))
    return len(hashes)


def journal_head(path: Path) -> str:
    """The hash of the last row: with it a report proves that no row was cut from the end since."""
    return next(reversed(journal_hashes(path)), "")


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    """The file, to read from. Raises RunFolderRefused where it is missing, or turns out to be damaged.

    It is opened for writing too, for what a killed writer left half done is taken back by the next who opens it.
    """
    if not path.exists():
        raise RunFolderRefused(said("journal_error.missing", file=path))
    try:
        address = f"{path.absolute().as_uri()}?mode=rw"
        with closing(sqlite3.connect(address, uri=True, timeout=BUSY_S)) as connection:
            connection.execute("pragma query_only = on")
            yield connection
    except (sqlite3.Error, ValueError) as error:
        raise unreadable(path, error) from None


def unreadable(path: Path, error: Exception) -> RunFolderRefused:
    """The refusal of a file that cannot be opened or read."""
    if isinstance(error, OSError) or getattr(error, "sqlite_errorcode", 0) & 0xFF in NOT_NOW:
        return RunFolderRefused(said("journal_error.not_now", file=path, error=error))
    return _damaged(path, str(error))


def _damaged(path: Path, words: str) -> RunFolderRefused:
    return RunFolderRefused(said("journal_error.damaged", file=path, error=words))
