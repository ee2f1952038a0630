"""A disk that is full at any write, and a file with any byte flipped."""

import io
import random
import resource
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from journals import PLAN, entries, now, recorded_together, written

from unfulfill.errors import Paused, RunFolderRefused
from unfulfill.journal import Journal, journal_head, read_journal, verify_journal

ROWS = entries(12)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.sqlite"


def as_recorded(path):
    return [
        (event.plan, event.change, event.attempt, event.event, event.body) for event in read_journal(path)
    ]


def pages(path):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("pragma page_count").fetchone()[0]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A journal of all the rows."""
    return written(tmp_path_factory.mktemp("whole") / "journal.sqlite", ROWS)


# Full


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """No file of this process may grow beyond so many bytes: neither the journal nor what SQLite writes beside it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def is_recorded(journal, row):
    try:
        journal.record(*row)
    except Paused as error:
        assert f"for {row[3]} of" in str(error)
        return False
    return True


def test_a_disk_that_is_full_at_any_row_keeps_what_was_written_and_goes_on_once_there_is_room(path, whole):
    with Journal(path, now) as journal:
        for count, row in enumerate(ROWS):
            with largest_file(0), pytest.raises(Paused, match="could not be written"):
                journal.record(*row)
            assert as_recorded(path) == ROWS[:count]
            assert verify_journal(path) == count
            journal.record(*row)

    assert as_recorded(path) == ROWS
    assert verify_journal(path, journal_head(whole)) == len(ROWS)


def test_a_disk_that_takes_no_more_pages_keeps_what_was_written_and_goes_on_once_there_is_room(
    tmp_path, whole
):
    counts = set()
    for size in range(7, pages(whole) + 1):
        path = tmp_path / f"{size}.sqlite"
        with Journal(path, now) as journal:
            journal._connection.execute(f"pragma max_page_count = {size}")
            count = next(
                (count for count, row in enumerate(ROWS) if not is_recorded(journal, row)), len(ROWS)
            )
            assert as_recorded(path) == ROWS[:count]
            assert verify_journal(path) == count

            journal._connection.execute("pragma max_page_count = 1000000")
            journal.record_many(ROWS[count:])
        assert as_recorded(path) == ROWS
        assert verify_journal(path, journal_head(whole)) == len(ROWS)
        counts.add(count)
    assert len(counts) > 5
    assert max(counts) == len(ROWS)


def test_a_disk_that_is_full_in_the_middle_of_a_write_leaves_no_half_of_it(path):
    """At every 512 bytes: in what SQLite writes beside the journal, in the journal, and on the way back."""
    written(path, ROWS)
    expected, refused = list(ROWS), 0
    with Journal(path, now) as journal:
        for limit in range(0, path.stat().st_size + 8192, 512):
            row = (PLAN, f"c{limit}", 1, "INTENT", {"filler": "x" * 9000})
            with largest_file(limit):
                if is_recorded(journal, row):
                    expected.append(row)
                else:
                    refused += 1
            if refused % 10 == 1:
                assert as_recorded(path) == expected
        journal.record(PLAN, "last", 1, "INTENT", {})

    assert as_recorded(path) == [*expected, (PLAN, "last", 1, "INTENT", {})]
    assert verify_journal(path) == len(expected) + 1
    assert refused > 100


def test_a_full_disk_fails_every_caller_of_a_write_and_none_of_them_is_in_the_file(path):
    written(path, ROWS[:3])
    rows = [(PLAN, f"c{number}", 1, "INTENT", {"filler": "x" * 2000}) for number in range(5)]

    with Journal(path, now) as journal:
        journal._connection.execute(f"pragma max_page_count = {pages(path)}")
        raised = recorded_together(journal, rows)
        assert verify_journal(path) == 3
        journal._connection.execute("pragma max_page_count = 1000000")
        assert recorded_together(journal, rows) == [None] * 5

    assert [type(error) for error in raised] == [Paused] * 5
    assert [f"for INTENT of c{number};" in str(error) for number, error in enumerate(raised)] == [True] * 5
    assert verify_journal(path) == 8


def test_an_outcome_that_cannot_be_written_is_told_on_stderr_by_ids_only(path, capsys):
    made = {"created_id": "gid://shopify/Fulfillment/7", "evidence": "answer", "filler": "Ana " * 4000}
    said = {"message": "Ana Canary <ana@example.test> shpat_0123456789abcdef " * 300}
    outcomes = [(PLAN, "c1", 1, "APPLIED", made), (PLAN, "c2", 2, "REFUSED", said)]

    with Journal(path, now) as journal:
        journal._connection.execute(f"pragma max_page_count = {pages(path)}")
        with pytest.raises(Paused, match="for APPLIED of c1 and 1 more row; nothing more was sent"):
            journal.record_many(outcomes)
        with pytest.raises(Paused):
            journal.record(PLAN, "c\x1b1", 1, "UNKNOWN", said)

    assert capsys.readouterr().err.splitlines() == [
        "unfulfill: not in the journal: APPLIED of c1, attempt 1, plan 1a2b3c4d5e6f, made gid://shopify/Fulfillment/7",
        "unfulfill: not in the journal: REFUSED of c2, attempt 2, plan 1a2b3c4d5e6f",
        "unfulfill: not in the journal: UNKNOWN of c 1, attempt 1, plan 1a2b3c4d5e6f",
    ]


@pytest.mark.parametrize("row", [(PLAN, "c1", 1, "INTENT"), (PLAN, "c1", 0, "STALE"), (PLAN, "", 0, "PLAN")])
def test_what_was_never_sent_needs_no_telling(path, capsys, row):
    with Journal(path, now) as journal:
        journal._connection.execute(f"pragma max_page_count = {pages(path)}")
        with pytest.raises(Paused, match=f"for {row[3]} of"):
            journal.record(*row, {"filler": "x" * 10_000})

    assert capsys.readouterr().err == ""


def test_a_closed_stderr_does_not_hide_what_happened(path, monkeypatch):
    closed = io.StringIO()
    closed.close()

    with Journal(path, now) as journal:
        journal._connection.execute(f"pragma max_page_count = {pages(path)}")
        monkeypatch.setattr("sys.stderr", closed)
        with pytest.raises(Paused, match="disk is full"):
            journal.record(PLAN, "c1", 1, "APPLIED", {"filler": "x" * 10_000})


# Damaged


def flipped(whole, path, seed):
    """The journal with one byte changed, where a generator with this seed says."""
    chance = random.Random(seed)
    content = bytearray(whole.read_bytes())
    content[chance.randrange(len(content))] ^= chance.randrange(1, 256)
    path.write_bytes(content)
    return path


def opened(path):
    with Journal(path, now) as journal:
        events = [event for each in journal.history(PLAN).values() for event in each]
    return sorted(events, key=lambda event: event.seq)


def verified(path):
    verify_journal(path)
    return read_journal(path)


def check_flips(whole, folder, seeds):
    """Each is refused, or all rows are read as they were written. How many were refused."""
    events, refused = read_journal(whole), 0
    for seed in seeds:
        for number, read in enumerate((opened, verified, read_journal)):
            path = flipped(whole, folder / f"{number}.sqlite", seed)
            try:
                assert read(path) == events, f"seed {seed}"
            except RunFolderRefused:
                refused += 1
            path.unlink()
    return refused


def test_a_flipped_byte_is_refused_or_does_no_harm(tmp_path, whole):
    assert check_flips(whole, tmp_path, range(200)) > 300


@pytest.mark.nightly
def test_a_thousand_flipped_bytes_are_refused_or_do_no_harm(tmp_path, whole):
    assert check_flips(whole, tmp_path, range(1000, 2000)) > 1500


def test_a_journal_that_breaks_off_anywhere_is_refused_or_empty(tmp_path, whole):
    content = whole.read_bytes()
    for size in range(0, len(content), 997):
        path = tmp_path / "journal.sqlite"
        path.write_bytes(content[:size])
        if size:
            for read in (opened, verified, read_journal):
                with pytest.raises(RunFolderRefused):
                    read(path)
        else:
            with pytest.raises(RunFolderRefused, match="cut from its end"):
                verify_journal(path, journal_head(whole))
