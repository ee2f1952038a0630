import sqlite3
from contextlib import closing

import pytest

from unfulfill.errors import RunFolderRefused, WorkbenchError
from unfulfill.journal import Journal, journal_head, read_journal, verify_journal


def now():
    return "2026-10-05T08:00:00+00:00"


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "journal.sqlite"
    with Journal(path, now) as journal:
        journal.record("p1", "", 0, "PLAN", {"approved_by": "ana"})
        journal.record("p1", "c1", 1, "INTENT", {"operation": "FulfillmentCancel", "variables": {"id": "F1"}})
        journal.record("p1", "c1", 1, "APPLIED", {"evidence": "answer"})
    return path


def edit(path, statement):
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("drop trigger no_update")
        connection.execute("drop trigger no_delete")
        connection.execute(statement)


def test_the_history_of_a_plan_is_kept_by_change(path):
    with Journal(path, now) as journal:
        history = journal.history("p1")

    assert {change: [event.event for event in events] for change, events in history.items()} == {
        "": ["PLAN"],
        "c1": ["INTENT", "APPLIED"],
    }


def test_the_file_is_private(path):
    assert path.stat().st_mode & 0o777 == 0o600


def test_rows_can_be_neither_changed_nor_deleted(path):
    with closing(sqlite3.connect(path)) as connection:
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute("update event set body = '{}'")
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute("delete from event")


@pytest.mark.parametrize("second", [("c1", 1, "INTENT"), ("c1", 1, "REFUSED"), ("c1", 2, "APPLIED")])
def test_a_second_intent_of_an_attempt_or_a_second_end_is_not_written(path, second):
    with Journal(path, now) as journal, pytest.raises(WorkbenchError, match="could not be written"):
        journal.record("p1", *second, {})

    assert verify_journal(path) == 3


@pytest.mark.parametrize(
    "statement",
    [
        'update event set body = \'{"variables": {"id": "F2"}}\' where seq = 2',
        "update event set at = '2026-01-01' where seq = 1",
        "delete from event where seq = 2",
        "delete from event where seq = 1",
    ],
)
def test_an_edit_or_a_cut_shows(path, statement):
    edit(path, statement)

    with pytest.raises(RunFolderRefused, match="was edited, or one before it was cut out"):
        verify_journal(path)


def test_a_cut_at_the_end_shows_against_the_head_of_a_report(path):
    head = journal_head(path)
    edit(path, "delete from event where seq = 3")

    assert verify_journal(path) == 2
    with pytest.raises(RunFolderRefused, match="cut from its end"):
        verify_journal(path, head)


def test_an_edited_journal_is_not_written_to(path):
    edit(path, "delete from event where seq = 1")

    with pytest.raises(RunFolderRefused):
        Journal(path, now)


def test_a_file_that_is_no_journal_is_refused_with_a_sentence(tmp_path):
    path = tmp_path / "journal.sqlite"
    path.write_bytes(b"not a database at all, but long enough to be one" * 40)

    with pytest.raises(RunFolderRefused, match="is damaged"):
        Journal(path, now)
    with pytest.raises(RunFolderRefused, match="is damaged"):
        read_journal(path)


def test_a_full_disk_stops_with_a_sentence_and_keeps_what_was_written(path):
    with Journal(path, now) as journal:
        journal._connection.execute("pragma max_page_count = 1")
        with pytest.raises(WorkbenchError, match="could not be written"):
            journal.record("p1", "c2", 1, "INTENT", {"filler": "x" * 100_000})

    assert verify_journal(path) == 3
