"""What a journal keeps and refuses, and that a cut or an edit shows."""

import hashlib
import json
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from journals import PLAN, edit, entries, now, written

from unfulfill.errors import Paused, RunFolderRefused, WorkbenchError
from unfulfill.journal import (
    Journal,
    iter_journal,
    journal_hashes,
    journal_head,
    read_journal,
    verify_journal,
)


@pytest.fixture
def path(tmp_path):
    return written(tmp_path / "journal.sqlite", entries(1))


def event_names(path):
    return [event.event for event in read_journal(path)]


def test_the_history_of_a_plan_is_kept_by_change(path):
    with Journal(path, now) as journal:
        journal.record("another", "c1", 0, "STALE", {})
        history = journal.history(PLAN)

    assert {change: [event.event for event in events] for change, events in history.items()} == {
        "": ["PLAN"],
        "m0000-cancel": ["INTENT", "APPLIED"],
    }


def test_the_file_is_private(path):
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_was_recorded_survives_a_power_cut(path):
    with Journal(path, now) as journal:
        ask = journal._connection.execute

        granted = [ask(f"pragma {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]

    assert granted == ["delete", 3]  # 3: EXTRA


def test_a_file_that_sqlite_does_not_write_durably_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(RunFolderRefused, match=r"journal_mode=memory .* a power cut may undo"):
        Journal(Path(":memory:"), now)


def test_rows_can_be_neither_changed_nor_deleted(path):
    with closing(sqlite3.connect(path)) as connection:
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute("update event set body = '{}'")
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute("delete from event")


@pytest.mark.parametrize("second", [(1, "INTENT"), (1, "REFUSED"), (2, "APPLIED")])
def test_a_second_intent_of_an_attempt_or_a_second_end_is_not_written(path, second):
    with (
        Journal(path, now) as journal,
        pytest.raises(WorkbenchError, match="Somebody else applied") as raised,
    ):
        journal.record(PLAN, "m0000-cancel", *second, {})

    assert raised.value.exit_status == 1
    assert verify_journal(path) == 3


def test_rows_that_are_recorded_at_once_are_written_all_or_none(path):
    rows = [(PLAN, f"c{number}", 1, "INTENT", {}) for number in range(2000)]
    doubled = [*rows, (PLAN, "m0000-cancel", 1, "INTENT", {})]

    with Journal(path, now) as journal:
        with pytest.raises(WorkbenchError, match="for INTENT of c0 and 2,000 more rows"):
            journal.record_many(doubled)
        journal.record_many([])
        before = verify_journal(path)
        journal.record_many(rows)

    assert (before, verify_journal(path)) == (3, 2003)


def test_a_secret_in_a_body_is_not_written(tmp_path):
    token = "shpat_" + "0123456789abcdef" * 2
    message = {"message": f"refused: {token} is not valid"}

    path = written(tmp_path / "journal.sqlite", [(PLAN, "c1", 1, "REFUSED", message)])

    assert read_journal(path)[0].body == {"message": "refused: [removed] is not valid"}
    assert token.encode() not in path.read_bytes()


@pytest.mark.parametrize("text", ["half a pair \ud83d", "Grüße, 你好 🌲", "\x00\x1b\u202e", '"\\"'])
def test_any_text_of_the_shop_is_kept_as_it_came(tmp_path, text):
    path = written(tmp_path / "journal.sqlite", [(PLAN, "c1", 1, "REFUSED", {"message": text})])

    assert read_journal(path)[0].body == {"message": text}
    assert verify_journal(path) == 1


# Proof


@pytest.mark.parametrize(
    ("statement", "row"),
    [
        ('update event set body = \'{"variables": {"id": "F2"}}\' where seq = 2', 2),
        ("update event set body = body || ' ' where seq = 2", 2),
        ("update event set body = cast(body as blob) where seq = 2", 2),
        ("update event set at = '2026-01-01' where seq = 1", 1),
        ("update event set hash = 'x' where seq = 3", 3),
        ("delete from event where seq = 2", 2),
        ("delete from event where seq = 1", 1),
        (
            "insert into event select -5, plan, 'x', attempt, event, body, at, '', hash from event where seq = 2",
            1,
        ),
    ],
)
def test_an_edit_or_a_cut_shows(path, statement, row):
    edit(path, statement)

    for read in (verify_journal, read_journal, journal_head, lambda path: Journal(path, now)):
        with pytest.raises(RunFolderRefused, match=f"row {row} was edited, or one before it was cut out"):
            read(path)


def test_the_rows_before_an_edit_can_still_be_read(path):
    edit(path, "update event set at = '2026-01-01' where seq = 3")
    found = []

    with pytest.raises(RunFolderRefused, match="row 3 was edited"):
        found.extend(event.event for event in iter_journal(path))

    assert found == ["PLAN", "INTENT"]


def test_a_cut_at_the_end_shows_against_the_head_of_a_report(path):
    head = journal_head(path)
    edit(path, "delete from event where seq = 3")

    assert verify_journal(path) == 2
    with pytest.raises(RunFolderRefused, match="cut from its end"):
        verify_journal(path, head)


def test_a_journal_that_was_written_anew_shows_against_the_head_of_a_report(path, tmp_path):
    rows = entries(1)
    forged = written(tmp_path / "forged.sqlite", [*rows[:2], (*rows[2][:3], "REFUSED", {"message": "no"})])

    assert verify_journal(forged) == 3
    with pytest.raises(RunFolderRefused, match="none of its 3 rows"):
        verify_journal(forged, journal_head(path))


def test_rows_after_a_report_do_no_harm(path):
    head = journal_head(path)
    with Journal(path, now) as journal:
        journal.record(PLAN, "m0001-cancel", 0, "STALE", {"message": "changed"})

        assert journal.head() == journal_hashes(path)[-1]

    assert verify_journal(path, head) == 4


@pytest.mark.parametrize(
    "statements",
    [
        "drop trigger no_update",
        "drop index one_intent",
        "drop index one_end; create unique index one_end on event(plan, change) where event = 'APPLIED'",
    ],
)
def test_a_journal_whose_rules_were_edited_is_not_written_to(path, statements):
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(statements)

    assert verify_journal(path) == 3
    with pytest.raises(
        RunFolderRefused, match="its rules, by which no row is changed or doubled, were edited"
    ):
        Journal(path, now)


def test_a_database_without_the_table_is_refused(path):
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("drop table event")

    for read in (verify_journal, lambda path: Journal(path, now)):
        with pytest.raises(RunFolderRefused, match="no such table"):
            read(path)


def test_a_body_that_is_no_object_is_refused(tmp_path):
    path = written(tmp_path / "journal.sqlite", [(PLAN, "c1", 1, "INTENT", ["no", "object"])])

    with pytest.raises(RunFolderRefused, match="row 1 has no object"):
        read_journal(path)


def test_a_file_that_is_no_journal_is_refused_with_a_sentence(tmp_path):
    path = tmp_path / "journal.sqlite"
    path.write_bytes(b"not a database at all, but long enough to be one" * 40)

    with pytest.raises(RunFolderRefused, match="is damaged"):
        Journal(path, now)
    with pytest.raises(RunFolderRefused, match="is damaged"):
        read_journal(path)


def test_pages_that_sqlite_finds_damaged_are_refused_although_the_chain_holds(path):
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("pragma writable_schema = on")
        connection.execute(
            "update sqlite_schema set rootpage = 2 where name = 'one_end'"
        )  # the table's own page

    for read in (verify_journal, lambda path: Journal(path, now)):
        with pytest.raises(RunFolderRefused, match="is damaged"):
            read(path)


# Files in other states


def test_a_missing_journal_is_said_to_be_missing(tmp_path):
    with pytest.raises(RunFolderRefused, match="is missing; nothing was applied"):
        read_journal(tmp_path / "journal.sqlite")


def test_a_journal_whose_writer_was_killed_before_its_first_row_is_empty(tmp_path):
    path = tmp_path / "journal.sqlite"
    path.touch()

    assert (read_journal(path), list(iter_journal(path)), journal_hashes(path)) == ([], [], [])
    assert (verify_journal(path), journal_head(path)) == (0, "")
    with Journal(path, now) as journal:
        assert (journal.head(), journal.history(PLAN)) == ("", {})


@pytest.mark.parametrize("name", ["journal.sqlite", "missing/journal.sqlite"])
def test_a_file_that_cannot_be_opened_is_not_called_damaged(tmp_path, name):
    (tmp_path / "journal.sqlite").mkdir()

    with pytest.raises(RunFolderRefused, match="cannot be opened now"):
        Journal(tmp_path / name, now)


def test_a_journal_that_another_program_holds_is_not_called_damaged(path, monkeypatch):
    monkeypatch.setattr("unfulfill.journal.writing.BUSY_S", 0.01)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("begin exclusive")
        with pytest.raises(
            RunFolderRefused, match=r"cannot be opened now \(database is locked\); close what"
        ):
            Journal(path, now)
        other.execute("rollback")

        with Journal(path, now) as journal:
            other.execute("begin exclusive")
            with pytest.raises(Paused, match="database is locked"):
                journal.record(PLAN, "c2", 1, "INTENT", {})
            other.execute("rollback")
            journal.record(PLAN, "c2", 1, "INTENT", {})

    assert verify_journal(path) == 4


def test_a_closed_journal_takes_nothing_and_says_so(path):
    journal = Journal(path, now)
    journal.close()

    with pytest.raises(Paused, match="closed database"):
        journal.record(PLAN, "c2", 1, "INTENT", {})


KILLED_WHILE_WRITING = """
import os, signal, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("pragma cache_size = 1")  # so that pages are written before the commit
connection.execute("begin immediate")
for seq in range(4, 200):
    connection.execute("insert into event values(?, 'p', ?, 1, 'INTENT', ?, '', '', '')", (seq, str(seq), "x" * 3000))
os.kill(os.getpid(), signal.SIGKILL)
"""


def changes_when_opened(path):
    with Journal(path, now) as journal:
        return list(journal.history(PLAN))


@pytest.mark.parametrize(
    ("read", "expected"),
    [(event_names, ["PLAN", "INTENT", "APPLIED"]), (changes_when_opened, ["", "m0000-cancel"])],
)
def test_what_a_killed_writer_left_half_done_is_taken_back_by_the_next_who_opens_it(path, read, expected):
    done = subprocess.run([sys.executable, "-c", KILLED_WHILE_WRITING, str(path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert path.with_name("journal.sqlite-journal").stat().st_size > 0

    found = read(path)

    assert found == expected
    assert not path.with_name("journal.sqlite-journal").exists()
    assert verify_journal(path) == 3


def test_the_hash_of_a_row_is_that_of_its_json_and_never_changes(tmp_path):
    row = [1, PLAN, "", 0, "PLAN", '{"approved_by": "zoë"}', now(), ""]

    path = written(tmp_path / "journal.sqlite", [(PLAN, "", 0, "PLAN", {"approved_by": "zoë"})])

    assert journal_head(path) == hashlib.sha256(json.dumps(row, ensure_ascii=False).encode()).hexdigest()
